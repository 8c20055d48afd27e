//! The plane in which points are drawn: the two directions in which those of several specifications differ most.

use learnware_engine::numeric::Matrix;
use learnware_engine::specification::{IslandKernel, Rkme};

/// Steps of the power iteration; directions need not be exact to the last digit.
const STEPS: usize = 200;

/// Coordinates are held within this many typical spreads, so that a rare value does not fill the picture.
const SPREADS_MAX: f64 = 3.0;

/// Points of the data's specification and of the team's, in the plane that shows most of them.
#[derive(Debug, Clone, Default)]
pub struct Picture {
    /// The data: place and weight.
    pub data: Vec<Dot>,
    /// The team, in its order.
    pub team: Vec<Vec<Dot>>,
    /// Share of the points' spread that the plane shows, 0 to 1.
    pub explained: f64,
}

/// A weighted point in the plane.
#[derive(Debug, Clone, Copy)]
pub struct Dot {
    /// Place.
    pub x: f64,
    /// Place.
    pub y: f64,
    /// Weight, 0 to 1.
    pub weight: f64,
}

/// Draws the points of the data's and the team's specifications.
pub fn draw(data: &Rkme, team: &[&Rkme]) -> Picture {
    let all: Vec<&Rkme> = std::iter::once(data).chain(team.iter().copied()).collect();
    let kernel = IslandKernel::pooled(all.iter().copied());
    let scaled: Vec<Matrix> = all.iter().map(|table| scale(table.points(), &kernel)).collect();
    let covariance = covariance(&all, &scaled);
    let first = direction(&covariance, None);
    let second = direction(&covariance, Some(&first));
    let dots = |place: usize| -> Vec<Dot> {
        let rows = scaled[place].iter_rows().zip(all[place].weights());
        rows.map(|(row, &weight)| Dot { x: dot(row, &first), y: dot(row, &second), weight }).collect()
    };
    let total: f64 = (0..covariance.rows()).map(|axis| covariance.at(axis, axis)).sum();
    let shown = spread(&covariance, &first) + spread(&covariance, &second);
    let explained = if total > 0.0 { (shown / total).clamp(0.0, 1.0) } else { 1.0 };
    Picture { data: dots(0), team: (1..all.len()).map(dots).collect(), explained }
}

/// Variance along a direction of length one.
fn spread(covariance: &Matrix, direction: &[f64]) -> f64 {
    covariance.iter_rows().zip(direction).map(|(row, share)| share * dot(row, direction)).sum()
}

fn scale(points: &Matrix, kernel: &IslandKernel) -> Matrix {
    let active = kernel.multipliers.iter().filter(|&&multiplier| multiplier > 0.0).count().max(1);
    // The kernel's unit is the typical distance of two rows; this is three spreads of one column in it.
    let bound = SPREADS_MAX / (2.0 * active as f64).sqrt();
    let mut scaled = points.clone();
    for row in 0..scaled.rows() {
        for (axis, value) in scaled.row_mut(row).iter_mut().enumerate() {
            *value = ((*value - kernel.centre[axis]) * kernel.multipliers[axis]).clamp(-bound, bound);
        }
    }
    scaled
}

/// Of all points, every specification counting the same.
fn covariance(all: &[&Rkme], scaled: &[Matrix]) -> Matrix {
    let d = scaled[0].columns();
    let share = 1.0 / all.len() as f64;
    let mut mean = vec![0.0; d];
    let mut covariance = Matrix::zeros(d, d);
    for (table, points) in all.iter().zip(scaled) {
        for (row, weight) in points.iter_rows().zip(table.weights()) {
            mean.iter_mut().zip(row).for_each(|(sum, value)| *sum += share * weight * value);
        }
    }
    for (table, points) in all.iter().zip(scaled) {
        for (row, weight) in points.iter_rows().zip(table.weights()) {
            for i in 0..d {
                let from_mean = share * weight * (row[i] - mean[i]);
                let sums = covariance.row_mut(i).iter_mut().zip(row).zip(&mean);
                sums.for_each(|((sum, value), mean)| *sum += from_mean * (value - mean));
            }
        }
    }
    covariance
}

/// The direction of the largest spread, at right angles to `other`.
fn direction(covariance: &Matrix, other: Option<&[f64]>) -> Vec<f64> {
    let d = covariance.rows();
    // A start that no symmetric data is at right angles to.
    let mut current: Vec<f64> = (0..d).map(|axis| 1.0 + axis as f64 / (7.0 + d as f64)).collect();
    for _ in 0..STEPS {
        let mut next: Vec<f64> = covariance.iter_rows().map(|row| dot(row, &current)).collect();
        if let Some(other) = other {
            let share = dot(&next, other);
            next.iter_mut().zip(other).for_each(|(value, other)| *value -= share * other);
        }
        let length = dot(&next, &next).sqrt();
        if length <= f64::MIN_POSITIVE {
            return vec![0.0; d];
        }
        current = next.into_iter().map(|value| value / length).collect();
    }
    current
}

fn dot(a: &[f64], b: &[f64]) -> f64 {
    a.iter().zip(b).map(|(a, b)| a * b).sum()
}
