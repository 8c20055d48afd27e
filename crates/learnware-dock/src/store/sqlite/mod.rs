//! The store on SQLite: write-ahead log, one connection that writes, some that read.
//!
//! Every writing transaction begins with `BEGIN IMMEDIATE`: it waits for the lock before it reads, because
//! SQLite does not let a transaction that has read wait to write. Several processes may use one file.

mod conversions;
mod doors;
mod figures;
mod files;
mod identities;
mod jobs;
mod learnwares;
mod organisations;
mod people;
mod read;
mod removal;
mod whole;

use std::io::Read;
use std::path::Path;
use std::time::Duration;

use sqlx::migrate::Migrator;
use sqlx::sqlite::{
    SqliteConnectOptions, SqliteJournalMode, SqlitePool, SqlitePoolOptions, SqliteSynchronous,
};
use sqlx::{Connection, Sqlite, SqliteConnection, Transaction};

use crate::clock::Timestamp;
use crate::error::{DockError, Result};
use crate::failpoint::FailPoints;
use crate::store::rows::Revision;

/// The schema, oldest migration first.
static MIGRATOR: Migrator = sqlx::migrate!("migrations/sqlite");

/// How long a statement waits for another process; longer than any transaction of ours takes.
const BUSY_TIMEOUT: Duration = Duration::from_secs(30);
/// How long a call waits for the one writing connection: behind others of this process, each of which may
/// wait for another process.
const ACQUIRE_TIMEOUT: Duration = Duration::from_mins(1);
/// Connections that read.
const READERS_MAX: u32 = 4;
/// How often a waiting call asks for the revision: a read of one row.
const ASK_AGAIN: Duration = Duration::from_millis(100);
/// "LWDK", as the first migration writes it.
const APPLICATION_ID: i64 = 0x4c57_444b;
/// How every SQLite file begins.
const MAGIC: &[u8; 16] = b"SQLite format 3\0";

/// Rows in a SQLite file.
#[derive(Debug, Clone)]
pub struct SqliteStore {
    writer: SqlitePool,
    readers: SqlitePool,
    fail: FailPoints,
}

impl SqliteStore {
    /// Opens or makes the file. The caller holds the dock's lock, so that two processes don't migrate at once.
    pub(super) async fn open(folder: &Path, file: &Path, fail: FailPoints, now: Timestamp) -> Result<Self> {
        refuse_foreign(folder, file).await?;
        let options = SqliteConnectOptions::new()
            .filename(file)
            .create_if_missing(true)
            .journal_mode(SqliteJournalMode::Wal)
            // FULL: a commit in the write-ahead log is on the disk before it is acknowledged.
            .synchronous(SqliteSynchronous::Full)
            .foreign_keys(true)
            .busy_timeout(BUSY_TIMEOUT);
        let writer = SqlitePoolOptions::new()
            .max_connections(1)
            .acquire_timeout(ACQUIRE_TIMEOUT)
            .connect_with(options.clone())
            .await
            .map_err(database("open the database"))?;
        migrate(folder, &writer, now).await?;
        let readers = SqlitePoolOptions::new()
            .max_connections(READERS_MAX)
            .acquire_timeout(ACQUIRE_TIMEOUT)
            .connect_with(options.pragma("query_only", "ON"))
            .await
            .map_err(database("open the database"))?;
        Ok(Self { writer, readers, fail })
    }

    pub(super) async fn close(&self) {
        self.readers.close().await;
        self.writer.close().await;
    }

    pub(super) async fn dock_id(&self) -> Result<String> {
        self.fact("dock_id")
            .await?
            .ok_or_else(|| DockError::BadRow { what: "meta.dock_id".into(), reason: "it is missing".into() })
    }

    pub(super) async fn fact(&self, key: &str) -> Result<Option<String>> {
        sqlx::query_scalar("SELECT value FROM meta WHERE key = ?")
            .bind(key)
            .fetch_optional(&self.readers)
            .await
            .map_err(database("read the dock's facts"))
    }

    pub(super) async fn set_fact(&self, key: &str, value: &str) -> Result<()> {
        sqlx::query(
            "INSERT INTO meta (key, value) VALUES (?, ?) ON CONFLICT (key) DO UPDATE SET value = excluded.value",
        )
        .bind(key)
        .bind(value)
        .execute(&self.writer)
        .await
        .map_err(database("write the dock's facts"))?;
        Ok(())
    }

    pub(super) async fn integrity(&self) -> Result<Vec<String>> {
        const ACTION: &str = "check the database file";
        let found: Vec<String> = sqlx::query_scalar("SELECT integrity_check FROM pragma_integrity_check")
            .fetch_all(&self.readers)
            .await
            .map_err(database(ACTION))?;
        let dangling: Vec<String> = sqlx::query_scalar(
            "SELECT DISTINCT \"table\" || ' refers to a missing row of ' || parent FROM pragma_foreign_key_check",
        )
        .fetch_all(&self.readers)
        .await
        .map_err(database(ACTION))?;
        Ok(found.into_iter().filter(|line| line != "ok").chain(dangling).collect())
    }

    pub(super) async fn wait_for_change(&self, since: Revision, at_most: Duration) -> Result<Revision> {
        let end = tokio::time::Instant::now() + at_most;
        loop {
            let revision = self.revision().await?;
            let left = end.saturating_duration_since(tokio::time::Instant::now());
            if revision != since || left.is_zero() {
                return Ok(revision);
            }
            tokio::time::sleep(left.min(ASK_AGAIN)).await;
        }
    }

    /// Begins a transaction that writes.
    async fn begin(&self, action: &'static str) -> Result<Transaction<'static, Sqlite>> {
        self.writer.begin_with("BEGIN IMMEDIATE").await.map_err(database(action))
    }
}

/// Turns a database error into ours; for `map_err`.
fn database(action: &'static str) -> impl Fn(sqlx::Error) -> DockError {
    move |source| match source {
        sqlx::Error::PoolTimedOut => DockError::Busy { action },
        sqlx::Error::PoolClosed => DockError::Closed,
        // The primary code is the low byte: 5 is SQLITE_BUSY, 6 SQLITE_LOCKED.
        sqlx::Error::Database(error)
            if error
                .code()
                .and_then(|code| code.parse::<u32>().ok())
                .is_some_and(|code| matches!(code & 0xff, 5 | 6)) =>
        {
            DockError::Busy { action }
        }
        source => DockError::Database { action, source },
    }
}

/// Takes the next revision inside a writing transaction.
async fn next_revision(transaction: &mut SqliteConnection) -> Result<i64> {
    sqlx::query_scalar("UPDATE revision SET value = value + 1 WHERE only_row = 1 RETURNING value")
        .fetch_one(transaction)
        .await
        .map_err(database("count the revision"))
}

/// Refuses a file that is no database, or another program's, before anything in it is changed.
async fn refuse_foreign(folder: &Path, file: &Path) -> Result<()> {
    let refuse = |reason: String| DockError::NotADock { path: folder.to_owned(), reason };
    let mut begin = Vec::new();
    match std::fs::File::open(file) {
        Ok(opened) => {
            opened.take(MAGIC.len() as u64).read_to_end(&mut begin).map_err(DockError::io("read", file))?;
        }
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(()),
        Err(error) => return Err(DockError::io("open", file)(error)),
    }
    if begin.is_empty() {
        return Ok(()); // Made, and then the process died: nothing was ever written.
    }
    if begin != MAGIC {
        return Err(refuse("its dock.sqlite is not a SQLite database; choose another folder".into()));
    }
    let options = SqliteConnectOptions::new().filename(file).busy_timeout(BUSY_TIMEOUT);
    let look = database("open the database");
    let mut connection = SqliteConnection::connect_with(&options).await.map_err(&look)?;
    let id: i64 =
        sqlx::query_scalar("PRAGMA application_id").fetch_one(&mut connection).await.map_err(&look)?;
    let tables: i64 =
        sqlx::query_scalar("SELECT count(*) FROM sqlite_master WHERE name <> '_sqlx_migrations'")
            .fetch_one(&mut connection)
            .await
            .map_err(&look)?;
    connection.close().await.map_err(&look)?;
    // The id comes with the first table, in one transaction.
    if id == APPLICATION_ID || (id == 0 && tables <= 1) {
        return Ok(());
    }
    Err(refuse("its dock.sqlite belongs to another program; choose another folder".into()))
}

async fn migrate(folder: &Path, writer: &SqlitePool, now: Timestamp) -> Result<()> {
    MIGRATOR.run(writer).await.map_err(|source| match source {
        sqlx::migrate::MigrateError::VersionMissing(found) => DockError::NewerSchema {
            path: folder.to_owned(),
            found,
            known: MIGRATOR.iter().map(|migration| migration.version).max().unwrap_or(0),
        },
        source => DockError::Migration { source },
    })?;
    // Random enough to tell docks apart, and not a secret.
    sqlx::query(
        "INSERT INTO meta (key, value) VALUES ('dock_id', lower(hex(randomblob(16)))), ('created_at', ?)
         ON CONFLICT (key) DO NOTHING",
    )
    .bind(now.to_string())
    .execute(writer)
    .await
    .map_err(database("name the dock"))?;
    Ok(())
}
