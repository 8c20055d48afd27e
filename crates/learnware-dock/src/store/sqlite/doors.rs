//! Passes through doors.

use std::time::Duration;

use super::{SqliteStore, database};
use crate::clock::Timestamp;
use crate::error::Result;
use crate::store::doors::{FORGET, FREE_AT, PASS, microseconds, wait};

impl SqliteStore {
    pub(in crate::store) async fn pass_door(
        &self,
        visitor: &str,
        interval: Duration,
        burst: Duration,
        now: Timestamp,
    ) -> Result<Option<Duration>> {
        const ACTION: &str = "count at a door";
        let mut transaction = self.begin(ACTION).await?;
        let passed = sqlx::query(PASS)
            .bind(visitor)
            .bind(now.microseconds())
            .bind(microseconds(interval))
            .bind(microseconds(burst))
            .fetch_optional(&mut *transaction)
            .await
            .map_err(database(ACTION))?;
        let refused: Option<i64> = match passed {
            Some(_) => None,
            None => sqlx::query_scalar(FREE_AT)
                .bind(visitor)
                .fetch_optional(&mut *transaction)
                .await
                .map_err(database(ACTION))?,
        };
        transaction.commit().await.map_err(database(ACTION))?;
        Ok(refused.map(|free_at| wait(free_at, interval, burst, now)))
    }

    pub(in crate::store) async fn forget_visitors(&self, free_before: Timestamp) -> Result<u64> {
        const ACTION: &str = "forget who came to doors";
        let mut transaction = self.begin(ACTION).await?;
        let forgotten = sqlx::query(FORGET)
            .bind(free_before.microseconds())
            .execute(&mut *transaction)
            .await
            .map_err(database(ACTION))?;
        transaction.commit().await.map_err(database(ACTION))?;
        Ok(forgotten.rows_affected())
    }
}
