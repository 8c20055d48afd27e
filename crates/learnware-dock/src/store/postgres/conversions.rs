//! Models that are code and were written as data.

use super::learnwares::lock_package;
use super::{PostgresStore, database, read};
use crate::clock::Timestamp;
use crate::error::Result;
use crate::ids::LearnwareNumber;
use crate::jobs::ClaimedJob;
use crate::store::FINISH_JOB;
use crate::store::blobs::Blobs;
use crate::store::conversions::{CONVERSION, ConversionRow, KEEP, UNCONVERTED};

impl PostgresStore {
    pub(in crate::store) async fn finish_conversion(
        &self,
        job: &ClaimedJob,
        row: &ConversionRow,
        blobs: &Blobs,
        now: Timestamp,
    ) -> Result<bool> {
        const ACTION: &str = "keep a conversion";
        let mut transaction = self.begin(ACTION).await?;
        if let Some((digest, _)) = &row.package {
            lock_package(&mut transaction, digest).await?;
        }
        if let Some((digest, _)) = row.package.clone()
            && !blobs.when_async(move |blobs| blobs.has(&digest)).await?
        {
            return Ok(false);
        }
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
        sqlx::query(KEEP)
            .bind(row.number.0)
            .bind(i64::from(row.version))
            .bind(row.package.as_ref().map(|(digest, _)| digest.as_str()))
            .bind(row.package.as_ref().map_or(0, |(_, size_bytes)| size_bytes.cast_signed()))
            .bind(&row.report)
            .bind(row.created_at.to_string())
            .execute(&mut *transaction)
            .await
            .map_err(database(ACTION))?;
        transaction.commit().await.map_err(database(ACTION))?;
        Ok(true)
    }

    pub(in crate::store) async fn conversion(
        &self,
        number: LearnwareNumber,
        version: u32,
    ) -> Result<Option<ConversionRow>> {
        sqlx::query(CONVERSION)
            .bind(number.0)
            .bind(i64::from(version))
            .fetch_optional(&self.pool)
            .await
            .map_err(database("look for a conversion"))?
            .as_ref()
            .map(read::conversion_row)
            .transpose()
    }

    pub(in crate::store) async fn unconverted(&self, limit: u32) -> Result<Vec<(LearnwareNumber, u32)>> {
        const ACTION: &str = "look for models to convert";
        let rows: Vec<(i64, i64)> = sqlx::query_as(UNCONVERTED)
            .bind(i64::from(limit))
            .fetch_all(&self.pool)
            .await
            .map_err(database(ACTION))?;
        let version = |version: i64| u32::try_from(version).unwrap_or(u32::MAX);
        Ok(rows.into_iter().map(|(number, found)| (LearnwareNumber(number), version(found))).collect())
    }
}
