//! Reads what `experiments/reference.py` wrote.

use std::collections::BTreeMap;
use std::path::Path;

use serde_json::Value;

use super::arrays;
use super::binary::Cost;
use super::prepared::read_json;
use super::system::{Chosen, Labelled, System, User};

/// Reads the results file and the predictions beside it.
pub(super) fn read(path: &Path) -> Result<System, String> {
    let file = read_json(path)?;
    let users = list(&file["users"]).iter().map(user).collect();
    let pairs = |value: &Value| value.as_object().cloned().unwrap_or_default();
    let costs = pairs(&file["cpu"]).into_iter().map(|(step, cost)| {
        let count = cost["count"].as_u64().unwrap_or(0) as usize;
        (step, Cost { cpu_seconds: cost["cpu_seconds"].as_f64().unwrap_or(f64::NAN), count })
    });
    let notes =
        pairs(&file["notes"]).into_iter().map(|(what, why)| (what, why.as_str().unwrap_or("").to_owned()));
    let stem = path.file_stem().unwrap_or_default().to_string_lossy().into_owned();
    let predictions = path.with_file_name(format!("{stem}_all.npy"));
    // Nothing is predicted by itself where every input has to be aligned first.
    let predictions = predictions.is_file().then(|| arrays::read(&predictions)).transpose()?;
    Ok(System { users, costs: costs.collect(), notes: notes.collect(), predictions })
}

/// Reads the results of an earlier run, as far as they are of the users and labelled subsets of this one.
pub(super) fn of_run(path: &Path, ours: &System) -> Result<System, String> {
    let mut theirs = read(path)?;
    theirs.users.retain(|user| ours.users.iter().any(|one| one.group == user.group));
    for (one, other) in ours.users.iter().zip(&mut theirs.users) {
        let as_many = |ours: &[f64], theirs: &[f64]| theirs.is_empty() || ours.len() == theirs.len();
        let same_market = as_many(&one.of_all, &other.of_all) && as_many(&one.distances, &other.distances);
        if one.group != other.group || !same_market {
            let path = path.display();
            return Err(format!(
                "{path} is of other users or another market; run the reference (--reference)"
            ));
        }
        let known: Vec<(u64, u64)> = one.with_own.labelled.iter().map(|row| (row.size, row.repeat)).collect();
        other.with_own.labelled.retain(|row| known.contains(&(row.size, row.repeat)));
    }
    Ok(theirs)
}

fn list(value: &Value) -> Vec<Value> {
    value.as_array().cloned().unwrap_or_default()
}

fn user(value: &Value) -> User {
    let of_all = value["metrics_of_all"].as_array().map(Vec::as_slice).unwrap_or_default();
    User {
        group: value["group"].as_str().unwrap_or_default().to_owned(),
        own: value["own"].as_u64().map(|place| place as usize),
        of_all: of_all.iter().filter_map(Value::as_f64).collect(),
        distances: list(&value["distances"]).iter().filter_map(Value::as_f64).collect(),
        average_of_all: value["average_of_all"].as_f64().unwrap_or(f64::NAN),
        with_own: chosen(&value["with_own"]),
        without_own: chosen(&value["without_own"]),
    }
}

fn chosen(value: &Value) -> Chosen {
    let index = |id: &Value| id.as_str().and_then(|id| id.parse::<usize>().ok());
    Chosen {
        top_one: index(&value["top_one_id"]),
        members: list(&value["members"]).iter().filter_map(index).collect(),
        weights: Vec::new(),
        metrics: numbers(value, &[]),
        labelled: list(&value["labelled"])
            .iter()
            .map(|row| Labelled {
                size: row["size"].as_u64().unwrap_or(0),
                repeat: row["repeat"].as_u64().unwrap_or(0),
                metrics: numbers(row, &["size", "repeat", "rows"]),
            })
            .collect(),
    }
}

/// The entries that are numbers, without the ones named.
fn numbers(value: &Value, without: &[&str]) -> BTreeMap<String, f64> {
    let entries = value.as_object().into_iter().flatten();
    let numbers = entries.filter_map(|(name, value)| Some((name.clone(), value.as_f64()?)));
    numbers.filter(|(name, _)| !without.contains(&name.as_str())).collect()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::of_run;
    use crate::experiment::system::{Chosen, Labelled, System, User};

    fn user(group: &str, of_all: Vec<f64>) -> User {
        let labelled = vec![Labelled { size: 10, ..Labelled::default() }];
        let with_own = Chosen { labelled, ..Chosen::default() };
        User { group: group.to_owned(), of_all, with_own, ..User::default() }
    }

    #[test]
    fn results_of_more_users_and_rows_are_cut_to_this_run() {
        let path = std::env::temp_dir().join(format!("xtask-reference-{}.json", std::process::id()));
        let rows =
            json!([{"size": 10, "repeat": 0, "single": 2.0}, {"size": 10, "repeat": 1, "single": 3.0}]);
        let one =
            |group: &str| json!({"group": group, "metrics_of_all": [1.0], "with_own": {"labelled": rows}});
        std::fs::write(&path, json!({"users": [one("a"), one("b"), one("c")]}).to_string()).unwrap();
        let ours = |of_all: Vec<f64>| System { users: vec![user("b", of_all)], ..System::default() };
        let theirs = of_run(&path, &ours(vec![0.5])).unwrap();
        assert_eq!((theirs.users.len(), theirs.users[0].group.as_str()), (1, "b"));
        assert_eq!(theirs.users[0].with_own.labelled.len(), 1);
        assert_eq!(theirs.users[0].with_own.labelled[0].metrics["single"], 2.0);
        assert!(of_run(&path, &ours(vec![0.5, 0.5])).unwrap_err().contains("another market"));
        std::fs::remove_file(path).unwrap();
    }
}
