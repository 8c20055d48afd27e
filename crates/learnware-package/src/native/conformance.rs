//! Comparison with the original libraries; see `experiments/native_conformance.py`.

use std::path::{Path, PathBuf};
use std::time::Instant;

use learnware_engine::Matrix;
use learnware_engine::learnware::ModelFormat;
use learnware_engine::predictor::Batch;
use serde::Deserialize;

/// Names the folder that the script made.
const VARIABLE: &str = "LEARNWARE_NATIVE_CONFORMANCE";

#[derive(Deserialize)]
struct Case {
    name: String,
    format: ModelFormat,
    model: String,
    input: Vec<Vec<Option<f64>>>,
    expected: Vec<Vec<f64>>,
    tolerance: f64,
    microseconds: f64,
}

/// Largest difference relative to `1 + |expected|`, and microseconds per call.
fn measure(folder: &Path, case: &Case) -> Result<(f64, f64), String> {
    let bytes = std::fs::read(folder.join(&case.model)).map_err(|error| error.to_string())?;
    let mut model = super::load(case.format, &bytes).map_err(|error| error.to_string())?;
    let rows: Vec<Vec<f64>> =
        case.input.iter().map(|row| row.iter().map(|value| value.unwrap_or(f64::NAN)).collect()).collect();
    let batch = Batch::Table(Matrix::from_rows(&rows).map_err(|error| error.to_string())?);
    let answer = model.predict(&batch).map_err(|error| error.to_string())?.values;
    let repeats = 20;
    let began = Instant::now();
    for _ in 0..repeats {
        model.predict(&batch).map_err(|error| error.to_string())?;
    }
    let micros = began.elapsed().as_secs_f64() * 1e6 / f64::from(repeats);
    let width = case.expected[0].len();
    // The boosting libraries give one number for two classes: the second's.
    let first = usize::from(width == 1 && answer.columns() == 2);
    if answer.columns() - first != width || answer.rows() != case.expected.len() {
        return Err(format!("{} x {} instead of {width} columns", answer.rows(), answer.columns()));
    }
    let mut worst = 0.0_f64;
    for (row, expected) in answer.iter_rows().zip(&case.expected) {
        for (value, expected) in row[first..].iter().zip(expected) {
            let difference = (value - expected).abs() / (1.0 + expected.abs());
            worst = if difference.is_nan() { f64::INFINITY } else { worst.max(difference) };
        }
    }
    Ok((worst, micros))
}

#[test]
fn native_conformance() {
    let Some(folder) = std::env::var_os(VARIABLE).map(PathBuf::from) else {
        println!("SKIPPED: {VARIABLE} does not name a folder made by experiments/native_conformance.py");
        return;
    };
    let entries = std::fs::read_dir(&folder).unwrap();
    let mut paths: Vec<PathBuf> = entries.map(|entry| entry.unwrap().path()).collect();
    paths.retain(|path| path.to_string_lossy().ends_with(".case.json"));
    paths.sort();
    assert!(!paths.is_empty(), "no case in {}", folder.display());
    println!("| model | largest difference | us per 50 rows | original, us |");
    println!("|---|---|---|---|");
    let mut failures = Vec::new();
    for path in paths {
        let case: Case = serde_json::from_slice(&std::fs::read(&path).unwrap()).unwrap();
        survive_changes(&case, &std::fs::read(folder.join(&case.model)).unwrap(), 40);
        match measure(&folder, &case) {
            Ok((worst, micros)) => {
                println!("| {} | {worst:.1e} | {micros:.0} | {} |", case.name, case.microseconds);
                if worst > case.tolerance {
                    failures.push(format!("{}: {worst:e} > {:e}", case.name, case.tolerance));
                }
            }
            Err(reason) => {
                println!("| {} | refused: {reason} | | {} |", case.name, case.microseconds);
                failures.push(format!("{}: {reason}", case.name));
            }
        }
    }
    assert!(failures.is_empty(), "{}", failures.join("\n"));
}

/// Real files with a few bytes changed must be refused or answer; a panic fails the test.
fn survive_changes(case: &Case, file: &[u8], changes: u64) {
    let mut state = 0x9e37_79b9_7f4a_7c15_u64 ^ file.len() as u64;
    let mut next = || {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (state >> 33) as usize
    };
    for _ in 0..changes {
        let mut bytes = file.to_vec();
        for _ in 0..=next() % 4 {
            let place = next() % bytes.len();
            bytes[place] =
                if case.format == ModelFormat::Onnx { next() as u8 } else { b"0123456789-.,"[next() % 13] };
        }
        if let Ok(mut model) = super::load(case.format, &bytes) {
            let width = model.input_shape().map_or(0, |shape| shape.iter().product());
            let _ = model.predict(&Batch::Table(Matrix::zeros(2, width)));
        }
    }
}

/// A model as our writer writes it, with our answer, for the script's `--written`.
#[test]
fn written_models_are_read_back_and_left_for_onnx_runtime() {
    use super::onnx::write::{Answer, LinearModel, TreeModel, TreeNode, linear, trees};
    let split =
        |column, threshold, yes, no, missing_yes| TreeNode::Split { column, threshold, yes, no, missing_yes };
    let leaf = |values: &[f64]| TreeNode::Leaf { values: values.to_vec() };
    let lines = |outputs: usize| LinearModel {
        offset: vec![0.5, -1.0],
        scale: vec![2.0, 0.25],
        coefficients: (0..outputs * 2).map(|place| place as f64 - 1.5).collect(),
        intercepts: (0..outputs).map(|place| 0.1 * place as f64).collect(),
    };
    let forest = |outputs: usize| {
        let values =
            |shift: f64| leaf(&(0..outputs).map(|place| shift + 0.5 * place as f64).collect::<Vec<_>>());
        let base = (0..outputs).map(|place| 0.25 * (place as f64 + 1.0)).collect();
        let first = vec![
            split(0, 0.1, 1, 2, true),
            values(0.1),
            split(1, -0.3, 3, 4, false),
            values(-0.2),
            values(0.7),
        ];
        TreeModel { columns: 2, trees: vec![first, vec![values(0.05)]], base }
    };
    let cases = [
        ("linear-regressor", linear(&lines(1), &Answer::Quantities)),
        ("linear-two-targets", linear(&lines(2), &Answer::Quantities)),
        ("logistic-binary", linear(&lines(2), &Answer::Softmax(vec![0, 1]))),
        ("logistic-multi", linear(&lines(3), &Answer::Softmax(vec![4, 5, 9]))),
        ("trees-regressor", trees(&forest(1), &Answer::Quantities)),
        ("trees-binary", trees(&forest(2), &Answer::Softmax(vec![0, 1]))),
        ("trees-probabilities", trees(&forest(3), &Answer::Probabilities(vec![0, 1, 2]))),
    ];
    let rows = [[0.0, 0.0], [0.1, 2.0], [0.3, -0.3], [5.0, -4.0], [-2.0, 1e6]];
    for (name, bytes) in cases {
        let bytes = bytes.unwrap();
        let mut model = super::load(ModelFormat::Onnx, &bytes).unwrap();
        let answer = model.predict(&Batch::Table(Matrix::from_rows(&rows).unwrap())).unwrap().values;
        assert!(answer.as_slice().iter().all(|value| value.is_finite()), "{name}: {answer:?}");
        if name == "linear-regressor" {
            // ((0.3 - 0.5) * 2) * -1.5 + ((-0.3 + 1) * 0.25) * -0.5
            assert!((answer.at(2, 0) - 0.5125).abs() < 1e-6, "{answer:?}");
        }
        if name == "trees-regressor" {
            // -0.3 <= -0.3 goes to `yes` in f32 too.
            assert!((answer.at(2, 0) - (0.25 - 0.2 + 0.05)).abs() < 1e-6, "{answer:?}");
        }
        if let Some(folder) = std::env::var_os(VARIABLE) {
            let predicted: Vec<&[f64]> = answer.iter_rows().collect();
            let case = serde_json::json!({ "model": bytes, "input": rows, "predicted": predicted });
            std::fs::write(PathBuf::from(folder).join(format!("{name}.written.json")), case.to_string())
                .unwrap();
        }
    }
}
