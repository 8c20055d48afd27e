//! Mixtures over the whole island: fully corrective Frank-Wolfe (algorithms 3.6), with a proof of how much any
//! further members could still do.
//!
//! With `g = u - sum_j w_j a_j`, the step from the mixture towards a member lowers the squared distance by about
//! `<g, a_i - mix>^2 / |a_i - mix|^2`. A scan of the codes finds the members where that is most, the exact simplex
//! QP decides between them. At the end `2 max_i <g, a_i - mix>`, the Frank-Wolfe gap, bounds what any mixture of
//! members could gain (Jaggi 2013, section 2); the maximum is bounded by the codes and exact products.

use std::ops::Range;
use std::sync::Arc;

use super::IslandIndex;
use super::basis::Basis;
use super::nearest::{Place, Wanted};
use super::segment::Stored;
use crate::numeric::codes::{Codes, Query};
use crate::numeric::{Matrix, parallel};
use crate::specification::Embedding;
use crate::specification::mixture::{self, Mixture};

/// Members that the exact QP decides between in each step, besides the nearest ones.
const CANDIDATES: usize = 32;
/// Exact products at most that narrow the gap.
const GAP_PRODUCTS: usize = 96;
/// Members with less weight are left out.
const WEIGHT_MIN: f64 = 1e-6;

/// How a mixture is looked for.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct MixtureOptions {
    /// Members at most.
    pub count_max: usize,
    /// A further member is taken when it lowers the squared distance to this part of what it was.
    pub decay: f64,
}

/// A mixture of members.
#[derive(Debug, Clone, PartialEq)]
pub struct Mixed {
    /// Members with their weights, in the order they were taken; non-negative, sum one.
    pub members: Vec<(Arc<Stored>, f64)>,
    /// Squared distance to the target.
    pub distance: f64,
    /// No mixture of wanted members, of however many, is nearer than `distance - gap`.
    pub gap: f64,
}

/// Members taken so far and their best mixture.
struct Team<'a> {
    target: &'a Embedding<f32>,
    members: Vec<(Arc<Stored>, Embedding<f32>)>,
    gram: Matrix,
    cross: Vec<f64>,
    mixture: Mixture,
}

impl IslandIndex {
    /// The mixture of wanted members that comes near `target`; `nearest` are members near it, nearest first, the
    /// first of which begins. `None` when there are none.
    pub fn mixture(
        &self,
        target: &Embedding<f32>,
        nearest: &[Arc<Stored>],
        wanted: Wanted,
        options: MixtureOptions,
    ) -> Option<Mixed> {
        let mut team = Team::of_one(target, nearest.first()?);
        // Members may leave the team, so that it can take more steps than it has places.
        for _ in 0..2 * options.count_max {
            if team.members.len() == options.count_max {
                break;
            }
            let mut candidates: Vec<Arc<Stored>> = nearest.to_vec();
            candidates.extend(self.promising(&team, wanted));
            candidates.sort_by(|a, b| a.id().cmp(b.id()));
            candidates.dedup_by(|a, b| a.id() == b.id());
            candidates.retain(|candidate| !team.has(candidate));
            match team.with_best(&candidates) {
                Some(next) if next.mixture.distance <= options.decay * team.mixture.distance => team = next,
                Some(_) | None => break,
            }
        }
        let gap = self.gap(&team, wanted);
        let weights = team.mixture.weights.iter();
        let members =
            team.members.iter().zip(weights).map(|((member, _), &weight)| (Arc::clone(member), weight));
        Some(Mixed { members: members.collect(), distance: team.mixture.distance.max(0.0), gap })
    }

    /// Wanted members that a step towards would gain most, as the codes say; all of an island without codes.
    fn promising(&self, team: &Team<'_>, wanted: Wanted) -> Vec<Arc<Stored>> {
        let Some(basis) = &self.basis else { return self.all_wanted(wanted) };
        let (gradient, mix, _) = team.vectors(basis);
        let base: f64 = gradient.iter().zip(&mix).map(|(g, m)| g * m).sum();
        let (gradient, mix) = (basis.direction(&gradient, 0.0), basis.place(&mix));
        let gains = |codes: &Codes, range: Range<usize>| {
            let products = codes.products_with_errors(&gradient, range.clone());
            let lengths = codes.distances(&mix, range);
            let parts = products.into_iter().zip(lengths);
            parts
                .map(|((product, _), length)| {
                    let (slope, length) = (product - base as f32, length.max(1e-9));
                    let step = (slope / length).clamp(0.0, 1.0);
                    step * (2.0 * slope - step * length)
                })
                .collect()
        };
        let places = self.highest(CANDIDATES, wanted, &gains);
        places.into_iter().map(|(place, _)| Arc::clone(self.member(place))).collect()
    }

    fn all_wanted(&self, wanted: Wanted) -> Vec<Arc<Stored>> {
        self.wanted_places(wanted).map(|place| Arc::clone(self.member(place))).collect()
    }

    /// The places of the `count` wanted members for which `values` are highest, highest first.
    fn highest(
        &self,
        count: usize,
        wanted: Wanted,
        values: &(dyn Fn(&Codes, Range<usize>) -> Vec<f32> + Sync),
    ) -> Vec<(Place, f32)> {
        let order = |a: &(Place, f32), b: &(Place, f32)| b.1.total_cmp(&a.1).then(a.0.cmp(&b.0));
        let first = |mut found: Vec<(Place, f32)>| {
            if found.len() > count {
                found.select_nth_unstable_by(count, order);
                found.truncate(count);
            }
            found
        };
        let pieces = self.pieces();
        let found = parallel::map(pieces.len(), |i| {
            let (number, range) = pieces[i].clone();
            let segment = &self.segments[number];
            let Some(codes) = segment.codes() else { return Vec::new() };
            let values = values(codes, range.clone());
            let allowed = |index: usize| {
                !segment.is_gone(index) && wanted.is_none_or(|wanted| wanted(segment.member(index).id()))
            };
            let entries = range.zip(values).filter(|&(index, _)| allowed(index));
            first(entries.map(|(index, value)| ((number, index), value)).collect())
        });
        let mut found = first(found.concat());
        found.sort_by(order);
        found
    }

    /// The Frank-Wolfe gap, bounded from above; never more than the squared distance itself.
    fn gap(&self, team: &Team<'_>, wanted: Wanted) -> f64 {
        let base = team.mix_product();
        let Some(basis) = &self.basis else {
            let products = team.gradient_products(&self.all_wanted(wanted));
            let most = products.into_iter().fold(base, f64::max);
            return (2.0 * (most - base)).clamp(0.0, team.mixture.distance.max(0.0));
        };
        let (mut gradient, _, error) = team.vectors(basis);
        let known: f64 = gradient.iter().map(|value| value * value).sum();
        let rest = (team.mixture.distance - known).max(0.0).sqrt();
        let last = gradient.len() - 1;
        gradient[last] = rest;
        let direction: Query = basis.direction(&gradient, error);
        let highs = |codes: &Codes, range: Range<usize>| {
            codes
                .products_with_errors(&direction, range)
                .into_iter()
                .map(|(product, lost)| product + lost)
                .collect()
        };
        let places = self.highest(GAP_PRODUCTS + 1, wanted, &highs);
        // The last one is not looked at: its bound stands for all that are not.
        let looked: Vec<Arc<Stored>> =
            places.iter().take(GAP_PRODUCTS).map(|&(place, _)| Arc::clone(self.member(place))).collect();
        let unseen = places.get(GAP_PRODUCTS).map_or(base, |&(_, high)| f64::from(high));
        let most = team.gradient_products(&looked).into_iter().fold(unseen.max(base), f64::max);
        (2.0 * (most - base)).clamp(0.0, team.mixture.distance.max(0.0))
    }
}

impl<'a> Team<'a> {
    fn of_one(target: &'a Embedding<f32>, member: &Arc<Stored>) -> Self {
        let embedding = member.embedding(target.shape());
        let mut gram = Matrix::zeros(1, 1);
        gram.set(0, 0, embedding.norm_squared());
        let cross = vec![target.inner_product(&embedding)];
        let mixture = mixture::solve(&gram, &cross, target.norm_squared());
        Self { target, members: vec![(Arc::clone(member), embedding)], gram, cross, mixture }
    }

    fn has(&self, candidate: &Arc<Stored>) -> bool {
        self.members.iter().any(|(member, _)| member.id() == candidate.id())
    }

    /// The team with the candidate that brings it nearest to the target, without members that lost their weight.
    fn with_best(&self, candidates: &[Arc<Stored>]) -> Option<Self> {
        let trials = parallel::map(candidates.len(), |i| self.with(&candidates[i]));
        trials.into_iter().min_by(|a, b| a.mixture.distance.total_cmp(&b.mixture.distance)).map(Self::trimmed)
    }

    fn with(&self, candidate: &Arc<Stored>) -> Self {
        let embedding = candidate.embedding(self.target.shape());
        let last = self.members.len();
        let mut gram = Matrix::zeros(last + 1, last + 1);
        for (i, (_, member)) in self.members.iter().enumerate() {
            gram.row_mut(i)[..last].copy_from_slice(self.gram.row(i));
            let product = member.inner_product(&embedding);
            gram.set(i, last, product);
            gram.set(last, i, product);
        }
        gram.set(last, last, embedding.norm_squared());
        let mut cross = self.cross.clone();
        cross.push(self.target.inner_product(&embedding));
        let mixture = mixture::solve(&gram, &cross, self.target.norm_squared());
        let mut members = self.members.clone();
        members.push((Arc::clone(candidate), embedding));
        Self { target: self.target, members, gram, cross, mixture }
    }

    fn trimmed(self) -> Self {
        let weights = &self.mixture.weights;
        let kept: Vec<usize> = (0..weights.len()).filter(|&i| weights[i] >= WEIGHT_MIN).collect();
        if kept.len() == weights.len() {
            return self;
        }
        let gram = self.gram.select_rows(&kept).select_columns(&kept);
        let cross: Vec<f64> = kept.iter().map(|&i| self.cross[i]).collect();
        let mixture = mixture::solve(&gram, &cross, self.target.norm_squared());
        let members = kept.iter().map(|&i| self.members[i].clone()).collect();
        Self { target: self.target, members, gram, cross, mixture }
    }

    /// Vectors of `g` and of the mixture, and how far rounding may have moved the first. The last axis, the
    /// residual, is 0 in both.
    fn vectors(&self, basis: &Basis) -> (Vec<f64>, Vec<f64>, f64) {
        let own = basis.project(self.target);
        let (mut gradient, mut mix) = (own.vector, vec![0.0; basis.axes()]);
        let mut error = own.error;
        for ((_, member), weight) in self.members.iter().zip(&self.mixture.weights) {
            let theirs = basis.project(member);
            error += weight * theirs.error;
            for (place, value) in theirs.vector.iter().enumerate() {
                mix[place] += weight * value;
                gradient[place] -= weight * value;
            }
        }
        let last = gradient.len() - 1;
        (gradient[last], mix[last]) = (0.0, 0.0);
        (gradient, mix, error)
    }

    /// `<g, mix>`.
    fn mix_product(&self) -> f64 {
        let weights = &self.mixture.weights;
        let own = |(row, weight): (&[f64], &f64)| {
            weight * row.iter().zip(weights).map(|(value, other)| value * other).sum::<f64>()
        };
        let square: f64 = self.gram.iter_rows().zip(weights).map(own).sum();
        self.cross.iter().zip(weights).map(|(cross, weight)| cross * weight).sum::<f64>() - square
    }

    /// `<g, a_i>` of some members.
    fn gradient_products(&self, members: &[Arc<Stored>]) -> Vec<f64> {
        parallel::map(members.len(), |i| {
            let embedding = members[i].embedding(self.target.shape());
            let team = self.members.iter().zip(&self.mixture.weights);
            let mixed: f64 =
                team.map(|((_, member), weight)| weight * member.inner_product(&embedding)).sum();
            self.target.inner_product(&embedding) - mixed
        })
    }
}
