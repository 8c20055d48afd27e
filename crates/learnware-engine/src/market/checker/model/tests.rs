//! Models that lie, forget, gamble and fail.

use super::*;
use crate::market::checker::Severity;
use crate::predictor::Predictions;
use crate::semantic::{Dimensions, SemanticSpecification};
use crate::specification::Rkme;

/// A model made of one function of the inputs and the number of the call.
struct Fake<F> {
    input: Option<Vec<usize>>,
    output: Option<Vec<usize>>,
    calls: usize,
    answer: F,
}

impl<F: FnMut(&Matrix, usize) -> Result<Matrix, PredictError> + Send> Predictor for Fake<F> {
    fn input_shape(&self) -> Option<Vec<usize>> {
        self.input.clone()
    }

    fn output_shape(&self) -> Option<Vec<usize>> {
        self.output.clone()
    }

    fn predict(&mut self, batch: &Batch) -> Result<Predictions, PredictError> {
        self.calls += 1;
        let (Batch::Table(rows) | Batch::Tensor { values: rows, .. }) = batch else {
            return Err(PredictError::BadInput { reason: "no numbers".into() });
        };
        (self.answer)(rows, self.calls).map(|values| Predictions { values })
    }
}

/// Two inputs around (100, -100): a standard normal draw is far away.
fn specification(task: Task, dimension: usize) -> Specification {
    let points = Matrix::from_rows(&[[100.0, -100.0], [104.0, -98.0], [96.0, -103.0]]).unwrap();
    let table = Rkme::new(points, vec![0.5, 0.25, 0.25], 0.1, 100).unwrap();
    Specification {
        semantic: SemanticSpecification {
            data: vec![DataType::Table],
            task: vec![task],
            input: Some(Dimensions { dimension: 2, ..Dimensions::default() }),
            output: Some(Dimensions { dimension, ..Dimensions::default() }),
            ..SemanticSpecification::default()
        },
        statistical: vec![StatisticalSpecification::Table(table)],
    }
}

fn column(rows: &Matrix, answer: impl FnMut(&[f64]) -> f64) -> Matrix {
    Matrix::new(rows.rows(), 1, rows.iter_rows().map(answer).collect()).unwrap()
}

fn ask(
    specification: &Specification,
    shapes: (Option<Vec<usize>>, Option<Vec<usize>>),
    answer: impl FnMut(&Matrix, usize) -> Result<Matrix, PredictError> + Send,
) -> Vec<Finding> {
    let mut fake = Fake { input: shapes.0, output: shapes.1, calls: 0, answer };
    let findings = check(specification, &mut fake, 7);
    assert!(fake.calls <= 4, "{} calls", fake.calls);
    findings
}

fn codes(findings: &[Finding]) -> Vec<&str> {
    findings.iter().map(|finding| finding.code.as_str()).collect()
}

fn regression(answer: impl FnMut(&Matrix, usize) -> Result<Matrix, PredictError> + Send) -> Vec<Finding> {
    ask(&specification(Task::Regression, 1), (Some(vec![2]), Some(vec![1])), answer)
}

fn classification(columns: usize, answer: impl Fn(&[f64]) -> f64 + Send + Copy) -> Vec<Finding> {
    ask(&specification(Task::Classification, 3), (Some(vec![2]), None), move |rows, _| {
        let data = rows.iter_rows().flat_map(|row| vec![answer(row); columns]).collect();
        Ok(Matrix::new(rows.rows(), columns, data).unwrap())
    })
}

fn failed() -> PredictError {
    PredictError::Failed { message: "ValueError: no".into(), log: "line 1\nline 2\n".into() }
}

#[test]
fn good_models_have_no_finding() {
    assert_eq!(regression(|rows, _| Ok(column(rows, |row| row[0] + row[1]))), []);
    let label = |row: &[f64]| if row[0] > 100.0 { 2.0 } else { 0.0 };
    assert_eq!(classification(1, label), []);
    assert_eq!(classification(3, |row| row[0]), []);
}

#[test]
fn wrong_answers_are_found() {
    let rows_lost = regression(|rows, _| Ok(column(&rows.select_rows(&[0, 1]), |row| row[0])));
    assert_eq!(codes(&rows_lost), ["answer-rows"]);
    let empty = regression(|rows, _| Ok(Matrix::zeros(rows.rows(), 0)));
    assert_eq!(codes(&empty), ["answer-empty"]);
    let nan = regression(|rows, _| Ok(column(rows, |row| if row[0] > 100.0 { f64::NAN } else { row[0] })));
    assert_eq!(codes(&nan), ["answer-not-finite"]);
    let wide = regression(|rows, _| Ok(rows.clone()));
    assert_eq!(codes(&wide), ["output-shape", "output-dimension"]);
    assert_eq!(codes(&classification(2, |row| row[0])), ["output-dimension"]);
    assert_eq!(codes(&classification(1, |row| (row[0] / 1000.0).abs())), ["label-not-whole"]);
    assert_eq!(codes(&classification(1, |row| 1.0 + f64::from(row[0] > 100.0) * 2.0)), ["label-range"]);
    assert_eq!(codes(&classification(1, |row| -f64::from(row[0] > 100.0))), ["label-range"]);
    assert_eq!(codes(&classification(1, |_| 1.0)), ["answers-constant"]);
}

#[test]
fn declared_shapes_must_agree() {
    let sum = |rows: &Matrix, _| Ok(column(rows, |row| row[0]));
    let specification = specification(Task::Regression, 1);
    let found = ask(&specification, (Some(vec![3]), None), sum);
    assert_eq!(codes(&found), ["input-shape", "input-shape-specification"]);
    let found = ask(&specification, (None, Some(vec![])), sum);
    assert_eq!(codes(&found), ["input-shape-unknown"]);
    let found = ask(&specification, (Some(vec![2]), Some(vec![usize::MAX, 2])), sum);
    assert_eq!(codes(&found), ["output-shape"]);
}

#[test]
fn chance_and_dependence_on_other_rows_are_warned_of() {
    let gamble = regression(|rows, call| Ok(column(rows, |row| row[0] + call as f64)));
    assert_eq!(codes(&gamble), ["not-repeatable"]);
    let centred = regression(|rows, _| {
        let mean = rows.column(0).iter().sum::<f64>() / rows.rows() as f64;
        Ok(column(rows, |row| row[0] - mean))
    });
    assert_eq!(codes(&centred), ["rows-not-independent"]);
    let numbered = regression(|rows, _| {
        let mut number = 0.0;
        Ok(column(rows, |_| {
            number += 1.0;
            number
        }))
    });
    assert_eq!(codes(&numbered), ["rows-not-independent"]);
    let rounding = regression(|rows, call| Ok(column(rows, |row| row[0] * (1.0 + 1e-7 * call as f64))));
    assert_eq!(rounding, []);
    assert!([gamble, centred, numbered].concat().iter().all(|found| found.severity == Severity::Warning));
}

#[test]
fn failures_are_told_with_what_was_printed() {
    let found = regression(|_, _| Err(failed()));
    assert_eq!(codes(&found), ["model-failed"]);
    assert!(found[0].message.contains("ValueError: no") && found[0].message.ends_with("line 1\nline 2"));
    let found =
        regression(|rows, call| if call == 1 { Ok(column(rows, |row| row[0])) } else { Err(failed()) });
    assert_eq!(codes(&found), ["model-failed"]);
    assert!(
        found[0].message.starts_with("The model answered once, but not when it was asked the same again.")
    );
}

#[test]
fn a_model_may_refuse_what_is_far_from_its_data() {
    let found = regression(|rows, _| {
        if rows.iter_rows().any(|row| row[0] < 50.0) {
            return Err(failed());
        }
        Ok(column(rows, |row| row[0]))
    });
    assert_eq!(codes(&found), ["fails-outside-its-data"]);
    assert_eq!(found[0].severity, Severity::Warning);
}

#[test]
fn a_process_that_died_is_not_asked_again() {
    for (problem, code) in [
        (PredictError::Crashed { reason: "signal 9".into(), log: String::new() }, "model-crashed"),
        (PredictError::TimedOut { seconds: 3 }, "model-timed-out"),
        (PredictError::OverLimit { what: "memory".into() }, "model-over-limit"),
        (PredictError::BadAnswer { reason: "text".into() }, "model-bad-answer"),
        (PredictError::NotStarted { reason: "no file".into() }, "model-not-started"),
    ] {
        let mut fake =
            Fake { input: None, output: None, calls: 0, answer: |_: &Matrix, _| Err(problem.clone()) };
        let found = check(&specification(Task::Regression, 1), &mut fake, 1);
        assert_eq!((codes(&found), fake.calls), (vec!["input-shape-unknown", code], 1));
    }
}

#[test]
fn only_the_end_of_a_long_log_is_passed_on() {
    let log = format!("{}the cause", "é".repeat(5000));
    let found = finding_of(&PredictError::Crashed { reason: "exit code 1".into(), log });
    assert!(found.message.ends_with("the cause") && found.message.chars().count() < 800);
}

#[test]
fn the_same_seed_asks_the_same_and_most_inputs_are_like_the_data() {
    let mut seen = Vec::new();
    for _ in 0..2 {
        regression(|rows, call| {
            if call == 1 {
                seen.push(rows.clone());
            }
            Ok(column(rows, |row| row[0]))
        });
    }
    assert_eq!(seen[0], seen[1]);
    let like = seen[0].iter_rows().filter(|row| row[0] > 90.0 && row[1] < -90.0).count();
    assert!(like * 2 > seen[0].rows() && like < seen[0].rows());
}

#[test]
fn without_numbers_the_model_is_not_tried() {
    let mut specification = specification(Task::Regression, 1);
    specification.statistical.clear();
    assert_eq!(codes(&ask(&specification, (Some(vec![2]), None), |_, _| Err(failed()))), ["not-tried"]);
    specification.semantic.data = vec![DataType::Image];
    let shape = Some(vec![usize::MAX, 3]);
    assert_eq!(codes(&ask(&specification, (shape, None), |_, _| Err(failed()))), ["not-tried"]);
    let found = ask(&specification, (Some(vec![3, 4, 4]), None), |rows, _| Ok(column(rows, |row| row[0])));
    assert_eq!(found, []);
}

#[test]
fn images_are_drawn_in_the_scale_that_the_package_declares() {
    use crate::embedder::EmbedderId;
    use crate::specification::RkmeImage;
    let mut specification = specification(Task::Regression, 1);
    specification.statistical.clear();
    specification.semantic.data = vec![DataType::Image];
    let largest = |specification: &Specification, shape: Option<Vec<usize>>| {
        let mut largest = 0.0_f64;
        let found = ask(specification, (shape, None), |rows, _| {
            largest = rows.as_slice().iter().copied().fold(largest, f64::max);
            Ok(column(rows, |row| row[0]))
        });
        assert_eq!(found, []);
        largest
    };
    assert!(largest(&specification, Some(vec![3, 4, 4])) > 1.0);
    let rkme = Rkme::new(Matrix::from_rows(&[[0.0, 1.0]]).unwrap(), vec![1.0], 0.1, 9).unwrap();
    let embedder = EmbedderId { name: "any".into(), digest: String::new(), dimension: 2 };
    let image = RkmeImage::new(rkme, embedder, [3, 4, 4]).unwrap();
    specification.statistical.push(StatisticalSpecification::Image(image));
    for shape in [Some(vec![3, 4, 4]), None] {
        assert!((0.5..=1.0).contains(&largest(&specification, shape)));
    }
    let found = ask(&specification, (Some(vec![1, 4, 4]), None), |rows, _| Ok(column(rows, |row| row[0])));
    assert_eq!(codes(&found), ["input-shape-specification"]);
}
