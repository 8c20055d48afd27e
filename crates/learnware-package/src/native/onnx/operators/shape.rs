//! Operators that move numbers without changing them.

use super::super::attributes::Attributes;
use super::super::tensor::{Budget, Fault, Kind, Tensor, broadcast, elements, place, signed, walk};
use super::{Compiled, Inputs, Operator};
use crate::native::error::NativeError;

pub(super) const NAMES: &[&str] = &[
    "Reshape",
    "Flatten",
    "Transpose",
    "Squeeze",
    "Unsqueeze",
    "Concat",
    "Slice",
    "Gather",
    "GatherElements",
    "Shape",
    "ConstantOfShape",
    "Constant",
    "Expand",
];

pub(super) fn compile(name: &str, attributes: &Attributes) -> Compiled {
    Ok(Some(match name {
        "Reshape" => reshape(attributes),
        "Flatten" => flatten(attributes.integer("axis", 1)),
        "Transpose" => transpose(attributes),
        "Squeeze" => squeeze(attributes),
        "Unsqueeze" => unsqueeze(attributes),
        "Concat" => concat(attributes.integer("axis", 0)),
        "Slice" => slice(attributes),
        "Gather" => gather(attributes.integer("axis", 0)),
        "GatherElements" => gather_elements(attributes.integer("axis", 0)),
        "Shape" => Box::new(|inputs: &Inputs, budget: &mut Budget| {
            let shape = &inputs.required(0)?.shape;
            budget.take(&[shape.len()])?;
            let data = shape.iter().map(|size| *size as f64).collect();
            Ok(vec![Tensor::new(Kind::Integer, vec![shape.len()], data)])
        }),
        "ConstantOfShape" => constant_of_shape(attributes)?,
        "Constant" => constant(attributes)?,
        "Expand" => Box::new(expand),
        _ => return Ok(None),
    }))
}

/// A copy of `tensor` with another shape of the same size.
fn with_shape(tensor: &Tensor, shape: Vec<usize>, budget: &mut Budget) -> Result<Vec<Tensor>, Fault> {
    if elements(&shape) != Some(tensor.data.len()) {
        return Err(Fault::broken(format!("shape {:?} does not become {shape:?}", tensor.shape)));
    }
    budget.take(&shape)?;
    Ok(vec![Tensor { kind: tensor.kind, shape, data: tensor.data.clone() }])
}

/// The integers of input `place`, or else the attribute `given`.
fn listed(inputs: &Inputs, place: usize, given: Option<&Vec<i64>>) -> Option<Vec<i64>> {
    inputs.optional(place).map(Tensor::integers).or_else(|| given.cloned())
}

/// The attribute's integers, if it is there.
fn attribute(attributes: &Attributes, name: &str) -> Option<Vec<i64>> {
    attributes.has(name).then(|| attributes.integers(name).to_vec())
}

fn reshape(attributes: &Attributes) -> Box<dyn Operator> {
    let given = attribute(attributes, "shape");
    let keep_zero = attributes.integer("allowzero", 0) != 0;
    Box::new(move |inputs: &Inputs, budget: &mut Budget| {
        let input = inputs.required(0)?;
        let wanted = listed(inputs, 1, given.as_ref()).ok_or_else(|| Fault::broken("no shape given"))?;
        let mut shape = Vec::with_capacity(wanted.len());
        let mut open = None;
        for (axis, size) in wanted.iter().enumerate() {
            shape.push(match *size {
                -1 if open.is_none() => {
                    open = Some(axis);
                    1
                }
                0 if !keep_zero => {
                    *input.shape.get(axis).ok_or_else(|| Fault::broken(format!("no axis {axis} to keep")))?
                }
                size => usize::try_from(size).map_err(|_| Fault::broken(format!("size {size}")))?,
            });
        }
        if let Some(axis) = open {
            let rest = elements(&shape).filter(|rest| *rest > 0);
            shape[axis] =
                input.data.len() / rest.ok_or_else(|| Fault::broken("a shape that cannot be filled"))?;
        }
        with_shape(input, shape, budget)
    })
}

fn flatten(axis: i64) -> Box<dyn Operator> {
    Box::new(move |inputs: &Inputs, budget: &mut Budget| {
        let input = inputs.required(0)?;
        let rank = input.shape.len();
        let axis = if axis == signed(rank) { rank } else { place(axis, rank)? };
        let rows = elements(&input.shape[..axis]).unwrap_or(0);
        let columns = elements(&input.shape[axis..]).unwrap_or(0);
        with_shape(input, vec![rows, columns], budget)
    })
}

fn transpose(attributes: &Attributes) -> Box<dyn Operator> {
    let given = attribute(attributes, "perm");
    Box::new(move |inputs: &Inputs, budget: &mut Budget| {
        let input = inputs.required(0)?;
        let rank = input.shape.len();
        let order = match &given {
            None => (0..rank).rev().collect(),
            Some(order) => order.iter().map(|axis| place(*axis, rank)).collect::<Result<Vec<_>, _>>()?,
        };
        let mut sorted = order.clone();
        sorted.sort_unstable();
        if sorted != (0..rank).collect::<Vec<_>>() {
            return Err(Fault::broken(format!("order {order:?} of {rank} axes")));
        }
        Ok(vec![input.permuted(&order, budget)?])
    })
}

fn squeeze(attributes: &Attributes) -> Box<dyn Operator> {
    let given = attribute(attributes, "axes");
    Box::new(move |inputs: &Inputs, budget: &mut Budget| {
        let input = inputs.required(0)?;
        let mut shape = input.shape.clone();
        match listed(inputs, 1, given.as_ref()) {
            None => shape.retain(|size| *size != 1),
            Some(axes) => {
                let mut axes = axes.iter().map(|axis| input.axis(*axis)).collect::<Result<Vec<_>, _>>()?;
                axes.sort_unstable();
                axes.dedup();
                for axis in axes.iter().rev() {
                    shape.remove(*axis);
                }
            }
        }
        with_shape(input, shape, budget)
    })
}

fn unsqueeze(attributes: &Attributes) -> Box<dyn Operator> {
    let given = attribute(attributes, "axes");
    Box::new(move |inputs: &Inputs, budget: &mut Budget| {
        let input = inputs.required(0)?;
        let axes = listed(inputs, 1, given.as_ref()).ok_or_else(|| Fault::broken("no axes given"))?;
        let rank = input.shape.len() + axes.len();
        let mut axes = axes.iter().map(|axis| place(*axis, rank)).collect::<Result<Vec<_>, _>>()?;
        axes.sort_unstable();
        let mut shape = input.shape.clone();
        for axis in axes {
            shape.insert(axis.min(shape.len()), 1);
        }
        with_shape(input, shape, budget)
    })
}

fn concat(axis: i64) -> Box<dyn Operator> {
    Box::new(move |inputs: &Inputs, budget: &mut Budget| {
        let first = inputs.required(0)?;
        let axis = first.axis(axis)?;
        let mut shape = first.shape.clone();
        shape[axis] = 0;
        let mut parts = Vec::with_capacity(inputs.0.len());
        for number in 0..inputs.0.len() {
            let part = inputs.required(number)?;
            let fits = part.shape.len() == shape.len()
                && (0..shape.len()).all(|other| other == axis || part.shape[other] == shape[other]);
            if !fits || (part.kind == Kind::Text) != (first.kind == Kind::Text) {
                return Err(Fault::broken(format!(
                    "shapes {:?} and {:?} side by side",
                    first.shape, part.shape
                )));
            }
            shape[axis] += part.shape[axis];
            parts.push((part, elements(&part.shape[axis..]).unwrap_or(0)));
        }
        let mut data = Vec::with_capacity(budget.take(&shape)?);
        for row in 0..elements(&shape[..axis]).unwrap_or(0) {
            for (part, run) in &parts {
                data.extend_from_slice(&part.data[row * run..(row + 1) * run]);
            }
        }
        Ok(vec![Tensor::new(first.kind, shape, data)])
    })
}

/// Takes the places `picked` along `axis`.
fn pick(input: &Tensor, axis: usize, picked: &[usize], budget: &mut Budget) -> Result<Tensor, Fault> {
    let mut shape = input.shape.clone();
    shape[axis] = picked.len();
    let run = elements(&input.shape[axis + 1..]).unwrap_or(0);
    let outer = elements(&input.shape[..axis]).unwrap_or(0);
    let mut data = Vec::with_capacity(budget.take(&shape)?);
    for row in 0..outer {
        for place in picked {
            let first = (row * input.shape[axis] + place) * run;
            data.extend_from_slice(&input.data[first..first + run]);
        }
    }
    Ok(Tensor { kind: input.kind, shape, data })
}

/// Places from `start` to `end`, which may count from the end and lie outside, in steps that may go back.
fn sliced(size: i64, start: i64, end: i64, step: i64) -> Result<Vec<usize>, Fault> {
    let from_end = |value: i64| if value < 0 { value.saturating_add(size) } else { value };
    let length = usize::try_from(step.unsigned_abs()).unwrap_or(usize::MAX);
    match step {
        0 => Err(Fault::broken("steps of 0")),
        1.. => {
            let bound = |value| from_end(value).clamp(0, size) as usize;
            Ok((bound(start)..bound(end)).step_by(length).collect())
        }
        _ => {
            // One more than each place, so that -1, before the first, is a bound too.
            let after = |value: i64| (from_end(value).clamp(-1, size - 1) + 1) as usize;
            Ok((after(end)..after(start)).rev().step_by(length).collect())
        }
    }
}

fn slice(attributes: &Attributes) -> Box<dyn Operator> {
    let (starts, ends) = (attribute(attributes, "starts"), attribute(attributes, "ends"));
    let axes = attribute(attributes, "axes");
    Box::new(move |inputs: &Inputs, budget: &mut Budget| {
        let input = inputs.required(0)?;
        let missing = || Fault::broken("no bounds given");
        let starts = listed(inputs, 1, starts.as_ref()).ok_or_else(missing)?;
        let ends = listed(inputs, 2, ends.as_ref()).ok_or_else(missing)?;
        let axes = listed(inputs, 3, axes.as_ref()).unwrap_or_else(|| (0..signed(starts.len())).collect());
        let steps = listed(inputs, 4, None).unwrap_or_else(|| vec![1; starts.len()]);
        if ends.len() != starts.len() || axes.len() != starts.len() || steps.len() != starts.len() {
            return Err(Fault::broken("its bounds differ in number"));
        }
        budget.take(&input.shape)?;
        let mut result = input.clone();
        for number in 0..starts.len() {
            let axis = result.axis(axes[number])?;
            let size = signed(result.shape[axis]);
            let picked = sliced(size, starts[number], ends[number], steps[number])?;
            let next = pick(&result, axis, &picked, budget)?;
            budget.give_back(&result);
            result = next;
        }
        Ok(vec![result])
    })
}

/// Places that may count from the end.
fn places(indices: &Tensor, size: usize) -> Result<Vec<usize>, Fault> {
    indices.integers().iter().map(|index| place(*index, size)).collect()
}

fn gather(axis: i64) -> Box<dyn Operator> {
    Box::new(move |inputs: &Inputs, budget: &mut Budget| {
        let (input, indices) = (inputs.required(0)?, inputs.required(1)?);
        let axis = input.axis(axis)?;
        let mut result = pick(input, axis, &places(indices, input.shape[axis])?, budget)?;
        result.shape.splice(axis..=axis, indices.shape.iter().copied());
        Budget::check(&result.shape)?;
        Ok(vec![result])
    })
}

fn gather_elements(axis: i64) -> Box<dyn Operator> {
    Box::new(move |inputs: &Inputs, budget: &mut Budget| {
        let (input, indices) = (inputs.required(0)?, inputs.required(1)?);
        let axis = input.axis(axis)?;
        let fits = indices.shape.len() == input.shape.len()
            && (0..input.shape.len())
                .all(|other| other == axis || indices.shape[other] <= input.shape[other]);
        if !fits {
            return Err(Fault::broken(format!("shapes {:?} and {:?}", input.shape, indices.shape)));
        }
        let picked = places(indices, input.shape[axis])?;
        let step = input.strides()[axis];
        let mut steps = input.strides();
        steps[axis] = 0;
        let mut data = Vec::with_capacity(budget.take(&indices.shape)?);
        let mut next = picked.iter();
        walk(&indices.shape, [&steps], |[base]| {
            data.extend(next.next().map(|place| input.data[base + place * step]));
        });
        Ok(vec![Tensor { kind: input.kind, shape: indices.shape.clone(), data }])
    })
}

fn constant_of_shape(attributes: &Attributes) -> Result<Box<dyn Operator>, NativeError> {
    let value = attributes.tensor("value").map(Tensor::constant).transpose()?;
    let (kind, value) = match value {
        None => (Kind::Float, 0.0),
        Some(tensor) => match tensor.data.as_slice() {
            [value] if tensor.kind != Kind::Text => (tensor.kind, *value),
            _ => return Err(attributes.wrong("its value is not one number")),
        },
    };
    Ok(Box::new(move |inputs: &Inputs, budget: &mut Budget| {
        let sizes = inputs.required(0)?.integers();
        let shape: Option<Vec<usize>> = sizes.iter().map(|size| usize::try_from(*size).ok()).collect();
        let shape = shape.ok_or_else(|| Fault::broken(format!("shape {sizes:?}")))?;
        let count = budget.take(&shape)?;
        Ok(vec![Tensor::new(kind, shape, vec![value; count])])
    }))
}

fn constant(attributes: &Attributes) -> Result<Box<dyn Operator>, NativeError> {
    let list = |kind, data: Vec<f64>| Tensor::new(kind, vec![data.len()], data);
    let tensor = if let Some(tensor) = attributes.tensor("value") {
        Tensor::constant(tensor)?
    } else if attributes.has("value_float") {
        Tensor::new(Kind::Float, vec![], vec![attributes.float("value_float", 0.0)])
    } else if attributes.has("value_int") {
        Tensor::new(Kind::Integer, vec![], vec![attributes.integer("value_int", 0) as f64])
    } else if attributes.has("value_floats") {
        list(Kind::Float, attributes.floats("value_floats")?)
    } else if attributes.has("value_ints") {
        list(Kind::Integer, attributes.integers("value_ints").iter().map(|value| *value as f64).collect())
    } else {
        return Err(attributes.unsupported("a text or sparse value", "export it with dense numbers"));
    };
    Ok(Box::new(move |_: &Inputs, budget: &mut Budget| {
        budget.take(&tensor.shape)?;
        Ok(vec![tensor.clone()])
    }))
}

fn expand(inputs: &Inputs, budget: &mut Budget) -> Result<Vec<Tensor>, Fault> {
    let input = inputs.required(0)?;
    let sizes = inputs.required(1)?.integers();
    let wanted: Option<Vec<usize>> = sizes.iter().map(|size| usize::try_from(*size).ok()).collect();
    let wanted = wanted.ok_or_else(|| Fault::broken(format!("shape {sizes:?}")))?;
    let (shape, steps, _) = broadcast(&input.shape, &wanted)?;
    let mut data = Vec::with_capacity(budget.take(&shape)?);
    walk(&shape, [&steps], |[place]| data.push(input.data[place]));
    Ok(vec![Tensor { kind: input.kind, shape, data }])
}
