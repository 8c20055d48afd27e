//! Comparison with the original library on tiny random models, and refusals.

use std::path::{Path, PathBuf};

use learnware_engine::specification::{StatisticalSpecification, compare};
use serde::Deserialize;

use super::*;

#[derive(Deserialize)]
struct Expected {
    texts: Vec<String>,
    count: usize,
    logits: Vec<Vec<f64>>,
    /// By the matrix of the output layer, words x hidden.
    gradient: Vec<Vec<f64>>,
}

fn folder(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../fixtures/language").join(name)
}

fn expected(name: &str) -> Expected {
    serde_json::from_slice(&std::fs::read(folder(name).join("expected.json")).unwrap()).unwrap()
}

/// The refusal of files after a change of `config.json`.
fn refusal(from: &str, to: &str) -> String {
    let mut files = LanguageFiles::read(&folder("qwen2")).unwrap();
    let text = String::from_utf8(files.config).unwrap();
    assert!(text.contains(from), "{from} in {text}");
    files.config = text.replace(from, to).into_bytes();
    LanguageModel::load(&files).expect_err("refused").to_string()
}

#[test]
fn scores_match_the_original_library() {
    for name in ["qwen2", "llama"] {
        let model = LanguageModel::open(&folder(name)).unwrap();
        let Expected { texts, logits, .. } = expected(name);
        for (text, wanted) in texts.iter().zip(&logits) {
            let states = model.model.states(&model.tokens(text).unwrap());
            let last = states.len().saturating_sub(model.model.architecture.hidden);
            let found = model.model.scores(&states[last..]);
            assert_eq!(found.len(), wanted.len());
            let errors = found.iter().zip(wanted).map(|(found, wanted)| (f64::from(*found) - wanted).abs());
            let worst = errors.fold(0.0, f64::max);
            assert!(worst < 2e-5, "{name}, {text:?}: {worst}");
        }
    }
}

#[test]
fn the_change_is_minus_the_gradient_of_the_original_library() {
    for name in ["qwen2", "llama"] {
        let model = LanguageModel::open(&folder(name)).unwrap();
        let Expected { texts, count, gradient, .. } = expected(name);
        let mut change = Change::new(&model.model.architecture, 8, SEED);
        for text in &texts {
            let tokens = model.tokens(text).unwrap();
            change.add(&model.model, &tokens, &model.model.states(&tokens));
        }
        assert_eq!(change.count(), count);
        let wanted = gradient.iter().flat_map(|row| {
            change
                .directions()
                .chunks_exact(row.len())
                .map(move |direction| -row.iter().zip(direction).map(|(x, &y)| x * f64::from(y)).sum::<f64>())
        });
        let errors = change.numbers().zip(wanted).map(|(found, wanted)| (found - wanted).abs());
        assert!(errors.fold(0.0, f64::max) < 1e-6, "{name}");
    }
}

/// Sentences about one of two subjects.
fn texts(words: &str, seed: u64) -> Vec<String> {
    let words: Vec<&str> = words.split(' ').collect();
    let mut draws = learnware_engine::numeric::random::Stream::new(seed);
    let mut word = || words[draws.below(words.len())];
    (0..40).map(|_| format!("the {} of the {} was {} and {}", word(), word(), word(), word())).collect()
}

#[test]
fn texts_of_one_subject_change_the_model_alike() {
    const MONEY: &str = "bank price share market loan profit rate";
    const HEALTH: &str = "patient dose drug nurse fever doctor pain heart";
    for name in ["qwen2", "llama"] {
        let model = LanguageModel::open(&folder(name)).unwrap();
        let vector = |words, seed| {
            let vector = model.change(&texts(words, seed), &|_| {}).unwrap();
            StatisticalSpecification::Parameters(vector)
        };
        let (money, again, health) = (vector(MONEY, 1), vector(MONEY, 2), vector(HEALTH, 3));
        let [same, other] = [&again, &health].map(|theirs| compare(&money, theirs).unwrap().similarity);
        assert!(same > 0.9 && other < same - 0.1, "{name}: {same} {other}");
        assert_eq!(vector(MONEY, 1), money);
    }
}

#[test]
fn progress_is_told_and_bases_differ() {
    let [qwen2, llama] = ["qwen2", "llama"].map(|name| LanguageModel::open(&folder(name)).unwrap());
    assert_eq!((qwen2.id().name.as_str(), qwen2.id().dimension), ("qwen2-2x16", 40 * 16));
    assert_ne!(qwen2.id().digest, llama.id().digest);
    let told = std::sync::Mutex::new(Vec::new());
    qwen2.change(&texts("bank loan", 1), &|count| told.lock().unwrap().push(count)).unwrap();
    assert_eq!(*told.lock().unwrap(), [32, 40]);
    let alone = qwen2.change(&["the".to_owned(), String::new()], &|_| {}).unwrap_err();
    assert!(alone.to_string().contains("every text after its first token"), "{alone}");
}

#[test]
fn what_would_be_computed_wrongly_is_refused() {
    for (from, to, wanted) in [
        ("\"qwen2\"", "\"gpt2\"", "model_type \"gpt2\""),
        ("\"silu\"", "\"gelu\"", "hidden_act"),
        ("\"use_sliding_window\": false", "\"use_sliding_window\": true", "use_sliding_window"),
        ("\"hidden_size\": 16", "\"hidden_size\": 18", "has shape"),
        ("\"num_key_value_heads\": 2", "\"num_key_value_heads\": 3", "do not divide"),
        ("\"hidden_size\": 16", "\"hidden_size\": 90000", "the hidden size"),
        ("\"intermediate_size\": 24", "\"intermediate_size\": 20", "has shape"),
        ("\"num_hidden_layers\": 2", "\"num_hidden_layers\": 3", "is missing"),
        ("{", "[", "config.json"),
    ] {
        let found = refusal(from, to);
        assert!(found.contains(wanted), "{found}");
    }
}
