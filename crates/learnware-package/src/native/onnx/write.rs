//! Writes small ONNX models: linear models with scaling, and tree ensembles.
//!
//! For models trained here (`learnware quickstart`). One float input `X` of rows x columns; regressors
//! answer `variable`, classifiers `label` and `probabilities`, the names that skl2onnx uses. Numbers
//! are stored as `f32`, as the operators prescribe. Not a general exporter.

use prost::Message;

use super::proto::{
    AttributeProto, Dimension, GraphProto, ModelProto, NodeProto, OperatorSetId, ShapeProto, TensorType,
    TypeProto, ValueInfo,
};
use super::tensor::signed;

/// Version of the file layout: readable by every ONNX Runtime since 1.2.
const IR_VERSION: i64 = 4;

/// A linear model on scaled columns: `coefficients * ((x - offset) * scale) + intercepts`.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct LinearModel {
    /// Subtracted from each column; one per column.
    pub offset: Vec<f64>,
    /// Multiplied with each column after that; one per column.
    pub scale: Vec<f64>,
    /// Outputs x columns, row by row.
    pub coefficients: Vec<f64>,
    /// One per output.
    pub intercepts: Vec<f64>,
}

/// A node of a tree; children are places in the same tree, the first node is the root.
#[derive(Debug, Clone, PartialEq)]
pub enum TreeNode {
    /// `x[column] <= threshold` goes to `yes`; a missing value goes there if `missing_yes`.
    Split {
        /// Column read.
        column: usize,
        /// Largest value that goes to `yes`. It and the data are rounded to the nearest `f32`, which keeps
        /// order: a value that went to `yes` before still does.
        threshold: f64,
        /// Next node when it holds.
        yes: usize,
        /// Next node otherwise.
        no: usize,
        /// Whether a missing value goes to `yes`.
        missing_yes: bool,
    },
    /// Adds one value per output.
    Leaf {
        /// One per output.
        values: Vec<f64>,
    },
}

/// Trees whose leaf values are added up over all trees.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct TreeModel {
    /// Columns of the data.
    pub columns: usize,
    /// Each tree's nodes.
    pub trees: Vec<Vec<TreeNode>>,
    /// Added to the sums; one per output.
    pub base: Vec<f64>,
}

/// What the outputs mean.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Answer {
    /// Quantities.
    Quantities,
    /// Scores that are probabilities already, for these labels.
    Probabilities(Vec<i64>),
    /// Scores that softmax turns into probabilities, for these labels.
    Softmax(Vec<i64>),
}

/// Why a model was not written.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum WriteError {
    /// Lengths that must agree do not.
    #[error("the model cannot be written: {what} has {found} values instead of {expected}")]
    Length {
        /// Which list.
        what: &'static str,
        /// How long it should be.
        expected: usize,
        /// How long it is.
        found: usize,
    },
    /// A number is not finite, also after rounding to `f32`.
    #[error("the model cannot be written: {what} has a number that is not finite")]
    NonFinite {
        /// Which list.
        what: String,
    },
    /// A tree names a child that it does not have.
    #[error("the model cannot be written: tree {tree} has no node {node}")]
    NoSuchNode {
        /// Which tree.
        tree: usize,
        /// The missing node.
        node: usize,
    },
    /// A tree reads a column that is not there.
    #[error("the model cannot be written: tree {tree} reads column {column}, which the data lacks")]
    NoSuchColumn {
        /// Which tree.
        tree: usize,
        /// The missing column.
        column: usize,
    },
}

/// Writes a linear model; same model, same bytes.
pub fn linear(model: &LinearModel, answer: &Answer) -> Result<Vec<u8>, WriteError> {
    let (columns, outputs) = (model.offset.len(), model.intercepts.len());
    expect("scale", columns, model.scale.len())?;
    expect("coefficients", columns * outputs, model.coefficients.len())?;
    expect_labels(answer, outputs)?;
    let scaler = vec![floats("offset", &model.offset)?, floats("scale", &model.scale)?];
    let mut attributes =
        vec![floats("coefficients", &model.coefficients)?, floats("intercepts", &model.intercepts)?];
    let kind = match answer {
        Answer::Quantities => {
            attributes.push(integer("targets", signed(outputs)));
            "LinearRegressor"
        }
        Answer::Probabilities(labels) | Answer::Softmax(labels) => {
            attributes.extend([integers("classlabels_ints", labels.clone()), post_transform(answer)]);
            "LinearClassifier"
        }
    };
    let nodes = vec![
        node("Scaler", "X", vec!["scaled".into()], scaler),
        node(kind, "scaled", output_names(answer), attributes),
    ];
    Ok(model_bytes(nodes, columns, outputs, answer))
}

/// Writes a tree ensemble; same model, same bytes.
pub fn trees(model: &TreeModel, answer: &Answer) -> Result<Vec<u8>, WriteError> {
    let outputs = model.base.len();
    expect_labels(answer, outputs)?;
    let mut lists = TreeLists::default();
    for (number, tree) in model.trees.iter().enumerate() {
        for (place, node) in tree.iter().enumerate() {
            lists.add(model, number, place, node)?;
        }
    }
    let (prefix, kind) = match answer {
        Answer::Quantities => ("target", "TreeEnsembleRegressor"),
        Answer::Probabilities(_) | Answer::Softmax(_) => ("class", "TreeEnsembleClassifier"),
    };
    if !matches!(answer, Answer::Quantities) && model.base.iter().any(|base| *base != 0.0) {
        // Runtimes differ in how they add base values to two classes; a tree of one leaf is plain.
        lists.add(model, model.trees.len(), 0, &TreeNode::Leaf { values: model.base.clone() })?;
    }
    let mut attributes = lists.attributes(prefix)?;
    match answer {
        Answer::Quantities => {
            attributes.extend([floats("base_values", &model.base)?, integer("n_targets", signed(outputs))]);
        }
        Answer::Probabilities(labels) | Answer::Softmax(labels) => {
            attributes.extend([integers("classlabels_int64s", labels.clone()), post_transform(answer)]);
        }
    }
    let nodes = vec![node(kind, "X", output_names(answer), attributes)];
    Ok(model_bytes(nodes, model.columns, outputs, answer))
}

/// The parallel lists of the tree operators.
#[derive(Default)]
struct TreeLists {
    trees: Vec<i64>,
    nodes: Vec<i64>,
    features: Vec<i64>,
    thresholds: Vec<f64>,
    modes: Vec<Vec<u8>>,
    yes: Vec<i64>,
    no: Vec<i64>,
    missing: Vec<i64>,
    leaf_trees: Vec<i64>,
    leaf_nodes: Vec<i64>,
    leaf_outputs: Vec<i64>,
    leaf_values: Vec<f64>,
}

impl TreeLists {
    fn add(
        &mut self,
        model: &TreeModel,
        tree: usize,
        place: usize,
        node: &TreeNode,
    ) -> Result<(), WriteError> {
        self.trees.push(signed(tree));
        self.nodes.push(signed(place));
        let (mode, feature, threshold, yes, no, missing): (&[u8], usize, f64, usize, usize, bool) = match node
        {
            TreeNode::Split { column, threshold, yes, no, missing_yes } => {
                for child in [yes, no] {
                    if *child >= model.trees[tree].len() {
                        return Err(WriteError::NoSuchNode { tree, node: *child });
                    }
                }
                if *column >= model.columns {
                    return Err(WriteError::NoSuchColumn { tree, column: *column });
                }
                (b"BRANCH_LEQ", *column, *threshold, *yes, *no, *missing_yes)
            }
            TreeNode::Leaf { values } => {
                expect("a leaf", model.base.len(), values.len())?;
                for (output, value) in values.iter().enumerate() {
                    self.leaf_trees.push(signed(tree));
                    self.leaf_nodes.push(signed(place));
                    self.leaf_outputs.push(signed(output));
                    self.leaf_values.push(*value);
                }
                (b"LEAF", 0, 0.0, 0, 0, false)
            }
        };
        self.modes.push(mode.to_vec());
        self.features.push(signed(feature));
        self.thresholds.push(threshold);
        self.yes.push(signed(yes));
        self.no.push(signed(no));
        self.missing.push(i64::from(missing));
        Ok(())
    }

    fn attributes(self, prefix: &str) -> Result<Vec<AttributeProto>, WriteError> {
        Ok(vec![
            integers("nodes_treeids", self.trees),
            integers("nodes_nodeids", self.nodes),
            integers("nodes_featureids", self.features),
            floats("nodes_values", &self.thresholds)?,
            AttributeProto { strings: self.modes, ..attribute("nodes_modes", 8) },
            integers("nodes_truenodeids", self.yes),
            integers("nodes_falsenodeids", self.no),
            integers("nodes_missing_value_tracks_true", self.missing),
            integers(&format!("{prefix}_treeids"), self.leaf_trees),
            integers(&format!("{prefix}_nodeids"), self.leaf_nodes),
            integers(&format!("{prefix}_ids"), self.leaf_outputs),
            floats(&format!("{prefix}_weights"), &self.leaf_values)?,
        ])
    }
}

fn expect(what: &'static str, expected: usize, found: usize) -> Result<(), WriteError> {
    if expected != found {
        return Err(WriteError::Length { what, expected, found });
    }
    Ok(())
}

fn expect_labels(answer: &Answer, outputs: usize) -> Result<(), WriteError> {
    match answer {
        Answer::Quantities => Ok(()),
        Answer::Probabilities(labels) | Answer::Softmax(labels) => {
            expect("the list of labels", outputs, labels.len())
        }
    }
}

fn attribute(name: &str, kind: i32) -> AttributeProto {
    AttributeProto { name: Some(name.into()), kind: Some(kind), ..AttributeProto::default() }
}

fn floats(name: &str, values: &[f64]) -> Result<AttributeProto, WriteError> {
    let floats: Vec<f32> = values.iter().map(|value| *value as f32).collect();
    if floats.iter().any(|value| !value.is_finite()) {
        return Err(WriteError::NonFinite { what: name.into() });
    }
    Ok(AttributeProto { floats, ..attribute(name, 6) })
}

fn integers(name: &str, ints: Vec<i64>) -> AttributeProto {
    AttributeProto { ints, ..attribute(name, 7) }
}

fn integer(name: &str, value: i64) -> AttributeProto {
    AttributeProto { i: Some(value), ..attribute(name, 2) }
}

fn post_transform(answer: &Answer) -> AttributeProto {
    let name: &[u8] = if matches!(answer, Answer::Softmax(_)) { b"SOFTMAX" } else { b"NONE" };
    AttributeProto { s: Some(name.to_vec()), ..attribute("post_transform", 3) }
}

fn output_names(answer: &Answer) -> Vec<String> {
    match answer {
        Answer::Quantities => vec!["variable".into()],
        Answer::Probabilities(_) | Answer::Softmax(_) => vec!["label".into(), "probabilities".into()],
    }
}

fn node(kind: &str, input: &str, output: Vec<String>, attribute: Vec<AttributeProto>) -> NodeProto {
    NodeProto {
        input: vec![input.into()],
        output,
        name: Some(kind.into()),
        op_type: Some(kind.into()),
        attribute,
        domain: Some("ai.onnx.ml".into()),
    }
}

/// A tensor of any number of rows.
pub(super) fn value(name: &str, element: i32, columns: Option<usize>) -> ValueInfo {
    let rows = Dimension { value: None, parameter: Some("N".into()) };
    let columns = columns.map(|columns| Dimension { value: Some(signed(columns)), parameter: None });
    let dimension = std::iter::once(rows).chain(columns).collect();
    let tensor = TensorType { element: Some(element), shape: Some(ShapeProto { dimension }) };
    ValueInfo { name: Some(name.into()), kind: Some(TypeProto { tensor: Some(tensor), sequence: None }) }
}

fn model_bytes(nodes: Vec<NodeProto>, columns: usize, outputs: usize, answer: &Answer) -> Vec<u8> {
    let output = match answer {
        Answer::Quantities => vec![value("variable", 1, Some(outputs))],
        Answer::Probabilities(_) | Answer::Softmax(_) => {
            vec![value("label", 7, None), value("probabilities", 1, Some(outputs))]
        }
    };
    let graph = GraphProto {
        node: nodes,
        name: Some("learnware".into()),
        input: vec![value("X", 1, Some(columns))],
        output,
        ..GraphProto::default()
    };
    let opset = |domain: &str, version| OperatorSetId { domain: Some(domain.into()), version: Some(version) };
    let model = ModelProto {
        ir_version: Some(IR_VERSION),
        producer_name: Some("learnware".into()),
        graph: Some(graph),
        opset_import: vec![opset("", 9), opset("ai.onnx.ml", 1)],
        functions: Vec::new(),
    };
    model.encode_to_vec()
}
