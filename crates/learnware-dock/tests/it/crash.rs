//! kill -9 at any point leaves the old or the new state, and everything acknowledged.

use std::path::Path;
use std::time::Duration;

use learnware_dock::failpoint::STEPS;
use learnware_dock::store::rows::ListOptions;
use learnware_dock::{Dock, SweepReport};
use learnware_engine::numeric::random::Stream;

use crate::support::{Told, check_invariants, child, files, lines, quick};

/// Kills for each run of the test.
const KILLS: u64 = 25;

#[tokio::test(flavor = "multi_thread")]
async fn a_dock_survives_kills_at_random_times() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("dock");
    let mut told = Told::default();
    let mut chance = Stream::new(20_260_102);
    for round in 0..KILLS {
        // Two processes at once: both die, at different times.
        let mut children =
            [1, 2].map(|which| child("live", &path, &[("SEED", (round * 2 + which).to_string())]));
        let readers = children.each_mut().map(|child| {
            let lines = lines(child);
            std::thread::spawn(move || lines.collect::<Vec<_>>())
        });
        for child in &mut children {
            std::thread::sleep(Duration::from_micros(chance.below(250_000) as u64));
            child.kill().unwrap();
            child.wait().unwrap();
        }
        for reader in readers {
            reader.join().unwrap().iter().for_each(|line| told.take(line));
        }
        if path.exists() {
            let dock = Dock::open(&path, quick()).await.unwrap();
            check_invariants(&dock, &told).await;
            dock.close().await;
        }
    }
    assert!(told.submitted.len() > 20, "{} submissions are too few to say anything", told.submitted.len());
    finish(&path, &told).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_dock_survives_an_abort_at_every_step() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("dock");
    let mut told = Told::default();
    for (index, step) in STEPS.iter().enumerate() {
        if *step == "sweep.staging" {
            continue; // Passed when a dock is opened for the first time: `opening_dies` looks at it.
        }
        let seed = index as u64 + 1;
        let mut dying = child("once", &path, &[("SEED", seed.to_string()), ("FAIL", (*step).to_owned())]);
        lines(&mut dying).for_each(|line| told.take(&line));
        assert!(!dying.wait().unwrap().success(), "{step} was never reached");
        let dock = Dock::open(&path, quick()).await.unwrap();
        check_invariants(&dock, &told).await;
        dock.close().await;
        let mut living = child("once", &path, &[("SEED", (seed + 100).to_string())]);
        lines(&mut living).for_each(|line| told.take(&line));
        assert!(living.wait().unwrap().success(), "after {step}");
    }
    finish(&path, &told).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn opening_dies_and_the_next_one_goes_on() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("dock");
    for _ in 0..2 {
        let mut dying = child("once", &path, &[("FAIL", "sweep.staging".to_owned())]);
        assert!(!dying.wait().unwrap().success());
    }
    let dock = Dock::open(&path, quick()).await.unwrap();
    check_invariants(&dock, &Told::default()).await;
    // Killed as early as can be: while the folder, the database and its schema are made.
    for microseconds in (0..30_000).step_by(1500) {
        let path = folder.path().join(format!("dock {microseconds}"));
        let mut dying = child("once", &path, &[]);
        std::thread::sleep(Duration::from_micros(microseconds));
        dying.kill().unwrap();
        dying.wait().unwrap();
        let dock = Dock::open(&path, quick()).await.unwrap();
        check_invariants(&dock, &Told::default()).await;
    }
}

/// Leases end, waiting checks are made, a sweep leaves only what is used; then everything holds still.
async fn finish(path: &Path, told: &Told) {
    let dock = Dock::open(path, quick()).await.unwrap();
    tokio::time::sleep(Duration::from_millis(350)).await;
    dock.check_waiting().await.unwrap();
    dock.sweep(Duration::ZERO).await.unwrap();
    check_invariants(&dock, told).await;
    let waiting =
        dock.list(&ListOptions::default()).await.unwrap().into_iter().filter(|one| one.check.is_some());
    assert_eq!(waiting.count(), 0, "a check was lost");
    let again = dock.sweep(Duration::ZERO).await.unwrap();
    assert_eq!(again, SweepReport { job_count: again.job_count, ..SweepReport::default() });
    let used = dock.blobs().list().unwrap().len();
    assert_eq!(files(path).len(), used, "only packages are left");
}
