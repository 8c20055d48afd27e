//! Tests of the package crate, in one binary.
#![allow(clippy::unwrap_used, clippy::print_stdout, reason = "helpers of tests are tests")]

mod archive;
mod convert;
mod environment;
mod hostile;
mod manifest;
mod runner;
mod support;

#[test]
fn no_test_file_is_forgotten() {
    let folder = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/it");
    let text = std::fs::read_to_string(folder.join("main.rs")).unwrap();
    for item in std::fs::read_dir(folder).unwrap() {
        let name = item.unwrap().file_name().into_string().unwrap();
        let module = name.trim_end_matches(".rs");
        assert!(module == "main" || text.contains(&format!("mod {module};")), "{name} is not in main.rs");
    }
}
