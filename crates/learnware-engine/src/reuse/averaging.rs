//! Averages and votes of the members, equal or weighted by the mixture that the search found.
//!
//! The modes are the reference's: `mean`, `vote_by_label`, `vote_by_prob`. Ties go to the lowest class.

use serde::{Deserialize, Serialize};

use super::{Examples, Reuser, first_largest};
use crate::error::Result;
use crate::numeric::Matrix;
use crate::predictor::Predictions;

/// Votes this close count as equal: weights are sums in floating point.
const TIE: f64 = 1e-12;

/// How answers become one.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum AveragingMode {
    /// Mean of quantities.
    Mean,
    /// Each member names a class; the class with most votes is the answer (examples x 1).
    VoteByLabel,
    /// Mean of class probabilities (examples x classes).
    VoteByProbability,
}

/// Whose voice counts how much.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Weighting {
    /// All the same.
    Equal,
    /// The members' shares in the mixture.
    Mixture,
}

/// Averages the members' answers. Needs no labels.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Averaging {
    /// How answers become one.
    pub mode: AveragingMode,
    /// Whose voice counts how much.
    pub weighting: Weighting,
}

impl Reuser for Averaging {
    fn predict(&self, examples: &Examples) -> Result<Predictions> {
        let answers = examples.answers();
        let equal = vec![1.0 / answers.member_count() as f64; answers.member_count()];
        let weights = match self.weighting {
            Weighting::Equal => &equal,
            Weighting::Mixture => answers.weights(),
        };
        let values = match self.mode {
            AveragingMode::Mean | AveragingMode::VoteByProbability => answers.combine(weights),
            AveragingMode::VoteByLabel if answers.width() == 1 => answers.combine(weights),
            AveragingMode::VoteByLabel => vote(answers.values(), weights, examples.len()),
        };
        Ok(Predictions { values })
    }
}

/// The first member alone: what the single search recommends.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct TopOne;

impl Reuser for TopOne {
    fn predict(&self, examples: &Examples) -> Result<Predictions> {
        Ok(Predictions { values: examples.answers().values()[0].clone() })
    }
}

fn vote(answers: &[Matrix], weights: &[f64], rows: usize) -> Matrix {
    let mut labels = Matrix::zeros(rows, 1);
    let mut votes = vec![0.0; answers[0].columns()];
    for row in 0..rows {
        votes.fill(0.0);
        for (answer, weight) in answers.iter().zip(weights) {
            votes[first_largest(answer.row(row))] += weight;
        }
        let most = votes.iter().copied().fold(0.0, f64::max);
        let winner = votes.iter().position(|vote| *vote >= most - TIE).unwrap_or(0);
        labels.set(row, 0, winner as f64);
    }
    labels
}
