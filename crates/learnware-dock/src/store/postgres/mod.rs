//! The store on PostgreSQL, for docks that several processes on several machines share.
//!
//! Every writing transaction takes its locks in one order, so that none waits for another in a circle:
//! packages (advisory), digest (advisory), learnware row, job row, version row, revision row. Transactions run
//! at READ COMMITTED: what a statement reads after a lock was waited for is what the last holder committed.
//! Why so: `docs/adr/0023-postgres-and-s3.md`.

mod conversions;
mod doors;
mod figures;
mod files;
mod identities;
mod jobs;
mod learnwares;
mod organisations;
mod outlines;
mod people;
mod read;
mod removal;
mod whole;

use std::fmt;
use std::path::PathBuf;
use std::str::FromStr;
use std::time::Duration;

use sqlx::migrate::Migrator;
use sqlx::postgres::{PgConnectOptions, PgListener, PgPool, PgPoolOptions};
use sqlx::{Connection as _, Executor, PgConnection, Postgres, Transaction};

use crate::clock::Timestamp;
use crate::config::Create;
use crate::error::{DockError, Result};
use crate::failpoint::FailPoints;
use crate::store::rows::Revision;

/// The schema, oldest migration first.
static MIGRATOR: Migrator = sqlx::migrate!("migrations/postgres");

/// Connections of one process. A server of PostgreSQL allows 100 in all unless told otherwise.
const CONNECTIONS_MAX: u32 = 8;
/// Connections that only listen, beside those.
const LISTENERS_MAX: u32 = 2;
/// How long a call waits for a connection, or for a server that does not answer.
const ACQUIRE_TIMEOUT: Duration = Duration::from_secs(15);
/// What every connection is told. Lock waits end before `ACQUIRE_TIMEOUT` makes others give up; a process that
/// hangs inside a transaction loses it, and with it the locks that others wait for.
const SESSION: &str = "SET lock_timeout = '12s'; SET idle_in_transaction_session_timeout = '5min'";
/// Channel that hears of every new revision.
const CHANNEL: &str = "learnware_revision";
/// A waiting call asks for the revision at least so often, should a notice be lost with its connection.
const ASK_AGAIN: Duration = Duration::from_secs(10);
/// Advisory lock of all packages: submissions share it, a sweep holds it alone. "LWDK", then a number.
const PACKAGES_LOCK: i64 = 0x4c57_444b_0000_0001;
/// Advisory lock of those who make accounts.
const ACCOUNTS_LOCK: i64 = 0x4c57_444b_0000_0002;
/// First key of the advisory locks of single packages; the second is the beginning of their digest.
const DIGEST_LOCK: i32 = 0x4c57_444b;

/// Rows in a PostgreSQL database.
#[derive(Clone)]
pub struct PostgresStore {
    pool: PgPool,
    listeners: PgPool,
    fail: FailPoints,
}

impl fmt::Debug for PostgresStore {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // Never the options of the pool: they hold a password.
        f.debug_struct("PostgresStore")
            .field("place", &place(&self.pool.connect_options()))
            .finish_non_exhaustive()
    }
}

impl PostgresStore {
    /// Opens the database at `url`, and makes the schema or brings it up to date.
    pub(super) async fn open(url: &str, create: Create, fail: FailPoints, now: Timestamp) -> Result<Self> {
        let options = PgConnectOptions::from_str(url)
            .map_err(|source| DockError::Database {
                action: "understand the address of the database",
                source,
            })?
            .application_name("learnware-dock");
        // The pool would try for long: a wrong address is told at once.
        let failed = |source| DockError::Database { action: "open the database", source };
        PgConnection::connect_with(&options).await.map_err(failed)?.close().await.map_err(failed)?;
        let pool = PgPoolOptions::new()
            .max_connections(CONNECTIONS_MAX)
            .acquire_timeout(ACQUIRE_TIMEOUT)
            .after_connect(|connection, _| {
                Box::pin(async move { connection.execute(SESSION).await.map(drop) })
            })
            .connect_with(options.clone())
            .await
            .map_err(failed)?;
        prepare(&pool, &place(&options), create, now).await?;
        let listeners = PgPoolOptions::new()
            .max_connections(LISTENERS_MAX)
            .acquire_timeout(ACQUIRE_TIMEOUT)
            .connect_lazy_with(options);
        Ok(Self { pool, listeners, fail })
    }

    pub(super) async fn close(&self) {
        self.listeners.close().await;
        self.pool.close().await;
    }

    pub(super) async fn dock_id(&self) -> Result<String> {
        self.fact("dock_id")
            .await?
            .ok_or_else(|| DockError::BadRow { what: "meta.dock_id".into(), reason: "it is missing".into() })
    }

    pub(super) async fn fact(&self, key: &str) -> Result<Option<String>> {
        sqlx::query_scalar("SELECT value FROM meta WHERE key = $1")
            .bind(key)
            .fetch_optional(&self.pool)
            .await
            .map_err(database("read the dock's facts"))
    }

    pub(super) async fn set_fact(&self, key: &str, value: &str) -> Result<()> {
        sqlx::query(
            "INSERT INTO meta (key, value) VALUES ($1, $2)
             ON CONFLICT (key) DO UPDATE SET value = excluded.value",
        )
        .bind(key)
        .bind(value)
        .execute(&self.pool)
        .await
        .map_err(database("write the dock's facts"))?;
        Ok(())
    }

    /// Foreign keys always hold in PostgreSQL; an index may have been left half-made.
    pub(super) async fn integrity(&self) -> Result<Vec<String>> {
        sqlx::query_scalar(
            "SELECT c.relname || ' is not valid; REINDEX it' FROM pg_index i
             JOIN pg_class c ON c.oid = i.indexrelid
             WHERE NOT i.indisvalid AND c.relnamespace = current_schema()::regnamespace
             ORDER BY c.relname",
        )
        .fetch_all(&self.pool)
        .await
        .map_err(database("check the database"))
    }

    pub(super) async fn wait_for_change(&self, since: Revision, at_most: Duration) -> Result<Revision> {
        const ACTION: &str = "wait for a change";
        let mut listener = PgListener::connect_with(&self.listeners).await.map_err(database(ACTION))?;
        // Listening begins before the revision is read: no change falls between the two.
        listener.listen(CHANNEL).await.map_err(database(ACTION))?;
        let end = tokio::time::Instant::now() + at_most;
        loop {
            let revision = self.revision().await?;
            let left = end.saturating_duration_since(tokio::time::Instant::now());
            if revision != since || left.is_zero() {
                return Ok(revision);
            }
            let heard = tokio::time::timeout(left.min(ASK_AGAIN), listener.try_recv()).await;
            // A notice, a lost connection that comes back, or nothing for a while: ask again.
            if let Ok(Err(error)) = heard {
                return Err(database(ACTION)(error));
            }
        }
    }

    /// Begins a transaction that writes.
    async fn begin(&self, action: &'static str) -> Result<Transaction<'static, Postgres>> {
        self.pool.begin_with("BEGIN ISOLATION LEVEL READ COMMITTED").await.map_err(database(action))
    }
}

/// Turns a database error into ours; for `map_err`. A connection that was lost, a server that restarts and a
/// transaction that had to give way are [`DockError::Busy`]: the same call may work later.
fn database(action: &'static str) -> impl Fn(sqlx::Error) -> DockError {
    move |source| match source {
        sqlx::Error::PoolClosed => DockError::Closed,
        sqlx::Error::PoolTimedOut | sqlx::Error::Io(_) | sqlx::Error::WorkerCrashed => {
            DockError::Busy { action }
        }
        sqlx::Error::Database(error) if error.code().is_some_and(|code| is_temporary(&code)) => {
            DockError::Busy { action }
        }
        source => DockError::Database { action, source },
    }
}

/// Whether an SQLSTATE goes away by itself: connection lost or refused (08), too many connections, out of
/// memory (53), serialization failure and deadlock (40), lock not available (55P03), server stopping, crashed
/// or starting (57P01 to 57P03), transaction idle for too long (25P03).
fn is_temporary(code: &str) -> bool {
    let class = code.get(..2).unwrap_or_default();
    matches!(class, "08" | "40" | "53") || matches!(code, "55P03" | "57P01" | "57P02" | "57P03" | "25P03")
}

/// The database as people may see it: without user and password.
fn place(options: &PgConnectOptions) -> String {
    let host = match options.get_socket() {
        Some(socket) => socket.display().to_string(),
        None => format!("{}:{}", options.get_host(), options.get_port()),
    };
    format!("postgres://{host}/{}", options.get_database().unwrap_or(options.get_username()))
}

/// Takes the next revision inside a writing transaction, which should end soon: its row stays locked. Those
/// who listen hear of it when the transaction is committed.
async fn next_revision(transaction: &mut PgConnection) -> Result<i64> {
    const ACTION: &str = "count the revision";
    let revision: i64 =
        sqlx::query_scalar("UPDATE revision SET value = value + 1 WHERE only_row = 1 RETURNING value")
            .fetch_one(&mut *transaction)
            .await
            .map_err(database(ACTION))?;
    sqlx::query("SELECT pg_notify($1, $2)")
        .bind(CHANNEL)
        .bind(revision.to_string())
        .execute(transaction)
        .await
        .map_err(database(ACTION))?;
    Ok(revision)
}

/// A text as PostgreSQL takes it: it has no character zero.
fn storable(text: &str) -> String {
    text.replace('\0', "\u{fffd}")
}

/// Refuses another program's database, then makes the schema or brings it up to date. sqlx holds an advisory
/// lock meanwhile, so that two processes don't migrate at once.
async fn prepare(pool: &PgPool, place: &str, create: Create, now: Timestamp) -> Result<()> {
    const LOOK: &str = "look at the database";
    let refuse = |reason: &str| DockError::NotADock { path: PathBuf::from(place), reason: reason.to_owned() };
    let (is_dock, others): (bool, i64) = sqlx::query_as(
        "SELECT to_regclass('package_owners') IS NOT NULL,
                (SELECT count(*) FROM pg_class WHERE relkind IN ('r', 'p', 'v', 'm', 'f')
                    AND relname <> '_sqlx_migrations' AND relnamespace = current_schema()::regnamespace)",
    )
    .fetch_one(pool)
    .await
    .map_err(database(LOOK))?;
    if !is_dock && others > 0 {
        return Err(refuse(
            "it holds tables of another program; make an empty database (createdb) for the dock",
        ));
    }
    if !is_dock && create == Create::Never {
        return Err(refuse("it is empty; check the address, or submit a learnware"));
    }
    MIGRATOR.run(pool).await.map_err(|source| match source {
        sqlx::migrate::MigrateError::VersionMissing(found) => DockError::NewerSchema {
            path: PathBuf::from(place),
            found,
            known: MIGRATOR.iter().map(|migration| migration.version).max().unwrap_or(0),
        },
        source => DockError::Migration { source },
    })?;
    // Random enough to tell docks apart, and not a secret.
    sqlx::query(
        "INSERT INTO meta (key, value)
         VALUES ('dock_id', replace(gen_random_uuid()::text, '-', '')), ('created_at', $1)
         ON CONFLICT (key) DO NOTHING",
    )
    .bind(now.to_string())
    .execute(pool)
    .await
    .map_err(database("name the dock"))?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_place_shows_no_password() {
        for (url, wanted) in [
            ("postgres://ann:secret@db.example:5433/dock", "postgres://db.example:5433/dock"),
            ("postgres://db/dock?user=ann&password=secret", "postgres://db:5432/dock"),
        ] {
            let options =
                PgConnectOptions::from_str(url).unwrap().port(if url.contains("5433") { 5433 } else { 5432 });
            assert_eq!(place(&options), wanted);
        }
    }

    #[test]
    fn errors_that_go_away_are_told_from_others() {
        for code in ["08006", "40P01", "40001", "53300", "55P03", "57P01", "25P03"] {
            assert!(is_temporary(code), "{code}");
        }
        for code in ["23505", "42P01", "28P01", "57014", ""] {
            assert!(!is_temporary(code), "{code}");
        }
    }
}
