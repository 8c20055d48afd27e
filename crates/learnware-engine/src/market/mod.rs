//! The market: organizer, searchers and checkers over one immutable snapshot.

pub mod capability;
pub mod checker;
pub mod index;
pub mod island;
pub mod mapped;
pub mod merging;
pub mod organizer;
pub mod outlined;
pub mod redundancy;
pub mod results;
pub mod searcher;
pub mod world;

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use capability::Capabilities;
use index::{IslandIndex, Outline};
use mapped::MappedWorld;
use organizer::Organizer;
use outlined::{Delivered, Languages, Lookup};
pub use results::{
    Funnel, KernelChoice, MatchedColumns, Member, MixtureMethod, MultipleResult, PartResult, Ranking,
    SearchOptions, SearchResults, SemanticMode, SingleResult, Verdict, WorldSearch,
};

pub use searcher::explain::{BackgroundFacts, Explanation, KernelFacts, LeftOut, LeftOutReason};

use crate::error::Result;
use crate::hetero::HeteroMap;
use crate::learnware::{Learnware, LearnwareId};
use crate::specification::IslandKey;
use crate::user_info::UserInfo;

/// More changes than this make a new market at once and not one learnware after the other: by then a new index
/// costs no more.
const STEPS_MAX: usize = 1024;

/// All learnwares that can be found, at one moment. Cheap to clone; a change makes a new market.
#[derive(Debug, Clone, Default)]
pub struct Market {
    organizer: Organizer,
    learned: Arc<BTreeMap<IslandKey, Capabilities>>,
    world: Option<MappedWorld>,
}

impl Market {
    /// A market of these learnwares; of equal identifiers the last one stays.
    pub fn from_learnwares(learnwares: impl IntoIterator<Item = Learnware>) -> Self {
        Self { organizer: Organizer::from_learnwares(learnwares), ..Self::default() }
    }

    /// The same market with a world: each table learnware with described columns gets a place by the map. Takes up to some
    /// milliseconds for each.
    #[must_use]
    pub fn with_world(&self, map: Arc<dyn HeteroMap>) -> Self {
        Self { world: Some(MappedWorld::new(map, &self.organizer)), ..self.clone() }
    }

    /// The same market without a world.
    #[must_use]
    pub fn without_world(&self) -> Self {
        Self { world: None, ..self.clone() }
    }

    /// Its world, if it has one.
    pub fn world(&self) -> Option<&MappedWorld> {
        self.world.as_ref()
    }

    /// The same with one learnware more, or replaced if its identifier is known.
    #[must_use]
    pub fn with_added(&self, learnware: Learnware) -> Self {
        let world = self.world.as_ref().map(|world| world.with_added(&learnware, &self.organizer));
        self.keeping(self.organizer.with_added(learnware), world)
    }

    /// The same without one learnware.
    #[must_use]
    pub fn with_removed(&self, id: &LearnwareId) -> Self {
        let world = self.world.as_ref().map(|world| world.with_removed(id, &self.organizer));
        self.keeping(self.organizer.with_removed(id), world)
    }

    /// The same after many changes: learnwares that are new or replaced, and, as `None`, those that left.
    #[must_use]
    pub fn with_changes(&self, changed: BTreeMap<LearnwareId, Option<Learnware>>) -> Self {
        if changed.len() > STEPS_MAX {
            return self.rebuilt(changed);
        }
        changed.into_iter().fold(self.clone(), |market, (id, learnware)| match learnware {
            Some(learnware) => market.with_added(learnware),
            None => market.with_removed(&id),
        })
    }

    /// The same after changes, with indexes to be made anew.
    fn rebuilt(&self, changed: BTreeMap<LearnwareId, Option<Learnware>>) -> Self {
        let ids: BTreeSet<LearnwareId> = changed.keys().cloned().collect();
        let kept = self.organizer.iter().filter(|learnware| !ids.contains(&learnware.id)).cloned();
        let organizer = Organizer::from_learnwares(kept.chain(changed.into_values().flatten()));
        let world = self.world.as_ref().map(|world| world.rebuilt(&organizer, &ids));
        self.organizer.outlined_islands().fold(self.keeping(organizer, world), |market, (key, outlined)| {
            let kept = outlined.kept().filter(|(id, _)| !ids.contains(*id));
            let kept = kept.map(|(id, languages)| (id.clone(), languages.clone())).collect();
            market.with_outlined(key, outlined.outline().cloned(), kept)
        })
    }

    /// Whether [`Market::renewed`] would make searches faster.
    pub fn wants_renewal(&self) -> bool {
        self.organizer.wants_renewal() || self.world.as_ref().is_some_and(MappedWorld::wants_renewal)
    }

    /// The same market with new indexes where they want renewal. Takes time (minutes for a million learnwares) and
    /// changes no proved answer: made in the background, then given to [`Market::adopting`].
    ///
    /// # Errors
    /// When points can't be read.
    pub fn renewed(&self) -> Result<Self> {
        let world = self.world.as_ref().map(MappedWorld::renewed).transpose()?;
        Ok(self.keeping(self.organizer.renewed()?, world))
    }

    /// The same market with the index of an island that was made before; `None` when it is of no use.
    pub fn with_index(&self, key: &IslandKey, index: IslandIndex) -> Option<Self> {
        Some(self.keeping(self.organizer.with_index(key, index)?, self.world.clone()))
    }

    /// This market with the indexes of one that was renewed from an earlier snapshot.
    #[must_use]
    pub fn adopting(&self, renewed: &Self) -> Self {
        let world = self.world.as_ref().map(|world| world.adopting(renewed.world.as_ref()));
        self.keeping(self.organizer.adopting(&renewed.organizer), world)
    }

    /// The same market with an island whose members in `kept` have their specification elsewhere: those that are here are
    /// let go, with their places in the world.
    #[must_use]
    pub fn with_outlined(
        &self,
        key: &IslandKey,
        outline: Option<Arc<Outline>>,
        kept: BTreeMap<LearnwareId, Languages>,
    ) -> Self {
        let organizer = &self.organizer;
        let lost =
            kept.keys().filter(|id| organizer.island(key).is_some_and(|island| island.member(id).is_some()));
        let world =
            self.world.clone().map(|world| lost.fold(world, |world, id| world.with_removed(id, organizer)));
        self.keeping(organizer.with_outlined(key, outline, kept), world)
    }

    /// The same with a learnware, which is there without it, whose specification of an island is kept elsewhere.
    #[must_use]
    pub fn with_kept(&self, key: &IslandKey, id: &LearnwareId, languages: Languages) -> Self {
        self.keeping(self.organizer.with_kept(key, id, languages), self.world.clone())
    }

    /// What a search needs of a first stage before this market can answer it; `None` when it needs nothing.
    ///
    /// # Errors
    /// As [`Market::search`].
    pub fn lookup(&self, user: &UserInfo, options: &SearchOptions) -> Result<Option<Lookup>> {
        if options.world { Ok(None) } else { searcher::lookup(&self.organizer, &self.learned, user, options) }
    }

    /// The same market for one search, with what a first stage delivered for it.
    #[must_use]
    pub fn with_delivered(&self, key: &IslandKey, delivered: Delivered) -> Self {
        self.keeping(self.organizer.with_delivered(key, delivered), self.world.clone())
    }

    /// How far from the user's head a first stage has to look for this market, which has what was delivered so far, to prove
    /// what a search finds; `None` when that is proved. `error_max` is the largest error of a head that was not delivered.
    ///
    /// # Errors
    /// As [`Market::search`].
    pub fn reach(
        &self,
        lookup: &Lookup,
        user: &UserInfo,
        options: &SearchOptions,
        error_max: f64,
    ) -> Result<Option<f64>> {
        let decisive = SearchOptions {
            mixture: MixtureMethod::None,
            ranking: Ranking::Distance,
            kernel: KernelChoice::Island,
            single_max: lookup.decisive,
            ..options.clone()
        };
        let results = self.search(user, &decisive)?;
        if results.funnel.certified {
            return Ok(None);
        }
        let last = results.single.get(lookup.decisive.wrapping_sub(1)).and_then(|last| last.distance);
        Ok(Some(last.map_or(f64::INFINITY, |last| lookup.head.reach(last, error_max))))
    }

    /// The same learnwares with what islands learned of them.
    #[must_use]
    pub fn with_learned(&self, learned: Arc<BTreeMap<IslandKey, Capabilities>>) -> Self {
        Self { learned, ..self.clone() }
    }

    /// What islands learned of their learnwares.
    pub fn learned(&self) -> &BTreeMap<IslandKey, Capabilities> {
        &self.learned
    }

    /// Other learnwares with what was learned.
    fn keeping(&self, organizer: Organizer, world: Option<MappedWorld>) -> Self {
        Self { organizer, learned: Arc::clone(&self.learned), world }
    }

    /// What the market holds.
    pub fn organizer(&self) -> &Organizer {
        &self.organizer
    }

    /// Searches this snapshot.
    ///
    /// # Errors
    /// When specifications can't be compared or points can't be read; [`EngineError::Incomparable`] when
    /// [`Market::lookup`] asks for candidates and none were delivered.
    ///
    /// [`EngineError::Incomparable`]: crate::error::EngineError::Incomparable
    pub fn search(&self, user: &UserInfo, options: &SearchOptions) -> Result<SearchResults> {
        if options.world {
            searcher::world::search(&self.organizer, self.world.as_ref(), user, options)
        } else {
            searcher::search(&self.organizer, &self.learned, user, options)
        }
    }

    /// Why a search of this snapshot for `user` with `options` answered `results`; `None` for a search by words alone
    /// and where nothing was comparable.
    pub fn explain(
        &self,
        user: &UserInfo,
        options: &SearchOptions,
        results: &SearchResults,
    ) -> Option<Explanation> {
        searcher::explain::explain(&self.organizer, self.world.as_ref(), user, options, results)
    }
}
