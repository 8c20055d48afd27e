//! Runs a heterogeneous suite: learnwares in some feature spaces, users in others.
//!
//! Users search by the map that the dock learned of its market, and every learnware that they reuse is aligned
//! with their inputs first. Without labels all learnwares are aligned, so that the report can tell what the search
//! is worth; with labels only what was found, over every labelled subset.

mod commands;

use std::collections::BTreeMap;
use std::path::Path;

use self::commands::Reuse;
use super::Options;
use super::arrays;
use super::binary::Binary;
use super::ours::{Found, Market, distances_in, parse_search};
use super::plan::Plan;
use super::prepared::{self, Prepared};
use super::system::{Chosen, Labelled, System, User};

/// Ways to reuse a mixture without labels: (name here, name on the command line, with weights).
const UNLABELLED: &[(&str, &str, bool)] = &[("averaging", "average", false), ("weighted", "weighted", true)];

/// Ways that take labels, and whether they take the whole mixture or the top one alone.
const LABELLED: &[(&str, &str, bool)] = &[
    ("single", "augment", false),
    ("augment_by_all", "augment", true),
    ("ensemble_pruning", "prune", true),
    ("automatic", "auto", true),
];

/// What the command says of a learnware whose columns match none of the user's.
const UNMATCHED: &str = "no column of the user could be matched";

/// Builds the dock in `work`, lets it learn the market map, and lets every user search and reuse.
pub(super) fn run(
    binary: &mut Binary,
    prepared: &Prepared,
    plan: &Plan,
    work: &Path,
    options: &Options,
) -> Result<System, String> {
    let mut market = Market::fill(binary, prepared, plan, work, options)?;
    let evolve = commands::evolve(&market.dock);
    market.binary.run("evolve", evolve)?;
    let count = options.users.map_or(prepared.users.len(), |users| users.min(prepared.users.len()));
    let (mut users, mut notes) = (Vec::<User>::new(), BTreeMap::new());
    for (index, user) in prepared.users.iter().enumerate().take(count) {
        users.push(run_user(&mut market, user)?);
        eprintln!("user {}/{count}", index + 1);
    }
    let pairs: usize = users.iter().map(|user| user.of_all.len()).sum();
    let unmatched = users.iter().flat_map(|user| &user.of_all).filter(|metric| metric.is_nan()).count();
    if unmatched > 0 {
        let why = format!("{unmatched} of {pairs} pairs of user and learnware have no column that matches");
        notes.insert("alone_and_average_of_all".to_owned(), why);
    }
    let costs = market.binary.take_costs();
    Ok(System { users, costs, notes, predictions: None })
}

/// One user: a specification, a search, and every way to reuse that the suite asks for.
fn run_user(market: &mut Market, asked: &prepared::User) -> Result<User, String> {
    let specification = market.specification_of(asked)?;
    let arguments = commands::search(&market.dock, &specification, market.ids.len(), &market.max_search);
    let answer = market.json("search", &arguments)?;
    let distances = distances_in(&answer, &market.ids);
    let (Some(distances), Some(found)) = (distances, parse_search(&answer)) else {
        return Err(format!("search answered {answer}"));
    };
    let mut user = User { group: asked.name.clone(), distances, ..User::default() };
    if !market.prepared.has_labels {
        (user.of_all, user.average_of_all) = align_all(market, asked)?;
    }
    user.with_own = reuse_found(market, asked, &found, &user.of_all)?;
    Ok(user)
}

/// The metric of every learnware after alignment, and that of the average of those that can be aligned; NaN for one whose
/// columns match none of the user's.
fn align_all(market: &mut Market, asked: &prepared::User) -> Result<(Vec<f64>, f64), String> {
    let (mut metrics, mut sum) = (Vec::new(), vec![0.0; asked.truth.len()]);
    for id in market.ids.clone() {
        let way = Way { ids: &[id], weights: &[], method: "average", train: None };
        match predict(market, "aligned_alone", asked, way) {
            Ok(values) => {
                metrics.push(market.prepared.task.metric(&values, 1, &asked.truth)?);
                sum.iter_mut().zip(&values).for_each(|(sum, value)| *sum += value);
            }
            Err(said) if said.contains(UNMATCHED) => metrics.push(f64::NAN),
            Err(said) => return Err(said),
        }
    }
    let count = metrics.iter().filter(|metric| metric.is_finite()).count().max(1) as f64;
    let average: Vec<f64> = sum.into_iter().map(|value| value / count).collect();
    let average = market.prepared.task.metric(&average, 1, &asked.truth)?;
    Ok((metrics, average))
}

/// Reuses what a search found, without labels or over the labelled subsets.
fn reuse_found(
    market: &mut Market,
    asked: &prepared::User,
    found: &Found,
    of_all: &[f64],
) -> Result<Chosen, String> {
    let place = |id: &String| market.ids.iter().position(|known| known == id);
    let Some(top_one) = found.single.first().and_then(place) else { return Ok(Chosen::default()) };
    let members = found.members.iter().filter_map(place).collect();
    let mut metrics = BTreeMap::new();
    if let Some(alone) = of_all.get(top_one) {
        metrics.insert("top_one".to_owned(), *alone);
        for (name, method, weighted) in UNLABELLED {
            let weights = if *weighted { found.weights.as_slice() } else { &[] };
            let way = Way { ids: &found.members, weights, method, train: None };
            metrics.insert((*name).to_owned(), judge(market, name, asked, way)?);
        }
    }
    let mut labelled = Vec::new();
    for (few, subset) in &asked.subsets {
        let mut row = Labelled { size: subset.size, repeat: subset.repeat, metrics: BTreeMap::new() };
        for (name, method, whole_mixture) in LABELLED {
            let ids = if *whole_mixture { &found.members[..] } else { &found.single[..1] };
            let way = Way { ids, weights: &[], method, train: Some(few) };
            row.metrics.insert((*name).to_owned(), judge(market, name, asked, way)?);
        }
        labelled.push(row);
    }
    Ok(Chosen { top_one: Some(top_one), members, weights: found.weights.clone(), metrics, labelled })
}

/// Which learnwares, and how they become one.
#[derive(Debug, Clone, Copy)]
struct Way<'a> {
    ids: &'a [String],
    weights: &'a [f64],
    method: &'a str,
    train: Option<&'a Path>,
}

/// Predictions for the user's test rows, one a row.
fn predict(market: &mut Market, step: &str, asked: &prepared::User, way: Way) -> Result<Vec<f64>, String> {
    let (data, out) =
        (asked.folder.join(market.prepared.kind.examples("test")), market.work.join("reuse.npy"));
    let Way { ids, weights, method, train } = way;
    let seed = &market.seed;
    let reuse = Reuse { dock: &market.dock, ids, weights, data: &data, out: &out, method, train, seed };
    let arguments = reuse.arguments();
    market.binary.run(step, arguments)?;
    Ok(arrays::read(&out)?.values)
}

/// The same, judged.
fn judge(market: &mut Market, step: &str, asked: &prepared::User, way: Way) -> Result<f64, String> {
    let values = predict(market, step, asked, way)?;
    market.prepared.task.metric(&values, 1, &asked.truth)
}
