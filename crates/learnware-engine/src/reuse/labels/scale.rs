//! From a learnware's quantities to the user's: another unit, another level, or another bend.
//!
//! The forms, simplest first: unchanged, shifted, a line, a monotone curve (isotonic regression by pooling adjacent
//! violators; Ayer and others, Annals of Mathematical Statistics 1955). The simplest is taken that is not worse than
//! the best by more than noise, each judged on rows that it did not learn from. Without labels nothing can be known
//! of the user's scale, and answers stay unchanged.

use serde::{Deserialize, Serialize};

use crate::error::{EngineError, Result};
use crate::numeric::folds;
use crate::numeric::random::Stream;
use crate::predictor::{Batch, PredictError, Predictions, Predictor};

/// Labels from which each form is tried.
const SHIFT_LABELS_MIN: usize = 3;
const LINE_LABELS_MIN: usize = 5;
const CURVE_LABELS_MIN: usize = 30;
/// Parts of the cross-validation; with fewer labels each is left out on its own.
const FOLDS: usize = 10;

/// A map of quantities.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", tag = "form")]
pub enum ScaleMapping {
    /// As the learnware answers.
    Unchanged,
    /// `answer + by`.
    Shift {
        /// What is added.
        by: f64,
    },
    /// `start + slope * answer`.
    Line {
        /// Value for the answer 0.
        start: f64,
        /// Growth; negative where the learnware measures the opposite.
        slope: f64,
    },
    /// Linear between knots of increasing answers, constant outside.
    Curve {
        /// Answers with what they become.
        knots: Vec<(f64, f64)>,
    },
}

/// A learnware that answers on the user's scale.
pub struct Rescaled {
    inner: Box<dyn Predictor>,
    mapping: ScaleMapping,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Form {
    Unchanged,
    Shift,
    Line,
    Curve,
}

impl ScaleMapping {
    /// Learns the mapping from answers and labels of the same rows; no labels leave answers unchanged. `seed` parts
    /// the rows.
    ///
    /// # Errors
    ///
    /// Different numbers of answers and labels, or ones that are not finite.
    pub fn fit(answers: &[f64], labels: &[f64], seed: u64) -> Result<Self> {
        if answers.len() != labels.len() {
            return Err(EngineError::Shape {
                what: "labels, one for each answer",
                expected: answers.len().to_string(),
                found: labels.len().to_string(),
            });
        }
        if let Some(row) = answers.iter().zip(labels).position(|(a, b)| !(a.is_finite() && b.is_finite())) {
            return Err(EngineError::NonFinite { column: usize::from(answers[row].is_finite()), row });
        }
        let count = labels.len();
        let forms = [
            (Form::Unchanged, 1),
            (Form::Shift, SHIFT_LABELS_MIN),
            (Form::Line, LINE_LABELS_MIN),
            (Form::Curve, CURVE_LABELS_MIN),
        ];
        let tried: Vec<Form> =
            forms.into_iter().filter(|(_, least)| count >= *least).map(|(form, _)| form).collect();
        if tried.len() < 2 {
            return Ok(Self::Unchanged);
        }
        let fold_of = folds::plain(count, count.min(FOLDS), &mut Stream::substream(seed, 3701));
        let losses: Vec<Vec<f64>> = tried.iter().map(|form| form.losses(answers, labels, &fold_of)).collect();
        let sum = |losses: &Vec<f64>| losses.iter().sum::<f64>();
        let best = losses.iter().min_by(|a, b| sum(a).total_cmp(&sum(b))).expect("several forms are tried");
        let chosen = losses.iter().position(|losses| within_noise(losses, best)).unwrap_or(0);
        Ok(tried[chosen].fit(answers, labels))
    }

    /// The quantity on the user's scale.
    pub fn apply(&self, answer: f64) -> f64 {
        match self {
            Self::Unchanged => answer,
            Self::Shift { by } => answer + by,
            Self::Line { start, slope } => start + slope * answer,
            Self::Curve { knots } => interpolated(knots, answer),
        }
    }

    /// The learnware, which answers with quantities, on the user's scale.
    pub fn wrap(self, inner: Box<dyn Predictor>) -> Rescaled {
        Rescaled { inner, mapping: self }
    }
}

impl Predictor for Rescaled {
    fn input_shape(&self) -> Option<Vec<usize>> {
        self.inner.input_shape()
    }

    fn output_shape(&self) -> Option<Vec<usize>> {
        self.inner.output_shape()
    }

    fn predict(&mut self, batch: &Batch) -> std::result::Result<Predictions, PredictError> {
        let mut answers = self.inner.predict(batch)?;
        answers.values.as_mut_slice().iter_mut().for_each(|value| *value = self.mapping.apply(*value));
        Ok(answers)
    }
}

impl Form {
    fn fit(self, answers: &[f64], labels: &[f64]) -> ScaleMapping {
        let count = labels.len().max(1) as f64;
        let (answer_mean, label_mean) =
            (answers.iter().sum::<f64>() / count, labels.iter().sum::<f64>() / count);
        match self {
            Self::Unchanged => ScaleMapping::Unchanged,
            Self::Shift => ScaleMapping::Shift { by: label_mean - answer_mean },
            Self::Line => {
                let spread: f64 = answers.iter().map(|answer| (answer - answer_mean).powi(2)).sum();
                let together: f64 =
                    answers.iter().zip(labels).map(|(a, b)| (a - answer_mean) * (b - label_mean)).sum();
                let slope = if spread > 1e-18 * answer_mean * answer_mean { together / spread } else { 0.0 };
                let slope = if slope.is_finite() { slope } else { 0.0 };
                ScaleMapping::Line { start: label_mean - slope * answer_mean, slope }
            }
            Self::Curve => ScaleMapping::Curve { knots: isotonic(answers, labels) },
        }
    }

    /// Squared errors on rows left out.
    fn losses(self, answers: &[f64], labels: &[f64], fold_of: &[usize]) -> Vec<f64> {
        let mut losses = vec![0.0; labels.len()];
        for fold in 0..=fold_of.iter().copied().max().unwrap_or(0) {
            let (train, test) = folds::split(fold_of, fold);
            let pick = |values: &[f64]| train.iter().map(|&row| values[row]).collect::<Vec<_>>();
            let mapping = self.fit(&pick(answers), &pick(labels));
            for row in test {
                losses[row] = (mapping.apply(answers[row]) - labels[row]).powi(2);
            }
        }
        losses
    }
}

fn within_noise(losses: &[f64], best: &[f64]) -> bool {
    let differences: Vec<f64> = losses.iter().zip(best).map(|(a, b)| a - b).collect();
    let estimate = crate::reuse::automatic::Estimate::of(&differences);
    estimate.mean <= estimate.standard_error
}

/// Knots of the increasing or decreasing step curve of least squares, whichever fits better.
fn isotonic(answers: &[f64], labels: &[f64]) -> Vec<(f64, f64)> {
    let mirrored: Vec<f64> = labels.iter().map(|label| -label).collect();
    let (rising, rising_error) = pooled(answers, labels);
    let (falling, falling_error) = pooled(answers, &mirrored);
    if rising_error <= falling_error {
        rising
    } else {
        falling.into_iter().map(|(answer, value)| (answer, -value)).collect()
    }
}

/// Pools adjacent violators: knots at the mean answer of each pool, and the squared error.
fn pooled(answers: &[f64], labels: &[f64]) -> (Vec<(f64, f64)>, f64) {
    let mut order: Vec<usize> = (0..answers.len()).collect();
    order.sort_by(|&a, &b| answers[a].total_cmp(&answers[b]));
    // Count, sum of answers, sum of labels, sum of squared labels.
    let mut equals: Vec<(f64, [f64; 4])> = Vec::new();
    for row in order {
        let (answer, label) = (answers[row], labels[row]);
        let one = [1.0, answer, label, label * label];
        match equals.last_mut().filter(|last| last.0 >= answer) {
            Some(last) => add(&mut last.1, &one),
            None => equals.push((answer, one)),
        }
    }
    let mut pools: Vec<[f64; 4]> = Vec::new();
    for (_, mut pool) in equals {
        while let Some(last) = pools.pop_if(|last| last[2] / last[0] >= pool[2] / pool[0]) {
            add(&mut pool, &last);
        }
        pools.push(pool);
    }
    let error = pools.iter().map(|pool| pool[3] - pool[2] * pool[2] / pool[0]).sum();
    (pools.iter().map(|pool| (pool[1] / pool[0], pool[2] / pool[0])).collect(), error)
}

fn add(pool: &mut [f64; 4], other: &[f64; 4]) {
    pool.iter_mut().zip(other).for_each(|(value, other)| *value += other);
}

/// Linear between knots, constant outside.
fn interpolated(knots: &[(f64, f64)], at: f64) -> f64 {
    let after = knots.partition_point(|knot| knot.0 <= at);
    match (after.checked_sub(1).map(|place| knots[place]), knots.get(after)) {
        (None, None) => at,
        (None, Some(&(_, value))) | (Some((_, value)), None) => value,
        (Some((left, low)), Some(&(right, high))) => low + (high - low) * ((at - left) / (right - left)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn data(count: usize, seed: u64, law: impl Fn(f64) -> f64, noise: f64) -> (Vec<f64>, Vec<f64>) {
        let mut stream = Stream::new(seed);
        (0..count)
            .map(|_| {
                let answer = 3.0 * stream.normal();
                (answer, law(answer) + noise * stream.normal())
            })
            .unzip()
    }

    #[test]
    fn the_right_form_is_found() {
        let fit = |count, law: fn(f64) -> f64| {
            let (answers, labels) = data(count, 1, law, 0.3);
            ScaleMapping::fit(&answers, &labels, 0).unwrap()
        };
        assert_eq!(fit(8, |x| x), ScaleMapping::Unchanged);
        assert!(matches!(fit(8, |x| x + 5.0), ScaleMapping::Shift { by } if (by - 5.0).abs() < 0.5));
        assert!(
            matches!(fit(12, |x| 1.0 - 4.0 * x), ScaleMapping::Line { slope, .. } if (slope + 4.0).abs() < 0.3)
        );
        let curve = fit(200, |x| (x + 3.0).max(0.0).powi(2));
        assert!(matches!(curve, ScaleMapping::Curve { .. }), "{curve:?}");
        assert!((curve.apply(2.0) - 25.0).abs() < 4.0, "{}", curve.apply(2.0));
        assert_eq!(ScaleMapping::fit(&[], &[], 0).unwrap(), ScaleMapping::Unchanged);
        assert!(ScaleMapping::fit(&[1.0], &[], 0).is_err());
        assert!(ScaleMapping::fit(&[f64::NAN], &[1.0], 0).is_err());
    }

    proptest! {
        #[test]
        fn isotonic_curves_are_monotone_and_no_worse_than_the_mean(
            pairs in prop::collection::vec((-3_i32..3, -50.0..50.0_f64), 1..60),
        ) {
            let answers: Vec<f64> = pairs.iter().map(|pair| f64::from(pair.0)).collect();
            let labels: Vec<f64> = pairs.iter().map(|pair| pair.1).collect();
            let knots = isotonic(&answers, &labels);
            let rises = knots.windows(2).all(|two| two[0].1 <= two[1].1);
            let falls = knots.windows(2).all(|two| two[0].1 >= two[1].1);
            prop_assert!(rises || falls, "{knots:?}");
            prop_assert!(knots.windows(2).all(|two| two[0].0 < two[1].0), "{knots:?}");
            let mapping = ScaleMapping::fit(&answers, &labels, 1).unwrap();
            prop_assert!(answers.iter().all(|&answer| mapping.apply(answer).is_finite()));
        }
    }
}
