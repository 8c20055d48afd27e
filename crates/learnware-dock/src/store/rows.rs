//! What the rows hold, as plain values. No SQL here.

use learnware_engine::learnware::{CheckStatus, Learnware, ModelFormat, Specification};
use learnware_engine::semantic::SemanticSpecification;
use learnware_engine::specification::StatisticalSpecification;
use learnware_engine::specification::codec::{self, SpecificationKind};
use serde_json::Value;

use super::blobs::Digest;
use crate::clock::Timestamp;
use crate::error::{DockError, Result};
use crate::ids::LearnwareNumber;
use crate::jobs::{Job, JobState, Progress};
use crate::store::organisations::{Audience, Visibility};
use crate::store::people::AccountNumber;

/// Counter of market changes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct Revision(pub i64);

/// A learnware.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LearnwareRow {
    /// Its number.
    pub number: LearnwareNumber,
    /// Name of its latest version.
    pub name: String,
    /// The version that searches find and downloads give.
    pub latest_version: u32,
    /// Revision of its last change.
    pub revision: Revision,
    /// When its first version was submitted.
    pub created_at: Timestamp,
    /// When it was deleted, if it was.
    pub deleted_at: Option<Timestamp>,
    /// Whose it is; `None` for the operator's own.
    pub owner: Option<AccountNumber>,
    /// Who else finds it.
    pub visibility: Visibility,
    /// Why an administrator took it down; searches and downloads don't see it then.
    pub taken_down: Option<String>,
    /// How often its package was given out.
    pub downloads: u64,
}

impl LearnwareRow {
    /// Whose it is and who finds it.
    pub fn audience(&self) -> Audience {
        Audience { owner: self.owner, visibility: self.visibility }
    }
}

/// A version of a learnware; its package never changes.
#[derive(Debug, Clone, PartialEq)]
pub struct VersionRow {
    /// The learnware.
    pub number: LearnwareNumber,
    /// 1 for the first.
    pub version: u32,
    /// Digest of the zip.
    pub digest: Digest,
    /// Size of the zip.
    pub size_bytes: u64,
    /// State of its check.
    pub status: CheckStatus,
    /// Semantic and statistical specification.
    pub specification: SpecificationText,
    /// How its model is stored.
    pub format: ModelFormat,
    /// Check report as JSON, when one was made.
    pub report: Option<String>,
    /// When it was submitted.
    pub submitted_at: Timestamp,
    /// When its last check ended.
    pub checked_at: Option<Timestamp>,
}

/// A specification as it lies in the database: JSON, parsed where it is needed and not before.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SpecificationText {
    /// Semantic specification, the reference's form.
    pub semantic: String,
    /// List of statistical specifications, each in the reference's form.
    pub statistical: String,
}

impl SpecificationText {
    /// Writes a specification.
    pub fn new(semantic: &SemanticSpecification, statistical: &[StatisticalSpecification]) -> Self {
        Self { semantic: semantic.to_json().to_string(), statistical: statistical_text(statistical) }
    }

    /// Reads the semantic part.
    pub fn semantic(&self) -> Result<SemanticSpecification> {
        Ok(SemanticSpecification::from_json(&parse(&self.semantic, "semantic specification")?)?)
    }

    /// Reads only the name out of the semantic part.
    pub fn name(&self) -> Result<String> {
        let semantic = parse(&self.semantic, "semantic specification")?;
        let name = semantic.pointer("/Name/Values").and_then(Value::as_str);
        name.map(str::to_owned).ok_or_else(|| bad("semantic specification", "no name"))
    }

    /// Reads the statistical part.
    pub fn statistical(&self) -> Result<Vec<StatisticalSpecification>> {
        const WHAT: &str = "statistical specification";
        let value = parse(&self.statistical, WHAT)?;
        let list = value.as_array().ok_or_else(|| bad(WHAT, "not a list"))?;
        list.iter()
            .map(|value| {
                let name = value.get("type").and_then(Value::as_str).ok_or_else(|| bad(WHAT, "no type"))?;
                Ok(codec::from_json(value, SpecificationKind::from_class_name(name)?)?)
            })
            .collect()
    }
}

/// JSON of statistical specifications, as the database holds it.
pub fn statistical_text(statistical: &[StatisticalSpecification]) -> String {
    Value::Array(statistical.iter().map(codec::to_json).collect()).to_string()
}

/// A learnware with the version that matters for search, or the news that it is gone from there.
#[derive(Debug, Clone, PartialEq)]
pub struct ChangeRow {
    /// The learnware.
    pub number: LearnwareNumber,
    /// Revision of its last change.
    pub revision: Revision,
    /// Who finds it.
    pub audience: Audience,
    /// Its latest version, when that is to be found by searches.
    pub usable: Option<UsableRow>,
}

/// What a search needs to know of a learnware.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UsableRow {
    /// Semantic and statistical specification.
    pub specification: SpecificationText,
    /// How its model is stored.
    pub format: ModelFormat,
    /// Size of its package.
    pub size_bytes: u64,
    /// When its first version was submitted.
    pub created_at: Timestamp,
}

impl UsableRow {
    /// The engine's learnware.
    pub fn learnware(&self, number: LearnwareNumber) -> Result<Learnware> {
        let specification = Specification {
            semantic: self.specification.semantic()?,
            statistical: self.specification.statistical()?,
        };
        Ok(Learnware { id: number.id(), specification, format: self.format })
    }
}

/// A line of a list: the learnware, its latest and newest version, and the job that is not finished.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ListRow {
    /// The learnware.
    pub learnware: LearnwareRow,
    /// State of the latest version.
    pub latest_status: CheckStatus,
    /// How the latest version's model is stored.
    pub format: ModelFormat,
    /// Semantic specification of the latest version, JSON.
    pub semantic: String,
    /// The newest version, which may still wait for its check.
    pub newest_version: u32,
    /// State of the newest version.
    pub newest_status: CheckStatus,
    /// Semantic specification of the newest version, JSON.
    pub newest_semantic: String,
    /// When the newest version was submitted.
    pub newest_submitted_at: Timestamp,
    /// Whether both have the same package, and only the words may differ.
    pub same_package: bool,
    /// The newest version's check, while it is not finished.
    pub check: Option<JobSummary>,
}

/// What people need to know of a job that is not finished.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct JobSummary {
    /// Its state.
    pub state: JobState,
    /// How often it was begun.
    pub attempts: u32,
    /// Why the last attempt failed.
    pub last_error: Option<String>,
}

/// A job, for those who look after them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct JobRow {
    /// Row number.
    pub id: i64,
    /// What there is to do.
    pub job: Job,
    /// How far it is.
    pub summary: JobSummary,
    /// When it may be claimed.
    pub available_at: Timestamp,
    /// When its lease ends, while it is claimed.
    pub lease_until: Option<Timestamp>,
    /// When it was asked for.
    pub created_at: Timestamp,
    /// When it ended.
    pub finished_at: Option<Timestamp>,
}

/// Which learnwares to list, by number.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ListOptions {
    /// Start after this one.
    pub after: Option<LearnwareNumber>,
    /// How many at most.
    pub limit: u32,
    /// Deleted ones too.
    pub deleted: DeletedRows,
    /// Only those of this account.
    pub owner: Option<AccountNumber>,
}

/// Whether deleted learnwares are listed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum DeletedRows {
    /// They are left out.
    #[default]
    Hide,
    /// They are listed with the others.
    Show,
}

impl Default for ListOptions {
    fn default() -> Self {
        Self { after: None, limit: 1000, deleted: DeletedRows::Hide, owner: None }
    }
}

/// The word for a status in the database and on the wire.
pub fn status_word(status: CheckStatus) -> &'static str {
    match status {
        CheckStatus::Waiting => "waiting",
        CheckStatus::Checking => "checking",
        CheckStatus::Usable => "usable",
        CheckStatus::NonUsable => "non_usable",
        CheckStatus::Invalid => "invalid",
    }
}

/// Reads a status.
pub fn status_from_word(word: &str) -> Result<CheckStatus> {
    use CheckStatus::{Checking, Invalid, NonUsable, Usable, Waiting};
    [Waiting, Checking, Usable, NonUsable, Invalid]
        .into_iter()
        .find(|&status| status_word(status) == word)
        .ok_or_else(|| bad("status", word))
}

/// Reads a model format.
pub fn format_from_word(word: &str) -> Result<ModelFormat> {
    [ModelFormat::Python, ModelFormat::Onnx, ModelFormat::LightGbm, ModelFormat::XgBoost]
        .into_iter()
        .find(|format| format.word() == word)
        .ok_or_else(|| bad("format", word))
}

fn parse(text: &str, what: &'static str) -> Result<Value> {
    serde_json::from_str(text).map_err(|error| bad(what, &error.to_string()))
}

fn bad(what: &str, reason: &str) -> DockError {
    DockError::BadRow { what: what.to_owned(), reason: reason.to_owned() }
}

/// The version that stands for a learnware: the latest usable one, the first until there is one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LatestVersion {
    /// The learnware.
    pub number: LearnwareNumber,
    /// Which version.
    pub version: u32,
    /// Digest of its zip.
    pub digest: Digest,
}

/// How far the newest version of a learnware is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CheckState {
    /// The learnware.
    pub number: LearnwareNumber,
    /// Its newest version.
    pub version: u32,
    /// State of that version.
    pub status: CheckStatus,
    /// Its check, while it is not finished.
    pub check: Option<JobSummary>,
    /// What the check is doing now.
    pub progress: Option<Progress>,
    /// Checks that come before it, while it waits.
    pub ahead: u64,
}
