//! The commands as people run them: the real binary in a temporary directory.
#![allow(clippy::unwrap_used, reason = "a test that cannot go on says where")]
#![allow(clippy::print_stdout, reason = "a test that is skipped says so")]
#![allow(clippy::format_push_string, clippy::format_collect, reason = "texts of a few lines")]

mod account;
mod admin;
mod beimingwu;
mod browser;
mod context;
mod convert;
mod datasets;
mod dock;
mod doctor;
mod evolve;
mod help;
mod images;
mod language;
mod mail;
mod merge;
mod openapi;
mod pack;
mod pages;
mod private;
mod quickstart;
mod readme;
mod remote;
mod reuse;
mod run;
mod search;
mod serve;
mod server;
mod service;
mod shards;
mod spec;
mod tables;
mod text;
mod tinyonnx;
mod web;
mod words;
mod world;

/// Every file of this folder is part of the test binary.
#[test]
fn no_test_file_is_forgotten() {
    let folder = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/it");
    let main = std::fs::read_to_string(folder.join("main.rs")).unwrap();
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        let name = path.file_stem().unwrap().to_str().unwrap().to_owned();
        if path.extension().is_some_and(|ending| ending == "rs") && name != "main" {
            assert!(main.contains(&format!("mod {name};")), "{name} is not in main.rs");
        }
    }
}
