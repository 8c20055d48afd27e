//! The two inner loops of all kernel sums, for a tile of points against a run of data.
//!
//! Written with explicit vectors in single precision: left to itself the compiler makes vector code of them
//! in some callers and scalar code in others, five times slower. All lanes are kept apart, so the numbers are
//! the same on every processor.

#![expect(
    clippy::inline_always,
    reason = "vector code is only made inside the function that chose the processor"
)]

use pulp::{Arch, Simd, WithSimd};

use super::{LANES, TILE};
use crate::numeric::real::Real as _;

/// The inner loops, for one kind of number.
pub trait Tiled: Sized {
    /// Squared distances of the tile's points to the points of the blocks. `blocks` holds `dimension` lanes
    /// for each block of `LANES` points; `distances[t]` has `LANES` numbers for each block.
    fn distances(tile: [&[Self]; TILE], blocks: &[[Self; LANES]], distances: [&mut [Self]; TILE]);

    /// `drawn[axis][t]`: the sum over blocks of `forces[t]` times the blocks' lanes of the axis, lane by lane.
    fn draw(forces: [&[Self]; TILE], blocks: &[[Self; LANES]], drawn: &mut [[[Self; LANES]; TILE]]);
}

impl Tiled for f32 {
    fn distances(tile: [&[f32]; TILE], blocks: &[[f32; LANES]], distances: [&mut [f32]; TILE]) {
        Arch::new().dispatch(Distances { tile, blocks, found: distances });
    }

    fn draw(forces: [&[f32]; TILE], blocks: &[[f32; LANES]], drawn: &mut [[[f32; LANES]; TILE]]) {
        Arch::new().dispatch(Draw { forces, blocks, drawn });
    }
}

/// One block of lanes as vectors of the processor.
#[inline(always)]
fn vectors<S: Simd, const N: usize>(lanes: &[f32; LANES]) -> [S::f32s; N] {
    let vectors = S::as_simd_f32s(lanes).0;
    std::array::from_fn(|i| vectors[i])
}

#[inline(always)]
fn store<S: Simd, const N: usize>(vectors: [S::f32s; N], lanes: &mut [f32; LANES]) {
    S::as_mut_simd_f32s(lanes).0.copy_from_slice(&vectors);
}

/// `a * b + c`, rounded as [`fused`](crate::numeric::real::Real::fused) does.
#[inline(always)]
fn mul_add<S: Simd>(simd: S, a: S::f32s, b: S::f32s, c: S::f32s) -> S::f32s {
    if cfg!(target_arch = "wasm32") { simd.mul_add_e_f32s(a, b, c) } else { simd.mul_add_f32s(a, b, c) }
}

struct Distances<'a> {
    tile: [&'a [f32]; TILE],
    blocks: &'a [[f32; LANES]],
    found: [&'a mut [f32]; TILE],
}

impl WithSimd for Distances<'_> {
    type Output = ();

    #[inline(always)]
    fn with_simd<S: Simd>(self, simd: S) {
        match S::F32_LANES {
            16 => self.run::<S, 1>(simd),
            8 => self.run::<S, 2>(simd),
            4 => self.run::<S, 4>(simd),
            _ => self.run::<S, LANES>(simd),
        }
    }
}

impl Distances<'_> {
    #[inline(always)]
    fn run<S: Simd, const N: usize>(self, simd: S) {
        let [a, b, c, d] = self.tile;
        let dimension = a.len();
        let [out_a, out_b, out_c, out_d] = self.found.map(|out| out.as_chunks_mut::<LANES>().0);
        let outs = out_a.iter_mut().zip(out_b).zip(out_c).zip(out_d);
        for (block, (((out_a, out_b), out_c), out_d)) in self.blocks.chunks_exact(dimension).zip(outs) {
            let mut sums = [[simd.splat_f32s(0.0); N]; TILE];
            for ((((lanes, &a), &b), &c), &d) in block.iter().zip(a).zip(b).zip(c).zip(d) {
                let lanes = vectors::<S, N>(lanes);
                for (sum, value) in sums.iter_mut().zip([a, b, c, d]) {
                    let value = simd.splat_f32s(value);
                    for (sum, lane) in sum.iter_mut().zip(lanes) {
                        let difference = simd.sub_f32s(value, lane);
                        *sum = mul_add(simd, difference, difference, *sum);
                    }
                }
            }
            for (sum, out) in sums.into_iter().zip([out_a, out_b, out_c, out_d]) {
                store::<S, N>(sum, out);
            }
        }
    }
}

struct Draw<'a> {
    forces: [&'a [f32]; TILE],
    blocks: &'a [[f32; LANES]],
    drawn: &'a mut [[[f32; LANES]; TILE]],
}

impl WithSimd for Draw<'_> {
    type Output = ();

    #[inline(always)]
    fn with_simd<S: Simd>(self, simd: S) {
        match S::F32_LANES {
            16 => self.run::<S, 1>(simd),
            8 => self.run::<S, 2>(simd),
            4 => self.run::<S, 4>(simd),
            _ => self.run::<S, LANES>(simd),
        }
    }
}

impl Draw<'_> {
    /// Two axes at a time: a force is loaded once for both.
    #[inline(always)]
    fn run<S: Simd, const N: usize>(self, simd: S) {
        let dimension = self.drawn.len();
        for (pair, drawn) in self.drawn.chunks_mut(2).enumerate() {
            let first = 2 * pair;
            let second = (first + 1).min(dimension - 1);
            let mut sums = [[[simd.splat_f32s(0.0); N]; TILE]; 2];
            let forces = self.forces.map(|forces| forces.as_chunks::<LANES>().0);
            for (index, block) in self.blocks.chunks_exact(dimension).enumerate() {
                let lanes = [vectors::<S, N>(&block[first]), vectors::<S, N>(&block[second])];
                for (t, forces) in forces.iter().enumerate() {
                    let force = vectors::<S, N>(&forces[index]);
                    for (sums, lanes) in sums.iter_mut().zip(&lanes) {
                        for ((sum, &force), &lane) in sums[t].iter_mut().zip(&force).zip(lanes) {
                            *sum = mul_add(simd, force, lane, *sum);
                        }
                    }
                }
            }
            for (drawn, sums) in drawn.iter_mut().zip(sums) {
                for (drawn, sums) in drawn.iter_mut().zip(sums) {
                    store::<S, N>(sums, drawn);
                }
            }
        }
    }
}

impl Tiled for f64 {
    fn distances(tile: [&[f64]; TILE], blocks: &[[f64; LANES]], distances: [&mut [f64]; TILE]) {
        for (row, distances) in tile.into_iter().zip(distances) {
            plain_distances(row, blocks, distances);
        }
    }

    fn draw(forces: [&[f64]; TILE], blocks: &[[f64; LANES]], drawn: &mut [[[f64; LANES]; TILE]]) {
        let dimension = drawn.len();
        for (axis, drawn) in drawn.iter_mut().enumerate() {
            for (forces, drawn) in forces.iter().zip(drawn) {
                *drawn = [0.0; LANES];
                let forces = forces.as_chunks::<LANES>().0;
                for (force, block) in forces.iter().zip(blocks.chunks_exact(dimension)) {
                    for ((sum, force), lane) in drawn.iter_mut().zip(force).zip(&block[axis]) {
                        *sum = force.fused(*lane, *sum);
                    }
                }
            }
        }
    }
}

/// Double precision is for few points: exactness counts there, not speed.
fn plain_distances(row: &[f64], blocks: &[[f64; LANES]], distances: &mut [f64]) {
    let outs = distances.as_chunks_mut::<LANES>().0;
    Arch::new().dispatch(
        #[inline(always)]
        move || {
            // Moved out, so that the closure can be called only once: others reach the vector code by a call.
            let outs = outs;
            for (block, out) in blocks.chunks_exact(row.len()).zip(outs) {
                let mut sums = [0.0; LANES];
                for (lanes, value) in block.iter().zip(row) {
                    for (sum, lane) in sums.iter_mut().zip(lanes) {
                        let difference = value - lane;
                        *sum = difference.fused(difference, *sum);
                    }
                }
                *out = sums;
            }
        },
    );
}
