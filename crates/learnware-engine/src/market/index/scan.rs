//! The scan of a search: lower bounds of all members by their heads, and of the near ones by their whole vectors.

use std::ops::Range;

use super::IslandIndex;
use super::basis::{Basis, DISTANCE_ERROR, Projection};
use super::nearest::Wanted;
use crate::numeric::codes::Query;
use crate::numeric::parallel;
use crate::specification::Embedding;

/// Members scanned as one piece of work; fixed, so that nothing depends on threads.
pub(super) const PIECE: usize = 8192;
/// Members whose least bound is kept.
const CHUNK: usize = 64;

/// A member by segment and index.
pub(super) type Place = (usize, usize);

/// Some members of a segment, in order.
pub(super) struct Run {
    pub(super) segment: usize,
    pub(super) members: Vec<usize>,
}

/// Lower bounds of all members' squared distances by their heads.
pub(super) struct Scan<'a> {
    index: &'a IslandIndex,
    pieces: Vec<Piece>,
    /// The target, to be compared with whole vectors.
    query: Query,
    /// What exact distances may be less than they should be.
    slack: f32,
}

/// Bounds of some members of a segment; infinite for those that may not be found.
#[derive(Default)]
struct Piece {
    segment: usize,
    first: usize,
    bounds: Vec<f32>,
    /// The least bound of each chunk.
    least: Vec<f32>,
}

impl IslandIndex {
    /// Pieces of work that cover all segments.
    pub(super) fn pieces(&self) -> Vec<(usize, Range<usize>)> {
        let pieces = self.segments.iter().enumerate().flat_map(|(number, segment)| {
            let count = segment.count();
            (0..count).step_by(PIECE).map(move |first| (number, first..(first + PIECE).min(count)))
        });
        pieces.collect()
    }

    /// All wanted members, in pieces of work.
    pub(super) fn wanted_runs(&self, wanted: Wanted) -> Vec<Run> {
        let pieces = self.pieces();
        parallel::map(pieces.len(), |i| {
            let (number, range) = pieces[i].clone();
            let segment = &self.segments[number];
            let is_wanted = |index: usize| wanted.is_none_or(|wanted| wanted(segment.id(index)));
            let members = range.filter(|&index| !segment.is_gone(index) && is_wanted(index)).collect();
            Run { segment: number, members }
        })
    }
}

impl<'a> Scan<'a> {
    pub(super) fn new(
        index: &'a IslandIndex,
        basis: &Basis,
        target: &Embedding<f32>,
        wanted: Wanted,
    ) -> Self {
        Self::of(index, basis, &basis.project(target), slack(target), wanted)
    }

    /// Lower bounds of the squared distances to a vector, less `slack`.
    pub(super) fn of(
        index: &'a IslandIndex,
        basis: &Basis,
        target: &Projection,
        slack: f64,
        wanted: Wanted,
    ) -> Self {
        let (head, slack) = (basis.head_query(target), slack as f32);
        let pieces = index.pieces();
        let pieces = parallel::map(pieces.len(), |i| {
            let (number, range) = pieces[i].clone();
            let segment = &index.segments[number];
            let Some(codes) = segment.codes() else { return Piece::default() };
            let mut bounds = codes.heads.lower_bounds(&head, range.clone());
            for (bound, index) in bounds.iter_mut().zip(range.clone()) {
                let hidden =
                    segment.is_gone(index) || wanted.is_some_and(|wanted| !wanted(segment.id(index)));
                *bound = if hidden { f32::INFINITY } else { (*bound - slack).max(0.0) };
            }
            let least = bounds.chunks(CHUNK).map(|chunk| chunk.iter().copied().fold(f32::INFINITY, f32::min));
            Piece { segment: number, first: range.start, least: least.collect(), bounds }
        });
        Self { index, pieces, query: basis.query(target), slack }
    }

    /// At most `count` members with small bounds, the least of each chunk, in the order of their whole bounds.
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
        let mut found: Vec<(Place, f32)> = Vec::with_capacity(chunks.len());
        for (least, number, chunk) in chunks.into_iter().filter(|chunk| chunk.0.is_finite()) {
            let piece = &self.pieces[number];
            let near: Vec<usize> = piece.chunk(chunk, least).take(1).collect();
            found.extend(self.whole_bounds(piece.segment, &near));
        }
        in_order(&mut found);
        found
    }

    /// All members with a bound up to `reach`, in the order of their whole bounds.
    pub(super) fn within(&self, reach: f64) -> Vec<(Place, f32)> {
        let reach = rounded_up(reach);
        let found = parallel::map(self.pieces.len(), |number| {
            let piece = &self.pieces[number];
            let near = piece.within(reach);
            self.whole_bounds(piece.segment, &near).filter(|&(_, bound)| bound <= reach).collect::<Vec<_>>()
        });
        let mut found = found.concat();
        in_order(&mut found);
        found
    }

    /// About `count` members with the least bounds: as many as are below the bound that a part of them suggests.
    pub(super) fn nearest_heads(&self, count: usize) -> Vec<Run> {
        let all: usize = self.pieces.iter().map(|piece| piece.bounds.len()).sum();
        let reach = if all <= count {
            f32::MAX
        } else {
            let parts = self.pieces.iter().flat_map(|piece| piece.bounds.iter().step_by(CHUNK));
            let mut parts: Vec<f32> = parts.copied().collect();
            let place = (parts.len() * count / all).min(parts.len() - 1);
            *parts.select_nth_unstable_by(place, f32::total_cmp).1
        };
        parallel::map(self.pieces.len(), |number| {
            let piece = &self.pieces[number];
            Run { segment: piece.segment, members: piece.within(reach) }
        })
    }

    /// Bounds of members of a segment by their whole vectors.
    fn whole_bounds(&self, segment: usize, members: &[usize]) -> impl Iterator<Item = (Place, f32)> {
        let codes = self.index.segments[segment].codes();
        let bounds = codes.map_or_else(Vec::new, |codes| codes.wholes.lower_bounds(&self.query, members));
        let places = members.iter().map(move |&index| (segment, index)).collect::<Vec<Place>>();
        let slack = self.slack;
        places.into_iter().zip(bounds).map(move |(place, bound)| (place, (bound - slack).max(0.0)))
    }
}

impl Piece {
    /// Members with a finite bound up to `reach`.
    fn within(&self, reach: f32) -> Vec<usize> {
        let chunks = (0..self.least.len()).filter(|&chunk| self.least[chunk] <= reach);
        chunks.flat_map(|chunk| self.chunk(chunk, reach)).collect()
    }

    /// Members of a chunk with a finite bound up to `reach`.
    fn chunk(&self, chunk: usize, reach: f32) -> impl Iterator<Item = usize> {
        let first = chunk * CHUNK;
        let bounds = &self.bounds[first..(first + CHUNK).min(self.bounds.len())];
        let near = bounds.iter().enumerate().filter(move |(_, bound)| bound.is_finite() && **bound <= reach);
        near.map(move |(i, _)| self.first + first + i)
    }
}

/// What exact distances to a target may be less than they should be: errors are those of distributions times what
/// the target's weights exceed one by.
pub(super) fn slack(target: &Embedding<f32>) -> f64 {
    let mass: f64 = target.weights().iter().map(|weight| weight.abs()).sum();
    DISTANCE_ERROR * mass.max(1.0).powi(2)
}

fn in_order(found: &mut [(Place, f32)]) {
    found.sort_unstable_by(|a, b| a.1.total_cmp(&b.1).then(a.0.cmp(&b.0)));
}

/// The least number in single precision that is not below.
fn rounded_up(value: f64) -> f32 {
    let near = value as f32;
    if f64::from(near) < value { near.next_up() } else { near }
}
