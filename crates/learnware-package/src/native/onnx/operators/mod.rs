//! Operators by name.

mod classic;
mod convolution;
mod elementwise;
mod linear;
mod pad;
mod pooling;
mod reduce;
mod scan;
mod shape;
mod svm;
mod trees;
mod window;

use super::FORMAT;
use super::attributes::{Attributes, label};
use super::proto::NodeProto;
use super::tensor::{Budget, Fault, Tensor};
use crate::native::error::NativeError;

/// One operator with its attributes read and checked.
pub(super) trait Operator: Send {
    /// Computes the outputs; asks the budget before it allocates.
    fn run(&self, inputs: &Inputs, budget: &mut Budget) -> Result<Vec<Tensor>, Fault>;
}

/// What a node reads.
pub(super) struct Inputs<'a>(pub(super) &'a [Option<&'a Tensor>]);

impl<'a> Inputs<'a> {
    /// The input at `place`, if given.
    pub(super) fn optional(&self, place: usize) -> Option<&'a Tensor> {
        self.0.get(place).copied().flatten()
    }

    /// The input at `place`.
    pub(super) fn required(&self, place: usize) -> Result<&'a Tensor, Fault> {
        self.optional(place).ok_or_else(|| Fault::broken(format!("input {place} is missing")))
    }
}

/// An operator that is a function of its inputs.
impl<F> Operator for F
where
    F: Fn(&Inputs, &mut Budget) -> Result<Vec<Tensor>, Fault> + Send,
{
    fn run(&self, inputs: &Inputs, budget: &mut Budget) -> Result<Vec<Tensor>, Fault> {
        self(inputs, budget)
    }
}

/// Outcome of compiling a node: `None` when the group does not know the operator.
type Compiled = Result<Option<Box<dyn Operator>>, NativeError>;

/// Names of all operators evaluated here, with `ai.onnx.ml.` before those of that domain.
pub fn names() -> Vec<String> {
    let plain = [
        elementwise::NAMES,
        shape::NAMES,
        reduce::NAMES,
        linear::NAMES,
        convolution::NAMES,
        pooling::NAMES,
        pad::NAMES,
        &["Scan"],
    ];
    let classic = [classic::NAMES, svm::NAMES, trees::NAMES];
    let plain = plain.iter().flat_map(|names| names.iter()).map(|name| (*name).to_owned());
    plain
        .chain(classic.iter().flat_map(|names| names.iter()).map(|name| format!("ai.onnx.ml.{name}")))
        .collect()
}

/// Reads and checks a node's attributes.
pub(super) fn compile(node: &NodeProto, depth: usize) -> Result<Box<dyn Operator>, NativeError> {
    let name = node.op_type.as_deref().unwrap_or_default();
    let attributes = Attributes::new(node);
    let found = match node.domain.as_deref().unwrap_or_default() {
        "" | "ai.onnx" => compile_plain(name, &attributes, depth)?,
        "ai.onnx.ml" => compile_classic(name, &attributes)?,
        domain => {
            let advice = "export it with operators of the standard ONNX domains only";
            return Err(NativeError::unsupported(
                FORMAT,
                format!("{} of domain {domain}", label(node)),
                advice,
            ));
        }
    };
    found.ok_or_else(|| {
        let advice = "export a simpler pipeline, or add the model as Python code to be run behind a fence";
        NativeError::unsupported(FORMAT, format!("the operator {}", label(node)), advice)
    })
}

fn compile_plain(name: &str, attributes: &Attributes, depth: usize) -> Compiled {
    if name == "Scan" {
        return scan::compile(attributes, depth).map(Some);
    }
    let groups = [
        elementwise::compile,
        shape::compile,
        reduce::compile,
        linear::compile,
        convolution::compile,
        pooling::compile,
        pad::compile,
    ];
    for group in groups {
        if let Some(operator) = group(name, attributes)? {
            return Ok(Some(operator));
        }
    }
    Ok(None)
}

fn compile_classic(name: &str, attributes: &Attributes) -> Compiled {
    for group in [classic::compile, svm::compile, trees::compile] {
        if let Some(operator) = group(name, attributes)? {
            return Ok(Some(operator));
        }
    }
    Ok(None)
}
