//! `learnware run --finetune`: the model goes on training with the user's labelled rows before it predicts.

use std::path::Path;

use anyhow::Context as _;
use learnware_engine::reuse::finetune::{self, FineTuning};
use learnware_engine::reuse::held_out::LossKind;
use serde_json::json;

use crate::cli::RunArgs;
use crate::datafile::{self, Data};
use crate::error::{Outcome, advised};
use crate::learnwares::Opened;
use crate::predictions::Answers;
use crate::printer::Printer;
use crate::target;
use crate::team::{self, Starting};
use crate::teaminput::TeamInput;

/// Predicts with the fine-tuned learnware, or with it as it came where training did not help.
pub(super) fn run(
    arguments: &RunArgs,
    train: &Path,
    learnware: Opened,
    data: &Data,
    printer: &Printer,
) -> anyhow::Result<Outcome> {
    let learnwares = [learnware];
    let task = team::task(&learnwares)?;
    let options = datafile::options(&arguments.table, &arguments.kind);
    let options = options.for_learnware(learnwares[0].kind(), learnwares[0].image_shape());
    let known = datafile::read(train, &options, printer)?;
    let in_file = || train.display().to_string();
    let column = known.labels.as_ref().ok_or_else(|| {
        advised("the rows to train with have no labels", "name their column with --labels COLUMN")
    })?;
    let labels = team::known_labels(column, &known.lines, task, &learnwares).with_context(in_file)?;
    let labelled = TeamInput::new(&learnwares, &known, None).with_context(in_file)?.some(&labels.rows);
    let input = TeamInput::new(&learnwares, data, None)
        .with_context(|| arguments.data.path().display().to_string())?;
    let runner = target::runner(&arguments.model)?;
    let starting = Starting { learnwares: &learnwares, weights: &[], input: &input, runner: &runner };
    let progress = printer.progress("fine-tuning", None);
    let (examples, found) = tokio::task::block_in_place(|| {
        let mut start = || starting.team(task, printer);
        let (mut team, found) = finetune::fine_tuned(&mut start, &labelled, &labels.values, arguments.seed)?;
        Ok::<_, anyhow::Error>((input.ask(&mut team)?, found))
    })?;
    progress.finish_and_clear();
    printer.note(sentence(&found));
    let values = examples.answers().values()[0].clone();
    let answers = Answers::new(values, &learnwares[0].specification.semantic);
    let mut document = json!({
        "learnware": learnwares[0].id,
        "rows": answers.values.rows(),
        "outputs": answers.values.columns(),
        "classes": answers.classes(),
        "fine_tuning": found,
    });
    super::run::write(&answers, arguments.output.as_deref(), "run", &mut document, printer)?;
    Ok(Outcome::Success)
}

fn sentence(found: &FineTuning) -> String {
    let loss = match found.before.kind {
        LossKind::ErrorShare => "share of wrong classes",
        LossKind::Rmse => "root mean squared error",
    };
    let numbers = format!(
        "{loss} on {} rows that it did not see: {:.4} before, {:.4} after training",
        found.held_out, found.before.loss, found.after.loss
    );
    let used = if found.is_kept { "the trained model is used" } else { "the model is used as it came" };
    format!("{numbers}; {used}")
}
