//! `Scan` over the rows of one tensor: how skl2onnx writes distances to all training rows.

use super::super::attributes::Attributes;
use super::super::graph::Graph;
use super::super::proto;
use super::super::tensor::{Budget, Fault, Tensor};
use super::{Inputs, Operator};
use crate::native::error::NativeError;

pub(super) fn compile(attributes: &Attributes, depth: usize) -> Result<Box<dyn Operator>, NativeError> {
    let advice = "export it with a single level of Scan over the rows of one tensor";
    if depth > 0 {
        return Err(attributes.unsupported("another Scan inside", advice));
    }
    let options = ["scan_input_axes", "scan_input_directions", "scan_output_axes", "scan_output_directions"];
    let plain = options.iter().all(|name| attributes.integers(name).iter().all(|value| *value == 0));
    if attributes.integer("num_scan_inputs", 0) != 1 || !plain {
        return Err(attributes.unsupported("several tensors, other axes, or backwards", advice));
    }
    let bytes = attributes.graph("body").ok_or_else(|| attributes.wrong("it has no body"))?;
    let body = proto::decode_graph(bytes)?;
    let name = |value: &'_ proto::ValueInfo| value.name.clone().unwrap_or_default();
    let inputs: Vec<String> = body.input.iter().map(name).collect();
    let outputs: Vec<String> = body.output.iter().map(name).collect();
    let inputs: Vec<&str> = inputs.iter().map(String::as_str).collect();
    let outputs: Vec<&str> = outputs.iter().map(String::as_str).collect();
    let graph = Graph::compile(&body, &inputs, &outputs, depth + 1)?;
    if graph.inputs() == 0 || graph.outputs() < graph.inputs() - 1 {
        return Err(attributes.wrong("its body has too few inputs or outputs"));
    }
    Ok(Box::new(Scan { graph }))
}

struct Scan {
    graph: Graph,
}

impl Operator for Scan {
    fn run(&self, inputs: &Inputs, budget: &mut Budget) -> Result<Vec<Tensor>, Fault> {
        let states = self.graph.inputs() - 1;
        if inputs.0.len() != states + 1 {
            return Err(Fault::broken("its body takes another number of inputs"));
        }
        let rows = inputs.required(states)?;
        let Some((&count, row_shape)) = rows.shape.split_first() else {
            return Err(Fault::broken("nothing to go through"));
        };
        let size = rows.data.len().checked_div(count).unwrap_or(0);
        let mut state =
            (0..states).map(|place| inputs.required(place).cloned()).collect::<Result<Vec<_>, _>>()?;
        for tensor in &state {
            budget.take(&tensor.shape)?;
        }
        let mut stacked: Vec<Option<Tensor>> = vec![None; self.graph.outputs() - states];
        for row in 0..count {
            let mut given = state;
            budget.take(row_shape)?;
            let data = rows.data[row * size..(row + 1) * size].to_vec();
            given.push(Tensor { kind: rows.kind, shape: row_shape.to_vec(), data });
            // A state that goes through unchanged is copied by the body; it frees what it was given.
            let mut made = self.graph.run(given, budget)?;
            for (whole, part) in stacked.iter_mut().zip(made.split_off(states)) {
                match whole {
                    None => {
                        let mut shape = vec![1];
                        shape.extend_from_slice(&part.shape);
                        *whole = Some(Tensor { kind: part.kind, shape, data: part.data });
                    }
                    Some(whole) if whole.shape[1..] == part.shape => {
                        whole.shape[0] += 1;
                        whole.data.extend_from_slice(&part.data);
                    }
                    Some(whole) => {
                        return Err(Fault::broken(format!(
                            "parts of shape {:?} and {:?}",
                            &whole.shape[1..],
                            part.shape
                        )));
                    }
                }
            }
            state = made;
        }
        let stacked: Option<Vec<Tensor>> = stacked.into_iter().collect();
        state.extend(stacked.ok_or_else(|| Fault::broken("nothing to go through"))?);
        Ok(state)
    }
}
