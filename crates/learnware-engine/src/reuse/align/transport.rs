//! Matched columns by transport of their marginals; the others by what the learnware's specification expects.
//!
//! A matched column moves by the transport of least cost between two distributions on a line, which is the monotone
//! one: a value goes to the learnware's value of the same quantile (Santambrogio, Optimal Transport for Applied
//! Mathematicians, 2015, theorem 2.5). A column that nothing was matched with gets the ridge regression on the
//! matched ones under the learnware's own weighted points, which is its conditional mean as far as it is linear.

use super::{correlations, moments, shares};
use crate::hetero::columns::ColumnMatching;
use crate::numeric::Matrix;
use crate::numeric::cholesky::Cholesky;
use crate::specification::Rkme;

/// Added to the correlation matrix of matched columns: they are matched with doubt.
pub(super) const RIDGE: f64 = 0.1;
/// Knots of a monotone map.
const KNOTS_MAX: usize = 65;

/// How a matched column moves.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Marginals {
    /// To the same quantile; beyond the user's points, to the learnware's last.
    Monotone,
    /// By mean and deviation.
    Affine,
}

/// From the user's rows to the learnware's.
#[derive(Debug, Clone)]
pub struct TransportMap {
    /// For each pair: the user's column and how its values become standardised values of the learnware's.
    moves: Vec<(usize, Move)>,
    /// Matched columns x the learnware's columns: from standardised matched values to standardised values.
    spread: Matrix,
    means: Vec<f64>,
    deviations: Vec<f64>,
}

#[derive(Debug, Clone)]
enum Move {
    Affine {
        centre: f64,
        factor: f64,
    },
    /// Increasing places with their images.
    Knots(Vec<(f64, f64)>),
}

impl TransportMap {
    /// Fits the map for a matching with pairs that are there.
    pub(super) fn fit(
        user: &Rkme,
        learnware: &Rkme,
        matching: &ColumnMatching,
        marginals: Marginals,
    ) -> Self {
        let (own, other) = (shares(user), shares(learnware));
        let (user_means, user_deviations) = moments(user.points(), &own);
        let (means, deviations) = moments(learnware.points(), &other);
        let moved = |pair: &crate::hetero::columns::ColumnPair| {
            let (from, to) = (pair.user, pair.other);
            let step = match marginals {
                Marginals::Affine => Move::Affine {
                    centre: user_means[from],
                    factor: if user_deviations[from] > 0.0 { 1.0 / user_deviations[from] } else { 0.0 },
                },
                Marginals::Monotone => {
                    let scaled = |value: f64| {
                        if deviations[to] > 0.0 { (value - means[to]) / deviations[to] } else { 0.0 }
                    };
                    let target: Vec<f64> = learnware.points().column(to).into_iter().map(scaled).collect();
                    Move::monotone(&user.points().column(from), &own, &target, &other)
                }
            };
            (from, step)
        };
        let matched: Vec<usize> = matching.pairs.iter().map(|pair| pair.other).collect();
        Self {
            moves: matching.pairs.iter().map(moved).collect(),
            spread: spread(learnware, &other, (&means, &deviations), &matched),
            means,
            deviations,
        }
    }

    /// Rows x the learnware's columns.
    pub(super) fn apply(&self, rows: &Matrix) -> Matrix {
        filled(&self.matched(rows), &self.spread, &self.means, &self.deviations)
    }

    /// The matched columns' values as standardised values of the learnware, rows x pairs.
    pub(super) fn matched(&self, rows: &Matrix) -> Matrix {
        let mut out = Matrix::zeros(rows.rows(), self.moves.len());
        for (index, row) in rows.iter_rows().enumerate() {
            for (value, (from, step)) in out.row_mut(index).iter_mut().zip(&self.moves) {
                *value = step.apply(row[*from]);
            }
        }
        out
    }
}

impl Move {
    /// Through the points of equal quantile, levels taken in the middle of each weight.
    fn monotone(from: &[f64], own: &[f64], to: &[f64], other: &[f64]) -> Self {
        let (from, to) = (quantiles(from, own), quantiles(to, other));
        let stride = from.len().div_ceil(KNOTS_MAX).max(1);
        let last = from.len() - 1;
        let mut knots: Vec<(f64, f64)> = Vec::new();
        for (place, &(level, value)) in from.iter().enumerate() {
            if place % stride == 0 || place == last {
                knots.push((value, interpolated(&to, level)));
            }
        }
        // Equal values of the user go to the middle of where their quantiles go.
        let mut merged: Vec<(f64, f64, f64)> = Vec::new();
        for (value, image) in knots {
            match merged.last_mut() {
                Some(last) if last.0 >= value => {
                    last.1 += image;
                    last.2 += 1.0;
                }
                _ => merged.push((value, image, 1.0)),
            }
        }
        Self::Knots(merged.into_iter().map(|(value, sum, count)| (value, sum / count)).collect())
    }

    fn apply(&self, value: f64) -> f64 {
        match self {
            Self::Affine { centre, factor } => (value - centre) * factor,
            Self::Knots(knots) => interpolated(knots, value),
        }
    }
}

/// From standardised matched values to standardised values of every column: the identity for matched columns,
/// ridge regression for the others.
pub(super) fn spread(
    learnware: &Rkme,
    shares: &[f64],
    (means, deviations): (&[f64], &[f64]),
    matched: &[usize],
) -> Matrix {
    let all: Vec<usize> = (0..learnware.dimension()).collect();
    let within = correlations(learnware.points(), shares, (means, deviations), matched, matched);
    let towards = correlations(learnware.points(), shares, (means, deviations), matched, &all);
    let mut spread = Matrix::zeros(matched.len(), all.len());
    if matched.is_empty() {
        return spread;
    }
    let mut shifted = within;
    for i in 0..matched.len() {
        shifted.set(i, i, shifted.at(i, i) + RIDGE);
    }
    let factor = Cholesky::new(&shifted).unwrap_or_else(|| Cholesky::with_jitter(&shifted, 1e-9));
    for column in all {
        let weights = match matched.iter().position(|&one| one == column) {
            Some(place) => (0..matched.len()).map(|one| f64::from(one == place)).collect(),
            None => factor.solve(&towards.column(column)),
        };
        weights.into_iter().enumerate().for_each(|(place, weight)| spread.set(place, column, weight));
    }
    spread
}

/// Standardised matched values (rows x pairs) as rows of the learnware.
pub(super) fn filled(matched: &Matrix, spread: &Matrix, means: &[f64], deviations: &[f64]) -> Matrix {
    let mut out = Matrix::zeros(matched.rows(), spread.columns());
    for (index, values) in matched.iter_rows().enumerate() {
        let row = out.row_mut(index);
        for (value, weights) in values.iter().zip(spread.iter_rows()) {
            row.iter_mut().zip(weights).for_each(|(sum, weight)| *sum += value * weight);
        }
        for ((value, mean), deviation) in row.iter_mut().zip(means).zip(deviations) {
            *value = mean + deviation * *value;
        }
    }
    out
}

/// Level in the middle of each value's weight, with the value; increasing in both.
fn quantiles(values: &[f64], shares: &[f64]) -> Vec<(f64, f64)> {
    let mut order: Vec<usize> = (0..values.len()).filter(|&place| shares[place] > 0.0).collect();
    order.sort_by(|&a, &b| values[a].total_cmp(&values[b]));
    let mut passed = 0.0;
    let with_level = |place: usize| {
        let level = passed + 0.5 * shares[place];
        passed += shares[place];
        (level, values[place])
    };
    order.into_iter().map(with_level).collect()
}

/// Linear between knots, constant outside.
fn interpolated(knots: &[(f64, f64)], at: f64) -> f64 {
    let after = knots.partition_point(|knot| knot.0 <= at);
    match (after.checked_sub(1).map(|place| knots[place]), knots.get(after)) {
        (None, None) => 0.0,
        (None, Some(&(_, image))) | (Some((_, image)), None) => image,
        (Some((left, low)), Some(&(right, high))) => low + (high - low) * ((at - left) / (right - left)),
    }
}
