//! A reduced kernel mean embedding from data (Wu, Xu, Liu and Zhou, arXiv 2001.07135).
//!
//! Minimises the exact objective `|1/N sum_n k(x_n, .) - sum_i beta_i k(z_i, .)|^2` over points and weights
//! in turn: k-means start, simplex QP for the weights, L-BFGS with the true gradient for the points. Works
//! in columns scaled by their own spread; points come back in the units of the data.

use super::{IslandKernel, Rkme};
use crate::error::{EngineError, Result};
use crate::numeric::kernel::{self, Points, Pull, Shape};
use crate::numeric::lbfgs::{self, Limits};
use crate::numeric::random::Stream;
use crate::numeric::{Matrix, kmeans, quadratic};

/// Numbers in a reduced set at most, as in the reference; more columns mean fewer points.
const NUMBERS_MAX: usize = 1_310_720;
/// Points that remain however many columns there are.
const POINTS_MIN: usize = 20;

/// How a specification is made.
#[derive(Debug, Clone, PartialEq)]
pub struct RkmeParameters {
    /// Points wanted; fewer when there are not more rows than that, or very many columns.
    pub reduced_set_size: usize,
    /// Kernel width written into the file, under which the reference compares it.
    pub gamma: f64,
    /// Seed of everything random.
    pub seed: u64,
    /// Passes of k-means for the start.
    pub kmeans_passes: usize,
    /// Rounds of weights and points.
    pub rounds: usize,
    /// Steps on the points in each round.
    pub steps: usize,
    /// Rows on which the points are moved; the final weights see all rows.
    pub rows_max: usize,
}

impl Default for RkmeParameters {
    fn default() -> Self {
        Self {
            reduced_set_size: 100,
            gamma: 0.1,
            seed: 0,
            kmeans_passes: 3,
            rounds: 2,
            steps: 5,
            rows_max: 4096,
        }
    }
}

/// How many points the reference makes of `rows` rows of `columns` columns when `wanted` are asked for.
pub fn reduced_set_size(wanted: usize, rows: usize, columns: usize) -> usize {
    let mut size = wanted;
    if size.saturating_mul(columns) > NUMBERS_MAX {
        size = POINTS_MIN.max(NUMBERS_MAX / columns.max(1));
    }
    if size >= rows { (rows * 2 / 3).max(1) } else { size }
}

impl Rkme {
    /// Makes the specification of `data` (rows x columns, finite). Same seed, same bytes.
    pub fn generate(data: &Matrix, parameters: &RkmeParameters) -> Result<Self> {
        if data.rows() == 0 || data.columns() == 0 {
            return Err(EngineError::Empty { what: "the data" });
        }
        if parameters.reduced_set_size == 0 {
            return Err(EngineError::Parameter {
                name: "reduced_set_size",
                wanted: "at least 1",
                found: "0".into(),
            });
        }
        data.require_finite()?;
        let size = reduced_set_size(parameters.reduced_set_size, data.rows(), data.columns());
        let (means, deviations) = column_moments(data);
        let kernel = IslandKernel::scaled(&means, &deviations);
        let mut stream = Stream::new(parameters.seed);
        let sample = stream.sample(data.rows(), parameters.rows_max.max(4 * size));
        let whole = sample.len() == data.rows();
        let part: Points<f32> =
            if whole { kernel.prepare(data) } else { kernel.prepare(&data.select_rows(&sample)) };
        let (start, _) = kmeans::centres(&part, size, parameters.kmeans_passes, &mut stream);
        let mut set = ScaledSet::new(&start, kernel.shape);
        let share = vec![1.0 / part.count() as f64; part.count()];
        for _ in 0..parameters.rounds {
            set.solve_weights(&part, &share);
            set.move_points(&part, &share, parameters.steps);
        }
        let all;
        let (rows, share) = if whole {
            (&part, share)
        } else {
            all = kernel.prepare::<f32>(data);
            (&all, vec![1.0 / data.rows() as f64; data.rows()])
        };
        set.solve_weights(rows, &share);
        let points = set.unscaled(&kernel, &means)?;
        Self::new(points, set.weights, parameters.gamma, data.rows())
    }
}

/// Mean and standard deviation of each column.
pub fn column_moments(data: &Matrix) -> (Vec<f64>, Vec<f64>) {
    let rows = data.rows().max(1) as f64;
    let mut means = vec![0.0; data.columns()];
    for row in data.iter_rows() {
        means.iter_mut().zip(row).for_each(|(sum, value)| *sum += value / rows);
    }
    let mut variances = vec![0.0; data.columns()];
    for row in data.iter_rows() {
        for ((sum, value), mean) in variances.iter_mut().zip(row).zip(&means) {
            *sum += (value - mean) * (value - mean) / rows;
        }
    }
    (means, variances.into_iter().map(f64::sqrt).collect())
}

/// Points and weights in the kernel's coordinates while they are optimised.
struct ScaledSet {
    count: usize,
    dimension: usize,
    coordinates: Vec<f64>,
    weights: Vec<f64>,
    shape: Shape,
}

impl ScaledSet {
    fn new(start: &Points<f32>, shape: Shape) -> Self {
        let (count, dimension) = (start.count(), start.dimension());
        let coordinates = (0..count).flat_map(|i| start.row(i).iter().map(|&v| f64::from(v))).collect();
        Self { count, dimension, coordinates, weights: vec![1.0 / count as f64; count], shape }
    }

    fn points(&self, coordinates: &[f64]) -> Points<f32> {
        Points::from_rows(self.count, self.dimension, coordinates.iter().map(|&v| v as f32).collect())
    }

    /// The best weights for the points as they are.
    fn solve_weights(&mut self, data: &Points<f32>, share: &[f64]) {
        let points = self.points(&self.coordinates);
        let exact = Points::<f64>::from_rows(self.count, self.dimension, self.coordinates.clone());
        let gram = kernel::gram(&exact, &exact, self.shape);
        let cross = kernel::cross_sums(&points, data, share, self.shape);
        self.weights = quadratic::simplex_qp(&gram, &cross).weights;
    }

    /// Moves the points downhill with the weights as they are. Points without weight stay.
    fn move_points(&mut self, data: &Points<f32>, share: &[f64], steps: usize) {
        let active: Vec<usize> = (0..self.count).filter(|&i| self.weights[i] > 0.0).collect();
        let weights: Vec<f64> = active.iter().map(|&i| self.weights[i]).collect();
        let d = self.dimension;
        let mut x: Vec<f64> =
            active.iter().flat_map(|&i| self.coordinates[i * d..(i + 1) * d].to_vec()).collect();
        let shape = self.shape;
        let objective = |x: &[f64], gradient: &mut [f64]| {
            let points = Points::from_rows(weights.len(), d, x.iter().map(|&v| v as f32).collect());
            let within = kernel::pull(&points, &points, &weights, shape);
            let towards = kernel::pull(&points, data, share, shape);
            objective(&weights, &within, &towards, gradient)
        };
        // The first step moves each point by about a tenth of the typical distance (1) at most.
        let first_step = 0.1 * (weights.len() as f64).sqrt();
        let limits = Limits { iterations_max: steps, relative_fall_min: 1e-7, first_step };
        lbfgs::minimise(objective, &mut x, limits);
        for (place, &i) in active.iter().enumerate() {
            self.coordinates[i * d..(i + 1) * d].copy_from_slice(&x[place * d..(place + 1) * d]);
        }
    }

    /// The points in the units of the data; columns without spread keep their value.
    fn unscaled(&self, kernel: &IslandKernel, means: &[f64]) -> Result<Matrix> {
        let unscale = |(place, value): (usize, &f64)| {
            let axis = place % self.dimension;
            let multiplier = kernel.multipliers[axis];
            if multiplier == 0.0 { means[axis] } else { value / multiplier + means[axis] }
        };
        Matrix::new(self.count, self.dimension, self.coordinates.iter().enumerate().map(unscale).collect())
    }
}

/// `b'K b - 2 b'c` and its gradient by the points.
fn objective(weights: &[f64], within: &Pull, towards: &Pull, gradient: &mut [f64]) -> f64 {
    let dimension = towards.gradient.columns();
    let mut value = 0.0;
    for (i, &weight) in weights.iter().enumerate() {
        value += weight * (within.sums[i] - 2.0 * towards.sums[i]);
        let slopes = &mut gradient[i * dimension..(i + 1) * dimension];
        for ((slope, w), t) in slopes.iter_mut().zip(within.gradient.row(i)).zip(towards.gradient.row(i)) {
            *slope = 2.0 * weight * (w - t);
        }
    }
    value
}
