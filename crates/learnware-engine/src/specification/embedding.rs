//! A specification ready for comparison under one kernel: inner products and distances.

use super::{IslandKernel, Rkme};
use crate::numeric::kernel::Number;
use crate::numeric::kernel::{self, Points, Shape};

/// A weighted point set in a kernel's own coordinates, with its squared norm.
#[derive(Debug, Clone)]
pub struct Embedding<T> {
    points: Points<T>,
    weights: Vec<f64>,
    shape: Shape,
    norm_squared: f64,
}

impl<T: Number> Embedding<T> {
    /// Prepares a specification for `kernel`, which must be of its dimension.
    pub fn new(specification: &Rkme, kernel: &IslandKernel) -> Self {
        let points = kernel.prepare(specification.points());
        Self::from_points(points, specification.weights().to_vec(), kernel.shape)
    }

    /// Puts an embedding together from scaled points and their weights.
    pub fn from_points(points: Points<T>, weights: Vec<f64>, shape: Shape) -> Self {
        let norm_squared = kernel::inner_product((&points, &weights), (&points, &weights), shape);
        Self { points, weights, shape, norm_squared }
    }

    /// The same where the squared norm is known, which takes most of the time.
    pub fn from_parts(points: Points<T>, weights: Vec<f64>, shape: Shape, norm_squared: f64) -> Self {
        Self { points, weights, shape, norm_squared }
    }

    /// `<a, a>`.
    pub fn norm_squared(&self) -> f64 {
        self.norm_squared
    }

    /// The points in the kernel's coordinates.
    pub fn points(&self) -> &Points<T> {
        &self.points
    }

    /// The weights.
    pub fn weights(&self) -> &[f64] {
        &self.weights
    }

    /// What the kernel does with distances.
    pub fn shape(&self) -> Shape {
        self.shape
    }

    /// `<a, b> = sum_ij a_i b_j k(x_i, y_j)`. Both must be prepared for one kernel.
    pub fn inner_product(&self, other: &Self) -> f64 {
        kernel::inner_product((&self.points, &self.weights), (&other.points, &other.weights), self.shape)
    }

    /// Squared maximum mean discrepancy `<a,a> - 2<a,b> + <b,b>`; the reference's `dist` is the square too.
    /// Rounding may leave it a little below 0 for equal embeddings with other order of points.
    pub fn distance(&self, other: &Self) -> f64 {
        self.norm_squared - 2.0 * self.inner_product(other) + other.norm_squared
    }

    /// The embedding's value at each of `rows` (scaled for the same kernel): a density up to a factor.
    pub fn density(&self, rows: &Points<T>) -> Vec<f64> {
        kernel::row_sums(rows, &self.points, &self.weights, self.shape)
    }
}

/// The reference's inner product: raw columns, the *left* specification's kernel width, double precision.
pub fn reference_inner_product(left: &Rkme, right: &Rkme) -> f64 {
    let kernel = IslandKernel::reference(left.dimension(), left.gamma());
    let (a, b) = (kernel.prepare::<f64>(left.points()), kernel.prepare::<f64>(right.points()));
    kernel::inner_product((&a, left.weights()), (&b, right.weights()), kernel.shape)
}

/// The reference's squared distance: its cross term and first term take the left width, its last term the
/// right one, so that it is not symmetric (and may be negative) when widths differ.
pub fn reference_distance(left: &Rkme, right: &Rkme) -> f64 {
    reference_inner_product(left, left) - 2.0 * reference_inner_product(left, right)
        + reference_inner_product(right, right)
}
