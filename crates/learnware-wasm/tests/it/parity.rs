//! The module makes the specifications that this machine's code makes.
//!
//! Needs Node, and the module of `cargo xtask wasm`; without them nothing is compared, which is said.

use std::fmt::Write as _;
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use learnware_data::{MemoryFiles, specfile};
use learnware_engine::learnware::ModelFormat;
use learnware_engine::numeric::random::Stream;
use learnware_package::native::onnx::{self, write::LinearModel};
use learnware_package::template::{ModelSource, PackageWriter};
use learnware_wasm::Session;
use learnware_wasm::message::Call;
use learnware_wasm::session::{no_progress, place_of, placed_names};
use serde_json::{Value, json};

/// How far a number may lie from ours, in parts of the spread of its column: the module rounds each product before it
/// adds.
const APART_MAX: f64 = 1e-5;

fn module() -> Option<PathBuf> {
    let module = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../web/src/wasm/learnware.wasm");
    let has_node = Command::new("node").arg("--version").output().is_ok_and(|output| output.status.success());
    if module.is_file() && has_node {
        return Some(module);
    }
    eprintln!("NOT COMPARED: `cargo xtask wasm` makes the module, and node has to be installed");
    None
}

/// The answers of the module to calls about files in a folder.
fn of_module(module: &Path, folder: &Path, calls: &Value) -> Value {
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/module.mjs");
    let mut command = Command::new("node");
    command.arg(script).arg(module).arg(folder).stdin(Stdio::piped()).stdout(Stdio::piped());
    let mut node = command.spawn().unwrap();
    node.stdin.take().unwrap().write_all(calls.to_string().as_bytes()).unwrap();
    let output = node.wait_with_output().unwrap();
    assert!(output.status.success(), "the module fails");
    serde_json::from_slice(&output.stdout).unwrap()
}

/// The answer of this machine's code to one call.
fn of_machine(folder: &Path, names: &[&str], call: &Value) -> Value {
    let placed = placed_names(names.iter().map(ToString::to_string).collect());
    let mut files = MemoryFiles::default();
    for (name, placed) in names.iter().zip(&placed) {
        files.insert(placed.clone(), std::fs::read(folder.join(name)).unwrap());
    }
    let listed = names.iter().map(|name| ((*name).to_owned(), 0.0)).collect();
    let mut session = Session::new(files, place_of(&placed), no_progress);
    session.answer(&Call::Open { files: listed, charset: None }, &[]).unwrap();
    let call: Call = serde_json::from_value(call.clone()).unwrap();
    session.answer(&call, &[]).unwrap().document
}

/// The largest difference of two specifications' points in parts of their column's spread, and of their weights.
fn apart(left: &Value, right: &Value) -> f64 {
    let numbers = |value: &Value| -> Vec<f64> {
        value.as_array().unwrap().iter().map(|v| v.as_f64().unwrap()).collect()
    };
    let rows =
        |value: &Value| -> Vec<Vec<f64>> { value["z"].as_array().unwrap().iter().map(numbers).collect() };
    let (left_rows, right_rows) = (rows(left), rows(right));
    assert_eq!(left_rows.len(), right_rows.len(), "as many points");
    let mut most: f64 = 0.0;
    for column in 0..left_rows[0].len() {
        let values = || left_rows.iter().map(|row| row[column]);
        let spread = values().fold(f64::MIN, f64::max) - values().fold(f64::MAX, f64::min);
        for (left, right) in left_rows.iter().zip(&right_rows) {
            most = most.max((left[column] - right[column]).abs() / spread.max(1e-9));
        }
    }
    let (left, right) = (numbers(&left["beta"]), numbers(&right["beta"]));
    left.iter().zip(&right).fold(most, |most, (left, right)| most.max((left - right).abs()))
}

fn write_table(folder: &Path) {
    let mut stream = Stream::new(3);
    let mut text = String::from("area,rooms,age,colour,size,label\n");
    for row in 0..1500 {
        let colour = ["red", "green", "blue", ""][stream.below(4)];
        let age = if row % 9 == 0 { String::new() } else { (stream.uniform() * 80.0).to_string() };
        let (area, rooms, size) = (50.0 + 20.0 * stream.normal(), 1 + stream.below(6), stream.normal());
        writeln!(text, "{area},{rooms},{age},{colour},{size},{}", row % 2).unwrap();
    }
    std::fs::write(folder.join("table.csv"), text).unwrap();
}

fn write_texts(folder: &Path) {
    const WORDS: [&str; 12] = [
        "good", "bad", "phone", "battery", "screen", "很好", "coffee", "slow", "fast", "price", "again",
        "never",
    ];
    let mut stream = Stream::new(4);
    let mut text = String::from("review,stars\n");
    for row in 0..300 {
        let words: Vec<&str> = (0..8).map(|_| WORDS[stream.below(WORDS.len())]).collect();
        writeln!(text, "{} number {row},{}", words.join(" "), row % 5).unwrap();
    }
    std::fs::write(folder.join("texts.csv"), text).unwrap();
}

fn write_images(folder: &Path) -> Vec<String> {
    let mut stream = Stream::new(5);
    let mut names = Vec::new();
    for number in 0..60_usize {
        let tone = [number * 4 % 256, 80, 200];
        let image = image::RgbImage::from_fn(24, 24, |x, y| {
            let noise = stream.below(60);
            let stripes = if (x as usize + number * y as usize) % 5 < 2 { 60 } else { 0 };
            image::Rgb(tone.map(|value| (value + noise + stripes).min(255) as u8))
        });
        names.push(format!("{number:02}.png"));
        image.save(folder.join(names.last().unwrap())).unwrap();
    }
    names
}

#[test]
fn the_module_makes_the_specifications_of_this_machine() {
    let Some(module) = module() else { return };
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    write_table(folder);
    write_texts(folder);
    let images = write_images(folder);
    let images: Vec<&str> = images.iter().map(String::as_str).collect();
    let generate = |choices: Value| json!({"call": "generate", "choices": choices});
    let cases = [
        (vec!["table.csv"], generate(json!({"labels": "label"}))),
        (
            vec!["table.csv"],
            generate(json!({"labels": "label", "types": {"rooms": "category"}, "points": 40, "seed": 7})),
        ),
        (vec!["texts.csv"], generate(json!({"text": "review"}))),
        (images, generate(json!({}))),
    ];
    let calls: Vec<Value> =
        cases.iter().map(|(files, call)| json!({"files": files, "calls": [call]})).collect();
    let answers = of_module(&module, folder, &json!(calls));
    for (place, (files, call)) in cases.iter().enumerate() {
        let made = &answers[place][1]["document"]["ok"];
        let wanted = of_machine(folder, files, call);
        assert!(made.is_object(), "{}: {}", files[0], answers[place][1]["document"]);
        let difference = apart(&wanted["specification"], &made["specification"]);
        eprintln!(
            "{} ({} points of {} numbers): {difference:.1e} apart",
            files[0], made["points"], made["dimension"]
        );
        assert!(difference < APART_MAX, "{}: {difference:.1e} apart", files[0]);
        for same in ["rows", "dimension", "points", "columns", "description"] {
            assert_eq!(made[same], wanted[same], "{same} of {}", files[0]);
        }
    }
}

#[test]
fn the_module_tells_what_is_wrong_and_what_to_do() {
    let Some(module) = module() else { return };
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("t.csv"), "a,b\n1,2\n3,x\n4,5\n").unwrap();
    let answers = of_module(
        &module,
        folder.path(),
        &json!([{"files": ["t.csv"], "calls": [{"call": "generate", "choices": {"drop": []}}, {"call": "generate"}]}]),
    );
    assert_eq!(answers[0][0]["document"]["ok"]["columns"][1]["used"], false);
    let error = &answers[0][1]["document"]["error"];
    assert!(
        error["message"].as_str().unwrap().starts_with("t.csv: line 3, column \"b\": \"x\" is not a number"),
        "{error}"
    );
    // Pages say it in their visitor's language, by its word and values; the hint is the command's.
    assert_eq!((&error["code"], &error["values"]["line"]), (&json!("mixed-column"), &json!("3")), "{error}");
    assert_eq!(answers[0][2]["document"]["ok"]["columns"], json!(["a"]));
}

const LIGHTGBM: &str = "tree\nversion=v3\nnum_class=1\nnum_tree_per_iteration=1\nlabel_index=0\nmax_feature_idx=1\n\
    objective=regression\nfeature_names=a b\nfeature_infos=none none\ntree_sizes=100\n\nTree=0\nnum_leaves=2\nnum_cat=0\n\
    split_feature=0\nsplit_gain=1\nthreshold=0.5\ndecision_type=2\nleft_child=-1\nright_child=-2\nleaf_value=1.5 2.5\n\
    leaf_weight=1 1\nleaf_count=1 1\ninternal_value=0\ninternal_weight=0\ninternal_count=2\nshrinkage=1\n\n\nend of trees\n";

/// A package of a model of two columns.
fn package(format: ModelFormat, model: Vec<u8>, specification: &Value) -> Vec<u8> {
    let described = specfile::from_value(Path::new("two.csv"), specification).unwrap();
    PackageWriter::new(ModelSource::Data(format, model), vec![described.specification]).write().unwrap()
}

#[test]
fn models_that_are_data_answer_as_on_this_machine() {
    let Some(module) = module() else { return };
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    let mut stream = Stream::new(6);
    let mut text = String::from("a,b\n");
    for _ in 0..200 {
        writeln!(text, "{},{}", stream.normal(), stream.uniform()).unwrap();
    }
    std::fs::write(folder.join("two.csv"), text).unwrap();
    let made = of_machine(folder, &["two.csv"], &json!({"call": "generate"}));
    let linear = LinearModel {
        offset: vec![0.5, 0.0],
        scale: vec![2.0, 1.0],
        coefficients: vec![1.25, -3.0],
        intercepts: vec![0.1],
    };
    let onnx = onnx::write::linear(&linear, &onnx::write::Answer::Quantities).unwrap();
    for (name, format, model) in
        [("onnx.zip", ModelFormat::Onnx, onnx), ("lightgbm.zip", ModelFormat::LightGbm, LIGHTGBM.into())]
    {
        let zip = package(format, model, &made["specification"]);
        std::fs::write(folder.join(name), &zip).unwrap();
        let call = json!({"call": "predict", "bytes": name});
        let answers = of_module(&module, folder, &json!([{"files": ["two.csv"], "calls": [call]}]));
        assert_eq!(answers[0][1]["document"]["ok"]["count"], 200, "{}", answers[0][1]["document"]);
        let mut files = MemoryFiles::default();
        files.insert("two.csv", std::fs::read(folder.join("two.csv")).unwrap());
        let mut session = Session::new(files, "two.csv".into(), no_progress);
        session.answer(&Call::Open { files: vec![("two.csv".into(), 0.0)], charset: None }, &[]).unwrap();
        let wanted = session.answer(&Call::Predict, &zip).unwrap();
        let wanted = String::from_utf8(wanted.bytes).unwrap();
        assert!(wanted.lines().count() == 201 && wanted.starts_with("prediction\n"), "{wanted}");
        assert_eq!(answers[0][1]["beside"].as_str().unwrap(), wanted, "{name}");
    }
}
