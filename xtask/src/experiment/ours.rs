//! Runs one market and its users through the `learnware` command.

use std::collections::BTreeMap;
use std::ffi::{OsStr, OsString};
use std::path::{Path, PathBuf};

use serde_json::Value;

use super::Options;
use super::arrays::{self, Array};
use super::binary::Binary;
use super::kind::LABELS;
use super::measure::Task;
use super::plan::Plan;
use super::prepared::{self, Prepared};
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

/// A dock with all learnwares, and what is needed to ask it.
pub(super) struct Market<'a> {
    pub(super) binary: &'a mut Binary,
    pub(super) prepared: &'a Prepared,
    pub(super) dock: PathBuf,
    pub(super) work: PathBuf,
    /// Identifier of each learnware.
    pub(super) ids: Vec<String>,
    pub(super) max_search: String,
    pub(super) seed: String,
}

/// What a search answered.
pub(super) struct Found {
    pub(super) single: Vec<String>,
    pub(super) members: Vec<String>,
    pub(super) weights: Vec<f64>,
}

/// Builds the dock in `work` and lets every user search and reuse.
pub(super) fn run(
    binary: &mut Binary,
    prepared: &Prepared,
    plan: &Plan,
    work: &Path,
    options: &Options,
) -> Result<System, String> {
    let mut market = Market::fill(binary, prepared, plan, work, options)?;
    let predictions = market.predict_all()?;
    let count = options.users.map_or(prepared.users.len(), |users| users.min(prepared.users.len()));
    let mut users = Vec::new();
    for (index, user) in prepared.users.iter().enumerate().take(count) {
        users.push(market.user(user, &predictions)?);
        eprintln!("user {}/{count}", index + 1);
    }
    let costs = market.binary.take_costs();
    Ok(System { users, costs, notes: BTreeMap::new(), predictions: Some(predictions) })
}

impl<'a> Market<'a> {
    /// A new dock in `work` with every learnware in it.
    pub(super) fn fill(
        binary: &'a mut Binary,
        prepared: &'a Prepared,
        plan: &Plan,
        work: &Path,
        options: &Options,
    ) -> Result<Self, String> {
        if work.exists() {
            std::fs::remove_dir_all(work).map_err(|error| format!("{}: {error}", work.display()))?;
        }
        std::fs::create_dir_all(work).map_err(|error| format!("{}: {error}", work.display()))?;
        let mut market = Self {
            binary,
            prepared,
            dock: work.join("dock"),
            work: work.to_owned(),
            ids: Vec::new(),
            max_search: plan.max_search.to_string(),
            seed: options.seed.to_string(),
        };
        market.submit_all(plan)?;
        Ok(market)
    }

    /// Packs every model with the specification of its training data, and submits it.
    fn submit_all(&mut self, plan: &Plan) -> Result<(), String> {
        let (kind, outputs) = (self.prepared.kind, self.prepared.classes.max(1).to_string());
        let task = match self.prepared.task {
            Task::Regression => "regression",
            Task::Classification => "classification",
        };
        for (index, learnware) in self.prepared.learnwares.iter().enumerate() {
            let package = self.work.join(format!("{index:04}.zip"));
            let name = title(&format!("{} {}", plan.name(), learnware.name));
            let about = format!("Trained on {} of {}.", learnware.name, plan.name());
            let data = learnware.folder.join(kind.examples("train"));
            let arguments = [
                words(&["pack", "--format", kind.format(), "--task", task, "--seed", &self.seed]),
                words(&["--name", &name, "--description", &about, "--outputs", &outputs]),
                words(&["--scenario", "business", "--library", kind.library(), "--license", "others"]),
                paths(&[("--model", &learnware.folder.join(kind.model()))]),
                paths(&[("--data", &data), ("-o", &package)]),
                kind.reading(),
            ];
            self.binary.run("pack_with_specification", arguments.concat())?;
            let arguments =
                [words(&["submit"]), vec![package.into()], paths(&[("--dock", &self.dock)])].concat();
            let answer = self.json("submit_and_check", &arguments)?;
            let id = answer["id"].as_str().filter(|_| answer["status"] == "usable");
            self.ids.push(id.ok_or(format!("submit of {name} answered {answer}"))?.to_owned());
            eprintln!("learnware {}/{}", index + 1, self.prepared.learnwares.len());
        }
        Ok(())
    }

    /// Every learnware's predictions on the test examples of all users.
    fn predict_all(&mut self) -> Result<Array, String> {
        let out = self.work.join("all.npy");
        let data = self.prepared.folder.join(self.prepared.kind.examples("all_test"));
        let mut values = Vec::new();
        for (index, id) in self.ids.clone().iter().enumerate() {
            let arguments =
                [words(&["run", id]), paths(&[("--dock", &self.dock), ("--data", &data), ("-o", &out)])];
            let arguments = [arguments.concat(), self.prepared.kind.reading()].concat();
            self.binary.run("predictions_of_all", arguments)?;
            values.extend(arrays::read(&out)?.values);
            eprintln!("predictions {}/{}", index + 1, self.ids.len());
        }
        let rows = self.ids.len();
        Ok(Array { rows, columns: values.len() / rows.max(1), values })
    }

    /// One user: a specification, and in each market a search and every way to reuse.
    fn user(&mut self, asked: &prepared::User, predictions: &Array) -> Result<User, String> {
        let columns = self.prepared.classes.max(1);
        let own_rows = |all: &[f64]| -> Vec<f64> {
            asked
                .places
                .iter()
                .flat_map(|place| &all[place * columns..(place + 1) * columns])
                .copied()
                .collect()
        };
        let rows: Vec<Vec<f64>> =
            predictions.values.chunks_exact(predictions.columns).map(own_rows).collect();
        let judge = |values: &[f64]| self.prepared.task.metric(values, columns, &asked.truth);
        let of_all: Result<Vec<f64>, String> = rows.iter().map(|row| judge(row)).collect();
        let average: Vec<f64> = (0..asked.truth.len() * columns)
            .map(|at| rows.iter().map(|row| row[at]).sum::<f64>() / rows.len() as f64)
            .collect();
        let average_of_all = judge(&average)?;
        let specification = self.specification_of(asked)?;
        let distances = self.distances(&specification)?;
        let (name, own) = (asked.name.clone(), asked.own);
        let mut user =
            User { group: name, own, of_all: of_all?, average_of_all, distances, ..User::default() };
        for market in MarketKind::BOTH {
            if market == MarketKind::WithoutOwn && (own.is_none() || self.ids.len() < 2) {
                continue;
            }
            let absent = own.filter(|_| market == MarketKind::WithoutOwn).map(|own| self.ids[own].clone());
            let mut chosen = self.search_and_reuse(asked, &specification, absent.as_deref(), &user.of_all)?;
            if chosen.top_one.is_some() {
                chosen.labelled = self.with_labels(asked, &chosen)?;
            }
            match market {
                MarketKind::WithOwn => user.with_own = chosen,
                MarketKind::WithoutOwn => user.without_own = chosen,
            }
        }
        Ok(user)
    }

    /// The file with a specification of the user's test examples.
    pub(super) fn specification_of(&mut self, user: &prepared::User) -> Result<PathBuf, String> {
        let specification = self.work.join("user.json");
        let data = user.folder.join(self.prepared.kind.examples("test"));
        let arguments =
            [words(&["spec", "--seed", &self.seed]), paths(&[("--data", &data), ("-o", &specification)])];
        self.binary
            .run("specification_of_user", [arguments.concat(), self.prepared.kind.reading()].concat())?;
        Ok(specification)
    }

    /// The distance of every learnware; infinite for those that the search does not name.
    fn distances(&mut self, specification: &Path) -> Result<Vec<f64>, String> {
        let count = self.ids.len().to_string();
        let arguments = [
            words(&["search", "--limit", &count, "--mixture", "none"]),
            paths(&[("--dock", &self.dock), ("--spec", specification)]),
        ];
        let answer = self.json("distances_of_all", &arguments.concat())?;
        distances_in(&answer, &self.ids).ok_or(format!("search answered {answer}"))
    }

    fn search_and_reuse(
        &mut self,
        user: &prepared::User,
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
        arguments.extend(words(&["--mixture", "nearest"]));
        let by_nearest = self.json("search_nearest_mixture", &arguments)?;
        let found = parse_search(&answer).ok_or(format!("search answered {answer}"))?;
        let place = |id: &String| self.ids.iter().position(|known| known == id);
        let Some(top_one) = found.single.first().and_then(place) else { return Ok(Chosen::default()) };
        let mut metrics = BTreeMap::from([("top_one".to_owned(), of_all[top_one])]);
        for (name, answer) in [("mixture_distance", &answer), ("nearest_mixture_distance", &by_nearest)] {
            metrics.extend(best_distance(answer).map(|distance| (name.to_owned(), distance)));
        }
        let members: Vec<usize> = found.members.iter().filter_map(place).collect();
        for (name, method) in UNLABELLED {
            let more = words(&["--method", method]);
            metrics
                .insert((*name).to_owned(), self.reuse(name, user, &found.members, &found.weights, &more)?);
        }
        Ok(Chosen { top_one: Some(top_one), members, weights: found.weights, metrics, labelled: Vec::new() })
    }

    /// The methods that learn from labels, over the labelled subsets of the user.
    fn with_labels(&mut self, user: &prepared::User, chosen: &Chosen) -> Result<Vec<Labelled>, String> {
        let mut rows = Vec::new();
        for (few, subset) in &user.subsets {
            let mut row = Labelled { size: subset.size, repeat: subset.repeat, metrics: BTreeMap::new() };
            for (name, method, whole_mixture) in LABELLED {
                let (members, weights) = if *whole_mixture {
                    (chosen.members.as_slice(), chosen.weights.as_slice())
                } else {
                    (chosen.top_one.as_slice(), &[][..])
                };
                let ids: Vec<String> = members.iter().map(|index| self.ids[*index].clone()).collect();
                let more =
                    [words(&["--method", method, "--labels", LABELS]), paths(&[("--train", few)])].concat();
                row.metrics.insert((*name).to_owned(), self.reuse(name, user, &ids, weights, &more)?);
            }
            rows.push(row);
        }
        Ok(rows)
    }

    /// Predicts the user's rows with some learnwares and judges the result.
    fn reuse(
        &mut self,
        step: &str,
        user: &prepared::User,
        ids: &[String],
        weights: &[f64],
        more: &[OsString],
    ) -> Result<f64, String> {
        let out = self.work.join("reuse.npy");
        let data = user.folder.join(self.prepared.kind.examples("test"));
        let mut arguments = words(&["reuse", "--learnwares", &ids.join(","), "--seed", &self.seed]);
        arguments.extend(paths(&[("--dock", &self.dock), ("--data", &data), ("-o", &out)]));
        if !weights.is_empty() {
            let weights: Vec<String> = weights.iter().map(ToString::to_string).collect();
            arguments.extend(words(&["--weights", &weights.join(",")]));
        }
        arguments.extend(self.prepared.kind.reading());
        arguments.extend_from_slice(more);
        self.binary.run(step, arguments)?;
        let array = arrays::read(&out)?;
        self.prepared.task.metric(&array.values, array.columns, &user.truth)
    }

    pub(super) fn json(&mut self, step: &str, arguments: &[OsString]) -> Result<Value, String> {
        let arguments: Vec<&OsStr> = arguments.iter().map(AsRef::as_ref).collect();
        self.binary.json(step, &arguments)
    }
}

pub(super) fn words(words: &[&str]) -> Vec<OsString> {
    words.iter().map(Into::into).collect()
}

pub(super) fn paths(pairs: &[(&str, &Path)]) -> Vec<OsString> {
    pairs.iter().flat_map(|(flag, path)| [(*flag).into(), path.as_os_str().to_owned()]).collect()
}

/// A name within the limits of a semantic specification, which takes 50 letters; the end tells more.
fn title(text: &str) -> String {
    let letters: Vec<char> = text.chars().collect();
    letters[letters.len().saturating_sub(50)..].iter().collect()
}

/// The squared distance of what a search recommends: its mixture, or its first learnware where there is none.
fn best_distance(answer: &Value) -> Option<f64> {
    let mixture = answer["multiple"]["distance"].as_f64();
    mixture.or_else(|| answer["single"][0]["distance"].as_f64())
}

/// The distance of each learnware in an answer, infinite for those that it does not name.
pub(super) fn distances_in(answer: &Value, ids: &[String]) -> Option<Vec<f64>> {
    let found = answer["single"].as_array()?;
    let distance = |id: &String| {
        let one = found.iter().find(|one| one["id"].as_str() == Some(id))?;
        one["distance"].as_f64()
    };
    Some(ids.iter().map(|id| distance(id).unwrap_or(f64::INFINITY)).collect())
}

pub(super) fn parse_search(answer: &Value) -> Option<Found> {
    let id = |one: &Value| one["id"].as_str().map(str::to_owned);
    let single: Option<Vec<String>> = answer["single"].as_array()?.iter().map(id).collect();
    let single = single?;
    // A search of the world proposes a team of many instead.
    let team = answer["multiple"]["members"].as_array().or_else(|| answer["world"]["team"].as_array());
    let (members, weights) = match team {
        Some(members) => (
            members.iter().map(id).collect::<Option<_>>()?,
            members.iter().map(|one| one["weight"].as_f64()).collect::<Option<_>>()?,
        ),
        // No mixture is better than the first: it stands for the mixture, as in the published tables.
        None => (single.first().cloned().into_iter().collect(), vec![1.0]),
    };
    Some(Found { single, members, weights })
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::parse_search;

    #[test]
    fn a_team_of_the_world_stands_where_no_mixture_is_and_the_first_where_neither() {
        let members = |answer| parse_search(&answer).map(|found| (found.members, found.weights));
        let single = json!([{"id": "1"}, {"id": "2"}]);
        let team = json!([{"id": "2", "weight": 0.75}, {"id": "1", "weight": 0.25}]);
        let ids = |ids: &[&str]| ids.iter().map(ToString::to_string).collect::<Vec<_>>();
        assert_eq!(
            members(json!({"single": single, "multiple": {"members": team}, "world": null})),
            Some((ids(&["2", "1"]), vec![0.75, 0.25]))
        );
        assert_eq!(
            members(json!({"single": single, "multiple": null, "world": {"team": team}})),
            Some((ids(&["2", "1"]), vec![0.75, 0.25]))
        );
        assert_eq!(members(json!({"single": single, "multiple": null})), Some((ids(&["1"]), vec![1.0])));
    }
}
