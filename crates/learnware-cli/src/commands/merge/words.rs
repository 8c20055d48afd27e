//! What a merged learnware is for: what its members agree on.

use learnware_dock::policy::NAME_CHARS;
use learnware_engine::hetero::words;
use learnware_engine::semantic::{
    Column, Dimensions, Library, License, Missing, Scenario, SemanticSpecification, Task,
};

use crate::cli::MergeArgs;
use crate::error::advised;
use crate::learnwares::Opened;

/// Refuses learnwares that are for other things. Each is held against each: who does not say how its inputs or outputs are
/// called goes with all, but those that do may still differ.
pub(super) fn require_same(learnwares: &[Opened]) -> anyhow::Result<()> {
    for (place, learnware) in learnwares.iter().enumerate() {
        for other in &learnwares[..place] {
            if let Err(what) = differ(&other.specification.semantic, &learnware.specification.semantic) {
                return Err(advised(
                    format!("learnwares {} and {} {what}", other.id, learnware.id),
                    "merge learnwares for the same inputs and outputs",
                ));
            }
        }
    }
    Ok(())
}

fn differ(one: &SemanticSpecification, other: &SemanticSpecification) -> Result<(), String> {
    if one.data != other.data || one.task != other.task {
        return Err("are for other data or another task".into());
    }
    require_same_input(one.input.as_ref(), other.input.as_ref())?;
    let is_classes = one.single_task() == Some(Task::Classification);
    require_same_output(one.output.as_ref(), other.output.as_ref(), is_classes)
}

/// The semantic specification without name, description and licence, of learnwares that are for the same things and have
/// these shares.
pub(super) fn semantic(learnwares: &[Opened], shares: &[f64]) -> SemanticSpecification {
    let members = taking_part(learnwares, shares);
    let all: Vec<&SemanticSpecification> =
        members.iter().map(|(learnware, _)| &learnware.specification.semantic).collect();
    let Some(first) = all.first() else { return SemanticSpecification::default() };
    let is_same_library = all.iter().all(|own| own.library == first.library);
    let mut scenario: Vec<Scenario> = all.iter().flat_map(|own| own.scenario.iter().copied()).collect();
    scenario.sort();
    scenario.dedup();
    SemanticSpecification {
        data: first.data.clone(),
        task: first.task.clone(),
        library: if is_same_library { first.library.clone() } else { vec![Library::Others] },
        scenario,
        input: input(&all, &members.iter().map(|(_, share)| *share).collect::<Vec<_>>()),
        output: all.iter().filter_map(|own| own.output.clone()).max_by_key(|output| output.description.len()),
        ..SemanticSpecification::default()
    }
}

/// Those that have a share, with it.
fn taking_part<'a>(learnwares: &'a [Opened], shares: &[f64]) -> Vec<(&'a Opened, f64)> {
    let pairs = learnwares.iter().zip(shares.iter().copied());
    pairs.filter(|(_, share)| *share > 0.0).collect()
}

/// Adds name, description and licence, the person's or made ones. Refuses several licences where none is named.
pub(super) fn fill(
    semantic: &mut SemanticSpecification,
    arguments: &MergeArgs,
    learnwares: &[Opened],
    shares: &[f64],
) -> anyhow::Result<()> {
    let members = taking_part(learnwares, shares);
    semantic.license = vec![license(arguments, &members)?];
    let members: Vec<(&str, f64)> = members
        .iter()
        .map(|(learnware, share)| (learnware.specification.semantic.name.as_str(), *share))
        .collect();
    semantic.name = arguments.name.clone().unwrap_or_else(|| made_name(&members));
    semantic.description = arguments.description.clone().unwrap_or_else(|| {
        let words: Vec<String> =
            members.iter().map(|(name, share)| format!("{name} ({:.0} %)", 100.0 * share)).collect();
        format!("One model merged from {} learnwares by their shares: {}.", words.len(), words.join(", "))
    });
    Ok(())
}

/// `Merged: A, B`, or shorter where a dock would not take that.
fn made_name(members: &[(&str, f64)]) -> String {
    let most = *NAME_CHARS.end();
    let names: Vec<&str> = members.iter().map(|(name, _)| *name).collect();
    let whole = format!("Merged: {}", names.join(", "));
    if whole.chars().count() <= most {
        return whole;
    }
    let rest = format!(" and {} more", names.len().saturating_sub(1));
    let room = most.saturating_sub("Merged: ".len() + rest.len());
    let first = names.first().copied().unwrap_or_default();
    let cut: String = if first.chars().count() <= room {
        first.to_owned()
    } else {
        first.chars().take(room.saturating_sub(3)).chain("...".chars()).collect()
    };
    format!("Merged: {cut}{rest}")
}

/// The licence of all, or the one that is named.
fn license(arguments: &MergeArgs, members: &[(&Opened, f64)]) -> anyhow::Result<License> {
    let licenses: Vec<&[License]> =
        members.iter().map(|(learnware, _)| learnware.specification.semantic.license.as_slice()).collect();
    match (arguments.license, licenses.first()) {
        (Some(license), _) => Ok(license),
        (None, Some(&first @ [license])) if licenses.iter().all(|own| *own == first) => Ok(*license),
        _ => {
            let mut words: Vec<&str> =
                licenses.iter().flat_map(|own| own.iter().map(|own| own.word())).collect();
            words.dedup();
            Err(advised(
                format!("the learnwares have several licences or none: {}", words.join(", ")),
                "say --license LICENSE, one that all of them allow",
            ))
        }
    }
}

/// Columns of equal names, kinds and words in one order; what absent numbers become may differ.
fn require_same_input(first: Option<&Dimensions>, other: Option<&Dimensions>) -> Result<(), String> {
    let (Some(first), Some(other)) = (first, other) else { return Ok(()) };
    if first.dimension != other.dimension {
        return Err(format!("take {} and {} inputs", first.dimension, other.dimension));
    }
    let (Some(ours), Some(theirs)) = (&first.columns, &other.columns) else {
        let are_alike = words::are_alike(&words::described(Some(first)), &words::described(Some(other)));
        return if are_alike { Ok(()) } else { Err("describe their inputs as other things".into()) };
    };
    if ours.len() != theirs.len() {
        return Err(format!("take {} and {} columns", ours.len(), theirs.len()));
    }
    match ours.iter().zip(theirs).find(|(ours, theirs)| !is_same(ours, theirs)) {
        Some((ours, theirs)) if ours.name != theirs.name => {
            Err(format!("take other columns: {:?} where the other has {:?}", ours.name, theirs.name))
        }
        Some((ours, _)) => Err(format!("take column {:?} in other forms", ours.name)),
        None => Ok(()),
    }
}

fn is_same(ours: &Column, theirs: &Column) -> bool {
    let fills = |column: &Column| matches!(column.missing, Missing::Fill(_) | Missing::Refuse);
    let missing = ours.missing == theirs.missing || fills(ours) && fills(theirs);
    ours.name == theirs.name && ours.kind == theirs.kind && missing
}

fn require_same_output(
    first: Option<&Dimensions>,
    other: Option<&Dimensions>,
    is_classes: bool,
) -> Result<(), String> {
    let (Some(first), Some(other)) = (first, other) else { return Ok(()) };
    if first.dimension != other.dimension {
        return Err(format!("answer {} and {} outputs", first.dimension, other.dimension));
    }
    let are_named = !first.description.is_empty() && !other.description.is_empty();
    if is_classes && are_named && first.description != other.description {
        let names = |output: &Dimensions| output.description.values().cloned().collect::<Vec<_>>().join(", ");
        return Err(format!("name their classes otherwise: {}; and {}", names(first), names(other)));
    }
    Ok(())
}

/// The inputs of the first that describes its columns; absent numbers become the mean of what they become in the members.
fn input(all: &[&SemanticSpecification], shares: &[f64]) -> Option<Dimensions> {
    let described = all.iter().filter_map(|own| own.input.as_ref());
    let mut input = described.max_by_key(|input| input.columns.as_ref().map_or(0, Vec::len))?.clone();
    for (place, column) in input.columns.iter_mut().flatten().enumerate() {
        let (mut sum, mut total) = (0.0, 0.0);
        for (own, share) in all.iter().zip(shares) {
            let columns = own.input.as_ref().and_then(|input| input.columns.as_ref());
            if let Some(Missing::Fill(value)) =
                columns.and_then(|columns| columns.get(place)).map(|column| column.missing)
            {
                sum += share * value;
                total += share;
            }
        }
        if total > 0.0 {
            column.missing = Missing::Fill(sum / total);
        }
    }
    Some(input)
}

#[cfg(test)]
mod tests {
    use super::*;
    use learnware_engine::semantic::ColumnKind;

    fn with_column(name: &str, missing: Missing) -> SemanticSpecification {
        let column = Column { name: name.into(), kind: ColumnKind::Number, missing };
        let input = Dimensions { dimension: 1, columns: Some(vec![column]), ..Dimensions::default() };
        SemanticSpecification { input: Some(input), ..SemanticSpecification::default() }
    }

    #[test]
    fn absent_numbers_become_the_mean_of_what_they_become_in_members() {
        let fills = [with_column("a", Missing::Fill(1.0)), with_column("a", Missing::Fill(4.0))];
        let silent = with_column("a", Missing::Refuse);
        let found = |all: &[&SemanticSpecification], shares: &[f64]| {
            input(all, shares).unwrap().columns.unwrap()[0].missing
        };
        assert_eq!(found(&[&fills[0], &fills[1], &silent], &[0.5, 0.25, 0.25]), Missing::Fill(2.0));
        assert_eq!(found(&[&silent, &silent], &[0.5, 0.5]), Missing::Refuse);
        let same =
            |other: &SemanticSpecification| require_same_input(silent.input.as_ref(), other.input.as_ref());
        assert_eq!(same(&fills[0]), Ok(()));
        assert!(same(&with_column("b", Missing::Refuse)).unwrap_err().contains("other columns"));
        assert!(same(&with_column("a", Missing::Keep)).unwrap_err().contains("other forms"));
    }

    #[test]
    fn who_describes_other_things_in_the_same_places_is_refused() {
        let described = |words: [&str; 2]| {
            let description =
                words.iter().enumerate().map(|(place, word)| (place, (*word).to_owned())).collect();
            let dimensions = Dimensions { dimension: 2, description, ..Dimensions::default() };
            SemanticSpecification { input: Some(dimensions), ..SemanticSpecification::default() }
        };
        let one = described(["age of the buyer", "income"]);
        assert_eq!(differ(&one, &described(["buyer age", "income per year"])), Ok(()));
        let said = differ(&one, &described(["income", "age of the buyer"])).unwrap_err();
        assert_eq!(said, "describe their inputs as other things");
        assert_eq!(differ(&one, &SemanticSpecification::default()), Ok(()), "who says nothing goes with all");
    }

    #[test]
    fn made_names_fit_into_what_docks_take() {
        assert_eq!(made_name(&[("North", 0.5), ("South", 0.5)]), "Merged: North, South");
        let long = "A title of forty characters, no one less";
        assert_eq!(
            made_name(&[(long, 0.5), ("South", 0.5)]),
            "Merged: A title of forty characters,... and 1 more"
        );
        let many = vec![("Seven", 0.1); 10];
        assert_eq!(made_name(&many), "Merged: Seven and 9 more");
    }
}
