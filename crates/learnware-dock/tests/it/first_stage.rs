//! Islands that are handed to PostgreSQL: searches find what a dock with everything in memory finds.

use std::collections::BTreeSet;
use std::path::Path;
use std::time::{Duration, Instant};

use learnware_dock::jobs::JobEnd;
use learnware_dock::jobs::{ClaimFilter, Job};
use learnware_dock::store::outlines::{HeadOrder, NewOutline};
use learnware_dock::store::rows::{Revision, SpecificationText};
use learnware_dock::store::{Added, NewVersion, Verdict};
use learnware_dock::viewer::Viewer;
use learnware_dock::words::Query;
use learnware_dock::{Address, Config, Dock, DockError};
use learnware_engine::Matrix;
use learnware_engine::learnware::{CheckStatus, LearnwareId, ModelFormat};
use learnware_engine::market::{SearchOptions, SearchResults};
use learnware_engine::numeric::random::Stream;
use learnware_engine::semantic::{DataType, SemanticSpecification, Task};
use learnware_engine::specification::{IslandKey, Rkme, StatisticalSpecification};
use learnware_engine::user_info::UserInfo;

use crate::server::Server;
use crate::support::{child, lines, quick};

const KEY: IslandKey = IslandKey::Table { dimension: 3 };

/// A task of one of some families.
fn table(seed: u64) -> StatisticalSpecification {
    let mut stream = Stream::substream(21, seed);
    let place = (seed % 37) as f64 * 0.4;
    let points = (0..30).map(|i| place * f64::from(i % 3 + 1) + 0.2 * stream.normal());
    let points = Matrix::new(10, 3, points.collect()).unwrap();
    StatisticalSpecification::Table(Rkme::new(points, vec![0.1; 10], 0.1, 10).unwrap())
}

async fn add(dock: &Dock, seed: u64, replaces: Option<&LearnwareId>) -> LearnwareId {
    add_with(dock, seed, table(seed), replaces).await
}

async fn add_large(dock: &Dock, seed: u64) -> LearnwareId {
    add_with(dock, seed, large(seed), None).await
}

/// Puts a usable version into a dock as a check would have left it.
async fn add_with(
    dock: &Dock,
    seed: u64,
    table: StatisticalSpecification,
    replaces: Option<&LearnwareId>,
) -> LearnwareId {
    let content = format!("package {seed}");
    let staged = dock.blobs().stage(&mut content.as_bytes(), 1000).unwrap();
    let digest = dock.blobs().publish(staged).unwrap();
    let semantic = SemanticSpecification {
        name: format!("task {seed}"),
        description: if seed.is_multiple_of(3) { "sales of ice" } else { "price of land" }.into(),
        data: vec![DataType::Table],
        task: vec![Task::Regression],
        ..SemanticSpecification::default()
    };
    let new = NewVersion {
        replaces: replaces.map(|id| learnware_dock::ids::LearnwareNumber::from_id(id).unwrap()),
        audience: learnware_dock::store::organisations::Audience::default(),
        name: semantic.name.clone(),
        digest,
        size_bytes: content.len() as u64,
        specification: SpecificationText::new(&semantic, &[table]),
        format: ModelFormat::Onnx,
    };
    let (store, now) = (dock.store(), dock.now());
    let Added::Stored { number, version } = store.add_version(&new, dock.blobs(), now).await.unwrap() else {
        panic!("{seed} was not stored")
    };
    let filter = ClaimFilter::Subject(Job::check(number, version).subject());
    let job = store.claim(&filter, &quick().leases, now).await.unwrap().unwrap();
    let verdict =
        Verdict { status: CheckStatus::Usable, report: "{\"findings\":[]}".into(), statistical: None };
    assert!(store.finish_check(&job, &verdict, now).await.unwrap());
    number.id()
}

async fn open(folder: &Path, name: &str, database: &Address, from: Option<usize>) -> Dock {
    let config = Config { database: Some(database.clone()), first_stage_from: from, ..quick() };
    Dock::open(folder.join(name), config).await.unwrap()
}

async fn search(dock: &Dock, seed: u64, words: &str) -> SearchResults {
    let user = UserInfo { statistical: vec![table(seed)], ..UserInfo::default() };
    let query = Query::parse(words).unwrap();
    let options = SearchOptions::default();
    let found = dock.search_explained(&Viewer::Operator, query, user, options, true).await.unwrap();
    let explanation = found.explanation.unwrap();
    assert!(explanation.kernel.scaled_by >= 256);
    found.results
}

/// Fails unless both docks answer alike, and prove it.
async fn assert_same(left: &Dock, right: &Dock) {
    for seed in [9_000, 9_001, 9_002, 9_003] {
        for words in ["", "sales", "land task:regression"] {
            let (a, b) = (search(left, seed, words).await, search(right, seed, words).await);
            assert_eq!(a.single, b.single, "{seed} {words:?}");
            let counts = |found: &SearchResults| {
                (found.funnel.total, found.funnel.semantic, found.funnel.comparable, found.funnel.certified)
            };
            assert_eq!(counts(&a), counts(&b), "{seed} {words:?}");
            assert!(a.funnel.certified && a.single.len() == 10);
            assert_eq!(a.verdict, b.verdict);
        }
    }
}

async fn indexed(dock: &Dock) -> Vec<(IslandKey, usize)> {
    match dock.index_next().await.unwrap().expect("an index was asked for") {
        JobEnd::Done(outlined) => outlined,
        other => panic!("{other:?}"),
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_island_in_the_database_is_searched_as_one_in_memory() {
    let Some(server) = Server::start_with_vector() else { return };
    let (database, folder) = (server.database().await, tempfile::tempdir().unwrap());
    let whole = open(folder.path(), "whole", &database, None).await;
    let mut ids = Vec::new();
    for seed in 0..400 {
        ids.push(add(&whole, seed, None).await);
    }
    let handed = open(folder.path(), "handed", &database, Some(300)).await;
    assert_same(&handed, &whole).await;
    assert!(handed.catalog().await.unwrap().market.organizer().island(&KEY).is_some());

    handed.index_when_due().await.unwrap();
    assert_eq!(indexed(&handed).await, [(KEY, 400)]);
    assert!(handed.index_next().await.unwrap().is_none());
    let snapshot = handed.catalog().await.unwrap();
    let organizer = snapshot.market.organizer();
    assert!(organizer.iter().all(|learnware| learnware.specification.statistical.is_empty()));
    assert!(organizer.island(&KEY).is_none() && organizer.outlined(&KEY).unwrap().len() == 400);
    assert_same(&handed, &whole).await;
    assert_eq!(handed.islands().await.unwrap(), whole.islands().await.unwrap());
    let some = [ids[3].clone(), ids[77].clone()];
    let of = async |dock: &Dock| dock.specifications(&Viewer::Operator, &KEY, &some).await.unwrap();
    assert_eq!(of(&handed).await, of(&whole).await);
    let refused = handed.anchors(&Viewer::Operator, &KEY).await.unwrap_err();
    assert!(refused.to_string().contains("database"), "{refused}");
    handed.index_when_due().await.unwrap();
    assert!(handed.index_next().await.unwrap().is_none(), "nothing is due");

    // A dock that is opened now never has the specifications in memory.
    let late = open(folder.path(), "late", &database, Some(300)).await;
    assert_same(&late, &whole).await;
    assert!(late.catalog().await.unwrap().market.organizer().island(&KEY).is_none());

    changes_are_found(&handed, &whole, &ids).await;
    leftovers_are_removed(&handed, &whole, &database).await;
}

/// What is newer than the outline is searched in memory, until the next outline.
async fn changes_are_found(handed: &Dock, whole: &Dock, ids: &[LearnwareId]) {
    let best = search(whole, 9_001, "").await.single[0].id.clone();
    // Those that make the kernel stay, so that both compare alike.
    let last = ids[399].clone();
    whole.delete(&last).await.unwrap();
    add(whole, 9_001, Some(&ids[380])).await;
    let new = add(whole, 9_002, None).await;
    assert_same(handed, whole).await;
    let found = search(handed, 9_001, "").await;
    assert_eq!(found.single[0].id, ids[380]);
    assert_eq!(found.single[1].id, best);
    assert_eq!(search(handed, 9_002, "").await.single[0].id, new);
    let snapshot = handed.catalog().await.unwrap();
    let outlined = snapshot.market.organizer().outlined(&KEY).unwrap();
    assert_eq!((outlined.kept().count(), outlined.fresh().count()), (398, 2));

    assert!(handed.ask_index().await.unwrap());
    assert_eq!(indexed(handed).await, [(KEY, 400)]);
    let snapshot = handed.catalog().await.unwrap();
    assert_eq!(snapshot.market.organizer().outlined(&KEY).unwrap().fresh().count(), 0);
    assert_same(handed, whole).await;
}

/// An index that was begun and left has no effect and goes with the next one; an approximate one proves nothing.
async fn leftovers_are_removed(handed: &Dock, whole: &Dock, database: &Address) {
    let left = NewOutline { island: KEY, revision: Revision(1), bytes: vec![1, 2, 3] };
    let left = handed.store().begin_outline(&left, handed.now()).await.unwrap();
    assert_same(handed, whole).await;
    let config = Config {
        database: Some(database.clone()),
        first_stage_from: Some(300),
        first_stage_order: HeadOrder::Hnsw,
        ..quick()
    };
    let folder = tempfile::tempdir().unwrap();
    let approximate = Dock::open(folder.path().join("dock"), config).await.unwrap();
    assert_eq!(approximate.index().await.unwrap(), [(KEY, 400)]);
    assert!(approximate.store().outline(left).await.unwrap().is_none());
    let (near, exact) = (search(&approximate, 9_003, "").await, search(whole, 9_003, "").await);
    assert!(!near.funnel.certified);
    let ids = |found: &SearchResults| found.single.iter().map(|one| one.id.clone()).collect::<BTreeSet<_>>();
    assert!(ids(&near).intersection(&ids(&exact)).count() >= 8, "most of the nearest are found");
    assert_same(handed, whole).await;
}

/// Kills of a process that makes indexes, in the test of them.
const KILLS: u64 = 10;

#[tokio::test(flavor = "multi_thread")]
async fn an_index_that_is_killed_at_any_time_leaves_the_last_one_or_the_next() {
    let Some(server) = Server::start_with_vector() else { return };
    let (database, folder) = (server.database().await, tempfile::tempdir().unwrap());
    let whole = open(folder.path(), "whole", &database, None).await;
    for seed in 0..400 {
        add(&whole, seed, None).await;
    }
    let handed = open(folder.path(), "handed", &database, Some(300)).await;
    assert_eq!(handed.index().await.unwrap(), [(KEY, 400)]);
    let settings = [("DATABASE", database.reveal().to_owned()), ("FIRST_STAGE_FROM", "300".to_owned())];
    let (mut chance, mut begun, mut ended) = (Stream::new(20_261_128), 0, 0);
    for seed in 0..KILLS {
        // A change between two indexes: the next one differs from the last.
        add(&whole, 10_000 + seed, None).await;
        let mut dying = child("index", &folder.path().join("dying"), &settings);
        let mut told = lines(&mut dying);
        assert!(told.any(|line| line.contains("index-begun")));
        std::thread::sleep(Duration::from_micros(chance.below(400_000) as u64));
        dying.kill().unwrap();
        dying.wait().unwrap();
        let rest: Vec<String> = told.collect();
        begun += 1 + rest.iter().filter(|line| line.contains("index-begun")).count();
        ended += rest.iter().filter(|line| line.contains("index 1")).count();
        assert_same(&handed, &whole).await;
    }
    assert!(begun > ended, "none of {begun} was killed before its end");
    let made = loop {
        match handed.index().await {
            Ok(made) => break made,
            Err(DockError::IndexInProgress) => tokio::time::sleep(Duration::from_millis(50)).await,
            Err(error) => panic!("{error}"),
        }
    };
    assert_eq!(made, [(KEY, 400 + KILLS as usize)]);
    assert_same(&handed, &whole).await;
    let late = open(folder.path(), "late", &database, Some(300)).await;
    assert_same(&late, &whole).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_file_is_no_first_stage_and_a_database_needs_its_extension() {
    let folder = tempfile::tempdir().unwrap();
    let config = Config { first_stage_from: Some(300), ..quick() };
    let error = Dock::open(folder.path().join("file"), config.clone()).await.unwrap_err();
    assert!(matches!(error, DockError::FirstStage { .. }), "{error:?}");
    assert!(error.to_string().contains("LEARNWARE_DATABASE"), "{error}");
    let Some(server) = Server::start() else { return };
    let config = Config { database: Some(server.database().await), ..config };
    match Dock::open(folder.path().join("rows"), config).await {
        Err(error) => assert!(error.to_string().contains("install pgvector"), "{error}"),
        Ok(_) => println!("SKIPPED: this PostgreSQL has the extension vector"),
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn new_indexes_are_a_job_also_without_a_first_stage() {
    let folder = tempfile::tempdir().unwrap();
    let dock = Dock::open(folder.path(), quick()).await.unwrap();
    add(&dock, 1, None).await;
    assert!(dock.index_next().await.unwrap().is_none());
    assert!(dock.ask_index().await.unwrap());
    assert!(dock.ask_index().await.unwrap(), "it waits still");
    assert!(indexed(&dock).await.is_empty());
    assert!(dock.catalog().await.unwrap().market.organizer().island(&KEY).unwrap().index_if_made().is_some());
    dock.index_when_due().await.unwrap();
    assert!(dock.index_next().await.unwrap().is_none(), "nothing is due by itself");
}

/// Measures what `docs/book/hundred-million.md` tells: `LEARNWARE_MEASURED=20000 cargo test --features postgres --test it --
/// --ignored --nocapture measured`.
#[tokio::test(flavor = "multi_thread")]
#[ignore = "a measurement of many minutes"]
async fn measured() {
    let Some(server) = Server::start_with_vector() else { return };
    let count: u64 = std::env::var("LEARNWARE_MEASURED").map_or(2_000, |text| text.parse().unwrap());
    let (database, folder) = (server.database().await, tempfile::tempdir().unwrap());
    let begun = Instant::now();
    let filling = open(folder.path(), "filling", &database, Some(1_000)).await;
    for seed in 0..count {
        add_large(&filling, seed).await;
    }
    println!("{count} learnwares in {:.0} s", begun.elapsed().as_secs_f64());
    let begun = Instant::now();
    let outlined = filling.index().await.unwrap();
    println!("handed over in {:.1} s: {outlined:?}", begun.elapsed().as_secs_f64());
    filling.close().await;
    let mut answers = Vec::new();
    for from in ["never", "1000"] {
        let output = std::process::Command::new(std::env::current_exe().unwrap())
            .args(["--exact", "first_stage::measured_part", "--ignored", "--nocapture"])
            .env("MEASURED_DATABASE", database.reveal())
            .env("MEASURED_FOLDER", folder.path().join(from))
            .env("MEASURED_FROM", from)
            .output()
            .unwrap();
        let told = String::from_utf8(output.stdout).unwrap();
        let found = told.lines().filter_map(|line| line.strip_prefix("FOUND ")).map(str::to_owned);
        answers.push(found.collect::<Vec<_>>());
        let figures = told.lines().filter(|line| line.contains("MEASURED"));
        println!("from {from}: {}", figures.collect::<Vec<_>>().join("; "));
    }
    let same = answers[0].iter().zip(&answers[1]).map(|(a, b)| {
        let ids = |line: &str| line.split(' ').map(str::to_owned).collect::<BTreeSet<_>>();
        ids(a).intersection(&ids(b)).count()
    });
    println!(
        "recall {:.4} of {} searches",
        same.sum::<usize>() as f64 / (10 * answers[0].len()) as f64,
        answers[0].len()
    );
}

/// One process of the measurement.
#[tokio::test(flavor = "multi_thread")]
#[ignore = "a part of a measurement"]
async fn measured_part() {
    let Ok(database) = std::env::var("MEASURED_DATABASE") else { return };
    let from = std::env::var("MEASURED_FROM").unwrap().parse().ok();
    let folder = std::env::var("MEASURED_FOLDER").unwrap();
    let dock = open(Path::new(&folder), "dock", &Address::new(database), from).await;
    let begun = Instant::now();
    dock.catalog().await.unwrap();
    println!("MEASURED catalog in {:.1} s, {} MB", begun.elapsed().as_secs_f64(), resident_megabytes());
    let (mut times, mut proved, mut read) = (Vec::new(), 0, 0);
    for query in 0..105 {
        let user = UserInfo { statistical: vec![large(1_000_000 + query)], ..UserInfo::default() };
        let begun = Instant::now();
        let found = dock.search(user, SearchOptions::default()).await.unwrap();
        // The first ones make the index.
        if query >= 5 {
            times.push(begun.elapsed().as_secs_f64() * 1e3);
            proved += usize::from(found.funnel.certified);
            read += found.funnel.evaluated;
            let ids: Vec<&str> = found.single.iter().map(|one| one.id.0.as_str()).collect();
            println!("FOUND {}", ids.join(" "));
        }
    }
    times.sort_by(f64::total_cmp);
    println!(
        "MEASURED search p50 {:.1} ms, p95 {:.1} ms; proved {proved} of {}, {} exact distances each; {} MB",
        times[times.len() / 2],
        times[times.len() * 95 / 100],
        times.len(),
        read / times.len(),
        resident_megabytes()
    );
}

/// 100 points of 20 numbers, of one of many families.
fn large(seed: u64) -> StatisticalSpecification {
    let (mut family, mut own) = (Stream::substream(31, seed % 500), Stream::substream(32, seed));
    let centre: Vec<f64> = (0..20).map(|_| family.normal()).collect();
    let shift: Vec<f64> = (0..20).map(|_| 0.3 * own.normal()).collect();
    let points = (0..2000).map(|i| centre[i % 20] + shift[i % 20] + 0.5 * own.normal());
    let points = Matrix::new(100, 20, points.collect()).unwrap();
    StatisticalSpecification::Table(Rkme::new(points, vec![0.01; 100], 0.1, 100).unwrap())
}

fn resident_megabytes() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap();
    let line = status.lines().find(|line| line.starts_with("VmRSS")).unwrap();
    line.split_whitespace().nth(1).unwrap().parse::<u64>().unwrap() / 1024
}
