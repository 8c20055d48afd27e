//! Journey 2, check: a waiting version gets its report and its status.
//!
//! A check claims its job by a lease that is prolonged while it runs; a crash leaves a lease that ends. The
//! report is a value of one job: nothing is kept from one check to the next. Report, status, specification
//! and revision are stored by one transaction, which is refused when the job is not ours any more. A failure
//! of ours, a panic included, is an attempt and not a verdict.

use learnware_engine::learnware::{CheckStatus, LearnwareId};
use learnware_engine::market::checker::CheckReport;
use tokio::sync::watch;

use crate::cpu::Pool;
use crate::dock::Dock;
use crate::error::{DockError, Result};
use crate::ids::LearnwareNumber;
use crate::inspect::{self, CheckedPackage};
use crate::jobs::{ClaimFilter, ClaimedJob, Job, JobEnd, Progress};
use crate::store::rows::{self, VersionRow};
use crate::store::{Requeued, Verdict};

/// A check that was made or tried.
#[derive(Debug, Clone, PartialEq)]
pub struct CheckOutcome {
    /// The learnware.
    pub id: LearnwareId,
    /// The version that was checked.
    pub version: u32,
    /// How it ended.
    pub end: JobEnd<CheckReport>,
}

impl Dock {
    /// Checks a version of a learnware now; the newest when none is named. A version that has a verdict is
    /// checked again; one that was given up gets new attempts.
    ///
    /// # Errors
    /// [`DockError::CheckInProgress`] when another process is at it; [`DockError::CheckFailed`] when the check
    /// itself fails.
    pub async fn check(&self, id: &LearnwareId, version: Option<u32>) -> Result<CheckReport> {
        let state = self.state();
        let number = self.living(id).await?.number;
        let version = match version {
            Some(version) => version,
            None => state.store.versions(number).await?.last().map_or(1, |newest| newest.version),
        };
        let outcome = self.claim_and_check(number, version).await?;
        match outcome.end {
            JobEnd::Done(report) => Ok(report),
            JobEnd::Failed { error, .. } => {
                Err(DockError::CheckFailed { id: number.to_string(), reason: error })
            }
            JobEnd::Overtaken => {
                self.living(id).await?;
                Err(DockError::CheckFailed {
                    id: number.to_string(),
                    reason: "another process took it over".into(),
                })
            }
        }
    }

    /// Makes every check that waits, one after the other, and returns when none is left that may begin now.
    pub async fn check_waiting(&self) -> Result<Vec<CheckOutcome>> {
        let mut outcomes = Vec::new();
        while let Some(outcome) = self.check_next().await? {
            outcomes.push(outcome);
        }
        Ok(outcomes)
    }

    /// Makes the check that has waited longest; `None` when none may begin now. Several callers, in several
    /// processes, may do so side by side.
    pub async fn check_next(&self) -> Result<Option<CheckOutcome>> {
        match self.claim_job(&ClaimFilter::Kind(Job::CHECK)).await? {
            Some(job) => self.check_claimed(job).await.map(Some),
            None => Ok(None),
        }
    }

    async fn claim_and_check(&self, number: LearnwareNumber, version: u32) -> Result<CheckOutcome> {
        let state = self.state();
        let subject = Job::check(number, version).subject();
        // Twice: claiming a job whose last lease ended gives it up, and asking again revives it.
        for _ in 0..2 {
            match state.store.requeue_check(number, version, state.config.clock.now()).await? {
                Requeued::Waiting => {}
                Requeued::Leased(lease_until) => {
                    return Err(DockError::CheckInProgress { id: number.to_string(), lease_until });
                }
                Requeued::Unknown => {
                    return Err(DockError::UnknownVersion { id: number.to_string(), version });
                }
            }
            if let Some(job) = self.claim_job(&ClaimFilter::Subject(subject.clone())).await? {
                return self.check_claimed(job).await;
            }
        }
        let lease_until = state.store.unfinished_job(&subject).await?.and_then(|(_, until)| until);
        Err(DockError::CheckInProgress {
            id: number.to_string(),
            lease_until: lease_until.unwrap_or_else(|| state.config.clock.now()),
        })
    }

    async fn check_claimed(&self, job: ClaimedJob) -> Result<CheckOutcome> {
        let state = self.state();
        state.fail.pass("check.claimed");
        let Job::CheckLearnware { learnware, version } = job.job else {
            unreachable!("only checks are claimed here")
        };
        let number = LearnwareNumber(learnware);
        let end = match self.report(&job, number, version).await {
            Ok(checked) => self.finish(&job, checked).await?,
            Err(error) => self.end_failed(&job, &error).await?,
        };
        Ok(CheckOutcome { id: number.id(), version, end })
    }

    /// Makes the report, on the pool of models, while the lease is prolonged.
    async fn report(
        &self,
        job: &ClaimedJob,
        number: LearnwareNumber,
        version: u32,
    ) -> Result<CheckedPackage> {
        let state = self.state();
        let row = state.store.version(number, version).await?;
        let row = row.ok_or_else(|| DockError::UnknownVersion { id: number.to_string(), version })?;
        let (blobs, runner) = (state.blobs.clone(), self.runner());
        let (config, fail) = (state.config.clone(), state.fail.clone());
        let (progress, told) = watch::channel(Progress::Opening);
        let work = move || {
            let VersionRow { digest, specification, .. } = row;
            let path = blobs.verified_path(&digest)?;
            let semantic = specification.semantic()?;
            fail.pass("check.model");
            let tell = |now| {
                // Nobody listens when the job was lost; the work is finished all the same.
                progress.send(now).ok();
            };
            inspect::check(&path, semantic, &runner, &config, &tell)
        };
        self.while_prolonging(job, told, state.cpu.run(Pool::Models, "the check", work)).await??
    }

    async fn finish(&self, job: &ClaimedJob, checked: CheckedPackage) -> Result<JobEnd<CheckReport>> {
        let state = self.state();
        let status = checked.report.status();
        debug_assert!(CheckStatus::Checking.may_become(status), "a report is a verdict");
        let verdict = Verdict {
            status,
            report: serde_json::to_string(&checked.report).expect("a report is plain data"),
            statistical: checked.statistical.as_deref().map(rows::statistical_text),
        };
        if !state.store.finish_check(job, &verdict, state.config.clock.now()).await? {
            return Ok(JobEnd::Overtaken);
        }
        state.fail.pass("check.committed");
        Ok(JobEnd::Done(checked.report))
    }
}
