//! What administrators see and do, in a folder as its operator and at a server as an account.

use learnware_api::{Account, AccountPatch, AuditEntry, Estate, Evolution, Job};
use learnware_dock::jobs::JobState;
use learnware_dock::store::people::{AccountChange, AccountNumber, Role};
use learnware_dock::store::removal::Legacy;
use learnware_engine::learnware::LearnwareId;
use learnware_server::wire;

use super::Place;
use crate::error::advised;

/// Rows of a page, as a server gives them.
const PAGE: u32 = 100;

/// A change of an account.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) struct Change {
    /// What it may do.
    pub(crate) role: Option<Role>,
    /// Whether it is locked.
    pub(crate) disabled: Option<bool>,
}

impl Place {
    /// All accounts, by number.
    pub(crate) async fn accounts(&self) -> anyhow::Result<Vec<Account>> {
        let mut accounts: Vec<Account> = Vec::new();
        loop {
            let after = accounts.last().map_or(0, |last| last.id);
            let page = match self {
                Self::Folder(dock) => {
                    let rows = dock.store().accounts(AccountNumber(after), PAGE).await?;
                    rows.iter().map(wire::account).collect()
                }
                Self::Server(server) => server.client.accounts(after).await?,
            };
            // A server that repeats itself must not hold us.
            let page: Vec<Account> = page.into_iter().filter(|account| account.id > after).collect();
            if page.is_empty() {
                return Ok(accounts);
            }
            accounts.extend(page);
        }
    }

    /// Changes an account.
    pub(crate) async fn change_account(&self, number: i64, change: Change) -> anyhow::Result<()> {
        match self {
            Self::Folder(dock) => {
                let changes =
                    [change.role.map(AccountChange::Role), change.disabled.map(AccountChange::Disabled)];
                for change in changes.into_iter().flatten() {
                    dock.change_account(None, AccountNumber(number), change).await?;
                }
                Ok(())
            }
            Self::Server(server) => {
                let role = change.role.map(|role| role.word().to_owned());
                let patch = AccountPatch { role, disabled: change.disabled };
                Ok(server.client.change_account(number, &patch).await?)
            }
        }
    }

    /// Ends an account; `learnwares`, `keep` or `delete`, says what becomes of those that others see.
    pub(crate) async fn delete_account(&self, number: i64, learnwares: &str) -> anyhow::Result<Estate> {
        match self {
            Self::Folder(dock) => {
                let legacy = if learnwares == "delete" { Legacy::Delete } else { Legacy::Keep };
                Ok(wire::estate(dock.remove_account(None, AccountNumber(number), legacy).await?))
            }
            Self::Server(server) => Ok(server.client.remove_account(number, learnwares).await?),
        }
    }

    /// Evolutions, last first.
    pub(crate) async fn evolutions(&self) -> anyhow::Result<Vec<Evolution>> {
        match self {
            Self::Folder(dock) => Ok(dock.evolutions(PAGE).await?.iter().map(wire::evolution).collect()),
            Self::Server(server) => Ok(server.client.evolutions().await?),
        }
    }

    /// Puts an earlier evolution back into use, or none.
    pub(crate) async fn use_evolution(&self, id: Option<i64>) -> anyhow::Result<()> {
        match self {
            Self::Folder(dock) => Ok(dock.use_evolution(None, id).await?),
            Self::Server(server) => Ok(server.client.use_evolution(id).await?),
        }
    }

    /// Jobs, newest first.
    pub(crate) async fn jobs(
        &self,
        state: Option<JobState>,
        before: Option<i64>,
    ) -> anyhow::Result<Vec<Job>> {
        match self {
            Self::Folder(dock) => {
                let rows = dock.jobs(state, before, PAGE).await?;
                Ok(rows.iter().map(wire::job).collect())
            }
            Self::Server(server) => Ok(server.client.jobs(state.map(JobState::word), before).await?),
        }
    }

    /// Asks again for what a job was about.
    pub(crate) async fn retry_job(&self, id: i64) -> anyhow::Result<()> {
        match self {
            Self::Folder(dock) => {
                let found = dock.jobs(None, Some(id.saturating_add(1)), 1).await?;
                let row = found.iter().find(|row| row.id == id).ok_or_else(|| unknown_job(id))?;
                Ok(dock.retry_job(None, row).await?)
            }
            Self::Server(server) => Ok(server.client.retry_job(id).await?),
        }
    }

    /// Gives up a job.
    pub(crate) async fn give_up_job(&self, id: i64) -> anyhow::Result<()> {
        match self {
            Self::Folder(dock) if dock.give_up_job(None, id).await? => Ok(()),
            Self::Folder(_) => Err(unknown_job(id)),
            Self::Server(server) => Ok(server.client.give_up_job(id).await?),
        }
    }

    /// Takes a learnware down for a reason, or puts it back with `None`.
    pub(crate) async fn take_down(&self, id: &LearnwareId, reason: Option<&str>) -> anyhow::Result<()> {
        match self {
            Self::Folder(dock) => Ok(dock.take_down(None, id, reason).await?),
            Self::Server(server) => Ok(server.client.take_down(&id.0, reason).await?),
        }
    }

    /// What was done, last first.
    pub(crate) async fn audit(&self, before: Option<i64>) -> anyhow::Result<Vec<AuditEntry>> {
        match self {
            Self::Folder(dock) => {
                let rows = dock.store().audit(before, PAGE).await?;
                Ok(rows.into_iter().map(wire::audit_entry).collect())
            }
            Self::Server(server) => Ok(server.client.audit(before).await?),
        }
    }
}

fn unknown_job(id: i64) -> anyhow::Error {
    advised(
        format!("there is no job {id}, or it has ended"),
        "`learnware admin jobs` lists them; only jobs that are open or under way can be given up",
    )
}
