//! How much of a user's data lies where learnwares were trained.
//!
//! Two densities are compared at each point of the user's specification (or at each of the user's rows): that of
//! the user's data and that of a learnware or a mixture of several, both smoothed by a Gaussian. A point counts as
//! covered as far as the learnwares' density reaches [`DENSITY_PART`] of the user's:
//! `min(1, f_learnwares / (DENSITY_PART f_user))`. The factor keeps the noise of two specifications of one
//! distribution from counting as a difference. Where the user has few data that says little, so that the learnwares'
//! density has to reach what it is at the outer ones of their own points as well ([`OUTER_PART`]).
//!
//! The Gaussian is `exp(-4 r)`, the finest width of the island's kernel, or half to a sixteenth of that squared width
//! where the points lie close enough ([`NEIGHBOURS_PART`]): the kernel's widths follow the spread of the whole island, and
//! clusters far apart would else hide the room between them. In columns that are seldom off their usual value
//! ([`RARE_FROM`]) a difference counts up to a bound. Measured in docs/adr/0028-coverage-widths.md; what mixture
//! weights that may sum to less than one (algorithms 1.2) would tell is in docs/adr/0016-coverage.md.

use super::{Embedding, IslandKernel, mixture};
use crate::numeric::kernel::{Bounded, Ladder, Number, Points};

/// Part of the user's density from which a place counts as covered in full.
pub const DENSITY_PART: f64 = 0.25;
/// `exp(-r)` with `r` times this is the finest of the three widths of an island's kernel.
const FACTOR: f64 = 4.0;
/// Widths that are tried, each with twice the factor of the one before.
const RUNGS: usize = 5;
/// Part of the density at a point that comes from other points of the same specification, on average, at a width that is
/// not too fine for it.
const NEIGHBOURS_PART: f64 = 0.75;
/// Deviations from the island's centre beyond which a learnware's point makes a column count as rare-valued.
const RARE_FROM: f64 = 6.0;
/// Deviations up to which a difference in a rare-valued column counts.
const RARE_COUNTS: f64 = 3.0;
/// Part of the learnwares' own points, by weight, that count as outer ones.
const OUTER_PART: f64 = 0.05;
/// Part of the density at the outer points from which a place counts as covered in full.
const OUTER_DENSITY_PART: f64 = 2.0 / 3.0;
/// Weight with which a point counts at its own place at most: few points would else cover nothing but themselves.
const OWN_WEIGHT_MAX: f64 = 0.02;

/// Columns up to which one learnware alone can be told to cover a part: with more, densities are too flat, and a learnware
/// of four digits out of ten seems to cover nearly all (docs/adr/0016-coverage.md).
const COLUMNS_MAX: usize = 24;

/// The data of a user, against which learnwares are held.
#[derive(Debug, Clone)]
pub struct Coverage<T> {
    measure: Measure,
    points: Bounded<T>,
    weights: Vec<f64>,
    /// Density of the data at its own points: for each width that is not too fine for them, widest first.
    own: Vec<Vec<f64>>,
}

impl<T: Number> Coverage<T> {
    /// Prepares the user's specification. `kernel` is that of all embeddings; `seen` are learnwares whose points tell
    /// which columns are rare-valued: the nearest ones.
    pub fn new(user: &Embedding<T>, kernel: &IslandKernel, seen: &[&Embedding<T>]) -> Self {
        let measure = Measure::new(kernel, seen);
        let points = measure.prepare(user.points());
        let weights = user.weights().to_vec();
        let mut own = measure.ladder(0, measure.rungs).sums(&points, &points, &weights);
        let fine = own.iter().skip(1).take_while(|own| neighbours_part(own, &weights) >= NEIGHBOURS_PART);
        let rungs = 1 + fine.count();
        own.truncate(rungs);
        for own in &mut own {
            for (density, weight) in own.iter_mut().zip(&weights) {
                *density -= (weight - OWN_WEIGHT_MAX).max(0.0);
            }
        }
        Self { measure, points, weights, own }
    }

    /// Share of the data that the members cover, 0 to 1. `members` are embeddings under the kernel of the user's
    /// with their weights in a mixture; weights count relative to their sum.
    pub fn share(&self, members: &[(&Embedding<T>, f64)]) -> f64 {
        let mixture = self.mixture(members);
        let theirs = mixture.density(&self.measure, &self.points);
        let parts = parts(&theirs, &self.own[mixture.rung], mixture.floor);
        let total: f64 = self.weights.iter().sum();
        let covered: f64 = parts.iter().zip(&self.weights).map(|(part, weight)| part * weight).sum();
        if total > 0.0 { (covered / total).clamp(0.0, 1.0) } else { 0.0 }
    }

    /// Share that candidates cover in the mixture of them that comes nearest to `target`, the data; 0 without any.
    pub fn share_of_best(&self, target: &Embedding<T>, candidates: &[&Embedding<T>]) -> f64 {
        if candidates.is_empty() {
            return 0.0;
        }
        let weights = mixture::fit(target, candidates).weights;
        self.share(&candidates.iter().copied().zip(weights).collect::<Vec<_>>())
    }

    /// Share that one learnware covers by itself; `None` where there are too many columns to tell.
    pub fn share_alone(&self, learnware: &Embedding<T>) -> Option<f64> {
        (learnware.points().dimension() <= COLUMNS_MAX).then(|| self.share(&[(learnware, 1.0)]))
    }

    /// Covered part, 0 to 1, of each of `rows`, which are prepared for the same kernel.
    pub fn of_rows(&self, rows: &Points<T>, members: &[(&Embedding<T>, f64)]) -> Vec<f64> {
        let rows = self.measure.prepare(rows);
        let mixture = self.mixture(members);
        let own = self.measure.density(&rows, &self.points, &self.weights, mixture.rung);
        parts(&mixture.density(&self.measure, &rows), &own, mixture.floor)
    }

    fn mixture<'a>(&self, members: &[(&'a Embedding<T>, f64)]) -> Mixture<'a, T> {
        let total: f64 = members.iter().map(|member| member.1).sum();
        let used = members.iter().filter(|member| member.1 > 0.0);
        let members = used.map(|(embedding, weight)| Member {
            points: self.measure.prepare(embedding.points()),
            weights: embedding.weights(),
            share: weight / total,
        });
        let mut mixture = Mixture { members: members.collect(), rung: 0, floor: 0.0 };
        mixture.rung = mixture.finest_rung(&self.measure, self.own.len() - 1);
        if self.measure.has_floor {
            mixture.floor = OUTER_DENSITY_PART * mixture.outer_density(&self.measure);
        }
        mixture
    }
}

/// A learnware of a mixture.
struct Member<'a, T> {
    points: Bounded<T>,
    weights: &'a [f64],
    /// Its part of the mixture; all sum to one.
    share: f64,
}

/// Learnwares together, with the width at which their density is taken.
struct Mixture<'a, T> {
    members: Vec<Member<'a, T>>,
    rung: usize,
    /// Density from which a place may count as covered in full.
    floor: f64,
}

impl<T: Number> Mixture<'_, T> {
    /// The finest width up to `finest` that is not too fine for the members' points.
    fn finest_rung(&self, measure: &Measure, finest: usize) -> usize {
        let mut together = vec![0.0; finest];
        if finest == 0 {
            return 0;
        }
        for member in &self.members {
            let ladder = measure.ladder(1, finest);
            let densities = ladder.sums(&member.points, &member.points, member.weights);
            for (part, density) in together.iter_mut().zip(&densities) {
                *part += member.share * neighbours_part(density, member.weights);
            }
        }
        together.iter().take_while(|&&part| part >= NEIGHBOURS_PART).count()
    }

    fn density(&self, measure: &Measure, rows: &Bounded<T>) -> Vec<f64> {
        let mut mixed = vec![0.0; rows.count()];
        for member in &self.members {
            let theirs = measure.density(rows, &member.points, member.weights, self.rung);
            mixed.iter_mut().zip(theirs).for_each(|(sum, density)| *sum += member.share * density);
        }
        mixed
    }

    /// The density that all but the outer ones of the members' points have at least, each point without itself.
    fn outer_density(&self, measure: &Measure) -> f64 {
        let mut found: Vec<(f64, f64)> = Vec::new();
        for member in &self.members {
            let density = self.density(measure, &member.points);
            let own = member.weights.iter().map(|weight| member.share * weight);
            found.extend(density.into_iter().zip(own).map(|(density, own)| ((density - own).max(0.0), own)));
        }
        found.sort_unstable_by(|a, b| a.0.total_cmp(&b.0));
        let total: f64 = found.iter().map(|point| point.1).sum();
        let mut below = 0.0;
        let outer = found.iter().find(|point| {
            below += point.1;
            below >= OUTER_PART * total
        });
        outer.map_or(0.0, |point| point.0)
    }
}

/// How distances become densities.
#[derive(Debug, Clone)]
struct Measure {
    /// For each column whether it is rare-valued.
    is_rare: Vec<bool>,
    /// What the squared difference in a rare-valued column counts at most.
    bound: f64,
    /// Widths that may be tried.
    rungs: usize,
    /// Whether learnwares have to reach the density of their own outer points.
    has_floor: bool,
}

impl Measure {
    fn new<T: Number>(kernel: &IslandKernel, seen: &[&Embedding<T>]) -> Self {
        let mut is_rare = vec![false; kernel.multipliers.len()];
        let Some(deviation) = kernel.deviation() else {
            return Self { is_rare, bound: f64::INFINITY, rungs: 1, has_floor: false };
        };
        for points in seen.iter().map(|embedding| embedding.points()) {
            for index in 0..points.count() {
                for (is_rare, value) in is_rare.iter_mut().zip(points.row(index)) {
                    *is_rare |= value.to_f64().abs() > RARE_FROM * deviation;
                }
            }
        }
        Self { is_rare, bound: (RARE_COUNTS * deviation).powi(2), rungs: RUNGS, has_floor: true }
    }

    fn prepare<T: Number>(&self, points: &Points<T>) -> Bounded<T> {
        Bounded::new(points, &self.is_rare)
    }

    fn ladder(&self, first: usize, rungs: usize) -> Ladder {
        Ladder { factor: FACTOR * f64::from(1_u32 << first), rungs, bound: self.bound }
    }

    fn density<T: Number>(
        &self,
        rows: &Bounded<T>,
        points: &Bounded<T>,
        weights: &[f64],
        rung: usize,
    ) -> Vec<f64> {
        self.ladder(rung, 1).sums(rows, points, weights).swap_remove(0)
    }
}

/// Part of the density at the points of a specification that comes from its other points, on average.
fn neighbours_part(own: &[f64], weights: &[f64]) -> f64 {
    let total: f64 = weights.iter().sum();
    let part = |(own, weight): (&f64, &f64)| if *own > 0.0 { weight * (1.0 - weight / own) } else { 0.0 };
    own.iter().zip(weights).map(part).sum::<f64>() / total
}

/// Where even the user's data has no density there is nothing to cover.
fn parts(theirs: &[f64], own: &[f64], floor: f64) -> Vec<f64> {
    let part = |(&theirs, &own): (&f64, &f64)| {
        if own > 0.0 { (theirs / (DENSITY_PART * own).max(floor)).clamp(0.0, 1.0) } else { 0.0 }
    };
    theirs.iter().zip(own).map(part).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::numeric::Matrix;
    use crate::numeric::random::Stream;
    use crate::specification::{IslandKernel, Rkme};

    /// Rows around a centre, the first `far` of them moved away.
    fn rkme(seed: u64, far: usize) -> Rkme {
        let mut stream = Stream::new(seed);
        let values = (0..1000 * 4).map(|i| stream.normal() + if i / 4 < far { 6.0 } else { 0.0 }).collect();
        Rkme::generate(
            &Matrix::new(1000, 4, values).unwrap(),
            &crate::specification::RkmeParameters::default(),
        )
        .unwrap()
    }

    #[test]
    fn a_planted_part_is_found() {
        let known = rkme(1, 0);
        let kernel = IslandKernel::pooled([&known].into_iter());
        let theirs = Embedding::<f64>::new(&known, &kernel);
        for far in [0, 100, 300, 600] {
            let user = Embedding::<f64>::new(&rkme(2, far), &kernel);
            let share = Coverage::new(&user, &kernel, &[&theirs]).share(&[(&theirs, 1.0)]);
            let wanted = 1.0 - far as f64 / 1000.0;
            assert!((share - wanted).abs() < 0.05, "{share} instead of {wanted}");
        }
    }

    #[test]
    fn rows_tell_who_is_not_covered() {
        let (known, user) = (rkme(1, 0), rkme(2, 500));
        let kernel = IslandKernel::pooled([&known].into_iter());
        let (theirs, user) = (Embedding::<f64>::new(&known, &kernel), Embedding::<f64>::new(&user, &kernel));
        let rows = kernel.prepare::<f64>(&Matrix::new(2, 4, vec![0., 0., 0., 0., 6., 6., 6., 6.]).unwrap());
        let parts = Coverage::new(&user, &kernel, &[&theirs]).of_rows(&rows, &[(&theirs, 0.5)]);
        assert!(parts[0] > 0.95 && parts[1] < 0.05, "{parts:?}");
    }

    /// 400 rows of three columns, the last one 0 but in every 200th row and moved by `unit`.
    fn seldom_off(seed: u64, unit: f64) -> Rkme {
        let mut stream = Stream::new(seed);
        let values = (0..400 * 3).map(|i| match i % 3 {
            2 => unit + if i / 3 % 200 == 0 { 9.0 } else { 0.0 },
            _ => stream.normal(),
        });
        let data = Matrix::new(400, 3, values.collect()).unwrap();
        Rkme::generate(&data, &crate::specification::RkmeParameters::default()).unwrap()
    }

    #[test]
    fn a_rare_value_hides_nothing_and_a_common_one_counts() {
        let known = seldom_off(1, 0.0);
        let kernel = IslandKernel::pooled([&known].into_iter());
        let theirs = Embedding::<f64>::new(&known, &kernel);
        let share = |user: &Rkme| {
            let user = Embedding::<f64>::new(user, &kernel);
            Coverage::new(&user, &kernel, &[&theirs]).share(&[(&theirs, 1.0)])
        };
        assert!(share(&seldom_off(2, 0.0)) > 0.9);
        assert!(share(&seldom_off(2, 9.0)) < 0.5, "{}", share(&seldom_off(2, 9.0)));
        // Without rare values in the learnwares a column counts in full.
        let known = rkme(1, 0);
        let kernel = IslandKernel::pooled([&known].into_iter());
        let theirs = Embedding::<f64>::new(&known, &kernel);
        let moved: Vec<f64> = rkme(2, 0).points().as_slice().to_vec();
        let moved = moved.iter().enumerate().map(|(i, value)| value + if i % 4 == 0 { 20.0 } else { 0.0 });
        let count = rkme(2, 0).weights().len();
        let moved = Matrix::new(count, 4, moved.collect()).unwrap();
        let moved = Rkme::new(moved, vec![1.0 / count as f64; count], 0.1, count).unwrap();
        let user = Embedding::<f64>::new(&moved, &kernel);
        assert!(Coverage::new(&user, &kernel, &[&theirs]).share(&[(&theirs, 1.0)]) < 0.01);
    }

    #[test]
    fn nobody_covers_nothing() {
        let known = rkme(1, 0);
        let kernel = IslandKernel::pooled([&known].into_iter());
        let user = Embedding::<f64>::new(&known, &kernel);
        let coverage = Coverage::new(&user, &kernel, &[]);
        assert!(coverage.share_alone(&user).is_some_and(|share| share > 0.95));
        assert_eq!(coverage.share(&[]), 0.0);
        assert_eq!(coverage.share(&[(&user, 0.0)]), 0.0);
    }
}
