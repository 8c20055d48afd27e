//! Packages and zips for the tests, good and hostile.

use std::collections::BTreeMap;
use std::path::PathBuf;

use learnware_package::Package;
use learnware_package::archive;
use learnware_package::runner::{Runner, RunnerConfig, sandbox::Limits};

/// A legacy specification file: no `type`, with keys of old versions.
pub(crate) fn legacy_stat(width: usize) -> String {
    let rows: Vec<String> = (0..3)
        .map(|row| {
            format!(
                "[{}]",
                (0..width).map(|column| format!("{}.5", row + column)).collect::<Vec<_>>().join(",")
            )
        })
        .collect();
    format!(
        r#"{{"z": [{}], "beta": [0.2, 0.3, 0.5], "gamma": 0.1, "num_points": 1257, "cuda_idx": -1, "device": "cpu"}}"#,
        rows.join(",")
    )
}

pub(crate) const LEGACY_YAML: &str = "model:\n  class_name: MyModel\n  kwargs: {}\nstat_specifications:\n  - module_path: learnware.specification\n    class_name: RKMEStatSpecification\n    file_name: stat.json\n    kwargs: {}\n";

/// Files by name, for [`archive::write`].
pub(crate) fn files(list: &[(&str, &str)]) -> BTreeMap<String, Vec<u8>> {
    list.iter().map(|(name, text)| ((*name).to_owned(), text.as_bytes().to_vec())).collect()
}

/// A package around the source of `__init__.py`, for rows of `width` numbers.
pub(crate) fn python_package(code: &str, width: usize) -> Package {
    let list = [
        ("learnware.yaml", LEGACY_YAML),
        ("__init__.py", code),
        ("stat.json", &legacy_stat(width)),
        ("requirements.txt", "numpy\n"),
    ];
    Package::from_bytes(archive::write(&files(&list)).unwrap()).unwrap()
}

/// One folder for all test runs, so that environments are made once.
pub(crate) fn cache_dir() -> PathBuf {
    PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join("cache")
}

/// A runner with small limits; `None`, said loudly, where the host can't run Python learnwares.
pub(crate) fn runner(test: &str) -> Option<Runner> {
    runner_within(test, 4)
}

/// The same with another limit for a call, where time is not what is tested.
pub(crate) fn runner_within(test: &str, call_seconds: u64) -> Option<Runner> {
    let mut config = RunnerConfig::new(cache_dir());
    config.limits = Limits {
        load_seconds: 60,
        call_seconds,
        memory_bytes: 512 << 20,
        process_count: 64,
        output_bytes: 8 << 20,
        log_bytes: 4096,
        ..Limits::default()
    };
    let runner = Runner::new(config);
    let host = runner.host();
    let missing = if host.uv.is_none() {
        "uv"
    } else if host.bubblewrap.is_none() {
        "a working bubblewrap"
    } else if host.interpreters.is_empty() {
        "Python"
    } else {
        return reachable(test, runner);
    };
    println!("SKIPPED {test}: this host has no {missing}");
    None
}

/// Whether an environment with NumPy can be made, tried once per run.
fn reachable(test: &str, runner: Runner) -> Option<Runner> {
    static TRIED: std::sync::OnceLock<Result<(), String>> = std::sync::OnceLock::new();
    let package = python_package("", 2);
    let result =
        TRIED.get_or_init(|| runner.environment(&package).map(|_| ()).map_err(|error| error.to_string()));
    match result {
        Ok(()) => Some(runner),
        Err(reason) => {
            println!("SKIPPED {test}: no environment can be made here: {reason}");
            None
        }
    }
}

/// What a hand-made zip entry says, true or not.
#[derive(Clone)]
pub(crate) struct RawEntry {
    pub name: &'static str,
    pub local_name: Option<&'static str>,
    pub content: Vec<u8>,
    pub size: Option<u32>,
    pub mode: u32,
    pub flags: u16,
    pub method: u16,
}

pub(crate) fn raw(name: &'static str, content: &[u8]) -> RawEntry {
    RawEntry {
        name,
        local_name: None,
        content: content.to_vec(),
        size: None,
        mode: 0o100_644,
        flags: 0,
        method: 0,
    }
}

/// Writes a zip without any judgement.
pub(crate) fn raw_zip(entries: &[RawEntry]) -> Vec<u8> {
    let mut bytes = Vec::new();
    let mut directory = Vec::new();
    for entry in entries {
        let offset = bytes.len() as u32;
        let size = entry.size.unwrap_or(entry.content.len() as u32);
        let common = |name: &str| {
            let mut head = Vec::new();
            for value in [20, entry.flags, entry.method, 0, 0x21] {
                head.extend_from_slice(&u16::to_le_bytes(value));
            }
            head.extend_from_slice(&crc32fast::hash(&entry.content).to_le_bytes());
            head.extend_from_slice(&(entry.content.len() as u32).to_le_bytes());
            head.extend_from_slice(&size.to_le_bytes());
            head.extend_from_slice(&(name.len() as u16).to_le_bytes());
            head.extend_from_slice(&[0, 0]);
            head
        };
        let local_name = entry.local_name.unwrap_or(entry.name);
        bytes.extend_from_slice(b"PK\x03\x04");
        bytes.extend(common(local_name));
        bytes.extend_from_slice(local_name.as_bytes());
        bytes.extend_from_slice(&entry.content);
        directory.extend_from_slice(b"PK\x01\x02\x14\x03");
        directory.extend(common(entry.name));
        directory.extend_from_slice(&[0; 6]);
        directory.extend_from_slice(&(entry.mode << 16).to_le_bytes());
        directory.extend_from_slice(&offset.to_le_bytes());
        directory.extend_from_slice(entry.name.as_bytes());
    }
    let start = bytes.len() as u32;
    bytes.extend_from_slice(&directory);
    bytes.extend_from_slice(b"PK\x05\x06\0\0\0\0");
    for _ in 0..2 {
        bytes.extend_from_slice(&(entries.len() as u16).to_le_bytes());
    }
    bytes.extend_from_slice(&(directory.len() as u32).to_le_bytes());
    bytes.extend_from_slice(&start.to_le_bytes());
    bytes.extend_from_slice(&[0, 0]);
    bytes
}
