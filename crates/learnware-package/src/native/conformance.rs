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
    let first = if width == 1 && answer.columns() == 2 { 1 } else { 0 };
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
