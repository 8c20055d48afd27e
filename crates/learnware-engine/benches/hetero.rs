//! Maps between islands: seconds of training on a market of described tables, and of embedding a specification.
//!
//! The network's training is told from its first steps, all of which cost the same; with `-- --whole` it is run to its end.
#![allow(missing_docs, clippy::print_stdout, clippy::unwrap_used, reason = "a benchmark prints")]

use std::time::Instant;

use learnware_engine::Matrix;
use learnware_engine::hetero::factors::FactorMap;
use learnware_engine::hetero::network::{Training, TrainingOptions, Vocabulary};
use learnware_engine::hetero::{HeteroMap, Lesson};
use learnware_engine::numeric::random::Stream;
use learnware_engine::specification::Rkme;

/// Learnwares of the market, as many as the reference's largest experiment with tables has.
const LEARNWARES: usize = 265;
/// Points of a specification.
const POINTS: usize = 100;
/// Steps of the network that are timed; all its steps cost the same.
const STEPS_TIMED: usize = 40;
/// Words of which descriptions are made.
const WORDS: [&str; 16] = [
    "price",
    "units",
    "mean",
    "lag",
    "store",
    "item",
    "week",
    "month",
    "max",
    "min",
    "share",
    "customers",
    "rain",
    "wind",
    "age",
    "income",
];

fn main() {
    // `cargo test` runs benchmarks with this flag; they have nothing to test.
    if std::env::args().any(|argument| argument == "--test") {
        return;
    }
    let tables: Vec<(Rkme, Vec<String>)> =
        (0..LEARNWARES).map(|i| table(i as u64, 12 + 3 * (i % 7))).collect();
    let lessons: Vec<Lesson<'_>> = tables
        .iter()
        .map(|(specification, columns)| Lesson { specification, columns, answers: None })
        .collect();
    let start = Instant::now();
    let factors = FactorMap::train(&lessons).unwrap();
    println!("{LEARNWARES} learnwares of {POINTS} points and 12 to 30 columns");
    println!("factors: trained in {:.2} s", start.elapsed().as_secs_f64());
    let vocabulary = Vocabulary::new(&format!("[UNK]\n{}", WORDS.join("\n"))).unwrap();
    let mut training = Training::new(&lessons, vocabulary, TrainingOptions::default()).unwrap();
    network(&mut training, std::env::args().any(|argument| argument == "--whole"));
    for columns in [20, 200] {
        let (own, described) = table(9, columns);
        embedding("factors", &factors, &own, &described);
        embedding("network", &training.map(), &own, &described);
    }
}

/// Times the first steps, or all.
fn network(training: &mut Training, is_whole: bool) {
    let steps = if is_whole { training.steps() } else { STEPS_TIMED };
    let start = Instant::now();
    let first = training.advance().unwrap();
    let last = (1..steps).fold(first, |_, _| training.advance().expect("there are more steps"));
    let seconds = start.elapsed().as_secs_f64();
    println!(
        "network: {:.0} ms a step; {:.0} s for {steps} of {} steps, {:.0} s for all; loss {:.4}, then {:.4}",
        1e3 * seconds / steps as f64,
        seconds,
        first.steps,
        seconds / steps as f64 * first.steps as f64,
        first.loss,
        last.loss
    );
}

fn embedding(name: &str, map: &dyn HeteroMap, own: &Rkme, columns: &[String]) {
    let start = Instant::now();
    map.embed(own, columns).unwrap();
    println!("{name}: {} columns embedded in {:.1} ms", columns.len(), 1e3 * start.elapsed().as_secs_f64());
}

fn table(seed: u64, columns: usize) -> (Rkme, Vec<String>) {
    let mut stream = Stream::new(seed);
    let described = (0..columns).map(|column| {
        let word = |shift: usize| WORDS[(column + shift * (1 + columns)) % WORDS.len()];
        format!("{} {} {}", word(1), word(2), word(5))
    });
    let described = described.collect();
    let values = (0..POINTS * columns).map(|_| stream.normal()).collect();
    let points = Matrix::new(POINTS, columns, values).unwrap();
    (Rkme::new(points, vec![1.0 / POINTS as f64; POINTS], 0.1, POINTS).unwrap(), described)
}
