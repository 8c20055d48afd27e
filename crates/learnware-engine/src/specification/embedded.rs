//! Specifications of data that an embedder turned into numbers: texts and images.

use super::Rkme;
use crate::embedder::EmbedderId;
use crate::error::{EngineError, Result};

/// A weighted set of text embeddings.
#[derive(Debug, Clone, PartialEq)]
pub struct RkmeText {
    /// Points in the embedder's space.
    pub rkme: Rkme,
    /// Who embedded the texts.
    pub embedder: EmbedderId,
    /// Languages of the texts as ISO 639-1 codes, sorted; empty when unknown.
    pub languages: Vec<String>,
}

/// A weighted set of image embeddings.
#[derive(Debug, Clone, PartialEq)]
pub struct RkmeImage {
    /// Points in the embedder's space.
    pub rkme: Rkme,
    /// Who embedded the images.
    pub embedder: EmbedderId,
    /// Channels, height and width of the images that the model takes.
    pub image_shape: [usize; 3],
}

impl RkmeText {
    /// Puts a specification together; the points must be of the embedder's dimension.
    pub fn new(rkme: Rkme, embedder: EmbedderId, mut languages: Vec<String>) -> Result<Self> {
        require_dimension(&rkme, &embedder)?;
        languages.sort();
        languages.dedup();
        Ok(Self { rkme, embedder, languages })
    }
}

impl RkmeImage {
    /// Puts a specification together; the points must be of the embedder's dimension.
    pub fn new(rkme: Rkme, embedder: EmbedderId, image_shape: [usize; 3]) -> Result<Self> {
        require_dimension(&rkme, &embedder)?;
        Ok(Self { rkme, embedder, image_shape })
    }
}

fn require_dimension(rkme: &Rkme, embedder: &EmbedderId) -> Result<()> {
    if rkme.dimension() == embedder.dimension {
        return Ok(());
    }
    Err(EngineError::Shape {
        what: "numbers in an embedding",
        expected: format!("{} of {}", embedder.dimension, embedder.name),
        found: rkme.dimension().to_string(),
    })
}
