//! Sums of a Gaussian kernel over point sets, and their pull on the points.
//!
//! Points are stored dimension-major in blocks of [`LANES`], so that one pass over a block computes that
//! many distances at once; the compiler turns the inner loops into vector code for the processor found at
//! run time. Distances may be `f32`; sums over points are `f64`.

#![expect(
    clippy::inline_always,
    reason = "vector code is only made inside the function that chose the processor"
)]

use std::ops::Range;

use super::real::Real;
use super::{Matrix, parallel};

/// Points in one block.
pub const LANES: usize = 16;

/// Rows of the left set that share one pass over a block of the right one.
const TILE: usize = 4;

/// Points of the right set in one piece of parallel work; fixed, so that sums do not depend on threads.
const PIECE: usize = 64 * LANES;

/// Scaled coordinates are held within this distance: the kernel is 0 long before, and squares stay finite.
const FAR: f64 = 1e15;

/// The kernel as a function of the scaled squared distance `r`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Shape {
    /// `exp(-r)`.
    Gaussian,
    /// `(exp(-r/4) + exp(-r) + exp(-4r)) / 3`: sees coarse and fine differences at once.
    ThreeScale,
}

impl Shape {
    /// Kernel value.
    #[inline(always)]
    fn value<T: Real>(self, r: T) -> T {
        match self {
            Self::Gaussian => r.exp_minus(),
            Self::ThreeScale => {
                let coarse = (r * T::from_f64(0.25)).exp_minus();
                let middle = (coarse * coarse) * (coarse * coarse);
                let fine = (middle * middle) * (middle * middle);
                (coarse + middle + fine) * T::from_f64(1.0 / 3.0)
            }
        }
    }

    /// Kernel value and minus its derivative by `r`.
    #[inline(always)]
    fn value_and_fall<T: Real>(self, r: T) -> (T, T) {
        match self {
            Self::Gaussian => {
                let value = r.exp_minus();
                (value, value)
            }
            Self::ThreeScale => {
                let coarse = (r * T::from_f64(0.25)).exp_minus();
                let middle = (coarse * coarse) * (coarse * coarse);
                let fine = (middle * middle) * (middle * middle);
                let third = T::from_f64(1.0 / 3.0);
                let fall = fine.fused(T::from_f64(4.0), coarse.fused(T::from_f64(0.25), middle));
                ((coarse + middle + fine) * third, fall * third)
            }
        }
    }
}

/// Points ready for kernel sums: multiplied column by column, so that squared distances are the kernel's `r`.
#[derive(Debug, Clone, PartialEq)]
pub struct Points<T> {
    count: usize,
    dimension: usize,
    rows: Vec<T>,
    blocks: Vec<T>,
}

impl<T: Real> Points<T> {
    /// Prepares `points` (n x d); each column is multiplied by its factor.
    pub fn new(points: &Matrix, multipliers: &[f64]) -> Self {
        Self::centred(points, &vec![0.0; multipliers.len()], multipliers)
    }

    /// The same after taking `centre` away, which keeps `f32` precise where columns are far from 0.
    pub fn centred(points: &Matrix, centre: &[f64], multipliers: &[f64]) -> Self {
        assert_eq!(points.columns(), multipliers.len(), "one multiplier for each column");
        let scale = |row: &[f64]| -> Vec<T> {
            let parts = row.iter().zip(centre).zip(multipliers);
            parts
                .map(|((value, centre), factor)| T::from_f64(((value - centre) * factor).clamp(-FAR, FAR)))
                .collect()
        };
        let rows = points.iter_rows().flat_map(scale).collect();
        Self::from_rows(points.rows(), points.columns(), rows)
    }

    /// Prepares points that are scaled already, given row by row.
    pub fn from_rows(count: usize, dimension: usize, rows: Vec<T>) -> Self {
        assert_eq!(rows.len(), count * dimension, "rows are complete");
        let mut blocks = vec![T::default(); count.div_ceil(LANES) * LANES * dimension];
        for (index, row) in rows.chunks_exact(dimension.max(1)).enumerate() {
            let base = (index / LANES) * LANES * dimension + index % LANES;
            for (axis, &value) in row.iter().enumerate() {
                blocks[base + axis * LANES] = value;
            }
        }
        Self { count, dimension, rows, blocks }
    }

    /// Number of points.
    pub fn count(&self) -> usize {
        self.count
    }

    /// Numbers in a point.
    pub fn dimension(&self) -> usize {
        self.dimension
    }

    /// One scaled point.
    #[inline(always)]
    pub fn row(&self, index: usize) -> &[T] {
        &self.rows[index * self.dimension..(index + 1) * self.dimension]
    }

    /// One block of `LANES` points, axis by axis; lanes beyond the last point are 0.
    #[inline(always)]
    pub fn block(&self, index: usize) -> &[T] {
        &self.blocks[index * LANES * self.dimension..(index + 1) * LANES * self.dimension]
    }

    /// Number of blocks.
    pub fn block_count(&self) -> usize {
        self.count.div_ceil(LANES)
    }
}

/// Squared distances of `TILE` points to the points of one block.
#[inline(always)]
fn tile_distances<T: Real>(tile: [&[T]; TILE], block: &[T]) -> [[T; LANES]; TILE] {
    let mut sums = [[T::default(); LANES]; TILE];
    for (axis, lanes) in block.chunks_exact(LANES).enumerate() {
        for (sum, row) in sums.iter_mut().zip(tile) {
            let value = row[axis];
            for (sum, &lane) in sum.iter_mut().zip(lanes) {
                let difference = value - lane;
                *sum = difference.fused(difference, *sum);
            }
        }
    }
    sums
}

/// Weights padded with 0 to whole blocks.
fn padded(weights: &[f64], count: usize) -> Vec<f64> {
    assert_eq!(weights.len(), count, "one weight for each point");
    let mut padded = weights.to_vec();
    padded.resize(count.div_ceil(LANES) * LANES, 0.0);
    padded
}

/// The rows `first..first + TILE` of a point set; past the end the last one is repeated.
#[inline(always)]
fn tile_rows<T: Real>(points: &Points<T>, first: usize) -> [&[T]; TILE] {
    std::array::from_fn(|offset| points.row((first + offset).min(points.count - 1)))
}

#[inline(always)]
fn row_sums_body<T: Real>(
    left: &Points<T>,
    right: &Points<T>,
    weights: &[f64],
    (shape, blocks): (Shape, Range<usize>),
    sums: &mut [f64],
) {
    for first in (0..left.count).step_by(TILE) {
        let tile = tile_rows(left, first);
        let mut totals = [[0.0_f64; LANES]; TILE];
        for block in blocks.clone() {
            let distances = tile_distances(tile, right.block(block));
            let weights = &weights[block * LANES..(block + 1) * LANES];
            for (total, distances) in totals.iter_mut().zip(distances) {
                for ((total, r), &weight) in total.iter_mut().zip(distances).zip(weights) {
                    *total = shape.value(r).to_f64().mul_add(weight, *total);
                }
            }
        }
        for (sum, total) in sums[first..].iter_mut().zip(totals) {
            *sum = total.iter().sum();
        }
    }
}

/// For each left point the weighted sum of the kernel over the right points.
pub fn row_sums<T: Real>(left: &Points<T>, right: &Points<T>, weights: &[f64], shape: Shape) -> Vec<f64> {
    assert_eq!(left.dimension, right.dimension, "point sets of one dimension");
    let weights = padded(weights, right.count);
    row_sums_of_blocks(left, right, &weights, shape, 0..right.block_count())
}

// The functions that choose the processor stand for themselves: a closure inside another one is not compiled
// for it.
fn row_sums_of_blocks<T: Real>(
    left: &Points<T>,
    right: &Points<T>,
    weights: &[f64],
    shape: Shape,
    blocks: Range<usize>,
) -> Vec<f64> {
    let mut sums = vec![0.0; left.count];
    // The shape is named in each arm so that each gets loops of its own.
    pulp::Arch::new().dispatch(
        #[inline(always)]
        || match shape {
            Shape::Gaussian => row_sums_body(left, right, weights, (Shape::Gaussian, blocks), &mut sums),
            Shape::ThreeScale => row_sums_body(left, right, weights, (Shape::ThreeScale, blocks), &mut sums),
        },
    );
    sums
}

/// Blocks of one piece of parallel work.
fn blocks_of(piece: usize, block_count: usize) -> Range<usize> {
    let size = PIECE / LANES;
    piece * size..((piece + 1) * size).min(block_count)
}

/// [`row_sums`] over (much) data, whose pieces run in parallel.
pub fn cross_sums<T: Real>(points: &Points<T>, data: &Points<T>, weights: &[f64], shape: Shape) -> Vec<f64> {
    assert_eq!(points.dimension, data.dimension, "point sets of one dimension");
    let weights = padded(weights, data.count);
    let pieces = parallel::map(data.block_count().div_ceil(PIECE / LANES), |piece| {
        row_sums_of_blocks(points, data, &weights, shape, blocks_of(piece, data.block_count()))
    });
    let mut total = vec![0.0; points.count];
    for part in pieces {
        total.iter_mut().zip(part).for_each(|(sum, part)| *sum += part);
    }
    total
}

/// `sum_ij a_i b_j k(x_i, y_j)`: the inner product of two weighted point sets.
pub fn inner_product<T: Real>(left: (&Points<T>, &[f64]), right: (&Points<T>, &[f64]), shape: Shape) -> f64 {
    let sums = row_sums(left.0, right.0, right.1, shape);
    sums.iter().zip(left.1).map(|(sum, weight)| sum * weight).sum()
}

/// The kernel matrix of two point sets, left x right.
pub fn gram<T: Real>(left: &Points<T>, right: &Points<T>, shape: Shape) -> Matrix {
    assert_eq!(left.dimension, right.dimension, "point sets of one dimension");
    let mut gram = Matrix::zeros(left.count, right.count);
    pulp::Arch::new().dispatch(
        #[inline(always)]
        || match shape {
            Shape::Gaussian => gram_body(left, right, Shape::Gaussian, &mut gram),
            Shape::ThreeScale => gram_body(left, right, Shape::ThreeScale, &mut gram),
        },
    );
    gram
}

#[inline(always)]
fn gram_body<T: Real>(left: &Points<T>, right: &Points<T>, shape: Shape, gram: &mut Matrix) {
    for first in (0..left.count).step_by(TILE) {
        let tile = tile_rows(left, first);
        for block in 0..right.block_count() {
            let distances = tile_distances(tile, right.block(block));
            let from = block * LANES;
            let to = (from + LANES).min(right.count);
            for (offset, distances) in distances.into_iter().enumerate().take(left.count - first) {
                let values = distances.map(|r| shape.value(r).to_f64());
                gram.row_mut(first + offset)[from..to].copy_from_slice(&values[..to - from]);
            }
        }
    }
}

/// Kernel sums of a point set over (much) data, and the pull of the data on the points.
#[derive(Debug, Clone, PartialEq)]
pub struct Pull {
    /// For each point `sum_j w_j k(x_i, y_j)`.
    pub sums: Vec<f64>,
    /// For each point the gradient of its sum by its scaled coordinates, n x d.
    pub gradient: Matrix,
}

/// Computes [`Pull`] of `data` (weighted) on `points`; pieces of the data run in parallel.
pub fn pull<T: Real>(points: &Points<T>, data: &Points<T>, weights: &[f64], shape: Shape) -> Pull {
    assert_eq!(points.dimension, data.dimension, "point sets of one dimension");
    let weights: Vec<T> = padded(weights, data.count).into_iter().map(T::from_f64).collect();
    let pieces = parallel::map(data.block_count().div_ceil(PIECE / LANES), |piece| {
        pull_of_blocks(points, data, &weights, shape, blocks_of(piece, data.block_count()))
    });
    let mut total =
        Pull { sums: vec![0.0; points.count], gradient: Matrix::zeros(points.count, points.dimension) };
    for part in pieces {
        total.sums.iter_mut().zip(&part.sums).for_each(|(sum, part)| *sum += part);
        let gradient = total.gradient.as_mut_slice().iter_mut();
        gradient.zip(part.gradient.as_slice()).for_each(|(sum, part)| *sum += part);
    }
    total
}

fn pull_of_blocks<T: Real>(
    points: &Points<T>,
    data: &Points<T>,
    weights: &[T],
    shape: Shape,
    blocks: Range<usize>,
) -> Pull {
    let mut part =
        Pull { sums: vec![0.0; points.count], gradient: Matrix::zeros(points.count, points.dimension) };
    pulp::Arch::new().dispatch(
        #[inline(always)]
        || match shape {
            Shape::Gaussian => pull_body(points, data, weights, (Shape::Gaussian, blocks), &mut part),
            Shape::ThreeScale => pull_body(points, data, weights, (Shape::ThreeScale, blocks), &mut part),
        },
    );
    part
}

#[inline(always)]
fn pull_body<T: Real>(
    points: &Points<T>,
    data: &Points<T>,
    weights: &[T],
    (shape, blocks): (Shape, Range<usize>),
    part: &mut Pull,
) {
    // Weight times fall of each point of the piece on each row of the tile.
    let mut forces = vec![[[T::default(); LANES]; TILE]; blocks.len()];
    for first in (0..points.count).step_by(TILE) {
        let tile = tile_rows(points, first);
        // Sums of values decide line searches: they are kept in double precision.
        let mut values = [[0.0_f64; LANES]; TILE];
        let mut falls = [[T::default(); LANES]; TILE];
        for (force, block) in forces.iter_mut().zip(blocks.clone()) {
            *force = tile_distances(tile, data.block(block));
            let weights = &weights[block * LANES..(block + 1) * LANES];
            for offset in 0..TILE {
                for lane in 0..LANES {
                    let (value, fall) = shape.value_and_fall(force[offset][lane]);
                    values[offset][lane] =
                        value.to_f64().mul_add(weights[lane].to_f64(), values[offset][lane]);
                    force[offset][lane] = fall * weights[lane];
                    falls[offset][lane] = falls[offset][lane] + force[offset][lane];
                }
            }
        }
        let add = |lanes: &[T; LANES]| lanes.iter().map(|lane| lane.to_f64()).sum::<f64>();
        let fall: [f64; TILE] = std::array::from_fn(|offset| add(&falls[offset]));
        let used = TILE.min(points.count - first);
        for (offset, value) in values.iter().enumerate().take(used) {
            part.sums[first + offset] = value.iter().sum();
        }
        #[expect(clippy::needless_range_loop, reason = "the axis counts in two point sets")]
        for axis in 0..points.dimension {
            // Sum over the data of force times coordinate; the sums stay in registers.
            let mut drawn = [[T::default(); LANES]; TILE];
            for (force, block) in forces.iter().zip(blocks.clone()) {
                let lanes = &data.block(block)[axis * LANES..(axis + 1) * LANES];
                for (sum, force) in drawn.iter_mut().zip(force) {
                    for lane in 0..LANES {
                        sum[lane] = force[lane].fused(lanes[lane], sum[lane]);
                    }
                }
            }
            for (offset, drawn) in drawn.iter().enumerate().take(used) {
                // d/dx k(|x-y|^2) = -fall * 2 (x - y)
                let slope = -2.0 * (fall[offset] * tile[offset][axis].to_f64() - add(drawn));
                part.gradient.set(first + offset, axis, slope);
            }
        }
    }
}

/// The squared distance of each row of `data` to one point.
pub fn distances_to<T: Real>(point: &[T], data: &Points<T>) -> Vec<f64> {
    assert_eq!(point.len(), data.dimension, "a point of the data's dimension");
    let mut found = Vec::with_capacity(data.block_count() * LANES);
    pulp::Arch::new().dispatch(
        #[inline(always)]
        || distances_body(point, data, &mut found),
    );
    found.truncate(data.count);
    found
}

#[inline(always)]
fn distances_body<T: Real>(point: &[T], data: &Points<T>, found: &mut Vec<f64>) {
    for block in 0..data.block_count() {
        let [distances, ..] = tile_distances([point; TILE], data.block(block));
        for distance in distances {
            found.push(distance.to_f64());
        }
    }
}

/// For each row of `data` its nearest centre and the squared distance to it.
pub fn nearest<T: Real>(data: &Points<T>, centres: &Points<T>) -> Vec<(usize, f64)> {
    assert_eq!(data.dimension, centres.dimension, "point sets of one dimension");
    let pieces = parallel::map(data.count.div_ceil(PIECE), |piece| {
        nearest_of_rows(data, centres, piece * PIECE..((piece + 1) * PIECE).min(data.count))
    });
    pieces.concat()
}

fn nearest_of_rows<T: Real>(data: &Points<T>, centres: &Points<T>, rows: Range<usize>) -> Vec<(usize, f64)> {
    let mut found = Vec::with_capacity(rows.len());
    pulp::Arch::new().dispatch(
        #[inline(always)]
        || nearest_body(data, centres, rows, &mut found),
    );
    found
}

#[inline(always)]
fn nearest_body<T: Real>(
    data: &Points<T>,
    centres: &Points<T>,
    rows: Range<usize>,
    found: &mut Vec<(usize, f64)>,
) {
    for first in rows.clone().step_by(TILE) {
        let tile = tile_rows(data, first);
        let mut best = [(0_usize, f64::INFINITY); TILE];
        for block in 0..centres.block_count() {
            let distances = tile_distances(tile, centres.block(block));
            let lanes = (centres.count - block * LANES).min(LANES);
            for (best, distances) in best.iter_mut().zip(distances) {
                for (lane, r) in distances.iter().enumerate().take(lanes) {
                    let r = r.to_f64();
                    if r < best.1 {
                        *best = (block * LANES + lane, r);
                    }
                }
            }
        }
        found.extend(best.into_iter().take(rows.end - first));
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::numeric::random::Stream;

    fn set(seed: u64, count: usize, dimension: usize) -> (Matrix, Vec<f64>) {
        let mut stream = Stream::new(seed);
        let values = (0..count * dimension).map(|_| stream.normal()).collect();
        let weights = (0..count).map(|_| stream.uniform()).collect();
        (Matrix::new(count, dimension, values).unwrap(), weights)
    }

    fn plain(shape: Shape, x: &[f64], y: &[f64]) -> f64 {
        let r: f64 = x.iter().zip(y).map(|(a, b)| (a - b) * (a - b)).sum();
        match shape {
            Shape::Gaussian => (-r).exp(),
            Shape::ThreeScale => ((-r / 4.0).exp() + (-r).exp() + (-4.0 * r).exp()) / 3.0,
        }
    }

    #[test]
    fn sums_gram_and_pull_agree_with_the_plain_formula() {
        for (seed, (left, right, d)) in
            [(1, 1, 1), (3, 17, 2), (5, 16, 7), (33, 2000, 5)].into_iter().enumerate()
        {
            let (a, _) = set(seed as u64, left, d);
            let (b, w) = set(seed as u64 + 100, right, d);
            let (pa, pb) = (Points::<f64>::new(&a, &vec![0.5; d]), Points::<f64>::new(&b, &vec![0.5; d]));
            let (sa, sb) = (Points::<f32>::new(&a, &vec![0.5; d]), Points::<f32>::new(&b, &vec![0.5; d]));
            let half = |row: &[f64]| row.iter().map(|v| v * 0.5).collect::<Vec<_>>();
            for shape in [Shape::Gaussian, Shape::ThreeScale] {
                let sums = row_sums(&pa, &pb, &w, shape);
                let gram = gram(&pa, &pb, shape);
                let pulled = pull(&pa, &pb, &w, shape);
                let single = pull(&sa, &sb, &w, shape);
                for (i, sum) in sums.iter().enumerate() {
                    let x = half(a.row(i));
                    let wanted: f64 = (0..right).map(|j| w[j] * plain(shape, &x, &half(b.row(j)))).sum();
                    assert!((sum - wanted).abs() < 1e-12 * (1.0 + wanted));
                    assert!((pulled.sums[i] - wanted).abs() < 1e-11 * (1.0 + wanted));
                    assert!((single.sums[i] - wanted).abs() < 1e-4 * (1.0 + wanted));
                    assert!(
                        (gram.at(i, right - 1) - plain(shape, &x, &half(b.row(right - 1)))).abs() < 1e-14
                    );
                    for axis in 0..d {
                        let moved = |by: f64| {
                            let mut x = x.clone();
                            x[axis] += by;
                            (0..right).map(|j| w[j] * plain(shape, &x, &half(b.row(j)))).sum::<f64>()
                        };
                        let slope = (moved(1e-5) - moved(-1e-5)) / 2e-5;
                        assert!(
                            (pulled.gradient.at(i, axis) - slope).abs() < 1e-5 * (1.0 + wanted),
                            "{i} {axis}"
                        );
                        assert!(
                            (single.gradient.at(i, axis) - slope).abs() < 1e-3 * (1.0 + wanted),
                            "{i} {axis}"
                        );
                    }
                }
            }
        }
    }

    #[test]
    fn nearest_centre_is_the_nearest() {
        let (data, _) = set(5, 1500, 3);
        let (centres, _) = set(6, 21, 3);
        let one = [1.0; 3];
        let found = nearest(&Points::<f64>::new(&data, &one), &Points::<f64>::new(&centres, &one));
        for (row, (index, distance)) in data.iter_rows().zip(found) {
            let to = |c: usize| row.iter().zip(centres.row(c)).map(|(a, b)| (a - b) * (a - b)).sum::<f64>();
            let best = (0..21).map(to).fold(f64::INFINITY, f64::min);
            assert!((to(index) - best).abs() < 1e-12 && (distance - best).abs() < 1e-12);
        }
    }
}
