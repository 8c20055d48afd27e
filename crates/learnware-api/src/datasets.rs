//! Benchmark data sets.

use serde::{Deserialize, Serialize};

/// A file to compare methods on.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
pub struct Dataset {
    /// Its folder.
    pub folder: String,
    /// Its name in that.
    pub file: String,
    /// Size of its content.
    pub size_bytes: u64,
    /// BLAKE3 of its content, hexadecimal.
    pub digest: String,
    /// When it came.
    pub created_at: String,
}
