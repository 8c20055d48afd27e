//! Matched columns together by the optimal transport of normal distributions.
//!
//! Between `N(m, S)` and `N(m', S')` the map of least cost is `x -> m' + A (x - m)` with
//! `A = S^-1/2 (S^1/2 S' S^1/2)^1/2 S^-1/2` (Dowson and Landau, Journal of Multivariate Analysis 1982). On
//! standardised columns `S` and `S'` are correlations; a ridge keeps both away from singular.

use super::transport::{RIDGE, filled, spread};
use super::{correlations, moments, shares};
use crate::hetero::columns::ColumnMatching;
use crate::numeric::Matrix;
use crate::numeric::symmetric::Eigen;
use crate::specification::Rkme;

/// From the user's rows to the learnware's.
#[derive(Debug, Clone)]
pub struct GaussianMap {
    /// For each pair the user's column, its mean and one over its deviation.
    scales: Vec<(usize, f64, f64)>,
    /// Pairs x the learnware's columns.
    spread: Matrix,
    means: Vec<f64>,
    deviations: Vec<f64>,
}

impl GaussianMap {
    /// Fits the map for a matching with pairs that are there.
    pub(super) fn fit(user: &Rkme, learnware: &Rkme, matching: &ColumnMatching) -> Self {
        let (own, other) = (shares(user), shares(learnware));
        let (user_means, user_deviations) = moments(user.points(), &own);
        let (means, deviations) = moments(learnware.points(), &other);
        let from: Vec<usize> = matching.pairs.iter().map(|pair| pair.user).collect();
        let to: Vec<usize> = matching.pairs.iter().map(|pair| pair.other).collect();
        let here = ridged(correlations(user.points(), &own, (&user_means, &user_deviations), &from, &from));
        let there = ridged(correlations(learnware.points(), &other, (&means, &deviations), &to, &to));
        let root = power(&here, 0.5);
        let inverse = power(&here, -0.5);
        let middle = power(&product(&product(&root, &there), &root), 0.5);
        let turn = product(&product(&inverse, &middle), &inverse);
        let spread = spread(learnware, &other, (&means, &deviations), &to);
        let inverse_of = |deviation: f64| if deviation > 0.0 { 1.0 / deviation } else { 0.0 };
        let scale = |&column: &usize| (column, user_means[column], inverse_of(user_deviations[column]));
        Self { scales: from.iter().map(scale).collect(), spread: product(&turn, &spread), means, deviations }
    }

    /// Rows x the learnware's columns.
    pub(super) fn apply(&self, rows: &Matrix) -> Matrix {
        let mut scaled = Matrix::zeros(rows.rows(), self.scales.len());
        for (index, row) in rows.iter_rows().enumerate() {
            for (value, (column, mean, factor)) in scaled.row_mut(index).iter_mut().zip(&self.scales) {
                *value = (row[*column] - mean) * factor;
            }
        }
        filled(&scaled, &self.spread, &self.means, &self.deviations)
    }
}

fn ridged(mut matrix: Matrix) -> Matrix {
    for i in 0..matrix.rows() {
        matrix.set(i, i, matrix.at(i, i) + RIDGE);
    }
    matrix
}

/// A power of a symmetric matrix without negative eigenvalues.
fn power(matrix: &Matrix, exponent: f64) -> Matrix {
    let eigen = Eigen::new(matrix);
    let mut out = Matrix::zeros(matrix.rows(), matrix.columns());
    for (vector, value) in eigen.vectors.iter_rows().zip(&eigen.values) {
        // Rounding may leave a tiny negative value.
        let value = value.max(1e-9).powf(exponent);
        for (i, a) in vector.iter().enumerate() {
            out.row_mut(i).iter_mut().zip(vector).for_each(|(sum, b)| *sum += value * a * b);
        }
    }
    out
}

fn product(left: &Matrix, right: &Matrix) -> Matrix {
    let mut out = Matrix::zeros(left.rows(), right.columns());
    for (i, row) in left.iter_rows().enumerate() {
        for (value, other) in row.iter().zip(right.iter_rows()) {
            out.row_mut(i).iter_mut().zip(other).for_each(|(sum, b)| *sum += value * b);
        }
    }
    out
}
