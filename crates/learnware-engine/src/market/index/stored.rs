//! A member as the index holds it.

use crate::learnware::LearnwareId;
use crate::numeric::kernel::{Points, Shape};
use crate::specification::{Embedding, IslandKernel, Rkme};

/// A member's specification in single precision and the kernel's coordinates. Exact distances are exact for these
/// numbers.
#[derive(Debug, Clone, PartialEq)]
pub struct Stored {
    pub(super) id: LearnwareId,
    pub(super) numbers: Numbers,
    /// The points one after the other, then their weights.
    pub(super) values: Vec<f32>,
}

/// What is known of a member without its points.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Numbers {
    pub(super) norm_squared: f64,
    /// Tells specifications apart.
    pub(super) mark: u64,
    /// Number of points.
    pub(super) count: usize,
}

impl Stored {
    /// Prepares a specification for `kernel`, which must be of its dimension.
    pub fn new(id: LearnwareId, specification: &Rkme, kernel: &IslandKernel) -> Self {
        let points: Points<f32> = kernel.prepare(specification.points());
        let weights: Vec<f32> = specification.weights().iter().map(|&weight| weight as f32).collect();
        let exact = weights.iter().map(|&weight| f64::from(weight)).collect();
        let norm_squared = Embedding::from_points(points.clone(), exact, kernel.shape).norm_squared();
        let count = points.count();
        let rows = (0..count).flat_map(|index| points.row(index).iter().copied());
        let values = rows.chain(weights).collect();
        Self { id, numbers: Numbers { norm_squared, mark: mark(specification), count }, values }
    }

    /// Its learnware.
    pub fn id(&self) -> &LearnwareId {
        &self.id
    }

    /// Ready for comparison.
    pub fn embedding(&self, shape: Shape) -> Embedding<f32> {
        let count = self.numbers.count;
        let (rows, weights) = self.values.split_at(self.values.len() - count);
        let points = Points::from_rows(count, rows.len() / count.max(1), rows.to_vec());
        let weights = weights.iter().map(|&weight| f64::from(weight)).collect();
        Embedding::from_parts(points, weights, shape, self.numbers.norm_squared)
    }

    /// Memory of its numbers.
    pub(super) fn size_bytes(&self) -> usize {
        4 * self.values.len() + size_of::<Self>() + self.id.0.len()
    }
}

/// A number that tells specifications apart: a multiplicative hash of all bits, which no two different ones share
/// but by chance.
pub(super) fn mark(specification: &Rkme) -> u64 {
    const FACTOR: u64 = 0x9e37_79b9_7f4a_7c15;
    let values = specification.points().as_slice().iter().chain(specification.weights());
    values.fold(specification.points().rows() as u64, |mark, value| {
        ((mark.rotate_left(23)) ^ value.to_bits()).wrapping_mul(FACTOR)
    })
}
