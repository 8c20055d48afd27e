//! Learnwares and their versions.

use std::time::Duration;

use learnware_engine::learnware::ModelFormat;
use sqlx::PgConnection;
use sqlx::postgres::PgRow;

use super::read::{self, Fields};
use super::{DIGEST_LOCK, PACKAGES_LOCK, PostgresStore, database, next_revision, storable};
use crate::clock::Timestamp;
use crate::error::Result;
use crate::ids::LearnwareNumber;
use crate::jobs::Job;
use crate::store::blobs::{Blobs, Digest};
use crate::store::files::IS_USED;
use crate::store::rows::{
    ChangeRow, DeletedRows, LatestVersion, LearnwareRow, ListOptions, ListRow, Revision, VersionRow,
    format_from_word,
};
use crate::store::{Added, Changes, NewVersion, Position};

const LIST: &str = "
    SELECT l.*, v.status AS latest_status, v.format, v.semantic, v.digest,
           n.version AS newest_version, n.status AS newest_status, n.semantic AS newest_semantic,
           n.digest AS newest_digest, n.submitted_at AS newest_submitted_at,
           j.state AS job_state, j.attempts, j.last_error
    FROM learnwares l
    JOIN versions v ON v.learnware_id = l.id AND v.version = l.latest_version
    JOIN versions n ON n.learnware_id = l.id
        AND n.version = (SELECT max(version) FROM versions WHERE learnware_id = l.id)
    LEFT JOIN jobs j ON j.subject = 'check:' || n.learnware_id || ':' || n.version
        AND j.state IN ('open', 'leased', 'dead')
    WHERE l.id > $1 AND (l.deleted_at IS NULL OR $2) AND ($3::BIGINT IS NULL OR l.owner_id = $3)
    ORDER BY l.id
    LIMIT $4";

impl PostgresStore {
    pub(in crate::store) async fn add_version(
        &self,
        new: &NewVersion,
        blobs: &Blobs,
        now: Timestamp,
    ) -> Result<Added> {
        const ACTION: &str = "store the submission";
        let mut transaction = self.begin(ACTION).await?;
        lock_package(&mut transaction, &new.digest).await?;
        if let Some(number) = new.replaces
            && !lock_living(&mut transaction, number).await?
        {
            return Ok(Added::NothingToReplace);
        }
        if let Some((number, version)) = owner(&mut transaction, &new.digest).await? {
            // A learnware's own package may come again with other words, or after another one.
            let repeated =
                Some(number) != new.replaces || repeats_newest(&mut transaction, number, new).await?;
            if repeated {
                return Ok(Added::Duplicate { number, version });
            }
        }
        let digest = new.digest.clone();
        if !blobs.when_async(move |blobs| blobs.has(&digest)).await? {
            return Ok(Added::BlobGone);
        }
        let (number, version) = insert_version(&mut transaction, new, now).await?;
        insert_check(&mut transaction, number, version, now).await?;
        self.fail.pass("submit.before_commit");
        transaction.commit().await.map_err(database(ACTION))?;
        Ok(Added::Stored { number, version })
    }

    pub(in crate::store) async fn owner(&self, digest: &Digest) -> Result<Option<(LearnwareNumber, u32)>> {
        let mut connection = self.pool.acquire().await.map_err(database("look for the package"))?;
        owner(&mut connection, digest).await
    }

    pub(in crate::store) async fn learnware(&self, number: LearnwareNumber) -> Result<Option<LearnwareRow>> {
        sqlx::query("SELECT * FROM learnwares WHERE id = $1")
            .bind(number.0)
            .fetch_optional(&self.pool)
            .await
            .map_err(database("read a learnware"))?
            .as_ref()
            .map(read::learnware_row)
            .transpose()
    }

    pub(in crate::store) async fn versions(&self, number: LearnwareNumber) -> Result<Vec<VersionRow>> {
        sqlx::query("SELECT * FROM versions WHERE learnware_id = $1 ORDER BY version")
            .bind(number.0)
            .fetch_all(&self.pool)
            .await
            .map_err(database("read the versions of a learnware"))?
            .iter()
            .map(read::version_row)
            .collect()
    }

    pub(in crate::store) async fn version(
        &self,
        number: LearnwareNumber,
        version: u32,
    ) -> Result<Option<VersionRow>> {
        sqlx::query("SELECT * FROM versions WHERE learnware_id = $1 AND version = $2")
            .bind(number.0)
            .bind(i64::from(version))
            .fetch_optional(&self.pool)
            .await
            .map_err(database("read a version"))?
            .as_ref()
            .map(read::version_row)
            .transpose()
    }

    pub(in crate::store) async fn latest_versions(
        &self,
        numbers: &[LearnwareNumber],
    ) -> Result<Vec<LatestVersion>> {
        let numbers: Vec<i64> = numbers.iter().map(|number| number.0).collect();
        sqlx::query(
            "SELECT v.learnware_id, v.version, v.digest
             FROM learnwares AS l JOIN versions AS v ON v.learnware_id = l.id AND v.version = l.latest_version
             WHERE l.id IN (SELECT unnest($1::BIGINT[])) AND l.deleted_at IS NULL
             ORDER BY l.id",
        )
        .bind(numbers)
        .fetch_all(&self.pool)
        .await
        .map_err(database("read the latest versions of learnwares"))?
        .iter()
        .map(read::latest_version)
        .collect()
    }

    pub(in crate::store) async fn list(&self, options: &ListOptions) -> Result<Vec<ListRow>> {
        sqlx::query(LIST)
            .bind(options.after.map_or(0, |number| number.0))
            .bind(options.deleted == DeletedRows::Show)
            .bind(options.owner.map(|owner| owner.0))
            .bind(i64::from(options.limit))
            .fetch_all(&self.pool)
            .await
            .map_err(database("list the learnwares"))?
            .iter()
            .map(read::list_row)
            .collect()
    }

    pub(in crate::store) async fn delete(&self, number: LearnwareNumber, now: Timestamp) -> Result<bool> {
        const ACTION: &str = "delete the learnware";
        let mut transaction = self.begin(ACTION).await?;
        if !lock_living(&mut transaction, number).await? {
            return Ok(false);
        }
        delete_living(&mut transaction, number, now).await?;
        self.fail.pass("delete.before_commit");
        transaction.commit().await.map_err(database(ACTION))?;
        Ok(true)
    }

    pub(in crate::store) async fn take_down(
        &self,
        number: LearnwareNumber,
        reason: Option<&str>,
    ) -> Result<bool> {
        const ACTION: &str = "take the learnware down";
        let mut transaction = self.begin(ACTION).await?;
        if !lock_living(&mut transaction, number).await? {
            return Ok(false);
        }
        let revision = next_revision(&mut transaction).await?;
        sqlx::query("UPDATE learnwares SET taken_down = $1, revision = $2 WHERE id = $3")
            .bind(reason.map(storable))
            .bind(revision)
            .bind(number.0)
            .execute(&mut *transaction)
            .await
            .map_err(database(ACTION))?;
        transaction.commit().await.map_err(database(ACTION))?;
        Ok(true)
    }

    pub(in crate::store) async fn revision(&self) -> Result<Revision> {
        sqlx::query_scalar("SELECT value FROM revision WHERE only_row = 1")
            .fetch_one(&self.pool)
            .await
            .map(Revision)
            .map_err(database("read the revision"))
    }

    pub(in crate::store) async fn changes(&self, after: Position, limit: u32) -> Result<Changes> {
        const ACTION: &str = "read what changed";
        // One snapshot: both statements see the same state.
        let begin = "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY";
        let mut transaction = self.pool.begin_with(begin).await.map_err(database(ACTION))?;
        let revision = sqlx::query_scalar("SELECT value FROM revision WHERE only_row = 1")
            .fetch_one(&mut *transaction)
            .await
            .map_err(database(ACTION))?;
        let rows = sqlx::query(
            "SELECT l.id, l.revision, l.created_at, l.owner_id, l.visibility, l.organisation_id, v.semantic, v.statistical, v.format, v.size_bytes
             FROM learnwares l
             LEFT JOIN versions v ON v.learnware_id = l.id AND v.version = l.latest_version
                 AND v.status = 'usable' AND l.deleted_at IS NULL
                 AND l.taken_down IS NULL
             WHERE (l.revision, l.id) > ($1, $2)
             ORDER BY l.revision, l.id
             LIMIT $3",
        )
        .bind(after.revision.0)
        .bind(after.number.0)
        .bind(i64::from(limit))
        .fetch_all(&mut *transaction)
        .await
        .map_err(database(ACTION))?;
        transaction.rollback().await.map_err(database(ACTION))?;
        let change = |row: &PgRow| -> Result<ChangeRow> {
            let usable = row_format(row)?.map(|format| read::usable_row(row, format)).transpose()?;
            let number = LearnwareNumber(row.number("id")?);
            let revision = Revision(row.number("revision")?);
            Ok(ChangeRow { number, revision, audience: read::audience(row)?, usable })
        };
        Ok(Changes::page(revision, rows.iter().map(change).collect::<Result<_>>()?, limit))
    }

    pub(in crate::store) async fn remove_unused(
        &self,
        candidates: &[Digest],
        blobs: &Blobs,
        age_min: Duration,
        now: Timestamp,
    ) -> Result<usize> {
        const ACTION: &str = "look for unused packages";
        let mut transaction = self.begin(ACTION).await?;
        // Keeps submissions from pointing at a blob while it is being removed.
        sqlx::query("SELECT pg_advisory_xact_lock($1)")
            .bind(PACKAGES_LOCK)
            .execute(&mut *transaction)
            .await
            .map_err(database(ACTION))?;
        let mut removed = 0;
        for digest in candidates {
            let used: bool = sqlx::query_scalar(IS_USED)
                .bind(digest.as_str())
                .bind(now.minus(age_min).to_string())
                .fetch_one(&mut *transaction)
                .await
                .map_err(database(ACTION))?;
            if !used && blobs.remove_old(digest, age_min, &self.fail).await? {
                removed += 1;
            }
        }
        transaction.rollback().await.map_err(database(ACTION))?;
        Ok(removed)
    }
}

/// Keeps sweeps out, and other submissions of the same package.
pub(super) async fn lock_package(transaction: &mut PgConnection, digest: &Digest) -> Result<()> {
    let beginning = digest.as_str().get(..8).and_then(|text| u32::from_str_radix(text, 16).ok());
    let beginning = beginning.expect("a digest has 64 hexadecimal digits").cast_signed();
    sqlx::query("SELECT pg_advisory_xact_lock_shared($1)")
        .bind(PACKAGES_LOCK)
        .execute(&mut *transaction)
        .await
        .map_err(database("wait for a sweep"))?;
    sqlx::query("SELECT pg_advisory_xact_lock($1, $2)")
        .bind(DIGEST_LOCK)
        .bind(beginning)
        .execute(transaction)
        .await
        .map_err(database("wait for the same package"))?;
    Ok(())
}

/// Makes a tombstone of a learnware that is there: its packages are free again, its jobs are cancelled.
pub(super) async fn delete_living(
    transaction: &mut PgConnection,
    number: LearnwareNumber,
    now: Timestamp,
) -> Result<()> {
    const ACTION: &str = "delete the learnware";
    sqlx::query(
        "UPDATE jobs SET state = 'cancelled', lease_until = NULL, finished_at = $1
         WHERE state IN ('open', 'leased', 'dead')
           AND EXISTS (SELECT 1 FROM versions WHERE learnware_id = $2
               AND jobs.subject IN ('check:' || learnware_id || ':' || version, 'convert:' || learnware_id || ':' || version))",
    )
    .bind(now.to_string())
    .bind(number.0)
    .execute(&mut *transaction)
    .await
    .map_err(database(ACTION))?;
    sqlx::query("DELETE FROM package_owners WHERE learnware_id = $1")
        .bind(number.0)
        .execute(&mut *transaction)
        .await
        .map_err(database(ACTION))?;
    let revision = next_revision(&mut *transaction).await?;
    sqlx::query("UPDATE learnwares SET deleted_at = $1, revision = $2 WHERE id = $3")
        .bind(now.to_string())
        .bind(revision)
        .bind(number.0)
        .execute(&mut *transaction)
        .await
        .map_err(database(ACTION))?;
    Ok(())
}

/// Locks the row of a learnware until the transaction ends. False when it is not there (any more).
pub(super) async fn lock_living(transaction: &mut PgConnection, number: LearnwareNumber) -> Result<bool> {
    sqlx::query("SELECT id FROM learnwares WHERE id = $1 AND deleted_at IS NULL FOR UPDATE")
        .bind(number.0)
        .fetch_optional(transaction)
        .await
        .map(|row| row.is_some())
        .map_err(database("look for the learnware"))
}

fn row_format(row: &impl Fields) -> Result<Option<ModelFormat>> {
    row.text_optional("format")?.map(format_from_word).transpose()
}

/// The living learnware that has the package, and its newest version with it.
async fn owner(connection: &mut PgConnection, digest: &Digest) -> Result<Option<(LearnwareNumber, u32)>> {
    let row = sqlx::query(
        "SELECT o.learnware_id, max(v.version) AS version
         FROM package_owners o
         JOIN versions v ON v.learnware_id = o.learnware_id AND v.digest = o.digest
         WHERE o.digest = $1
         GROUP BY o.learnware_id",
    )
    .bind(digest.as_str())
    .fetch_optional(connection)
    .await
    .map_err(database("look for the package"))?;
    row.map(|row| Ok((LearnwareNumber(row.number("learnware_id")?), read::version_number(&row, "version")?)))
        .transpose()
}

/// Whether the submission says nothing that the newest version does not say.
async fn repeats_newest(
    transaction: &mut PgConnection,
    number: LearnwareNumber,
    new: &NewVersion,
) -> Result<bool> {
    sqlx::query_scalar(
        "SELECT digest = $1 AND semantic = $2 FROM versions WHERE learnware_id = $3
         ORDER BY version DESC LIMIT 1",
    )
    .bind(new.digest.as_str())
    .bind(&new.specification.semantic)
    .bind(number.0)
    .fetch_one(transaction)
    .await
    .map_err(database("compare with the newest version"))
}

async fn insert_version(
    transaction: &mut PgConnection,
    new: &NewVersion,
    now: Timestamp,
) -> Result<(LearnwareNumber, u32)> {
    let store = database("store the submission");
    let number: i64 = match new.replaces {
        Some(number) => number.0,
        None => sqlx::query_scalar(
            "INSERT INTO learnwares (name, latest_version, revision, created_at, owner_id, visibility, organisation_id)
             VALUES ($1, 1, 0, $2, $3, $4, $5) RETURNING id",
        )
        .bind(storable(&new.name))
        .bind(now.to_string())
        .bind(new.audience.owner.map(|owner| owner.0))
        .bind(new.audience.visibility.word())
        .bind(new.audience.visibility.organisation().map(|organisation| organisation.0))
        .fetch_one(&mut *transaction)
        .await
        .map_err(&store)?,
    };
    let row = sqlx::query(
        "INSERT INTO versions (learnware_id, version, digest, size_bytes, status, semantic, statistical,
                               format, submitted_at)
         VALUES ($1, (SELECT coalesce(max(version), 0) + 1 FROM versions WHERE learnware_id = $1),
                 $2, $3, 'waiting', $4, $5, $6, $7)
         RETURNING version",
    )
    .bind(number)
    .bind(new.digest.as_str())
    .bind(i64::try_from(new.size_bytes).unwrap_or(i64::MAX))
    .bind(&new.specification.semantic)
    .bind(&new.specification.statistical)
    .bind(new.format.word())
    .bind(now.to_string())
    .fetch_one(&mut *transaction)
    .await
    .map_err(&store)?;
    sqlx::query("INSERT INTO package_owners (digest, learnware_id) VALUES ($1, $2) ON CONFLICT DO NOTHING")
        .bind(new.digest.as_str())
        .bind(number)
        .execute(&mut *transaction)
        .await
        .map_err(&store)?;
    Ok((LearnwareNumber(number), read::version_number(&row, "version")?))
}

/// Adds the job to check a version.
pub(super) async fn insert_check(
    transaction: &mut PgConnection,
    number: LearnwareNumber,
    version: u32,
    now: Timestamp,
) -> Result<()> {
    insert_job(transaction, &Job::check(number, version), now).await
}

/// Adds a job that may begin now.
pub(super) async fn insert_job(transaction: &mut PgConnection, job: &Job, now: Timestamp) -> Result<()> {
    let payload = serde_json::to_string(job).expect("a job is plain data");
    sqlx::query(
        "INSERT INTO jobs (kind, subject, payload, state, available_at, created_at)
         VALUES ($1, $2, $3, 'open', $4, $4)",
    )
    .bind(job.kind())
    .bind(job.subject())
    .bind(payload)
    .bind(now.to_string())
    .execute(transaction)
    .await
    .map_err(database("add a job"))?;
    Ok(())
}
