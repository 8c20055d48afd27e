//! `learnware search --labels`: what the user's own labels say of the learnwares found. Models, rows and labels stay
//! on this machine; the dock has seen a specification only.

use anyhow::Context as _;
use learnware_engine::learnware::LearnwareId;
use learnware_engine::market::SearchResults;
use learnware_engine::numeric::Matrix;
use learnware_engine::numeric::random::Stream;
use learnware_engine::reuse::evidence;
use learnware_engine::reuse::held_out::{HeldOut, LossKind};
use learnware_engine::semantic;
use learnware_engine::table::{self, RawColumn};
use learnware_package::runner::Runner;
use serde::Serialize;
use serde_json::{Value, json};

use super::Answer;
use super::print::percent;
use crate::cli::SearchArgs;
use crate::datafile::{self, Data};
use crate::error::advised;
use crate::learnwares::{Opened, Opener};
use crate::printer::{Printer, Tone, toned};
use crate::specfile::Generated;
use crate::target;
use crate::team::{self, KnownLabels, Starting};
use crate::teaminput::TeamInput;

/// Labelled examples on which learnwares run at most: more tell little more and cost time.
const LABELLED_MAX: usize = 2000;

/// What labelled examples say of learnwares.
#[derive(Debug, Serialize)]
pub(super) struct ByLabels {
    /// The column.
    column: String,
    /// Examples with a label that were looked at.
    rows: usize,
    /// Examples with a label.
    labelled_rows: usize,
    /// What an example is called.
    #[serde(skip)]
    units: &'static str,
    /// The learnwares, best first; those that could not run last.
    pub(super) ranked: Vec<Ranked>,
}

/// A learnware and what labels say of it.
#[derive(Debug, Serialize)]
pub(super) struct Ranked {
    /// Which.
    pub(super) id: LearnwareId,
    /// Its place by distance, from 1.
    pub(super) nearest: usize,
    /// What labels say.
    #[serde(flatten)]
    said: Said,
}

/// What labels say of a learnware.
#[derive(Debug, Serialize)]
#[serde(tag = "measure", rename_all = "snake_case")]
enum Said {
    /// It predicts what the labels mean.
    HeldOut(HeldOut),
    /// It predicts something else: how well that explains the labels.
    LogMe {
        /// Mean log evidence of a label; higher is better.
        evidence: f64,
        /// Why its own predictions are not held against the labels.
        because: String,
    },
    /// It could not run.
    Failed {
        /// Why.
        error: String,
    },
}

/// Refuses labels that can't tell learnwares apart. Data without a label column has nothing to refuse.
pub(super) fn require_useful(made: &Generated) -> anyhow::Result<()> {
    let Some(column) = &made.data.labels else { return Ok(()) };
    let (known, lines) = team::known_cells(column, &made.data.lines);
    let Some(first) = known.cells.first() else { return Err(team::no_label(column)) };
    table::labels(&known, &lines).with_context(|| format!("labels {:?}", column.name))?;
    if known.cells.iter().all(|cell| cell == first) {
        return Err(advised(
            format!(
                "all labels in column {:?} are the same, so they can't tell learnwares apart",
                column.name
            ),
            format!(
                "label examples of at least two kinds, or leave the column out with --drop {:?}",
                column.name
            ),
        ));
    }
    Ok(())
}

/// Runs the learnwares found on the labelled examples and ranks them; `None` without labels or learnwares.
pub(super) async fn rank(
    arguments: &SearchArgs,
    made: &Generated,
    results: &SearchResults,
    printer: &Printer,
) -> anyhow::Result<Option<ByLabels>> {
    let Some(column) = made.data.labels.as_ref().filter(|_| !results.single.is_empty()) else {
        return Ok(None);
    };
    let labelled = team::known_rows(column);
    let sample = Stream::new(0).sample(labelled.len(), LABELLED_MAX);
    let rows: Vec<usize> = sample.into_iter().map(|place| labelled[place]).collect();
    let judge = Judge { data: &made.data, column, rows, runner: target::runner(&arguments.model)?, printer };
    let mut opener = Opener::new(&arguments.dock, &arguments.model, printer);
    let progress = printer.progress("asking learnwares about your labels", Some(results.single.len() as u64));
    let mut ranked = Vec::with_capacity(results.single.len());
    for (place, single) in results.single.iter().enumerate() {
        let said = match opener.open(&single.id.0, None).await {
            Ok(opened) => tokio::task::block_in_place(|| judge.hear(opened)),
            Err(error) => Err(error),
        };
        let said = said.unwrap_or_else(|error| Said::Failed { error: format!("{:#}", error.root_cause()) });
        ranked.push(Ranked { id: single.id.clone(), nearest: place + 1, said });
        progress.inc(1);
    }
    progress.finish_and_clear();
    ranked.sort_by(|a, b| a.said.order().partial_cmp(&b.said.order()).unwrap_or(std::cmp::Ordering::Equal));
    Ok(Some(ByLabels {
        column: column.name.clone(),
        rows: judge.rows.len(),
        labelled_rows: labelled.len(),
        units: datafile::unit(made.data.kind()),
        ranked,
    }))
}

/// Holds learnwares against labelled examples.
struct Judge<'a> {
    data: &'a Data,
    column: &'a RawColumn,
    /// The examples.
    rows: Vec<usize>,
    runner: Runner,
    printer: &'a Printer,
}

impl Judge<'_> {
    fn hear(&self, learnware: Opened) -> anyhow::Result<Said> {
        let learnwares = [learnware];
        let task = team::task(&learnwares)?;
        let input = TeamInput::new(&learnwares, self.data, None)?;
        let mut team =
            Starting { learnwares: &learnwares, weights: &[], input: &input, runner: &self.runner }
                .team(task, self.printer)?;
        let examples = input.ask_about(&mut team, &self.rows)?;
        let held_out = self.labels_for(&learnwares[0], task).and_then(|labels| {
            let held_out = HeldOut::of_first(&examples, &labels.values)?;
            Ok(held_out)
        });
        match held_out {
            Ok(held_out) => Ok(Said::HeldOut(held_out)),
            Err(error) => {
                let answers = evidence::with_constant(&examples.answers().values()[0]);
                let evidence = evidence::log_evidence(&answers, &self.label_columns()?)?;
                Ok(Said::LogMe { evidence, because: error.to_string() })
            }
        }
    }

    /// The labels as what the learnware predicts, where they mean that.
    fn labels_for(
        &self,
        learnware: &Opened,
        task: learnware_engine::reuse::Task,
    ) -> anyhow::Result<KnownLabels> {
        match learnware.specification.semantic.single_task() {
            Some(semantic::Task::Classification | semantic::Task::Regression) => {
                let (column, lines) = self.known();
                team::known_labels(&column, &lines, task, std::slice::from_ref(learnware))
            }
            Some(other) => Err(advised(format!("it is made for {}", other.word()), "")),
            None => Err(advised("it does not say what it predicts", "")),
        }
    }

    /// The labels alone: one column of quantities, or one column for each class.
    fn label_columns(&self) -> anyhow::Result<Matrix> {
        let (column, lines) = self.known();
        let labels = table::labels(&column, &lines)?;
        if !labels.look_like_classes() {
            return Ok(Matrix::new(labels.values.len(), 1, labels.values)?);
        }
        let mut kinds = labels.values.clone();
        kinds.sort_by(f64::total_cmp);
        kinds.dedup();
        let class = |value: &f64| kinds.partition_point(|kind| kind < value);
        Ok(evidence::one_hot(&labels.values.iter().map(class).collect::<Vec<_>>(), kinds.len()))
    }

    /// Labels and lines of the examples.
    fn known(&self) -> (RawColumn, Vec<usize>) {
        let cells = self.rows.iter().map(|&row| self.column.cells[row].clone()).collect();
        let lines = self.rows.iter().map(|&row| self.data.lines[row]).collect();
        (RawColumn { name: self.column.name.clone(), cells }, lines)
    }
}

impl Said {
    /// Own predictions before other ones before none; the best of each first. Losses are compared by what guessing
    /// loses, since some may be shares and others quantities.
    fn order(&self) -> (u8, f64) {
        match self {
            Self::HeldOut(held_out) => (0, held_out.relative()),
            Self::LogMe { evidence, .. } => (1, -evidence),
            Self::Failed { .. } => (2, 0.0),
        }
    }

    /// For people.
    fn words(&self) -> String {
        match self {
            Self::HeldOut(HeldOut { kind: LossKind::ErrorShare, loss, standard_error, .. }) => {
                format!("{:.1} % wrong ± {:.1}", loss * 100.0, standard_error * 100.0)
            }
            Self::HeldOut(HeldOut { kind: LossKind::Rmse, loss, standard_error, .. }) => {
                format!("RMSE {loss:.4} ± {standard_error:.4}")
            }
            Self::LogMe { evidence, .. } => format!("LogME {evidence:.3}"),
            Self::Failed { .. } => "could not run".into(),
        }
    }

    /// What it has to be held against.
    fn beside(&self) -> String {
        match self {
            Self::HeldOut(HeldOut { kind: LossKind::ErrorShare, guessing, .. }) => {
                format!("guessing: {} wrong", percent(*guessing))
            }
            Self::HeldOut(HeldOut { kind: LossKind::Rmse, guessing, .. }) => {
                format!("the mean: RMSE {guessing:.4}")
            }
            Self::LogMe { because, .. } => format!("not its own predictions: {because}"),
            Self::Failed { error } => error.clone(),
        }
    }
}

impl ByLabels {
    /// The heading.
    pub(super) fn title(&self) -> String {
        let of = if self.rows < self.labelled_rows {
            format!(" of {}", self.labelled_rows)
        } else {
            String::new()
        };
        format!("What your labels say ({}{of} {} with {:?})", self.rows, self.units, self.column)
    }

    /// Id, what labels say, what that has to be held against, place by distance; best first.
    pub(super) fn rows(&self) -> Vec<(&LearnwareId, String, String, usize)> {
        let row = |one: &Ranked| (one.said.words(), one.said.beside());
        let rows = self.ranked.iter().map(|one| {
            let (words, beside) = row(one);
            (&one.id, words, beside, one.nearest)
        });
        rows.collect()
    }

    /// Writes the ranking.
    pub(super) fn print(&self, answer: &Answer, printer: &Printer) {
        printer.line("");
        printer.line(toned(Tone::Heading, self.title()));
        let rows = self.rows().into_iter().map(|(id, words, beside, nearest)| {
            vec![id.to_string(), words, nearest.to_string(), answer.name(id).to_owned(), beside]
        });
        printer.table(&["id", "on your labels", "by distance", "name", "beside"], rows.collect());
        printer.line(toned(
            Tone::Faint,
            "% wrong and RMSE are of the learnware's own predictions; LogME tells how well its answers explain your \
             labels.",
        ));
    }

    /// What to do next.
    pub(super) fn next_step(&self) -> String {
        format!("Next: learnware solve DATA --labels {:?} lets them predict together", self.column)
    }

    /// As a document.
    pub(super) fn to_json(&self, answer: &Answer) -> Value {
        let mut document = json!(self);
        for (place, one) in self.ranked.iter().enumerate() {
            document["ranked"][place]["name"] = json!(answer.name(&one.id));
        }
        document
    }
}
