//! From losses to a choice with its reasons.

use serde::{Deserialize, Serialize};

use super::curve::CurvePoint;
use super::scoring::{Losses, Scored};
use super::{AutomaticParameters, Family, Method, is_classification};
use crate::numeric::random::Stream;
use crate::reuse::Task;

/// A mean with its standard error.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Estimate {
    /// The mean.
    pub mean: f64,
    /// Its standard error over rows; 0 for a single row.
    pub standard_error: f64,
}

/// What was chosen, and all that led to it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Choice {
    /// The method.
    pub chosen: Method,
    /// What would have been used without labels.
    pub default: Method,
    /// Why this method; from the most to the least important.
    pub reasons: Vec<Reason>,
    /// Number of labelled rows.
    pub label_count: usize,
    /// Whether losses are shares of wrong classes (else squared errors).
    pub losses_are_error_rates: bool,
    /// Expected loss of the choice on new rows, the choosing itself included; `None` with one label.
    pub expected: Option<Estimate>,
    /// Expected loss of the best model of the labels alone, likewise with its choosing.
    pub own_expected: Option<Estimate>,
    /// Loss of the choice less loss of the best model of the labels alone, row by row; below 0 reuse wins.
    pub difference_to_own: Option<Estimate>,
    /// Loss of the choice less that of feature augmentation with random features in place of the learnwares' answers,
    /// row by row: below 0 it is the learnwares that help. `None` where it can't be told.
    #[serde(default)]
    pub difference_to_control: Option<Estimate>,
    /// Losses from a quarter of the labels to all; empty with few labels.
    #[serde(default)]
    pub learning_curve: Vec<CurvePoint>,
    /// Every candidate, in the order in which equals are preferred, then those left out.
    pub candidates: Vec<CandidateReport>,
}

/// One candidate's result.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct CandidateReport {
    /// The method.
    pub method: Method,
    /// Its family.
    pub family: Family,
    /// What became of it.
    pub state: CandidateState,
}

/// What became of a candidate.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", tag = "kind")]
pub enum CandidateState {
    /// Scored on rows it had not seen.
    Scored {
        /// Its loss.
        loss: Estimate,
        /// Its loss less the default's, row by row.
        difference_to_default: Estimate,
    },
    /// The members have no comparable specifications.
    NeedsSpecifications,
    /// There is one member only.
    NeedsTeam,
    /// The examples are not numbers.
    NeedsNumbers,
    /// There are too few labels.
    NeedsLabels {
        /// How many it takes.
        least: usize,
    },
    /// It failed.
    Failed {
        /// The error.
        message: String,
    },
}

/// A piece of the reason for a choice.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", tag = "kind")]
pub enum Reason {
    /// There were too few labels to compare anything.
    TooFewLabels,
    /// All labels are equal: nothing can be told apart.
    ConstantLabels,
    /// It has the least loss.
    LeastLoss,
    /// Another method's loss is less, but not by more than noise, and this one is simpler.
    WithinNoise {
        /// The method with the least loss.
        best: Method,
        /// Loss of the choice less that method's, row by row.
        difference: Estimate,
    },
    /// It beats the default by more than noise.
    BeatsDefault {
        /// Loss of the choice less the default's, row by row.
        difference: Estimate,
    },
}

impl Choice {
    /// The model of the labels alone with the least loss.
    pub(super) fn best_own(&self) -> Option<Method> {
        let mut best: Option<(f64, &Method)> = None;
        for candidate in self.candidates.iter().filter(|candidate| candidate.family == Family::Own) {
            if let CandidateState::Scored { loss, .. } = candidate.state
                && best.is_none_or(|(least, _)| loss.mean < least)
            {
                best = Some((loss.mean, &candidate.method));
            }
        }
        best.map(|(_, method)| method.clone())
    }
}

impl CandidateReport {
    pub(super) fn left_out(method: Method, state: CandidateState) -> Self {
        let family = method.family();
        Self { method, family, state }
    }
}

impl Estimate {
    /// Mean and standard error of values by row.
    pub fn of(values: &[f64]) -> Self {
        let count = values.len() as f64;
        let mean = values.iter().sum::<f64>() / count.max(1.0);
        let squares: f64 = values.iter().map(|value| (value - mean) * (value - mean)).sum();
        let standard_error = if count > 1.0 { (squares / (count - 1.0) / count).sqrt() } else { 0.0 };
        Self { mean, standard_error }
    }

    fn of_difference(a: &[f64], b: &[f64]) -> Self {
        let differences: Vec<f64> = a.iter().zip(b).map(|(a, b)| a - b).collect();
        Self::of(&differences)
    }
}

/// Chooses among scored methods, which come in order of preference with the default first.
pub(super) fn choose(
    parameters: &AutomaticParameters,
    scored: Vec<Scored>,
    left_out: Vec<CandidateReport>,
    control: Option<&[f64]>,
    labels: &[f64],
    task: Task,
) -> Choice {
    let rows: Vec<usize> = (0..labels.len()).collect();
    let mut methods: Vec<(Method, Losses)> = Vec::new();
    let mut failed = left_out;
    for scored in scored {
        match scored.losses {
            Ok(losses) => methods.push((scored.method, losses)),
            Err(message) => {
                failed.push(CandidateReport::left_out(scored.method, CandidateState::Failed { message }));
            }
        }
    }
    let constant = labels.iter().all(|label| *label == labels[0]);
    let decided = labels.len() > 1 && !methods.is_empty() && !(constant && is_classification(task));
    let all: Vec<usize> = (0..methods.len()).collect();
    let default = parameters.default.clone();
    let picked = if decided { Some(pick(&methods, &all, &rows, parameters.noise_factor)) } else { None };
    let chosen = picked.map_or_else(|| default.clone(), |(chosen, _)| methods[chosen].0.clone());
    let own: Vec<usize> =
        all.iter().copied().filter(|&index| methods[index].0.family() == Family::Own).collect();
    let expected = picked.map(|_| expectation(&methods, &all, labels.len(), parameters));
    let own_expected =
        (decided && !own.is_empty()).then(|| expectation(&methods, &own, labels.len(), parameters));
    let difference_to_own = picked.filter(|_| !own.is_empty()).map(|(chosen, _)| {
        let (rival, _) = pick(&methods, &own, &rows, 0.0);
        Estimate::of_difference(&methods[chosen].1.reported, &methods[rival].1.reported)
    });
    let difference_to_control = picked
        .zip(control)
        .map(|((chosen, _), control)| Estimate::of_difference(&methods[chosen].1.reported, control));
    let reasons = reasons(&methods, picked, &default, labels.len(), constant);
    Choice {
        chosen,
        default: default.clone(),
        reasons,
        label_count: labels.len(),
        losses_are_error_rates: is_classification(task),
        expected,
        own_expected,
        difference_to_own,
        difference_to_control,
        learning_curve: Vec::new(),
        candidates: reports(methods, &default, failed),
    }
}

/// The chosen and the best of `candidates` by the losses on `rows`: the first that is not worse than the
/// best by more than noise.
fn pick(
    methods: &[(Method, Losses)],
    candidates: &[usize],
    rows: &[usize],
    noise_factor: f64,
) -> (usize, usize) {
    let sum = |index: usize| rows.iter().map(|&row| methods[index].1.selection[row]).sum::<f64>();
    let sums: Vec<f64> = candidates.iter().map(|&index| sum(index)).collect();
    let place = (0..sums.len()).min_by(|&a, &b| sums[a].total_cmp(&sums[b])).unwrap_or(0);
    let best = candidates[place];
    // A method gives way only when the best one beats it by more than noise in what people are shown, too.
    let within_noise = |index: usize, losses: fn(&Losses) -> &Vec<f64>| {
        let (own, best) = (losses(&methods[index].1), losses(&methods[best].1));
        let differences: Vec<f64> = rows.iter().map(|&row| own[row] - best[row]).collect();
        let difference = Estimate::of(&differences);
        difference.mean <= noise_factor * difference.standard_error
    };
    let near = candidates.iter().copied().find(|&index| {
        within_noise(index, |losses| &losses.selection) || within_noise(index, |losses| &losses.reported)
    });
    (near.unwrap_or(best), best)
}

/// Expected loss of choosing: mean over bootstraps of the loss on rows that were not drawn.
fn expectation(
    methods: &[(Method, Losses)],
    candidates: &[usize],
    rows: usize,
    parameters: &AutomaticParameters,
) -> Estimate {
    let mut sums = vec![0.0; rows];
    let mut counts = vec![0.0; rows];
    for draw in 0..parameters.bootstraps.max(1) {
        let mut stream = Stream::substream(parameters.seed, 5000 + draw as u64);
        let drawn: Vec<usize> = (0..rows).map(|_| stream.below(rows)).collect();
        let mut left = vec![true; rows];
        for &row in &drawn {
            left[row] = false;
        }
        let (chosen, _) = pick(methods, candidates, &drawn, parameters.noise_factor);
        for row in (0..rows).filter(|&row| left[row]) {
            sums[row] += methods[chosen].1.reported[row];
            counts[row] += 1.0;
        }
    }
    let (whole, _) = pick(methods, candidates, &(0..rows).collect::<Vec<_>>(), parameters.noise_factor);
    let by_row: Vec<f64> = (0..rows)
        .map(|row| {
            let known = &methods[whole].1.reported;
            if counts[row] > 0.0 { sums[row] / counts[row] } else { known[row] }
        })
        .collect();
    Estimate::of(&by_row)
}

fn reasons(
    methods: &[(Method, Losses)],
    picked: Option<(usize, usize)>,
    default: &Method,
    labels: usize,
    constant: bool,
) -> Vec<Reason> {
    let Some((chosen, best)) = picked else {
        return vec![if labels > 1 && constant { Reason::ConstantLabels } else { Reason::TooFewLabels }];
    };
    let losses = |index: usize| &methods[index].1.reported;
    let mut reasons = vec![if chosen == best {
        Reason::LeastLoss
    } else {
        Reason::WithinNoise {
            best: methods[best].0.clone(),
            difference: Estimate::of_difference(losses(chosen), losses(best)),
        }
    }];
    let default = methods.iter().position(|(method, _)| method == default);
    if let Some(default) = default.filter(|&default| default != chosen) {
        let difference = Estimate::of_difference(losses(chosen), losses(default));
        reasons.push(Reason::BeatsDefault { difference });
    }
    reasons
}

fn reports(
    methods: Vec<(Method, Losses)>,
    default: &Method,
    failed: Vec<CandidateReport>,
) -> Vec<CandidateReport> {
    let base =
        methods.iter().find(|(method, _)| method == default).map(|(_, losses)| losses.reported.clone());
    let report = |(method, losses): (Method, Losses)| {
        let loss = Estimate::of(&losses.reported);
        let base = base.as_ref().unwrap_or(&losses.reported);
        let difference_to_default = Estimate::of_difference(&losses.reported, base);
        CandidateReport::left_out(method, CandidateState::Scored { loss, difference_to_default })
    };
    methods.into_iter().map(report).chain(failed).collect()
}
