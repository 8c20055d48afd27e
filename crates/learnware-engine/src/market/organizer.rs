//! Keeps learnwares: an immutable snapshot that shares what did not change with the ones before it.

use std::collections::BTreeMap;
use std::sync::{Arc, OnceLock};

use super::island::IslandIndex;
use crate::learnware::{Learnware, LearnwareId};
use crate::specification::{IslandKey, Rkme, StatisticalSpecification};

/// Learnwares at one moment. A change makes a new organizer; readers never see half of it.
#[derive(Debug, Clone, Default)]
pub struct Organizer {
    learnwares: BTreeMap<LearnwareId, Arc<Learnware>>,
    islands: BTreeMap<IslandKey, Arc<Island>>,
}

/// Learnwares whose specifications are comparable, in the order of their identifiers.
#[derive(Debug)]
pub struct Island {
    key: IslandKey,
    members: Vec<Arc<Learnware>>,
    index: OnceLock<IslandIndex>,
}

impl Organizer {
    /// An organizer of many learnwares at once; of equal identifiers the last one stays.
    pub fn from_learnwares(learnwares: impl IntoIterator<Item = Learnware>) -> Self {
        let learnwares: BTreeMap<_, _> =
            learnwares.into_iter().map(|learnware| (learnware.id.clone(), Arc::new(learnware))).collect();
        let mut members: BTreeMap<IslandKey, Vec<Arc<Learnware>>> = BTreeMap::new();
        for learnware in learnwares.values() {
            for key in island_keys(learnware) {
                members.entry(key).or_default().push(Arc::clone(learnware));
            }
        }
        let islands = members
            .into_iter()
            .map(|(key, members)| (key.clone(), Arc::new(Island::new(key, members))))
            .collect();
        Self { learnwares, islands }
    }

    /// The same with one learnware more, or replaced if its identifier is known.
    #[must_use]
    pub fn with_added(&self, learnware: Learnware) -> Self {
        let mut next = self.with_removed(&learnware.id);
        let learnware = Arc::new(learnware);
        for key in island_keys(&learnware) {
            let mut members = next.islands.get(&key).map_or_else(Vec::new, |island| island.members.clone());
            let place = members.partition_point(|member| member.id < learnware.id);
            members.insert(place, Arc::clone(&learnware));
            next.islands.insert(key.clone(), Arc::new(Island::new(key, members)));
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
            let members: Vec<_> = island.members.iter().filter(|member| member.id != *id).cloned().collect();
            if !members.is_empty() {
                next.islands.insert(key.clone(), Arc::new(Island::new(key, members)));
            }
        }
        next
    }

    /// One learnware.
    pub fn get(&self, id: &LearnwareId) -> Option<&Learnware> {
        self.learnwares.get(id).map(AsRef::as_ref)
    }

    /// All learnwares in the order of their identifiers.
    pub fn iter(&self) -> impl ExactSizeIterator<Item = &Learnware> {
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
    fn new(key: IslandKey, members: Vec<Arc<Learnware>>) -> Self {
        Self { key, members, index: OnceLock::new() }
    }

    /// What its specifications have in common.
    pub fn key(&self) -> &IslandKey {
        &self.key
    }

    /// Its learnwares in the order of their identifiers.
    pub fn members(&self) -> &[Arc<Learnware>] {
        &self.members
    }

    /// Kernel and embeddings of the island, made at first use.
    pub fn index(&self) -> &IslandIndex {
        self.index.get_or_init(|| IslandIndex::new(&self.key, &self.rkmes()))
    }

    /// The members' specifications in this island.
    pub fn specifications(&self) -> impl Iterator<Item = &StatisticalSpecification> {
        self.members.iter().filter_map(|member| specification_in(member, &self.key))
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
