//! Columns as small bin numbers with the values that part them.

use crate::numeric::{Matrix, parallel};

/// The bin of missing values.
pub(super) const MISSING: u8 = 0;

/// All columns, binned. Bin 0 is for missing values; bin `b >= 1` ends at `bounds[b - 1]`, the last is open.
pub(super) struct Bins {
    pub(super) columns: Vec<Column>,
    pub(super) rows: usize,
    pub(super) ranges: Vec<(f64, f64)>,
}

/// One binned column.
pub(super) struct Column {
    pub(super) bins: Vec<u8>,
    pub(super) bounds: Vec<f64>,
}

impl Column {
    /// Number of bins, the one for missing values included.
    pub(super) fn count(&self) -> usize {
        self.bounds.len() + 2
    }
}

impl Bins {
    pub(super) fn new(rows: &Matrix, bins_max: usize) -> Self {
        // One bin is kept for missing values, one is open.
        let columns = parallel::map(rows.columns(), |column| bin(&rows.column(column), bins_max - 1));
        let (columns, ranges) = columns.into_iter().unzip();
        Self { columns, rows: rows.rows(), ranges }
    }
}

fn bin(values: &[f64], bins_max: usize) -> (Column, (f64, f64)) {
    let mut sorted: Vec<f64> = values.iter().copied().filter(|value| !value.is_nan()).collect();
    sorted.sort_by(f64::total_cmp);
    let range = (sorted.first().copied().unwrap_or(0.0), sorted.last().copied().unwrap_or(0.0));
    let bounds = bounds(&sorted, bins_max);
    let place = |value: f64| {
        if value.is_nan() { MISSING } else { 1 + bounds.partition_point(|bound| *bound < value) as u8 }
    };
    let bins = values.iter().map(|&value| place(value)).collect();
    (Column { bins, bounds }, range)
}

/// Ascending values between neighbours: all of them, or at even counts when there are too many.
fn bounds(sorted: &[f64], bins_max: usize) -> Vec<f64> {
    let mut runs: Vec<(f64, usize)> = Vec::new();
    for &value in sorted {
        match runs.last_mut() {
            Some((last, count)) if *last == value => *count += 1,
            _ => runs.push((value, 1)),
        }
    }
    let mut bounds = Vec::new();
    let mut in_bin = 0;
    let mut left = sorted.len();
    let exact = runs.len() <= bins_max;
    for pair in runs.windows(2) {
        in_bin += pair[0].1;
        let wanted = left as f64 / (bins_max - bounds.len()) as f64;
        if exact || (in_bin as f64 >= wanted && bounds.len() + 1 < bins_max) {
            bounds.push(between(pair[0].0, pair[1].0));
            left -= in_bin;
            in_bin = 0;
        }
    }
    bounds
}

/// A value with `low <= value < high`, the middle where rounding allows.
fn between(low: f64, high: f64) -> f64 {
    let middle = low + (high - low) * 0.5;
    if middle >= low && middle < high { middle } else { low }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bins_keep_order_and_missing_apart() {
        let values: Vec<f64> = (0..1000).map(f64::from).chain([f64::NAN]).collect();
        let (column, range) = bin(&values, 254);
        assert_eq!((column.bins[1000], range), (MISSING, (0.0, 999.0)));
        assert!(column.bins[..1000].windows(2).all(|pair| pair[0] <= pair[1]));
        assert!(column.count() <= 256 && column.bounds.len() > 200);
        let (column, _) = bin(&[3.0, 1.0, 3.0], 254);
        assert_eq!((column.bins, column.bounds), (vec![2, 1, 2], vec![2.0]));
    }
}
