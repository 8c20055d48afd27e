//! Comparison with the original library on tiny random models, and refusals.

use std::path::{Path, PathBuf};

use serde::Deserialize;

use super::*;

#[derive(Deserialize)]
struct Expected {
    texts: Vec<String>,
    points: Vec<Vec<f64>>,
}

fn folder(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../fixtures/sentence").join(name)
}

fn files(name: &str) -> SentenceFiles {
    SentenceFiles::read(&folder(name)).unwrap()
}

fn expected(name: &str) -> Expected {
    serde_json::from_slice(&std::fs::read(folder(name).join("expected.json")).unwrap()).unwrap()
}

/// The refusal of files after a change.
fn refusal(name: &str, change: impl Fn(&mut SentenceFiles)) -> String {
    let mut files = files(name);
    change(&mut files);
    SentenceEmbedder::load(&files).expect_err("refused").to_string()
}

/// Replaces text in a settings file.
fn replace(file: &mut Vec<u8>, from: &str, to: &str) {
    let text = String::from_utf8(file.clone()).unwrap();
    assert!(text.contains(from), "{from} in {text}");
    *file = text.replace(from, to).into_bytes();
}

#[test]
fn points_match_the_original_library() {
    for name in ["bert", "distilbert", "xlm-roberta"] {
        let embedder = SentenceEmbedder::open(&folder(name)).unwrap();
        let Expected { texts, points } = expected(name);
        let own = embedder.embed(&texts).unwrap();
        assert_eq!((own.rows(), own.columns()), (texts.len(), embedder.id().dimension));
        let mut worst = 0.0_f64;
        for (row, wanted) in own.iter_rows().zip(&points) {
            for (value, wanted) in row.iter().zip(wanted) {
                worst = worst.max((value - wanted).abs());
            }
        }
        println!("{name}: largest difference {worst:.2e}");
        assert!(worst < 1e-5, "{name}: {worst}");
    }
}

#[test]
fn a_point_does_not_depend_on_the_texts_around() {
    let embedder = SentenceEmbedder::open(&folder("bert")).unwrap();
    let texts: Vec<String> =
        (0..300).map(|n| format!("the car {n} has {} engine", "a new ".repeat(n % 9))).collect();
    let all = embedder.embed(&texts).unwrap();
    for place in [0, 1, 77, 299] {
        assert_eq!(embedder.embed(&texts[place..=place]).unwrap().row(0), all.row(place));
    }
    assert_eq!(embedder.embed(&[]).unwrap().rows(), 0);
}

#[test]
fn identifiers_tell_models_and_settings_apart() {
    let id = |files: &SentenceFiles| SentenceEmbedder::load(files).unwrap().id();
    let bert = files("bert");
    assert_eq!(id(&bert), id(&bert));
    assert_eq!((id(&bert).name.as_str(), id(&bert).dimension), ("bert-2x32", 32));
    let mut other = bert.clone();
    replace(
        &mut other.modules,
        "sentence_transformers.models.Normalize",
        "sentence_transformers.models.Normalize ",
    );
    assert!(SentenceEmbedder::load(&other).is_err());
    let mut shorter = bert.clone();
    shorter.sentence = Some(br#"{"max_seq_length": 12}"#.to_vec());
    assert_ne!(id(&bert).digest, id(&shorter).digest);
    let mut words = bert.clone();
    *words.weights.last_mut().unwrap() ^= 1;
    assert_ne!(id(&bert).digest, id(&words).digest);
    let refused = SentenceEmbedder::load(&bert).unwrap().vouched_as_reference();
    assert!(refused.unwrap_err().to_string().contains("not 12 of 384"));
}

#[test]
fn other_models_are_refused_by_name() {
    let message = refusal("bert", |files| replace(&mut files.config, "\"bert\"", "\"mpnet\""));
    assert!(message.contains("model_type \"mpnet\""), "{message}");
    let message = refusal("bert", |files| files.config = br#"{"model_type": "t5"}"#.to_vec());
    assert!(message.contains("model_type \"t5\""), "{message}");
    for (from, to, wanted) in [
        ("\"gelu\"", "\"swish\"", "swish"),
        ("\"absolute\"", "\"relative_key\"", "relative_key"),
        ("\"num_attention_heads\": 2", "\"num_attention_heads\": 3", "heads"),
        ("\"num_attention_heads\": 2", "\"num_attention_heads\": 0", "heads"),
        ("\"hidden_size\": 32", "\"hidden_size\": 99999999", "hidden size"),
        (
            "\"num_hidden_layers\": 2",
            "\"num_hidden_layers\": 3",
            "encoder.layer.2.attention.self.query.weight is missing",
        ),
        ("\"vocab_size\": ", "\"vocab_size\": 1", "embeddings.word_embeddings.weight has shape"),
        ("\"layer_norm_eps\": 1e-12", "\"layer_norm_eps\": -1", "layer_norm_eps"),
    ] {
        let message = refusal("bert", |files| replace(&mut files.config, from, to));
        assert!(message.contains(wanted), "{message}");
    }
}

#[test]
fn other_steps_are_refused() {
    let message = refusal("bert", |files| replace(&mut files.modules, "models.Normalize", "models.Dense"));
    assert!(message.contains("Dense"), "{message}");
    let message =
        refusal("bert", |files| replace(&mut files.pooling, "max_tokens\": false", "max_tokens\": true"));
    assert!(message.contains("pooling_mode_max_tokens"), "{message}");
    let message = refusal("bert", |files| replace(&mut files.pooling, "32", "33"));
    assert!(message.contains("33"), "{message}");
    let message = refusal("bert", |files| files.sentence = Some(br#"{"max_seq_length": 2}"#.to_vec()));
    assert!(message.contains("max_seq_length is 2"), "{message}");
    let modules = br#"[{"path": "../elsewhere", "type": "x.Pooling"}]"#;
    assert!(config::pooling_folder(modules).unwrap_err().to_string().contains("no plain folder name"));
}

#[test]
fn damaged_files_are_refused_and_never_panic() {
    let whole = files("distilbert");
    for length in (0..whole.weights.len()).step_by(997) {
        let message = refusal("distilbert", |files| files.weights.truncate(length));
        assert!(message.contains("model.safetensors"), "{message}");
    }
    for length in (0..whole.tokenizer.len()).step_by(101) {
        let message = refusal("distilbert", |files| files.tokenizer.truncate(length));
        assert!(message.contains("tokenizer.json"), "{message}");
    }
    let message = refusal("distilbert", |files| {
        let end = files.weights.len();
        files.weights[end - 4..].copy_from_slice(&f32::NAN.to_le_bytes());
    });
    assert!(message.contains("not finite"), "{message}");
    let missing = SentenceEmbedder::open(Path::new("no such folder")).unwrap_err().to_string();
    assert!(missing.contains("modules.json"), "{missing}");
}

#[test]
fn tokens_outside_the_model_are_refused_with_the_text() {
    let mut files = files("distilbert");
    replace(&mut files.tokenizer, "\"car\":", "\"car \":");
    replace(&mut files.tokenizer, "\"unk_token\": \"[UNK]\"", "\"unk_token\": \"none\"");
    let embedder = SentenceEmbedder::load(&files).unwrap();
    let message = embedder.embed(&["\u{1f697}".to_owned()]).unwrap_err().to_string();
    assert!(message.contains("tokenizer"), "{message}");
}

#[test]
fn halves_become_whole() {
    use crate::native::weights::{brain, half};
    for (bits, wanted) in [
        (0x3c00, 1.0),
        (0xc000, -2.0),
        (0x0001, 2f32.powi(-24)),
        (0x7bff, 65504.0),
        (0x3555, 0.333_251_95),
        (0, 0.0),
    ] {
        assert_eq!(half(bits), wanted);
    }
    assert!(half(0x7c00).is_infinite() && half(0x7c01).is_nan());
    assert_eq!((brain(0x3f80), brain(0xc040)), (1.0, -3.0));
}
