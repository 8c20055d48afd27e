//! `learnware spec diff`.

use learnware_engine::specification::{Comparison, compare};
use serde_json::json;

use super::histogram::{Histogram, range};
use super::show::name;
use crate::cli::DiffArgs;
use crate::datafile;
use crate::embedders;
use crate::error::{Outcome, advised};
use crate::printer::{Printer, Tone, toned};
use crate::specfile::{self, Described};

/// Columns listed.
const COLUMNS_SHOWN: usize = 15;
/// Bins of a drawn column.
const BINS: usize = 20;

/// Compares two specifications.
pub(super) fn run(arguments: &DiffArgs, printer: &Printer) -> anyhow::Result<Outcome> {
    let embedders = embedders::open_with(&arguments.embedder, &arguments.base)?;
    let options = datafile::options(&arguments.table, &arguments.kind);
    let maker = specfile::maker(options, &arguments.columns, &embedders, printer);
    let left = specfile::read_or_make(&arguments.left, &maker)?;
    let right = specfile::read_or_make(&arguments.right, &maker)?;
    require_same_columns(&left, &right)?;
    let found = compare(&left.specification, &right.specification).map_err(|error| {
        advised(error.to_string(), "compare specifications of one kind, with the same columns or embedder")
    })?;
    let columns = found.columns.iter().map(|shift| {
        json!({
            "input": shift.column,
            "name": name(&left, shift.column),
            "distance": shift.distance,
            "means": shift.means,
            "deviations": shift.deviations,
        })
    });
    let document = json!({
        "left": arguments.left.display().to_string(),
        "right": arguments.right.display().to_string(),
        "distance": found.distance,
        "similarity": found.similarity,
        "columns": columns.collect::<Vec<_>>(),
    });
    printer.result("spec-diff", document, |printer| print(&found, (&left, &right), printer));
    Ok(Outcome::Success)
}

/// Columns of one number but of other names are not the same columns.
fn require_same_columns(left: &Described, right: &Described) -> anyhow::Result<()> {
    let (Some(a), Some(b)) = (&left.input, &right.input) else { return Ok(()) };
    let differing = a
        .description
        .iter()
        .find(|(place, name)| b.description.get(place).is_some_and(|other| other != *name));
    match differing {
        Some((place, name)) if a.dimension == b.dimension => Err(advised(
            format!("input {place} is {name:?} in one and {:?} in the other", b.description[place]),
            "make both from the same columns in the same order: --columns A,B,C",
        )),
        _ => Ok(()),
    }
}

fn print(found: &Comparison, (left, right): (&Described, &Described), printer: &Printer) {
    let meaning = if left.specification.is_direction() {
        "0 for the same direction, 1 for the opposite one"
    } else {
        "squared MMD; 0 for the same distribution"
    };
    printer.line(format!("distance {:.4} ({meaning}), similarity {:.3}", found.distance, found.similarity));
    let (Some(a), Some(b)) = (left.specification.as_table(), right.specification.as_table()) else { return };
    printer.line("");
    printer.line(toned(Tone::Heading, "Columns, most different first"));
    let rows = found.columns.iter().take(COLUMNS_SHOWN).map(|shift| {
        let ends = range(&[a, b], shift.column);
        let drawn = [a, b].map(|rkme| Histogram::new(rkme, shift.column, ends, BINS).blocks());
        vec![
            name(left, shift.column),
            format!("{:.4}", shift.distance),
            format!("{:.4}", shift.means[0]),
            format!("{:.4}", shift.means[1]),
            drawn[0].clone(),
            drawn[1].clone(),
        ]
    });
    printer
        .table(&["column", "distance", "mean", "mean of other", "values", "values of other"], rows.collect());
    if found.columns.len() > COLUMNS_SHOWN {
        printer.line(format!("and {} more columns; --json lists all", found.columns.len() - COLUMNS_SHOWN));
    }
}
