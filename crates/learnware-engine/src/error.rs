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
    /// The world can't be searched: nothing says where its islands lie.
    #[error("no map between islands has been trained here yet; search your own island, or train a map first")]
    NoMap,
    /// A model failed while it was used.
    #[error("learnware {learnware}: {source}")]
    Prediction {
        /// Which learnware.
        learnware: String,
        /// Why.
        source: PredictError,
    },
}

/// Why a model gave no predictions. The text is for the person who submitted or uses it.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum PredictError {
    /// The model raised an error of its own.
    #[error("the model failed: {message}")]
    Failed {
        /// Its message, shortened.
        message: String,
        /// What it printed, shortened.
        log: String,
    },
    /// The model's process ended.
    #[error("the model's process ended unexpectedly: {reason}")]
    Crashed {
        /// Signal or exit code, for people.
        reason: String,
        /// What it printed, shortened.
        log: String,
    },
    /// It took too long.
    #[error("the model did not answer within {seconds} s")]
    TimedOut {
        /// The limit.
        seconds: u64,
    },
    /// It used more memory, output or disk than it may.
    #[error("the model went over its limit: {what}")]
    OverLimit {
        /// Which limit, for people.
        what: String,
    },
    /// The answer is not of the promised form.
    #[error("the model's answer is malformed: {reason}")]
    BadAnswer {
        /// What is wrong with it.
        reason: String,
    },
    /// The batch does not fit the model.
    #[error("the data does not fit the model: {reason}")]
    BadInput {
        /// What does not fit.
        reason: String,
    },
    /// It can't go on training.
    #[error("the model can't be trained further: {reason}")]
    NotTrainable {
        /// Why.
        reason: String,
    },
    /// It could not be started.
    #[error("the model could not be started: {reason}")]
    NotStarted {
        /// Why, and what to do.
        reason: String,
    },
    /// This machine failed, not the model: a full disk, no network.
    #[error("this machine could not start the model: {reason}")]
    HostFailed {
        /// What failed, for the operator: it may name places of this machine.
        reason: String,
    },
}

/// Result of engine functions.
pub type Result<T> = std::result::Result<T, EngineError>;
