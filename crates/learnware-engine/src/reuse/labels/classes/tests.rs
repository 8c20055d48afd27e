//! Mapping of classes on generated tables whose truth is known.

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
        let plan =
            ClassMapping::plan(&statistics(&LEARNWARE, 200, 9), &statistics(&USER, labels, seed)).unwrap();
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
