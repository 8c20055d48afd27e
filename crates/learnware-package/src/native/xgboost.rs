//! XGBoost's JSON model (`Booster.save_model("model.json")`), versions 1.3 to 3.x.
//!
//! `gbtree`, `dart` and `gblinear`; numerical and categorical splits; scalar and vector leaves. All
//! rounds are used, as `Booster.predict` does: a recorded `best_iteration` changes nothing, cut the
//! model before saving it (`booster[:best + 1]`). Binary JSON (UBJ) is refused.

use learnware_engine::Matrix;
use learnware_engine::predictor::PredictError;
use learnware_engine::semantic::Task;
use serde::Deserialize;

use super::error::{NativeError, at_most};
use super::facts::{Told, own_names};
use super::forest::{Forest, Missing, Node, Test};
use super::{OUTPUTS_MAX, TableModel, WIDTH_MAX, argmax, logistic, matrix, softmax};

const FORMAT: &str = "xgboost";

/// Largest category code; keeps one short number from becoming a long bit set.
const CATEGORY_MAX: usize = 1 << 20;

/// Most 32-bit words of all category sets together (64 MiB).
const SET_WORDS_MAX: usize = 1 << 24;

/// Most weights of a linear model.
const WEIGHTS_MAX: usize = 1 << 24;

#[derive(Deserialize)]
struct File {
    learner: Learner,
}

#[derive(Deserialize)]
struct Learner {
    gradient_booster: Booster,
    #[serde(rename = "learner_model_param")]
    parameters: Parameters,
    objective: ObjectiveName,
    #[serde(default)]
    feature_names: Vec<String>,
}

#[derive(Deserialize)]
struct ObjectiveName {
    name: String,
}

#[derive(Deserialize)]
struct Parameters {
    base_score: String,
    #[serde(default)]
    num_class: String,
    num_feature: String,
    #[serde(default)]
    num_target: String,
}

#[derive(Deserialize)]
struct Booster {
    name: String,
    model: Option<Model>,
    gbtree: Option<Inner>,
    #[serde(default)]
    weight_drop: Vec<f32>,
}

#[derive(Deserialize)]
struct Inner {
    model: Model,
}

#[derive(Deserialize)]
struct Model {
    #[serde(default)]
    trees: Vec<Tree>,
    #[serde(default)]
    tree_info: Vec<u32>,
    #[serde(default)]
    weights: Vec<f32>,
}

#[derive(Deserialize)]
struct Tree {
    #[serde(rename = "tree_param")]
    parameters: TreeParameters,
    left_children: Vec<i32>,
    right_children: Vec<i32>,
    split_indices: Vec<u32>,
    split_conditions: Vec<f32>,
    default_left: Vec<Flag>,
    #[serde(default)]
    base_weights: Vec<f32>,
    #[serde(default)]
    leaf_weights: Vec<f32>,
    #[serde(default)]
    split_type: Vec<u8>,
    #[serde(default)]
    categories: Vec<u32>,
    #[serde(default)]
    categories_nodes: Vec<u32>,
    #[serde(default)]
    categories_segments: Vec<usize>,
    #[serde(default)]
    categories_sizes: Vec<usize>,
}

#[derive(Deserialize)]
struct TreeParameters {
    #[serde(default)]
    size_leaf_vector: String,
}

/// `true` or `1`, by version.
#[derive(Deserialize, Clone, Copy)]
#[serde(untagged)]
enum Flag {
    Bool(bool),
    Number(u8),
}

/// How margins become predictions.
#[derive(Debug, Clone, Copy, PartialEq)]
enum Objective {
    Identity,
    Logistic,
    Exp,
    /// Probabilities of two classes.
    Binary,
    /// Margins of two classes.
    BinaryRaw,
    /// Label 0 or 1.
    Hinge,
    Softprob,
    /// Label of the largest margin.
    Softmax,
}

/// What makes the margins.
enum Margins {
    Forest(Forest),
    /// Weights, features x groups, then the biases.
    Linear(Vec<f64>),
}

/// A loaded model.
pub(crate) struct XgBoost {
    margins: Margins,
    /// First margin of each group.
    base: Vec<f64>,
    width: usize,
    objective: Objective,
    told: Told,
}

impl TableModel for XgBoost {
    fn width(&self) -> usize {
        self.width
    }

    fn outputs(&self) -> Option<usize> {
        Some(match self.objective {
            Objective::Binary | Objective::BinaryRaw => 2,
            Objective::Softmax => 1,
            _ => self.base.len(),
        })
    }

    fn told(&self) -> Told {
        self.told.clone()
    }

    fn evaluate(&self, rows: &Matrix) -> Result<Matrix, PredictError> {
        let outputs = self.outputs().unwrap_or(1);
        let mut values = Vec::with_capacity(rows.rows() * outputs);
        let mut sums = self.base.clone();
        let mut narrow = vec![0.0; self.width];
        for row in rows.iter_rows() {
            // XGBoost reads its data as f32; branches depend on that.
            for (to, from) in narrow.iter_mut().zip(row) {
                *to = f64::from(*from as f32);
            }
            sums.copy_from_slice(&self.base);
            match &self.margins {
                Margins::Forest(forest) => forest.add_to(&narrow, &mut sums),
                Margins::Linear(weights) => add_linear(weights, &narrow, &mut sums),
            }
            self.finish(&mut sums, &mut values);
        }
        matrix(rows.rows(), outputs, values)
    }
}

impl XgBoost {
    /// Appends the prediction made of the margins.
    fn finish(&self, sums: &mut [f64], values: &mut Vec<f64>) {
        match self.objective {
            Objective::Identity => values.extend_from_slice(sums),
            Objective::Logistic => values.extend(sums.iter().map(|x| logistic(*x))),
            Objective::Exp => values.extend(sums.iter().map(|x| x.exp())),
            Objective::Binary => values.extend([logistic(-sums[0]), logistic(sums[0])]),
            Objective::BinaryRaw => values.extend([-sums[0], sums[0]]),
            Objective::Hinge => values.extend(sums.iter().map(|x| f64::from(u8::from(*x > 0.0)))),
            Objective::Softmax => values.push(argmax(sums)),
            Objective::Softprob => {
                softmax(sums);
                values.extend_from_slice(sums);
            }
        }
    }
}

/// Adds the linear model's margins; a missing value adds nothing, as in XGBoost.
fn add_linear(weights: &[f64], row: &[f64], sums: &mut [f64]) {
    let groups = sums.len();
    for (value, weights) in row.iter().zip(weights.chunks_exact(groups)) {
        if !value.is_nan() {
            for (sum, weight) in sums.iter_mut().zip(weights) {
                *sum += value * weight;
            }
        }
    }
    for (sum, bias) in sums.iter_mut().zip(&weights[row.len() * groups..]) {
        *sum += bias;
    }
}

/// Parses the JSON of a model.
pub(crate) fn load(bytes: &[u8]) -> Result<XgBoost, NativeError> {
    if bytes.starts_with(b"{L") || bytes.starts_with(b"{i") || bytes.starts_with(b"{U") {
        return Err(NativeError::unsupported(
            FORMAT,
            "binary JSON (UBJ)",
            "save it with a name that ends in .json: booster.save_model(\"model.json\")",
        ));
    }
    let file: File = serde_json::from_slice(bytes).map_err(|error| malformed(error.to_string()))?;
    let learner = file.learner;
    let parameters = &learner.parameters;
    let width = count("num_feature", &parameters.num_feature)?;
    at_most(FORMAT, "the number of input columns", width, WIDTH_MAX)?;
    let classes = count("num_class", &parameters.num_class)?;
    let groups = classes.max(count("num_target", &parameters.num_target)?).max(1);
    at_most(FORMAT, "the number of outputs", groups, OUTPUTS_MAX)?;
    let objective = objective(&learner.objective.name, groups)?;
    let base = base_margins(&learner.objective.name, &parameters.base_score, groups)?;
    let told = told(&learner.objective.name, (objective, classes), learner.feature_names);
    let booster = learner.gradient_booster;
    let model = match (booster.name.as_str(), booster.model, booster.gbtree) {
        ("gbtree" | "gblinear", Some(model), _) | ("dart", _, Some(Inner { model })) => model,
        (name @ ("gbtree" | "gblinear" | "dart"), ..) => {
            return Err(malformed(format!("booster {name} without a model")));
        }
        (name, ..) => {
            let advice = "train with the booster gbtree, dart or gblinear";
            return Err(NativeError::unsupported(FORMAT, format!("the booster {name:?}"), advice));
        }
    };
    let margins = if booster.name == "gblinear" {
        at_most(FORMAT, "the number of weights", (width + 1).saturating_mul(groups), WEIGHTS_MAX)?;
        if model.weights.len() != (width + 1) * groups {
            return Err(malformed(format!(
                "{} weights for {width} columns and {groups} outputs",
                model.weights.len()
            )));
        }
        Margins::Linear(model.weights.iter().map(|weight| f64::from(*weight)).collect())
    } else {
        let weights = (booster.name == "dart").then_some(booster.weight_drop);
        Margins::Forest(forest(&model, weights.as_deref(), groups)?.checked(FORMAT, width, groups)?)
    };
    // XGBoost's linear booster starts every output from the first base score.
    let base = if booster.name == "gblinear" { vec![base[0]; groups] } else { base };
    Ok(XgBoost { margins, base, width, objective, told })
}

/// What the file says of task and columns. It holds no labels of classes.
fn told(name: &str, (objective, classes): (Objective, usize), columns: Vec<String>) -> Told {
    let (task, class_count) = match objective {
        Objective::Binary | Objective::BinaryRaw | Objective::Hinge => (Task::Classification, 2),
        Objective::Softprob | Objective::Softmax => (Task::Classification, classes),
        Objective::Identity if name.starts_with("rank:") => (Task::Others, 0),
        Objective::Identity | Objective::Logistic | Objective::Exp => (Task::Regression, 0),
    };
    Told {
        task: Some(task),
        class_count: (class_count > 1).then_some(class_count),
        columns: own_names(columns, "f"),
        ..Told::default()
    }
}

/// Reads the objective's name.
fn objective(name: &str, groups: usize) -> Result<Objective, NativeError> {
    if name.starts_with("binary:") && groups != 1 {
        let advice = "export it to ONNX";
        return Err(NativeError::unsupported(FORMAT, format!("{name} with {groups} targets"), advice));
    }
    Ok(match name {
        "reg:squarederror"
        | "reg:linear"
        | "reg:squaredlogerror"
        | "reg:pseudohubererror"
        | "reg:absoluteerror"
        | "reg:quantileerror"
        | "rank:pairwise"
        | "rank:ndcg"
        | "rank:map" => Objective::Identity,
        "reg:logistic" => Objective::Logistic,
        "binary:logistic" => Objective::Binary,
        "binary:logitraw" => Objective::BinaryRaw,
        "binary:hinge" => Objective::Hinge,
        "count:poisson" | "reg:gamma" | "reg:tweedie" | "survival:cox" | "survival:aft" => Objective::Exp,
        "multi:softprob" => Objective::Softprob,
        "multi:softmax" => Objective::Softmax,
        _ => {
            let advice = "save the model with a built-in objective";
            return Err(NativeError::unsupported(FORMAT, format!("the objective {name:?}"), advice));
        }
    })
}

/// The base score that starts at `margin`: the inverse of [`base_margins`].
pub(super) fn base_score(objective: &str, margin: f64) -> f64 {
    match objective {
        "reg:logistic" | "binary:logistic" => logistic(margin),
        "count:poisson" | "reg:gamma" | "reg:tweedie" | "survival:cox" | "survival:aft" => margin.exp(),
        _ => margin,
    }
}

/// First margins: the base score, carried through the inverse of the objective's transform.
pub(super) fn base_margins(objective: &str, text: &str, groups: usize) -> Result<Vec<f64>, NativeError> {
    let inner = text.trim().trim_start_matches('[').trim_end_matches(']');
    let scores: Result<Vec<f32>, _> = inner.split(',').map(|part| part.trim().parse::<f32>()).collect();
    let mut scores = scores.map_err(|_| malformed(format!("base_score {text:?}")))?;
    if scores.len() == 1 {
        scores = vec![scores[0]; groups];
    }
    if scores.len() != groups {
        return Err(malformed(format!("{} base scores for {groups} outputs", scores.len())));
    }
    let margin = |score: f64| match objective {
        "reg:logistic" | "binary:logistic" => -(1.0 / score - 1.0).ln(),
        "count:poisson" | "reg:gamma" | "reg:tweedie" | "survival:cox" | "survival:aft" => score.ln(),
        _ => score,
    };
    let margins: Vec<f64> = scores.iter().map(|score| margin(f64::from(*score))).collect();
    if margins.iter().any(|margin| !margin.is_finite()) {
        return Err(malformed(format!("base_score {text:?} is out of range for {objective}")));
    }
    Ok(margins)
}

/// Flattens all trees.
fn forest(model: &Model, weights: Option<&[f32]>, groups: usize) -> Result<Forest, NativeError> {
    if model.tree_info.len() != model.trees.len() {
        return Err(malformed(format!("{} trees, {} tree groups", model.trees.len(), model.tree_info.len())));
    }
    if weights.is_some_and(|weights| weights.len() != model.trees.len()) {
        return Err(malformed("the number of dart weights is not the number of trees"));
    }
    let mut forest = Forest::default();
    let mut words = 0;
    for (number, tree) in model.trees.iter().enumerate() {
        let scale = weights.map_or(1.0, |weights| f64::from(weights[number]));
        let output = model.tree_info[number];
        let wrong = |reason: String| malformed(format!("tree {number}: {reason}"));
        let size = tree.left_children.len();
        let lengths = [
            tree.right_children.len(),
            tree.split_indices.len(),
            tree.split_conditions.len(),
            tree.default_left.len(),
        ];
        if size == 0 || lengths.iter().any(|length| *length != size) {
            return Err(wrong(format!("its arrays have {size} and {lengths:?} values")));
        }
        let sets = sets(tree, &mut words).map_err(wrong)?;
        let leaf_size = count("size_leaf_vector", &tree.parameters.size_leaf_vector)?.max(1);
        if leaf_size != 1 && leaf_size != groups {
            return Err(wrong(format!("leaves of {leaf_size} values for {groups} outputs")));
        }
        let base = forest.nodes.len() as u32;
        forest.roots.push(base);
        let first_set = forest.sets.len() as u32;
        let mut set_of = vec![None; size];
        for (place, (node, set)) in sets.into_iter().enumerate() {
            *set_of.get_mut(node).ok_or_else(|| wrong(format!("category node {node}")))? = Some(place as u32);
            forest.sets.push(set);
        }
        for (node, set) in set_of.into_iter().enumerate() {
            if tree.left_children[node] == -1 {
                add_leaf(&mut forest, tree, node, (output, leaf_size, scale)).map_err(wrong)?;
            } else {
                let set = set.map(|set| first_set + set);
                let node = inner_node(tree, node, base, set).map_err(wrong)?;
                forest.nodes.push(node);
            }
        }
    }
    Ok(forest)
}

/// Appends a leaf; `role` is its output, its size, and the weight of its tree.
fn add_leaf(forest: &mut Forest, tree: &Tree, node: usize, role: (u32, usize, f64)) -> Result<(), String> {
    let (output, size, scale) = role;
    let first = forest.leaves.len();
    if size == 1 {
        forest.leaves.push((output, f64::from(tree.split_conditions[node]) * scale));
    } else {
        // Since 3.1 the leaves' vectors are apart, and a leaf's right child is its place among them.
        let (values, place) = if tree.leaf_weights.is_empty() {
            (&tree.base_weights, node)
        } else {
            (&tree.leaf_weights, tree.right_children[node].max(0) as usize)
        };
        let values = values
            .get(place * size..(place + 1) * size)
            .ok_or_else(|| format!("leaf {node} has no values"))?;
        forest.leaves.extend((0..).zip(values).map(|(output, value)| (output, f64::from(*value) * scale)));
    }
    let last = forest.leaves.len();
    forest.nodes.push(Node::leaf(first..last));
    Ok(())
}

/// A deciding node.
fn inner_node(tree: &Tree, node: usize, base: u32, set: Option<u32>) -> Result<Node, String> {
    let size = tree.left_children.len();
    let child = |index: i32| match usize::try_from(index) {
        Ok(index) if index < size => Ok(base + index as u32),
        _ => Err(format!("node {node}: child {index} does not exist")),
    };
    let (left, right) = (child(tree.left_children[node])?, child(tree.right_children[node])?);
    let default_left = matches!(tree.default_left[node], Flag::Bool(true) | Flag::Number(1..));
    let categorical = tree.split_type.get(node).is_some_and(|kind| *kind == 1);
    if categorical != set.is_some() {
        return Err(format!("node {node}: its categories do not fit its kind of split"));
    }
    // A category in the set goes right.
    let (yes, no) = if categorical { (right, left) } else { (left, right) };
    Ok(Node {
        test: if categorical { Test::InSet } else { Test::Less },
        missing: if default_left == categorical { Missing::NanNo } else { Missing::NanYes },
        feature: tree.split_indices[node],
        set: set.unwrap_or(0),
        yes,
        no,
        threshold: if categorical { 0.0 } else { f64::from(tree.split_conditions[node]) },
    })
}

/// The category sets of a tree with their nodes; `words` counts their size over all trees.
fn sets(tree: &Tree, words: &mut usize) -> Result<Vec<(usize, Vec<u32>)>, String> {
    let count = tree.categories_nodes.len();
    if tree.categories_segments.len() != count || tree.categories_sizes.len() != count {
        return Err("its category arrays differ in length".into());
    }
    let mut sets = Vec::new();
    for place in 0..count {
        let start = tree.categories_segments[place];
        let codes =
            start.checked_add(tree.categories_sizes[place]).and_then(|end| tree.categories.get(start..end));
        let codes = codes.ok_or("its categories are out of range")?;
        let largest = codes.iter().max().map_or(0, |code| *code as usize);
        *words += largest / 32 + 1;
        if largest > CATEGORY_MAX || *words > SET_WORDS_MAX {
            return Err(format!("category {largest}: too large, or too many large ones"));
        }
        let mut set = vec![0; largest / 32 + 1];
        for code in codes {
            set[*code as usize / 32] |= 1 << (code % 32);
        }
        sets.push((tree.categories_nodes[place] as usize, set));
    }
    Ok(sets)
}

/// A count written as text; empty counts as 0.
fn count(name: &str, text: &str) -> Result<usize, NativeError> {
    if text.is_empty() {
        return Ok(0);
    }
    text.parse().map_err(|_| malformed(format!("{name} is {text:?}")))
}

fn malformed(reason: impl Into<String>) -> NativeError {
    NativeError::malformed(FORMAT, reason)
}
