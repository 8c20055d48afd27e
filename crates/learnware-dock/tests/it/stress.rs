//! Thousands of changes and searches at once: every answer belongs to one revision.

use std::collections::BTreeSet;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, RwLock};
use std::time::Duration;

use learnware_dock::catalog::Snapshot;
use learnware_dock::clock::Timestamp;
use learnware_dock::ids::LearnwareNumber;
use learnware_dock::store::Changes;
use learnware_dock::store::organisations::Audience;
use learnware_dock::store::rows::{ChangeRow, Revision, SpecificationText, UsableRow};
use learnware_dock::words::{Query, Request, Sort};
use learnware_engine::Matrix;
use learnware_engine::learnware::ModelFormat;
use learnware_engine::market::{SearchOptions, SearchResults, SingleResult};
use learnware_engine::numeric::random::Stream;
use learnware_engine::semantic::{SemanticSpecification, Task};
use learnware_engine::specification::{Rkme, StatisticalSpecification};
use learnware_engine::user_info::UserInfo;

const CHANGES: usize = 5_000;
const SEARCHES: usize = 5_000;
/// Learnwares at the beginning; as many stay, give or take a few.
const COUNT: i64 = 300;
/// Every so many answers are compared with those of a market made at once of what was there.
const COMPARED_EVERY: usize = 250;
/// How many changes and searches may be ahead of one another.
const AHEAD_MAX: usize = 50;

/// The only writer at a time: what is there after each revision.
struct Written {
    next: i64,
    stream: Stream,
    /// Numbers that were there at each revision, from revision 1 on.
    history: Vec<Arc<BTreeSet<i64>>>,
}

struct Answer {
    revision: i64,
    user: u64,
    by_words: u64,
    results: SearchResults,
}

fn table(seed: u64) -> StatisticalSpecification {
    let mut stream = Stream::substream(7, seed);
    let place = (seed % 23) as f64 * 0.3;
    let points = (0..8 * 3).map(|i| place * f64::from(i % 3 + 1) + stream.normal()).collect();
    let points = Matrix::new(8, 3, points).unwrap();
    StatisticalSpecification::Table(Rkme::new(points, vec![0.125; 8], 0.1, 80).unwrap())
}

fn row(number: i64) -> ChangeRow {
    let semantic = SemanticSpecification {
        name: format!("learnware {number}"),
        task: vec![Task::Regression],
        ..SemanticSpecification::default()
    };
    let usable = UsableRow {
        specification: SpecificationText::new(&semantic, &[table(number as u64)]),
        format: ModelFormat::Onnx,
        size_bytes: 1,
        created_at: Timestamp::from_microseconds(number),
    };
    ChangeRow {
        number: LearnwareNumber(number),
        revision: Revision(1),
        audience: Audience::default(),
        usable: Some(usable),
    }
}

fn snapshot_of(numbers: &BTreeSet<i64>, revision: i64) -> Snapshot {
    let rows = numbers.iter().map(|&number| row(number)).collect();
    Snapshot::default().after(&Changes { revision: Revision(revision), rows, next: None })
}

impl Written {
    /// The next change: half are additions; of the first ones, which make the island's kernel, few go.
    fn change(&mut self) -> (ChangeRow, i64) {
        let mut now = BTreeSet::clone(self.history.last().unwrap());
        let row = if self.stream.uniform() < 0.5 {
            self.next += 1;
            now.insert(self.next);
            row(self.next)
        } else {
            let from = if self.stream.uniform() < 0.005 { 0 } else { 257.min(now.len() - 1) };
            let place = from + self.stream.below(now.len() - from);
            let number = *now.iter().nth(place).unwrap();
            now.remove(&number);
            ChangeRow {
                number: LearnwareNumber(number),
                revision: Revision(1),
                audience: Audience::default(),
                usable: None,
            }
        };
        self.history.push(Arc::new(now));
        (row, i64::try_from(self.history.len()).unwrap())
    }
}

fn search(snapshot: &Snapshot, user: u64) -> SearchResults {
    let user = UserInfo { statistical: vec![table(1_000_000 + user)], ..UserInfo::default() };
    snapshot.market.search(&user, &SearchOptions { max_learnwares: 2, ..SearchOptions::default() }).unwrap()
}

fn write_all(
    written: &Mutex<Written>,
    current: &RwLock<Arc<Snapshot>>,
    begun: &AtomicUsize,
    done: &AtomicUsize,
) {
    loop {
        let turn = begun.fetch_add(1, Ordering::Relaxed);
        if turn >= CHANGES {
            return;
        }
        // Not all changes before the first searches.
        while turn > done.load(Ordering::Relaxed) + AHEAD_MAX {
            std::thread::sleep(Duration::from_millis(1));
        }
        let mut written = written.lock().unwrap();
        let (row, revision) = written.change();
        let before = Arc::clone(&current.read().unwrap());
        let next = before.after(&Changes { revision: Revision(revision), rows: vec![row], next: None });
        *current.write().unwrap() = Arc::new(next);
    }
}

fn search_all(current: &RwLock<Arc<Snapshot>>, done: &AtomicUsize) -> Vec<Answer> {
    let mut answers = Vec::new();
    loop {
        let turn = done.fetch_add(1, Ordering::Relaxed);
        if turn >= SEARCHES {
            return answers;
        }
        let mut snapshot = Arc::clone(&current.read().unwrap());
        // Not all searches before the first changes.
        while snapshot.revision.0 as usize + AHEAD_MAX < turn * CHANGES / SEARCHES {
            std::thread::sleep(Duration::from_millis(1));
            snapshot = Arc::clone(&current.read().unwrap());
        }
        let user = turn as u64;
        let request = Request {
            query: Query::parse("task:regression").unwrap(),
            sort: Sort::Id,
            limit: 1,
            cursor: None,
            facets: Vec::new(),
        };
        let by_words = snapshot.find(&request).unwrap().total;
        answers.push(Answer {
            revision: snapshot.revision.0,
            user,
            by_words,
            results: search(&snapshot, user),
        });
    }
}

#[test]
fn ten_thousand_changes_and_searches_at_once_are_each_of_one_revision() {
    let first: BTreeSet<i64> = (1..=COUNT).collect();
    let current = RwLock::new(Arc::new(snapshot_of(&first, 1)));
    let stream = Stream::new(5);
    let written = Mutex::new(Written { next: COUNT, stream, history: vec![Arc::new(first)] });
    let (begun, done) = (AtomicUsize::new(0), AtomicUsize::new(0));
    let answers: Vec<Answer> = std::thread::scope(|scope| {
        let searchers: Vec<_> = (0..3).map(|_| scope.spawn(|| search_all(&current, &done))).collect();
        for _ in 0..2 {
            scope.spawn(|| write_all(&written, &current, &begun, &done));
        }
        searchers.into_iter().flat_map(|searcher| searcher.join().unwrap()).collect()
    });
    let history = written.into_inner().unwrap().history;
    assert_eq!((answers.len(), history.len()), (SEARCHES, CHANGES + 1));
    let revisions: BTreeSet<i64> = answers.iter().map(|answer| answer.revision).collect();
    assert!(revisions.len() > SEARCHES / 10, "searches saw {} revisions", revisions.len());
    for (turn, answer) in answers.iter().enumerate() {
        let there = &history[answer.revision as usize - 1];
        let is_there =
            |single: &SingleResult| there.contains(&LearnwareNumber::from_id(&single.id).unwrap().0);
        assert!(answer.results.single.iter().all(is_there));
        assert!(answer.results.funnel.certified);
        assert_eq!((answer.results.funnel.comparable, answer.by_words), (there.len(), there.len() as u64));
        if turn % COMPARED_EVERY == 0 {
            let alone = search(&snapshot_of(there, answer.revision), answer.user);
            assert_eq!((&alone.single, alone.covered), (&answer.results.single, answer.results.covered));
        }
    }
}
