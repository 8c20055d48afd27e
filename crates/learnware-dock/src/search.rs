//! Journey 3, search: user info, a snapshot of the market, results. Reads one snapshot and writes nothing.

use learnware_engine::market::{SearchOptions, SearchResults};
use learnware_engine::user_info::UserInfo;

use crate::cpu::Pool;
use crate::dock::Dock;
use crate::error::Result;
use crate::words::{Query, Readings};

impl Dock {
    /// Finds learnwares for `user_info` among those whose latest version is usable.
    pub async fn search(&self, user_info: UserInfo, options: SearchOptions) -> Result<SearchResults> {
        let snapshot = self.catalog().await?;
        let search = move || snapshot.market.search(&user_info, &options);
        Ok(self.state().cpu.run(Pool::Compute, "search", search).await??)
    }

    /// The same among those that match `query` only; also tells how its words were read.
    pub async fn search_matching(
        &self,
        query: Query,
        user_info: UserInfo,
        mut options: SearchOptions,
    ) -> Result<(SearchResults, Readings)> {
        let snapshot = self.catalog().await?;
        let search = move || {
            let matches = snapshot.matches(&query)?;
            options.among = matches.ids;
            Ok((snapshot.market.search(&user_info, &options)?, matches.readings))
        };
        self.state().cpu.run(Pool::Compute, "search", search).await?
    }
}
