//! Forward and backward through the whole network: from a column's word pieces and a row's values to the class token.

use super::layers::{
    Normed, Sizes, add, attend, attend_back, linear, linear_back, normalise, normalise_back,
};
use super::parameters::{LayerSlots, NetworkShape, Slots};
use crate::numeric::dense::{Right, product};

/// A network with its numbers, without the vectors of word pieces.
#[derive(Clone, Copy)]
pub(super) struct Network<'a> {
    pub(super) shape: NetworkShape,
    pub(super) slots: &'a Slots,
    pub(super) values: &'a [f32],
}

/// Columns as the network sees them.
pub(super) struct Columns {
    /// What a value of 1 adds, columns x hidden.
    pub(super) slopes: Vec<f32>,
    /// What each column has besides, hidden.
    pub(super) offset: Vec<f32>,
    means: Vec<f32>,
    normed: Normed,
    /// Pieces of each column.
    counts: Vec<usize>,
}

/// What the backward pass of a layer needs.
pub(super) struct LayerTape {
    sizes: Sizes,
    input: Vec<f32>,
    asking: Vec<f32>,
    queries: Vec<f32>,
    both: Vec<f32>,
    shares: Vec<f32>,
    mixed: Vec<f32>,
    normed1: Normed,
    middle: Vec<f32>,
    gates: Vec<f32>,
    raw: Vec<f32>,
    active: Vec<f32>,
    normed2: Normed,
}

impl Columns {
    /// Number of columns.
    pub(super) fn count(&self) -> usize {
        self.counts.len()
    }
}

impl Network<'_> {
    fn of(&self, place: &std::ops::Range<usize>) -> &[f32] {
        &self.values[place.clone()]
    }

    /// The columns whose pieces' vectors are `pieces` (all pieces x hidden), `counts` of them for each column.
    pub(super) fn columns(&self, pieces: &[f32], counts: &[usize]) -> Columns {
        let (h, slots) = (self.shape.hidden, self.slots);
        let (words, normed) = normalise(pieces, self.of(&slots.word_norm), self.of(&slots.word_norm_bias));
        let mut means = vec![0.0; counts.len() * h];
        let mut words = words.chunks_exact(h);
        for (mean, &count) in means.chunks_exact_mut(h).zip(counts) {
            words.by_ref().take(count).for_each(|word| add(mean, word));
            for value in mean {
                *value /= count as f32;
            }
        }
        let align = self.of(&slots.align);
        let slopes = linear(&means, h, align, None);
        let offset = linear(self.of(&slots.number_bias), h, align, None);
        Columns { slopes, offset, means, normed, counts: counts.to_vec() }
    }

    /// The gradient for the vectors of the pieces, from those for slopes and offset.
    pub(super) fn columns_back(
        &self,
        columns: &Columns,
        slopes: &[f32],
        offset: &[f32],
        gradient: &mut [f32],
    ) -> Vec<f32> {
        let (h, slots) = (self.shape.hidden, self.slots);
        let align = self.of(&slots.align);
        let places = (&slots.align, None);
        let means = linear_back(slopes, &columns.means, align, gradient, places);
        let bias = linear_back(offset, self.of(&slots.number_bias), align, gradient, places);
        add(&mut gradient[slots.number_bias.clone()], &bias);
        let mut words = Vec::with_capacity(h * columns.counts.iter().sum::<usize>());
        for (mean, &count) in means.chunks_exact(h).zip(&columns.counts) {
            (0..count).for_each(|_| words.extend(mean.iter().map(|value| value / count as f32)));
        }
        let places = (&slots.word_norm, &slots.word_norm_bias);
        normalise_back(&words, &columns.normed, self.of(&slots.word_norm), gradient, places)
    }

    /// The class token of each row of `values` (rows x columns), rows x hidden, with the tapes.
    pub(super) fn forward(&self, columns: &Columns, values: &[f32]) -> (Vec<f32>, Vec<LayerTape>) {
        let h = self.shape.hidden;
        let count = columns.slopes.len() / h;
        let mut tokens = Vec::with_capacity(values.len() / count * (count + 1) * h);
        for row in values.chunks_exact(count) {
            tokens.extend_from_slice(self.of(&self.slots.class));
            for (value, slope) in row.iter().zip(columns.slopes.chunks_exact(h)) {
                tokens
                    .extend(slope.iter().zip(&columns.offset).map(|(slope, offset)| value * slope + offset));
            }
        }
        let mut tapes = Vec::with_capacity(self.slots.layers.len());
        for (place, layer) in self.slots.layers.iter().enumerate() {
            // Of the last layer only the class token is looked at.
            let queries = if place + 1 == self.slots.layers.len() { 1 } else { count + 1 };
            let sizes = Sizes { keys: count + 1, queries, hidden: h, heads: self.shape.heads };
            let (next, tape) = self.layer(layer, sizes, tokens);
            tapes.push(tape);
            tokens = next;
        }
        (tokens, tapes)
    }

    /// The gradients for slopes and offset, from that for the class tokens.
    pub(super) fn backward(
        &self,
        values: &[f32],
        tapes: &[LayerTape],
        class: Vec<f32>,
        gradient: &mut [f32],
    ) -> (Vec<f32>, Vec<f32>) {
        let h = self.shape.hidden;
        let mut tokens = class;
        for (layer, tape) in self.slots.layers.iter().zip(tapes).rev() {
            tokens = self.layer_back(layer, tape, &tokens, gradient);
        }
        let count = tapes.first().map_or(0, |tape| tape.sizes.keys - 1);
        let (mut slopes, mut offset) = (vec![0.0; count * h], vec![0.0; h]);
        for (row, tokens) in values.chunks_exact(count).zip(tokens.chunks_exact((count + 1) * h)) {
            let (class, tokens) = tokens.split_at(h);
            add(&mut gradient[self.slots.class.clone()], class);
            for ((value, token), slope) in
                row.iter().zip(tokens.chunks_exact(h)).zip(slopes.chunks_exact_mut(h))
            {
                add(&mut offset, token);
                slope.iter_mut().zip(token).for_each(|(sum, token)| *sum += value * token);
            }
        }
        (slopes, offset)
    }

    fn layer(&self, slots: &LayerSlots, sizes: Sizes, input: Vec<f32>) -> (Vec<f32>, LayerTape) {
        let (h, f) = (self.shape.hidden, self.shape.inner);
        let (of_queries, of_both) = self.of(&slots.attend).split_at(h * h);
        let (queries_bias, both_bias) = self.of(&slots.attend_bias).split_at(h);
        let asking = asking(sizes, &input);
        let queries = linear(&asking, h, of_queries, Some(queries_bias));
        let both = linear(&input, h, of_both, Some(both_bias));
        let (mixed, shares) = attend(sizes, &queries, &both);
        let mut sum = linear(&mixed, h, self.of(&slots.out), Some(self.of(&slots.out_bias)));
        add(&mut sum, &asking);
        let (middle, normed1) = normalise(&sum, self.of(&slots.norm1), self.of(&slots.norm1_bias));
        let gates: Vec<f32> = linear(&middle, h, self.of(&slots.gate), None)
            .into_iter()
            .map(|z| 1.0 / (1.0 + (-z).exp()))
            .collect();
        let raw = linear(&middle, h, self.of(&slots.first), Some(self.of(&slots.first_bias)));
        let active: Vec<f32> = raw
            .chunks_exact(f)
            .zip(&gates)
            .flat_map(|(row, gate)| row.iter().map(move |value| (value * gate).max(0.0)))
            .collect();
        let mut sum = linear(&active, f, self.of(&slots.second), Some(self.of(&slots.second_bias)));
        add(&mut sum, &middle);
        let (output, normed2) = normalise(&sum, self.of(&slots.norm2), self.of(&slots.norm2_bias));
        let tape = LayerTape {
            sizes,
            input,
            asking,
            queries,
            both,
            shares,
            mixed,
            normed1,
            middle,
            gates,
            raw,
            active,
            normed2,
        };
        (output, tape)
    }

    /// The gradient for a layer's input.
    fn layer_back(&self, slots: &LayerSlots, tape: &LayerTape, dy: &[f32], gradient: &mut [f32]) -> Vec<f32> {
        let (f, sizes) = (self.shape.inner, tape.sizes);
        let sum = normalise_back(
            dy,
            &tape.normed2,
            self.of(&slots.norm2),
            gradient,
            (&slots.norm2, &slots.norm2_bias),
        );
        let places = (&slots.second, Some(&slots.second_bias));
        let mut raw = linear_back(&sum, &tape.active, self.of(&slots.second), gradient, places);
        let mut gates = Vec::with_capacity(tape.gates.len());
        for (row, gate) in tape.gates.iter().enumerate() {
            let mut of_gate = 0.0;
            let within = row * f..(row + 1) * f;
            let own = raw[within.clone()].iter_mut().zip(&tape.raw[within.clone()]).zip(&tape.active[within]);
            for ((back, raw), active) in own {
                // Nothing comes back through what the rectifier cut off.
                let through = if *active > 0.0 { *back } else { 0.0 };
                of_gate += through * raw;
                *back = through * gate;
            }
            gates.push(of_gate * gate * (1.0 - gate));
        }
        let mut middle = sum;
        let places = (&slots.first, Some(&slots.first_bias));
        add(&mut middle, &linear_back(&raw, &tape.middle, self.of(&slots.first), gradient, places));
        add(
            &mut middle,
            &linear_back(&gates, &tape.middle, self.of(&slots.gate), gradient, (&slots.gate, None)),
        );
        let places = (&slots.norm1, &slots.norm1_bias);
        let mut asked = normalise_back(&middle, &tape.normed1, self.of(&slots.norm1), gradient, places);
        let places = (&slots.out, Some(&slots.out_bias));
        let mixed = linear_back(&asked, &tape.mixed, self.of(&slots.out), gradient, places);
        let (queries, both) = attend_back(sizes, &mixed, &tape.queries, &tape.both, &tape.shares);
        self.attention_back(slots, tape, (&queries, &both), &mut asked, gradient)
    }

    /// The gradient for a layer's input, from those for its queries and its keys and values, and that for the tokens that
    /// ask.
    fn attention_back(
        &self,
        slots: &LayerSlots,
        tape: &LayerTape,
        (queries, both): (&[f32], &[f32]),
        asked: &mut [f32],
        gradient: &mut [f32],
    ) -> Vec<f32> {
        let (h, sizes) = (self.shape.hidden, tape.sizes);
        let (of_queries, of_both) = self.of(&slots.attend).split_at(h * h);
        let (start, bias) = (slots.attend.start, slots.attend_bias.start);
        let places = (start..start + h * h, bias..bias + h);
        add(asked, &linear_back(queries, &tape.asking, of_queries, gradient, (&places.0, Some(&places.1))));
        let places = (start + h * h..slots.attend.end, bias + h..slots.attend_bias.end);
        let mut input = linear_back(both, &tape.input, of_both, gradient, (&places.0, Some(&places.1)));
        let rows = input.chunks_exact_mut(sizes.keys * h).zip(asked.chunks_exact(sizes.queries * h));
        for (row, asked) in rows {
            add(&mut row[..sizes.queries * h], asked);
        }
        input
    }

    /// Class tokens as they are compared in training.
    pub(super) fn project(&self, class: &[f32]) -> Vec<f32> {
        linear(class, self.shape.hidden, self.of(&self.slots.projection), None)
    }

    pub(super) fn project_back(&self, projected: &[f32], class: &[f32], gradient: &mut [f32]) -> Vec<f32> {
        linear_back(
            projected,
            class,
            self.of(&self.slots.projection),
            gradient,
            (&self.slots.projection, None),
        )
    }
}

/// The tokens that ask: the first ones of each row.
fn asking(sizes: Sizes, input: &[f32]) -> Vec<f32> {
    let rows = input.chunks_exact(sizes.keys * sizes.hidden);
    rows.flat_map(|row| row[..sizes.queries * sizes.hidden].iter().copied()).collect()
}

/// The contrastive loss of `projected` (views x rows, one view after the other; `width` numbers each) and its gradient:
/// the views of one row shall be nearer to each other than to other rows (multi-view InfoNCE, Khosla et al. 2020, eq. 2,
/// with inner products as the reference has them).
pub(super) fn contrast(projected: &[f32], width: usize, rows: usize, temperature: f32) -> (f64, Vec<f32>) {
    let count = projected.len() / width;
    let positives = count / rows - 1;
    let mut weights = product(projected, width, Right::Transposed(projected), count);
    let mut loss = 0.0;
    for (anchor, logits) in weights.chunks_exact_mut(count).enumerate() {
        for logit in logits.iter_mut() {
            *logit /= temperature;
        }
        let most = logits.iter().copied().fold(f32::NEG_INFINITY, f32::max);
        let others = logits.iter().enumerate().filter(|(other, _)| *other != anchor);
        let sum: f64 = others.map(|(_, logit)| f64::from(logit - most).exp()).sum();
        let log_sum = sum.ln();
        for (other, logit) in logits.iter_mut().enumerate() {
            let log_share = f64::from(*logit - most) - log_sum;
            let wanted = if other % rows == anchor % rows { 1.0 / positives as f64 } else { 0.0 };
            if other == anchor {
                *logit = 0.0;
            } else {
                loss -= wanted * log_share / count as f64;
                *logit = ((log_share.exp() - wanted) / count as f64) as f32 / temperature;
            }
        }
    }
    let mut gradient = product(&weights, count, Right::Plain(projected), width);
    let mirrored = crate::numeric::dense::transposed(&weights, count);
    add(&mut gradient, &product(&mirrored, count, Right::Plain(projected), width));
    (loss, gradient)
}
