//! Searches of islands that don't fit memory: PostgreSQL gives candidates by their heads, their exact distances are computed
//! here (docs/adr/0039-first-stage-elsewhere.md).
//!
//! 1. The heads nearest to the user's are asked for, and the specifications of those learnwares.
//! 2. Where heads that were not looked at leave room for somebody nearer, all heads within reach are asked for.
//! 3. The engine searches what was delivered, and says whether that proves the answer.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use learnware_engine::learnware::{Learnware, LearnwareId, ModelFormat, Specification};
use learnware_engine::market::index::Outline;
use learnware_engine::market::outlined::{Delivered, Languages, Lookup};
use learnware_engine::market::{Market, SearchOptions};
use learnware_engine::semantic::SemanticSpecification;
use learnware_engine::specification::{IslandKey, StatisticalSpecification};
use learnware_engine::user_info::UserInfo;

use crate::catalog::Snapshot;
use crate::cpu::Pool;
use crate::dock::Dock;
use crate::error::{DockError, Result};
use crate::ids::LearnwareNumber;
use crate::store::outlines::{HeadOrder, HeadQuery, NearHeads, OutlineRow, needs_postgres};
use crate::store::rows::{Revision, SpecificationText};

/// Heads that the first question asks for, beside those whose learnwares the search looks at in any case.
const FIRST: usize = 103;
/// Specifications that a search reads at most, some tens of kilobytes each; past it the answer is not proved.
const READ_MAX: u32 = 2_000;
/// Silent heads at most: one more, and nothing is proved.
const SILENT_MAX: usize = 1_000;

/// An outline that a snapshot does not know yet.
#[derive(Debug)]
pub(crate) struct NewOutlined {
    pub(crate) row: OutlineRow,
    pub(crate) outline: Arc<Outline>,
    pub(crate) kept: BTreeMap<LearnwareId, Languages>,
}

/// Candidates with their specifications.
type Read = BTreeMap<LearnwareNumber, Vec<StatisticalSpecification>>;

impl Dock {
    /// Makes sure that the first stage can be where the settings want it.
    pub(crate) async fn prepare_first_stage(&self) -> Result<()> {
        match self.state().config.first_stage_from {
            None => Ok(()),
            Some(_) if self.state().config.database.is_none() => Err(needs_postgres()),
            Some(_) => self.state().store.prepare_first_stage().await,
        }
    }

    /// The outlines in use; none where the settings keep all islands in memory.
    pub(crate) async fn active_outlines(&self) -> Result<BTreeMap<IslandKey, OutlineRow>> {
        if self.state().config.first_stage_from.is_none() {
            return Ok(BTreeMap::new());
        }
        let rows = self.state().store.outlines().await?;
        let shard = self.state().config.shard;
        let own = rows.into_iter().filter(|row| shard.is_none_or(|shard| shard.keeps(&row.island)));
        Ok(own.map(|row| (row.island.clone(), row)).collect())
    }

    /// Reads those of the outlines that `known` has not.
    pub(crate) async fn new_outlines(
        &self,
        active: &BTreeMap<IslandKey, OutlineRow>,
        known: &BTreeMap<IslandKey, OutlineRow>,
    ) -> Result<Vec<NewOutlined>> {
        let mut found = Vec::new();
        for (key, row) in active.iter().filter(|(key, row)| known.get(key).is_none_or(|old| old.id != row.id))
        {
            let content = self.state().store.outline(row.id).await?;
            // Another one took its place since the list was read.
            let content = content.ok_or(DockError::Busy { action: "read an outline" })?;
            let read = move || {
                let kept = content.members.into_iter();
                let kept = kept.map(|(number, languages)| (number.id(), Languages::from(languages)));
                Ok::<_, DockError>((Arc::new(Outline::from_bytes(content.bytes)?), kept.collect()))
            };
            let (outline, kept) = self.state().cpu.run(Pool::Compute, "reading an outline", read).await??;
            debug_assert_eq!(*key, row.island, "outlines are kept by their island");
            found.push(NewOutlined { row: row.clone(), outline, kept });
        }
        Ok(found)
    }

    /// The market with the candidates that a search of it needs.
    pub(crate) async fn delivered(
        &self,
        snapshot: &Arc<Snapshot>,
        lookup: Lookup,
        user: &UserInfo,
        options: &SearchOptions,
    ) -> Result<Market> {
        let row = snapshot.outlines.get(&lookup.key).ok_or(DockError::Busy { action: "search" })?;
        let order = self.state().config.first_stage_order;
        let first = (lookup.nearest + FIRST).min(READ_MAX as usize) as u32;
        let near = self.near_heads(row, &lookup, first).await?;
        let mut read = self.read(snapshot, &lookup.key, row.revision, &near, Read::new()).await?;
        let all = near.near.len() < first as usize;
        let from = others_from(&lookup, row, &near, all, order);
        let (market, reach) = {
            let (snapshot, lookup) = (Arc::clone(snapshot), lookup.clone());
            let (learnwares, error_max) = (learnwares(&read), row.error_max);
            let (user, options) = (user.clone(), options.clone());
            let look = move || {
                let delivered = Delivered { learnwares, others_from: from };
                let market = snapshot.market.with_delivered(&lookup.key, delivered);
                let reach = match from {
                    Some(_) => market.reach(&lookup, &user, &options, error_max)?,
                    None => None,
                };
                Ok::<_, DockError>((market, reach))
            };
            self.state().cpu.run(Pool::Compute, "search", look).await??
        };
        let Some(reach) = reach else { return Ok(market) };
        let mut near = self.near_heads(row, &lookup, READ_MAX).await?;
        let complete = near.near.len() < READ_MAX as usize;
        let within = near.near.iter().take_while(|(_, distance)| *distance <= reach).count();
        let from = if within < near.near.len() {
            near.near.truncate(within);
            Some(lookup.head.least(reach, row.error_max))
        } else {
            others_from(&lookup, row, &near, complete, order)
        };
        read = self.read(snapshot, &lookup.key, row.revision, &near, read).await?;
        let delivered = Delivered { learnwares: learnwares(&read), others_from: from };
        Ok(snapshot.market.with_delivered(&lookup.key, delivered))
    }

    async fn near_heads(&self, row: &OutlineRow, lookup: &Lookup, limit: u32) -> Result<NearHeads> {
        let number = |id: &LearnwareId| LearnwareNumber::from_id(id).ok();
        let query = HeadQuery {
            outline: row.id,
            axes: lookup.head.axes.clone(),
            among: lookup.among.as_ref().map(|among| among.iter().filter_map(number).collect()),
            exclude: lookup.exclude.iter().filter_map(number).collect(),
            limit,
            order: self.state().config.first_stage_order,
        };
        let found = self.state().store.near_heads(&query).await?;
        // The next search reads which outline took its place.
        found.ok_or(DockError::Busy { action: "search" })
    }

    /// Reads the specifications of those found that the snapshot has and that are not read yet.
    async fn read(
        &self,
        snapshot: &Snapshot,
        key: &IslandKey,
        revision: Revision,
        near: &NearHeads,
        mut read: Read,
    ) -> Result<Read> {
        let outlined = snapshot.market.organizer().outlined(key);
        let is_wanted = |number: &LearnwareNumber| {
            !read.contains_key(number) && outlined.is_some_and(|outlined| outlined.keeps(&number.id()))
        };
        let found = near.near.iter().map(|(number, _)| number).chain(&near.silent);
        let wanted: BTreeSet<LearnwareNumber> = found.copied().filter(is_wanted).collect();
        let wanted: Vec<LearnwareNumber> = wanted.into_iter().collect();
        if !wanted.is_empty() {
            let rows = self.state().store.specifications_of(&wanted, revision).await?;
            let parse = move || rows.into_iter().map(parsed).collect::<Result<Vec<_>>>();
            read.extend(self.state().cpu.run(Pool::Compute, "reading specifications", parse).await??);
        }
        Ok(read)
    }

    /// The specifications in an outlined island of those of `ids` that it keeps elsewhere.
    pub(crate) async fn kept_specifications(
        &self,
        snapshot: &Snapshot,
        key: &IslandKey,
        ids: &[LearnwareId],
    ) -> Result<BTreeMap<LearnwareId, StatisticalSpecification>> {
        let Some(row) = snapshot.outlines.get(key) else { return Ok(BTreeMap::new()) };
        let near = ids.iter().filter_map(|id| Some((LearnwareNumber::from_id(id).ok()?, 0.0))).collect();
        let near = NearHeads { near, silent: Vec::new() };
        let read = self.read(snapshot, key, row.revision, &near, Read::new()).await?;
        let in_island = |statistical: Vec<StatisticalSpecification>| {
            statistical.into_iter().find(|specification| specification.island() == *key)
        };
        let found = read.into_iter().filter_map(|(number, own)| Some((number.id(), in_island(own)?)));
        Ok(found.collect())
    }
}

/// Squared distance below which no other wanted member lies, as far as that is proved.
fn others_from(
    lookup: &Lookup,
    row: &OutlineRow,
    near: &NearHeads,
    all: bool,
    order: HeadOrder,
) -> Option<f64> {
    if order == HeadOrder::Hnsw || near.silent.len() > SILENT_MAX {
        return None;
    }
    let last = near.near.last().map_or(0.0, |(_, distance)| *distance);
    Some(if all { f64::INFINITY } else { lookup.head.least(last, row.error_max) })
}

/// A row's statistical specifications.
pub(crate) fn parsed(
    (number, text): (LearnwareNumber, String),
) -> Result<(LearnwareNumber, Vec<StatisticalSpecification>)> {
    let text = SpecificationText { semantic: String::new(), statistical: text };
    Ok((number, text.statistical()?))
}

/// Candidates as the engine takes them; their words are those of the snapshot.
fn learnwares(read: &Read) -> Vec<Learnware> {
    let learnware = |(number, statistical): (&LearnwareNumber, &Vec<StatisticalSpecification>)| Learnware {
        id: number.id(),
        specification: Specification {
            semantic: SemanticSpecification::default(),
            statistical: statistical.clone(),
        },
        format: ModelFormat::Onnx,
    };
    read.iter().map(learnware).collect()
}
