//! What the settings of a sentence transformer declare, checked before any weight is read.

use serde::Deserialize;
use serde::de::DeserializeOwned;

use super::FORMAT;
use crate::native::NativeError;
use crate::native::error::at_most;

/// Names under which the library keeps its settings, depending on the model.
pub(super) const SENTENCE_FILES: &[&str] = &[
    "sentence_bert_config.json",
    "sentence_roberta_config.json",
    "sentence_distilbert_config.json",
    "sentence_xlm-roberta_config.json",
];

/// Bounds on what may be declared: several times the largest models in use.
const LAYERS_MAX: usize = 96;
const HIDDEN_MAX: usize = 1 << 13;
const INNER_MAX: usize = 1 << 15;
const WORDS_MAX: usize = 1 << 21;
const POSITIONS_MAX: usize = 1 << 14;

/// The function between the two products of a layer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Activation {
    /// `x P(N(0,1) < x)`.
    Gelu,
    /// The same by tanh.
    GeluTanh,
    /// `max(x, 0)`.
    Relu,
}

/// How tensors are named.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Naming {
    /// BERT and RoBERTa.
    Bert,
    /// DistilBERT.
    DistilBert,
}

/// Shape of the model. The text of its `Debug` is part of the embedder's digest.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Architecture {
    /// `model_type`, one of those evaluated.
    pub model_type: &'static str,
    /// How its tensors are named.
    pub naming: Naming,
    /// Number of layers.
    pub layers: usize,
    /// Heads of attention; divides `hidden`.
    pub heads: usize,
    /// Numbers in a state.
    pub hidden: usize,
    /// Numbers between the two products of a layer.
    pub inner: usize,
    /// Tokens in the vocabulary.
    pub words: usize,
    /// Rows of the table of positions.
    pub positions: usize,
    /// Rows of the table of token types; 0 for none.
    pub types: usize,
    /// Added to variances.
    pub epsilon: f32,
    /// Between the two products of a layer.
    pub activation: Activation,
    /// Token whose place is not counted, where places are counted from it on (RoBERTa).
    pub padding: Option<u32>,
}

/// `config.json`; names of DistilBERT as aliases.
#[derive(Deserialize)]
struct RawConfig {
    #[serde(alias = "n_layers")]
    num_hidden_layers: usize,
    #[serde(alias = "n_heads")]
    num_attention_heads: usize,
    #[serde(alias = "dim")]
    hidden_size: usize,
    #[serde(alias = "hidden_dim")]
    intermediate_size: usize,
    vocab_size: usize,
    max_position_embeddings: usize,
    #[serde(default)]
    type_vocab_size: usize,
    layer_norm_eps: Option<f32>,
    #[serde(alias = "activation")]
    hidden_act: Option<String>,
    pad_token_id: Option<u32>,
    position_embedding_type: Option<String>,
    #[serde(default)]
    is_decoder: bool,
}

impl Architecture {
    /// Reads `config.json`.
    pub(super) fn parse(bytes: &[u8]) -> Result<Self, NativeError> {
        let raw: RawConfigOrType = json("config.json", bytes)?;
        let (model_type, naming) = match raw.model_type.as_str() {
            "bert" => ("bert", Naming::Bert),
            "roberta" => ("roberta", Naming::Bert),
            "xlm-roberta" => ("xlm-roberta", Naming::Bert),
            "distilbert" => ("distilbert", Naming::DistilBert),
            other => {
                return Err(NativeError::unsupported(
                    FORMAT,
                    format!("model_type {other:?}"),
                    "take a model of type bert, roberta, xlm-roberta or distilbert",
                ));
            }
        };
        let raw: RawConfig = json("config.json", bytes)?;
        let offset = matches!(model_type, "roberta" | "xlm-roberta");
        let architecture = Self {
            model_type,
            naming,
            layers: raw.num_hidden_layers,
            heads: raw.num_attention_heads,
            hidden: raw.hidden_size,
            inner: raw.intermediate_size,
            words: raw.vocab_size,
            positions: raw.max_position_embeddings,
            types: if naming == Naming::Bert { raw.type_vocab_size } else { 0 },
            epsilon: raw.layer_norm_eps.unwrap_or(1e-12),
            activation: activation(raw.hidden_act.as_deref())?,
            padding: offset.then(|| raw.pad_token_id.unwrap_or(1)),
        };
        if raw.is_decoder {
            return Err(NativeError::unsupported(FORMAT, "a decoder", "take an encoder"));
        }
        if let Some(kind) = raw.position_embedding_type.filter(|kind| kind != "absolute") {
            let what = format!("position_embedding_type {kind:?}");
            return Err(NativeError::unsupported(FORMAT, what, "take a model with absolute positions"));
        }
        architecture.check()?;
        Ok(architecture)
    }

    fn check(&self) -> Result<(), NativeError> {
        for (what, found, limit) in [
            ("the number of layers", self.layers, LAYERS_MAX),
            ("the hidden size", self.hidden, HIDDEN_MAX),
            ("the intermediate size", self.inner, INNER_MAX),
            ("the vocabulary", self.words, WORDS_MAX),
            ("the number of positions", self.positions, POSITIONS_MAX),
            ("the number of token types", self.types, WORDS_MAX),
        ] {
            at_most(FORMAT, what, found, limit)?;
        }
        let divides = self.heads > 0 && self.hidden.is_multiple_of(self.heads);
        if !divides || self.hidden == 0 || self.inner == 0 || self.words == 0 || self.longest() < 2 {
            return Err(NativeError::malformed(
                FORMAT,
                "config.json: a size is zero, or the heads do not divide the hidden size",
            ));
        }
        if !(self.epsilon > 0.0 && self.epsilon < 1.0) {
            return Err(NativeError::malformed(FORMAT, "config.json: layer_norm_eps is not in (0, 1)"));
        }
        Ok(())
    }

    /// Tokens of the longest input.
    pub(super) fn longest(&self) -> usize {
        let lost = self.padding.map_or(0, |padding| padding as usize + 1);
        self.positions.saturating_sub(lost)
    }
}

/// The model's type alone, read first: other types may lack the other settings.
#[derive(Deserialize)]
struct RawConfigOrType {
    model_type: String,
}

fn activation(name: Option<&str>) -> Result<Activation, NativeError> {
    match name.unwrap_or("gelu") {
        "gelu" => Ok(Activation::Gelu),
        "gelu_new" | "gelu_pytorch_tanh" => Ok(Activation::GeluTanh),
        "relu" => Ok(Activation::Relu),
        other => {
            let what = format!("the activation {other:?}");
            Err(NativeError::unsupported(FORMAT, what, "take a model with gelu, gelu_new or relu"))
        }
    }
}

/// How the states of a text's tokens become one point.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Pooling {
    /// Their mean.
    Mean,
    /// The first one.
    First,
}

/// What happens around the model. The text of its `Debug` is part of the embedder's digest.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Steps {
    /// From states to a point.
    pub pooling: Pooling,
    /// Whether points get length 1.
    pub normalise: bool,
    /// Tokens of the longest input, special ones included.
    pub tokens_max: usize,
    /// Whether texts are made lower case first.
    pub lower_case: bool,
}

#[derive(Deserialize)]
struct RawModule {
    path: String,
    #[serde(rename = "type")]
    kind: String,
}

#[derive(Deserialize, Default)]
struct RawSentence {
    max_seq_length: Option<usize>,
    #[serde(default)]
    do_lower_case: bool,
}

/// The folder that `modules.json` names for the pooling.
pub(super) fn pooling_folder(modules: &[u8]) -> Result<String, NativeError> {
    let modules: Vec<RawModule> = json("modules.json", modules)?;
    let pooling = modules.into_iter().find(|module| module.kind.ends_with(".Pooling"));
    let Some(path) = pooling.map(|module| module.path) else {
        return Err(NativeError::unsupported(FORMAT, "no pooling", "take a model with mean or cls pooling"));
    };
    let plain = |c: char| c.is_ascii_alphanumeric() || "_-".contains(c);
    if path.is_empty() || !path.chars().all(plain) {
        return Err(NativeError::malformed(
            FORMAT,
            format!("modules.json: {path:?} is no plain folder name"),
        ));
    }
    Ok(path)
}

impl Steps {
    /// Reads the settings around the model. `tokenizer_max` is the length at which the tokenizer's file cuts.
    pub(super) fn parse(
        architecture: &Architecture,
        modules: &[u8],
        pooling: &[u8],
        sentence: Option<&[u8]>,
        tokenizer_max: Option<usize>,
    ) -> Result<Self, NativeError> {
        let modules: Vec<RawModule> = json("modules.json", modules)?;
        let kinds: Vec<&str> =
            modules.iter().map(|module| module.kind.rsplit('.').next().unwrap_or_default()).collect();
        let normalise = match kinds.as_slice() {
            ["Transformer", "Pooling"] => false,
            ["Transformer", "Pooling", "Normalize"] => true,
            _ => {
                let what = format!("the steps {}", kinds.join(", "));
                return Err(NativeError::unsupported(
                    FORMAT,
                    what,
                    "take a model with Transformer, Pooling and at most Normalize",
                ));
            }
        };
        let sentence: RawSentence =
            sentence.map(|bytes| json("sentence_bert_config.json", bytes)).transpose()?.unwrap_or_default();
        let longest = architecture.longest();
        let tokens_max = sentence.max_seq_length.or(tokenizer_max).unwrap_or(longest).min(longest);
        // Two special tokens, and something between them.
        if tokens_max < 3 {
            return Err(NativeError::malformed(FORMAT, format!("max_seq_length is {tokens_max}")));
        }
        Ok(Self {
            pooling: parse_pooling(architecture, pooling)?,
            normalise,
            tokens_max,
            lower_case: sentence.do_lower_case,
        })
    }
}

/// Reads the pooling's `config.json`: exactly one mode may be on.
fn parse_pooling(architecture: &Architecture, bytes: &[u8]) -> Result<Pooling, NativeError> {
    let settings: serde_json::Map<String, serde_json::Value> = json("the pooling's config.json", bytes)?;
    let dimension = settings.get("word_embedding_dimension").and_then(serde_json::Value::as_u64);
    if dimension.is_some_and(|dimension| dimension != architecture.hidden as u64) {
        let reason =
            format!("the pooling takes {dimension:?} numbers, the model has {}", architecture.hidden);
        return Err(NativeError::malformed(FORMAT, reason));
    }
    let on = |value: &serde_json::Value| value.as_bool() == Some(true);
    let modes: Vec<&str> = settings
        .iter()
        .filter(|(name, value)| name.starts_with("pooling_mode_") && on(value))
        .map(|(name, _)| name.as_str())
        .collect();
    match modes.as_slice() {
        ["pooling_mode_mean_tokens"] => Ok(Pooling::Mean),
        ["pooling_mode_cls_token"] => Ok(Pooling::First),
        other => Err(NativeError::unsupported(
            FORMAT,
            format!("the pooling [{}]", other.join(", ")),
            "take a model with mean or cls pooling alone",
        )),
    }
}

fn json<T: DeserializeOwned>(name: &str, bytes: &[u8]) -> Result<T, NativeError> {
    serde_json::from_slice(bytes).map_err(|error| NativeError::malformed(FORMAT, format!("{name}: {error}")))
}
