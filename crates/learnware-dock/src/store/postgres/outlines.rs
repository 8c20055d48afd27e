//! Outlines and heads, compared by the extension `vector` (pgvector).

use sqlx::postgres::{PgConnection, PgRow};
use sqlx::{AssertSqlSafe, Row as _};

use super::{PostgresStore, database, next_revision};
use crate::clock::Timestamp;
use crate::error::{DockError, Result};
use crate::ids::LearnwareNumber;
use crate::jobs::ClaimedJob;
use crate::store::FINISH_JOB;
use crate::store::outlines::{
    Begun, FilledOutline, HeadOrder, HeadQuery, HeadRow, NearHeads, NewOutline, OutlineContent, OutlineRow,
};
use crate::store::rows::Revision;

/// Usable learnwares with their statistical specifications.
const USABLE: &str = "SELECT l.id, v.statistical FROM learnwares l
     JOIN versions v ON v.learnware_id = l.id AND v.version = l.latest_version
     WHERE v.status = 'usable' AND l.deleted_at IS NULL AND l.taken_down IS NULL AND l.revision <= $1";
/// Heads of weights that are no distribution's that are told: one more than a search looks at, so that it sees that there
/// are more.
const SILENT_MAX: i64 = 1001;
/// Candidates that the approximate index keeps while it looks, at most what pgvector allows.
const HNSW_EF_MAX: u32 = 1000;

impl PostgresStore {
    pub(in crate::store) async fn prepare_first_stage(&self) -> Result<()> {
        if self.has_vectors().await? {
            return Ok(()); // Whoever made it may have had rights that we don't have.
        }
        let made = sqlx::query("CREATE EXTENSION IF NOT EXISTS vector").execute(&self.pool).await;
        let Err(error) = made else { return Ok(()) };
        if self.has_vectors().await? {
            return Ok(()); // Another process made it at the same moment.
        }
        Err(match error {
            sqlx::Error::Database(error) => DockError::FirstStage {
                reason: format!(
                    "the database has no extension vector ({}); install pgvector on its server and run CREATE \
                     EXTENSION vector as an administrator, or unset LEARNWARE_FIRST_STAGE_FROM",
                    error.message()
                ),
            },
            error => database("make the extension vector")(error),
        })
    }

    async fn has_vectors(&self) -> Result<bool> {
        sqlx::query_scalar("SELECT EXISTS (SELECT 1 FROM pg_extension WHERE extname = 'vector')")
            .fetch_one(&self.pool)
            .await
            .map_err(database("look for the extension vector"))
    }

    pub(in crate::store) async fn outlines(&self) -> Result<Vec<OutlineRow>> {
        const ACTION: &str = "list the outlines";
        let rows = sqlx::query(
            "SELECT id, island, revision, error_max FROM outlines WHERE state = 'active' ORDER BY id",
        )
        .fetch_all(&self.pool)
        .await
        .map_err(database(ACTION))?;
        rows.iter()
            .map(|row| {
                Ok(OutlineRow {
                    id: row.try_get(0).map_err(database(ACTION))?,
                    island: parsed(row, 1, "outlines.island")?,
                    revision: Revision(row.try_get(2).map_err(database(ACTION))?),
                    error_max: row.try_get(3).map_err(database(ACTION))?,
                })
            })
            .collect()
    }

    pub(in crate::store) async fn outline(&self, id: i64) -> Result<Option<OutlineContent>> {
        const ACTION: &str = "read an outline";
        let found: Option<(Vec<u8>,)> = sqlx::query_as("SELECT content FROM outlines WHERE id = $1")
            .bind(id)
            .fetch_optional(&self.pool)
            .await
            .map_err(database(ACTION))?;
        let Some((bytes,)) = found else { return Ok(None) };
        let rows = sqlx::query(
            "SELECT h.learnware_id, h.languages FROM heads h
             JOIN outlines o ON o.id = h.outline_id
             JOIN learnwares l ON l.id = h.learnware_id AND l.revision <= o.revision
             WHERE h.outline_id = $1",
        )
        .bind(id)
        .fetch_all(&self.pool)
        .await
        .map_err(database(ACTION))?;
        let members = rows.iter().map(|row| {
            let number = LearnwareNumber(row.try_get(0).map_err(database(ACTION))?);
            Ok((number, parsed(row, 1, "heads.languages")?))
        });
        Ok(Some(OutlineContent { bytes, members: members.collect::<Result<_>>()? }))
    }

    pub(in crate::store) async fn specifications_after(
        &self,
        after: LearnwareNumber,
        revision: Revision,
        limit: u32,
    ) -> Result<Vec<(LearnwareNumber, String)>> {
        let page = AssertSqlSafe(format!("{USABLE} AND l.id > $2 ORDER BY l.id LIMIT $3"));
        let rows: Vec<(i64, String)> = sqlx::query_as(page)
            .bind(revision.0)
            .bind(after.0)
            .bind(i64::from(limit))
            .fetch_all(&self.pool)
            .await
            .map_err(database("read specifications"))?;
        Ok(rows.into_iter().map(|(id, text)| (LearnwareNumber(id), text)).collect())
    }

    pub(in crate::store) async fn specifications_of(
        &self,
        numbers: &[LearnwareNumber],
        revision: Revision,
    ) -> Result<Vec<(LearnwareNumber, String)>> {
        let some = AssertSqlSafe(format!("{USABLE} AND l.id = ANY($2) ORDER BY l.id"));
        let rows: Vec<(i64, String)> = sqlx::query_as(some)
            .bind(revision.0)
            .bind(whole_numbers(numbers))
            .fetch_all(&self.pool)
            .await
            .map_err(database("read specifications"))?;
        Ok(rows.into_iter().map(|(id, text)| (LearnwareNumber(id), text)).collect())
    }

    pub(in crate::store) async fn begin_outline(&self, new: &NewOutline, now: Timestamp) -> Result<i64> {
        sqlx::query_scalar(
            "INSERT INTO outlines (island, state, revision, members, error_max, content, created_at)
             VALUES ($1, 'building', $2, 0, 0, $3, $4) RETURNING id",
        )
        .bind(json(&new.island))
        .bind(new.revision.0)
        .bind(&new.bytes)
        .bind(now.to_string())
        .fetch_one(&self.pool)
        .await
        .map_err(database("begin an outline"))
    }

    pub(in crate::store) async fn add_heads(&self, outline: i64, heads: &[HeadRow]) -> Result<()> {
        // Arrays of arrays would have to be of one type: heads go one after the other, and are cut again.
        sqlx::query(
            "INSERT INTO heads (outline_id, learnware_id, languages, error, head)
             SELECT $1, of.id, of.languages, of.error, ($5::REAL[])[(of.place - 1) * $6 + 1 : of.place * $6]
             FROM unnest($2::BIGINT[], $3::TEXT[], $4::DOUBLE PRECISION[])
                  WITH ORDINALITY AS of (id, languages, error, place)",
        )
        .bind(outline)
        .bind(heads.iter().map(|row| row.number.0).collect::<Vec<i64>>())
        .bind(heads.iter().map(|row| json(&row.languages)).collect::<Vec<String>>())
        .bind(heads.iter().map(|row| row.head.error).collect::<Vec<f64>>())
        .bind(heads.iter().flat_map(|row| row.head.axes.iter().copied()).collect::<Vec<f32>>())
        .bind(heads.first().map_or(1, |row| row.head.axes.len().cast_signed() as i64))
        .execute(&self.pool)
        .await
        .map(drop)
        .map_err(database("add heads to an outline"))
    }

    pub(in crate::store) async fn index_heads(&self, outline: i64) -> Result<()> {
        let axes = learnware_engine::market::index::Head::AXES;
        let index = format!(
            "CREATE INDEX {} ON heads USING hnsw ((head::vector({axes})) vector_l2_ops) WHERE outline_id = {outline}",
            index_name(outline)
        );
        sqlx::query(AssertSqlSafe(index))
            .execute(&self.pool)
            .await
            .map(drop)
            .map_err(database("make the index of an outline"))
    }

    pub(in crate::store) async fn activate_outlines(
        &self,
        job: &ClaimedJob,
        filled: &[FilledOutline],
        now: Timestamp,
    ) -> Result<bool> {
        const ACTION: &str = "put outlines into use";
        let mut transaction = self.begin(ACTION).await?;
        let ended = sqlx::query(FINISH_JOB)
            .bind(now.to_string())
            .bind(job.id)
            .bind(i64::from(job.attempt))
            .execute(&mut *transaction)
            .await
            .map_err(database(ACTION))?;
        if ended.rows_affected() == 0 {
            return Ok(false);
        }
        sqlx::query("UPDATE outlines SET state = 'retired', retired_at = $1 WHERE state = 'active'")
            .bind(now.to_string())
            .execute(&mut *transaction)
            .await
            .map_err(database(ACTION))?;
        for outline in filled {
            sqlx::query("UPDATE outlines SET state = 'active', members = $1, error_max = $2 WHERE id = $3")
                .bind(outline.members.cast_signed() as i64)
                .bind(outline.error_max)
                .bind(outline.id)
                .execute(&mut *transaction)
                .await
                .map_err(database(ACTION))?;
        }
        next_revision(&mut transaction).await?;
        transaction.commit().await.map_err(database(ACTION))?;
        Ok(true)
    }

    pub(in crate::store) async fn forget_outlines(&self, before: Timestamp, begun: Begun) -> Result<u64> {
        const ACTION: &str = "forget outlines";
        let mut transaction = self.begin(ACTION).await?;
        let gone: Vec<i64> = sqlx::query_scalar(
            "DELETE FROM outlines WHERE (state = 'retired' AND retired_at < $1) OR (state = 'building' AND $2)
             RETURNING id",
        )
        .bind(before.to_string())
        .bind(begun == Begun::Remove)
        .fetch_all(&mut *transaction)
        .await
        .map_err(database(ACTION))?;
        for &outline in &gone {
            let drop_index = format!("DROP INDEX IF EXISTS {}", index_name(outline));
            sqlx::query(AssertSqlSafe(drop_index))
                .execute(&mut *transaction)
                .await
                .map_err(database(ACTION))?;
        }
        transaction.commit().await.map_err(database(ACTION))?;
        Ok(gone.len() as u64)
    }

    pub(in crate::store) async fn near_heads(&self, query: &HeadQuery) -> Result<Option<NearHeads>> {
        const ACTION: &str = "look for near heads";
        // One snapshot: an outline that is there has all its heads.
        let begin = "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY";
        let mut transaction = self.pool.begin_with(begin).await.map_err(database(ACTION))?;
        let there: bool = sqlx::query_scalar("SELECT EXISTS (SELECT 1 FROM outlines WHERE id = $1)")
            .bind(query.outline)
            .fetch_one(&mut *transaction)
            .await
            .map_err(database(ACTION))?;
        if !there {
            return Ok(None);
        }
        if query.order == HeadOrder::Hnsw {
            let reach = query.limit.saturating_mul(2).clamp(40, HNSW_EF_MAX);
            let told = format!(
                "SET LOCAL hnsw.ef_search = {reach}; SET LOCAL hnsw.iterative_scan = 'relaxed_order'"
            );
            sqlx::raw_sql(AssertSqlSafe(told)).execute(&mut *transaction).await.map_err(database(ACTION))?;
        }
        let found = nearest(&mut transaction, query).await?;
        transaction.rollback().await.map_err(database(ACTION))?;
        Ok(Some(found))
    }
}

/// The outline's number stands in the text: the planner takes its partial index then.
async fn nearest(connection: &mut PgConnection, query: &HeadQuery) -> Result<NearHeads> {
    const ACTION: &str = "look for near heads";
    let axes = learnware_engine::market::index::Head::AXES;
    let outline = query.outline;
    let wanted = "($2::BIGINT[] IS NULL OR learnware_id = ANY($2)) AND learnware_id <> ALL($3)";
    let distance = format!("head::vector({axes}) <-> $1::REAL[]::vector({axes})");
    // Adding nothing keeps the planner from an index, which would leave some out.
    let order = if query.order == HeadOrder::Hnsw { "" } else { " + 0" };
    let near = format!(
        "SELECT learnware_id, {distance} FROM heads
         WHERE outline_id = {outline} AND error < 'Infinity' AND {wanted} ORDER BY ({distance}){order} LIMIT $4"
    );
    let silent = format!(
        "SELECT learnware_id FROM heads
         WHERE outline_id = {outline} AND error = 'Infinity' AND $1::REAL[] IS NOT NULL AND {wanted}
         ORDER BY learnware_id LIMIT $4"
    );
    let among = query.among.as_deref().map(whole_numbers);
    let exclude = whole_numbers(&query.exclude);
    let near: Vec<(i64, f64)> = sqlx::query_as(AssertSqlSafe(near))
        .bind(&query.axes)
        .bind(&among)
        .bind(&exclude)
        .bind(i64::from(query.limit))
        .fetch_all(&mut *connection)
        .await
        .map_err(database(ACTION))?;
    let silent: Vec<i64> = sqlx::query_scalar(AssertSqlSafe(silent))
        .bind(&query.axes)
        .bind(&among)
        .bind(&exclude)
        .bind(SILENT_MAX)
        .fetch_all(connection)
        .await
        .map_err(database(ACTION))?;
    let near = near.into_iter().map(|(id, distance)| (LearnwareNumber(id), distance)).collect();
    Ok(NearHeads { near, silent: silent.into_iter().map(LearnwareNumber).collect() })
}

/// The name of an outline's approximate index.
fn index_name(outline: i64) -> String {
    format!("heads_of_{outline}")
}

fn whole_numbers(numbers: &[LearnwareNumber]) -> Vec<i64> {
    numbers.iter().map(|number| number.0).collect()
}

fn json(value: &impl serde::Serialize) -> String {
    serde_json::to_string(value).expect("plain data")
}

fn parsed<T: serde::de::DeserializeOwned>(row: &PgRow, column: usize, what: &str) -> Result<T> {
    let text: String = row.try_get(column).map_err(database("read an outline"))?;
    serde_json::from_str(&text)
        .map_err(|error| DockError::BadRow { what: what.to_owned(), reason: error.to_string() })
}
