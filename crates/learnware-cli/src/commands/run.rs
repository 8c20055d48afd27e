//! `learnware run`.

use anyhow::Context as _;
use learnware_engine::predictor::Batch;
use learnware_engine::table;
use serde_json::json;

use crate::cli::RunArgs;
use crate::error::Outcome;
use crate::learnwares::{self, Opener};
use crate::predictions::{self, Answers};
use crate::printer::Printer;
use crate::{tablefile, target};

/// Predicts with one learnware.
pub(super) async fn run(arguments: &RunArgs, printer: &Printer) -> anyhow::Result<Outcome> {
    predictions::require_form(arguments.output.as_deref())?;
    let data = arguments.data.path();
    let file = tablefile::read(&data, &arguments.table.read_options())?;
    file.warnings.iter().for_each(|warning| printer.warning(warning.clone()));
    let mut opener = Opener::new(&arguments.dock, printer);
    let learnware = opener.open(&arguments.learnware, arguments.revision).await?;
    let columns = learnware.columns(&file.table).with_context(|| data.display().to_string())?;
    let rows = table::encode(&file.table, &columns).with_context(|| data.display().to_string())?;
    let runner = target::runner(&arguments.model)?;
    let predicted = tokio::task::block_in_place(|| {
        let mut predictor = learnwares::start(&runner, &learnware, printer)?;
        let progress = printer.progress("predicting", None);
        let predicted = predictor.predict(&Batch::Table(rows));
        progress.finish_and_clear();
        predicted.with_context(|| format!("learnware {}", learnware.id))
    })?;
    let answers = Answers::new(predicted.values, &learnware.specification.semantic);
    let mut document = json!({
        "learnware": learnware.id,
        "rows": answers.values.rows(),
        "outputs": answers.values.columns(),
        "classes": answers.classes(),
    });
    write(&answers, arguments.output.as_deref(), "run", &mut document, printer)?;
    Ok(Outcome::Success)
}

/// Writes predictions to their file, or to standard output.
pub(super) fn write(
    answers: &Answers,
    output: Option<&std::path::Path>,
    command: &str,
    document: &mut serde_json::Value,
    printer: &Printer,
) -> anyhow::Result<()> {
    let Some(output) = output else {
        document["predictions"] = answers.to_json();
        let text = answers.delimited(b',')?;
        printer.result(command, document.take(), |printer| printer.raw(&text));
        return Ok(());
    };
    answers.write(output)?;
    document["file"] = json!(output.display().to_string());
    printer.result(command, document.take(), |printer| {
        printer.line(format!("written: {} ({} rows)", output.display(), answers.values.rows()));
    });
    Ok(())
}
