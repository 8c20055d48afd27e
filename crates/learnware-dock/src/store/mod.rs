//! What the dock remembers: rows in a database, packages as blobs. SQL lives only below this module.
//!
//! [`Store`] offers whole transactions, never a connection; each either happens or does not. It has one
//! variant for each database, and `tests/it/store_contract.rs` holds what all of them promise.

pub mod blobs;
#[cfg(feature = "s3")]
mod bucket;
pub mod conversions;
mod doors;
pub mod figures;
pub mod files;
pub mod organisations;
pub mod outlines;
pub mod people;
#[cfg(feature = "postgres")]
mod postgres;
mod read;
pub mod removal;
pub mod rows;
mod sqlite;
pub mod whole;

use std::path::Path;
use std::time::Duration;

use learnware_engine::learnware::{CheckStatus, ModelFormat};

use crate::address::Address;
use crate::clock::Timestamp;
use crate::config::Create;
#[cfg(not(feature = "postgres"))]
use crate::error::DockError;
use crate::error::Result;
use crate::failpoint::FailPoints;
use crate::ids::LearnwareNumber;
use crate::jobs::{ClaimFilter, ClaimedJob, Job, JobState, LeaseRules, Progress};
use crate::policy::Usage;
use blobs::{Blobs, Digest};
use conversions::ConversionRow;
use figures::{Figure, Holdings};
use files::{CapabilityRow, EvolutionRow, EvolutionState, FileKind, FileRow, NewEvolution};
use organisations::{
    Audience, MemberChanged, MemberRole, MemberRow, OrganisationNumber, OrganisationRow, Visibility,
};
use people::{
    AccountAdded, AccountChange, AccountNumber, AccountRow, AuditRow, Identity, NewAccount, NewSecret,
    SecretKind, SecretRow,
};
use removal::{AccountRemoved, Legacy};
use rows::{
    ChangeRow, CheckState, JobRow, JobSummary, LatestVersion, LearnwareRow, ListOptions, ListRow, Revision,
    SpecificationText, VersionRow,
};

/// The database in a dock's folder.
pub(crate) const DATABASE: &str = "dock.sqlite";
/// Written to jobs whose every attempt ended without a word.
const DIED: &str = "the process that did it ended or hung, in every attempt";

/// The rows of a dock.
#[derive(Debug, Clone)]
pub enum Store {
    /// A SQLite file.
    Sqlite(sqlite::SqliteStore),
    /// A PostgreSQL database.
    #[cfg(feature = "postgres")]
    Postgres(postgres::PostgresStore),
}

/// Ends a job that is still ours.
const FINISH_JOB: &str = "UPDATE jobs
     SET state = 'done', lease_until = NULL, last_error = NULL, finished_at = $1
     WHERE id = $2 AND attempts = $3 AND state = 'leased'";

/// A version about to be stored.
#[derive(Debug, Clone, PartialEq)]
pub struct NewVersion {
    /// The learnware that gets a new version; `None` for a new learnware.
    pub replaces: Option<LearnwareNumber>,
    /// Whose a new learnware is and who finds it; a new version changes neither.
    pub audience: Audience,
    /// Its name.
    pub name: String,
    /// Digest of the zip.
    pub digest: Digest,
    /// Size of the zip.
    pub size_bytes: u64,
    /// Semantic and statistical specification.
    pub specification: SpecificationText,
    /// How its model is stored.
    pub format: ModelFormat,
}

/// What became of a submission.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Added {
    /// It is stored, and its check is waiting.
    Stored {
        /// The learnware.
        number: LearnwareNumber,
        /// The new version.
        version: u32,
    },
    /// The same package is there already; nothing was changed.
    Duplicate {
        /// The learnware that has it.
        number: LearnwareNumber,
        /// The newest of its versions that has it.
        version: u32,
    },
    /// The learnware to replace is not there (any more); nothing was changed.
    NothingToReplace,
    /// The blob is not there, so that the row would lie; nothing was changed. Publish it again.
    BlobGone,
}

/// The verdict on a version.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Verdict {
    /// Usable, non-usable or invalid.
    pub status: CheckStatus,
    /// The check report, JSON.
    pub report: String,
    /// Statistical specifications as the check read them, JSON; `None` leaves what is stored.
    pub statistical: Option<String>,
}

/// What became of a wish to check again.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Requeued {
    /// A check is waiting now, or was waiting already.
    Waiting,
    /// A check is under way until the time given at least.
    Leased(Timestamp),
    /// There is no such version.
    Unknown,
}

/// A place in the order of changes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Position {
    /// The revision of a change.
    pub revision: Revision,
    /// Which of the learnwares that changed with it.
    pub number: LearnwareNumber,
}

impl Position {
    /// After all changes of a revision.
    pub fn after(revision: Revision) -> Self {
        Self { revision, number: LearnwareNumber(i64::MAX) }
    }
}

/// Changes after a place, in their order.
#[derive(Debug, Clone, PartialEq)]
pub struct Changes {
    /// The revision as the page was read. With the last page all changes up to it were told, each at least once.
    pub revision: Revision,
    /// Learnwares that changed, each once in a page.
    pub rows: Vec<ChangeRow>,
    /// Where the next page begins; `None` after the last one.
    pub next: Option<Position>,
}

impl Changes {
    /// A page of at most `limit` rows.
    fn page(revision: i64, rows: Vec<ChangeRow>, limit: u32) -> Self {
        let last = rows.last().filter(|_| rows.len() >= limit as usize);
        let next = last.map(|row| Position { revision: row.revision, number: row.number });
        Self { revision: Revision(revision), rows, next }
    }
}

macro_rules! forward {
    ($($(#[$doc:meta])* $name:ident($($argument:ident: $type:ty),*) -> $result:ty;)+) => {
        impl Store {
            $($(#[$doc])*
            pub async fn $name(&self, $($argument: $type),*) -> Result<$result> {
                match self {
                    Self::Sqlite(store) => store.$name($($argument),*).await,
                    #[cfg(feature = "postgres")]
                    Self::Postgres(store) => store.$name($($argument),*).await,
                }
            })+
        }
    };
}

forward! {
    /// The dock's own random id.
    dock_id() -> String;
    /// A fact of the dock by key.
    fact(key: &str) -> Option<String>;
    /// Sets a fact of the dock.
    set_fact(key: &str, value: &str) -> ();
    /// Stores a version and the job to check it. `blobs` is asked for the blob while the write lock is held,
    /// so that no sweep can come between.
    add_version(new: &NewVersion, blobs: &Blobs, now: Timestamp) -> Added;
    /// Which learnware has the package, and the newest of its versions with it.
    owner(digest: &Digest) -> Option<(LearnwareNumber, u32)>;
    /// A learnware, deleted or not.
    learnware(number: LearnwareNumber) -> Option<LearnwareRow>;
    /// The versions of a learnware, oldest first.
    versions(number: LearnwareNumber) -> Vec<VersionRow>;
    /// One version of a learnware.
    version(number: LearnwareNumber, version: u32) -> Option<VersionRow>;
    /// The latest versions of these learnwares; who is not there (any more) is left out.
    latest_versions(numbers: &[LearnwareNumber]) -> Vec<LatestVersion>;
    /// Learnwares by number.
    list(options: &ListOptions) -> Vec<ListRow>;
    /// Deletes a learnware: a tombstone stays, its unfinished jobs are cancelled, its packages may be
    /// submitted again. False when it is not there (any more).
    delete(number: LearnwareNumber, now: Timestamp) -> bool;
    /// Claims a job that is open, or whose lease ended; gives up jobs whose attempts are used up.
    claim(filter: &ClaimFilter, rules: &LeaseRules, now: Timestamp) -> Option<ClaimedJob>;
    /// Prolongs a lease. False when the job is not ours any more.
    prolong(job: &ClaimedJob, until: Timestamp) -> bool;
    /// Says what a check is doing. False when the job is not ours any more.
    set_progress(job: &ClaimedJob, progress: Progress) -> bool;
    /// How far the newest versions of these learnwares are; who is not there (any more) is left out.
    check_states(numbers: &[LearnwareNumber]) -> Vec<CheckState>;
    /// Stores a verdict and ends its job. False, and no change, when the job is not ours any more.
    finish_check(job: &ClaimedJob, verdict: &Verdict, now: Timestamp) -> bool;
    /// Ends an attempt without a result: open again, or dead after too many. `None` when the job is not
    /// ours any more.
    fail(job: &ClaimedJob, error: &str, rules: &LeaseRules, now: Timestamp) -> Option<JobState>;
    /// The unfinished job with this subject, and the end of its lease when it is claimed.
    unfinished_job(subject: &str) -> Option<(JobSummary, Option<Timestamp>)>;
    /// Asks for a check of a version again.
    requeue_check(number: LearnwareNumber, version: u32, now: Timestamp) -> Requeued;
    /// Takes a learnware down for a reason, or puts it back with `None`. False when it is not there (any more).
    take_down(number: LearnwareNumber, reason: Option<&str>) -> bool;
    /// Counts a download.
    count_download(number: LearnwareNumber) -> ();
    /// Asks for a job that is no check, unless one with its subject waits or is under way.
    ask_job(job: &Job, now: Timestamp) -> Requeued;
    /// Ends a job. False when it is not ours any more.
    finish_job(job: &ClaimedJob, now: Timestamp) -> bool;
    /// Keeps what became of a model and ends the job. False, and no change, when the job is not ours any more, or the blob
    /// is not there.
    finish_conversion(job: &ClaimedJob, row: &ConversionRow, blobs: &Blobs, now: Timestamp) -> bool;
    /// What became of a version's model when it was to be written as data.
    conversion(number: LearnwareNumber, version: u32) -> Option<ConversionRow>;
    /// Usable latest versions whose model is code and of which nothing is known or asked yet.
    unconverted(limit: u32) -> Vec<(LearnwareNumber, u32)>;
    /// Jobs in a state (in any when none is named) with numbers below `before`, newest first.
    jobs(state: Option<JobState>, before: Option<i64>, limit: u32) -> Vec<JobRow>;
    /// How many jobs are in each state; states without any are left out.
    job_counts() -> Vec<(JobState, u64)>;
    /// Gives up a job that is open or claimed: it is dead, and can be asked for again. False when it is neither.
    give_up_job(id: i64, reason: &str) -> bool;
    /// Makes an account.
    add_account(new: &NewAccount, now: Timestamp) -> AccountAdded;
    /// An account.
    account(number: AccountNumber) -> Option<AccountRow>;
    /// The account with an e-mail address, whatever its case.
    account_by_email(email: &str) -> Option<AccountRow>;
    /// The account with a name, whatever its case.
    account_by_name(name: &str) -> Option<AccountRow>;
    /// The account that comes in by another service's login.
    account_by_identity(identity: &Identity) -> Option<AccountRow>;
    /// Joins an identity to an account. False when it has one already.
    add_identity(identity: &Identity, account: AccountNumber, now: Timestamp) -> bool;
    /// Accounts with larger numbers, by number.
    accounts(after: AccountNumber, limit: u32) -> Vec<AccountRow>;
    /// Whether there is an administrator who is not locked.
    has_admin() -> bool;
    /// Changes an account. False when there is none.
    change_account(number: AccountNumber, change: &AccountChange, now: Timestamp) -> bool;
    /// Ends an account and all that lets it in, in one transaction.
    remove_account(number: AccountNumber, legacy: Legacy, now: Timestamp) -> AccountRemoved;
    /// Ends some accounts of users that were made by `before` and never confirmed, own no learnware and manage nothing;
    /// none is left when none is returned. Locked ones stay, so that nobody takes their address.
    forget_unconfirmed(before: Timestamp) -> Vec<AccountNumber>;
    /// What an account keeps.
    usage(owner: AccountNumber) -> Usage;
    /// Makes an organisation that its founder manages; `None` when the name is taken.
    add_organisation(name: &str, founder: AccountNumber, now: Timestamp) -> Option<OrganisationNumber>;
    /// The organisations that an account belongs to, and as what.
    organisations_of(account: AccountNumber) -> Vec<(OrganisationRow, MemberRole)>;
    /// Who belongs to an organisation.
    members(organisation: OrganisationNumber) -> Vec<MemberRow>;
    /// Makes an account a member, gives a member another role, or with `None` ends it.
    set_member(organisation: OrganisationNumber, account: AccountNumber, role: Option<MemberRole>, now: Timestamp)
        -> MemberChanged;
    /// Says who finds a learnware. False when it is not there (any more).
    set_visibility(number: LearnwareNumber, visibility: Visibility) -> bool;
    /// Keeps a secret and returns its row number.
    add_secret(new: &NewSecret, now: Timestamp) -> i64;
    /// A secret that has not ended, which may be used again.
    secret(kind: SecretKind, digest: &str, now: Timestamp) -> Option<SecretRow>;
    /// A secret that has not ended, which is gone now: of two callers one gets it.
    take_secret(kind: SecretKind, digest: &str, now: Timestamp) -> Option<SecretRow>;
    /// The secrets of an account that have not ended, oldest first.
    secrets(account: AccountNumber, kind: SecretKind, now: Timestamp) -> Vec<SecretRow>;
    /// Removes one secret of an account, or all of a kind; returns how many.
    remove_secrets(account: AccountNumber, kind: SecretKind, id: Option<i64>) -> u64;
    /// Forgets secrets that ended; returns how many.
    forget_secrets(now: Timestamp) -> u64;
    /// Lets a visitor through a door, or tells how long to wait.
    pass_door(visitor: &str, interval: Duration, burst: Duration, now: Timestamp) -> Option<Duration>;
    /// Forgets visitors who have been free since `free_before`; returns how many.
    forget_visitors(free_before: Timestamp) -> u64;
    /// Writes down what was done.
    add_audit(entry: &AuditRow) -> ();
    /// What was done, last first, with numbers below `before`.
    audit(before: Option<i64>, limit: u32) -> Vec<AuditRow>;
    /// How much there is.
    holdings() -> Holdings;
    /// What happened since then, by day.
    figures(since: Timestamp) -> Vec<Figure>;
    /// Adds to what happened on some days.
    count_on(figures: &[Figure]) -> ();
    /// Keeps a file under its name, in place of what had that name. False, and no change, when its blob is not there
    /// (any more): publish it again.
    add_file(kind: FileKind, file: &FileRow, blobs: &Blobs) -> bool;
    /// A file.
    file(kind: FileKind, name: &str) -> Option<FileRow>;
    /// The files of a kind, by name.
    files(kind: FileKind) -> Vec<FileRow>;
    /// Forgets a file. False when there is none.
    remove_file(kind: FileKind, name: &str) -> bool;
    /// What was measured of the latest versions of learnwares that are there.
    capabilities() -> Vec<CapabilityRow>;
    /// Keeps what was measured of a version, in place of what was known.
    keep_capability(row: &CapabilityRow) -> ();
    /// Forgets what was measured of other versions, and of learnwares that are gone; returns how many.
    forget_capabilities() -> u64;
    /// Evolutions in a state, or in any; last first.
    evolutions(state: Option<EvolutionState>, limit: u32) -> Vec<EvolutionRow>;
    /// Stores an evolution, and its number. A better one takes the place of the active one, and the market changes.
    add_evolution(new: &NewEvolution, now: Timestamp) -> i64;
    /// Makes an earlier evolution the active one, or none. False, and no change, when there is no such, or none is active.
    activate_evolution(id: Option<i64>) -> bool;
    /// The current revision.
    revision() -> Revision;
    /// Waits until the revision is another than `since`, for `at_most` so long, and returns it. PostgreSQL tells
    /// of changes by itself; a SQLite file is asked again and again.
    wait_for_change(since: Revision, at_most: Duration) -> Revision;
    /// What changed after a place, `limit` learnwares at most, read in one snapshot.
    changes(after: Position, limit: u32) -> Changes;
    /// Removes those of `candidates` that no learnware uses (deletions count after `age_min`) and that were
    /// not published within
    /// `age_min`; returns how many. Holds the write lock meanwhile.
    remove_unused(candidates: &[Digest], blobs: &Blobs, age_min: Duration, now: Timestamp) -> usize;
    /// What the database itself finds wrong with its file; empty when it is sound.
    integrity() -> Vec<String>;
    /// Tells all rows, of one snapshot.
    dump(sink: &mut whole::Sink<'_>) -> ();
    /// Stores all rows of another dock in a new one, in one transaction; returns how many.
    load(source: &mut whole::Source<'_>) -> u64;
    /// Forgets finished jobs that ended before `before`; returns how many.
    forget_jobs(before: Timestamp) -> u64;
}

impl Store {
    /// Opens or makes the store of the dock in `folder`, which exists. [`Dock::open`](crate::Dock::open)
    /// does it with care for other processes; this is for tests and for moving docks.
    pub async fn open_folder(folder: &Path, now: Timestamp) -> Result<Self> {
        Self::open_sqlite(folder, &folder.join(DATABASE), FailPoints::default(), now).await
    }

    /// Opens or makes the SQLite file of a dock and brings its schema up to date.
    pub(crate) async fn open_sqlite(
        folder: &Path,
        file: &Path,
        fail: FailPoints,
        now: Timestamp,
    ) -> Result<Self> {
        Ok(Self::Sqlite(sqlite::SqliteStore::open(folder, file, fail, now).await?))
    }

    /// Opens the PostgreSQL database at an address and brings its schema up to date; makes the schema in an
    /// empty database when `create` allows it.
    ///
    /// # Errors
    /// [`DockError::NotADock`] when it holds something else; [`DockError::Setting`] when this program was built
    /// without the feature `postgres`.
    pub async fn open_database(address: &Address, create: Create, now: Timestamp) -> Result<Self> {
        Self::open_address(address, create, FailPoints::default(), now).await
    }

    #[cfg(feature = "postgres")]
    pub(crate) async fn open_address(
        address: &Address,
        create: Create,
        fail: FailPoints,
        now: Timestamp,
    ) -> Result<Self> {
        Ok(Self::Postgres(postgres::PostgresStore::open(address.reveal(), create, fail, now).await?))
    }

    #[cfg(not(feature = "postgres"))]
    #[expect(clippy::unused_async, reason = "async with the feature")]
    pub(crate) async fn open_address(
        address: &Address,
        _create: Create,
        _fail: FailPoints,
        _now: Timestamp,
    ) -> Result<Self> {
        let wanted = "unset: this program was built without PostgreSQL";
        Err(DockError::Setting { name: "LEARNWARE_DATABASE", value: address.to_string(), wanted })
    }

    /// Closes every connection; the last process to do so folds the write-ahead log into the file.
    pub async fn close(&self) {
        match self {
            Self::Sqlite(store) => store.close().await,
            #[cfg(feature = "postgres")]
            Self::Postgres(store) => store.close().await,
        }
    }
}
