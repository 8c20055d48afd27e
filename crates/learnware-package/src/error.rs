//! What can go wrong with a package, cut by what the caller can do about it.

use std::path::PathBuf;

use learnware_engine::EngineError;

/// Errors of packages and their environments.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum PackageError {
    /// The file can't be read or written.
    #[error("{path}: {source}")]
    File {
        /// Which file.
        path: PathBuf,
        /// Why.
        #[source]
        source: std::io::Error,
    },
    /// The bytes are not a zip, or one that is damaged or not plain.
    #[error("not a usable zip file: {reason}")]
    Archive {
        /// What is wrong.
        reason: String,
    },
    /// An entry of the zip is not allowed: nothing was unpacked.
    #[error("the zip has an entry that is not allowed: {name:?} {reason}")]
    Entry {
        /// Its name.
        name: String,
        /// Why it is refused.
        reason: String,
    },
    /// The zip is larger than a package may be.
    #[error("the zip is over a limit: {what} is {found}, at most {allowed} are allowed")]
    OverLimit {
        /// What was counted, with its unit.
        what: &'static str,
        /// How many there are, or were when counting stopped.
        found: u64,
        /// How many may be.
        allowed: u64,
    },
    /// A file that the package needs is missing.
    #[error("the package has no {name}")]
    Missing {
        /// Name inside the package.
        name: String,
    },
    /// `learnware.yaml` or `environment.yaml` does not follow its format.
    #[error("{file}: {reason}")]
    Manifest {
        /// Which file.
        file: String,
        /// What is wrong and where.
        reason: String,
    },
    /// A specification file is not sound.
    #[error("{file}: {source}")]
    Specification {
        /// Which file.
        file: String,
        /// Why.
        #[source]
        source: EngineError,
    },
    /// What the package asks to be installed can't be understood or is not allowed.
    #[error("{file}, line {line}: {reason}")]
    Requirement {
        /// Which file.
        file: String,
        /// 1-based line or item.
        line: usize,
        /// What is wrong.
        reason: String,
    },
    /// What the environment needs could not be fetched: nothing is known about the package.
    #[error("the packages of the environment could not be fetched: {reason}")]
    Offline {
        /// What was tried.
        reason: String,
    },
    /// The environment could not be made.
    #[error("the environment could not be made: {reason}")]
    Environment {
        /// Why, and what to do.
        reason: String,
    },
}

/// Result of package functions.
pub type Result<T> = std::result::Result<T, PackageError>;

impl PackageError {
    pub(crate) fn file(path: impl Into<PathBuf>) -> impl FnOnce(std::io::Error) -> Self {
        let path = path.into();
        move |source| Self::File { path, source }
    }

    pub(crate) fn archive(reason: impl Into<String>) -> Self {
        Self::Archive { reason: reason.into() }
    }

    pub(crate) fn entry(name: &str, reason: impl Into<String>) -> Self {
        Self::Entry { name: name.to_owned(), reason: reason.into() }
    }
}
