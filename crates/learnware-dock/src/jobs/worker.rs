//! Asks for jobs and claims them on behalf of whoever does the work, and keeps leases alive meanwhile.

use std::time::Duration;

use tokio::sync::watch;

use crate::accounts::{Principal, Scope};
use crate::dock::Dock;
use crate::error::{DockError, Result};
use crate::jobs::{ClaimFilter, ClaimedJob, Job, JobEnd, Progress};
use crate::store::Requeued;

impl Dock {
    /// Asks for a job of the whole dock, unless one waits or is under way; true when one waits now.
    pub(crate) async fn ask_for(&self, job: &Job) -> Result<bool> {
        let asked = self.state().store.ask_job(job, self.now()).await?;
        Ok(matches!(asked, Requeued::Waiting))
    }

    /// The same for an administrator; `action` is what the audit calls it.
    ///
    /// # Errors
    /// [`DockError::Forbidden`] for others.
    pub(crate) async fn ask_for_by(&self, by: &Principal, job: &Job, action: &str) -> Result<bool> {
        by.needs(Scope::Admin)?;
        let waits = self.ask_for(job).await?;
        self.audit(Some(by.account), action, "", "").await?;
        Ok(waits)
    }

    /// Claims a job.
    pub(crate) async fn claim_job(&self, filter: &ClaimFilter) -> Result<Option<ClaimedJob>> {
        let state = self.state();
        state.store.claim(filter, &state.config.leases, state.config.clock.now()).await
    }

    /// Ends an attempt without a result.
    pub(crate) async fn end_failed<T>(&self, job: &ClaimedJob, error: &DockError) -> Result<JobEnd<T>> {
        let (state, error) = (self.state(), error.to_string());
        let failed = state.store.fail(job, &error, &state.config.leases, self.now()).await?;
        Ok(failed.map_or(JobEnd::Overtaken, |state| JobEnd::Failed { state, error }))
    }

    /// Waits for `work`, writes down what it is doing, and prolongs the lease of its job three times per lease. When the job is lost or the
    /// database does not answer, the work goes on: what it reports is refused or stored by its fence.
    pub(crate) async fn while_prolonging<T>(
        &self,
        job: &ClaimedJob,
        progress: watch::Receiver<Progress>,
        work: impl Future<Output = T>,
    ) -> Result<T> {
        // Both are polled at every turn: a future that stands still while it holds the database's one writer, or its place in
        // the line for it, would keep the other one waiting for ever.
        tokio::select! {
            biased;
            done = work => Ok(done),
            error = self.tell_and_prolong(job, progress) => Err(error),
        }
    }

    /// Writes down what the work is doing and prolongs the lease, until that can't be done.
    async fn tell_and_prolong(&self, job: &ClaimedJob, mut progress: watch::Receiver<Progress>) -> DockError {
        let state = self.state();
        let mut prolong =
            tokio::time::interval((state.config.leases.lease / 3).max(Duration::from_millis(10)));
        prolong.tick().await; // The first is at once.
        loop {
            let told = tokio::select! {
                biased;
                Ok(()) = progress.changed() => {
                    let now = *progress.borrow_and_update();
                    state.store.set_progress(job, now).await
                }
                _ = prolong.tick() => {
                    let until = state.config.clock.now().plus(state.config.leases.lease);
                    state.store.prolong(job, until).await
                }
            };
            match told {
                Ok(_) | Err(DockError::Busy { .. }) => {}
                Err(error) => return error,
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::Config;
    use crate::jobs::LeaseRules;

    #[tokio::test(flavor = "multi_thread")]
    async fn work_that_writes_does_not_wait_for_its_own_lease() {
        let folder = tempfile::tempdir().unwrap();
        let leases = LeaseRules { lease: Duration::from_millis(30), ..LeaseRules::default() };
        let dock = Dock::open(folder.path(), Config { leases, ..Config::default() }).await.unwrap();
        dock.ask_evolution().await.unwrap();
        let job = dock.claim_job(&ClaimFilter::Kind(Job::EVOLVE)).await.unwrap().unwrap();
        let (_keep, told) = watch::channel(Progress::Measuring);
        let store = &dock.state().store;
        let begun = tokio::time::Instant::now();
        let work = async {
            let mut written = 0;
            while begun.elapsed() < Duration::from_secs(1) {
                store.set_fact("test", &written.to_string()).await?;
                written += 1;
            }
            Ok::<_, DockError>(written)
        };
        let done =
            tokio::time::timeout(Duration::from_secs(30), dock.while_prolonging(&job, told, work)).await;
        assert!(done.expect("the work stands still").unwrap().unwrap() > 10);
        assert!(
            dock.claim_job(&ClaimFilter::Kind(Job::EVOLVE)).await.unwrap().is_none(),
            "its lease was prolonged"
        );
    }
}
