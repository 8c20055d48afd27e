//! The kernel under which an island compares its specifications.
//!
//! The reference fixes `exp(-0.1 |x-y|^2)` on raw columns; on prices or dates that kernel sees nothing, and
//! in many dimensions it sees every pair as far apart (algorithms 3.3). Here the kernel belongs to the
//! island: columns are scaled by their spread over all of the island's specifications, and three widths
//! around the typical distance are averaged. It can be recomputed by anybody from the specifications.

use serde::{Deserialize, Serialize};

use super::{IslandKey, Rkme};
use crate::numeric::Matrix;
use crate::numeric::kernel::{Points, Shape};
use crate::numeric::vector::median;

/// A spread below this part of the column's largest absolute value counts as constant.
const CONSTANT_SPREAD: f64 = 1e-9;

/// Part of a column's scale that comes from its spread within a typical learnware; chosen on the suites
/// (docs/adr/0003-island-kernel.md).
const WITHIN_PART: f64 = 0.8;
/// A learnware's share in a column's spread counts up to this multiple of the typical one.
const SHARE_MAX: f64 = 16.0;

/// `gamma` of the kernel of embeddings, where the typical squared distance of two points of a learnware is 1.
const EMBEDDED_GAMMA: f64 = 0.25;
/// Part of a column's whole variance that counts as its spread within a learnware at least.
const WITHIN_MIN: f64 = 0.01;

/// Centre, scale and shape of a kernel: `r = sum_j ((x_j - y_j) * multiplier_j)^2`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct IslandKernel {
    /// Taken away from every point before scaling; changes no distance.
    pub centre: Vec<f64>,
    /// Factor for each column; 0 for a column that is constant over the island.
    pub multipliers: Vec<f64>,
    /// What becomes of `r`.
    pub shape: Shape,
}

impl IslandKernel {
    /// The reference's kernel `exp(-gamma |x-y|^2)` on raw columns.
    pub fn reference(dimension: usize, gamma: f64) -> Self {
        Self {
            centre: vec![0.0; dimension],
            multipliers: vec![gamma.sqrt(); dimension],
            shape: Shape::Gaussian,
        }
    }

    /// The kernel for columns with the given means and standard deviations: the typical `r` is 1.
    pub fn scaled(means: &[f64], deviations: &[f64]) -> Self {
        let active = |(mean, deviation): (&f64, &f64)| {
            *deviation > CONSTANT_SPREAD * mean.abs().max(f64::MIN_POSITIVE)
        };
        let count = means.iter().zip(deviations).filter(|&pair| active(pair)).count().max(1);
        // Two independent rows differ by 2 deviations^2 in each column on average.
        let width = 1.0 / (2.0 * count as f64).sqrt();
        let multipliers = means
            .iter()
            .zip(deviations)
            .map(|pair| if active(pair) { width / pair.1 } else { 0.0 })
            .collect();
        Self { centre: means.to_vec(), multipliers, shape: Shape::ThreeScale }
    }

    /// The kernel of an island: pooled from its members, of which there must be at least one.
    pub fn of_island(key: &IslandKey, members: &[&Rkme]) -> Self {
        match key {
            IslandKey::Table { .. } | IslandKey::ReferenceImage { .. } => {
                Self::pooled(members.iter().copied())
            }
            IslandKey::Text { .. } | IslandKey::Image { .. } => Self::embedded(members),
            IslandKey::Parameters { .. } => Self::of_directions(key.dimension()),
        }
    }

    /// The kernel of directions: their cosine. Points of length one become half as long, so that the squared distance of
    /// two is `(1 - cosine) / 2`, which is the reference's distance of parameter vectors.
    pub fn of_directions(dimension: usize) -> Self {
        Self { centre: vec![0.0; dimension], multipliers: vec![0.5; dimension], shape: Shape::Directions }
    }

    /// The kernel of an island of tables. A column's scale is mostly its spread within a typical learnware, so that
    /// what tells learnwares apart counts, and partly its spread over all of them. Medians and a bound on
    /// each learnware's share keep one of absurd scale from blinding the others. There must be at least one
    /// specification; all have one dimension.
    pub fn pooled<'a>(specifications: impl Iterator<Item = &'a Rkme>) -> Self {
        let (centre, deviations): (Vec<f64>, Vec<f64>) = spreads(specifications)
            .into_iter()
            .map(|Spread { middle, within, shares }| {
                let typical = median(shares.clone());
                // A column that is constant in most learnwares has no typical share to bound the others by.
                let bound = if typical > 0.0 { SHARE_MAX * typical } else { f64::INFINITY };
                let total = shares.iter().map(|share| share.min(bound)).sum::<f64>() / shares.len() as f64;
                (middle, WITHIN_PART.mul_add(within.min(total), (1.0 - WITHIN_PART) * total).sqrt())
            })
            .unzip();
        Self::scaled(&centre, &deviations)
    }

    /// The kernel of places in a world, of which there must be at least one. A map has scaled the axes against each other,
    /// so there is one factor for all: from the spread within a typical learnware and over all, as in an island of
    /// tables.
    pub fn of_world(members: &[&Rkme]) -> Self {
        let spreads = spreads(members.iter().copied());
        let within: f64 = spreads.iter().map(|spread| spread.within).sum();
        let mean = |shares: &[f64]| shares.iter().sum::<f64>() / shares.len() as f64;
        let total: f64 = spreads.iter().map(|spread| mean(&spread.shares)).sum();
        let variance = WITHIN_PART.mul_add(within.min(total), (1.0 - WITHIN_PART) * total);
        let factor = if variance > f64::MIN_POSITIVE { (2.0 * variance).sqrt().recip() } else { 1.0 };
        let centre: Vec<f64> = spreads.into_iter().map(|spread| spread.middle).collect();
        Self { multipliers: vec![factor; centre.len()], centre, shape: Shape::ThreeScale }
    }

    /// The kernel of an island of embeddings, of which there must be at least one. In hundreds of columns that are alike
    /// any two points are about equally far apart: narrow widths see noise only, so there is one wide Gaussian, in
    /// columns scaled by their spread within a typical learnware (docs/adr/0017-embedding-kernel.md).
    pub fn embedded(members: &[&Rkme]) -> Self {
        let (centre, deviations): (Vec<f64>, Vec<f64>) = spreads(members.iter().copied())
            .into_iter()
            .map(|Spread { middle, within, shares }| {
                let total = shares.iter().sum::<f64>() / shares.len() as f64;
                (middle, within.max(WITHIN_MIN * total).sqrt())
            })
            .unzip();
        let mut kernel = Self::scaled(&centre, &deviations);
        kernel.multipliers.iter_mut().for_each(|multiplier| *multiplier *= EMBEDDED_GAMMA.sqrt());
        Self { shape: Shape::Gaussian, ..kernel }
    }

    /// The same with factors rounded to one of eight for each power of two, and a centre that is a whole number of
    /// widths from zero: small changes of the specifications do not change it.
    #[must_use]
    pub fn rounded(&self) -> Self {
        if self.shape == Shape::Directions {
            return self.clone();
        }
        let multipliers: Vec<f64> = self.multipliers.iter().map(|&factor| round_factor(factor)).collect();
        let centre = self.centre.iter().zip(&multipliers).map(|(&centre, &factor)| {
            let whole = (centre * factor).round() / factor;
            if whole.is_finite() { whole } else { centre }
        });
        Self { centre: centre.collect(), multipliers, shape: self.shape }
    }

    /// Widths `w` of the Gaussians `exp(-(distance / w)^2)` that are averaged, in units of the typical distance of two
    /// rows, for a kernel of an island of this key.
    pub fn widths(&self, key: &IslandKey) -> Vec<f64> {
        match (self.shape, key) {
            (Shape::ThreeScale, _) => vec![2.0, 1.0, 0.5],
            (Shape::Directions, _) => Vec::new(),
            (Shape::Gaussian, IslandKey::Text { .. } | IslandKey::Image { .. }) => {
                vec![1.0 / EMBEDDED_GAMMA.sqrt()]
            }
            (
                Shape::Gaussian,
                IslandKey::Table { .. } | IslandKey::ReferenceImage { .. } | IslandKey::Parameters { .. },
            ) => vec![1.0],
        }
    }

    /// How long a deviation of a column is in the kernel's own coordinates; `None` where columns are not compared by
    /// their spread in three widths (embeddings, the reference's kernel).
    pub fn deviation(&self) -> Option<f64> {
        let active = self.multipliers.iter().filter(|&&factor| factor > 0.0).count().max(1);
        (self.shape == Shape::ThreeScale).then(|| 1.0 / (2.0 * active as f64).sqrt())
    }

    /// Points in the kernel's own coordinates, where `r` is the squared distance.
    pub fn prepare<T: crate::numeric::kernel::Number>(&self, points: &Matrix) -> Points<T> {
        Points::centred(points, &self.centre, &self.multipliers)
    }

    /// The same for rows one after the other in one slice.
    pub fn prepare_rows<T: crate::numeric::kernel::Number>(&self, rows: &[f64]) -> Points<T> {
        Points::of_rows(rows, &self.centre, &self.multipliers)
    }
}

/// How a column is spread over specifications.
struct Spread {
    /// Median of their means.
    middle: f64,
    /// Median of their variances.
    within: f64,
    /// What each adds to the variance around the middle.
    shares: Vec<f64>,
}

/// The spread of each column.
fn spreads<'a>(specifications: impl Iterator<Item = &'a Rkme>) -> Vec<Spread> {
    let moments: Vec<(Vec<f64>, Vec<f64>)> = specifications.map(Rkme::moments).collect();
    let dimension = moments.first().map_or(0, |first| first.0.len());
    let spread = |axis: usize| {
        let middle = median(moments.iter().map(|moment| moment.0[axis]).collect());
        let within = median(moments.iter().map(|moment| moment.1[axis]).collect());
        let shares = moments.iter().map(|(mean, variance)| {
            let between = mean[axis] - middle;
            between.mul_add(between, variance[axis])
        });
        Spread { middle, within, shares: shares.collect() }
    };
    (0..dimension).map(spread).collect()
}

/// A positive number with three binary digits after the leading one: in bits, so that every machine agrees.
fn round_factor(factor: f64) -> f64 {
    const DROPPED: u32 = f64::MANTISSA_DIGITS - 1 - 3;
    let rounded = f64::from_bits((factor.to_bits() + (1 << (DROPPED - 1))) >> DROPPED << DROPPED);
    if factor > 0.0 && rounded.is_finite() { rounded } else { factor }
}
