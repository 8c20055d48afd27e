//! A learnware's answers at its own reduced points, averaged around the place of a user's row.
//!
//! With the columns `M` that are matched, `E[f(Z) | Z_M = z]` under the learnware's weighted points is estimated by
//! kernel regression (Nadaraya 1964, Watson 1964). Mapping a row first and asking the model then gives
//! `f(E[Z | Z_M = z])` instead, which is another thing where `f` bends or columns are missing.

use super::TransportMap;
use super::{moments, shares};
use crate::hetero::columns::ColumnMatching;
use crate::numeric::Matrix;
use crate::specification::Rkme;

/// Width of the kernel: mean squared difference of standardised columns at which a point counts 1/e.
const WIDTH: f64 = 0.3;
/// Share that certainties leave to each matched column at least, so that one sure pair does not decide alone.
const CERTAINTY_FLOOR: f64 = 0.05;

/// Where the learnware's points lie among matched columns.
#[derive(Debug, Clone)]
pub struct LocalAnswers {
    place: TransportMap,
    /// Points x pairs, standardised.
    points: Matrix,
    shares: Vec<f64>,
    /// Weight of each pair; they sum to one.
    importance: Vec<f64>,
}

impl LocalAnswers {
    pub(super) fn new(learnware: &Rkme, matching: &ColumnMatching, place: TransportMap) -> Self {
        let shares = shares(learnware);
        let (means, deviations) = moments(learnware.points(), &shares);
        let mut points = Matrix::zeros(learnware.points().rows(), matching.pairs.len());
        for (index, row) in learnware.points().iter_rows().enumerate() {
            for (value, pair) in points.row_mut(index).iter_mut().zip(&matching.pairs) {
                let deviation = deviations[pair.other];
                *value =
                    if deviation > 0.0 { (row[pair.other] - means[pair.other]) / deviation } else { 0.0 };
            }
        }
        let total: f64 = matching.pairs.iter().map(|pair| pair.certainty + CERTAINTY_FLOOR).sum();
        let importance =
            matching.pairs.iter().map(|pair| (pair.certainty + CERTAINTY_FLOOR) / total).collect();
        Self { place, points, shares, importance }
    }

    /// Averages `answers` (points x outputs) for each of the user's rows.
    pub(super) fn predict(&self, rows: &Matrix, answers: &Matrix) -> Matrix {
        let mut out = Matrix::zeros(rows.rows(), answers.columns());
        let placed = self.place.matched(rows);
        let mut weights = vec![0.0; self.points.rows()];
        for (index, row) in placed.iter_rows().enumerate() {
            self.weigh(row, &mut weights);
            for (weight, answer) in weights.iter().zip(answers.iter_rows()) {
                out.row_mut(index).iter_mut().zip(answer).for_each(|(sum, value)| *sum += weight * value);
            }
        }
        out
    }

    /// The answer with most weight around each row, for answers that have no mean.
    pub(super) fn nearest(&self, rows: &Matrix, labels: &Matrix) -> Matrix {
        let mut out = Matrix::zeros(rows.rows(), 1);
        let placed = self.place.matched(rows);
        let mut weights = vec![0.0; self.points.rows()];
        for (index, row) in placed.iter_rows().enumerate() {
            self.weigh(row, &mut weights);
            let mut votes: Vec<(f64, f64)> = Vec::new();
            for (weight, &label) in weights.iter().zip(labels.as_slice()) {
                match votes.iter_mut().find(|vote| vote.0.to_bits() == label.to_bits()) {
                    Some(vote) => vote.1 += weight,
                    None => votes.push((label, *weight)),
                }
            }
            votes.sort_by(|a, b| b.1.total_cmp(&a.1).then(a.0.total_cmp(&b.0)));
            out.set(index, 0, votes[0].0);
        }
        out
    }

    /// Weights of the points around a standardised place; they sum to one.
    fn weigh(&self, row: &[f64], weights: &mut [f64]) {
        for (weight, point) in weights.iter_mut().zip(self.points.iter_rows()) {
            let parts = row.iter().zip(point).zip(&self.importance);
            *weight = parts.map(|((a, b), importance)| importance * (a - b) * (a - b)).sum();
        }
        let with_weight = weights.iter().zip(&self.shares).filter(|(_, share)| **share > 0.0);
        let least = with_weight.map(|(distance, _)| *distance).fold(f64::INFINITY, f64::min);
        let mut total = 0.0;
        for (weight, share) in weights.iter_mut().zip(&self.shares) {
            *weight = share * ((least - *weight) / WIDTH).exp().min(1.0);
            total += *weight;
        }
        for weight in weights {
            *weight /= total;
        }
    }
}
