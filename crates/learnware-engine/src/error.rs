//! What can go wrong in the engine, cut by what the caller can do about it.

/// Errors of the engine.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum EngineError {
    /// The data has a non-finite value where none is allowed.
    #[error("column {column} has a value that is not finite in row {row}")]
    NonFinite {
        /// 0-based column.
        column: usize,
        /// 0-based row.
        row: usize,
    },
    /// Shapes that must agree do not.
    #[error("{what}: expected {expected}, found {found}")]
    Shape {
        /// What was measured, for people.
        what: &'static str,
        /// What it should be.
        expected: String,
        /// What it is.
        found: String,
    },
    /// There is nothing to work on.
    #[error("{what} is empty")]
    Empty {
        /// What is empty, for people.
        what: &'static str,
    },
    /// A parameter is outside its range.
    #[error("{name} must be {wanted}, but is {found}")]
    Parameter {
        /// The parameter.
        name: &'static str,
        /// The allowed range.
        wanted: &'static str,
        /// The value given.
        found: String,
    },
    /// A specification or description file does not follow its format.
    #[error("{format}: {reason}")]
    Format {
        /// Which format.
        format: &'static str,
        /// What is wrong and where.
        reason: String,
    },
    /// Two specifications can't be compared.
    #[error("specifications cannot be compared: {reason}")]
    Incomparable {
        /// Why.
        reason: String,
    },
    /// A model failed while it was used.
    #[error("learnware {learnware}: {source}")]
    Prediction {
        /// Which learnware.
        learnware: String,
        /// Why.
        source: crate::predictor::PredictError,
    },
}

/// Result of engine functions.
pub type Result<T> = std::result::Result<T, EngineError>;
