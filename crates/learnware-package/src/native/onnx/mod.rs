//! ONNX graphs of tabular models and small image models.
//!
//! Evaluates the operators that skl2onnx and onnxmltools emit for the usual scikit-learn, LightGBM and
//! XGBoost models, and those of convolutional networks as PyTorch exports them (the list is
//! [`operator_names`]), on one input of rows x columns or several inputs whose columns are put side by
//! side; examples of more axes (channels x height x width) are flattened, row by row. Custom domains, functions, external data and control flow other
//! than a plain `Scan` are refused by name. Only what the chosen output needs is compiled: a graph
//! that computes a label in an unusual way still loads when it has probabilities.

mod attributes;
#[cfg(test)]
mod convolution_tests;
mod graph;
pub(super) mod merge;
mod operators;
mod proto;
mod tensor;
#[cfg(test)]
mod tests;
mod told;
pub mod write;

use learnware_engine::Matrix;
use learnware_engine::predictor::PredictError;

use super::error::NativeError;
use super::facts::Told;
use super::{OUTPUTS_MAX, TableModel, WIDTH_MAX, matrix};
use graph::Graph;
use proto::{Dimension, GraphProto, ValueInfo};
use tensor::{Budget, Fault, Kind, Tensor};

pub use operators::names as operator_names;

const FORMAT: &str = "onnx";

/// Rows evaluated together at most; bounds the memory of intermediate results.
const BLOCK_ROWS: usize = 256;

/// Numbers alive at once that a block is made for (64 MiB): fewer rows go together in large models.
const BLOCK_ELEMENTS: usize = 1 << 23;

/// Axes of one example at most: channels, height, width.
const EXAMPLE_AXES_MAX: usize = 3;

/// One input of the graph.
#[derive(Debug)]
struct Input {
    kind: Kind,
    /// Columns of the data it takes.
    width: usize,
    /// Shape of one example; empty for one number.
    shape: Vec<usize>,
}

/// A loaded graph.
pub(crate) struct OnnxModel {
    graph: Graph,
    inputs: Vec<Input>,
    width: usize,
    outputs: Option<usize>,
    /// Rows evaluated together.
    block: usize,
    told: Told,
}

impl OnnxModel {
    /// Decodes, checks and compiles a model, and tries it on one row of zeros.
    pub(crate) fn load(bytes: &[u8]) -> Result<Self, NativeError> {
        let model = proto::decode(bytes)?;
        if !model.functions.is_empty() {
            let advice = "inline the functions (onnx.inliner.inline_local_functions)";
            return Err(NativeError::unsupported(FORMAT, "functions of its own", advice));
        }
        let proto = model.graph.ok_or_else(|| NativeError::malformed(FORMAT, "it has no graph"))?;
        let constants: Vec<&str> =
            proto.initializer.iter().filter_map(|tensor| tensor.name.as_deref()).collect();
        let mut names = Vec::new();
        let mut inputs = Vec::new();
        for value in &proto.input {
            let name = value.name.as_deref().unwrap_or_default();
            if !constants.contains(&name) {
                names.push(name);
                inputs.push(input(value)?);
            }
        }
        let width: usize = inputs.iter().map(|input| input.width).fold(0, usize::saturating_add);
        if width == 0 || width > WIDTH_MAX {
            return Err(NativeError::malformed(FORMAT, format!("it takes {width} columns")));
        }
        let output = chosen_output(&proto)?;
        let graph = Graph::compile(&proto, &names, &[output], 0)?;
        let mut model =
            Self { graph, inputs, width, outputs: None, block: BLOCK_ROWS, told: Told::default() };
        match model.block(&Matrix::zeros(1, width), 0..1) {
            Ok((answer, peak)) => {
                model.outputs = Some(answer.len());
                model.block = (BLOCK_ELEMENTS / peak.max(1)).clamp(1, BLOCK_ROWS);
            }
            Err(Fault::Value(_)) => {}
            Err(Fault::Broken(reason)) => return Err(NativeError::malformed(FORMAT, reason)),
            Err(Fault::OverLimit(what)) => {
                return Err(NativeError::unsupported(FORMAT, what, "use a smaller model"));
            }
        }
        let named: Vec<(&str, usize)> =
            names.into_iter().zip(model.inputs.iter().map(|input| input.width)).collect();
        model.told = told::told(&proto, &named, model.outputs);
        Ok(model)
    }

    /// Answers some rows, as many values per row as the answer divides into; and the most numbers alive
    /// at once.
    fn block(&self, rows: &Matrix, range: std::ops::Range<usize>) -> Result<(Vec<f64>, usize), Fault> {
        let count = range.len();
        let mut budget = Budget::new();
        let mut first = 0;
        let mut tensors = Vec::with_capacity(self.inputs.len());
        for input in &self.inputs {
            let mut shape = vec![count];
            shape.extend(&input.shape);
            budget.take(&shape)?;
            let columns = first..first + input.width;
            let data = range.clone().flat_map(|row| rows.row(row)[columns.clone()].iter().copied()).collect();
            tensors.push(Tensor::new(input.kind, shape, data));
            first += input.width;
        }
        let outputs = self.graph.run(tensors, &mut budget)?;
        let answer = outputs.into_iter().next().ok_or_else(|| Fault::broken("the graph answers nothing"))?;
        let values = answer.data.len();
        if values == 0 || answer.shape.first() != Some(&count) || values / count > OUTPUTS_MAX {
            return Err(Fault::broken(format!(
                "the graph answers shape {:?} for {count} rows",
                answer.shape
            )));
        }
        Ok((answer.data, budget.peak()))
    }
}

impl TableModel for OnnxModel {
    fn width(&self) -> usize {
        self.width
    }

    fn example(&self) -> Vec<usize> {
        match self.inputs.as_slice() {
            [input] if input.shape.len() > 1 => input.shape.clone(),
            _ => vec![self.width],
        }
    }

    fn outputs(&self) -> Option<usize> {
        self.outputs
    }

    fn told(&self) -> Told {
        self.told.clone()
    }

    fn evaluate(&self, rows: &Matrix) -> Result<Matrix, PredictError> {
        let mut values = Vec::new();
        let mut first = 0;
        while first < rows.rows() {
            let last = (first + self.block).min(rows.rows());
            values.extend(self.block(rows, first..last).map_err(error)?.0);
            first = last;
        }
        let columns = values.len() / rows.rows().max(1);
        matrix(rows.rows(), columns, values)
    }
}

/// A fault in words for people.
fn error(fault: Fault) -> PredictError {
    match fault {
        Fault::Broken(message) | Fault::Value(message) => {
            PredictError::Failed { message, log: String::new() }
        }
        Fault::OverLimit(what) => PredictError::OverLimit { what },
    }
}

/// Reads an input's declaration.
fn input(value: &ValueInfo) -> Result<Input, NativeError> {
    let name = value.name.as_deref().unwrap_or_default();
    let refuse = |what: String| {
        let advice = "export it with one float input of shape [None, number of columns] or, for images, \
                      [None, channels, height, width]";
        NativeError::unsupported(FORMAT, format!("the input {name:?} with {what}"), advice)
    };
    let tensor = value.kind.as_ref().and_then(|kind| kind.tensor.as_ref());
    let tensor = tensor.ok_or_else(|| refuse("something other than a tensor".into()))?;
    let code = tensor.element.unwrap_or(0);
    let kind = Kind::of(code).filter(|kind| *kind != Kind::Text);
    let kind = kind.ok_or_else(|| refuse(format!("element type {code}")))?;
    let shape = tensor.shape.as_ref().ok_or_else(|| refuse("no shape".into()))?;
    let size = |dimension: &Dimension| {
        let size = dimension.value.and_then(|value| usize::try_from(value).ok());
        size.filter(|size| *size > 0 && *size <= WIDTH_MAX)
    };
    let [_, example @ ..] = shape.dimension.as_slice() else {
        return Err(refuse("no dimension".into()));
    };
    if example.len() > EXAMPLE_AXES_MAX {
        return Err(refuse(format!("{} dimensions", example.len() + 1)));
    }
    let what = if example.len() > 1 { "an example of unknown size" } else { "an unknown number of columns" };
    let shape: Option<Vec<usize>> = example.iter().map(size).collect();
    let shape = shape.ok_or_else(|| refuse(what.into()))?;
    let width = shape.iter().fold(1_usize, |width, size| width.saturating_mul(*size));
    Ok(Input { kind, width, shape })
}

/// The output that answers: the second when the first is a label and the second has scores, otherwise
/// the first.
fn chosen_output(graph: &GraphProto) -> Result<&str, NativeError> {
    let output = match graph.output.as_slice() {
        [] => return Err(NativeError::malformed(FORMAT, "the graph has no output")),
        [label, scores, ..] if !is_scores(label) && is_scores(scores) => scores,
        [first, ..] => first,
    };
    output.name.as_deref().ok_or_else(|| NativeError::malformed(FORMAT, "its output has no name"))
}

/// Whether an output holds numbers rather than labels.
fn is_scores(value: &ValueInfo) -> bool {
    let Some(kind) = &value.kind else { return true };
    let element = kind.tensor.as_ref().and_then(|tensor| tensor.element);
    kind.sequence.is_some() || matches!(element, None | Some(0 | 1 | 11))
}
