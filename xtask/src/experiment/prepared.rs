//! A folder that `experiments/prepare.py` wrote.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use serde_json::Value;

use super::arrays;
use super::measure::Task;
use super::system::Labelled;

/// Name of the label column in labelled files.
pub(super) const LABELS: &str = "y";

/// Data and models of one suite in one feature space.
#[derive(Debug)]
pub(super) struct Prepared {
    pub(super) folder: PathBuf,
    pub(super) task: Task,
    pub(super) groups: Vec<Group>,
    pub(super) classes: usize,
    /// The whole description, for the report.
    pub(super) description: Value,
}

/// One group: a developer and a user.
#[derive(Debug)]
pub(super) struct Group {
    pub(super) name: String,
    pub(super) folder: PathBuf,
    /// Targets of the test rows.
    pub(super) truth: Vec<f64>,
    /// Self-trained baselines, in the order of the labelled files.
    pub(super) self_trained: Vec<Labelled>,
}

impl Prepared {
    pub(super) fn read(folder: &Path) -> Result<Self, String> {
        let description = read_json(&folder.join("prepared.json"))?;
        let task = match description["task"].as_str() {
            Some("classification") => Task::Classification,
            _ => Task::Regression,
        };
        let baselines = match description["labelled"].as_bool() {
            Some(true) => read_json(&folder.join("self_trained.json"))?,
            _ => Value::Null,
        };
        let listed = description["groups"].as_array().ok_or("prepared.json lists no groups")?;
        let groups: Result<Vec<Group>, String> = listed
            .iter()
            .map(|group| {
                let word = |key: &str| group[key].as_str().unwrap_or_default();
                let place = folder.join(word("folder"));
                let truth = arrays::read(&place.join("test_y.npy"))?.values;
                let self_trained = self_trained(&baselines[word("name")]);
                Ok(Group { name: word("name").to_owned(), folder: place, truth, self_trained })
            })
            .collect();
        let classes = description["classes"].as_array().map_or(0, Vec::len);
        Ok(Self { folder: folder.to_owned(), task, groups: groups?, classes, description })
    }
}

fn self_trained(rows: &Value) -> Vec<Labelled> {
    let rows = rows.as_array().map(Vec::as_slice).unwrap_or_default();
    let labelled = |row: &Value| Labelled {
        size: row["size"].as_u64().unwrap_or(0),
        metrics: BTreeMap::from([("self_trained".to_owned(), row["metric"].as_f64().unwrap_or(f64::NAN))]),
    };
    rows.iter().map(labelled).collect()
}

pub(super) fn read_json(path: &Path) -> Result<Value, String> {
    let bytes = std::fs::read(path).map_err(|error| format!("{}: {error}", path.display()))?;
    serde_json::from_slice(&bytes).map_err(|error| format!("{}: {error}", path.display()))
}
