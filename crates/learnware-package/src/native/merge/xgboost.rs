//! XGBoost's JSON models made into one: trees after each other with their leaves times the share, or the mean of a linear
//! booster's weights.
//!
//! Margins, before the objective's transform, are the mean of the members' margins by share. The base score is averaged
//! as a margin.

use serde_json::{Value, json};

use super::super::error::{NativeError, at_most};
use super::super::xgboost::{base_margins, base_score};
use super::{differ, mean, unmergeable};

const FORMAT: &str = "xgboost";

/// What must be equal, as pointers into the learner, and what stands for it where older versions do not write it.
const DECIDING: &[(&str, &str, &str)] = &[
    ("boosters", "/gradient_booster/name", ABSENT),
    ("objectives", "/objective/name", ABSENT),
    ("quantiles", "/objective/quantile_loss_param", ABSENT),
    ("numbers of classes", "/learner_model_param/num_class", "0"),
    ("numbers of columns", "/learner_model_param/num_feature", ABSENT),
    ("numbers of targets", "/learner_model_param/num_target", "1"),
    ("numbers of parallel trees", "/gradient_booster/model/gbtree_model_param/num_parallel_tree", "1"),
    ("categories", "/gradient_booster/model/cats", ABSENT),
];
/// What is not there.
const ABSENT: &str = "none";
/// Parts of a learner that are read by their names.
const PARTS: &[&str] =
    &["", "/gradient_booster", "/gradient_booster/model", "/learner_model_param", "/objective"];
/// Values in the files together: each takes some 32 bytes of memory and more.
const VALUES_MAX: usize = 30_000_000;
/// What must be equal where both have it.
const NAMES: [(&str, &str); 2] =
    [("names of the columns", "feature_names"), ("types of the columns", "feature_types")];
/// Attributes that say which rounds are used; all are.
const ROUNDS: &[&str] = &["best_iteration", "best_ntree_limit", "best_score"];

/// Makes one model of several that were loaded before.
pub(super) fn merge(models: &[&[u8]], shares: &[f64]) -> Result<Vec<u8>, NativeError> {
    let read = |bytes: &&[u8]| {
        serde_json::from_slice::<Value>(bytes)
            .map_err(|error| NativeError::malformed(FORMAT, error.to_string()))
    };
    let is_sign = |byte: &&u8| matches!(byte, b',' | b'{' | b'[');
    let values = models.iter().map(|bytes| bytes.iter().filter(is_sign).count()).sum();
    at_most(FORMAT, "the number of values in the files together", values, VALUES_MAX)?;
    let mut files = models.iter().map(read).collect::<Result<Vec<_>, _>>()?;
    for file in &files {
        refuse_dart(file)?;
        require_parts(file)?;
    }
    let learners: Vec<&Value> = files.iter().map(|file| &file["learner"]).collect();
    learners.iter().enumerate().try_for_each(|(place, other)| require_same(learners[0], other, place))?;
    let base = base(&learners, shares)?;
    let names = NAMES
        .map(|(_, key)| learners.iter().map(|learner| &learner[key]).find(|list| is_filled(list)).cloned());
    // Older versions do not read what newer ones write.
    let version = |file: &Value| -> Vec<u64> {
        file["version"].as_array().into_iter().flatten().filter_map(Value::as_u64).collect()
    };
    let newest = (0..files.len()).rev().max_by_key(|&place| version(&files[place])).unwrap_or(0);
    let take = |file: &mut Value| file["learner"]["gradient_booster"]["model"].take();
    let boosters: Vec<Value> = files.iter_mut().map(take).collect();
    let mut merged = files.swap_remove(newest);
    let learner = &mut merged["learner"];
    for ((_, key), list) in NAMES.iter().zip(names) {
        if let Some(list) = list {
            learner[*key] = list;
        }
    }
    if let Some(attributes) = learner.get_mut("attributes").and_then(Value::as_object_mut) {
        attributes.retain(|name, _| !ROUNDS.contains(&name.as_str()));
    }
    learner["learner_model_param"]["base_score"] = json!(base);
    let is_linear = learner["gradient_booster"]["name"] == "gblinear";
    learner["gradient_booster"]["model"] =
        if is_linear { linear(boosters, newest, shares)? } else { trees(boosters, newest, shares)? };
    serde_json::to_vec(&merged).map_err(|error| NativeError::malformed(FORMAT, error.to_string()))
}

fn refuse_dart(file: &Value) -> Result<(), NativeError> {
    let name = file.pointer("/learner/gradient_booster/name");
    if name.is_none_or(|name| name != "dart") {
        return Ok(());
    }
    Err(unmergeable(FORMAT, "dart weighs its trees, and those weights are not put together here"))
}

/// Refuses files whose parts are lists: readers that know their fields by place take those, too.
fn require_parts(file: &Value) -> Result<(), NativeError> {
    let learner = file.get("learner").unwrap_or(&Value::Null);
    let is_part = |part: &&str| learner.pointer(part).is_some_and(Value::is_object);
    let trees = learner.pointer("/gradient_booster/model/trees").and_then(Value::as_array);
    let wrong = PARTS.iter().find(|part| !is_part(part)).map(|part| format!("/learner{part}"));
    let tree = trees.into_iter().flatten().position(|tree| !tree.is_object());
    match wrong.or(tree.map(|tree| format!("tree {tree}"))) {
        Some(part) => Err(NativeError::malformed(FORMAT, format!("{part} is no object"))),
        None => Ok(()),
    }
}

fn is_filled(list: &Value) -> bool {
    list.as_array().is_some_and(|list| !list.is_empty())
}

/// Refuses models whose margins mean other things.
fn require_same(first: &Value, other: &Value, place: usize) -> Result<(), NativeError> {
    let text = |value: Option<&Value>, absent: &str| {
        // Newer versions write that there are no categories.
        let is_there = |value: &&Value| value.get("enc").is_none_or(is_filled);
        value.filter(is_there).map_or(absent.into(), |value| value.to_string().replace('"', ""))
    };
    for (what, pointer, absent) in DECIDING {
        let of = |learner: &Value| text(learner.pointer(pointer), absent);
        let (ours, theirs) = (of(first), of(other));
        if ours != theirs {
            return Err(differ(FORMAT, place, what, &short(&ours), &short(&theirs)));
        }
    }
    for (what, key) in NAMES {
        let (ours, theirs) = (&first[key], &other[key]);
        if is_filled(ours) && is_filled(theirs) && ours != theirs {
            let word = |list: &Value| short(&text(Some(list), ABSENT));
            return Err(differ(FORMAT, place, what, &word(ours), &word(theirs)));
        }
    }
    Ok(())
}

/// The beginning of a text that may be long.
fn short(text: &str) -> String {
    const CHARACTERS: usize = 80;
    text.chars().take(CHARACTERS).collect()
}

/// The base score: the mean of the margins, carried back through the objective's transform.
fn base(learners: &[&Value], shares: &[f64]) -> Result<String, NativeError> {
    let text = |learner: &Value| {
        learner["learner_model_param"]["base_score"].as_str().unwrap_or_default().to_owned()
    };
    let texts: Vec<String> = learners.iter().map(|learner| text(learner)).collect();
    if texts.iter().all(|text| *text == texts[0]) {
        return Ok(texts[0].clone());
    }
    let objective = learners[0]["objective"]["name"].as_str().unwrap_or_default();
    let groups = texts.iter().map(|text| text.split(',').count()).max().unwrap_or(1);
    let margins =
        texts.iter().map(|text| base_margins(objective, text, groups)).collect::<Result<Vec<_>, _>>()?;
    let score = |group: usize| {
        let score = base_score(objective, mean(shares, margins.iter().map(|margins| margins[group])));
        format!("{:E}", score as f32)
    };
    let scores: Vec<String> = (0..groups).map(score).collect();
    let is_list = texts.iter().any(|text| text.trim_start().starts_with('['));
    Ok(if is_list { format!("[{}]", scores.join(",")) } else { scores.join(",") })
}

/// The linear booster at `newest` with the mean of all weights.
fn linear(mut models: Vec<Value>, newest: usize, shares: &[f64]) -> Result<Value, NativeError> {
    let lists = models.iter().map(|model| numbers(&model["weights"])).collect::<Result<Vec<_>, _>>()?;
    if lists.iter().any(|list| list.len() != lists[0].len()) {
        return Err(unmergeable(FORMAT, "their numbers of weights differ"));
    }
    let at = |place: usize| single(mean(shares, lists.iter().map(|list| list[place])));
    let weights = (0..lists[0].len()).map(at).collect::<Result<_, _>>()?;
    let mut merged = models.swap_remove(newest);
    merged["weights"] = Value::Array(weights);
    Ok(merged)
}

/// The booster at `newest` with the trees of all.
fn trees(mut models: Vec<Value>, newest: usize, shares: &[f64]) -> Result<Value, NativeError> {
    let (mut trees, mut groups, mut rounds) = (Vec::new(), Vec::new(), vec![json!(0)]);
    let have_rounds = models.iter().all(|model| model["iteration_indptr"].is_array());
    for (model, share) in models.iter_mut().zip(shares) {
        let before = trees.len() as u64;
        for tree in list(model, "trees") {
            trees.push(scaled(tree, *share, trees.len())?);
        }
        groups.extend(list(model, "tree_info"));
        let ends = list(model, "iteration_indptr").into_iter().skip(1);
        rounds.extend(ends.map(|end| json!(end.as_u64().unwrap_or(0).saturating_add(before))));
    }
    let mut merged = models.swap_remove(newest);
    if let Some(parameters) = merged["gbtree_model_param"].as_object_mut() {
        parameters.insert("num_trees".into(), json!(trees.len().to_string()));
    }
    merged["trees"] = Value::Array(trees);
    merged["tree_info"] = Value::Array(groups);
    if let Some(map) = merged.as_object_mut() {
        map.remove("iteration_indptr");
        if have_rounds {
            map.insert("iteration_indptr".into(), Value::Array(rounds));
        }
    }
    Ok(merged)
}

/// Takes a list out of a booster; empty where there is none.
fn list(model: &mut Value, key: &str) -> Vec<Value> {
    match model.get_mut(key).map(Value::take) {
        Some(Value::Array(list)) => list,
        _ => Vec::new(),
    }
}

/// A tree with its leaves times the share, and its new number.
fn scaled(mut tree: Value, share: f64, number: usize) -> Result<Value, NativeError> {
    for key in ["base_weights", "leaf_weights"] {
        if let Some(values) = tree.get_mut(key) {
            let scaled = numbers(values)?.into_iter().map(|value| single(value * share));
            *values = Value::Array(scaled.collect::<Result<_, _>>()?);
        }
    }
    let children = tree["left_children"].as_array().map_or(&[][..], Vec::as_slice);
    let is_leaf: Vec<bool> = children.iter().map(|child| child.as_i64() == Some(-1)).collect();
    let conditions = tree["split_conditions"].as_array_mut().into_iter().flatten();
    for (condition, _) in conditions.zip(is_leaf).filter(|(_, is_leaf)| *is_leaf) {
        *condition = single(condition.as_f64().unwrap_or(0.0) * share)?;
    }
    tree["id"] = json!(number);
    Ok(tree)
}

fn numbers(list: &Value) -> Result<Vec<f64>, NativeError> {
    let list = list.as_array().map_or(&[][..], Vec::as_slice);
    let numbers: Option<Vec<f64>> = list.iter().map(Value::as_f64).collect();
    numbers.ok_or_else(|| NativeError::malformed(FORMAT, "a list has something that is not a number"))
}

/// A number in XGBoost's precision, in as few digits as tell it.
fn single(value: f64) -> Result<Value, NativeError> {
    let value = value as f32;
    let digits = format!("{value:?}").parse::<f64>().ok();
    match digits.filter(|value| value.is_finite()) {
        Some(digits) => Ok(json!(digits)),
        None => Err(unmergeable(FORMAT, "a tree has values that are not finite")),
    }
}
