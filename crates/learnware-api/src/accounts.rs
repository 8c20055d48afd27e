//! Accounts, what lets them in, and organisations.

use serde::{Deserialize, Serialize};

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
