//! How accounts end: by their owners, by administrators, and by themselves where nobody ever confirmed the address.
//! Nothing is kept of them but their numbers in the audit log.

use crate::accounts::{Principal, Scope, forbidden};
use crate::dock::Dock;
use crate::error::{DockError, Result};
use crate::ids::LearnwareNumber;
use crate::store::people::AccountNumber;
use crate::store::removal::{AccountRemoved, Legacy};

/// What an account left behind.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Estate {
    /// Learnwares that were deleted with it.
    pub deleted: Vec<LearnwareNumber>,
    /// How many of its learnwares stay, without an owner.
    pub kept: u64,
}

impl Dock {
    /// Ends the account of whoever asks, who shows the password again.
    ///
    /// # Errors
    /// [`DockError::WrongLogin`] when the password is wrong; else as [`Dock::remove_account`].
    pub async fn leave(&self, principal: &Principal, password: String, legacy: Legacy) -> Result<Estate> {
        principal.needs(Scope::Account)?;
        self.check_password(principal.account, password).await?;
        self.end_account(Some(principal.account), principal.account, legacy).await
    }

    /// Ends another account: for administrators and, with nobody named, the operator.
    ///
    /// # Errors
    /// [`DockError::UnknownAccount`]; [`DockError::Forbidden`] for the own account, for the last administrator, and for
    /// the last manager of an organisation with other members.
    pub async fn remove_account(
        &self,
        by: Option<&Principal>,
        number: AccountNumber,
        legacy: Legacy,
    ) -> Result<Estate> {
        if let Some(by) = by {
            by.needs(Scope::Admin)?;
            if by.account == number {
                return Err(forbidden("the own account ends by its password: `learnware account delete`"));
            }
        }
        self.end_account(by.map(|by| by.account), number, legacy).await
    }

    /// Ends accounts whose address was not confirmed for as long as the configuration says; returns how many.
    pub(crate) async fn forget_unconfirmed(&self) -> Result<u64> {
        let state = self.state();
        let before = self.now().minus(state.config.unconfirmed_age);
        let mut count = 0;
        loop {
            let forgotten = state.store.forget_unconfirmed(before).await?;
            if forgotten.is_empty() {
                return Ok(count);
            }
            for number in forgotten {
                self.audit(None, "account.forget", &number.0.to_string(), "never confirmed").await?;
                count += 1;
            }
        }
    }

    async fn end_account(
        &self,
        by: Option<AccountNumber>,
        number: AccountNumber,
        legacy: Legacy,
    ) -> Result<Estate> {
        match self.state().store.remove_account(number, legacy, self.now()).await? {
            AccountRemoved::Removed { deleted, kept } => {
                let detail = format!("learnwares: {kept} kept, {} deleted", deleted.len());
                self.audit(by, "account.delete", &number.0.to_string(), &detail).await?;
                Ok(Estate { deleted, kept })
            }
            AccountRemoved::Unknown => Err(DockError::UnknownAccount),
            AccountRemoved::LastAdmin => {
                Err(forbidden("the last administrator stays; make somebody else one first"))
            }
            AccountRemoved::LastManager(name) => {
                let reason =
                    format!("nobody else manages the organisation {name}; name another manager first");
                Err(forbidden(reason))
            }
        }
    }
}
