//! `TreeEnsembleRegressor`, `TreeEnsembleClassifier` and the `TreeEnsemble` of `ai.onnx.ml` 5.

use std::collections::BTreeMap;

use super::super::FORMAT;
use super::super::attributes::Attributes;
use super::super::tensor::{Budget, Fault, Kind, Tensor};
use super::classic::{Labels, PostTransform, rows_of};
use super::{Compiled, Inputs, Operator};
use crate::native::error::{NativeError, at_most};
use crate::native::forest::{Forest, Missing, Node, Test};
use crate::native::{OUTPUTS_MAX, WIDTH_MAX};

pub(super) const NAMES: &[&str] = &["TreeEnsembleRegressor", "TreeEnsembleClassifier", "TreeEnsemble"];

pub(super) fn compile(name: &str, attributes: &Attributes) -> Compiled {
    Ok(Some(match name {
        "TreeEnsembleRegressor" => Box::new(Regressor::new(attributes)?),
        "TreeEnsembleClassifier" => Box::new(Classifier::new(attributes)?),
        "TreeEnsemble" => Box::new(Regressor::version_5(attributes)?),
        _ => return Ok(None),
    }))
}

/// How the leaves of several trees become one number.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Aggregate {
    Sum,
    Average,
    Min,
    Max,
}

/// Trees and the columns they read.
struct Trees {
    forest: Forest,
    width: usize,
}

impl Trees {
    /// Reads the nodes, with leaf values named `prefix` (`target` or `class`).
    fn new(attributes: &Attributes, prefix: &str, outputs: usize) -> Result<Self, NativeError> {
        at_most(FORMAT, "the number of outputs", outputs, OUTPUTS_MAX)?;
        let trees = attributes.integers("nodes_treeids");
        let nodes = attributes.integers("nodes_nodeids");
        let mut places = BTreeMap::new();
        for (place, key) in trees.iter().zip(nodes).enumerate() {
            if places.insert(key, place as u32).is_some() {
                return Err(attributes.wrong(format!("two nodes {key:?}")));
            }
        }
        let leaves = leaves(attributes, prefix, &places)?;
        let columns = Columns::read(attributes, trees.len())?;
        let mut forest = Forest::default();
        for (place, tree) in trees.iter().enumerate() {
            let mode = columns.modes[place].as_slice();
            if mode == b"LEAF" {
                let first = forest.leaves.len();
                forest.leaves.extend_from_slice(leaves.get(&(place as u32)).map_or(&[], Vec::as_slice));
                forest.nodes.push(Node::leaf(first..forest.leaves.len()));
                continue;
            }
            let child = |id: i64| {
                let found = places.get(&(tree, &id)).copied();
                found.ok_or_else(|| attributes.wrong(format!("tree {tree} has no node {id}")))
            };
            let test = test(mode)
                .ok_or_else(|| attributes.wrong(format!("mode {}", String::from_utf8_lossy(mode))))?;
            let (yes, no) = (child(columns.yes[place])?, child(columns.no[place])?);
            forest.nodes.push(columns.node(attributes, place, test, (yes, no))?);
        }
        let mut last = None;
        for (place, tree) in trees.iter().enumerate() {
            if last != Some(tree) {
                forest.roots.push(place as u32);
                last = Some(tree);
            }
        }
        Self::checked(forest, outputs)
    }

    fn checked(forest: Forest, outputs: usize) -> Result<Self, NativeError> {
        let width = forest.nodes.iter().map(|node| node.feature as usize + 1).max().unwrap_or(1);
        let forest = forest.checked(FORMAT, width, outputs)?;
        if forest.roots.is_empty() {
            return Err(NativeError::malformed(FORMAT, "a tree ensemble without trees"));
        }
        Ok(Self { forest, width })
    }

    /// Checks the input and accounts for the work.
    fn rows<'a>(
        &self,
        inputs: &Inputs<'a>,
        budget: &mut Budget,
    ) -> Result<(&'a Tensor, usize, usize), Fault> {
        let (input, rows, columns) = rows_of(inputs)?;
        if columns < self.width {
            return Err(Fault::broken(format!("reads {} columns, but gets {columns}", self.width)));
        }
        budget.spend(rows.saturating_mul(self.forest.roots.len()).saturating_mul(16))?;
        Ok((input, rows, columns))
    }
}

/// Leaf values by node.
fn leaves(
    attributes: &Attributes,
    prefix: &str,
    places: &BTreeMap<(&i64, &i64), u32>,
) -> Result<BTreeMap<u32, Vec<(u32, f64)>>, NativeError> {
    let trees = attributes.integers(&format!("{prefix}_treeids"));
    let nodes = attributes.integers(&format!("{prefix}_nodeids"));
    let outputs = attributes.integers(&format!("{prefix}_ids"));
    let weights = attributes.floats(&format!("{prefix}_weights"))?;
    if [nodes.len(), outputs.len(), weights.len()] != [trees.len(); 3] {
        return Err(attributes.wrong("its lists of leaf values differ in length"));
    }
    let mut leaves: BTreeMap<u32, Vec<(u32, f64)>> = BTreeMap::new();
    for place in 0..trees.len() {
        let node = places.get(&(&trees[place], &nodes[place]));
        let node =
            node.ok_or_else(|| attributes.wrong(format!("a value for a missing node {}", nodes[place])))?;
        let output = u32::try_from(outputs[place]);
        let output = output.map_err(|_| attributes.wrong(format!("output {}", outputs[place])))?;
        leaves.entry(*node).or_default().push((output, weights[place]));
    }
    Ok(leaves)
}

/// The decision that ONNX calls `mode`.
fn test(mode: &[u8]) -> Option<Test> {
    Some(match mode {
        b"BRANCH_LEQ" => Test::LessOrEqual,
        b"BRANCH_LT" => Test::Less,
        b"BRANCH_GTE" => Test::GreaterOrEqual,
        b"BRANCH_GT" => Test::Greater,
        b"BRANCH_EQ" => Test::Equal,
        b"BRANCH_NEQ" => Test::NotEqual,
        _ => return None,
    })
}

/// The parallel lists of a tree operator.
struct Columns<'a> {
    features: &'a [i64],
    values: Vec<f64>,
    modes: &'a [Vec<u8>],
    yes: &'a [i64],
    no: &'a [i64],
    missing: &'a [i64],
}

impl<'a> Columns<'a> {
    fn read(attributes: &Attributes<'a>, size: usize) -> Result<Self, NativeError> {
        let columns = Self {
            features: attributes.integers("nodes_featureids"),
            values: attributes.floats("nodes_values")?,
            modes: attributes.texts("nodes_modes"),
            yes: attributes.integers("nodes_truenodeids"),
            no: attributes.integers("nodes_falsenodeids"),
            missing: attributes.integers("nodes_missing_value_tracks_true"),
        };
        let lengths = [
            attributes.integers("nodes_nodeids").len(),
            columns.features.len(),
            columns.values.len(),
            columns.modes.len(),
            columns.yes.len(),
            columns.no.len(),
        ];
        let missing = columns.missing.len();
        if lengths != [size; 6] || missing != size && missing != 0 {
            return Err(
                attributes.wrong(format!("its lists of {size} nodes have {lengths:?} and {missing} values"))
            );
        }
        Ok(columns)
    }

    /// The deciding node at `place`.
    fn node(
        &self,
        attributes: &Attributes,
        place: usize,
        test: Test,
        (yes, no): (u32, u32),
    ) -> Result<Node, NativeError> {
        let feature = usize::try_from(self.features[place]).ok().filter(|feature| *feature < WIDTH_MAX);
        let feature =
            feature.ok_or_else(|| attributes.wrong(format!("column {}", self.features[place])))? as u32;
        let tracks_true = self.missing.get(place).is_some_and(|value| *value != 0);
        let missing = if tracks_true { Missing::NanYes } else { Missing::Compared };
        Ok(Node { test, missing, feature, set: 0, yes, no, threshold: self.values[place] })
    }
}

struct Regressor {
    trees: Trees,
    outputs: usize,
    base: Vec<f64>,
    aggregate: Aggregate,
    post: PostTransform,
}

impl Regressor {
    fn new(attributes: &Attributes) -> Result<Self, NativeError> {
        let outputs = usize::try_from(attributes.integer("n_targets", 1)).unwrap_or(0);
        let trees = Trees::new(attributes, "target", outputs)?;
        let aggregate = match attributes.text("aggregate_function").as_str() {
            "" | "SUM" => Aggregate::Sum,
            "AVERAGE" => Aggregate::Average,
            "MIN" => Aggregate::Min,
            "MAX" => Aggregate::Max,
            other => return Err(attributes.wrong(format!("aggregate_function {other}"))),
        };
        let mut base = attributes.floats("base_values")?;
        if base.is_empty() {
            base = vec![0.0; outputs];
        }
        if base.len() == 1 {
            base = vec![base[0]; outputs];
        }
        if base.len() != outputs {
            return Err(attributes.wrong(format!("{} base values for {outputs} targets", base.len())));
        }
        Ok(Self { trees, outputs, base, aggregate, post: PostTransform::of(attributes)? })
    }

    /// The newer form: leaves apart from nodes, numbers for modes.
    fn version_5(attributes: &Attributes) -> Result<Self, NativeError> {
        let outputs = usize::try_from(attributes.integer("n_targets", 1)).unwrap_or(0);
        at_most(FORMAT, "the number of outputs", outputs, OUTPUTS_MAX)?;
        let (features, splits) =
            (attributes.integers("nodes_featureids"), attributes.floats("nodes_splits")?);
        let modes = attributes.tensor("nodes_modes").map(Tensor::constant).transpose()?;
        let modes = modes.ok_or_else(|| attributes.wrong("it has no nodes_modes"))?.integers();
        let (yes, no) = (attributes.integers("nodes_truenodeids"), attributes.integers("nodes_falsenodeids"));
        let (yes_leaf, no_leaf) =
            (attributes.integers("nodes_trueleafs"), attributes.integers("nodes_falseleafs"));
        let missing = attributes.integers("nodes_missing_value_tracks_true");
        let (ids, weights) = (attributes.integers("leaf_targetids"), attributes.floats("leaf_weights")?);
        let size = features.len();
        let lengths = [splits.len(), modes.len(), yes.len(), no.len(), yes_leaf.len(), no_leaf.len()];
        if lengths != [size; 6] || missing.len() != size && !missing.is_empty() || ids.len() != weights.len()
        {
            return Err(attributes.wrong(format!("its lists of {size} nodes have {lengths:?} values")));
        }
        let columns = Columns { features, values: splits, modes: &[], yes, no, missing };
        let mut forest = Forest::default();
        let child = |id: i64, leaf: i64| {
            let limit = if leaf == 0 { size } else { ids.len() };
            let id = usize::try_from(id).ok().filter(|id| *id < limit);
            let id = id.ok_or_else(|| attributes.wrong("a node or leaf that does not exist"))?;
            Ok(if leaf == 0 { id } else { size + id } as u32)
        };
        for place in 0..size {
            let test = match modes[place] {
                0 => Test::LessOrEqual,
                1 => Test::Less,
                2 => Test::GreaterOrEqual,
                3 => Test::Greater,
                4 => Test::Equal,
                5 => Test::NotEqual,
                6 => {
                    return Err(
                        attributes.unsupported("set membership", "export it with one test per member")
                    );
                }
                mode => return Err(attributes.wrong(format!("mode {mode}"))),
            };
            let ends = (child(yes[place], yes_leaf[place])?, child(no[place], no_leaf[place])?);
            forest.nodes.push(columns.node(attributes, place, test, ends)?);
        }
        for (id, weight) in ids.iter().zip(weights) {
            let first = forest.leaves.len();
            let output = u32::try_from(*id).map_err(|_| attributes.wrong(format!("target {id}")))?;
            forest.leaves.push((output, weight));
            forest.nodes.push(Node::leaf(first..first + 1));
        }
        for root in attributes.integers("tree_roots") {
            forest.roots.push(u32::try_from(*root).map_err(|_| attributes.wrong(format!("root {root}")))?);
        }
        let trees = Trees::checked(forest, outputs)?;
        let aggregate = match attributes.integer("aggregate_function", 1) {
            0 => Aggregate::Average,
            1 => Aggregate::Sum,
            2 => Aggregate::Min,
            3 => Aggregate::Max,
            other => return Err(attributes.wrong(format!("aggregate_function {other}"))),
        };
        let post = match attributes.integer("post_transform", 0) {
            0 => PostTransform::None,
            1 => PostTransform::Softmax,
            2 => PostTransform::Logistic,
            3 => PostTransform::SoftmaxZero,
            other => {
                return Err(attributes.unsupported(format!("post_transform {other}"), "export it with NONE"));
            }
        };
        Ok(Self { trees, outputs, base: vec![0.0; outputs], aggregate, post })
    }

    /// Fills `sums` for one row.
    fn answer(&self, row: &[f64], sums: &mut [f64]) {
        let forest = &self.trees.forest;
        match self.aggregate {
            Aggregate::Sum | Aggregate::Average => {
                sums.fill(0.0);
                forest.add_to(row, sums);
                if self.aggregate == Aggregate::Average {
                    for sum in sums.iter_mut() {
                        *sum /= forest.roots.len() as f64;
                    }
                }
            }
            Aggregate::Min | Aggregate::Max => {
                sums.fill(f64::NAN);
                for &root in &forest.roots {
                    for &(output, value) in forest.leaf(root, row) {
                        let sum = &mut sums[output as usize];
                        *sum = if self.aggregate == Aggregate::Min { sum.min(value) } else { sum.max(value) };
                    }
                }
                sums.iter_mut().filter(|sum| sum.is_nan()).for_each(|sum| *sum = 0.0);
            }
        }
        sums.iter_mut().zip(&self.base).for_each(|(sum, base)| *sum += base);
        self.post.apply(sums);
    }
}

impl Operator for Regressor {
    fn run(&self, inputs: &Inputs, budget: &mut Budget) -> Result<Vec<Tensor>, Fault> {
        let (input, rows, columns) = self.trees.rows(inputs, budget)?;
        let shape = vec![rows, self.outputs];
        let mut data = vec![0.0; budget.take(&shape)?];
        for (row, sums) in input.data.chunks_exact(columns).zip(data.chunks_exact_mut(self.outputs)) {
            self.answer(row, sums);
        }
        Ok(vec![Tensor::new(Kind::Float, shape, data)])
    }
}

struct Classifier {
    trees: Trees,
    labels: Labels,
    base: Vec<f64>,
    post: PostTransform,
    /// With two classes and values for one of them only: whether those are all probabilities.
    single: Option<bool>,
}

impl Classifier {
    fn new(attributes: &Attributes) -> Result<Self, NativeError> {
        let labels = Labels::of(attributes, "classlabels_int64s", "classlabels_strings");
        let trees = Trees::new(attributes, "class", labels.len())?;
        let leaves = &trees.forest.leaves;
        let one = leaves.first().is_some_and(|(first, _)| leaves.iter().all(|(class, _)| class == first));
        let single = (labels.len() == 2 && one).then(|| leaves.iter().all(|(_, weight)| *weight >= 0.0));
        let mut base = attributes.floats("base_values")?;
        if base.is_empty() {
            base = vec![0.0; labels.len()];
        }
        if base.len() == 1 && single.is_some() {
            base = vec![base[0]; 2];
        }
        if base.len() != labels.len() || labels.len() < 2 {
            return Err(attributes.wrong(format!("{} base values for {} classes", base.len(), labels.len())));
        }
        Ok(Self { trees, labels, base, post: PostTransform::of(attributes)?, single })
    }

    /// Fills `scores` for one row.
    fn answer(&self, row: &[f64], scores: &mut [f64]) {
        scores.fill(0.0);
        self.trees.forest.add_to(row, scores);
        // The runtime's rules for values of one class only; see `write_scores` of ONNX's reference.
        if let Some(probabilities) = self.single {
            let score = scores[0] + scores[1] + self.base[1];
            if probabilities && self.post == PostTransform::None {
                scores.copy_from_slice(&[1.0 - score, score]);
            } else {
                scores.copy_from_slice(&[-score, score]);
            }
        } else {
            scores.iter_mut().zip(&self.base).for_each(|(score, base)| *score += base);
        }
        self.post.apply(scores);
    }
}

impl Operator for Classifier {
    fn run(&self, inputs: &Inputs, budget: &mut Budget) -> Result<Vec<Tensor>, Fault> {
        let (input, rows, columns) = self.trees.rows(inputs, budget)?;
        let classes = self.labels.len();
        let mut data = vec![0.0; budget.take(&[rows, classes])?];
        for (row, scores) in input.data.chunks_exact(columns).zip(data.chunks_exact_mut(classes)) {
            self.answer(row, scores);
        }
        self.labels.answer(rows, data, budget)
    }
}
