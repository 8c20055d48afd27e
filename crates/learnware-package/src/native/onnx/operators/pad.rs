//! `Pad`: borders of a constant, of the edge's value, or mirrored; a negative border cuts off.

use super::super::attributes::Attributes;
use super::super::tensor::{Budget, Fault, Tensor, elements, signed};
use super::convolution::numbers;
use super::{Compiled, Inputs, Operator};
use crate::native::error::NativeError;

pub(super) const NAMES: &[&str] = &["Pad"];

/// Widest border; keeps sums of sizes far from overflow.
const BORDER_MAX: i64 = 1 << 20;

pub(super) fn compile(name: &str, attributes: &Attributes) -> Compiled {
    if name != "Pad" {
        return Ok(None);
    }
    pad(attributes).map(Some)
}

/// What a border holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Mode {
    Constant,
    Edge,
    Reflect,
}

fn pad(attributes: &Attributes) -> Result<Box<dyn Operator>, NativeError> {
    let mode = match attributes.text("mode").as_str() {
        "" | "constant" => Mode::Constant,
        "edge" => Mode::Edge,
        "reflect" => Mode::Reflect,
        other => return Err(attributes.unsupported(format!("mode {other}"), "export it with constant")),
    };
    let given = attributes.integers("pads").to_vec();
    let value = attributes.float("value", 0.0);
    Ok(Box::new(move |inputs: &Inputs, budget: &mut Budget| {
        let input = numbers(inputs.required(0)?)?;
        let pads = inputs.optional(1).map_or_else(|| given.clone(), Tensor::integers);
        let value = inputs.optional(2).and_then(|value| value.data.first().copied()).unwrap_or(value);
        let axes = match inputs.optional(3) {
            None => (0..input.shape.len()).collect(),
            Some(axes) => {
                axes.integers().iter().map(|axis| input.axis(*axis)).collect::<Result<Vec<_>, _>>()?
            }
        };
        if pads.len() != 2 * axes.len() || pads.iter().any(|pad| pad.abs() > BORDER_MAX) {
            return Err(Fault::broken(format!("borders {pads:?} for shape {:?}", input.shape)));
        }
        budget.take(&input.shape)?;
        let mut result = input.clone();
        for (place, axis) in axes.iter().enumerate() {
            let border = (pads[place], pads[place + axes.len()]);
            if border != (0, 0) {
                let next = along(&result, *axis, border, (mode, value), budget)?;
                budget.give_back(&result);
                result = next;
            }
        }
        Ok(vec![result])
    }))
}

/// Pads one axis.
fn along(
    input: &Tensor,
    axis: usize,
    border: (i64, i64),
    (mode, value): (Mode, f64),
    budget: &mut Budget,
) -> Result<Tensor, Fault> {
    let size = signed(input.shape[axis]);
    let length = usize::try_from(size + border.0 + border.1)
        .map_err(|_| Fault::broken(format!("borders {border:?} for {size} cells")))?;
    let source = |place: usize| -> Option<usize> {
        let cell = signed(place) - border.0;
        let inside = match mode {
            Mode::Edge => cell.clamp(0, size - 1),
            Mode::Reflect if cell < 0 => -cell,
            Mode::Reflect if cell >= size => 2 * (size - 1) - cell,
            Mode::Constant | Mode::Reflect => cell,
        };
        usize::try_from(inside).ok().filter(|inside| signed(*inside) < size)
    };
    let sources: Vec<Option<usize>> = (0..length).map(source).collect();
    if mode != Mode::Constant && sources.contains(&None) {
        return Err(Fault::broken(format!("borders {border:?} mirror more than {size} cells")));
    }
    let mut shape = input.shape.clone();
    shape[axis] = length;
    let run = elements(&input.shape[axis + 1..]).unwrap_or(0);
    let mut data = Vec::with_capacity(budget.take(&shape)?);
    for row in 0..elements(&input.shape[..axis]).unwrap_or(0) {
        for source in &sources {
            match source {
                None => data.resize(data.len() + run, value),
                Some(cell) => {
                    let first = (row * input.shape[axis] + cell) * run;
                    data.extend_from_slice(&input.data[first..first + run]);
                }
            }
        }
    }
    Ok(Tensor { kind: input.kind, shape, data })
}
