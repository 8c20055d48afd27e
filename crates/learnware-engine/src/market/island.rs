//! Learnwares whose specifications are comparable, with the index by which they are searched.

use std::sync::{Arc, OnceLock};

use imbl::OrdMap;

use super::index::{IslandIndex, Stored, island_kernel, kernel_sample, world_kernel};
use super::outlined::Beyond;
use crate::learnware::{Learnware, LearnwareId};
use crate::numeric::parallel;
use crate::specification::{IslandKernel, IslandKey, Rkme, StatisticalSpecification};

/// Learnwares whose specifications are comparable, in the order of their identifiers.
#[derive(Debug)]
pub struct Island {
    key: IslandKey,
    space: Space,
    members: OrdMap<LearnwareId, Arc<Learnware>>,
    index: OnceLock<IslandIndex>,
    /// Of an island of candidates: what is known of the others.
    beyond: Option<Beyond>,
}

/// What the numbers in an island's specifications are.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Space {
    /// The data's own columns, or what an embedder made.
    Own,
    /// Places in the world, by a map.
    World,
}

impl Island {
    fn of_none(key: IslandKey) -> Self {
        Self { key, space: Space::Own, members: OrdMap::new(), index: OnceLock::new(), beyond: None }
    }

    /// An island of these.
    pub(super) fn of_members(key: IslandKey, members: OrdMap<LearnwareId, Arc<Learnware>>) -> Self {
        Self { members, ..Self::of_none(key) }
    }

    /// An island of some members of a larger one, under its kernel; for one search, never changed.
    pub(super) fn of_candidates(
        key: IslandKey,
        members: OrdMap<LearnwareId, Arc<Learnware>>,
        index: IslandIndex,
        beyond: Beyond,
    ) -> Self {
        Self { members, index: OnceLock::from(index), beyond: Some(beyond), ..Self::of_none(key) }
    }

    /// An island of learnwares whose table specifications are places in a world of `dimension` numbers; of none, too.
    pub(super) fn of_world(dimension: usize, members: OrdMap<LearnwareId, Arc<Learnware>>) -> Self {
        let key = IslandKey::Table { dimension };
        Self { space: Space::World, members, ..Self::of_none(key) }
    }

    /// The same with one member more, whose identifier is not among the members.
    pub(super) fn with_added(&self, learnware: &Arc<Learnware>) -> Self {
        let mut next = self.without_index();
        next.members.insert(learnware.id.clone(), Arc::clone(learnware));
        if let Some(index) =
            self.index.get().filter(|index| next.keeps_kernel(self, &learnware.id, index.kernel()))
            && let Some(stored) = next.stored(&learnware.id, index.kernel())
        {
            next.keep(index.with_added(stored));
        }
        next
    }

    pub(super) fn with_removed(&self, id: &LearnwareId) -> Self {
        let mut next = self.without_index();
        next.members.remove(id);
        if let Some(index) = self.index.get().filter(|index| next.keeps_kernel(self, id, index.kernel())) {
            next.keep(index.with_removed(id));
        }
        next
    }

    fn without_index(&self) -> Self {
        let members = self.members.clone();
        Self { space: self.space, members, ..Self::of_none(self.key.clone()) }
    }

    pub(super) fn with_index(&self, index: IslandIndex) -> Self {
        Self { index: OnceLock::from(index), ..self.without_index() }
    }

    /// Keeps an index, unless the next search had better make one with a basis. One that wants renewal serves until
    /// [`Organizer::renewed`]: dropped, it would be made by each search of a market that changes all the time.
    fn keep(&mut self, index: IslandIndex) {
        if !index.lacks_basis() {
            self.index = OnceLock::from(index);
        }
    }

    /// Whether the kernel is still the one of `before`, from which the member `changed` tells this island.
    fn keeps_kernel(&self, before: &Self, changed: &LearnwareId, kernel: &IslandKernel) -> bool {
        let sample = kernel_sample(self.len());
        if sample == self.len() || sample != kernel_sample(before.len()) {
            return false;
        }
        let unmoved = self.members.keys().nth(sample - 1).is_some_and(|last| changed > last);
        unmoved || self.kernel() == *kernel
    }

    /// This island's index for other members of the same island, if they have the same kernel.
    pub(super) fn index_for(&self, other: &Self) -> Option<IslandIndex> {
        let mut index = self.index.get()?.clone();
        if other.kernel() != *index.kernel() {
            return None;
        }
        for change in self.members.diff(&other.members) {
            match change {
                imbl::ordmap::DiffItem::Add(id, _) => {
                    index = index.with_added(other.stored(id, index.kernel())?);
                }
                imbl::ordmap::DiffItem::Update { new: (id, _), .. } => {
                    index = index.with_removed(id).with_added(other.stored(id, index.kernel())?);
                }
                imbl::ordmap::DiffItem::Remove(id, _) => index = index.with_removed(id),
            }
        }
        Some(index)
    }

    /// An index from elsewhere with the members of this island.
    pub(super) fn brought_up_to_date(&self, index: IslandIndex) -> Option<IslandIndex> {
        if self.kernel() != *index.kernel() {
            return None;
        }
        let ids: Vec<&LearnwareId> = self.members.keys().collect();
        let is_new = parallel::map(ids.len(), |i| {
            self.specification(ids[i]).is_some_and(|theirs| !index.has(ids[i], theirs.rkme()))
        });
        let added: Vec<&LearnwareId> =
            ids.into_iter().zip(is_new).filter_map(|(id, new)| new.then_some(id)).collect();
        let is_gone = |id: &&LearnwareId| !self.members.contains_key(*id) || added.binary_search(id).is_ok();
        let gone: Vec<LearnwareId> = index.ids().filter(is_gone).cloned().collect();
        if 4 * (added.len() + gone.len()) > index.len() {
            return None;
        }
        let index = gone.iter().fold(index, |index, id| index.with_removed(id));
        added.into_iter().try_fold(index, |index, id| {
            let stored = self.stored(id, index.kernel())?;
            Some(index.with_added(stored))
        })
    }

    /// Its index, if a search has made it.
    pub fn index_if_made(&self) -> Option<&IslandIndex> {
        self.index.get()
    }

    /// What is known of the members that are not here; `None` where all are.
    pub(super) fn beyond(&self) -> Option<Beyond> {
        self.beyond
    }

    /// Members that made the kernel.
    pub(super) fn kernel_count(&self) -> usize {
        kernel_sample(self.beyond.map_or(self.len(), |beyond| beyond.count))
    }

    /// What its specifications have in common.
    pub fn key(&self) -> &IslandKey {
        &self.key
    }

    /// Its learnwares in the order of their identifiers.
    pub fn members(&self) -> impl Iterator<Item = &Arc<Learnware>> {
        self.members.values()
    }

    pub(super) fn member_map(&self) -> &OrdMap<LearnwareId, Arc<Learnware>> {
        &self.members
    }

    /// Number of learnwares.
    pub fn len(&self) -> usize {
        self.members.len()
    }

    /// Whether there are none, which no organizer keeps.
    pub fn is_empty(&self) -> bool {
        self.members.is_empty()
    }

    /// One of its learnwares.
    pub fn member(&self, id: &LearnwareId) -> Option<&Learnware> {
        self.members.get(id).map(AsRef::as_ref)
    }

    /// The specification by which a member is in the island.
    pub fn specification(&self, id: &LearnwareId) -> Option<&StatisticalSpecification> {
        self.members.get(id).and_then(|member| specification_in(member, &self.key))
    }

    /// The kernel of the members as they are now.
    fn kernel(&self) -> IslandKernel {
        let first: Vec<&Rkme> = self
            .specifications()
            .take(kernel_sample(self.len()))
            .map(StatisticalSpecification::rkme)
            .collect();
        match self.space {
            Space::Own => island_kernel(&self.key, self.len(), &first),
            Space::World => world_kernel(self.len(), &first),
        }
    }

    /// Kernel, points and codes of the island, made at first use.
    pub fn index(&self) -> &IslandIndex {
        self.index.get_or_init(|| {
            let kernel = self.kernel();
            let ids: Vec<&LearnwareId> = self.members.keys().collect();
            let stored = parallel::map(ids.len(), |i| self.stored(ids[i], &kernel));
            IslandIndex::new(kernel, stored.into_iter().flatten().collect())
        })
    }

    fn stored(&self, id: &LearnwareId, kernel: &IslandKernel) -> Option<Arc<Stored>> {
        self.specification(id).map(|theirs| Arc::new(Stored::new(id.clone(), theirs.rkme(), kernel)))
    }

    /// The members' specifications in this island.
    pub fn specifications(&self) -> impl Iterator<Item = &StatisticalSpecification> {
        self.members().filter_map(|member| specification_in(member, &self.key))
    }

    /// The members' weighted point sets.
    pub fn rkmes(&self) -> Vec<&Rkme> {
        self.specifications().map(StatisticalSpecification::rkme).collect()
    }
}

/// The specification by which a learnware is in an island.
pub(super) fn specification_in<'a>(
    learnware: &'a Learnware,
    key: &IslandKey,
) -> Option<&'a StatisticalSpecification> {
    learnware.specification.statistical.iter().find(|specification| specification.island() == *key)
}
