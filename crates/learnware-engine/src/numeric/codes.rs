//! Many vectors as bytes with known errors, and fast sums over all of them.
//!
//! A coordinate `x` is kept as the whole number nearest to `(x - offset) / step`, within 127. What that loses is
//! known for each vector, so that bounds computed from the codes stay bounds. Codes stand axis by axis in blocks
//! of [`LANES`] vectors; each lane is summed alone, so that numbers are the same on every processor.

use std::ops::Range;

/// Vectors in one block.
pub const LANES: usize = 32;
/// Largest code; the smallest is its negative.
const CODE_MAX: f64 = 127.0;
/// Bound of the relative error of sums in single precision here: 3 for each of up to 160 terms of 2^-24.
const SUM_ERROR: f32 = 3e-5;
/// Error of a vector whose codes say nothing: every bound that uses it is trivial.
const UNKNOWN: f32 = f32::INFINITY;

/// How coordinates become codes.
#[derive(Debug, Clone, PartialEq)]
pub struct Grid {
    offsets: Vec<f64>,
    steps: Vec<f64>,
}

/// Coded vectors of one [`Grid`].
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Codes {
    axes: usize,
    count: usize,
    /// `axes` rows of lanes for each block.
    lanes: Vec<[i8; LANES]>,
    /// Squared length of each decoded vector from the offset; 0 beyond the last vector.
    squares: Vec<f32>,
    /// Distance of each vector from its decoded form, rounded up.
    errors: Vec<f32>,
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

impl Codes {
    /// No vectors yet.
    pub fn new(axes: usize) -> Self {
        Self { axes, ..Self::default() }
    }

    /// Number of vectors.
    pub fn count(&self) -> usize {
        self.count
    }

    /// Number of axes.
    pub fn axes(&self) -> usize {
        self.axes
    }

    /// Memory of the codes.
    pub fn size_bytes(&self) -> usize {
        self.lanes.len() * LANES + 4 * (self.squares.len() + self.errors.len())
    }

    /// Appends a vector.
    pub fn push(&mut self, code: &Code) {
        assert_eq!(code.codes.len(), self.axes, "codes of one grid");
        let lane = self.open_lane(code.square, code.error);
        let block = self.lanes.len() - self.axes;
        for (lanes, code) in self.lanes[block..].iter_mut().zip(&code.codes) {
            lanes[lane] = *code;
        }
    }

    /// Appends a vector of other codes of the same grid.
    pub fn push_from(&mut self, other: &Self, index: usize) {
        assert_eq!(other.axes, self.axes, "codes of one grid");
        let lane = self.open_lane(other.squares[index], other.errors[index]);
        let block = self.lanes.len() - self.axes;
        let theirs = &other.lanes[index / LANES * other.axes..];
        for (lanes, theirs) in self.lanes[block..].iter_mut().zip(theirs) {
            lanes[lane] = theirs[index % LANES];
        }
    }

    /// Makes place for one vector in the last block; returns its lane.
    fn open_lane(&mut self, square: f32, error: f32) -> usize {
        let lane = self.count % LANES;
        if lane == 0 {
            self.lanes.resize(self.lanes.len() + self.axes, [0; LANES]);
            self.squares.resize(self.count + LANES, 0.0);
            self.errors.resize(self.count + LANES, UNKNOWN);
        }
        self.squares[self.count] = square;
        self.errors[self.count] = error;
        self.count += 1;
        lane
    }

    /// A lower bound of the squared distance of each vector of `range` (which begins at a block) to the query.
    pub fn lower_bounds(&self, query: &Query, range: Range<usize>) -> Vec<f32> {
        let mut found = self.products(query, range.clone());
        let parts = found.iter_mut().zip(&self.squares[range.clone()]).zip(&self.errors[range]);
        for ((found, square), error) in parts {
            let sum = query.square + square;
            let squared = (-2.0f32).mul_add(*found, sum) - SUM_ERROR * sum;
            let least = squared.max(0.0).sqrt() - error - query.error;
            // What is not a number bounds nothing, and `max` drops it.
            let least = least.max(0.0) * (1.0 - 1e-6);
            *found = least * least;
        }
        found
    }

    /// The squared distance of each decoded vector of `range` (which begins at a block) to the query.
    pub fn distances(&self, query: &Query, range: Range<usize>) -> Vec<f32> {
        let mut found = self.products(query, range.clone());
        for (found, square) in found.iter_mut().zip(&self.squares[range]) {
            *found = (-2.0f32).mul_add(*found, query.square + square).max(0.0);
        }
        found
    }

    /// The product of each decoded vector of `range` (which begins at a block) with a direction, and how far the
    /// true one may be from it.
    pub fn products_with_errors(&self, query: &Query, range: Range<usize>) -> Vec<(f32, f32)> {
        let found = self.products(query, range.clone());
        let parts = found.into_iter().zip(&self.squares[range.clone()]).zip(&self.errors[range]);
        parts
            .map(|((found, square), error)| {
                let length = square.sqrt();
                let lost = query.length * (error + SUM_ERROR * length) + query.error * (length + error);
                (found + query.at_offset as f32, lost)
            })
            .collect()
    }

    /// Sum of factors and codes of each vector of `range`, which begins at a block.
    fn products(&self, query: &Query, range: Range<usize>) -> Vec<f32> {
        assert!(range.start.is_multiple_of(LANES) && range.end <= self.count, "whole blocks");
        let blocks = range.start / LANES..range.end.div_ceil(LANES);
        let mut found = vec![0.0; blocks.len() * LANES];
        let lanes = &self.lanes[blocks.start * self.axes..blocks.end * self.axes];
        products(&query.factors, lanes, found.as_chunks_mut::<LANES>().0);
        found.truncate(range.len());
        found
    }
}

fn products(factors: &[f32], lanes: &[[i8; LANES]], found: &mut [[f32; LANES]]) {
    pulp::Arch::new().dispatch(
        #[inline(always)]
        move || {
            // Moved in, so that the closure can be called only once: others reach the vector code by a call.
            let found = found;
            for (block, found) in lanes.chunks_exact(factors.len()).zip(found) {
                let mut sums = [0.0f32; LANES];
                for (lanes, factor) in block.iter().zip(factors) {
                    for (sum, lane) in sums.iter_mut().zip(lanes) {
                        *sum = factor.mul_add(f32::from(*lane), *sum);
                    }
                }
                *found = sums;
            }
        },
    );
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
        fn bounds_hold(seed in 0_u64..1000, axes in 1_usize..80, count in 1_usize..100, far in 0.1..30.0) {
            let mut stream = Stream::new(seed);
            let mut draw = |scale: f64| -> Vec<f64> { (0..axes).map(|_| scale * stream.normal() + 5.0).collect() };
            let sample: Vec<Vec<f64>> = (0..20).map(|_| draw(1.0)).collect();
            // Some are outside the grid.
            let vectors: Vec<Vec<f64>> = (0..count).map(|i| draw(if i % 3 == 0 { far } else { 1.0 })).collect();
            let grid = Grid::around(&sample);
            let mut codes = Codes::new(axes);
            for vector in &vectors {
                codes.push(&grid.encode(vector, 0.0));
            }
            let target = draw(1.5);
            let bounds = codes.lower_bounds(&grid.query(&target, 0.0), 0..count);
            let products = codes.products_with_errors(&grid.direction(&target, 0.0), 0..count);
            for ((vector, bound), (product, error)) in vectors.iter().zip(bounds).zip(products) {
                prop_assert!(f64::from(bound) <= squared(vector, &target));
                let exact: f64 = vector.iter().zip(&target).map(|(a, b)| a * b).sum();
                let slack = 1e-4 * exact.abs() + f64::from(error);
                prop_assert!((f64::from(product) - exact).abs() <= slack, "{product} {exact} {error}");
            }
        }
    }

    #[test]
    fn what_is_not_finite_bounds_nothing() {
        let grid = Grid::from_parts(vec![0.0; 2], vec![0.01; 2]);
        let mut codes = Codes::new(2);
        codes.push(&grid.encode(&[0.1, f64::NAN], 0.0));
        codes.push(&grid.encode(&[0.1, 0.2], f64::INFINITY));
        assert_eq!(codes.lower_bounds(&grid.query(&[5.0, 5.0], 0.0), 0..2), [0.0, 0.0]);
    }
}
