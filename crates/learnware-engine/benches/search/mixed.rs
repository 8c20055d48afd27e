//! A market of tables of several widths, texts beside them: what a search costs through the market, with its island
//! found, semantics looked at and a mixture made, as users pay it.

use std::time::Instant;

use learnware_engine::learnware::{Learnware, LearnwareId, ModelFormat, Specification};
use learnware_engine::market::{Market, SearchOptions};
use learnware_engine::semantic::SemanticSpecification;
use learnware_engine::specification::{Embedding, IslandKey, Rkme, StatisticalSpecification};
use learnware_engine::user_info::UserInfo;

use super::draw::{mixed_user, specification};
use super::{EXHAUSTIVE_DISTANCES, TOP, proc_kilobytes, quantile};

/// Columns of the islands and the share of the learnwares in each, in hundredths.
const ISLANDS: [(usize, usize); 5] = [(5, 30), (10, 30), (20, 20), (40, 15), (80, 5)];

pub(super) fn run(count: usize, queries: usize) {
    let start = Instant::now();
    let market = Market::from_learnwares((0..count).map(learnware));
    println!(
        "{count} learnwares in {} islands; {queries} queries each, ms wall: the {TOP} nearest and the mixture of 5 \
         through the market; exact: distances computed in full; made in {:.1} s",
        ISLANDS.len(),
        start.elapsed().as_secs_f64()
    );
    println!(
        "{:>4} {:>8} | {:>7} {:>7} | {:>6} {:>6} {:>6} {:>6} | {:>8}",
        "d", "N", "p50", "p99", "exact", "max", "proved", "recall", "first s"
    );
    for (dimension, _) in ISLANDS {
        island(&market, dimension, queries);
    }
    println!("peak memory {} MB", proc_kilobytes("/proc/self/status", "VmHWM:") / 1024);
}

fn island(market: &Market, dimension: usize, queries: usize) {
    let island = market.organizer().island(&IslandKey::Table { dimension }).unwrap();
    let options = SearchOptions { single_max: TOP, ..SearchOptions::default() };
    let users: Vec<Rkme> = (0..queries)
        .map(|i| {
            if i % 2 == 0 {
                specification(10_000_000 + i, dimension)
            } else {
                mixed_user(i as u64, dimension)
            }
        })
        .collect();
    let search = |user: &Rkme| market.search(&info(user), &options).unwrap();
    let start = Instant::now();
    search(&users[0]);
    let first = start.elapsed().as_secs_f64();
    let (mut times, mut exact, mut proved, mut hits, mut compared) = (Vec::new(), Vec::new(), 0, 0, 0);
    let all = (EXHAUSTIVE_DISTANCES / island.len()).clamp(1, 40);
    for (place, user) in users.iter().enumerate() {
        let start = Instant::now();
        let results = search(user);
        times.push(1e3 * start.elapsed().as_secs_f64());
        exact.push(results.funnel.evaluated as f64);
        proved += usize::from(results.funnel.certified);
        if place < all {
            let index = island.index();
            let nearest = index.nearest_of_all(&Embedding::new(user, index.kernel()), TOP, None).unwrap();
            let ids: Vec<&LearnwareId> = results.single.iter().map(|single| &single.id).collect();
            hits += nearest.found.iter().filter(|(member, _)| ids.contains(&member.id())).count();
            compared += nearest.found.len();
        }
    }
    println!(
        "{dimension:>4} {:>8} | {:>7.2} {:>7.2} | {:>6.0} {:>6.0} {:>6.3} {:>6.3} | {first:>8.2}",
        island.len(),
        quantile(&times, 0.5),
        quantile(&times, 0.99),
        exact.iter().sum::<f64>() / exact.len() as f64,
        quantile(&exact, 1.0),
        f64::from(u32::try_from(proved).unwrap()) / queries as f64,
        hits as f64 / compared as f64,
    );
}

fn info(user: &Rkme) -> UserInfo {
    UserInfo { statistical: vec![StatisticalSpecification::Table(user.clone())], ..UserInfo::default() }
}

fn learnware(number: usize) -> Learnware {
    let mut place = number * 37 % 100;
    let (dimension, _) = *ISLANDS
        .iter()
        .find(|(_, share)| {
            let here = place < *share;
            place = place.saturating_sub(*share);
            here
        })
        .unwrap();
    let specification = Specification {
        semantic: SemanticSpecification::default(),
        statistical: vec![StatisticalSpecification::Table(specification(number, dimension))],
    };
    Learnware { id: LearnwareId(format!("{number:08}")), specification, format: ModelFormat::Onnx }
}
