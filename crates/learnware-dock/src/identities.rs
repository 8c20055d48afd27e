//! Accounts that come in by another service's login, which vouches for who they are. The service is the operator's choice,
//! so an address that it calls confirmed counts as confirmed here.

use crate::accounts::NAME_CHARS;
use crate::dock::Dock;
use crate::error::{DockError, Result};
use crate::secrets::Secret;
use crate::store::people::{AccountAdded, AccountNumber, Identity, NewAccount, Role};

/// Names that are tried for somebody whose own is taken.
const NAMES_TRIED: u32 = 1000;

/// What the other service says of somebody.
#[derive(Debug, Clone)]
pub struct Introduced {
    /// Who it is.
    pub identity: Identity,
    /// E-mail address, where it was confirmed there.
    pub email: Option<String>,
    /// A name to be called by.
    pub name: Option<String>,
}

impl Dock {
    /// Begins a session for somebody whom another service introduces. The first time an account is made, or the one that
    /// has the confirmed address is joined.
    ///
    /// # Errors
    /// [`DockError::WrongLogin`] when the account is locked; [`DockError::BadAccount`] when the service does not vouch for
    /// an address; [`DockError::NotConfirmed`] when an account has the address and nobody confirmed it: whoever made it
    /// knows a password for it, and may be somebody else.
    pub async fn enter(&self, introduced: Introduced) -> Result<Secret> {
        let store = self.store();
        let known = store.account_by_identity(&introduced.identity).await?;
        let account = match known {
            Some(account) if account.disabled_at.is_some() => return Err(DockError::WrongLogin),
            Some(account) => account.number,
            None => self.join(&introduced).await?,
        };
        self.begin_session(account).await
    }

    async fn join(&self, introduced: &Introduced) -> Result<AccountNumber> {
        let Some(email) = &introduced.email else {
            let reason = "the login service does not say that it was confirmed".to_owned();
            return Err(DockError::BadAccount { field: "e-mail address", reason });
        };
        let account = match self.store().account_by_email(email).await? {
            Some(account) if account.disabled_at.is_some() => return Err(DockError::WrongLogin),
            Some(account) if account.confirmed_at.is_none() => return Err(DockError::NotConfirmed),
            Some(account) => account.number,
            None => self.add_introduced(email, introduced.name.as_deref()).await?,
        };
        // Of two logins at once one is first; both are the same person's.
        self.store().add_identity(&introduced.identity, account, self.now()).await?;
        let service = &introduced.identity.issuer;
        self.audit(Some(account), "account.join", &account.0.to_string(), service).await?;
        Ok(account)
    }

    /// An account without a password, with the first of some names that is free.
    async fn add_introduced(&self, email: &str, name: Option<&str>) -> Result<AccountNumber> {
        let begin = name.or(email.split('@').next()).unwrap_or_default().trim();
        let room = NAME_CHARS.end() - NAMES_TRIED.to_string().len() - 1;
        let begin: String = begin.chars().filter(|c| !c.is_control()).take(room).collect();
        let begin = if begin.chars().count() < *NAME_CHARS.start() { format!("user {begin}") } else { begin };
        for number in 1..=NAMES_TRIED {
            let name = if number == 1 { begin.clone() } else { format!("{begin} {number}") };
            let email = email.to_owned();
            let new = NewAccount { email, name, password: None, role: Role::User, confirmed: true };
            match self.store().add_account(&new, self.now()).await? {
                AccountAdded::Added(account) => return Ok(account),
                AccountAdded::EmailTaken => return Err(DockError::Taken { what: "e-mail address" }),
                AccountAdded::NameTaken => {}
            }
        }
        Err(DockError::Taken { what: "name" })
    }
}
