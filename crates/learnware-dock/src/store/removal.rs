//! How accounts end: the statements that both databases understand, and what became of it.

use crate::ids::LearnwareNumber;

/// What becomes of the learnwares of an account that ends. Those that only its owner sees are deleted in any case.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Legacy {
    /// What others see stays, as the operator's own.
    #[default]
    Keep,
    /// All are deleted.
    Delete,
}

/// What became of the wish to end an account.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum AccountRemoved {
    /// It is gone, with its sessions, tokens, codes and memberships, and organisations that had nobody else.
    Removed {
        /// Its learnwares that were deleted, and those of organisations that are gone.
        deleted: Vec<LearnwareNumber>,
        /// How many have no owner now.
        kept: u64,
    },
    /// There is no such account.
    Unknown,
    /// Nobody would administer the dock any more; nothing was changed.
    LastAdmin,
    /// Nobody would manage the organisation of this name any more, which has other members; nothing was changed.
    LastManager(String),
}

/// Accounts that one transaction of a sweep looks at: the write lock is given back in between.
pub(super) const FORGOTTEN_AT_ONCE: i64 = 200;

/// Whether another account administers the dock.
pub(super) const OTHER_ADMIN: &str =
    "SELECT EXISTS (SELECT 1 FROM accounts WHERE role = 'admin' AND disabled_at IS NULL AND id <> $1)";

/// An organisation that would be left without a manager, though not without members.
pub(super) const UNMANAGED: &str = "SELECT o.name FROM organisations o
     JOIN members m ON m.organisation_id = o.id AND m.account_id = $1 AND m.role = 'manager'
     WHERE EXISTS (SELECT 1 FROM members x WHERE x.organisation_id = o.id AND x.account_id <> $1)
       AND NOT EXISTS (SELECT 1 FROM members x WHERE x.organisation_id = o.id AND x.account_id <> $1
                                                 AND x.role = 'manager')
     ORDER BY o.id LIMIT 1";

/// Organisations that have no other member.
pub(super) const EMPTIED: &str = "SELECT m.organisation_id FROM members m WHERE m.account_id = $1
       AND NOT EXISTS (SELECT 1 FROM members x
                       WHERE x.organisation_id = m.organisation_id AND x.account_id <> $1)
     ORDER BY m.organisation_id";

/// Living learnwares of the account that nobody will see, or all with `$2`.
pub(super) const DOOMED: &str = "SELECT id FROM learnwares
     WHERE owner_id = $1 AND deleted_at IS NULL AND ($2 OR visibility = 'owner') ORDER BY id";

/// The same in an organisation that nobody will belong to: those of the account, and those without an owner.
pub(super) const DOOMED_IN_ORGANISATION: &str = "SELECT id FROM learnwares
     WHERE organisation_id = $2 AND deleted_at IS NULL AND (owner_id = $1 OR owner_id IS NULL) ORDER BY id";

/// What else belongs to such an organisation, deleted or of people who left it, is for its owners.
pub(super) const TAKE_BACK: &str = "UPDATE learnwares SET visibility = 'owner', organisation_id = NULL, revision = $2 WHERE organisation_id = $1";

/// The living learnwares that stay.
pub(super) const COUNT_KEPT: &str =
    "SELECT COUNT(*) FROM learnwares WHERE owner_id = $1 AND deleted_at IS NULL";

/// They, and tombstones, have no owner any more.
pub(super) const DISOWN: &str = "UPDATE learnwares SET owner_id = NULL, revision = $2 WHERE owner_id = $1";

/// An organisation ends.
pub(super) const REMOVE_ORGANISATION: [&str; 2] =
    ["DELETE FROM members WHERE organisation_id = $1", "DELETE FROM organisations WHERE id = $1"];

/// An account ends, once nothing else refers to it.
pub(super) const REMOVE_ACCOUNT: [&str; 4] = [
    "DELETE FROM identities WHERE account_id = $1",
    "DELETE FROM secrets WHERE account_id = $1",
    "DELETE FROM members WHERE account_id = $1",
    "DELETE FROM accounts WHERE id = $1",
];
