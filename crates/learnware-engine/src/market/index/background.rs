//! How far apart random tasks of an island are, against which a distance is held: `.03` says little by itself,
//! "nearer than 99 % of random pairs of tasks here" says much.
//!
//! The pairs are drawn with a fixed seed from the members that make the kernel, so that they are a function of the
//! members and not of the island's history or of threads.

use super::scan::Place;
use super::{IslandIndex, kernel_sample};
use crate::error::Result;
use crate::learnware::LearnwareId;
use crate::numeric::parallel;
use crate::numeric::random::Stream;
use crate::specification::Embedding;

/// Pairs at most: a share of them is right within a few hundredths.
const PAIRS_MAX: usize = 1024;
/// Pairs below which nothing is told.
const PAIRS_MIN: usize = 8;
/// Seed of the pairs.
const SEED: u64 = 0x6261_636b;

/// Distances of random pairs of an island's members.
#[derive(Debug, Clone, PartialEq)]
pub struct Background {
    /// Squared distances, increasing.
    distances: Vec<f64>,
    /// How many first members the pairs are drawn from, and the last of them.
    sample: usize,
    last: LearnwareId,
}

impl Background {
    /// Share of the pairs that are farther apart than `distance` (squared), 0 to 1.
    pub fn share_farther(&self, distance: f64) -> f64 {
        let nearer = self.distances.partition_point(|&pair| pair <= distance);
        (self.distances.len() - nearer) as f64 / self.distances.len() as f64
    }

    /// The squared distance that half of the pairs do not exceed.
    pub fn median(&self) -> f64 {
        self.distances[(self.distances.len() - 1) / 2]
    }

    /// Number of pairs.
    pub fn pair_count(&self) -> usize {
        self.distances.len()
    }

    /// Whether the pairs are still those of an island of `count` members from which the member `changed` tells the
    /// one that they were drawn from.
    pub(super) fn outlives(&self, count: usize, changed: &LearnwareId) -> bool {
        kernel_sample(count) == self.sample && *changed > self.last
    }

    /// `None` where there are too few pairs or points can't be read, which the search itself reports.
    fn new(index: &IslandIndex) -> Option<Self> {
        let first = index.first(kernel_sample(index.len()));
        let last = index.id(*first.last()?).clone();
        let shape = index.kernel().shape;
        Self::of_first(first.len(), last, |place| Ok(index.member(first[place])?.embedding(shape)))
    }

    /// The background of an island whose first `count` members are given, the last of which is `last`.
    pub(super) fn of_first(
        count: usize,
        last: LearnwareId,
        embedding: impl Fn(usize) -> Result<Embedding<f32>> + Sync,
    ) -> Option<Self> {
        let pairs = pairs(count);
        if pairs.len() < PAIRS_MIN {
            return None;
        }
        let distances = parallel::map(pairs.len(), |i| {
            Ok(embedding(pairs[i].0)?.distance(&embedding(pairs[i].1)?).max(0.0))
        });
        let mut distances = distances.into_iter().collect::<Result<Vec<f64>>>().ok()?;
        distances.sort_unstable_by(f64::total_cmp);
        Some(Self { distances, sample: count, last })
    }

    /// Its numbers: squared distances, how many members they are drawn from, the last of these.
    pub(super) fn parts(&self) -> (&[f64], usize, &LearnwareId) {
        (&self.distances, self.sample, &self.last)
    }

    /// A background of such numbers; `None` of no distances.
    pub(super) fn from_parts(distances: Vec<f64>, sample: usize, last: LearnwareId) -> Option<Self> {
        (!distances.is_empty()).then_some(Self { distances, sample, last })
    }
}

impl IslandIndex {
    /// How far apart random members are, found out at first use; `None` when there are too few.
    pub fn background(&self) -> Option<&Background> {
        self.background.get_or_init(|| Background::new(self)).as_ref()
    }

    /// Places of the first `count` members in the order of identifiers.
    fn first(&self, count: usize) -> Vec<Place> {
        let segments = self.segments.iter().enumerate();
        let mut first: Vec<Place> = segments
            .flat_map(|(number, segment)| segment.live().take(count).map(move |i| (number, i)))
            .collect();
        first.sort_unstable_by(|&a, &b| self.id(a).cmp(self.id(b)));
        first.truncate(count);
        first
    }
}

/// Different pairs of `count` members: all where they are few.
fn pairs(count: usize) -> Vec<(usize, usize)> {
    let all = count * count.saturating_sub(1) / 2;
    let drawn = Stream::new(SEED).sample(all, PAIRS_MAX);
    drawn.into_iter().map(pair).collect()
}

/// The pair at a place of the order (0, 1), (0, 2), (1, 2), (0, 3), ...
fn pair(place: usize) -> (usize, usize) {
    let guess = 0.5 + 0.5 * (8.0 * place as f64 + 1.0).sqrt();
    let mut larger = guess as usize;
    // The root is rounded; sizes here are far below where it is off by more than one.
    while larger * (larger - 1) / 2 > place {
        larger -= 1;
    }
    while larger * (larger + 1) / 2 <= place {
        larger += 1;
    }
    (place - larger * (larger - 1) / 2, larger)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pairs_are_different_and_all_of_few() {
        assert_eq!((0..6).map(pair).collect::<Vec<_>>(), [(0, 1), (0, 2), (1, 2), (0, 3), (1, 3), (2, 3)]);
        assert_eq!(pairs(5).len(), 10);
        assert!(pairs(0).is_empty() && pairs(1).is_empty());
        let many = pairs(4096);
        assert_eq!(many.len(), PAIRS_MAX);
        assert!(many.iter().all(|&(a, b)| a < b && b < 4096));
        let mut sorted = many.clone();
        sorted.sort_unstable();
        sorted.dedup();
        assert_eq!(sorted.len(), PAIRS_MAX);
    }
}
