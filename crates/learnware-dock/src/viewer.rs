//! Who looks, and which learnwares they find.

use crate::accounts::{Principal, Scope};
use crate::store::organisations::{Audience, Visibility};

/// Who looks.
#[derive(Debug, Clone, Default)]
pub enum Viewer {
    /// The operator at the machine, who sees everything.
    #[default]
    Operator,
    /// Somebody who is served, known or not.
    Served(Option<Principal>),
}

impl Viewer {
    /// Whether they find a learnware of this audience.
    pub fn sees(&self, audience: &Audience) -> bool {
        match self {
            Self::Operator => true,
            Self::Served(None) => audience.visibility == Visibility::Public,
            Self::Served(Some(principal)) => principal.sees(audience),
        }
    }
}

impl Principal {
    /// Whether it finds a learnware of this audience.
    pub fn sees(&self, audience: &Audience) -> bool {
        let is_inside = match audience.visibility {
            Visibility::Public => return true,
            Visibility::Owner => audience.owner == Some(self.account),
            Visibility::Organisation(organisation) => {
                audience.owner == Some(self.account) || self.organisations.contains(&organisation)
            }
        };
        is_inside && self.scopes.contains(&Scope::Read) || self.needs(Scope::Admin).is_ok()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::organisations::OrganisationNumber;
    use crate::store::people::{AccountNumber, Role};

    fn principal(account: i64, organisations: &[i64], role: Role, scopes: &[Scope]) -> Viewer {
        Viewer::Served(Some(Principal {
            account: AccountNumber(account),
            name: String::new(),
            role,
            scopes: scopes.iter().copied().collect(),
            secret: 1,
            organisations: organisations.iter().copied().map(OrganisationNumber).collect(),
        }))
    }

    #[test]
    fn what_is_not_public_is_seen_from_inside_only() {
        let audience = |visibility| Audience { owner: Some(AccountNumber(1)), visibility };
        let (all, own) = (audience(Visibility::Public), audience(Visibility::Owner));
        let shared = audience(Visibility::Organisation(OrganisationNumber(7)));
        for (who, viewer, seen) in [
            ("the operator", Viewer::Operator, [true, true, true]),
            ("nobody", Viewer::Served(None), [true, false, false]),
            ("the owner", principal(1, &[], Role::User, &Scope::ALL), [true, true, true]),
            (
                "a token that may not read",
                principal(1, &[7], Role::User, &[Scope::Submit]),
                [true, false, false],
            ),
            ("a member", principal(2, &[7], Role::User, &[Scope::Read]), [true, false, true]),
            ("somebody else", principal(3, &[8], Role::User, &Scope::ALL), [true, false, false]),
            ("an administrator", principal(4, &[], Role::Admin, &Scope::ALL), [true, true, true]),
            (
                "an administrator's reader",
                principal(4, &[], Role::Admin, &[Scope::Read]),
                [true, false, false],
            ),
        ] {
            assert_eq!([&all, &own, &shared].map(|audience| viewer.sees(audience)), seen, "{who}");
        }
    }
}
