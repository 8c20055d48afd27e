//! All rows, out and in.

use futures_util::TryStreamExt as _;
use serde_json::Value;
use sqlx::sqlite::SqliteRow;
use sqlx::{AssertSqlSafe, Column as _, Row as _, TypeInfo as _, ValueRef as _};

use super::{SqliteStore, database};
use crate::error::{DockError, Result};
use crate::store::whole::{Row, Sink, Source, TABLES, columns};

impl SqliteStore {
    pub(in crate::store) async fn dump(&self, sink: &mut Sink<'_>) -> Result<()> {
        const ACTION: &str = "read all rows";
        // One reading transaction: all tables show the same state.
        let mut transaction = self.readers.begin().await.map_err(database(ACTION))?;
        for table in TABLES {
            let all = AssertSqlSafe(format!("SELECT * FROM {table} ORDER BY 1, 2"));
            let mut rows = sqlx::query(all).fetch(&mut *transaction);
            while let Some(row) = rows.try_next().await.map_err(database(ACTION))? {
                sink(table, values(&row).map_err(database(ACTION))?)?;
            }
        }
        Ok(())
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
            let (table, row) = next?;
            let names = columns(&row).ok_or_else(|| DockError::bad_backup("a column has no plain name"))?;
            let places = vec!["?"; names.len()].join(", ");
            let insert = format!("INSERT INTO {table} ({}) VALUES ({places})", names.join(", "));
            let mut query = sqlx::query(AssertSqlSafe(insert));
            for value in row.values() {
                query = match value {
                    Value::Number(number) => query.bind(number.as_i64()),
                    Value::String(text) => query.bind(text.as_str()),
                    _ => query.bind(None::<i64>),
                };
            }
            query.execute(&mut *transaction).await.map_err(database(ACTION))?;
            count += 1;
        }
        transaction.commit().await.map_err(database(ACTION))?;
        Ok(count)
    }
}

fn values(row: &SqliteRow) -> sqlx::Result<Row> {
    let mut values = Row::new();
    for (index, column) in row.columns().iter().enumerate() {
        let raw = row.try_get_raw(index)?;
        let value = match raw.type_info().name() {
            _ if raw.is_null() => Value::Null,
            "INTEGER" => row.try_get::<i64, _>(index)?.into(),
            _ => row.try_get::<String, _>(index)?.into(),
        };
        values.insert(column.name().to_owned(), value);
    }
    Ok(values)
}
