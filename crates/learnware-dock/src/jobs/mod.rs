//! Background work: what there is to do, and how far it is. Who does it: `check` and `worker`.
//!
//! A job is put into the database by the transaction that makes it necessary, is claimed by a lease, and
//! ends in one transaction with its effect. `attempts` grows with each claim and is the fence: what a claim
//! reports after its lease was taken over is refused.

pub(crate) mod worker;

use std::time::Duration;

use serde::{Deserialize, Serialize};

use crate::clock::Timestamp;
use crate::ids::LearnwareNumber;

/// What there is to do. A closed set: payloads choose among these, they never name code.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum Job {
    /// Check one version of a learnware.
    CheckLearnware {
        /// Row number of the learnware.
        learnware: i64,
        /// The version.
        version: u32,
    },
    /// Measure what learnwares can do, and learn from it how to search.
    Evolve {},
    /// Make the indexes of islands anew.
    Index {},
    /// Write a model that is code as data.
    Convert {
        /// Row number of the learnware.
        learnware: i64,
        /// The version.
        version: u32,
    },
}

impl Job {
    /// Kind of checks.
    pub const CHECK: &'static str = "check_learnware";
    /// Kind of evolutions.
    pub const EVOLVE: &'static str = "evolve";
    /// Kind of rebuilt indexes.
    pub const INDEX: &'static str = "index";
    /// Kind of conversions.
    pub const CONVERT: &'static str = "convert";

    /// The check of a version.
    pub fn check(number: LearnwareNumber, version: u32) -> Self {
        Self::CheckLearnware { learnware: number.0, version }
    }

    /// The conversion of a version.
    pub fn convert(number: LearnwareNumber, version: u32) -> Self {
        Self::Convert { learnware: number.0, version }
    }

    /// Its kind, for the column of that name.
    pub fn kind(&self) -> &'static str {
        match self {
            Self::CheckLearnware { .. } => Self::CHECK,
            Self::Evolve {} => Self::EVOLVE,
            Self::Index {} => Self::INDEX,
            Self::Convert { .. } => Self::CONVERT,
        }
    }

    /// What it is about: at most one unfinished job has a subject.
    pub fn subject(&self) -> String {
        match self {
            Self::CheckLearnware { learnware, version } => format!("check:{learnware}:{version}"),
            Self::Evolve {} => Self::EVOLVE.to_owned(),
            Self::Index {} => Self::INDEX.to_owned(),
            Self::Convert { learnware, version } => format!("convert:{learnware}:{version}"),
        }
    }
}

/// What a job is doing.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Progress {
    /// Fetching and opening the package.
    Opening,
    /// Reading the specifications.
    Specification,
    /// Making the environment of its code, and starting the model.
    Starting,
    /// Asking the model about rows.
    Model,
    /// Asking models about the tasks of others.
    Measuring,
    /// Learning from what they answered.
    Learning,
    /// Making indexes.
    Indexing,
    /// Writing a model as data, and comparing both.
    Converting,
}

impl Progress {
    /// All of them, in their order.
    pub const ALL: [Self; 8] = [
        Self::Opening,
        Self::Specification,
        Self::Starting,
        Self::Model,
        Self::Measuring,
        Self::Learning,
        Self::Indexing,
        Self::Converting,
    ];

    /// The word in the database and on the wire.
    pub fn word(self) -> &'static str {
        match self {
            Self::Opening => "opening",
            Self::Specification => "specification",
            Self::Starting => "starting",
            Self::Model => "model",
            Self::Measuring => "measuring",
            Self::Learning => "learning",
            Self::Indexing => "indexing",
            Self::Converting => "converting",
        }
    }

    /// Reads a word; `None` for another one, as a newer program may write.
    pub fn from_word(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|progress| progress.word() == word)
    }
}

/// How far a job is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum JobState {
    /// To be claimed.
    Open,
    /// Claimed; open again when its lease ends.
    Leased,
    /// Finished.
    Done,
    /// Given up after too many attempts; a person may ask for it again.
    Dead,
    /// Not needed any more.
    Cancelled,
}

impl JobState {
    /// Every state.
    pub const ALL: [Self; 5] = [Self::Open, Self::Leased, Self::Done, Self::Dead, Self::Cancelled];

    /// The word in the database and on the wire.
    pub fn word(self) -> &'static str {
        match self {
            Self::Open => "open",
            Self::Leased => "leased",
            Self::Done => "done",
            Self::Dead => "dead",
            Self::Cancelled => "cancelled",
        }
    }
}

/// How an attempt ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum JobEnd<T> {
    /// What it made is stored.
    Done(T),
    /// Something of ours failed; it will be tried again unless the state is dead.
    Failed {
        /// Open or dead.
        state: JobState,
        /// What failed.
        error: String,
    },
    /// What it was about is gone, or somebody else took the job over. Nothing was stored.
    Overtaken,
}

/// How claims are made and given up.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct LeaseRules {
    /// How long a claim holds unless it is prolonged.
    pub lease: Duration,
    /// How often a job is begun before it is given up.
    pub attempts_max: u32,
    /// Wait after the first failure; doubles with each further one.
    pub retry_delay: Duration,
}

impl Default for LeaseRules {
    fn default() -> Self {
        Self { lease: Duration::from_mins(2), attempts_max: 3, retry_delay: Duration::from_secs(20) }
    }
}

impl LeaseRules {
    /// When a job that failed for the `attempts`-th time may be claimed again.
    pub(crate) fn retry_at(&self, now: Timestamp, attempts: u32) -> Timestamp {
        let doublings = attempts.saturating_sub(1).min(10);
        now.plus(self.retry_delay.saturating_mul(1 << doublings))
    }
}

/// Which job to claim.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ClaimFilter {
    /// The one that has waited longest.
    Any,
    /// The one of this kind that has waited longest.
    Kind(&'static str),
    /// The one with this subject, even before its next attempt is due.
    Subject(String),
}

impl ClaimFilter {
    /// The subject and the kind that are asked for.
    pub(crate) fn subject_and_kind(&self) -> (Option<&str>, Option<&'static str>) {
        match self {
            Self::Any => (None, None),
            Self::Kind(kind) => (None, Some(kind)),
            Self::Subject(subject) => (Some(subject), None),
        }
    }
}

/// A job in our hands, until its lease ends.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ClaimedJob {
    /// Row number of the job.
    pub id: i64,
    /// What to do.
    pub job: Job,
    /// Which attempt this is, from 1; the fence.
    pub attempt: u32,
    /// When the lease ends.
    pub lease_until: Timestamp,
}
