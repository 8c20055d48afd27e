//! A folder that one of `experiments/prepare_*.py` wrote.

use std::path::{Path, PathBuf};

use serde_json::Value;

use super::arrays;
use super::kind::Kind;
use super::measure::Task;
use super::system::Labelled;

/// Data and models of one suite.
#[derive(Debug)]
pub(super) struct Prepared {
    pub(super) folder: PathBuf,
    pub(super) kind: Kind,
    pub(super) task: Task,
    pub(super) learnwares: Vec<Learnware>,
    pub(super) users: Vec<User>,
    pub(super) classes: usize,
    /// The suite has labelled subsets, so users of a heterogeneous one have a task of their own.
    pub(super) has_labels: bool,
    /// What the learnwares are, in a sentence or two.
    pub(super) about: String,
    /// The whole description, for the report.
    pub(super) description: Value,
}

/// A model with the data it was trained on.
#[derive(Debug)]
pub(super) struct Learnware {
    pub(super) name: String,
    pub(super) folder: PathBuf,
}

/// Somebody with data.
#[derive(Debug)]
pub(super) struct User {
    pub(super) name: String,
    pub(super) folder: PathBuf,
    /// Place of the learnware whose developer this user is, where there is one.
    pub(super) own: Option<usize>,
    /// Places of the test examples in the file with those of all users.
    pub(super) places: Vec<usize>,
    /// Targets of the test examples.
    pub(super) truth: Vec<f64>,
    /// Labelled subsets: the file, and what needs no learnware: the self-trained baseline and controls.
    pub(super) subsets: Vec<(PathBuf, Labelled)>,
}

impl Prepared {
    /// Reads a folder; of the labelled subsets only the first `repeats` of each size.
    pub(super) fn read(folder: &Path, repeats: Option<usize>) -> Result<Self, String> {
        let description = read_json(&folder.join("prepared.json"))?;
        let kind = description["kind"].as_str().and_then(Kind::of_word).ok_or("prepared.json has no kind")?;
        let task = match description["task"].as_str() {
            Some("classification") => Task::Classification,
            _ => Task::Regression,
        };
        let subsets = match description["labelled"].as_bool() {
            Some(true) => read_json(&folder.join("self_trained.json"))?,
            _ => Value::Null,
        };
        let list = |key: &str| description[key].as_array().ok_or(format!("prepared.json lists no {key}"));
        let learnware =
            |one: &Value| Learnware { name: word(one, "name"), folder: folder.join(word(one, "folder")) };
        let learnwares = list("learnwares")?.iter().map(learnware).collect();
        let users: Result<Vec<User>, String> = list("users")?.iter().map(|one| user(folder, one)).collect();
        let mut users = users?;
        for user in &mut users {
            let files = user.folder.join("labelled");
            let listed = labelled(&subsets[&user.name]).into_iter().enumerate();
            let chosen =
                listed.filter(|(_, subset)| repeats.is_none_or(|repeats| subset.repeat < repeats as u64));
            user.subsets =
                chosen.map(|(number, subset)| (files.join(kind.labelled(number)), subset)).collect();
        }
        let classes = description["classes"].as_array().map_or(0, Vec::len);
        let about = word(&description, "about");
        let has_labels = description["labels_in_suite"].as_bool().unwrap_or(false);
        Ok(Self {
            folder: folder.to_owned(),
            kind,
            task,
            learnwares,
            users,
            classes,
            has_labels,
            about,
            description,
        })
    }

    /// Whether users have learnwares of their own, which may be left out.
    pub(super) fn users_are_developers(&self) -> bool {
        self.users.iter().any(|user| user.own.is_some())
    }
}

fn user(root: &Path, value: &Value) -> Result<User, String> {
    let (name, folder) = (word(value, "name"), root.join(word(value, "folder")));
    // Users of a heterogeneous suite have rows of other columns: there is no file with those of all users.
    let places = folder.join("places.npy");
    let places = if places.is_file() { arrays::read(&places)?.values } else { Vec::new() };
    Ok(User {
        own: value["learnware"].as_u64().map(|place| place as usize),
        places: places.into_iter().map(|place| place as usize).collect(),
        truth: arrays::read(&folder.join("test_y.npy"))?.values,
        subsets: Vec::new(),
        name,
        folder,
    })
}

fn word(value: &Value, key: &str) -> String {
    value[key].as_str().unwrap_or_default().to_owned()
}

fn labelled(rows: &Value) -> Vec<Labelled> {
    let rows = rows.as_array().map(Vec::as_slice).unwrap_or_default();
    let number = |row: &Value, key: &str| row[key].as_u64().unwrap_or(0);
    let one = |row: &Value| {
        let own = row["metric"].as_f64().map(|value| ("self_trained".to_owned(), value));
        let controls = row["controls"].as_object().into_iter().flatten();
        let controls = controls.filter_map(|(name, value)| Some((name.clone(), value.as_f64()?)));
        let metrics = own.into_iter().chain(controls).collect();
        Labelled { size: number(row, "size"), repeat: number(row, "repeat"), metrics }
    };
    rows.iter().map(one).collect()
}

pub(super) fn read_json(path: &Path) -> Result<Value, String> {
    let bytes = std::fs::read(path).map_err(|error| format!("{}: {error}", path.display()))?;
    serde_json::from_slice(&bytes).map_err(|error| format!("{}: {error}", path.display()))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::labelled;

    #[test]
    fn controls_stand_beside_the_baseline() {
        let subsets = labelled(&json!([{"size": 10, "metric": 0.5, "controls": {"ridge_only": 0.4}}]));
        assert_eq!(subsets[0].metrics.len(), 2);
        assert_eq!(subsets[0].metrics["ridge_only"], 0.4);
    }

    #[test]
    fn a_labelled_subset_may_have_no_baseline() {
        let subsets = labelled(&json!([{"size": 10, "repeat": 1, "metric": 0.5}, {"size": 20, "repeat": 0}]));
        assert_eq!((subsets[0].size, subsets[0].repeat), (10, 1));
        assert_eq!(subsets[0].metrics["self_trained"], 0.5);
        assert!(subsets[1].metrics.is_empty());
        assert!(labelled(&json!(null)).is_empty());
    }
}
