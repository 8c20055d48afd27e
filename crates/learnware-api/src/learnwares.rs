//! Lists, learnwares, submissions, packages.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use serde_json::Value;

/// Which learnwares of a list, in which order.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::IntoParams))]
#[serde(deny_unknown_fields, default)]
pub struct ListRequest {
    /// Words and fields, as in `learnware list`.
    pub query: String,
    /// `relevance`, `newest`, `name`, `size` or `id`.
    pub sort: Option<String>,
    /// Learnwares of a page at most.
    pub limit: Option<usize>,
    /// Goes on after an earlier page.
    pub cursor: Option<String>,
    /// Whether tags are counted.
    pub facets: bool,
    /// Whether statistical specifications are told, which are large.
    pub specifications: bool,
    /// Ids that shall not be found, with commas between.
    pub exclude: String,
}

/// A page of a list.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
pub struct LearnwarePage {
    /// Of all pages together.
    pub total: u64,
    /// Learnwares that could be found.
    #[serde(default)]
    pub searched: u64,
    /// Of those, left out because the request names them.
    #[serde(default)]
    pub excluded: u64,
    /// This page.
    pub learnwares: Vec<LearnwareSummary>,
    /// Give it as `cursor` for the next page; absent on the last one.
    pub next_cursor: Option<String>,
    /// Counts by tag, for each facet asked for.
    pub facets: BTreeMap<String, BTreeMap<String, u64>>,
    /// How the words were read.
    #[serde(default)]
    pub words: WordReadings,
}

/// How the words of a query were read.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
pub struct WordReadings {
    /// `all` when what was found has all words, `half` when it has at least half of them.
    pub matching: String,
    /// Words that no learnware has, and what was looked for in their place.
    pub similar: Vec<SimilarWord>,
    /// Words that no learnware has, nor anything similar.
    pub unknown: Vec<String>,
}

/// A word that was read as others.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
pub struct SimilarWord {
    /// As it was typed.
    pub word: String,
    /// What was looked for.
    pub read_as: Vec<String>,
}

/// A learnware in a list.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
pub struct LearnwareSummary {
    /// Its id.
    pub id: String,
    /// Its name.
    pub name: String,
    /// Semantic specification, the reference's form.
    pub semantic: Value,
    /// How its model is stored.
    pub format: String,
    /// The version that searches find and downloads give.
    pub latest_version: u32,
    /// State of the latest version.
    pub status: String,
    /// The newest version; it becomes the latest when its check finds it usable.
    pub newest_version: u32,
    /// State of the newest version.
    pub newest_status: String,
    /// When the first version was submitted.
    pub created_at: String,
    /// When it was deleted; seen by the operator only.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub deleted_at: Option<String>,
    /// How well the words match; only comparable within one answer.
    pub relevance: Option<f32>,
    /// Where the words lie in its texts.
    #[serde(default)]
    pub excerpts: Vec<Excerpt>,
    /// Statistical specifications, each in the reference's form, where they were asked for.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub statistical: Option<Vec<Value>>,
}

/// A part of a text in which words were found.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
pub struct Excerpt {
    /// Which text.
    pub field: String,
    /// The part, cut where words begin and end.
    pub pieces: Vec<Piece>,
}

/// A piece of an excerpt.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
pub struct Piece {
    /// The text.
    pub text: String,
    /// Whether it is a word that was looked for.
    pub hit: bool,
}

/// Everything public about a learnware.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
pub struct Learnware {
    /// Its id.
    pub id: String,
    /// Name of the account whose it is; absent for the operator's own.
    pub owner: Option<String>,
    /// The version that searches find and downloads give.
    pub latest_version: u32,
    /// When the first version was submitted.
    pub created_at: String,
    /// How often its package was given out.
    pub downloads: u64,
    /// Who finds it: `public`, `owner` or `organisation`.
    pub visibility: String,
    /// The organisation, where it is one's.
    pub organisation: Option<i64>,
    /// Why an administrator took it down.
    pub taken_down: Option<String>,
    /// Oldest first.
    pub versions: Vec<Version>,
}

/// What classes of others have to do with a class.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
pub struct RelatedClass {
    /// The class, from 0.
    pub class: usize,
    /// What the learnware calls it.
    pub name: String,
    /// Classes that are the same one.
    pub same: Vec<ClassOfOther>,
    /// Classes that are kinds of it.
    pub narrower: Vec<ClassOfOther>,
    /// Classes that it is a kind of.
    pub broader: Vec<ClassOfOther>,
}

/// A class of another learnware.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
pub struct ClassOfOther {
    /// Whose.
    pub id: String,
    /// Which, from 0.
    pub class: usize,
    /// What its learnware calls it.
    pub name: String,
}

/// A version of a learnware.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
pub struct Version {
    /// 1 for the first.
    pub version: u32,
    /// `waiting`, `checking`, `usable`, `non_usable` or `invalid`.
    pub status: String,
    /// BLAKE3 of the zip, hexadecimal.
    pub digest: String,
    /// Bytes of the zip.
    pub size_bytes: u64,
    /// How its model is stored.
    pub format: String,
    /// What became of a model that is code when it was to be written as data: `state` is `converted`, with `format`, `digest`
    /// and `size_bytes` of the package (ask for it with `form=data`), the number of rows `compared` and the largest
    /// `difference`; or `impossible`, with the `reason`. Absent where it was not tried.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub data: Option<Value>,
    /// Semantic specification, the reference's form.
    pub semantic: Value,
    /// Statistical specifications, each in the reference's form.
    pub statistical: Vec<Value>,
    /// What its check found.
    pub report: Option<Value>,
    /// Its check, while it is not finished.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub check: Option<Check>,
    /// When it was submitted.
    pub submitted_at: String,
    /// When its last check ended.
    pub checked_at: Option<String>,
}

/// A check that is not finished.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
pub struct Check {
    /// `open`, `leased`, or `dead` after too many attempts.
    pub state: String,
    /// How often it was begun.
    pub attempts: u32,
    /// Whether an attempt failed on the dock's side; the operator's log says why.
    pub failed_before: bool,
}

/// A submission that was accepted.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
pub struct Submitted {
    /// The learnware.
    pub id: String,
    /// Its version, which waits for its check.
    pub version: u32,
    /// BLAKE3 of the zip.
    pub digest: String,
}

/// How far the check of a version is.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
pub struct CheckEvent {
    /// The version.
    pub version: u32,
    /// `waiting` or `checking`, or what was found before.
    pub status: String,
    /// `open`, `leased`, or `dead` when it was given up.
    pub job: Option<String>,
    /// How often it was begun.
    pub attempt: u32,
    /// `opening`, `specification`, `starting` or `model`.
    pub doing: Option<String>,
    /// Checks that come before it, while it waits.
    pub ahead: u64,
    /// Whether an earlier attempt failed on the dock's side; it is made again.
    pub failed_before: bool,
}

/// What a model answered about a file's rows.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
pub struct Predictions {
    /// Names of the columns.
    pub columns: Vec<String>,
    /// An answer for each row, as words.
    pub rows: Vec<Vec<String>>,
}

/// A link to a package that is wished for.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields, default)]
pub struct NewLink {
    /// The version; the latest when absent.
    pub version: Option<u32>,
    /// How long it works, in seconds; an hour when absent, a week at most.
    pub seconds: Option<u64>,
}

/// A link to a package.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
pub struct PackageLink {
    /// Path and query, behind the server's address.
    pub path: String,
    /// The version.
    pub version: u32,
    /// When it ends.
    pub until: String,
}

/// Who finds a learnware.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct Seen {
    /// `public`, `owner` or `organisation`.
    pub visibility: String,
    /// The organisation, where it is one's.
    #[serde(default)]
    pub organisation: Option<i64>,
}
