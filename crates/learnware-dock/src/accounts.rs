//! Who uses a dock that is served: accounts, logins, tokens, and what each may do. The rules are here, and not in those
//! who ask.
//!
//! Passwords are kept as Argon2id, everything else that lets somebody in as a digest. There is no account and no
//! password to begin with: the first administrator comes by an invitation that the operator's machine shows.

use std::collections::BTreeSet;
use std::time::Duration;

use argon2::Argon2;
use argon2::password_hash::phc::PasswordHash;
use argon2::password_hash::{PasswordHasher as _, PasswordVerifier as _};
use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};

use crate::cpu::Pool;
use crate::dock::Dock;
use crate::error::{DockError, Result};
use crate::secrets::{Secret, digest};
use crate::store::organisations::OrganisationNumber;
use crate::store::people::{
    AccountAdded, AccountChange, AccountNumber, AccountRow, AuditRow, NewAccount, NewSecret, Role,
    SecretKind, SecretRow,
};
use crate::store::rows::LearnwareRow;

/// How long a session lasts.
const SESSION: Duration = Duration::from_hours(24 * 14);
/// How long a session of the compatible client lasts, as the reference's does.
const CLIENT_SESSION: Duration = Duration::from_hours(24);
/// How long codes in e-mails and invitations work.
const CODE: Duration = Duration::from_hours(24);
/// How long the work for a registration may take.
const CHALLENGE: Duration = Duration::from_mins(30);
/// Zero bits that the work must show: about a second for a browser, and a cost for those who make thousands.
pub const CHALLENGE_BITS: u32 = 16;
/// Tokens of an account at once.
const TOKENS_MAX: usize = 50;
/// Days that a token lasts at most.
pub const TOKEN_DAYS_MAX: u32 = 366;
/// Characters of a name, an address and a password.
pub(crate) const NAME_CHARS: std::ops::RangeInclusive<usize> = 2..=40;
const EMAIL_CHARS: std::ops::RangeInclusive<usize> = 3..=254;
const PASSWORD_CHARS: std::ops::RangeInclusive<usize> = 10..=200;
/// Verified where there is no such account, so that an answer takes as long.
const NOBODY: &str = "$argon2id$v=19$m=19456,t=2,p=1$c29tZXNhbHRzb21lc2FsdA$\
                      Y0Cb/8j7vqVwcJzQbn2GV3nRo7+y6cXAhXYAlvBJGi8";

/// What a token allows.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Scope {
    /// Look at what only the account sees.
    Read,
    /// Submit learnwares and change the account's own.
    Submit,
    /// Change the account itself: password, tokens.
    Account,
    /// What administrators may do, if the account is one.
    Admin,
}

impl Scope {
    /// All of them.
    pub const ALL: [Self; 4] = [Self::Read, Self::Submit, Self::Account, Self::Admin];

    /// The word in the database and on the wire.
    pub fn word(self) -> &'static str {
        match self {
            Self::Read => "read",
            Self::Submit => "submit",
            Self::Account => "account",
            Self::Admin => "admin",
        }
    }
}

/// Somebody who was let in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Principal {
    /// The account.
    pub account: AccountNumber,
    /// Its name.
    pub name: String,
    /// What the account may do.
    pub role: Role,
    /// What this way in allows.
    pub scopes: BTreeSet<Scope>,
    /// Row number of the session or token that it came in by.
    pub secret: i64,
    /// The organisations that it belongs to.
    pub organisations: BTreeSet<OrganisationNumber>,
}

/// A wish to have an account.
#[derive(Clone)]
pub struct Registration {
    /// E-mail address.
    pub email: String,
    /// The name that others see.
    pub name: String,
    /// The password, in clear.
    pub password: String,
}

/// A token as its owner sees it after it was made.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Token {
    /// Row number, to name it by.
    pub id: i64,
    /// What its owner calls it.
    pub name: String,
    /// What it allows.
    pub scopes: BTreeSet<Scope>,
    /// What else is known of it.
    pub row: SecretRow,
}

impl Principal {
    /// Whether it may use a scope.
    ///
    /// # Errors
    /// [`DockError::Forbidden`] when its way in does not allow that.
    pub fn needs(&self, scope: Scope) -> Result<()> {
        let role_fits = scope != Scope::Admin || self.role == Role::Admin;
        match (role_fits, self.scopes.contains(&scope)) {
            (true, true) => Ok(()),
            (false, _) => Err(forbidden("only administrators may do that")),
            (true, false) => {
                Err(DockError::Forbidden { reason: format!("this token lacks the scope {}", scope.word()) })
            }
        }
    }

    /// Whether it may change a learnware: its own, or any for an administrator.
    ///
    /// # Errors
    /// [`DockError::Forbidden`] when not.
    pub fn may_change(&self, learnware: &LearnwareRow) -> Result<()> {
        self.needs(Scope::Submit)?;
        if learnware.owner == Some(self.account) {
            return Ok(());
        }
        self.needs(Scope::Admin).map_err(|_| forbidden("the learnware belongs to somebody else"))
    }

    /// Whether it may see what is not public of a learnware.
    pub fn may_see(&self, learnware: &LearnwareRow) -> bool {
        learnware.owner == Some(self.account) && self.scopes.contains(&Scope::Read)
            || self.needs(Scope::Admin).is_ok()
    }
}

impl Dock {
    /// Work for somebody who wants to register: find a `nonce` so that SHA-256 of `challenge:nonce` begins with
    /// [`CHALLENGE_BITS`] zero bits.
    pub async fn registration_challenge(&self) -> Result<Secret> {
        self.new_secret(SecretKind::Challenge, None, "", &BTreeSet::new(), CHALLENGE).await.map(|made| made.0)
    }

    /// Makes an account. The code confirms its e-mail address.
    ///
    /// # Errors
    /// [`DockError::BadCode`] when the work was not done; [`DockError::BadAccount`] and [`DockError::Taken`] when the
    /// registration can't be.
    pub async fn register(
        &self,
        wish: Registration,
        challenge: &str,
        nonce: &str,
    ) -> Result<(AccountNumber, Secret)> {
        check(&wish)?;
        if !is_worked(challenge, nonce) || self.take(SecretKind::Challenge, challenge).await?.is_none() {
            return Err(DockError::BadCode);
        }
        let number = self.add_account(wish, Role::User, false).await?;
        let code = self.new_secret(SecretKind::Confirm, Some(number), "", &BTreeSet::new(), CODE).await?.0;
        Ok((number, code))
    }

    /// Makes an account without questions: for the operator at the machine.
    pub async fn add_account(
        &self,
        wish: Registration,
        role: Role,
        confirmed: bool,
    ) -> Result<AccountNumber> {
        check(&wish)?;
        let Registration { email, name, password } = wish;
        let password = Some(self.hash(password).await?);
        let new = NewAccount { email, name, password, role, confirmed };
        match self.state().store.add_account(&new, self.now()).await? {
            AccountAdded::Added(number) => {
                self.audit(None, "account.add", &number.0.to_string(), role.word()).await?;
                Ok(number)
            }
            AccountAdded::EmailTaken => Err(DockError::Taken { what: "e-mail address" }),
            AccountAdded::NameTaken => Err(DockError::Taken { what: "name" }),
        }
    }

    /// Confirms an e-mail address by its code.
    ///
    /// # Errors
    /// [`DockError::BadCode`] when the code is unknown, used or too old.
    pub async fn confirm(&self, code: &str) -> Result<AccountNumber> {
        let account = self.take_of_account(SecretKind::Confirm, code).await?;
        if !self.state().store.change_account(account, &AccountChange::Confirmed, self.now()).await? {
            return Err(DockError::BadCode); // It ended at this moment.
        }
        Ok(account)
    }

    /// An invitation for the first administrator, while there is none.
    pub async fn first_invitation(&self) -> Result<Option<Secret>> {
        if self.state().store.has_admin().await? {
            return Ok(None);
        }
        let made = self.new_secret(SecretKind::Invitation, None, "", &BTreeSet::new(), CODE).await?;
        Ok(Some(made.0))
    }

    /// Makes the first administrator.
    ///
    /// # Errors
    /// [`DockError::BadCode`] when the invitation is unknown, used or too old, or there is one already.
    pub async fn accept_invitation(&self, code: &str, wish: Registration) -> Result<AccountNumber> {
        check(&wish)?;
        if self.state().store.has_admin().await? {
            return Err(DockError::BadCode);
        }
        let taken = self.take(SecretKind::Invitation, code).await?.ok_or(DockError::BadCode)?;
        let added = self.add_account(wish, Role::Admin, true).await;
        if added.is_err() {
            // Nobody was made an administrator, so the invitation stands as it did.
            self.keep_again(SecretKind::Invitation, code, taken).await?;
        }
        added
    }

    /// Begins a session.
    ///
    /// # Errors
    /// [`DockError::WrongLogin`] when address or password is wrong, which of them is not told;
    /// [`DockError::NotConfirmed`] when the address was never confirmed.
    pub async fn login(&self, email: &str, password: &str) -> Result<(Secret, AccountRow)> {
        let account = self.state().store.account_by_email(email).await?;
        let kept = account.as_ref().and_then(|account| account.password.clone());
        let fits = self.verify(password.to_owned(), kept.unwrap_or_else(|| NOBODY.to_owned())).await?;
        let account = account.filter(|account| fits && account.password.is_some());
        let account = account.filter(|account| account.disabled_at.is_none()).ok_or(DockError::WrongLogin)?;
        if account.confirmed_at.is_none() {
            return Err(DockError::NotConfirmed);
        }
        let session = self.begin_session(account.number).await?;
        Ok((session, account))
    }

    /// A session of its own account.
    pub(crate) async fn begin_session(&self, account: AccountNumber) -> Result<Secret> {
        let all = Scope::ALL.into();
        Ok(self.new_secret(SecretKind::Session, Some(account), "", &all, SESSION).await?.0)
    }

    /// Begins a short session by a token, as the reference's client does; it allows what the token allows.
    ///
    /// # Errors
    /// [`DockError::WrongLogin`] when the token is not one of the account with that address.
    pub async fn login_by_token(&self, email: &str, token: &str) -> Result<Secret> {
        let (store, now) = (&self.state().store, self.now());
        // Tokens only: a session that could begin another would never end.
        let row = store.secret(SecretKind::Token, &digest(token), now).await?.ok_or(DockError::WrongLogin)?;
        let account = store.account(row.account.ok_or(DockError::WrongLogin)?).await?;
        let account = account
            .filter(|account| account.disabled_at.is_none())
            .filter(|account| account.email.to_lowercase() == email.to_lowercase())
            .ok_or(DockError::WrongLogin)?;
        let left = row.expires_at.microseconds().saturating_sub(now.microseconds());
        let lifetime = CLIENT_SESSION.min(Duration::from_micros(u64::try_from(left).unwrap_or(0)));
        let (name, scopes) = (session_name(row.id), scopes(&row.scopes));
        Ok(self.new_secret(SecretKind::Session, Some(account.number), &name, &scopes, lifetime).await?.0)
    }

    /// Who shows this secret; `None` when it is none that lets somebody in.
    pub async fn authenticate(&self, secret: &str) -> Result<Option<Principal>> {
        let (digest, store, now) = (digest(secret), &self.state().store, self.now());
        let mut found = store.secret(SecretKind::Session, &digest, now).await?;
        if found.is_none() {
            found = store.secret(SecretKind::Token, &digest, now).await?;
        }
        let Some((row, account)) = found.and_then(|row| row.account.map(|account| (row, account))) else {
            return Ok(None);
        };
        let account = store.account(account).await?.filter(|account| account.disabled_at.is_none());
        let Some(account) = account else { return Ok(None) };
        let organisations = store.organisations_of(account.number).await?;
        Ok(Some(Principal {
            account: account.number,
            name: account.name,
            role: account.role,
            scopes: scopes(&row.scopes),
            secret: row.id,
            organisations: organisations.into_iter().map(|(organisation, _)| organisation.number).collect(),
        }))
    }

    /// Ends a session.
    pub async fn logout(&self, secret: &str) -> Result<()> {
        self.take(SecretKind::Session, secret).await.map(drop)
    }

    /// Makes a token, which is shown only now.
    ///
    /// # Errors
    /// [`DockError::BadAccount`] for a name or a time that can't be, [`DockError::Forbidden`] for scopes that its maker
    /// lacks.
    pub async fn create_token(
        &self,
        maker: &Principal,
        name: &str,
        scopes: &BTreeSet<Scope>,
        days: u32,
    ) -> Result<(Secret, i64)> {
        maker.needs(Scope::Account)?;
        for &scope in scopes {
            maker.needs(scope)?;
        }
        self.add_token(maker.account, name, scopes, days).await
    }

    /// Makes a token without questions: for the operator at the machine.
    pub async fn add_token(
        &self,
        account: AccountNumber,
        name: &str,
        scopes: &BTreeSet<Scope>,
        days: u32,
    ) -> Result<(Secret, i64)> {
        in_range("name", name.trim(), 1..=*NAME_CHARS.end())?;
        if self.tokens(account).await?.len() >= TOKENS_MAX {
            let reason = format!("you have {TOKENS_MAX} tokens; end some first");
            return Err(DockError::BadAccount { field: "token", reason });
        }
        if !(1..=TOKEN_DAYS_MAX).contains(&days) || scopes.is_empty() {
            let reason = format!("a token has at least one scope and lasts 1 to {TOKEN_DAYS_MAX} days");
            return Err(DockError::BadAccount { field: "token", reason });
        }
        let lifetime = Duration::from_hours(24 * u64::from(days));
        let made = self.new_secret(SecretKind::Token, Some(account), name.trim(), scopes, lifetime).await?;
        self.audit(Some(account), "token.add", &made.1.to_string(), name.trim()).await?;
        Ok(made)
    }

    /// The tokens of an account.
    pub async fn tokens(&self, account: AccountNumber) -> Result<Vec<Token>> {
        let rows = self.state().store.secrets(account, SecretKind::Token, self.now()).await?;
        Ok(rows
            .into_iter()
            .map(|row| Token { id: row.id, name: row.name.clone(), scopes: scopes(&row.scopes), row })
            .collect())
    }

    /// The number of a token of the account, by its secret; `None` when it is none of them.
    pub async fn token_number(&self, account: AccountNumber, token: &str) -> Result<Option<i64>> {
        let row = self.state().store.secret(SecretKind::Token, &digest(token), self.now()).await?;
        Ok(row.filter(|row| row.account == Some(account)).map(|row| row.id))
    }

    /// Ends a token and the sessions that began by it. False when the account has none with that number.
    pub async fn revoke_token(&self, account: AccountNumber, id: i64) -> Result<bool> {
        let store = &self.state().store;
        let gone = store.remove_secrets(account, SecretKind::Token, Some(id)).await? > 0;
        if gone {
            let sessions = store.secrets(account, SecretKind::Session, self.now()).await?;
            for session in sessions.iter().filter(|session| session.name == session_name(id)) {
                store.remove_secrets(account, SecretKind::Session, Some(session.id)).await?;
            }
            self.audit(Some(account), "token.revoke", &id.to_string(), "").await?;
        }
        Ok(gone)
    }

    /// A code that allows a new password, if there is such an account. The caller tells nobody but its owner.
    pub async fn reset_code(&self, email: &str) -> Result<Option<Secret>> {
        let account = self.state().store.account_by_email(email).await?;
        let account = account.filter(|account| account.disabled_at.is_none()).map(|account| account.number);
        // Kept for nobody too, where it lets nobody in: the time that this takes tells nothing.
        let made = self.new_secret(SecretKind::Reset, account, "", &BTreeSet::new(), CODE).await?;
        Ok(account.and(Some(made.0)))
    }

    /// Sets a new password by a code; ends all sessions.
    ///
    /// # Errors
    /// [`DockError::BadCode`] when the code is unknown, used or too old.
    pub async fn reset_password(&self, code: &str, password: String) -> Result<()> {
        in_range("password", &password, PASSWORD_CHARS)?;
        let account = self.take_of_account(SecretKind::Reset, code).await?;
        // Who has the code has the address.
        self.state().store.change_account(account, &AccountChange::Confirmed, self.now()).await?;
        self.set_password(account, password).await
    }

    /// Sets a new password by the old one; ends all sessions.
    ///
    /// # Errors
    /// [`DockError::WrongLogin`] when the old one is wrong.
    pub async fn change_password(&self, principal: &Principal, old: String, new: String) -> Result<()> {
        principal.needs(Scope::Account)?;
        in_range("password", &new, PASSWORD_CHARS)?;
        self.check_password(principal.account, old).await?;
        self.set_password(principal.account, new).await
    }

    /// Changes another account: for administrators and the operator.
    ///
    /// # Errors
    /// [`DockError::UnknownAccount`] when there is none; [`DockError::Forbidden`] for the own one.
    pub async fn change_account(
        &self,
        by: Option<&Principal>,
        number: AccountNumber,
        change: AccountChange,
    ) -> Result<()> {
        if let Some(by) = by {
            by.needs(Scope::Admin)?;
            if by.account == number {
                return Err(forbidden("nobody changes the own role or lock; ask another administrator"));
            }
        }
        let detail = match &change {
            AccountChange::Password(_) => "password".to_owned(),
            AccountChange::Role(role) => format!("role {}", role.word()),
            AccountChange::Confirmed => "confirmed".to_owned(),
            AccountChange::Disabled(disabled) => format!("disabled {disabled}"),
        };
        if !self.state().store.change_account(number, &change, self.now()).await? {
            return Err(DockError::UnknownAccount);
        }
        if matches!(change, AccountChange::Disabled(true)) {
            self.state().store.remove_secrets(number, SecretKind::Session, None).await?;
        }
        self.audit(by.map(|by| by.account), "account.change", &number.0.to_string(), &detail).await
    }

    /// Writes down what was done.
    pub async fn audit(
        &self,
        account: Option<AccountNumber>,
        action: &str,
        subject: &str,
        detail: &str,
    ) -> Result<()> {
        let entry = AuditRow {
            id: 0,
            at: self.now(),
            account,
            action: action.to_owned(),
            subject: subject.to_owned(),
            detail: detail.to_owned(),
        };
        self.state().store.add_audit(&entry).await
    }

    /// Makes sure that whoever is in knows the password too.
    ///
    /// # Errors
    /// [`DockError::WrongLogin`] when not.
    pub(crate) async fn check_password(&self, account: AccountNumber, password: String) -> Result<()> {
        let account = self.state().store.account(account).await?;
        let kept = account.and_then(|account| account.password).ok_or(DockError::WrongLogin)?;
        if self.verify(password, kept).await? { Ok(()) } else { Err(DockError::WrongLogin) }
    }

    async fn set_password(&self, account: AccountNumber, password: String) -> Result<()> {
        let hash = self.hash(password).await?;
        let store = &self.state().store;
        store.change_account(account, &AccountChange::Password(hash), self.now()).await?;
        for kind in [SecretKind::Session, SecretKind::Reset] {
            store.remove_secrets(account, kind, None).await?;
        }
        self.audit(Some(account), "account.password", &account.0.to_string(), "").await
    }

    async fn new_secret(
        &self,
        kind: SecretKind,
        account: Option<AccountNumber>,
        name: &str,
        scopes: &BTreeSet<Scope>,
        lifetime: Duration,
    ) -> Result<(Secret, i64)> {
        let (secret, now) = (Secret::new()?, self.now());
        let words: Vec<&str> = scopes.iter().map(|scope| scope.word()).collect();
        let new = NewSecret {
            kind,
            digest: digest(secret.reveal()),
            account,
            name: name.to_owned(),
            scopes: words.join(" "),
            expires_at: now.plus(lifetime),
        };
        let id = self.state().store.add_secret(&new, now).await?;
        Ok((secret, id))
    }

    /// Keeps a secret again that was taken in vain.
    async fn keep_again(&self, kind: SecretKind, secret: &str, row: SecretRow) -> Result<()> {
        let SecretRow { account, name, scopes, expires_at, .. } = row;
        let again = NewSecret { kind, digest: digest(secret), account, name, scopes, expires_at };
        self.state().store.add_secret(&again, self.now()).await.map(drop)
    }

    async fn take(&self, kind: SecretKind, secret: &str) -> Result<Option<SecretRow>> {
        self.state().store.take_secret(kind, &digest(secret), self.now()).await
    }

    async fn take_of_account(&self, kind: SecretKind, code: &str) -> Result<AccountNumber> {
        self.take(kind, code).await?.and_then(|row| row.account).ok_or(DockError::BadCode)
    }

    async fn hash(&self, password: String) -> Result<String> {
        let work = move || Argon2::default().hash_password(password.as_bytes()).map(|hash| hash.to_string());
        let hashed = self.state().cpu.run(Pool::Compute, "hashing a password", work).await?;
        hashed.map_err(|error| DockError::NoRandomness { reason: error.to_string() })
    }

    async fn verify(&self, password: String, kept: String) -> Result<bool> {
        let work = move || {
            let kept = PasswordHash::new(&kept);
            kept.is_ok_and(|kept| Argon2::default().verify_password(password.as_bytes(), &kept).is_ok())
        };
        self.state().cpu.run(Pool::Compute, "checking a password", work).await
    }
}

pub(crate) fn forbidden(reason: impl Into<String>) -> DockError {
    DockError::Forbidden { reason: reason.into() }
}

/// The name of a session that began by a token.
fn session_name(token: i64) -> String {
    format!("token {token}")
}

pub(crate) fn scopes(words: &str) -> BTreeSet<Scope> {
    Scope::ALL.into_iter().filter(|scope| words.split(' ').any(|word| word == scope.word())).collect()
}

/// Whether SHA-256 of `challenge:nonce` begins with enough zero bits.
fn is_worked(challenge: &str, nonce: &str) -> bool {
    let hash = Sha256::digest(format!("{challenge}:{nonce}"));
    let begin = u32::from_be_bytes([hash[0], hash[1], hash[2], hash[3]]);
    nonce.len() <= 64 && begin.leading_zeros() >= CHALLENGE_BITS
}

fn check(wish: &Registration) -> Result<()> {
    in_range("name", &wish.name, NAME_CHARS)?;
    in_range("e-mail address", &wish.email, EMAIL_CHARS)?;
    in_range("password", &wish.password, PASSWORD_CHARS)?;
    let bad = |field, reason: &str| Err(DockError::BadAccount { field, reason: reason.to_owned() });
    let is_odd = |c: char| c.is_control() || c.is_whitespace();
    if wish.name.chars().any(char::is_control) || wish.name.trim() != wish.name {
        return bad("name", "it has spaces around it or control characters in it");
    }
    match wish.email.split_once('@') {
        Some((user, host)) if !user.is_empty() && !host.is_empty() && !host.contains('@') => {}
        _ => return bad("e-mail address", "it is not of the form user@host"),
    }
    if wish.email.chars().any(is_odd) {
        return bad("e-mail address", "it has spaces or control characters in it");
    }
    Ok(())
}

fn in_range(field: &'static str, text: &str, chars: std::ops::RangeInclusive<usize>) -> Result<()> {
    let count = text.chars().count();
    if chars.contains(&count) {
        return Ok(());
    }
    let reason = format!("it has {count} characters; {} to {} are allowed", chars.start(), chars.end());
    Err(DockError::BadAccount { field, reason })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_wrong_address_costs_as_much_as_a_wrong_password() {
        let kept = PasswordHash::new(NOBODY).unwrap();
        let ours = Argon2::default().hash_password(b"correct horse").unwrap();
        assert_eq!((kept.algorithm, &kept.params), (ours.algorithm, &ours.params));
        assert!(Argon2::default().verify_password(b"correct horse", &kept).is_err());
    }
}
