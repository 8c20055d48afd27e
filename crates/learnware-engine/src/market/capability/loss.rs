//! What answers lose on a task.

use crate::numeric::Matrix;
use crate::semantic::Task;

/// Losses are cut here: a learnware that is far off on one task is not worse for being farther off.
pub const LOSS_MAX: f64 = 4.0;
/// Variance of a task's answers, in parts of the mean square, below which it asks for nothing.
const VARIANCE_MIN: f64 = 1e-12;

/// What `given` loses where `truth` is right, weighted by `weights`: for quantities the squared error in parts of the truth's
/// variance (1 is what the best constant loses), at most [`LOSS_MAX`]; for classes the share of wrong answers, of the classes
/// with the largest scores. `None` where there is no common answer to compare: other shapes, not finite, a truth that
/// is constant.
pub fn loss(task: Task, weights: &[f64], truth: &Matrix, given: &Matrix) -> Option<f64> {
    let comparable = truth.rows() == weights.len()
        && (truth.rows(), truth.columns()) == (given.rows(), given.columns())
        && truth.columns() > 0;
    let finite = |values: &Matrix| values.as_slice().iter().all(|value| value.is_finite());
    if !comparable || !finite(truth) || !finite(given) {
        return None;
    }
    match task {
        Task::Regression => squared(weights, truth, given),
        Task::Classification => Some(wrong(weights, truth, given)),
        _ => None,
    }
}

fn squared(weights: &[f64], truth: &Matrix, given: &Matrix) -> Option<f64> {
    let total: f64 = weights.iter().sum();
    let (mut error, mut variance, mut square) = (0.0, 0.0, 0.0);
    for column in 0..truth.columns() {
        let (truth, given) = (truth.column(column), given.column(column));
        let mean = weights.iter().zip(&truth).map(|(weight, value)| weight * value).sum::<f64>() / total;
        for ((weight, truth), given) in weights.iter().zip(&truth).zip(&given) {
            error += weight * (given - truth).powi(2);
            variance += weight * (truth - mean).powi(2);
            square += weight * truth.powi(2);
        }
    }
    let asks = variance.is_finite() && variance > VARIANCE_MIN * square && variance > 0.0;
    asks.then(|| (error / variance).clamp(0.0, LOSS_MAX))
}

fn wrong(weights: &[f64], truth: &Matrix, given: &Matrix) -> f64 {
    let total: f64 = weights.iter().sum();
    let rows = truth.iter_rows().zip(given.iter_rows()).zip(weights);
    let wrong: f64 = rows
        .filter(|((truth, given), _)| (called(truth) - called(given)).abs() > 0.5)
        .map(|(_, weight)| weight)
        .sum();
    (wrong / total).clamp(0.0, 1.0)
}

/// The class that finite outputs tell: a label, or the place of the largest score.
pub(in crate::market) fn called(answer: &[f64]) -> f64 {
    match answer {
        [label] => label.round(),
        scores => {
            let larger = |best, at| if scores[at] > scores[best] { at } else { best };
            (0..scores.len()).reduce(larger).unwrap_or(0) as f64
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn column(values: &[f64]) -> Matrix {
        Matrix::new(values.len(), 1, values.to_vec()).unwrap()
    }

    #[test]
    fn quantities_are_compared_in_parts_of_their_variance() {
        let truth = column(&[1.0, 3.0]);
        let of = |given: &[f64]| loss(Task::Regression, &[0.5, 0.5], &truth, &column(given));
        assert_eq!(of(&[1.0, 3.0]), Some(0.0));
        assert_eq!(of(&[2.0, 2.0]), Some(1.0), "the mean");
        assert_eq!(of(&[900.0, -900.0]), Some(LOSS_MAX));
        assert_eq!(of(&[f64::NAN, 3.0]), None);
        assert_eq!(loss(Task::Regression, &[0.5, 0.5], &column(&[2.0, 2.0]), &truth), None, "constant");
        assert_eq!(loss(Task::Regression, &[1.0], &truth, &truth), None, "other weights");
        assert_eq!(loss(Task::Segmentation, &[0.5, 0.5], &truth, &truth), None);
    }

    #[test]
    fn classes_are_compared_by_name_or_by_score() {
        let scores = Matrix::new(2, 2, vec![0.9, 0.1, 0.2, 0.8]).unwrap();
        let other = Matrix::new(2, 2, vec![0.6, 0.4, 0.7, 0.3]).unwrap();
        assert_eq!(loss(Task::Classification, &[0.25, 0.75], &scores, &other), Some(0.75));
        let labels = loss(Task::Classification, &[0.25, 0.75], &column(&[1.0, 2.0]), &column(&[0.0, 2.0]));
        assert_eq!(labels, Some(0.25));
        assert_eq!(loss(Task::Classification, &[0.5, 0.5], &scores, &column(&[0.0, 1.0])), None);
    }
}
