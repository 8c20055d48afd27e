//! Gradient-boosted decision trees on histograms: small, exact in its repeats, no unsafe, no threads of its own.
//!
//! Newton boosting (Friedman 2001; Chen and Guestrin, KDD 2016) with leaf-wise growth and missing values
//! sent to the better side, as LightGBM does it (Ke et al., NeurIPS 2017). Deliberately absent: categorical
//! splits, sampling of rows, other objectives, early stopping (callers cross-validate).

mod binning;
mod grow;
mod lightgbm;

pub use lightgbm::to_lightgbm_text;

use super::linear::softmax;
use super::random::Stream;
use super::{Matrix, parallel};
use binning::Bins;
use grow::{Gradients, Grower};

/// Probability from which starting log-odds are made at least.
const PROBABILITY_MIN: f64 = 1e-6;

/// What is learned.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Objective {
    /// A quantity, by squared error.
    Squared,
    /// Class 0 or 1, by log-loss.
    Binary,
    /// One of this many classes, by log-loss.
    Multiclass(usize),
}

impl Objective {
    /// The objective for a number of classes.
    pub fn classes(count: usize) -> Self {
        if count == 2 { Self::Binary } else { Self::Multiclass(count) }
    }

    fn outputs(self) -> usize {
        match self {
            Self::Squared | Self::Binary => 1,
            Self::Multiclass(classes) => classes,
        }
    }
}

/// How trees are grown; the defaults are LightGBM's.
#[derive(Debug, Clone, PartialEq)]
pub struct BoostingParameters {
    /// Trees for each output.
    pub rounds: usize,
    /// Leaves of a tree at most.
    pub leaves_max: usize,
    /// Part of each tree's answer that counts.
    pub learning_rate: f64,
    /// Rows in a leaf at least.
    pub leaf_rows_min: usize,
    /// Squared penalty on leaf values.
    pub l2: f64,
    /// Bins for each column at most, up to 255.
    pub bins_max: usize,
    /// Part of the columns each tree may use.
    pub column_share: f64,
    /// Seed of the choice of columns.
    pub seed: u64,
}

impl Default for BoostingParameters {
    fn default() -> Self {
        Self {
            rounds: 100,
            leaves_max: 31,
            learning_rate: 0.1,
            leaf_rows_min: 20,
            l2: 0.0,
            bins_max: 255,
            column_share: 1.0,
            seed: 0,
        }
    }
}

impl BoostingParameters {
    /// Parameters that still learn from few rows: smaller leaves and trees, some penalty.
    pub fn for_rows(rows: usize) -> Self {
        Self {
            leaf_rows_min: (rows / 20).clamp(2, 20),
            leaves_max: (rows / 10).clamp(4, 31),
            l2: 1.0,
            ..Self::default()
        }
    }
}

/// Where a split sends a row.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Child {
    /// To another split of the tree.
    Split(usize),
    /// To a leaf.
    Leaf(usize),
}

/// One question of a tree: is the value at most the threshold?
#[derive(Debug, Clone, PartialEq)]
pub struct Split {
    /// Column asked.
    pub column: usize,
    /// Values up to this go left.
    pub threshold: f64,
    /// Whether missing values go left.
    pub missing_left: bool,
    /// Where "yes" goes.
    pub left: Child,
    /// Where "no" goes.
    pub right: Child,
    /// Loss gained in training.
    pub gain: f64,
    /// Training rows that came here.
    pub count: usize,
    /// What the node would answer as a leaf.
    pub value: f64,
}

/// An end of a tree.
#[derive(Debug, Clone, PartialEq)]
pub struct Leaf {
    /// Its answer, learning rate included.
    pub value: f64,
    /// Training rows that came here.
    pub count: usize,
    /// Sum of second derivatives of the loss over those rows.
    pub weight: f64,
}

/// A decision tree; split 0 is the root, a tree without splits is its leaf 0.
#[derive(Debug, Clone, PartialEq)]
pub struct Tree {
    /// Questions.
    pub splits: Vec<Split>,
    /// Ends.
    pub leaves: Vec<Leaf>,
}

impl Tree {
    /// The leaf a row comes to.
    pub fn leaf_of(&self, row: &[f64]) -> usize {
        let mut at = if self.splits.is_empty() { Child::Leaf(0) } else { Child::Split(0) };
        loop {
            match at {
                Child::Leaf(leaf) => return leaf,
                Child::Split(index) => {
                    let split = &self.splits[index];
                    let value = row[split.column];
                    let left = if value.is_nan() { split.missing_left } else { value <= split.threshold };
                    at = if left { split.left } else { split.right };
                }
            }
        }
    }
}

/// A trained ensemble of trees.
#[derive(Debug, Clone, PartialEq)]
pub struct Boosting {
    /// What was learned.
    pub objective: Objective,
    /// Number of columns.
    pub columns: usize,
    /// Score of each output before any tree.
    pub start: Vec<f64>,
    /// Trees round by round, within a round one for each output.
    pub trees: Vec<Tree>,
    /// Smallest and largest value of each column in training, missing ones aside.
    pub ranges: Vec<(f64, f64)>,
}

impl Boosting {
    /// Trains on rows (NaN = missing) with one target each: a quantity, or a class number.
    pub fn fit(
        rows: &Matrix,
        targets: &[f64],
        objective: Objective,
        parameters: &BoostingParameters,
    ) -> Self {
        assert!(rows.rows() == targets.len() && !targets.is_empty(), "training needs rows");
        let bins = Bins::new(rows, parameters.bins_max.clamp(2, 255));
        let outputs = objective.outputs();
        let start = start_scores(targets, objective);
        let mut scores: Vec<Vec<f64>> = start.iter().map(|&score| vec![score; targets.len()]).collect();
        let mut trees = Vec::with_capacity(parameters.rounds * outputs);
        for round in 0..parameters.rounds {
            let gradients = gradients(&scores, targets, objective);
            let columns = columns_of_round(rows.columns(), parameters, round);
            let grown = parallel::map(outputs, |output| {
                Grower::new(&bins, &gradients[output], parameters, &columns).grow()
            });
            let mut still = true;
            for (scores, (tree, leaf_of_row)) in scores.iter_mut().zip(grown) {
                scores.iter_mut().zip(&leaf_of_row).for_each(|(s, &leaf)| *s += tree.leaves[leaf].value);
                still &= tree.splits.is_empty();
                trees.push(tree);
            }
            if still {
                trees.truncate(trees.len() - outputs);
                break;
            }
        }
        Self { objective, columns: rows.columns(), start, trees, ranges: bins.ranges }
    }

    /// Raw scores, rows x outputs.
    pub fn scores(&self, rows: &Matrix) -> Matrix {
        let mut scores = Matrix::zeros(rows.rows(), self.start.len());
        for (index, row) in rows.iter_rows().enumerate() {
            let out = scores.row_mut(index);
            out.copy_from_slice(&self.start);
            for round in self.trees.chunks(self.start.len()) {
                out.iter_mut().zip(round).for_each(|(s, tree)| *s += tree.leaves[tree.leaf_of(row)].value);
            }
        }
        scores
    }

    /// Quantities (one column) or class probabilities (a column for each class).
    pub fn predict(&self, rows: &Matrix) -> Matrix {
        let mut scores = self.scores(rows);
        match self.objective {
            Objective::Squared => scores,
            Objective::Multiclass(_) => {
                (0..scores.rows()).for_each(|row| softmax(scores.row_mut(row)));
                scores
            }
            Objective::Binary => {
                let mut both = Matrix::zeros(scores.rows(), 2);
                for row in 0..scores.rows() {
                    let one = 1.0 / (1.0 + (-scores.at(row, 0)).exp());
                    both.row_mut(row).copy_from_slice(&[1.0 - one, one]);
                }
                both
            }
        }
    }
}

/// Scores before any tree: the mean, or the log-odds of the classes.
fn start_scores(targets: &[f64], objective: Objective) -> Vec<f64> {
    let count = targets.len() as f64;
    let share = |class: f64| targets.iter().filter(|&&target| target == class).count() as f64 / count;
    match objective {
        Objective::Squared => vec![targets.iter().sum::<f64>() / count],
        Objective::Binary => {
            let one = share(1.0).clamp(PROBABILITY_MIN, 1.0 - PROBABILITY_MIN);
            vec![(one / (1.0 - one)).ln()]
        }
        Objective::Multiclass(classes) => {
            (0..classes).map(|class| share(class as f64).max(PROBABILITY_MIN).ln()).collect()
        }
    }
}

/// First and second derivatives of the loss for each output.
fn gradients(scores: &[Vec<f64>], targets: &[f64], objective: Objective) -> Vec<Gradients> {
    let pair = |list: Vec<(f64, f64)>| {
        let (first, second) = list.into_iter().unzip();
        Gradients { first, second }
    };
    match objective {
        Objective::Squared => {
            vec![pair(scores[0].iter().zip(targets).map(|(score, target)| (score - target, 1.0)).collect())]
        }
        Objective::Binary => {
            let one = |(score, target): (&f64, &f64)| {
                let p = 1.0 / (1.0 + (-score).exp());
                (p - target, (p * (1.0 - p)).max(1e-16))
            };
            vec![pair(scores[0].iter().zip(targets).map(one).collect())]
        }
        Objective::Multiclass(classes) => {
            let mut lists = vec![Vec::with_capacity(targets.len()); classes];
            let mut row = vec![0.0; classes];
            // LightGBM scales the second derivative by K/(K-1), the redundancy of the K scores.
            let scale = classes as f64 / (classes as f64 - 1.0).max(1.0);
            for (index, target) in targets.iter().enumerate() {
                row.iter_mut().zip(scores).for_each(|(value, scores)| *value = scores[index]);
                softmax(&mut row);
                for (class, (list, p)) in lists.iter_mut().zip(&row).enumerate() {
                    let own = if class as f64 == *target { 1.0 } else { 0.0 };
                    list.push((p - own, (scale * p * (1.0 - p)).max(1e-16)));
                }
            }
            lists.into_iter().map(pair).collect()
        }
    }
}

/// The columns a round may use.
fn columns_of_round(columns: usize, parameters: &BoostingParameters, round: usize) -> Vec<usize> {
    let wanted = (columns as f64 * parameters.column_share).ceil().max(1.0) as usize;
    Stream::substream(parameters.seed, round as u64).sample(columns, wanted)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn data(rows: usize) -> Matrix {
        let mut stream = Stream::new(2);
        Matrix::new(rows, 3, (0..rows * 3).map(|_| stream.uniform()).collect()).unwrap()
    }

    #[test]
    fn learns_a_step_and_an_interaction() {
        let x = data(800);
        let y: Vec<f64> = x.iter_rows().map(|row| f64::from((row[0] > 0.5) != (row[1] > 0.3))).collect();
        let model = Boosting::fit(&x, &y, Objective::Squared, &BoostingParameters::default());
        let p = model.predict(&x);
        let error = y.iter().enumerate().map(|(i, y)| (p.at(i, 0) - y).powi(2)).sum::<f64>() / 800.0;
        assert!(error < 0.02, "{error}");
    }

    #[test]
    fn classes_are_learned_and_probabilities_sum_to_one() {
        let x = data(600);
        let class = |row: &[f64]| (row[0] * 3.0).floor();
        let y: Vec<f64> = x.iter_rows().map(class).collect();
        let model = Boosting::fit(&x, &y, Objective::Multiclass(4), &BoostingParameters::default());
        let p = model.predict(&x);
        let right = (0..600).filter(|&i| p.at(i, y[i] as usize) > 0.5).count();
        assert!(right > 590, "{right}");
        assert!(p.iter_rows().all(|row| (row.iter().sum::<f64>() - 1.0).abs() < 1e-9));
    }

    #[test]
    fn missing_values_go_where_they_belong() {
        let mut x = data(400);
        let y: Vec<f64> = (0..400).map(|i| f64::from(i % 2)).collect();
        for row in 0..400 {
            x.set(row, 1, if row % 2 == 1 { f64::NAN } else { x.at(row, 1) });
        }
        let p = Boosting::fit(&x, &y, Objective::Binary, &BoostingParameters::default()).predict(&x);
        assert!((0..400).all(|i| (p.at(i, 1) > 0.5) == (i % 2 == 1)));
    }

    #[test]
    fn few_rows_and_constant_targets_are_no_fault() {
        let x = data(2);
        for targets in [[1.0, 1.0], [0.0, 1.0]] {
            for objective in [Objective::Squared, Objective::Binary, Objective::Multiclass(3)] {
                let p = Boosting::fit(&x, &targets, objective, &BoostingParameters::for_rows(2)).predict(&x);
                assert!(p.as_slice().iter().all(|value| value.is_finite()));
            }
        }
    }
}
