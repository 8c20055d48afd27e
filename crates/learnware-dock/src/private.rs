//! Search by anchors: the dock gives an island's public anchors, answers a message with candidates, and gives the public
//! specifications that the user then compares. It never sees the user's specification.

use std::collections::BTreeSet;
use std::sync::{Arc, PoisonError};

use learnware_engine::EngineError;
use learnware_engine::learnware::LearnwareId;
use learnware_engine::market::Market;
use learnware_engine::market::index::{Anchors, CandidateOptions, Candidates, IslandIndex, Message};
use learnware_engine::specification::{IslandKey, StatisticalSpecification};

use crate::catalog::Snapshot;
use crate::cpu::Pool;
use crate::dock::Dock;
use crate::error::Result;
use crate::ids::LearnwareNumber;
use crate::viewer::Viewer;
use crate::words::{Query, Readings};

impl Dock {
    /// Islands with the number of their learnwares.
    pub async fn islands(&self) -> Result<Vec<(IslandKey, usize)>> {
        let snapshot = self.catalog().await?;
        let organizer = snapshot.market.organizer();
        let here = organizer.islands().map(|(key, island)| (key.clone(), island.len()));
        let kept = organizer.outlined_islands().map(|(key, outlined)| (key.clone(), outlined.len()));
        let mut islands: Vec<(IslandKey, usize)> = here.chain(kept).collect();
        islands.sort();
        Ok(islands)
    }

    /// The anchors of an island as it is now, made of the learnwares that everybody sees where somebody is served.
    ///
    /// # Errors
    /// [`EngineError::Incomparable`] when the dock has no such island.
    pub async fn anchors(&self, viewer: &Viewer, island: &IslandKey) -> Result<Anchors> {
        let (snapshot, key) = (self.searchable().await?, island.clone());
        let (dock, viewer) = (self.clone(), viewer.clone());
        let make = move || {
            let index = dock.index_for(&viewer, &snapshot, &key)?;
            Ok(index.anchors(&key)?)
        };
        self.state().cpu.run(Pool::Compute, "making anchors", make).await?
    }

    /// Candidates for a message, among the learnwares that match `query` and are not in `exclude`.
    ///
    /// # Errors
    /// [`EngineError::Format`] when the message is of other anchors than the island has now.
    pub async fn candidates(
        &self,
        viewer: &Viewer,
        message: Message,
        query: Query,
        exclude: Vec<LearnwareId>,
        options: CandidateOptions,
    ) -> Result<FoundByAnchors> {
        let snapshot = self.searchable().await?;
        let (dock, viewer) = (self.clone(), viewer.clone());
        let answer = move || {
            let key = &message.island;
            let index = dock.index_for(&viewer, &snapshot, key)?;
            let matches = snapshot.matches(&query)?;
            let wanted = |id: &LearnwareId| {
                matches.ids.as_ref().is_none_or(|ids| ids.contains(id)) && !exclude.contains(id)
            };
            let candidates = index.candidates(key, &message, Some(&wanted), options)?;
            Ok(FoundByAnchors { candidates, readings: matches.readings, snapshot })
        };
        self.state().cpu.run(Pool::Compute, "search by anchors", answer).await?
    }

    /// The public specifications of learnwares in an island that `viewer` sees; who is gone is left out.
    pub async fn specifications(
        &self,
        viewer: &Viewer,
        island: &IslandKey,
        ids: &[LearnwareId],
    ) -> Result<Vec<(LearnwareId, StatisticalSpecification)>> {
        let snapshot = self.searchable().await?;
        let hidden: BTreeSet<LearnwareId> = snapshot.hidden_from(viewer).map(LearnwareNumber::id).collect();
        let seen: Vec<LearnwareId> = ids.iter().filter(|id| !hidden.contains(id)).cloned().collect();
        let kept = self.kept_specifications(&snapshot, island, &seen).await?;
        let organizer = snapshot.market.organizer();
        let in_memory = |id: &LearnwareId| match organizer.island(island) {
            Some(island) => island.specification(id).cloned(),
            None => organizer.outlined(island)?.fresh_specification(id).cloned(),
        };
        let found = |id: LearnwareId| {
            let specification = kept.get(&id).cloned().or_else(|| in_memory(&id))?;
            Some((id, specification))
        };
        Ok(seen.into_iter().filter_map(found).collect())
    }

    /// The index that is searched by anchors. Anchors show points of the learnwares that they are made of, so nobody who is
    /// served gets those of an index with a learnware that not everybody sees: it is made anew without them, and kept for
    /// the revision.
    fn index_for(&self, viewer: &Viewer, snapshot: &Snapshot, key: &IslandKey) -> Result<IslandIndex> {
        let organizer = snapshot.market.organizer();
        if organizer.outlined(key).is_some() {
            let reason = format!(
                "{key} are kept in the dock's database, where anchors can't be used; search by specification"
            );
            return Err(EngineError::Incomparable { reason }.into());
        }
        let island = organizer.island(key).ok_or_else(|| no_island(key))?;
        let hidden: BTreeSet<LearnwareId> = match viewer {
            Viewer::Operator => BTreeSet::new(),
            Viewer::Served(_) => snapshot.hidden.keys().map(|number| number.id()).collect(),
        };
        if !hidden.iter().any(|id| island.specification(id).is_some()) {
            return Ok(island.index().clone());
        }
        let mut kept = self.state().catalog.public.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some((revision, index)) = kept.get(key)
            && *revision == snapshot.revision
        {
            return Ok(index.clone());
        }
        let seen = island.members().filter(|member| !hidden.contains(&member.id));
        let public = Market::from_learnwares(seen.filter_map(|member| organizer.get(&member.id)).cloned());
        let index = public.organizer().island(key).ok_or_else(|| no_island(key))?.index().clone();
        kept.insert(key.clone(), (snapshot.revision, index.clone()));
        Ok(index)
    }
}

/// What a search by anchors found.
#[derive(Debug, Clone)]
pub struct FoundByAnchors {
    /// Who may be among the nearest, with bounds.
    pub candidates: Candidates,
    /// How the words of the query were read.
    pub readings: Readings,
    /// The market that was searched.
    pub snapshot: Arc<Snapshot>,
}

fn no_island(key: &IslandKey) -> EngineError {
    EngineError::Incomparable { reason: format!("the dock has no learnwares for {key}") }
}
