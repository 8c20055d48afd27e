//! What people show to be let in: made of the system's randomness, kept as digests only.

use crate::error::{DockError, Result};

/// Random bytes of a secret: nobody guesses 256 bits, so a plain digest needs no salt.
const BYTES: usize = 32;
/// Begins every secret, so that tools which look for leaked ones know it.
const PREFIX: &str = "lwd_";

/// A secret, shown to its owner once. Not printed by accident.
#[derive(Clone, PartialEq, Eq)]
pub struct Secret(String);

impl Secret {
    /// A new one.
    ///
    /// # Errors
    /// When the system has no randomness.
    pub(crate) fn new() -> Result<Self> {
        let mut bytes = [0; BYTES];
        getrandom::fill(&mut bytes).map_err(|error| DockError::NoRandomness { reason: error.to_string() })?;
        Ok(Self(format!("{PREFIX}{}", blake3::Hash::from_bytes(bytes).to_hex())))
    }

    /// Its text, to be shown once.
    pub fn reveal(&self) -> &str {
        &self.0
    }
}

impl std::fmt::Debug for Secret {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Secret(hidden)")
    }
}

/// What is kept of a secret. Comparing it in the database tells nothing about the secret.
pub(crate) fn digest(secret: &str) -> String {
    blake3::hash(secret.as_bytes()).to_hex().to_string()
}
