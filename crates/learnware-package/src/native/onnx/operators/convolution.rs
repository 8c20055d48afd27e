//! Convolutions over one or two axes, and batch normalisation as models use it after training.
//!
//! A convolution is a matrix product: each output cell's patch of the input becomes a column of a panel.
//! Sums are `f32` with fused multiply-add; examples run in parallel.

use learnware_engine::numeric::parallel;
use learnware_engine::numeric::product::{PANEL, by_panel};

use super::super::attributes::Attributes;
use super::super::tensor::{Budget, Fault, Kind, Tensor};
use super::window::{Slide, Window};
use super::{Compiled, Inputs, Operator};
use crate::native::error::NativeError;

pub(super) const NAMES: &[&str] = &["Conv", "BatchNormalization"];

pub(super) fn compile(name: &str, attributes: &Attributes) -> Compiled {
    Ok(Some(match name {
        "Conv" => convolution(attributes)?,
        "BatchNormalization" => batch_normalization(attributes)?,
        _ => return Ok(None),
    }))
}

/// One convolution, ready for an example.
struct Plan<'a> {
    slides: [Slide; 2],
    channels: usize,
    groups: usize,
    /// Outputs x channels of a group x window, row by row.
    weights: &'a [f32],
    /// One per output; 0 without one.
    bias: &'a [f32],
}

fn convolution(attributes: &Attributes) -> Result<Box<dyn Operator>, NativeError> {
    let window = Window::read(attributes)?;
    let groups = usize::try_from(attributes.integer("group", 1)).unwrap_or(0);
    if groups == 0 {
        return Err(attributes.wrong("it has no groups"));
    }
    Ok(Box::new(move |inputs: &Inputs, budget: &mut Budget| {
        let (input, weights) = (numbers(inputs.required(0)?)?, numbers(inputs.required(1)?)?);
        let kernel = weights.shape.get(2..).unwrap_or_default();
        let slides = window.over(&input.shape, Some(kernel))?;
        let (examples, channels, outputs) = (input.shape[0], input.shape[1], weights.shape[0]);
        let fits = weights.shape[1].checked_mul(groups) == Some(channels) && outputs % groups == 0;
        if !fits || outputs == 0 || channels == 0 {
            return Err(Fault::broken(format!(
                "input {:?}, weights {:?} and {groups} groups",
                input.shape, weights.shape
            )));
        }
        let bias = match inputs.optional(2) {
            None => vec![0.0; outputs],
            Some(bias) if bias.data.len() == outputs => narrow(&bias.data),
            Some(bias) => {
                return Err(Fault::broken(format!("bias {:?} for {outputs} outputs", bias.shape)));
            }
        };
        let mut shape = vec![examples, outputs];
        shape.extend(slides[4 - input.shape.len()..].iter().map(|slide| slide.count));
        let count = budget.take(&shape)?;
        let patch = weights.data.len() / outputs;
        budget.spend(count.saturating_mul(patch))?;
        // What each thread needs at once: the padded example and a panel of patches.
        let [high, wide] = slides.map(padded);
        Budget::check(&[channels, high, wide])?;
        Budget::check(&[patch, PANEL])?;
        budget.spend(examples.saturating_mul(channels * high * wide))?;
        let weights = narrow(&weights.data);
        let plan = Plan { slides, channels, groups, weights: &weights, bias: &bias };
        let size = input.data.len() / examples.max(1);
        let answers =
            parallel::map(examples, |example| plan.answer(&input.data[example * size..(example + 1) * size]));
        Ok(vec![Tensor { kind: input.kind, shape, data: answers.concat() }])
    }))
}

/// Cells with the border.
fn padded(slide: Slide) -> usize {
    slide.before + slide.size + slide.after
}

impl Plan<'_> {
    /// The outputs of one example (channels x cells), outputs x cells.
    fn answer(&self, example: &[f64]) -> Vec<f64> {
        let [rows, columns] = self.slides;
        let (inside, plane) = (self.padded(example), padded(rows) * padded(columns));
        let (cells, outputs) = (rows.count * columns.count, self.bias.len());
        let (per_group, patch) = (outputs / self.groups, self.weights.len() / outputs);
        let steps = self.steps();
        let mut answer = vec![0.0; outputs * cells];
        let mut panel = vec![0.0; patch * PANEL];
        let mut sums = vec![0.0; per_group * PANEL];
        for group in 0..self.groups {
            let weights = &self.weights[group * per_group * patch..(group + 1) * per_group * patch];
            let inside = &inside[group * (self.channels / self.groups) * plane..];
            for first in (0..cells).step_by(PANEL) {
                let starts: [usize; PANEL] = std::array::from_fn(|lane| {
                    let cell = (first + lane).min(cells - 1);
                    let (row, column) = (cell / columns.count, cell % columns.count);
                    row * rows.stride * padded(columns) + column * columns.stride
                });
                fill(&mut panel, inside, &starts, &steps);
                by_panel(weights, patch, &panel, &mut sums);
                let lanes = PANEL.min(cells - first);
                for (output, sums) in sums.chunks_exact(PANEL).enumerate() {
                    let output = group * per_group + output;
                    let place = output * cells + first;
                    for (value, sum) in answer[place..place + lanes].iter_mut().zip(sums) {
                        *value = f64::from(sum + self.bias[output]);
                    }
                }
            }
        }
        answer
    }

    /// The example with its border of zeros.
    fn padded(&self, example: &[f64]) -> Vec<f32> {
        let [rows, columns] = self.slides;
        let width = padded(columns);
        let mut inside = vec![0.0; self.channels * padded(rows) * width];
        for (line, values) in example.chunks_exact(columns.size).enumerate() {
            let (channel, row) = (line / rows.size, line % rows.size);
            let first = (channel * padded(rows) + rows.before + row) * width + columns.before;
            for (cell, value) in inside[first..first + columns.size].iter_mut().zip(values) {
                *cell = *value as f32;
            }
        }
        inside
    }

    /// Where each number of a patch lies from the patch's first cell.
    fn steps(&self) -> Vec<usize> {
        let [rows, columns] = self.slides;
        let width = padded(columns);
        let mut steps = Vec::new();
        for channel in 0..self.channels / self.groups {
            for row in 0..rows.kernel {
                for column in 0..columns.kernel {
                    let line = channel * padded(rows) + row * rows.dilation;
                    steps.push(line * width + column * columns.dilation);
                }
            }
        }
        steps
    }
}

/// Writes the patches that start at `starts` as columns of `panel`.
fn fill(panel: &mut [f32], inside: &[f32], starts: &[usize; PANEL], steps: &[usize]) {
    let side_by_side = starts.iter().enumerate().all(|(lane, start)| *start == starts[0] + lane);
    for (lanes, step) in panel.chunks_exact_mut(PANEL).zip(steps) {
        if side_by_side {
            lanes.copy_from_slice(&inside[starts[0] + step..starts[0] + step + PANEL]);
        } else {
            for (lane, start) in lanes.iter_mut().zip(starts) {
                *lane = inside[start + step];
            }
        }
    }
}

/// `(x - mean) / sqrt(variance + epsilon) * scale + bias`, channel by channel.
fn batch_normalization(attributes: &Attributes) -> Result<Box<dyn Operator>, NativeError> {
    let epsilon = attributes.float("epsilon", 1e-5);
    if attributes.integer("training_mode", 0) != 0 {
        return Err(attributes.unsupported("training_mode", "export the model after model.eval()"));
    }
    Ok(Box::new(move |inputs: &Inputs, budget: &mut Budget| {
        let input = numbers(inputs.required(0)?)?;
        let channels = *input.shape.get(1).ok_or_else(|| Fault::broken("gets no channels"))?;
        let mut lists: [&[f64]; 4] = [&[]; 4];
        for (place, list) in lists.iter_mut().enumerate() {
            let tensor = numbers(inputs.required(place + 1)?)?;
            if tensor.data.len() != channels {
                return Err(Fault::broken(format!("{:?} numbers for {channels} channels", tensor.shape)));
            }
            *list = &tensor.data;
        }
        let [scale, bias, mean, variance] = lists;
        budget.take(&input.shape)?;
        let size = input.shape[2..].iter().product::<usize>().max(1);
        let mut data = input.data.clone();
        for (place, plane) in data.chunks_exact_mut(size).enumerate() {
            let channel = place % channels.max(1);
            let factor = scale[channel] / (variance[channel] + epsilon).sqrt();
            for value in plane {
                *value = (*value - mean[channel]).mul_add(factor, bias[channel]);
            }
        }
        Ok(vec![Tensor::new(input.kind, input.shape.clone(), data)])
    }))
}

fn narrow(values: &[f64]) -> Vec<f32> {
    values.iter().map(|value| *value as f32).collect()
}

/// Refuses anything but floating-point numbers.
pub(super) fn numbers(tensor: &Tensor) -> Result<&Tensor, Fault> {
    if !matches!(tensor.kind, Kind::Float | Kind::Double) {
        return Err(Fault::broken("wants floating-point numbers"));
    }
    Ok(tensor)
}
