//! Full text over 1,000 to 100,000 learnwares made up of words of a realistic frequency: time to build, to find,
//! and to take in one change.
#![allow(missing_docs, clippy::print_stdout, clippy::unwrap_used, reason = "a benchmark prints")]

use std::time::Instant;

use learnware_dock::catalog::Snapshot;
use learnware_dock::clock::Timestamp;
use learnware_dock::ids::LearnwareNumber;
use learnware_dock::store::Changes;
use learnware_dock::store::organisations::Audience;
use learnware_dock::store::rows::{ChangeRow, Revision, SpecificationText, UsableRow};
use learnware_dock::words::{Facet, Query, Request, Sort};
use learnware_engine::learnware::ModelFormat;
use learnware_engine::numeric::random::Stream;
use learnware_engine::semantic::{
    DataType, Dimensions, Library, License, Scenario, SemanticSpecification, Task,
};

const COUNTS: [i64; 3] = [1_000, 10_000, 100_000];
/// Different words: English ones are made of syllables.
const WORDS: usize = 30_000;
const REPEATS: usize = 200;
const SYLLABLES: [&str; 20] = [
    "pre", "dic", "tion", "sal", "es", "hou", "se", "mar", "ket", "wea", "ther", "cus", "to", "mer", "re",
    "gion", "vol", "ume", "tra", "fic",
];
const CHINESE: [&str; 12] =
    ["房价", "预测", "销售", "天气", "客户", "流失", "图像", "分类", "交通", "流量", "北京", "医疗"];

fn main() {
    // `cargo test` runs benchmarks with this flag; they have nothing to test.
    if std::env::args().any(|argument| argument == "--test") {
        return;
    }
    let mut stream = Stream::new(1);
    let vocabulary: Vec<String> = (0..WORDS).map(|_| word(&mut stream)).collect();
    for count in COUNTS {
        measure(count, &vocabulary);
    }
}

fn measure(count: i64, vocabulary: &[String]) {
    let mut stream = Stream::new(2);
    let rows: Vec<ChangeRow> = (1..=count).map(|number| row(number, vocabulary, &mut stream)).collect();
    let texts: usize = rows.iter().map(|row| row.usable.as_ref().unwrap().specification.semantic.len()).sum();
    println!("\n{count} learnwares, {:.1} MB of semantic specifications", texts as f64 / 1e6);
    let start = Instant::now();
    let snapshot = Snapshot::default().after(&Changes { revision: Revision(1), rows, next: None });
    println!("  market, tags and orders from the rows {:8.2} s", start.elapsed().as_secs_f64());
    let (start, cpu, memory) = (Instant::now(), cpu_seconds(), resident_mb());
    snapshot.matches(&Query::parse("x").unwrap()).unwrap();
    println!(
        "  word index                            {:8.2} s, {:.2} CPU s, {:.0} MB",
        start.elapsed().as_secs_f64(),
        cpu_seconds() - cpu,
        resident_mb() - memory
    );
    let common = &vocabulary[40];
    let rare = &vocabulary[WORDS - 50];
    let cases = [
        ("one common word", format!("{common} ")),
        ("three words", format!("{common} {} {} ", vocabulary[80], vocabulary[200])),
        ("beginning of three letters", common.chars().take(3).collect()),
        ("one change in a rare word", format!("{} ", misspelled(rare, 1))),
        ("two changes in a rare word", format!("{} ", misspelled(rare, 2))),
        ("Chinese, two characters", "房价".into()),
        ("Chinese sentence", "我想预测北京的房价".into()),
        ("filters only", "task:regression scenario:business,health size:<50MB".into()),
        ("words, filters", format!("{common} task:regression license:mit")),
    ];
    println!(
        "  {:<34}{:>9}{:>9}{:>9}{:>11}{:>9}",
        "query, first 20 with excerpts", "least ms", "p50 ms", "p99 ms", "+tags p50", "found"
    );
    for (name, text) in cases {
        let (least, p50, p99, found) = find(&snapshot, &text, &[]);
        let (_, with_tags, ..) = find(&snapshot, &text, &Facet::ALL);
        println!("  {name:<34}{least:>9.2}{p50:>9.2}{p99:>9.2}{with_tags:>11.2}{found:>9}");
    }
    let mut times = Vec::new();
    let mut current = snapshot;
    for turn in 0..50 {
        let changed = vec![row(count + 1 + turn, vocabulary, &mut stream)];
        let start = Instant::now();
        current = current.after(&Changes { revision: Revision(2 + turn), rows: changed, next: None });
        times.push(start.elapsed().as_secs_f64() * 1e3);
    }
    times.sort_by(f64::total_cmp);
    println!(
        "  one learnware more, with the market: p50 {:.2} ms, slowest of 50 {:.2} ms",
        times[25], times[49]
    );
}

fn find(snapshot: &Snapshot, text: &str, facets: &[Facet]) -> (f64, f64, f64, u64) {
    let request = Request {
        query: Query::parse(text).unwrap(),
        sort: Sort::Relevance,
        limit: 20,
        cursor: None,
        facets: facets.to_vec(),
    };
    let mut total = 0;
    let mut times: Vec<f64> = (0..REPEATS)
        .map(|_| {
            let start = Instant::now();
            total = snapshot.find(&request).unwrap().total;
            start.elapsed().as_secs_f64() * 1e3
        })
        .collect();
    times.sort_by(f64::total_cmp);
    (times[0], times[REPEATS / 2], times[REPEATS * 99 / 100], total)
}

fn misspelled(word: &str, changes: usize) -> String {
    let mut characters: Vec<char> = word.chars().collect();
    for change in 0..changes {
        characters[2 + 3 * change] = 'q';
    }
    characters.into_iter().collect()
}

fn word(stream: &mut Stream) -> String {
    (0..3 + stream.below(2)).map(|_| SYLLABLES[stream.below(SYLLABLES.len())]).collect()
}

/// Words by Zipf's law, one in ten Chinese.
fn text(words: usize, vocabulary: &[String], stream: &mut Stream) -> String {
    let mut text = String::new();
    for _ in 0..words {
        if stream.below(10) == 0 {
            text += CHINESE[stream.below(CHINESE.len())];
        } else {
            let place = (vocabulary.len() as f64).powf(stream.uniform()) as usize;
            text += &vocabulary[place.min(vocabulary.len() - 1)];
            text.push(' ');
        }
    }
    text
}

fn row(number: i64, vocabulary: &[String], stream: &mut Stream) -> ChangeRow {
    let inputs = 4 + stream.below(16);
    let semantic = SemanticSpecification {
        name: text(5, vocabulary, stream),
        description: text(50, vocabulary, stream),
        data: vec![DataType::Table],
        task: vec![Task::ALL[stream.below(Task::ALL.len())]],
        library: vec![Library::ALL[stream.below(Library::ALL.len())]],
        scenario: vec![Scenario::ALL[stream.below(Scenario::ALL.len())]],
        license: vec![License::ALL[stream.below(License::ALL.len())]],
        input: Some(Dimensions {
            dimension: inputs,
            description: (0..inputs).map(|place| (place, text(2, vocabulary, stream))).collect(),
            columns: None,
        }),
        ..SemanticSpecification::default()
    };
    ChangeRow {
        revision: Revision(1),
        audience: Audience::default(),
        number: LearnwareNumber(number),
        usable: Some(UsableRow {
            specification: SpecificationText::new(&semantic, &[]),
            format: ModelFormat::Onnx,
            size_bytes: stream.below(100_000_000) as u64,
            created_at: Timestamp::from_microseconds(number),
        }),
    }
}

/// CPU time of this process, where the system tells it.
fn cpu_seconds() -> f64 {
    let stat = std::fs::read_to_string("/proc/self/stat").unwrap_or_default();
    let times = stat.split_whitespace().skip(13).take(2).filter_map(|ticks| ticks.parse::<f64>().ok());
    times.sum::<f64>() / 100.0
}

/// Memory of this process, where the system tells it.
fn resident_mb() -> f64 {
    let pages = std::fs::read_to_string("/proc/self/statm").unwrap_or_default();
    let pages: f64 = pages.split_whitespace().nth(1).and_then(|word| word.parse().ok()).unwrap_or(0.0);
    pages * 4096.0 / 1e6
}
