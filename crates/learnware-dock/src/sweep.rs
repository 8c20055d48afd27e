//! Cleaning: staged files whose process ended, packages that no learnware uses any more, jobs that ended
//! long ago. Everything is kept for a while first, so that work under way is never disturbed.

use std::time::Duration;

use crate::cpu::Pool;
use crate::dock::Dock;
use crate::error::Result;

/// Packages looked at in one transaction: the write lock is given back in between.
const CANDIDATES_MAX: usize = 256;
/// Fact with the time of the last sweep.
const SWEPT_AT: &str = "swept_at";

/// What a sweep removed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct SweepReport {
    /// Files that never became packages.
    pub staged_count: usize,
    /// Packages without a learnware.
    pub package_count: usize,
    /// Finished jobs.
    pub job_count: u64,
}

impl Dock {
    /// Removes what nobody has used for `age_min`.
    pub async fn sweep(&self, age_min: Duration) -> Result<SweepReport> {
        let state = self.state();
        let now = state.config.clock.now();
        let blobs = state.blobs.clone();
        let fail = state.fail.clone();
        let (staged_count, old) = state
            .cpu
            .run(Pool::Compute, "looking for unused files", move || {
                let staged_count = blobs.sweep_staging(age_min)?;
                fail.pass("sweep.staging");
                let mut old = blobs.list()?;
                old.retain(|entry| entry.age >= age_min);
                Ok::<_, crate::DockError>((staged_count, old))
            })
            .await??;
        let candidates: Vec<_> = old.into_iter().map(|entry| entry.digest).collect();
        let mut package_count = 0;
        for chunk in candidates.chunks(CANDIDATES_MAX) {
            package_count += state.store.remove_unused(chunk, &state.blobs, age_min, now).await?;
        }
        let job_count = state.store.forget_jobs(now.minus(age_min)).await?;
        state.store.set_fact(SWEPT_AT, &now.to_string()).await?;
        Ok(SweepReport { staged_count, package_count, job_count })
    }

    /// Sweeps when the last sweep is longer ago than the configured age.
    pub(crate) async fn sweep_when_due(&self) -> Result<()> {
        let state = self.state();
        let age = state.config.sweep_age;
        let swept_at = state.store.fact(SWEPT_AT).await?.and_then(|text| text.parse().ok());
        if swept_at.is_none_or(|swept_at| state.config.clock.now().minus(age) >= swept_at) {
            self.sweep(age).await?;
        }
        Ok(())
    }
}
