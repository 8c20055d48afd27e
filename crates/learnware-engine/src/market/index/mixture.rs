//! Mixtures over the whole island: fully corrective Frank-Wolfe (algorithms 3.6), with a proof of how much any
//! further members could still do.
//!
//! With `g = u - sum_j w_j a_j`, the step from the mixture towards a member lowers the squared distance by about
//! `<g, a_i - mix>^2 / |a_i - mix|^2`. A scan of the codes finds the members where that is most, the exact simplex
//! QP decides between them. At the end the largest `<g, a_i - mix>` over all members, known from
//! exact products and from bounds, proves how much nearer any mixture could be: the Frank-Wolfe gap (Jaggi 2013,
//! section 2), sharpened by Cauchy-Schwarz.

use std::sync::Arc;

use super::IslandIndex;
use super::codes::Codes;
use super::nearest::Wanted;
use super::scan::Run;
use super::segment::Segment;
use super::space::{Space, Vectors};
use super::stored::Stored;
use crate::error::Result;
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
    ///
    /// # Errors
    /// When points can't be read.
    pub fn mixture(
        &self,
        target: &Embedding<f32>,
        nearest: &[Arc<Stored>],
        wanted: Wanted,
        options: MixtureOptions,
    ) -> Result<Option<Mixed>> {
        parallel::among_threads(|| self.mixture_proved(target, nearest, wanted, options))
    }

    fn mixture_proved(
        &self,
        target: &Embedding<f32>,
        nearest: &[Arc<Stored>],
        wanted: Wanted,
        options: MixtureOptions,
    ) -> Result<Option<Mixed>> {
        let Some(first) = nearest.first() else { return Ok(None) };
        let mut team = Team::of_one(target, first);
        let mut space = self.basis.as_ref().map(|basis| Space::new(self, basis, target, wanted));
        let everyone = if space.is_none() { self.all_wanted(wanted)? } else { Vec::new() };
        // Members may leave the team, so that it can take more steps than it has places.
        for _ in 0..2 * options.count_max {
            if team.members.len() == options.count_max {
                break;
            }
            let mut candidates: Vec<Arc<Stored>> = nearest.to_vec();
            match &mut space {
                Some(space) => candidates.extend(self.promising(&team, space)?),
                None => candidates.extend(everyone.iter().cloned()),
            }
            candidates.sort_by(|a, b| a.id().cmp(b.id()));
            candidates.dedup_by(|a, b| a.id() == b.id());
            candidates.retain(|candidate| !team.has(candidate));
            match team.with_best(&candidates) {
                Some(next) if next.mixture.distance <= options.decay * team.mixture.distance => team = next,
                Some(_) | None => break,
            }
        }
        let rise = match &mut space {
            Some(space) => self.rise(&team, space, wanted)?,
            None => team.rise(&everyone, f64::NEG_INFINITY),
        };
        let distance = team.mixture.distance.max(0.0);
        let weights = team.mixture.weights.iter();
        let members =
            team.members.iter().zip(weights).map(|((member, _), &weight)| (Arc::clone(member), weight));
        Ok(Some(Mixed { members: members.collect(), distance, gap: gap(distance, rise) }))
    }

    /// Members of the pool that a step towards would gain most, as the codes say.
    fn promising(&self, team: &Team<'_>, space: &mut Space<'_>) -> Result<Vec<Arc<Stored>>> {
        let Vectors { gradient, mix, .. } = space.vectors(&team.members, &team.mixture.weights);
        let base: f64 = gradient.iter().zip(&mix).map(|(g, m)| g * m).sum();
        let (gradient, mix) = (space.basis.direction(&gradient, 0.0), space.basis.place(&mix));
        let gains = |_: &Segment, codes: &Codes, members: &[usize]| {
            let products = codes.wholes.products_with_errors(&gradient, members);
            let lengths = codes.wholes.distances(&mix, members);
            let parts = products.into_iter().zip(lengths);
            parts
                .map(|((product, _), length)| {
                    let (slope, length) = (product - base as f32, length.max(1e-9));
                    let step = (slope / length).clamp(0.0, 1.0);
                    step * (2.0 * slope - step * length)
                })
                .collect()
        };
        let places = self.highest(&space.pool, CANDIDATES, gains);
        places.into_iter().map(|(place, _)| self.member(place)).collect()
    }

    fn all_wanted(&self, wanted: Wanted) -> Result<Vec<Arc<Stored>>> {
        self.wanted_places(wanted).map(|place| self.member(place)).collect()
    }

    /// A bound of `<g, a_i - mix>` for all wanted members.
    fn rise(&self, team: &Team<'_>, space: &mut Space<'_>, wanted: Wanted) -> Result<f64> {
        if !team.is_of_distributions() {
            return Ok(f64::INFINITY);
        }
        let Vectors { mut gradient, error, .. } = space.vectors(&team.members, &team.mixture.weights);
        let known: f64 = gradient.iter().map(|value| value * value).sum();
        let last = gradient.len() - 1;
        gradient[last] = (team.mixture.distance - known).max(0.0).sqrt();
        let direction = space.basis.direction(&gradient, error);
        let highs = |_: &Segment, codes: &Codes, members: &[usize]| {
            let products = codes.wholes.products_with_errors(&direction, members).into_iter();
            products.map(|(product, lost)| high(product, lost)).collect()
        };
        let bound = |runs: &[Run]| {
            let places = self.highest(runs, GAP_PRODUCTS + 1, highs);
            // The last one is not looked at: its bound stands for all that are not.
            let looked: Result<Vec<Arc<Stored>>> =
                places.iter().take(GAP_PRODUCTS).map(|&(place, _)| self.member(place)).collect();
            let unseen = places.get(GAP_PRODUCTS).map_or(f64::NEG_INFINITY, |&(_, high)| f64::from(high));
            Ok(team.rise(&looked?, unseen))
        };
        // What nothing can be proved of among some, nothing can be proved of among all.
        let of_some = bound(&space.pool)?;
        if of_some >= team.mixture.distance { Ok(of_some) } else { bound(&self.wanted_runs(wanted)) }
    }
}

/// The largest that a product may be; what is not a number may be anything.
fn high(product: f32, lost: f32) -> f32 {
    let high = product + lost;
    if high.is_nan() { f32::INFINITY } else { high }
}

/// How much nearer any mixture could be, if `<g, a_i - mix>` is at most `rise` for all members: every mixture `x`
/// has `|u - x| |g| >= <g, u - x> = |g|^2 - <g, x - mix> >= |g|^2 - rise`.
fn gap(distance: f64, rise: f64) -> f64 {
    let left = (distance - rise.max(0.0)).max(0.0);
    if distance > 0.0 && rise.is_finite() { distance - left * left / distance } else { distance }
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

    /// Whether no weight is negative anywhere.
    fn is_of_distributions(&self) -> bool {
        let all = self.members.iter().map(|(_, member)| member).chain([self.target]);
        all.flat_map(Embedding::weights).all(|&weight| weight >= 0.0)
    }

    /// The largest `<g, a_i - mix>` of `looked` and of the team, if no other `<g, a_i>` is above `unseen`.
    fn rise(&self, looked: &[Arc<Stored>], unseen: f64) -> f64 {
        let base = self.mix_product();
        self.gradient_products(looked).into_iter().fold(unseen.max(base), f64::max) - base
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
