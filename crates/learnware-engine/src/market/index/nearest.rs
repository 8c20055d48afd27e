//! The members nearest to a target, proved: bounds of all are scanned, exact distances are computed in the order
//! of the bounds, and what is left is farther than the last one found.

use std::cmp::Ordering;
use std::sync::Arc;

use super::IslandIndex;
use super::scan::{PIECE, Place, Scan};
use super::stored::Stored;
use crate::error::Result;
use crate::learnware::LearnwareId;
use crate::numeric::parallel;
use crate::specification::Embedding;

/// Members with near heads among which the first exact distances are chosen.
const SEEDS: usize = 128;
/// Exact distances computed side by side.
const BATCH: usize = 32;
/// Exact distances of a search at most; past it the answer is not proved.
const EVALUATIONS_MAX: usize = 20_000;

/// Which members may be found; `None` for all.
pub type Wanted<'a> = Option<&'a (dyn Fn(&LearnwareId) -> bool + Sync)>;

/// The nearest members and what it took to prove them.
#[derive(Debug, Clone, PartialEq)]
pub struct Nearest {
    /// Members and squared distances; nearest first, ties by identifier.
    pub found: Vec<(Arc<Stored>, f64)>,
    /// Exact distances computed.
    pub evaluations: usize,
    /// Whether all others are proved to be farther. If not, they are only likely to be.
    pub certified: bool,
}

/// The nearest ones so far.
struct Best {
    count: usize,
    found: Vec<(Arc<Stored>, f64)>,
    evaluations: usize,
}

impl IslandIndex {
    /// The `count` wanted members nearest to `target`, which is prepared for the index's kernel.
    ///
    /// # Errors
    /// When points can't be read.
    pub fn nearest(&self, target: &Embedding<f32>, count: usize, wanted: Wanted) -> Result<Nearest> {
        parallel::among_threads(|| self.nearest_proved(target, count, wanted))
    }

    fn nearest_proved(&self, target: &Embedding<f32>, count: usize, wanted: Wanted) -> Result<Nearest> {
        let mut best = Best { count, found: Vec::with_capacity(count + 1), evaluations: 0 };
        if count == 0 {
            return Ok(best.done(true));
        }
        let Some(basis) = &self.basis else {
            best.take(self, target, &self.wanted_places(wanted).collect::<Vec<_>>())?;
            return Ok(best.done(true));
        };
        let scan = Scan::new(self, basis, target, wanted);
        let mut seeds = scan.seeds(SEEDS);
        seeds.truncate(count + count / 2 + 4);
        best.take(self, target, &seeds.iter().map(|&(place, _)| place).collect::<Vec<_>>())?;
        let mut rest = scan.within(best.reach());
        seeds.sort_by_key(|&(place, _)| place);
        rest.retain(|&(place, _)| seeds.binary_search_by_key(&place, |&(seed, _)| seed).is_err());
        for batch in rest.chunks(BATCH) {
            let reach = best.reach();
            let near = batch.iter().take_while(|(_, bound)| f64::from(*bound) <= reach);
            let near: Vec<Place> = near.map(|&(place, _)| place).collect();
            if near.is_empty() {
                break;
            }
            if best.evaluations + near.len() > EVALUATIONS_MAX {
                return Ok(best.done(false));
            }
            best.take(self, target, &near)?;
        }
        Ok(best.done(true))
    }

    /// The `count` wanted members nearest to `target`, by looking at all of them.
    ///
    /// # Errors
    /// When points can't be read.
    pub fn nearest_of_all(&self, target: &Embedding<f32>, count: usize, wanted: Wanted) -> Result<Nearest> {
        let mut best = Best { count, found: Vec::with_capacity(count + 1), evaluations: 0 };
        let places: Vec<Place> = self.wanted_places(wanted).collect();
        for piece in places.chunks(PIECE) {
            best.take(self, target, piece)?;
        }
        Ok(best.done(true))
    }

    pub(super) fn wanted_places(&self, wanted: Wanted) -> impl Iterator<Item = Place> {
        let all = self
            .segments
            .iter()
            .enumerate()
            .flat_map(|(number, segment)| segment.live().map(move |index| (number, index)));
        all.filter(move |&place| wanted.is_none_or(|wanted| wanted(self.id(place))))
    }

    pub(super) fn id(&self, (segment, index): Place) -> &LearnwareId {
        self.segments[segment].id(index)
    }

    pub(super) fn member(&self, (segment, index): Place) -> Result<Arc<Stored>> {
        self.segments[segment].member(index)
    }
}

impl Best {
    /// Squared distance beyond which nothing can be found any more.
    fn reach(&self) -> f64 {
        if self.found.len() < self.count { f64::INFINITY } else { self.found[self.count - 1].1 }
    }

    /// Computes exact distances and keeps the nearest.
    fn take(&mut self, index: &IslandIndex, target: &Embedding<f32>, places: &[Place]) -> Result<()> {
        let shape = target.shape();
        let measured = parallel::map(places.len(), |i| {
            let member = index.member(places[i])?;
            let distance = target.distance(&member.embedding(shape));
            Ok((member, distance))
        });
        self.evaluations += places.len();
        for entry in measured {
            let entry: (Arc<Stored>, f64) = entry?;
            let at = self.found.partition_point(|other| nearer(other, &entry).is_lt());
            if at < self.count {
                self.found.insert(at, entry);
                self.found.truncate(self.count);
            }
        }
        Ok(())
    }

    fn done(self, certified: bool) -> Nearest {
        Nearest { found: self.found, evaluations: self.evaluations, certified }
    }
}

fn nearer(a: &(Arc<Stored>, f64), b: &(Arc<Stored>, f64)) -> Ordering {
    a.1.total_cmp(&b.1).then_with(|| a.0.id().cmp(b.0.id()))
}
