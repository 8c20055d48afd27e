//! Which folders become docks, which are refused, and that schemas of older releases open.

use std::path::Path;

use learnware_dock::config::{Config, Create};
use learnware_dock::store::rows::ListOptions;
use learnware_dock::{Dock, DockError};
use sqlx::sqlite::{SqliteConnectOptions, SqliteConnection};
use sqlx::{AssertSqlSafe, Connection};

use crate::packages::package;
use crate::support::{Told, check_invariants, quick, submit};

async fn refusal(path: &Path, config: Config) -> String {
    let before = path.is_dir().then(|| listing(path));
    let error = Dock::open(path, config).await.unwrap_err();
    assert!(matches!(error, DockError::NotADock { .. }), "{error:?}");
    assert_eq!(path.is_dir().then(|| listing(path)), before, "nothing was changed");
    error.to_string()
}

fn listing(path: &Path) -> Vec<(String, Vec<u8>)> {
    let mut found: Vec<_> = std::fs::read_dir(path)
        .unwrap()
        .map(|entry| entry.unwrap())
        .filter(|entry| entry.file_name() != "dock.lock")
        .map(|entry| (entry.file_name().to_string_lossy().into_owned(), std::fs::read(entry.path()).unwrap()))
        .collect();
    found.sort();
    found
}

async fn execute(file: &Path, sql: &str) {
    let options = SqliteConnectOptions::new().filename(file).create_if_missing(true);
    let mut connection = SqliteConnection::connect_with(&options).await.unwrap();
    sqlx::raw_sql(AssertSqlSafe(sql.to_owned())).execute(&mut connection).await.unwrap();
    connection.close().await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn missing_and_empty_folders_become_docks() {
    let folder = tempfile::tempdir().unwrap();
    let new = folder.path().join("a/b");
    for path in [folder.path().join("a/b"), folder.path().join("c")] {
        let never = Config { create: Create::Never, ..quick() };
        assert!(refusal(&path, never.clone()).await.contains("no such folder"));
        if path != new {
            std::fs::create_dir_all(&path).unwrap();
            assert!(refusal(&path, never.clone()).await.contains("it is empty"));
        }
        Dock::open(&path, quick()).await.unwrap().close().await;
        Dock::open(&path, never).await.unwrap().close().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn folders_of_other_things_are_refused_and_left_alone() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path();
    std::fs::write(path.join("thesis.tex"), "x").unwrap();
    assert!(refusal(path, quick()).await.contains("other files"));
    assert!(refusal(&path.join("thesis.tex"), quick()).await.contains("it is a file"));

    let text = path.join("text");
    std::fs::create_dir(&text).unwrap();
    std::fs::write(text.join("dock.sqlite"), "not a database at all").unwrap();
    assert!(refusal(&text, quick()).await.contains("not a SQLite database"));

    for (name, sql) in [
        ("tables", "CREATE TABLE recipes (x); CREATE TABLE cooks (x);"),
        ("application", "PRAGMA application_id = 77; CREATE TABLE recipes (x);"),
    ] {
        let other = path.join(name);
        std::fs::create_dir(&other).unwrap();
        execute(&other.join("dock.sqlite"), sql).await;
        assert!(refusal(&other, quick()).await.contains("another program"), "{name}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_dock_of_a_newer_release_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("dock");
    Dock::open(&path, quick()).await.unwrap().close().await;
    let newer = "INSERT INTO _sqlx_migrations VALUES (9999, 'newer', current_timestamp, 1, x'00', 1);";
    execute(&path.join("dock.sqlite"), newer).await;
    let error = Dock::open(&path, quick()).await.unwrap_err();
    assert!(matches!(error, DockError::NewerSchema { found: 9999, known: 6, .. }), "{error:?}");
}

/// `schemas/NNNN.sql` is the database of a dock as the release with that schema wrote it, with one learnware
/// of two versions, one waiting, and one deleted learnware. Each must open, whatever came after.
#[tokio::test(flavor = "multi_thread")]
async fn databases_of_every_released_schema_open() {
    let schemas = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/it/schemas");
    let mut count = 0;
    for entry in std::fs::read_dir(schemas).unwrap() {
        let sql = std::fs::read_to_string(entry.unwrap().path()).unwrap();
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path();
        execute(&path.join("dock.sqlite"), &sql).await;
        // The packages of the fixture are not kept: their content does not matter here.
        let dock = Dock::open(path, quick()).await.unwrap();
        let listed = dock.list(&ListOptions::default()).await.unwrap();
        assert_eq!(listed.len(), 1);
        assert_eq!((listed[0].latest_version, listed[0].newest_version), (1, 2));
        assert!(listed[0].check.is_some());
        let shown = dock.show(&listed[0].id).await.unwrap();
        assert_eq!(shown.versions[0].specification.statistical.len(), 1);
        assert!(shown.versions[0].report.is_some());
        assert_eq!(dock.catalog().await.unwrap().market.organizer().len(), 1);
        assert_eq!(dock.store().integrity().await.unwrap(), Vec::<String>::new());
        let next = submit(&dock, package(77), None).await;
        assert_eq!(next.id.0, "00000003", "the id of the deleted learnware is not used again");
        count += 1;
    }
    let migrations = Path::new(env!("CARGO_MANIFEST_DIR")).join("migrations/sqlite");
    assert_eq!(count, std::fs::read_dir(migrations).unwrap().count(), "a schema has no fixture");
}

#[tokio::test(flavor = "multi_thread")]
async fn one_process_may_open_a_dock_many_times() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("dock");
    let opened: Vec<_> = (0..6)
        .map(|_| {
            let path = path.clone();
            tokio::spawn(async move { Dock::open(path, quick()).await.unwrap() })
        })
        .collect();
    let mut ids = Vec::new();
    for dock in opened {
        let dock = dock.await.unwrap();
        ids.push(dock.health().await.unwrap().dock_id);
        check_invariants(&dock, &Told::default()).await;
    }
    ids.dedup();
    assert_eq!(ids.len(), 1);
}
