//! All rows of a dock, for those who move or keep a whole one: the same lines whatever the database. No SQL here.

use serde_json::{Map, Value};

use crate::error::Result;

/// Every table, those that others refer to first. `tests/it/moving.rs` holds them against the schema.
pub const TABLES: &[&str] = &[
    "meta",
    "revision",
    "accounts",
    "organisations",
    "members",
    "secrets",
    "identities",
    "learnwares",
    "versions",
    "package_owners",
    "jobs",
    "audit",
    "daily",
    "files",
    "capabilities",
    "evolutions",
    "doors",
    "conversions",
];

/// A row by column: texts, whole numbers and NULL.
pub type Row = Map<String, Value>;

/// What takes rows, one after the other.
pub type Sink<'a> = dyn FnMut(&'static str, Row) -> Result<()> + Send + 'a;

/// Where rows come from.
pub type Source<'a> = dyn Iterator<Item = Result<(&'static str, Row)>> + Send + 'a;

/// Columns of a row, as SQL: only plain names, whoever wrote them.
pub(super) fn columns(row: &Row) -> Option<Vec<&str>> {
    let plain = |name: &&String| {
        !name.is_empty() && name.bytes().all(|byte| byte.is_ascii_lowercase() || byte == b'_')
    };
    row.keys().all(|name| plain(&name)).then(|| row.keys().map(String::as_str).collect())
}
