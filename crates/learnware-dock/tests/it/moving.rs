//! Backups and moves: whole docks out of one database and into another, the same afterwards.

use std::path::Path;

use learnware_dock::accounts::Registration;
use learnware_dock::store::people::Role;
use learnware_dock::store::rows::ListOptions;
use learnware_dock::store::whole::TABLES;
use learnware_dock::{Config, Dock, DockError};
use learnware_engine::market::SearchOptions;
use learnware_engine::user_info::UserInfo;

use crate::packages::{package, statistical};
use crate::support::{Told, check_invariants, quick, state, submit};

/// A dock with a bit of everything.
async fn lived_in(folder: &Path) -> Dock {
    let dock = Dock::open(folder, quick()).await.unwrap();
    let first = submit(&dock, package(0), None).await;
    submit(&dock, package(1), Some(&first.id)).await;
    let gone = submit(&dock, package(2), None).await;
    dock.check_waiting().await.unwrap();
    dock.delete(&gone.id).await.unwrap();
    submit(&dock, package(3), None).await;
    let ann = Registration {
        email: "ann@example.org".into(),
        name: "Ann".into(),
        password: "correct horse".into(),
    };
    dock.add_account(ann, Role::User, true).await.unwrap();
    let (session, _) = dock.login("ann@example.org", "correct horse").await.unwrap();
    let ann = dock.authenticate(session.reveal()).await.unwrap().unwrap();
    dock.add_organisation(&ann, "Lab").await.unwrap();
    dock
}

/// The lines that a backup of the dock holds.
async fn rows(dock: &Dock, folder: &Path) -> String {
    dock.back_up(folder).await.unwrap();
    std::fs::read_to_string(folder.join("rows.jsonl")).unwrap()
}

async fn is_the_same(dock: &Dock, original: &Dock, folder: &Path) {
    assert_eq!(rows(dock, &folder.join("one")).await, rows(original, &folder.join("other")).await);
    assert_eq!(state(dock).await.0, state(original).await.0);
    dock.login("ann@example.org", "correct horse").await.unwrap();
    let user = UserInfo { statistical: statistical(1), ..UserInfo::default() };
    let found = dock.search(user, SearchOptions::default()).await.unwrap();
    assert_eq!(found.single[0].id.0, "00000001");
    // It lives on: what waited is checked, and numbers go on where they were.
    dock.check_waiting().await.unwrap();
    assert_eq!(submit(dock, package(4), None).await.id.0, "00000004");
    check_invariants(dock, &Told::default()).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_backup_is_restored_as_it_was() {
    let folder = tempfile::tempdir().unwrap();
    let original = lived_in(&folder.path().join("dock")).await;
    let backup = folder.path().join("backup");
    let moved = original.back_up(&backup).await.unwrap();
    assert_eq!((moved.packages, moved.packages_there), (3, 0), "packages of the deleted one are left out");
    let again = original.back_up(&backup).await.unwrap();
    assert_eq!((again.packages, again.packages_there, again.rows), (0, 3, moved.rows));
    let dock = Dock::open(folder.path().join("again"), quick()).await.unwrap();
    assert_eq!(dock.restore(&backup).await.unwrap().rows, moved.rows);
    is_the_same(&dock, &original, folder.path()).await;
    assert!(matches!(dock.restore(&backup).await, Err(DockError::NotEmpty)));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_damaged_backup_is_refused_and_the_dock_stays_new() {
    let folder = tempfile::tempdir().unwrap();
    let original = lived_in(&folder.path().join("dock")).await;
    let backup = folder.path().join("backup");
    let whole = rows(&original, &backup).await;
    let lines: Vec<&str> = whole.lines().collect();
    let without = |index: usize| {
        let kept = lines.iter().enumerate().filter(|(at, _)| *at != index).map(|(_, line)| *line);
        kept.collect::<Vec<_>>().join("\n") + "\n"
    };
    for (damage, text) in [
        ("nothing", String::new()),
        ("cut off", whole[..whole.len() / 2].to_owned()),
        ("without its end", without(lines.len() - 1)),
        ("without a row", without(5)),
        ("changed", whole.replacen("Ann", "Eve", 1)),
        ("of a newer program", whole.replacen("\"learnware_dock\":1", "\"learnware_dock\":2", 1)),
        ("longer", format!("{whole}\n")),
        ("of another table", whole.replacen("\"table\":\"audit\"", "\"table\":\"jobs; DROP TABLE jobs\"", 1)),
    ] {
        std::fs::write(backup.join("rows.jsonl"), text).unwrap();
        let dock = Dock::open(folder.path().join(damage), Config::default()).await.unwrap();
        assert!(matches!(dock.restore(&backup).await, Err(DockError::BadBackup { .. })), "{damage}");
        assert!(dock.list(&ListOptions::default()).await.unwrap().is_empty(), "{damage}");
    }
    std::fs::write(backup.join("rows.jsonl"), &whole).unwrap();
    let blob = original.package(&learnware_engine::learnware::LearnwareId("00000001".to_owned()), None).await;
    let digest = match blob {
        Ok(deployed) => deployed.digest.to_string(),
        Err(error) => panic!("{error}"),
    };
    std::fs::write(backup.join("blobs").join(&digest[..2]).join(&digest[2..]), b"damaged").unwrap();
    let dock = Dock::open(folder.path().join("blob"), Config::default()).await.unwrap();
    assert!(matches!(dock.restore(&backup).await, Err(DockError::BlobDamaged { .. })));
    assert!(dock.list(&ListOptions::default()).await.unwrap().is_empty());
}

/// A table that is forgotten would be lost by every backup.
#[tokio::test(flavor = "multi_thread")]
async fn every_table_is_moved() {
    let folder = tempfile::tempdir().unwrap();
    Dock::open(folder.path().join("dock"), Config::default()).await.unwrap().close().await;
    let options = sqlx::sqlite::SqliteConnectOptions::new().filename(folder.path().join("dock/dock.sqlite"));
    let mut connection = <sqlx::SqliteConnection as sqlx::Connection>::connect_with(&options).await.unwrap();
    let mut tables: Vec<String> = sqlx::query_scalar(
        "SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite_%'
         AND name <> '_sqlx_migrations' ORDER BY name",
    )
    .fetch_all(&mut connection)
    .await
    .unwrap();
    // What is made of other rows is made anew where a dock moves to.
    let made = ["heads", "outlines"];
    let mut moved: Vec<String> = TABLES.iter().chain(&made).map(|&table| table.to_owned()).collect();
    moved.sort();
    tables.sort();
    assert_eq!(moved, tables);
}

#[cfg(feature = "postgres")]
#[tokio::test(flavor = "multi_thread")]
async fn a_dock_moves_to_postgres_and_back() {
    let Some(server) = crate::server::Server::start() else { return };
    let database = server.database().await;
    let folder = tempfile::tempdir().unwrap();
    let original = lived_in(&folder.path().join("dock")).await;
    let config = Config { database: Some(database), ..quick() };
    let there = Dock::open(folder.path().join("there"), config).await.unwrap();
    there.move_from(&original).await.unwrap();
    let back = Dock::open(folder.path().join("back"), quick()).await.unwrap();
    back.move_from(&there).await.unwrap();
    is_the_same(&back, &original, &folder.path().join("first")).await;
    is_the_same(&there, &original, &folder.path().join("second")).await;
}
