//! Metrics, means, spreads, rank correlations and paired bootstrap intervals.
//!
//! Squared errors are summed with compensation, so that two systems that predict the same bytes get the
//! same metric to the last digit.

/// Resamples of a bootstrap interval: its ends are then stable to about a hundredth of its width.
const RESAMPLES: usize = 10_000;

/// Mean, spread and count of one quantity over the users.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Summary {
    pub(super) mean: f64,
    /// Standard deviation over users, with n - 1 below the root; 0 for one user.
    pub(super) deviation: f64,
}

/// A mean difference with the ends of its 95 % interval.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Difference {
    pub(super) mean: f64,
    pub(super) low: f64,
    pub(super) high: f64,
}

/// What the predictions mean and how they are judged.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Task {
    /// Root mean squared error, lower is better.
    Regression,
    /// Share of right labels, higher is better.
    Classification,
}

impl Task {
    pub(super) fn metric_name(self) -> &'static str {
        match self {
            Self::Regression => "RMSE",
            Self::Classification => "accuracy",
        }
    }

    /// The better one of two values of the metric.
    pub(super) fn better(self, one: f64, other: f64) -> f64 {
        match self {
            Self::Regression => one.min(other),
            Self::Classification => one.max(other),
        }
    }

    /// The metric turned so that less is better.
    pub(super) fn loss(self, metric: f64) -> f64 {
        match self {
            Self::Regression => metric,
            Self::Classification => 1.0 - metric,
        }
    }

    /// Judges predictions, row by row: `columns` values a row, class probabilities when there are several.
    pub(super) fn metric(self, predictions: &[f64], columns: usize, truth: &[f64]) -> Result<f64, String> {
        if columns == 0 || predictions.len() != truth.len() * columns {
            return Err(format!("{} predictions for {} rows", predictions.len(), truth.len()));
        }
        let count = truth.len() as f64;
        let rows = predictions.chunks_exact(columns).zip(truth);
        match self {
            Self::Regression if columns == 1 => {
                let squares = rows.map(|(row, truth)| (row[0] - truth) * (row[0] - truth));
                Ok((compensated_sum(squares) / count).sqrt())
            }
            Self::Regression => Err(format!("{columns} predicted values a row, but the task is regression")),
            Self::Classification => {
                let right = rows.filter(|(row, truth)| label(row) == **truth).count();
                Ok(right as f64 / count)
            }
        }
    }
}

/// Neumaier's sum: the rounding errors are summed apart and added last.
fn compensated_sum(values: impl Iterator<Item = f64>) -> f64 {
    let (mut sum, mut lost) = (0.0_f64, 0.0_f64);
    for value in values {
        let next = sum + value;
        lost += if sum.abs() >= value.abs() { (sum - next) + value } else { (value - next) + sum };
        sum = next;
    }
    sum + lost
}

/// The label of one row: the number itself, or the first most probable class.
fn label(row: &[f64]) -> f64 {
    if let [label] = row {
        return *label;
    }
    let mut best = 0;
    for (index, value) in row.iter().enumerate() {
        if *value > row[best] {
            best = index;
        }
    }
    best as f64
}

pub(super) fn mean(values: &[f64]) -> f64 {
    values.iter().sum::<f64>() / values.len() as f64
}

pub(super) fn summary(values: &[f64]) -> Summary {
    let centre = mean(values);
    let squares: f64 = values.iter().map(|value| (value - centre) * (value - centre)).sum();
    let deviation = if values.len() > 1 { (squares / (values.len() - 1) as f64).sqrt() } else { 0.0 };
    Summary { mean: centre, deviation }
}

/// Spearman's rank correlation; equal values share their mean rank. 0 where one side has no order at all.
pub(super) fn rank_correlation(one: &[f64], other: &[f64]) -> f64 {
    assert_eq!(one.len(), other.len(), "a correlation needs pairs");
    let (one, other) = (ranks(one), ranks(other));
    let centre = (one.len() as f64 - 1.0) / 2.0;
    let product = |left: &[f64], right: &[f64]| -> f64 {
        left.iter().zip(right).map(|(left, right)| (left - centre) * (right - centre)).sum()
    };
    let spread = (product(&one, &one) * product(&other, &other)).sqrt();
    if spread > 0.0 { product(&one, &other) / spread } else { 0.0 }
}

fn ranks(values: &[f64]) -> Vec<f64> {
    let mut order: Vec<usize> = (0..values.len()).collect();
    order.sort_by(|one, other| values[*one].total_cmp(&values[*other]));
    let mut ranks = vec![0.0; values.len()];
    let mut first = 0;
    for tied in order.chunk_by(|one, other| values[*one] == values[*other]) {
        let rank = first as f64 + (tied.len() - 1) as f64 / 2.0;
        for place in tied {
            ranks[*place] = rank;
        }
        first += tied.len();
    }
    ranks
}

/// Mean of `ours - theirs` over the same users, with a percentile bootstrap interval. Same seed, same interval.
pub(super) fn paired_difference(ours: &[f64], theirs: &[f64], seed: u64) -> Difference {
    assert_eq!(ours.len(), theirs.len(), "a paired difference needs the same users on both sides");
    let differences: Vec<f64> = ours.iter().zip(theirs).map(|(ours, theirs)| ours - theirs).collect();
    let count = differences.len();
    let mut state = seed;
    let mut means: Vec<f64> = (0..RESAMPLES)
        .map(|_| {
            let drawn = (0..count).map(|_| differences[(next(&mut state) % count as u64) as usize]);
            drawn.sum::<f64>() / count as f64
        })
        .collect();
    means.sort_by(f64::total_cmp);
    let at = |share: f64| means[((RESAMPLES - 1) as f64 * share).round() as usize];
    Difference { mean: mean(&differences), low: at(0.025), high: at(0.975) }
}

/// SplitMix64: enough for resampling, and the same everywhere.
fn next(state: &mut u64) -> u64 {
    *state = state.wrapping_add(0x9e37_79b9_7f4a_7c15);
    let mut mixed = *state;
    mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    mixed ^ (mixed >> 31)
}

#[cfg(test)]
mod tests {
    use super::{Task, paired_difference, rank_correlation, summary};

    #[test]
    fn metrics_follow_their_definitions() {
        let rmse = Task::Regression.metric(&[1.0, 2.0], 1, &[0.0, 4.0]).unwrap();
        assert!((rmse - 2.5_f64.sqrt()).abs() < 1e-15);
        let by_label = Task::Classification.metric(&[1.0, 2.0], 1, &[1.0, 0.0]).unwrap();
        let by_probability = Task::Classification.metric(&[0.1, 0.9, 0.5, 0.5], 2, &[1.0, 0.0]).unwrap();
        assert_eq!((by_label, by_probability), (0.5, 1.0));
        assert_eq!((Task::Regression.loss(0.25), Task::Classification.loss(0.25)), (0.25, 0.75));
        assert!(Task::Regression.metric(&[1.0], 1, &[0.0, 4.0]).is_err());
        assert!(Task::Regression.metric(&[1.0, 1.0], 2, &[0.0]).is_err());
    }

    #[test]
    fn a_rank_correlation_looks_at_the_order_alone() {
        assert_eq!(rank_correlation(&[1.0, 2.0, 30.0], &[0.1, 0.2, 0.3]), 1.0);
        assert_eq!(rank_correlation(&[1.0, 2.0, f64::INFINITY], &[3.0, 2.0, 1.0]), -1.0);
        // Ranks 0.5, 0.5, 2 against 0, 1, 2.
        let tied = rank_correlation(&[1.0, 1.0, 2.0], &[1.0, 2.0, 3.0]);
        assert!((tied - 0.75_f64.sqrt()).abs() < 1e-15, "{tied}");
        assert_eq!(rank_correlation(&[1.0, 1.0], &[1.0, 2.0]), 0.0);
    }

    #[test]
    fn a_summary_has_the_sample_deviation() {
        let found = summary(&[1.0, 2.0, 3.0]);
        assert_eq!((found.mean, found.deviation), (2.0, 1.0));
        assert_eq!(summary(&[5.0]).deviation, 0.0);
    }

    #[test]
    fn the_interval_holds_the_mean_and_depends_on_the_seed_alone() {
        let ours: Vec<f64> = (0..40).map(|index| f64::from(index % 7)).collect();
        let theirs = vec![2.0; 40];
        let found = paired_difference(&ours, &theirs, 1);
        assert!(found.low < found.mean && found.mean < found.high);
        assert!(found.high - found.low < 2.0);
        assert_eq!(found, paired_difference(&ours, &theirs, 1));
        assert_eq!(paired_difference(&ours, &ours, 1).high, 0.0);
    }
}
