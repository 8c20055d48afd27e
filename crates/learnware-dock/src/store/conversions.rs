//! Models that are code and were written as data: rows, and the questions in words of SQL that both databases understand.

use super::blobs::Digest;
use crate::clock::Timestamp;
use crate::ids::LearnwareNumber;

/// What became of a version's model.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ConversionRow {
    /// The learnware.
    pub number: LearnwareNumber,
    /// Its version.
    pub version: u32,
    /// The package with the model as data, and its size in bytes; `None` where it stays code.
    pub package: Option<(Digest, u64)>,
    /// How it was compared, or why it stays code, JSON.
    pub report: String,
    /// When.
    pub created_at: Timestamp,
}

/// Keeps what became of a model, in place of what was known.
pub(super) const KEEP: &str =
    "INSERT INTO conversions (learnware_id, version, digest, size_bytes, report, created_at)
     VALUES ($1, $2, $3, $4, $5, $6)
     ON CONFLICT (learnware_id, version) DO UPDATE
     SET digest = excluded.digest, size_bytes = excluded.size_bytes, report = excluded.report,
         created_at = excluded.created_at";

/// What became of a version's model.
pub(super) const CONVERSION: &str = "SELECT learnware_id, version, digest, size_bytes, report, created_at
     FROM conversions WHERE learnware_id = $1 AND version = $2";

/// Latest versions whose model is code and of which nothing is known, nor asked: `$1` at most.
pub(super) const UNCONVERTED: &str = "SELECT l.id, v.version FROM learnwares l
     JOIN versions v ON v.learnware_id = l.id AND v.version = l.latest_version
     WHERE l.deleted_at IS NULL AND l.taken_down IS NULL AND v.status = 'usable' AND v.format = 'python'
         AND NOT EXISTS (SELECT 1 FROM conversions c WHERE c.learnware_id = l.id AND c.version = v.version)
         AND NOT EXISTS (SELECT 1 FROM jobs j WHERE j.subject = 'convert:' || l.id || ':' || v.version)
     ORDER BY l.id LIMIT $1";
