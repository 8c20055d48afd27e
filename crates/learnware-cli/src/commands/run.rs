//! `learnware run`.

use anyhow::Context as _;
use learnware_engine::predictor::Batch;
use learnware_engine::reuse::align::Alignment;
use learnware_engine::semantic::Task;
use learnware_package::runner::Runner;
use serde_json::json;

use crate::alignment::{self, OwnTable};
use crate::cli::RunArgs;
use crate::datafile::{self, Content, Data};
use crate::embedders::Embedders;
use crate::error::Outcome;
use crate::learnwares::{self, Opened, Opener};
use crate::predictions::{self, Answers};
use crate::printer::Printer;
use crate::{target, team};

/// Predicts with one learnware.
pub(super) async fn run(arguments: &RunArgs, printer: &Printer) -> anyhow::Result<Outcome> {
    predictions::require_form(arguments.output.as_deref())?;
    let mut opener = Opener::new(&arguments.dock, &arguments.model, printer);
    let learnware = opener.open(&arguments.learnware, arguments.revision).await?;
    let path = arguments.data.path();
    let data = read(arguments, &learnware, &path, printer)?;
    if let Some(train) = &arguments.finetune {
        return super::finetune::run(arguments, train, learnware, &data, printer);
    }
    let runner = target::runner(&arguments.model)?;
    if let (Content::Texts(texts), Some(Task::TextGeneration)) =
        (&data.content, learnware.specification.semantic.single_task())
    {
        return generate(arguments, &learnware, texts, &runner, printer);
    }
    let (aligned, data) = align(arguments, &learnware, &path, data, printer)?;
    let columns = aligned.as_ref().map(|(own, alignment)| own.told(&learnware, alignment));
    if let Some(columns) = &columns {
        alignment::print(columns, printer);
    }
    let predicted = tokio::task::block_in_place(|| {
        let (mut predictor, batch) = match &data.content {
            _ if aligned.is_some() => {
                let (own, alignment) = aligned.expect("it was looked at just now");
                let model = learnwares::start(&runner, &learnware, printer)?;
                let task = team::task(std::slice::from_ref(&learnware))?;
                (alignment::wrap(alignment, model, task)?, Batch::Table(own.rows().clone()))
            }
            // Rows are encoded before a model is started: most mistakes are there.
            Content::Table(table) => {
                let rows = learnware.taker().rows(table).with_context(|| path.display().to_string())?;
                (learnwares::start(&runner, &learnware, printer)?, Batch::Table(rows))
            }
            Content::Texts(texts) => {
                (learnwares::start(&runner, &learnware, printer)?, Batch::Text(texts.clone()))
            }
            Content::Images(pictures) => {
                let predictor = learnwares::start(&runner, &learnware, printer)?;
                let batch = learnware.taker().images(pictures, predictor.input_shape())?;
                (predictor, batch)
            }
        };
        let progress = printer.progress("predicting", None);
        let predicted = predictor.predict(&batch);
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
    if let Some(columns) = columns {
        document["columns"] = columns;
    }
    write(&answers, arguments.output.as_deref(), "run", &mut document, printer)?;
    Ok(Outcome::Success)
}

/// Lets a learnware that writes answer each text.
fn generate(
    arguments: &RunArgs,
    learnware: &Opened,
    texts: &[String],
    runner: &Runner,
    printer: &Printer,
) -> anyhow::Result<Outcome> {
    let written = tokio::task::block_in_place(|| {
        let mut predictor = learnwares::start(runner, learnware, printer)?;
        let progress = printer.progress("writing", None);
        let written = predictor.generate(texts);
        progress.finish_and_clear();
        written.with_context(|| format!("learnware {}", learnware.id))
    })?;
    let mut document = json!({ "learnware": learnware.id, "rows": written.len() });
    let Some(output) = &arguments.output else {
        document["texts"] = json!(written);
        let text = predictions::texts_delimited(&written, b',')?;
        printer.result("run", document, |printer| printer.raw(&text));
        return Ok(Outcome::Success);
    };
    predictions::write_texts(&written, output)?;
    document["file"] = json!(output.display().to_string());
    printer.result("run", document, |printer| {
        printer.line(format!("written: {} ({} texts)", output.display(), written.len()));
    });
    Ok(Outcome::Success)
}

/// The user's table with the learnware aligned to it, where that is asked for.
fn align(
    arguments: &RunArgs,
    learnware: &Opened,
    path: &std::path::Path,
    data: Data,
    printer: &Printer,
) -> anyhow::Result<(Option<(OwnTable, Alignment)>, Data)> {
    let Some(how) = arguments.align else { return Ok((None, data)) };
    let options = datafile::options(&arguments.table, &arguments.kind);
    let (own, data) = OwnTable::new(path, data, &options, &Embedders::default(), printer)?;
    let alignment = own.align(learnware, how, 0)?;
    Ok((Some((own, alignment)), data))
}

/// Reads the data as the kind that the learnware takes; images get its size.
fn read(
    arguments: &RunArgs,
    learnware: &Opened,
    path: &std::path::Path,
    printer: &Printer,
) -> anyhow::Result<Data> {
    let options = datafile::options(&arguments.table, &arguments.kind);
    let options = options.for_learnware(learnware.kind(), learnware.image_shape());
    let data = match arguments.finetune {
        Some(_) => datafile::read_unlabelled(path, options, printer)?,
        None => datafile::read(path, &options, printer)?,
    };
    learnware.require_kind(&data)?;
    Ok(data)
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
    predictions::write(answers, output)?;
    document["file"] = json!(output.display().to_string());
    printer.result(command, document.take(), |printer| {
        printer.line(format!("written: {} ({} rows)", output.display(), answers.values.rows()));
    });
    Ok(())
}
