//! Parameter vectors that the reference's 0.4 wrote, and what it computes of them (`experiments/parameter_fixture.py`).

use std::path::PathBuf;

use learnware_engine::specification::StatisticalSpecification::Parameters;
use learnware_engine::specification::{ParameterVector, compare, torch};
use serde_json::Value;

fn bytes(name: &str) -> Vec<u8> {
    let folder = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../fixtures/parameters");
    std::fs::read(folder.join(name)).unwrap()
}

fn vector(name: &Value) -> ParameterVector {
    torch::read_vector(&bytes(name.as_str().unwrap())).unwrap()
}

#[test]
fn the_references_files_are_as_far_apart_as_it_says() {
    let expected: Value = serde_json::from_slice(&bytes("expected.json")).unwrap();
    let pairs = expected["pairs"].as_array().unwrap();
    assert_eq!(pairs.len(), 9);
    for pair in pairs {
        let (left, right) = (vector(&pair["left"]), vector(&pair["right"]));
        // 300 numbers are kept whole; of 9,000 a sketch is.
        let slack = if left.is_sketch() { 0.05 } else { 1e-6 };
        let found = compare(&Parameters(left), &Parameters(right)).unwrap();
        let wanted = |key: &str| pair[key].as_f64().unwrap();
        assert!((found.similarity - wanted("similarity")).abs() < slack, "{pair} {found:?}");
        assert!((found.distance - wanted("dist")).abs() < slack && found.columns.is_empty());
    }
}
