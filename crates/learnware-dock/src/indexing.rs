//! Making the indexes of islands anew, as a job: one at a time, with a lease.
//!
//! Where large islands have their first stage in the database, the job reads all usable rows page by page, makes an outline of
//! each large island and the heads of its members, and puts them into use in one transaction with the end of the job. What a
//! killed job left is removed by the next. Elsewhere it renews the index files of this process's folder.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use learnware_engine::market::index::{Outline, OutlineSample};
use learnware_engine::specification::{IslandKey, StatisticalSpecification};
use tokio::sync::watch;

use crate::accounts::Principal;
use crate::cpu::Pool;
use crate::dock::Dock;
use crate::error::{DockError, Result};
use crate::firststage::parsed;
use crate::ids::LearnwareNumber;
use crate::jobs::{ClaimFilter, ClaimedJob, Job, JobEnd, Progress};
use crate::store::outlines::{Begun, FilledOutline, HeadOrder, HeadRow, NewOutline};
use crate::store::rows::Revision;

/// Rows read at once.
const PAGE: u32 = 256;
/// How long outlines that were replaced are kept: longer than any search takes.
const KEPT: Duration = Duration::from_hours(1);

impl Dock {
    /// Asks for new indexes, unless that waits or is under way; true when it waits now.
    pub async fn ask_index(&self) -> Result<bool> {
        self.ask_for(&Job::Index {}).await
    }

    /// The same for an administrator.
    ///
    /// # Errors
    /// [`DockError::Forbidden`] for others.
    pub async fn ask_index_by(&self, by: &Principal) -> Result<bool> {
        self.ask_for_by(by, &Job::Index {}, "index.ask").await
    }

    /// Asks for new indexes where an island should be handed to the database, or has changed much since it was.
    pub async fn index_when_due(&self) -> Result<()> {
        let Some(from) = self.state().config.first_stage_from else { return Ok(()) };
        let snapshot = self.catalog().await?;
        let organizer = snapshot.market.organizer();
        let is_large = organizer.islands().any(|(key, island)| is_handed_over(key, island.len(), from));
        if is_large || organizer.outlined_islands().any(|(_, outlined)| outlined.wants_renewal()) {
            self.ask_index().await?;
        }
        Ok(())
    }

    /// Makes the indexes anew now.
    ///
    /// # Errors
    /// [`DockError::IndexInProgress`] while another process is at it, [`DockError::IndexFailed`].
    pub async fn index(&self) -> Result<Vec<(IslandKey, usize)>> {
        self.ask_index().await?;
        let filter = ClaimFilter::Subject(Job::Index {}.subject());
        let Some(job) = self.claim_job(&filter).await? else { return Err(DockError::IndexInProgress) };
        match self.index_claimed(&job).await? {
            JobEnd::Done(outlined) => Ok(outlined),
            JobEnd::Failed { error, .. } => Err(DockError::IndexFailed { reason: error }),
            JobEnd::Overtaken => Err(DockError::IndexInProgress),
        }
    }

    /// Makes the indexes that are asked for; `None` when none are.
    pub async fn index_next(&self) -> Result<Option<JobEnd<Vec<(IslandKey, usize)>>>> {
        match self.claim_job(&ClaimFilter::Kind(Job::INDEX)).await? {
            Some(job) => self.index_claimed(&job).await.map(Some),
            None => Ok(None),
        }
    }

    async fn index_claimed(&self, job: &ClaimedJob) -> Result<JobEnd<Vec<(IslandKey, usize)>>> {
        let state = self.state();
        let (progress, told) = watch::channel(Progress::Opening);
        progress.send(Progress::Indexing).ok();
        let work = async {
            match state.config.first_stage_from {
                Some(from) => self.outline_islands(from).await,
                None => self.renew_files().await.map(|()| Vec::new()),
            }
        };
        let made = match self.while_prolonging(job, told, work).await? {
            Ok(made) => made,
            Err(error) => return self.end_failed(job, &error).await,
        };
        let filled: Vec<FilledOutline> = made.iter().map(|(_, filled)| filled.clone()).collect();
        let ended = match state.config.first_stage_from {
            Some(_) => state.store.activate_outlines(job, &filled, self.now()).await?,
            None => state.store.finish_job(job, self.now()).await?,
        };
        let outlined = made.into_iter().map(|(key, filled)| (key, filled.members)).collect();
        Ok(if ended { JobEnd::Done(outlined) } else { JobEnd::Overtaken })
    }

    /// Makes the indexes of large islands where there are none, and keeps them in files.
    async fn renew_files(&self) -> Result<()> {
        let snapshot = self.catalog().await?;
        let (market, found) = (Arc::clone(&snapshot), Arc::clone(&snapshot));
        let make = move || {
            for (_, island) in market.market.organizer().islands() {
                island.index();
            }
        };
        self.state().cpu.run(Pool::Compute, "making indexes", make).await?;
        self.tend_indexes(&found);
        self.settle().await
    }

    /// Fills an outline of each island of at least `from` members.
    async fn outline_islands(&self, from: usize) -> Result<Vec<(IslandKey, FilledOutline)>> {
        let store = &self.state().store;
        store.forget_outlines(self.now().minus(KEPT), Begun::Remove).await?;
        let revision = store.revision().await?;
        let mut made = Vec::new();
        for (key, members) in self.islands_of_rows(revision).await? {
            if is_handed_over(&key, members.len(), from) {
                let filled = self.fill_outline(&key, &members, revision).await?;
                made.push((key, filled));
            }
        }
        Ok(made)
    }

    /// The members of all islands, in order: numbers only, so that it fits memory whatever there is.
    async fn islands_of_rows(&self, revision: Revision) -> Result<BTreeMap<IslandKey, Vec<LearnwareNumber>>> {
        let mut islands: BTreeMap<IslandKey, Vec<LearnwareNumber>> = BTreeMap::new();
        let mut after = LearnwareNumber(0);
        loop {
            let rows = self.state().store.specifications_after(after, revision, PAGE).await?;
            let Some((last, _)) = rows.last() else { return Ok(islands) };
            after = *last;
            let keys = move || {
                let rows = rows.into_iter().filter_map(|row| parsed(row).ok());
                let key = |own: &StatisticalSpecification| own.island();
                rows.map(|(number, own)| (number, own.iter().map(key).collect::<Vec<_>>())).collect()
            };
            let found: Vec<_> =
                self.state().cpu.run(Pool::Compute, "looking at specifications", keys).await?;
            for (number, mut keys) in found {
                keys.sort();
                keys.dedup();
                for key in keys {
                    islands.entry(key).or_default().push(number);
                }
            }
        }
    }

    async fn fill_outline(
        &self,
        key: &IslandKey,
        members: &[LearnwareNumber],
        revision: Revision,
    ) -> Result<FilledOutline> {
        let store = &self.state().store;
        let outline = Arc::new(self.outline_of(key, members, revision).await?);
        let new = NewOutline { island: key.clone(), revision, bytes: outline.to_bytes()? };
        let mut filled =
            FilledOutline { id: store.begin_outline(&new, self.now()).await?, members: 0, error_max: 0.0 };
        for page in members.chunks(PAGE as usize) {
            let (rows, key) = (store.specifications_of(page, revision).await?, key.clone());
            let outline = Arc::clone(&outline);
            let heads =
                move || rows.into_iter().map(|row| head(row, &key, &outline)).collect::<Result<Vec<_>>>();
            let heads = self.state().cpu.run(Pool::Compute, "making heads", heads).await??;
            let heads: Vec<HeadRow> = heads.into_iter().flatten().collect();
            store.add_heads(filled.id, &heads).await?;
            filled.members += heads.len();
            let errors = heads.iter().map(|row| row.head.error).filter(|error| error.is_finite());
            filled.error_max = errors.fold(filled.error_max, f64::max);
        }
        if self.state().config.first_stage_order == HeadOrder::Hnsw {
            store.index_heads(filled.id).await?;
        }
        Ok(filled)
    }

    /// An outline of the members' sample.
    async fn outline_of(
        &self,
        key: &IslandKey,
        members: &[LearnwareNumber],
        revision: Revision,
    ) -> Result<Outline> {
        let mut sample = OutlineSample::new(key.clone(), members.len());
        let wanted: Vec<LearnwareNumber> =
            members.iter().enumerate().filter(|(place, _)| sample.wants(*place)).map(|(_, id)| *id).collect();
        for page in wanted.chunks(PAGE as usize) {
            let rows = self.state().store.specifications_of(page, revision).await?;
            for row in rows {
                let (number, statistical) = parsed(row)?;
                let own = statistical.into_iter().find(|own| own.island() == *key);
                if let (Some(own), Ok(place)) = (own, members.binary_search(&number)) {
                    sample.take(place, number.id(), own.rkme().clone())?;
                }
            }
        }
        self.state().cpu.run(Pool::Compute, "making an outline", move || Ok(sample.outline()?)).await?
    }
}

/// Whether an island of `count` members has its first stage in the database. Directions have no heads to begin with.
fn is_handed_over(key: &IslandKey, count: usize, from: usize) -> bool {
    count >= from && !key.is_of_directions()
}

/// The head of a row in an island; `None` where it is not there any more.
fn head(row: (LearnwareNumber, String), key: &IslandKey, outline: &Outline) -> Result<Option<HeadRow>> {
    let (number, statistical) = parsed(row)?;
    let Some(own) = statistical.iter().find(|own| own.island() == *key) else { return Ok(None) };
    let head = outline.head_of_member(own.rkme())?;
    Ok(Some(HeadRow { number, languages: own.languages().to_vec(), head }))
}
