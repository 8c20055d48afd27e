//! CPU time of single search beside the reference's.
//!
//! The reference's figures are CPU seconds (user and system) of Python `learnware` 0.3.2 on one thread of a
//! two-core machine of the same kind, the least over repeats. Ours are process CPU seconds over all threads,
//! the median and least of several runs. Machines differ: compare ratios, and measure both on one machine
//! (`cargo xtask experiment --reference`) before quoting them.
#![allow(missing_docs, clippy::print_stdout, clippy::unwrap_used, reason = "a benchmark prints")]

use learnware_engine::Matrix;
use learnware_engine::learnware::{Learnware, LearnwareId, ModelFormat, Specification};
use learnware_engine::market::{Market, MixtureMethod, SearchOptions};
use learnware_engine::numeric::random::Stream;
use learnware_engine::semantic::SemanticSpecification;
use learnware_engine::specification::{Rkme, StatisticalSpecification};
use learnware_engine::user_info::UserInfo;

/// Number of specifications and the reference's CPU seconds for a search without mixture.
const SEARCH: [(usize, f64); 2] = [(1_000, 0.288), (5_000, 1.49)];
fn main() {
    // `cargo test` runs benchmarks with this flag; they have nothing to test.
    if std::env::args().any(|argument| argument == "--test") {
        return;
    }
    search();
}

fn cpu_seconds() -> f64 {
    let time = rustix::time::clock_gettime(rustix::time::ClockId::ProcessCPUTime);
    time.tv_sec as f64 + time.tv_nsec as f64 * 1e-9
}

/// Median and least CPU seconds.
fn measure(runs: usize, mut work: impl FnMut()) -> (f64, f64) {
    work();
    let mut times: Vec<f64> = (0..runs)
        .map(|_| {
            let start = cpu_seconds();
            work();
            cpu_seconds() - start
        })
        .collect();
    times.sort_by(f64::total_cmp);
    (times[runs / 2], times[0])
}

fn search() {
    println!("\nThe 10 nearest of N specifications (d = 20, K = 100), certified");
    println!(
        "{:>8} {:>11} {:>11} {:>12} {:>7} {:>14} {:>12}",
        "N", "ours med s", "ours min s", "reference s", "times", "exact distances", "index s"
    );
    for (count, theirs) in SEARCH {
        let market = Market::from_learnwares((0..count).map(learnware));
        let user = UserInfo {
            semantic: SemanticSpecification::default(),
            statistical: vec![StatisticalSpecification::Table(specification(1_000_000))],
        };
        let options = SearchOptions { mixture: MixtureMethod::None, ..SearchOptions::default() };
        let start = cpu_seconds();
        let results = market.search(&user, &options).unwrap();
        let index = cpu_seconds() - start;
        let (median, least) = measure(9, || {
            market.search(&user, &options).unwrap();
        });
        println!(
            "{count:>8} {median:>11.5} {least:>11.5} {theirs:>12.4} {:>7.0} {:>14} {index:>12.3}",
            theirs / median,
            results.funnel.evaluated
        );
    }
}

/// A hundred points around a centre of one of some families, as developers of one field would have.
fn specification(seed: usize) -> Rkme {
    const COLUMNS: usize = 20;
    let mut family = Stream::new(seed as u64 % 50);
    let mut own = Stream::substream(1, seed as u64);
    let centre: Vec<f64> = (0..COLUMNS).map(|_| family.normal() + 0.3 * own.normal()).collect();
    let points = (0..100 * COLUMNS).map(|i| centre[i % COLUMNS] + own.normal()).collect();
    Rkme::new(Matrix::new(100, COLUMNS, points).unwrap(), vec![0.01; 100], 0.1, 1000).unwrap()
}

fn learnware(index: usize) -> Learnware {
    Learnware {
        id: LearnwareId(format!("{index:08}")),
        specification: Specification {
            semantic: SemanticSpecification::default(),
            statistical: vec![StatisticalSpecification::Table(specification(index))],
        },
        format: ModelFormat::Onnx,
    }
}
