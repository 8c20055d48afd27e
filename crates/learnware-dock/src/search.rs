//! Journey 3, search: user info, a snapshot of the market, results. Reads one snapshot and writes nothing.

use std::sync::Arc;

use learnware_engine::market::{SearchOptions, SearchResults};
use learnware_engine::user_info::UserInfo;

use crate::cpu::Pool;
use crate::dock::Dock;
use crate::error::{DockError, Result};
use crate::words::{Query, Readings};

impl Dock {
    /// Finds learnwares for `user_info` among those whose latest version is usable.
    pub async fn search(&self, user_info: UserInfo, options: SearchOptions) -> Result<SearchResults> {
        let snapshot = self.catalog().await?;
        let searched = Arc::clone(&snapshot);
        let search = move || searched.market.search(&user_info, &options);
        let results = self.state().cpu.run(Pool::Compute, "search", search).await??;
        self.tend_indexes(&snapshot);
        Ok(results)
    }

    /// The same among those that match `query` only; also tells how its words were read.
    pub async fn search_matching(
        &self,
        query: Query,
        user_info: UserInfo,
        mut options: SearchOptions,
    ) -> Result<(SearchResults, Readings)> {
        let snapshot = self.catalog().await?;
        let searched = Arc::clone(&snapshot);
        let search = move || {
            let matches = searched.matches(&query)?;
            options.among = matches.ids;
            Ok::<_, DockError>((searched.market.search(&user_info, &options)?, matches.readings))
        };
        let found = self.state().cpu.run(Pool::Compute, "search", search).await??;
        self.tend_indexes(&snapshot);
        Ok(found)
    }
}
