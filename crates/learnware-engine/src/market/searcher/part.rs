//! Learnwares that take a part of the user's columns, or all of them in another order: found by the names of the columns,
//! and compared with that part of the user's specification. Nothing is guessed: names must be the same.

use std::collections::{BTreeMap, BTreeSet};

use super::{Words, require_distribution, statistical};
use crate::error::Result;
use crate::learnware::LearnwareId;
use crate::market::island::Island;
use crate::market::mapped::table_of;
use crate::market::organizer::Organizer;
use crate::market::results::{
    KernelChoice, MixtureMethod, PartResult, SearchOptions, SearchResults, SingleResult,
};
use crate::numeric::Matrix;
use crate::specification::{IslandKey, Rkme};
use crate::user_info::UserInfo;

/// Finds them among those whose words match: those that cover most of their part first, then the nearest. None where the
/// user's columns are not described, or two have one name.
pub(super) fn search(
    organizer: &Organizer,
    user: &UserInfo,
    words: &Words<'_>,
    options: &SearchOptions,
) -> Result<Vec<PartResult>> {
    let Some((own, names)) = table_of(&user.statistical, &user.semantic) else { return Ok(Vec::new()) };
    let named = names.iter().enumerate().filter(|(_, name)| !name.is_empty());
    let places: BTreeMap<&str, usize> = named.clone().map(|(place, name)| (name.as_str(), place)).collect();
    if places.len() < named.count() || options.kernel == KernelChoice::Reference {
        return Ok(Vec::new());
    }
    require_distribution(own)?;
    let mut found = Vec::new();
    for (key, island) in organizer.islands() {
        let IslandKey::Table { dimension } = key else { continue };
        if *dimension > own.dimension() {
            continue;
        }
        for (columns, members) in by_columns(organizer, island, words, (&places, own.dimension())) {
            let single = compared(island, &part(own, &columns)?, &members, options)?;
            found.extend(single.into_iter().map(|found| PartResult { columns: columns.clone(), found }));
        }
    }
    let quality = |result: &PartResult| {
        (result.found.covered.unwrap_or(0.0), -result.found.distance.unwrap_or(f64::INFINITY))
    };
    found.sort_by(|one, two| {
        let (one, two) = (quality(one), quality(two));
        two.0.total_cmp(&one.0).then(two.1.total_cmp(&one.1))
    });
    found.truncate(options.single_max);
    Ok(found)
}

/// The members of an island all of whose columns the user has, by where the user has them. Those that take the user's
/// columns as they are belong to the ordinary search.
fn by_columns<'a>(
    organizer: &Organizer,
    island: &'a Island,
    words: &Words<'_>,
    (places, width): (&BTreeMap<&str, usize>, usize),
) -> BTreeMap<Vec<usize>, BTreeSet<&'a LearnwareId>> {
    let mut groups: BTreeMap<Vec<usize>, BTreeSet<&LearnwareId>> = BTreeMap::new();
    for member in island.members().filter(|member| words.match_id(&member.id)) {
        let columns = organizer.get(&member.id).and_then(|learnware| {
            let specification = &learnware.specification;
            let (_, names) = table_of(&specification.statistical, &specification.semantic)?;
            names.iter().map(|name| places.get(name.as_str()).copied()).collect::<Option<Vec<usize>>>()
        });
        let Some(columns) = columns else { continue };
        let is_whole = columns.len() == width && columns.is_sorted();
        let unlike: BTreeSet<usize> = columns.iter().copied().collect();
        if !is_whole && unlike.len() == columns.len() {
            groups.entry(columns).or_default().insert(&member.id);
        }
    }
    groups
}

/// What the specification says of some of its columns, in their order: points lose the others, weights stay.
fn part(own: &Rkme, columns: &[usize]) -> Result<Rkme> {
    let points = own.points();
    let values = points.iter_rows().flat_map(|row| columns.iter().map(|&place| row[place])).collect();
    let points = Matrix::new(points.rows(), columns.len(), values)?;
    Rkme::new(points, own.weights().to_vec(), own.gamma(), own.row_count())
}

fn compared(
    island: &Island,
    part: &Rkme,
    members: &BTreeSet<&LearnwareId>,
    options: &SearchOptions,
) -> Result<Vec<SingleResult>> {
    let wanted = |id: &LearnwareId| members.contains(id);
    let options = SearchOptions { mixture: MixtureMethod::None, ..options.clone() };
    let mut results = SearchResults::default();
    statistical::search(island, part, Some(&wanted), None, &options, &mut results)?;
    Ok(results.single)
}
