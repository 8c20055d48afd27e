//! The market: organizer, searchers and checkers over one immutable snapshot.

pub mod checker;
pub mod index;
pub mod organizer;
pub mod redundancy;
pub mod results;
pub mod searcher;
pub mod world;

use index::IslandIndex;
use organizer::Organizer;
pub use results::{
    Funnel, KernelChoice, Member, MixtureMethod, MultipleResult, SearchOptions, SearchResults, SemanticMode,
    SingleResult, Verdict,
};

pub use searcher::explain::{BackgroundFacts, Explanation, KernelFacts, LeftOut, LeftOutReason};

use crate::error::Result;
use crate::learnware::{Learnware, LearnwareId};
use crate::specification::IslandKey;
use crate::user_info::UserInfo;

/// All learnwares that can be found, at one moment. Cheap to clone; a change makes a new market.
#[derive(Debug, Clone, Default)]
pub struct Market {
    organizer: Organizer,
}

impl Market {
    /// A market of these learnwares; of equal identifiers the last one stays.
    pub fn from_learnwares(learnwares: impl IntoIterator<Item = Learnware>) -> Self {
        Self { organizer: Organizer::from_learnwares(learnwares) }
    }

    /// The same with one learnware more, or replaced if its identifier is known.
    #[must_use]
    pub fn with_added(&self, learnware: Learnware) -> Self {
        Self { organizer: self.organizer.with_added(learnware) }
    }

    /// The same without one learnware.
    #[must_use]
    pub fn with_removed(&self, id: &LearnwareId) -> Self {
        Self { organizer: self.organizer.with_removed(id) }
    }

    /// Whether [`Market::renewed`] would make searches faster.
    pub fn wants_renewal(&self) -> bool {
        self.organizer.wants_renewal()
    }

    /// The same market with new indexes where they want renewal. Takes time (minutes for a million learnwares) and
    /// changes no proved answer: made in the background, then given to [`Market::adopting`].
    ///
    /// # Errors
    /// When points can't be read.
    pub fn renewed(&self) -> Result<Self> {
        Ok(Self { organizer: self.organizer.renewed()? })
    }

    /// The same market with the index of an island that was made before; `None` when it is of no use.
    pub fn with_index(&self, key: &IslandKey, index: IslandIndex) -> Option<Self> {
        Some(Self { organizer: self.organizer.with_index(key, index)? })
    }

    /// This market with the indexes of one that was renewed from an earlier snapshot.
    #[must_use]
    pub fn adopting(&self, renewed: &Self) -> Self {
        Self { organizer: self.organizer.adopting(&renewed.organizer) }
    }

    /// What the market holds.
    pub fn organizer(&self) -> &Organizer {
        &self.organizer
    }

    /// Searches this snapshot.
    pub fn search(&self, user: &UserInfo, options: &SearchOptions) -> Result<SearchResults> {
        searcher::search(&self.organizer, user, options)
    }

    /// Why a search of this snapshot for `user` with `options` answered `results`; `None` for a search by words alone
    /// and where nothing was comparable.
    pub fn explain(
        &self,
        user: &UserInfo,
        options: &SearchOptions,
        results: &SearchResults,
    ) -> Option<Explanation> {
        searcher::explain::explain(&self.organizer, user, options, results)
    }
}
