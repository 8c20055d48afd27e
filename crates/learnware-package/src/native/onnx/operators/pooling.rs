//! Pools: the largest value or the mean of each window, or of everything.

use learnware_engine::numeric::parallel;

use super::super::attributes::Attributes;
use super::super::tensor::{Budget, Fault, Tensor};
use super::convolution::numbers;
use super::window::{Slide, Window};
use super::{Compiled, Inputs, Operator};
use crate::native::error::NativeError;

pub(super) const NAMES: &[&str] = &["MaxPool", "AveragePool", "GlobalMaxPool", "GlobalAveragePool"];

pub(super) fn compile(name: &str, attributes: &Attributes) -> Compiled {
    Ok(Some(match name {
        "MaxPool" => pool(attributes, Pool::Largest)?,
        "AveragePool" => {
            let border = attributes.integer("count_include_pad", 0) != 0;
            pool(attributes, if border { Pool::MeanWithBorder } else { Pool::Mean })?
        }
        "GlobalMaxPool" => global(|cells| cells.iter().copied().fold(f64::NEG_INFINITY, f64::max)),
        "GlobalAveragePool" => global(|cells| cells.iter().sum::<f64>() / cells.len() as f64),
        _ => return Ok(None),
    }))
}

/// What becomes of the cells of a window.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Pool {
    Largest,
    /// Mean of the cells that lie in the input.
    Mean,
    /// Mean in which the border counts as zeros.
    MeanWithBorder,
}

fn pool(attributes: &Attributes, kind: Pool) -> Result<Box<dyn Operator>, NativeError> {
    let window = Window::read(attributes)?;
    if attributes.integer("storage_order", 0) != 0 {
        return Err(attributes.unsupported("storage_order", "export it without indices"));
    }
    Ok(Box::new(move |inputs: &Inputs, budget: &mut Budget| {
        let input = numbers(inputs.required(0)?)?;
        let slides = window.over(&input.shape, None)?;
        let mut shape = input.shape[..2].to_vec();
        shape.extend(slides[4 - input.shape.len()..].iter().map(|slide| slide.count));
        let count = budget.take(&shape)?;
        budget.spend(count.saturating_mul(slides[0].kernel * slides[1].kernel))?;
        let size = input.data.len() / input.shape[0].max(1);
        let answers = parallel::map(input.shape[0], |example| {
            let planes = &input.data[example * size..(example + 1) * size];
            let mut answer = Vec::with_capacity(count / input.shape[0]);
            for plane in planes.chunks_exact((slides[0].size * slides[1].size).max(1)) {
                pool_plane(plane, slides, kind, &mut answer);
            }
            answer
        });
        Ok(vec![Tensor::new(input.kind, shape, answers.concat())])
    }))
}

/// Adds the pooled cells of one plane to `answer`.
fn pool_plane(plane: &[f64], [rows, columns]: [Slide; 2], kind: Pool, answer: &mut Vec<f64>) {
    let start = if kind == Pool::Largest { f64::NEG_INFINITY } else { 0.0 };
    for row in 0..rows.count {
        for column in 0..columns.count {
            let (mut value, mut count) = (start, 0_usize);
            for y in rows.cells(row) {
                for x in columns.cells(column) {
                    let cell = plane[y * columns.size + x];
                    // A value that is not a number stays one.
                    value = match kind {
                        Pool::Largest if cell > value || cell.is_nan() => cell,
                        Pool::Largest => value,
                        Pool::Mean | Pool::MeanWithBorder => value + cell,
                    };
                    count += 1;
                }
            }
            answer.push(match kind {
                Pool::Largest => value,
                Pool::Mean => value / count as f64,
                Pool::MeanWithBorder => value / (rows.covered(row) * columns.covered(column)) as f64,
            });
        }
    }
}

/// All cells of a channel become one.
fn global(function: fn(&[f64]) -> f64) -> Box<dyn Operator> {
    Box::new(move |inputs: &Inputs, budget: &mut Budget| {
        let input = numbers(inputs.required(0)?)?;
        let [examples, channels, rest @ ..] = input.shape.as_slice() else {
            return Err(Fault::broken(format!("wants channels, but gets shape {:?}", input.shape)));
        };
        let size: usize = rest.iter().product();
        if size == 0 {
            return Err(Fault::broken(format!("pools nothing (shape {:?})", input.shape)));
        }
        let mut shape = vec![*examples, *channels];
        shape.resize(input.shape.len(), 1);
        budget.take(&shape)?;
        let data = input.data.chunks_exact(size).map(function).collect();
        Ok(vec![Tensor::new(input.kind, shape, data)])
    })
}
