//! Islands that are handed to PostgreSQL: searches find what a dock with everything in memory finds.

use std::collections::BTreeSet;
use std::path::Path;

use learnware_dock::indexing::IndexEnd;
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
use crate::support::quick;

const KEY: IslandKey = IslandKey::Table { dimension: 3 };

/// A task of one of some families.
fn table(seed: u64) -> StatisticalSpecification {
    let mut stream = Stream::substream(21, seed);
    let place = (seed % 37) as f64 * 0.4;
    let points = (0..30).map(|i| place * f64::from(i % 3 + 1) + 0.2 * stream.normal());
    let points = Matrix::new(10, 3, points.collect()).unwrap();
    StatisticalSpecification::Table(Rkme::new(points, vec![0.1; 10], 0.1, 10).unwrap())
}

/// Puts a usable version into a dock as a check would have left it.
async fn add(dock: &Dock, seed: u64, replaces: Option<&LearnwareId>) -> LearnwareId {
    let content = format!("package {seed}");
    let staged = dock.blobs().stage(&mut content.as_bytes(), 1000).unwrap();
    let digest = dock.blobs().publish(staged).unwrap();
    let semantic = SemanticSpecification {
        name: format!("task {seed}"),
        description: if seed % 3 == 0 { "sales of ice" } else { "price of land" }.into(),
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
        specification: SpecificationText::new(&semantic, &[table(seed)]),
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
        IndexEnd::Made { outlined } => outlined,
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
    assert_eq!(indexed(&dock).await, []);
    assert!(dock.catalog().await.unwrap().market.organizer().island(&KEY).unwrap().index_if_made().is_some());
    dock.index_when_due().await.unwrap();
    assert!(dock.index_next().await.unwrap().is_none(), "nothing is due by itself");
}
