//! Labelled rows choose who takes part in a merged model, and tell whether it may stand for its members.

use std::path::Path;

use anyhow::Context as _;
use learnware_engine::learnware::{LearnwareId, Specification};
use learnware_engine::market::merging;
use learnware_engine::numeric::random::Stream;
use learnware_engine::numeric::{Matrix, folds};
use learnware_engine::predictor::{Batch, Predictions};
use learnware_engine::reuse::held_out::{HeldOut, LossKind};
use learnware_engine::reuse::{Examples, MemberPredictions, ScoresAre, Task, labels_of};
use serde::Serialize;
use serde_json::{Value, json};

use super::members::Members;
use crate::cli::MergeArgs;
use crate::datafile;
use crate::error::advised;
use crate::learnwares::Opened;
use crate::printer::Printer;
use crate::team;

/// Labelled rows that are needed at least: half of them must say something.
const ROWS_MIN: usize = 20;

/// Who decided on the shares.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum ShareChoice {
    /// The person.
    Given,
    /// Nobody, or the rows: all equal.
    Uniform,
    /// The rows: equal shares of those who lower the loss.
    Greedy,
}

impl ShareChoice {
    /// Who decided where there are no labels.
    pub(super) fn without_labels(arguments: &MergeArgs) -> Self {
        if arguments.shares.is_empty() { Self::Uniform } else { Self::Given }
    }
}

/// Rows with known labels.
pub(super) struct Rows {
    batch: Batch,
    /// Quantities, or classes from 0.
    labels: Vec<f64>,
    task: Task,
}

/// What was measured on labelled rows.
pub(super) struct Measured {
    pub(super) shares: Vec<f64>,
    pub(super) choice: ShareChoice,
    /// Places of those whom the greedy choice took; empty where shares were given.
    greedy: Vec<usize>,
    chosen_on: usize,
    rows: usize,
    members: Vec<HeldOut>,
    average: HeldOut,
    merged: HeldOut,
    /// Of all in equal shares, and of the greedy choice, on the rows of the others.
    recipes: Option<[HeldOut; 2]>,
}

/// Reads the labelled rows as the merged learnware takes them.
pub(super) fn rows(
    arguments: &MergeArgs,
    path: &Path,
    learnwares: &[Opened],
    merged: &Specification,
    printer: &Printer,
) -> anyhow::Result<Rows> {
    let options = datafile::options(&arguments.table, &arguments.kind);
    let options = options.for_learnware(learnwares[0].kind(), learnwares[0].image_shape());
    let data = datafile::read(path, &options, printer)?;
    let place = || path.display().to_string();
    let column = data.labels.as_ref().ok_or_else(|| {
        advised("the rows of --train have no labels", "name their column with --labels COLUMN")
    })?;
    let task = team::task(learnwares)?;
    let known = team::known_labels(column, &data.lines, task, learnwares).with_context(place)?;
    if known.rows.len() < ROWS_MIN {
        return Err(advised(
            format!("{} labelled rows tell too little; {ROWS_MIN} are needed", known.rows.len()),
            "label more rows, or leave --train out: the members' specifications decide then",
        ));
    }
    let taker = learnware_data::modelinput::Taker { name: "merged", specification: merged };
    let batch = taker.batch(&data, None).with_context(place)?.select(&known.rows);
    Ok(Rows { batch, labels: known.values, task })
}

impl Rows {
    fn select(&self, places: &[usize]) -> Self {
        let labels = places.iter().map(|&place| self.labels[place]).collect();
        Self { batch: self.batch.select(places), labels, task: self.task }
    }

    /// Two halves, classes spread evenly.
    fn halves(&self, seed: u64) -> [Self; 2] {
        let mut stream = Stream::new(seed);
        let fold_of = match self.task {
            Task::Classification { .. } => {
                let classes: Vec<usize> = self.labels.iter().map(|label| *label as usize).collect();
                folds::stratified(&classes, 2, &mut stream)
            }
            Task::Regression => folds::plain(self.labels.len(), 2, &mut stream),
        };
        let (first, second) = folds::split(&fold_of, 0);
        [self.select(&first), self.select(&second)]
    }

    /// The loss of answers; of scores only the largest counts.
    fn loss(&self, id: &LearnwareId, answers: Matrix) -> anyhow::Result<HeldOut> {
        let values = match self.task {
            Task::Classification { .. } if answers.columns() > 1 => {
                let labels = labels_of(&Predictions { values: answers }, self.task);
                Matrix::new(labels.len(), 1, labels)?
            }
            Task::Classification { .. } | Task::Regression => answers,
        };
        let scores = ScoresAre::Probabilities;
        let answers = MemberPredictions::new(vec![id.clone()], vec![1.0], vec![values], self.task, scores)?;
        Ok(HeldOut::of_first(&Examples::new(self.batch.clone(), self.task, answers)?, &self.labels)?)
    }

    fn loss_of_members(&self, members: &Members, answers: &[Matrix]) -> anyhow::Result<Vec<HeldOut>> {
        let pairs = members.learnwares.iter().zip(answers);
        pairs.map(|(learnware, own)| self.loss(&learnware.id, own.clone())).collect()
    }

    fn loss_of_merged(&self, members: &Members, shares: &[f64]) -> anyhow::Result<HeldOut> {
        let model = members.merged(shares)?;
        self.loss(&LearnwareId("merged".into()), members.ask(&model, &self.batch)?)
    }
}

/// Equal shares of some of `count` members.
fn equal(count: usize, places: &[usize]) -> Vec<f64> {
    let mut shares = vec![0.0; count];
    for &place in places {
        shares[place] = 1.0 / places.len() as f64;
    }
    shares
}

/// Chooses the shares on half of the rows where none are `given`, and measures on the others.
pub(super) fn measured(
    members: &Members,
    rows: &Rows,
    given: Option<&[f64]>,
    seed: u64,
) -> anyhow::Result<Measured> {
    if let Some(shares) = given {
        return judged(members, rows, (shares.to_vec(), ShareChoice::Given, Vec::new()), 0);
    }
    let [choosing, judging] = rows.halves(seed);
    let count = members.learnwares.len();
    let all = equal(count, &(0..count).collect::<Vec<_>>());
    let uniform = choosing.loss_of_merged(members, &all)?;
    let alone = choosing.loss_of_members(members, &members.answers(&choosing.batch)?)?;
    let losses: Vec<f64> = alone.iter().map(|held_out| held_out.loss).collect();
    let mut least = losses.iter().copied().fold(f64::INFINITY, f64::min);
    let greedy = merging::greedy_soup(&losses, |places| {
        let found = choosing.loss_of_merged(members, &equal(count, places))?;
        least = least.min(found.loss);
        Ok::<_, anyhow::Error>(found.loss)
    })?;
    let first = greedy.first().map_or(0.0, |&best| alone[best].standard_error);
    let is_uniform = match greedy[..] {
        // One member alone is nothing merged: all together will do where they are as good but for chance.
        [_] => merging::is_as_good(uniform.loss, least, first),
        _ => uniform.loss <= least,
    };
    let chosen = if is_uniform {
        (all, ShareChoice::Uniform, greedy)
    } else if let [only] = greedy[..] {
        let id = &members.learnwares[only].id;
        return Err(advised(
            format!(
                "nothing is merged: no other learnware lowers the loss of {id} ({least:.4}) on the labelled rows, and all \
                 together lose {:.4}",
                uniform.loss
            ),
            format!("use it alone: learnware run {id}"),
        ));
    } else {
        (equal(count, &greedy), ShareChoice::Greedy, greedy)
    };
    judged(members, &judging, chosen, choosing.labels.len())
}

/// Measures the merged model, its members and their average.
fn judged(
    members: &Members,
    rows: &Rows,
    (shares, choice, greedy): (Vec<f64>, ShareChoice, Vec<usize>),
    chosen_on: usize,
) -> anyhow::Result<Measured> {
    let answers = members.answers(&rows.batch)?;
    let count = answers.len();
    let recipe = |places: &[usize]| rows.loss_of_merged(members, &equal(count, places));
    let recipes = if greedy.is_empty() {
        None
    } else {
        Some([recipe(&(0..count).collect::<Vec<_>>())?, recipe(&greedy)?])
    };
    Ok(Measured {
        members: rows.loss_of_members(members, &answers)?,
        average: rows.loss(&LearnwareId("average".into()), members.together(&shares, &answers))?,
        merged: rows.loss_of_merged(members, &shares)?,
        rows: rows.labels.len(),
        shares,
        choice,
        greedy,
        chosen_on,
        recipes,
    })
}

impl Measured {
    /// The member that loses least.
    fn best(&self) -> usize {
        let less = |best: usize, place: usize| {
            if self.members[place].loss < self.members[best].loss { place } else { best }
        };
        (0..self.members.len()).reduce(less).unwrap_or(0)
    }

    /// Refuses a merged model that is worse than its best member by more than chance.
    pub(super) fn require_good(&self, learnwares: &[Opened]) -> anyhow::Result<()> {
        let best = self.best();
        let held_out = &self.members[best];
        if merging::is_as_good(self.merged.loss, held_out.loss, held_out.standard_error) {
            return Ok(());
        }
        let id = &learnwares[best].id;
        Err(advised(
            format!(
                "the merged model is worse than learnware {id} alone: {} {:.4}, but {:.4} (standard error {:.4}) on {} labelled \
                 rows",
                word(self.merged.kind),
                self.merged.loss,
                held_out.loss,
                held_out.standard_error,
                self.rows
            ),
            format!("use that one: learnware run {id}; or {}", super::team(learnwares)),
        ))
    }

    /// The lines for people.
    pub(super) fn print(&self, learnwares: &[Opened], printer: &Printer) {
        let best = self.best();
        let rows = format!("on {} rows", self.rows);
        printer.line(format!(
            "{rows:<14} {} {:.4}; best member ({}) {:.4}, standard error {:.4}; the members' average {:.4}",
            word(self.merged.kind),
            self.merged.loss,
            learnwares[best].id,
            self.members[best].loss,
            self.members[best].standard_error,
            self.average.loss
        ));
        if let Some([uniform, greedy]) = &self.recipes {
            printer.line(format!(
                "shares         chosen on {} other rows: all equal {:.4}, greedy soup of {} {:.4}",
                self.chosen_on,
                uniform.loss,
                self.greedy.len(),
                greedy.loss
            ));
        }
    }

    /// The same for programs.
    pub(super) fn document(&self, learnwares: &[Opened]) -> Value {
        let member =
            |(learnware, held_out): (&Opened, &HeldOut)| json!({"id": learnware.id, "held_out": held_out});
        let greedy = self.greedy.iter().map(|&place| &learnwares[place].id);
        json!({
            "rows": self.rows,
            "chosen_on": self.chosen_on,
            "merged": self.merged,
            "average": self.average,
            "members": learnwares.iter().zip(&self.members).map(member).collect::<Vec<Value>>(),
            "uniform": self.recipes.map(|[uniform, _]| uniform),
            "greedy": self.recipes.map(|[_, held_out]| json!({
                "learnwares": greedy.collect::<Vec<_>>(), "held_out": held_out,
            })),
        })
    }
}

fn word(kind: LossKind) -> &'static str {
    match kind {
        LossKind::ErrorShare => "share of wrong classes",
        LossKind::Rmse => "root mean squared error",
    }
}
