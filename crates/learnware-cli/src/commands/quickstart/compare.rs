//! How good the predictions are, beside what the user could have had otherwise, on the rows without labels.

use std::path::Path;

use anyhow::Context as _;
use learnware_dock::Dock;
use learnware_engine::learnware::LearnwareId;
use learnware_engine::numeric::Matrix;
use learnware_engine::numeric::linear::{Logistic, PENALTIES, Standardiser};
use learnware_engine::predictor::Batch;
use learnware_package::runner::Runner;
use serde::Serialize;

use super::digits::{CLASSES, Dealt};

/// Shares of right answers, 0 to 1.
#[derive(Debug, Clone, Serialize)]
pub(super) struct Comparison {
    /// Rows without labels, on which all of this is measured.
    pub(super) rows: usize,
    /// What `learnware solve` wrote.
    pub(super) solve: f64,
    /// A model of the labelled rows alone.
    pub(super) own_labels: f64,
    /// Every learnware alone, in the order of their ids.
    pub(super) single: Vec<f64>,
    /// Mean of these.
    pub(super) single_mean: f64,
    /// The best of these, which only the truth tells.
    pub(super) single_best: f64,
}

/// Compares the predictions in the file `predictions` with the truth.
pub(super) async fn compare(
    dealt: &Dealt,
    dock: &Dock,
    ids: &[LearnwareId],
    predictions: &Path,
    runner: &Runner,
    seed: u64,
) -> anyhow::Result<Comparison> {
    let (labelled, open): (Vec<usize>, Vec<usize>) =
        (0..dealt.labelled.len()).partition(|&row| dealt.labelled[row]);
    let digits = |rows: &[usize]| rows.iter().map(|&row| dealt.task.digits[row]).collect::<Vec<_>>();
    let (known, truth) = (digits(&labelled), digits(&open));
    let rows = dealt.task.pixels.select_rows(&open);
    let mut single = Vec::with_capacity(ids.len());
    for id in ids {
        let package = dock.package(id, None).await?.package;
        let answer =
            tokio::task::block_in_place(|| runner.start(&package)?.predict(&Batch::Table(rows.clone())));
        let answer = answer.with_context(|| format!("learnware {id}"))?;
        single.push(accuracy(&likeliest(&answer.values), &truth));
    }
    let solved = read_predictions(predictions)?;
    anyhow::ensure!(solved.len() == dealt.labelled.len(), "there is not one prediction for each row");
    let solved: Vec<usize> = open.iter().map(|&row| solved[row]).collect();
    let own = own_model(&dealt.task.pixels.select_rows(&labelled), &known, &rows, seed);
    Ok(Comparison {
        rows: open.len(),
        solve: accuracy(&solved, &truth),
        own_labels: accuracy(&own, &truth),
        single_mean: single.iter().sum::<f64>() / single.len().max(1) as f64,
        single_best: single.iter().copied().fold(0.0, f64::max),
        single,
    })
}

/// What a logistic regression of the labelled rows answers, its penalty chosen by cross-validation.
fn own_model(labelled: &Matrix, known: &[usize], rows: &Matrix, seed: u64) -> Vec<usize> {
    let standardiser = Standardiser::new(labelled);
    let model = Logistic::fit_best(&standardiser.apply(labelled), known, CLASSES, &PENALTIES, None, seed);
    likeliest(&model.predict(&standardiser.apply(rows), None))
}

/// The first column of the file, which names a digit in each row.
fn read_predictions(path: &Path) -> anyhow::Result<Vec<usize>> {
    let context = || path.display().to_string();
    let mut reader = csv::Reader::from_path(path).with_context(context)?;
    let mut digits = Vec::new();
    for record in reader.records() {
        digits.push(record?.get(0).unwrap_or_default().parse().with_context(context)?);
    }
    Ok(digits)
}

/// The class with the highest score in each row, the first among equals.
fn likeliest(scores: &Matrix) -> Vec<usize> {
    let first_best =
        |row: &[f64]| (0..row.len()).rev().max_by(|&a, &b| row[a].total_cmp(&row[b])).unwrap_or(0);
    scores.iter_rows().map(first_best).collect()
}

fn accuracy(answers: &[usize], truth: &[usize]) -> f64 {
    let right = answers.iter().zip(truth).filter(|(answer, truth)| answer == truth).count();
    right as f64 / truth.len().max(1) as f64
}
