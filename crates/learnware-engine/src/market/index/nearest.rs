//! The members nearest to a target, proved: bounds of all are scanned, exact distances are computed in the order
//! of the bounds, and what is left is farther than the last one found. Where bounds say too little, random features
//! choose whose distances are computed, and the answer is not proved.

use std::cmp::Ordering;
use std::sync::Arc;

use super::IslandIndex;
use super::codes::Codes;
use super::features::Features;
use super::scan::{PIECE, Place, Scan};
use super::segment::Segment;
use super::stored::Stored;
use crate::error::Result;
use crate::learnware::LearnwareId;
use crate::numeric::parallel;
use crate::specification::Embedding;

/// Members with near heads among which the first exact distances are chosen.
const SEEDS: usize = 128;
/// Exact distances computed side by side.
const BATCH: usize = 32;
/// What a search may cost.
pub(super) const EFFORT: Effort = Effort { exact: 20_000, likely: 4096 };
/// Of the likely ones, the part whose exact distances are computed before bounds are tried.
const LIKELY_FIRST: usize = 8;

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

/// Exact distances of a search.
#[derive(Debug, Clone, Copy)]
pub(super) struct Effort {
    /// At most; past it the answer is not proved.
    pub(super) exact: usize,
    /// Where nothing can be proved, in islands that have random features.
    pub(super) likely: usize,
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
        parallel::among_threads(|| self.nearest_among(target, count, wanted, EFFORT))
    }

    /// The same within a given effort.
    pub(super) fn nearest_among(
        &self,
        target: &Embedding<f32>,
        count: usize,
        wanted: Wanted,
        effort: Effort,
    ) -> Result<Nearest> {
        let mut best = Best { count, found: Vec::with_capacity(count + 1), evaluations: 0 };
        if count == 0 {
            return Ok(best.done(true));
        }
        let Some(basis) = &self.basis else {
            best.take(self, target, &self.wanted_places(wanted).collect::<Vec<_>>())?;
            return Ok(best.done(true));
        };
        let scan = Scan::new(self, basis, target, wanted);
        let likely =
            basis.features().map(|features| self.likely_nearest(features, target, wanted, effort.likely));
        let mut seeds: Vec<Place> = match &likely {
            Some(likely) => likely.iter().copied().take((effort.likely / LIKELY_FIRST).max(count)).collect(),
            None => {
                scan.seeds(SEEDS).into_iter().take(count + count / 2 + 4).map(|(place, _)| place).collect()
            }
        };
        best.take(self, target, &seeds)?;
        let mut rest = scan.within(best.reach());
        if let Some(likely) = likely.filter(|_| rest.len() > effort.exact) {
            best.take(self, target, &likely[seeds.len()..])?;
            return Ok(best.done(false));
        }
        seeds.sort_unstable();
        rest.retain(|&(place, _)| seeds.binary_search(&place).is_err());
        for batch in rest.chunks(BATCH) {
            let reach = best.reach();
            let near = batch.iter().take_while(|(_, bound)| f64::from(*bound) <= reach);
            let near: Vec<Place> = near.map(|&(place, _)| place).collect();
            if near.is_empty() {
                break;
            }
            if best.evaluations + near.len() > effort.exact {
                return Ok(best.done(false));
            }
            best.take(self, target, &near)?;
        }
        Ok(best.done(true))
    }

    /// The `count` wanted members that are likely to be nearest, as random features say.
    fn likely_nearest(
        &self,
        features: &Features,
        target: &Embedding<f32>,
        wanted: Wanted,
        count: usize,
    ) -> Vec<Place> {
        let query = features.query(target);
        let nearness = |segment: &Segment, codes: &Codes, members: &[usize]| {
            let codes = codes.features.as_ref();
            let products = codes.map_or_else(Vec::new, |codes| codes.products_with_errors(&query, members));
            let parts = members.iter().zip(products);
            // The squared distance is the target's squared norm less this.
            let parts = parts
                .map(|(&index, (product, _))| 2.0 * f64::from(product) - segment.numbers(index).norm_squared);
            parts.map(|nearness| nearness as f32).collect()
        };
        let found = self.highest(&self.wanted_runs(wanted), count, nearness);
        found.into_iter().map(|(place, _)| place).collect()
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
