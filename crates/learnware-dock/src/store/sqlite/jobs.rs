//! Jobs: claiming, prolonging, ending; and what their end means for a version.

use sqlx::sqlite::SqliteRow;
use sqlx::{Row, SqliteConnection};

use super::learnwares::{insert_check, insert_job, is_alive};
use super::{SqliteStore, database, next_revision, read};
use crate::clock::Timestamp;
use crate::error::{DockError, Result};
use crate::ids::LearnwareNumber;
use crate::jobs::{ClaimFilter, ClaimedJob, Job, JobState, LeaseRules, Progress};
use crate::store::rows::{CheckState, JobRow, JobSummary, status_word};
use crate::store::{DIED, FINISH_JOB, Requeued, Verdict};

impl SqliteStore {
    pub(in crate::store) async fn claim(
        &self,
        filter: &ClaimFilter,
        rules: &LeaseRules,
        now: Timestamp,
    ) -> Result<Option<ClaimedJob>> {
        const ACTION: &str = "claim a job";
        if !self.may_claim(filter, now).await? {
            return Ok(None); // Idle workers don't take the write lock.
        }
        let mut transaction = self.begin(ACTION).await?;
        give_up(&mut transaction, rules, now).await?;
        let (subject, kind) = filter.subject_and_kind();
        let lease_until = now.plus(rules.lease);
        let row = sqlx::query(
            "UPDATE jobs SET state = 'leased', attempts = attempts + 1, progress = '', lease_until = ?3
             WHERE id = (
                 SELECT id FROM jobs
                 WHERE ((state = 'open' AND (available_at <= ?1 OR ?2 IS NOT NULL))
                        OR (state = 'leased' AND lease_until <= ?1))
                   AND (?2 IS NULL OR subject = ?2) AND (?4 IS NULL OR kind = ?4)
                 ORDER BY available_at, id LIMIT 1)
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

    async fn may_claim(&self, filter: &ClaimFilter, now: Timestamp) -> Result<bool> {
        if let ClaimFilter::Subject(_) = filter {
            return Ok(true);
        }
        sqlx::query_scalar(
            "SELECT EXISTS (SELECT 1 FROM jobs WHERE (state = 'open' AND available_at <= ?1)
                                                  OR (state = 'leased' AND lease_until <= ?1))",
        )
        .bind(now.to_string())
        .fetch_one(&self.readers)
        .await
        .map_err(database("look for a job"))
    }

    pub(in crate::store) async fn prolong(&self, job: &ClaimedJob, until: Timestamp) -> Result<bool> {
        sqlx::query("UPDATE jobs SET lease_until = ? WHERE id = ? AND attempts = ? AND state = 'leased'")
            .bind(until.to_string())
            .bind(job.id)
            .bind(job.attempt)
            .execute(&self.writer)
            .await
            .map(|done| done.rows_affected() == 1)
            .map_err(database("prolong the lease of a job"))
    }

    pub(in crate::store) async fn set_progress(&self, job: &ClaimedJob, progress: Progress) -> Result<bool> {
        sqlx::query("UPDATE jobs SET progress = ? WHERE id = ? AND attempts = ? AND state = 'leased'")
            .bind(progress.word())
            .bind(job.id)
            .bind(job.attempt)
            .execute(&self.writer)
            .await
            .map(|done| done.rows_affected() == 1)
            .map_err(database("write down the progress of a job"))
    }

    pub(in crate::store) async fn check_states(
        &self,
        numbers: &[LearnwareNumber],
    ) -> Result<Vec<CheckState>> {
        let numbers: Vec<i64> = numbers.iter().map(|number| number.0).collect();
        let numbers = serde_json::to_string(&numbers).expect("numbers are plain data");
        sqlx::query(
            "SELECT v.learnware_id, v.version, v.status, j.state AS job_state, j.attempts, j.last_error, j.progress,
                    (SELECT COUNT(*) FROM jobs AS before
                     WHERE before.state = 'open' AND j.state = 'open'
                       AND (before.available_at, before.id) < (j.available_at, j.id)) AS ahead
             FROM versions AS v
             LEFT JOIN jobs AS j ON j.subject = 'check:' || v.learnware_id || ':' || v.version
                                AND j.state IN ('open', 'leased', 'dead')
             WHERE v.learnware_id IN (SELECT value FROM json_each(?))
               AND v.version = (SELECT MAX(w.version) FROM versions AS w WHERE w.learnware_id = v.learnware_id)
             ORDER BY v.learnware_id, j.id",
        )
        .bind(numbers)
        .fetch_all(&self.readers)
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
        let ended = sqlx::query(
            "UPDATE jobs SET state = 'done', lease_until = NULL, last_error = NULL, finished_at = ?
             WHERE id = ? AND attempts = ? AND state = 'leased'",
        )
        .bind(now.to_string())
        .bind(job.id)
        .bind(job.attempt)
        .execute(&mut *transaction)
        .await
        .map_err(database(ACTION))?;
        if ended.rows_affected() == 0 {
            return Ok(false); // Taken over by another claim, or the learnware was deleted.
        }
        sqlx::query(
            "UPDATE versions SET status = ?, report = ?, statistical = coalesce(?, statistical), checked_at = ?
             WHERE learnware_id = ? AND version = ?",
        )
        .bind(status_word(verdict.status))
        .bind(&verdict.report)
        .bind(&verdict.statistical)
        .bind(now.to_string())
        .bind(learnware)
        .bind(version)
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
            "UPDATE jobs SET state = ?, available_at = ?, lease_until = NULL, last_error = ?
             WHERE id = ? AND attempts = ? AND state = 'leased'",
        )
        .bind(state.word())
        .bind(rules.retry_at(now, job.attempt).to_string())
        .bind(error)
        .bind(job.id)
        .bind(job.attempt)
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
        let mut connection = self.readers.acquire().await.map_err(database("read a job"))?;
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
        let job = Job::check(number, version);
        let status: Option<String> =
            sqlx::query_scalar("SELECT status FROM versions WHERE learnware_id = ? AND version = ?")
                .bind(number.0)
                .bind(version)
                .fetch_optional(&mut *transaction)
                .await
                .map_err(database(ACTION))?;
        let Some(status) = status else { return Ok(Requeued::Unknown) };
        if !is_alive(&mut transaction, number).await? {
            return Ok(Requeued::Unknown);
        }
        if let Some(row) = unfinished(&mut transaction, &job.subject()).await? {
            let lease_until = read::time_optional(&row, "lease_until")?;
            match read::job_summary(&row)?.state {
                JobState::Leased if lease_until.is_some_and(|until| until > now) => {
                    return Ok(lease_until.map_or(Requeued::Waiting, Requeued::Leased));
                }
                JobState::Open | JobState::Leased => return Ok(Requeued::Waiting),
                // A new row and not a new count: the count of attempts is the fence and never goes back.
                JobState::Dead | JobState::Done | JobState::Cancelled => {
                    cancel(&mut transaction, row.get("id"), now).await?;
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
             WHERE (?1 IS NULL OR state = ?1) AND (?2 IS NULL OR id < ?2) ORDER BY id DESC LIMIT ?3",
        )
        .bind(state.map(JobState::word))
        .bind(before)
        .bind(limit)
        .fetch_all(&self.readers)
        .await
        .map_err(database("list the jobs"))?
        .iter()
        .map(read::job_row)
        .collect()
    }

    pub(in crate::store) async fn job_counts(&self) -> Result<Vec<(JobState, u64)>> {
        sqlx::query("SELECT state AS job_state, COUNT(*) AS jobs FROM jobs GROUP BY state ORDER BY state")
            .fetch_all(&self.readers)
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
            "UPDATE jobs SET state = 'dead', lease_until = NULL, last_error = ?
             WHERE id = ? AND state IN ('open', 'leased') RETURNING payload",
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
                    cancel(&mut transaction, row.get("id"), now).await?;
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
            .execute(&self.writer)
            .await
            .map(|done| done.rows_affected() == 1)
            .map_err(database("end a job"))
    }

    pub(in crate::store) async fn forget_jobs(&self, before: Timestamp) -> Result<u64> {
        sqlx::query("DELETE FROM jobs WHERE state IN ('done', 'cancelled') AND finished_at < ?")
            .bind(before.to_string())
            .execute(&self.writer)
            .await
            .map(|done| done.rows_affected())
            .map_err(database("forget finished jobs"))
    }
}

/// Ends jobs whose last attempt was cut off.
async fn give_up(transaction: &mut SqliteConnection, rules: &LeaseRules, now: Timestamp) -> Result<()> {
    let rows = sqlx::query(
        "UPDATE jobs SET state = 'dead', lease_until = NULL, last_error = coalesce(last_error, ?)
         WHERE state = 'leased' AND lease_until <= ? AND attempts >= ?
         RETURNING payload",
    )
    .bind(DIED)
    .bind(now.to_string())
    .bind(rules.attempts_max)
    .fetch_all(&mut *transaction)
    .await
    .map_err(database("give up jobs"))?;
    for row in rows {
        let payload: &str = read::field(&row, "payload")?;
        let job: Job = serde_json::from_str(payload)
            .map_err(|error| DockError::BadRow { what: "payload".into(), reason: error.to_string() })?;
        set_status(transaction, &job, "waiting").await?;
    }
    Ok(())
}

async fn set_status(transaction: &mut SqliteConnection, job: &Job, status: &str) -> Result<()> {
    let Job::CheckLearnware { learnware, version } = job else { return Ok(()) };
    sqlx::query("UPDATE versions SET status = ? WHERE learnware_id = ? AND version = ?")
        .bind(status)
        .bind(learnware)
        .bind(version)
        .execute(transaction)
        .await
        .map_err(database("write the status of a version"))?;
    Ok(())
}

async fn unfinished(connection: &mut SqliteConnection, subject: &str) -> Result<Option<SqliteRow>> {
    sqlx::query(
        "SELECT id, state AS job_state, attempts, last_error, lease_until FROM jobs
         WHERE subject = ? AND state IN ('open', 'leased', 'dead')",
    )
    .bind(subject)
    .fetch_optional(connection)
    .await
    .map_err(database("read a job"))
}

async fn cancel(transaction: &mut SqliteConnection, job: i64, now: Timestamp) -> Result<()> {
    sqlx::query("UPDATE jobs SET state = 'cancelled', lease_until = NULL, finished_at = ? WHERE id = ?")
        .bind(now.to_string())
        .bind(job)
        .execute(transaction)
        .await
        .map_err(database("cancel a job"))?;
    Ok(())
}

/// Makes the newest usable version the latest; without any usable one, the latest stays.
async fn move_latest(transaction: &mut SqliteConnection, learnware: i64) -> Result<()> {
    sqlx::query(
        "UPDATE learnwares
         SET latest_version = newest.version, name = json_extract(newest.semantic, '$.Name.Values')
         FROM (SELECT version, semantic FROM versions
               WHERE learnware_id = ?1 AND status = 'usable' ORDER BY version DESC LIMIT 1) AS newest
         WHERE id = ?1",
    )
    .bind(learnware)
    .execute(&mut *transaction)
    .await
    .map_err(database("move the latest version"))?;
    touch(transaction, learnware).await
}

/// Marks the learnware as changed for those who follow the market.
async fn touch(transaction: &mut SqliteConnection, learnware: i64) -> Result<()> {
    let revision = next_revision(transaction).await?;
    sqlx::query("UPDATE learnwares SET revision = ? WHERE id = ?")
        .bind(revision)
        .bind(learnware)
        .execute(transaction)
        .await
        .map_err(database("mark the learnware as changed"))?;
    Ok(())
}
