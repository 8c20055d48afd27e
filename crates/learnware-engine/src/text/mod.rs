//! Texts as points, so that specifications can compare them; and the languages that texts are in.
//!
//! * [`TextEmbedder`]: from texts to the rows of a matrix. Only points of one [`EmbedderId`] can be compared.
//! * [`HashedEmbedder`]: the built-in one. It needs no download, no training and no dictionary.
//! * [`languages`]: which languages a set of texts is in, as the reference's codes.
//!
//! Not here: models with weights (`learnware-package` reads sentence transformers from a folder) and
//! reduced sets (they are made of the embedded rows like of any table).

mod common_words;
mod hashed;
mod language;
mod tokens;

#[cfg(test)]
mod tests;

use crate::embedder::EmbedderId;
use crate::error::Result;
use crate::numeric::Matrix;

pub use hashed::{HASHED_DIMENSION, HashedEmbedder, TEXT_BYTES_MAX};
pub use language::{LANGUAGE_SHARE_MIN, languages};
pub(crate) use tokens::normalise;

/// Turns texts into points.
pub trait TextEmbedder: Send + Sync {
    /// Which embedder this is; the same for its whole life.
    fn id(&self) -> EmbedderId;

    /// One row for each text: n x `id().dimension`, finite. A row depends on its own text only, and is the
    /// same for any number of threads.
    ///
    /// # Errors
    ///
    /// [`EngineError::Parameter`](crate::EngineError::Parameter) when a text can't be embedded.
    fn embed(&self, texts: &[String]) -> Result<Matrix>;
}
