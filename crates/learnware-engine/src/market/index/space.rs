//! What a search for a mixture knows of the basis: projections of the target and of members, each made once.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::IslandIndex;
use super::basis::{Basis, Projection};
use super::codes::Codes;
use super::nearest::Wanted;
use super::scan::{Place, Run, Scan, slack};
use super::segment::Segment;
use super::stored::Stored;
use crate::learnware::LearnwareId;
use crate::numeric::parallel;
use crate::specification::Embedding;

/// Members whose codes each step looks at, at most: those with the nearest heads.
const POOL: usize = 32_768;

/// The basis as it stands to one target.
pub(super) struct Space<'a> {
    pub(super) basis: &'a Basis,
    /// Members that steps are made towards.
    pub(super) pool: Vec<Run>,
    target: Projection,
    members: BTreeMap<LearnwareId, Projection>,
}

/// Vectors of a mixture. The last axis, the residual, is 0 in all.
pub(super) struct Vectors {
    /// From the mixture to the target.
    pub(super) gradient: Vec<f64>,
    pub(super) mix: Vec<f64>,
    /// How far rounding may have moved the gradient.
    pub(super) error: f64,
}

impl<'a> Space<'a> {
    pub(super) fn new(
        index: &IslandIndex,
        basis: &'a Basis,
        target: &Embedding<f32>,
        wanted: Wanted,
    ) -> Self {
        let own = basis.project(target);
        let pool = Scan::of(index, basis, &own, slack(target), wanted).nearest_heads(POOL);
        Self { basis, pool, target: own, members: BTreeMap::new() }
    }

    /// Vectors of a weighted mixture of members.
    pub(super) fn vectors(&mut self, members: &[(Arc<Stored>, Embedding<f32>)], weights: &[f64]) -> Vectors {
        let (mut gradient, mut mix) = (self.target.vector.clone(), vec![0.0; self.basis.axes()]);
        let mut error = self.target.error;
        for ((member, embedding), weight) in members.iter().zip(weights) {
            let known = self.members.entry(member.id().clone());
            let theirs = known.or_insert_with(|| self.basis.project(embedding));
            error += weight * theirs.error;
            for (place, value) in theirs.vector.iter().enumerate() {
                mix[place] += weight * value;
                gradient[place] -= weight * value;
            }
        }
        let last = gradient.len() - 1;
        (gradient[last], mix[last]) = (0.0, 0.0);
        Vectors { gradient, mix, error }
    }
}

impl IslandIndex {
    /// The `count` members of the runs for which `values`, computed for some of a segment, are highest, highest
    /// first.
    pub(super) fn highest(
        &self,
        runs: &[Run],
        count: usize,
        values: impl Fn(&Segment, &Codes, &[usize]) -> Vec<f32> + Sync,
    ) -> Vec<(Place, f32)> {
        let order = |a: &(Place, f32), b: &(Place, f32)| b.1.total_cmp(&a.1).then(a.0.cmp(&b.0));
        let first = |mut found: Vec<(Place, f32)>| {
            if found.len() > count {
                found.select_nth_unstable_by(count, order);
                found.truncate(count);
            }
            found
        };
        let found = parallel::map(runs.len(), |i| {
            let Run { segment, members } = &runs[i];
            let segment_of = &self.segments[*segment];
            let values = segment_of.codes().map(|codes| values(segment_of, codes, members));
            let entries = members.iter().zip(values.unwrap_or_default());
            first(entries.map(|(&index, value)| ((*segment, index), value)).collect())
        });
        let mut found = first(found.concat());
        found.sort_by(order);
        found
    }
}
