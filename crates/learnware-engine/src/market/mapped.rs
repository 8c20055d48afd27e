//! The world of a market: its table learnwares at the places that a map gives them, whatever their columns.
//!
//! A place is a specification in the map's space; the places of all learnwares make one more island, with the same index,
//! proofs, mixtures and coverage. It follows the market from snapshot to snapshot. Pictures of islands, which the market
//! has under the name of a world too, are in [`super::world`].

use std::collections::BTreeSet;
use std::sync::Arc;

use imbl::OrdMap;

use super::island::Island;
use super::organizer::Organizer;
use crate::error::{EngineError, Result};
use crate::hetero::{self, HeteroMap, MapIdentity};
use crate::learnware::{Learnware, LearnwareId, Specification};
use crate::numeric::parallel;
use crate::semantic::SemanticSpecification;
use crate::specification::{Rkme, StatisticalSpecification};
use crate::user_info::UserInfo;

/// Places of learnwares by one map.
#[derive(Debug, Clone)]
pub struct MappedWorld {
    map: Arc<dyn HeteroMap>,
    island: Arc<Island>,
    without_place: usize,
}

impl MappedWorld {
    /// The places of all of a market's learnwares that can have one.
    pub(super) fn new(map: Arc<dyn HeteroMap>, organizer: &Organizer) -> Self {
        Self::of(map, organizer, |_| None)
    }

    /// The places of a market that differs from this world's in the learnwares `changed`.
    pub(super) fn rebuilt(&self, organizer: &Organizer, changed: &BTreeSet<LearnwareId>) -> Self {
        let known = |id: &LearnwareId| (!changed.contains(id)).then(|| self.island.member(id).cloned());
        Self::of(Arc::clone(&self.map), organizer, known)
    }

    /// The places of a market's learnwares, those of `known` taken over.
    fn of(
        map: Arc<dyn HeteroMap>,
        organizer: &Organizer,
        known: impl Fn(&LearnwareId) -> Option<Option<Learnware>> + Sync,
    ) -> Self {
        let tables: Vec<&Learnware> = organizer.iter().filter(|learnware| is_table(learnware)).collect();
        let place = |i: usize| known(&tables[i].id).unwrap_or_else(|| placed(&*map, tables[i]));
        let placed = parallel::map(tables.len(), place);
        let members: OrdMap<LearnwareId, Arc<Learnware>> =
            placed.into_iter().flatten().map(|member| (member.id.clone(), Arc::new(member))).collect();
        let without_place = tables.len() - members.len();
        let island = Arc::new(Island::of_world(map.identity().dimension, members));
        Self { map, island, without_place }
    }

    /// Which map.
    pub fn map(&self) -> &MapIdentity {
        self.map.identity()
    }

    /// The learnwares that have a place, with it as their table specification.
    pub fn island(&self) -> &Island {
        &self.island
    }

    /// Table learnwares without a place: none of their columns is described.
    pub fn without_place(&self) -> usize {
        self.without_place
    }

    /// The place of a learnware's specification.
    pub fn place(&self, id: &LearnwareId) -> Option<&Rkme> {
        self.island.specification(id).map(StatisticalSpecification::rkme)
    }

    /// The place of a user's table.
    ///
    /// # Errors
    /// When there is no table specification, its columns are not described, or the descriptions are of another number.
    pub fn place_of(&self, user: &UserInfo) -> Result<Rkme> {
        let own = user.statistical.iter().find_map(StatisticalSpecification::as_table);
        let own =
            own.ok_or_else(|| incomparable("a search of the world needs a specification of a table"))?;
        let columns = user.semantic.input.as_ref().and_then(hetero::columns_of).ok_or_else(|| {
            incomparable(
                "a search of the world needs your columns described: say in a few words what each holds",
            )
        })?;
        self.map.embed(own, &columns)
    }

    /// The same with one learnware more, or replaced; `before` is the market without it.
    pub(super) fn with_added(&self, learnware: &Learnware, before: &Organizer) -> Self {
        let mut next = self.with_removed(&learnware.id, before);
        if is_table(learnware) {
            match placed(&*self.map, learnware) {
                Some(member) => next.island = Arc::new(next.island.with_added(&Arc::new(member))),
                None => next.without_place += 1,
            }
        }
        next
    }

    /// The same without one learnware; `before` is the market that has it.
    pub(super) fn with_removed(&self, id: &LearnwareId, before: &Organizer) -> Self {
        let mut next = self.clone();
        if self.place(id).is_some() {
            next.island = Arc::new(self.island.with_removed(id));
        } else if before.get(id).is_some_and(is_table) {
            next.without_place -= 1;
        }
        next
    }

    pub(super) fn wants_renewal(&self) -> bool {
        self.island.index_if_made().is_some_and(super::index::IslandIndex::wants_renewal)
    }

    pub(super) fn renewed(&self) -> Result<Self> {
        let mut next = self.clone();
        if let Some(index) = self.island.index_if_made().filter(|index| index.wants_renewal()) {
            next.island = Arc::new(self.island.with_index(index.renewed()?));
        }
        Ok(next)
    }

    /// The same with the index of a world by the same map that was renewed from an earlier snapshot.
    pub(super) fn adopting(&self, renewed: Option<&Self>) -> Self {
        let theirs = renewed.filter(|theirs| theirs.map() == self.map() && self.wants_renewal());
        let mut next = self.clone();
        if let Some(index) = theirs.and_then(|theirs| theirs.island.index_for(&self.island)) {
            next.island = Arc::new(self.island.with_index(index));
        }
        next
    }
}

/// Table learnwares of a market with descriptions of their columns: what maps are trained on.
pub fn described(organizer: &Organizer) -> Vec<(&LearnwareId, &Rkme, Vec<String>)> {
    let described = organizer.iter().filter_map(|learnware| {
        let Specification { statistical, semantic } = &learnware.specification;
        let (rkme, columns) = table_of(statistical, semantic)?;
        Some((&learnware.id, rkme, columns))
    });
    described.collect()
}

/// A table specification with the descriptions of its columns, where there are as many as columns and any says something.
pub(super) fn table_of<'a>(
    statistical: &'a [StatisticalSpecification],
    semantic: &SemanticSpecification,
) -> Option<(&'a Rkme, Vec<String>)> {
    let rkme = statistical.iter().find_map(StatisticalSpecification::as_table)?;
    let input = semantic.input.as_ref().filter(|input| input.dimension == rkme.dimension())?;
    Some((rkme, hetero::columns_of(input)?))
}

fn is_table(learnware: &Learnware) -> bool {
    learnware.specification.statistical.iter().any(|own| own.as_table().is_some())
}

/// A learnware at its place: its identifier, with its place as table specification and nothing else.
fn placed(map: &dyn HeteroMap, learnware: &Learnware) -> Option<Learnware> {
    let (rkme, columns) = table_of(&learnware.specification.statistical, &learnware.specification.semantic)?;
    let statistical = vec![StatisticalSpecification::Table(map.embed(rkme, &columns).ok()?)];
    let specification = Specification { semantic: SemanticSpecification::default(), statistical };
    Some(Learnware { id: learnware.id.clone(), specification, format: learnware.format })
}

fn incomparable(reason: &str) -> EngineError {
    EngineError::Incomparable { reason: reason.into() }
}
