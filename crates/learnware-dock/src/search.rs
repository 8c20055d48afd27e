//! Journey 3, search: user info, a snapshot of the market, results. Reads one snapshot and writes nothing.

use std::sync::Arc;

use learnware_engine::market::{Explanation, SearchOptions, SearchResults};
use learnware_engine::user_info::UserInfo;

use crate::catalog::Snapshot;
use crate::cpu::Pool;
use crate::dock::Dock;
use crate::error::{DockError, Result};
use crate::ids::LearnwareNumber;
use crate::viewer::Viewer;
use crate::words::{Query, Readings};

/// What a search found.
#[derive(Debug, Clone)]
pub struct Searched {
    /// Learnwares, alone and combined.
    pub results: SearchResults,
    /// How the words of the query were read.
    pub readings: Readings,
    /// Why; `None` where it was not asked for or nothing was compared.
    pub explanation: Option<Explanation>,
    /// The market that was searched. It is not the newest where the database can't be reached.
    pub snapshot: Arc<Snapshot>,
}

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
        options: SearchOptions,
    ) -> Result<(SearchResults, Readings)> {
        let found = self.search_explained(&Viewer::Operator, query, user_info, options, false).await?;
        Ok((found.results, found.readings))
    }

    /// The same among those that `viewer` sees, and why, all of one revision.
    pub async fn search_explained(
        &self,
        viewer: &Viewer,
        query: Query,
        user_info: UserInfo,
        mut options: SearchOptions,
        explain: bool,
    ) -> Result<Searched> {
        let snapshot = self.searchable().await?;
        let searched = Arc::clone(&snapshot);
        options.exclude.extend(searched.hidden_from(viewer).map(LearnwareNumber::id));
        let search = move || {
            let matches = searched.matches(&query)?;
            options.among = matches.ids;
            let results = searched.market.search(&user_info, &options)?;
            let explanation =
                explain.then(|| searched.market.explain(&user_info, &options, &results)).flatten();
            let readings = matches.readings;
            Ok::<_, DockError>(Searched { results, readings, explanation, snapshot: searched })
        };
        let found = self.state().cpu.run(Pool::Compute, "search", search).await??;
        self.tend_indexes(&snapshot);
        Ok(found)
    }
}
