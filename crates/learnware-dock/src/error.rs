//! What can go wrong in the dock, cut by what the caller can do about it. A bad learnware is not among
//! them: submit and check report it as findings.

use std::path::PathBuf;

use learnware_engine::EngineError;

use crate::clock::Timestamp;

/// Errors of the dock.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum DockError {
    /// The folder can't be a dock; nothing in it was changed.
    #[error("{} is not a dock: {reason}", path.display())]
    NotADock {
        /// The folder.
        path: PathBuf,
        /// Why, and what to do.
        reason: String,
    },
    /// A newer program wrote the dock.
    #[error(
        "the dock {} was written by a newer release (schema {found}, this program knows {known}); \
         use that release",
        path.display()
    )]
    NewerSchema {
        /// The folder.
        path: PathBuf,
        /// Its schema.
        found: i64,
        /// The newest schema known here.
        known: i64,
    },
    /// The text is no learnware id.
    #[error("{id:?} is not a learnware id; ids are numbers such as 00000001")]
    BadId {
        /// The text, shortened.
        id: String,
    },
    /// There is no such learnware.
    #[error("there is no learnware {id}")]
    UnknownLearnware {
        /// The id asked for.
        id: String,
    },
    /// The text names no data set.
    #[error("{name:?} names no data set; a name is FOLDER/FILE, each of letters, digits, '.', '-' and '_'")]
    BadDatasetName {
        /// The text, shortened.
        name: String,
    },
    /// There is no such data set.
    #[error("there is no data set {name}")]
    UnknownDataset {
        /// Its name.
        name: String,
    },
    /// The database can't be the first stage of searches.
    #[error("searches can't begin in the database: {reason}")]
    FirstStage {
        /// Why, and what to do.
        reason: String,
    },
    /// Another process is making the indexes anew.
    #[error("another process is making the indexes of this dock anew")]
    IndexInProgress,
    /// The indexes could not be made anew; those there were are in use.
    #[error("the indexes could not be made anew: {reason}")]
    IndexFailed {
        /// Why.
        reason: String,
    },
    /// Another process is evolving the dock.
    #[error("another process is evolving this dock")]
    EvolutionInProgress,
    /// The evolution failed; what was measured is kept.
    #[error("the evolution failed: {reason}")]
    EvolutionFailed {
        /// Why.
        reason: String,
    },
    /// Another process is converting the model.
    #[error("another process is converting learnware {id}")]
    ConversionInProgress {
        /// The learnware.
        id: String,
    },
    /// The conversion failed, by no fault of the model.
    #[error("the conversion of learnware {id} failed: {reason}")]
    ConversionFailed {
        /// The learnware.
        id: String,
        /// Why.
        reason: String,
    },
    /// The model is there as code only.
    #[error("the model of learnware {id} is there as code only: {reason}")]
    NoDataForm {
        /// The learnware.
        id: String,
        /// Why.
        reason: String,
    },
    /// There is no such evolution.
    #[error("{}", id.map_or_else(|| "no evolution is in use".to_owned(), |id| format!("there is no evolution {id}")))]
    UnknownEvolution {
        /// Its number; `None` where the one in use was meant.
        id: Option<i64>,
    },
    /// The learnware was there once.
    #[error("learnware {id} was deleted at {deleted_at}")]
    Deleted {
        /// The id asked for.
        id: String,
        /// When.
        deleted_at: Timestamp,
    },
    /// The learnware has no such version.
    #[error("learnware {id} has no version {version}")]
    UnknownVersion {
        /// The id asked for.
        id: String,
        /// The version asked for.
        version: u32,
    },
    /// Somebody else is checking the learnware right now.
    #[error("learnware {id} is being checked by another process, whose lease ends at {lease_until}")]
    CheckInProgress {
        /// The learnware.
        id: String,
        /// When the check may be taken over at the earliest, unless it is prolonged.
        lease_until: Timestamp,
    },
    /// The check itself failed, which says nothing about the learnware.
    #[error("the check of learnware {id} could not be completed: {reason}")]
    CheckFailed {
        /// The learnware.
        id: String,
        /// What happened.
        reason: String,
    },
    /// The model of a package is code, and this host may not run it.
    #[error("the model is Python code and was not run: {reason}")]
    CannotRunCode {
        /// Why, and what to do.
        reason: &'static str,
    },
    /// This machine could not run a model, whatever the model is.
    #[error("this machine could not start the model: {reason}")]
    HostFailed {
        /// What failed.
        reason: String,
    },
    /// A package is not where it should be.
    #[error("the package {digest} is missing from the dock; restore it from a backup")]
    BlobMissing {
        /// Digest of the package.
        digest: String,
    },
    /// A package is not what was stored.
    #[error("the package {digest} is damaged: its content has the digest {found}; restore it from a backup")]
    BlobDamaged {
        /// Digest of the package as stored.
        digest: String,
        /// Digest of what is there.
        found: String,
    },
    /// A file operation failed.
    #[error("cannot {action} {}: {source}", path.display())]
    Io {
        /// What was tried.
        action: &'static str,
        /// On which file.
        path: PathBuf,
        /// Why.
        source: std::io::Error,
    },
    /// The S3-compatible store of the packages failed.
    #[error("cannot {action} in the package store: {reason}")]
    PackageStore {
        /// What was tried.
        action: &'static str,
        /// Why, in the words of the store.
        reason: String,
        /// Whether it may work later by itself.
        is_temporary: bool,
    },
    /// The database stayed locked by others for too long, or its server was lost for a moment.
    #[error("the database is busy: cannot {action} now; try again")]
    Busy {
        /// What was tried.
        action: &'static str,
    },
    /// The database failed.
    #[error("cannot {action}: {source}")]
    Database {
        /// What was tried.
        action: &'static str,
        /// Why.
        source: sqlx::Error,
    },
    /// The schema could not be brought up to date.
    #[error("cannot bring the dock's schema up to date: {source}")]
    Migration {
        /// Why.
        source: sqlx::migrate::MigrateError,
    },
    /// A row holds what this program never writes.
    #[error("the database holds something unreadable: {what}: {reason}")]
    BadRow {
        /// Which row and field.
        what: String,
        /// What is wrong with it.
        reason: String,
    },
    /// Work on the pool of threads panicked: a defect of ours or of a library.
    #[error("{work} ended in a panic: {message}")]
    Panicked {
        /// What was done.
        work: &'static str,
        /// The panic's message.
        message: String,
    },
    /// A setting has a value that it can't have.
    #[error("{name} is {value:?}, but must be {wanted}")]
    Setting {
        /// The variable.
        name: &'static str,
        /// Its value.
        value: String,
        /// What it may be.
        wanted: &'static str,
    },
    /// An account keeps as much as it may.
    #[error("{reason}")]
    OverQuota {
        /// What there is too much of, and what to do.
        reason: String,
    },
    /// A backup is not what was written.
    #[error("the backup can't be used: {reason}")]
    BadBackup {
        /// What is wrong with it.
        reason: &'static str,
    },
    /// A backup or another dock is only taken over by a new one.
    #[error("this dock was used already; a backup is restored into a new one")]
    NotEmpty,
    /// A query can't be understood.
    #[error("{reason}")]
    BadQuery {
        /// What is wrong with it.
        reason: String,
        /// What to write instead.
        advice: String,
    },
    /// A cursor doesn't tell where to go on.
    #[error("the cursor is of no use: {reason}")]
    BadCursor {
        /// Why.
        reason: String,
    },
    /// The index of the texts failed: a defect of ours or of a library.
    #[error("the word index failed: {reason}")]
    TextIndex {
        /// What happened.
        reason: String,
    },
    /// The system gave no randomness, or a password could not be hashed.
    #[error("no secret can be made: {reason}")]
    NoRandomness {
        /// What happened.
        reason: String,
    },
    /// Something that an account can't be.
    #[error("the {field} can't be used: {reason}")]
    BadAccount {
        /// What.
        field: &'static str,
        /// Why not.
        reason: String,
    },
    /// Another account has it.
    #[error("another account has this {what}")]
    Taken {
        /// What.
        what: &'static str,
    },
    /// Nobody is let in by this.
    #[error("address and password or token do not fit together")]
    WrongLogin,
    /// The e-mail address must be confirmed first.
    #[error("the e-mail address is not confirmed; follow the link in the message that was sent to it")]
    NotConfirmed,
    /// A code does not work.
    #[error("the code is unknown, used or too old; ask for a new one")]
    BadCode,
    /// There is no such account.
    #[error("there is no such account")]
    UnknownAccount,
    /// There is no such organisation, or the caller does not belong to it.
    #[error("you belong to no such organisation; GET /api/v1/organisations lists yours")]
    UnknownOrganisation,
    /// A package that comes in pieces does not come together.
    #[error("the upload can't go on: {reason}")]
    BadUpload {
        /// Why, and what to do.
        reason: String,
    },
    /// Somebody may not do that.
    #[error("not allowed: {reason}")]
    Forbidden {
        /// Why.
        reason: String,
    },
    /// A file that a learnware is tried on does not suit it.
    #[error("{reason}")]
    BadData {
        /// What is wrong, and what to do.
        reason: String,
    },
    /// A learnware's model does not answer.
    #[error("the model does not answer: {reason}")]
    ModelFailed {
        /// Why.
        reason: String,
    },
    /// A version is not to be had because its check did not find it usable, or is not made yet.
    #[error("version {version} of learnware {id} has not passed its check")]
    NotUsable {
        /// The learnware.
        id: String,
        /// The version.
        version: u32,
    },
    /// An administrator took the learnware down.
    #[error("learnware {id} was taken down: {reason}")]
    TakenDown {
        /// The id asked for.
        id: String,
        /// What the administrator gave as reason.
        reason: String,
    },
    /// The dock is closing.
    #[error("the dock is closed")]
    Closed,
    /// A package of the dock can't be opened or unpacked.
    #[error(transparent)]
    Package(#[from] learnware_package::PackageError),
    /// The engine refused a request.
    #[error(transparent)]
    Engine(#[from] EngineError),
}

/// Result of dock functions.
pub type Result<T, E = DockError> = std::result::Result<T, E>;

impl DockError {
    /// A backup that is not what was written.
    pub(crate) fn bad_backup(reason: &'static str) -> Self {
        Self::BadBackup { reason }
    }

    /// Whether a disk has no room left.
    pub fn is_full(&self) -> bool {
        use std::io::ErrorKind::{QuotaExceeded, StorageFull};
        match self {
            Self::Io { source, .. } => matches!(source.kind(), StorageFull | QuotaExceeded),
            // SQLITE_FULL, and an input or output error while writing (SQLITE_IOERR_WRITE).
            Self::Database { source: sqlx::Error::Database(error), .. } => {
                error.code().is_some_and(|code| ["13", "778"].contains(&code.as_ref()))
            }
            _ => false,
        }
    }

    /// Whether the same call may work later without anybody changing anything.
    pub fn is_temporary(&self) -> bool {
        match self {
            Self::PackageStore { is_temporary, .. } => *is_temporary,
            other => matches!(other, Self::Busy { .. } | Self::CheckInProgress { .. }),
        }
    }

    /// Makes a file error; for `map_err`.
    pub(crate) fn io(action: &'static str, path: impl Into<PathBuf>) -> impl FnOnce(std::io::Error) -> Self {
        let path = path.into();
        move |source| Self::Io { action, path, source }
    }
}
