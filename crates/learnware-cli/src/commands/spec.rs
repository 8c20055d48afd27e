//! `learnware spec` and `learnware spec show`.

use std::path::Path;

use learnware_engine::semantic::{CategoryEncoding, Column, ColumnKind, Dimensions, Missing};
use learnware_engine::specification::StatisticalSpecification;
use serde_json::{Value, json};

use crate::cli::{SpecArgs, SpecCommand};
use crate::error::{Outcome, advised};
use crate::printer::Printer;
use crate::{files, specfile, specwords};

/// Columns listed in the summary.
const COLUMNS_SHOWN: usize = 30;

/// Makes or shows a specification.
pub(super) fn run(arguments: &SpecArgs, printer: &Printer) -> anyhow::Result<Outcome> {
    match (&arguments.command, &arguments.data, &arguments.output) {
        (Some(SpecCommand::Show { file }), _, _) => show(file, printer),
        (None, Some(data), Some(output)) => make(arguments, &data.path(), output, printer),
        (None, _, _) => Err(advised("no data is named", "`learnware help spec` shows examples")),
    }
}

fn make(arguments: &SpecArgs, data: &Path, output: &Path, printer: &Printer) -> anyhow::Result<Outcome> {
    let made = specfile::generate(data, &arguments.table, &arguments.columns, &arguments.generate, printer)?;
    let distance = made.distance_to_data();
    let specification = StatisticalSpecification::Table(made.specification.clone());
    let input = (!arguments.bare).then_some(&made.input);
    let text = specfile::to_json(&specification, input).to_string();
    files::write(output, text.as_bytes())?;
    let mut document = summary(&specification, Some(&made.input));
    document["file"] = json!(output.display().to_string());
    document["bytes"] = json!(text.len());
    document["seed"] = json!(arguments.generate.seed);
    document["distance_to_data"] = json!(distance);
    printer.result("spec", document, |printer| {
        print_summary(&specification, Some(&made.input), printer);
        printer
            .line(format!("distance to the data: {distance:.2e} (squared MMD; 0 is a perfect description)"));
        printer.line(format!("written: {} ({} bytes)", output.display(), text.len()));
        printer.note(if arguments.bare {
            "The file holds the points only; no column names and no rows of your data."
        } else {
            "The file holds the points, the column names and the words of categories; no rows of your data. \
             --bare leaves names and words out."
        });
    });
    Ok(Outcome::Success)
}

fn show(file: &Path, printer: &Printer) -> anyhow::Result<Outcome> {
    let described = specfile::read(file)?;
    let mut document = summary(&described.specification, described.input.as_ref());
    document["file"] = json!(file.display().to_string());
    printer.result("spec-show", document, |printer| {
        print_summary(&described.specification, described.input.as_ref(), printer);
    });
    Ok(Outcome::Success)
}

fn summary(specification: &StatisticalSpecification, input: Option<&Dimensions>) -> Value {
    json!({ "specification": specwords::facts(specification), "input": input.map(Dimensions::to_json) })
}

fn print_summary(specification: &StatisticalSpecification, input: Option<&Dimensions>, printer: &Printer) {
    printer.line(specwords::sentence(specification));
    let Some(columns) = input.and_then(|input| input.columns.as_ref()) else { return };
    let rows = columns
        .iter()
        .take(COLUMNS_SHOWN)
        .map(|column| vec![column.name.clone(), kind(column), missing(column)]);
    printer.table(&["column", "kind", "absent values"], rows.collect());
    if columns.len() > COLUMNS_SHOWN {
        printer.line(format!("and {} more columns", columns.len() - COLUMNS_SHOWN));
    }
}

fn kind(column: &Column) -> String {
    match &column.kind {
        ColumnKind::Number => "number".into(),
        ColumnKind::Category { values, encoding: CategoryEncoding::OneHot } => {
            format!("category, {} words, one-hot", values.len())
        }
        ColumnKind::Category { values, encoding: CategoryEncoding::Ordinal } => {
            format!("category, {} words, ordinal", values.len())
        }
    }
}

fn missing(column: &Column) -> String {
    match column.missing {
        Missing::Refuse => "refused".into(),
        Missing::Fill(value) => format!("become {value:.6}"),
        Missing::Keep => "stay absent".into(),
        Missing::Code => "coded".into(),
    }
}
