//! Seeded randomness: the only source of chance in the engine.
//!
//! The few draws needed are written here on top of ChaCha8, so that results never change with a library's
//! choice of sampling algorithm.

use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::{Rng, SeedableRng};

/// A reproducible stream of random numbers.
#[derive(Debug, Clone)]
pub struct Stream {
    source: ChaCha8Rng,
    spare_normal: Option<f64>,
}

impl Stream {
    /// The stream of a seed.
    pub fn new(seed: u64) -> Self {
        Self { source: ChaCha8Rng::seed_from_u64(seed), spare_normal: None }
    }

    /// An independent stream of the same seed, one for each `purpose`.
    pub fn substream(seed: u64, purpose: u64) -> Self {
        let mut stream = Self::new(seed);
        stream.source.set_stream(purpose);
        stream
    }

    /// 64 random bits.
    pub fn bits(&mut self) -> u64 {
        self.source.next_u64()
    }

    /// Uniform in `[0, 1)`.
    pub fn uniform(&mut self) -> f64 {
        (self.bits() >> 11) as f64 / (1u64 << 53) as f64
    }

    /// Uniform among `0..count`; `count` must not be 0.
    pub fn below(&mut self, count: usize) -> usize {
        assert!(count > 0, "there must be something to draw from");
        ((u128::from(self.bits()) * count as u128) >> 64) as usize
    }

    /// Standard normal (Box-Muller).
    pub fn normal(&mut self) -> f64 {
        if let Some(spare) = self.spare_normal.take() {
            return spare;
        }
        let radius = (-2.0 * (1.0 - self.uniform()).ln()).sqrt();
        let angle = std::f64::consts::TAU * self.uniform();
        self.spare_normal = Some(radius * angle.sin());
        radius * angle.cos()
    }

    /// An index drawn in proportion to non-negative `weights` with a positive sum.
    pub fn weighted(&mut self, weights: &[f64]) -> usize {
        let total: f64 = weights.iter().sum();
        let mut left = self.uniform() * total;
        for (index, &weight) in weights.iter().enumerate() {
            left -= weight;
            if left < 0.0 {
                return index;
            }
        }
        weights.iter().rposition(|&weight| weight > 0.0).unwrap_or(0)
    }

    /// Shuffles in place.
    pub fn shuffle<T>(&mut self, items: &mut [T]) {
        for last in (1..items.len()).rev() {
            items.swap(last, self.below(last + 1));
        }
    }

    /// `size` different indices of `0..count` in increasing order; all of them when `size >= count`.
    pub fn sample(&mut self, count: usize, size: usize) -> Vec<usize> {
        if size >= count {
            return (0..count).collect();
        }
        // Floyd's algorithm: one draw for each index taken.
        let mut taken = std::collections::BTreeSet::new();
        for last in count - size..count {
            let index = self.below(last + 1);
            if !taken.insert(index) {
                taken.insert(last);
            }
        }
        taken.into_iter().collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn same_seed_same_numbers_and_other_purpose_other_numbers() {
        let draw = |mut stream: Stream| (0..5).map(|_| stream.bits()).collect::<Vec<_>>();
        assert_eq!(draw(Stream::new(7)), draw(Stream::new(7)));
        assert_ne!(draw(Stream::substream(7, 1)), draw(Stream::substream(7, 2)));
    }

    #[test]
    fn normals_have_mean_zero_and_variance_one() {
        let mut stream = Stream::new(1);
        let draws: Vec<f64> = (0..20_000).map(|_| stream.normal()).collect();
        let mean = draws.iter().sum::<f64>() / 20_000.0;
        let variance = draws.iter().map(|x| x * x).sum::<f64>() / 20_000.0;
        assert!(mean.abs() < 0.03 && (variance - 1.0).abs() < 0.05, "{mean} {variance}");
    }

    #[test]
    fn samples_are_different_sorted_and_in_range() {
        let mut stream = Stream::new(3);
        for (count, size) in [(10, 3), (10, 10), (5, 9), (1, 1), (1000, 999)] {
            let sample = stream.sample(count, size);
            assert_eq!(sample.len(), size.min(count));
            assert!(sample.windows(2).all(|pair| pair[0] < pair[1]) && sample.iter().all(|&i| i < count));
        }
    }
}
