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

impl std::fmt::Display for EmbedderId {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(
            f,
            "{} ({}, {} numbers)",
            self.name,
            self.digest.get(..12).unwrap_or(&self.digest),
            self.dimension
        )
    }
}
