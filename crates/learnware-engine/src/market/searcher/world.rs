//! A search of the world: among tables of any columns, by the places that a map gives them.

use super::{begun, require_distribution, require_members, statistical, words};
use crate::error::{EngineError, Result};
use crate::hetero::columns::{ColumnMatching, ColumnSet};
use crate::learnware::{LearnwareId, Specification};
use crate::market::index::Wanted;
use crate::market::mapped::{MappedWorld, table_of};
use crate::market::organizer::Organizer;
use crate::market::results::{
    MatchedColumns, Member, MixtureMethod, SearchOptions, SearchResults, Verdict, WorldSearch,
};
use crate::numeric::parallel;
use crate::specification::StatisticalSpecification;
use crate::user_info::UserInfo;

/// Mean certainty over what a learnware takes, below which its answers would be guesses.
const COVERAGE_MIN: f64 = 0.1;
/// Members of a team for each that a mixture may have: twenty of the usual five. More still lowered the loss a little.
const TEAM: usize = 4;

/// Searches the world: learnwares whose words match and whose places are nearest to that of the user's table.
///
/// # Errors
/// Says what to do when there is no world, no table specification, or no description of its columns.
pub(in crate::market) fn search(
    organizer: &Organizer,
    world: Option<&MappedWorld>,
    user: &UserInfo,
    options: &SearchOptions,
) -> Result<SearchResults> {
    require_members(options)?;
    let world = world.ok_or(EngineError::NoMap)?;
    let place = world.place_of(user)?;
    require_distribution(&place)?;
    let (words, island) = (words(organizer, user, options), world.island());
    let mut results = begun(organizer, &words, options);
    results.funnel.comparable = words.count_here(island);
    results.island =
        user.statistical.iter().find(|own| own.as_table().is_some()).map(StatisticalSpecification::island);
    let (map, placed, without_place) = (world.map().clone(), island.len(), world.without_place());
    results.world = Some(WorldSearch { map, placed, without_place, team: Vec::new(), columns: Vec::new() });
    if island.is_empty() {
        return Ok(results);
    }
    let wanted = |id: &LearnwareId| words.match_id(id);
    let all = results.funnel.comparable == island.len();
    let wanted: Wanted = if all { None } else { Some(&wanted) };
    let wide = SearchOptions {
        single_max: options.single_max.max(TEAM * options.max_learnwares),
        mixture: MixtureMethod::None,
        ..options.clone()
    };
    statistical::search(island, &place, wanted, None, &wide, &mut results)?;
    with_columns(organizer, user, options, &mut results);
    Ok(results)
}

/// Tells the columns of what was found, and makes a team of the nearest.
fn with_columns(
    organizer: &Organizer,
    user: &UserInfo,
    options: &SearchOptions,
    results: &mut SearchResults,
) {
    let matched = matched_columns(organizer, user, results);
    let coverage = |id: &LearnwareId| {
        matched.iter().find(|columns| columns.id == *id).map_or(0.0, |columns| columns.matching.coverage())
    };
    let best = results.single.iter().take(TEAM * options.max_learnwares);
    let shares: Vec<(LearnwareId, f64)> =
        best.map(|single| (single.id.clone(), coverage(&single.id).powi(2))).collect();
    let total: f64 = shares.iter().map(|(_, share)| share).sum();
    results.single.truncate(options.single_max);
    // Places of tables of other columns never cover each other: what fits is told by the columns.
    let best = results.single.iter().map(|single| coverage(&single.id)).fold(0.0, f64::max);
    results.verdict = if best < COVERAGE_MIN { Verdict::NothingFits } else { Verdict::Unknown };
    results.covered = None;
    results.single.iter_mut().for_each(|single| single.covered = None);
    let Some(world) = &mut results.world else { return };
    if total > 0.0 {
        let member = |(id, share): (LearnwareId, f64)| Member { id, weight: share / total };
        world.team = shares.into_iter().map(member).filter(|member| member.weight > 0.0).collect();
    }
    let is_told = |id: &LearnwareId| {
        results.single.iter().any(|single| single.id == *id) || world.team.iter().any(|one| one.id == *id)
    };
    world.columns = matched.into_iter().filter(|columns| is_told(&columns.id)).collect();
}

/// Which of the user's columns is which of each learnware's that was found; none for tables too wide to tell.
fn matched_columns(organizer: &Organizer, user: &UserInfo, results: &SearchResults) -> Vec<MatchedColumns> {
    let own = table_of(&user.statistical, &user.semantic);
    let Some(own) = own.and_then(|(rkme, columns)| ColumnSet::of_rkme(&columns, rkme).ok()) else {
        return Vec::new();
    };
    let ids: Vec<&LearnwareId> = results.single.iter().map(|single| &single.id).collect();
    let matched = parallel::map(ids.len(), |i| {
        let Specification { statistical, semantic } = &organizer.get(ids[i])?.specification;
        let (rkme, columns) = table_of(statistical, semantic)?;
        let theirs = ColumnSet::of_rkme(&columns, rkme).ok()?;
        Some(MatchedColumns { id: ids[i].clone(), matching: ColumnMatching::of(&own, &theirs) })
    });
    matched.into_iter().flatten().collect()
}
