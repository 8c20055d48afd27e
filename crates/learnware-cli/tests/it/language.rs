//! Learnwares that write texts, through every command: described by what texts change in a tiny base model.

use learnware_package::archive;
use serde_json::json;

use crate::context::{TestContext, python_works};

/// A base model of 40 words, made by `experiments/language_fixture.py`.
const BASE: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../../fixtures/language/qwen2");

/// A Python model without libraries: goes on with the word that followed most often in what it learned.
const MODEL: &str = "
class Model:
    input_shape = None
    output_shape = None

    def __init__(self):
        pass

    def predict(self, X):
        return [text + ' ' + ' '.join([LAST] * 3) for text in X]

";

const MONEY: [&str; 6] = ["bank", "price", "share", "market", "loan", "profit"];
const HEALTH: [&str; 6] = ["patient", "dose", "drug", "nurse", "fever", "doctor"];
const SEA: [&str; 6] = ["ship", "sea", "wind", "sail", "storm", "harbour"];

/// Sentences about a subject, one a line.
fn sentences(words: [&str; 6], first: usize) -> String {
    let sentence = |row: usize| {
        let word = |place: usize| words[(row * (place + 2) + place * place) % 6];
        json!({"text": format!("the {} of the {} was {} and {} .", word(0), word(1), word(2), word(3))})
    };
    (first..first + 30).map(|row| format!("{}\n", sentence(row))).collect()
}

/// A dock with two learnwares, for money and for health; `None` where no Python runs.
fn dock(test: &str) -> Option<TestContext> {
    let context = TestContext::new();
    if !python_works(&context, test) {
        return None;
    }
    for (name, words) in [("Money talk", MONEY), ("Health talk", HEALTH)] {
        let folder = context.path(name);
        std::fs::create_dir(&folder).unwrap();
        std::fs::write(folder.join("__init__.py"), format!("LAST = \"{}\"\n{MODEL}", words[0])).unwrap();
        std::fs::write(folder.join("requirements.txt"), "numpy\n").unwrap();
        context.write("train.jsonl", sentences(words, 0));
        context.write("scores.json", r#"{"score_dict": {"leaderboard_bbh": 31.5}, "type": "any"}"#);
        let pack = [
            "pack",
            name,
            "--data",
            "train.jsonl",
            "--text",
            "text",
            "--base",
            BASE,
            "--task",
            "text-generation",
        ];
        let words = ["--name", name, "--license", "mit", "--description", "Goes on with a sentence."];
        let more = ["--model-kind", "peft-model", "--benchmarks", "scores.json", "-o", "p.zip", "--json"];
        let packed = context.run_with(&[&pack[..], &words[..], &more[..]].concat());
        assert_eq!(packed.code, 0, "{packed:?}");
        let packed = packed.json();
        assert_eq!(packed["specifications"][0]["type"], "GenerativeModelSpecification");
        assert_eq!(packed["semantic_specification"]["Benchmarks"]["Values"]["leaderboard_bbh"], 31.5);
        assert!(packed["semantic_specification"].get("Output").is_none());
        let submitted = context.json("submit p.zip");
        assert_eq!(submitted["status"], "usable", "{submitted}");
    }
    Some(context)
}

#[test]
fn the_writer_for_the_users_texts_is_found_first_and_writes() {
    let Some(context) = dock("the_writer_for_the_users_texts_is_found_first_and_writes") else { return };
    let with_base = |arguments: &str| format!("{arguments} --base {BASE}");
    for (words, wanted) in [(MONEY, "Money talk"), (HEALTH, "Health talk")] {
        context.write("mine.jsonl", sentences(words, 300));
        let found = context.json(&with_base("search --spec mine.jsonl --text text --explain"));
        let [first, second] = found["single"].as_array().unwrap().as_slice() else { panic!("{found}") };
        assert_eq!(first["name"], wanted, "{found}");
        let cosine = |one: &serde_json::Value| one["similarity"].as_f64().unwrap();
        assert!(cosine(first) > 0.9 && cosine(second) < cosine(first) - 0.1, "{found}");
        let distance = first["distance"].as_f64().unwrap();
        assert!((distance - 0.5 * (1.0 - cosine(first))).abs() < 1e-9);
        assert_eq!(found["island"]["kind"], "parameters");
    }
    // Made at home, sent alone: the same answer.
    let made = context.json(&with_base("spec mine.jsonl --text text -o mine.json"));
    assert_eq!(made["distance_to_data"], json!(null));
    assert_eq!(made["specification"]["base"]["name"], "qwen2-2x16");
    let by_file = context.json("search --spec mine.json");
    assert_eq!(by_file["single"][0]["name"], "Health talk");
    let shown = context.run("search --spec mine.json --explain");
    assert!(shown.stdout.contains("Health talk") && shown.code == 0, "{shown:?}");

    let id = by_file["single"][0]["id"].as_str().unwrap();
    let written = context.json(&format!("run {id} mine.jsonl --text text"));
    assert!(written["texts"][0].as_str().unwrap().ends_with(". patient patient patient"), "{written}");
    assert_eq!(written["texts"].as_array().unwrap().len(), 30);
    context.json(&format!("run {id} mine.jsonl --text text -o out.csv"));
    assert!(std::fs::read_to_string(context.path("out.csv")).unwrap().starts_with("text\nthe "));
    assert!(
        context
            .refusal(&format!("run {id} mine.jsonl --text text -o out.npy"))
            .contains("texts are no numbers")
    );
    let shown = context.run(&format!("show {id}")).stdout;
    assert!(shown.contains("leaderboard_bbh 31.5") && shown.contains("PEFT Model"), "{shown}");
    assert!(
        shown.contains("parameter vector from 30 texts: how 640 parameters of qwen2-2x16 change"),
        "{shown}"
    );
}

#[test]
fn texts_of_other_subjects_are_farther() {
    let context = TestContext::new();
    for (name, words, first) in [("money", MONEY, 0), ("again", MONEY, 100), ("sea", SEA, 0)] {
        context.write(&format!("{name}.jsonl"), sentences(words, first));
        context.json(&format!("spec {name}.jsonl --text text --base {BASE} -o {name}.json"));
    }
    let distance = |left: &str, right: &str| {
        let found = context.json(&format!("spec diff {left}.json {right}.json"));
        assert_eq!(found["columns"], json!([]));
        found["distance"].as_f64().unwrap()
    };
    assert!(distance("money", "again") < 0.05 && distance("money", "sea") > 2.0 * distance("money", "again"));
    let refused = context.refusal(&format!("spec money.jsonl --text text --base {BASE} -o x.json --dp 1"));
    assert!(refused.contains("nothing bounds what one text adds"), "{refused}");
    let refused = context.refusal("spec money.jsonl --text text --base . -o x.json");
    assert!(refused.contains("is no language model that can be read"), "{refused}");
    let embedded = context.json("spec money.jsonl --text text -o texts.json");
    assert_eq!(embedded["specification"]["type"], "RKMETextSpecification");
    assert!(context.refusal("spec diff money.json texts.json").contains("cannot be compared"));
}

/// A package of the reference's 0.4: a vector and scores that its own code saved.
fn package(stat: &str, file: &str, semantic: &serde_json::Value) -> Vec<u8> {
    let fixtures = concat!(env!("CARGO_MANIFEST_DIR"), "/../../fixtures/parameters/");
    let manifest = format!(
        "model:\n  class_name: Model\n  weights_file_path: weights\n  required_learnware_ids: ['00002890']\n\
         stat_specifications:\n\
         - {{module_path: learnware.specification, class_name: {stat}, file_name: {file}, kwargs: {{}}}}\n"
    );
    let code = format!("LAST = \"word\"\n{MODEL}");
    let files = [
        ("learnware.yaml", manifest.into_bytes()),
        ("__init__.py", code.into_bytes()),
        ("requirements.txt", b"numpy\n".to_vec()),
        ("weights/adapter_config.json", b"{}".to_vec()),
        ("semantic_specification.json", semantic.to_string().into_bytes()),
        (file, std::fs::read(format!("{fixtures}{file}")).unwrap()),
    ];
    archive::write(&files.map(|(name, content)| (name.to_owned(), content)).into()).unwrap()
}

fn words(name: &str, kind: &str) -> serde_json::Value {
    json!({
        "Data": {"Type": "Class", "Values": ["Text"]},
        "Task": {"Type": "Class", "Values": ["Text Generation"]},
        "Model": {"Type": "Optional", "Values": [kind]},
        "Library": {"Type": "Class", "Values": ["PyTorch"]},
        "Scenario": {"Type": "Tag", "Values": ["Financial"]},
        "License": {"Type": "Class", "Values": ["MIT"]},
        "Name": {"Type": "String", "Values": name},
        "Description": {"Type": "String", "Values": "A model that writes."},
    })
}

#[test]
fn packages_of_the_reference_are_taken_and_found() {
    let context = TestContext::new();
    if !python_works(&context, "packages_of_the_reference_are_taken_and_found") {
        return;
    }
    for (name, file) in [("First topic", "9000-0-bfloat16.pth"), ("Second topic", "9000-2-bfloat16.pth")] {
        let kind = "GenerativeModelSpecification";
        context.write("p.zip", package(kind, file, &words(name, "PEFT Model")));
        let submitted = context.json("submit p.zip");
        assert_eq!(submitted["status"], "usable", "{submitted}");
    }
    let scores = "general_capability_spec.json";
    let base = package("LLMGeneralCapabilitySpecification", scores, &words("A base model", "Base Model"));
    context.write("p.zip", base);
    let submitted = context.json("submit p.zip");
    assert_eq!(submitted["status"], "usable", "{submitted}");
    let id = submitted["id"].as_str().unwrap();
    let shown = context.run(&format!("show {id}")).stdout;
    assert!(shown.contains("leaderboard_ifeval 40") && shown.contains("Base Model"), "{shown}");

    let other = concat!(env!("CARGO_MANIFEST_DIR"), "/../../fixtures/parameters/9000-1-bfloat16.pth");
    let found = context.json(&format!("search --spec {other} --task text-generation"));
    let names: Vec<&str> =
        found["single"].as_array().unwrap().iter().map(|one| one["name"].as_str().unwrap()).collect();
    assert_eq!(names, ["First topic", "Second topic"], "{found}");
}
