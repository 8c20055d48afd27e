//! `learnware spec`, `learnware spec show` and `learnware spec diff`.

mod diff;
mod histogram;
mod page;
mod show;

use std::path::Path;

use learnware_data::specwords;
use learnware_engine::semantic::{CategoryEncoding, Column, ColumnKind, Dimensions, Missing};
use learnware_engine::specification::StatisticalSpecification;
use serde_json::{Value, json};

use crate::cli::{SpecArgs, SpecCommand};
use crate::datafile;
use crate::error::{Outcome, advised};
use crate::printer::Printer;
use crate::specfile::{self, Described, Noise, Report};
use crate::{embedders, files};

/// Columns listed in the summary.
const COLUMNS_SHOWN: usize = 30;

/// Makes or shows a specification.
pub(super) fn run(arguments: &SpecArgs, printer: &Printer) -> anyhow::Result<Outcome> {
    match (&arguments.command, &arguments.data, &arguments.output) {
        (Some(SpecCommand::Show { file, html }), _, _) => show::run(file, html.as_deref(), printer),
        (Some(SpecCommand::Diff(arguments)), _, _) => diff::run(arguments, printer),
        (None, Some(data), Some(output)) => make(arguments, &data.path(), output, printer),
        (None, _, _) => Err(advised("no data is named", "`learnware help spec` shows examples")),
    }
}

fn make(arguments: &SpecArgs, data: &Path, output: &Path, printer: &Printer) -> anyhow::Result<Outcome> {
    let embedders = embedders::open_with(&arguments.embedder, &arguments.base)?;
    let options = datafile::options(&arguments.table, &arguments.kind);
    let mut maker = specfile::maker(options, &arguments.columns, &embedders, printer);
    maker.generate = arguments.generate.generation();
    maker.reference_images = arguments.generate.compat;
    if let Some(epsilon) = arguments.private.epsilon {
        let delta = arguments.private.delta;
        maker.private = Some(Noise { epsilon, delta, secret_seed: specfile::secret_seed()? });
    }
    let Report { described: Described { specification, input }, disclosure, distance, .. } =
        maker.report(data)?;
    // Names, words and means of the columns come from the rows; no noise protects them.
    let bare = arguments.bare || maker.private.is_some();
    let told = input.as_ref().filter(|_| !bare);
    let text = specfile::to_json(&specification, told).to_string();
    files::write(output, text.as_bytes())?;
    let mut document = summary(&specification, input.as_ref());
    document["file"] = json!(output.display().to_string());
    document["bytes"] = json!(text.len());
    document["seed"] = maker.private.map_or(json!(arguments.generate.seed), |_| Value::Null);
    document["privacy"] = disclosure.to_json();
    let is_point_set = !specification.is_direction();
    document["distance_to_data"] = json!(is_point_set.then_some(distance));
    printer.result("spec", document, |printer| {
        print_summary(&specification, input.as_ref(), printer);
        if is_point_set {
            let text =
                format!("distance to the data: {distance:.2e} (squared MMD; 0 is a perfect description)");
            printer.line(text);
        }
        disclosure.sentences().into_iter().for_each(|said| printer.line(said.text));
        printer.line(format!("written: {} ({} bytes)", output.display(), text.len()));
        printer.note(what_leaves(&specification, bare));
    });
    Ok(Outcome::Success)
}

/// What somebody who gets the file learns.
fn what_leaves(specification: &StatisticalSpecification, bare: bool) -> &'static str {
    match specification {
        StatisticalSpecification::Table(_) if bare => {
            "The file holds the points only; no column names and no rows of your data."
        }
        StatisticalSpecification::Table(_) => {
            "The file holds the points, the column names and the words of categories; no rows of your data. \
             --bare leaves names and words out."
        }
        StatisticalSpecification::Text(_) => {
            "The file holds points between your texts' embeddings; none of your texts, and no words."
        }
        StatisticalSpecification::Parameters(_) => {
            "The file holds one direction in which your texts together move a language model; none of your texts. No proof says \
             what a single text adds to it."
        }
        StatisticalSpecification::Image(_) => {
            "The file holds points between your images' embeddings; none of your images."
        }
        StatisticalSpecification::ReferenceImage(_) => {
            "The file holds points that are small images themselves and may resemble yours; without --compat it \
             holds embeddings only. It compares with specifications that the reference made with whitening=False."
        }
    }
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
