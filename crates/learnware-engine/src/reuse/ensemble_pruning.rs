//! Finds the members, or their shares, that do best on labelled rows.
//!
//! Two searches take the place of the reference's evolutionary library:
//!
//! * [`PruningMethod::Pareto`]: the objectives of Wu, He, Qian and Zhou (PPSN 2022): spread of the margin
//!   over its mean, errors, size. All subsets of up to [`EXHAUSTIVE_MAX`] members are looked at, so that the
//!   front is exact; beyond, a simple evolutionary search (GSEMO, as in Qian, Yu and Zhou, AAAI 2015).
//! * [`PruningMethod::Selection`]: ensemble selection with replacement (Caruana et al., ICML 2004), begun
//!   with every member once so that few labels leave it near the average, and bagged over rows.

use serde::{Deserialize, Serialize};

use super::{
    Examples, Reuser, Task, classes_of, first_largest, not_fitted, require_labels, require_one_output,
};
use crate::error::{EngineError, Result};
use crate::numeric::random::Stream;
use crate::numeric::{Matrix, parallel};
use crate::predictor::Predictions;

/// Members of which every subset is looked at.
pub const EXHAUSTIVE_MAX: usize = 12;
/// Subsets that the evolutionary search looks at for each member.
const TRIALS_PER_MEMBER: usize = 300;
/// Bags of rows of the ensemble selection.
const BAGS: usize = 10;
/// Additions of the ensemble selection for each member.
const ADDITIONS_PER_MEMBER: usize = 3;
/// Margin ratio of ensembles whose mean margin is not positive.
const NO_MARGIN: f64 = 1e5;

/// How the ensemble is found.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum PruningMethod {
    /// The one member with the least loss.
    BestMember,
    /// Multi-objective search over subsets.
    Pareto,
    /// Greedy selection with replacement, bagged.
    Selection,
}

/// Prunes the team to those that do well on labelled rows and averages them.
#[derive(Debug, Clone)]
pub struct EnsemblePruning {
    method: PruningMethod,
    seed: u64,
    shares: Option<Vec<f64>>,
}

/// Labelled rows with the members' answers.
struct Trial<'a> {
    answers: &'a [Matrix],
    labels: &'a [f64],
    classes: Vec<usize>,
    task: Task,
}

/// What a subset costs; all to be small.
#[derive(Debug, Clone, Copy, PartialEq)]
struct Objectives {
    margin_ratio: f64,
    error: f64,
    size: usize,
}

impl EnsemblePruning {
    /// A pruning still to be fitted.
    pub fn new(method: PruningMethod, seed: u64) -> Self {
        Self { method, seed, shares: None }
    }

    /// The members' shares found by `fit`; sum one.
    pub fn shares(&self) -> Option<&[f64]> {
        self.shares.as_deref()
    }
}

impl Reuser for EnsemblePruning {
    fn needs_labels(&self) -> bool {
        true
    }

    fn fit(&mut self, examples: &Examples, labels: &[f64]) -> Result<()> {
        require_labels(examples, labels)?;
        let answers = examples.answers();
        let task = examples.task();
        let classes = match task {
            Task::Regression => {
                require_one_output(&answers.values()[0], &answers.ids()[0].0)?;
                Vec::new()
            }
            Task::Classification { .. } => classes_of(labels),
        };
        let trial = Trial { answers: answers.values(), labels, classes, task };
        self.shares = Some(match self.method {
            PruningMethod::BestMember => best_member(&trial),
            PruningMethod::Pareto => pareto(&trial, self.seed),
            PruningMethod::Selection => selection(&trial, self.seed),
        });
        Ok(())
    }

    fn predict(&self, examples: &Examples) -> Result<Predictions> {
        let shares = self.shares.as_ref().ok_or_else(not_fitted)?;
        if shares.len() != examples.answers().member_count() {
            return Err(EngineError::Shape {
                what: "number of members since fitting",
                expected: shares.len().to_string(),
                found: examples.answers().member_count().to_string(),
            });
        }
        Ok(Predictions { values: examples.answers().combine(shares) })
    }
}

impl Trial<'_> {
    /// Loss of an averaged answer to one row: squared error, or error with half the squared distance to the
    /// label's corner of the simplex, which parts ensembles with equal errors.
    fn loss(&self, row: usize, answer: &[f64]) -> f64 {
        match self.task {
            Task::Regression => (answer[0] - self.labels[row]).powi(2),
            Task::Classification { .. } => {
                let label = self.classes[row];
                let own = 1.0 - answer[label];
                let others: f64 = answer.iter().map(|p| p * p).sum::<f64>() - answer[label] * answer[label];
                f64::from(first_largest(answer) != label) + 0.5 * (own * own + others)
            }
        }
    }

    fn objectives(&self, sum: &Matrix, size: usize) -> Objectives {
        let rows = self.labels.len() as f64;
        let share = 1.0 / size as f64;
        match self.task {
            Task::Regression => {
                let errors = sum.as_slice().iter().zip(self.labels).map(|(s, y)| (s * share - y).powi(2));
                Objectives { margin_ratio: 0.0, error: errors.sum::<f64>() / rows, size }
            }
            Task::Classification { .. } => {
                let (mut first, mut second, mut error) = (0.0, 0.0, 0.0);
                for (answer, &label) in sum.iter_rows().zip(&self.classes) {
                    let others = answer.iter().enumerate().filter(|(class, _)| *class != label);
                    let rival = others.map(|(_, p)| *p).fold(0.0, f64::max);
                    let margin = (answer[label] - rival) * share;
                    error += f64::from(first_largest(answer) != label);
                    first += margin / rows;
                    second += margin * margin / rows;
                }
                let spread = (second - first * first).max(0.0).sqrt();
                let margin_ratio = if first > 0.0 { spread / first } else { NO_MARGIN };
                Objectives { margin_ratio, error, size }
            }
        }
    }
}

impl Objectives {
    /// At least as good in all and better in one.
    fn dominates(&self, other: &Self) -> bool {
        self.margin_ratio <= other.margin_ratio
            && self.error <= other.error
            && self.size <= other.size
            && self != other
    }
}

fn best_member(trial: &Trial<'_>) -> Vec<f64> {
    let loss = |answers: &Matrix| -> f64 {
        answers.iter_rows().enumerate().map(|(row, answer)| trial.loss(row, answer)).sum()
    };
    let losses: Vec<f64> = trial.answers.iter().map(loss).collect();
    let best = (0..losses.len()).min_by(|&a, &b| losses[a].total_cmp(&losses[b])).unwrap_or(0);
    (0..losses.len()).map(|index| if index == best { 1.0 } else { 0.0 }).collect()
}

/// The subset of the front with fewest errors; among those the steadiest margin, then the smallest.
fn pareto(trial: &Trial<'_>, seed: u64) -> Vec<f64> {
    let members = trial.answers.len();
    let front = if members <= EXHAUSTIVE_MAX { exhaustive(trial) } else { evolved(trial, seed) };
    let best = front.iter().min_by(|(_, a), (_, b)| {
        let by_error = a.error.total_cmp(&b.error);
        by_error.then(a.margin_ratio.total_cmp(&b.margin_ratio)).then(a.size.cmp(&b.size))
    });
    let subset = best.map_or_else(|| vec![true; members], |(subset, _)| subset.clone());
    let share = 1.0 / subset.iter().filter(|&&used| used).count() as f64;
    subset.into_iter().map(|used| if used { share } else { 0.0 }).collect()
}

type Front = Vec<(Vec<bool>, Objectives)>;

fn offer(front: &mut Front, subset: &[bool], objectives: Objectives) {
    if front.iter().any(|(_, other)| other.dominates(&objectives) || *other == objectives) {
        return;
    }
    front.retain(|(_, other)| !objectives.dominates(other));
    front.push((subset.to_vec(), objectives));
}

/// All subsets in Gray-code order: each differs from the last by one member.
fn exhaustive(trial: &Trial<'_>) -> Front {
    let members = trial.answers.len();
    let mut front = Front::new();
    let mut subset = vec![false; members];
    let mut sum = Matrix::zeros(trial.labels.len(), trial.answers[0].columns());
    for step in 1_usize..1 << members {
        let flipped = step.trailing_zeros() as usize;
        subset[flipped] = !subset[flipped];
        let sign = if subset[flipped] { 1.0 } else { -1.0 };
        let pairs = sum.as_mut_slice().iter_mut().zip(trial.answers[flipped].as_slice());
        pairs.for_each(|(sum, value)| *sum += sign * value);
        let size = subset.iter().filter(|&&used| used).count();
        offer(&mut front, &subset, trial.objectives(&sum, size));
    }
    front
}

/// GSEMO: flips each member of a random subset of the front with chance one in the number of members.
fn evolved(trial: &Trial<'_>, seed: u64) -> Front {
    let members = trial.answers.len();
    let mut stream = Stream::new(seed);
    let mut front = Front::new();
    let evaluate = |subset: &[bool]| {
        let mut sum = Matrix::zeros(trial.labels.len(), trial.answers[0].columns());
        for (answers, _) in trial.answers.iter().zip(subset).filter(|(_, used)| **used) {
            sum.as_mut_slice().iter_mut().zip(answers.as_slice()).for_each(|(sum, value)| *sum += value);
        }
        trial.objectives(&sum, subset.iter().filter(|&&used| used).count())
    };
    let all = vec![true; members];
    offer(&mut front, &all, evaluate(&all));
    for member in 0..members {
        let one: Vec<bool> = (0..members).map(|other| other == member).collect();
        offer(&mut front, &one, evaluate(&one));
    }
    for _ in 0..TRIALS_PER_MEMBER * members {
        let mut child = front[stream.below(front.len())].0.clone();
        for used in &mut child {
            *used ^= stream.below(members) == 0;
        }
        if child.contains(&true) {
            let objectives = evaluate(&child);
            offer(&mut front, &child, objectives);
        }
    }
    front
}

fn selection(trial: &Trial<'_>, seed: u64) -> Vec<f64> {
    let rows = trial.labels.len();
    let bags = parallel::map(BAGS, |bag| {
        let mut stream = Stream::substream(seed, bag as u64);
        let bag: Vec<usize> = (0..rows).map(|_| stream.below(rows)).collect();
        select_greedily(trial, &bag)
    });
    let mut shares = vec![0.0; trial.answers.len()];
    for bag in bags {
        shares.iter_mut().zip(bag).for_each(|(sum, share)| *sum += share / BAGS as f64);
    }
    shares
}

/// Shares of the best ensemble met while adding one member at a time to the whole team.
fn select_greedily(trial: &Trial<'_>, bag: &[usize]) -> Vec<f64> {
    let members = trial.answers.len();
    let mut counts = vec![1.0; members];
    let mut sum = Matrix::zeros(trial.labels.len(), trial.answers[0].columns());
    let add = |sum: &mut Matrix, member: usize| {
        let pairs = sum.as_mut_slice().iter_mut().zip(trial.answers[member].as_slice());
        pairs.for_each(|(sum, value)| *sum += value);
    };
    (0..members).for_each(|member| add(&mut sum, member));
    let mut answer = vec![0.0; sum.columns()];
    let mut loss_with = |sum: &Matrix, member: Option<usize>, size: f64| -> f64 {
        let mut loss = 0.0;
        for &row in bag {
            answer.copy_from_slice(sum.row(row));
            if let Some(member) = member {
                answer.iter_mut().zip(trial.answers[member].row(row)).for_each(|(a, b)| *a += b);
            }
            for value in &mut answer {
                *value /= size;
            }
            loss += trial.loss(row, &answer);
        }
        loss
    };
    let mut size = members as f64;
    let mut best = (loss_with(&sum, None, size), counts.clone());
    for _ in 0..ADDITIONS_PER_MEMBER * members {
        size += 1.0;
        let losses: Vec<f64> = (0..members).map(|member| loss_with(&sum, Some(member), size)).collect();
        let chosen = (0..members).min_by(|&a, &b| losses[a].total_cmp(&losses[b])).unwrap_or(0);
        add(&mut sum, chosen);
        counts[chosen] += 1.0;
        if losses[chosen] < best.0 {
            best = (losses[chosen], counts.clone());
        }
    }
    let total: f64 = best.1.iter().sum();
    best.1.iter().map(|count| count / total).collect()
}
