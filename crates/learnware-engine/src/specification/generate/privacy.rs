//! What a specification tells about single rows, and the rule that no point is a copy of one.

use crate::numeric::kernel::{self, Closeness, Points};
use crate::numeric::random::Stream;

/// Rows that stand behind a point at least, on average.
pub const CLUSTER_ROWS_MIN: usize = 5;
/// Rows of the sample whose nearest neighbour is looked for.
const NEIGHBOURS_MEASURED: usize = 128;
/// A point is near a row within this part of the typical distance of a row to its nearest other row.
const NEAR_PART: f64 = 0.5;
/// A near copy is moved to this multiple of the distance at which it would be one.
const PUSH: f64 = 1.1;

/// How near the points of a specification come to the rows that it was made from. Distances are in the
/// kernel's coordinates, where two typical rows are 1 apart.
#[derive(Debug, Clone, PartialEq)]
pub struct Privacy {
    /// Median distance of a row to its nearest other row (of a sample).
    pub typical_row_distance: f64,
    /// Distance within which a point would be a near copy of a row.
    pub near_distance: f64,
    /// Distance of each point that is published to its nearest row.
    pub nearest_row_distances: Vec<f64>,
    /// For each point that is published the number of rows within `near_distance`.
    pub near_rows: Vec<usize>,
    /// Points moved because they were near copies of fewer than [`CLUSTER_ROWS_MIN`] rows.
    pub points_moved: usize,
    /// Points left out because no place near them was better.
    pub points_left_out: usize,
}

/// How far rows are from each other.
pub(super) struct Neighbourhood {
    /// Median squared distance of a row to its nearest other row.
    typical: f64,
    /// Squared distance within which a point is near a row.
    pub(super) near: f64,
}

impl Neighbourhood {
    /// Measures a sample of at least one row.
    pub(super) fn of(sample: &Points<f32>, stream: &mut Stream) -> Self {
        let asked = stream.sample(sample.count(), NEIGHBOURS_MEASURED);
        let mut nearest: Vec<f64> = crate::numeric::parallel::map(asked.len(), |place| {
            let own = asked[place];
            let distances = kernel::distances_to(sample.row(own), sample);
            let others = distances.iter().enumerate().filter(|&(row, _)| row != own);
            others.map(|(_, &distance)| distance).fold(f64::INFINITY, f64::min)
        });
        nearest.sort_by(f64::total_cmp);
        let typical = nearest.get(nearest.len() / 2).copied().filter(|r| r.is_finite()).unwrap_or(0.0);
        Self { typical, near: typical * NEAR_PART * NEAR_PART }
    }

    /// Whether a point at that place would be a near copy of a row.
    pub(super) fn is_copy(&self, closeness: &Closeness<f32>, point: usize) -> bool {
        closeness.nearest[point] <= self.near && closeness.counts[point] < CLUSTER_ROWS_MIN
    }

    /// The place to which a near copy is moved: away from its row, just out of reach.
    pub(super) fn pushed(&self, point: &[f32], row: &[f32]) -> Vec<f64> {
        let apart: f64 = point.iter().zip(row).map(|(a, b)| f64::from(a - b).powi(2)).sum::<f64>().sqrt();
        let wanted = self.near.sqrt() * PUSH;
        let along = |(axis, (&a, &b)): (usize, (&f32, &f32))| {
            let (a, b) = (f64::from(a), f64::from(b));
            // A point on the row itself has no direction: it goes along the first axis.
            let unit = if apart > 0.0 { (a - b) / apart } else { f64::from(u8::from(axis == 0)) };
            unit.mul_add(wanted, b)
        };
        point.iter().zip(row).enumerate().map(along).collect()
    }

    /// The report on the points that are published.
    pub(super) fn report(&self, closeness: &Closeness<f32>, kept: &[bool], moved: usize) -> Privacy {
        let published = || (0..kept.len()).filter(|&point| kept[point]);
        Privacy {
            typical_row_distance: self.typical.sqrt(),
            near_distance: self.near.sqrt(),
            nearest_row_distances: published().map(|point| closeness.nearest[point].sqrt()).collect(),
            near_rows: published().map(|point| closeness.counts[point]).collect(),
            points_moved: moved,
            points_left_out: kept.iter().filter(|kept| !**kept).count(),
        }
    }
}
