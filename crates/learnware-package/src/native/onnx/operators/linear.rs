//! Matrix products.

use super::super::attributes::Attributes;
use super::super::tensor::{Budget, Fault, Kind, Tensor, broadcast, walk};
use super::{Compiled, Inputs, Operator};

pub(super) const NAMES: &[&str] = &["MatMul", "Gemm"];

pub(super) fn compile(name: &str, attributes: &Attributes) -> Compiled {
    Ok(Some(match name {
        "MatMul" => Box::new(matmul),
        "Gemm" => gemm(attributes),
        _ => return Ok(None),
    }))
}

/// Rows x inner times inner x columns, summed in `f64`; not rounded yet.
pub(super) fn product(
    a: &[f64],
    b: &[f64],
    (rows, inner, columns): (usize, usize, usize),
    budget: &mut Budget,
) -> Result<Vec<f64>, Fault> {
    let count = budget.take(&[rows, columns])?;
    budget.spend(count.saturating_mul(inner))?;
    let mut data = vec![0.0; count];
    if columns == 0 || inner == 0 {
        return Ok(data);
    }
    for (row, sums) in a.chunks_exact(inner).zip(data.chunks_exact_mut(columns)) {
        for (value, weights) in row.iter().zip(b.chunks_exact(columns)) {
            for (sum, weight) in sums.iter_mut().zip(weights) {
                *sum += value * weight;
            }
        }
    }
    Ok(data)
}

fn matmul(inputs: &Inputs, budget: &mut Budget) -> Result<Vec<Tensor>, Fault> {
    let (a, b) = (matrix(inputs.required(0)?)?, matrix(inputs.required(1)?)?);
    let wrong = || Fault::broken(format!("shapes {:?} and {:?} cannot be multiplied", a.shape, b.shape));
    let (rows, inner) = match *a.shape.as_slice() {
        [inner] => (1, inner),
        [rows, inner] => (rows, inner),
        _ => return Err(wrong()),
    };
    let columns = match *b.shape.as_slice() {
        [size] if size == inner => 1,
        [size, columns] if size == inner => columns,
        _ => return Err(wrong()),
    };
    let data = product(&a.data, &b.data, (rows, inner, columns), budget)?;
    let mut shape = a.shape[..a.shape.len() - 1].to_vec();
    shape.extend_from_slice(&b.shape[1..]);
    Ok(vec![Tensor::new(a.kind, shape, data)])
}

/// `alpha * A' * B' + beta * C`.
fn gemm(attributes: &Attributes) -> Box<dyn Operator> {
    let (alpha, beta) = (attributes.float("alpha", 1.0), attributes.float("beta", 1.0));
    let (turn_a, turn_b) = (attributes.integer("transA", 0) != 0, attributes.integer("transB", 0) != 0);
    Box::new(move |inputs: &Inputs, budget: &mut Budget| {
        let (a, b) = (matrix(inputs.required(0)?)?, matrix(inputs.required(1)?)?);
        if a.shape.len() != 2 || b.shape.len() != 2 {
            return Err(Fault::broken(format!("shapes {:?} and {:?}", a.shape, b.shape)));
        }
        let order = |turn| if turn { [1, 0] } else { [0, 1] };
        let (a, b) = (a.permuted(&order(turn_a), budget)?, b.permuted(&order(turn_b), budget)?);
        if a.shape[1] != b.shape[0] {
            return Err(Fault::broken(format!(
                "shapes {:?} and {:?} cannot be multiplied",
                a.shape, b.shape
            )));
        }
        let shape = vec![a.shape[0], b.shape[1]];
        let mut data = product(&a.data, &b.data, (a.shape[0], a.shape[1], b.shape[1]), budget)?;
        for value in &mut data {
            *value *= alpha;
        }
        if let Some(c) = inputs.optional(2) {
            let (whole, steps, own) = broadcast(&c.shape, &shape)?;
            if whole != shape {
                return Err(Fault::broken(format!("shape {:?} added to {shape:?}", c.shape)));
            }
            walk(&whole, [&steps, &own], |[from, to]| data[to] += beta * c.data[from]);
        }
        budget.give_back(&a);
        budget.give_back(&b);
        Ok(vec![Tensor::new(a.kind, shape, data)])
    })
}

fn matrix(tensor: &Tensor) -> Result<&Tensor, Fault> {
    if tensor.kind == Kind::Text || tensor.shape.is_empty() || tensor.shape.len() > 2 {
        return Err(Fault::broken(format!("wants a matrix, but gets shape {:?}", tensor.shape)));
    }
    Ok(tensor)
}
