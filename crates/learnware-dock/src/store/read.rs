//! From rows of any database to plain values. A database says how it gives texts and whole numbers
//! ([`Fields`]); what the columns mean is said here, once.

use std::str::FromStr;

use learnware_engine::learnware::ModelFormat;

use super::blobs::Digest;
use super::conversions::ConversionRow;
use super::files::{CapabilityRow, EvolutionRow, EvolutionState, FileRow};
use super::organisations::{
    Audience, MemberRole, MemberRow, OrganisationNumber, OrganisationRow, Visibility,
};
use super::people::{AccountNumber, AccountRow, AuditRow, Role, SecretRow};
use super::rows::{
    CheckState, JobRow, JobSummary, LatestVersion, LearnwareRow, ListRow, Revision, SpecificationText,
    UsableRow, VersionRow, format_from_word, status_from_word,
};
use crate::clock::Timestamp;
use crate::error::{DockError, Result};
use crate::ids::LearnwareNumber;
use crate::jobs::{ClaimedJob, JobState, Progress};
use crate::policy::Usage;

/// A row of a database: values by column.
pub(super) trait Fields {
    /// A text.
    fn text(&self, column: &'static str) -> Result<&str>;
    /// A text that may be NULL.
    fn text_optional(&self, column: &'static str) -> Result<Option<&str>>;
    /// A whole number.
    fn number(&self, column: &'static str) -> Result<i64>;
    /// A whole number that may be NULL.
    fn number_optional(&self, column: &'static str) -> Result<Option<i64>>;
}

/// What is wrong with a column that can't be read.
pub(super) fn unreadable(column: &'static str, error: &sqlx::Error) -> DockError {
    DockError::BadRow { what: column.to_owned(), reason: error.to_string() }
}

/// The value of a text column that must follow a format.
fn parsed<T: FromStr<Err = String>>(row: &impl Fields, column: &'static str) -> Result<T> {
    let text = row.text(column)?;
    text.parse().map_err(|reason| DockError::BadRow { what: column.to_owned(), reason })
}

/// The value of a text column that may be NULL and must follow a format otherwise.
fn parsed_optional<T: FromStr<Err = String>>(row: &impl Fields, column: &'static str) -> Result<Option<T>> {
    let text = row.text_optional(column)?;
    text.map(|text| text.parse().map_err(|reason| DockError::BadRow { what: column.to_owned(), reason }))
        .transpose()
}

/// The value of a whole-number column that must not be negative.
fn unsigned<T: TryFrom<i64>>(row: &impl Fields, column: &'static str) -> Result<T> {
    let number = row.number(column)?;
    T::try_from(number).map_err(|_| DockError::BadRow {
        what: column.to_owned(),
        reason: format!("{number} is out of range"),
    })
}

pub(super) fn version_number(row: &impl Fields, column: &'static str) -> Result<u32> {
    unsigned(row, column)
}

pub(super) fn time_optional(row: &impl Fields, column: &'static str) -> Result<Option<Timestamp>> {
    parsed_optional(row, column)
}

/// Columns of `learnwares`.
pub(super) fn learnware_row(row: &impl Fields) -> Result<LearnwareRow> {
    Ok(LearnwareRow {
        number: LearnwareNumber(row.number("id")?),
        name: row.text("name")?.to_owned(),
        latest_version: unsigned(row, "latest_version")?,
        revision: Revision(row.number("revision")?),
        created_at: parsed(row, "created_at")?,
        deleted_at: parsed_optional(row, "deleted_at")?,
        owner: row.number_optional("owner_id")?.map(AccountNumber),
        visibility: visibility(row)?,
        taken_down: row.text_optional("taken_down")?.map(str::to_owned),
        downloads: unsigned(row, "downloads")?,
    })
}

fn digest(row: &impl Fields) -> Result<Digest> {
    let text = row.text("digest")?;
    Digest::from_hex(text).ok_or_else(|| DockError::BadRow { what: "digest".into(), reason: text.to_owned() })
}

/// Columns of `versions`.
pub(super) fn version_row(row: &impl Fields) -> Result<VersionRow> {
    Ok(VersionRow {
        number: LearnwareNumber(row.number("learnware_id")?),
        version: unsigned(row, "version")?,
        digest: digest(row)?,
        size_bytes: unsigned(row, "size_bytes")?,
        status: status_from_word(row.text("status")?)?,
        specification: specification_text(row)?,
        format: format_from_word(row.text("format")?)?,
        report: row.text_optional("report")?.map(str::to_owned),
        submitted_at: parsed(row, "submitted_at")?,
        checked_at: parsed_optional(row, "checked_at")?,
    })
}

/// Number, version and digest.
pub(super) fn latest_version(row: &impl Fields) -> Result<LatestVersion> {
    Ok(LatestVersion {
        number: LearnwareNumber(row.number("learnware_id")?),
        version: unsigned(row, "version")?,
        digest: digest(row)?,
    })
}

/// Columns that a search needs, of a usable version and its learnware.
pub(super) fn usable_row(row: &impl Fields, format: ModelFormat) -> Result<UsableRow> {
    Ok(UsableRow {
        specification: specification_text(row)?,
        format,
        size_bytes: unsigned(row, "size_bytes")?,
        created_at: parsed(row, "created_at")?,
    })
}

pub(super) fn specification_text(row: &impl Fields) -> Result<SpecificationText> {
    Ok(SpecificationText {
        semantic: row.text("semantic")?.to_owned(),
        statistical: row.text("statistical")?.to_owned(),
    })
}

/// Columns of the list query.
pub(super) fn list_row(row: &impl Fields) -> Result<ListRow> {
    let state = row.text_optional("job_state")?;
    Ok(ListRow {
        learnware: learnware_row(row)?,
        latest_status: status_from_word(row.text("latest_status")?)?,
        format: format_from_word(row.text("format")?)?,
        semantic: row.text("semantic")?.to_owned(),
        newest_version: unsigned(row, "newest_version")?,
        newest_status: status_from_word(row.text("newest_status")?)?,
        newest_semantic: row.text("newest_semantic")?.to_owned(),
        newest_submitted_at: parsed(row, "newest_submitted_at")?,
        same_package: row.text("digest")? == row.text("newest_digest")?,
        check: state.map(|_| job_summary(row)).transpose()?,
    })
}

/// Columns `job_state`, `attempts` and `last_error`.
pub(super) fn job_summary(row: &impl Fields) -> Result<JobSummary> {
    Ok(JobSummary {
        state: job_state(row)?,
        attempts: unsigned(row, "attempts")?,
        last_error: row.text_optional("last_error")?.map(str::to_owned),
    })
}

fn job_state(row: &impl Fields) -> Result<JobState> {
    let word = row.text("job_state")?;
    let state = JobState::ALL.into_iter().find(|state| state.word() == word);
    state.ok_or_else(|| DockError::BadRow { what: "state".into(), reason: word.to_owned() })
}

/// Columns `id`, `payload` and `attempts` of a job that was just claimed.
pub(super) fn claimed_job(row: &impl Fields, lease_until: Timestamp) -> Result<ClaimedJob> {
    let payload = row.text("payload")?;
    let job = serde_json::from_str(payload)
        .map_err(|error| DockError::BadRow { what: "payload".into(), reason: error.to_string() })?;
    Ok(ClaimedJob { id: row.number("id")?, job, attempt: unsigned(row, "attempts")?, lease_until })
}

/// Columns of `jobs`.
pub(super) fn job_row(row: &impl Fields) -> Result<JobRow> {
    let payload = row.text("payload")?;
    let job = serde_json::from_str(payload)
        .map_err(|error| DockError::BadRow { what: "payload".into(), reason: error.to_string() })?;
    Ok(JobRow {
        id: row.number("id")?,
        job,
        summary: job_summary(row)?,
        available_at: parsed(row, "available_at")?,
        lease_until: parsed_optional(row, "lease_until")?,
        created_at: parsed(row, "created_at")?,
        finished_at: parsed_optional(row, "finished_at")?,
    })
}

pub(super) fn account_row(row: &impl Fields) -> Result<AccountRow> {
    Ok(AccountRow {
        number: AccountNumber(row.number("id")?),
        email: row.text("email")?.to_owned(),
        name: row.text("name")?.to_owned(),
        password: row.text_optional("password")?.map(str::to_owned),
        role: Role::from_word(row.text("role")?)?,
        created_at: parsed(row, "created_at")?,
        confirmed_at: parsed_optional(row, "confirmed_at")?,
        disabled_at: parsed_optional(row, "disabled_at")?,
    })
}

pub(super) fn secret_row(row: &impl Fields) -> Result<SecretRow> {
    Ok(SecretRow {
        id: row.number("id")?,
        account: row.number_optional("account_id")?.map(AccountNumber),
        name: row.text("name")?.to_owned(),
        scopes: row.text("scopes")?.to_owned(),
        created_at: parsed(row, "created_at")?,
        expires_at: parsed(row, "expires_at")?,
        used_at: parsed_optional(row, "used_at")?,
    })
}

pub(super) fn file_row(row: &impl Fields) -> Result<FileRow> {
    Ok(FileRow {
        name: row.text("name")?.to_owned(),
        digest: digest(row)?,
        size_bytes: unsigned(row, "size_bytes")?,
        created_at: parsed(row, "created_at")?,
    })
}

pub(super) fn conversion_row(row: &impl Fields) -> Result<ConversionRow> {
    let is_data = row.text_optional("digest")?.is_some();
    let package =
        is_data.then(|| Ok::<_, DockError>((digest(row)?, unsigned(row, "size_bytes")?))).transpose()?;
    Ok(ConversionRow {
        number: LearnwareNumber(row.number("learnware_id")?),
        version: unsigned(row, "version")?,
        package,
        report: row.text("report")?.to_owned(),
        created_at: parsed(row, "created_at")?,
    })
}

pub(super) fn capability_row(row: &impl Fields) -> Result<CapabilityRow> {
    Ok(CapabilityRow {
        number: LearnwareNumber(row.number("learnware_id")?),
        version: unsigned(row, "version")?,
        measured: row.text("measured")?.to_owned(),
    })
}

pub(super) fn evolution_row(row: &impl Fields) -> Result<EvolutionRow> {
    let word = row.text("state")?;
    Ok(EvolutionRow {
        id: row.number("id")?,
        revision: Revision(row.number("revision")?),
        state: EvolutionState::from_word(word)
            .ok_or_else(|| DockError::BadRow { what: "state".into(), reason: word.to_owned() })?,
        map: row.text_optional("map")?.map(str::to_owned),
        report: row.text("report")?.to_owned(),
        created_at: parsed(row, "created_at")?,
    })
}

pub(super) fn audit_row(row: &impl Fields) -> Result<AuditRow> {
    Ok(AuditRow {
        id: row.number("id")?,
        at: parsed(row, "at")?,
        account: row.number_optional("account_id")?.map(AccountNumber),
        action: row.text("action")?.to_owned(),
        subject: row.text("subject")?.to_owned(),
        detail: row.text("detail")?.to_owned(),
    })
}

/// A state and how many jobs are in it.
pub(super) fn job_count(row: &impl Fields) -> Result<(JobState, u64)> {
    Ok((job_state(row)?, unsigned(row, "jobs")?))
}

/// How far the check of a version is.
pub(super) fn check_state(row: &impl Fields) -> Result<CheckState> {
    let job = row.text_optional("job_state")?;
    Ok(CheckState {
        number: LearnwareNumber(row.number("learnware_id")?),
        version: unsigned(row, "version")?,
        status: status_from_word(row.text("status")?)?,
        check: job.map(|_| job_summary(row)).transpose()?,
        progress: row.text_optional("progress")?.and_then(Progress::from_word),
        ahead: unsigned(row, "ahead")?,
    })
}

/// Columns `visibility` and `organisation_id`.
pub(super) fn visibility(row: &impl Fields) -> Result<Visibility> {
    let (word, organisation) = (row.text("visibility")?, row.number_optional("organisation_id")?);
    Visibility::from_parts(word, organisation.map(OrganisationNumber))
        .ok_or_else(|| DockError::BadRow { what: "visibility".into(), reason: word.to_owned() })
}

/// Columns `owner_id`, `visibility` and `organisation_id`.
pub(super) fn audience(row: &impl Fields) -> Result<Audience> {
    Ok(Audience { owner: row.number_optional("owner_id")?.map(AccountNumber), visibility: visibility(row)? })
}

pub(super) fn organisation_row(row: &impl Fields) -> Result<OrganisationRow> {
    Ok(OrganisationRow {
        number: OrganisationNumber(row.number("id")?),
        name: row.text("name")?.to_owned(),
        created_at: parsed(row, "created_at")?,
    })
}

/// Column `role` of a member.
pub(super) fn member_role(row: &impl Fields) -> Result<MemberRole> {
    MemberRole::from_word(row.text("role")?)
}

/// Columns of `members`, and the `name` of the account.
pub(super) fn member_row(row: &impl Fields) -> Result<MemberRow> {
    Ok(MemberRow {
        account: AccountNumber(row.number("account_id")?),
        name: row.text("name")?.to_owned(),
        role: member_role(row)?,
        since: parsed(row, "since")?,
    })
}

pub(super) fn usage(row: &impl Fields) -> Result<Usage> {
    Ok(Usage {
        versions: unsigned(row, "versions")?,
        bytes: unsigned(row, "bytes")?,
        waiting: unsigned(row, "waiting")?,
    })
}
