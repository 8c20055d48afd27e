//! The gradient of a low-rank change of the output layer, summed over tokens.

use learnware_engine::numeric::parallel;
use learnware_engine::numeric::random::Stream;

use super::config::Architecture;
use super::layers::{Model, softmax};

/// Tokens whose shares of all words are in memory together.
const ROWS_AT_ONCE: usize = 64;
/// Words whose sums one piece of work makes.
const WORDS_AT_ONCE: usize = 2048;

/// Sums over the tokens seen so far, words x rank.
pub(super) struct Change {
    hidden: usize,
    rank: usize,
    /// `A`, rank x hidden.
    directions: Vec<f32>,
    /// Pieces of [`WORDS_AT_ONCE`] rows.
    sums: Vec<Vec<f32>>,
    count: usize,
}

impl Change {
    pub(super) fn new(architecture: &Architecture, rank: usize, seed: u64) -> Self {
        let (hidden, rank) = (architecture.hidden, rank.min(architecture.hidden));
        let mut draws = Stream::new(seed);
        let scale = 1.0 / (rank as f64).sqrt();
        let directions = (0..rank * hidden).map(|_| (scale * draws.normal()) as f32).collect();
        let rows = |first: usize| WORDS_AT_ONCE.min(architecture.words - first);
        let pieces = (0..architecture.words).step_by(WORDS_AT_ONCE);
        let sums = pieces.map(|first| vec![0.0; rows(first) * rank]).collect();
        Self { hidden, rank, directions, sums, count: 0 }
    }

    /// Adds what the tokens of one text, with their states, add: each but the last foretells the next.
    pub(super) fn add(&mut self, model: &Model, tokens: &[u32], states: &[f32]) {
        let Some((_, next)) = tokens.split_first() else { return };
        let known = &states[..next.len() * self.hidden];
        let blocks = known.chunks(ROWS_AT_ONCE * self.hidden).zip(next.chunks(ROWS_AT_ONCE));
        for (states, next) in blocks {
            let words = model.architecture.words;
            let mut errors = model.scores(states);
            for (row, &word) in errors.chunks_exact_mut(words).zip(next) {
                softmax(row);
                row[word as usize] -= 1.0;
            }
            let short = self.shortened(states);
            let rank = self.rank;
            parallel::map_mut(&mut self.sums, |piece, sums| {
                let first = piece * WORDS_AT_ONCE;
                for (row, short) in errors.chunks_exact(words).zip(short.chunks_exact(rank)) {
                    for (sums, error) in sums.chunks_exact_mut(rank).zip(&row[first..]) {
                        sums.iter_mut()
                            .zip(short)
                            .for_each(|(sum, value)| *sum = error.mul_add(*value, *sum));
                    }
                }
            });
            self.count += next.len();
        }
    }

    /// `A h` of each state.
    fn shortened(&self, states: &[f32]) -> Vec<f32> {
        let product = |state: &[f32], direction: &[f32]| {
            state.iter().zip(direction).fold(0.0, |sum: f32, (x, y)| x.mul_add(*y, sum))
        };
        let rows = states.chunks_exact(self.hidden);
        rows.flat_map(|state| {
            self.directions.chunks_exact(self.hidden).map(move |direction| product(state, direction))
        })
        .collect()
    }

    /// `A`, rank x hidden.
    #[cfg(test)]
    pub(super) fn directions(&self) -> &[f32] {
        &self.directions
    }

    /// Tokens that were foretold.
    pub(super) fn count(&self) -> usize {
        self.count
    }

    /// Minus the mean gradient, word by word.
    pub(super) fn numbers(&self) -> impl Iterator<Item = f64> {
        let scale = -1.0 / self.count.max(1) as f64;
        self.sums.iter().flatten().map(move |&sum| scale * f64::from(sum))
    }
}
