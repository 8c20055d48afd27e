//! Searches of growing islands, proved, beside the exhaustive scan and the reference's figure. Each size is built
//! and written by one process, opened and searched by another, whose peak memory is that of searching.
//!
//! Specifications are drawn from 200 families: a family has a centre and a few directions in which it varies, a
//! specification has a place in its family, and points with Dirichlet weights. Queries are further draws; those of
//! mixtures have points of three families. The reference's figure is CPU of Python `learnware` 0.3.2 on one thread
//! of a two-core machine of the same kind.
#![allow(missing_docs, clippy::print_stdout, clippy::unwrap_used, reason = "a benchmark prints")]

mod draw;
mod mixed;

use std::fs::File;
use std::io::{BufWriter, Write as _};
use std::os::unix::fs::FileExt as _;
use std::path::Path;
use std::process::Command;
use std::sync::Arc;
use std::time::Instant;

use learnware_engine::learnware::LearnwareId;
use learnware_engine::market::index::{
    IslandIndex, MixtureOptions, ReadAt, Stored, island_kernel, kernel_sample,
};
use learnware_engine::numeric::parallel;
use learnware_engine::specification::{Embedding, IslandKernel, IslandKey, Rkme};

use draw::{POINTS, mixed_user, specification};

/// Single results asked for.
const TOP: usize = 10;
/// Queries whose answer is compared with the exhaustive scan, at most this many distances in all.
const EXHAUSTIVE_DISTANCES: usize = 4_000_000;
/// Learnwares added and removed one by one.
const CHANGES: usize = 2000;
/// Memory that an island takes for each specification, for deciding what to run.
const BYTES_EACH: usize = 9_500;
/// The reference's CPU seconds for each specification of an island.
const REFERENCE_EACH: f64 = 297e-6;

struct Options {
    specs: Option<usize>,
    dimension: usize,
    queries: usize,
    /// Width of the reference's kernel on raw columns, in thousandths, instead of the island's own kernel.
    gamma: Option<usize>,
}

fn main() {
    let arguments: Vec<String> = std::env::args().collect();
    // `cargo test` runs benchmarks with this flag; they have nothing to test.
    if arguments.iter().any(|argument| argument == "--test") {
        return;
    }
    let number = |name: &str| {
        let place = arguments.iter().position(|argument| argument == name)?;
        Some(arguments[place + 1].parse::<usize>().unwrap())
    };
    let options = Options {
        specs: number("--specs"),
        dimension: number("--dimension").unwrap_or(20),
        queries: number("--queries").unwrap_or(200),
        gamma: number("--reference-kernel"),
    };
    if arguments.iter().any(|argument| argument == "--islands") {
        return mixed::run(options.specs.unwrap_or(20_000), options.queries);
    }
    let file = Path::new(env!("CARGO_TARGET_TMPDIR")).join("search-bench.index");
    match (number("--build"), number("--search")) {
        (Some(count), _) => build(count, &options, &file),
        (_, Some(count)) => search(count, &options, &file),
        _ => all(&options, &file),
    }
}

fn all(options: &Options, file: &Path) {
    println!(
        "The {TOP} nearest of N specifications (d = {}, K = {POINTS}), {} queries, ms wall; exact: distances of a \
         query computed in full; all: the exhaustive scan; ref: Python, CPU; mix: the mixture of 5 after that, gap: what its \
         proof leaves open of its squared distance; MB: peak of the process that searches, whose file was read once before; outside: share of squared \
         norms outside the basis.",
        options.dimension, options.queries
    );
    println!(
        "{:>8} | {:>7} {:>7} | {:>6} {:>6} {:>6} {:>6} | {:>9} {:>9} | {:>7} {:>7} {:>5} | {:>7} {:>7} {:>6} {:>8} | {:>7} {:>7} | {:>7}",
        "N",
        "p50",
        "p99",
        "exact",
        "max",
        "proved",
        "recall",
        "all ms",
        "ref ms",
        "mix p50",
        "p99",
        "gap",
        "build s",
        "open s",
        "MB",
        "file MB",
        "adds/s",
        "rem/s",
        "outside"
    );
    let counts = options.specs.map_or(vec![1_000, 10_000, 100_000, 1_000_000], |count| vec![count]);
    let myself = std::env::current_exe().unwrap();
    for count in counts {
        if options.specs.is_none() && count * BYTES_EACH > free_bytes() {
            println!("{count:>8} | left out: needs {} MB of free memory", count * BYTES_EACH / 1_000_000);
            continue;
        }
        for step in ["--build", "--search"] {
            let mut command = Command::new(&myself);
            command.args([step, &count.to_string(), "--dimension", &options.dimension.to_string()]);
            command.args(["--queries", &options.queries.to_string()]);
            if let Some(gamma) = options.gamma {
                command.args(["--reference-kernel", &gamma.to_string()]);
            }
            let output = command.output().unwrap();
            print!("{}", String::from_utf8_lossy(&output.stdout));
            std::io::stdout().flush().unwrap();
            assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        }
        std::fs::remove_file(file).unwrap();
    }
}

/// The file of an index.
#[derive(Debug)]
struct IndexFile(File);

impl ReadAt for IndexFile {
    fn read_at(&self, offset: u64, bytes: &mut [u8]) -> std::io::Result<()> {
        self.0.read_exact_at(bytes, offset)
    }

    fn length(&self) -> std::io::Result<u64> {
        Ok(self.0.metadata()?.len())
    }
}

fn proc_kilobytes(file: &str, name: &str) -> usize {
    let text = std::fs::read_to_string(file).unwrap_or_default();
    let line = text.lines().find_map(|line| line.strip_prefix(name));
    line.and_then(|line| line.split_whitespace().next()?.parse().ok()).unwrap_or(0)
}

fn free_bytes() -> usize {
    1024 * proc_kilobytes("/proc/meminfo", "MemAvailable:")
}

fn seconds(work: impl FnOnce()) -> f64 {
    let start = Instant::now();
    work();
    start.elapsed().as_secs_f64()
}

/// The value below which a share of the values lies.
fn quantile(values: &[f64], share: f64) -> f64 {
    let mut sorted = values.to_vec();
    sorted.sort_by(f64::total_cmp);
    sorted[((sorted.len() - 1) as f64 * share).round() as usize]
}

fn build(count: usize, options: &Options, file: &Path) {
    let kernel = kernel(count, options);
    let members = parallel::map(count, |i| stored(i, &kernel, options.dimension));
    let mut index = None;
    let seconds = seconds(|| index = Some(IslandIndex::new(kernel, members)));
    let mut out = BufWriter::new(File::create(file).unwrap());
    index.unwrap().write(&mut out).unwrap();
    out.into_inner().unwrap().sync_all().unwrap();
    std::fs::write(file.with_extension("seconds"), seconds.to_string()).unwrap();
}

fn search(count: usize, options: &Options, file: &Path) {
    let dimension = options.dimension;
    // So that all of it is in the page cache, as after some hours of searching.
    std::io::copy(&mut File::open(file).unwrap(), &mut std::io::sink()).unwrap();
    let mut index = None;
    let open = seconds(|| {
        index = Some(IslandIndex::open(Arc::new(IndexFile(File::open(file).unwrap()))).unwrap());
    });
    let index = index.unwrap();
    let kernel = index.kernel().clone();
    let queries: Vec<Rkme> = (0..options.queries).map(|i| specification(10_000_000 + i, dimension)).collect();
    let search = |user: &Rkme| index.nearest(&Embedding::new(user, &kernel), TOP, None).unwrap();
    queries.iter().take(3).for_each(|user| drop(search(user)));
    let (mut times, mut answers) = (Vec::new(), Vec::new());
    for user in &queries {
        times.push(1e3 * seconds(|| answers.push(search(user))));
    }
    let exact: Vec<f64> = answers.iter().map(|answer| answer.evaluations as f64).collect();
    let proved = answers.iter().filter(|answer| answer.certified).count();
    let (mixed_times, gap) = mixtures(&index, &kernel, options);
    let (adds, removals) = changes(&index, &kernel, dimension);
    let peak = proc_kilobytes("/proc/self/status", "VmHWM:") / 1024;
    let compared = (EXHAUSTIVE_DISTANCES / count).clamp(1, queries.len());
    let (mut hits, mut all_times) = (0, Vec::new());
    for (user, answer) in queries.iter().zip(&answers).take(compared) {
        let target = Embedding::new(user, &kernel);
        let mut all = None;
        all_times.push(1e3 * seconds(|| all = Some(index.nearest_of_all(&target, TOP, None).unwrap())));
        hits += all.unwrap().found.iter().filter(|found| answer.found.contains(found)).count();
    }
    let recall = hits as f64 / (compared * TOP.min(count)) as f64;
    println!(
        "{count:>8} | {:>7.2} {:>7.2} | {:>6.0} {:>6.0} {:>6.3} {recall:>6.3} | {:>9.1} {:>9.0} | {:>7.1} {:>7.1} {gap:>5.2} | {:>7.1} {open:>7.3} {peak:>6} {:>8} | {adds:>7.0} {removals:>7.0} | {:>7.3}",
        quantile(&times, 0.5),
        quantile(&times, 0.99),
        exact.iter().sum::<f64>() / exact.len() as f64,
        quantile(&exact, 1.0),
        proved as f64 / queries.len() as f64,
        quantile(&all_times, 0.5),
        1e3 * REFERENCE_EACH * count as f64,
        quantile(&mixed_times, 0.5),
        quantile(&mixed_times, 0.99),
        std::fs::read_to_string(file.with_extension("seconds")).unwrap().parse::<f64>().unwrap(),
        std::fs::metadata(file).unwrap().len() / 1_000_000,
        index.residual_share().unwrap_or(1.0),
    );
}

fn kernel(count: usize, options: &Options) -> IslandKernel {
    let dimension = options.dimension;
    if let Some(gamma) = options.gamma {
        return IslandKernel::reference(dimension, gamma as f64 / 1000.0);
    }
    let first: Vec<Rkme> = (0..kernel_sample(count)).map(|i| specification(i, dimension)).collect();
    island_kernel(&IslandKey::Table { dimension }, count, &first.iter().collect::<Vec<_>>())
}

fn stored(index: usize, kernel: &IslandKernel, dimension: usize) -> Arc<Stored> {
    Arc::new(Stored::new(LearnwareId(format!("{index:08}")), &specification(index, dimension), kernel))
}

/// Milliseconds of the search for a mixture of 5 that begins with the nearest members, and the mean share of its squared distance that its proof leaves
/// open.
fn mixtures(index: &IslandIndex, kernel: &IslandKernel, options: &Options) -> (Vec<f64>, f64) {
    let (mut times, mut open) = (Vec::new(), 0.0);
    for seed in 0..(options.queries / 4).max(1) {
        let user = mixed_user(seed as u64, options.dimension);
        let target = Embedding::new(&user, kernel);
        let nearest = index.nearest(&target, TOP, None).unwrap();
        let near: Vec<Arc<Stored>> = nearest.found.iter().map(|found| Arc::clone(&found.0)).collect();
        times.push(
            1e3 * seconds(|| {
                let how = MixtureOptions { count_max: 5, decay: 0.995 };
                let mixed = index.mixture(&target, &near, None, how).unwrap().unwrap();
                open += mixed.gap / mixed.distance;
            }),
        );
    }
    let open = open / times.len() as f64;
    (times, open)
}

/// Learnwares added and removed per second, one by one.
fn changes(index: &IslandIndex, kernel: &IslandKernel, dimension: usize) -> (f64, f64) {
    let new: Vec<Rkme> = (0..CHANGES).map(|i| specification(20_000_000 + i, dimension)).collect();
    let id = |i: usize| LearnwareId(format!("{:08}", 50_000_000 + i));
    let mut grown = index.clone();
    let adding = seconds(|| {
        for (i, specification) in new.iter().enumerate() {
            grown = grown.with_added(Arc::new(Stored::new(id(i), specification, kernel)));
        }
    });
    let last = grown.nearest(&Embedding::new(&new[CHANGES - 1], kernel), 1, None).unwrap();
    assert_eq!(last.found[0].0.id(), &id(CHANGES - 1), "what was added is found at once");
    let removing = seconds(|| (0..CHANGES).for_each(|i| grown = grown.with_removed(&id(i))));
    assert_eq!(grown.len(), index.len());
    (CHANGES as f64 / adding, CHANGES as f64 / removing)
}
