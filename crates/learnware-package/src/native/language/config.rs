//! What `config.json` of a language model declares, checked before any weight is read.

use serde::Deserialize;

use super::FORMAT;
use crate::native::NativeError;
use crate::native::error::at_most;

/// Bounds on what may be declared: those of models that a processor evaluates in reasonable time.
const LAYERS_MAX: usize = 128;
const HIDDEN_MAX: usize = 1 << 13;
const INNER_MAX: usize = 1 << 15;
const WORDS_MAX: usize = 1 << 19;

/// Shape of the model. The text of its `Debug` is part of the base's digest.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Architecture {
    /// `model_type`, one of those evaluated.
    pub model_type: &'static str,
    pub layers: usize,
    /// Heads of queries.
    pub heads: usize,
    /// Heads of keys and values; divides `heads`.
    pub key_heads: usize,
    /// Numbers of one head, even.
    pub head: usize,
    /// Numbers in a state.
    pub hidden: usize,
    /// Numbers between the products of a layer.
    pub inner: usize,
    /// Tokens in the vocabulary.
    pub words: usize,
    /// Added to mean squares.
    pub epsilon: f64,
    /// Base of the wavelengths of positions.
    pub theta: f64,
    /// Whether queries, keys and values have something added.
    pub has_bias: bool,
    /// Whether the output has the words' own vectors.
    pub is_tied: bool,
}

#[derive(Deserialize)]
struct Raw {
    num_hidden_layers: usize,
    num_attention_heads: usize,
    num_key_value_heads: Option<usize>,
    head_dim: Option<usize>,
    hidden_size: usize,
    intermediate_size: usize,
    vocab_size: usize,
    rms_norm_eps: Option<f64>,
    rope_theta: Option<f64>,
    rope_scaling: Option<serde_json::Value>,
    hidden_act: Option<String>,
    #[serde(default)]
    attention_bias: bool,
    #[serde(default)]
    mlp_bias: bool,
    #[serde(default)]
    use_sliding_window: bool,
    #[serde(default)]
    tie_word_embeddings: bool,
}

impl Architecture {
    /// Reads `config.json`.
    pub(super) fn parse(bytes: &[u8]) -> Result<Self, NativeError> {
        let value: serde_json::Value = serde_json::from_slice(bytes)
            .map_err(|error| NativeError::malformed(FORMAT, format!("config.json: {error}")))?;
        let model_type = match value.get("model_type").and_then(serde_json::Value::as_str) {
            Some("llama") => "llama",
            Some("qwen2") => "qwen2",
            other => {
                let what = format!("model_type {:?}", other.unwrap_or_default());
                return Err(NativeError::unsupported(FORMAT, what, "take a model of type llama or qwen2"));
            }
        };
        let raw: Raw = serde_json::from_value(value)
            .map_err(|error| NativeError::malformed(FORMAT, format!("config.json: {error}")))?;
        raw.require_evaluated()?;
        let heads = raw.num_attention_heads;
        let architecture = Self {
            model_type,
            layers: raw.num_hidden_layers,
            heads,
            key_heads: raw.num_key_value_heads.unwrap_or(heads),
            head: raw.head_dim.unwrap_or(raw.hidden_size / heads.max(1)),
            hidden: raw.hidden_size,
            inner: raw.intermediate_size,
            words: raw.vocab_size,
            epsilon: raw.rms_norm_eps.unwrap_or(1e-6),
            theta: raw.rope_theta.unwrap_or(10_000.0),
            has_bias: model_type == "qwen2",
            is_tied: raw.tie_word_embeddings,
        };
        architecture.check()?;
        Ok(architecture)
    }

    fn check(&self) -> Result<(), NativeError> {
        for (what, found, limit) in [
            ("the number of layers", self.layers, LAYERS_MAX),
            ("the hidden size", self.hidden, HIDDEN_MAX),
            ("the size of all heads", self.heads.saturating_mul(self.head), HIDDEN_MAX),
            ("the intermediate size", self.inner, INNER_MAX),
            ("the vocabulary", self.words, WORDS_MAX),
        ] {
            at_most(FORMAT, what, found, limit)?;
        }
        let sizes = [self.heads, self.key_heads, self.head, self.hidden, self.inner, self.words];
        if sizes.contains(&0) || !self.heads.is_multiple_of(self.key_heads) || !self.head.is_multiple_of(2) {
            let reason = "config.json: a size is zero, or heads do not divide what they must";
            return Err(NativeError::malformed(FORMAT, reason));
        }
        if !(self.epsilon > 0.0 && self.epsilon < 1.0 && self.theta.is_finite() && self.theta > 1.0) {
            return Err(NativeError::malformed(
                FORMAT,
                "config.json: rms_norm_eps or rope_theta is out of range",
            ));
        }
        Ok(())
    }
}

impl Raw {
    /// Refuses what would be computed wrongly.
    fn require_evaluated(&self) -> Result<(), NativeError> {
        let refused = [
            (self.rope_scaling.as_ref().is_some_and(|scaling| !scaling.is_null()), "rope_scaling"),
            (self.attention_bias, "attention_bias"),
            (self.mlp_bias, "mlp_bias"),
            (self.use_sliding_window, "use_sliding_window"),
            (self.hidden_act.as_deref().is_some_and(|name| name != "silu"), "hidden_act"),
        ];
        match refused.iter().find(|(is_used, _)| *is_used) {
            None => Ok(()),
            Some((_, what)) => {
                Err(NativeError::unsupported(FORMAT, *what, "take a plain llama or qwen2 model"))
            }
        }
    }
}
