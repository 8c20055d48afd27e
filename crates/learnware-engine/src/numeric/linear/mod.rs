//! Linear learners for few rows: ridge regression and multinomial logistic regression.
//!
//! Both are dense and meant for up to some thousand columns; neither treats missing values.

mod logistic;
mod ridge;

pub use logistic::{Logistic, PENALTIES, softmax};
pub use ridge::{ALPHAS, Ridge};

use super::Matrix;
use super::vector::dot;

/// Shift and factor for each column that give mean 0 and deviation 1 on the rows it was made from.
#[derive(Debug, Clone, PartialEq)]
pub struct Standardiser {
    means: Vec<f64>,
    factors: Vec<f64>,
}

impl Standardiser {
    /// Measures the columns of `rows`; constant columns become 0.
    pub fn new(rows: &Matrix) -> Self {
        let count = rows.rows().max(1) as f64;
        let mut means = vec![0.0; rows.columns()];
        for row in rows.iter_rows() {
            means.iter_mut().zip(row).for_each(|(sum, value)| *sum += value / count);
        }
        let mut variances = vec![0.0; rows.columns()];
        for row in rows.iter_rows() {
            for ((sum, value), mean) in variances.iter_mut().zip(row).zip(&means) {
                *sum += (value - mean) * (value - mean) / count;
            }
        }
        let factor = |(variance, mean): (&f64, &f64)| {
            let deviation = variance.sqrt();
            if deviation > 1e-9 * mean.abs().max(1e-300) { 1.0 / deviation } else { 0.0 }
        };
        let factors = variances.iter().zip(&means).map(factor).collect();
        Self { means, factors }
    }

    /// What is subtracted from each column.
    pub fn means(&self) -> &[f64] {
        &self.means
    }

    /// What each column is multiplied with after that.
    pub fn factors(&self) -> &[f64] {
        &self.factors
    }

    /// The scaled rows.
    #[must_use]
    pub fn apply(&self, rows: &Matrix) -> Matrix {
        let mut scaled = rows.clone();
        for index in 0..scaled.rows() {
            for ((value, mean), factor) in
                scaled.row_mut(index).iter_mut().zip(&self.means).zip(&self.factors)
            {
                *value = (*value - mean) * factor;
            }
        }
        scaled
    }
}

/// `X X'`.
fn outer(rows: &Matrix) -> Matrix {
    let mut gram = Matrix::zeros(rows.rows(), rows.rows());
    for i in 0..rows.rows() {
        for j in 0..=i {
            let product = dot(rows.row(i), rows.row(j));
            gram.set(i, j, product);
            gram.set(j, i, product);
        }
    }
    gram
}
