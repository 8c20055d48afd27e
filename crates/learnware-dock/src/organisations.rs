//! Organisations: people who share learnwares that others don't see. The rules are here, and not in those who ask.

use crate::accounts::{Principal, Scope, forbidden};
use crate::dock::Dock;
use crate::error::{DockError, Result};
use crate::store::organisations::{
    Audience, MemberChanged, MemberRole, MemberRow, OrganisationNumber, OrganisationRow, Visibility,
};
use learnware_engine::learnware::LearnwareId;

/// Characters of a name.
const NAME_CHARS: std::ops::RangeInclusive<usize> = 2..=60;
/// Organisations that an account belongs to at most.
const OF_ACCOUNT_MAX: usize = 100;

impl Dock {
    /// Makes an organisation, which its founder manages.
    ///
    /// # Errors
    /// [`DockError::BadAccount`] for a name that can't be, [`DockError::Taken`] where another has it.
    pub async fn add_organisation(&self, by: &Principal, name: &str) -> Result<OrganisationNumber> {
        by.needs(Scope::Account)?;
        let name = name.trim();
        if !NAME_CHARS.contains(&name.chars().count()) || name.chars().any(char::is_control) {
            let reason = format!("{} to {} characters", NAME_CHARS.start(), NAME_CHARS.end());
            return Err(DockError::BadAccount { field: "name", reason });
        }
        if by.organisations.len() >= OF_ACCOUNT_MAX {
            return Err(forbidden(format!("you belong to {OF_ACCOUNT_MAX} organisations already")));
        }
        let made = self.state().store.add_organisation(name, by.account, self.now()).await?;
        let number = made.ok_or(DockError::Taken { what: "name" })?;
        self.audit(Some(by.account), "organisation.add", &number.0.to_string(), name).await?;
        Ok(number)
    }

    /// The organisations of whoever asks, and as what they belong to them.
    pub async fn organisations(&self, of: &Principal) -> Result<Vec<(OrganisationRow, MemberRole)>> {
        of.needs(Scope::Read)?;
        self.state().store.organisations_of(of.account).await
    }

    /// Who belongs to an organisation.
    ///
    /// # Errors
    /// [`DockError::UnknownOrganisation`] for those who don't.
    pub async fn members(
        &self,
        viewer: &Principal,
        organisation: OrganisationNumber,
    ) -> Result<Vec<MemberRow>> {
        viewer.needs(Scope::Read)?;
        let members = self.state().store.members(organisation).await?;
        let is_inside = members.iter().any(|member| member.account == viewer.account);
        if members.is_empty() || !is_inside && viewer.needs(Scope::Admin).is_err() {
            return Err(DockError::UnknownOrganisation);
        }
        Ok(members)
    }

    /// Makes the account with that name a member, gives it another role, or with `None` ends its membership.
    ///
    /// # Errors
    /// [`DockError::Forbidden`] for those who don't manage it, unless they leave themselves, and where nobody would manage
    /// it any more; [`DockError::UnknownAccount`].
    pub async fn set_member(
        &self,
        by: &Principal,
        organisation: OrganisationNumber,
        name: &str,
        role: Option<MemberRole>,
    ) -> Result<()> {
        by.needs(Scope::Account)?;
        let members = self.members(by, organisation).await?;
        let manages = |member: &MemberRow| member.account == by.account && member.role == MemberRole::Manager;
        let leaves = role.is_none() && name == by.name;
        if !leaves && !members.iter().any(manages) && by.needs(Scope::Admin).is_err() {
            return Err(forbidden("only its managers say who belongs to an organisation"));
        }
        let store = &self.state().store;
        let account = match members.iter().find(|member| member.name == name) {
            Some(member) => member.account,
            None => store.account_by_name(name).await?.ok_or(DockError::UnknownAccount)?.number,
        };
        match store.set_member(organisation, account, role, self.now()).await? {
            MemberChanged::Done => {}
            MemberChanged::LastManager => {
                return Err(forbidden("somebody must manage the organisation; name another manager first"));
            }
        }
        let detail = format!("{}: {}", account.0, role.map_or("none", MemberRole::word));
        self.audit(Some(by.account), "organisation.member", &organisation.0.to_string(), &detail).await
    }

    /// Says who finds a learnware.
    ///
    /// # Errors
    /// As [`Principal::may_change`], and [`DockError::UnknownOrganisation`] for one that they don't belong to.
    pub async fn set_visibility(
        &self,
        by: &Principal,
        id: &LearnwareId,
        visibility: Visibility,
    ) -> Result<()> {
        let row = self.living(id).await?;
        by.may_change(&row)?;
        by.may_share(visibility)?;
        self.state().store.set_visibility(row.number, visibility).await?;
        self.audit(Some(by.account), "learnware.visibility", &row.number.to_string(), visibility.word()).await
    }
}

impl Principal {
    /// Whose and whose eyes' a learnware of it is.
    ///
    /// # Errors
    /// [`DockError::UnknownOrganisation`] for one that it does not belong to.
    pub fn audience(&self, visibility: Visibility) -> Result<Audience> {
        self.may_share(visibility)?;
        Ok(Audience { owner: Some(self.account), visibility })
    }

    fn may_share(&self, visibility: Visibility) -> Result<()> {
        match visibility.organisation() {
            Some(organisation) if !self.organisations.contains(&organisation) => {
                Err(DockError::UnknownOrganisation)
            }
            _ => Ok(()),
        }
    }
}
