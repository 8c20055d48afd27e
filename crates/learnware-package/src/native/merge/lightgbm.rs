//! LightGBM texts made into one: trees after each other, their values times the share.
//!
//! The raw score of the merged model, before the objective's transform, is the mean of the members' raw scores by share.
//! A random forest divides by its rounds: its leaves are divided before, and multiplied by the rounds of all where all members
//! are forests.

use std::collections::{BTreeMap, BTreeSet};

use super::super::NativeError;
use super::super::facts::own_names;
use super::{differ, unmergeable};

const FORMAT: &str = "lightgbm";

/// Keys of the header that decide what scores mean.
const DECIDING: &[&str] = &["version", "num_class", "num_tree_per_iteration", "max_feature_idx", "objective"];
/// Keys of a tree that are in the unit of scores.
const SCALED: &[&str] = &["leaf_value", "internal_value", "shrinkage"];

/// Key of models whose scores are divided by their rounds.
const FOREST: &str = "average_output";
/// Line after the parameters of training.
const PARAMETERS_END: &str = "end of parameters";

/// Makes one model of several that were loaded before.
pub(super) fn merge(models: &[&[u8]], shares: &[f64]) -> Result<Vec<u8>, NativeError> {
    let members = models.iter().map(|bytes| Member::parse(bytes)).collect::<Result<Vec<_>, _>>()?;
    members.iter().enumerate().try_for_each(|(place, member)| require_same(&members[0], member, place))?;
    let are_forests = members.iter().all(Member::is_forest);
    let rounds: f64 = members.iter().map(Member::rounds).sum();
    let mut trees = Vec::new();
    // A member without trees adds nothing, and divides nothing.
    for (member, share) in members.iter().zip(shares).filter(|(member, _)| !member.trees.is_empty()) {
        let factor = match (are_forests, member.is_forest()) {
            (true, _) => share * (rounds / member.rounds()),
            (false, true) => share / member.rounds(),
            (false, false) => *share,
        };
        for tree in &member.trees {
            trees.push(scaled(tree, factor, trees.len())?);
        }
    }
    let mut text = header(&members, &trees, are_forests)?;
    text += &trees.concat();
    text += "end of trees\n";
    text += &importances(&members);
    if members.iter().all(|member| member.parameters == members[0].parameters) {
        text += members[0].parameters;
    }
    text += &["\npandas_categorical:", members[0].categories, "\n"].concat();
    Ok(text.into_bytes())
}

/// The parts of a model's text.
struct Member<'a> {
    /// Lines of the header: key and value; `None` for a word alone.
    header: Vec<(&'a str, Option<&'a str>)>,
    /// Lines of each tree without its number.
    trees: Vec<Vec<&'a str>>,
    /// Splits by column, or their gain.
    importances: Vec<(&'a str, f64)>,
    /// The section with the parameters of training, whole.
    parameters: &'a str,
    /// Categories of pandas as JSON.
    categories: &'a str,
}

impl<'a> Member<'a> {
    fn parse(bytes: &'a [u8]) -> Result<Self, NativeError> {
        let text =
            std::str::from_utf8(bytes).map_err(|_| NativeError::malformed(FORMAT, "it is not text"))?;
        let (body, rest) = text
            .split_once("\nend of trees")
            .ok_or_else(|| NativeError::malformed(FORMAT, "no line `end of trees`: cut off?"))?;
        let mut blocks = body.split("\nTree=");
        let head = blocks.next().unwrap_or_default();
        let pair = |line: &'a str| match line.split_once('=') {
            Some((key, value)) => (key, Some(value.trim())),
            None => (line.trim(), None),
        };
        let filled = |line: &&str| !line.trim().is_empty();
        let (before, parameters) = rest.split_at(rest.find("\nparameters:").unwrap_or(rest.len()));
        let end = parameters.find(PARAMETERS_END).map_or(0, |end| end + PARAMETERS_END.len());
        let counts = before.split_once("feature_importances:").map_or("", |(_, counts)| counts);
        let count = |line: &'a str| {
            let (name, count) = line.rsplit_once('=')?;
            Some((name, count.trim().parse().ok()?))
        };
        let categories = rest.lines().rev().find_map(|line| line.strip_prefix("pandas_categorical:"));
        Ok(Self {
            header: head.lines().filter(filled).map(pair).collect(),
            trees: blocks.map(|block| block.lines().skip(1).filter(filled).collect()).collect(),
            importances: counts.lines().filter_map(count).collect(),
            parameters: &parameters[..end],
            categories: categories.map_or("null", str::trim),
        })
    }

    fn get(&self, key: &str) -> Option<&'a str> {
        self.header.iter().rev().find(|(own, _)| *own == key).and_then(|(_, value)| *value)
    }

    /// Whether scores are divided by the rounds.
    fn is_forest(&self) -> bool {
        self.header.iter().any(|(key, _)| *key == FOREST)
    }

    /// Rounds of training.
    fn rounds(&self) -> f64 {
        let groups = self.get("num_tree_per_iteration").and_then(|groups| groups.parse().ok());
        (self.trees.len() / groups.unwrap_or(1).max(1)) as f64
    }

    /// Names that a person gave to the columns.
    fn names(&self) -> Vec<String> {
        let names = self.get("feature_names").unwrap_or_default().split_whitespace();
        own_names(names.map(str::to_owned).collect(), "Column_")
    }
}

/// Refuses models whose scores mean other things.
fn require_same(first: &Member, other: &Member, place: usize) -> Result<(), NativeError> {
    for key in DECIDING {
        let word = |member: &Member| member.get(key).unwrap_or("none").to_owned();
        if word(first) != word(other) {
            return Err(differ(FORMAT, place, key, &word(first), &word(other)));
        }
    }
    let (ours, theirs) = (first.names(), other.names());
    if !ours.is_empty() && !theirs.is_empty() && ours != theirs {
        return Err(differ(FORMAT, place, "names of the columns", &ours.join(" "), &theirs.join(" ")));
    }
    if first.categories != other.categories {
        return Err(differ(FORMAT, place, "categories of pandas", first.categories, other.categories));
    }
    Ok(())
}

/// The header of the merged model.
fn header(members: &[Member], trees: &[String], are_forests: bool) -> Result<String, NativeError> {
    let mut text = String::new();
    for (key, value) in &members[0].header {
        let value = match *key {
            FOREST if !are_forests => continue,
            FOREST => value.map(str::to_owned),
            "tree_sizes" => {
                let sizes: Vec<String> = trees.iter().map(|tree| tree.len().to_string()).collect();
                Some(sizes.join(" "))
            }
            "feature_names" => {
                let named = members.iter().find(|member| !member.names().is_empty());
                named.unwrap_or(&members[0]).get(key).map(str::to_owned)
            }
            "feature_infos" => Some(ranges(members)?),
            _ if members.iter().any(|member| member.get(key) != *value) && *key != "label_index" => continue,
            _ => value.map(str::to_owned),
        };
        text += key;
        if let Some(value) = value {
            text += "=";
            text += &value;
        }
        text += "\n";
    }
    text += "\n";
    Ok(text)
}

/// Of each column the values that some member saw: `[least:most]`, categories as `1:2:3`, or `none`.
fn ranges(members: &[Member]) -> Result<String, NativeError> {
    let mut joined: Vec<String> = Vec::new();
    for (place, member) in members.iter().enumerate() {
        let own: Vec<&str> = member.get("feature_infos").unwrap_or_default().split_whitespace().collect();
        joined.resize(joined.len().max(own.len()), "none".into());
        for (column, (known, new)) in joined.iter_mut().zip(own).enumerate() {
            *known = range(known, new)
                .ok_or_else(|| differ(FORMAT, place, &format!("kinds of column {column}"), known, new))?;
        }
    }
    Ok(joined.join(" "))
}

/// Both together; `None` for a number and a category.
fn range(known: &str, new: &str) -> Option<String> {
    let bounds = |text: &str| -> Option<(f64, f64)> {
        let (least, most) = text.strip_prefix('[')?.strip_suffix(']')?.split_once(':')?;
        Some((least.parse().ok()?, most.parse().ok()?))
    };
    if known == new || new == "none" {
        return Some(known.to_owned());
    }
    if known == "none" {
        return Some(new.to_owned());
    }
    match (bounds(known), bounds(new)) {
        (Some(a), Some(b)) => Some(format!("[{}:{}]", a.0.min(b.0), a.1.max(b.1))),
        (None, None) => {
            let mut categories: Vec<&str> = known.split(':').collect();
            let before: BTreeSet<&str> = categories.iter().copied().collect();
            categories.extend(new.split(':').filter(|category| !before.contains(category)));
            Some(categories.join(":"))
        }
        (Some(_), None) | (None, Some(_)) => None,
    }
}

/// One tree as text with its new number.
fn scaled(lines: &[&str], factor: f64, number: usize) -> Result<String, NativeError> {
    let mut text = format!("Tree={number}\n");
    for line in lines {
        match line.split_once('=') {
            Some((key, values)) if SCALED.contains(&key) => {
                let values = values.split_whitespace().map(|value| times(value, factor, number));
                let values = values.collect::<Result<Vec<_>, _>>()?.join(" ");
                text += &[key, "=", &values, "\n"].concat();
            }
            _ => text += &[line.trim_end(), "\n"].concat(),
        }
    }
    text += "\n\n";
    Ok(text)
}

fn times(value: &str, factor: f64, tree: usize) -> Result<String, NativeError> {
    let number: f64 = value
        .parse()
        .map_err(|_| NativeError::malformed(FORMAT, format!("tree {tree}: {value:?} is not a number")))?;
    let scaled = number * factor;
    if !scaled.is_finite() {
        return Err(unmergeable(FORMAT, format!("tree {tree} has values that are not finite")));
    }
    Ok(format!("{scaled:?}"))
}

/// The importances of all members added up, largest first.
fn importances(members: &[Member]) -> String {
    let mut sums: BTreeMap<&str, f64> = BTreeMap::new();
    for (name, count) in members.iter().flat_map(|member| &member.importances) {
        *sums.entry(name).or_default() += count;
    }
    let mut sums: Vec<(&str, f64)> = sums.into_iter().collect();
    sums.sort_by(|a, b| b.1.total_cmp(&a.1));
    let lines: Vec<String> = sums.iter().map(|(name, sum)| format!("{name}={sum}\n")).collect();
    format!("\nfeature_importances:\n{}", lines.concat())
}
