//! From rows of SQLite to plain values.

use std::str::FromStr;

use learnware_engine::learnware::ModelFormat;
use sqlx::sqlite::SqliteRow;
use sqlx::{ColumnIndex, Decode, Row, Sqlite, Type};

use crate::clock::Timestamp;
use crate::error::{DockError, Result};
use crate::ids::LearnwareNumber;
use crate::jobs::{ClaimedJob, JobState};
use crate::store::blobs::Digest;
use crate::store::people::AccountNumber;
use crate::store::rows::{
    JobRow, JobSummary, LearnwareRow, ListRow, Revision, SpecificationText, UsableRow, VersionRow,
    format_from_word, status_from_word,
};

/// The value of a column.
pub(super) fn field<'r, T>(row: &'r SqliteRow, column: &'static str) -> Result<T>
where
    T: Decode<'r, Sqlite> + Type<Sqlite>,
    &'static str: ColumnIndex<SqliteRow>,
{
    row.try_get(column)
        .map_err(|error| DockError::BadRow { what: column.to_owned(), reason: error.to_string() })
}

/// The value of a text column that must follow a format.
fn parsed<T: FromStr<Err = String>>(row: &SqliteRow, column: &'static str) -> Result<T> {
    let text: &str = field(row, column)?;
    text.parse().map_err(|reason| DockError::BadRow { what: column.to_owned(), reason })
}

/// The value of a text column that may be NULL and must follow a format otherwise.
fn parsed_optional<T: FromStr<Err = String>>(row: &SqliteRow, column: &'static str) -> Result<Option<T>> {
    let text: Option<&str> = field(row, column)?;
    text.map(|text| text.parse().map_err(|reason| DockError::BadRow { what: column.to_owned(), reason }))
        .transpose()
}

/// The value of a whole-number column that must not be negative.
fn unsigned<T: TryFrom<i64>>(row: &SqliteRow, column: &'static str) -> Result<T> {
    let number: i64 = field(row, column)?;
    T::try_from(number).map_err(|_| DockError::BadRow {
        what: column.to_owned(),
        reason: format!("{number} is out of range"),
    })
}

pub(super) fn version_number(row: &SqliteRow, column: &'static str) -> Result<u32> {
    unsigned(row, column)
}

pub(super) fn time_optional(row: &SqliteRow, column: &'static str) -> Result<Option<Timestamp>> {
    parsed_optional(row, column)
}

pub(super) fn time(row: &SqliteRow, column: &'static str) -> Result<Timestamp> {
    parsed(row, column)
}

/// Columns of `learnwares`.
pub(super) fn learnware_row(row: &SqliteRow) -> Result<LearnwareRow> {
    Ok(LearnwareRow {
        number: LearnwareNumber(field(row, "id")?),
        name: field(row, "name")?,
        latest_version: unsigned(row, "latest_version")?,
        revision: Revision(field(row, "revision")?),
        created_at: parsed(row, "created_at")?,
        deleted_at: parsed_optional(row, "deleted_at")?,
        owner: field::<Option<i64>>(row, "owner_id")?.map(AccountNumber),
        taken_down: field(row, "taken_down")?,
        downloads: unsigned(row, "downloads")?,
    })
}

/// Columns of `versions`.
pub(super) fn version_row(row: &SqliteRow) -> Result<VersionRow> {
    let digest: &str = field(row, "digest")?;
    Ok(VersionRow {
        number: LearnwareNumber(field(row, "learnware_id")?),
        version: unsigned(row, "version")?,
        digest: Digest::from_hex(digest)
            .ok_or_else(|| DockError::BadRow { what: "digest".into(), reason: digest.to_owned() })?,
        size_bytes: unsigned(row, "size_bytes")?,
        status: status_from_word(field(row, "status")?)?,
        specification: specification_text(row)?,
        format: format_from_word(field(row, "format")?)?,
        report: field(row, "report")?,
        submitted_at: parsed(row, "submitted_at")?,
        checked_at: parsed_optional(row, "checked_at")?,
    })
}

/// Columns that a search needs, of a usable version and its learnware.
pub(super) fn usable_row(row: &SqliteRow, format: ModelFormat) -> Result<UsableRow> {
    Ok(UsableRow {
        specification: specification_text(row)?,
        format,
        size_bytes: unsigned(row, "size_bytes")?,
        created_at: parsed(row, "created_at")?,
    })
}

pub(super) fn specification_text(row: &SqliteRow) -> Result<SpecificationText> {
    Ok(SpecificationText { semantic: field(row, "semantic")?, statistical: field(row, "statistical")? })
}

/// Columns of the list query.
pub(super) fn list_row(row: &SqliteRow) -> Result<ListRow> {
    let state: Option<&str> = field(row, "job_state")?;
    Ok(ListRow {
        learnware: learnware_row(row)?,
        latest_status: status_from_word(field(row, "latest_status")?)?,
        format: format_from_word(field(row, "format")?)?,
        semantic: field(row, "semantic")?,
        newest_version: unsigned(row, "newest_version")?,
        newest_status: status_from_word(field(row, "newest_status")?)?,
        check: state.map(|_| job_summary(row)).transpose()?,
    })
}

/// Columns `job_state`, `attempts` and `last_error`.
pub(super) fn job_summary(row: &SqliteRow) -> Result<JobSummary> {
    let word: &str = field(row, "job_state")?;
    let state = JobState::ALL
        .into_iter()
        .find(|state| state.word() == word)
        .ok_or_else(|| DockError::BadRow { what: "state".into(), reason: word.to_owned() })?;
    Ok(JobSummary { state, attempts: unsigned(row, "attempts")?, last_error: field(row, "last_error")? })
}

/// Columns of `jobs`.
pub(super) fn job_row(row: &SqliteRow) -> Result<JobRow> {
    let payload: &str = field(row, "payload")?;
    let job = serde_json::from_str(payload)
        .map_err(|error| DockError::BadRow { what: "payload".into(), reason: error.to_string() })?;
    Ok(JobRow {
        id: field(row, "id")?,
        job,
        summary: job_summary(row)?,
        available_at: parsed(row, "available_at")?,
        lease_until: parsed_optional(row, "lease_until")?,
        created_at: parsed(row, "created_at")?,
        finished_at: parsed_optional(row, "finished_at")?,
    })
}

/// Columns `id`, `payload` and `attempts` of a job that was just claimed.
pub(super) fn claimed_job(row: &SqliteRow, lease_until: Timestamp) -> Result<ClaimedJob> {
    let payload: &str = field(row, "payload")?;
    let job = serde_json::from_str(payload)
        .map_err(|error| DockError::BadRow { what: "payload".into(), reason: error.to_string() })?;
    Ok(ClaimedJob { id: field(row, "id")?, job, attempt: unsigned(row, "attempts")?, lease_until })
}
