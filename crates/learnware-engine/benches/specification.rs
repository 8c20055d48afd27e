//! Specifications of growing data: distance to the whole data, CPU seconds and peak memory, beside the
//! reference's figures and beside 100 random rows. Each case runs in a process of its own.
//!
//! The reference's figures are those of Python `learnware` 0.3.2 on one thread of a two-core machine of the same
//! kind, on data drawn from the same distribution (median of several runs). Machines differ: compare ratios.
#![allow(missing_docs, clippy::print_stdout, clippy::unwrap_used, reason = "a benchmark prints")]

use std::process::Command;

use learnware_engine::error::EngineError;
use learnware_engine::numeric::Matrix;
use learnware_engine::numeric::kernel::{self, Points};
use learnware_engine::numeric::random::Stream;
use learnware_engine::specification::{
    Embedding, IslandKernel, Rkme, RkmeParameters, Rows, Take, column_moments, generate,
};

/// Rows, columns, scaled; the reference's CPU seconds and squared distance, where they were measured.
type Case = (usize, usize, bool, Option<(f64, f64)>);

const CASES: [Case; 18] = [
    (1_000, 10, true, Some((0.0902, 0.000_35))),
    (1_000, 50, true, Some((0.0949, 0.001_94))),
    (1_000, 200, true, Some((0.175, 0.003_07))),
    (10_000, 10, true, Some((0.574, 0.001_01))),
    (10_000, 50, true, Some((0.863, 0.004_27))),
    (10_000, 200, true, Some((3.55, 0.006_25))),
    (100_000, 10, true, None),
    (100_000, 50, true, None),
    (100_000, 200, true, None),
    (1_000, 10, false, Some((0.0773, 0.001_17))),
    (1_000, 50, false, Some((0.0955, 0.0157))),
    (1_000, 200, false, Some((0.144, 0.017))),
    (10_000, 10, false, Some((0.537, 0.002_63))),
    (10_000, 50, false, Some((0.597, 0.0371))),
    (10_000, 200, false, Some((3.61, 0.0492))),
    (100_000, 10, false, Some((16.2, 0.003_17))),
    (100_000, 50, false, Some((34.7, 0.0449))),
    (100_000, 200, false, Some((108.0, 0.0863))),
];
/// Points of a specification.
const POINTS: usize = 100;

fn main() {
    let arguments: Vec<String> = std::env::args().collect();
    // `cargo test` runs benchmarks with this flag; they have nothing to test.
    if arguments.iter().any(|argument| argument == "--test") {
        return;
    }
    let number = |place: usize| arguments[place].parse::<usize>().unwrap();
    match arguments.iter().position(|argument| argument == "--case") {
        Some(place) => case(CASES[number(place + 1)]),
        None if arguments.iter().any(|argument| argument == "--stream") => streamed(),
        None => all(),
    }
}

fn all() {
    println!(
        "Squared distance to the whole data, {POINTS} points, median CPU seconds of 5 runs, peak memory of the process."
    );
    println!(
        "{:>8} {:>4} {:>7} | {:>9} {:>9} {:>9} {:>6} | {:>9} {:>9} | {:>8} {:>8} {:>6} | {:>7}",
        "rows",
        "cols",
        "data",
        "ours",
        "reference",
        "100 rows",
        "times",
        "own kern",
        "100 rows",
        "CPU s",
        "ref CPU",
        "times",
        "MB"
    );
    let myself = std::env::current_exe().unwrap();
    let run = |arguments: &[String]| {
        let output = Command::new(&myself).args(arguments).output().unwrap();
        print!("{}", String::from_utf8_lossy(&output.stdout));
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    };
    for place in 0..CASES.len() {
        run(&["--case".into(), place.to_string()]);
    }
    run(&["--stream".into()]);
}

fn cpu_seconds() -> f64 {
    let time = rustix::time::clock_gettime(rustix::time::ClockId::ProcessCPUTime);
    time.tv_sec as f64 + time.tv_nsec as f64 * 1e-9
}

/// Most memory the process has held so far, in MB.
fn peak_megabytes() -> f64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"));
    line.and_then(|line| line.split_whitespace().next()?.parse::<f64>().ok()).unwrap_or(f64::NAN) / 1024.0
}

fn case((rows, columns, scaled, reference): Case) {
    let data = clusters(rows, columns, scaled);
    let parameters = RkmeParameters { reduced_set_size: POINTS, ..RkmeParameters::default() };
    let mut times = Vec::new();
    let mut made = None;
    for _ in 0..6 {
        let start = cpu_seconds();
        made = Some(Rkme::generate(&data, &parameters).unwrap());
        times.push(cpu_seconds() - start);
    }
    // The first run warms up.
    times.remove(0);
    times.sort_by(f64::total_cmp);
    let (time, memory) = (times[times.len() / 2], peak_megabytes());
    let made = made.unwrap();
    let drawn = data.select_rows(&Stream::new(5).sample(rows, POINTS));
    let drawn = Rkme::new(drawn, vec![1.0 / POINTS as f64; POINTS], 0.1, rows).unwrap();
    let (means, deviations) = column_moments(&data);
    let [theirs, own] = [IslandKernel::reference(columns, 0.1), IslandKernel::scaled(&means, &deviations)]
        .map(|kernel| distances(&data, &kernel, [&made, &drawn]));
    let dash = || "-".to_owned();
    let (their_cpu, their_distance) = reference.unzip();
    println!(
        "{rows:>8} {columns:>4} {:>7} | {:>9.6} {:>9} {:>9.6} {:>6} | {:>9.6} {:>9.6} | {time:>8.4} {:>8} {:>6} | {memory:>7.1}",
        if scaled { "scaled" } else { "std" },
        theirs[0],
        their_distance.map_or_else(dash, |distance| format!("{distance:.6}")),
        theirs[1],
        their_distance.map_or_else(dash, |distance| format!("{:.1}", distance / theirs[0])),
        own[0],
        own[1],
        their_cpu.map_or_else(dash, |cpu| format!("{cpu:.4}")),
        their_cpu.map_or_else(dash, |cpu| format!("{:.1}", cpu / time)),
    );
}

/// Squared distances of specifications to all rows.
fn distances(data: &Matrix, kernel: &IslandKernel, made: [&Rkme; 2]) -> [f64; 2] {
    let points: Points<f32> = kernel.prepare(data);
    let share = vec![1.0 / data.rows() as f64; data.rows()];
    // Blocks of rows, so that sums over all pairs need little memory.
    let mut norm = 0.0;
    for first in (0..data.rows()).step_by(1000) {
        let block: Vec<usize> = (first..(first + 1000).min(data.rows())).collect();
        norm += kernel::cross_sums(&points.select(&block), &points, &share, kernel.shape).iter().sum::<f64>();
    }
    norm /= data.rows() as f64;
    made.map(|made| {
        let embedding = Embedding::<f64>::new(made, kernel);
        let cross = kernel::cross_sums(&kernel.prepare(made.points()), &points, &share, kernel.shape);
        let product: f64 = cross.iter().zip(made.weights()).map(|(sum, weight)| sum * weight).sum();
        norm - 2.0 * product + embedding.norm_squared()
    })
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
    let (means, deviations) = column_moments(&data);
    let factor = if scaled { (10.0 / (2.0 * columns as f64)).sqrt() } else { 1.0 };
    for row in 0..rows {
        for (axis, value) in data.row_mut(row).iter_mut().enumerate() {
            *value = (*value - means[axis]) / deviations[axis] * factor;
        }
    }
    data
}

/// A million rows of 100 columns that are never held as a whole: made of a small table again at each reading.
struct Million {
    table: Matrix,
}

impl Rows for Million {
    type Error = EngineError;

    fn columns(&self) -> usize {
        self.table.columns()
    }

    fn read(&mut self, take: &mut Take<'_, EngineError>) -> Result<(), EngineError> {
        let mut block = self.table.as_slice().to_vec();
        for turn in 0..1_000_000 / self.table.rows() {
            let factor = 1.0 + turn as f64 * 1e-3;
            for (value, original) in block.iter_mut().zip(self.table.as_slice()) {
                *value = original * factor;
            }
            take(&block)?;
        }
        Ok(())
    }
}

fn streamed() {
    let mut rows = Million { table: clusters(10_000, 100, false) };
    let (start, clock) = (cpu_seconds(), std::time::Instant::now());
    let made = generate(&mut rows, &RkmeParameters::default()).unwrap();
    println!(
        "\n1,000,000 x 100, read in blocks: {} points, {:.2} s wall, {:.2} CPU s, peak {:.0} MB",
        made.rkme.points().rows(),
        clock.elapsed().as_secs_f64(),
        cpu_seconds() - start,
        peak_megabytes()
    );
}
