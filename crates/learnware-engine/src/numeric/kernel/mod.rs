//! Sums of a Gaussian kernel over point sets, and their pull on the points.
//!
//! Points are stored dimension-major in blocks of [`LANES`], so that one pass over a block computes that
//! many distances at once, for a tile of [`TILE`] points; kernel values are then taken in one plain loop over
//! them. Distances may be `f32`; sums over pieces are `f64`.

#![expect(
    clippy::inline_always,
    reason = "vector code is only made inside the function that chose the processor"
)]

mod ladder;
mod tile;

use std::ops::Range;

use super::real::Real;
use super::{Matrix, parallel};
pub use ladder::{Bounded, Ladder};
use tile::Tiled;

/// Points in one block.
pub const LANES: usize = 16;

/// Rows of the left set that share one pass over a block of the right one.
const TILE: usize = 4;

/// Blocks of the right set in one piece of work; fixed, so that sums do not depend on threads.
const PIECE_BLOCKS: usize = 64;

/// Scaled coordinates are held within this distance: the kernel is 0 long before, and squares stay finite.
const FAR: f64 = 1e15;

/// A number that kernels are computed in.
pub trait Number: Real + Tiled {}

impl<T: Real + Tiled> Number for T {}

/// The kernel as a function of the scaled squared distance `r`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Shape {
    /// `exp(-r)`.
    Gaussian,
    /// `(exp(-r/4) + exp(-r) + exp(-4r)) / 3`: sees coarse and fine differences at once.
    ThreeScale,
    /// `1/4 - r/2`: the inner product of points that all have length 1/2, and of no others.
    Directions,
}

impl Shape {
    /// Whether the kernel is one of all points, so that sums at other points, such as means, mean something.
    pub fn takes_all_points(self) -> bool {
        match self {
            Self::Gaussian | Self::ThreeScale => true,
            Self::Directions => false,
        }
    }

    /// Kernel value.
    #[inline(always)]
    fn value<T: Number>(self, r: T) -> T {
        match self {
            Self::Gaussian => r.exp_minus(),
            Self::ThreeScale => {
                let coarse = (r * T::from_f64(0.25)).exp_minus();
                let middle = (coarse * coarse) * (coarse * coarse);
                let fine = (middle * middle) * (middle * middle);
                (coarse + middle + fine) * T::from_f64(1.0 / 3.0)
            }
            Self::Directions => r.fused(T::from_f64(-0.5), T::from_f64(0.25)),
        }
    }

    /// Kernel value and minus its derivative by `r`.
    #[inline(always)]
    fn value_and_fall<T: Number>(self, r: T) -> (T, T) {
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
            Self::Directions => (self.value(r), T::from_f64(0.5)),
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

impl<T: Number> Points<T> {
    /// Prepares `points` (n x d); each column is multiplied by its factor.
    pub fn new(points: &Matrix, multipliers: &[f64]) -> Self {
        Self::centred(points, &vec![0.0; multipliers.len()], multipliers)
    }

    /// The same after taking `centre` away, which keeps `f32` precise where columns are far from 0.
    pub fn centred(points: &Matrix, centre: &[f64], multipliers: &[f64]) -> Self {
        Self::of_rows(points.as_slice(), centre, multipliers)
    }

    /// The same for rows one after the other in one slice.
    pub fn of_rows(values: &[f64], centre: &[f64], multipliers: &[f64]) -> Self {
        let dimension = multipliers.len();
        assert_eq!(values.len() % dimension.max(1), 0, "one multiplier for each column");
        let mut rows = Vec::with_capacity(values.len());
        for row in values.chunks_exact(dimension.max(1)) {
            let parts = row.iter().zip(centre).zip(multipliers);
            rows.extend(
                parts.map(|((value, centre), factor)| {
                    T::from_f64(((value - centre) * factor).clamp(-FAR, FAR))
                }),
            );
        }
        Self::from_rows(values.len() / dimension.max(1), dimension, rows)
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

    /// The points with the given indices, in that order.
    #[must_use]
    pub fn select(&self, indices: &[usize]) -> Self {
        let rows = indices.iter().flat_map(|&index| self.row(index).iter().copied()).collect();
        Self::from_rows(indices.len(), self.dimension, rows)
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
    pub fn row(&self, index: usize) -> &[T] {
        &self.rows[index * self.dimension..(index + 1) * self.dimension]
    }

    /// Blocks of `LANES` points, each axis by axis; lanes beyond the last point are 0.
    fn lanes(&self, blocks: Range<usize>) -> &[[T; LANES]] {
        &self.blocks.as_chunks().0[blocks.start * self.dimension..blocks.end * self.dimension]
    }

    /// Number of blocks.
    pub fn block_count(&self) -> usize {
        self.count.div_ceil(LANES)
    }
}

/// Weights padded with 0 to whole blocks.
fn padded<T: Number>(weights: &[f64], count: usize) -> Vec<T> {
    assert_eq!(weights.len(), count, "one weight for each point");
    let mut padded: Vec<T> = weights.iter().map(|&weight| T::from_f64(weight)).collect();
    padded.resize(count.div_ceil(LANES) * LANES, T::default());
    padded
}

/// Numbers of a tile of points against a piece of data, one row for each point.
struct Tile<T> {
    rows: [Vec<T>; TILE],
}

impl<T: Number> Tile<T> {
    fn new(blocks: usize) -> Self {
        Self { rows: std::array::from_fn(|_| vec![T::default(); blocks * LANES]) }
    }

    /// Squared distances of the points `first..first + TILE` (past the end the last one is repeated).
    fn measure(&mut self, points: &Points<T>, first: usize, data: &Points<T>, blocks: Range<usize>) {
        let tile = std::array::from_fn(|t| points.row((first + t).min(points.count - 1)));
        let length = blocks.len() * LANES;
        T::distances(tile, data.lanes(blocks), self.rows.each_mut().map(|row| &mut row[..length]));
    }
}

/// Distances become weighted kernel values.
fn weigh<T: Number>(distances: &mut [T], weights: &[T], shape: Shape) {
    pulp::Arch::new().dispatch(
        #[inline(always)]
        move || {
            // Moved out, so that the closure can be called only once: others reach the vector code by a call.
            let distances = distances;
            match shape {
                Shape::Gaussian => weigh_body(distances, weights, Shape::Gaussian),
                Shape::ThreeScale => weigh_body(distances, weights, Shape::ThreeScale),
                Shape::Directions => weigh_body(distances, weights, Shape::Directions),
            }
        },
    );
}

#[inline(always)]
fn weigh_body<T: Number>(distances: &mut [T], weights: &[T], shape: Shape) {
    for (r, &weight) in distances.iter_mut().zip(weights) {
        *r = shape.value(*r) * weight;
    }
}

/// Distances become weighted falls of the kernel, its weighted values stand in `values`.
fn weigh_forces<T: Number>(distances: &mut [T], values: &mut [T], weights: &[T], shape: Shape) {
    pulp::Arch::new().dispatch(
        #[inline(always)]
        move || {
            // As above.
            let distances = distances;
            match shape {
                Shape::Gaussian => weigh_forces_body(distances, values, weights, Shape::Gaussian),
                Shape::ThreeScale => weigh_forces_body(distances, values, weights, Shape::ThreeScale),
                Shape::Directions => weigh_forces_body(distances, values, weights, Shape::Directions),
            }
        },
    );
}

#[inline(always)]
fn weigh_forces_body<T: Number>(distances: &mut [T], values: &mut [T], weights: &[T], shape: Shape) {
    for ((r, value), &weight) in distances.iter_mut().zip(values).zip(weights) {
        let (height, fall) = shape.value_and_fall(*r);
        *value = height * weight;
        *r = fall * weight;
    }
}

/// Numbers that [`sum`] adds in double precision.
const SUMMED_DOUBLE: usize = 128;

/// The sum; overwrites the numbers. Adds halves in pairs first, which loses few digits and is fast, then lane by
/// lane.
fn sum<T: Number>(mut values: &mut [T]) -> f64 {
    while values.len() > SUMMED_DOUBLE && values.len().is_multiple_of(2) {
        let (left, right) = values.split_at_mut(values.len() / 2);
        add(left, right);
        values = left;
    }
    let mut sums = [0.0; LANES];
    let (lanes, rest) = values.as_chunks::<LANES>();
    add_lanes(lanes, &mut sums);
    let rest: f64 = rest.iter().map(|value| value.to_f64()).sum();
    let mut half = LANES / 2;
    while half > 0 {
        let (left, right) = sums.split_at_mut(half);
        left.iter_mut().zip(right).for_each(|(left, right)| *left += *right);
        half /= 2;
    }
    sums[0] + rest
}

fn add_lanes<T: Number>(lanes: &[[T; LANES]], sums: &mut [f64; LANES]) {
    pulp::Arch::new().dispatch(
        #[inline(always)]
        move || {
            // As above; lanes are added in a place of their own.
            let mut own = [0.0; LANES];
            for lanes in lanes {
                for (sum, lane) in own.iter_mut().zip(lanes) {
                    *sum += lane.to_f64();
                }
            }
            *sums = own;
        },
    );
}

fn add<T: Number>(left: &mut [T], right: &[T]) {
    pulp::Arch::new().dispatch(
        #[inline(always)]
        move || {
            // As above.
            let left = left;
            for (left, &right) in left.iter_mut().zip(right) {
                *left = *left + right;
            }
        },
    );
}

/// Blocks of one piece of work.
fn blocks_of(piece: usize, block_count: usize) -> Range<usize> {
    piece * PIECE_BLOCKS..((piece + 1) * PIECE_BLOCKS).min(block_count)
}

/// For each left point the weighted sum of the kernel over the right points.
pub fn row_sums<T: Number>(left: &Points<T>, right: &Points<T>, weights: &[f64], shape: Shape) -> Vec<f64> {
    assert_eq!(left.dimension, right.dimension, "point sets of one dimension");
    let weights = padded(weights, right.count);
    let mut total = vec![0.0; left.count];
    for piece in 0..right.block_count().div_ceil(PIECE_BLOCKS) {
        add_sums(left, right, &weights, (shape, blocks_of(piece, right.block_count())), &mut total);
    }
    total
}

/// Adds the sums over one piece.
fn add_sums<T: Number>(
    left: &Points<T>,
    right: &Points<T>,
    weights: &[T],
    (shape, blocks): (Shape, Range<usize>),
    total: &mut [f64],
) {
    let weights = &weights[blocks.start * LANES..blocks.end * LANES];
    let mut tile = Tile::new(blocks.len());
    for (index, total) in total.chunks_mut(TILE).enumerate() {
        tile.measure(left, index * TILE, right, blocks.clone());
        for (row, total) in tile.rows.iter_mut().zip(total) {
            weigh(row, weights, shape);
            *total += sum(row);
        }
    }
}

/// [`row_sums`] over (much) data, whose pieces run in parallel.
pub fn cross_sums<T: Number>(
    points: &Points<T>,
    data: &Points<T>,
    weights: &[f64],
    shape: Shape,
) -> Vec<f64> {
    assert_eq!(points.dimension, data.dimension, "point sets of one dimension");
    let weights = padded(weights, data.count);
    let pieces = parallel::map(data.block_count().div_ceil(PIECE_BLOCKS), |piece| {
        let mut sums = vec![0.0; points.count];
        add_sums(points, data, &weights, (shape, blocks_of(piece, data.block_count())), &mut sums);
        sums
    });
    let mut total = vec![0.0; points.count];
    for part in pieces {
        total.iter_mut().zip(part).for_each(|(sum, part)| *sum += part);
    }
    total
}

/// How near rows of data come to points.
#[derive(Debug, Clone, PartialEq)]
pub struct Closeness<T> {
    /// For each point the squared distance of the nearest row.
    pub nearest: Vec<f64>,
    /// For each point its nearest row; empty before the first.
    pub rows: Vec<Vec<T>>,
    /// For each point the number of rows within the given squared distance.
    pub counts: Vec<usize>,
}

impl<T: Number> Closeness<T> {
    /// Nothing seen yet.
    pub fn new(points: usize) -> Self {
        Self { nearest: vec![f64::INFINITY; points], rows: vec![Vec::new(); points], counts: vec![0; points] }
    }

    /// Takes more rows into account.
    pub fn add(&mut self, points: &Points<T>, data: &Points<T>, within: f64) {
        let pieces = parallel::map(data.block_count().div_ceil(PIECE_BLOCKS), |piece| {
            near_rows(points, data, blocks_of(piece, data.block_count()), within)
        });
        for (point, (row, distance, count)) in
            pieces.into_iter().flat_map(|piece| piece.into_iter().enumerate())
        {
            self.counts[point] += count;
            if distance < self.nearest[point] {
                self.nearest[point] = distance;
                self.rows[point] = data.row(row).to_vec();
            }
        }
    }
}

/// For each point its nearest row of a piece, the squared distance, and how many rows are within `within`.
fn near_rows<T: Number>(
    points: &Points<T>,
    data: &Points<T>,
    blocks: Range<usize>,
    within: f64,
) -> Vec<(usize, f64, usize)> {
    let (start, length) = (blocks.start * LANES, blocks.len() * LANES);
    let used = (data.count - start).min(length);
    let mut tile = Tile::new(blocks.len());
    let mut found = Vec::with_capacity(points.count);
    for first in (0..points.count).step_by(TILE) {
        tile.measure(points, first, data, blocks.clone());
        for distances in tile.rows.iter().take(points.count - first) {
            let (mut nearest, mut count) = ((start, f64::INFINITY), 0);
            for (row, distance) in distances[..used].iter().enumerate() {
                let distance = distance.to_f64();
                count += usize::from(distance <= within);
                if distance < nearest.1 {
                    nearest = (start + row, distance);
                }
            }
            found.push((nearest.0, nearest.1, count));
        }
    }
    found
}

/// `sum_ij a_i b_j k(x_i, y_j)`: the inner product of two weighted point sets.
pub fn inner_product<T: Number>(
    left: (&Points<T>, &[f64]),
    right: (&Points<T>, &[f64]),
    shape: Shape,
) -> f64 {
    let sums = row_sums(left.0, right.0, right.1, shape);
    sums.iter().zip(left.1).map(|(sum, weight)| sum * weight).sum()
}

/// The kernel matrix of two point sets, left x right.
pub fn gram<T: Number>(left: &Points<T>, right: &Points<T>, shape: Shape) -> Matrix {
    assert_eq!(left.dimension, right.dimension, "point sets of one dimension");
    let mut gram = Matrix::zeros(left.count, right.count);
    let blocks = 0..right.block_count();
    let ones = vec![T::from_f64(1.0); blocks.len() * LANES];
    let mut tile = Tile::new(blocks.len());
    for first in (0..left.count).step_by(TILE) {
        tile.measure(left, first, right, blocks.clone());
        for (values, row) in tile.rows.iter_mut().zip(first..left.count) {
            weigh(values, &ones, shape);
            for (entry, value) in gram.row_mut(row).iter_mut().zip(values) {
                *entry = value.to_f64();
            }
        }
    }
    gram
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
pub fn pull<T: Number>(points: &Points<T>, data: &Points<T>, weights: &[f64], shape: Shape) -> Pull {
    assert_eq!(points.dimension, data.dimension, "point sets of one dimension");
    let weights = padded(weights, data.count);
    let pieces = parallel::map(data.block_count().div_ceil(PIECE_BLOCKS), |piece| {
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

fn pull_of_blocks<T: Number>(
    points: &Points<T>,
    data: &Points<T>,
    weights: &[T],
    shape: Shape,
    blocks: Range<usize>,
) -> Pull {
    let mut part =
        Pull { sums: vec![0.0; points.count], gradient: Matrix::zeros(points.count, points.dimension) };
    let weights = &weights[blocks.start * LANES..blocks.end * LANES];
    let mut tile = Tile::new(blocks.len());
    let mut values = vec![T::default(); weights.len()];
    // Sums over the data of force times coordinate, lane by lane.
    let mut drawn = vec![[[T::default(); LANES]; TILE]; data.dimension];
    for first in (0..points.count).step_by(TILE) {
        tile.measure(points, first, data, blocks.clone());
        let mut falls = [0.0; TILE];
        for ((forces, fall), point) in tile.rows.iter_mut().zip(&mut falls).zip(first..points.count) {
            weigh_forces(forces, &mut values, weights, shape);
            part.sums[point] = sum(&mut values);
            values.copy_from_slice(forces);
            *fall = sum(&mut values);
        }
        T::draw(tile.rows.each_ref().map(Vec::as_slice), data.lanes(blocks.clone()), &mut drawn);
        for ((t, fall), point) in falls.iter().enumerate().zip(first..points.count) {
            let slopes = part.gradient.row_mut(point).iter_mut();
            for ((slope, &x), drawn) in slopes.zip(points.row(point)).zip(&drawn) {
                // d/dx k(|x-y|^2) = -fall * 2 (x - y)
                let drawn: f64 = drawn[t].iter().map(|lane| lane.to_f64()).sum();
                *slope = -2.0 * (fall * x.to_f64() - drawn);
            }
        }
    }
    part
}

/// The squared distance of each row of `data` to one point.
pub fn distances_to<T: Number>(point: &[T], data: &Points<T>) -> Vec<f64> {
    assert_eq!(point.len(), data.dimension, "a point of the data's dimension");
    let point = Points::from_rows(1, data.dimension, point.to_vec());
    nearest(data, &point).into_iter().map(|(_, distance)| distance).collect()
}

/// For each row of `data` its nearest centre and the squared distance to it.
pub fn nearest<T: Number>(data: &Points<T>, centres: &Points<T>) -> Vec<(usize, f64)> {
    assert_eq!(data.dimension, centres.dimension, "point sets of one dimension");
    let pieces = parallel::map(data.block_count().div_ceil(PIECE_BLOCKS), |piece| {
        nearest_of_blocks(data, centres, blocks_of(piece, data.block_count()))
    });
    let mut found = pieces.concat();
    found.truncate(data.count);
    found
}

/// The centres are the tile, so that one with few of them costs little.
fn nearest_of_blocks<T: Number>(
    data: &Points<T>,
    centres: &Points<T>,
    blocks: Range<usize>,
) -> Vec<(usize, f64)> {
    let length = blocks.len() * LANES;
    let mut tile = Tile::new(blocks.len());
    let mut least = vec![T::from_f64(f64::INFINITY); length];
    let mut which = vec![0_u32; length];
    for first in (0..centres.count).step_by(TILE) {
        tile.measure(centres, first, data, blocks.clone());
        for (distances, centre) in tile.rows.iter().zip(first..centres.count) {
            take_nearer(distances, centre as u32, &mut least, &mut which);
        }
    }
    which.into_iter().zip(least).map(|(centre, distance)| (centre as usize, distance.to_f64())).collect()
}

fn take_nearer<T: Number>(distances: &[T], centre: u32, least: &mut [T], which: &mut [u32]) {
    pulp::Arch::new().dispatch(
        #[inline(always)]
        move || {
            // As above.
            let least = least;
            for ((distance, least), which) in distances.iter().zip(least.iter_mut()).zip(which.iter_mut()) {
                let nearer = *distance < *least;
                *which = if nearer { centre } else { *which };
                *least = if nearer { *distance } else { *least };
            }
        },
    );
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
            Shape::Directions => 0.25 - r / 2.0,
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
