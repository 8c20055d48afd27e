//! Finds learnwares for a user in two stages: words first, then distances.

mod directions;
pub(super) mod explain;
pub mod mixture;
pub mod score;
pub mod semantic;
mod spelling;
mod statistical;
pub(super) mod world;

use std::collections::{BTreeMap, BTreeSet};

use super::capability::Capabilities;
use super::index::Wanted;
use super::organizer::{Island, Organizer};
use super::results::{SearchOptions, SearchResults, SingleResult};
use crate::error::{EngineError, Result};
use crate::learnware::LearnwareId;
use crate::semantic::SemanticSpecification;
use crate::specification::{IslandKey, Rkme, StatisticalSpecification};
use crate::user_info::UserInfo;

/// Searches one snapshot: learnwares whose words match and, where the user brought a statistical
/// specification, those of its island nearest to it.
pub(super) fn search(
    organizer: &Organizer,
    learned: &BTreeMap<IslandKey, Capabilities>,
    user: &UserInfo,
    options: &SearchOptions,
) -> Result<SearchResults> {
    require_members(options)?;
    let words = words(organizer, user, options);
    let mut results = begun(organizer, &words, options);
    if user.statistical.is_empty() {
        let single = |id: &LearnwareId| SingleResult::by_words(id.clone());
        results.single = match &words {
            Words::All => organizer.iter().map(|learnware| single(&learnware.id)).collect(),
            Words::Matching { order, .. } => order.iter().map(|id| single(id)).collect(),
        };
        return Ok(results);
    }
    let specification = nearest_home(organizer, user, &words);
    require_distribution(specification.rkme())?;
    let key = specification.island();
    results.funnel.other_islands = organizer
        .islands()
        .filter(|(other, _)| **other != key)
        .map(|(other, island)| (other.clone(), words.count_in(island)))
        .filter(|&(_, count)| count > 0)
        .collect();
    if let Some(island) = organizer.island(&key) {
        let wanted = |id: &LearnwareId| {
            words.match_id(id)
                && island.specification(id).is_some_and(|theirs| theirs.speaks(specification.languages()))
        };
        let all = matches!(words, Words::All) && specification.languages().is_empty();
        results.funnel.comparable =
            if all { island.len() } else { island.members().filter(|member| wanted(&member.id)).count() };
        results.funnel.other_languages = words.count_in(island) - results.funnel.comparable;
        let wanted: Wanted = if all { None } else { Some(&wanted) };
        let learned = learned.get(&key);
        statistical::search(island, specification.rkme(), wanted, learned, options, &mut results)?;
    }
    results.island = Some(key);
    Ok(results)
}

fn require_members(options: &SearchOptions) -> Result<()> {
    if options.max_learnwares > 0 {
        return Ok(());
    }
    Err(EngineError::Parameter { name: "max_learnwares", wanted: "at least 1", found: "0".into() })
}

/// Results that know what words left.
fn begun(organizer: &Organizer, words: &Words<'_>, options: &SearchOptions) -> SearchResults {
    let mut results = SearchResults::default();
    results.funnel.total = organizer.len();
    results.funnel.excluded = options.exclude.iter().filter(|id| organizer.get(id).is_some()).count();
    results.funnel.semantic = words.count(organizer);
    results
}

/// Refuses weights that describe no data: distances to them would mean nothing. The reference's unconstrained weights,
/// whose sum is only near one and some of which are negative, are let through.
fn require_distribution(rkme: &Rkme) -> Result<()> {
    if rkme.describes_distribution() {
        return Ok(());
    }
    let sum: f64 = rkme.weights().iter().sum();
    let reason = format!("the weights (beta) of your specification sum to {sum:.3}, not to 1");
    Err(EngineError::Incomparable { reason })
}

/// Learnwares whose words match.
enum Words<'a> {
    /// Nothing was asked for.
    All,
    Matching {
        order: Vec<&'a LearnwareId>,
        set: BTreeSet<&'a LearnwareId>,
    },
}

fn words<'a>(organizer: &'a Organizer, user: &UserInfo, options: &SearchOptions) -> Words<'a> {
    let no_words = user.semantic == SemanticSpecification::default();
    if no_words && options.exclude.is_empty() && options.among.is_none() {
        return Words::All;
    }
    let excluded: BTreeSet<&LearnwareId> = options.exclude.iter().collect();
    let candidates = organizer
        .iter()
        .filter(|learnware| !excluded.contains(&learnware.id))
        .filter(|learnware| options.among.as_ref().is_none_or(|among| among.contains(&learnware.id)))
        .map(|learnware| (&learnware.id, &learnware.specification.semantic));
    let order = semantic::search(candidates, &user.semantic, options.semantic);
    let set = order.iter().copied().collect();
    Words::Matching { order, set }
}

impl Words<'_> {
    fn match_id(&self, id: &LearnwareId) -> bool {
        match self {
            Self::All => true,
            Self::Matching { set, .. } => set.contains(id),
        }
    }

    fn count(&self, organizer: &Organizer) -> usize {
        match self {
            Self::All => organizer.len(),
            Self::Matching { order, .. } => order.len(),
        }
    }

    fn count_in(&self, island: &Island) -> usize {
        match self {
            Self::All => island.len(),
            Self::Matching { .. } => island.members().filter(|member| self.match_id(&member.id)).count(),
        }
    }
}

/// Of the specifications that the user brought, the first whose island has learnwares to find.
fn nearest_home<'a>(
    organizer: &Organizer,
    user: &'a UserInfo,
    words: &Words<'_>,
) -> &'a StatisticalSpecification {
    let populated = |specification: &&StatisticalSpecification| {
        organizer.island(&specification.island()).is_some_and(|island| words.count_in(island) > 0)
    };
    user.statistical.iter().find(populated).unwrap_or(&user.statistical[0])
}
