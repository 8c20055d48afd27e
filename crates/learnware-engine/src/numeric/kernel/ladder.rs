//! Gaussian sums of several widths in one pass, over columns of which some count up to a bound only.

use super::{LANES, Number, Points, TILE, Tile, padded, sum};

/// Points whose columns are in two parts: those that count in full, and those in which a difference counts up to a
/// bound.
#[derive(Debug, Clone)]
pub struct Bounded<T> {
    full: Points<T>,
    bounded: Points<T>,
}

impl<T: Number> Bounded<T> {
    /// Takes points apart: `is_bounded` has one entry for each column.
    pub fn new(points: &Points<T>, is_bounded: &[bool]) -> Self {
        assert_eq!(points.dimension(), is_bounded.len(), "one entry for each column");
        let part = |wanted: bool| {
            let rows = (0..points.count()).flat_map(|index| points.row(index).iter().zip(is_bounded));
            let rows = rows.filter(|(_, is_bounded)| **is_bounded == wanted).map(|(&value, _)| value);
            let columns = is_bounded.iter().filter(|&&is_bounded| is_bounded == wanted).count();
            Points::from_rows(points.count(), columns, rows.collect())
        };
        Self { full: part(false), bounded: part(true) }
    }

    /// Number of points.
    pub fn count(&self) -> usize {
        self.full.count()
    }

    /// Squared distances of the points `first..first + TILE` to all of `others`.
    fn measure(&self, first: usize, others: &Self, bound: T, tile: &mut Tile<T>) {
        if self.full.dimension() > 0 {
            tile.measure(&self.full, first, &others.full, 0..others.full.block_count());
        } else {
            tile.rows.iter_mut().for_each(|row| row.fill(T::default()));
        }
        if self.bounded.dimension() > 0 {
            for (index, row) in (first..self.count()).zip(&mut tile.rows) {
                add_bounded(row, self.bounded.row(index), &others.bounded, bound);
            }
        }
    }
}

/// Adds to each distance the squared differences in further columns, each up to `bound`.
fn add_bounded<T: Number>(distances: &mut [T], point: &[T], others: &Points<T>, bound: T) {
    for (index, distance) in (0..others.count()).zip(distances) {
        for (&value, &other) in point.iter().zip(others.row(index)) {
            let difference = value - other;
            let square = difference * difference;
            *distance = *distance + if square < bound { square } else { bound };
        }
    }
}

/// Gaussians `exp(-factor r)`, each of twice the factor of the one before.
#[derive(Debug, Clone, Copy)]
pub struct Ladder {
    /// Factor of the first one.
    pub factor: f64,
    /// How many.
    pub rungs: usize,
    /// What the squared difference in a bounded column counts at most; may be infinite.
    pub bound: f64,
}

impl Ladder {
    /// For each rung and each left point the weighted sum of its Gaussian over the right points.
    pub fn sums<T: Number>(self, left: &Bounded<T>, right: &Bounded<T>, weights: &[f64]) -> Vec<Vec<f64>> {
        let weights = padded(weights, right.count());
        let mut sums = vec![Vec::with_capacity(left.count()); self.rungs];
        let mut tile = Tile::new(weights.len() / LANES);
        let mut weighted = vec![T::default(); weights.len()];
        for first in (0..left.count()).step_by(TILE) {
            left.measure(first, right, T::from_f64(self.bound), &mut tile);
            for row in tile.rows.iter_mut().take(left.count() - first) {
                heights(row, T::from_f64(self.factor));
                for (rung, sums) in sums.iter_mut().enumerate() {
                    if rung > 0 {
                        for height in row.iter_mut() {
                            *height = *height * *height;
                        }
                    }
                    for ((weighted, &height), &weight) in weighted.iter_mut().zip(&*row).zip(&weights) {
                        *weighted = height * weight;
                    }
                    sums.push(sum(&mut weighted));
                }
            }
        }
        sums
    }
}

/// Distances become `exp(-factor r)`.
fn heights<T: Number>(distances: &mut [T], factor: T) {
    pulp::Arch::new().dispatch(
        #[inline(always)]
        move || {
            // Moved out, so that the closure can be called only once: others reach the vector code by a call.
            let distances = distances;
            for distance in distances {
                *distance = (*distance * factor).exp_minus();
            }
        },
    );
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::numeric::random::Stream;

    fn points(seed: u64, count: usize) -> Points<f64> {
        let mut stream = Stream::new(seed);
        Points::from_rows(count, 3, (0..count * 3).map(|_| stream.normal()).collect())
    }

    #[test]
    fn every_rung_is_its_plain_sum() {
        let (left, right) = (points(1, 7), points(2, 37));
        let weights: Vec<f64> = (0..37).map(|i| f64::from(i) / 666.0).collect();
        for is_bounded in [[false; 3], [false, true, false], [true; 3]] {
            let ladder = Ladder { factor: 0.5, rungs: 3, bound: 0.7 };
            let parts = [&left, &right].map(|points| Bounded::new(points, &is_bounded));
            let sums = ladder.sums(&parts[0], &parts[1], &weights);
            for (rung, sums) in sums.iter().enumerate() {
                for (index, &found) in sums.iter().enumerate() {
                    let square = |other: usize, axis: usize| {
                        let square = (left.row(index)[axis] - right.row(other)[axis]).powi(2);
                        if is_bounded[axis] { square.min(0.7) } else { square }
                    };
                    let distance = |other: usize| (0..3).map(|axis| square(other, axis)).sum::<f64>();
                    let factor = 0.5 * f64::from(1 << rung);
                    let plain: f64 =
                        (0..37).map(|other| weights[other] * (-factor * distance(other)).exp()).sum();
                    assert!((found - plain).abs() < 1e-12, "{found} instead of {plain}");
                }
            }
        }
    }
}
