//! Codes axis by axis in blocks of vectors: a scan of all sums each lane alone.

use std::ops::Range;

use super::{Code, Grid, Query, UNKNOWN};

/// Vectors in one block.
pub const LANES: usize = 32;

/// Coded vectors of one [`Grid`](super::Grid), for scans of all of them.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Lanes {
    axes: usize,
    count: usize,
    /// `axes` rows of lanes for each block.
    codes: Vec<[i8; LANES]>,
    /// Squared length of each decoded vector from the offset; 0 beyond the last vector.
    squares: Vec<f32>,
    /// Distance of each vector from its decoded form, rounded up.
    errors: Vec<f32>,
}

impl Lanes {
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

    /// Codes, squared lengths and errors, to be given to [`Lanes::from_parts`].
    pub fn parts(&self) -> (&[[i8; LANES]], &[f32], &[f32]) {
        (&self.codes, &self.squares, &self.errors)
    }

    /// Vectors from their parts; `None` when these are not of one length.
    pub fn from_parts(
        axes: usize,
        count: usize,
        codes: Vec<[i8; LANES]>,
        squares: Vec<f32>,
        errors: Vec<f32>,
    ) -> Option<Self> {
        let blocks = count.div_ceil(LANES);
        let filled = blocks * LANES;
        let fits = codes.len() == blocks * axes && squares.len() == filled && errors.len() == filled;
        fits.then_some(Self { axes, count, codes, squares, errors })
    }

    /// Memory of the codes.
    pub fn size_bytes(&self) -> usize {
        self.codes.len() * LANES + 4 * (self.squares.len() + self.errors.len())
    }

    /// Appends a vector.
    pub fn push(&mut self, code: &Code) {
        assert_eq!(code.codes.len(), self.axes, "codes of one grid");
        let lane = self.open_lane(code.square, code.error);
        let block = self.codes.len() - self.axes;
        for (lanes, code) in self.codes[block..].iter_mut().zip(&code.codes) {
            lanes[lane] = *code;
        }
    }

    /// Appends a vector of other codes of the same grid.
    pub fn push_from(&mut self, other: &Self, index: usize) {
        assert_eq!(other.axes, self.axes, "codes of one grid");
        let lane = self.open_lane(other.squares[index], other.errors[index]);
        let block = self.codes.len() - self.axes;
        let theirs = &other.codes[index / LANES * other.axes..];
        for (lanes, theirs) in self.codes[block..].iter_mut().zip(theirs) {
            lanes[lane] = theirs[index % LANES];
        }
    }

    /// A vector as it was coded on `grid`.
    pub fn decoded(&self, index: usize, grid: &Grid) -> Vec<f64> {
        let block = &self.codes[index / LANES * self.axes..][..self.axes];
        let parts = block.iter().zip(grid.offsets().iter().zip(grid.steps()));
        parts.map(|(lanes, (offset, step))| offset + step * f64::from(lanes[index % LANES])).collect()
    }

    /// Makes place for one vector in the last block; returns its lane.
    fn open_lane(&mut self, square: f32, error: f32) -> usize {
        let lane = self.count % LANES;
        if lane == 0 {
            self.codes.resize(self.codes.len() + self.axes, [0; LANES]);
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
        for ((found, &square), &error) in parts {
            *found = query.lower_bound(*found, square, error);
        }
        found
    }

    /// Sum of factors and codes of each vector of `range`, which begins at a block.
    fn products(&self, query: &Query, range: Range<usize>) -> Vec<f32> {
        assert!(range.start.is_multiple_of(LANES) && range.end <= self.count, "whole blocks");
        let blocks = range.start / LANES..range.end.div_ceil(LANES);
        let mut found = vec![0.0; blocks.len() * LANES];
        let lanes = &self.codes[blocks.start * self.axes..blocks.end * self.axes];
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
