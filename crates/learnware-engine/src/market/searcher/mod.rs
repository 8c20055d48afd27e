//! Finds learnwares for a user in two stages: words first, then distances.

pub mod mixture;
pub mod score;
pub mod semantic;
mod spelling;
mod statistical;

use std::collections::BTreeSet;

use super::organizer::{Island, Organizer};
use super::results::{SearchOptions, SearchResults, SingleResult};
use crate::error::{EngineError, Result};
use crate::learnware::LearnwareId;
use crate::specification::StatisticalSpecification;
use crate::user_info::UserInfo;

/// Searches one snapshot: learnwares whose words match and, where the user brought a statistical
/// specification, those of its island nearest to it.
pub(super) fn search(
    organizer: &Organizer,
    user: &UserInfo,
    options: &SearchOptions,
) -> Result<SearchResults> {
    if options.max_learnwares == 0 {
        return Err(EngineError::Parameter {
            name: "max_learnwares",
            wanted: "at least 1",
            found: "0".into(),
        });
    }
    let excluded: BTreeSet<&LearnwareId> = options.exclude.iter().collect();
    let candidates = organizer
        .iter()
        .filter(|learnware| !excluded.contains(&learnware.id))
        .filter(|learnware| options.among.as_ref().is_none_or(|among| among.contains(&learnware.id)))
        .map(|learnware| (&learnware.id, &learnware.specification.semantic));
    let matching = semantic::search(candidates, &user.semantic, options.semantic);
    let mut results = SearchResults::default();
    results.funnel.total = organizer.len();
    results.funnel.excluded = options.exclude.iter().filter(|id| organizer.get(id).is_some()).count();
    results.funnel.semantic = matching.len();
    if user.statistical.is_empty() {
        results.single = matching
            .into_iter()
            .map(|id| SingleResult { id: id.clone(), distance: None, similarity: None, score: None })
            .collect();
        return Ok(results);
    }
    let matching: BTreeSet<&LearnwareId> = matching.into_iter().collect();
    let specification = nearest_home(organizer, user, &matching);
    let key = specification.island();
    results.funnel.other_islands = organizer
        .islands()
        .filter(|(other, _)| **other != key)
        .map(|(other, island)| (other.clone(), matching_in(island, &matching)))
        .filter(|&(_, count)| count > 0)
        .collect();
    if let Some(island) = organizer.island(&key) {
        let wanted: Vec<bool> = island
            .members()
            .iter()
            .zip(island.specifications())
            .map(|(member, theirs)| matching.contains(&member.id) && speaks(theirs, specification))
            .collect();
        results.funnel.comparable = wanted.iter().filter(|&&wanted| wanted).count();
        results.funnel.other_languages = matching_in(island, &matching) - results.funnel.comparable;
        statistical::search(island, specification.rkme(), &wanted, options, &mut results)?;
    }
    results.island = Some(key);
    Ok(results)
}

/// Of the specifications that the user brought, the first whose island has learnwares to find.
fn nearest_home<'a>(
    organizer: &Organizer,
    user: &'a UserInfo,
    matching: &BTreeSet<&LearnwareId>,
) -> &'a StatisticalSpecification {
    let populated = |specification: &&StatisticalSpecification| {
        organizer.island(&specification.island()).is_some_and(|island| matching_in(island, matching) > 0)
    };
    user.statistical.iter().find(populated).unwrap_or(&user.statistical[0])
}

fn matching_in(island: &Island, matching: &BTreeSet<&LearnwareId>) -> usize {
    island.members().iter().filter(|member| matching.contains(&member.id)).count()
}

/// Whether a learnware knows the user's languages, as far as both tell (reference: the user's must be among
/// the learnware's).
fn speaks(theirs: &StatisticalSpecification, user: &StatisticalSpecification) -> bool {
    let (theirs, wanted) = (theirs.languages(), user.languages());
    theirs.is_empty() || wanted.iter().all(|language| theirs.contains(language))
}
