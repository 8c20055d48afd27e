//! The reference's own algorithm, for whoever needs its exact numbers.
//!
//! Raw columns, one fixed kernel width, and a step on the points whose gradient misses a factor 2 in its
//! first term, so that it hardly helps. Only the k-means start differs: the reference's is unseeded.

use super::generate::{column_moments, reduced_set_size};
use super::{IslandKernel, Rkme};
use crate::error::{EngineError, Result};
use crate::numeric::cholesky::Cholesky;
use crate::numeric::kernel::{self, Points, Shape};
use crate::numeric::random::Stream;
use crate::numeric::{Matrix, kmeans, quadratic};

/// Passes of Lloyd's algorithm, as in the reference.
const KMEANS_PASSES: usize = 100;
/// Added to the diagonal where weights may be negative, as in the reference.
const RIDGE: f64 = 1e-5;

/// The reference's parameters with its defaults.
#[derive(Debug, Clone, PartialEq)]
pub struct ReferenceParameters {
    /// Points wanted.
    pub reduced_set_size: usize,
    /// Kernel width.
    pub gamma: f64,
    /// Length of a step on the points.
    pub step_size: f64,
    /// Number of steps.
    pub steps: usize,
    /// Whether weights are kept non-negative with sum one.
    pub nonnegative_weights: bool,
    /// Seed of the k-means start.
    pub seed: u64,
}

impl Default for ReferenceParameters {
    fn default() -> Self {
        Self {
            reduced_set_size: 100,
            gamma: 0.1,
            step_size: 0.1,
            steps: 3,
            nonnegative_weights: true,
            seed: 0,
        }
    }
}

/// Replaces what is not finite by the mean of its column, as the reference does; a column without any finite
/// value is refused.
pub fn fill_with_means(data: &Matrix) -> Result<Matrix> {
    let mut filled = data.clone();
    for column in 0..data.columns() {
        let finite: Vec<f64> = data.column(column).into_iter().filter(|value| value.is_finite()).collect();
        if finite.is_empty() && data.rows() > 0 {
            return Err(EngineError::NonFinite { column, row: 0 });
        }
        let mean = finite.iter().sum::<f64>() / finite.len() as f64;
        for row in 0..data.rows() {
            if !data.at(row, column).is_finite() {
                filled.set(row, column, mean);
            }
        }
    }
    Ok(filled)
}

/// Makes a specification as the reference does from `data` (rows x columns; not finite means missing).
pub fn generate(data: &Matrix, parameters: &ReferenceParameters) -> Result<Rkme> {
    if data.rows() == 0 || data.columns() == 0 {
        return Err(EngineError::Empty { what: "the data" });
    }
    let data = fill_with_means(data)?;
    let size = reduced_set_size(parameters.reduced_set_size, data.rows(), data.columns());
    let (centre, _) = column_moments(&data);
    let one = vec![1.0; data.columns()];
    let rows = Points::<f32>::centred(&data, &centre, &one);
    let mut stream = Stream::new(parameters.seed);
    let (centres, _) = kmeans::centres(&rows, size, KMEANS_PASSES, &mut stream);
    let start = (0..size).flat_map(|i| centres.row(i).iter().zip(&centre).map(|(&v, c)| f64::from(v) + c));
    refine(&data, &Matrix::new(size, data.columns(), start.collect())?, parameters)
}

/// The reference's weights and steps from a given start; `data` is finite.
pub fn refine(data: &Matrix, start: &Matrix, parameters: &ReferenceParameters) -> Result<Rkme> {
    let kernel = IslandKernel::reference(data.columns(), parameters.gamma);
    let rows = kernel.prepare::<f64>(data);
    let share = vec![1.0 / data.rows() as f64; data.rows()];
    let mut points = start.clone();
    let mut weights = solve_weights(&kernel.prepare(&points), &rows, &share, parameters);
    for _ in 0..parameters.steps {
        let scaled = kernel.prepare::<f64>(&points);
        let within = kernel::pull(&scaled, &scaled, &weights, Shape::Gaussian);
        let towards = kernel::pull(&scaled, &rows, &share, Shape::Gaussian);
        for (i, weight) in weights.iter().enumerate() {
            for (axis, value) in points.row_mut(i).iter_mut().enumerate() {
                // Reference quirk: the first term has half its true length.
                let slope = weight * (within.gradient.at(i, axis) - 2.0 * towards.gradient.at(i, axis));
                *value -= parameters.step_size * slope * parameters.gamma.sqrt();
            }
        }
        weights = solve_weights(&kernel.prepare(&points), &rows, &share, parameters);
    }
    Rkme::new(points, weights, parameters.gamma, data.rows())
}

fn solve_weights(
    points: &Points<f64>,
    rows: &Points<f64>,
    share: &[f64],
    parameters: &ReferenceParameters,
) -> Vec<f64> {
    let mut gram = kernel::gram(points, points, Shape::Gaussian);
    let cross = kernel::row_sums(points, rows, share, Shape::Gaussian);
    if parameters.nonnegative_weights {
        return quadratic::simplex_qp(&gram, &cross).weights;
    }
    for i in 0..gram.rows() {
        gram.set(i, i, gram.at(i, i) + RIDGE);
    }
    Cholesky::with_jitter(&gram, 0.0).solve(&cross)
}
