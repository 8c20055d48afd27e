//! The members that a search for a mixture looks at: those whose products with the target may be largest.
//!
//! With `g = u - sum_j w_j a_j` and no negative weights anywhere, `<g, a_i> <= <u, a_i>`: a member with a small
//! product with the target can't bring a mixture much nearer, whatever the mixture is. One scan finds the pool, each
//! step of the search scans the pool only.

use super::IslandIndex;
use super::basis::Basis;
use super::codes::Codes;
use super::nearest::Wanted;
use super::scan::{PIECE, Place};
use crate::numeric::parallel;
use crate::specification::Embedding;

/// Members in a pool at most.
const POOL: usize = 32_768;

/// Members that a mixture may be made of.
pub(super) struct Pool {
    /// By segment, in order.
    runs: Vec<(usize, Vec<usize>)>,
    /// No wanted member outside has a larger product with the target; minus infinity when there is none.
    pub(super) outside: f64,
}

impl Pool {
    pub(super) fn new(index: &IslandIndex, basis: &Basis, target: &Embedding<f32>, wanted: Wanted) -> Self {
        let projection = basis.project(target);
        let direction = basis.direction(&projection.vector, projection.error);
        let pieces = index.pieces();
        let highs = parallel::map(pieces.len(), |i| {
            let (number, range) = pieces[i].clone();
            let segment = &index.segments[number];
            let Some(codes) = segment.codes() else { return Vec::new() };
            let is_wanted = |index: usize| wanted.is_none_or(|wanted| wanted(segment.id(index)));
            let members: Vec<usize> = range.filter(|&i| !segment.is_gone(i) && is_wanted(i)).collect();
            let products = codes.wholes.products_with_errors(&direction, &members);
            let products = members.into_iter().zip(products);
            products.map(|(index, (product, lost))| ((number, index), high(product, lost))).collect()
        });
        let mut highs: Vec<(Place, f32)> = highs.concat();
        let mut outside = f64::NEG_INFINITY;
        if highs.len() > POOL {
            let order = |a: &(Place, f32), b: &(Place, f32)| b.1.total_cmp(&a.1).then(a.0.cmp(&b.0));
            highs.select_nth_unstable_by(POOL, order);
            outside = f64::from(highs[POOL].1);
            highs.truncate(POOL);
            highs.sort_unstable_by_key(|&(place, _)| place);
        }
        let mut runs: Vec<(usize, Vec<usize>)> = Vec::new();
        for (segment, index) in highs.into_iter().map(|(place, _)| place) {
            match runs.last_mut() {
                Some((last, run)) if *last == segment && run.len() < PIECE => run.push(index),
                _ => runs.push((segment, vec![index])),
            }
        }
        Self { runs, outside }
    }

    /// The `count` members for which `values`, computed for some of a segment, are highest, highest first.
    pub(super) fn highest(
        &self,
        index: &IslandIndex,
        count: usize,
        values: impl Fn(&Codes, &[usize]) -> Vec<f32> + Sync,
    ) -> Vec<(Place, f32)> {
        let order = |a: &(Place, f32), b: &(Place, f32)| b.1.total_cmp(&a.1).then(a.0.cmp(&b.0));
        let first = |mut found: Vec<(Place, f32)>| {
            if found.len() > count {
                found.select_nth_unstable_by(count, order);
                found.truncate(count);
            }
            found
        };
        let found = parallel::map(self.runs.len(), |i| {
            let (segment, members) = &self.runs[i];
            let values = index.segments[*segment].codes().map(|codes| values(codes, members));
            let entries = members.iter().zip(values.unwrap_or_default());
            first(entries.map(|(&index, value)| ((*segment, index), value)).collect())
        });
        let mut found = first(found.concat());
        found.sort_by(order);
        found
    }
}

/// The largest that a product may be; what is not a number may be anything.
pub(super) fn high(product: f32, lost: f32) -> f32 {
    let high = product + lost;
    if high.is_nan() { f32::INFINITY } else { high }
}
