//! `learnware run`.

use anyhow::Context as _;
use learnware_engine::numeric::Matrix;
use learnware_engine::predictor::Batch;
use learnware_engine::table::{self, RawTable};
use serde_json::json;

use crate::cli::RunArgs;
use crate::datafile::{self, Content, Data, Pictures};
use crate::error::{Outcome, advised};
use crate::learnwares::{self, Opened, Opener};
use crate::predictions::{self, Answers};
use crate::printer::Printer;
use crate::target;

/// The largest value of a pixel in the reference's scale.
const WHOLE_VALUE_MAX: f64 = 255.0;

/// Predicts with one learnware.
pub(super) async fn run(arguments: &RunArgs, printer: &Printer) -> anyhow::Result<Outcome> {
    predictions::require_form(arguments.output.as_deref())?;
    let mut opener = Opener::new(&arguments.dock, printer);
    let learnware = opener.open(&arguments.learnware, arguments.revision).await?;
    let path = arguments.data.path();
    let data = read(arguments, &learnware, &path, printer)?;
    let runner = target::runner(&arguments.model)?;
    let predicted = tokio::task::block_in_place(|| {
        let (mut predictor, batch) = match &data.content {
            // Rows are encoded before a model is started: most mistakes are there.
            Content::Table(table) => {
                let rows = encoded(&learnware, table).with_context(|| path.display().to_string())?;
                (learnwares::start(&runner, &learnware, printer)?, Batch::Table(rows))
            }
            Content::Texts(texts) => {
                (learnwares::start(&runner, &learnware, printer)?, Batch::Text(texts.clone()))
            }
            Content::Images(pictures) => {
                let predictor = learnwares::start(&runner, &learnware, printer)?;
                let batch = images(&learnware, pictures, predictor.input_shape())?;
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
    write(&answers, arguments.output.as_deref(), "run", &mut document, printer)?;
    Ok(Outcome::Success)
}

/// Reads the data as the kind that the learnware takes; images get its size.
fn read(
    arguments: &RunArgs,
    learnware: &Opened,
    path: &std::path::Path,
    printer: &Printer,
) -> anyhow::Result<Data> {
    let options = datafile::options(&arguments.table, &arguments.kind);
    let data =
        datafile::read(path, &options.for_learnware(learnware.kind(), learnware.image_shape()), printer)?;
    learnware.require_kind(&data)?;
    Ok(data)
}

fn encoded(learnware: &Opened, table: &RawTable) -> anyhow::Result<Matrix> {
    Ok(table::encode(table, &learnware.columns(table)?)?)
}

/// Images as a model takes them: values from 0 to 1, and from 0 to 255 where the package is described as the
/// reference does, whose checker asks models about such.
fn images(learnware: &Opened, pictures: &Pictures, declared: Option<Vec<usize>>) -> anyhow::Result<Batch> {
    let own = learnware.image_shape();
    let shape = own.or_else(|| declared.and_then(|shape| shape.try_into().ok()));
    let Some(shape) = shape else {
        return Err(advised(
            format!("learnware {} does not say the size of the images that it takes", learnware.id),
            "its model needs an input_shape of channels, height and width",
        ));
    };
    let mut values = pictures.stacked(shape)?;
    if own.is_none() {
        values.as_mut_slice().iter_mut().for_each(|value| *value *= WHOLE_VALUE_MAX);
    }
    Ok(Batch::Tensor { shape: shape.to_vec(), values })
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
