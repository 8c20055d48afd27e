//! Files that are kept beside packages, and what evolution learned: rows, and the questions in words of SQL that both
//! databases understand.

use super::blobs::Digest;
use super::rows::Revision;
use crate::clock::Timestamp;
use crate::ids::LearnwareNumber;

/// What a kept file is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum FileKind {
    /// A benchmark data set, named `folder/file`.
    Dataset,
    /// A map between islands, named by its version.
    Map,
}

impl FileKind {
    /// The word in the database.
    pub fn word(self) -> &'static str {
        match self {
            Self::Dataset => "dataset",
            Self::Map => "map",
        }
    }
}

/// A file that is kept as a blob.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FileRow {
    /// Its name among those of its kind.
    pub name: String,
    /// BLAKE3 of its content.
    pub digest: Digest,
    /// Size of its content.
    pub size_bytes: u64,
    /// Since when it has been there.
    pub created_at: Timestamp,
}

/// What was measured of one version of a learnware.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CapabilityRow {
    /// The learnware.
    pub number: LearnwareNumber,
    /// Its version.
    pub version: u32,
    /// What it answered and lost, JSON.
    pub measured: String,
}

/// What became of an evolution.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum EvolutionState {
    /// Searches use what it learned.
    Active,
    /// It was measured to be no better, so nothing uses it.
    Refused,
    /// A later one, or nothing, took its place.
    Retired,
}

impl EvolutionState {
    /// All of them.
    pub const ALL: [Self; 3] = [Self::Active, Self::Refused, Self::Retired];

    /// The word in the database and on the wire.
    pub fn word(self) -> &'static str {
        match self {
            Self::Active => "active",
            Self::Refused => "refused",
            Self::Retired => "retired",
        }
    }

    /// Reads a word.
    pub fn from_word(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|state| state.word() == word)
    }
}

/// An evolution that ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EvolutionRow {
    /// Its number; larger ones are later.
    pub id: i64,
    /// The market that it was made of.
    pub revision: Revision,
    /// What became of it.
    pub state: EvolutionState,
    /// Its map among the files.
    pub map: Option<String>,
    /// What was learned and measured, JSON.
    pub report: String,
    /// When it ended.
    pub created_at: Timestamp,
}

/// An evolution about to be stored.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewEvolution {
    /// The market that it was made of.
    pub revision: Revision,
    /// Whether searches use it from now on.
    pub is_better: bool,
    /// Its map among the files.
    pub map: Option<String>,
    /// What was learned and measured, JSON.
    pub report: String,
}

/// Keeps a file under a name, in place of what had that name.
pub(super) const ADD_FILE: &str = "INSERT INTO files (kind, name, digest, size_bytes, created_at)
     VALUES ($1, $2, $3, $4, $5)
     ON CONFLICT (kind, name) DO UPDATE
     SET digest = excluded.digest, size_bytes = excluded.size_bytes, created_at = excluded.created_at";

/// The files of a kind.
pub(super) const FILES: &str =
    "SELECT name, digest, size_bytes, created_at FROM files WHERE kind = $1 ORDER BY name";
/// One of them.
pub(super) const FILE: &str =
    "SELECT name, digest, size_bytes, created_at FROM files WHERE kind = $1 AND name = $2";

/// Forgets a file; its blob goes with the sweep.
pub(super) const REMOVE_FILE: &str = "DELETE FROM files WHERE kind = $1 AND name = $2";

/// Whether a blob is in use: by a living learnware, one that was deleted after `$2`, a file, or a conversion.
pub(super) const IS_USED: &str = "SELECT EXISTS (
         SELECT 1 FROM versions v JOIN learnwares l ON l.id = v.learnware_id
         WHERE v.digest = $1 AND (l.deleted_at IS NULL OR l.deleted_at > $2))
     OR EXISTS (SELECT 1 FROM files WHERE digest = $1)
     OR EXISTS (SELECT 1 FROM conversions c JOIN learnwares l ON l.id = c.learnware_id
         WHERE c.digest = $1 AND l.deleted_at IS NULL)";

/// What was measured of learnwares that are there.
pub(super) const CAPABILITIES: &str = "SELECT c.learnware_id, c.version, c.measured FROM capabilities c
     JOIN learnwares l ON l.id = c.learnware_id
     WHERE l.deleted_at IS NULL AND c.version = l.latest_version ORDER BY c.learnware_id";

/// Keeps what was measured of a version, in place of what was known before.
pub(super) const KEEP_CAPABILITY: &str = "INSERT INTO capabilities (learnware_id, version, measured)
     VALUES ($1, $2, $3) ON CONFLICT (learnware_id, version) DO UPDATE SET measured = excluded.measured";

/// Forgets what was measured of versions that are not the latest, and of learnwares that are gone.
pub(super) const FORGET_CAPABILITIES: &str = "DELETE FROM capabilities WHERE NOT EXISTS (
         SELECT 1 FROM learnwares l WHERE l.id = capabilities.learnware_id
         AND l.deleted_at IS NULL AND l.latest_version = capabilities.version)";

/// Evolutions, last first.
pub(super) const EVOLUTIONS: &str = "SELECT id, revision, state, map, report, created_at FROM evolutions
     WHERE (CAST($1 AS TEXT) IS NULL OR state = $1) ORDER BY id DESC LIMIT $2";
/// Adds one that ended.
pub(super) const ADD_EVOLUTION: &str = "INSERT INTO evolutions (revision, state, map, report, created_at)
     VALUES ($1, $2, $3, $4, $5) RETURNING id";
/// Takes the active one out of use.
pub(super) const RETIRE_EVOLUTION: &str = "UPDATE evolutions SET state = 'retired' WHERE state = 'active'";
/// Uses an earlier one.
pub(super) const ACTIVATE_EVOLUTION: &str = "UPDATE evolutions SET state = 'active' WHERE id = $1";
