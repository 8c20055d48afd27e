//! Language models of the Llama family, from a local folder: what texts change in their parameters.
//!
//! Read are `config.json`, `tokenizer.json` and `model.safetensors` as the library transformers writes them, of the types
//! `llama` and `qwen2`. Nothing is downloaded, unpickled or run.
//!
//! The change is the first step of a low-rank training of the output layer: with `W + B A` for the layer's matrix, `A`
//! fixed and drawn by [`SEED`] and `B` zero, minus the gradient by `B` of the mean loss of the next token,
//!
//! ```text
//! -1/N sum_n (p_n - e_n) (A h_n)'
//! ```
//!
//! with `h` the last state, `p` the predicted shares of words and `e` the word that follows (arXiv 2505.13425; in the kernel
//! view of fine-tuning it is a mean embedding of texts with their continuations). That needs forward passes only, so
//! a processor does it; the reference's own recipe, 400 steps of training through all layers, needs a graphics card and makes
//! other vectors. The two lie in different islands.
//!
//! * `config`: what the files declare. `layers`: the forward pass. `change`: the gradient.

mod change;
mod config;
mod layers;
#[cfg(test)]
mod tests;

use std::path::Path;

use learnware_engine::EngineError;
use learnware_engine::embedder::EmbedderId;
use learnware_engine::numeric::parallel;
use learnware_engine::specification::ParameterVector;
use learnware_engine::specification::parameters::LanguageBase;
use learnware_engine::text::TEXT_BYTES_MAX;
use tokenizers::{Tokenizer, TruncationParams};

use super::NativeError;
use super::sentence::{TOKENIZER_BYTES_MAX, read, tokenizer};
use change::Change;
use config::Architecture;
use layers::Model;

/// Format as refusals name it.
const FORMAT: &str = "language";
/// Largest file of weights: a billion parameters in half precision, and some air.
const WEIGHT_BYTES_MAX: usize = 3 << 30;
/// Largest `config.json`.
const SETTINGS_BYTES_MAX: usize = 1 << 20;
/// Tokens of a text that are looked at.
const TOKENS_MAX: usize = 512;
/// Texts between two reports of progress; their states are in memory together.
const TEXTS_AT_ONCE: usize = 32;
/// Rank of the change.
const RANK: usize = 64;
/// Seed of `A`; another one would be another island.
const SEED: u64 = 0x6c6d_2d62_6173_6501;
/// Name of the recipe, which is part of the digest.
const RECIPE: &str = "output-gradient/1";

/// A language model that was loaded.
#[derive(Debug)]
pub struct LanguageModel {
    id: EmbedderId,
    tokenizer: Tokenizer,
    model: Model,
}

/// The files of a language model, as bytes.
#[derive(Debug, Clone, Default)]
pub struct LanguageFiles {
    /// `config.json`: the architecture.
    pub config: Vec<u8>,
    /// `tokenizer.json`.
    pub tokenizer: Vec<u8>,
    /// `model.safetensors`.
    pub weights: Vec<u8>,
}

impl LanguageFiles {
    /// Reads the files from a folder.
    ///
    /// # Errors
    ///
    /// [`NativeError::Malformed`] when one is missing or can't be read, [`NativeError::TooLarge`] when one is
    /// over its limit; both name the file.
    pub fn read(folder: &Path) -> Result<Self, NativeError> {
        Ok(Self {
            config: read(FORMAT, folder, "config.json", SETTINGS_BYTES_MAX)?,
            tokenizer: read(FORMAT, folder, "tokenizer.json", TOKENIZER_BYTES_MAX)?,
            weights: read(FORMAT, folder, "model.safetensors", WEIGHT_BYTES_MAX)?,
        })
    }
}

impl LanguageModel {
    /// Loads the files of a folder.
    ///
    /// # Errors
    ///
    /// [`NativeError`] when a file is missing, too large or malformed, when a tensor is missing or has another
    /// shape than `config.json` says, and when the model is of a kind that is not evaluated here.
    pub fn open(folder: &Path) -> Result<Self, NativeError> {
        Self::load(&LanguageFiles::read(folder)?)
    }

    /// Loads from bytes; errors as [`Self::open`].
    pub fn load(files: &LanguageFiles) -> Result<Self, NativeError> {
        let architecture = Architecture::parse(&files.config)?;
        let mut tokenizer = tokenizer(FORMAT, &files.tokenizer)?;
        let truncation = TruncationParams { max_length: TOKENS_MAX, ..TruncationParams::default() };
        tokenizer.with_padding(None);
        tokenizer
            .with_truncation(Some(truncation))
            .map_err(|error| NativeError::malformed(FORMAT, format!("tokenizer.json: {error}")))?;
        let Architecture { model_type, layers, hidden, words, .. } = architecture;
        let id = EmbedderId {
            name: format!("{model_type}-{layers}x{hidden}"),
            digest: digest(files, &architecture),
            dimension: words * RANK.min(hidden),
        };
        let model = Model::load(architecture, &files.weights)?;
        Ok(Self { id, tokenizer, model })
    }

    /// Numbers of the tokens of a text, cut to the longest input.
    fn tokens(&self, text: &str) -> Result<Vec<u32>, EngineError> {
        let text = &text[..text.floor_char_boundary(TEXT_BYTES_MAX)];
        let refused = |found: String| EngineError::Parameter {
            name: "text",
            wanted: "one that the model's tokenizer takes",
            found,
        };
        let encoding = self.tokenizer.encode_fast(text, true);
        let tokens = encoding.map_err(|error| refused(format!("refused: {error}")))?.get_ids().to_vec();
        let words = self.model.architecture.words;
        match tokens.iter().find(|&&token| token as usize >= words) {
            Some(token) => Err(refused(format!("token {token}, but the model has {words}"))),
            None => Ok(tokens),
        }
    }
}

impl LanguageBase for LanguageModel {
    fn id(&self) -> EmbedderId {
        self.id.clone()
    }

    fn change(&self, texts: &[String], progress: &dyn Fn(usize)) -> Result<ParameterVector, EngineError> {
        let mut change = Change::new(&self.model.architecture, RANK, SEED);
        for (number, part) in texts.chunks(TEXTS_AT_ONCE).enumerate() {
            let read = parallel::map(part.len(), |place| {
                let tokens = self.tokens(&part[place])?;
                let states = self.model.states(&tokens);
                Ok((tokens, states))
            });
            for text in read {
                let (tokens, states) = text?;
                change.add(&self.model, &tokens, &states);
            }
            progress(number * TEXTS_AT_ONCE + part.len());
        }
        if change.count() == 0 {
            return Err(EngineError::Empty { what: "every text after its first token" });
        }
        ParameterVector::new(change.numbers(), self.id(), texts.len())
    }
}

/// Digest of everything that decides the numbers.
fn digest(files: &LanguageFiles, architecture: &Architecture) -> String {
    let mut hasher = blake3::Hasher::new();
    let settings = format!("{architecture:?} {RECIPE} {RANK} {SEED} {TOKENS_MAX}");
    for part in [files.weights.as_slice(), &files.tokenizer, settings.as_bytes()] {
        hasher.update(&(part.len() as u64).to_le_bytes());
        hasher.update(part);
    }
    hasher.finalize().to_hex().to_string()
}
