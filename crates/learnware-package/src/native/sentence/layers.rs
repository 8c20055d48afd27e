//! The forward pass of an encoder of the BERT family (Vaswani et al. 2017, Devlin et al. 2019).
//!
//! States are rows of `hidden` numbers, one for each token; the tokens of several texts lie one after the other
//! and only attention looks at which text they are of.

use learnware_engine::numeric::real::Real;

use super::FORMAT;
use super::config::{Activation, Architecture, Naming};
use crate::native::NativeError;
use crate::native::linear::Linear;
use crate::native::weights::Weights;

/// Prefixes of tensor names, depending on how the model was saved.
const PREFIXES: &[&str] = &["", "bert.", "roberta.", "distilbert.", "model.", "0.auto_model."];

/// Names of the tensors that the two ways of naming have.
struct Names {
    words: &'static str,
    positions: &'static str,
    norm: &'static str,
    layer: &'static str,
    query: &'static str,
    key: &'static str,
    value: &'static str,
    output: &'static str,
    output_norm: &'static str,
    inner: &'static str,
    outer: &'static str,
    outer_norm: &'static str,
}

const BERT: Names = Names {
    words: "embeddings.word_embeddings.weight",
    positions: "embeddings.position_embeddings.weight",
    norm: "embeddings.LayerNorm",
    layer: "encoder.layer",
    query: "attention.self.query",
    key: "attention.self.key",
    value: "attention.self.value",
    output: "attention.output.dense",
    output_norm: "attention.output.LayerNorm",
    inner: "intermediate.dense",
    outer: "output.dense",
    outer_norm: "output.LayerNorm",
};

const DISTILBERT: Names = Names {
    layer: "transformer.layer",
    query: "attention.q_lin",
    key: "attention.k_lin",
    value: "attention.v_lin",
    output: "attention.out_lin",
    output_norm: "sa_layer_norm",
    inner: "ffn.lin1",
    outer: "ffn.lin2",
    outer_norm: "output_layer_norm",
    ..BERT
};

/// Makes the rows of a state have mean 0 and variance 1, then scales and moves their columns.
#[derive(Debug)]
struct Norm {
    scale: Vec<f32>,
    shift: Vec<f32>,
    epsilon: f64,
}

impl Norm {
    fn load(weights: &Weights, name: &str, architecture: &Architecture) -> Result<Self, NativeError> {
        let shape = [architecture.hidden];
        Ok(Self {
            scale: weights.tensor(&format!("{name}.weight"), &shape)?,
            shift: weights.tensor(&format!("{name}.bias"), &shape)?,
            epsilon: f64::from(architecture.epsilon),
        })
    }

    fn apply(&self, states: &mut [f32]) {
        let width = self.scale.len();
        for row in states.chunks_exact_mut(width) {
            let mean = row.iter().copied().map(f64::from).sum::<f64>() / width as f64;
            let square = |value: &f32| (f64::from(*value) - mean) * (f64::from(*value) - mean);
            let variance = row.iter().map(square).sum::<f64>() / width as f64;
            let factor = 1.0 / (variance + self.epsilon).sqrt();
            for ((value, scale), shift) in row.iter_mut().zip(&self.scale).zip(&self.shift) {
                let normal = ((f64::from(*value) - mean) * factor) as f32;
                *value = normal.mul_add(*scale, *shift);
            }
        }
    }
}

/// One layer: attention, then two products with a function between, each added to its input and normalised.
#[derive(Debug)]
struct Layer {
    query: Linear,
    key: Linear,
    value: Linear,
    output: Linear,
    output_norm: Norm,
    inner: Linear,
    outer: Linear,
    outer_norm: Norm,
}

impl Layer {
    fn load(
        weights: &Weights,
        names: &Names,
        number: usize,
        architecture: &Architecture,
    ) -> Result<Self, NativeError> {
        let name = |part: &str| format!("{}.{number}.{part}", names.layer);
        let (hidden, inner) = (architecture.hidden, architecture.inner);
        let square = |part: &str| Linear::load(weights, &name(part), hidden, hidden);
        Ok(Self {
            query: square(names.query)?,
            key: square(names.key)?,
            value: square(names.value)?,
            output: square(names.output)?,
            output_norm: Norm::load(weights, &name(names.output_norm), architecture)?,
            inner: Linear::load(weights, &name(names.inner), hidden, inner)?,
            outer: Linear::load(weights, &name(names.outer), inner, hidden)?,
            outer_norm: Norm::load(weights, &name(names.outer_norm), architecture)?,
        })
    }

    fn apply(&self, states: &mut [f32], lengths: &[usize], architecture: &Architecture) {
        let seen = self.attend(states, lengths, architecture);
        add(states, &self.output.apply(&seen));
        self.output_norm.apply(states);
        let mut inner = self.inner.apply(states);
        activate(architecture.activation, &mut inner);
        add(states, &self.outer.apply(&inner));
        self.outer_norm.apply(states);
    }

    /// What every token sees of the tokens of its text.
    fn attend(&self, states: &[f32], lengths: &[usize], architecture: &Architecture) -> Vec<f32> {
        let (hidden, heads) = (architecture.hidden, architecture.heads);
        let (query, key, value) =
            (self.query.apply(states), self.key.apply(states), self.value.apply(states));
        let mut seen = vec![0.0; states.len()];
        let mut start = 0;
        for &length in lengths {
            let own = start * hidden..(start + length) * hidden;
            start += length;
            let (query, key, value) = (&query[own.clone()], &key[own.clone()], &value[own.clone()]);
            pulp::Arch::new().dispatch(
                #[inline(always)]
                || attend_text([query, key, value], heads, hidden, &mut seen[own]),
            );
        }
        seen
    }
}

/// Attention within one text; `parts` are queries, keys and values.
#[expect(clippy::inline_always, reason = "vector code is only made inside the function that chose it")]
#[inline(always)]
fn attend_text(parts: [&[f32]; 3], heads: usize, hidden: usize, seen: &mut [f32]) {
    let [query, key, value] = parts;
    let width = hidden / heads;
    let scale = 1.0 / (width as f32).sqrt();
    let length = query.len() / hidden;
    let mut shares = vec![0.0_f32; length];
    for head in 0..heads {
        let columns = head * width..(head + 1) * width;
        for (row, seen) in query.chunks_exact(hidden).zip(seen.chunks_exact_mut(hidden)) {
            let row = &row[columns.clone()];
            for (share, key) in shares.iter_mut().zip(key.chunks_exact(hidden)) {
                *share = dot(row, &key[columns.clone()]) * scale;
            }
            softmax(&mut shares);
            let seen = &mut seen[columns.clone()];
            for (share, value) in shares.iter().zip(value.chunks_exact(hidden)) {
                for (sum, value) in seen.iter_mut().zip(&value[columns.clone()]) {
                    *sum = share.mul_add(*value, *sum);
                }
            }
        }
    }
}

/// Scalar product in eight sums, always the same.
#[expect(clippy::inline_always, reason = "as above")]
#[inline(always)]
fn dot(one: &[f32], other: &[f32]) -> f32 {
    let mut sums = [0.0_f32; 8];
    let (ones, one_rest) = one.as_chunks::<8>();
    let (others, other_rest) = other.as_chunks::<8>();
    for (x, y) in ones.iter().zip(others) {
        for lane in 0..8 {
            sums[lane] = x[lane].mul_add(y[lane], sums[lane]);
        }
    }
    let rest = one_rest.iter().zip(other_rest).fold(0.0, |sum: f32, (x, y)| x.mul_add(*y, sum));
    sums.iter().sum::<f32>() + rest
}

/// Shares that sum to 1, in place.
#[expect(clippy::inline_always, reason = "as above")]
#[inline(always)]
fn softmax(scores: &mut [f32]) {
    let largest = scores.iter().copied().fold(f32::NEG_INFINITY, f32::max);
    for score in scores.iter_mut() {
        *score = (largest - *score).exp_minus();
    }
    let sum: f32 = scores.iter().sum();
    for score in scores.iter_mut() {
        *score /= sum;
    }
}

fn add(states: &mut [f32], more: &[f32]) {
    for (state, more) in states.iter_mut().zip(more) {
        *state += more;
    }
}

fn activate(activation: Activation, values: &mut [f32]) {
    match activation {
        Activation::Gelu => values.iter_mut().for_each(|value| *value = gelu(*value)),
        Activation::GeluTanh => values.iter_mut().for_each(|value| *value = gelu_tanh(*value)),
        Activation::Relu => values.iter_mut().for_each(|value| *value = value.max(0.0)),
    }
}

/// `x P(N(0,1) < x)`.
fn gelu(x: f32) -> f32 {
    let x = f64::from(x);
    let tail = 0.5 * erfc_positive(x.abs() * std::f64::consts::FRAC_1_SQRT_2);
    (x * if x < 0.0 { tail } else { 1.0 - tail }) as f32
}

/// The same by tanh, as some models were trained.
fn gelu_tanh(x: f32) -> f32 {
    let x = f64::from(x);
    let argument = (2.0 / std::f64::consts::PI).sqrt() * x * (0.044_715 * x).mul_add(x, 1.0);
    // 0.5 (1 + tanh(a)) = 1 / (1 + exp(-2a))
    let fall = (2.0 * argument.abs()).exp_minus();
    (x * if argument < 0.0 { fall / (1.0 + fall) } else { 1.0 / (1.0 + fall) }) as f32
}

/// `1 - erf(x)` for `x >= 0`; relative error below 1.2e-7 (Press et al., Numerical Recipes, section 6.2).
fn erfc_positive(x: f64) -> f64 {
    const COEFFICIENTS: [f64; 10] = [
        0.170_872_77,
        -0.822_152_23,
        1.488_515_87,
        -1.135_203_98,
        0.278_868_07,
        -0.186_288_06,
        0.096_784_18,
        0.374_091_96,
        1.000_023_68,
        -1.265_512_23,
    ];
    let t = 1.0 / 0.5_f64.mul_add(x, 1.0);
    let polynomial = COEFFICIENTS.iter().fold(0.0_f64, |sum, &next| sum.mul_add(t, next));
    // The exponent is at most 0 but for rounding near x = 0.
    t * x.mul_add(x, -polynomial).max(0.0).exp_minus()
}

/// The whole encoder.
#[derive(Debug)]
pub(super) struct Model {
    /// Its shape.
    pub(super) architecture: Architecture,
    words: Vec<f32>,
    /// Table of positions, with the first token type added.
    positions: Vec<f32>,
    norm: Norm,
    layers: Vec<Layer>,
}

impl Model {
    /// Reads the tensors that the architecture wants; others are ignored.
    pub(super) fn load(architecture: Architecture, bytes: &[u8]) -> Result<Self, NativeError> {
        let names = match architecture.naming {
            Naming::Bert => &BERT,
            Naming::DistilBert => &DISTILBERT,
        };
        let weights = Weights::read(FORMAT, bytes, PREFIXES, names.words)?;
        let hidden = architecture.hidden;
        let words = weights.tensor(names.words, &[architecture.words, hidden])?;
        let mut positions = weights.tensor(names.positions, &[architecture.positions, hidden])?;
        if architecture.types > 0 {
            let name = "embeddings.token_type_embeddings.weight";
            let types = weights.tensor(name, &[architecture.types, hidden])?;
            positions.chunks_exact_mut(hidden).for_each(|row| add(row, &types[..hidden]));
        }
        let layers = (0..architecture.layers)
            .map(|number| Layer::load(&weights, names, number, &architecture))
            .collect::<Result<_, _>>()?;
        let norm = Norm::load(&weights, names.norm, &architecture)?;
        Ok(Self { architecture, words, positions, norm, layers })
    }

    /// States of all tokens of some texts, one text after the other. Tokens are below `words`, and a text
    /// has at most [`Architecture::longest`] of them.
    pub(super) fn forward(&self, texts: &[Vec<u32>]) -> Vec<f32> {
        let lengths: Vec<usize> = texts.iter().map(Vec::len).collect();
        let mut states = self.embed(texts);
        for layer in &self.layers {
            layer.apply(&mut states, &lengths, &self.architecture);
        }
        states
    }

    /// Sum of the token's, the position's and the type's vector, normalised.
    fn embed(&self, texts: &[Vec<u32>]) -> Vec<f32> {
        let hidden = self.architecture.hidden;
        let mut states = Vec::new();
        for text in texts {
            let mut counted = 0;
            for &token in text {
                // RoBERTa counts positions from `padding + 1` on, and gives padding its own position.
                let position = match self.architecture.padding {
                    Some(padding) if token == padding => padding as usize,
                    offset => {
                        counted += 1;
                        counted + offset.map_or(0, |padding| padding as usize + 1) - 1
                    }
                };
                let start = states.len();
                states.extend_from_slice(&self.words[token as usize * hidden..][..hidden]);
                add(&mut states[start..], &self.positions[position * hidden..][..hidden]);
            }
        }
        self.norm.apply(&mut states);
        states
    }
}
