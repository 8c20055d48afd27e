//! Many vectors as bytes with known errors, and fast sums over all of them or over some.
//!
//! A coordinate `x` is kept as the whole number nearest to `(x - offset) / step`, within 127. What that loses is
//! known for each vector, so that bounds computed from the codes stay bounds. [`Lanes`] are for scans of all,
//! [`Rows`] for looking at some; sums are made in a fixed order, so that numbers are the same on every processor.

mod lanes;
mod rows;

pub use lanes::{LANES, Lanes};
pub use rows::{Rows, SUMS};

/// Largest code; the smallest is its negative.
const CODE_MAX: f64 = 127.0;
/// Bound of the relative error of sums in single precision here: 3 for each of up to 256 terms of 2^-24.
const SUM_ERROR: f32 = 5e-5;
/// Error of a vector whose codes say nothing: every bound that uses it is trivial.
const UNKNOWN: f32 = f32::INFINITY;

/// How coordinates become codes.
#[derive(Debug, Clone, PartialEq)]
pub struct Grid {
    offsets: Vec<f64>,
    steps: Vec<f64>,
}

/// One vector as codes.
#[derive(Debug, Clone, PartialEq)]
pub struct Code {
    codes: Vec<i8>,
    square: f32,
    error: f32,
}

/// A vector that is compared with codes; it is not rounded itself.
#[derive(Debug, Clone, PartialEq)]
pub struct Query {
    /// Coordinates from the offset times the step.
    factors: Vec<f32>,
    /// Squared length from the offset.
    square: f32,
    /// Product with the offset.
    at_offset: f64,
    /// Length.
    length: f32,
    /// What is not known of the vector itself.
    error: f32,
}

impl Grid {
    /// The grid that holds all of `vectors`, of which there is at least one.
    pub fn around(vectors: &[Vec<f64>]) -> Self {
        let axes = vectors.first().map_or(0, Vec::len);
        let (mut offsets, mut steps) = (Vec::with_capacity(axes), Vec::with_capacity(axes));
        for axis in 0..axes {
            let values = || vectors.iter().map(|vector| vector[axis]);
            let (least, most) = (values().fold(f64::MAX, f64::min), values().fold(f64::MIN, f64::max));
            offsets.push(f64::midpoint(least, most));
            steps.push(((most - least) / (2.0 * CODE_MAX)).max(1e-12));
        }
        Self { offsets, steps }
    }

    /// A grid from its numbers, one offset and one step for each axis.
    pub fn from_parts(offsets: Vec<f64>, steps: Vec<f64>) -> Self {
        assert_eq!(offsets.len(), steps.len(), "an offset and a step for each axis");
        Self { offsets, steps }
    }

    /// Offset of each axis.
    pub fn offsets(&self) -> &[f64] {
        &self.offsets
    }

    /// Step of each axis.
    pub fn steps(&self) -> &[f64] {
        &self.steps
    }

    /// Number of axes.
    pub fn axes(&self) -> usize {
        self.steps.len()
    }

    /// A vector as codes; `error` is what is not known of the vector itself.
    pub fn encode(&self, vector: &[f64], error: f64) -> Code {
        let (mut square, mut lost) = (0.0, 0.0);
        let codes = vector.iter().zip(self.offsets.iter().zip(&self.steps)).map(|(value, (offset, step))| {
            let from = value - offset;
            let code = (from / step).round().clamp(-CODE_MAX, CODE_MAX);
            square += (step * code) * (step * code);
            lost += (from - step * code) * (from - step * code);
            code as i8
        });
        let codes = codes.collect();
        let error = (lost.sqrt() + error) * (1.0 + 1e-6);
        let known = error.is_finite();
        Code { codes, square: square as f32, error: if known { error as f32 } else { UNKNOWN } }
    }

    /// A vector to be compared with codes; `error` is what is not known of it.
    pub fn query(&self, vector: &[f64], error: f64) -> Query {
        let centred = || vector.iter().zip(&self.offsets).map(|(value, offset)| value - offset);
        Query {
            factors: centred().zip(&self.steps).map(|(value, step)| (value * step) as f32).collect(),
            square: centred().map(|value| value * value).sum::<f64>() as f32,
            at_offset: 0.0,
            length: 0.0,
            error: (error * (1.0 + 1e-6)) as f32,
        }
    }

    /// A vector whose products with codes are wanted; `error` is what is not known of it.
    pub fn direction(&self, vector: &[f64], error: f64) -> Query {
        let product = vector.iter().zip(&self.offsets).map(|(value, offset)| value * offset).sum();
        let length = vector.iter().map(|value| value * value).sum::<f64>().sqrt();
        Query {
            factors: vector.iter().zip(&self.steps).map(|(value, step)| (value * step) as f32).collect(),
            square: 0.0,
            at_offset: product,
            length: (length * (1.0 + 1e-6)) as f32,
            error: (error * (1.0 + 1e-6)) as f32,
        }
    }
}

impl Query {
    /// A lower bound of the squared distance to a vector, from the sum of factors and codes, the squared length of
    /// the decoded vector and its error.
    #[inline]
    fn lower_bound(&self, product: f32, square: f32, error: f32) -> f32 {
        let sum = self.square + square;
        let squared = (-2.0f32).mul_add(product, sum) - SUM_ERROR * sum;
        // What is not a number bounds nothing, and `max` drops it.
        let least = (squared.max(0.0).sqrt() - error - self.error).max(0.0) * (1.0 - 1e-6);
        least * least
    }

    /// The squared distance to a decoded vector.
    fn distance(&self, product: f32, square: f32) -> f32 {
        (-2.0f32).mul_add(product, self.square + square).max(0.0)
    }

    /// The product with a decoded vector, and how far that with the true one may be from it.
    fn product(&self, product: f32, square: f32, error: f32) -> (f32, f32) {
        let length = square.sqrt();
        let lost = self.length * (error + SUM_ERROR * length) + self.error * (length + error);
        (product + self.at_offset as f32, lost)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::numeric::random::Stream;

    fn squared(a: &[f64], b: &[f64]) -> f64 {
        a.iter().zip(b).map(|(a, b)| (a - b) * (a - b)).sum()
    }

    proptest! {
        #[test]
        fn bounds_hold(seed in 0_u64..1000, axes in 1_usize..300, count in 1_usize..100, far in 0.1..30.0) {
            let mut stream = Stream::new(seed);
            let mut draw = |scale: f64| -> Vec<f64> { (0..axes).map(|_| scale * stream.normal() + 5.0).collect() };
            let sample: Vec<Vec<f64>> = (0..20).map(|_| draw(1.0)).collect();
            // Some are outside the grid.
            let vectors: Vec<Vec<f64>> = (0..count).map(|i| draw(if i % 3 == 0 { far } else { 1.0 })).collect();
            let grid = Grid::around(&sample);
            let (mut lanes, mut rows) = (Lanes::new(axes), Rows::new(axes));
            for vector in &vectors {
                let code = grid.encode(vector, 0.0);
                lanes.push(&code);
                rows.push(&code);
            }
            let target = draw(1.5);
            let (query, direction) = (grid.query(&target, 0.0), grid.direction(&target, 0.0));
            let all: Vec<usize> = (0..count).collect();
            let products = rows.products_with_errors(&direction, &all);
            let scanned = lanes.lower_bounds(&query, 0..count);
            let bounds = scanned.into_iter().zip(rows.lower_bounds(&query, &all));
            let apart = bounds.zip(rows.distances(&query, &all));
            for ((vector, ((scanned, looked), apart)), (product, error)) in vectors.iter().zip(apart).zip(products) {
                let distance = squared(vector, &target);
                prop_assert!(f64::from(scanned) <= distance && f64::from(looked) <= distance);
                prop_assert!((scanned - looked).abs() <= 1e-3 * (scanned + looked) + 1e-2);
                prop_assert!(looked <= apart * 1.001 + 1e-3);
                let exact: f64 = vector.iter().zip(&target).map(|(a, b)| a * b).sum();
                let slack = 1e-4 * exact.abs() + f64::from(error);
                prop_assert!((f64::from(product) - exact).abs() <= slack, "{product} {exact} {error}");
            }
        }
    }

    #[test]
    fn what_is_not_finite_bounds_nothing() {
        let grid = Grid::from_parts(vec![0.0; 2], vec![0.01; 2]);
        let (mut lanes, mut rows) = (Lanes::new(2), Rows::new(2));
        for code in [grid.encode(&[0.1, f64::NAN], 0.0), grid.encode(&[0.1, 0.2], f64::INFINITY)] {
            lanes.push(&code);
            rows.push(&code);
        }
        let query = grid.query(&[5.0, 5.0], 0.0);
        assert_eq!(lanes.lower_bounds(&query, 0..2), [0.0, 0.0]);
        assert_eq!(rows.lower_bounds(&query, &[0, 1]), [0.0, 0.0]);
    }
}
