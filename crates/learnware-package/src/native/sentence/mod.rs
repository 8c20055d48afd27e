//! Sentence transformers of the BERT family, from a local folder: texts become points.
//!
//! Read are the files that the library sentence-transformers writes: `config.json`, `tokenizer.json`,
//! `model.safetensors`, `modules.json`, the pooling's `config.json` and `sentence_bert_config.json`. Evaluated are
//! the models `bert` (MiniLM is one), `roberta`, `xlm-roberta` and `distilbert`, with mean or first-token
//! pooling and an optional normalisation. Nothing is downloaded and nothing is unpickled.
//!
//! Sums run over the inputs in order with fused multiply-add, so a text's point is the same for any number of
//! threads and whatever texts it is embedded with.
//!
//! * `config`: what the files declare.
//! * `layers`: the forward pass.

mod config;
mod layers;
#[cfg(test)]
mod tests;

use std::io::Read;
use std::path::Path;

use learnware_engine::embedder::EmbedderId;
use learnware_engine::numeric::parallel;
use learnware_engine::text::{TEXT_BYTES_MAX, TextEmbedder};
use learnware_engine::{EngineError, Matrix};
use tokenizers::{Tokenizer, TruncationParams};

use super::NativeError;
use super::error::at_most;
use config::{Architecture, Pooling, Steps};
use layers::Model;

/// Format as refusals name it.
const FORMAT: &str = "sentence transformer";

/// Largest file of weights: models for sentences have up to some 300 million weights of four bytes.
pub const WEIGHT_BYTES_MAX: usize = 2 << 30;

/// Largest tokenizer; that of XLM-R, one of the largest, has 9 MB.
pub const TOKENIZER_BYTES_MAX: usize = 64 << 20;

/// Largest of the small files with settings.
const SETTINGS_BYTES_MAX: usize = 1 << 20;

/// Tokens that are evaluated together: enough to read each weight from memory once for many rows.
const BATCH_TOKENS: usize = 512;

/// The files of a sentence transformer, as bytes.
#[derive(Debug, Clone, Default)]
pub struct SentenceFiles {
    /// `config.json`: the architecture.
    pub config: Vec<u8>,
    /// `tokenizer.json`.
    pub tokenizer: Vec<u8>,
    /// `model.safetensors`.
    pub weights: Vec<u8>,
    /// `modules.json`: the steps.
    pub modules: Vec<u8>,
    /// `config.json` in the folder that `modules.json` names for the pooling.
    pub pooling: Vec<u8>,
    /// `sentence_bert_config.json`, if there is one.
    pub sentence: Option<Vec<u8>>,
}

impl SentenceFiles {
    /// Reads the files from a folder.
    ///
    /// # Errors
    ///
    /// [`NativeError::Malformed`] when one is missing or can't be read, [`NativeError::TooLarge`] when one is
    /// over its limit; both name the file.
    pub fn read(folder: &Path) -> Result<Self, NativeError> {
        let modules = read(FORMAT, folder, "modules.json", SETTINGS_BYTES_MAX)?;
        let pooling = config::pooling_folder(&modules)?;
        let sentence = config::SENTENCE_FILES.iter().find(|name| folder.join(name).is_file());
        Ok(Self {
            config: read(FORMAT, folder, "config.json", SETTINGS_BYTES_MAX)?,
            tokenizer: read(FORMAT, folder, "tokenizer.json", TOKENIZER_BYTES_MAX)?,
            weights: read(FORMAT, folder, "model.safetensors", WEIGHT_BYTES_MAX)?,
            pooling: read(FORMAT, folder, &format!("{pooling}/config.json"), SETTINGS_BYTES_MAX)?,
            modules,
            sentence: sentence.map(|name| read(FORMAT, folder, name, SETTINGS_BYTES_MAX)).transpose()?,
        })
    }
}

/// Reads one file of at most `limit` bytes.
pub(super) fn read(
    format: &'static str,
    folder: &Path,
    name: &str,
    limit: usize,
) -> Result<Vec<u8>, NativeError> {
    let path = folder.join(name);
    let unreadable =
        |error: std::io::Error| NativeError::malformed(format, format!("{}: {error}", path.display()));
    let file = std::fs::File::open(&path).map_err(unreadable)?;
    let mut bytes = Vec::new();
    file.take(limit as u64 + 1).read_to_end(&mut bytes).map_err(unreadable)?;
    at_most(format, "the size in bytes of one of its files", bytes.len(), limit)?;
    Ok(bytes)
}

/// A sentence transformer that was loaded.
#[derive(Debug)]
pub struct SentenceEmbedder {
    id: EmbedderId,
    tokenizer: Tokenizer,
    model: Model,
    steps: Steps,
}

impl SentenceEmbedder {
    /// Loads the files of a folder.
    ///
    /// # Errors
    ///
    /// [`NativeError`] when a file is missing, too large or malformed, when a tensor is missing or has another
    /// shape than `config.json` says, and when the model is of a kind that is not evaluated here.
    pub fn open(folder: &Path) -> Result<Self, NativeError> {
        Self::load(&SentenceFiles::read(folder)?)
    }

    /// Loads from bytes; errors as [`Self::open`].
    pub fn load(files: &SentenceFiles) -> Result<Self, NativeError> {
        let architecture = Architecture::parse(&files.config)?;
        let mut tokenizer = tokenizer(FORMAT, &files.tokenizer)?;
        let steps = Steps::parse(
            &architecture,
            &files.modules,
            &files.pooling,
            files.sentence.as_deref(),
            tokenizer.get_truncation().map(|truncation| truncation.max_length),
        )?;
        let truncation = TruncationParams { max_length: steps.tokens_max, ..TruncationParams::default() };
        tokenizer.with_padding(None);
        tokenizer
            .with_truncation(Some(truncation))
            .map_err(|error| NativeError::malformed(FORMAT, format!("tokenizer.json: {error}")))?;
        let id = EmbedderId {
            name: format!("{}-{}x{}", architecture.model_type, architecture.layers, architecture.hidden),
            digest: digest(files, &architecture, &steps),
            dimension: architecture.hidden,
        };
        let model = Model::load(architecture, &files.weights)?;
        Ok(Self { id, tokenizer, model, steps })
    }

    /// The same, known as the reference's own sentence transformer, whose files carry no digest: the caller
    /// vouches that the folder holds `paraphrase-multilingual-MiniLM-L12-v2`.
    ///
    /// # Errors
    ///
    /// [`NativeError::Malformed`] when the model has not the reference's shape.
    pub fn vouched_as_reference(mut self) -> Result<Self, NativeError> {
        let (reference, shape) = (EmbedderId::reference_text(), &self.model.architecture);
        if (shape.hidden, shape.layers) != (reference.dimension, 12) {
            return Err(NativeError::malformed(
                FORMAT,
                format!(
                    "{} has {} layers of {} numbers, not 12 of 384",
                    self.id.name, shape.layers, shape.hidden
                ),
            ));
        }
        self.id = reference;
        Ok(self)
    }

    /// Numbers of the tokens of a text, special ones included, cut to the longest input.
    fn tokens(&self, text: &str) -> Result<Vec<u32>, EngineError> {
        let text = text[..text.floor_char_boundary(TEXT_BYTES_MAX)].trim();
        let lower = if self.steps.lower_case { Some(text.to_lowercase()) } else { None };
        let refused = |found: String| EngineError::Parameter {
            name: "text",
            wanted: "one that the model's tokenizer takes",
            found,
        };
        let encoding = self
            .tokenizer
            .encode_fast(lower.as_deref().unwrap_or(text), true)
            .map_err(|error| refused(format!("refused: {error}")))?;
        let tokens = encoding.get_ids().to_vec();
        let words = self.model.architecture.words;
        match tokens.iter().find(|&&token| token as usize >= words) {
            Some(token) => Err(refused(format!("token {token}, but the model has {words}"))),
            None => Ok(tokens),
        }
    }

    /// The points of some texts, one after the other.
    fn points(&self, texts: &[Vec<u32>]) -> Vec<f64> {
        let lengths: Vec<usize> = texts.iter().map(Vec::len).collect();
        let states = self.model.forward(texts);
        let hidden = self.model.architecture.hidden;
        let mut points = Vec::with_capacity(texts.len() * hidden);
        let mut rest = states.as_slice();
        for length in lengths {
            let (own, after) = rest.split_at(length * hidden);
            rest = after;
            points.extend(self.pool(own, hidden));
        }
        points
    }

    /// One point from the states of a text's tokens; zero when there is no token.
    fn pool(&self, states: &[f32], hidden: usize) -> Vec<f64> {
        let mut point = vec![0.0; hidden];
        let rows = states.chunks_exact(hidden);
        let taken = match self.steps.pooling {
            Pooling::Mean => rows.len(),
            Pooling::First => rows.len().min(1),
        };
        for row in rows.take(taken) {
            for (sum, &value) in point.iter_mut().zip(row) {
                *sum += f64::from(value);
            }
        }
        let mut factor = 1.0 / taken.max(1) as f64;
        if self.steps.normalise {
            let length = point.iter().map(|value| value * value).sum::<f64>().sqrt();
            factor = if length > 0.0 { 1.0 / length } else { 1.0 };
        }
        for value in &mut point {
            *value *= factor;
        }
        point
    }
}

impl TextEmbedder for SentenceEmbedder {
    fn id(&self) -> EmbedderId {
        self.id.clone()
    }

    fn embed(&self, texts: &[String]) -> Result<Matrix, EngineError> {
        let tokens = parallel::map(texts.len(), |index| self.tokens(&texts[index]));
        let tokens = tokens.into_iter().collect::<Result<Vec<_>, _>>()?;
        let mut batches = vec![0];
        let mut size = 0;
        for (index, text) in tokens.iter().enumerate() {
            if size > 0 && size + text.len() > BATCH_TOKENS {
                batches.push(index);
                size = 0;
            }
            size += text.len();
        }
        batches.push(tokens.len());
        let points = parallel::map(batches.len() - 1, |batch| {
            self.points(&tokens[batches[batch]..batches[batch + 1]])
        });
        let points = Matrix::new(texts.len(), self.id.dimension, points.concat())?;
        points.require_finite()?;
        Ok(points)
    }
}

/// Reads `tokenizer.json`.
pub(super) fn tokenizer(format: &'static str, bytes: &[u8]) -> Result<Tokenizer, NativeError> {
    at_most(format, "the size of tokenizer.json in bytes", bytes.len(), TOKENIZER_BYTES_MAX)?;
    Tokenizer::from_bytes(bytes)
        .map_err(|error| NativeError::malformed(format, format!("tokenizer.json: {error}")))
}

/// Digest of everything that decides the numbers.
fn digest(files: &SentenceFiles, architecture: &Architecture, steps: &Steps) -> String {
    let mut hasher = blake3::Hasher::new();
    for part in [files.weights.as_slice(), &files.tokenizer, format!("{architecture:?} {steps:?}").as_bytes()]
    {
        hasher.update(&(part.len() as u64).to_le_bytes());
        hasher.update(part);
    }
    hasher.finalize().to_hex().to_string()
}
