//! What every store promises, whatever the database. `battery` runs all of it on a store that `open` makes.

mod conversions;
mod files;
mod people;
mod removal;

use std::collections::BTreeSet;
use std::path::Path;
use std::time::{Duration, Instant};

use learnware_dock::clock::Timestamp;
use learnware_dock::config::Create;
use learnware_dock::ids::LearnwareNumber;
use learnware_dock::jobs::{ClaimFilter, ClaimedJob, Job, JobState, LeaseRules};
use learnware_dock::store::blobs::{Blobs, Digest};
use learnware_dock::store::organisations::Audience;
use learnware_dock::store::rows::{DeletedRows, LatestVersion, ListOptions, Revision, SpecificationText};
use learnware_dock::store::{Added, Changes, NewVersion, Position, Requeued, Store, Verdict};
use learnware_engine::learnware::{CheckStatus, ModelFormat};

use crate::server::{Databases, Server};
use crate::support::{seconds, start};

const RULES: LeaseRules =
    LeaseRules { lease: Duration::from_mins(1), attempts_max: 2, retry_delay: Duration::from_secs(10) };

#[tokio::test(flavor = "multi_thread")]
async fn sqlite_keeps_the_contract() {
    battery(async |folder: &Path| Store::open_folder(folder, start()).await.unwrap()).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn postgres_keeps_the_contract() {
    let Some(server) = Server::start() else { return };
    let databases = Databases::default();
    battery(async |folder: &Path| {
        let address = databases.address(&server, folder).await;
        Store::open_database(&address, Create::IfMissing, start()).await.unwrap()
    })
    .await;
}

/// Every promise, each on a fresh store: `open` makes one for a folder, or opens it again.
async fn battery(open: impl AsyncFn(&Path) -> Store) {
    macro_rules! run {
        ($($promise:path),+ $(,)?) => {$({
            let folder = tempfile::tempdir().unwrap();
            let blobs = Blobs::new(folder.path().join("blobs"));
            let store = open(folder.path()).await;
            $promise(&Fixture { store: store.clone(), blobs }).await;
            store.close().await;
        })+};
    }
    run!(
        versions_count_up_and_latest_moves_with_the_verdict,
        numbers_are_not_burnt_by_refusals_and_not_reused,
        the_same_package_is_stored_once,
        a_row_needs_its_blob,
        a_job_is_claimed_once_and_its_fence_holds,
        failures_are_retried_and_then_given_up,
        lost_leases_are_taken_over_and_then_given_up,
        a_check_can_be_asked_for_again,
        deletion_cancels_jobs_and_frees_packages,
        changes_tell_what_searches_find,
        changes_come_in_pages,
        doors_close_early_for_one_visitor_and_not_for_long,
        only_unused_blobs_are_removed,
        lists_go_by_number_in_pages,
        concurrent_submissions_get_different_numbers,
        people::what_is_taken_down_is_not_found_until_it_is_put_back,
        people::jobs_are_listed_and_given_up,
        people::accounts_are_told_apart_by_address_and_name,
        people::an_identity_belongs_to_one_account,
        people::what_happens_is_counted_by_day,
        people::secrets_end_and_codes_work_once,
        people::what_was_done_stays_in_order,
        people::organisations_keep_a_manager_and_learnwares_their_audience,
        people::checks_tell_what_they_do_and_how_many_come_before,
        removal::an_account_ends_with_all_that_lets_it_in,
        removal::somebody_stays_to_administer_and_to_manage,
        removal::accounts_that_nobody_confirms_end,
        files::files_keep_their_blobs_until_they_are_forgotten,
        files::capabilities_are_those_of_latest_versions,
        conversions::a_conversion_is_asked_for_once_and_kept_with_its_package,
        files::one_evolution_is_active_and_switching_changes_the_market,
        concurrent_claims_get_different_jobs,
        waiting_ends_with_a_change,
        texts_of_any_kind_come_back,
    );
    let folder = tempfile::tempdir().unwrap();
    let store = open(folder.path()).await;
    let id = store.dock_id().await.unwrap();
    store.set_fact("colour", "red").await.unwrap();
    store.set_fact("colour", "blue").await.unwrap();
    store.close().await;
    let store = open(folder.path()).await;
    assert_eq!(store.dock_id().await.unwrap(), id, "the dock's id outlives a restart");
    assert_eq!(store.fact("colour").await.unwrap().as_deref(), Some("blue"));
    assert_eq!(store.fact("shape").await.unwrap(), None);
    store.close().await;
}

struct Fixture {
    store: Store,
    blobs: Blobs,
}

impl Fixture {
    /// Publishes `content` and stores it as a version.
    async fn add(&self, content: &str, replaces: Option<LearnwareNumber>) -> Added {
        self.publish(content);
        self.add_row(content, replaces, content).await
    }

    fn publish(&self, content: &str) {
        let staged = self.blobs.stage(&mut content.as_bytes(), 1000).unwrap();
        self.blobs.publish(staged).unwrap();
    }

    async fn add_row(&self, content: &str, replaces: Option<LearnwareNumber>, name: &str) -> Added {
        self.store.add_version(&Self::row(content, replaces, name), &self.blobs, start()).await.unwrap()
    }

    fn row(content: &str, replaces: Option<LearnwareNumber>, name: &str) -> NewVersion {
        let semantic = format!("{{\"Name\":{{\"Type\":\"String\",\"Values\":\"{name}\"}}}}");
        NewVersion {
            audience: Audience::default(),
            replaces,
            name: name.to_owned(),
            digest: Digest::of(content.as_bytes()),
            size_bytes: content.len() as u64,
            specification: SpecificationText { semantic, statistical: "[]".to_owned() },
            format: ModelFormat::Onnx,
        }
    }

    async fn added(&self, content: &str, replaces: Option<LearnwareNumber>) -> (LearnwareNumber, u32) {
        match self.add(content, replaces).await {
            Added::Stored { number, version } => (number, version),
            other => panic!("{content}: {other:?}"),
        }
    }

    async fn changes(&self, since: Revision) -> Changes {
        let changes = self.store.changes(Position::after(since), 100).await.unwrap();
        assert_eq!(changes.next, None, "one page");
        changes
    }

    async fn claim(&self, now: Timestamp) -> Option<ClaimedJob> {
        self.store.claim(&ClaimFilter::Any, &RULES, now).await.unwrap()
    }

    /// Claims the check of a version and ends it.
    async fn check(&self, number: LearnwareNumber, version: u32, status: CheckStatus) {
        let filter = ClaimFilter::Subject(Job::check(number, version).subject());
        let job = self.store.claim(&filter, &RULES, start()).await.unwrap().expect("a check waits");
        assert!(self.store.finish_check(&job, &verdict(status), start()).await.unwrap());
    }

    async fn status(&self, number: LearnwareNumber, version: u32) -> CheckStatus {
        self.store.version(number, version).await.unwrap().unwrap().status
    }

    async fn latest(&self, number: LearnwareNumber) -> u32 {
        self.store.learnware(number).await.unwrap().unwrap().latest_version
    }

    async fn job_state(&self, number: LearnwareNumber, version: u32) -> Option<JobState> {
        let subject = Job::check(number, version).subject();
        self.store.unfinished_job(&subject).await.unwrap().map(|(summary, _)| summary.state)
    }
}

fn verdict(status: CheckStatus) -> Verdict {
    Verdict { status, report: "{\"findings\":[]}".to_owned(), statistical: None }
}

async fn versions_count_up_and_latest_moves_with_the_verdict(f: &Fixture) {
    let (number, version) = f.added("first", None).await;
    assert_eq!((number, version), (LearnwareNumber(1), 1));
    assert_eq!(f.status(number, 1).await, CheckStatus::Waiting);
    f.check(number, 1, CheckStatus::Usable).await;
    assert_eq!(f.added("second", Some(number)).await, (number, 2));
    assert_eq!(f.latest(number).await, 1, "an unchecked version is not the latest");
    f.check(number, 2, CheckStatus::NonUsable).await;
    assert_eq!(f.latest(number).await, 1, "nor one that failed");
    assert_eq!(f.added("third", Some(number)).await, (number, 3));
    assert_eq!(f.added("fourth", Some(number)).await, (number, 4));
    f.check(number, 4, CheckStatus::Usable).await;
    f.check(number, 3, CheckStatus::Usable).await;
    assert_eq!(f.latest(number).await, 4, "checks may end in any order");
    let row = f.store.learnware(number).await.unwrap().unwrap();
    assert_eq!(row.name, "fourth");
    let versions = f.store.versions(number).await.unwrap();
    let statuses: Vec<_> = versions.iter().map(|version| version.status).collect();
    use CheckStatus::{NonUsable, Usable};
    assert_eq!(statuses, [Usable, NonUsable, Usable, Usable]);
    assert!(versions.iter().all(|version| version.checked_at == Some(start()) && version.report.is_some()));
    assert_eq!(f.store.version(number, 5).await.unwrap(), None);
    let latest = f.store.latest_versions(&[LearnwareNumber(99), number]).await.unwrap();
    let wanted = LatestVersion { number, version: 4, digest: versions[3].digest.clone() };
    assert_eq!(latest, [wanted], "whoever is not there is left out");
    assert_eq!(f.add("x", Some(LearnwareNumber(99))).await, Added::NothingToReplace);
}

async fn numbers_are_not_burnt_by_refusals_and_not_reused(f: &Fixture) {
    let (first, _) = f.added("a", None).await;
    assert!(matches!(f.add("a", None).await, Added::Duplicate { .. }));
    assert_eq!(f.add_row("no blob", None, "no blob").await, Added::BlobGone);
    let (second, _) = f.added("b", None).await;
    assert_eq!((first.0, second.0), (1, 2));
    assert!(f.store.delete(second, start()).await.unwrap());
    let (third, _) = f.added("c", None).await;
    assert_eq!(third.0, 3);
}

async fn the_same_package_is_stored_once(f: &Fixture) {
    let (number, _) = f.added("a", None).await;
    let (other, _) = f.added("b", None).await;
    let duplicate = Added::Duplicate { number, version: 1 };
    assert_eq!(f.add("a", None).await, duplicate);
    assert_eq!(f.add("a", Some(other)).await, duplicate);
    assert_eq!(f.add("a", Some(number)).await, duplicate, "nothing new is said");
    assert_eq!(f.add_row("a", Some(number), "other words").await, Added::Stored { number, version: 2 });
    assert_eq!(f.add_row("a", Some(number), "other words").await, Added::Duplicate { number, version: 2 });
    assert_eq!(f.store.owner(&Digest::of(b"a")).await.unwrap(), Some((number, 2)));
    assert_eq!(f.store.owner(&Digest::of(b"z")).await.unwrap(), None);
}

async fn a_row_needs_its_blob(f: &Fixture) {
    assert_eq!(f.add_row("a", None, "a").await, Added::BlobGone);
    assert!(f.store.list(&ListOptions::default()).await.unwrap().is_empty());
    assert!(f.claim(start()).await.is_none());
}

async fn a_job_is_claimed_once_and_its_fence_holds(f: &Fixture) {
    let (number, _) = f.added("a", None).await;
    let job = f.claim(start()).await.unwrap();
    assert_eq!((job.job.clone(), job.attempt), (Job::check(number, 1), 1));
    assert_eq!(f.status(number, 1).await, CheckStatus::Checking);
    assert!(f.claim(start()).await.is_none(), "it is leased");
    assert!(f.store.prolong(&job, start().plus(seconds(100))).await.unwrap());
    assert!(f.claim(start().plus(seconds(99))).await.is_none(), "the lease was prolonged");
    let again = f.claim(start().plus(seconds(100))).await.unwrap();
    assert_eq!((again.id, again.attempt), (job.id, 2));
    let now = start().plus(seconds(101));
    assert!(!f.store.prolong(&job, now).await.unwrap());
    assert!(!f.store.finish_check(&job, &verdict(CheckStatus::NonUsable), now).await.unwrap());
    assert_eq!(f.store.fail(&job, "late", &RULES, now).await.unwrap(), None);
    assert_eq!(f.status(number, 1).await, CheckStatus::Checking);
    assert!(f.store.finish_check(&again, &verdict(CheckStatus::Usable), now).await.unwrap());
    assert!(!f.store.finish_check(&again, &verdict(CheckStatus::Invalid), now).await.unwrap());
    assert_eq!(f.status(number, 1).await, CheckStatus::Usable);
    assert_eq!(f.job_state(number, 1).await, None);
}

async fn failures_are_retried_and_then_given_up(f: &Fixture) {
    let (number, _) = f.added("a", None).await;
    let job = f.claim(start()).await.unwrap();
    assert_eq!(f.store.fail(&job, "no disk", &RULES, start()).await.unwrap(), Some(JobState::Open));
    assert_eq!(f.status(number, 1).await, CheckStatus::Waiting);
    assert!(f.claim(start().plus(seconds(9))).await.is_none(), "it waits before the next attempt");
    let job = f.claim(start().plus(seconds(10))).await.unwrap();
    assert_eq!(f.store.fail(&job, "no disk still", &RULES, start()).await.unwrap(), Some(JobState::Dead));
    assert!(f.claim(start().plus(seconds(10_000))).await.is_none());
    let listed = f.store.list(&ListOptions::default()).await.unwrap();
    let check = listed[0].check.as_ref().unwrap();
    assert_eq!((check.state, check.attempts), (JobState::Dead, 2));
    assert_eq!(check.last_error.as_deref(), Some("no disk still"));
    assert_eq!(listed[0].newest_status, CheckStatus::Waiting);
}

async fn lost_leases_are_taken_over_and_then_given_up(f: &Fixture) {
    let (number, _) = f.added("a", None).await;
    f.claim(start()).await.unwrap();
    f.claim(start().plus(seconds(60))).await.unwrap();
    assert!(f.claim(start().plus(seconds(120))).await.is_none(), "two attempts were made");
    assert_eq!(f.job_state(number, 1).await, Some(JobState::Dead));
    assert_eq!(f.status(number, 1).await, CheckStatus::Waiting);
}

async fn a_check_can_be_asked_for_again(f: &Fixture) {
    let (number, _) = f.added("a", None).await;
    let now = start();
    assert_eq!(f.store.requeue_check(number, 2, now).await.unwrap(), Requeued::Unknown);
    assert_eq!(f.store.requeue_check(number, 1, now).await.unwrap(), Requeued::Waiting);
    let old = f.claim(now).await.unwrap();
    let lease_until = now.plus(seconds(60));
    assert_eq!(f.store.requeue_check(number, 1, now).await.unwrap(), Requeued::Leased(lease_until));
    assert_eq!(
        f.store.fail(&old, "x", &LeaseRules { attempts_max: 1, ..RULES }, now).await.unwrap(),
        Some(JobState::Dead)
    );
    assert_eq!(f.store.requeue_check(number, 1, now).await.unwrap(), Requeued::Waiting);
    let new = f.claim(now).await.unwrap();
    assert_ne!(new.id, old.id);
    assert!(!f.store.finish_check(&old, &verdict(CheckStatus::Invalid), now).await.unwrap());
    assert!(f.store.finish_check(&new, &verdict(CheckStatus::Usable), now).await.unwrap());
    let revision = f.store.revision().await.unwrap();
    assert_eq!(f.store.requeue_check(number, 1, now).await.unwrap(), Requeued::Waiting);
    let changes = f.changes(revision).await;
    assert!(
        matches!(&changes.rows[..], [row] if row.usable.is_none()),
        "not found while it is checked again"
    );
    f.check(number, 1, CheckStatus::Usable).await;
    assert_eq!(f.changes(revision).await.rows.len(), 1);
}

async fn deletion_cancels_jobs_and_frees_packages(f: &Fixture) {
    let (number, _) = f.added("a", None).await;
    let (leased, _) = f.added("b", None).await;
    let filter = ClaimFilter::Subject(Job::check(leased, 1).subject());
    let job = f.store.claim(&filter, &RULES, start()).await.unwrap().unwrap();
    for number in [number, leased] {
        assert!(f.store.delete(number, start()).await.unwrap());
        assert!(!f.store.delete(number, start()).await.unwrap(), "only once");
    }
    assert!(!f.store.finish_check(&job, &verdict(CheckStatus::Usable), start()).await.unwrap());
    assert!(f.claim(start().plus(seconds(1000))).await.is_none());
    assert_eq!(f.store.requeue_check(number, 1, start()).await.unwrap(), Requeued::Unknown);
    assert_eq!(f.add("x", Some(number)).await, Added::NothingToReplace);
    let (again, _) = f.added("a", None).await;
    assert_eq!(again.0, 3);
    let row = f.store.learnware(number).await.unwrap().unwrap();
    assert_eq!(row.deleted_at, Some(start()), "a tombstone stays");
    assert!(f.store.latest_versions(&[number]).await.unwrap().is_empty(), "and has no version");
}

async fn changes_tell_what_searches_find(f: &Fixture) {
    let (one, _) = f.added("a", None).await;
    let (two, _) = f.added("b", None).await;
    assert_eq!(f.store.revision().await.unwrap(), Revision(0), "nothing to be found yet");
    f.check(one, 1, CheckStatus::Usable).await;
    f.check(two, 1, CheckStatus::Invalid).await;
    let changes = f.changes(Revision(0)).await;
    assert_eq!(changes.revision, Revision(2));
    let usable: Vec<_> = changes.rows.iter().map(|row| (row.number, row.usable.is_some())).collect();
    assert_eq!(usable, [(one, true), (two, false)]);
    f.store.delete(one, start()).await.unwrap();
    let changes = f.changes(changes.revision).await;
    assert_eq!(changes.revision, Revision(3));
    assert!(matches!(&changes.rows[..], [row] if row.number == one && row.usable.is_none()));
    assert!(f.changes(Revision(3)).await.rows.is_empty());
}

async fn changes_come_in_pages(f: &Fixture) {
    let mut numbers = Vec::new();
    for content in ["a", "b", "c"] {
        let (number, _) = f.added(content, None).await;
        f.check(number, 1, CheckStatus::Usable).await;
        numbers.push(number);
    }
    let first = f.store.changes(Position::after(Revision(0)), 2).await.unwrap();
    let found = |changes: &Changes| changes.rows.iter().map(|row| row.number).collect::<Vec<_>>();
    assert_eq!((found(&first), first.revision), (numbers[..2].to_vec(), Revision(3)));
    // What was told already changes: it is told again, with the next page.
    assert!(f.store.delete(numbers[0], start()).await.unwrap());
    let second = f.store.changes(first.next.unwrap(), 3).await.unwrap();
    assert_eq!((found(&second), second.revision), (vec![numbers[2], numbers[0]], Revision(4)));
    assert_eq!(second.rows.last().unwrap().usable, None);
    assert_eq!(second.next, None, "fewer than asked for: the last page");
    let last = f.store.changes(first.next.unwrap(), 2).await.unwrap();
    assert!(f.store.changes(last.next.unwrap(), 2).await.unwrap().rows.is_empty());
}

async fn doors_close_early_for_one_visitor_and_not_for_long(f: &Fixture) {
    let (interval, burst) = (Duration::from_secs(20), Duration::from_mins(1));
    let pass = async |visitor: &str, now: Timestamp| {
        f.store.pass_door(visitor, interval, burst, now).await.unwrap().map(|wait| wait.as_secs())
    };
    let at = |second: u64| start().plus(Duration::from_secs(second));
    for _ in 0..3 {
        assert_eq!(pass("1.1.1.1", at(0)).await, None);
    }
    assert_eq!(pass("1.1.1.1", at(0)).await, Some(20));
    assert_eq!(pass("1.1.1.1", at(15)).await, Some(5), "who is refused waits no longer for it");
    assert_eq!(pass("2.2.2.2", at(15)).await, None);
    assert_eq!(pass("1.1.1.1", at(20)).await, None);
    assert_eq!(pass("1.1.1.1", at(21)).await, Some(19));
    // A clock that was a day ahead and is put right keeps nobody out for a day.
    assert_eq!(pass("3.3.3.3", at(86_400)).await, None);
    assert_eq!(pass("3.3.3.3", at(0)).await, None);
    assert_eq!(f.store.forget_visitors(at(30)).await.unwrap(), 1, "who came third is free again at 20 s");
    assert_eq!(f.store.forget_visitors(at(100)).await.unwrap(), 2);
}

async fn only_unused_blobs_are_removed(f: &Fixture) {
    let (kept, _) = f.added("kept", None).await;
    let (gone, _) = f.added("gone", None).await;
    f.blobs.publish(f.blobs.stage(&mut "orphan".as_bytes(), 100).unwrap()).unwrap();
    f.store.delete(gone, start()).await.unwrap();
    let digests: Vec<_> = f.blobs.list().unwrap().into_iter().map(|entry| entry.digest).collect();
    assert_eq!(digests.len(), 3);
    let day = Duration::from_hours(24);
    let removed = f.store.remove_unused(&digests, &f.blobs, day, start()).await.unwrap();
    assert_eq!(removed, 0, "all are young");
    let removed = f.store.remove_unused(&digests, &f.blobs, Duration::ZERO, start()).await.unwrap();
    assert_eq!(removed, 2);
    assert!(f.blobs.has(&Digest::of(b"kept")).unwrap());
    f.store.delete(kept, start()).await.unwrap();
    assert!(matches!(f.add_row("kept", None, "kept").await, Added::Stored { .. }));
    let removed = f.store.remove_unused(&digests, &f.blobs, Duration::ZERO, start()).await.unwrap();
    assert_eq!(removed, 0, "a new learnware uses the old blob");
}

async fn lists_go_by_number_in_pages(f: &Fixture) {
    for index in 0..5 {
        f.added(&format!("package {index}"), None).await;
    }
    f.store.delete(LearnwareNumber(2), start()).await.unwrap();
    f.added("new", Some(LearnwareNumber(1))).await;
    let numbers = async |options: ListOptions| -> Vec<i64> {
        f.store.list(&options).await.unwrap().iter().map(|row| row.learnware.number.0).collect()
    };
    let options = ListOptions::default();
    assert_eq!(numbers(options).await, [1, 3, 4, 5]);
    assert_eq!(numbers(ListOptions { limit: 2, ..options }).await, [1, 3]);
    assert_eq!(numbers(ListOptions { after: Some(LearnwareNumber(3)), ..options }).await, [4, 5]);
    assert_eq!(numbers(ListOptions { deleted: DeletedRows::Show, ..options }).await, [1, 2, 3, 4, 5]);
    let row = &f.store.list(&options).await.unwrap()[0];
    assert_eq!((row.learnware.latest_version, row.newest_version), (1, 2));
    assert_eq!(row.check.as_ref().map(|check| check.state), Some(JobState::Open));
}

async fn concurrent_submissions_get_different_numbers(f: &Fixture) {
    let tasks: Vec<_> = (0..16)
        .map(|index| {
            let other = Fixture { store: f.store.clone(), blobs: f.blobs.clone() };
            // Every content twice: one of two is refused.
            tokio::spawn(async move { other.add(&format!("content {}", index / 2), None).await })
        })
        .collect();
    let mut stored = Vec::new();
    for task in tasks {
        if let Added::Stored { number, .. } = task.await.unwrap() {
            stored.push(number.0);
        }
    }
    stored.sort_unstable();
    assert_eq!(stored, (1..=8).collect::<Vec<_>>());
}

async fn concurrent_claims_get_different_jobs(f: &Fixture) {
    for index in 0..12 {
        f.added(&format!("package {index}"), None).await;
    }
    let claimers: Vec<_> = (0..4)
        .map(|_| {
            let other = Fixture { store: f.store.clone(), blobs: f.blobs.clone() };
            tokio::spawn(async move {
                let mut ids = Vec::new();
                while let Some(job) = other.claim(start()).await {
                    ids.push(job.id);
                }
                ids
            })
        })
        .collect();
    let mut ids = Vec::new();
    for claimer in claimers {
        ids.extend(claimer.await.unwrap());
    }
    // Who meets only jobs that others are claiming may stop early; what is left is claimed now.
    while let Some(job) = f.claim(start()).await {
        ids.push(job.id);
    }
    assert_eq!(ids.len(), 12);
    assert_eq!(ids.into_iter().collect::<BTreeSet<_>>().len(), 12, "each is claimed once");
}

async fn waiting_ends_with_a_change(f: &Fixture) {
    let (number, _) = f.added("a", None).await;
    let begun = Instant::now();
    let same = f.store.wait_for_change(Revision(0), Duration::from_millis(30)).await.unwrap();
    assert_eq!(same, Revision(0));
    let waiting = tokio::spawn({
        let store = f.store.clone();
        async move { store.wait_for_change(Revision(0), seconds(60)).await.unwrap() }
    });
    f.check(number, 1, CheckStatus::Usable).await;
    assert_eq!(waiting.await.unwrap(), Revision(1));
    assert_eq!(f.store.wait_for_change(Revision(0), seconds(60)).await.unwrap(), Revision(1));
    assert!(begun.elapsed() < seconds(30), "changes are told of, not only found at the end");
}

async fn texts_of_any_kind_come_back(f: &Fixture) {
    let name = "\u{5b66}\u{4ef6} it's \"$1\" \\ \u{1f6a2}";
    f.blobs.publish(f.blobs.stage(&mut "a".as_bytes(), 100).unwrap()).unwrap();
    let semantic = serde_json::json!({"Name": {"Type": "String", "Values": format!("{name} and\0zero")}});
    let new = NewVersion {
        audience: Audience::default(),
        replaces: None,
        name: name.to_owned(),
        digest: Digest::of(b"a"),
        size_bytes: 1,
        specification: SpecificationText { semantic: semantic.to_string(), statistical: "[]".to_owned() },
        format: ModelFormat::Onnx,
    };
    let Added::Stored { number, .. } = f.store.add_version(&new, &f.blobs, start()).await.unwrap() else {
        panic!("not stored")
    };
    assert_eq!(f.store.learnware(number).await.unwrap().unwrap().name, name);
    let job = f.claim(start()).await.unwrap();
    f.store.fail(&job, "broken\0off", &RULES, start()).await.unwrap();
    f.check(number, 1, CheckStatus::Usable).await;
    let row = f.store.version(number, 1).await.unwrap().unwrap();
    assert_eq!(row.specification, new.specification);
    assert!(f.store.learnware(number).await.unwrap().unwrap().name.starts_with(name));
}
