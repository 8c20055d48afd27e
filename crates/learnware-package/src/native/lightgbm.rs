//! LightGBM's text model (`Booster.save_model`), versions 3 and 4.
//!
//! Numerical and categorical splits with every missing type, all built-in objectives, random forests
//! and dart. Linear trees are refused. Custom objectives answer raw scores, as LightGBM does.

use std::collections::BTreeMap;

use learnware_engine::Matrix;
use learnware_engine::predictor::PredictError;
use learnware_engine::semantic::Task;

use super::error::{NativeError, at_most};
use super::facts::{Told, own_names};
use super::forest::{Forest, Missing, Node, Test};
use super::{OUTPUTS_MAX, TableModel, WIDTH_MAX, logistic, matrix, softmax};

const FORMAT: &str = "lightgbm";

/// How raw scores become predictions.
#[derive(Debug, Clone, Copy, PartialEq)]
enum Objective {
    /// As they are.
    Raw,
    /// Signed square: trained on the square root.
    Square,
    /// Exponential: poisson, gamma, tweedie.
    Exp,
    /// Probability of the second of two classes, with LightGBM's slope.
    Binary(f64),
    /// A rate in 0..1.
    Logistic,
    /// `ln(1 + exp(x))`.
    Softplus,
    /// Softmax over classes.
    Softmax,
    /// One slope-scaled logistic per class.
    OneVersusAll(f64),
}

/// A loaded model.
pub(crate) struct LightGbm {
    forest: Forest,
    width: usize,
    /// Raw scores per row.
    groups: usize,
    /// Divisor of raw scores: rounds of a random forest, otherwise 1.
    divisor: f64,
    objective: Objective,
    told: Told,
}

impl TableModel for LightGbm {
    fn width(&self) -> usize {
        self.width
    }

    fn outputs(&self) -> Option<usize> {
        Some(if matches!(self.objective, Objective::Binary(_)) { 2 } else { self.groups })
    }

    fn told(&self) -> Told {
        self.told.clone()
    }

    fn evaluate(&self, rows: &Matrix) -> Result<Matrix, PredictError> {
        let outputs = self.outputs().unwrap_or(1);
        let mut values = Vec::with_capacity(rows.rows() * outputs);
        let mut sums = vec![0.0; self.groups];
        for row in rows.iter_rows() {
            sums.fill(0.0);
            self.forest.add_to(row, &mut sums);
            for sum in &mut sums {
                *sum /= self.divisor;
            }
            self.finish(&mut sums, &mut values);
        }
        matrix(rows.rows(), outputs, values)
    }
}

impl LightGbm {
    /// Appends the prediction made of the raw scores `sums`.
    fn finish(&self, sums: &mut [f64], values: &mut Vec<f64>) {
        match self.objective {
            Objective::Raw => values.extend_from_slice(sums),
            Objective::Square => values.extend(sums.iter().map(|x| x.signum() * x * x)),
            Objective::Exp => values.extend(sums.iter().map(|x| x.exp())),
            Objective::Logistic => values.extend(sums.iter().map(|x| logistic(*x))),
            Objective::Softplus => values.extend(sums.iter().map(|x| x.exp().ln_1p())),
            Objective::Binary(slope) => {
                let second = logistic(slope * sums[0]);
                values.extend([1.0 - second, second]);
            }
            Objective::OneVersusAll(slope) => values.extend(sums.iter().map(|x| logistic(slope * x))),
            Objective::Softmax => {
                softmax(sums);
                values.extend_from_slice(sums);
            }
        }
    }
}

/// Parses the text of a model.
pub(crate) fn load(bytes: &[u8]) -> Result<LightGbm, NativeError> {
    let text = std::str::from_utf8(bytes).map_err(|_| malformed("it is not text"))?;
    let (body, _) =
        text.split_once("\nend of trees").ok_or_else(|| malformed("no line `end of trees`: cut off?"))?;
    let mut blocks = body.split("\nTree=");
    let head = blocks.next().unwrap_or_default();
    if head.lines().next().map(str::trim) != Some("tree") {
        return Err(malformed("the first line is not `tree`"));
    }
    let header = Block::parse(head, "header");
    let width = header.number::<usize>("max_feature_idx")?.saturating_add(1);
    at_most(FORMAT, "the number of input columns", width, WIDTH_MAX)?;
    let groups: usize = header.number("num_tree_per_iteration")?;
    at_most(FORMAT, "the number of trees per round", groups, OUTPUTS_MAX)?;
    let objective = objective(header.get("objective").unwrap_or("custom"), groups)?;
    let mut forest = Forest::default();
    for (number, block) in blocks.enumerate() {
        let label = format!("tree {number}");
        add_tree(&mut forest, &Block::parse(block, &label), (number % groups) as u32)?;
    }
    let declared = header.get("tree_sizes").unwrap_or_default().split_whitespace().count();
    if declared != forest.roots.len() {
        return Err(malformed(format!("{declared} trees declared, {} found", forest.roots.len())));
    }
    if forest.roots.len() % groups != 0 {
        return Err(malformed(format!("{} trees do not make whole rounds of {groups}", forest.roots.len())));
    }
    let rounds = (forest.roots.len() / groups).max(1);
    let divisor = if header.get("average_output").is_some() { rounds as f64 } else { 1.0 };
    let told = told(&header, objective);
    Ok(LightGbm { forest: forest.checked(FORMAT, width, groups)?, width, groups, divisor, objective, told })
}

/// What the header says of task and columns. The file holds no labels of classes.
fn told(header: &Block, objective: Objective) -> Told {
    let name = header.get("objective").and_then(|words| words.split_whitespace().next());
    let task = match (objective, name) {
        (Objective::Binary(_) | Objective::OneVersusAll(_) | Objective::Softmax, _) => {
            Some(Task::Classification)
        }
        (_, None | Some("custom" | "none")) => None,
        (_, Some("lambdarank" | "rank_xendcg")) => Some(Task::Others),
        (
            Objective::Raw | Objective::Square | Objective::Exp | Objective::Logistic | Objective::Softplus,
            Some(_),
        ) => Some(Task::Regression),
    };
    let columns = header.get("feature_names").unwrap_or_default().split_whitespace().map(str::to_owned);
    Told { task, columns: own_names(columns.collect(), "Column_"), ..Told::default() }
}

/// Reads the objective's words.
fn objective(words: &str, groups: usize) -> Result<Objective, NativeError> {
    let mut parts = words.split_whitespace();
    let name = parts.next().unwrap_or("custom");
    let rest: Vec<&str> = parts.collect();
    let parameter = |key: &str| -> Result<f64, NativeError> {
        let value = rest.iter().find_map(|part| part.strip_prefix(key)?.strip_prefix(':')).unwrap_or("1");
        value.parse().map_err(|_| malformed(format!("objective {name}: {key} is {value:?}")))
    };
    let single = matches!(name, "binary" | "cross_entropy" | "cross_entropy_lambda");
    if groups == 0 || single && groups != 1 {
        return Err(malformed(format!("objective {name} with {groups} trees per round")));
    }
    Ok(match name {
        "regression" | "regression_l1" | "huber" | "fair" | "quantile" | "mape" => {
            if rest.contains(&"sqrt") {
                Objective::Square
            } else {
                Objective::Raw
            }
        }
        "custom" | "none" | "lambdarank" | "rank_xendcg" => Objective::Raw,
        "poisson" | "gamma" | "tweedie" => Objective::Exp,
        "binary" => Objective::Binary(parameter("sigmoid")?),
        "cross_entropy" => Objective::Logistic,
        "cross_entropy_lambda" => Objective::Softplus,
        "multiclass" => Objective::Softmax,
        "multiclassova" => Objective::OneVersusAll(parameter("sigmoid")?),
        _ => {
            return Err(NativeError::unsupported(
                FORMAT,
                format!("the objective {name:?}"),
                "save the model with a built-in objective",
            ));
        }
    })
}

/// Appends one tree whose leaves add to `output`.
fn add_tree(forest: &mut Forest, block: &Block, output: u32) -> Result<(), NativeError> {
    if block.get("is_linear").is_some_and(|value| value.trim() != "0") {
        return Err(NativeError::unsupported(FORMAT, "linear trees", "train with linear_tree=false"));
    }
    let leaf_values: Vec<f64> = block.list("leaf_value")?;
    let leaves: usize = block.number("num_leaves")?;
    if leaves == 0 || leaf_values.len() != leaves {
        return Err(block.wrong(format!("{leaves} leaves declared, {} values found", leaf_values.len())));
    }
    let base = forest.nodes.len();
    let inner = leaves - 1;
    forest.roots.push(base as u32);
    if inner > 0 {
        add_inner(forest, block, inner)?;
    }
    for value in leaf_values {
        let place = forest.leaves.len();
        forest.leaves.push((output, value));
        forest.nodes.push(Node::leaf(place..place + 1));
    }
    Ok(())
}

/// Appends the `inner` deciding nodes of a tree.
fn add_inner(forest: &mut Forest, block: &Block, inner: usize) -> Result<(), NativeError> {
    let features: Vec<u32> = block.exactly("split_feature", inner)?;
    let thresholds: Vec<f64> = block.exactly("threshold", inner)?;
    let kinds: Vec<u32> = block.exactly("decision_type", inner)?;
    let left: Vec<i32> = block.exactly("left_child", inner)?;
    let right: Vec<i32> = block.exactly("right_child", inner)?;
    let first_set = forest.sets.len();
    if block.number::<usize>("num_cat")? > 0 {
        add_sets(forest, block)?;
    }
    let base = forest.nodes.len();
    // Negative children are leaves: -1 is the first; leaves follow the inner nodes here.
    let child = |index: i32| {
        let (first, size, place) = if index < 0 { (inner, inner + 1, -1 - index) } else { (0, inner, index) };
        match usize::try_from(place) {
            Ok(place) if place < size => Ok((base + first + place) as u32),
            _ => Err(block.wrong(format!("child {index} does not exist"))),
        }
    };
    for index in 0..inner {
        let kind = kinds[index];
        let categorical = kind & 1 == 1;
        let missing = match (kind >> 2 & 3, kind & 2 == 2) {
            (_, _) if categorical => Missing::NanNo,
            (0, _) => Missing::NanIsZero,
            (1, true) => Missing::ZeroYes,
            (1, false) => Missing::ZeroNo,
            (2, true) => Missing::NanYes,
            (2, false) => Missing::NanNo,
            _ => return Err(block.wrong(format!("decision type {kind}"))),
        };
        let threshold = thresholds[index];
        let set = if categorical { first_set as u32 + threshold as u32 } else { 0 };
        if categorical && (threshold < 0.0 || first_set + threshold as usize >= forest.sets.len()) {
            return Err(block.wrong(format!("category set {threshold} does not exist")));
        }
        forest.nodes.push(Node {
            test: if categorical { Test::InSet } else { Test::LessOrEqual },
            missing,
            feature: features[index],
            set,
            yes: child(left[index])?,
            no: child(right[index])?,
            threshold,
        });
    }
    Ok(())
}

/// Appends the category sets of a tree.
fn add_sets(forest: &mut Forest, block: &Block) -> Result<(), NativeError> {
    let bounds: Vec<usize> = block.list("cat_boundaries")?;
    let words: Vec<u32> = block.list("cat_threshold")?;
    for pair in bounds.windows(2) {
        let set = words.get(pair[0]..pair[1]).ok_or_else(|| block.wrong("category bounds out of range"))?;
        forest.sets.push(set.to_vec());
    }
    Ok(())
}

/// Lines `key=value` of the header or of one tree.
struct Block<'a> {
    label: &'a str,
    values: BTreeMap<&'a str, &'a str>,
}

impl<'a> Block<'a> {
    fn parse(text: &'a str, label: &'a str) -> Self {
        let values = text.lines().map(|line| line.split_once('=').unwrap_or((line.trim(), ""))).collect();
        Self { label, values }
    }

    fn get(&self, key: &str) -> Option<&'a str> {
        self.values.get(key).copied()
    }

    fn wrong(&self, reason: impl std::fmt::Display) -> NativeError {
        malformed(format!("{}: {reason}", self.label))
    }

    fn number<T: std::str::FromStr>(&self, key: &str) -> Result<T, NativeError> {
        let value = self.get(key).ok_or_else(|| self.wrong(format!("`{key}` is missing")))?;
        value.trim().parse().map_err(|_| self.wrong(format!("`{key}` is not a number")))
    }

    fn list<T: std::str::FromStr>(&self, key: &str) -> Result<Vec<T>, NativeError> {
        let value = self.get(key).ok_or_else(|| self.wrong(format!("`{key}` is missing")))?;
        let parsed = value.split_whitespace().map(str::parse).collect::<Result<_, _>>();
        parsed.map_err(|_| self.wrong(format!("`{key}` has something that is not a number")))
    }

    fn exactly<T: std::str::FromStr>(&self, key: &str, length: usize) -> Result<Vec<T>, NativeError> {
        let list = self.list(key)?;
        if list.len() != length {
            return Err(self.wrong(format!("`{key}` has {} values instead of {length}", list.len())));
        }
        Ok(list)
    }
}

fn malformed(reason: impl Into<String>) -> NativeError {
    NativeError::malformed(FORMAT, reason)
}
