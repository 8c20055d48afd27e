//! Islands whose members' specifications are kept elsewhere, since they don't fit memory: what the market still knows of
//! them, and how a search of one is made of candidates that a first stage delivers
//! (docs/adr/0039-first-stage-elsewhere.md).
//!
//! 1. [`Lookup`] says what the first stage is asked for: learnwares whose heads are near the user's.
//! 2. [`Delivered`] is what it gave, with specifications, and what it says of the others.
//! 3. The market with them searches and explains as any other.

use std::collections::BTreeMap;
use std::sync::Arc;

use imbl::OrdMap;

use super::index::{Head, Outline, Stored};
use super::island::{Island, specification_in};
use crate::learnware::{Learnware, LearnwareId};
use crate::numeric::parallel;
use crate::specification::{IslandKey, StatisticalSpecification};

/// Languages that a specification knows; empty for all that are no texts, and for texts that don't tell.
pub type Languages = Arc<[String]>;

/// An island whose members' specifications are kept elsewhere, but for those that are newer than its outline.
#[derive(Debug, Clone)]
pub struct Outlined {
    key: IslandKey,
    /// `None` where others search the island.
    outline: Option<Arc<Outline>>,
    /// Members kept elsewhere.
    kept: OrdMap<LearnwareId, Languages>,
    /// Newer members, with their specifications.
    fresh: OrdMap<LearnwareId, Arc<Learnware>>,
    /// Newer members and candidates, for one search.
    delivered: Option<Arc<Island>>,
}

/// What a search needs of a first stage.
#[derive(Debug, Clone, PartialEq)]
pub struct Lookup {
    /// The island that will be searched.
    pub key: IslandKey,
    /// The head of the user's specification in its outline.
    pub head: Head,
    /// Members that alone are wanted; `None` wants all that are not excluded.
    pub among: Option<Vec<LearnwareId>>,
    /// Members that are not wanted.
    pub exclude: Vec<LearnwareId>,
    /// So many of the nearest members decide what the search finds and proves.
    pub decisive: usize,
    /// So many of the nearest members the search looks at in all.
    pub nearest: usize,
}

/// What a first stage delivered.
#[derive(Debug, Clone, PartialEq)]
pub struct Delivered {
    /// Candidates with their specifications. Those that are no members of the island, or newer than its outline, are passed
    /// over.
    pub learnwares: Vec<Learnware>,
    /// Squared distance that no other wanted member falls below: infinite when there are no others, `None` when nothing is
    /// known of them.
    pub others_from: Option<f64>,
}

/// What an island of candidates knows of the island that they are of.
#[derive(Debug, Clone, Copy)]
pub(super) struct Beyond {
    /// Members when the outline was made.
    pub(super) count: usize,
    /// See [`Delivered::others_from`].
    pub(super) others_from: Option<f64>,
}

impl Outlined {
    pub(super) fn new(
        key: IslandKey,
        outline: Option<Arc<Outline>>,
        kept: BTreeMap<LearnwareId, Languages>,
        fresh: OrdMap<LearnwareId, Arc<Learnware>>,
    ) -> Self {
        Self { key, outline, kept: kept.into_iter().collect(), fresh, delivered: None }
    }

    /// The outline; `None` where others search the island, and only its members are known here.
    pub fn outline(&self) -> Option<&Arc<Outline>> {
        self.outline.as_ref()
    }

    /// Members kept elsewhere, with their languages, in the order of their identifiers.
    pub fn kept(&self) -> impl Iterator<Item = (&LearnwareId, &Languages)> {
        self.kept.iter()
    }

    /// Whether a member is kept elsewhere.
    pub fn keeps(&self, id: &LearnwareId) -> bool {
        self.kept.contains_key(id)
    }

    /// Members that are newer than the outline, with their specifications.
    pub fn fresh(&self) -> impl Iterator<Item = &Arc<Learnware>> {
        self.fresh.values()
    }

    /// The specification of one of those.
    pub fn fresh_specification(&self, id: &LearnwareId) -> Option<&StatisticalSpecification> {
        specification_in(self.fresh.get(id)?, &self.key)
    }

    /// Number of members.
    pub fn len(&self) -> usize {
        self.kept.len() + self.fresh.len()
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Whether the outline should be made anew: more than a quarter of what it was made of is gone, or as much is new.
    pub fn wants_renewal(&self) -> bool {
        let count = self.outline.as_ref().map_or(0, |outline| outline.count());
        let changed = count.saturating_sub(self.kept.len()).max(self.fresh.len());
        self.outline.is_some() && 4 * changed > count
    }

    /// Number of members that `wanted` holds for, by identifier and languages.
    pub(super) fn count(&self, wanted: impl Fn(&LearnwareId, &[String]) -> bool) -> usize {
        let kept = self.kept.iter().filter(|(id, languages)| wanted(id, languages)).count();
        let fresh = self.fresh.iter().filter(|(id, member)| {
            specification_in(member, &self.key).is_some_and(|own| wanted(id, own.languages()))
        });
        kept + fresh.count()
    }

    pub(super) fn island(&self) -> Option<&Island> {
        self.delivered.as_deref()
    }

    pub(super) fn fresh_members(&self) -> &OrdMap<LearnwareId, Arc<Learnware>> {
        &self.fresh
    }

    pub(super) fn with_fresh(&self, learnware: &Arc<Learnware>) -> Self {
        let mut next = self.without(&learnware.id);
        next.fresh.insert(learnware.id.clone(), Arc::clone(learnware));
        next
    }

    pub(super) fn with_kept(&self, id: LearnwareId, languages: Languages) -> Self {
        let mut next = self.without(&id);
        next.kept.insert(id, languages);
        next
    }

    pub(super) fn without(&self, id: &LearnwareId) -> Self {
        let mut next = Self { delivered: None, ..self.clone() };
        next.kept.remove(id);
        next.fresh.remove(id);
        next
    }

    pub(super) fn has(&self, id: &LearnwareId) -> bool {
        self.kept.contains_key(id) || self.fresh.contains_key(id)
    }

    /// The same with an island of the newer members and what was delivered.
    pub(super) fn with_delivered(&self, delivered: Delivered) -> Self {
        let Some(outline) = &self.outline else { return self.clone() };
        let is_member = |learnware: &Learnware| {
            self.kept.contains_key(&learnware.id) && specification_in(learnware, &self.key).is_some()
        };
        let candidates = delivered.learnwares.into_iter().filter(is_member);
        let mut members = self.fresh.clone();
        members.extend(candidates.map(|learnware| (learnware.id.clone(), Arc::new(learnware))));
        let ids: Vec<(&LearnwareId, &Arc<Learnware>)> = members.iter().collect();
        let kernel = outline.kernel();
        let stored = parallel::map(ids.len(), |i| {
            let own = specification_in(ids[i].1, &self.key)?;
            Some(Arc::new(Stored::new(ids[i].0.clone(), own.rkme(), kernel)))
        });
        let index = outline.index_of(stored.into_iter().flatten().collect());
        let beyond = Beyond { count: outline.count(), others_from: delivered.others_from };
        let island = Island::of_candidates(self.key.clone(), members, index, beyond);
        Self { delivered: Some(Arc::new(island)), ..self.clone() }
    }
}
