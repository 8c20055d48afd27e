//! A search of the world: among tables of any columns, by the places that a map gives them.

use super::{begun, require_distribution, require_members, statistical, words};
use crate::error::{EngineError, Result};
use crate::hetero::columns::{ColumnMatching, ColumnSet};
use crate::learnware::{LearnwareId, Specification};
use crate::market::index::Wanted;
use crate::market::mapped::{MappedWorld, table_of};
use crate::market::organizer::Organizer;
use crate::market::results::{MatchedColumns, SearchOptions, SearchResults, WorldSearch};
use crate::numeric::parallel;
use crate::specification::StatisticalSpecification;
use crate::user_info::UserInfo;

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
    let world = world.ok_or_else(|| EngineError::Incomparable {
        reason:
            "no map between islands has been trained here yet; search your own island, or train a map first"
                .into(),
    })?;
    let place = world.place_of(user)?;
    require_distribution(&place)?;
    let (words, island) = (words(organizer, user, options), world.island());
    let mut results = begun(organizer, &words, options);
    results.funnel.comparable = words.count_in(island);
    results.island =
        user.statistical.iter().find(|own| own.as_table().is_some()).map(StatisticalSpecification::island);
    results.world = Some(WorldSearch {
        map: world.map().clone(),
        placed: island.len(),
        without_place: world.without_place(),
        columns: Vec::new(),
    });
    if !island.is_empty() {
        let wanted = |id: &LearnwareId| words.match_id(id);
        let all = results.funnel.comparable == island.len();
        let wanted: Wanted = if all { None } else { Some(&wanted) };
        statistical::search(island, &place, wanted, None, options, &mut results)?;
    }
    let columns = matched_columns(organizer, user, &results);
    results.world.iter_mut().for_each(|world| world.columns.clone_from(&columns));
    Ok(results)
}

/// Which of the user's columns is which of each learnware's that was found; none for tables too wide to tell.
fn matched_columns(organizer: &Organizer, user: &UserInfo, results: &SearchResults) -> Vec<MatchedColumns> {
    let own = table_of(&user.statistical, &user.semantic);
    let Some(own) = own.and_then(|(rkme, columns)| ColumnSet::of_rkme(&columns, rkme).ok()) else {
        return Vec::new();
    };
    let mut ids: Vec<&LearnwareId> = results.single.iter().map(|single| &single.id).collect();
    for member in results.multiple.iter().flat_map(|multiple| &multiple.members) {
        if !ids.contains(&&member.id) {
            ids.push(&member.id);
        }
    }
    let matched = parallel::map(ids.len(), |i| {
        let Specification { statistical, semantic } = &organizer.get(ids[i])?.specification;
        let (rkme, columns) = table_of(statistical, semantic)?;
        let theirs = ColumnSet::of_rkme(&columns, rkme).ok()?;
        Some(MatchedColumns { id: ids[i].clone(), matching: ColumnMatching::of(&own, &theirs) })
    });
    matched.into_iter().flatten().collect()
}
