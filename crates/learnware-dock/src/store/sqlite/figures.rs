//! How much is there, and what happens day by day.

use sqlx::Row as _;

use super::{SqliteStore, database};
use crate::clock::Timestamp;
use crate::error::Result;
use crate::store::figures::{COUNT, FIGURES, Figure, HOLDINGS, Holdings};

impl SqliteStore {
    pub(in crate::store) async fn holdings(&self) -> Result<Holdings> {
        const ACTION: &str = "count what is there";
        let row = sqlx::query(HOLDINGS).fetch_one(&self.readers).await.map_err(database(ACTION))?;
        let database_bytes: i64 =
            sqlx::query_scalar("SELECT page_count * page_size FROM pragma_page_count(), pragma_page_size()")
                .fetch_one(&self.readers)
                .await
                .map_err(database(ACTION))?;
        let number = |column| row.try_get::<i64, _>(column).map(i64::unsigned_abs).map_err(database(ACTION));
        Ok(Holdings {
            learnwares: number("learnwares")?,
            versions: number("versions")?,
            packages: number("packages")?,
            package_bytes: number("bytes")?,
            accounts: number("accounts")?,
            database_bytes: database_bytes.unsigned_abs(),
        })
    }

    pub(in crate::store) async fn figures(&self, since: Timestamp) -> Result<Vec<Figure>> {
        const ACTION: &str = "read what happened";
        let rows: Vec<(String, String, i64)> = sqlx::query_as(FIGURES)
            .bind(since.to_string())
            .fetch_all(&self.readers)
            .await
            .map_err(database(ACTION))?;
        let figure =
            |(day, what, count): (String, String, i64)| Figure { day, what, count: count.unsigned_abs() };
        Ok(rows.into_iter().map(figure).collect())
    }

    pub(in crate::store) async fn count_on(&self, figures: &[Figure]) -> Result<()> {
        const ACTION: &str = "count what happened";
        let mut transaction = self.begin(ACTION).await?;
        for figure in figures {
            sqlx::query(COUNT)
                .bind(&figure.day)
                .bind(&figure.what)
                .bind(figure.count.cast_signed())
                .execute(&mut *transaction)
                .await
                .map_err(database(ACTION))?;
        }
        transaction.commit().await.map_err(database(ACTION))
    }
}
