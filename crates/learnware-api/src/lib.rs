//! Words on the wire: requests and answers of REST v1, for the server and for those who call it.
//!
//! Plain data. Specifications are JSON values in the reference's form; times are UTC, RFC 3339. Unknown fields of
//! requests are refused, so that a misspelled one is noticed; readers of answers ignore fields they don't know.
//! With the feature `client`, `client` calls a server.

mod accounts;
mod admin;
#[cfg(feature = "client")]
pub mod client;
mod datasets;
mod learnwares;
mod search;

use serde::{Deserialize, Serialize};
use serde_json::Value;

pub use accounts::*;
pub use admin::*;
pub use datasets::*;
pub use learnwares::*;
pub use search::*;

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
