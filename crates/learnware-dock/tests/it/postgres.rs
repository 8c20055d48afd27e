//! Journeys of docks whose rows lie in PostgreSQL, and what happens when its connections are cut.

use std::path::Path;
use std::time::Duration;

use learnware_dock::config::Create;
use learnware_dock::store::Store;
use learnware_dock::{Address, Config, Dock, DockError};
use learnware_engine::learnware::CheckStatus;
use learnware_engine::market::SearchOptions;
use learnware_engine::user_info::UserInfo;

use crate::packages::{self, package};
use crate::server::Server;
use crate::support::{Told, check_invariants, quick, request, start, submit};

fn config(database: &Address) -> Config {
    Config { database: Some(database.clone()), ..quick() }
}

#[tokio::test(flavor = "multi_thread")]
async fn journeys_on_postgres() {
    let Some(server) = Server::start() else { return };
    let database = server.database().await;
    let folder = tempfile::tempdir().unwrap();
    let dock = Dock::open(folder.path().join("dock"), config(&database)).await.unwrap();
    let done = submit(&dock, package(0), None).await;
    assert_eq!((done.id.0.as_str(), done.version), ("00000001", 1));
    dock.check_waiting().await.unwrap();
    let user = UserInfo { statistical: packages::statistical(0), ..UserInfo::default() };
    let found = dock.search(user.clone(), SearchOptions::default()).await.unwrap();
    assert_eq!(found.single[0].id, done.id);
    let deployed = dock.package(&done.id, None).await.unwrap();
    assert_eq!(std::fs::read(&deployed.path).unwrap(), package(0));

    // A second process on the same folder sees it, and its changes are seen here.
    let other = Dock::open(folder.path().join("dock"), config(&database)).await.unwrap();
    assert_eq!(submit(&other, package(1), Some(&done.id)).await.version, 2);
    assert_eq!(other.check(&done.id, None).await.unwrap().status(), CheckStatus::Usable);
    assert_eq!(dock.package(&done.id, None).await.unwrap().version, 2);
    other.delete(&done.id).await.unwrap();
    let found = dock.search(user, SearchOptions::default()).await.unwrap();
    assert!(found.single.is_empty());
    assert!(matches!(dock.show(&done.id).await, Err(DockError::Deleted { .. })));
    dock.sweep(Duration::ZERO).await.unwrap();
    assert!(dock.blobs().list().unwrap().is_empty());
    check_invariants(&dock, &Told::default()).await;
    assert!(!format!("{dock:?}").contains("dock:dock"), "no password is shown");
}

#[tokio::test(flavor = "multi_thread")]
async fn submissions_and_checks_at_once_on_postgres() {
    let Some(server) = Server::start() else { return };
    let database = server.database().await;
    let folder = tempfile::tempdir().unwrap();
    let mut docks = Vec::new();
    for _ in 0..2 {
        docks.push(Dock::open(folder.path().join("dock"), config(&database)).await.unwrap());
    }
    let tasks: Vec<_> = (0..24)
        .map(|index| {
            let dock = docks[index % 2].clone();
            tokio::spawn(async move {
                let outcome = dock.submit(request(package(index as u64 / 3), None)).await.unwrap();
                dock.sweep_packages(Duration::ZERO).await.unwrap();
                dock.check_next().await.unwrap();
                outcome
            })
        })
        .collect();
    let mut told = Told::default();
    for task in tasks {
        if let learnware_dock::submit::SubmitOutcome::Accepted(done) = task.await.unwrap() {
            told.submitted.push((done.id, done.version, done.digest.to_string()));
        }
    }
    assert_eq!(told.submitted.len(), 8);
    docks[0].check_waiting().await.unwrap();
    check_invariants(&docks[1], &told).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn cut_connections_lose_nothing_that_was_told() {
    let Some(server) = Server::start() else { return };
    let database = server.database().await;
    let folder = tempfile::tempdir().unwrap();
    let dock = Dock::open(folder.path().join("dock"), config(&database)).await.unwrap();
    let worker = tokio::spawn({
        let dock = dock.clone();
        async move {
            let (mut told, mut failures) = (Told::default(), 0);
            for salt in 0..40 {
                match dock.submit(request(package(salt), None)).await {
                    Ok(learnware_dock::submit::SubmitOutcome::Accepted(done)) => {
                        told.submitted.push((done.id, done.version, done.digest.to_string()));
                    }
                    Ok(other) => panic!("{other:?}"),
                    Err(error) => {
                        assert!(error.is_temporary(), "{error:?}");
                        failures += 1;
                    }
                }
                match dock.check_next().await {
                    Ok(_) => {}
                    Err(error) => assert!(error.is_temporary(), "{error:?}"),
                }
            }
            (told, failures)
        }
    });
    while !worker.is_finished() {
        server.cut().await;
        tokio::time::sleep(Duration::from_millis(7)).await;
    }
    let (told, failures) = worker.await.unwrap();
    println!("{} submissions told, {failures} cut", told.submitted.len());
    // The next calls work, and the leases of checks that were cut off end.
    let mut again = submit(&dock, package(1000), None).await;
    tokio::time::sleep(Duration::from_millis(350)).await;
    dock.check_waiting().await.unwrap();
    check_invariants(&dock, &told).await;
    // A call that waits for a change survives a cut, or says that it may be made again.
    let revision = dock.store().revision().await.unwrap();
    let store = dock.store().clone();
    let waiting = tokio::spawn(async move { store.wait_for_change(revision, Duration::from_mins(1)).await });
    tokio::time::sleep(Duration::from_millis(200)).await;
    server.cut().await;
    while let Err(error) = dock.delete(&again.id).await {
        assert!(error.is_temporary(), "{error:?}");
        again = again.clone();
    }
    match waiting.await.unwrap() {
        Ok(next) => assert!(next > revision),
        Err(error) => assert!(error.is_temporary(), "{error:?}"),
    }
}

async fn refusal(folder: &Path, config: Config) -> String {
    let error = Dock::open(folder, config).await.unwrap_err();
    assert!(matches!(error, DockError::NotADock { .. }), "{error:?}");
    error.to_string()
}

#[tokio::test(flavor = "multi_thread")]
async fn foreign_databases_and_folders_are_refused() {
    let Some(server) = Server::start() else { return };
    let folder = tempfile::tempdir().unwrap();
    let path = |name: &str| folder.path().join(name);
    let empty = server.database().await;
    let never = Config { create: Create::Never, ..config(&empty) };
    assert!(refusal(&path("a"), never).await.contains("it is empty"));
    let foreign = server.database().await;
    server.execute("dock_1", "CREATE TABLE recipes (x int)").await;
    let refused = refusal(&path("b"), config(&foreign)).await;
    assert!(refused.contains("another program") && !refused.contains("dock:dock"), "{refused}");

    // A folder belongs to one dock: its own rows, or one database.
    let database = server.database().await;
    Dock::open(path("c"), config(&database)).await.unwrap().close().await;
    Dock::open(path("c"), config(&database)).await.unwrap().close().await;
    assert!(refusal(&path("c"), quick()).await.contains("LEARNWARE_DATABASE"));
    let other = server.database().await;
    assert!(refusal(&path("c"), config(&other)).await.contains("another database"));
    Dock::open(path("d"), quick()).await.unwrap().close().await;
    assert!(refusal(&path("d"), config(&database)).await.contains("dock by itself"));
    std::fs::create_dir(path("e")).unwrap();
    std::fs::write(path("e").join("thesis.tex"), "x").unwrap();
    assert!(refusal(&path("e"), config(&database)).await.contains("other files"));

    server.execute("dock_2", "INSERT INTO _sqlx_migrations VALUES (9999, 'newer', now(), true, '', 1)").await;
    let newer = Dock::open(path("c"), config(&database)).await.unwrap_err();
    assert!(matches!(newer, DockError::NewerSchema { found: 9999, .. }), "{newer:?}");
    let nobody: Address = "postgres://ann:secret@127.0.0.1:1/dock".into();
    let error = Store::open_database(&nobody, Create::Never, start()).await.unwrap_err();
    assert!(!format!("{error} {error:?}").contains("secret"), "{error:?}");
}

/// Both databases end with the same tables and columns.
#[tokio::test(flavor = "multi_thread")]
async fn both_schemas_have_the_same_columns() {
    let Some(server) = Server::start() else { return };
    let database = server.database().await;
    let folder = tempfile::tempdir().unwrap();
    Store::open_database(&database, Create::IfMissing, start()).await.unwrap().close().await;
    Store::open_folder(folder.path(), start()).await.unwrap().close().await;
    let ours: Vec<(String, String)> = {
        let mut connection =
            <sqlx::PgConnection as sqlx::Connection>::connect(database.reveal()).await.unwrap();
        sqlx::query_as(
            "SELECT table_name::text, column_name::text FROM information_schema.columns
             WHERE table_schema = 'public' AND table_name <> '_sqlx_migrations' ORDER BY 1, ordinal_position",
        )
        .fetch_all(&mut connection)
        .await
        .unwrap()
    };
    let theirs: Vec<(String, String)> = {
        let options = sqlx::sqlite::SqliteConnectOptions::new().filename(folder.path().join("dock.sqlite"));
        let mut connection =
            <sqlx::SqliteConnection as sqlx::Connection>::connect_with(&options).await.unwrap();
        sqlx::query_as(
            "SELECT m.name, c.name FROM sqlite_master m, pragma_table_info(m.name) c
             WHERE m.type = 'table' AND m.name NOT LIKE 'sqlite_%' AND m.name <> '_sqlx_migrations'
             ORDER BY m.name, c.cid",
        )
        .fetch_all(&mut connection)
        .await
        .unwrap()
    };
    assert_eq!(ours, theirs);
}
