//! Who turned texts or images into numbers. Only embeddings of one embedder can be compared.

use serde::{Deserialize, Serialize};

/// Identity of an embedder.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct EmbedderId {
    /// Its name, for people.
    pub name: String,
    /// Digest of all that decides its numbers: weights, vocabulary, version of the method.
    pub digest: String,
    /// Numbers in an embedding.
    pub dimension: usize,
}

/// Name of the sentence transformer that the reference uses for texts.
pub const REFERENCE_TEXT_NAME: &str = "paraphrase-multilingual-MiniLM-L12-v2";
/// Numbers in its embeddings.
const REFERENCE_TEXT_DIMENSION: usize = 384;

impl EmbedderId {
    /// The reference's own sentence transformer. Its files name no embedder and no digest: a text
    /// specification without one was made by this.
    pub fn reference_text() -> Self {
        Self { name: REFERENCE_TEXT_NAME.into(), digest: String::new(), dimension: REFERENCE_TEXT_DIMENSION }
    }
}

impl std::fmt::Display for EmbedderId {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let digest = self.digest.get(..12).unwrap_or(&self.digest);
        let comma = if digest.is_empty() { "" } else { ", " };
        write!(f, "{} ({digest}{comma}{} numbers)", self.name, self.dimension)
    }
}
