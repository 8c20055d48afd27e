//! Jobs: claiming, prolonging, ending; and what their end means for a version.

use sqlx::PgConnection;
use sqlx::postgres::PgRow;

use super::learnwares::{insert_check, insert_job, lock_living};
use super::read::{self, Fields};
use super::{PostgresStore, database, next_revision, storable};
use crate::clock::Timestamp;
use crate::error::{DockError, Result};
use crate::ids::LearnwareNumber;
use crate::jobs::{ClaimFilter, ClaimedJob, Job, JobState, LeaseRules, Progress};
use crate::store::rows::{CheckState, JobRow, JobSummary, SpecificationText, status_word};
use crate::store::{DIED, FINISH_JOB, Requeued, Verdict};

impl PostgresStore {
    pub(in crate::store) async fn claim(
        &self,
        filter: &ClaimFilter,
        rules: &LeaseRules,
        now: Timestamp,
    ) -> Result<Option<ClaimedJob>> {
        const ACTION: &str = "claim a job";
        let mut transaction = self.begin(ACTION).await?;
        give_up(&mut transaction, rules, now).await?;
        let (subject, kind) = filter.subject_and_kind();
        let lease_until = now.plus(rules.lease);
        // SKIP LOCKED: workers side by side claim different jobs without waiting for each other.
        let row = sqlx::query(
            "UPDATE jobs SET state = 'leased', attempts = attempts + 1, progress = '', lease_until = $3
             WHERE id = (
                 SELECT id FROM jobs
                 WHERE ((state = 'open' AND (available_at <= $1 OR $2::text IS NOT NULL))
                        OR (state = 'leased' AND lease_until <= $1))
                   AND ($2::text IS NULL OR subject = $2) AND ($4::text IS NULL OR kind = $4)
                 ORDER BY available_at, id LIMIT 1 FOR UPDATE SKIP LOCKED)
             RETURNING id, payload, attempts",
        )
        .bind(now.to_string())
        .bind(subject)
        .bind(lease_until.to_string())
        .bind(kind)
        .fetch_optional(&mut *transaction)
        .await
        .map_err(database(ACTION))?;
        let claimed = row.as_ref().map(|row| read::claimed_job(row, lease_until)).transpose()?;
        if let Some(claimed) = &claimed {
            set_status(&mut transaction, &claimed.job, "checking").await?;
        }
        transaction.commit().await.map_err(database(ACTION))?;
        Ok(claimed)
    }

    pub(in crate::store) async fn prolong(&self, job: &ClaimedJob, until: Timestamp) -> Result<bool> {
        sqlx::query("UPDATE jobs SET lease_until = $1 WHERE id = $2 AND attempts = $3 AND state = 'leased'")
            .bind(until.to_string())
            .bind(job.id)
            .bind(i64::from(job.attempt))
            .execute(&self.pool)
            .await
            .map(|done| done.rows_affected() == 1)
            .map_err(database("prolong the lease of a job"))
    }

    pub(in crate::store) async fn set_progress(&self, job: &ClaimedJob, progress: Progress) -> Result<bool> {
        sqlx::query("UPDATE jobs SET progress = $1 WHERE id = $2 AND attempts = $3 AND state = 'leased'")
            .bind(progress.word())
            .bind(job.id)
            .bind(i64::from(job.attempt))
            .execute(&self.pool)
            .await
            .map(|done| done.rows_affected() == 1)
            .map_err(database("write down the progress of a job"))
    }

    pub(in crate::store) async fn check_states(
        &self,
        numbers: &[LearnwareNumber],
    ) -> Result<Vec<CheckState>> {
        let numbers: Vec<i64> = numbers.iter().map(|number| number.0).collect();
        sqlx::query(
            "SELECT v.learnware_id, v.version, v.status, j.state AS job_state, j.attempts, j.last_error, j.progress,
                    (SELECT COUNT(*) FROM jobs AS before
                     WHERE before.state = 'open' AND j.state = 'open'
                       AND (before.available_at, before.id) < (j.available_at, j.id)) AS ahead
             FROM versions AS v
             LEFT JOIN jobs AS j ON j.subject = 'check:' || v.learnware_id || ':' || v.version
                                AND j.state IN ('open', 'leased', 'dead')
             WHERE v.learnware_id IN (SELECT unnest($1::BIGINT[]))
               AND v.version = (SELECT MAX(w.version) FROM versions AS w WHERE w.learnware_id = v.learnware_id)
             ORDER BY v.learnware_id, j.id",
        )
        .bind(numbers)
        .fetch_all(&self.pool)
        .await
        .map_err(database("look how far checks are"))?
        .iter()
        .map(read::check_state)
        .collect()
    }

    pub(in crate::store) async fn finish_check(
        &self,
        job: &ClaimedJob,
        verdict: &Verdict,
        now: Timestamp,
    ) -> Result<bool> {
        const ACTION: &str = "store the check report";
        let Job::CheckLearnware { learnware, version } = job.job else { return Ok(false) };
        let mut transaction = self.begin(ACTION).await?;
        if !lock_living(&mut transaction, LearnwareNumber(learnware)).await? {
            return Ok(false); // Deleted, and its jobs with it.
        }
        let ended = sqlx::query(
            "UPDATE jobs SET state = 'done', lease_until = NULL, last_error = NULL, finished_at = $1
             WHERE id = $2 AND attempts = $3 AND state = 'leased'",
        )
        .bind(now.to_string())
        .bind(job.id)
        .bind(i64::from(job.attempt))
        .execute(&mut *transaction)
        .await
        .map_err(database(ACTION))?;
        if ended.rows_affected() == 0 {
            return Ok(false); // Taken over by another claim.
        }
        sqlx::query(
            "UPDATE versions
             SET status = $1, report = $2, statistical = coalesce($3, statistical), checked_at = $4
             WHERE learnware_id = $5 AND version = $6",
        )
        .bind(status_word(verdict.status))
        .bind(&verdict.report)
        .bind(&verdict.statistical)
        .bind(now.to_string())
        .bind(learnware)
        .bind(i64::from(version))
        .execute(&mut *transaction)
        .await
        .map_err(database(ACTION))?;
        move_latest(&mut transaction, learnware).await?;
        self.fail.pass("check.before_commit");
        transaction.commit().await.map_err(database(ACTION))?;
        Ok(true)
    }

    pub(in crate::store) async fn fail(
        &self,
        job: &ClaimedJob,
        error: &str,
        rules: &LeaseRules,
        now: Timestamp,
    ) -> Result<Option<JobState>> {
        const ACTION: &str = "end an attempt";
        let state = if job.attempt >= rules.attempts_max { JobState::Dead } else { JobState::Open };
        let mut transaction = self.begin(ACTION).await?;
        let ended = sqlx::query(
            "UPDATE jobs SET state = $1, available_at = $2, lease_until = NULL, last_error = $3
             WHERE id = $4 AND attempts = $5 AND state = 'leased'",
        )
        .bind(state.word())
        .bind(rules.retry_at(now, job.attempt).to_string())
        .bind(storable(error))
        .bind(job.id)
        .bind(i64::from(job.attempt))
        .execute(&mut *transaction)
        .await
        .map_err(database(ACTION))?;
        if ended.rows_affected() == 0 {
            return Ok(None);
        }
        set_status(&mut transaction, &job.job, "waiting").await?;
        transaction.commit().await.map_err(database(ACTION))?;
        Ok(Some(state))
    }

    pub(in crate::store) async fn unfinished_job(
        &self,
        subject: &str,
    ) -> Result<Option<(JobSummary, Option<Timestamp>)>> {
        let mut connection = self.pool.acquire().await.map_err(database("read a job"))?;
        let row = unfinished(&mut connection, subject).await?;
        row.map(|row| Ok((read::job_summary(&row)?, read::time_optional(&row, "lease_until")?))).transpose()
    }

    pub(in crate::store) async fn requeue_check(
        &self,
        number: LearnwareNumber,
        version: u32,
        now: Timestamp,
    ) -> Result<Requeued> {
        const ACTION: &str = "ask for a check";
        let mut transaction = self.begin(ACTION).await?;
        if !lock_living(&mut transaction, number).await? {
            return Ok(Requeued::Unknown);
        }
        let job = Job::check(number, version);
        let status: Option<String> =
            sqlx::query_scalar("SELECT status FROM versions WHERE learnware_id = $1 AND version = $2")
                .bind(number.0)
                .bind(i64::from(version))
                .fetch_optional(&mut *transaction)
                .await
                .map_err(database(ACTION))?;
        let Some(status) = status else { return Ok(Requeued::Unknown) };
        if let Some(row) = unfinished(&mut transaction, &job.subject()).await? {
            let lease_until = read::time_optional(&row, "lease_until")?;
            match read::job_summary(&row)?.state {
                JobState::Leased if lease_until.is_some_and(|until| until > now) => {
                    return Ok(lease_until.map_or(Requeued::Waiting, Requeued::Leased));
                }
                JobState::Open | JobState::Leased => return Ok(Requeued::Waiting),
                // A new row and not a new count: the count of attempts is the fence and never goes back.
                JobState::Dead | JobState::Done | JobState::Cancelled => {
                    cancel(&mut transaction, row.number("id")?, now).await?;
                }
            }
        }
        insert_check(&mut transaction, number, version, now).await?;
        set_status(&mut transaction, &job, "waiting").await?;
        if status == "usable" {
            touch(&mut transaction, number.0).await?;
        }
        transaction.commit().await.map_err(database(ACTION))?;
        Ok(Requeued::Waiting)
    }

    pub(in crate::store) async fn jobs(
        &self,
        state: Option<JobState>,
        before: Option<i64>,
        limit: u32,
    ) -> Result<Vec<JobRow>> {
        sqlx::query(
            "SELECT *, state AS job_state FROM jobs
             WHERE ($1::TEXT IS NULL OR state = $1) AND ($2::BIGINT IS NULL OR id < $2)
             ORDER BY id DESC LIMIT $3",
        )
        .bind(state.map(JobState::word))
        .bind(before)
        .bind(i64::from(limit))
        .fetch_all(&self.pool)
        .await
        .map_err(database("list the jobs"))?
        .iter()
        .map(read::job_row)
        .collect()
    }

    pub(in crate::store) async fn job_counts(&self) -> Result<Vec<(JobState, u64)>> {
        sqlx::query("SELECT state AS job_state, COUNT(*) AS jobs FROM jobs GROUP BY state ORDER BY state")
            .fetch_all(&self.pool)
            .await
            .map_err(database("count the jobs"))?
            .iter()
            .map(read::job_count)
            .collect()
    }

    pub(in crate::store) async fn give_up_job(&self, id: i64, reason: &str) -> Result<bool> {
        const ACTION: &str = "give up a job";
        let mut transaction = self.begin(ACTION).await?;
        let payload: Option<String> = sqlx::query_scalar(
            "UPDATE jobs SET state = 'dead', lease_until = NULL, last_error = $1
             WHERE id = $2 AND state IN ('open', 'leased') RETURNING payload",
        )
        .bind(reason)
        .bind(id)
        .fetch_optional(&mut *transaction)
        .await
        .map_err(database(ACTION))?;
        let Some(payload) = payload else { return Ok(false) };
        let job: Job = serde_json::from_str(&payload)
            .map_err(|error| DockError::BadRow { what: "payload".into(), reason: error.to_string() })?;
        set_status(&mut transaction, &job, "waiting").await?;
        transaction.commit().await.map_err(database(ACTION))?;
        Ok(true)
    }

    pub(in crate::store) async fn ask_job(&self, job: &Job, now: Timestamp) -> Result<Requeued> {
        const ACTION: &str = "ask for a job";
        let mut transaction = self.begin(ACTION).await?;
        if let Some(row) = unfinished(&mut transaction, &job.subject()).await? {
            let lease_until = read::time_optional(&row, "lease_until")?;
            match read::job_summary(&row)?.state {
                JobState::Leased => return Ok(lease_until.map_or(Requeued::Waiting, Requeued::Leased)),
                JobState::Open => return Ok(Requeued::Waiting),
                JobState::Dead | JobState::Done | JobState::Cancelled => {
                    cancel(&mut transaction, row.number("id")?, now).await?;
                }
            }
        }
        insert_job(&mut transaction, job, now).await?;
        transaction.commit().await.map_err(database(ACTION))?;
        Ok(Requeued::Waiting)
    }

    pub(in crate::store) async fn finish_job(&self, job: &ClaimedJob, now: Timestamp) -> Result<bool> {
        sqlx::query(FINISH_JOB)
            .bind(now.to_string())
            .bind(job.id)
            .bind(i64::from(job.attempt))
            .execute(&self.pool)
            .await
            .map(|done| done.rows_affected() == 1)
            .map_err(database("end a job"))
    }

    pub(in crate::store) async fn forget_jobs(&self, before: Timestamp) -> Result<u64> {
        sqlx::query("DELETE FROM jobs WHERE state IN ('done', 'cancelled') AND finished_at < $1")
            .bind(before.to_string())
            .execute(&self.pool)
            .await
            .map(|done| done.rows_affected())
            .map_err(database("forget finished jobs"))
    }
}

/// Ends jobs whose last attempt was cut off.
async fn give_up(transaction: &mut PgConnection, rules: &LeaseRules, now: Timestamp) -> Result<()> {
    let rows = sqlx::query(
        "UPDATE jobs SET state = 'dead', lease_until = NULL, last_error = coalesce(last_error, $1)
         WHERE id IN (SELECT id FROM jobs WHERE state = 'leased' AND lease_until <= $2 AND attempts >= $3
                      FOR UPDATE SKIP LOCKED)
         RETURNING payload",
    )
    .bind(DIED)
    .bind(now.to_string())
    .bind(i64::from(rules.attempts_max))
    .fetch_all(&mut *transaction)
    .await
    .map_err(database("give up jobs"))?;
    for row in rows {
        let job: Job = serde_json::from_str(row.text("payload")?)
            .map_err(|error| DockError::BadRow { what: "payload".into(), reason: error.to_string() })?;
        set_status(transaction, &job, "waiting").await?;
    }
    Ok(())
}

async fn set_status(transaction: &mut PgConnection, job: &Job, status: &str) -> Result<()> {
    let Job::CheckLearnware { learnware, version } = job else { return Ok(()) };
    sqlx::query("UPDATE versions SET status = $1 WHERE learnware_id = $2 AND version = $3")
        .bind(status)
        .bind(learnware)
        .bind(i64::from(*version))
        .execute(transaction)
        .await
        .map_err(database("write the status of a version"))?;
    Ok(())
}

async fn unfinished(connection: &mut PgConnection, subject: &str) -> Result<Option<PgRow>> {
    sqlx::query(
        "SELECT id, state AS job_state, attempts, last_error, lease_until FROM jobs
         WHERE subject = $1 AND state IN ('open', 'leased', 'dead')",
    )
    .bind(subject)
    .fetch_optional(connection)
    .await
    .map_err(database("read a job"))
}

async fn cancel(transaction: &mut PgConnection, job: i64, now: Timestamp) -> Result<()> {
    sqlx::query("UPDATE jobs SET state = 'cancelled', lease_until = NULL, finished_at = $1 WHERE id = $2")
        .bind(now.to_string())
        .bind(job)
        .execute(transaction)
        .await
        .map_err(database("cancel a job"))?;
    Ok(())
}

/// Makes the newest usable version the latest; without any usable one, the latest stays. The learnware's row
/// is locked.
async fn move_latest(transaction: &mut PgConnection, learnware: i64) -> Result<()> {
    const ACTION: &str = "move the latest version";
    let newest = sqlx::query(
        "SELECT version, semantic FROM versions
         WHERE learnware_id = $1 AND status = 'usable' ORDER BY version DESC LIMIT 1",
    )
    .bind(learnware)
    .fetch_optional(&mut *transaction)
    .await
    .map_err(database(ACTION))?;
    if let Some(row) = newest {
        // Read here and not by the database, whose JSON has no character zero.
        let semantic = row.text("semantic")?.to_owned();
        let specification = SpecificationText { semantic, statistical: String::new() };
        sqlx::query("UPDATE learnwares SET latest_version = $1, name = $2 WHERE id = $3")
            .bind(row.number("version")?)
            .bind(storable(&specification.name()?))
            .bind(learnware)
            .execute(&mut *transaction)
            .await
            .map_err(database(ACTION))?;
    }
    touch(transaction, learnware).await
}

/// Marks the learnware as changed for those who follow the market.
async fn touch(transaction: &mut PgConnection, learnware: i64) -> Result<()> {
    let revision = next_revision(transaction).await?;
    sqlx::query("UPDATE learnwares SET revision = $1 WHERE id = $2")
        .bind(revision)
        .bind(learnware)
        .execute(transaction)
        .await
        .map_err(database("mark the learnware as changed"))?;
    Ok(())
}
