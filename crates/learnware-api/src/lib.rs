//! Words on the wire: requests and answers of REST v1, for the server and for those who call it.
//!
//! Plain data. Specifications are JSON values in the reference's form; times are UTC, RFC 3339. Unknown fields of
//! requests are refused, so that a misspelled one is noticed; readers of answers ignore fields they don't know.
//! With the feature `client`, `client` calls a server.

#[cfg(feature = "client")]
pub mod client;

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use serde_json::Value;

/// What went wrong (RFC 9457), as `application/problem+json`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
pub struct Problem {
    /// Status of the answer.
    pub status: u16,
    /// A word for programs, such as `unknown-learnware`.
    pub code: String,
    /// A sentence for people.
    pub title: String,
    /// Names the request in the server's log.
    pub request_id: Option<String>,
    /// What a check found, where a learnware was refused.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub report: Option<Value>,
}

/// The dock that answers.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
pub struct DockInfo {
    /// Random id of the dock.
    pub dock_id: String,
    /// Release of the server.
    pub version: String,
    /// Changes of the market so far.
    pub revision: i64,
    /// Learnwares that searches find.
    pub learnwares: usize,
    /// Rows that `POST /learnwares/ID/predictions` takes at once; absent where the dock runs nothing for visitors.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub try_rows: Option<usize>,
    /// Its islands.
    pub islands: Vec<IslandInfo>,
}

/// Learnwares whose specifications are comparable.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
pub struct IslandInfo {
    /// A sentence for people.
    pub name: String,
    /// The key, as requests give it.
    pub island: Value,
    /// How many learnwares.
    pub learnwares: usize,
}

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

/// A search.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields, default)]
pub struct SearchRequest {
    /// What the user's data are like: the reference's form, at most one of each kind.
    pub statistical: Vec<Value>,
    /// Words and fields that learnwares must match, as in `learnware search`.
    pub query: String,
    /// Single results at most; 10 when absent.
    pub limit: Option<usize>,
    /// Members of a mixture at most; 5 when absent.
    pub max_learnwares: Option<usize>,
    /// How a mixture is looked for: `greedy` when absent, `nearest`, `auto` or `none`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub mixture: Option<String>,
    /// How specifications are compared: `island` when absent, or `reference`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub kernel: Option<String>,
    /// Learnwares that shall not be found.
    pub exclude: Vec<String>,
    /// Whether the answer tells why.
    pub explain: bool,
}

/// Other services by whose login people come in.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
pub struct LoginServices {
    /// None where there are only passwords.
    pub services: Vec<LoginService>,
}

/// One of them.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
pub struct LoginService {
    /// The address that a browser opens; `?next=/PAGE` says where to go on.
    pub path: String,
    /// What a button may say.
    pub label: String,
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

/// What takes room on a dock.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
pub struct Storage {
    /// Learnwares that were not deleted.
    pub learnwares: u64,
    /// Their versions.
    pub versions: u64,
    /// Their packages, each once.
    pub packages: u64,
    /// Bytes of those.
    pub package_bytes: u64,
    /// Bytes of the database.
    pub database_bytes: u64,
    /// Packages that come in pieces and are not complete.
    pub uploads: u64,
    /// Bytes of those.
    pub upload_bytes: u64,
    /// Bytes left where the folder of the server that answers is.
    pub free_bytes: Option<u64>,
}

/// A setting of the server that answers.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
pub struct Setting {
    /// Its key in a configuration file.
    pub key: String,
    /// Its value, without passwords; absent for the default.
    pub value: Option<String>,
    /// Who says so: `flag`, `environment`, `default`, or a file.
    pub origin: String,
    /// What it is.
    pub meaning: String,
}

/// What happens, by day.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
pub struct Figures {
    /// How many accounts there are.
    pub accounts: u64,
    /// How many jobs are in each state.
    pub jobs: BTreeMap<String, u64>,
    /// By day; days and words without any are left out.
    pub days: Vec<DayFigures>,
}

/// What happened on a day.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
pub struct DayFigures {
    /// The day, `YYYY-MM-DD`, UTC.
    pub day: String,
    /// How often: versions `submitted` and what their checks said (`usable`, `non_usable`, `invalid`), learnwares
    /// `deleted`, `accounts` made; and what servers counted, up to a minute ago: `requests`, `searches`, `downloads`,
    /// `failures` (answers that say it was our fault).
    pub counts: BTreeMap<String, u64>,
}

/// All islands as one picture: discs in the unit square, `y` downwards, with a place for each learnware. Places within an
/// island are near where its learnwares are alike; between islands nothing is compared.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
pub struct WorldMap {
    /// The market's revision that it shows.
    pub revision: i64,
    /// Largest first.
    pub islands: Vec<WorldIsland>,
    /// Column by column, since there may be a hundred thousand.
    pub learnwares: WorldPlaces,
    /// Which islands share learnwares.
    pub bridges: Vec<WorldBridge>,
}

/// One island of the picture.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
pub struct WorldIsland {
    /// A sentence for people.
    pub name: String,
    /// The key, as requests give it.
    pub island: Value,
    /// How many learnwares.
    pub learnwares: usize,
    /// Centre.
    pub x: f64,
    /// Centre.
    pub y: f64,
    /// Radius of the disc.
    pub radius: f64,
    /// Share of its learnwares' differences that two axes can show, 0 to 1.
    pub explained: f64,
}

/// Places of learnwares, each column in the same order. A learnware with specifications in several islands is there once
/// for each.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
pub struct WorldPlaces {
    /// Identifiers.
    pub ids: Vec<String>,
    /// Position of the island in `islands`.
    pub islands: Vec<usize>,
    /// Place.
    pub x: Vec<f64>,
    /// Place.
    pub y: Vec<f64>,
    /// Position of the task in `task_words`.
    pub tasks: Vec<usize>,
    /// Tasks, as the vocabulary has them; the empty one is for learnwares that name none.
    pub task_words: Vec<String>,
}

/// Learnwares with specifications in two islands.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
pub struct WorldBridge {
    /// Position of an island in `islands`.
    pub from: usize,
    /// And of the other.
    pub to: usize,
    /// How many.
    pub learnwares: usize,
}

/// A task to be placed in the picture.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct PlaceRequest {
    /// What the user's data are like: the reference's form.
    pub statistical: Vec<Value>,
}

/// Where a task lies.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
pub struct Placed {
    /// Position of the island in `islands`.
    pub island: usize,
    /// Place.
    pub x: f64,
    /// Place.
    pub y: f64,
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

/// Which island's anchors.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct AnchorsRequest {
    /// The island, as `GET /dock` lists it.
    pub island: Value,
}

/// A search by anchors: what was measured instead of a specification.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields, default)]
pub struct CandidatesRequest {
    /// The message that `learnware measure` makes.
    pub message: Value,
    /// Words and fields that learnwares must match.
    pub query: String,
    /// Nearest learnwares that are looked for; 10 when absent.
    pub limit: Option<usize>,
    /// Learnwares that shall not be found.
    pub exclude: Vec<String>,
}

/// Learnwares of a [`SpecificationsRequest`] at most.
pub const SPECIFICATIONS_MAX: usize = 100;

/// Whose public specifications.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct SpecificationsRequest {
    /// The island.
    pub island: Value,
    /// Learnwares, 100 at most.
    pub ids: Vec<String>,
}

/// A login.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct Login {
    /// E-mail address.
    pub email: String,
    /// Password.
    pub password: String,
}

/// Something that lets its owner in, shown once.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
pub struct Granted {
    /// To be sent as `Authorization: Bearer SECRET`.
    pub secret: String,
    /// Number of a token.
    pub id: Option<i64>,
}

/// A registration, or the acceptance of an invitation.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct Register {
    /// E-mail address.
    pub email: String,
    /// The name that others see.
    pub name: String,
    /// Password.
    pub password: String,
    /// The challenge that was worked on, or the invitation's code.
    pub code: String,
    /// What the work found; empty for an invitation.
    #[serde(default)]
    pub nonce: String,
}

/// A code that was sent to somebody.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct Code {
    /// The code.
    pub code: String,
}

/// Whose password is forgotten.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct Address {
    /// E-mail address.
    pub email: String,
}

/// A new password by a code.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct Reset {
    /// The code.
    pub code: String,
    /// The new password.
    pub password: String,
}

/// A new password by the old one.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct NewPassword {
    /// The old one.
    pub old: String,
    /// The new one.
    pub new: String,
}

/// Work before registering: find a `nonce` so that SHA-256 of `challenge:nonce` begins with `bits` zero bits.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
pub struct Challenge {
    /// Counts once.
    pub challenge: String,
    /// Zero bits.
    pub bits: u32,
}

/// Whoever asks.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
pub struct Me {
    /// Number of the account.
    pub account: i64,
    /// Its name.
    pub name: String,
    /// `user` or `admin`.
    pub role: String,
    /// What this way in allows.
    pub scopes: Vec<String>,
}

/// A wish for a token.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct NewToken {
    /// What its owner calls it.
    pub name: String,
    /// Of `read`, `submit`, `account`, `admin`.
    pub scopes: Vec<String>,
    /// Days that it lasts.
    pub days: u32,
}

/// A token, without its secret.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
pub struct Token {
    /// Its number.
    pub id: i64,
    /// What its owner calls it.
    pub name: String,
    /// What it allows.
    pub scopes: Vec<String>,
    /// When it was made.
    pub created_at: String,
    /// When it ends.
    pub expires_at: String,
    /// When it was last used, to the hour.
    pub used_at: Option<String>,
}

/// A session, without its secret.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
pub struct Session {
    /// Its number.
    pub id: i64,
    /// Whether it is the one that asks.
    pub current: bool,
    /// The token that it began by, as `token NUMBER`; empty after a login by password.
    pub name: String,
    /// What it allows.
    pub scopes: Vec<String>,
    /// When it began.
    pub created_at: String,
    /// When it ends.
    pub expires_at: String,
    /// When it was last used, to the hour.
    pub used_at: Option<String>,
}

/// The end of an account.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct Leave {
    /// Its password.
    pub password: String,
    /// What becomes of its learnwares that others see: `keep` (as if absent) or `delete`.
    #[serde(default)]
    pub learnwares: Option<String>,
}

/// What an account left behind.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
pub struct Estate {
    /// Learnwares that were deleted with it.
    pub deleted: Vec<String>,
    /// How many of its learnwares stay, without an owner.
    pub kept: u64,
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

/// A wish for an organisation.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct NewOrganisation {
    /// Its name; nobody else has it.
    pub name: String,
}

/// An organisation that the account belongs to.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
pub struct Organisation {
    /// Its number.
    pub id: i64,
    /// Its name.
    pub name: String,
    /// `member` or `manager`.
    pub role: String,
}

/// Somebody who belongs to an organisation.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
pub struct Member {
    /// Name of the account.
    pub name: String,
    /// `member` or `manager`.
    pub role: String,
    /// Since when.
    pub since: String,
}

/// What somebody shall be in an organisation.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct Membership {
    /// `member` or `manager`.
    pub role: String,
}

/// A job, as administrators see it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
pub struct Job {
    /// Its number.
    pub id: i64,
    /// What it is about.
    pub subject: String,
    /// `open`, `leased`, `done`, `dead` or `cancelled`.
    pub state: String,
    /// How often it was begun.
    pub attempts: u32,
    /// Why the last attempt failed.
    pub last_error: Option<String>,
    /// When it was asked for.
    pub created_at: String,
    /// When it ended.
    pub finished_at: Option<String>,
}

/// Why a learnware is taken down.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct Takedown {
    /// For its owner and for those who look for it.
    pub reason: String,
}

/// An account, as administrators see it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
pub struct Account {
    /// Its number.
    pub id: i64,
    /// E-mail address.
    pub email: String,
    /// The name that others see.
    pub name: String,
    /// `user` or `admin`.
    pub role: String,
    /// When it was made.
    pub created_at: String,
    /// When its address was confirmed.
    pub confirmed_at: Option<String>,
    /// When it was locked.
    pub disabled_at: Option<String>,
}

/// A change of an account; what is absent stays.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields, default)]
pub struct AccountPatch {
    /// `user` or `admin`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub role: Option<String>,
    /// Locked, or not any more.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub disabled: Option<bool>,
}

/// Something that was done.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
pub struct AuditEntry {
    /// Its number; later ones are larger.
    pub id: i64,
    /// When.
    pub at: String,
    /// By which account; absent for the operator at the machine.
    pub account: Option<i64>,
    /// What, as `noun.verb`.
    pub action: String,
    /// On what.
    pub subject: String,
    /// In which way.
    pub detail: String,
}
