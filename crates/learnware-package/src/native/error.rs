//! Why a data-only model was not loaded.

/// Why a model file was refused. The text is for the person who made or uses it.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum NativeError {
    /// The file, or something it declares, is larger than we evaluate.
    #[error("{format} model: {what} is {found}, but at most {limit} is evaluated")]
    TooLarge {
        /// Format of the file.
        format: &'static str,
        /// What is too large.
        what: &'static str,
        /// How large it is.
        found: u64,
        /// How large it may be.
        limit: u64,
    },
    /// The file does not follow its format, or contradicts itself.
    #[error("{format} model is malformed: {reason}")]
    Malformed {
        /// Format of the file.
        format: &'static str,
        /// What is wrong, and where.
        reason: String,
    },
    /// The file is sound as far as was read, but uses something not evaluated here.
    #[error("{format} model uses {what}, which is not evaluated here; {advice}")]
    Unsupported {
        /// Format of the file.
        format: &'static str,
        /// What it uses.
        what: String,
        /// What to do instead.
        advice: &'static str,
    },
    /// The files are sound, but several of them do not become one model.
    #[error("{format} models can't be merged: {reason}; {advice}")]
    Unmergeable {
        /// Format of the files.
        format: &'static str,
        /// Where they differ, or what has no mean.
        reason: String,
        /// What to do instead.
        advice: &'static str,
    },
}

impl NativeError {
    /// A malformed file of `format`.
    pub(crate) fn malformed(format: &'static str, reason: impl Into<String>) -> Self {
        Self::Malformed { format, reason: reason.into() }
    }

    /// A sound file of `format` that uses `what`.
    pub(crate) fn unsupported(format: &'static str, what: impl Into<String>, advice: &'static str) -> Self {
        Self::Unsupported { format, what: what.into(), advice }
    }
}

/// Refuses `found` over `limit`.
pub(crate) fn at_most(
    format: &'static str,
    what: &'static str,
    found: usize,
    limit: usize,
) -> Result<(), NativeError> {
    if found > limit {
        return Err(NativeError::TooLarge { format, what, found: found as u64, limit: limit as u64 });
    }
    Ok(())
}
