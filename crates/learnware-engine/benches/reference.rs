//! CPU time of specification generation and single search beside the reference's.
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
use learnware_engine::specification::{
    Embedding, IslandKernel, Rkme, RkmeParameters, StatisticalSpecification,
};
use learnware_engine::user_info::UserInfo;

/// Rows, columns, scaled; the reference's CPU seconds and its squared distance to the data.
const GENERATION: [(usize, usize, bool, f64, f64); 9] = [
    (1_000, 10, true, 0.0902, 0.000_35),
    (1_000, 50, true, 0.0949, 0.001_94),
    (1_000, 200, true, 0.175, 0.003_07),
    (10_000, 10, true, 0.574, 0.001_01),
    (10_000, 50, true, 0.863, 0.004_27),
    (10_000, 200, true, 3.55, 0.006_25),
    (100_000, 10, false, 16.2, 0.003_17),
    (100_000, 50, false, 34.7, 0.0449),
    (100_000, 200, false, 108.0, 0.0863),
];
/// Number of specifications and the reference's CPU seconds for a search without mixture.
const SEARCH: [(usize, f64); 2] = [(1_000, 0.288), (5_000, 1.49)];
/// Rows on which the squared distance is computed.
const DISTANCE_ROWS_MAX: usize = 5_000;

fn main() {
    // `cargo test` runs benchmarks with this flag; they have nothing to test.
    if std::env::args().any(|argument| argument == "--test") {
        return;
    }
    generation();
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

/// Eight Gaussian clusters, columns standardised; `scaled` makes the mean squared distance of two rows 10.
fn clusters(rows: usize, columns: usize, scaled: bool) -> Matrix {
    let mut stream = Stream::new(0);
    let centres: Vec<f64> = (0..8 * columns).map(|_| 2.0 * stream.normal()).collect();
    let mut data = Matrix::zeros(rows, columns);
    for row in 0..rows {
        let cluster = stream.below(8);
        for (axis, value) in data.row_mut(row).iter_mut().enumerate() {
            *value = centres[cluster * columns + axis] + stream.normal();
        }
    }
    let (means, deviations) = learnware_engine::specification::column_moments(&data);
    let factor = if scaled { (10.0 / (2.0 * columns as f64)).sqrt() } else { 1.0 };
    for row in 0..rows {
        for (axis, value) in data.row_mut(row).iter_mut().enumerate() {
            *value = (*value - means[axis]) / deviations[axis] * factor;
        }
    }
    data
}

fn generation() {
    println!(
        "Specification of n rows with d columns, K = 100 (squared distance under the reference's kernel)"
    );
    println!(
        "{:>8} {:>4} {:>7} {:>11} {:>11} {:>12} {:>7} {:>10} {:>10}",
        "n", "d", "data", "ours med s", "ours min s", "reference s", "times", "our MMD2", "their MMD2"
    );
    for (rows, columns, scaled, theirs, their_distance) in GENERATION {
        let data = clusters(rows, columns, scaled);
        let parameters = RkmeParameters::default();
        let mut made = None;
        let (median, least) = measure(5, || made = Some(Rkme::generate(&data, &parameters).unwrap()));
        let distance = distance(&data, &made.unwrap());
        let family = if scaled { "scaled" } else { "std" };
        println!(
            "{rows:>8} {columns:>4} {family:>7} {median:>11.4} {least:>11.4} {theirs:>12.4} {:>7.1} {distance:>10.5} {their_distance:>10.5}",
            theirs / median
        );
    }
}

fn distance(data: &Matrix, specification: &Rkme) -> f64 {
    let rows = Stream::new(1).sample(data.rows(), DISTANCE_ROWS_MAX);
    let kernel = IslandKernel::reference(data.columns(), 0.1);
    let points = kernel.prepare::<f64>(&data.select_rows(&rows));
    let data = Embedding::from_points(points, vec![1.0 / rows.len() as f64; rows.len()], kernel.shape);
    data.distance(&Embedding::new(specification, &kernel))
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
