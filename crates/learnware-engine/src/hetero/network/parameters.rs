//! The numbers of the network, in one slice, and their names in the reference's files.

use std::ops::Range;

use super::super::tensors::{Tensors, bad};
use crate::error::Result;
use crate::numeric::random::Stream;

/// How large the network is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct NetworkShape {
    /// Numbers of a place in the world; a multiple of `heads`.
    pub hidden: usize,
    /// Layers of attention.
    pub layers: usize,
    /// Heads of each.
    pub heads: usize,
    /// Numbers inside a layer's second half.
    pub inner: usize,
    /// Numbers that are compared in training.
    pub projection: usize,
}

impl Default for NetworkShape {
    /// The reference's.
    fn default() -> Self {
        Self { hidden: 128, layers: 2, heads: 8, inner: 256, projection: 128 }
    }
}

/// Numbers in an axis at most.
const AXIS_MAX: usize = 4096;
/// Layers at most.
const LAYERS_MAX: usize = 64;

impl NetworkShape {
    pub(super) fn require_sound(self) -> Result<()> {
        let axes = [self.hidden, self.inner, self.projection];
        let sound = axes.iter().all(|axis| (1..=AXIS_MAX).contains(axis))
            && (1..=LAYERS_MAX).contains(&self.layers)
            && self.heads > 0
            && self.hidden.is_multiple_of(self.heads);
        if sound { Ok(()) } else { Err(bad(format!("a network of the shape {self:?} is not possible"))) }
    }
}

/// Where the numbers of one layer lie. Matrices are outputs x inputs.
#[derive(Debug, Clone)]
pub(super) struct LayerSlots {
    /// Queries, keys and values one after the other: 3 hidden x hidden.
    pub(super) attend: Range<usize>,
    pub(super) attend_bias: Range<usize>,
    pub(super) out: Range<usize>,
    pub(super) out_bias: Range<usize>,
    pub(super) first: Range<usize>,
    pub(super) first_bias: Range<usize>,
    pub(super) second: Range<usize>,
    pub(super) second_bias: Range<usize>,
    pub(super) gate: Range<usize>,
    pub(super) norm1: Range<usize>,
    pub(super) norm1_bias: Range<usize>,
    pub(super) norm2: Range<usize>,
    pub(super) norm2_bias: Range<usize>,
}

/// Where everything lies but the vectors of word pieces.
#[derive(Debug, Clone)]
pub(super) struct Slots {
    pub(super) word_norm: Range<usize>,
    pub(super) word_norm_bias: Range<usize>,
    pub(super) number_bias: Range<usize>,
    pub(super) align: Range<usize>,
    pub(super) class: Range<usize>,
    pub(super) projection: Range<usize>,
    pub(super) layers: Vec<LayerSlots>,
    entries: Vec<Entry>,
    pub(super) count: usize,
}

/// One array.
#[derive(Debug, Clone)]
struct Entry {
    name: String,
    shape: Vec<usize>,
    place: Range<usize>,
    start: Start,
}

/// What an array is filled with before training: as the reference's library does.
#[derive(Debug, Clone, Copy)]
enum Start {
    Constant(f32),
    /// Uniform between minus and plus this.
    Uniform(f64),
}

impl Slots {
    pub(super) fn new(shape: NetworkShape) -> Self {
        let NetworkShape { hidden: h, inner: f, projection: p, .. } = shape;
        let root = |inputs: usize| Start::Uniform(1.0 / (inputs as f64).sqrt());
        let mut all = Collector::default();
        let word_norm = all.add("feature_processor.word_embedding.norm.weight", &[h], Start::Constant(1.0));
        let word_norm_bias =
            all.add("feature_processor.word_embedding.norm.bias", &[h], Start::Constant(0.0));
        let number_bias = all.add("feature_processor.num_embedding.num_bias", &[1, 1, h], root(h));
        let align = all.add("feature_processor.align_layer.weight", &[h, h], root(h));
        let class = all.add("cls_token.weight", &[h], root(h));
        let projection = all.add("projection_head.weight", &[p, h], root(h));
        let layers = (0..shape.layers)
            .map(|layer| {
                let prefix = match layer {
                    0 => "encoder.transformer_encoder.0".to_owned(),
                    _ => format!("encoder.transformer_encoder.1.layers.{}", layer - 1),
                };
                let mut add =
                    |name: &str, shape: &[usize], start| all.add(&format!("{prefix}.{name}"), shape, start);
                LayerSlots {
                    attend: add(
                        "self_attn.in_proj_weight",
                        &[3 * h, h],
                        Start::Uniform((6.0 / (4 * h) as f64).sqrt()),
                    ),
                    attend_bias: add("self_attn.in_proj_bias", &[3 * h], Start::Constant(0.0)),
                    out: add("self_attn.out_proj.weight", &[h, h], root(h)),
                    out_bias: add("self_attn.out_proj.bias", &[h], Start::Constant(0.0)),
                    first: add("linear1.weight", &[f, h], root(h)),
                    first_bias: add("linear1.bias", &[f], root(h)),
                    second: add("linear2.weight", &[h, f], root(f)),
                    second_bias: add("linear2.bias", &[h], root(f)),
                    gate: add("gate_linear.weight", &[1, h], root(h)),
                    norm1: add("norm1.weight", &[h], Start::Constant(1.0)),
                    norm1_bias: add("norm1.bias", &[h], Start::Constant(0.0)),
                    norm2: add("norm2.weight", &[h], Start::Constant(1.0)),
                    norm2_bias: add("norm2.bias", &[h], Start::Constant(0.0)),
                }
            })
            .collect();
        let Collector { entries, count } = all;
        Self { word_norm, word_norm_bias, number_bias, align, class, projection, layers, entries, count }
    }

    /// Numbers to begin with.
    pub(super) fn begun(&self, stream: &mut Stream) -> Vec<f32> {
        let mut values = vec![0.0; self.count];
        for entry in &self.entries {
            values[entry.place.clone()].fill_with(|| match entry.start {
                Start::Constant(value) => value,
                Start::Uniform(most) => (most * (2.0 * stream.uniform() - 1.0)) as f32,
            });
        }
        values
    }

    /// Writes `values`, or moments of them, each name with `prefix` before it.
    pub(super) fn write(&self, prefix: &str, values: &[f32], tensors: &mut Tensors) {
        for Entry { name, shape, place, .. } in &self.entries {
            tensors.set(&format!("{prefix}{name}"), shape, values[place.clone()].to_vec());
        }
    }

    pub(super) fn read(&self, prefix: &str, tensors: &Tensors) -> Result<Vec<f32>> {
        let mut values = Vec::with_capacity(self.count);
        for Entry { name, shape, .. } in &self.entries {
            values.extend_from_slice(tensors.array(&format!("{prefix}{name}"), shape)?.1);
        }
        Ok(values)
    }
}

/// Arrays one after the other.
#[derive(Default)]
struct Collector {
    entries: Vec<Entry>,
    count: usize,
}

impl Collector {
    fn add(&mut self, name: &str, shape: &[usize], start: Start) -> Range<usize> {
        let place = self.count..self.count + shape.iter().product::<usize>();
        self.count = place.end;
        self.entries.push(Entry {
            name: name.to_owned(),
            shape: shape.to_vec(),
            place: place.clone(),
            start,
        });
        place
    }
}
