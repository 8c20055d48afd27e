//! Submit, check, search, deploy, and what lies between them, on one dock in one process.

use std::sync::Arc;
use std::time::Duration;

use learnware_dock::clock::Clock;
use learnware_dock::failpoint::{FailAction, FailPoint};
use learnware_dock::jobs::{JobEnd, JobState, LeaseRules};
use learnware_dock::store::organisations::Audience;
use learnware_dock::store::rows::ListOptions;
use learnware_dock::submit::{PackageSource, SubmitOutcome, SubmitRequest};
use learnware_dock::{Config, Dock, DockError};
use learnware_engine::learnware::{CheckStatus, LearnwareId};
use learnware_engine::market::SearchOptions;
use learnware_engine::predictor::Batch;
use learnware_engine::semantic::SemanticSpecification;
use learnware_engine::user_info::UserInfo;
use learnware_package::runner::CodePolicy;

use crate::packages::{self, package};
use crate::support::{Told, check_invariants, quick, request, seconds, start, state, submit};

struct Fixture {
    dock: Dock,
    folder: tempfile::TempDir,
}

impl Fixture {
    async fn new() -> Self {
        Self::with(quick()).await
    }

    async fn with(config: Config) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let dock = Dock::open(folder.path().join("dock"), config).await.unwrap();
        Self { dock, folder }
    }

    async fn reopen(self) -> Self {
        self.dock.close().await;
        let dock = Dock::open(self.folder.path().join("dock"), quick()).await.unwrap();
        Self { dock, ..self }
    }
}

fn manual(attempts_max: u32) -> Config {
    let leases = LeaseRules { lease: seconds(60), attempts_max, retry_delay: seconds(10) };
    Config { clock: Clock::manual(start()), leases, ..Config::default() }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_learnware_goes_in_is_checked_found_and_comes_out() {
    let Fixture { dock, folder } = Fixture::new().await;
    let zip = package(0);
    let path = folder.path().join("mine.zip");
    std::fs::write(&path, &zip).unwrap();
    let from_file = SubmitRequest {
        package: PackageSource::File(path),
        semantic: None,
        replaces: None,
        audience: Audience::default(),
    };
    let SubmitOutcome::Accepted(done) = dock.submit(from_file).await.unwrap() else { panic!("refused") };
    assert_eq!((done.id.0.as_str(), done.version), ("00000001", 1));
    assert_eq!(done.digest.as_str(), blake3::hash(&zip).to_hex().as_str());
    let user = UserInfo { statistical: packages::statistical(0), ..UserInfo::default() };
    let found = dock.search(user.clone(), SearchOptions::default()).await.unwrap();
    assert!(found.single.is_empty(), "an unchecked learnware is not found");

    let outcomes = dock.check_waiting().await.unwrap();
    let JobEnd::Done(report) = &outcomes[0].end else { panic!("{outcomes:?}") };
    assert_eq!(report.status(), CheckStatus::Usable, "{report:?}");
    let found = dock.search(user, SearchOptions::default()).await.unwrap();
    assert_eq!(found.single[0].id, done.id);

    let deployed = dock.package(&done.id, None).await.unwrap();
    assert_eq!(std::fs::read(&deployed.path).unwrap(), zip);
    assert_eq!((deployed.version, deployed.status), (1, CheckStatus::Usable));
    assert_eq!(deployed.specification.statistical, packages::statistical(0));
    let mut model = dock.runner().start(&deployed.package).unwrap();
    let batch = Batch::Table(packages::rows(0));
    assert_eq!(model.predict(&batch).unwrap().values.rows(), batch.len());
    let shown = dock.show(&done.id).await.unwrap();
    assert_eq!(shown.versions[0].report.as_ref(), Some(report));
}

#[tokio::test(flavor = "multi_thread")]
async fn ids_are_never_used_again() {
    let mut fixture = Fixture::new().await;
    for round in 0..3 {
        let done = submit(&fixture.dock, package(round), None).await;
        assert_eq!(done.id.0, format!("{:08}", round + 1));
        fixture.dock.delete(&done.id).await.unwrap();
        assert!(matches!(fixture.dock.delete(&done.id).await, Err(DockError::Deleted { .. })));
        assert!(matches!(fixture.dock.show(&done.id).await, Err(DockError::Deleted { .. })));
        assert!(matches!(fixture.dock.package(&done.id, None).await, Err(DockError::Deleted { .. })));
        fixture.dock.sweep(seconds(0)).await.unwrap();
        assert!(fixture.dock.blobs().list().unwrap().is_empty());
        fixture = fixture.reopen().await;
    }
    let unknown = LearnwareId("99".into());
    assert!(matches!(fixture.dock.show(&unknown).await, Err(DockError::UnknownLearnware { .. })));
    let odd = LearnwareId("../etc".into());
    assert!(matches!(fixture.dock.show(&odd).await, Err(DockError::BadId { .. })));
}

#[tokio::test(flavor = "multi_thread")]
async fn versions_are_kept_and_latest_moves_when_the_check_has_passed() {
    let Fixture { dock, .. } = &Fixture::new().await;
    let id = submit(dock, package(0), None).await.id;
    dock.check(&id, None).await.unwrap();
    assert_eq!(submit(dock, package(1), Some(&id)).await.version, 2);
    assert_eq!(dock.package(&id, None).await.unwrap().version, 1);
    let listed = dock.list(&ListOptions::default()).await.unwrap();
    assert_eq!((listed[0].latest_version, listed[0].newest_version), (1, 2));
    dock.check(&id, None).await.unwrap();
    assert_eq!(dock.package(&id, None).await.unwrap().version, 2);
    assert_eq!(submit(dock, packages::broken(2), Some(&id)).await.version, 3);
    assert_eq!(dock.check(&id, None).await.unwrap().status(), CheckStatus::NonUsable);
    assert_eq!(dock.package(&id, None).await.unwrap().version, 2);
    for (version, zip) in [(1, package(0)), (2, package(1)), (3, packages::broken(2))] {
        let deployed = dock.package(&id, Some(version)).await.unwrap();
        assert_eq!(std::fs::read(deployed.path).unwrap(), zip);
    }
    let missing = dock.package(&id, Some(4)).await;
    assert!(matches!(missing, Err(DockError::UnknownVersion { version: 4, .. })));
    assert!(matches!(dock.check(&id, Some(4)).await, Err(DockError::UnknownVersion { version: 4, .. })));
    let snapshot = dock.catalog().await.unwrap();
    let found = &snapshot.market.organizer().get(&id).unwrap().specification;
    assert_eq!(found.semantic.name, packages::semantic(1).name);
    check_invariants(dock, &Told::default()).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn refused_input_changes_nothing() {
    let Fixture { dock, .. } = &Fixture::new().await;
    let kept = submit(dock, package(0), None).await;
    let before = state(dock).await;
    let unsound: Vec<(&str, Vec<u8>)> = packages::unsound();
    for (what, zip) in unsound {
        for replaces in [None, Some(&kept.id)] {
            match dock.submit(request(zip.clone(), replaces)).await.unwrap() {
                SubmitOutcome::Refused(report) => assert!(report.has_errors(), "{what}"),
                other => panic!("{what}: {other:?}"),
            }
            assert_eq!(state(dock).await, before, "{what}");
        }
    }
    for semantic in [
        SemanticSpecification { name: "four".into(), ..packages::semantic(1) },
        SemanticSpecification { description: "short".into(), ..packages::semantic(1) },
        SemanticSpecification { task: vec![], ..packages::semantic(1) },
    ] {
        let request = SubmitRequest { semantic: Some(semantic), ..request(package(1), None) };
        assert!(matches!(dock.submit(request).await.unwrap(), SubmitOutcome::Refused(_)));
    }
    let again = dock.submit(request(package(0), None)).await.unwrap();
    assert_eq!(again, SubmitOutcome::Duplicate(kept.clone()));
    let unknown = LearnwareId("00000077".into());
    let nothing = dock.submit(request(package(1), Some(&unknown))).await;
    assert!(matches!(nothing, Err(DockError::UnknownLearnware { .. })));
    let missing = PackageSource::File(dock.folder().join("no such.zip"));
    let missing = dock
        .submit(SubmitRequest {
            package: missing,
            semantic: None,
            replaces: None,
            audience: Audience::default(),
        })
        .await;
    assert!(matches!(missing, Err(DockError::Io { .. })));
    assert_eq!(state(dock).await, before);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_package_over_the_limit_is_refused() {
    let Fixture { dock, .. } = &Fixture::with(Config { package_bytes_max: 100, ..quick() }).await;
    let before = state(dock).await;
    match dock.submit(request(package(0), None)).await.unwrap() {
        SubmitOutcome::Refused(report) => assert!(report.has("package-too-large"), "{report:?}"),
        other => panic!("{other:?}"),
    }
    assert_eq!(state(dock).await, before);
}

#[tokio::test(flavor = "multi_thread")]
async fn words_given_beside_the_package_count() {
    let Fixture { dock, .. } = &Fixture::new().await;
    let first = submit(dock, package(0), None).await;
    let words = SemanticSpecification { name: "Other words".into(), ..packages::semantic(0) };
    let with_words = SubmitRequest { semantic: Some(words.clone()), ..request(package(0), Some(&first.id)) };
    let SubmitOutcome::Accepted(second) = dock.submit(with_words.clone()).await.unwrap() else {
        panic!("new words make a new version")
    };
    assert_eq!(second.version, 2);
    assert!(matches!(dock.submit(with_words).await.unwrap(), SubmitOutcome::Duplicate(_)));
    dock.check_waiting().await.unwrap();
    assert_eq!(dock.package(&first.id, None).await.unwrap().specification.semantic, words);
    assert_eq!(dock.list(&ListOptions::default()).await.unwrap()[0].semantic, words);
}

#[tokio::test(flavor = "multi_thread")]
async fn submissions_at_once_are_all_kept() {
    let Fixture { dock, .. } = &Fixture::new().await;
    let tasks: Vec<_> = (0..24)
        .map(|index| {
            let dock = dock.clone();
            tokio::spawn(async move { dock.submit(request(package(index / 3), None)).await.unwrap() })
        })
        .collect();
    let mut told = Told::default();
    for task in tasks {
        if let SubmitOutcome::Accepted(done) = task.await.unwrap() {
            told.submitted.push((done.id, done.version, done.digest.to_string()));
        }
    }
    assert_eq!(told.submitted.len(), 8);
    // Checks side by side: each is made once.
    let checkers: Vec<_> = (0..4)
        .map(|_| {
            let dock = dock.clone();
            tokio::spawn(async move { dock.check_waiting().await.unwrap().len() })
        })
        .collect();
    let mut checks = 0;
    for checker in checkers {
        checks += checker.await.unwrap();
    }
    assert_eq!(checks, 8);
    check_invariants(dock, &told).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_panic_in_a_check_is_an_attempt() {
    let panics = FailPoint { step: "check.model".into(), action: FailAction::Panic };
    let config = Config { fail_point: Some(panics), ..manual(2) };
    let fixture = Fixture::with(config.clone()).await;
    let dock = &fixture.dock;
    let id = submit(dock, package(0), None).await.id;
    let state_of = async || {
        let listed = dock.list(&ListOptions::default()).await.unwrap();
        let check = listed[0].check.clone().unwrap();
        (listed[0].newest_status, check.state, check.attempts, check.last_error.unwrap_or_default())
    };
    let outcomes = dock.check_waiting().await.unwrap();
    assert!(
        matches!(&outcomes[..], [one] if matches!(one.end, JobEnd::Failed { state: JobState::Open, .. }))
    );
    assert!(dock.check_waiting().await.unwrap().is_empty(), "the next attempt is not due yet");
    config.clock.advance(seconds(11));
    dock.check_waiting().await.unwrap();
    let (status, job, attempts, error) = state_of().await;
    assert_eq!((status, job, attempts), (CheckStatus::Waiting, JobState::Dead, 2));
    assert!(error.contains("fail point check.model"), "{error}");
    assert!(matches!(dock.check(&id, None).await, Err(DockError::CheckFailed { .. })), "new attempts");
    check_invariants(dock, &Told::default()).await;
    let fixture = fixture.reopen().await;
    assert_eq!(fixture.dock.check(&id, None).await.unwrap().status(), CheckStatus::Usable);
    check_invariants(&fixture.dock, &Told::default()).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn code_that_may_not_run_gets_no_verdict() {
    let config = Config { code: CodePolicy::Refuse, ..manual(1) };
    let fixture = Fixture::with(config).await;
    let dock = &fixture.dock;
    let id = submit(dock, packages::python(0), None).await.id;
    let refusal = dock.check(&id, None).await.unwrap_err();
    assert!(refusal.to_string().contains("told not to run code"), "{refusal}");
    let entry = &dock.list(&ListOptions::default()).await.unwrap()[0];
    assert_eq!(entry.newest_status, CheckStatus::Waiting);
    assert_eq!(entry.check.as_ref().map(|check| check.state), Some(JobState::Dead));
    check_invariants(dock, &Told::default()).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn python_learnwares_are_checked_behind_the_fence() {
    let fixture = Fixture::new().await;
    let dock = &fixture.dock;
    let runner = dock.runner();
    let host = runner.host();
    if host.uv.is_none() || host.bubblewrap.is_none() || host.interpreters.is_empty() {
        println!("SKIPPED: uv, Python or bubblewrap is missing or does not work here");
        return;
    }
    let id = submit(dock, packages::python(0), None).await.id;
    let report = dock.check(&id, None).await.unwrap();
    if report.errors().any(|finding| finding.message.contains("environment could not be made")) {
        println!("SKIPPED: the package registry can't be reached: {report:?}");
        return;
    }
    assert_eq!(report.status(), CheckStatus::Usable, "{report:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_check_longer_than_its_lease_is_not_taken_over() {
    let sleeps = FailPoint { step: "check.model".into(), action: FailAction::Sleep(seconds(5)) };
    let leases = LeaseRules { lease: seconds(2), ..quick().leases };
    let Fixture { dock, folder } =
        &Fixture::with(Config { fail_point: Some(sleeps), leases, ..quick() }).await;
    let id = submit(dock, package(0), None).await.id;
    let other = Dock::open(folder.path().join("dock"), quick()).await.unwrap();
    let slow = tokio::spawn({
        let dock = dock.clone();
        async move { dock.check_waiting().await.unwrap() }
    });
    while dock.show(&id).await.unwrap().versions[0].status != CheckStatus::Checking {
        tokio::task::yield_now().await;
    }
    while !slow.is_finished() {
        assert!(other.check_waiting().await.unwrap().is_empty(), "a lease of 2 s is prolonged for 5 s");
        if let Err(error) = other.check(&id, None).await {
            assert!(matches!(error, DockError::CheckInProgress { .. }), "{error:?}");
            assert!(error.is_temporary());
        } else {
            assert!(slow.is_finished(), "only a check that is over can be made again");
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    let outcomes = slow.await.unwrap();
    assert!(matches!(&outcomes[..], [one] if matches!(one.end, JobEnd::Done(_))), "{outcomes:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn damaged_and_missing_packages_are_noticed() {
    let Fixture { dock, .. } = &Fixture::with(manual(1)).await;
    let done = submit(dock, package(0), None).await;
    dock.check(&done.id, None).await.unwrap();
    let path = dock.package(&done.id, None).await.unwrap().path;
    let mut bytes = std::fs::read(&path).unwrap();
    *bytes.last_mut().unwrap() ^= 1;
    std::fs::write(&path, bytes).unwrap();
    assert!(matches!(dock.package(&done.id, None).await, Err(DockError::BlobDamaged { .. })));
    assert!(matches!(dock.check(&done.id, None).await, Err(DockError::CheckFailed { .. })), "no verdict");
    std::fs::remove_file(&path).unwrap();
    assert!(matches!(dock.package(&done.id, None).await, Err(DockError::BlobMissing { .. })));
}

#[tokio::test(flavor = "multi_thread")]
async fn another_dock_on_the_folder_sees_every_change() {
    let Fixture { dock, folder } = &Fixture::new().await;
    let other = Dock::open(folder.path().join("dock"), quick()).await.unwrap();
    let ids = async |dock: &Dock| -> Vec<String> {
        dock.catalog().await.unwrap().market.organizer().iter().map(|one| one.id.0.clone()).collect()
    };
    let mut known = Vec::new();
    for index in 0..20 {
        known.push(submit(dock, package(index), None).await.id);
    }
    assert!(ids(&other).await.is_empty());
    other.check_waiting().await.unwrap();
    assert_eq!(ids(dock).await.len(), 20);
    assert_eq!(ids(&other).await.len(), 20);
    dock.delete(&known[4]).await.unwrap();
    let names = ids(&other).await;
    assert!(names.len() == 19 && !names.contains(&known[4].0));
    let snapshot = other.catalog().await.unwrap();
    assert!(Arc::ptr_eq(&snapshot, &other.catalog().await.unwrap()), "nothing changed, nothing is rebuilt");
}
