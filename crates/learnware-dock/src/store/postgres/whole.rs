//! All rows, out and in.

use futures_util::TryStreamExt as _;
use serde_json::Value;
use sqlx::postgres::PgRow;
use sqlx::{AssertSqlSafe, Column as _, PgConnection, Row as _, TypeInfo as _};

use super::{PostgresStore, database, storable};
use crate::error::{DockError, Result};
use crate::store::whole::{Row, Sink, Source, TABLES, columns};

/// Tables that number their rows.
const NUMBERED: [&str; 6] = ["accounts", "organisations", "secrets", "learnwares", "jobs", "audit"];

impl PostgresStore {
    pub(in crate::store) async fn dump(&self, sink: &mut Sink<'_>) -> Result<()> {
        const ACTION: &str = "read all rows";
        let begin = "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY";
        let mut transaction = self.pool.begin_with(begin).await.map_err(database(ACTION))?;
        for table in TABLES {
            let all = AssertSqlSafe(format!("SELECT * FROM {table} ORDER BY 1, 2"));
            let mut rows = sqlx::query(all).fetch(&mut *transaction);
            while let Some(row) = rows.try_next().await.map_err(database(ACTION))? {
                sink(table, values(&row).map_err(database(ACTION))?)?;
            }
        }
        transaction.rollback().await.map_err(database(ACTION))
    }

    pub(in crate::store) async fn load(&self, source: &mut Source<'_>) -> Result<u64> {
        const ACTION: &str = "store all rows";
        let mut transaction = self.begin(ACTION).await?;
        let used: bool =
            sqlx::query_scalar("SELECT EXISTS (SELECT 1 FROM learnwares) OR EXISTS (SELECT 1 FROM accounts)")
                .fetch_one(&mut *transaction)
                .await
                .map_err(database(ACTION))?;
        if used {
            return Err(DockError::NotEmpty);
        }
        for begun in ["DELETE FROM meta", "DELETE FROM revision"] {
            sqlx::query(begun).execute(&mut *transaction).await.map_err(database(ACTION))?;
        }
        let mut count = 0;
        for next in source {
            let (table, mut row) = next?;
            for value in row.values_mut() {
                if let Value::String(text) = value {
                    *text = storable(text);
                }
            }
            insert(&mut transaction, table, &row).await?;
            count += 1;
        }
        for table in NUMBERED {
            let next = format!(
                "SELECT setval(pg_get_serial_sequence('{table}', 'id'), max(id)) FROM {table} HAVING max(id) IS NOT NULL"
            );
            sqlx::query(AssertSqlSafe(next)).execute(&mut *transaction).await.map_err(database(ACTION))?;
        }
        transaction.commit().await.map_err(database(ACTION))?;
        Ok(count)
    }
}

/// The database itself knows the types of its columns.
async fn insert(transaction: &mut PgConnection, table: &str, row: &Row) -> Result<()> {
    let names = columns(row).ok_or_else(|| DockError::bad_backup("a column has no plain name"))?.join(", ");
    let insert = format!(
        "INSERT INTO {table} ({names}) SELECT {names} FROM json_populate_record(NULL::{table}, $1::json)"
    );
    let document = serde_json::to_string(row).expect("a row is plain data");
    sqlx::query(AssertSqlSafe(insert))
        .bind(document)
        .execute(transaction)
        .await
        .map(drop)
        .map_err(database("store all rows"))
}

fn values(row: &PgRow) -> sqlx::Result<Row> {
    let mut values = Row::new();
    for (index, column) in row.columns().iter().enumerate() {
        let value = match column.type_info().name() {
            "INT8" => row.try_get::<Option<i64>, _>(index)?.into(),
            _ => row.try_get::<Option<String>, _>(index)?.into(),
        };
        values.insert(column.name().to_owned(), value);
    }
    Ok(values)
}
