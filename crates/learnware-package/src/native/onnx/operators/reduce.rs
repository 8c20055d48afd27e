//! Operators along axes: sums and other reductions, places of extremes, sorting, softmax.

use super::super::attributes::Attributes;
use super::super::tensor::{Budget, Fault, Kind, Tensor};
use super::{Compiled, Inputs, Operator};
use crate::native::softmax;

pub(super) const NAMES: &[&str] = &[
    "ReduceSum",
    "ReduceMean",
    "ReduceMax",
    "ReduceMin",
    "ReduceProd",
    "ReduceSumSquare",
    "ReduceL1",
    "ReduceL2",
    "ReduceLogSumExp",
    "ReduceLogSum",
    "ArgMax",
    "ArgMin",
    "TopK",
    "CumSum",
    "Softmax",
    "LogSoftmax",
];

pub(super) fn compile(name: &str, attributes: &Attributes) -> Compiled {
    if let Some(function) = function(name) {
        return Ok(Some(reduce(function, attributes)));
    }
    Ok(Some(match name {
        "ArgMax" => extreme(attributes, 1.0),
        "ArgMin" => extreme(attributes, -1.0),
        "TopK" => top_k(attributes),
        "CumSum" => cumulative(attributes),
        "Softmax" => along(attributes, softmax),
        "LogSoftmax" => along(attributes, |lane| {
            let total = log_sum_exp(lane);
            for value in lane.iter_mut() {
                *value -= total;
            }
        }),
        _ => return Ok(None),
    }))
}

fn function(name: &str) -> Option<fn(&[f64]) -> f64> {
    Some(match name {
        "ReduceSum" => |lane| lane.iter().sum(),
        "ReduceMean" => |lane| lane.iter().sum::<f64>() / lane.len() as f64,
        "ReduceMax" => |lane| lane.iter().copied().fold(f64::NEG_INFINITY, f64::max),
        "ReduceMin" => |lane| lane.iter().copied().fold(f64::INFINITY, f64::min),
        "ReduceProd" => |lane| lane.iter().product(),
        "ReduceSumSquare" => |lane| lane.iter().map(|value| value * value).sum(),
        "ReduceL1" => |lane| lane.iter().map(|value| value.abs()).sum(),
        "ReduceL2" => |lane| lane.iter().map(|value| value * value).sum::<f64>().sqrt(),
        "ReduceLogSumExp" => log_sum_exp,
        "ReduceLogSum" => |lane| lane.iter().sum::<f64>().ln(),
        _ => return None,
    })
}

fn log_sum_exp(lane: &[f64]) -> f64 {
    let largest = lane.iter().copied().fold(f64::NEG_INFINITY, f64::max);
    let largest = if largest.is_finite() { largest } else { 0.0 };
    lane.iter().map(|value| (value - largest).exp()).sum::<f64>().ln() + largest
}

/// Refuses texts and gives the tensor with `axes` last, their total size.
fn lanes(input: &Tensor, axes: &[usize], budget: &mut Budget) -> Result<(Tensor, usize), Fault> {
    if input.kind == Kind::Text {
        return Err(Fault::broken("computes with texts, which is not evaluated here"));
    }
    let mut order: Vec<usize> = (0..input.shape.len()).filter(|axis| !axes.contains(axis)).collect();
    order.extend_from_slice(axes);
    let size = axes.iter().map(|axis| input.shape[*axis]).product::<usize>();
    if size == 0 {
        return Err(Fault::broken(format!("reduces nothing (shape {:?})", input.shape)));
    }
    Ok((input.permuted(&order, budget)?, size))
}

/// `shape` without `axes`, or with them as 1.
fn reduced(shape: &[usize], axes: &[usize], keep: bool) -> Vec<usize> {
    let cells = shape.iter().enumerate();
    cells
        .filter_map(|(axis, size)| match (axes.contains(&axis), keep) {
            (false, _) => Some(*size),
            (true, true) => Some(1),
            (true, false) => None,
        })
        .collect()
}

fn reduce(function: fn(&[f64]) -> f64, attributes: &Attributes) -> Box<dyn Operator> {
    let given = attributes.integers("axes").to_vec();
    let keep = attributes.integer("keepdims", 1) != 0;
    let may_do_nothing = attributes.integer("noop_with_empty_axes", 0) != 0;
    Box::new(move |inputs: &Inputs, budget: &mut Budget| {
        let input = inputs.required(0)?;
        let wanted = inputs.optional(1).map_or_else(|| given.clone(), Tensor::integers);
        let mut axes = wanted.iter().map(|axis| input.axis(*axis)).collect::<Result<Vec<_>, _>>()?;
        axes.sort_unstable();
        axes.dedup();
        if axes.is_empty() {
            if may_do_nothing {
                budget.take(&input.shape)?;
                return Ok(vec![input.clone()]);
            }
            axes = (0..input.shape.len()).collect();
        }
        let (moved, size) = lanes(input, &axes, budget)?;
        let shape = reduced(&input.shape, &axes, keep);
        budget.take(&shape)?;
        let data = moved.data.chunks_exact(size).map(function).collect();
        budget.give_back(&moved);
        Ok(vec![Tensor::new(input.kind, shape, data)])
    })
}

/// Place of the first (or last) largest of `sign` times the values.
fn extreme(attributes: &Attributes, sign: f64) -> Box<dyn Operator> {
    let axis = attributes.integer("axis", 0);
    let keep = attributes.integer("keepdims", 1) != 0;
    let last = attributes.integer("select_last_index", 0) != 0;
    Box::new(move |inputs: &Inputs, budget: &mut Budget| {
        let input = inputs.required(0)?;
        let axes = [input.axis(axis)?];
        let (moved, size) = lanes(input, &axes, budget)?;
        let shape = reduced(&input.shape, &axes, keep);
        budget.take(&shape)?;
        let find = |lane: &[f64]| {
            let mut best = 0;
            for (place, value) in lane.iter().enumerate() {
                let (value, so_far) = (sign * value, sign * lane[best]);
                if value > so_far || last && value == so_far {
                    best = place;
                }
            }
            best as f64
        };
        let data = moved.data.chunks_exact(size).map(find).collect();
        budget.give_back(&moved);
        Ok(vec![Tensor::new(Kind::Integer, shape, data)])
    })
}

/// Values and places of the `k` largest or smallest along the last axis; ties go to the lower place.
fn top_k(attributes: &Attributes) -> Box<dyn Operator> {
    let axis = attributes.integer("axis", -1);
    let largest = attributes.integer("largest", 1) != 0;
    let given = attributes.integer("k", 0);
    Box::new(move |inputs: &Inputs, budget: &mut Budget| {
        let input = inputs.required(0)?;
        if input.axis(axis)? + 1 != input.shape.len() {
            return Err(Fault::broken("sorts along another than the last axis, which is not evaluated here"));
        }
        let size = input.shape[input.shape.len() - 1];
        let asked = inputs.optional(1).and_then(|count| count.integers().first().copied()).unwrap_or(given);
        let count = usize::try_from(asked).ok().filter(|count| (1..=size).contains(count));
        let count = count.ok_or_else(|| Fault::broken(format!("{asked} of {size} values")))?;
        let mut shape = input.shape.clone();
        shape[input.shape.len() - 1] = count;
        let total = budget.take(&shape)?;
        budget.take(&shape)?;
        budget.spend(input.data.len().saturating_mul(16))?;
        let (mut values, mut places) = (Vec::with_capacity(total), Vec::with_capacity(total));
        let mut order: Vec<usize> = Vec::with_capacity(size);
        for lane in input.data.chunks_exact(size) {
            order.clear();
            order.extend(0..size);
            let compare = |a: &usize, b: &usize| {
                let order = lane[*a].total_cmp(&lane[*b]);
                if largest { order.reverse().then(a.cmp(b)) } else { order.then(a.cmp(b)) }
            };
            order.select_nth_unstable_by(count - 1, compare);
            order[..count].sort_unstable_by(compare);
            values.extend(order[..count].iter().map(|place| lane[*place]));
            places.extend(order[..count].iter().map(|place| *place as f64));
        }
        Ok(vec![Tensor::new(input.kind, shape.clone(), values), Tensor::new(Kind::Integer, shape, places)])
    })
}

fn cumulative(attributes: &Attributes) -> Box<dyn Operator> {
    let plain = attributes.integer("exclusive", 0) == 0 && attributes.integer("reverse", 0) == 0;
    Box::new(move |inputs: &Inputs, budget: &mut Budget| {
        let input = inputs.required(0)?;
        let axis = inputs.required(1)?.integers().first().copied().unwrap_or(0);
        if !plain || input.axis(axis)? + 1 != input.shape.len() {
            return Err(Fault::broken("sums along another than the last axis, which is not evaluated here"));
        }
        let size = input.shape[input.shape.len() - 1];
        budget.take(&input.shape)?;
        let mut data = input.data.clone();
        for lane in data.chunks_exact_mut(size.max(1)) {
            for place in 1..lane.len() {
                lane[place] = input.kind.round(lane[place] + lane[place - 1]);
            }
        }
        Ok(vec![Tensor::new(input.kind, input.shape.clone(), data)])
    })
}

/// Applies `function` to each lane along the attribute's axis, which must be the last.
fn along(attributes: &Attributes, function: fn(&mut [f64])) -> Box<dyn Operator> {
    let axis = attributes.integer("axis", -1);
    Box::new(move |inputs: &Inputs, budget: &mut Budget| {
        let input = inputs.required(0)?;
        if input.axis(axis)? + 1 != input.shape.len() {
            return Err(Fault::broken("works along another than the last axis, which is not evaluated here"));
        }
        budget.take(&input.shape)?;
        let mut data = input.data.clone();
        let size = input.shape[input.shape.len() - 1].max(1);
        data.chunks_exact_mut(size).for_each(function);
        Ok(vec![Tensor::new(input.kind, input.shape.clone(), data)])
    })
}
