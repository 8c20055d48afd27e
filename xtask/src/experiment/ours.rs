//! Runs one market and its users through the `learnware` command.

use std::collections::BTreeMap;
use std::ffi::{OsStr, OsString};
use std::path::{Path, PathBuf};

use serde_json::Value;

use super::Options;
use super::arrays::{self, Array};
use super::binary::Binary;
use super::measure::Task;
use super::plan::Plan;
use super::prepared::{Group, LABELS, Prepared};
use super::system::{Chosen, Labelled, MarketKind, System, User};

/// Reuse methods that need no labels: (name here, name on the command line).
const UNLABELLED: &[(&str, &str)] =
    &[("averaging", "average"), ("weighted", "weighted"), ("job_selector", "job-selector")];

/// Reuse methods for a few labels, and whether they take the whole mixture or the top one alone.
const LABELLED: &[(&str, &str, bool)] = &[
    ("feature_augment", "augment", false),
    ("ensemble_pruning", "prune", true),
    ("automatic", "auto", true),
];

/// A dock with the learnwares of all groups, and what is needed to ask it.
struct Market<'a> {
    binary: &'a mut Binary,
    prepared: &'a Prepared,
    dock: PathBuf,
    work: PathBuf,
    /// Identifier of each group's learnware.
    ids: Vec<String>,
    max_search: String,
    seed: String,
}

/// What a search answered.
struct Found {
    single: Vec<String>,
    members: Vec<String>,
    weights: Vec<f64>,
}

/// Builds the dock in `work` and lets every user search and reuse.
pub(super) fn run(
    binary: &mut Binary,
    prepared: &Prepared,
    plan: &Plan,
    work: &Path,
    options: &Options,
) -> Result<System, String> {
    if work.exists() {
        std::fs::remove_dir_all(work).map_err(|error| format!("{}: {error}", work.display()))?;
    }
    std::fs::create_dir_all(work).map_err(|error| format!("{}: {error}", work.display()))?;
    let mut market = Market {
        binary,
        prepared,
        dock: work.join("dock"),
        work: work.to_owned(),
        ids: Vec::new(),
        max_search: plan.max_search.to_string(),
        seed: options.seed.to_string(),
    };
    market.submit_all(plan)?;
    let predictions = market.predict_all()?;
    let count = options.users.map_or(prepared.groups.len(), |users| users.min(prepared.groups.len()));
    let mut users = Vec::new();
    let mut first_row = 0;
    for (index, group) in prepared.groups.iter().enumerate().take(count) {
        users.push(market.user(index, group, &predictions, first_row, options.labelled)?);
        first_row += group.truth.len();
        eprintln!("user {}/{count}", index + 1);
    }
    let costs = market.binary.take_costs();
    Ok(System { users, costs, notes: BTreeMap::new(), predictions: Some(predictions) })
}

impl Market<'_> {
    /// Packs every group's model with the specification of its train rows, and submits it.
    fn submit_all(&mut self, plan: &Plan) -> Result<(), String> {
        let task = match self.prepared.task {
            Task::Regression => "regression",
            Task::Classification => "classification",
        };
        for (index, group) in self.prepared.groups.iter().enumerate() {
            let package = self.work.join(format!("{index:04}.zip"));
            let name = title(&format!("{} {}", plan.name(), group.name));
            let about = format!("Trained on group {} of {}.", group.name, plan.name());
            let arguments = [
                words(&["pack", "--format", "lightgbm", "--task", task, "--seed", &self.seed]),
                words(&["--name", &name, "--description", &about]),
                words(&["--scenario", "business", "--library", "others", "--license", "others"]),
                paths(&[("--model", &group.folder.join("model.txt"))]),
                paths(&[("--data", &group.folder.join("train.parquet")), ("-o", &package)]),
            ];
            self.binary.run("pack_with_specification", arguments.concat())?;
            let arguments =
                [words(&["submit"]), vec![package.into()], paths(&[("--dock", &self.dock)])].concat();
            let answer = self.json("submit_and_check", &arguments)?;
            let id = answer["id"].as_str().filter(|_| answer["status"] == "usable");
            self.ids.push(id.ok_or(format!("submit of {name} answered {answer}"))?.to_owned());
            eprintln!("learnware {}/{}", index + 1, self.prepared.groups.len());
        }
        Ok(())
    }

    /// Every learnware's predictions on the rows of all users.
    fn predict_all(&mut self) -> Result<Array, String> {
        let out = self.work.join("all.npy");
        let data = self.prepared.folder.join("all_test.parquet");
        let mut values = Vec::new();
        for id in self.ids.clone() {
            let arguments =
                [words(&["run", &id]), paths(&[("--dock", &self.dock), ("--data", &data), ("-o", &out)])];
            self.binary.run("predictions_of_all", arguments.concat())?;
            values.extend(arrays::read(&out)?.values);
        }
        let rows = self.ids.len();
        Ok(Array { rows, columns: values.len() / rows.max(1), values })
    }

    /// One user: a specification, and in both markets a search and every way to reuse.
    fn user(
        &mut self,
        index: usize,
        group: &Group,
        predictions: &Array,
        first_row: usize,
        labelled: bool,
    ) -> Result<User, String> {
        let columns = self.prepared.classes.max(1);
        let range = first_row * columns..(first_row + group.truth.len()) * columns;
        let rows: Vec<&[f64]> =
            predictions.values.chunks_exact(predictions.columns).map(|row| &row[range.clone()]).collect();
        let judge = |values: &[f64]| self.prepared.task.metric(values, columns, &group.truth);
        let of_all: Result<Vec<f64>, String> = rows.iter().map(|row| judge(row)).collect();
        let average: Vec<f64> = (0..range.len())
            .map(|at| rows.iter().map(|row| row[at]).sum::<f64>() / rows.len() as f64)
            .collect();
        let average_of_all = judge(&average)?;
        let specification = self.work.join("user.json");
        let data = group.folder.join("test.parquet");
        let arguments =
            [words(&["spec", "--seed", &self.seed]), paths(&[("--data", &data), ("-o", &specification)])];
        self.binary.run("specification_of_user", arguments.concat())?;
        let mut user = User { group: group.name.clone(), of_all: of_all?, average_of_all, ..User::default() };
        for market in MarketKind::BOTH {
            if market == MarketKind::WithoutOwn && self.ids.len() < 2 {
                continue;
            }
            let absent = (market == MarketKind::WithoutOwn).then(|| self.ids[index].clone());
            let mut chosen = self.search_and_reuse(group, &specification, absent.as_deref(), &user.of_all)?;
            if labelled && chosen.top_one.is_some() {
                chosen.labelled = self.with_labels(group, &chosen)?;
            }
            match market {
                MarketKind::WithOwn => user.with_own = chosen,
                MarketKind::WithoutOwn => user.without_own = chosen,
            }
        }
        Ok(user)
    }

    fn search_and_reuse(
        &mut self,
        group: &Group,
        specification: &Path,
        absent: Option<&str>,
        of_all: &[f64],
    ) -> Result<Chosen, String> {
        let mut arguments = words(&["search", "--max", &self.max_search]);
        arguments.extend(paths(&[("--dock", &self.dock), ("--spec", specification)]));
        if let Some(id) = absent {
            arguments.extend(words(&["--exclude", id]));
        }
        let answer = self.json("search", &arguments)?;
        let found = parse_search(&answer).ok_or(format!("search answered {answer}"))?;
        let place = |id: &String| self.ids.iter().position(|known| known == id);
        let Some(top_one) = found.single.first().and_then(place) else { return Ok(Chosen::default()) };
        let mut metrics = BTreeMap::from([("top_one".to_owned(), of_all[top_one])]);
        let members: Vec<usize> = found.members.iter().filter_map(place).collect();
        for (name, method) in UNLABELLED {
            let more = words(&["--method", method]);
            metrics
                .insert((*name).to_owned(), self.reuse(name, group, &found.members, &found.weights, &more)?);
        }
        Ok(Chosen { top_one: Some(top_one), members, weights: found.weights, metrics, labelled: Vec::new() })
    }

    /// The methods that learn from labels, over every labelled subset of the group.
    fn with_labels(&mut self, group: &Group, chosen: &Chosen) -> Result<Vec<Labelled>, String> {
        let mut rows = Vec::new();
        for (number, baseline) in group.self_trained.iter().enumerate() {
            let few = group.folder.join("labelled").join(format!("{number:04}.parquet"));
            let mut row = Labelled { size: baseline.size, metrics: BTreeMap::new() };
            for (name, method, whole_mixture) in LABELLED {
                let (members, weights) = if *whole_mixture {
                    (chosen.members.as_slice(), chosen.weights.as_slice())
                } else {
                    (chosen.top_one.as_slice(), &[][..])
                };
                let ids: Vec<String> = members.iter().map(|index| self.ids[*index].clone()).collect();
                let more =
                    [words(&["--method", method, "--labels", LABELS]), paths(&[("--train", &few)])].concat();
                row.metrics.insert((*name).to_owned(), self.reuse(name, group, &ids, weights, &more)?);
            }
            rows.push(row);
        }
        Ok(rows)
    }

    /// Predicts the user's rows with some learnwares and judges the result.
    fn reuse(
        &mut self,
        step: &str,
        group: &Group,
        ids: &[String],
        weights: &[f64],
        more: &[OsString],
    ) -> Result<f64, String> {
        let out = self.work.join("reuse.npy");
        let data = group.folder.join("test.parquet");
        let mut arguments = words(&["reuse", "--learnwares", &ids.join(","), "--seed", &self.seed]);
        arguments.extend(paths(&[("--dock", &self.dock), ("--data", &data), ("-o", &out)]));
        if !weights.is_empty() {
            let weights: Vec<String> = weights.iter().map(ToString::to_string).collect();
            arguments.extend(words(&["--weights", &weights.join(",")]));
        }
        arguments.extend_from_slice(more);
        self.binary.run(step, arguments)?;
        let array = arrays::read(&out)?;
        self.prepared.task.metric(&array.values, array.columns, &group.truth)
    }

    fn json(&mut self, step: &str, arguments: &[OsString]) -> Result<Value, String> {
        let arguments: Vec<&OsStr> = arguments.iter().map(AsRef::as_ref).collect();
        self.binary.json(step, &arguments)
    }
}

fn words(words: &[&str]) -> Vec<OsString> {
    words.iter().map(Into::into).collect()
}

fn paths(pairs: &[(&str, &Path)]) -> Vec<OsString> {
    pairs.iter().flat_map(|(flag, path)| [(*flag).into(), path.as_os_str().to_owned()]).collect()
}

/// A name within the limits of a semantic specification, which takes 50 letters; the end tells more.
fn title(text: &str) -> String {
    let letters: Vec<char> = text.chars().collect();
    letters[letters.len().saturating_sub(50)..].iter().collect()
}

fn parse_search(answer: &Value) -> Option<Found> {
    let id = |one: &Value| one["id"].as_str().map(str::to_owned);
    let single: Option<Vec<String>> = answer["single"].as_array()?.iter().map(id).collect();
    let single = single?;
    let (members, weights) = match answer["multiple"]["members"].as_array() {
        Some(members) => (
            members.iter().map(id).collect::<Option<_>>()?,
            members.iter().map(|one| one["weight"].as_f64()).collect::<Option<_>>()?,
        ),
        // No mixture is better than the first: it stands for the mixture, as in the published tables.
        None => (single.first().cloned().into_iter().collect(), vec![1.0]),
    };
    Some(Found { single, members, weights })
}
