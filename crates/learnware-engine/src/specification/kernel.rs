//! The kernel under which an island compares its specifications.
//!
//! The reference fixes `exp(-0.1 |x-y|^2)` on raw columns; on prices or dates that kernel sees nothing, and
//! in many dimensions it sees every pair as far apart (algorithms 3.3). Here the kernel belongs to the
//! island: columns are scaled by their spread over all of the island's specifications, and three widths
//! around the typical distance are averaged. It can be recomputed by anybody from the specifications.

use serde::{Deserialize, Serialize};

use super::RkmeTable;
use crate::numeric::Matrix;
use crate::numeric::kernel::{Points, Shape};

/// A spread below this part of the column's largest absolute value counts as constant.
const CONSTANT_SPREAD: f64 = 1e-9;

/// Centre, scale and shape of a kernel: `r = sum_j ((x_j - y_j) * multiplier_j)^2`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct IslandKernel {
    /// Taken away from every point before scaling; changes no distance.
    pub centre: Vec<f64>,
    /// Factor for each column; 0 for a column that is constant over the island.
    pub multipliers: Vec<f64>,
    /// What becomes of `r`.
    pub shape: Shape,
}

impl IslandKernel {
    /// The reference's kernel `exp(-gamma |x-y|^2)` on raw columns.
    pub fn reference(dimension: usize, gamma: f64) -> Self {
        Self {
            centre: vec![0.0; dimension],
            multipliers: vec![gamma.sqrt(); dimension],
            shape: Shape::Gaussian,
        }
    }

    /// The kernel for columns with the given means and standard deviations: the typical `r` is 1.
    pub fn scaled(means: &[f64], deviations: &[f64]) -> Self {
        let active = |(mean, deviation): (&f64, &f64)| {
            *deviation > CONSTANT_SPREAD * mean.abs().max(f64::MIN_POSITIVE)
        };
        let count = means.iter().zip(deviations).filter(|&pair| active(pair)).count().max(1);
        // Two independent rows differ by 2 deviations^2 in each column on average.
        let width = 1.0 / (2.0 * count as f64).sqrt();
        let multipliers = means
            .iter()
            .zip(deviations)
            .map(|pair| if active(pair) { width / pair.1 } else { 0.0 })
            .collect();
        Self { centre: means.to_vec(), multipliers, shape: Shape::ThreeScale }
    }

    /// The kernel of an island: every specification counts the same, whatever its number of rows. There
    /// must be at least one; all have one dimension.
    pub fn pooled<'a>(specifications: impl Iterator<Item = &'a RkmeTable> + Clone) -> Self {
        let mut first = specifications.clone();
        let dimension = first.next().map_or(0, RkmeTable::dimension);
        let count = specifications.clone().count().max(1) as f64;
        let mut means = vec![0.0; dimension];
        for specification in specifications.clone() {
            let (mean, _) = specification.moments();
            means.iter_mut().zip(mean).for_each(|(sum, mean)| *sum += mean / count);
        }
        let mut variances = vec![0.0; dimension];
        for specification in specifications {
            let (mean, variance) = specification.moments();
            for (axis, sum) in variances.iter_mut().enumerate() {
                let between = mean[axis] - means[axis];
                *sum += between.mul_add(between, variance[axis]) / count;
            }
        }
        let deviations: Vec<f64> = variances.iter().map(|variance| variance.max(0.0).sqrt()).collect();
        Self::scaled(&means, &deviations)
    }

    /// Points in the kernel's own coordinates, where `r` is the squared distance.
    pub fn prepare<T: crate::numeric::real::Real>(&self, points: &Matrix) -> Points<T> {
        Points::centred(points, &self.centre, &self.multipliers)
    }
}
