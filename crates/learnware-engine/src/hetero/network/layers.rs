//! The parts of the network, forward and backward: linear, normalised, attended. Rows of numbers in slices; gradients are
//! added to a slice of the parameters' layout.

use std::ops::Range;

use crate::numeric::dense::{Right, product, transposed};

/// Added to a variance, as in the reference's library.
const VARIANCE_FLOOR: f32 = 1e-5;

/// `x W' + b` for rows `x` of `inputs` numbers.
pub(super) fn linear(x: &[f32], inputs: usize, weight: &[f32], bias: Option<&[f32]>) -> Vec<f32> {
    let outputs = weight.len() / inputs;
    let mut y = product(x, inputs, Right::Transposed(weight), outputs);
    if let Some(bias) = bias {
        for row in y.chunks_exact_mut(outputs) {
            add(row, bias);
        }
    }
    y
}

/// The gradient of [`linear`] for its weight (and bias), and what is left for `x`.
pub(super) fn linear_back(
    dy: &[f32],
    x: &[f32],
    weight: &[f32],
    gradient: &mut [f32],
    (place, bias): (&Range<usize>, Option<&Range<usize>>),
) -> Vec<f32> {
    let rows = count(x, dy, weight);
    let (inputs, outputs) = (x.len() / rows, dy.len() / rows);
    let of_weight = product(&transposed(dy, outputs), rows, Right::Plain(x), inputs);
    add(&mut gradient[place.clone()], &of_weight);
    if let Some(bias) = bias {
        for row in dy.chunks_exact(outputs) {
            add(&mut gradient[bias.clone()], row);
        }
    }
    product(dy, outputs, Right::Plain(weight), inputs)
}

/// Rows of `x` and `dy`, from the size of the weight between them.
fn count(x: &[f32], dy: &[f32], weight: &[f32]) -> usize {
    // rows^2 = (rows inputs)(rows outputs) / (inputs outputs)
    ((x.len() as f64 * dy.len() as f64) / weight.len() as f64).sqrt().round() as usize
}

pub(super) fn add(sum: &mut [f32], values: &[f32]) {
    sum.iter_mut().zip(values).for_each(|(sum, value)| *sum += value);
}

/// What a normalisation has to remember.
#[derive(Debug, Clone)]
pub(super) struct Normed {
    /// Rows of mean 0 and variance 1.
    plain: Vec<f32>,
    /// One over each row's deviation.
    inverse: Vec<f32>,
}

/// Rows of `width` numbers brought to mean 0 and variance 1, then scaled and moved (layer normalisation).
pub(super) fn normalise(x: &[f32], weight: &[f32], bias: &[f32]) -> (Vec<f32>, Normed) {
    let width = weight.len();
    let (mut plain, mut inverse) = (x.to_vec(), Vec::with_capacity(x.len() / width));
    let mut result = Vec::with_capacity(x.len());
    for row in plain.chunks_exact_mut(width) {
        let mean = row.iter().sum::<f32>() / width as f32;
        let variance = row.iter().map(|value| (value - mean) * (value - mean)).sum::<f32>() / width as f32;
        let factor = 1.0 / (variance + VARIANCE_FLOOR).sqrt();
        for value in row.iter_mut() {
            *value = (*value - mean) * factor;
        }
        inverse.push(factor);
        let scaled = row.iter().zip(weight).zip(bias).map(|((value, weight), bias)| value * weight + bias);
        result.extend(scaled);
    }
    (result, Normed { plain, inverse })
}

/// The gradient of [`normalise`].
pub(super) fn normalise_back(
    dy: &[f32],
    normed: &Normed,
    weight: &[f32],
    gradient: &mut [f32],
    (place, bias): (&Range<usize>, &Range<usize>),
) -> Vec<f32> {
    let width = weight.len();
    let mut dx = Vec::with_capacity(dy.len());
    let rows = dy.chunks_exact(width).zip(normed.plain.chunks_exact(width)).zip(&normed.inverse);
    for ((dy, plain), inverse) in rows {
        for ((sum, dy), plain) in gradient[place.clone()].iter_mut().zip(dy).zip(plain) {
            *sum += dy * plain;
        }
        add(&mut gradient[bias.clone()], dy);
        let (mut mean, mut along) = (0.0, 0.0);
        for ((dy, weight), plain) in dy.iter().zip(weight).zip(plain) {
            mean += dy * weight;
            along += dy * weight * plain;
        }
        (mean, along) = (mean / width as f32, along / width as f32);
        let back = dy.iter().zip(weight).zip(plain);
        dx.extend(back.map(|((dy, weight), plain)| inverse * (dy * weight - mean - plain * along)));
    }
    dx
}

/// Sizes of an attention: rows of `keys` tokens, of which the first `queries` ask.
#[derive(Debug, Clone, Copy)]
pub(super) struct Sizes {
    pub(super) keys: usize,
    pub(super) queries: usize,
    pub(super) hidden: usize,
    pub(super) heads: usize,
}

impl Sizes {
    fn width(self) -> usize {
        self.hidden / self.heads
    }

    fn scale(self) -> f32 {
        1.0 / (self.width() as f32).sqrt()
    }

    /// Rows of the batch that `queries` of all rows come from.
    fn rows(self, queries: &[f32]) -> usize {
        queries.len() / (self.queries * self.hidden)
    }
}

/// What each query takes from the tokens of its row: `queries` are (rows queries) x hidden, `both` (rows keys) x 2 hidden,
/// keys before values. Gives the mixed values and the shares, (rows queries) x heads x keys.
pub(super) fn attend(sizes: Sizes, queries: &[f32], both: &[f32]) -> (Vec<f32>, Vec<f32>) {
    let Sizes { keys, hidden, heads, .. } = sizes;
    let width = sizes.width();
    let mut mixed = vec![0.0_f32; queries.len()];
    let mut shares = vec![0.0_f32; sizes.rows(queries) * sizes.queries * heads * keys];
    for asked in 0..queries.len() / hidden {
        let tokens = &both[asked / sizes.queries * keys * 2 * hidden..][..keys * 2 * hidden];
        for head in 0..heads {
            let query = &queries[asked * hidden + head * width..][..width];
            let shares = &mut shares[(asked * heads + head) * keys..][..keys];
            for (share, token) in shares.iter_mut().zip(tokens.chunks_exact(2 * hidden)) {
                *share = sizes.scale() * dot(query, &token[head * width..][..width]);
            }
            softmax(shares);
            let mixed = &mut mixed[asked * hidden + head * width..][..width];
            for (share, token) in shares.iter().zip(tokens.chunks_exact(2 * hidden)) {
                add_scaled(mixed, *share, &token[hidden + head * width..][..width]);
            }
        }
    }
    (mixed, shares)
}

/// The gradients of [`attend`] for `queries` and `both`.
pub(super) fn attend_back(
    sizes: Sizes,
    mixed: &[f32],
    queries: &[f32],
    both: &[f32],
    shares: &[f32],
) -> (Vec<f32>, Vec<f32>) {
    let Sizes { keys, hidden, heads, .. } = sizes;
    let width = sizes.width();
    let (mut of_queries, mut of_both) = (vec![0.0_f32; queries.len()], vec![0.0_f32; both.len()]);
    let mut of_shares = vec![0.0_f32; keys];
    for asked in 0..queries.len() / hidden {
        let first = asked / sizes.queries * keys * 2 * hidden;
        let tokens = &both[first..][..keys * 2 * hidden];
        let of_tokens = &mut of_both[first..][..keys * 2 * hidden];
        for head in 0..heads {
            let at = asked * hidden + head * width;
            let (query, mixed) = (&queries[at..][..width], &mixed[at..][..width]);
            let shares = &shares[(asked * heads + head) * keys..][..keys];
            for (of_share, token) in of_shares.iter_mut().zip(tokens.chunks_exact(2 * hidden)) {
                *of_share = dot(mixed, &token[hidden + head * width..][..width]);
            }
            let mean = dot(&of_shares, shares);
            let of_query = &mut of_queries[at..][..width];
            for (token, of_token) in (0..keys).zip(of_tokens.chunks_exact_mut(2 * hidden)) {
                let of_logit = sizes.scale() * shares[token] * (of_shares[token] - mean);
                let key = &tokens[token * 2 * hidden + head * width..][..width];
                add_scaled(of_query, of_logit, key);
                add_scaled(&mut of_token[head * width..][..width], of_logit, query);
                add_scaled(&mut of_token[hidden + head * width..][..width], shares[token], mixed);
            }
        }
    }
    (of_queries, of_both)
}

/// In eight sums side by side, without fused operations: outside of [`crate::numeric::product`] nothing chooses the
/// processor, and one fused operation would be a call.
fn dot(a: &[f32], b: &[f32]) -> f32 {
    let ((a, a_rest), (b, b_rest)) = (a.as_chunks::<8>(), b.as_chunks::<8>());
    let mut sums = [0.0_f32; 8];
    for (a, b) in a.iter().zip(b) {
        for ((sum, a), b) in sums.iter_mut().zip(a).zip(b) {
            *sum += a * b;
        }
    }
    let rest: f32 = a_rest.iter().zip(b_rest).map(|(a, b)| a * b).sum();
    sums.iter().sum::<f32>() + rest
}

fn add_scaled(sum: &mut [f32], factor: f32, values: &[f32]) {
    sum.iter_mut().zip(values).for_each(|(sum, value)| *sum += factor * value);
}

fn softmax(values: &mut [f32]) {
    let most = values.iter().copied().fold(f32::NEG_INFINITY, f32::max);
    for value in values.iter_mut() {
        *value = (*value - most).exp();
    }
    let sum: f32 = values.iter().sum();
    for value in values.iter_mut() {
        *value /= sum;
    }
}
