//! Claims on behalf of whoever does the work, and keeps leases alive meanwhile.

use std::pin::pin;
use std::time::Duration;

use crate::dock::Dock;
use crate::error::{DockError, Result};
use crate::jobs::{ClaimFilter, ClaimedJob};

impl Dock {
    /// Claims a job.
    pub(crate) async fn claim_job(&self, filter: &ClaimFilter) -> Result<Option<ClaimedJob>> {
        let state = self.state();
        state.store.claim(filter, &state.config.leases, state.config.clock.now()).await
    }

    /// Waits for `work` and prolongs the lease of its job three times per lease. When the job is lost or the
    /// database does not answer, the work goes on: what it reports is refused or stored by its fence.
    pub(crate) async fn while_prolonging<T>(
        &self,
        job: &ClaimedJob,
        work: impl Future<Output = T>,
    ) -> Result<T> {
        let state = self.state();
        let pause = (state.config.leases.lease / 3).max(Duration::from_millis(10));
        let mut work = pin!(work);
        loop {
            if let Ok(done) = tokio::time::timeout(pause, &mut work).await {
                return Ok(done);
            }
            let until = state.config.clock.now().plus(state.config.leases.lease);
            match state.store.prolong(job, until).await {
                Ok(_) | Err(DockError::Busy { .. }) => {}
                Err(error) => return Err(error),
            }
        }
    }
}
