//! Several processes on one dock, and the parts that child processes play.

use std::io::Write;
use std::path::PathBuf;
use std::time::Duration;

use learnware_dock::failpoint::{FailAction, FailPoint};
use learnware_dock::submit::SubmitOutcome;
use learnware_dock::{Address, Config, Dock, DockError};
use learnware_engine::learnware::LearnwareId;
use learnware_engine::numeric::random::Stream;

use crate::packages::package;
use crate::support::{CHILD, Told, check_invariants, child, lines, quick, request, submit};

/// Plays a part when the program was started by another test; otherwise there is nothing to do.
#[test]
fn child_part() {
    let Ok(part) = std::env::var(CHILD) else { return };
    let setting = |name: &str| std::env::var(name).unwrap_or_default();
    let folder = PathBuf::from(setting("FOLDER"));
    let seed = setting("SEED").parse().unwrap_or(0);
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build().unwrap();
    let set = |name: &str| Some(setting(name)).filter(|text| !text.is_empty());
    let config = Config {
        fail_point: set("FAIL").map(|step| FailPoint { step, action: FailAction::Abort }),
        database: set("DATABASE").map(Address::new),
        first_stage_from: set("FIRST_STAGE_FROM").map(|from| from.parse().unwrap()),
        ..quick()
    };
    runtime.block_on(async {
        let dock = Dock::open(folder, config).await.unwrap();
        match part.as_str() {
            "submit" => submit_many(&dock).await,
            "live" => live(&dock, seed).await,
            "once" => once(&dock, seed).await,
            "index" => index(&dock).await,
            other => panic!("no part {other}"),
        }
        dock.close().await;
    });
}

fn tell(line: &str) {
    let mut out = std::io::stdout().lock();
    // One write for each line, so that a kill cuts between lines or leaves a line without its last word.
    out.write_all(format!("TOLD {line}\n").as_bytes()).unwrap();
    out.flush().unwrap();
}

/// Submits the same packages as its siblings.
async fn submit_many(dock: &Dock) {
    for index in 0..12 {
        match dock.submit(request(package(index), None)).await.unwrap() {
            SubmitOutcome::Accepted(s) => tell(&format!("submit {} {} {}", s.id, s.version, s.digest)),
            SubmitOutcome::Duplicate(_) => {}
            SubmitOutcome::Refused(report) => panic!("{report:?}"),
        }
    }
}

/// Submits, checks, replaces and deletes until it is killed.
async fn live(dock: &Dock, seed: u64) {
    let mut chance = Stream::new(seed);
    let mut own: Vec<LearnwareId> = Vec::new();
    for index in 0.. {
        step(dock, seed * 1_000_000 + index, &mut chance, &mut own).await;
    }
}

/// Goes through everything once.
async fn once(dock: &Dock, seed: u64) {
    let base = seed * 1_000_000;
    let first = told_submit(dock, base, None).await;
    told_checks(dock).await;
    told_submit(dock, base + 1, Some(&first)).await;
    told_checks(dock).await;
    let second = told_submit(dock, base + 2, None).await;
    told_delete(dock, &second).await;
    told_sweep(dock).await;
}

/// Makes indexes until it is killed.
async fn index(dock: &Dock) {
    loop {
        tell("index-begun");
        match dock.index().await {
            Ok(made) => tell(&format!("index {}", made.len())),
            // What a killed process held is leased a while.
            Err(DockError::IndexInProgress) => tokio::time::sleep(Duration::from_millis(20)).await,
            Err(error) => panic!("{error}"),
        }
    }
}

async fn step(dock: &Dock, salt: u64, chance: &mut Stream, own: &mut Vec<LearnwareId>) {
    match chance.below(8) {
        0..=2 => own.push(told_submit(dock, salt, None).await),
        3 if !own.is_empty() => {
            let id = own[chance.below(own.len())].clone();
            told_submit(dock, salt, Some(&id)).await;
        }
        4 if own.len() > 1 => {
            let id = own.swap_remove(chance.below(own.len()));
            told_delete(dock, &id).await;
        }
        5 => told_sweep(dock).await,
        _ => told_checks(dock).await,
    }
}

async fn told_submit(dock: &Dock, salt: u64, replaces: Option<&LearnwareId>) -> LearnwareId {
    let done = submit(dock, package(salt), replaces).await;
    tell(&format!("submit {} {} {}", done.id, done.version, done.digest));
    done.id
}

async fn told_checks(dock: &Dock) {
    for outcome in dock.check_waiting().await.unwrap() {
        if let learnware_dock::jobs::JobEnd::Done(report) = outcome.end {
            tell(&format!("check {} {} {:?}", outcome.id, outcome.version, report.status()));
        }
    }
}

async fn told_delete(dock: &Dock, id: &LearnwareId) {
    tell(&format!("delete-begun {id}"));
    dock.delete(id).await.unwrap();
    tell(&format!("delete {id}"));
}

/// A sweep of everything unused, however young: the worst for those who submit meanwhile. An upload of a
/// sibling that is not finished loses its file, so only blobs are swept.
async fn told_sweep(dock: &Dock) {
    dock.sweep_packages(Duration::ZERO).await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn processes_that_submit_the_same_packages_store_each_once() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("dock");
    let mut children: Vec<_> = (0..3).map(|_| child("submit", &path, &[])).collect();
    let mut told = Told::default();
    for child in &mut children {
        lines(child).for_each(|line| told.take(&line));
        assert!(child.wait().unwrap().success());
    }
    let mut ids: Vec<_> = told.submitted.iter().map(|(id, _, _)| id.0.clone()).collect();
    ids.sort();
    assert_eq!(ids, (1..=12).map(|number| format!("{number:08}")).collect::<Vec<_>>());
    let dock = Dock::open(&path, quick()).await.unwrap();
    check_invariants(&dock, &told).await;
}
