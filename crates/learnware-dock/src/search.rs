//! Journey 3, search: user info, a snapshot of the market, results. Reads one snapshot and writes nothing.

use std::sync::Arc;

use learnware_engine::market::outlined::Lookup;
use learnware_engine::market::{Explanation, Market, SearchOptions, SearchResults};
use learnware_engine::user_info::UserInfo;

use crate::catalog::Snapshot;
use crate::cpu::Pool;
use crate::dock::Dock;
use crate::error::Result;
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
        let begun = Begun { user_info, options, readings: Readings::default(), explain: false };
        Ok(self.searched(snapshot, move |_| Ok(begun)).await?.results)
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
        options.exclude.extend(snapshot.hidden_from(viewer).map(LearnwareNumber::id));
        let begin = move |snapshot: &Snapshot| {
            let matches = snapshot.matches(&query)?;
            options.among = matches.ids;
            Ok(Begun { user_info, options, readings: matches.readings, explain })
        };
        self.searched(snapshot, begin).await
    }

    /// Searches a snapshot, at once where all that it needs is in memory.
    async fn searched(
        &self,
        snapshot: Arc<Snapshot>,
        begin: impl FnOnce(&Snapshot) -> Result<Begun> + Send + 'static,
    ) -> Result<Searched> {
        let searched = Arc::clone(&snapshot);
        let search = move || {
            let begun = begin(&searched)?;
            match searched.market.lookup(&begun.user_info, &begun.options)? {
                None => begun.finished(&searched.market, Arc::clone(&searched)).map(Step::Done),
                Some(lookup) => Ok(Step::Asks(Box::new((begun, lookup)))),
            }
        };
        let found = match self.state().cpu.run(Pool::Compute, "search", search).await?? {
            Step::Done(found) => *found,
            Step::Asks(asks) => {
                let (begun, lookup) = *asks;
                let market = self.delivered(&snapshot, lookup, &begun.user_info, &begun.options).await?;
                let searched = Arc::clone(&snapshot);
                let search = move || begun.finished(&market, searched);
                *self.state().cpu.run(Pool::Compute, "search", search).await??
            }
        };
        self.tend_indexes(&snapshot);
        Ok(found)
    }
}

/// A search whose words are read.
struct Begun {
    user_info: UserInfo,
    options: SearchOptions,
    readings: Readings,
    explain: bool,
}

/// How far a search comes with what is in memory.
enum Step {
    Done(Box<Searched>),
    Asks(Box<(Begun, Lookup)>),
}

impl Begun {
    /// Searches `market`, which is the snapshot's with all that the search needs.
    fn finished(self, market: &Market, snapshot: Arc<Snapshot>) -> Result<Box<Searched>> {
        let Self { user_info, options, readings, explain } = self;
        let results = market.search(&user_info, &options)?;
        let explanation = explain.then(|| market.explain(&user_info, &options, &results)).flatten();
        Ok(Box::new(Searched { results, readings, explanation, snapshot }))
    }
}
