//! Reuse methods on handwritten digits: `reuse_digits DIGITS.csv SPLIT.json` (see experiments/reuse_digits).
//!
//! `DIGITS.csv` has 64 columns divided by 16 and the label, no header; `SPLIT.json` says which rows are
//! source tasks and users. Prints one row for each method: users, mean accuracy, deviation, median time.

#![allow(clippy::print_stdout, reason = "an experiment prints its table")]

use std::collections::BTreeMap;
use std::error::Error;
use std::time::Instant;

use learnware_engine::Matrix;
use learnware_engine::learnware::LearnwareId;
use learnware_engine::numeric::linear::Logistic;
use learnware_engine::predictor::{Batch, PredictError, Predictions, Predictor};
use learnware_engine::reuse::averaging::Weighting;
use learnware_engine::reuse::job_selector::mixture_shares;
use learnware_engine::reuse::{
    AugmentInput, Automatic, AutomaticParameters, Averaging, AveragingMode, EnsemblePruning, Examples,
    FeatureAugment, JobSelector, Member, OwnLearner, OwnModel, PruningMethod, Reuser, Routing, ScoresAre,
    Task, Team, TopOne, labels_of,
};
use learnware_engine::specification::{Embedding, IslandKernel, Rkme, RkmeParameters};
use serde_json::Value;

const CLASSES: usize = 10;
const TASK: Task = Task::Classification { classes: CLASSES };

type Anyhow<T> = Result<T, Box<dyn Error>>;

/// Logistic regression on the classes it has seen, as scikit-learn's with C = 1.
#[derive(Clone)]
struct Source {
    model: Logistic,
    seen: Vec<usize>,
}

impl Source {
    fn fit(rows: &Matrix, labels: &[usize]) -> Self {
        let mut seen = labels.to_vec();
        seen.sort_unstable();
        seen.dedup();
        let places: Vec<usize> =
            labels.iter().map(|label| seen.binary_search(label).unwrap_or_default()).collect();
        Self { model: Logistic::fit(rows, &places, seen.len(), 1.0, None), seen }
    }
}

impl Predictor for Source {
    fn input_shape(&self) -> Option<Vec<usize>> {
        Some(vec![64])
    }

    fn output_shape(&self) -> Option<Vec<usize>> {
        Some(vec![CLASSES])
    }

    fn predict(&mut self, batch: &Batch) -> Result<Predictions, PredictError> {
        let Batch::Table(rows) = batch else {
            return Err(PredictError::BadInput { reason: "a table is needed".into() });
        };
        let seen = self.model.predict(rows, None);
        let mut values = Matrix::zeros(rows.rows(), CLASSES);
        for row in 0..rows.rows() {
            self.seen.iter().zip(seen.row(row)).for_each(|(&class, &p)| values.set(row, class, p));
        }
        Ok(Predictions { values })
    }
}

/// Accuracy and seconds of each user, by method.
type Results = BTreeMap<String, Vec<(f64, f64)>>;

struct Digits {
    rows: Matrix,
    labels: Vec<usize>,
}

fn main() -> Anyhow<()> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [digits, split] = arguments.as_slice() else {
        return Err("usage: reuse_digits DIGITS.csv SPLIT.json".into());
    };
    let digits = read_digits(&std::fs::read_to_string(digits)?)?;
    let split: BTreeMap<String, Value> = serde_json::from_slice(&std::fs::read(split)?)?;
    let mut results = Results::new();
    for seed in split.values() {
        run_seed(&digits, seed, &mut results)?;
    }
    println!("| method | users | mean accuracy | deviation | median ms |\n|---|---|---|---|---|");
    for (name, users) in &results {
        let count = users.len() as f64;
        let mean = users.iter().map(|user| user.0).sum::<f64>() / count;
        let variance = users.iter().map(|user| (user.0 - mean).powi(2)).sum::<f64>() / count;
        let mut times: Vec<f64> = users.iter().map(|user| 1e3 * user.1).collect();
        times.sort_by(f64::total_cmp);
        let deviation = variance.sqrt();
        println!("| {name} | {count} | {mean:.4} | {deviation:.4} | {:.2} |", times[times.len() / 2]);
    }
    Ok(())
}

fn read_digits(text: &str) -> Anyhow<Digits> {
    let mut rows = Vec::new();
    let mut labels = Vec::new();
    for line in text.lines() {
        let numbers: Result<Vec<f64>, _> = line.split(',').map(str::parse).collect();
        let mut numbers = numbers?;
        labels.push(numbers.pop().ok_or("an empty line")? as usize);
        rows.push(numbers);
    }
    Ok(Digits { rows: Matrix::from_rows(&rows)?, labels })
}

fn indices(value: &Value) -> Vec<usize> {
    value.as_array().into_iter().flatten().filter_map(Value::as_u64).map(|index| index as usize).collect()
}

fn run_seed(digits: &Digits, split: &Value, results: &mut Results) -> Anyhow<()> {
    let mut sources = Vec::new();
    for task in split["sources"].as_array().into_iter().flatten() {
        let indices = indices(task);
        let rows = digits.rows.select_rows(&indices);
        let labels: Vec<usize> = indices.iter().map(|&index| digits.labels[index]).collect();
        let rkme = Rkme::generate(&rows, &RkmeParameters::default())?;
        sources.push((Source::fit(&rows, &labels), rkme));
    }
    let kernel = IslandKernel::pooled(sources.iter().map(|(_, rkme)| rkme));
    for user in split["users"].as_array().into_iter().flatten() {
        run_user(digits, &sources, &kernel, (&indices(&user["labelled"]), &indices(&user["test"])), results)?;
    }
    Ok(())
}

/// The user's team, nearest first, with the shares of the mixture.
fn team(sources: &[(Source, Rkme)], rows: &Matrix, kernel: &IslandKernel) -> Anyhow<Team> {
    let user = Rkme::generate(rows, &RkmeParameters::default())?;
    let user = Embedding::<f64>::new(&user, kernel);
    let distance = |rkme: &Rkme| user.distance(&Embedding::new(rkme, kernel));
    let mut order: Vec<(f64, usize)> =
        sources.iter().enumerate().map(|(index, (_, rkme))| (distance(rkme), index)).collect();
    order.sort_by(|a, b| a.0.total_cmp(&b.0).then(a.1.cmp(&b.1)));
    let rkmes: Vec<&Rkme> = order.iter().map(|&(_, index)| &sources[index].1).collect();
    let shares = mixture_shares(&rkmes, rows, kernel)?;
    let member = |(&(_, index), &weight): (&(f64, usize), &f64)| Member {
        id: LearnwareId(format!("source {index}")),
        rkme: Some(sources[index].1.clone()),
        predictor: Box::new(sources[index].0.clone()),
        weight,
    };
    let members = order.iter().zip(&shares).map(member).collect();
    Ok(Team::new(members, TASK, ScoresAre::Probabilities)?)
}

fn run_user(
    digits: &Digits,
    sources: &[(Source, Rkme)],
    kernel: &IslandKernel,
    (labelled, test): (&[usize], &[usize]),
    results: &mut Results,
) -> Anyhow<()> {
    let all: Vec<usize> = labelled.iter().chain(test).copied().collect();
    let mut team = team(sources, &digits.rows.select_rows(&all), kernel)?;
    let known = team.ask(&Batch::Table(digits.rows.select_rows(labelled)))?;
    let asked = team.ask(&Batch::Table(digits.rows.select_rows(test)))?;
    let of = |rows: &[usize]| rows.iter().map(|&row| digits.labels[row] as f64).collect::<Vec<_>>();
    let (labels, truth) = (of(labelled), of(test));
    let rkmes: Vec<&Rkme> = team.members().iter().filter_map(|member| member.rkme.as_ref()).collect();
    let shares: Vec<f64> = team.members().iter().map(|member| member.weight).collect();
    let selector = JobSelector::new(&rkmes, &shares, kernel, Routing::Hard)?;
    let trees = selector.clone().with_classifier(&rkmes, None, 0)?;
    for (name, mut reuser) in methods(&selector, trees) {
        let start = Instant::now();
        reuser.fit(&known, &labels)?;
        record(results, name, accuracy(reuser.as_ref(), &asked, &truth)?, start);
    }
    let mut automatic = Automatic::new(AutomaticParameters::default(), Some(selector));
    let start = Instant::now();
    automatic.fit(&known, &labels)?;
    record(results, "automatic", accuracy(&automatic, &asked, &truth)?, start);
    if let Some(choice) = automatic.choice() {
        let promised = choice.expected.map_or(f64::NAN, |estimate| 1.0 - estimate.mean);
        record(results, "automatic, as promised", promised, start);
        record(results, &format!("automatic, when it chose {:?}", choice.chosen), promised, start);
    }
    Ok(())
}

fn methods(selector: &JobSelector, trees: JobSelector) -> Vec<(&'static str, Box<dyn Reuser>)> {
    let average = |mode, weighting| Box::new(Averaging { mode, weighting });
    let (equal, mixture) = (Weighting::Equal, Weighting::Mixture);
    let (label, probability) = (AveragingMode::VoteByLabel, AveragingMode::VoteByProbability);
    vec![
        ("top one", Box::new(TopOne)),
        ("own model, linear", Box::new(OwnModel::new(OwnLearner::Linear, 0))),
        ("own model, trees", Box::new(OwnModel::new(OwnLearner::Trees, 0))),
        ("average of probabilities", average(probability, equal)),
        ("average of probabilities, weighted", average(probability, mixture)),
        ("vote by label", average(label, equal)),
        ("vote by label, weighted", average(label, mixture)),
        ("job selector, hard", Box::new(selector.clone())),
        ("job selector, soft", Box::new(selector.clone().with_routing(Routing::Soft))),
        ("job selector, trees on reduced sets", Box::new(trees)),
        ("best member", Box::new(EnsemblePruning::new(PruningMethod::BestMember, 0))),
        ("pruning, Pareto", Box::new(EnsemblePruning::new(PruningMethod::Pareto, 0))),
        ("pruning, selection", Box::new(EnsemblePruning::new(PruningMethod::Selection, 0))),
        ("stacking", Box::new(FeatureAugment::new(AugmentInput::Answers, 0))),
        ("correction", Box::new(FeatureAugment::new(AugmentInput::Correction, 0))),
        ("feature augment", Box::new(FeatureAugment::new(AugmentInput::RowsAndAnswers, 0))),
    ]
}

fn accuracy(reuser: &dyn Reuser, examples: &Examples, truth: &[f64]) -> Anyhow<f64> {
    let labels = labels_of(&reuser.predict(examples)?, TASK);
    let right = labels.iter().zip(truth).filter(|(label, truth)| label == truth).count();
    Ok(right as f64 / truth.len() as f64)
}

fn record(results: &mut Results, name: &str, accuracy: f64, start: Instant) {
    results.entry(name.to_owned()).or_default().push((accuracy, start.elapsed().as_secs_f64()));
}
