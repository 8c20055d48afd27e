//! What several tests need.

use std::collections::BTreeMap;
use std::path::Path;
use std::time::Duration;

use learnware_dock::clock::Timestamp;

/// A moment to begin at.
pub fn start() -> Timestamp {
    "2026-01-02T03:04:05.000006Z".parse().unwrap()
}

/// Every file below a folder with its content, except the database's own files.
pub fn files(folder: &Path) -> BTreeMap<String, Vec<u8>> {
    let mut found = BTreeMap::new();
    let mut folders = vec![folder.to_owned()];
    while let Some(next) = folders.pop() {
        for entry in std::fs::read_dir(next).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
            } else {
                let name = path.strip_prefix(folder).unwrap().to_string_lossy().into_owned();
                if !name.starts_with("dock.") {
                    found.insert(name, std::fs::read(&path).unwrap());
                }
            }
        }
    }
    found
}

pub fn seconds(count: u64) -> Duration {
    Duration::from_secs(count)
}
