//! The reduced kernel mean embedding of table rows: a weighted point set.

use crate::error::{EngineError, Result};
use crate::numeric::Matrix;

/// How far the sum of the weights of a specification may be from one.
const WEIGHT_SUM_SLACK: f64 = 0.2;

/// A weighted point set that stands for the distribution of table rows (arXiv 2001.07135).
///
/// Points are in the units of the model's inputs; `gamma` is the kernel width `exp(-gamma |x-y|^2)` under
/// which the reference compares it.
#[derive(Debug, Clone, PartialEq)]
pub struct Rkme {
    points: Matrix,
    weights: Vec<f64>,
    gamma: f64,
    row_count: usize,
    sample_shape: Vec<usize>,
}

impl Rkme {
    /// Puts a specification together from points (K x d), K weights, kernel width and the number of rows it
    /// was made from. Refuses non-finite numbers, no points, and weights of another number.
    pub fn new(points: Matrix, weights: Vec<f64>, gamma: f64, row_count: usize) -> Result<Self> {
        let sample_shape = vec![points.columns()];
        if points.rows() == 0 || points.columns() == 0 {
            return Err(EngineError::Empty { what: "the reduced set" });
        }
        if weights.len() != points.rows() {
            return Err(EngineError::Format {
                format: "RKME specification",
                reason: format!("{} points (z), but {} weights (beta)", points.rows(), weights.len()),
            });
        }
        points.require_finite()?;
        if let Some(place) = weights.iter().position(|weight| !weight.is_finite()) {
            return Err(EngineError::Format {
                format: "RKME specification",
                reason: format!("weight {place} (beta) is not finite"),
            });
        }
        if !(gamma.is_finite() && gamma > 0.0) {
            return Err(EngineError::Parameter {
                name: "gamma",
                wanted: "a positive number",
                found: gamma.to_string(),
            });
        }
        Ok(Self { points, weights, gamma, row_count, sample_shape })
    }

    /// The same specification for samples that had more than one axis.
    pub fn with_sample_shape(mut self, sample_shape: Vec<usize>) -> Result<Self> {
        if sample_shape.iter().product::<usize>() != self.points.columns() {
            return Err(EngineError::Shape {
                what: "numbers in a sample",
                expected: self.points.columns().to_string(),
                found: format!("{sample_shape:?}"),
            });
        }
        self.sample_shape = sample_shape;
        Ok(self)
    }

    /// The points, K x d.
    pub fn points(&self) -> &Matrix {
        &self.points
    }

    /// The K weights; non-negative with sum one where this engine made them.
    pub fn weights(&self) -> &[f64] {
        &self.weights
    }

    /// Whether the weights sum to one as nearly as those of an unconstrained reduced set do, some of which are negative
    /// (the reference's `nonnegative_beta=False`). Distances to others mean nothing.
    pub fn describes_distribution(&self) -> bool {
        let sum: f64 = self.weights.iter().sum();
        (sum - 1.0).abs() <= WEIGHT_SUM_SLACK
    }

    /// Kernel width.
    pub fn gamma(&self) -> f64 {
        self.gamma
    }

    /// Number of rows it was made from; 0 when unknown.
    pub fn row_count(&self) -> usize {
        self.row_count
    }

    /// Shape of one sample as in the file, usually `[d]`.
    pub fn sample_shape(&self) -> &[usize] {
        &self.sample_shape
    }

    /// Number of model inputs.
    pub fn dimension(&self) -> usize {
        self.points.columns()
    }

    /// Weighted mean and variance of each column.
    pub fn moments(&self) -> (Vec<f64>, Vec<f64>) {
        let total: f64 = self.weights.iter().sum();
        let share: Vec<f64> = if total.abs() > f64::MIN_POSITIVE {
            self.weights.iter().map(|weight| weight / total).collect()
        } else {
            vec![1.0 / self.weights.len() as f64; self.weights.len()]
        };
        let mut means = vec![0.0; self.dimension()];
        for (row, share) in self.points.iter_rows().zip(&share) {
            means.iter_mut().zip(row).for_each(|(sum, value)| *sum += share * value);
        }
        let mut variances = vec![0.0; self.dimension()];
        for (row, share) in self.points.iter_rows().zip(&share) {
            for ((sum, value), mean) in variances.iter_mut().zip(row).zip(&means) {
                *sum += share * (value - mean) * (value - mean);
            }
        }
        (means, variances)
    }
}
