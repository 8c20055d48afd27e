//! The values of one column of a specification, counted by weight.

use learnware_engine::specification::Rkme;

/// Weight in each of equal bins between the least and the largest value.
pub(super) struct Histogram {
    /// Ends of the range.
    pub(super) range: (f64, f64),
    /// Weight in each bin.
    pub(super) bins: Vec<f64>,
}

impl Histogram {
    /// The histogram of a column over `range`.
    pub(super) fn new(rkme: &Rkme, column: usize, range: (f64, f64), count: usize) -> Self {
        let mut bins = vec![0.0; count];
        let width = (range.1 - range.0).max(f64::MIN_POSITIVE);
        for (row, weight) in rkme.points().iter_rows().zip(rkme.weights()) {
            let place = ((row[column] - range.0) / width * count as f64).floor().max(0.0);
            bins[(place as usize).min(count - 1)] += weight;
        }
        Self { range, bins }
    }

    /// A line of blocks as high as the bins are heavy.
    pub(super) fn blocks(&self) -> String {
        const BLOCKS: [char; 9] = [
            ' ', '\u{2581}', '\u{2582}', '\u{2583}', '\u{2584}', '\u{2585}', '\u{2586}', '\u{2587}',
            '\u{2588}',
        ];
        let most = self.bins.iter().copied().fold(f64::MIN_POSITIVE, f64::max);
        self.bins.iter().map(|bin| BLOCKS[(bin.max(0.0) / most * 8.0).ceil().min(8.0) as usize]).collect()
    }
}

/// Ends of a column's values in several specifications.
pub(super) fn range(rkmes: &[&Rkme], column: usize) -> (f64, f64) {
    let values = rkmes.iter().flat_map(|rkme| rkme.points().iter_rows().map(|row| row[column]));
    values.fold((f64::INFINITY, f64::NEG_INFINITY), |(low, high), v| (low.min(v), high.max(v)))
}
