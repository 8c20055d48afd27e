//! Tables of different columns in one world: maps, and the search by them.

use std::collections::BTreeMap;
use std::sync::Arc;

use learnware_engine::Matrix;
use learnware_engine::hetero::factors::FactorMap;
use learnware_engine::hetero::{self, HeteroMap, Lesson};
use learnware_engine::learnware::{Learnware, LearnwareId, ModelFormat, Specification};
use learnware_engine::market::{Market, SearchOptions};
use learnware_engine::numeric::random::Stream;
use learnware_engine::semantic::{Dimensions, SemanticSpecification};
use learnware_engine::specification::{Rkme, StatisticalSpecification};
use learnware_engine::user_info::UserInfo;

/// Names of the columns of three tasks, and the names that other people give to the columns of the same tasks.
const TASKS: [[&[&str]; 2]; 3] = [
    [
        &["units_lag_1", "units_lag_7", "item_price", "rolling_mean_units_28d", "promotion"],
        &["商品价格", "昨日销量", "mean sales, last 28 days", "sales one week ago", "discount"],
    ],
    [
        &["air_temperature", "humidity", "wind_speed", "pressure", "cloud_cover"],
        &["wind speed in m/s", "temperature", "air pressure", "relative humidity"],
    ],
    [
        &["age_years", "blood_pressure", "glucose", "body_mass_index", "insulin", "heart_rate"],
        &["glucose level", "BMI", "patient age", "heart rate", "insulin dose"],
    ],
];

/// Rows in which columns go together, around a level.
fn rkme(seed: u64, columns: usize, level: f64) -> Rkme {
    let mut stream = Stream::new(seed);
    let mut values = Vec::new();
    for _ in 0..40 {
        let common = level + stream.normal();
        values.extend((0..columns).map(|_| common + 0.5 * stream.normal()));
    }
    Rkme::new(Matrix::new(40, columns, values).unwrap(), vec![1.0 / 40.0; 40], 0.1, 1000).unwrap()
}

fn semantic(columns: &[&str]) -> SemanticSpecification {
    let description = columns.iter().map(|text| (*text).to_owned()).enumerate().collect::<BTreeMap<_, _>>();
    let input = Dimensions { dimension: columns.len(), description, columns: None };
    SemanticSpecification { input: Some(input), ..SemanticSpecification::default() }
}

fn learnware(name: &str, seed: u64, columns: &[&str], level: f64) -> Learnware {
    let statistical = vec![StatisticalSpecification::Table(rkme(seed, columns.len(), level))];
    Learnware {
        id: LearnwareId(name.to_owned()),
        specification: Specification { semantic: semantic(columns), statistical },
        format: ModelFormat::Onnx,
    }
}

fn market() -> Market {
    let learnwares = TASKS.iter().enumerate().flat_map(|(task, [columns, _])| {
        let member = move |i: usize| {
            learnware(&format!("{task}-{i}"), (10 * task + i) as u64, columns, i as f64 - 2.0)
        };
        (0..5).map(member)
    });
    Market::from_learnwares(learnwares)
}

fn user(columns: &[&str], seed: u64, level: f64) -> UserInfo {
    let statistical = vec![StatisticalSpecification::Table(rkme(seed, columns.len(), level))];
    UserInfo { semantic: semantic(columns), statistical }
}

fn trained(market: &Market) -> Arc<dyn HeteroMap> {
    let tables = learnware_engine::market::mapped::described(market.organizer());
    let lessons: Vec<Lesson<'_>> = tables
        .iter()
        .map(|(_, specification, columns)| Lesson { specification, columns, answers: None })
        .collect();
    Arc::new(FactorMap::train(&lessons).unwrap())
}

fn in_world() -> SearchOptions {
    SearchOptions { world: true, ..SearchOptions::default() }
}

#[test]
fn learnwares_of_the_same_task_are_found_under_other_columns() {
    let market = market();
    let world = market.with_world(trained(&market));
    for (task, [own, others]) in TASKS.iter().enumerate() {
        let reversed: Vec<&str> = own.iter().rev().copied().collect();
        for columns in [*own, &reversed, *others] {
            let results = world.search(&user(columns, 77, 0.0), &in_world()).unwrap();
            // Levels count too: the two whose level is far off may lie beyond others.
            let found: Vec<&str> = results.single[..3].iter().map(|single| single.id.0.as_str()).collect();
            assert!(found.iter().all(|id| id.starts_with(&format!("{task}-"))), "{columns:?}: {found:?}");
            let searched = results.world.as_ref().unwrap();
            assert_eq!((searched.placed, searched.without_place), (15, 0));
            assert_eq!(searched.columns[0].id, results.single[0].id);
            assert!(searched.columns[0].matching.pairs.len() >= 3, "{columns:?}: {:?}", searched.columns[0]);
            assert!(results.funnel.certified);
            assert!(world.explain(&user(columns, 77, 0.0), &in_world(), &results).is_some());
        }
    }
}

#[test]
fn a_level_is_seen_through_other_names() {
    let market = market();
    let world = market.with_world(trained(&market));
    let high = world.search(&user(TASKS[1][1], 5, 2.0), &in_world()).unwrap();
    let low = world.search(&user(TASKS[1][1], 5, -2.0), &in_world()).unwrap();
    assert!(["1-3", "1-4"].contains(&high.single[0].id.0.as_str()), "{:?}", high.single);
    assert!(["1-0", "1-1"].contains(&low.single[0].id.0.as_str()), "{:?}", low.single);
}

#[test]
fn a_world_follows_its_market() {
    let market = market();
    let map = trained(&market);
    let mut undescribed = learnware("x", 3, &["", ""], 0.0);
    let whole = market.with_added(undescribed.clone()).with_world(Arc::clone(&map));
    let world = market.with_world(Arc::clone(&map)).with_added(undescribed.clone());
    assert_eq!(whole.world().unwrap().without_place(), 1);
    assert_eq!(world.world().unwrap().without_place(), 1);
    undescribed.specification.semantic = semantic(&["wind", "temperature"]);
    let world = world.with_added(undescribed.clone());
    assert_eq!((world.world().unwrap().without_place(), world.world().unwrap().island().len()), (0, 16));
    let less = world.with_removed(&LearnwareId("x".into())).with_removed(&LearnwareId("0-0".into()));
    assert_eq!(less.world().unwrap().island().len(), 14);
    let asked = user(TASKS[1][1], 9, 0.0);
    let anew = market.with_added(undescribed).with_world(map);
    assert_eq!(world.search(&asked, &in_world()).unwrap(), anew.search(&asked, &in_world()).unwrap());
    let renewed = world.renewed().unwrap();
    assert_eq!(
        world.adopting(&renewed).search(&asked, &in_world()).unwrap(),
        world.search(&asked, &in_world()).unwrap()
    );
}

#[test]
fn a_world_outlives_more_changes_than_are_made_one_by_one() {
    let market = market();
    let map = trained(&market);
    let columns = TASKS[0][0];
    let mut changed: BTreeMap<LearnwareId, Option<Learnware>> = (0..1_100)
        .map(|i| {
            let new = learnware(&format!("new-{i}"), 1_000 + i, columns, 0.01 * i as f64);
            (new.id.clone(), Some(new))
        })
        .collect();
    changed.insert(LearnwareId("1-0".into()), None);
    changed.insert(LearnwareId("2-0".into()), Some(learnware("2-0", 7, &["", ""], 0.0)));
    let world = market.with_world(Arc::clone(&map)).with_changes(changed);
    assert_eq!(world.organizer().len(), 15 + 1_100 - 1);
    let anew = Market::from_learnwares(world.organizer().iter().cloned()).with_world(map);
    let counts = |market: &Market| market.world().map(|world| (world.island().len(), world.without_place()));
    assert_eq!(counts(&world), Some((15 + 1_100 - 2, 1)));
    assert_eq!(counts(&world), counts(&anew));
    let asked = user(columns, 9, 0.0);
    assert_eq!(world.search(&asked, &in_world()).unwrap(), anew.search(&asked, &in_world()).unwrap());
}

#[test]
fn the_world_is_never_searched_unasked_and_errors_say_what_to_do() {
    let market = market();
    let asked = user(TASKS[1][1], 9, 0.0);
    let world = market.with_world(trained(&market));
    assert_eq!(
        world.search(&asked, &SearchOptions::default()).unwrap(),
        market.search(&asked, &SearchOptions::default()).unwrap()
    );
    let message =
        |market: &Market, user: &UserInfo| market.search(user, &in_world()).unwrap_err().to_string();
    assert!(message(&market, &asked).contains("train a map first"));
    let words = UserInfo { statistical: Vec::new(), ..asked.clone() };
    assert!(message(&world, &words).contains("specification of a table"));
    let silent = UserInfo { semantic: SemanticSpecification::default(), ..asked.clone() };
    assert!(message(&world, &silent).contains("say in a few words"));
    let signs = UserInfo { semantic: semantic(&["?", "--", "", "//"]), ..asked.clone() };
    assert!(message(&world, &signs).contains("say in a few words"));
    let fewer = UserInfo { semantic: semantic(&["wind", "rain"]), ..asked };
    assert!(message(&world, &fewer).contains("expected 4, found 2"), "{}", message(&world, &fewer));
}

#[test]
fn a_map_that_was_written_and_read_is_the_same_map() {
    let market = market();
    let map = trained(&market);
    let read = hetero::load(&map.to_bytes()).unwrap();
    assert_eq!(read.identity(), map.identity());
    assert_eq!(read.to_bytes(), map.to_bytes());
    let columns: Vec<String> = TASKS[0][1].iter().map(|text| (*text).to_owned()).collect();
    let own = rkme(4, columns.len(), 0.0);
    assert_eq!(read.embed(&own, &columns).unwrap(), map.embed(&own, &columns).unwrap());
    let one = rayon::ThreadPoolBuilder::new().num_threads(1).build().unwrap();
    assert_eq!(one.install(|| trained(&market).to_bytes()), map.to_bytes());
    let bytes = map.to_bytes();
    for place in (0..bytes.len()).step_by(bytes.len() / 997) {
        let mut changed = bytes.clone();
        changed[place] ^= 0x55;
        // Either refused, or a map that embeds or refuses, without a panic.
        if let Ok(map) = hetero::load(&changed) {
            let _ = map.embed(&own, &columns);
        }
    }
}

#[test]
fn answers_of_the_model_turn_the_map() {
    let market = market();
    let tables = learnware_engine::market::mapped::described(market.organizer());
    let lesson = |with: bool| {
        let answers: Vec<Vec<f64>> = tables.iter().map(|(_, rkme, _)| rkme.points().column(1)).collect();
        let lessons: Vec<Lesson<'_>> = tables
            .iter()
            .zip(&answers)
            .map(|((_, specification, columns), answers)| Lesson {
                specification,
                columns,
                answers: with.then_some(answers.as_slice()),
            })
            .collect();
        FactorMap::train(&lessons).unwrap().identity().version.clone()
    };
    assert_ne!(lesson(true), lesson(false));
}

/// Words and worse that columns are called by.
const NAMES: &[&str] = &[
    "price",
    "销量",
    "",
    "  ",
    "sales_lag_7",
    "价格 price 7d",
    "\u{0}\u{1}",
    "ÄÖÜß",
    "特徴量",
    "x",
    "x",
    "1e308",
    "NaN",
    "🦀🦀",
    "a_b_c_d_e_f",
    "month",
    "客户年龄",
    "Temperatur (°C)",
    "ОченьДлинноеИмя",
];

#[test]
fn ten_thousand_random_column_sets_make_no_panic() {
    let market = market();
    let map = trained(&market);
    let mut stream = Stream::new(12);
    let mut embedded = 0;
    for round in 0..10_000 {
        let d = 1 + stream.below(60);
        let k = 1 + stream.below(12);
        let mut columns: Vec<String> = (0..d).map(|_| NAMES[stream.below(NAMES.len())].to_owned()).collect();
        if round % 50 == 0 {
            columns[0] = "a very long description, ".repeat(1 + stream.below(400));
        }
        let scale = [0.0, 1.0, 1e-300, 1e9, 1e300][stream.below(5)];
        let values: Vec<f64> =
            (0..k * d).map(|i| if i % d == 0 { 3.0 } else { scale * stream.normal() }).collect();
        let weights: Vec<f64> = (0..k).map(|_| stream.uniform() - 0.1).collect();
        let own = Rkme::new(Matrix::new(k, d, values).unwrap(), weights, 0.1, 0).unwrap();
        if let Ok(place) = map.embed(&own, &columns) {
            assert_eq!(place.dimension(), map.identity().dimension);
            embedded += 1;
        }
        assert!(map.embed(&own, &columns[1..]).is_err());
        if round % 500 == 0 {
            let lesson = Lesson { specification: &own, columns: &columns, answers: None };
            let _ = FactorMap::train(&[lesson]).map(|map| map.embed(&own, &columns));
        }
    }
    assert!(embedded > 9000, "{embedded}");
}
