//! Keeps learnwares: an immutable snapshot that shares what did not change with the ones before it.

use std::collections::BTreeMap;
use std::sync::Arc;

use imbl::OrdMap;

use super::index::{IslandIndex, Outline};
use super::island::Island;
use super::outlined::{Delivered, Languages, Outlined};
use crate::error::Result;
use crate::learnware::{Learnware, LearnwareId};
use crate::specification::{IslandKey, StatisticalSpecification};

/// Learnwares at one moment. A change makes a new organizer; readers never see half of it.
#[derive(Debug, Clone, Default)]
pub struct Organizer {
    learnwares: OrdMap<LearnwareId, Arc<Learnware>>,
    islands: OrdMap<IslandKey, Arc<Island>>,
    outlined: OrdMap<IslandKey, Arc<Outlined>>,
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
            let island = Island::of_members(key.clone(), members);
            (key, Arc::new(island))
        });
        Self { learnwares, islands: islands.collect(), outlined: OrdMap::new() }
    }

    /// The same with one learnware more, or replaced if its identifier is known.
    #[must_use]
    pub fn with_added(&self, learnware: Learnware) -> Self {
        let mut next = self.with_removed(&learnware.id);
        let learnware = Arc::new(learnware);
        for key in island_keys(&learnware) {
            if let Some(outlined) = next.outlined.get(&key) {
                let outlined = outlined.with_fresh(&learnware);
                next.outlined.insert(key, Arc::new(outlined));
                continue;
            }
            let island = match next.islands.get(&key) {
                Some(island) => island.with_added(&learnware),
                None => Island::of_members(
                    key.clone(),
                    OrdMap::unit(learnware.id.clone(), Arc::clone(&learnware)),
                ),
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
        for (key, outlined) in self.outlined.iter().filter(|(_, outlined)| outlined.has(id)) {
            let less = outlined.without(id);
            if less.is_empty() && less.outline().is_none() {
                next.outlined.remove(key);
            } else {
                next.outlined.insert(key.clone(), Arc::new(less));
            }
        }
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
        self.islands.values().any(|island| island.index_if_made().is_some_and(IslandIndex::wants_renewal))
    }

    /// The same learnwares with a new index where one wants renewal: takes time, changes no proved answer.
    pub fn renewed(&self) -> Result<Self> {
        let mut next = self.clone();
        for (key, island) in &self.islands {
            if let Some(index) = island.index_if_made().filter(|index| index.wants_renewal()) {
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
                island.index_if_made().is_some_and(|index| index.wants_renewal() || index.wants_writing())
            });
            if let Some(index) = theirs.and_then(|theirs| theirs.index_for(island)) {
                next.islands.insert(key.clone(), Arc::new(island.with_index(index)));
            }
        }
        next
    }

    /// The same with an island whose members in `kept` have their specification elsewhere: those that are here are let go.
    /// Without an outline only others can search it.
    /// Members that are not there yet may be named; they are to follow by [`Organizer::with_kept`].
    #[must_use]
    pub fn with_outlined(
        &self,
        key: &IslandKey,
        outline: Option<Arc<Outline>>,
        kept: BTreeMap<LearnwareId, Languages>,
    ) -> Self {
        let mut next = self.clone();
        let mut fresh = match (next.islands.remove(key), next.outlined.get(key)) {
            (Some(island), _) => island.member_map().clone(),
            (None, Some(outlined)) => outlined.fresh_members().clone(),
            (None, None) => OrdMap::new(),
        };
        for id in kept.keys() {
            if let Some(member) = fresh.remove(id) {
                let mut less = Learnware::clone(&member);
                less.specification.statistical.retain(|specification| specification.island() != *key);
                next.learnwares.insert(id.clone(), Arc::new(less));
            }
        }
        let outlined = Outlined::new(key.clone(), outline, kept, fresh);
        next.outlined.insert(key.clone(), Arc::new(outlined));
        next
    }

    /// The same with a learnware, which is there without it, whose specification of an island is kept elsewhere.
    #[must_use]
    pub fn with_kept(&self, key: &IslandKey, id: &LearnwareId, languages: Languages) -> Self {
        if !self.learnwares.contains_key(id) {
            return self.clone();
        }
        let mut next = match self.outlined.get(key) {
            Some(_) => self.clone(),
            None => self.with_outlined(key, None, BTreeMap::new()),
        };
        if let Some(outlined) =
            next.outlined.get(key).map(|outlined| outlined.with_kept(id.clone(), languages))
        {
            next.outlined.insert(key.clone(), Arc::new(outlined));
        }
        next
    }

    /// The same for one search of an outlined island, with what a first stage delivered for it.
    #[must_use]
    pub fn with_delivered(&self, key: &IslandKey, delivered: Delivered) -> Self {
        let mut next = self.clone();
        if let Some(outlined) = self.outlined.get(key) {
            next.outlined.insert(key.clone(), Arc::new(outlined.with_delivered(delivered)));
        }
        next
    }

    /// An island whose members' specifications are kept elsewhere.
    pub fn outlined(&self, key: &IslandKey) -> Option<&Outlined> {
        self.outlined.get(key).map(AsRef::as_ref)
    }

    /// All of those; they are not among [`Organizer::islands`].
    pub fn outlined_islands(&self) -> impl Iterator<Item = (&IslandKey, &Outlined)> {
        self.outlined.iter().map(|(key, outlined)| (key, outlined.as_ref()))
    }

    /// The island that a search looks at: of an outlined one, what was delivered.
    pub(super) fn searched(&self, key: &IslandKey) -> Option<&Island> {
        self.island(key).or_else(|| self.outlined(key)?.island())
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

fn island_keys(learnware: &Learnware) -> Vec<IslandKey> {
    let mut keys: Vec<_> =
        learnware.specification.statistical.iter().map(StatisticalSpecification::island).collect();
    keys.sort();
    keys.dedup();
    keys
}
