//! Which class of a learnware is which of the user.
//!
//! Two kinds of evidence. Where the data's place is comparable, classes are compared by their means and deviations
//! ([`ClassStatistics`]) and matched by optimal transport (Guo, Zhou, Li and Zhou, ICML 2023, with the cost of
//! Alvarez-Melis and Fusi, NeurIPS 2020: squared distance of the means plus that of Bures between the covariances,
//! here diagonal because few labels give no more). A class may stay alone on either side when its best counterpart is
//! not clearly nearer than another class of the user. On labelled rows, answers and labels are simply
//! counted together. The counts take over from the transport as labels grow.

use crate::error::{EngineError, Result};
use crate::numeric::Matrix;
use crate::numeric::transport;
use crate::predictor::{Batch, PredictError, Predictions, Predictor};

/// Labels that the transport plan counts as much as, for each class of the learnware.
const PLAN_LABELS: f64 = 2.0;
/// Labels that an even spread counts as much as.
const EVEN_LABELS: f64 = 0.1;
/// A class stays alone when its counterpart costs more than this part of the distance to the user's nearest other
/// class.
const ALONE_FACTOR: f64 = 0.5;
/// Classes at most on either side.
const CLASSES_MAX: usize = 10_000;

/// How the rows of each class lie.
#[derive(Debug, Clone, PartialEq)]
pub struct ClassStatistics {
    /// Weight of each class; 0 for classes without rows.
    pub counts: Vec<f64>,
    /// Classes x columns.
    pub means: Matrix,
    /// Classes x columns; 0 for classes with one row.
    pub deviations: Matrix,
}

/// For each class of the learnware the chances of the user's classes.
#[derive(Debug, Clone, PartialEq)]
pub struct ClassMapping {
    /// The learnware's classes x the user's; rows sum to one.
    pub chances: Matrix,
    /// Classes of the user that are the likeliest of no class of the learnware: it can't tell them.
    pub uncovered: Vec<usize>,
}

/// A learnware that answers in the user's classes.
pub struct MappedClasses {
    inner: Box<dyn Predictor>,
    mapping: ClassMapping,
}

impl ClassStatistics {
    /// Statistics of weighted rows with the chances of their classes (rows x classes), which are 0 and 1 for labels.
    ///
    /// # Errors
    ///
    /// Numbers that are not finite, chances or weights that are negative or not one for each row.
    pub fn of(rows: &Matrix, weights: &[f64], chances: &Matrix) -> Result<Self> {
        rows.require_finite()?;
        chances.require_finite()?;
        if chances.rows() != rows.rows() || weights.len() != rows.rows() {
            return Err(EngineError::Shape {
                what: "chances and weights, one for each row",
                expected: rows.rows().to_string(),
                found: format!("{} and {}", chances.rows(), weights.len()),
            });
        }
        if chances.as_slice().iter().chain(weights).any(|value| !(value.is_finite() && *value >= 0.0)) {
            return Err(EngineError::Parameter {
                name: "chances and weights of class statistics",
                wanted: "finite and not negative",
                found: "others".into(),
            });
        }
        let (classes, columns) = (chances.columns(), rows.columns());
        let mut counts = vec![0.0; classes];
        let mut means = Matrix::zeros(classes, columns);
        let mut deviations = Matrix::zeros(classes, columns);
        for (class, count) in counts.iter_mut().enumerate() {
            let shares: Vec<f64> =
                weights.iter().enumerate().map(|(row, weight)| weight * chances.at(row, class)).collect();
            *count = shares.iter().sum();
            if *count > 0.0 {
                let shares: Vec<f64> = shares.iter().map(|share| share / *count).collect();
                let (mean, deviation) = crate::reuse::align::moments(rows, &shares);
                means.row_mut(class).copy_from_slice(&mean);
                deviations.row_mut(class).copy_from_slice(&deviation);
            }
        }
        Ok(Self { counts, means, deviations })
    }

    /// Statistics of labelled rows; labels are classes from 0.
    ///
    /// # Errors
    ///
    /// Labels that are no classes, and as [`ClassStatistics::of`].
    pub fn of_labels(rows: &Matrix, labels: &[f64], classes: usize) -> Result<Self> {
        Self::of(rows, &vec![1.0; rows.rows()], &one_hot(labels, classes)?)
    }
}

impl ClassMapping {
    /// Learns the mapping from the learnware's `scores` (rows x its classes; not negative) on rows with `labels` from
    /// 0 to below `classes`, starting from a plan of [`ClassMapping::plan`] where there is one.
    ///
    /// # Errors
    ///
    /// No class, more than 10 000, labels that are no classes, scores or plan of another shape or not finite.
    pub fn fit(scores: &Matrix, labels: &[f64], classes: usize, plan: Option<&Matrix>) -> Result<Self> {
        let own = scores.columns();
        if own == 0 || classes == 0 || own.max(classes) > CLASSES_MAX {
            return Err(EngineError::Parameter {
                name: "number of classes",
                wanted: "1 to 10000",
                found: format!("{own} and {classes}"),
            });
        }
        scores.require_finite()?;
        let labels = one_hot(labels, classes)?;
        if scores.rows() != labels.rows() {
            return Err(EngineError::Shape {
                what: "scores of labelled rows",
                expected: labels.rows().to_string(),
                found: scores.rows().to_string(),
            });
        }
        if plan.is_some_and(|plan| (plan.rows(), plan.columns()) != (own, classes)) {
            return Err(EngineError::Shape {
                what: "plan from the learnware's classes to the user's",
                expected: format!("{own} x {classes}"),
                found: "another shape".into(),
            });
        }
        let mut chances = Matrix::zeros(own, classes);
        for (scores, label) in scores.iter_rows().zip(labels.iter_rows()) {
            let total: f64 = scores.iter().map(|score| score.max(0.0)).sum();
            for (class, score) in scores.iter().enumerate().filter(|_| total > 0.0) {
                let share = score.max(0.0) / total;
                chances.row_mut(class).iter_mut().zip(label).for_each(|(sum, label)| *sum += share * label);
            }
        }
        for class in 0..own {
            let planned = plan.map(|plan| plan.row(class).to_vec()).unwrap_or_default();
            let sum: f64 = planned.iter().map(|share| share.max(0.0)).sum();
            let row = chances.row_mut(class);
            for (value, share) in row.iter_mut().zip(planned).filter(|_| sum > 0.0) {
                *value += PLAN_LABELS * share.max(0.0) / sum;
            }
            let even = EVEN_LABELS / classes as f64;
            let total = row.iter().sum::<f64>() + EVEN_LABELS;
            for value in row {
                *value = (*value + even) / total;
            }
        }
        let likeliest: Vec<usize> = chances.iter_rows().map(crate::reuse::first_largest).collect();
        let uncovered = (0..classes).filter(|class| !likeliest.contains(class)).collect();
        Ok(Self { chances, uncovered })
    }

    /// How much of each class of the learnware goes to each of the user's, by transport of least cost; classes
    /// without a counterpart on either side send or get nothing. Both statistics are of the same columns.
    ///
    /// # Errors
    ///
    /// Different columns, no class with rows on one side.
    pub fn plan(learnware: &ClassStatistics, user: &ClassStatistics) -> Result<Matrix> {
        if learnware.means.columns() != user.means.columns() {
            return Err(EngineError::Incomparable {
                reason: format!(
                    "classes described by {} columns against {}",
                    learnware.means.columns(),
                    user.means.columns()
                ),
            });
        }
        let (own, other) = (learnware.counts.len(), user.counts.len());
        if learnware.counts.iter().all(|&count| count <= 0.0) || user.counts.iter().all(|&count| count <= 0.0)
        {
            return Err(EngineError::Empty { what: "the set of classes with rows" });
        }
        let scales = pooled(user);
        // One more place on each side takes what stays alone.
        let mut costs = Matrix::zeros(own + 1, other + 1);
        for class in 0..other {
            let alone = ALONE_FACTOR * nearest_other(user, class, &scales);
            costs.set(own, class, alone);
            for of_learnware in 0..own {
                costs.set(of_learnware, class, cost((learnware, of_learnware), (user, class), &scales));
            }
        }
        let dearest = (0..other).map(|class| costs.at(own, class)).fold(0.0, f64::max);
        for of_learnware in 0..own {
            costs.set(of_learnware, other, dearest);
        }
        // Every class counts alike: how frequent a class is tells little of what it is.
        let present = |count: &f64| f64::from(*count > 0.0);
        let mut supply: Vec<f64> = learnware.counts.iter().map(present).collect();
        let mut demand: Vec<f64> = user.counts.iter().map(present).collect();
        let (supplied, wanted): (f64, f64) = (supply.iter().sum(), demand.iter().sum());
        supply.push(wanted);
        demand.push(supplied);
        let plan = transport::plan(&costs, &supply, &demand);
        let rows: Vec<Vec<f64>> = plan.iter_rows().take(own).map(|row| row[..other].to_vec()).collect();
        Matrix::from_rows(&rows)
    }

    /// The learnware's scores (rows x its classes) as chances of the user's classes.
    ///
    /// # Errors
    ///
    /// Scores of another number of classes, or not finite.
    pub fn apply(&self, scores: &Matrix) -> Result<Matrix> {
        scores.require_finite()?;
        if scores.columns() != self.chances.rows() {
            return Err(EngineError::Shape {
                what: "scores of a learnware with mapped classes",
                expected: self.chances.rows().to_string(),
                found: scores.columns().to_string(),
            });
        }
        let classes = self.chances.columns();
        let mut out = Matrix::zeros(scores.rows(), classes);
        for (index, scores) in scores.iter_rows().enumerate() {
            let total: f64 = scores.iter().map(|score| score.max(0.0)).sum();
            let row = out.row_mut(index);
            if total <= 0.0 {
                row.fill(1.0 / classes as f64);
                continue;
            }
            for (score, chances) in scores.iter().zip(self.chances.iter_rows()) {
                let share = score.max(0.0) / total;
                row.iter_mut().zip(chances).for_each(|(sum, chance)| *sum += share * chance);
            }
        }
        Ok(out)
    }

    /// The learnware answering in the user's classes. `inner` answers with scores of its classes that are not
    /// negative, or with one label from 0.
    pub fn wrap(self, inner: Box<dyn Predictor>) -> MappedClasses {
        MappedClasses { inner, mapping: self }
    }
}

impl Predictor for MappedClasses {
    fn input_shape(&self) -> Option<Vec<usize>> {
        self.inner.input_shape()
    }

    fn output_shape(&self) -> Option<Vec<usize>> {
        Some(vec![self.mapping.chances.columns()])
    }

    fn predict(&mut self, batch: &Batch) -> std::result::Result<Predictions, PredictError> {
        let answers = self.inner.predict(batch)?.values;
        let bad = |error: EngineError| PredictError::BadAnswer { reason: error.to_string() };
        let own = self.mapping.chances.rows();
        let scores = if answers.columns() == 1 && own > 1 {
            one_hot(answers.as_slice(), own).map_err(bad)?
        } else {
            answers
        };
        Ok(Predictions { values: self.mapping.apply(&scores).map_err(bad)? })
    }
}

fn one_hot(labels: &[f64], classes: usize) -> Result<Matrix> {
    let mut out = Matrix::zeros(labels.len(), classes);
    for (row, &label) in labels.iter().enumerate() {
        if !(label >= 0.0 && label < classes as f64 && label.fract() == 0.0) {
            return Err(EngineError::Parameter {
                name: "labels",
                wanted: "class numbers from 0, below the number of classes",
                found: label.to_string(),
            });
        }
        out.set(row, label as usize, 1.0);
    }
    Ok(out)
}

/// Mean square of each column around the classes' common mean: the unit in which classes are apart.
fn pooled(statistics: &ClassStatistics) -> Vec<f64> {
    let total: f64 = statistics.counts.iter().sum();
    let mut scales = Vec::with_capacity(statistics.means.columns());
    for column in 0..statistics.means.columns() {
        let parts = || statistics.counts.iter().enumerate().map(|(class, count)| (class, count / total));
        let mean: f64 = parts().map(|(class, share)| share * statistics.means.at(class, column)).sum();
        let square = parts().map(|(class, share)| {
            let (own, deviation) =
                (statistics.means.at(class, column), statistics.deviations.at(class, column));
            share * ((own - mean) * (own - mean) + deviation * deviation)
        });
        scales.push(square.sum::<f64>());
    }
    scales
}

/// Squared distance of means and of deviations, in units of the columns' spread; what few rows add by chance is
/// taken away.
fn cost(
    (left, of_left): (&ClassStatistics, usize),
    (right, of_right): (&ClassStatistics, usize),
    scales: &[f64],
) -> f64 {
    let noise = |statistics: &ClassStatistics, class: usize| {
        let count = statistics.counts[class];
        if count >= 1.0 { 1.0 / count } else { 0.0 }
    };
    let (left_noise, right_noise) = (noise(left, of_left), noise(right, of_right));
    let mut sum = 0.0;
    for (column, scale) in scales.iter().enumerate().filter(|(_, scale)| **scale > 0.0) {
        let means = left.means.at(of_left, column) - right.means.at(of_right, column);
        let (a, b) = (left.deviations.at(of_left, column), right.deviations.at(of_right, column));
        // A class with one row shows no deviation.
        let deviations = if a > 0.0 && b > 0.0 { a - b } else { 0.0 };
        let chance = left_noise * a * a + right_noise * b * b;
        sum += (means * means + deviations * deviations - chance) / scale;
    }
    sum.max(0.0)
}

/// Cost between a class and the nearest other of the same side; that of a common spread when it is the only one.
fn nearest_other(statistics: &ClassStatistics, class: usize, scales: &[f64]) -> f64 {
    let others = (0..statistics.counts.len()).filter(|&one| one != class && statistics.counts[one] > 0.0);
    let least = others
        .map(|other| cost((statistics, class), (statistics, other), scales))
        .fold(f64::INFINITY, f64::min);
    if least.is_finite() { least } else { scales.len() as f64 }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::numeric::random::Stream;

    /// Rows around the given centres, with their classes.
    fn rows(centres: &[[f64; 2]], count: usize, seed: u64) -> (Matrix, Vec<f64>) {
        let mut stream = Stream::new(seed);
        let mut rows = Vec::new();
        let mut labels = Vec::new();
        for place in 0..count * centres.len() {
            let class = place % centres.len();
            rows.push([centres[class][0] + 0.4 * stream.normal(), centres[class][1] + 0.4 * stream.normal()]);
            labels.push(class as f64);
        }
        (Matrix::from_rows(&rows).unwrap(), labels)
    }

    fn statistics(centres: &[[f64; 2]], count: usize, seed: u64) -> ClassStatistics {
        let (rows, labels) = rows(centres, count, seed);
        ClassStatistics::of_labels(&rows, &labels, centres.len()).unwrap()
    }

    const LEARNWARE: [[f64; 2]; 4] = [[0.0, 0.0], [4.0, 0.0], [0.0, 4.0], [20.0, 20.0]];
    /// Its classes 2, 0 and 1, and one that it does not have.
    const USER: [[f64; 2]; 4] = [[0.0, 4.0], [0.0, 0.0], [4.0, 0.0], [-9.0, 4.0]];

    #[test]
    fn classes_are_found_from_few_labels_and_strangers_stay_alone() {
        for (labels, seed) in [(1, 1), (2, 2), (5, 3), (40, 4)] {
            let plan = ClassMapping::plan(&statistics(&LEARNWARE, 200, 9), &statistics(&USER, labels, seed))
                .unwrap();
            for (of_learnware, of_user) in [(0, 1), (1, 2), (2, 0)] {
                let sum: f64 = plan.row(of_learnware).iter().sum();
                assert!(plan.at(of_learnware, of_user) > 0.99 * sum && sum > 0.0, "{labels}: {plan:?}");
            }
            assert!(plan.row(3).iter().all(|&share| share < 1e-9), "{labels}: {plan:?}");
            assert!((0..4).all(|class| plan.at(class, 3) < 1e-9), "{labels}: {plan:?}");
        }
    }

    /// Answers the nearest centre of the learnware.
    struct Nearest;

    impl Predictor for Nearest {
        fn input_shape(&self) -> Option<Vec<usize>> {
            None
        }

        fn output_shape(&self) -> Option<Vec<usize>> {
            None
        }

        fn predict(&mut self, batch: &Batch) -> std::result::Result<Predictions, PredictError> {
            let Batch::Table(rows) = batch else { panic!("tables only") };
            let label = |row: &[f64]| {
                let to = |centre: &[f64; 2]| (row[0] - centre[0]).powi(2) + (row[1] - centre[1]).powi(2);
                (0..4).min_by(|&a, &b| to(&LEARNWARE[a]).total_cmp(&to(&LEARNWARE[b]))).unwrap() as f64
            };
            Ok(Predictions {
                values: Matrix::new(rows.rows(), 1, rows.iter_rows().map(label).collect()).unwrap(),
            })
        }
    }

    #[test]
    fn a_mapped_learnware_answers_in_the_users_classes() {
        let (few, few_labels) = rows(&USER, 2, 5);
        let answers = Nearest.predict(&Batch::Table(few)).unwrap().values;
        let scores = one_hot(answers.as_slice(), 4).unwrap();
        let plan = ClassMapping::plan(&statistics(&LEARNWARE, 200, 9), &statistics(&USER, 2, 5)).unwrap();
        let mapping = ClassMapping::fit(&scores, &few_labels, 4, Some(&plan)).unwrap();
        let mut mapped = mapping.wrap(Box::new(Nearest));
        let (asked, truth) = rows(&USER[..3], 50, 6);
        let values = mapped.predict(&Batch::Table(asked)).unwrap().values;
        let right = values.iter_rows().zip(&truth);
        let right = right.filter(|(row, label)| crate::reuse::first_largest(row) as f64 == **label).count();
        assert!(right >= 147, "{right}");
        assert!(values.iter_rows().all(|row| (row.iter().sum::<f64>() - 1.0).abs() < 1e-9));
        assert_eq!(mapped.output_shape(), Some(vec![4]));
    }

    #[test]
    fn counts_alone_map_classes_and_tell_what_is_not_covered() {
        let scores = one_hot(&[0.0, 0.0, 1.0, 1.0], 2).unwrap();
        let mapping = ClassMapping::fit(&scores, &[2.0, 2.0, 0.0, 0.0], 3, None).unwrap();
        assert_eq!(mapping.uncovered, [1]);
        let even = Matrix::zeros(1, 2);
        assert!(mapping.apply(&even).unwrap().row(0).iter().all(|chance| (chance - 1.0 / 3.0).abs() < 1e-12));
        assert!(mapping.apply(&Matrix::zeros(1, 3)).is_err());
        assert!(ClassMapping::fit(&scores, &[3.0, 0.0, 0.0, 0.0], 3, None).is_err());
        assert!(ClassMapping::fit(&scores, &[0.0], 3, None).is_err());
        assert!(ClassMapping::fit(&scores, &[0.0; 4], 3, Some(&Matrix::zeros(3, 3))).is_err());
        let other = statistics(&USER, 2, 1);
        let narrow =
            ClassStatistics { means: Matrix::zeros(4, 1), deviations: Matrix::zeros(4, 1), ..other.clone() };
        assert!(ClassMapping::plan(&narrow, &other).is_err());
        let empty = ClassStatistics { counts: vec![0.0; 4], ..other.clone() };
        assert!(ClassMapping::plan(&empty, &other).is_err());
    }
}
