//! Operators that work number by number, with broadcasting.

use super::super::attributes::Attributes;
use super::super::tensor::{Budget, Fault, Kind, Tensor, broadcast, walk};
use super::{Compiled, Inputs, Operator};
use crate::native::logistic;

pub(super) const NAMES: &[&str] = &[
    "Relu",
    "Sigmoid",
    "Tanh",
    "Exp",
    "Log",
    "Sqrt",
    "Neg",
    "Abs",
    "Reciprocal",
    "Not",
    "Floor",
    "Ceil",
    "Round",
    "Sign",
    "Erf",
    "Softplus",
    "IsNaN",
    "HardSwish",
    "HardSigmoid",
    "LeakyRelu",
    "PRelu",
    "Elu",
    "Add",
    "Sub",
    "Mul",
    "Div",
    "Pow",
    "Less",
    "LessOrEqual",
    "Greater",
    "GreaterOrEqual",
    "Equal",
    "And",
    "Or",
    "Xor",
    "Sum",
    "Mean",
    "Max",
    "Min",
    "Where",
    "Clip",
    "Cast",
    "Identity",
    "Dropout",
];

pub(super) fn compile(name: &str, attributes: &Attributes) -> Compiled {
    if let Some(function) = unary(name) {
        let result = matches!(name, "Not" | "IsNaN").then_some(Kind::Bool);
        return Ok(Some(Box::new(Map { function, result })));
    }
    if let Some(function) = binary(name) {
        let compares = matches!(
            name,
            "Less" | "LessOrEqual" | "Greater" | "GreaterOrEqual" | "Equal" | "And" | "Or" | "Xor"
        );
        let result = compares.then_some(Kind::Bool);
        return Ok(Some(Box::new(Fold { function, result, mean: name == "Mean" })));
    }
    Ok(Some(match name {
        "LeakyRelu" => {
            let slope = attributes.float("alpha", 0.01);
            Box::new(Map { function: move |x: f64| if x < 0.0 { slope * x } else { x }, result: None })
        }
        "HardSigmoid" => {
            let (alpha, beta) = (attributes.float("alpha", 0.2), attributes.float("beta", 0.5));
            Box::new(Map { function: move |x: f64| x.mul_add(alpha, beta).clamp(0.0, 1.0), result: None })
        }
        "Elu" => {
            let alpha = attributes.float("alpha", 1.0);
            Box::new(Map {
                function: move |x: f64| if x < 0.0 { alpha * x.exp_m1() } else { x },
                result: None,
            })
        }
        "Where" => Box::new(choose),
        "Identity" | "Dropout" => Box::new(|inputs: &Inputs, budget: &mut Budget| {
            let input = inputs.required(0)?;
            budget.take(&input.shape)?;
            Ok(vec![input.clone()])
        }),
        "Clip" => clip(attributes),
        "Cast" => {
            let code = attributes.integer("to", 0) as i32;
            let kind = Kind::of(code).filter(|kind| *kind != Kind::Text);
            let advice = "export it without texts and half precision";
            cast(kind.ok_or_else(|| attributes.unsupported(format!("element type {code}"), advice))?)
        }
        _ => return Ok(None),
    }))
}

fn unary(name: &str) -> Option<fn(f64) -> f64> {
    Some(match name {
        "Relu" => |x| if x < 0.0 { 0.0 } else { x },
        "Sigmoid" => logistic,
        "Tanh" => f64::tanh,
        "Exp" => f64::exp,
        "Log" => f64::ln,
        "Sqrt" => f64::sqrt,
        "Neg" => |x| -x,
        "Abs" => f64::abs,
        "Reciprocal" => f64::recip,
        "Not" => |x| f64::from(u8::from(x == 0.0)),
        "Floor" => f64::floor,
        "Ceil" => f64::ceil,
        "Round" => f64::round_ties_even,
        "Sign" => |x| if x == 0.0 { 0.0 } else { x.signum() },
        "Softplus" => |x| x.max(0.0) + (-x.abs()).exp().ln_1p(),
        "IsNaN" => |x| f64::from(u8::from(x.is_nan())),
        "Erf" => erf,
        "HardSwish" => |x| x * (x / 6.0 + 0.5).clamp(0.0, 1.0),
        _ => return None,
    })
}

fn binary(name: &str) -> Option<fn(f64, f64) -> f64> {
    fn truth(value: bool) -> f64 {
        f64::from(u8::from(value))
    }
    Some(match name {
        "Add" | "Sum" | "Mean" => |a, b| a + b,
        "Sub" => |a, b| a - b,
        "Mul" => |a, b| a * b,
        "Div" => |a, b| a / b,
        "Pow" => f64::powf,
        "PRelu" => |x, slope| if x < 0.0 { slope * x } else { x },
        "Max" => |a, b| if a.is_nan() || a > b { a } else { b },
        "Min" => |a, b| if a.is_nan() || a < b { a } else { b },
        "Less" => |a, b| truth(a < b),
        "LessOrEqual" => |a, b| truth(a <= b),
        "Greater" => |a, b| truth(a > b),
        "GreaterOrEqual" => |a, b| truth(a >= b),
        "Equal" => |a, b| truth(a == b),
        "And" => |a, b| truth(a != 0.0 && b != 0.0),
        "Or" => |a, b| truth(a != 0.0 || b != 0.0),
        "Xor" => |a, b| truth((a != 0.0) != (b != 0.0)),
        _ => return None,
    })
}

/// One input, one function.
struct Map<F> {
    function: F,
    /// Kind of the result, when not that of the input.
    result: Option<Kind>,
}

impl<F: Fn(f64) -> f64 + Send> Operator for Map<F> {
    fn run(&self, inputs: &Inputs, budget: &mut Budget) -> Result<Vec<Tensor>, Fault> {
        let input = numbers(inputs.required(0)?)?;
        budget.take(&input.shape)?;
        let data = input.data.iter().map(|value| (self.function)(*value)).collect();
        Ok(vec![Tensor::new(self.result.unwrap_or(input.kind), input.shape.clone(), data)])
    }
}

/// Two or more inputs, folded from the left.
struct Fold {
    function: fn(f64, f64) -> f64,
    /// Kind of the result, when not that of the first input.
    result: Option<Kind>,
    /// Whether the result is divided by the number of inputs.
    mean: bool,
}

impl Operator for Fold {
    fn run(&self, inputs: &Inputs, budget: &mut Budget) -> Result<Vec<Tensor>, Fault> {
        let first = numbers(inputs.required(0)?)?;
        budget.take(&first.shape)?;
        let mut result = first.clone();
        for place in 1..inputs.0.len() {
            let next =
                combine(&result, numbers(inputs.required(place)?)?, self.function, self.result, budget)?;
            budget.give_back(&result);
            result = next;
        }
        if self.mean {
            let count = inputs.0.len() as f64;
            let data = result.data.iter().map(|value| value / count).collect();
            result = Tensor::new(result.kind, result.shape, data);
        }
        Ok(vec![result])
    }
}

/// Both inputs, broadcast against each other.
fn combine(
    a: &Tensor,
    b: &Tensor,
    function: fn(f64, f64) -> f64,
    result: Option<Kind>,
    budget: &mut Budget,
) -> Result<Tensor, Fault> {
    let kind = result.unwrap_or(a.kind);
    if a.shape == b.shape {
        budget.take(&a.shape)?;
        let data = a.data.iter().zip(&b.data).map(|(a, b)| function(*a, *b)).collect();
        return Ok(Tensor::new(kind, a.shape.clone(), data));
    }
    let (shape, steps_a, steps_b) = broadcast(&a.shape, &b.shape)?;
    let mut data = Vec::with_capacity(budget.take(&shape)?);
    walk(&shape, [&steps_a, &steps_b], |[x, y]| data.push(function(a.data[x], b.data[y])));
    Ok(Tensor::new(kind, shape, data))
}

/// `Where`: the second input where the first holds, otherwise the third.
fn choose(inputs: &Inputs, budget: &mut Budget) -> Result<Vec<Tensor>, Fault> {
    let (condition, a, b) =
        (inputs.required(0)?, numbers(inputs.required(1)?)?, numbers(inputs.required(2)?)?);
    let (shape, ..) = broadcast(&a.shape, &b.shape)?;
    let (shape, ..) = broadcast(&condition.shape, &shape)?;
    let steps = |own: &Tensor| broadcast(&own.shape, &shape).map(|(_, steps, _)| steps);
    let (steps_c, steps_a, steps_b) = (steps(condition)?, steps(a)?, steps(b)?);
    let mut data = Vec::with_capacity(budget.take(&shape)?);
    walk(&shape, [&steps_c, &steps_a, &steps_b], |[c, x, y]| {
        data.push(if condition.data[c] == 0.0 { b.data[y] } else { a.data[x] });
    });
    Ok(vec![Tensor::new(a.kind, shape, data)])
}

/// Bounds as attributes (before opset 11) or inputs.
fn clip(attributes: &Attributes) -> Box<dyn Operator> {
    let low = attributes.has("min").then(|| attributes.float("min", 0.0));
    let high = attributes.has("max").then(|| attributes.float("max", 0.0));
    Box::new(move |inputs: &Inputs, budget: &mut Budget| {
        let input = numbers(inputs.required(0)?)?;
        budget.take(&input.shape)?;
        let bound = |place, given: Option<f64>| {
            inputs.optional(place).and_then(|bound| bound.data.first().copied()).or(given)
        };
        let (low, high) = (bound(1, low), bound(2, high));
        let data = input.data.iter().map(|value| {
            let value = low.map_or(*value, |low| if *value < low { low } else { *value });
            high.map_or(value, |high| if value > high { high } else { value })
        });
        Ok(vec![Tensor::new(input.kind, input.shape.clone(), data.collect())])
    })
}

fn cast(kind: Kind) -> Box<dyn Operator> {
    Box::new(move |inputs: &Inputs, budget: &mut Budget| {
        let input = numbers(inputs.required(0)?)?;
        budget.take(&input.shape)?;
        Ok(vec![Tensor::new(kind, input.shape.clone(), input.data.clone())])
    })
}

/// Refuses texts: they are held as places in lists that differ.
fn numbers(tensor: &Tensor) -> Result<&Tensor, Fault> {
    if tensor.kind == Kind::Text {
        return Err(Fault::broken("computes with texts, which is not evaluated here"));
    }
    Ok(tensor)
}

/// Error function by its series near zero and its continued fraction elsewhere, to about 1e-15.
fn erf(x: f64) -> f64 {
    let a = x.abs();
    if a.is_nan() {
        return x;
    }
    let value = if a < 2.5 {
        let (mut term, mut sum) = (a, a);
        for n in 1..100 {
            let n = f64::from(n);
            term *= -a * a / n;
            sum += term / (2.0 * n + 1.0);
        }
        sum * std::f64::consts::FRAC_2_SQRT_PI
    } else {
        let fraction = (1..=60).rev().fold(a, |rest, n| a + f64::from(n) / 2.0 / rest);
        1.0 - (-a * a).exp() / (fraction * std::f64::consts::PI.sqrt())
    };
    value.copysign(x)
}
