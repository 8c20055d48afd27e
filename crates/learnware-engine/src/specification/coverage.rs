//! How much of a user's data lies where learnwares were trained.
//!
//! Two densities are compared at each point of the user's specification (or at each of the user's rows): that of
//! the user's data and that of a learnware or a mixture of several, both smoothed by a Gaussian of the
//! island's finest width, `exp(-4 r)`. A point counts as covered as far as the learnwares' density reaches
//! [`DENSITY_PART`] of the user's: `min(1, f_learnwares / (DENSITY_PART f_user))`. The factor keeps the noise of
//! two specifications of one distribution from counting as a difference. Mixture weights that may sum to less
//! than one (algorithms 1.2) tell less: docs/adr/0016-coverage.md has both measured.

use super::{Embedding, mixture};
use crate::numeric::kernel::{self, Number, Points, Shape};

/// Part of the user's density from which a place counts as covered in full.
pub const DENSITY_PART: f64 = 0.25;
/// `exp(-r)` of points stretched by this is `exp(-4 r)`, the finest of the three widths of an island's kernel.
const STRETCH: f64 = 2.0;
/// Weight with which a point counts at its own place at most: few points would else cover nothing but themselves.
const OWN_WEIGHT_MAX: f64 = 0.02;

/// Columns up to which one learnware alone can be told to cover a part: with more, densities are too flat, and a learnware
/// of four digits out of ten seems to cover nearly all (docs/adr/0016-coverage.md).
const COLUMNS_MAX: usize = 24;

/// The data of a user, against which learnwares are held.
#[derive(Debug, Clone)]
pub struct Coverage<T> {
    points: Points<T>,
    weights: Vec<f64>,
    /// Density of the data at its own points.
    own: Vec<f64>,
}

impl<T: Number> Coverage<T> {
    /// Prepares the user's specification.
    pub fn new(user: &Embedding<T>) -> Self {
        let points = user.points().stretched(STRETCH);
        let weights = user.weights().to_vec();
        let mut own = density(&points, &points, &weights);
        for (density, weight) in own.iter_mut().zip(&weights) {
            *density -= (weight - OWN_WEIGHT_MAX).max(0.0);
        }
        Self { points, weights, own }
    }

    /// Share of the data that the members cover, 0 to 1. `members` are embeddings under the kernel of the user's
    /// with their weights in a mixture; weights count relative to their sum.
    pub fn share(&self, members: &[(&Embedding<T>, f64)]) -> f64 {
        let parts = parts(&mixed_density(&self.points, members), &self.own);
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
        (self.points.dimension() <= COLUMNS_MAX).then(|| self.share(&[(learnware, 1.0)]))
    }

    /// Covered part, 0 to 1, of each of `rows`, which are prepared for the same kernel.
    pub fn of_rows(&self, rows: &Points<T>, members: &[(&Embedding<T>, f64)]) -> Vec<f64> {
        let rows = rows.stretched(STRETCH);
        parts(&mixed_density(&rows, members), &density(&rows, &self.points, &self.weights))
    }
}

fn mixed_density<T: Number>(rows: &Points<T>, members: &[(&Embedding<T>, f64)]) -> Vec<f64> {
    let total: f64 = members.iter().map(|member| member.1).sum();
    let mut mixed = vec![0.0; rows.count()];
    for (embedding, weight) in members.iter().filter(|member| member.1 > 0.0) {
        let theirs = density(rows, &embedding.points().stretched(STRETCH), embedding.weights());
        mixed.iter_mut().zip(theirs).for_each(|(sum, density)| *sum += weight / total * density);
    }
    mixed
}

fn density<T: Number>(rows: &Points<T>, points: &Points<T>, weights: &[f64]) -> Vec<f64> {
    kernel::row_sums(rows, points, weights, Shape::Gaussian)
}

/// Where even the user's data has no density there is nothing to cover.
fn parts(theirs: &[f64], own: &[f64]) -> Vec<f64> {
    let part = |(&theirs, &own): (&f64, &f64)| {
        if own > 0.0 { (theirs / (DENSITY_PART * own)).clamp(0.0, 1.0) } else { 0.0 }
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
            let share = Coverage::new(&user).share(&[(&theirs, 1.0)]);
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
        let parts = Coverage::new(&user).of_rows(&rows, &[(&theirs, 0.5)]);
        assert!(parts[0] > 0.95 && parts[1] < 0.05, "{parts:?}");
    }

    #[test]
    fn nobody_covers_nothing() {
        let known = rkme(1, 0);
        let kernel = IslandKernel::pooled([&known].into_iter());
        let user = Embedding::<f64>::new(&known, &kernel);
        let coverage = Coverage::new(&user);
        assert_eq!(coverage.share_alone(&user), Some(1.0));
        assert_eq!(coverage.share(&[]), 0.0);
        assert_eq!(coverage.share(&[(&user, 0.0)]), 0.0);
    }
}
