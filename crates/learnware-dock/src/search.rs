//! Journey 3, search: user info, a snapshot of the market, results. Reads one snapshot and writes nothing.

use learnware_engine::market::{SearchOptions, SearchResults};
use learnware_engine::user_info::UserInfo;

use crate::cpu::Pool;
use crate::dock::Dock;
use crate::error::Result;

impl Dock {
    /// Finds learnwares for `user_info` among those whose latest version is usable.
    pub async fn search(&self, user_info: UserInfo, options: SearchOptions) -> Result<SearchResults> {
        let snapshot = self.catalog().await?;
        let search = move || snapshot.market.search(&user_info, &options);
        Ok(self.state().cpu.run(Pool::Compute, "search", search).await??)
    }
}
