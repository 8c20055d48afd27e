//! Rows of organisations and of who is in them; and who sees a learnware. No SQL here.

use serde::{Deserialize, Serialize};

use super::people::AccountNumber;
use crate::clock::Timestamp;
use crate::error::{DockError, Result};

/// Row number of an organisation.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct OrganisationNumber(pub i64);

/// Who finds a learnware once it is usable. Administrators see all.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub enum Visibility {
    /// Everybody.
    #[default]
    Public,
    /// Its owner alone.
    Owner,
    /// Its owner and the members of an organisation.
    Organisation(OrganisationNumber),
}

impl Visibility {
    /// The word in the database and on the wire.
    pub fn word(self) -> &'static str {
        match self {
            Self::Public => "public",
            Self::Owner => "owner",
            Self::Organisation(_) => "organisation",
        }
    }

    /// The organisation, where it is one's.
    pub fn organisation(self) -> Option<OrganisationNumber> {
        match self {
            Self::Organisation(number) => Some(number),
            Self::Public | Self::Owner => None,
        }
    }

    /// Puts a word and an organisation together; `None` when they don't fit.
    pub fn from_parts(word: &str, organisation: Option<OrganisationNumber>) -> Option<Self> {
        match (word, organisation) {
            ("public", None) => Some(Self::Public),
            ("owner", None) => Some(Self::Owner),
            ("organisation", Some(number)) => Some(Self::Organisation(number)),
            _ => None,
        }
    }
}

/// Whose a learnware is and who finds it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Audience {
    /// Its owner; `None` for the operator's own.
    pub owner: Option<AccountNumber>,
    /// Who else.
    pub visibility: Visibility,
}

/// An organisation.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OrganisationRow {
    /// Its number.
    pub number: OrganisationNumber,
    /// Its name.
    pub name: String,
    /// When it was made.
    pub created_at: Timestamp,
}

/// What a member may do.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum MemberRole {
    /// See its learnwares and add own ones.
    Member,
    /// Also say who belongs to it.
    Manager,
}

impl MemberRole {
    /// The word in the database and on the wire.
    pub fn word(self) -> &'static str {
        match self {
            Self::Member => "member",
            Self::Manager => "manager",
        }
    }

    /// Reads a word.
    ///
    /// # Errors
    /// [`DockError::BadRow`] for another word.
    pub fn from_word(word: &str) -> Result<Self> {
        [Self::Member, Self::Manager]
            .into_iter()
            .find(|role| role.word() == word)
            .ok_or_else(|| DockError::BadRow { what: "role".into(), reason: word.to_owned() })
    }
}

/// A member of an organisation.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MemberRow {
    /// The account.
    pub account: AccountNumber,
    /// Its name.
    pub name: String,
    /// What it may do there.
    pub role: MemberRole,
    /// Since when it belongs to it.
    pub since: Timestamp,
}

/// What became of a change of a member.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum MemberChanged {
    /// It is so now.
    Done,
    /// Nobody would manage the organisation any more; nothing was changed.
    LastManager,
}
