//! The sessions of an account, as their owner sees and ends them.

use std::collections::BTreeSet;

use crate::accounts::{Principal, Scope, scopes};
use crate::dock::Dock;
use crate::error::Result;
use crate::store::people::{SecretKind, SecretRow};

/// A session, without its secret.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Session {
    /// Row number, to name it by.
    pub id: i64,
    /// What it allows.
    pub scopes: BTreeSet<Scope>,
    /// Whether it is the one that asks.
    pub is_current: bool,
    /// What else is known of it. Its name is empty after a login, else the token that it began by.
    pub row: SecretRow,
}

impl Dock {
    /// The sessions of whoever asks, oldest first.
    pub async fn sessions(&self, of: &Principal) -> Result<Vec<Session>> {
        of.needs(Scope::Account)?;
        let rows = self.state().store.secrets(of.account, SecretKind::Session, self.now()).await?;
        let session = |row: SecretRow| Session {
            id: row.id,
            scopes: scopes(&row.scopes),
            is_current: row.id == of.secret,
            row,
        };
        Ok(rows.into_iter().map(session).collect())
    }

    /// Ends one session of whoever asks, or all with `None`; returns how many. Tokens go on.
    pub async fn end_sessions(&self, of: &Principal, id: Option<i64>) -> Result<u64> {
        of.needs(Scope::Account)?;
        let count = self.state().store.remove_secrets(of.account, SecretKind::Session, id).await?;
        if count > 0 {
            let subject = id.map_or_else(|| "all".to_owned(), |id| id.to_string());
            self.audit(Some(of.account), "session.end", &subject, "").await?;
        }
        Ok(count)
    }
}
