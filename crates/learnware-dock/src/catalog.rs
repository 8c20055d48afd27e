//! The market as the database has it: a snapshot that searches read, brought up to date by revision.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex as StdMutex, PoisonError, RwLock};
use std::time::{Duration, Instant};

use learnware_engine::learnware::{Learnware, LearnwareId};
use learnware_engine::market::Market;
use learnware_engine::market::index::IslandIndex;
use learnware_engine::market::world::World;
use learnware_engine::numeric::parallel;
use learnware_engine::specification::IslandKey;
use tokio::sync::Mutex;
use tokio::task::JoinHandle;

use crate::cpu::Pool;
use crate::dock::Dock;
use crate::error::{DockError, Result};
use crate::evolve::ActiveEvolution;
use crate::ids::LearnwareNumber;
use crate::indexes;
use crate::store::organisations::{Audience, Visibility};
use crate::store::rows::{ChangeRow, Revision};
use crate::store::{Changes, Position};
use crate::viewer::Viewer;
use crate::words::{Found, Matches, Present, Query, Request, Words};

/// More changes than this make a new market at once and not one learnware after the other: by then a new index
/// costs no more.
const STEPS_MAX: usize = 1024;
/// Rows read at once: their text, some 40 kB each, is parsed and dropped before more is read.
const PAGE_ROWS: u32 = 1000;
/// How long a search waits for the database to tell its revision.
const PATIENCE: Duration = Duration::from_secs(3);
/// After a database was lost, searches do not wait for it again so long.
const LOST_FOR: Duration = Duration::from_secs(2);
/// How long searches go on with what was last known, without a database. Others may have taken down or hidden a learnware
/// since, so it is not for ever.
const STALE_MAX: Duration = Duration::from_mins(15);

/// The market at one revision.
#[derive(Debug, Clone, Default)]
pub struct Snapshot {
    /// Learnwares that searches find.
    pub market: Market,
    /// Their words and tags.
    pub words: Words,
    /// The revision it shows.
    pub revision: Revision,
    /// Those of them that not everybody sees, and who does.
    pub hidden: BTreeMap<LearnwareNumber, Audience>,
    /// What the active evolution learned.
    pub(crate) evolution: ActiveEvolution,
    /// Learnwares left out because their rows can't be read, and why.
    pub unreadable: BTreeMap<LearnwareId, String>,
}

/// Keeps the current snapshot.
#[derive(Debug, Default)]
pub(crate) struct Catalog {
    current: RwLock<Arc<Snapshot>>,
    /// Held while a newer snapshot is made, so that it is made once.
    refreshing: Mutex<()>,
    /// When the database last told its revision, and when it last did not.
    heard: StdMutex<Heard>,
    /// Indexes without the learnwares that not everybody sees, with the revision that they are of.
    pub(crate) public: StdMutex<BTreeMap<IslandKey, (Revision, IslandIndex)>>,
    /// The picture of all islands, with the revision that it is of.
    pub(crate) world: StdMutex<Option<(Revision, Arc<World>)>>,
    /// Indexes being renewed and kept.
    pub(crate) tending: Mutex<Option<JoinHandle<Result<()>>>>,
}

/// What is known of the database.
#[derive(Debug, Default, Clone, Copy)]
struct Heard {
    answered: Option<Instant>,
    silent: Option<Instant>,
}

impl Catalog {
    fn heard(&self) -> Heard {
        *self.heard.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn answered(&self) {
        let answered = Some(Instant::now());
        *self.heard.lock().unwrap_or_else(PoisonError::into_inner) = Heard { answered, silent: None };
    }

    fn fell_silent(&self) {
        self.heard.lock().unwrap_or_else(PoisonError::into_inner).silent = Some(Instant::now());
    }

    fn current(&self) -> Arc<Snapshot> {
        // Only whole snapshots are ever stored, so a poisoned lock guards nothing broken.
        Arc::clone(&self.current.read().unwrap_or_else(PoisonError::into_inner))
    }

    fn replace(&self, next: Arc<Snapshot>) {
        *self.current.write().unwrap_or_else(PoisonError::into_inner) = next;
    }
}

impl Dock {
    /// The market as it is now: every change that was acknowledged before the call is in it.
    pub async fn catalog(&self) -> Result<Arc<Snapshot>> {
        self.catalog_at(self.state().store.revision().await?).await
    }

    /// The same where the revision was asked for already.
    async fn catalog_at(&self, revision: Revision) -> Result<Arc<Snapshot>> {
        let current = self.state().catalog.current();
        if revision == current.revision {
            return Ok(current);
        }
        // What was begun is finished, also when whoever asked stops waiting: a large market takes a minute.
        let dock = self.clone();
        tokio::spawn(async move { dock.refreshed().await }).await.unwrap_or(Err(DockError::Closed))
    }

    /// The market after the changes since the last snapshot, which it becomes.
    async fn refreshed(&self) -> Result<Arc<Snapshot>> {
        let state = self.state();
        let _turn = state.catalog.refreshing.lock().await;
        let mut current = state.catalog.current();
        let revision = state.store.revision().await?;
        if revision == current.revision {
            return Ok(current);
        }
        if revision < current.revision {
            current = Arc::default(); // An older database was put in place: begin again.
        }
        let changed = self.changed_since(current.revision).await?;
        let evolution = self.learned(&current.evolution).await?;
        let folder = state.folder.clone();
        let build = move || {
            let next = current.with(changed);
            let next = if evolution.id == next.evolution.id { next } else { next.evolved(evolution) };
            if current.market.organizer().is_empty() {
                Snapshot { market: indexes::load(&folder, next.market), ..next }
            } else {
                next
            }
        };
        let next = Arc::new(state.cpu.run(Pool::Compute, "building the catalog", build).await?);
        state.catalog.replace(Arc::clone(&next));
        Ok(next)
    }

    /// What changed after a revision, read page by page: while one is parsed, the next one is read.
    async fn changed_since(&self, revision: Revision) -> Result<Changed> {
        let state = self.state();
        let mut changed = Changed::default();
        let mut page = state.store.changes(Position::after(revision), PAGE_ROWS).await?;
        loop {
            let Changes { revision, rows, next } = page;
            let parse = state.cpu.run(Pool::Compute, "reading the catalog", move || parsed(&rows));
            let read = async {
                match next {
                    Some(place) => state.store.changes(place, PAGE_ROWS).await.map(Some),
                    None => Ok(None),
                }
            };
            let (learnwares, read) = tokio::try_join!(parse, read)?;
            changed.take(revision, learnwares);
            match read {
                Some(next) => page = next,
                None => return Ok(changed),
            }
        }
    }

    /// The market for a search: as it is now, or as it was last known where the database can't be reached, for a while.
    pub(crate) async fn searchable(&self) -> Result<Arc<Snapshot>> {
        let catalog = &self.state().catalog;
        let is_recent = |moment: Option<Instant>, span| moment.is_some_and(|moment| moment.elapsed() < span);
        if !is_recent(catalog.heard().silent, LOST_FOR) {
            let found = match tokio::time::timeout(PATIENCE, self.state().store.revision()).await {
                Ok(Ok(revision)) => self.catalog_at(revision).await,
                Ok(Err(error)) => Err(error),
                Err(_) => Err(DockError::Busy { action: "read the revision" }),
            };
            match found {
                Ok(snapshot) => {
                    catalog.answered();
                    return Ok(snapshot);
                }
                Err(DockError::Busy { .. }) => catalog.fell_silent(),
                Err(error) => return Err(error),
            }
        }
        if is_recent(catalog.heard().answered, STALE_MAX) {
            return Ok(catalog.current());
        }
        Err(DockError::Busy { action: "search" })
    }

    /// Takes over the indexes of `market`, which was made of an earlier snapshot.
    pub(crate) async fn adopt_indexes(&self, market: &Market) {
        let catalog = &self.state().catalog;
        let _turn = catalog.refreshing.lock().await;
        let current = catalog.current();
        let next = Snapshot { market: current.market.adopting(market), ..(*current).clone() };
        catalog.replace(Arc::new(next));
    }
}

/// Learnwares that changed, up to a revision.
#[derive(Debug, Default)]
struct Changed {
    revision: Revision,
    learnwares: BTreeMap<LearnwareNumber, ChangedLearnware>,
}

/// One of them.
#[derive(Debug)]
struct ChangedLearnware {
    number: LearnwareNumber,
    audience: Audience,
    /// What searches find, or why it can't be read; `None` when they find nothing.
    usable: Option<(Present, std::result::Result<Learnware, String>)>,
}

impl Changed {
    /// Takes a page. A learnware that changed between two pages is in both; the later one holds.
    fn take(&mut self, revision: Revision, learnwares: Vec<ChangedLearnware>) {
        self.revision = revision;
        self.learnwares.extend(learnwares.into_iter().map(|learnware| (learnware.number, learnware)));
    }
}

fn parsed(rows: &[ChangeRow]) -> Vec<ChangedLearnware> {
    parallel::map(rows.len(), |i| ChangedLearnware::parse(&rows[i]))
}

impl ChangedLearnware {
    fn parse(row: &ChangeRow) -> Self {
        let usable = row.usable.as_ref().map(|usable| {
            let present = Present { size_bytes: usable.size_bytes, created_at: usable.created_at };
            (present, usable.learnware(row.number).map_err(|error| error.to_string()))
        });
        Self { number: row.number, audience: row.audience, usable }
    }
}

impl Snapshot {
    /// The snapshot after a page of changes, which is the last one.
    #[must_use]
    pub fn after(&self, changes: &Changes) -> Self {
        let mut changed = Changed::default();
        changed.take(changes.revision, parsed(&changes.rows));
        self.with(changed)
    }

    fn with(&self, changes: Changed) -> Self {
        let (mut unreadable, mut hidden) = (self.unreadable.clone(), self.hidden.clone());
        let mut changed: BTreeMap<LearnwareId, Option<Learnware>> = BTreeMap::new();
        let mut present = Vec::with_capacity(changes.learnwares.len());
        for (number, learnware) in changes.learnwares {
            let id = number.id();
            unreadable.remove(&id);
            if learnware.usable.is_some() && learnware.audience.visibility != Visibility::Public {
                hidden.insert(number, learnware.audience);
            } else {
                hidden.remove(&number);
            }
            let (facts, found) = learnware.usable.unzip();
            let found = found.and_then(|found| match found {
                Ok(learnware) => Some(learnware),
                Err(reason) => {
                    unreadable.insert(id.clone(), reason);
                    None
                }
            });
            present.push((number, facts));
            changed.insert(id, found);
        }
        let changed_ids: BTreeSet<LearnwareId> = changed.keys().cloned().collect();
        let market = market_after(&self.market, changed);
        let words = self.words.with_changes(&present, &market);
        let evolution = self.evolution.without(&changed_ids);
        let market = market.with_learned(Arc::clone(&evolution.learned));
        Self { market, words, revision: changes.revision, hidden, evolution, unreadable }
    }

    /// The same with what an evolution learned.
    fn evolved(self, evolution: ActiveEvolution) -> Self {
        let market = self.market.with_learned(Arc::clone(&evolution.learned));
        let market = match &evolution.map {
            Some(map) => market.with_world(Arc::clone(map)),
            None => market.without_world(),
        };
        Self { market, evolution, ..self }
    }

    /// The learnwares that `viewer` does not see.
    pub(crate) fn hidden_from(&self, viewer: &Viewer) -> impl Iterator<Item = LearnwareNumber> {
        self.hidden.iter().filter(|(_, audience)| !viewer.sees(audience)).map(|(number, _)| *number)
    }

    /// A page of the learnwares that match words and tags.
    ///
    /// # Errors
    /// [`DockError::BadCursor`](crate::DockError::BadCursor) when the cursor belongs to another query.
    pub fn find(&self, request: &Request) -> Result<Found> {
        self.find_for(&Viewer::Operator, request)
    }

    /// The same among those that `viewer` sees.
    pub(crate) fn find_for(&self, viewer: &Viewer, request: &Request) -> Result<Found> {
        self.words.find(&self.market, request, self.hidden_from(viewer))
    }

    /// All learnwares that match words and tags.
    pub fn matches(&self, query: &Query) -> Result<Matches> {
        self.words.matches(&self.market, query)
    }
}

fn market_after(current: &Market, changed: BTreeMap<LearnwareId, Option<Learnware>>) -> Market {
    if changed.len() <= STEPS_MAX {
        changed.into_iter().fold(current.clone(), |market, (id, learnware)| match learnware {
            Some(learnware) => market.with_added(learnware),
            None => market.with_removed(&id),
        })
    } else {
        let kept =
            current.organizer().iter().filter(|learnware| !changed.contains_key(&learnware.id)).cloned();
        let kept: Vec<Learnware> = kept.collect();
        Market::from_learnwares(kept.into_iter().chain(changed.into_values().flatten()))
    }
}
