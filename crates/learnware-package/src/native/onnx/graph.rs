//! From a graph message to a plan of steps, and running the plan.

use std::collections::BTreeMap;

use super::FORMAT;
use super::attributes::label;
use super::operators::{self, Inputs, Operator};
use super::proto::GraphProto;
use super::tensor::{Budget, Fault, Tensor};
use crate::native::error::NativeError;

/// Work that a value or step costs beside its numbers, in elementary operations.
const OVERHEAD: usize = 64;

/// One node, ready to run.
struct Step {
    operator: Box<dyn Operator>,
    label: String,
    /// Values read; `None` for an input left out.
    inputs: Vec<Option<usize>>,
    /// Values made; `None` where nobody reads them.
    outputs: Vec<Option<usize>>,
    /// Values not needed after this step.
    last_use: Vec<usize>,
}

/// A compiled graph.
pub(super) struct Graph {
    constants: BTreeMap<usize, Tensor>,
    inputs: Vec<usize>,
    outputs: Vec<usize>,
    steps: Vec<Step>,
    values: usize,
}

impl Graph {
    /// Compiles what `outputs` need. `depth` is how many graphs this one is nested in.
    pub(super) fn compile(
        proto: &GraphProto,
        inputs: &[&str],
        outputs: &[&str],
        depth: usize,
    ) -> Result<Self, NativeError> {
        if !proto.sparse_initializer.is_empty() {
            let advice = "export it with dense tensors";
            return Err(NativeError::unsupported(FORMAT, "sparse tensors", advice));
        }
        let needed = needed(proto, outputs);
        let mut names: BTreeMap<&str, usize> = BTreeMap::new();
        for name in inputs {
            let place = names.len();
            if names.insert(name, place).is_some() {
                return Err(NativeError::malformed(FORMAT, format!("two inputs named {name:?}")));
            }
        }
        let mut constants = BTreeMap::new();
        for tensor in &proto.initializer {
            let place = names.len();
            let name = tensor.name.as_deref().unwrap_or_default();
            if names.insert(name, place).is_some() {
                return Err(NativeError::malformed(FORMAT, format!("two values named {name:?}")));
            }
            constants.insert(place, Tensor::constant(tensor)?);
        }
        let mut steps = Vec::new();
        for (node, _) in proto.node.iter().zip(&needed).filter(|(_, needed)| **needed) {
            let label = label(node);
            let find = |name: &String| match names.get(name.as_str()) {
                Some(place) => Ok(Some(*place)),
                None if name.is_empty() => Ok(None),
                None => Err(NativeError::malformed(
                    FORMAT,
                    format!("{label} reads {name:?}, made by no node before"),
                )),
            };
            let inputs = node.input.iter().map(find).collect::<Result<Vec<_>, _>>()?;
            let operator = operators::compile(node, depth)?;
            let mut made = Vec::new();
            for name in &node.output {
                let place = names.len();
                if !name.is_empty() && names.insert(name, place).is_some() {
                    return Err(NativeError::malformed(FORMAT, format!("two values named {name:?}")));
                }
                made.push((!name.is_empty()).then_some(place));
            }
            steps.push(Step { operator, label, inputs, outputs: made, last_use: Vec::new() });
        }
        let place = |name: &&str| {
            let found = names.get(name).copied();
            found.ok_or_else(|| {
                NativeError::malformed(FORMAT, format!("the output {name:?} is made by no node"))
            })
        };
        let outputs = outputs.iter().map(place).collect::<Result<Vec<_>, _>>()?;
        let mut graph =
            Self { constants, inputs: (0..inputs.len()).collect(), outputs, steps, values: names.len() };
        graph.mark_last_uses();
        Ok(graph)
    }

    /// Finds after which step each value can be dropped.
    fn mark_last_uses(&mut self) {
        let mut kept = vec![false; self.values];
        self.outputs.iter().for_each(|value| kept[*value] = true);
        self.constants.keys().for_each(|value| kept[*value] = true);
        for step in self.steps.iter_mut().rev() {
            for value in step.inputs.iter().chain(&step.outputs).flatten() {
                if !std::mem::replace(&mut kept[*value], true) {
                    step.last_use.push(*value);
                }
            }
        }
    }

    /// Number of inputs.
    pub(super) fn inputs(&self) -> usize {
        self.inputs.len()
    }

    /// Number of outputs.
    pub(super) fn outputs(&self) -> usize {
        self.outputs.len()
    }

    /// Runs all steps; `inputs` are already in the budget.
    pub(super) fn run(&self, inputs: Vec<Tensor>, budget: &mut Budget) -> Result<Vec<Tensor>, Fault> {
        budget.spend(OVERHEAD * (self.values + self.steps.len()))?;
        let mut values: Vec<Option<Tensor>> = vec![None; self.values];
        for (place, tensor) in self.inputs.iter().zip(inputs) {
            values[*place] = Some(tensor);
        }
        for step in &self.steps {
            let find = |place: &Option<usize>| match place {
                None => Ok(None),
                Some(place) => {
                    let found = self.constants.get(place).or(values[*place].as_ref());
                    found
                        .map(Some)
                        .ok_or_else(|| Fault::broken(format!("{}: an input is missing", step.label)))
                }
            };
            let given = step.inputs.iter().map(find).collect::<Result<Vec<_>, _>>()?;
            let made = step.operator.run(&Inputs(&given), budget).map_err(|fault| match fault {
                Fault::Broken(reason) => Fault::Broken(format!("{}: {reason}", step.label)),
                Fault::OverLimit(reason) => Fault::OverLimit(format!("{}: {reason}", step.label)),
                Fault::Value(reason) => Fault::Value(format!("{}: {reason}", step.label)),
            })?;
            for (place, tensor) in step.outputs.iter().zip(made) {
                if let Some(place) = place {
                    values[*place] = Some(tensor);
                } else {
                    budget.give_back(&tensor);
                }
            }
            for place in &step.last_use {
                if let Some(tensor) = values[*place].take() {
                    budget.give_back(&tensor);
                }
            }
        }
        let find = |place: &usize| {
            let found = self.constants.get(place).cloned().or_else(|| values[*place].clone());
            found.ok_or_else(|| Fault::broken("an output is not made"))
        };
        self.outputs.iter().map(find).collect()
    }
}

/// Which nodes the outputs depend on. Nodes are in order of use, so one pass backwards finds them.
fn needed(proto: &GraphProto, outputs: &[&str]) -> Vec<bool> {
    let mut wanted: std::collections::BTreeSet<&str> = outputs.iter().copied().collect();
    let mut needed = vec![false; proto.node.len()];
    for (place, node) in proto.node.iter().enumerate().rev() {
        if node.output.iter().any(|name| !name.is_empty() && wanted.contains(name.as_str())) {
            needed[place] = true;
            wanted.extend(node.input.iter().map(String::as_str));
        }
    }
    needed
}
