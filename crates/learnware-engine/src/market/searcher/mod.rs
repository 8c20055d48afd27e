//! Finds learnwares for a user in two stages: words first, then distances.

pub mod mixture;
pub mod score;
pub mod semantic;
mod spelling;
mod statistical;

use std::collections::BTreeSet;

use super::organizer::Organizer;
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
        .map(|learnware| (&learnware.id, &learnware.specification.semantic));
    let matching = semantic::search(candidates, &user.semantic, options.semantic);
    let mut results = SearchResults::default();
    results.funnel.total = organizer.len();
    results.funnel.excluded = options.exclude.iter().filter(|id| organizer.get(id).is_some()).count();
    results.funnel.semantic = matching.len();
    let Some(table) = user.table() else {
        results.single = matching
            .into_iter()
            .map(|id| SingleResult { id: id.clone(), distance: None, similarity: None, score: None })
            .collect();
        return Ok(results);
    };
    let key = StatisticalSpecification::Table(table.clone()).island();
    let matching: BTreeSet<&LearnwareId> = matching.into_iter().collect();
    let count = |members: &[std::sync::Arc<crate::learnware::Learnware>]| {
        members.iter().filter(|member| matching.contains(&member.id)).count()
    };
    results.funnel.other_islands = organizer
        .islands()
        .filter(|(other, _)| **other != key)
        .map(|(other, island)| (other.clone(), count(island.members())))
        .filter(|&(_, count)| count > 0)
        .collect();
    if let Some(island) = organizer.island(&key) {
        let wanted: Vec<bool> = island.members().iter().map(|member| matching.contains(&member.id)).collect();
        results.funnel.comparable = wanted.iter().filter(|&&wanted| wanted).count();
        statistical::search(island, table, &wanted, options, &mut results)?;
    }
    results.island = Some(key);
    Ok(results)
}
