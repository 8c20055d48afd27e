//! Search by anchors: the dock gives an island's public anchors, answers a message with candidates, and gives the public
//! specifications that the user then compares. It never sees the user's specification.

use learnware_engine::EngineError;
use learnware_engine::learnware::LearnwareId;
use learnware_engine::market::index::{Anchors, CandidateOptions, Candidates, Message};
use learnware_engine::specification::{IslandKey, StatisticalSpecification};

use crate::cpu::Pool;
use crate::dock::Dock;
use crate::error::Result;
use crate::words::{Query, Readings};

impl Dock {
    /// Islands with the number of their learnwares.
    pub async fn islands(&self) -> Result<Vec<(IslandKey, usize)>> {
        let snapshot = self.catalog().await?;
        let islands = snapshot.market.organizer().islands();
        Ok(islands.map(|(key, island)| (key.clone(), island.len())).collect())
    }

    /// The anchors of an island as it is now.
    ///
    /// # Errors
    /// [`EngineError::Incomparable`] when the dock has no such island.
    pub async fn anchors(&self, island: &IslandKey) -> Result<Anchors> {
        let (snapshot, key) = (self.catalog().await?, island.clone());
        let make = move || {
            let island = snapshot.market.organizer().island(&key).ok_or_else(|| no_island(&key))?;
            Ok(island.index().anchors(&key)?)
        };
        self.state().cpu.run(Pool::Compute, "making anchors", make).await?
    }

    /// Candidates for a message, among the learnwares that match `query` and are not in `exclude`; also tells how its
    /// words were read.
    ///
    /// # Errors
    /// [`EngineError::Format`] when the message is of other anchors than the island has now.
    pub async fn candidates(
        &self,
        message: Message,
        query: Query,
        exclude: Vec<LearnwareId>,
        options: CandidateOptions,
    ) -> Result<(Candidates, Readings)> {
        let snapshot = self.catalog().await?;
        let answer = move || {
            let key = &message.island;
            let island = snapshot.market.organizer().island(key).ok_or_else(|| no_island(key))?;
            let matches = snapshot.matches(&query)?;
            let wanted = |id: &LearnwareId| {
                matches.ids.as_ref().is_none_or(|ids| ids.contains(id)) && !exclude.contains(id)
            };
            let candidates = island.index().candidates(key, &message, Some(&wanted), options)?;
            Ok((candidates, matches.readings))
        };
        self.state().cpu.run(Pool::Compute, "search by anchors", answer).await?
    }

    /// The public specifications of learnwares in an island; who is gone is left out.
    pub async fn specifications(
        &self,
        island: &IslandKey,
        ids: &[LearnwareId],
    ) -> Result<Vec<(LearnwareId, StatisticalSpecification)>> {
        let snapshot = self.catalog().await?;
        let Some(island) = snapshot.market.organizer().island(island) else { return Ok(Vec::new()) };
        let found = |id: &LearnwareId| Some((id.clone(), island.specification(id)?.clone()));
        Ok(ids.iter().filter_map(found).collect())
    }
}

fn no_island(key: &IslandKey) -> EngineError {
    EngineError::Incomparable { reason: format!("the dock has no learnwares for {key}") }
}
