//! What administrators do with learnwares and jobs; each leaves a line in the audit log. Where nobody is named it is
//! the operator, at the machine of the dock.

use learnware_engine::learnware::LearnwareId;

use crate::accounts::{Principal, Scope};
use crate::dock::Dock;
use crate::error::{DockError, Result};
use crate::ids::LearnwareNumber;
use crate::jobs::{Job, JobState};
use crate::store::Requeued;
use crate::store::rows::JobRow;

/// Characters of a reason.
const REASON_CHARS_MAX: usize = 1000;
/// Written to a job that was given up by hand.
const GIVEN_UP: &str = "given up by an administrator";

impl Dock {
    /// Takes a learnware down: searches and downloads don't see it any more. `None` puts it back.
    ///
    /// # Errors
    /// [`DockError::Forbidden`] for others than administrators.
    pub async fn take_down(
        &self,
        by: Option<&Principal>,
        id: &LearnwareId,
        reason: Option<&str>,
    ) -> Result<()> {
        by.map_or(Ok(()), |by| by.needs(Scope::Admin))?;
        if reason.is_some_and(|reason| reason.trim().is_empty() || reason.chars().count() > REASON_CHARS_MAX)
        {
            let reason = format!("a reason has 1 to {REASON_CHARS_MAX} characters");
            return Err(DockError::BadAccount { field: "reason", reason });
        }
        let number = self.living(id).await?.number;
        if !self.state().store.take_down(number, reason).await? {
            return Err(DockError::UnknownLearnware { id: number.to_string() });
        }
        let action = if reason.is_some() { "learnware.take_down" } else { "learnware.put_back" };
        self.audit(by.map(|by| by.account), action, &number.to_string(), reason.unwrap_or("")).await
    }

    /// Jobs in a state, or in any, with numbers below `before`; newest first.
    pub async fn jobs(
        &self,
        state: Option<JobState>,
        before: Option<i64>,
        limit: u32,
    ) -> Result<Vec<JobRow>> {
        self.state().store.jobs(state, before, limit).await
    }

    /// Asks again for what a dead job was about.
    ///
    /// # Errors
    /// [`DockError::CheckInProgress`] while somebody is at it.
    pub async fn retry_job(&self, by: Option<&Principal>, job: &JobRow) -> Result<()> {
        by.map_or(Ok(()), |by| by.needs(Scope::Admin))?;
        match job.job {
            Job::CheckLearnware { learnware, version } => {
                self.check_again(LearnwareNumber(learnware), version).await?;
            }
            Job::Evolve {} | Job::Convert { .. } | Job::Index {} => {
                self.state().store.ask_job(&job.job, self.now()).await?;
            }
        }
        self.audit(by.map(|by| by.account), "job.retry", &job.job.subject(), "").await
    }

    async fn check_again(&self, number: LearnwareNumber, version: u32) -> Result<()> {
        match self.state().store.requeue_check(number, version, self.now()).await? {
            Requeued::Waiting => Ok(()),
            Requeued::Leased(lease_until) => {
                Err(DockError::CheckInProgress { id: number.to_string(), lease_until })
            }
            Requeued::Unknown => Err(DockError::UnknownVersion { id: number.to_string(), version }),
        }
    }

    /// Gives up a job that is open or under way. It can be asked for again. False when it is neither.
    pub async fn give_up_job(&self, by: Option<&Principal>, id: i64) -> Result<bool> {
        by.map_or(Ok(()), |by| by.needs(Scope::Admin))?;
        let given_up = self.state().store.give_up_job(id, GIVEN_UP).await?;
        if given_up {
            self.audit(by.map(|by| by.account), "job.give_up", &id.to_string(), "").await?;
        }
        Ok(given_up)
    }
}
