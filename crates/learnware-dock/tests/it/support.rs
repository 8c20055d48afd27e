//! What several tests need.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;
use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::sync::Arc;
use std::time::Duration;

use learnware_dock::clock::Timestamp;
use learnware_dock::ids::LearnwareNumber;
use learnware_dock::jobs::{Job, LeaseRules};
use learnware_dock::store::organisations::Audience;
use learnware_dock::store::rows::{DeletedRows, ListOptions};
use learnware_dock::submit::{PackageSource, Submission, SubmitOutcome, SubmitRequest};
use learnware_dock::{Config, Dock};
use learnware_engine::learnware::{CheckStatus, LearnwareId};

/// Variable that tells a test process which part to play as a child.
pub(crate) const CHILD: &str = "LEARNWARE_DOCK_TEST_CHILD";

/// A moment to begin at.
pub(crate) fn start() -> Timestamp {
    "2026-01-02T03:04:05.000006Z".parse().unwrap()
}

pub(crate) fn seconds(count: u64) -> Duration {
    Duration::from_secs(count)
}

/// Leases short enough that tests can wait for their end.
pub(crate) fn quick() -> Config {
    let leases = LeaseRules {
        lease: Duration::from_millis(300),
        attempts_max: 1000,
        retry_delay: Duration::from_millis(1),
    };
    Config { leases, ..Config::default() }
}

pub(crate) fn request(package: Vec<u8>, replaces: Option<&LearnwareId>) -> SubmitRequest {
    SubmitRequest {
        package: PackageSource::Bytes(Arc::from(package)),
        semantic: None,
        replaces: replaces.cloned(),
        audience: Audience::default(),
    }
}

pub(crate) async fn submit(dock: &Dock, package: Vec<u8>, replaces: Option<&LearnwareId>) -> Submission {
    match dock.submit(request(package, replaces)).await.unwrap() {
        SubmitOutcome::Accepted(submission) => submission,
        other => panic!("{other:?}"),
    }
}

/// Every file below a folder with its content, except the database's own files.
pub(crate) fn files(folder: &Path) -> BTreeMap<String, Vec<u8>> {
    let mut found = BTreeMap::new();
    let mut folders = vec![folder.to_owned()];
    while let Some(next) = folders.pop() {
        for entry in std::fs::read_dir(next).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
            } else {
                let name = path.strip_prefix(folder).unwrap().to_string_lossy().into_owned();
                if !name.starts_with("dock.") {
                    found.insert(name, std::fs::read(&path).unwrap());
                }
            }
        }
    }
    found
}

/// Everything a dock holds, as text and files.
pub(crate) async fn state(dock: &Dock) -> (String, BTreeMap<String, Vec<u8>>) {
    let options = ListOptions { deleted: DeletedRows::Show, ..ListOptions::default() };
    let rows = dock.store().list(&options).await.unwrap();
    let mut text = format!("{:?}\n", dock.store().revision().await.unwrap());
    for row in rows {
        let versions = dock.store().versions(row.learnware.number).await.unwrap();
        writeln!(text, "{row:?}\n{versions:?}").unwrap();
    }
    (text, files(dock.folder()))
}

/// What a dock has told its users.
#[derive(Debug, Default)]
pub(crate) struct Told {
    /// Submissions acknowledged: id, version, digest.
    pub(crate) submitted: Vec<(LearnwareId, u32, String)>,
    /// Reports given out: the status they mean.
    pub(crate) checked: BTreeMap<(LearnwareId, u32), String>,
    /// Deletions begun; those acknowledged are true.
    pub(crate) deleted: BTreeMap<LearnwareId, bool>,
}

impl Told {
    /// Takes a line that a child printed.
    pub(crate) fn take(&mut self, line: &str) {
        // The test harness may put its own words before the first line.
        let Some(at) = line.find("TOLD ") else { return };
        let words: Vec<&str> = line[at + 5..].split_whitespace().collect();
        let id = |text: &str| LearnwareId(text.to_owned());
        match words[..] {
            ["submit", name, version, digest] => {
                self.submitted.push((id(name), version.parse().unwrap(), digest.to_owned()));
            }
            ["check", name, version, status] => {
                self.checked.insert((id(name), version.parse().unwrap()), status.to_owned());
            }
            ["delete-begun", name] => {
                self.deleted.entry(id(name)).or_insert(false);
            }
            ["delete", name] => {
                self.deleted.insert(id(name), true);
            }
            _ => {} // Cut off by the kill: never acknowledged as far as we can know.
        }
    }
}

/// Fails unless the dock keeps what it told and its rows, jobs and packages agree.
pub(crate) async fn check_invariants(dock: &Dock, told: &Told) {
    let store = dock.store();
    assert_eq!(store.integrity().await.unwrap(), Vec::<String>::new());
    for (id, version, digest) in &told.submitted {
        if told.deleted.contains_key(id) {
            continue;
        }
        let row = store.version(LearnwareNumber::from_id(id).unwrap(), *version).await.unwrap();
        let row = row.unwrap_or_else(|| panic!("{id} version {version} was acknowledged and is gone"));
        assert_eq!(row.digest.as_str(), digest, "{id}");
        if let Some(status) = told.checked.get(&(id.clone(), *version)) {
            assert_eq!(&format!("{:?}", row.status), status, "{id}");
        }
    }
    let acknowledged: BTreeSet<_> = told.submitted.iter().map(|(id, version, _)| (id, version)).collect();
    assert_eq!(acknowledged.len(), told.submitted.len(), "an id and version was given out twice");

    let options = ListOptions { deleted: DeletedRows::Show, limit: u32::MAX, after: None, owner: None };
    let mut findable = BTreeSet::new();
    for row in store.list(&options).await.unwrap() {
        let number = row.learnware.number;
        if let Some(true) = told.deleted.get(&number.id()) {
            assert!(row.learnware.deleted_at.is_some(), "{number} was deleted and is back");
        }
        if row.learnware.deleted_at.is_some() {
            continue;
        }
        let versions = store.versions(number).await.unwrap();
        let mut usable = None;
        for version in &versions {
            dock.blobs().verified_path(&version.digest).unwrap();
            let subject = Job::check(number, version.version).subject();
            let open = matches!(version.status, CheckStatus::Waiting | CheckStatus::Checking);
            let job = store.unfinished_job(&subject).await.unwrap();
            assert_eq!(open, job.is_some(), "{number} version {}: {:?}", version.version, version.status);
            if version.status == CheckStatus::Usable {
                usable = Some(version.version);
            }
        }
        let numbers: Vec<u32> = versions.iter().map(|version| version.version).collect();
        assert_eq!(numbers, (1..=versions.len() as u32).collect::<Vec<_>>(), "{number}");
        let latest = row.learnware.latest_version;
        assert!(numbers.contains(&latest), "{number}");
        if let Some(usable) = usable {
            assert_eq!(latest, usable, "{number}");
            findable.insert(number.id());
        }
    }
    let snapshot = dock.catalog().await.unwrap();
    assert!(snapshot.unreadable.is_empty(), "{:?}", snapshot.unreadable);
    let found: BTreeSet<_> = snapshot.market.organizer().iter().map(|one| one.id.clone()).collect();
    assert_eq!(found, findable);
}

/// Starts this test program again to play `part` on the dock in `folder`.
pub(crate) fn child(part: &str, folder: &Path, settings: &[(&str, String)]) -> Child {
    Command::new(std::env::current_exe().unwrap())
        .args(["--exact", "processes::child_part", "--nocapture", "--test-threads=1"])
        .env(CHILD, part)
        .env("FOLDER", folder)
        .envs(settings.iter().map(|(name, value)| (name, value)))
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .unwrap()
}

/// Lines that a child printed, up to its end.
pub(crate) fn lines(child: &mut Child) -> impl Iterator<Item = String> + use<> {
    BufReader::new(child.stdout.take().unwrap()).lines().map_while(Result::ok)
}
