//! Rows of those who use a dock: accounts, what they show to be let in, what they did. No SQL here.

use serde::{Deserialize, Serialize};

use crate::clock::Timestamp;
use crate::error::{DockError, Result};

/// Row number of an account.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct AccountNumber(pub i64);

/// What an account may do.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Role {
    /// Submit learnwares and change their own.
    User,
    /// Everything that the service offers.
    Admin,
}

impl Role {
    /// The word in the database and on the wire.
    pub fn word(self) -> &'static str {
        match self {
            Self::User => "user",
            Self::Admin => "admin",
        }
    }

    /// Reads a role.
    ///
    /// # Errors
    /// [`DockError::BadRow`] for another word.
    pub fn from_word(word: &str) -> Result<Self> {
        [Self::User, Self::Admin]
            .into_iter()
            .find(|role| role.word() == word)
            .ok_or_else(|| DockError::BadRow { what: "role".into(), reason: word.to_owned() })
    }
}

/// An account.
#[derive(Clone, PartialEq, Eq)]
pub struct AccountRow {
    /// Its number.
    pub number: AccountNumber,
    /// E-mail address, as it was given.
    pub email: String,
    /// The name that others see.
    pub name: String,
    /// Argon2id of the password in the PHC form; `None` when there is no login by password.
    pub password: Option<String>,
    /// What it may do.
    pub role: Role,
    /// When it was made.
    pub created_at: Timestamp,
    /// When its e-mail address was confirmed.
    pub confirmed_at: Option<Timestamp>,
    /// When it was locked.
    pub disabled_at: Option<Timestamp>,
}

impl std::fmt::Debug for AccountRow {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        // Without the password's hash and the address: rows end up in logs.
        f.debug_struct("AccountRow")
            .field("number", &self.number)
            .field("role", &self.role)
            .finish_non_exhaustive()
    }
}

/// What another service's login calls somebody (OpenID Connect): the two together never mean another person.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Identity {
    /// The service.
    pub issuer: String,
    /// Its name for the person.
    pub subject: String,
}

/// The account that comes in by an identity.
pub(super) const ACCOUNT_BY_IDENTITY: &str =
    "SELECT a.* FROM accounts a JOIN identities i ON i.account_id = a.id
     WHERE i.issuer = $1 AND i.subject = $2";

/// Joins an identity to an account, unless it has one.
pub(super) const ADD_IDENTITY: &str = "INSERT INTO identities (issuer, subject, account_id, created_at)
     VALUES ($1, $2, $3, $4) ON CONFLICT (issuer, subject) DO NOTHING";

/// An account about to be made.
#[derive(Clone)]
pub struct NewAccount {
    /// E-mail address.
    pub email: String,
    /// The name that others see.
    pub name: String,
    /// Argon2id of the password in the PHC form.
    pub password: Option<String>,
    /// What it may do.
    pub role: Role,
    /// Whether its e-mail address counts as confirmed.
    pub confirmed: bool,
}

/// What became of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum AccountAdded {
    /// It is there.
    Added(AccountNumber),
    /// Another account has the e-mail address.
    EmailTaken,
    /// Another account has the name.
    NameTaken,
}

/// A change of an account.
#[derive(Clone)]
pub enum AccountChange {
    /// Another password, as Argon2id.
    Password(String),
    /// Another role.
    Role(Role),
    /// The e-mail address is confirmed.
    Confirmed,
    /// Locked, or not any more.
    Disabled(bool),
}

/// What a secret is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum SecretKind {
    /// A session of a browser or of the compatible client.
    Session,
    /// A token for programs.
    Token,
    /// Confirms an e-mail address, once.
    Confirm,
    /// Allows a new password, once.
    Reset,
    /// Makes the first administrator, once.
    Invitation,
    /// Work to be done before registering, once.
    Challenge,
}

impl SecretKind {
    /// The word in the database.
    pub fn word(self) -> &'static str {
        match self {
            Self::Session => "session",
            Self::Token => "token",
            Self::Confirm => "confirm",
            Self::Reset => "reset",
            Self::Invitation => "invitation",
            Self::Challenge => "challenge",
        }
    }
}

/// A secret about to be kept.
#[derive(Debug, Clone)]
pub struct NewSecret {
    /// What it is for.
    pub kind: SecretKind,
    /// BLAKE3 of it, hexadecimal.
    pub digest: String,
    /// Whose it is.
    pub account: Option<AccountNumber>,
    /// What its owner calls it.
    pub name: String,
    /// What it allows, words with spaces between.
    pub scopes: String,
    /// When it ends.
    pub expires_at: Timestamp,
}

/// A secret that is kept.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SecretRow {
    /// Row number.
    pub id: i64,
    /// Whose it is.
    pub account: Option<AccountNumber>,
    /// What its owner calls it.
    pub name: String,
    /// What it allows.
    pub scopes: String,
    /// When it was made.
    pub created_at: Timestamp,
    /// When it ends.
    pub expires_at: Timestamp,
    /// When it was last used, to the hour or so.
    pub used_at: Option<Timestamp>,
}

/// Something that was done.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AuditRow {
    /// Row number; later ones are larger. Ignored when it is written.
    pub id: i64,
    /// When.
    pub at: Timestamp,
    /// By whom; `None` for the operator at the machine, or nobody who is known.
    pub account: Option<AccountNumber>,
    /// What, as `noun.verb`.
    pub action: String,
    /// On what.
    pub subject: String,
    /// In which way.
    pub detail: String,
}
