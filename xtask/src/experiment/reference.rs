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
