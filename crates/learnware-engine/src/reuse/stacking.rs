//! Weights of the members learned from labels: not negative, with sum one.
//!
//! Stacking with such weights keeps the answer between those of the members (Breiman, Stacked regressions, Machine
//! Learning 1996), so that a few labels can't lead it far astray. The weights minimise the squared error on the
//! labelled rows (for classes that of the probabilities) plus a pull towards the shares of the mixture, whose strength
//! cross-validation chooses: without evidence the mixture stands.

use super::{Examples, Reuser, Task, classes_of, not_fitted, require_labels, require_one_output};
use crate::error::Result;
use crate::numeric::Matrix;
use crate::numeric::folds;
use crate::numeric::quadratic::simplex_qp;
use crate::numeric::random::Stream;
use crate::numeric::vector::dot;
use crate::predictor::Predictions;

/// Strengths of the pull tried, in units of the members' mean squared answer; the strongest leaves the mixture.
const PULLS: [f64; 5] = [1e3, 1.0, 0.1, 0.01, 1e-4];
/// Parts of the cross-validation; with fewer labels each is left out on its own.
const FOLDS: usize = 5;
/// Purpose of the stream that parts rows.
const FOLD_STREAM: u64 = 3702;

/// Learns convex weights from labelled rows.
#[derive(Debug, Clone)]
pub struct ConvexStacking {
    seed: u64,
    weights: Option<Vec<f64>>,
}

/// Sums over rows that the weights are solved from: members x members, and members.
struct Sums {
    squares: Matrix,
    products: Vec<f64>,
    rows: usize,
}

impl ConvexStacking {
    /// Weights still to be learned; the seed parts rows for the choice of the pull.
    pub fn new(seed: u64) -> Self {
        Self { seed, weights: None }
    }

    /// The members' weights; `None` before `fit`.
    pub fn weights(&self) -> Option<&[f64]> {
        self.weights.as_deref()
    }
}

impl Reuser for ConvexStacking {
    fn needs_labels(&self) -> bool {
        true
    }

    fn fit(&mut self, examples: &Examples, labels: &[f64]) -> Result<()> {
        require_labels(examples, labels)?;
        let answers = examples.answers();
        let targets = match examples.task() {
            Task::Regression => {
                require_one_output(&answers.values()[0], &answers.ids()[0].0)?;
                Matrix::new(labels.len(), 1, labels.to_vec())?
            }
            Task::Classification { classes } => {
                let mut targets = Matrix::zeros(labels.len(), classes);
                classes_of(labels)
                    .into_iter()
                    .enumerate()
                    .for_each(|(row, class)| targets.set(row, class, 1.0));
                targets
            }
        };
        let all: Vec<usize> = (0..labels.len()).collect();
        let sums = |rows: &[usize]| Sums::of(answers.values(), &targets, rows);
        let mixture = answers.weights();
        let mut best = (f64::INFINITY, PULLS[0]);
        if labels.len() > 1 {
            let mut stream = Stream::substream(self.seed, FOLD_STREAM);
            let fold_of = folds::plain(labels.len(), FOLDS.min(labels.len()), &mut stream);
            let parts: Vec<(Sums, Vec<usize>)> = (0..FOLDS.min(labels.len()))
                .map(|fold| folds::split(&fold_of, fold))
                .map(|(train, test)| (sums(&train), test))
                .collect();
            for pull in PULLS {
                let error = |(sums, test): &(Sums, Vec<usize>)| {
                    squared_error(answers.values(), &targets, test, &sums.solve(pull, mixture))
                };
                let loss: f64 = parts.iter().map(error).sum();
                if loss < best.0 {
                    best = (loss, pull);
                }
            }
        }
        self.weights = Some(sums(&all).solve(best.1, mixture));
        Ok(())
    }

    fn predict(&self, examples: &Examples) -> Result<Predictions> {
        let weights = self.weights.as_ref().ok_or_else(not_fitted)?;
        if weights.len() != examples.answers().member_count() {
            return Err(crate::EngineError::Shape {
                what: "number of members for learned weights",
                expected: weights.len().to_string(),
                found: examples.answers().member_count().to_string(),
            });
        }
        Ok(Predictions { values: examples.answers().combine(weights) })
    }
}

impl Sums {
    fn of(answers: &[Matrix], targets: &Matrix, rows: &[usize]) -> Self {
        let count = answers.len();
        let mut squares = Matrix::zeros(count, count);
        let mut products = vec![0.0; count];
        for &row in rows {
            for (i, left) in answers.iter().enumerate() {
                products[i] += dot(left.row(row), targets.row(row));
                for (j, right) in answers.iter().enumerate().take(i + 1) {
                    squares.set(i, j, squares.at(i, j) + dot(left.row(row), right.row(row)));
                }
            }
        }
        for i in 0..count {
            for j in 0..i {
                squares.set(j, i, squares.at(i, j));
            }
        }
        Self { squares, products, rows: rows.len() }
    }

    /// The weights under one pull towards the mixture.
    fn solve(&self, pull: f64, mixture: &[f64]) -> Vec<f64> {
        let count = self.products.len();
        let share = 1.0 / self.rows.max(1) as f64;
        let scale: f64 = (0..count).map(|i| self.squares.at(i, i) * share).sum::<f64>() / count as f64;
        let pull = pull * scale.max(f64::MIN_POSITIVE);
        let mut matrix = self.squares.clone();
        matrix.as_mut_slice().iter_mut().for_each(|value| *value *= share);
        for i in 0..count {
            matrix.set(i, i, matrix.at(i, i) + pull);
        }
        let linear: Vec<f64> = self
            .products
            .iter()
            .zip(mixture)
            .map(|(product, weight)| product * share + pull * weight)
            .collect();
        simplex_qp(&matrix, &linear).weights
    }
}

fn squared_error(answers: &[Matrix], targets: &Matrix, rows: &[usize], weights: &[f64]) -> f64 {
    let mut sum = 0.0;
    for &row in rows {
        for (column, target) in targets.row(row).iter().enumerate() {
            let answer: f64 =
                answers.iter().zip(weights).map(|(one, weight)| weight * one.at(row, column)).sum();
            sum += (answer - target) * (answer - target);
        }
    }
    sum
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::learnware::LearnwareId;
    use crate::predictor::Batch;
    use crate::reuse::{MemberPredictions, ScoresAre};

    fn examples(answers: Vec<Matrix>, weights: Vec<f64>, task: Task) -> Examples {
        let ids = (0..answers.len()).map(|place| LearnwareId(place.to_string())).collect();
        let rows = answers[0].rows();
        let answers = MemberPredictions::new(ids, weights, answers, task, ScoresAre::Probabilities).unwrap();
        Examples::new(Batch::Table(Matrix::zeros(rows, 1)), task, answers).unwrap()
    }

    #[test]
    fn the_mixture_in_the_labels_is_found_and_one_label_changes_little() {
        let mut stream = Stream::new(2);
        let mut column = || Matrix::new(60, 1, (0..60).map(|_| stream.normal()).collect()).unwrap();
        let answers = vec![column(), column(), column()];
        let labels: Vec<f64> =
            (0..60).map(|row| 0.7 * answers[0].at(row, 0) + 0.3 * answers[2].at(row, 0)).collect();
        let known = examples(answers, vec![1.0, 2.0, 1.0], Task::Regression);
        let mut stacking = ConvexStacking::new(0);
        stacking.fit(&known, &labels).unwrap();
        let weights = stacking.weights().unwrap();
        for (weight, wanted) in weights.iter().zip([0.7, 0.0, 0.3]) {
            assert!((weight - wanted).abs() < 1e-3, "{weights:?}");
        }
        stacking.fit(&known.select(&[0]), &labels[..1]).unwrap();
        let weights = stacking.weights().unwrap();
        for (weight, wanted) in weights.iter().zip([0.25, 0.5, 0.25]) {
            assert!((weight - wanted).abs() < 1e-2, "{weights:?}");
        }
    }

    #[test]
    fn classes_are_weighted_by_their_probabilities() {
        let task = Task::Classification { classes: 2 };
        let right = Matrix::from_rows(&[[0.9, 0.1], [0.2, 0.8], [0.8, 0.2], [0.1, 0.9]]).unwrap();
        let wrong = Matrix::from_rows(&[[0.1, 0.9], [0.9, 0.1], [0.3, 0.7], [0.8, 0.2]]).unwrap();
        let known = examples(vec![wrong, right], vec![1.0, 1.0], task);
        let mut stacking = ConvexStacking::new(0);
        stacking.fit(&known, &[0.0, 1.0, 0.0, 1.0]).unwrap();
        assert!(stacking.weights().unwrap()[1] > 0.9, "{:?}", stacking.weights());
        assert!(ConvexStacking::new(0).predict(&known).is_err());
    }
}
