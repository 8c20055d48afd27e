//! Journey 5, evolve: the dock measures what its learnwares can do beyond their own tasks, learns from it how to search, and
//! uses what it learned where that was measured to be better.
//!
//! 1. `measure`: each learnware answers on its own reduced set and on those of others near it. What is known is kept as it
//!    comes, so a run that is cut off goes on where it was.
//! 2. The engine learns, island by island, and says how good it is ([`learnware_engine::market::capability`]).
//!    A map between islands is trained on their descriptions and reduced sets (`map`); it takes the place of the one in use
//!    unless it joins the halves of tables worse.
//!    Which classes of classifiers are the same, or a kind of another, is found from the same answers (`classes`).
//! 3. One transaction stores the evolution. Islands that did not get better keep what they had; where none has anything, the
//!    evolution is refused and searches stay as they are. An earlier one can be put back.
//!
//! It runs as a job: one at a time, with a lease, at most once for a market that did not change.

mod classes;
mod map;
mod measure;
mod report;

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use learnware_engine::hetero::HeteroMap;
use learnware_engine::learnware::LearnwareId;
use learnware_engine::market::capability::{self, Capabilities, Learned, proposals};
use learnware_engine::specification::IslandKey;
use tokio::sync::watch;

use crate::accounts::{Principal, Scope};
use crate::catalog::Snapshot;
use crate::clock::Timestamp;
use crate::cpu::Pool;
use crate::dock::Dock;
use crate::error::{DockError, Result};
use crate::jobs::{ClaimFilter, ClaimedJob, Job, JobEnd, Progress};
pub use crate::store::files::EvolutionState;
use crate::store::files::{EvolutionRow, NewEvolution};
use crate::store::rows::Revision;
use measure::Outcome;
pub use report::{ClassReport, EvolutionReport, IslandReport, Unmeasured, WorldReport};

/// Fact with the revision of the last evolution.
const EVOLVED_AT: &str = "evolved_at_revision";
/// Learnwares that are proposed to stand for an island's many.
const ANCHORS: usize = 10;

/// An evolution that ended.
#[derive(Debug, Clone, PartialEq)]
pub struct Evolution {
    /// Its number.
    pub id: i64,
    /// What became of it.
    pub state: EvolutionState,
    /// The market that it was made of.
    pub revision: Revision,
    /// What was learned and measured.
    pub report: EvolutionReport,
    /// When it ended.
    pub created_at: Timestamp,
}

impl Dock {
    /// Asks for an evolution, unless one waits or is under way; true when one waits now.
    pub async fn ask_evolution(&self) -> Result<bool> {
        self.ask_for(&Job::Evolve {}).await
    }

    /// The same for an administrator.
    ///
    /// # Errors
    /// [`DockError::Forbidden`] for others.
    pub async fn ask_evolution_by(&self, by: &Principal) -> Result<bool> {
        self.ask_for_by(by, &Job::Evolve {}, "evolution.ask").await
    }

    /// Asks for an evolution when the last one is longer ago than the configured age and the market has changed since.
    pub async fn evolve_when_due(&self) -> Result<()> {
        let store = &self.state().store;
        let Some(age) = self.state().config.evolve_age else { return Ok(()) };
        let last = store.evolutions(None, 1).await?;
        if last.first().is_some_and(|last| self.now().minus(age) < last.created_at) {
            return Ok(());
        }
        let (now, last) = (store.revision().await?, store.fact(EVOLVED_AT).await?);
        if now.0 > 0 && last.is_none_or(|last| last != now.0.to_string()) {
            self.ask_evolution().await?;
        }
        Ok(())
    }

    /// Evolves now; `tell` hears of the work.
    ///
    /// # Errors
    /// [`DockError::EvolutionInProgress`] while another process is at it, [`DockError::EvolutionFailed`].
    pub async fn evolve(&self, tell: impl Fn(usize, usize) + Send + Sync) -> Result<Evolution> {
        self.ask_evolution().await?;
        let filter = ClaimFilter::Subject(Job::Evolve {}.subject());
        let Some(job) = self.claim_job(&filter).await? else { return Err(DockError::EvolutionInProgress) };
        match Box::pin(self.evolve_claimed(&job, &tell)).await? {
            JobEnd::Done(evolution) => Ok(evolution),
            JobEnd::Failed { error, .. } => Err(DockError::EvolutionFailed { reason: error }),
            JobEnd::Overtaken => Err(DockError::EvolutionInProgress),
        }
    }

    /// Makes the evolution that waits; `None` when none does.
    pub async fn evolve_next(&self) -> Result<Option<JobEnd<Evolution>>> {
        match self.claim_job(&ClaimFilter::Kind(Job::EVOLVE)).await? {
            Some(job) => Box::pin(self.evolve_claimed(&job, &|_, _| {})).await.map(Some),
            None => Ok(None),
        }
    }

    /// Evolutions, last first. How classes have to do with each other is told of the last one only: it can be long.
    pub async fn evolutions(&self, limit: u32) -> Result<Vec<Evolution>> {
        let rows = self.state().store.evolutions(None, limit).await?;
        let mut found: Vec<Evolution> = rows.into_iter().map(evolution).collect::<Result<_>>()?;
        found.iter_mut().skip(1).for_each(|earlier| earlier.report.classes.clear());
        Ok(found)
    }

    /// Puts an earlier evolution back into use, or none.
    ///
    /// # Errors
    /// [`DockError::UnknownEvolution`] when there is no such, or none is in use; [`DockError::Forbidden`] for others than
    /// administrators.
    pub async fn use_evolution(&self, by: Option<&Principal>, id: Option<i64>) -> Result<()> {
        by.map_or(Ok(()), |by| by.needs(Scope::Admin))?;
        if !self.state().store.activate_evolution(id).await? {
            return Err(DockError::UnknownEvolution { id });
        }
        let subject = id.map_or_else(|| "none".to_owned(), |id| id.to_string());
        self.audit(by.map(|by| by.account), "evolution.use", &subject, "").await
    }

    async fn evolve_claimed(
        &self,
        job: &ClaimedJob,
        tell: &(dyn Fn(usize, usize) + Send + Sync),
    ) -> Result<JobEnd<Evolution>> {
        let state = self.state();
        let (progress, told) = watch::channel(Progress::Measuring);
        let work = async {
            let snapshot = self.catalog().await?;
            let outcome = self.measure(&snapshot, tell).await?;
            progress.send(Progress::Learning).ok();
            self.learn(snapshot, outcome).await
        };
        match self.while_prolonging(job, told, work).await? {
            Ok(new) => {
                // First the end of the job, which is its fence.
                if !state.store.finish_job(job, self.now()).await? {
                    return Ok(JobEnd::Overtaken);
                }
                let stored = self.store_evolution(new).await?;
                Ok(JobEnd::Done(stored))
            }
            Err(error) => self.end_failed(job, &error).await,
        }
    }

    /// Learns island by island; an island that is not better by what it learned keeps what the active evolution has of it.
    async fn learn(&self, snapshot: Arc<Snapshot>, outcome: Outcome) -> Result<NewEvolution> {
        let revision = snapshot.revision;
        let Outcome { measured, versions, unmeasured } = outcome;
        let learn = move || {
            let mut report =
                EvolutionReport { measured: measured.len(), unmeasured, ..EvolutionReport::default() };
            for (key, island) in snapshot.market.organizer().islands() {
                if !measured.keys().any(|id| island.specification(id).is_some()) {
                    continue;
                }
                report.classes.extend(classes::report(island, &measured, &versions));
                if let Some(learned) = capability::learn(island, &measured)? {
                    report.islands.push(island_report(key, island.len(), &learned));
                }
            }
            let old = snapshot.evolution.map.clone();
            let map = map::train(snapshot.market.organizer(), &measured, old.as_ref());
            report.world = map.as_ref().map(|map| map.report.clone());
            Ok::<_, DockError>((report, map))
        };
        let (report, map) = self.state().cpu.run(Pool::Compute, "learning", learn).await??;
        let map = match map {
            Some(map) => Some(self.keep_map(&map).await?),
            None => None,
        };
        let is_better = map.is_some() || report.islands.iter().any(|island| island.quality.is_better());
        Ok(NewEvolution { revision, is_better, map, report: report.to_text() })
    }

    async fn store_evolution(&self, new: NewEvolution) -> Result<Evolution> {
        let (store, now) = (&self.state().store, self.now());
        let revision = new.revision;
        let id = store.add_evolution(&new, now).await?;
        // What evolved itself is no change of the market.
        let current = store.revision().await?;
        let seen = if new.is_better && current.0 == revision.0 + 1 { current } else { revision };
        store.set_fact(EVOLVED_AT, &seen.0.to_string()).await?;
        store.forget_capabilities().await?;
        let state = if new.is_better { EvolutionState::Active } else { EvolutionState::Refused };
        evolution(EvolutionRow { id, revision, state, map: new.map, report: new.report, created_at: now })
    }

    /// What the active evolution learned, for searches; empty without one. `known` is what an earlier call gave.
    pub(crate) async fn learned(&self, known: &ActiveEvolution) -> Result<ActiveEvolution> {
        let store = &self.state().store;
        let active = store.evolutions(Some(EvolutionState::Active), 1).await?.into_iter().next();
        let Some(active) = active else { return Ok(ActiveEvolution::default()) };
        if known.id == Some(active.id) {
            return Ok(known.clone());
        }
        let report = EvolutionReport::from_text(&active.report)?;
        let rows = store.capabilities().await?;
        let map = match &active.map {
            Some(version) => Some(self.map(version).await?),
            None => None,
        };
        Ok(ActiveEvolution { id: Some(active.id), learned: Arc::new(report.capabilities(&rows)?), map })
    }
}

/// What searches use of the active evolution.
#[derive(Debug, Clone, Default)]
pub(crate) struct ActiveEvolution {
    /// Its number.
    pub(crate) id: Option<i64>,
    /// The map between islands.
    pub(crate) map: Option<Arc<dyn HeteroMap>>,
    /// What islands learned.
    pub(crate) learned: Arc<BTreeMap<IslandKey, Capabilities>>,
}

impl ActiveEvolution {
    /// The same without what is known of these learnwares: their models may be others now.
    pub(crate) fn without(&self, changed: &BTreeSet<LearnwareId>) -> Self {
        let is_known = |capabilities: &Capabilities| {
            capabilities
                .losses
                .iter()
                .any(|(id, losses)| changed.contains(id) || losses.keys().any(|task| changed.contains(task)))
        };
        if !self.learned.values().any(is_known) {
            return self.clone();
        }
        let mut learned = BTreeMap::clone(&self.learned);
        for capabilities in learned.values_mut() {
            capabilities.losses.retain(|id, _| !changed.contains(id));
            for losses in capabilities.losses.values_mut() {
                losses.retain(|task, _| !changed.contains(task));
            }
        }
        Self { learned: Arc::new(learned), ..self.clone() }
    }
}

fn island_report(key: &IslandKey, learnwares: usize, learned: &Learned) -> IslandReport {
    IslandReport {
        island: key.clone(),
        learnwares,
        width: learned.capabilities.width,
        candidates: learned.capabilities.candidates,
        quality: learned.quality,
        retirements: proposals::retirements(&learned.capabilities),
        anchors: proposals::anchors(&learned.capabilities, ANCHORS),
    }
}

fn evolution(row: EvolutionRow) -> Result<Evolution> {
    let EvolutionRow { id, revision, state, report, created_at, .. } = row;
    Ok(Evolution { id, state, revision, report: EvolutionReport::from_text(&report)?, created_at })
}
