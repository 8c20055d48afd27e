//! Finds learnwares for a user in two stages: words first, then distances.

mod directions;
pub(super) mod explain;
pub mod mixture;
mod part;
pub mod score;
pub mod semantic;
mod spelling;
mod statistical;
pub(super) mod world;

use std::collections::{BTreeMap, BTreeSet};

use super::capability::Capabilities;
use super::index::Wanted;
use super::island::Island;
use super::organizer::Organizer;
use super::outlined::Lookup;
use super::results::{Ranking, SearchOptions, SearchResults, SingleResult};
use crate::error::{EngineError, Result};
use crate::learnware::LearnwareId;
use crate::semantic::SemanticSpecification;
use crate::specification::{IslandKey, Rkme, StatisticalSpecification, speaks};
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
    results.funnel.other_islands = other_islands(organizer, &key, &words);
    if organizer.outlined(&key).is_some_and(|outlined| outlined.island().is_none()) {
        let reason =
            format!("the specifications of {key} are kept elsewhere, and this search did not ask there");
        return Err(EngineError::Incomparable { reason });
    }
    if let Some(island) = organizer.searched(&key) {
        let wanted = |id: &LearnwareId| {
            words.match_id(id)
                && island.specification(id).is_some_and(|theirs| theirs.speaks(specification.languages()))
        };
        let all = matches!(words, Words::All) && specification.languages().is_empty();
        results.funnel.comparable = match organizer.outlined(&key) {
            Some(outlined) => outlined
                .count(|id, languages| words.match_id(id) && speaks(languages, specification.languages())),
            None if all => island.len(),
            None => island.members().filter(|member| wanted(&member.id)).count(),
        };
        results.funnel.other_languages = words.count_in(organizer, &key) - results.funnel.comparable;
        let wanted: Wanted = if all { None } else { Some(&wanted) };
        let learned = learned.get(&key);
        statistical::search(island, specification.rkme(), wanted, learned, options, &mut results)?;
    }
    results.island = Some(key);
    if options.parts {
        results.parts = part::search(organizer, user, &words, options)?;
    }
    Ok(results)
}

/// What a first stage is to deliver before the search can be made; `None` when it looks at an island that is here.
pub(super) fn lookup(
    organizer: &Organizer,
    learned: &BTreeMap<IslandKey, Capabilities>,
    user: &UserInfo,
    options: &SearchOptions,
) -> Result<Option<Lookup>> {
    if user.statistical.is_empty() || organizer.outlined_islands().next().is_none() {
        return Ok(None);
    }
    require_members(options)?;
    let words = words(organizer, user, options);
    let specification = nearest_home(organizer, user, &words);
    require_distribution(specification.rkme())?;
    let key = specification.island();
    let Some(outlined) = organizer.outlined(&key) else { return Ok(None) };
    let Some(outline) = outlined.outline() else { return Ok(None) };
    let head = outline.head_of_user(specification.rkme())?;
    let wanted = specification.languages();
    let asks_words = user.semantic != SemanticSpecification::default() || options.among.is_some();
    let among = (asks_words || !wanted.is_empty()).then(|| {
        let kept = outlined.kept().filter(|(id, languages)| words.match_id(id) && speaks(languages, wanted));
        kept.map(|(id, _)| id.clone()).collect()
    });
    let exclude = if among.is_some() { Vec::new() } else { options.exclude.clone() };
    let exclude = exclude.into_iter().filter(|id| outlined.keeps(id)).collect();
    let learned = learned.get(&key).filter(|_| options.ranking == Ranking::Capability);
    let decisive = statistical::decisive(options, learned.is_some());
    let nearest = statistical::looked_at(options, learned.is_some());
    Ok(Some(Lookup { key, head, among, exclude, decisive, nearest }))
}

/// Other islands than `key` in which words leave learnwares, with their number.
fn other_islands(organizer: &Organizer, key: &IslandKey, words: &Words<'_>) -> Vec<(IslandKey, usize)> {
    let here = organizer.islands().map(|(key, _)| key);
    let mut keys: Vec<&IslandKey> = here.chain(organizer.outlined_islands().map(|(key, _)| key)).collect();
    keys.sort();
    let counted = keys.into_iter().filter(|other| *other != key);
    let counted = counted.map(|other| (other.clone(), words.count_in(organizer, other)));
    counted.filter(|&(_, count)| count > 0).collect()
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
    // Columns are compared by numbers, not by words.
    let no_words =
        SemanticSpecification { input: None, ..user.semantic.clone() } == SemanticSpecification::default();
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

    /// Matching members of an island, wherever their specifications are; 0 where there is no such island.
    fn count_in(&self, organizer: &Organizer, key: &IslandKey) -> usize {
        match (organizer.island(key), organizer.outlined(key)) {
            (Some(island), _) => self.count_here(island),
            (None, Some(outlined)) => match self {
                Self::All => outlined.len(),
                Self::Matching { .. } => outlined.count(|id, _| self.match_id(id)),
            },
            (None, None) => 0,
        }
    }

    fn count_here(&self, island: &Island) -> usize {
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
    let populated =
        |specification: &&StatisticalSpecification| words.count_in(organizer, &specification.island()) > 0;
    user.statistical.iter().find(populated).unwrap_or(&user.statistical[0])
}
