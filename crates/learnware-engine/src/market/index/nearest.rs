//! The members nearest to a target, proved: bounds of all are scanned, exact distances are computed in the order
//! of the bounds, and what is left is farther than the last one found.

use std::cmp::Ordering;
use std::ops::Range;
use std::sync::Arc;

use super::IslandIndex;
use super::basis::{Basis, DISTANCE_ERROR};
use super::segment::Stored;
use crate::learnware::LearnwareId;
use crate::numeric::codes::Query;
use crate::numeric::parallel;
use crate::specification::Embedding;

/// Members scanned as one piece of work; fixed, so that nothing depends on threads.
pub(super) const PIECE: usize = 8192;
/// Members whose least bound is kept.
const CHUNK: usize = 64;
/// Exact distances computed side by side.
const BATCH: usize = 16;
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

/// A member by segment and index.
pub(super) type Place = (usize, usize);

/// The nearest ones so far.
struct Best {
    count: usize,
    found: Vec<(Arc<Stored>, f64)>,
    evaluations: usize,
}

impl IslandIndex {
    /// The `count` wanted members nearest to `target`, which is prepared for the index's kernel.
    pub fn nearest(&self, target: &Embedding<f32>, count: usize, wanted: Wanted) -> Nearest {
        let mut best = Best { count, found: Vec::with_capacity(count + 1), evaluations: 0 };
        if count == 0 {
            return best.done(true);
        }
        let Some(basis) = &self.basis else {
            best.take(target, self.wanted_places(wanted).map(|place| self.member(place)).collect());
            return best.done(true);
        };
        let scan = self.scan(basis, target, wanted);
        let seeds = scan.seeds(count + count / 2 + 4);
        best.take(target, seeds.iter().map(|&(place, _)| self.member(place)).collect());
        let mut rest = scan.within(best.reach());
        rest.retain(|candidate| !seeds.contains(candidate));
        for batch in rest.chunks(BATCH) {
            let near: Vec<&Arc<Stored>> = batch
                .iter()
                .take_while(|(_, bound)| f64::from(*bound) <= best.reach())
                .map(|&(place, _)| self.member(place))
                .collect();
            if near.is_empty() {
                break;
            }
            if best.evaluations + near.len() > EVALUATIONS_MAX {
                return best.done(false);
            }
            best.take(target, near);
        }
        best.done(true)
    }

    /// The `count` wanted members nearest to `target`, by looking at all of them.
    pub fn nearest_of_all(&self, target: &Embedding<f32>, count: usize, wanted: Wanted) -> Nearest {
        let mut best = Best { count, found: Vec::with_capacity(count + 1), evaluations: 0 };
        let places: Vec<Place> = self.wanted_places(wanted).collect();
        for piece in places.chunks(PIECE) {
            best.take(target, piece.iter().map(|&place| self.member(place)).collect());
        }
        best.done(true)
    }

    pub(super) fn wanted_places(&self, wanted: Wanted) -> impl Iterator<Item = Place> {
        let all = self
            .segments
            .iter()
            .enumerate()
            .flat_map(|(number, segment)| segment.live().map(move |index| (number, index)));
        all.filter(move |&place| wanted.is_none_or(|wanted| wanted(self.member(place).id())))
    }

    pub(super) fn member(&self, (segment, index): Place) -> &Arc<Stored> {
        self.segments[segment].member(index)
    }

    /// Pieces of work that cover all segments.
    pub(super) fn pieces(&self) -> Vec<(usize, Range<usize>)> {
        let pieces = self.segments.iter().enumerate().flat_map(|(number, segment)| {
            let count = segment.count();
            (0..count).step_by(PIECE).map(move |first| (number, first..(first + PIECE).min(count)))
        });
        pieces.collect()
    }

    pub(super) fn scan(&self, basis: &Basis, target: &Embedding<f32>, wanted: Wanted) -> Scan {
        // Errors of exact distances are those of distributions times what the target's weights exceed one by.
        let mass: f64 = target.weights().iter().map(|weight| weight.abs()).sum();
        let slack = DISTANCE_ERROR * mass.max(1.0).powi(2);
        self.scan_for(&basis.query(&basis.project(target)), slack, wanted)
    }

    /// Lower bounds of the distances to a vector, less `slack`.
    pub(super) fn scan_for(&self, query: &Query, slack: f64, wanted: Wanted) -> Scan {
        let slack = slack as f32;
        let pieces = self.pieces();
        let scanned = parallel::map(pieces.len(), |i| {
            let (number, range) = pieces[i].clone();
            let segment = &self.segments[number];
            let Some(codes) = segment.codes() else { return Piece::default() };
            let mut bounds = codes.lower_bounds(query, range.clone());
            for (bound, index) in bounds.iter_mut().zip(range.clone()) {
                *bound = (*bound - slack).max(0.0);
                if segment.is_gone(index) || wanted.is_some_and(|wanted| !wanted(segment.member(index).id()))
                {
                    *bound = f32::INFINITY;
                }
            }
            let least = bounds.chunks(CHUNK).map(|chunk| chunk.iter().copied().fold(f32::INFINITY, f32::min));
            Piece { segment: number, first: range.start, least: least.collect(), bounds }
        });
        Scan { pieces: scanned }
    }
}

/// Lower bounds of all members.
pub(super) struct Scan {
    pieces: Vec<Piece>,
}

/// Lower bounds of some members of a segment; infinite for those that may not be found.
#[derive(Default)]
struct Piece {
    segment: usize,
    first: usize,
    bounds: Vec<f32>,
    /// The least bound of each chunk.
    least: Vec<f32>,
}

impl Piece {
    /// Places and bounds of a chunk.
    fn chunk(&self, chunk: usize) -> impl Iterator<Item = (Place, f32)> {
        let first = chunk * CHUNK;
        let bounds = &self.bounds[first..(first + CHUNK).min(self.bounds.len())];
        bounds.iter().enumerate().map(move |(i, &bound)| ((self.segment, self.first + first + i), bound))
    }
}

impl Scan {
    /// At most `count` members with small bounds: the least of each chunk.
    pub(super) fn seeds(&self, count: usize) -> Vec<(Place, f32)> {
        let mut chunks: Vec<(f32, usize, usize)> = Vec::new();
        for (number, piece) in self.pieces.iter().enumerate() {
            chunks.extend(piece.least.iter().enumerate().map(|(chunk, &least)| (least, number, chunk)));
        }
        let order = |a: &(f32, usize, usize), b: &(f32, usize, usize)| {
            a.0.total_cmp(&b.0).then((a.1, a.2).cmp(&(b.1, b.2)))
        };
        if chunks.len() > count {
            chunks.select_nth_unstable_by(count, order);
            chunks.truncate(count);
        }
        let least = |&(_, piece, chunk): &(f32, usize, usize)| {
            self.pieces[piece].chunk(chunk).min_by(|a, b| a.1.total_cmp(&b.1))
        };
        chunks.iter().filter_map(least).filter(|seed| seed.1.is_finite()).collect()
    }

    /// All members with a bound up to `reach`, in the order of bounds.
    pub(super) fn within(&self, reach: f64) -> Vec<(Place, f32)> {
        let mut found: Vec<(Place, f32)> = Vec::new();
        for piece in &self.pieces {
            let near = piece.least.iter().enumerate().filter(|(_, least)| f64::from(**least) <= reach);
            for (chunk, _) in near {
                let close = |entry: &(Place, f32)| f64::from(entry.1) <= reach && entry.1.is_finite();
                found.extend(piece.chunk(chunk).filter(close));
            }
        }
        found.sort_unstable_by(|a, b| a.1.total_cmp(&b.1).then(a.0.cmp(&b.0)));
        found
    }
}

impl Best {
    /// Squared distance beyond which nothing can be found any more.
    fn reach(&self) -> f64 {
        if self.found.len() < self.count { f64::INFINITY } else { self.found[self.count - 1].1 }
    }

    /// Computes exact distances and keeps the nearest.
    fn take(&mut self, target: &Embedding<f32>, members: Vec<&Arc<Stored>>) {
        let shape = target.shape();
        let distances = parallel::map(members.len(), |i| target.distance(&members[i].embedding(shape)));
        self.evaluations += members.len();
        for entry in members.into_iter().zip(distances) {
            let at = self.found.partition_point(|other| nearer((&other.0, other.1), entry).is_lt());
            if at < self.count {
                self.found.insert(at, (Arc::clone(entry.0), entry.1));
                self.found.truncate(self.count);
            }
        }
    }

    fn done(self, certified: bool) -> Nearest {
        Nearest { found: self.found, evaluations: self.evaluations, certified }
    }
}

fn nearer(a: (&Arc<Stored>, f64), b: (&Arc<Stored>, f64)) -> Ordering {
    a.1.total_cmp(&b.1).then_with(|| a.0.id().cmp(b.0.id()))
}
