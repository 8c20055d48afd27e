//! Promises about files beside packages, and about what evolution learned.

use std::time::Duration;

use learnware_dock::store::blobs::Digest;
use learnware_dock::store::files::{CapabilityRow, EvolutionState, FileKind, FileRow, NewEvolution};
use learnware_dock::store::rows::Revision;
use learnware_engine::learnware::CheckStatus;

use super::Fixture;
use crate::support::{seconds, start};

fn file(name: &str, content: &str) -> FileRow {
    let digest = Digest::of(content.as_bytes());
    FileRow { name: name.into(), digest, size_bytes: content.len() as u64, created_at: start() }
}

pub(super) async fn files_keep_their_blobs_until_they_are_forgotten(f: &Fixture) {
    let (first, second) = (file("a/b.csv", "first"), file("a/b.csv", "second"));
    assert!(!f.store.add_file(FileKind::Dataset, &first, &f.blobs).await.unwrap(), "its blob is not there");
    f.publish("first");
    f.publish("second");
    assert!(f.store.add_file(FileKind::Dataset, &first, &f.blobs).await.unwrap());
    assert!(f.store.add_file(FileKind::Map, &file("1", "first"), &f.blobs).await.unwrap());
    let sweep = async || {
        let candidates = [first.digest.clone(), second.digest.clone()];
        f.store.remove_unused(&candidates, &f.blobs, Duration::ZERO, start()).await.unwrap()
    };
    assert_eq!(sweep().await, 1, "nothing uses the second");
    f.publish("second");
    assert!(f.store.add_file(FileKind::Dataset, &second, &f.blobs).await.unwrap());
    assert_eq!(f.store.files(FileKind::Dataset).await.unwrap(), std::slice::from_ref(&second));
    assert_eq!(f.store.file(FileKind::Dataset, "a/b.csv").await.unwrap(), Some(second.clone()));
    assert_eq!(f.store.file(FileKind::Dataset, "1").await.unwrap(), None, "that is a map");
    assert_eq!(sweep().await, 0, "the map still uses the first");
    assert!(f.store.remove_file(FileKind::Map, "1").await.unwrap());
    assert!(f.store.remove_file(FileKind::Dataset, "a/b.csv").await.unwrap());
    assert!(!f.store.remove_file(FileKind::Dataset, "a/b.csv").await.unwrap());
    assert_eq!(sweep().await, 2);
}

pub(super) async fn capabilities_are_those_of_latest_versions(f: &Fixture) {
    let (number, version) = f.added("a", None).await;
    f.check(number, version, CheckStatus::Usable).await;
    let row = |version, measured: &str| CapabilityRow { number, version, measured: measured.into() };
    f.store.keep_capability(&row(version, "{}")).await.unwrap();
    f.store.keep_capability(&row(version, "{\"x\":1}")).await.unwrap();
    assert_eq!(f.store.capabilities().await.unwrap(), [row(version, "{\"x\":1}")]);
    let (_, next) = f.added("b", Some(number)).await;
    f.check(number, next, CheckStatus::Usable).await;
    assert_eq!(f.store.capabilities().await.unwrap(), []);
    f.store.keep_capability(&row(next, "{}")).await.unwrap();
    assert_eq!(f.store.forget_capabilities().await.unwrap(), 1, "those of the older version");
    assert_eq!(f.store.capabilities().await.unwrap(), [row(next, "{}")]);
    f.store.delete(number, start()).await.unwrap();
    assert_eq!(f.store.capabilities().await.unwrap(), []);
}

pub(super) async fn one_evolution_is_active_and_switching_changes_the_market(f: &Fixture) {
    let new = |is_better, report: &str| NewEvolution {
        revision: Revision(3),
        is_better,
        map: Some("1".into()),
        report: report.into(),
    };
    let begun = f.store.revision().await.unwrap();
    let refused = f.store.add_evolution(&new(false, "{\"a\":1}"), start()).await.unwrap();
    assert_eq!(f.store.revision().await.unwrap(), begun, "searches don't see what was refused");
    let first = f.store.add_evolution(&new(true, "{}"), start().plus(seconds(1))).await.unwrap();
    let second = f.store.add_evolution(&new(true, "{}"), start().plus(seconds(2))).await.unwrap();
    let active = async || {
        let rows = f.store.evolutions(Some(EvolutionState::Active), 9).await.unwrap();
        rows.into_iter().map(|row| row.id).collect::<Vec<_>>()
    };
    assert_eq!(active().await, [second]);
    let changed = f.store.revision().await.unwrap();
    assert!(f.store.activate_evolution(Some(first)).await.unwrap());
    assert_eq!(active().await, [first]);
    assert!(f.store.revision().await.unwrap() > changed);
    assert!(!f.store.activate_evolution(Some(second + 99)).await.unwrap());
    assert_eq!(active().await, [first], "nothing changed");
    assert!(f.store.activate_evolution(None).await.unwrap());
    assert!(active().await.is_empty() && !f.store.activate_evolution(None).await.unwrap());
    let all = f.store.evolutions(None, 9).await.unwrap();
    let seen: Vec<_> = all.iter().map(|row| (row.id, row.state)).collect();
    let retired = EvolutionState::Retired;
    assert_eq!(seen, [(second, retired), (first, retired), (refused, EvolutionState::Refused)]);
    let last = &all[2];
    assert_eq!((last.revision, last.report.as_str()), (Revision(3), "{\"a\":1}"));
    assert_eq!((last.map.as_deref(), last.created_at), (Some("1"), start()));
}
