//! Journey 5, evolve: what is measured is kept, one at a time evolves, and what was learned can be switched.

use std::time::Duration;

use learnware_dock::evolve::EvolutionState;
use learnware_dock::{Dock, DockError};
use learnware_engine::learnware::LearnwareId;
use learnware_engine::market::{Ranking, SearchOptions};
use learnware_engine::user_info::UserInfo;

use crate::packages::{package, statistical};
use crate::support::{quick, submit};

/// A dock with as many learnwares whose tasks lie in a row.
async fn market(folder: &std::path::Path, count: u64) -> Dock {
    let dock = Dock::open(folder, quick()).await.unwrap();
    for index in 0..count {
        submit(&dock, package(index), None).await;
    }
    dock.check_waiting().await.unwrap();
    dock
}

#[tokio::test(flavor = "multi_thread")]
async fn an_evolution_that_is_cut_off_goes_on_where_it_was() {
    let folder = tempfile::tempdir().unwrap();
    let dock = market(folder.path(), 12).await;
    let (begun, told) = tokio::sync::oneshot::channel();
    let begun = std::sync::Mutex::new(Some(begun));
    let cut = dock.clone();
    let work = tokio::spawn(async move {
        cut.evolve(|done, _| {
            if done == 5
                && let Some(begun) = begun.lock().unwrap().take()
            {
                begun.send(()).unwrap();
                std::thread::sleep(Duration::from_millis(50));
            }
        })
        .await
    });
    told.await.unwrap();
    work.abort();
    work.await.unwrap_err();
    let kept = dock.store().capabilities().await.unwrap();
    assert!((4..12).contains(&kept.len()), "{}", kept.len());
    assert!(matches!(dock.evolve(|_, _| {}).await, Err(DockError::EvolutionInProgress)), "its lease holds");
    tokio::time::sleep(Duration::from_millis(400)).await;
    let made = dock.evolve(|_, _| {}).await.unwrap();
    assert_eq!((made.report.measured, made.report.unmeasured.len()), (12, 0));
    let after = dock.store().capabilities().await.unwrap();
    let answers = |text: &str| text.split("\"losses\"").next().unwrap().to_owned();
    for row in &kept {
        let same = after.iter().find(|other| other.number == row.number).unwrap();
        assert_eq!(answers(&same.measured), answers(&row.measured), "what was known is not asked again");
    }
    // Nothing is measured twice, and the answer is the same.
    let again = dock.evolve(|_, _| {}).await.unwrap();
    assert_eq!((again.report, again.state), (made.report, made.state));
    assert_eq!(dock.store().capabilities().await.unwrap(), after);
}

#[tokio::test(flavor = "multi_thread")]
async fn searches_use_what_is_active_and_forget_new_versions() {
    let folder = tempfile::tempdir().unwrap();
    let dock = market(folder.path(), 14).await;
    let user = || UserInfo { statistical: statistical(3), ..UserInfo::default() };
    let before = dock.search(user(), SearchOptions::default()).await.unwrap();
    assert_eq!((before.ranking, before.single[0].expected_loss), (Ranking::Distance, None));
    let made = dock.evolve(|_, _| {}).await.unwrap();
    let quality = made.report.islands[0].quality;
    assert!(quality.tasks >= 10 && quality.by_capability <= quality.by_distance, "{quality:?}");
    // Whether it is better depends on the models; it is switched by hand here.
    if made.state == EvolutionState::Active {
        dock.use_evolution(None, None).await.unwrap();
    }
    assert_eq!(dock.search(user(), SearchOptions::default()).await.unwrap(), before);
    dock.use_evolution(None, Some(made.id)).await.unwrap();
    let evolved = dock.search(user(), SearchOptions::default()).await.unwrap();
    if quality.is_better() {
        assert_eq!(evolved.ranking, Ranking::Capability);
        assert!(evolved.single.iter().any(|found| found.expected_loss.is_some()));
        let options = SearchOptions { ranking: Ranking::Distance, ..SearchOptions::default() };
        assert_eq!(dock.search(user(), options).await.unwrap(), before);
        let changed = evolved.single.iter().find(|found| found.expected_loss.is_some()).unwrap().id.clone();
        submit(&dock, package(114), Some(&changed)).await;
        dock.check_waiting().await.unwrap();
        let later = dock.search(user(), SearchOptions::default()).await.unwrap();
        let same = later.single.iter().find(|found| found.id == changed);
        assert!(same.is_none_or(|found| found.expected_loss.is_none()), "its new model is not known");
    }
    assert!(matches!(dock.use_evolution(None, Some(99)).await, Err(DockError::UnknownEvolution { .. })));
    let reopened = Dock::open(folder.path(), quick()).await.unwrap();
    assert_eq!(reopened.evolutions(9).await.unwrap().len(), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn too_few_learnwares_and_a_damaged_dock_are_told() {
    let folder = tempfile::tempdir().unwrap();
    let dock = market(folder.path(), 4).await;
    let few = dock.evolve(|_, _| {}).await.unwrap();
    assert_eq!((few.state, few.report.measured, few.report.islands.len()), (EvolutionState::Refused, 0, 0));
    let folder = tempfile::tempdir().unwrap();
    let dock = market(folder.path(), 11).await;
    let broken = dock.package(&LearnwareId("00000002".into()), None).await.unwrap();
    std::fs::write(&broken.path, b"not a zip").unwrap();
    let failed = dock.evolve(|_, _| {}).await;
    assert!(matches!(failed, Err(DockError::EvolutionFailed { .. })), "the dock's own fault: {failed:?}");
}
