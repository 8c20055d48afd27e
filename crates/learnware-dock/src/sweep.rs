//! Cleaning: staged files whose process ended, packages that no learnware uses any more, jobs that ended
//! long ago, accounts that nobody confirmed. Everything is kept for a while first, so that work under way is never disturbed.

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
    /// Accounts whose address was never confirmed.
    pub account_count: u64,
}

impl Dock {
    /// Removes what nobody has used for `age_min`, which must be longer than an upload takes.
    pub async fn sweep(&self, age_min: Duration) -> Result<SweepReport> {
        let state = self.state();
        let now = state.config.clock.now();
        let blobs = state.blobs.clone();
        let sweep_staging = move || blobs.sweep_staging(age_min);
        let staged_count = state.cpu.run(Pool::Compute, "removing unused files", sweep_staging).await??;
        state.fail.pass("sweep.staging");
        let package_count = self.sweep_packages(age_min).await?;
        let job_count = state.store.forget_jobs(now.minus(age_min)).await?;
        state.store.forget_secrets(now).await?;
        state.store.forget_visitors(now).await?;
        let account_count = self.forget_unconfirmed().await?;
        state.store.set_fact(SWEPT_AT, &now.to_string()).await?;
        Ok(SweepReport { staged_count, package_count, job_count, account_count })
    }

    /// Removes packages that no learnware has used for `age_min`; returns how many. Safe at any age: a
    /// submission whose package is removed under its hands notices and begins again.
    pub async fn sweep_packages(&self, age_min: Duration) -> Result<usize> {
        let state = self.state();
        let blobs = state.blobs.clone();
        let list = move || blobs.list();
        let mut old = state.cpu.run(Pool::Compute, "listing packages", list).await??;
        old.retain(|entry| entry.age >= age_min);
        let candidates: Vec<_> = old.into_iter().map(|entry| entry.digest).collect();
        let now = state.config.clock.now();
        let mut count = 0;
        for chunk in candidates.chunks(CANDIDATES_MAX) {
            count += state.store.remove_unused(chunk, &state.blobs, age_min, now).await?;
        }
        Ok(count)
    }

    /// Sweeps when the last sweep is longer ago than the configured age.
    pub async fn sweep_when_due(&self) -> Result<()> {
        let state = self.state();
        let age = state.config.sweep_age;
        let swept_at = state.store.fact(SWEPT_AT).await?.and_then(|text| text.parse().ok());
        if swept_at.is_none_or(|swept_at| state.config.clock.now().minus(age) >= swept_at) {
            self.sweep(age).await?;
        }
        Ok(())
    }
}
