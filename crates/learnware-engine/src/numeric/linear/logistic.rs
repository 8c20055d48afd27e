//! Multinomial logistic regression with a squared penalty, around given log-odds if wanted.
//!
//! Minimises `sum_n -log p(y_n | x_n) + penalty/2 |W|^2` by L-BFGS, where the scores are `offset + W x + b`.
//! The offset lets a model learn only the correction to predictions that are there already: with a strong
//! penalty the offset remains. Works with classes that have no rows.

use super::outer;
use crate::numeric::cholesky::Cholesky;
use crate::numeric::lbfgs::{self, Limits};
use crate::numeric::random::Stream;
use crate::numeric::vector::dot;
use crate::numeric::{Matrix, folds, parallel};

/// Penalties tried by default, strongest first.
pub const PENALTIES: [f64; 5] = [1000.0, 100.0, 20.0, 4.0, 0.5];
/// Part of the penalty that also holds the intercepts, so that classes without rows stay possible.
const INTERCEPT_PART: f64 = 0.01;
/// Probability below which the logarithm is not taken.
const PROBABILITY_MIN: f64 = 1e-12;

/// A fitted multinomial logistic regression.
#[derive(Debug, Clone, PartialEq)]
pub struct Logistic {
    /// Classes x columns.
    weights: Matrix,
    intercepts: Vec<f64>,
    penalty: f64,
}

/// Rows, their classes, and the scores to start from.
#[derive(Debug, Clone, Copy)]
struct Sample<'a> {
    rows: &'a Matrix,
    labels: &'a [usize],
    offset: Option<&'a Matrix>,
}

impl Logistic {
    /// Fits classes `0..classes` at one penalty. `offset` is rows x classes.
    pub fn fit(
        rows: &Matrix,
        labels: &[usize],
        classes: usize,
        penalty: f64,
        offset: Option<&Matrix>,
    ) -> Self {
        Self::flat(rows.columns(), classes, penalty).improve(Sample { rows, labels, offset }, penalty)
    }

    /// Fits at the penalty of `penalties` (strongest first) with the least cross-validated log-loss.
    /// Folds are stratified; classes with few rows or one are fine.
    pub fn fit_best(
        rows: &Matrix,
        labels: &[usize],
        classes: usize,
        penalties: &[f64],
        offset: Option<&Matrix>,
        seed: u64,
    ) -> Self {
        assert!(!penalties.is_empty(), "at least one penalty");
        let span = Span::new(rows);
        let given = rows;
        let rows = span.as_ref().map_or(rows, |span| span.coordinates());
        let fold_count = labels.len().min(5);
        let mut losses = vec![0.0; penalties.len()];
        if fold_count >= 2 && penalties.len() > 1 {
            let fold_of = folds::stratified(labels, fold_count, &mut Stream::new(seed));
            let of_folds = parallel::map(fold_count, |fold| {
                let (train, test) = folds::split(&fold_of, fold);
                fold_losses(Sample { rows, labels, offset }, classes, penalties, (&train, &test))
            });
            for fold in of_folds {
                losses.iter_mut().zip(fold).for_each(|(sum, loss)| *sum += loss);
            }
        }
        let best = (0..losses.len()).min_by(|&a, &b| losses[a].total_cmp(&losses[b])).unwrap_or(0);
        let mut model = Self::flat(rows.columns(), classes, penalties[0]);
        for &penalty in &penalties[..=best] {
            model = model.improve(Sample { rows, labels, offset }, penalty);
        }
        match span {
            None => model,
            Some(span) => Self { weights: span.back(given, &model.weights), ..model },
        }
    }

    /// Coefficients, classes x columns.
    pub fn weights(&self) -> &Matrix {
        &self.weights
    }

    /// One for each class.
    pub fn intercepts(&self) -> &[f64] {
        &self.intercepts
    }

    /// The penalty it was fitted with.
    pub fn penalty(&self) -> f64 {
        self.penalty
    }

    /// Class probabilities, rows x classes.
    pub fn predict(&self, rows: &Matrix, offset: Option<&Matrix>) -> Matrix {
        let mut scores = Matrix::zeros(rows.rows(), self.intercepts.len());
        for (index, row) in rows.iter_rows().enumerate() {
            for (class, score) in scores.row_mut(index).iter_mut().enumerate() {
                let given = offset.map_or(0.0, |offset| offset.at(index, class));
                *score = given + self.intercepts[class] + dot(self.weights.row(class), row);
            }
            softmax(scores.row_mut(index));
        }
        scores
    }

    fn flat(columns: usize, classes: usize, penalty: f64) -> Self {
        Self { weights: Matrix::zeros(classes, columns), intercepts: vec![0.0; classes], penalty }
    }

    /// The fit at another penalty, begun at this one.
    fn improve(&self, sample: Sample<'_>, penalty: f64) -> Self {
        let (classes, columns) = (self.weights.rows(), self.weights.columns());
        let mut place = self.weights.as_slice().to_vec();
        place.extend_from_slice(&self.intercepts);
        let limits = Limits { iterations_max: 300, relative_fall_min: 1e-6, first_step: 0.5 };
        lbfgs::minimise(
            |place, gradient| objective(sample, (classes, columns), penalty, place, gradient),
            &mut place,
            limits,
        );
        let intercepts = place.split_off(classes * columns);
        let weights = Matrix::new(classes, columns, place).expect("the place keeps its length");
        Self { weights, intercepts, penalty }
    }
}

/// Fewer coordinates for rows that are fewer than their columns. The penalised optimum lies in the span of
/// the rows, and the rows' coordinates in it are the Cholesky factor of their inner products.
struct Span {
    factor: Cholesky,
}

impl Span {
    fn new(rows: &Matrix) -> Option<Self> {
        (rows.rows() < rows.columns()).then(|| Self { factor: Cholesky::with_jitter(&outer(rows), 1e-12) })
    }

    fn coordinates(&self) -> &Matrix {
        self.factor.factor()
    }

    /// Weights on the columns: `X' L^-T v = X' (L L')^-1 L v` for each class.
    fn back(&self, rows: &Matrix, weights: &Matrix) -> Matrix {
        let mut back = Matrix::zeros(weights.rows(), rows.columns());
        for (class, weights) in weights.iter_rows().enumerate() {
            let products: Vec<f64> = self.coordinates().iter_rows().map(|row| dot(row, weights)).collect();
            let shares = self.factor.solve(&products);
            for (row, share) in rows.iter_rows().zip(shares) {
                back.row_mut(class).iter_mut().zip(row).for_each(|(sum, value)| *sum += share * value);
            }
        }
        back
    }
}

/// Summed log-losses on the test rows for each penalty.
fn fold_losses(
    sample: Sample<'_>,
    classes: usize,
    penalties: &[f64],
    (train, test): (&[usize], &[usize]),
) -> Vec<f64> {
    let rows = sample.rows.select_rows(train);
    let labels: Vec<usize> = train.iter().map(|&row| sample.labels[row]).collect();
    let offset = sample.offset.map(|offset| offset.select_rows(train));
    let train = Sample { rows: &rows, labels: &labels, offset: offset.as_ref() };
    let test_rows = sample.rows.select_rows(test);
    let test_offset = sample.offset.map(|offset| offset.select_rows(test));
    let mut model = Logistic::flat(rows.columns(), classes, penalties[0]);
    let loss = |model: &Logistic| -> f64 {
        let probabilities = model.predict(&test_rows, test_offset.as_ref());
        let of_row = |(place, &row): (usize, &usize)| {
            -probabilities.at(place, sample.labels[row]).max(PROBABILITY_MIN).ln()
        };
        test.iter().enumerate().map(of_row).sum()
    };
    penalties
        .iter()
        .map(|&penalty| {
            model = model.improve(train, penalty);
            loss(&model)
        })
        .collect()
}

/// Value and gradient of the mean penalised log-loss.
fn objective(
    sample: Sample<'_>,
    (classes, columns): (usize, usize),
    penalty: f64,
    place: &[f64],
    gradient: &mut [f64],
) -> f64 {
    let share = 1.0 / sample.labels.len() as f64;
    let (weights, intercepts) = place.split_at(classes * columns);
    // Around an offset the intercepts are corrections too and give way with the penalty.
    let held = INTERCEPT_PART * if sample.offset.is_some() { penalty } else { penalty.min(1.0) };
    let mut value = 0.0;
    for ((gradient, weight), at) in gradient.iter_mut().zip(place).zip(0..) {
        let strength = share * if at < weights.len() { penalty } else { held };
        value += 0.5 * strength * weight * weight;
        *gradient = strength * weight;
    }
    let (weight_gradient, intercept_gradient) = gradient.split_at_mut(classes * columns);
    let mut scores = vec![0.0; classes];
    for (index, (row, &label)) in sample.rows.iter_rows().zip(sample.labels).enumerate() {
        for (class, score) in scores.iter_mut().enumerate() {
            let given = sample.offset.map_or(0.0, |offset| offset.at(index, class));
            *score = given + intercepts[class] + dot(&weights[class * columns..(class + 1) * columns], row);
        }
        let top = scores.iter().copied().fold(f64::NEG_INFINITY, f64::max);
        let own = scores[label] - top;
        for score in &mut scores {
            *score = (*score - top).exp();
        }
        let total: f64 = scores.iter().sum();
        value += share * (total.ln() - own);
        for (class, score) in scores.iter().enumerate() {
            let pull = share * (score / total - if class == label { 1.0 } else { 0.0 });
            intercept_gradient[class] += pull;
            let part = &mut weight_gradient[class * columns..(class + 1) * columns];
            part.iter_mut().zip(row).for_each(|(sum, x)| *sum += pull * x);
        }
    }
    value
}

/// Turns scores into probabilities in place.
pub fn softmax(scores: &mut [f64]) {
    let top = scores.iter().copied().fold(f64::NEG_INFINITY, f64::max);
    let mut total = 0.0;
    for score in &mut *scores {
        *score = (*score - top).exp();
        total += *score;
    }
    for score in scores {
        *score /= total;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn blobs(rows: usize) -> (Matrix, Vec<usize>) {
        let mut stream = Stream::new(1);
        let labels: Vec<usize> = (0..rows).map(|row| row % 3).collect();
        let centre = |label: usize| if label == 0 { (0.0, 0.0) } else { (3.0, label as f64 * 2.0 - 3.0) };
        let points: Vec<[f64; 2]> = labels
            .iter()
            .map(|&label| [centre(label).0 + 0.5 * stream.normal(), centre(label).1 + 0.5 * stream.normal()])
            .collect();
        (Matrix::from_rows(&points).unwrap(), labels)
    }

    #[test]
    fn separates_blobs_and_knows_their_order() {
        let (x, y) = blobs(60);
        let p = Logistic::fit_best(&x, &y, 4, &PENALTIES, None, 0).predict(&x, None);
        let right = (0..60).filter(|&i| p.at(i, y[i]) > 0.5).count();
        assert!(right >= 56, "{right}");
        assert!((0..60).all(|i| (p.row(i).iter().sum::<f64>() - 1.0).abs() < 1e-12 && p.at(i, 3) > 0.0));
    }

    #[test]
    fn a_strong_penalty_leaves_the_offset() {
        let (x, y) = blobs(30);
        let offset = Matrix::new(30, 3, (0..90).map(|i| f64::from(i % 7)).collect()).unwrap();
        let p = Logistic::fit(&x, &y, 3, 1e9, Some(&offset)).predict(&x, Some(&offset));
        for row in 0..30 {
            let mut wanted = offset.row(row).to_vec();
            softmax(&mut wanted);
            assert!(p.row(row).iter().zip(&wanted).all(|(a, b)| (a - b).abs() < 1e-5));
        }
    }

    #[test]
    fn fewer_rows_than_columns_give_the_same_model_as_the_plain_fit() {
        let mut stream = Stream::new(8);
        let x = Matrix::new(8, 20, (0..160).map(|_| stream.normal()).collect()).unwrap();
        let labels = [0, 1, 2, 0, 1, 2, 0, 1];
        let plain = Logistic::fit(&x, &labels, 3, 4.0, None).predict(&x, None);
        let spanned = Logistic::fit_best(&x, &labels, 3, &[4.0], None, 0).predict(&x, None);
        for (a, b) in plain.as_slice().iter().zip(spanned.as_slice()) {
            assert!((a - b).abs() < 2e-3, "{a} {b}");
        }
    }

    #[test]
    fn one_row_or_one_class_is_no_fault() {
        let (x, _) = blobs(3);
        for labels in [vec![1], vec![2, 2], vec![0, 1, 1]] {
            let rows = x.select_rows(&(0..labels.len()).collect::<Vec<_>>());
            let p = Logistic::fit_best(&rows, &labels, 3, &PENALTIES, None, 0).predict(&rows, None);
            assert!(p.as_slice().iter().all(|value| value.is_finite()));
        }
    }
}
