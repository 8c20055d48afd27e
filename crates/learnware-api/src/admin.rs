//! What administrators see and do.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use serde_json::Value;

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

/// An attempt to make the market better.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
pub struct Evolution {
    /// Its number.
    pub id: i64,
    /// `active`, `refused` (it was no better) or `retired`.
    pub state: String,
    /// The market's revision that it was made of.
    pub revision: i64,
    /// What was learned and measured: learnwares `measured` and `unmeasured`, and for each island its `quality`, whether that
    /// `is_better` than distances alone, who could go (`retirements`) and who stands for many (`anchors`).
    pub report: Value,
    /// When it ended.
    pub created_at: String,
}

/// Whether an evolution waits now.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
pub struct EvolutionAsked {
    /// Else one is under way already.
    pub waits: bool,
}

/// Whether new indexes are waited for now.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
pub struct IndexAsked {
    /// Else they are being made already.
    pub waits: bool,
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
