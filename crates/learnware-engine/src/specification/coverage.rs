//! How much of a user's data lies where learnwares were trained.
//!
//! Two densities are compared at each point of the user's specification (or at each of the user's rows): that of
//! the user's data and that of a learnware or a mixture of several, both smoothed by a Gaussian of the
//! island's middle width, `exp(-r)`. A point counts as covered as far as the learnwares' density reaches
//! [`DENSITY_PART`] of the user's: `min(1, f_learnwares / (DENSITY_PART f_user))`. The factor keeps the noise of
//! two specifications of one distribution from counting as a difference. Weights that may sum to less than
//! one, the textbook way (algorithms 1.2), see less: docs/adr/0016-coverage.md has both measured.

use super::Embedding;
use crate::numeric::kernel::{self, Number, Points, Shape};

/// Part of the user's density from which a place counts as covered in full.
pub const DENSITY_PART: f64 = 0.5;

/// Covered part, 0 to 1, at each of `rows`, which are prepared for the kernel of the embeddings. `members` are
/// embeddings with their weights in the mixture; weights count relative to their sum.
pub fn covered_parts<T: Number>(
    rows: &Points<T>,
    user: &Embedding<T>,
    members: &[(&Embedding<T>, f64)],
) -> Vec<f64> {
    let total: f64 = members.iter().map(|member| member.1).sum();
    let mut theirs = vec![0.0; rows.count()];
    for (embedding, weight) in members.iter().filter(|member| member.1 > 0.0) {
        let densities = smooth_density(embedding, rows);
        theirs.iter_mut().zip(densities).for_each(|(sum, density)| *sum += weight / total * density);
    }
    let own = smooth_density(user, rows);
    // Where even the user's data has no density there is nothing to cover.
    let part = |(theirs, own): (f64, f64)| {
        if own > 0.0 { (theirs / (DENSITY_PART * own)).clamp(0.0, 1.0) } else { 0.0 }
    };
    theirs.into_iter().zip(own).map(part).collect()
}

/// Share of the user's data that the members cover, 0 to 1.
pub fn covered_share<T: Number>(user: &Embedding<T>, members: &[(&Embedding<T>, f64)]) -> f64 {
    let parts = covered_parts(user.points(), user, members);
    let total: f64 = user.weights().iter().sum();
    let covered: f64 = parts.iter().zip(user.weights()).map(|(part, weight)| part * weight).sum();
    if total > 0.0 { (covered / total).clamp(0.0, 1.0) } else { 0.0 }
}

fn smooth_density<T: Number>(embedding: &Embedding<T>, rows: &Points<T>) -> Vec<f64> {
    kernel::row_sums(rows, embedding.points(), embedding.weights(), Shape::Gaussian)
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
            let share = covered_share(&user, &[(&theirs, 1.0)]);
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
        let parts = covered_parts(&rows, &user, &[(&theirs, 0.5)]);
        assert!(parts[0] > 0.95 && parts[1] < 0.05, "{parts:?}");
    }

    #[test]
    fn nobody_covers_nothing() {
        let known = rkme(1, 0);
        let kernel = IslandKernel::pooled([&known].into_iter());
        let user = Embedding::<f64>::new(&known, &kernel);
        assert_eq!(covered_share(&user, &[]), 0.0);
        assert_eq!(covered_share(&user, &[(&user, 0.0)]), 0.0);
    }
}
