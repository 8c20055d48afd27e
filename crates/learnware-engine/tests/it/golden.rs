//! Reads the reference's numbers, which lie outside the project.

use std::path::PathBuf;

use learnware_engine::Matrix;
use learnware_engine::specification::Rkme;
use serde_json::Value;

/// A golden file, or `None` after saying that the test is skipped.
#[allow(clippy::print_stderr, reason = "a skipped test is said loudly")]
pub(crate) fn read(name: &str) -> Option<Value> {
    let shared = std::env::var_os("LEARNWARE_SHARED")
        .map_or_else(|| PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../../shared"), PathBuf::from);
    let path = shared.join("baseline/golden").join(name);
    match std::fs::read(&path) {
        Ok(bytes) => Some(serde_json::from_slice(&bytes).unwrap()),
        Err(error) => {
            eprintln!("SKIPPED: no golden file {}: {error}", path.display());
            None
        }
    }
}

pub(crate) fn vector(value: &Value) -> Vec<f64> {
    value.as_array().unwrap().iter().map(|v| v.as_f64().unwrap()).collect()
}

pub(crate) fn matrix(value: &Value) -> Matrix {
    let rows: Vec<Vec<f64>> = value.as_array().unwrap().iter().map(vector).collect();
    Matrix::from_rows(&rows).unwrap()
}

/// All numbers of a nested list.
pub(crate) fn flat(value: &Value) -> Vec<f64> {
    value
        .as_array()
        .map_or_else(|| vec![value.as_f64().unwrap()], |list| list.iter().flat_map(flat).collect())
}

/// A specification from `z`, `beta` and perhaps `gamma`.
pub(crate) fn specification(value: &Value) -> Rkme {
    Rkme::new(matrix(&value["z"]), vector(&value["beta"]), value["gamma"].as_f64().unwrap_or(0.1), 0).unwrap()
}
