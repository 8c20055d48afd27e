//! Finding by words and tags: what is found, in which order, and that pages hold while the dock changes.

use std::collections::{BTreeMap, BTreeSet};

use learnware_dock::catalog::Snapshot;
use learnware_dock::clock::Timestamp;
use learnware_dock::ids::LearnwareNumber;
use learnware_dock::store::Changes;
use learnware_dock::store::organisations::Audience;
use learnware_dock::store::rows::{ChangeRow, Revision, SpecificationText, UsableRow};
use learnware_dock::words::{Cursor, Facet, Filters, Found, Matching, Query, Request, Sort};
use learnware_dock::{Dock, DockError};
use learnware_engine::learnware::ModelFormat;
use learnware_engine::semantic::{DataType, Dimensions, License, Scenario, SemanticSpecification, Task};
use proptest::prelude::*;

use crate::packages::package;
use crate::support::{quick, submit};

fn described(name: &str, description: &str) -> SemanticSpecification {
    SemanticSpecification {
        name: name.into(),
        description: description.into(),
        data: vec![DataType::Table],
        task: vec![Task::Regression],
        license: vec![License::Mit],
        ..SemanticSpecification::default()
    }
}

fn row(number: i64, semantic: Option<&SemanticSpecification>) -> ChangeRow {
    let usable = semantic.map(|semantic| UsableRow {
        specification: SpecificationText::new(semantic, &[]),
        format: ModelFormat::Onnx,
        size_bytes: (number * 7919 % 50) as u64 * 1_000_000,
        created_at: Timestamp::from_microseconds(number * 31 % 17),
    });
    ChangeRow {
        number: LearnwareNumber(number),
        revision: Revision(1),
        audience: Audience::default(),
        usable,
    }
}

fn snapshot(learnwares: &[SemanticSpecification]) -> Snapshot {
    let rows = (1..).zip(learnwares).map(|(number, semantic)| row(number, Some(semantic))).collect();
    Snapshot::default().after(&Changes { revision: Revision(1), rows, next: None })
}

fn request(text: &str) -> Request {
    let query = Query::parse(text).unwrap();
    Request { query, sort: Sort::Relevance, limit: 100, cursor: None, facets: Vec::new() }
}

/// Numbers of what is found, in order.
fn found(snapshot: &Snapshot, text: &str) -> Vec<i64> {
    numbers(&snapshot.find(&request(text)).unwrap())
}

fn numbers(found: &Found) -> Vec<i64> {
    found.hits.iter().map(|hit| LearnwareNumber::from_id(&hit.id).unwrap().0).collect()
}

/// Six learnwares about different things.
fn market() -> Snapshot {
    let mut tagged = described("Traffic at crossings", "Counts of cars by the hour.");
    tagged.scenario = vec![Scenario::Traffic];
    tagged.task = vec![Task::Classification];
    tagged.input = Some(Dimensions {
        dimension: 2,
        description: BTreeMap::from([(0, "rainfallAmount".into()), (1, "湿度".into())]),
        columns: None,
    });
    snapshot(&[
        described("Sales forecast", "Predicts the sales of a shop, house by house."),
        described("House prices", "Predicts what a flat costs."),
        described("北京二手房价格预测", "用随机森林预测二手房的成交价格。"),
        tagged,
        described("Customer churn", "Who leaves a telephone company (客户流失)."),
        described("LightGBM regression for weather", "Temperature of tomorrow."),
    ])
}

#[test]
fn a_word_in_the_name_counts_more_than_one_in_the_description() {
    assert_eq!(found(&market(), "house"), [2, 1]);
    assert_eq!(
        found(&market(), "predicted"),
        [2, 1],
        "forms of a word are one; short texts are more about it"
    );
}

#[test]
fn names_tags_and_meanings_of_inputs_are_found() {
    let market = market();
    for (text, wanted) in [
        ("traffic", vec![4]),
        ("rainfall", vec![4]),
        ("湿度", vec![4]),
        ("lightgbm", vec![6]),
        ("gbm", vec![6]),
        ("mit", vec![1, 2, 3, 4, 5, 6]),
        ("churn 客户", vec![5]),
        ("二手房", vec![3]),
        ("预测 价格", vec![3]),
        ("预测北京的二手房", vec![3]),
        ("房", vec![3]),
        ("ＨＯＵＳＥ", vec![2, 1]),
        ("house task:classification", vec![]),
        ("task:classification", vec![4]),
        ("", vec![1, 2, 3, 4, 5, 6]),
    ] {
        let mut numbers = found(&market, text);
        if text == "mit" {
            numbers.sort_unstable();
        }
        assert_eq!(numbers, wanted, "{text}");
    }
}

#[test]
fn the_last_word_may_be_unfinished_and_words_may_be_misspelled() {
    let market = market();
    for (text, wanted) in [
        ("wea", vec![6]),
        ("wea ", vec![]),
        ("temperat", vec![6]),
        ("hose", vec![2, 1]),        // one letter lost
        ("huose ", vec![2, 1]),      // two letters exchanged
        ("temprature", vec![6]),     // one change
        ("tenprature", vec![6]),     // two changes
        ("telefone", vec![5]),       // two changes
        ("cuztomer chrun", vec![5]), // one each
        ("\"hose\"", vec![]),        // as it is
        ("tnprtre", vec![]),         // too many changes
    ] {
        assert_eq!(found(&market, text), wanted, "{text}");
    }
    let answer = market.find(&request("hose")).unwrap();
    assert_eq!(answer.readings.similar, [("hose".to_owned(), vec!["house".to_owned()])]);
}

#[test]
fn when_nothing_has_all_words_half_of_them_is_enough() {
    let market = market();
    let answer = market.find(&request("house prices zzzzqqqq")).unwrap();
    assert_eq!((answer.readings.matching, numbers(&answer)), (Matching::Half, vec![2]));
    assert_eq!(answer.readings.unknown, ["zzzzqqqq"]);
    let answer = market.find(&request("house prices")).unwrap();
    assert_eq!((answer.readings.matching, numbers(&answer)), (Matching::All, vec![2]));
    assert_eq!(found(&market, "zzzzqqqq"), Vec::<i64>::new());
}

#[test]
fn excerpts_show_what_was_found() {
    let market = market();
    let answer = market.find(&request("hose 流失")).unwrap();
    let marked = |place: usize| -> String {
        let excerpts = answer.hits[place].excerpts.iter();
        let texts = excerpts.map(|excerpt| {
            let pieces = excerpt.pieces.iter();
            let texts: Vec<String> = pieces
                .map(|piece| if piece.is_hit { format!("[{}]", piece.text) } else { piece.text.clone() })
                .collect();
            format!("{}: {}", excerpt.field, texts.concat())
        });
        texts.collect::<Vec<_>>().join(" | ")
    };
    let all: Vec<String> = (0..answer.hits.len()).map(marked).collect();
    assert!(all.contains(&"name: [House] prices".to_owned()), "{all:?}");
    assert!(all.contains(&"description: Who leaves a telephone company (客户[流失]).".to_owned()), "{all:?}");
    let long =
        snapshot(&[described("Long", &format!("{}needle {}", "word ".repeat(500), "after ".repeat(500)))]);
    let excerpt = &long.find(&request("needle")).unwrap().hits[0].excerpts[0];
    let text: String = excerpt.pieces.iter().map(|piece| piece.text.as_str()).collect();
    assert!(text.chars().count() < 170 && text.starts_with('…') && text.ends_with('…'), "{text}");
}

#[test]
fn hostile_queries_are_answered_or_refused_with_advice() {
    let market = market();
    for text in [
        "\u{0}\u{1b}[31m",
        "?!\"\"",
        "'; DROP TABLE learnwares; --",
        "\u{202e}esuoh",
        "((((",
        "*:*",
        "\u{1}hous",
    ] {
        if let Ok(query) = Query::parse(text) {
            market.find(&Request { query, ..request("") }).unwrap();
        }
    }
    for text in ["x".repeat(10_000), "\"".into(), "task:".into(), "房".repeat(1001), "foo:bar".into()] {
        let DockError::BadQuery { reason, advice } = Query::parse(&text).unwrap_err() else {
            panic!("{text}")
        };
        assert!(!reason.is_empty() && !advice.is_empty() && reason.len() < 200, "{reason}; {advice}");
    }
    assert_eq!(found(&market, &"房".repeat(999)), Vec::<i64>::new());
    assert_eq!(found(&market, &"a".repeat(999)), Vec::<i64>::new());
}

#[test]
fn a_cursor_of_another_query_is_refused() {
    let market = market();
    let first = market.find(&Request { limit: 2, ..request("regression") }).unwrap();
    let cursor = first.next.unwrap();
    let other = Request { cursor: Some(cursor.clone()), ..request("table") };
    assert!(matches!(market.find(&other), Err(DockError::BadCursor { .. })));
    let again: Cursor = cursor.to_string().parse().unwrap();
    let second = market.find(&Request { cursor: Some(again), ..request("regression") }).unwrap();
    assert_eq!(second.hits.len(), 3);
    assert!(second.next.is_none());
}

#[tokio::test(flavor = "multi_thread")]
async fn changes_of_a_dock_are_found_at_once() {
    let folder = tempfile::tempdir().unwrap();
    let dock = Dock::open(folder.path().join("dock"), quick()).await.unwrap();
    let total = async |text: &str| dock.find(request(text)).await.unwrap().0.total;
    assert_eq!(total("table").await, 0);
    let one = submit(&dock, package(0), None).await;
    assert_eq!(total("table").await, 0, "an unchecked learnware is not found");
    dock.check_waiting().await.unwrap();
    assert_eq!(total("table").await, 1);
    submit(&dock, package(1), None).await;
    dock.check_waiting().await.unwrap();
    assert_eq!(total("table").await, 2);
    dock.delete(&one.id).await.unwrap();
    assert_eq!(total("table").await, 1);
    assert_eq!(total("").await, 1);
}

/// Words of which random learnwares are made.
const WORDS: [&str; 12] = [
    "house",
    "houses",
    "price",
    "sales",
    "weather",
    "traffic",
    "churn",
    "房价",
    "预测房价",
    "销售",
    "lightGBM",
    "model",
];

fn any_semantic() -> impl Strategy<Value = SemanticSpecification> {
    let words = |count| proptest::collection::vec(proptest::sample::select(&WORDS[..]), 1..count);
    (words(4), words(12), 0..3_usize, 0..3_usize, proptest::collection::vec(0..4_usize, 0..3), 0..3_usize)
        .prop_map(|(name, description, data, task, scenarios, license)| SemanticSpecification {
            data: vec![DataType::ALL[data]],
            task: vec![Task::ALL[task]],
            scenario: scenarios.into_iter().map(|scenario| Scenario::ALL[scenario]).collect(),
            license: vec![License::ALL[license]],
            ..described(&name.join(" "), &description.join(" "))
        })
}

/// A learnware that is put in, replaced or removed, by number.
fn any_change() -> impl Strategy<Value = (i64, Option<SemanticSpecification>)> {
    (1..60_i64, proptest::option::weighted(0.7, any_semantic()))
}

fn any_query() -> impl Strategy<Value = String> {
    proptest::sample::select(
        &[
            "",
            "house",
            "house price",
            "hou",
            "hause",
            "房价",
            "预测",
            "sales weather traffic",
            "model task:regression",
        ][..],
    )
    .prop_map(ToOwned::to_owned)
}

fn any_sort() -> impl Strategy<Value = Sort> {
    proptest::sample::select(&[Sort::Relevance, Sort::Newest, Sort::Name, Sort::Size, Sort::Id][..])
}

fn apply(snapshot: &Snapshot, changes: &[(i64, Option<SemanticSpecification>)]) -> Snapshot {
    let latest: BTreeMap<i64, &Option<SemanticSpecification>> =
        changes.iter().map(|(number, semantic)| (*number, semantic)).collect();
    let rows = latest.into_iter().map(|(number, semantic)| row(number, semantic.as_ref())).collect();
    snapshot.after(&Changes { revision: Revision(snapshot.revision.0 + 1), rows, next: None })
}

fn passes(filters: &Filters, semantic: &SemanticSpecification) -> bool {
    fn any<T: PartialEq>(wanted: &[T], own: &[T]) -> bool {
        wanted.is_empty() || own.iter().any(|value| wanted.contains(value))
    }
    any(&filters.data, &semantic.data)
        && any(&filters.task, &semantic.task)
        && any(&filters.scenario, &semantic.scenario)
        && any(&filters.license, &semantic.license)
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 48, ..ProptestConfig::default() })]

    #[test]
    fn bitmaps_filter_and_count_as_a_plain_look_at_each_does(
        changes in proptest::collection::vec(any_change(), 1..60),
        tasks in proptest::collection::vec(0..3_usize, 0..3),
        scenarios in proptest::collection::vec(0..4_usize, 0..2),
        licenses in proptest::collection::vec(0..3_usize, 0..2),
    ) {
        let snapshot = apply(&Snapshot::default(), &changes);
        let mut request = request("");
        let filters = &mut request.query.filters;
        filters.task = tasks.into_iter().map(|task| Task::ALL[task]).collect();
        filters.scenario = scenarios.into_iter().map(|scenario| Scenario::ALL[scenario]).collect();
        filters.license = licenses.into_iter().map(|license| License::ALL[license]).collect();
        request.facets = Facet::ALL.to_vec();
        let answer = snapshot.find(&request).unwrap();
        let all: Vec<_> = snapshot.market.organizer().iter().collect();
        let plain: Vec<_> = all
            .iter()
            .filter(|learnware| passes(&request.query.filters, &learnware.specification.semantic))
            .map(|learnware| learnware.id.clone())
            .collect();
        prop_assert_eq!(answer.hits.iter().map(|hit| hit.id.clone()).collect::<Vec<_>>(), plain);
        let without_task = Filters { task: Vec::new(), ..request.query.filters.clone() };
        let tasks = answer.facets.iter().find(|counts| counts.facet == Facet::Task).unwrap();
        for &task in Task::ALL {
            let plain = all.iter().filter(|learnware| {
                let semantic = &learnware.specification.semantic;
                passes(&without_task, semantic) && semantic.task == [task]
            });
            let counted = tasks.counts.iter().find(|(word, _)| *word == task.word()).map_or(0, |(_, count)| *count);
            prop_assert_eq!(counted, plain.count() as u64);
        }
    }

    #[test]
    fn an_index_kept_in_step_answers_as_a_new_one(
        steps in proptest::collection::vec(proptest::collection::vec(any_change(), 1..8), 1..10),
        text in any_query(),
        sort in any_sort(),
    ) {
        let request = Request { sort, facets: Facet::ALL.to_vec(), ..request(&text) };
        let mut kept = Snapshot::default();
        let mut all = Vec::new();
        for step in &steps {
            kept.find(&request).unwrap(); // The index exists from the start, and is changed by each step.
            kept = apply(&kept, step);
            all.extend(step.iter().cloned());
        }
        let mut fresh = apply(&Snapshot::default(), &all);
        fresh.revision = kept.revision;
        prop_assert_eq!(kept.find(&request).unwrap(), fresh.find(&request).unwrap());
    }

    #[test]
    fn pages_show_nothing_twice_and_all_that_stayed(
        start in proptest::collection::vec(any_change(), 20..60),
        between in proptest::collection::vec(proptest::collection::vec(any_change(), 0..6), 30),
        text in any_query(),
        sort in any_sort(),
        limit in 1..6_usize,
    ) {
        let mut current = apply(&Snapshot::default(), &start);
        let mut request = Request { sort, limit, ..request(&text) };
        let all = numbers(&current.find(&Request { limit: 1000, ..request.clone() }).unwrap());
        let mut changed = BTreeSet::new();
        let mut seen = Vec::new();
        for step in &between {
            let page = current.find(&request).unwrap();
            prop_assert!(page.hits.len() <= limit);
            seen.extend(numbers(&page));
            let Some(next) = page.next else {
                request.cursor = None;
                break;
            };
            request.cursor = Some(next.to_string().parse().unwrap());
            changed.extend(step.iter().map(|(number, _)| *number));
            current = apply(&current, step);
        }
        let twice = seen.iter().filter(|number| !changed.contains(number)).count();
        let once: BTreeSet<i64> = seen.iter().copied().filter(|number| !changed.contains(number)).collect();
        prop_assert_eq!(twice, once.len(), "seen twice: {:?}", seen);
        if request.cursor.is_none() {
            for number in all.iter().filter(|number| !changed.contains(number)) {
                prop_assert!(once.contains(number), "{} stayed and was passed over", number);
            }
        }
    }

    #[test]
    fn every_two_characters_of_a_chinese_name_find_it(name in "[\u{4e00}-\u{9fff}]{2,12}", place in 0..10_usize) {
        let snapshot = snapshot(&[described("nothing", "empty"), described(&name, "other")]);
        let characters: Vec<char> = name.chars().collect();
        let place = place.min(characters.len() - 2);
        let word: String = characters[place..place + 2].iter().collect();
        prop_assert_eq!(found(&snapshot, &word), [2]);
    }

    #[test]
    fn any_text_is_answered_or_refused(text in any::<String>()) {
        if let Ok(query) = Query::parse(&text) {
            market().find(&Request { query, ..request("") }).unwrap();
        }
    }
}
