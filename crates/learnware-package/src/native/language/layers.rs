//! The forward pass of a decoder of the Llama family (Touvron et al. 2023): states of all tokens of one text.

use learnware_engine::numeric::real::Real;

use super::FORMAT;
use super::config::Architecture;
use crate::native::NativeError;
use crate::native::linear::Linear;
use crate::native::weights::Weights;

/// Prefixes of tensor names, depending on how the model was saved.
const PREFIXES: &[&str] = &["", "model."];
const WORDS: &str = "embed_tokens.weight";

/// Divides rows by their root mean square, then scales their columns (Zhang and Sennrich 2019).
#[derive(Debug)]
struct Norm {
    scale: Vec<f32>,
    epsilon: f64,
}

impl Norm {
    fn load(weights: &Weights, name: &str, architecture: &Architecture) -> Result<Self, NativeError> {
        let scale = weights.tensor(&format!("{name}.weight"), &[architecture.hidden])?;
        Ok(Self { scale, epsilon: architecture.epsilon })
    }

    fn apply(&self, states: &[f32]) -> Vec<f32> {
        let width = self.scale.len();
        let mut normal = Vec::with_capacity(states.len());
        for row in states.chunks_exact(width) {
            let square =
                row.iter().map(|&value| f64::from(value) * f64::from(value)).sum::<f64>() / width as f64;
            let factor = (1.0 / (square + self.epsilon).sqrt()) as f32;
            normal.extend(row.iter().zip(&self.scale).map(|(value, scale)| value * factor * scale));
        }
        normal
    }
}

/// One layer: attention to the tokens before, then a gated product, each added to its input.
#[derive(Debug)]
struct Layer {
    before: Norm,
    query: Linear,
    key: Linear,
    value: Linear,
    output: Linear,
    after: Norm,
    gate: Linear,
    up: Linear,
    down: Linear,
}

impl Layer {
    fn load(weights: &Weights, number: usize, architecture: &Architecture) -> Result<Self, NativeError> {
        let name = |part: &str| format!("layers.{number}.{part}");
        let Architecture { hidden, inner, heads, key_heads, head, .. } = *architecture;
        let plain =
            |part: &str, inputs, outputs| Linear::load_unbiased(weights, &name(part), inputs, outputs);
        let projection = |part: &str, heads: usize| {
            let name = name(&format!("self_attn.{part}_proj"));
            let load = if architecture.has_bias { Linear::load } else { Linear::load_unbiased };
            load(weights, &name, hidden, heads * head)
        };
        Ok(Self {
            before: Norm::load(weights, &name("input_layernorm"), architecture)?,
            query: projection("q", heads)?,
            key: projection("k", key_heads)?,
            value: projection("v", key_heads)?,
            output: plain("self_attn.o_proj", heads * head, hidden)?,
            after: Norm::load(weights, &name("post_attention_layernorm"), architecture)?,
            gate: plain("mlp.gate_proj", hidden, inner)?,
            up: plain("mlp.up_proj", hidden, inner)?,
            down: plain("mlp.down_proj", inner, hidden)?,
        })
    }

    fn apply(&self, states: &mut [f32], turns: &Turns, architecture: &Architecture) {
        let normal = self.before.apply(states);
        let (mut query, mut key) = (self.query.apply(&normal), self.key.apply(&normal));
        turns.apply(&mut query, architecture.heads);
        turns.apply(&mut key, architecture.key_heads);
        let seen = attend([&query, &key, &self.value.apply(&normal)], architecture);
        add(states, &self.output.apply(&seen));
        let normal = self.after.apply(states);
        let mut gated = self.gate.apply(&normal);
        gated.iter_mut().zip(self.up.apply(&normal)).for_each(|(gate, up)| *gate = silu(*gate) * up);
        add(states, &self.down.apply(&gated));
    }
}

/// `x / (1 + exp(-x))`.
fn silu(x: f32) -> f32 {
    let fall = x.abs().exp_minus();
    if x < 0.0 { x * fall / (1.0 + fall) } else { x / (1.0 + fall) }
}

fn add(states: &mut [f32], more: &[f32]) {
    states.iter_mut().zip(more).for_each(|(state, more)| *state += more);
}

/// Rotations by position (Su et al. 2021): cosine and sine for each position and each half of a head.
struct Turns {
    head: usize,
    turns: Vec<(f32, f32)>,
}

impl Turns {
    fn new(length: usize, architecture: &Architecture) -> Self {
        let (head, half) = (architecture.head, architecture.head / 2);
        let turn = |place: usize| {
            let (position, axis) = (place / half, place % half);
            let angle = position as f64 * architecture.theta.powf(-2.0 * axis as f64 / head as f64);
            (angle.cos() as f32, angle.sin() as f32)
        };
        Self { head, turns: (0..length * half).map(turn).collect() }
    }

    fn apply(&self, rows: &mut [f32], heads: usize) {
        let half = self.head / 2;
        for (row, turns) in rows.chunks_exact_mut(heads * self.head).zip(self.turns.chunks_exact(half)) {
            for head in row.chunks_exact_mut(self.head) {
                let (first, second) = head.split_at_mut(half);
                for ((a, b), (cosine, sine)) in first.iter_mut().zip(second).zip(turns) {
                    (*a, *b) = (*a * cosine - *b * sine, *b * cosine + *a * sine);
                }
            }
        }
    }
}

/// What each token sees of the tokens up to itself; `parts` are queries, keys and values.
fn attend(parts: [&[f32]; 3], architecture: &Architecture) -> Vec<f32> {
    let [query, key, value] = parts;
    let Architecture { heads, key_heads, head, .. } = *architecture;
    let (width, key_width) = (heads * head, key_heads * head);
    let scale = 1.0 / (head as f32).sqrt();
    let mut seen = vec![0.0_f32; query.len()];
    let mut shares = Vec::new();
    for (place, (row, seen)) in query.chunks_exact(width).zip(seen.chunks_exact_mut(width)).enumerate() {
        for (number, (own, seen)) in row.chunks_exact(head).zip(seen.chunks_exact_mut(head)).enumerate() {
            let columns = number / (heads / key_heads) * head;
            let known = (place + 1) * key_width;
            shares.clear();
            let product = |other: &[f32]| {
                let pairs = own.iter().zip(&other[columns..columns + head]);
                scale * pairs.fold(0.0, |sum: f32, (x, y)| x.mul_add(*y, sum))
            };
            shares.extend(key[..known].chunks_exact(key_width).map(product));
            softmax(&mut shares);
            for (share, other) in shares.iter().zip(value.chunks_exact(key_width)) {
                let other = &other[columns..columns + head];
                seen.iter_mut().zip(other).for_each(|(sum, value)| *sum = share.mul_add(*value, *sum));
            }
        }
    }
    seen
}

/// Shares that sum to 1, in place.
pub(super) fn softmax(scores: &mut [f32]) {
    let largest = scores.iter().copied().fold(f32::NEG_INFINITY, f32::max);
    for score in scores.iter_mut() {
        *score = (largest - *score).exp_minus();
    }
    let sum: f64 = scores.iter().map(|&score| f64::from(score)).sum();
    let factor = (1.0 / sum) as f32;
    for score in scores.iter_mut() {
        *score *= factor;
    }
}

/// The whole decoder.
#[derive(Debug)]
pub(super) struct Model {
    /// Its shape.
    pub(super) architecture: Architecture,
    words: Vec<f32>,
    layers: Vec<Layer>,
    last: Norm,
    /// From states to a number for each word.
    output: Linear,
}

impl Model {
    /// Reads the tensors that the architecture wants; others are ignored.
    pub(super) fn load(architecture: Architecture, bytes: &[u8]) -> Result<Self, NativeError> {
        let weights = Weights::read(FORMAT, bytes, PREFIXES, WORDS)?;
        let Architecture { hidden, words: count, .. } = architecture;
        let words = weights.tensor(WORDS, &[count, hidden])?;
        let layers = (0..architecture.layers)
            .map(|number| Layer::load(&weights, number, &architecture))
            .collect::<Result<_, _>>()?;
        let last = Norm::load(&weights, "norm", &architecture)?;
        let output = if architecture.is_tied {
            Linear::pack(&words, vec![0.0; count], hidden)
        } else {
            // The head lies beside the model, so that its name has no prefix.
            let whole = Weights::read(FORMAT, bytes, &[""], "lm_head.weight")?;
            Linear::load_unbiased(&whole, "lm_head", hidden, count)?
        };
        Ok(Self { architecture, words, layers, last, output })
    }

    /// The states of a text's tokens after the last layer, normalised; tokens are below `words`.
    pub(super) fn states(&self, tokens: &[u32]) -> Vec<f32> {
        let hidden = self.architecture.hidden;
        let mut states = Vec::with_capacity(tokens.len() * hidden);
        for &token in tokens {
            states.extend_from_slice(&self.words[token as usize * hidden..][..hidden]);
        }
        let turns = Turns::new(tokens.len(), &self.architecture);
        for layer in &self.layers {
            layer.apply(&mut states, &turns, &self.architecture);
        }
        self.last.apply(&states)
    }

    /// A number for each word, for each state.
    pub(super) fn scores(&self, states: &[f32]) -> Vec<f32> {
        self.output.apply(states)
    }
}
