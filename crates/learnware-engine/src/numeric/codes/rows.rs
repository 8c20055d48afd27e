//! Codes vector by vector, for looking at some of them.

#![expect(
    clippy::inline_always,
    reason = "vector code is only made inside the function that chose the processor"
)]

use super::{Code, Query};

/// Sums that run side by side; vectors are filled up to a multiple of it.
pub const SUMS: usize = 16;

/// Coded vectors of one [`Grid`](super::Grid), one after the other.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Rows {
    axes: usize,
    codes: Vec<[i8; SUMS]>,
    /// Squared length of each decoded vector from the offset.
    squares: Vec<f32>,
    /// Distance of each vector from its decoded form, rounded up.
    errors: Vec<f32>,
}

impl Rows {
    /// No vectors yet.
    pub fn new(axes: usize) -> Self {
        Self { axes, ..Self::default() }
    }

    /// Number of vectors.
    pub fn count(&self) -> usize {
        self.squares.len()
    }

    /// Number of axes.
    pub fn axes(&self) -> usize {
        self.axes
    }

    /// Codes, squared lengths and errors, to be given to [`Rows::from_parts`].
    pub fn parts(&self) -> (&[[i8; SUMS]], &[f32], &[f32]) {
        (&self.codes, &self.squares, &self.errors)
    }

    /// Vectors from their parts; `None` when these are not of one length.
    pub fn from_parts(
        axes: usize,
        count: usize,
        codes: Vec<[i8; SUMS]>,
        squares: Vec<f32>,
        errors: Vec<f32>,
    ) -> Option<Self> {
        let fits =
            codes.len() == count * axes.div_ceil(SUMS) && squares.len() == count && errors.len() == count;
        fits.then_some(Self { axes, codes, squares, errors })
    }

    /// Memory of the codes.
    pub fn size_bytes(&self) -> usize {
        self.codes.len() * SUMS + 4 * (self.squares.len() + self.errors.len())
    }

    /// Appends a vector.
    pub fn push(&mut self, code: &Code) {
        assert_eq!(code.codes.len(), self.axes, "codes of one grid");
        for part in code.codes.chunks(SUMS) {
            let mut filled = [0; SUMS];
            filled[..part.len()].copy_from_slice(part);
            self.codes.push(filled);
        }
        self.squares.push(code.square);
        self.errors.push(code.error);
    }

    /// Appends a vector of other codes of the same grid.
    pub fn push_from(&mut self, other: &Self, index: usize) {
        assert_eq!(other.axes, self.axes, "codes of one grid");
        self.codes.extend_from_slice(other.row(index));
        self.squares.push(other.squares[index]);
        self.errors.push(other.errors[index]);
    }

    fn row(&self, index: usize) -> &[[i8; SUMS]] {
        let width = self.axes.div_ceil(SUMS);
        &self.codes[index * width..(index + 1) * width]
    }

    /// A lower bound of the squared distance of each of some vectors to the query.
    pub fn lower_bounds(&self, query: &Query, indices: &[usize]) -> Vec<f32> {
        let mut found = self.products(query, indices);
        for (found, &index) in found.iter_mut().zip(indices) {
            *found = query.lower_bound(*found, self.squares[index], self.errors[index]);
        }
        found
    }

    /// The squared distance of each of some decoded vectors to the query.
    pub fn distances(&self, query: &Query, indices: &[usize]) -> Vec<f32> {
        let mut found = self.products(query, indices);
        for (found, &index) in found.iter_mut().zip(indices) {
            *found = query.distance(*found, self.squares[index]);
        }
        found
    }

    /// The product of each of some decoded vectors with a direction, and how far the true one may be from it.
    pub fn products_with_errors(&self, query: &Query, indices: &[usize]) -> Vec<(f32, f32)> {
        let found = self.products(query, indices).into_iter().zip(indices);
        found.map(|(found, &index)| query.product(found, self.squares[index], self.errors[index])).collect()
    }

    /// Sum of factors and codes of each of some vectors.
    fn products(&self, query: &Query, indices: &[usize]) -> Vec<f32> {
        let mut factors = vec![[0.0; SUMS]; self.axes.div_ceil(SUMS)];
        factors.as_flattened_mut()[..query.factors.len()].copy_from_slice(&query.factors);
        let mut found = vec![0.0; indices.len()];
        products(&factors, &self.codes, indices, &mut found);
        found
    }
}

fn products(factors: &[[f32; SUMS]], codes: &[[i8; SUMS]], indices: &[usize], found: &mut [f32]) {
    let width = factors.len();
    pulp::Arch::new().dispatch(
        #[inline(always)]
        move || {
            // Moved in, so that the closure can be called only once: others reach the vector code by a call.
            let found = found;
            for (found, &index) in found.iter_mut().zip(indices) {
                let mut sums = [0.0f32; SUMS];
                for (codes, factors) in codes[index * width..(index + 1) * width].iter().zip(factors) {
                    for ((sum, code), factor) in sums.iter_mut().zip(codes).zip(factors) {
                        *sum = factor.mul_add(f32::from(*code), *sum);
                    }
                }
                *found = total(sums);
            }
        },
    );
}

/// The sum, halves first.
#[inline(always)]
fn total(mut sums: [f32; SUMS]) -> f32 {
    let mut half = SUMS / 2;
    while half > 0 {
        for i in 0..half {
            sums[i] += sums[i + half];
        }
        half /= 2;
    }
    sums[0]
}
