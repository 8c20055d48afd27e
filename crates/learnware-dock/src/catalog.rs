//! The market as the database has it: a snapshot that searches read, brought up to date by revision.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex as StdMutex, PoisonError, RwLock};
use std::time::{Duration, Instant};

use learnware_engine::learnware::{Learnware, LearnwareId};
use learnware_engine::market::Market;
use learnware_engine::market::index::IslandIndex;
use learnware_engine::market::outlined::Languages;
use learnware_engine::market::world::World;
use learnware_engine::numeric::parallel;
use learnware_engine::specification::IslandKey;
use tokio::sync::Mutex;
use tokio::task::JoinHandle;

use crate::cpu::Pool;
use crate::dock::Dock;
use crate::error::{DockError, Result};
use crate::evolve::ActiveEvolution;
use crate::firststage::NewOutlined;
use crate::ids::LearnwareNumber;
use crate::indexes;
use crate::shard::Shard;
use crate::store::organisations::{Audience, Visibility};
use crate::store::outlines::OutlineRow;
use crate::store::rows::{ChangeRow, Revision};
use crate::store::{Changes, Position};
use crate::viewer::Viewer;
use crate::words::{Found, Matches, Present, Query, Request, Words};

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
    /// Outlines of the islands whose specifications are kept in the database.
    pub(crate) outlines: BTreeMap<IslandKey, OutlineRow>,
    /// Which islands are searched here; `None` for all.
    pub(crate) shard: Option<Shard>,
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
        let outlines = self.active_outlines().await?;
        if current.outlines.keys().any(|key| !outlines.contains_key(key)) {
            current = Arc::default(); // What was kept in the database is to be in memory again.
        }
        let shard = state.config.shard;
        if current.outlines != outlines || current.shard != shard {
            let new = self.new_outlines(&outlines, &current.outlines).await?;
            let outlined = outlines.clone();
            let build = move || Arc::new(Snapshot { shard, ..current.outlined(outlined, new) });
            current = state.cpu.run(Pool::Compute, "taking up outlines", build).await?;
        }
        let changed = self.changed_since(&current).await?;
        if self.active_outlines().await? != outlines {
            // Others took their place meanwhile; the next caller follows them.
            return Err(DockError::Busy { action: "follow the outlines" });
        }
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

    /// What changed after a snapshot, read page by page: while one is parsed, the next one is read.
    async fn changed_since(&self, snapshot: &Arc<Snapshot>) -> Result<Changed> {
        let (state, revision) = (self.state(), snapshot.revision);
        let mut changed = Changed::default();
        let mut page = state.store.changes(Position::after(revision), PAGE_ROWS).await?;
        loop {
            let Changes { revision, rows, next } = page;
            let snapshot = Arc::clone(snapshot);
            let parse = state.cpu.run(Pool::Compute, "reading the catalog", move || parsed(&rows, &snapshot));
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
    /// Islands of which the database or another replica keeps its specification, with its languages there.
    kept: Vec<(IslandKey, Languages)>,
}

impl Changed {
    /// Takes a page. A learnware that changed between two pages is in both; the later one holds.
    fn take(&mut self, revision: Revision, learnwares: Vec<ChangedLearnware>) {
        self.revision = revision;
        self.learnwares.extend(learnwares.into_iter().map(|learnware| (learnware.number, learnware)));
    }
}

fn parsed(rows: &[ChangeRow], snapshot: &Snapshot) -> Vec<ChangedLearnware> {
    parallel::map(rows.len(), |i| ChangedLearnware::parse(&rows[i], snapshot))
}

impl ChangedLearnware {
    fn parse(row: &ChangeRow, snapshot: &Snapshot) -> Self {
        let mut kept = Vec::new();
        let usable = row.usable.as_ref().map(|usable| {
            let present = Present { size_bytes: usable.size_bytes, created_at: usable.created_at };
            let mut learnware = usable.learnware(row.number).map_err(|error| error.to_string());
            if let Ok(learnware) = &mut learnware {
                kept = snapshot.taken(learnware, row.revision);
            }
            (present, learnware)
        });
        Self { number: row.number, audience: row.audience, usable, kept }
    }
}

impl Snapshot {
    /// The same with these outlines in use, of which `new` are new.
    fn outlined(&self, outlines: BTreeMap<IslandKey, OutlineRow>, new: Vec<NewOutlined>) -> Self {
        let market = new.into_iter().fold(self.market.clone(), |market, outlined| {
            market.with_outlined(&outlined.row.island, Some(outlined.outline), outlined.kept)
        });
        Self { market, outlines, ..self.clone() }
    }

    /// Takes out of a learnware of a row what the database or another replica keeps, and says of which islands, with the
    /// languages.
    fn taken(&self, learnware: &mut Learnware, revision: Revision) -> Vec<(IslandKey, Languages)> {
        let organizer = self.market.organizer();
        let (mut taken, id) = (Vec::new(), learnware.id.clone());
        learnware.specification.statistical.retain(|specification| {
            let key = specification.island();
            let is_foreign = self.shard.is_some_and(|shard| !shard.keeps(&key));
            let is_kept = self.outlines.get(&key).is_some_and(|outline| revision <= outline.revision)
                && organizer.outlined(&key).is_some_and(|outlined| outlined.keeps(&id));
            if is_foreign || is_kept {
                taken.push((key, Languages::from(specification.languages())));
            }
            !(is_foreign || is_kept)
        });
        taken
    }

    /// The snapshot after a page of changes, which is the last one.
    #[must_use]
    pub fn after(&self, changes: &Changes) -> Self {
        let mut changed = Changed::default();
        changed.take(changes.revision, parsed(&changes.rows, self));
        self.with(changed)
    }

    fn with(&self, changes: Changed) -> Self {
        let (mut unreadable, mut hidden) = (self.unreadable.clone(), self.hidden.clone());
        let mut changed: BTreeMap<LearnwareId, Option<Learnware>> = BTreeMap::new();
        let mut present = Vec::with_capacity(changes.learnwares.len());
        let mut kept: Vec<(LearnwareId, IslandKey, Languages)> = Vec::new();
        for (number, learnware) in changes.learnwares {
            let id = number.id();
            unreadable.remove(&id);
            if learnware.usable.is_some() && learnware.audience.visibility != Visibility::Public {
                hidden.insert(number, learnware.audience);
            } else {
                hidden.remove(&number);
            }
            kept.extend(learnware.kept.into_iter().map(|(key, languages)| (id.clone(), key, languages)));
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
        let market = self.market.with_changes(changed);
        let market = kept
            .into_iter()
            .fold(market, |market, (id, key, languages)| market.with_kept(&key, &id, languages));
        let words = self.words.with_changes(&present, &market);
        let evolution = self.evolution.without(&changed_ids);
        let market = market.with_learned(Arc::clone(&evolution.learned));
        let (outlines, shard) = (self.outlines.clone(), self.shard);
        Self { market, words, revision: changes.revision, hidden, evolution, outlines, shard, unreadable }
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
