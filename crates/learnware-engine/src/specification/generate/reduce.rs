//! Points and weights that come near the rows, in the kernel's coordinates.

use crate::error::Result;
use crate::numeric::kernel::{self, Points, Pull, Shape};
use crate::numeric::lbfgs::{self, Limits};
use crate::numeric::random::Stream;
use crate::numeric::{Matrix, kmeans, quadratic};
use crate::specification::IslandKernel;

/// Rows in a cluster of the start, about.
const START_CLUSTER_ROWS: usize = 50;
/// Clusters of the start at most.
const START_CLUSTERS_MAX: usize = 32;
/// Added to the diagonal of the Gram matrix between rounds, as if the kernel had a part of no width: weights
/// stay even, so that no point is lost early (measured: docs/adr/0013-generation.md).
const EVEN_PART: f64 = 0.3;
/// The same for the final weights.
const EVEN_PART_FINAL: f64 = 0.03;

/// Points and weights while they are optimised.
pub(super) struct ScaledSet {
    count: usize,
    dimension: usize,
    coordinates: Vec<f64>,
    weights: Vec<f64>,
    shape: Shape,
}

impl ScaledSet {
    /// A start that knows no single row: points drawn from a mixture of normal distributions, one for each of
    /// a few large clusters.
    pub(super) fn start(
        rows: &Points<f32>,
        count: usize,
        kmeans_passes: usize,
        shape: Shape,
        stream: &mut Stream,
    ) -> Self {
        let dimension = rows.dimension();
        let clusters = (rows.count() / START_CLUSTER_ROWS).clamp(1, START_CLUSTERS_MAX);
        let (centres, sizes) = kmeans::centres(rows, clusters, kmeans_passes, stream);
        let mut deviations = vec![0.0; clusters * dimension];
        for (row, (cluster, _)) in kernel::nearest(rows, &centres).into_iter().enumerate() {
            let sums = &mut deviations[cluster * dimension..(cluster + 1) * dimension];
            for ((sum, &value), &centre) in sums.iter_mut().zip(rows.row(row)).zip(centres.row(cluster)) {
                *sum += f64::from(value - centre).powi(2);
            }
        }
        for (sums, &size) in deviations.chunks_exact_mut(dimension).zip(&sizes) {
            for sum in sums {
                *sum = (*sum / size.max(1) as f64).sqrt();
            }
        }
        let shares: Vec<f64> = sizes.iter().map(|&size| size as f64).collect();
        let mut coordinates = Vec::with_capacity(count * dimension);
        for _ in 0..count {
            let cluster = stream.weighted(&shares);
            let spread = &deviations[cluster * dimension..(cluster + 1) * dimension];
            for (&centre, deviation) in centres.row(cluster).iter().zip(spread) {
                coordinates.push(deviation.mul_add(stream.normal(), f64::from(centre)));
            }
        }
        Self { count, dimension, coordinates, weights: vec![1.0 / count as f64; count], shape }
    }

    /// The weights.
    pub(super) fn weights(&self) -> &[f64] {
        &self.weights
    }

    /// The points, rounded as they are when published.
    pub(super) fn points(&self) -> Points<f32> {
        self.single(&self.coordinates)
    }

    fn single(&self, coordinates: &[f64]) -> Points<f32> {
        let rows = coordinates.iter().map(|&v| v as f32).collect::<Vec<_>>();
        Points::from_rows(rows.len() / self.dimension, self.dimension, rows)
    }

    /// Rounds of moving the points and weighing them; `steps` are those of all rounds.
    pub(super) fn optimise(&mut self, rows: &Points<f32>, rounds: usize, steps: usize) {
        let share = vec![1.0 / rows.count() as f64; rows.count()];
        for round in 0..rounds {
            if round > 0 {
                let cross = kernel::cross_sums(&self.points(), rows, &share, self.shape);
                self.weigh(&cross, EVEN_PART);
            }
            self.move_points(rows, &share, steps / rounds + usize::from(round < steps % rounds));
        }
    }

    /// The best weights for the points as they are, from the kernel's mean over all rows at each point.
    pub(super) fn solve_weights(&mut self, cross: &[f64]) {
        self.weigh(cross, EVEN_PART_FINAL);
    }

    fn weigh(&mut self, cross: &[f64], even_part: f64) {
        let exact = Points::<f64>::from_rows(self.count, self.dimension, self.coordinates.clone());
        let mut gram = kernel::gram(&exact, &exact, self.shape);
        for i in 0..self.count {
            gram.set(i, i, gram.at(i, i) + even_part);
        }
        self.weights = quadratic::simplex_qp(&gram, cross).weights;
    }

    /// Moves the points downhill with the weights as they are. Points without weight stay. Each point's
    /// coordinates are multiplied by its weight, so that light points move as fast as heavy ones.
    fn move_points(&mut self, rows: &Points<f32>, share: &[f64], steps: usize) {
        let active: Vec<usize> = (0..self.count).filter(|&i| self.weights[i] > 0.0).collect();
        let weights: Vec<f64> = active.iter().map(|&i| self.weights[i]).collect();
        let scales: Vec<f64> = weights.iter().map(|weight| weight * weights.len() as f64).collect();
        let (d, shape) = (self.dimension, self.shape);
        let mut x = Vec::with_capacity(active.len() * d);
        for (&i, scale) in active.iter().zip(&scales) {
            x.extend(self.coordinates[i * d..(i + 1) * d].iter().map(|value| value * scale));
        }
        let objective = |x: &[f64], gradient: &mut [f64]| {
            let points = self.single(&unscaled(x, &scales, d));
            let within = kernel::pull(&points, &points, &weights, shape);
            let towards = kernel::pull(&points, rows, share, shape);
            objective(&weights, &scales, (&within, &towards), gradient)
        };
        // The first step moves each point by about a tenth of the typical distance (1) at most.
        let first_step = 0.1 * (weights.len() as f64).sqrt();
        let limits = Limits { iterations_max: steps, relative_fall_min: 1e-7, first_step };
        lbfgs::minimise(objective, &mut x, limits);
        let moved = unscaled(&x, &scales, d);
        for (point, &i) in moved.chunks_exact(d).zip(&active) {
            self.coordinates[i * d..(i + 1) * d].copy_from_slice(point);
        }
    }

    /// Moves one point.
    pub(super) fn place(&mut self, point: usize, coordinates: &[f64]) {
        let d = self.dimension;
        self.coordinates[point * d..(point + 1) * d].copy_from_slice(coordinates);
    }

    /// Leaves points out.
    pub(super) fn keep(&mut self, wanted: &[bool]) {
        let d = self.dimension;
        let kept: Vec<usize> = (0..self.count).filter(|&i| wanted[i]).collect();
        self.coordinates = kept.iter().flat_map(|&i| self.coordinates[i * d..(i + 1) * d].to_vec()).collect();
        self.weights = kept.iter().map(|&i| self.weights[i]).collect();
        self.count = kept.len();
    }

    /// The points in the units of the data; columns without spread keep their value.
    pub(super) fn unscaled(&self, kernel: &IslandKernel, means: &[f64]) -> Result<Matrix> {
        let unscale = |(place, value): (usize, &f64)| {
            let axis = place % self.dimension;
            let multiplier = kernel.multipliers[axis];
            if multiplier == 0.0 { means[axis] } else { value / multiplier + kernel.centre[axis] }
        };
        Matrix::new(self.count, self.dimension, self.coordinates.iter().enumerate().map(unscale).collect())
    }
}

/// Each point divided by its scale.
fn unscaled(x: &[f64], scales: &[f64], dimension: usize) -> Vec<f64> {
    let mut points = Vec::with_capacity(x.len());
    for (point, scale) in x.chunks_exact(dimension).zip(scales) {
        points.extend(point.iter().map(|value| value / scale));
    }
    points
}

/// `b'K b - 2 b'c` and its gradient by the scaled points.
fn objective(
    weights: &[f64],
    scales: &[f64],
    (within, towards): (&Pull, &Pull),
    gradient: &mut [f64],
) -> f64 {
    let dimension = towards.gradient.columns();
    let mut value = 0.0;
    for (i, (&weight, scale)) in weights.iter().zip(scales).enumerate() {
        value += weight * (within.sums[i] - 2.0 * towards.sums[i]);
        let slopes = &mut gradient[i * dimension..(i + 1) * dimension];
        let factor = 2.0 * weight / scale;
        for ((slope, w), t) in slopes.iter_mut().zip(within.gradient.row(i)).zip(towards.gradient.row(i)) {
            *slope = factor * (w - t);
        }
    }
    value
}
