//! Keeps learnwares: an immutable snapshot that shares what did not change with the ones before it.

use std::collections::BTreeMap;
use std::sync::{Arc, OnceLock};

use imbl::OrdMap;

use super::index::{IslandIndex, Stored, island_kernel, kernel_sample, world_kernel};
use crate::error::Result;
use crate::learnware::{Learnware, LearnwareId};
use crate::numeric::parallel;
use crate::specification::{IslandKernel, IslandKey, Rkme, StatisticalSpecification};

/// Learnwares at one moment. A change makes a new organizer; readers never see half of it.
#[derive(Debug, Clone, Default)]
pub struct Organizer {
    learnwares: OrdMap<LearnwareId, Arc<Learnware>>,
    islands: OrdMap<IslandKey, Arc<Island>>,
}

/// Learnwares whose specifications are comparable, in the order of their identifiers.
#[derive(Debug)]
pub struct Island {
    key: IslandKey,
    space: Space,
    members: OrdMap<LearnwareId, Arc<Learnware>>,
    index: OnceLock<IslandIndex>,
}

/// What the numbers in an island's specifications are.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Space {
    /// The data's own columns, or what an embedder made.
    Own,
    /// Places in the world, by a map.
    World,
}

impl Organizer {
    /// An organizer of many learnwares at once; of equal identifiers the last one stays.
    pub fn from_learnwares(learnwares: impl IntoIterator<Item = Learnware>) -> Self {
        let learnwares: OrdMap<LearnwareId, Arc<Learnware>> =
            learnwares.into_iter().map(|learnware| (learnware.id.clone(), Arc::new(learnware))).collect();
        let mut members: BTreeMap<IslandKey, OrdMap<LearnwareId, Arc<Learnware>>> = BTreeMap::new();
        for (id, learnware) in &learnwares {
            for key in island_keys(learnware) {
                members.entry(key).or_default().insert(id.clone(), Arc::clone(learnware));
            }
        }
        let islands = members.into_iter().map(|(key, members)| {
            let island = Island { key: key.clone(), space: Space::Own, members, index: OnceLock::new() };
            (key, Arc::new(island))
        });
        Self { learnwares, islands: islands.collect() }
    }

    /// The same with one learnware more, or replaced if its identifier is known.
    #[must_use]
    pub fn with_added(&self, learnware: Learnware) -> Self {
        let mut next = self.with_removed(&learnware.id);
        let learnware = Arc::new(learnware);
        for key in island_keys(&learnware) {
            let island = match next.islands.get(&key) {
                Some(island) => island.with_added(&learnware),
                None => Island::of_one(key.clone(), &learnware),
            };
            next.islands.insert(key, Arc::new(island));
        }
        next.learnwares.insert(learnware.id.clone(), learnware);
        next
    }

    /// The same without one learnware.
    #[must_use]
    pub fn with_removed(&self, id: &LearnwareId) -> Self {
        let mut next = self.clone();
        let Some(gone) = next.learnwares.remove(id) else { return next };
        for key in island_keys(&gone) {
            let Some(island) = next.islands.remove(&key) else { continue };
            if island.len() > 1 {
                next.islands.insert(key, Arc::new(island.with_removed(id)));
            }
        }
        next
    }

    /// Whether [`Organizer::renewed`] would make searches faster.
    pub fn wants_renewal(&self) -> bool {
        self.islands.values().any(|island| island.index.get().is_some_and(IslandIndex::wants_renewal))
    }

    /// The same learnwares with a new index where one wants renewal: takes time, changes no proved answer.
    pub fn renewed(&self) -> Result<Self> {
        let mut next = self.clone();
        for (key, island) in &self.islands {
            if let Some(index) = island.index.get().filter(|index| index.wants_renewal()) {
                next.islands.insert(key.clone(), Arc::new(island.with_index(index.renewed()?)));
            }
        }
        Ok(next)
    }

    /// The same learnwares with an index of an island that was made before; `None` when it is of no use: the kernel
    /// is another one, or more than a quarter of the members changed.
    pub fn with_index(&self, key: &IslandKey, index: IslandIndex) -> Option<Self> {
        let island = self.islands.get(key)?;
        let index = island.brought_up_to_date(index)?;
        let mut next = self.clone();
        next.islands.insert(key.clone(), Arc::new(island.with_index(index)));
        Some(next)
    }

    /// The same learnwares with what `renewed`, made of an earlier snapshot, has of newer indexes.
    #[must_use]
    pub fn adopting(&self, renewed: &Self) -> Self {
        let mut next = self.clone();
        for (key, island) in &self.islands {
            let theirs = renewed.islands.get(key).filter(|_| {
                island.index.get().is_some_and(|index| index.wants_renewal() || index.wants_writing())
            });
            if let Some(index) = theirs.and_then(|theirs| theirs.index_for(island)) {
                next.islands.insert(key.clone(), Arc::new(island.with_index(index)));
            }
        }
        next
    }

    /// One learnware.
    pub fn get(&self, id: &LearnwareId) -> Option<&Learnware> {
        self.learnwares.get(id).map(AsRef::as_ref)
    }

    /// All learnwares in the order of their identifiers.
    pub fn iter(&self) -> impl Iterator<Item = &Learnware> {
        self.learnwares.values().map(AsRef::as_ref)
    }

    /// Number of learnwares.
    pub fn len(&self) -> usize {
        self.learnwares.len()
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.learnwares.is_empty()
    }

    /// One island.
    pub fn island(&self, key: &IslandKey) -> Option<&Island> {
        self.islands.get(key).map(AsRef::as_ref)
    }

    /// All islands.
    pub fn islands(&self) -> impl Iterator<Item = (&IslandKey, &Island)> {
        self.islands.iter().map(|(key, island)| (key, island.as_ref()))
    }
}

impl Island {
    fn of_one(key: IslandKey, learnware: &Arc<Learnware>) -> Self {
        Self {
            key,
            space: Space::Own,
            members: OrdMap::unit(learnware.id.clone(), Arc::clone(learnware)),
            index: OnceLock::new(),
        }
    }

    /// An island of learnwares whose table specifications are places in a world of `dimension` numbers; of none, too.
    pub(super) fn of_world(dimension: usize, members: OrdMap<LearnwareId, Arc<Learnware>>) -> Self {
        let key = IslandKey::Table { dimension };
        Self { key, space: Space::World, members, index: OnceLock::new() }
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
        let (key, members) = (self.key.clone(), self.members.clone());
        Self { key, space: self.space, members, index: OnceLock::new() }
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
    fn brought_up_to_date(&self, index: IslandIndex) -> Option<IslandIndex> {
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

    /// What its specifications have in common.
    pub fn key(&self) -> &IslandKey {
        &self.key
    }

    /// Its learnwares in the order of their identifiers.
    pub fn members(&self) -> impl Iterator<Item = &Arc<Learnware>> {
        self.members.values()
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

fn island_keys(learnware: &Learnware) -> Vec<IslandKey> {
    let mut keys: Vec<_> =
        learnware.specification.statistical.iter().map(StatisticalSpecification::island).collect();
    keys.sort();
    keys.dedup();
    keys
}
