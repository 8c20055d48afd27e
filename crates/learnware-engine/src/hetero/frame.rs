//! Centre and scale of columns before they meet: prices in one table, shares in another.
//!
//! A column is scaled by what columns of similar descriptions have over all learnwares that the map was trained on, so
//! that a shop that sells much stays one that sells much; where no description is similar, by itself.

use std::collections::BTreeMap;

use super::descriptions::{self, DIMENSION};
use super::tensors::{ANY, Tensors};
use super::{Lesson, nothing_described};
use crate::error::Result;
use crate::numeric::vector::dot;
use crate::numeric::{Matrix, parallel};
use crate::specification::Rkme;

/// Descriptions that are remembered at most, the most frequent ones: what embedding costs grows with them.
const KNOWN_MAX: usize = 1024;
/// Power of the cosine of two descriptions with which one counts for the other: half at .92, hardly below .7.
const SIMILARITY_POWER: i32 = 8;
/// Weight of a column's own mean and variance, in learnwares that have the very same description.
const OWN_WEIGHT: f64 = 1.0;
/// A column whose deviation is this many times another's, or whose mean is this many deviations away, is in another
/// unit, and scaled by itself.
const UNIT_FACTOR: f64 = 16.0;
/// Deviations up to which a value counts.
const VALUE_MAX: f64 = 4.0;

/// Known descriptions with the means and variances of their columns.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Frame {
    /// One vector a row.
    vectors: Matrix,
    /// For each: number of learnwares, mean, variance.
    moments: Matrix,
}

/// A specification's columns, made comparable.
pub(super) struct Framed {
    /// Points, K x columns that have a description.
    pub(super) values: Matrix,
    /// Vectors of the descriptions, one a row.
    pub(super) vectors: Matrix,
}

impl Frame {
    /// Of the lessons; equal descriptions are pooled.
    pub(super) fn of(lessons: &[Lesson<'_>]) -> Self {
        let moments = parallel::map(lessons.len(), |i| lessons[i].specification.moments());
        let mut pooled: BTreeMap<&str, Vec<(f64, f64)>> = BTreeMap::new();
        for (lesson, (means, variances)) in lessons.iter().zip(&moments) {
            let own = means.iter().copied().zip(variances.iter().copied());
            for (column, own) in lesson.columns.iter().zip(own).filter(|(_, own)| own.1.is_finite()) {
                pooled.entry(column.trim()).or_default().push(own);
            }
        }
        let mut known: Vec<(&str, Vec<(f64, f64)>)> = pooled.into_iter().collect();
        known.sort_by(|a, b| b.1.len().cmp(&a.1.len()).then(a.0.cmp(b.0)));
        let mut rows = Vec::new();
        for (text, columns) in known {
            let vector = descriptions::vector(text);
            if rows.len() < KNOWN_MAX && vector.iter().any(|&value| value != 0.0) {
                let count = columns.len() as f64;
                let (mean, variance) =
                    pool(columns.into_iter().map(|(mean, variance)| (1.0, mean, variance)));
                rows.push((vector, [count, mean, variance]));
            }
        }
        let (vectors, moments): (Vec<f64>, Vec<f64>) = (
            rows.iter().flat_map(|row| row.0.iter().copied()).collect(),
            rows.iter().flat_map(|row| row.1).collect(),
        );
        Self { vectors: matrix(rows.len(), DIMENSION, vectors), moments: matrix(rows.len(), 3, moments) }
    }

    /// Different descriptions known.
    pub(super) fn len(&self) -> usize {
        self.vectors.rows()
    }

    pub(super) fn write(&self, tensors: &mut Tensors) {
        tensors.set_matrix("known.vectors", &self.vectors);
        tensors.set_matrix("known.moments", &self.moments);
    }

    pub(super) fn read(tensors: &Tensors) -> Result<Self> {
        let vectors = tensors.matrix("known.vectors", ANY, DIMENSION)?;
        let moments = tensors.matrix("known.moments", vectors.rows(), 3)?;
        Ok(Self { vectors, moments })
    }

    /// Centres and scales the columns that have a description; an error when none has.
    pub(super) fn apply(&self, specification: &Rkme, columns: &[String]) -> Result<Framed> {
        let described: Vec<(usize, Vec<f64>)> = columns
            .iter()
            .map(|column| descriptions::vector(column))
            .enumerate()
            .filter(|(_, vector)| vector.iter().any(|&value| value != 0.0))
            .collect();
        if described.is_empty() {
            return Err(nothing_described());
        }
        let (means, variances) = specification.moments();
        let scales: Vec<(f64, f64)> = described
            .iter()
            .map(|(column, vector)| self.scale(vector, means[*column], variances[*column]))
            .collect();
        let points = specification.points();
        let values = points
            .iter_rows()
            .flat_map(|row| {
                described.iter().zip(&scales).map(|((column, _), (centre, factor))| {
                    let value = (row[*column] - centre) * factor;
                    if value.is_finite() { value.clamp(-VALUE_MAX, VALUE_MAX) } else { 0.0 }
                })
            })
            .collect();
        let count = described.len();
        let vectors = described.into_iter().flat_map(|(_, vector)| vector).collect();
        Ok(Framed {
            values: matrix(points.rows(), count, values),
            vectors: matrix(count, DIMENSION, vectors),
        })
    }

    /// Centre and factor of a column.
    fn scale(&self, vector: &[f64], mean: f64, variance: f64) -> (f64, f64) {
        let others = self.vectors.iter_rows().zip(self.moments.iter_rows()).filter_map(|(known, moments)| {
            let weight = moments[0] * dot(known, vector).clamp(0.0, 1.0).powi(SIMILARITY_POWER);
            let (deviation, own) = (moments[2].max(0.0).sqrt(), variance.sqrt());
            let far = (mean - moments[1]).abs() > UNIT_FACTOR * deviation.max(own);
            let other_unit = own > UNIT_FACTOR * deviation || (own > 0.0 && deviation > UNIT_FACTOR * own);
            (weight > 0.0 && !far && !other_unit).then_some((weight, moments[1], moments[2]))
        });
        let (centre, pooled) = pool(others.chain([(OWN_WEIGHT, mean, variance)]));
        let deviation = pooled.max(0.0).sqrt();
        // What is left of a constant column after rounding is no spread.
        let spread = deviation > 1e-9 * centre.abs().max(f64::MIN_POSITIVE) && deviation.is_finite();
        (centre, if spread { 1.0 / deviation } else { 0.0 })
    }
}

/// Mean and variance of weighted groups that have means and variances; the weights' sum is positive.
fn pool(groups: impl Iterator<Item = (f64, f64, f64)>) -> (f64, f64) {
    let groups: Vec<(f64, f64, f64)> = groups.collect();
    let total: f64 = groups.iter().map(|group| group.0).sum();
    let mean = groups.iter().map(|(weight, mean, _)| weight * mean).sum::<f64>() / total;
    let spread =
        |(weight, own, variance): &(f64, f64, f64)| weight * (own - mean).mul_add(own - mean, *variance);
    (mean, groups.iter().map(spread).sum::<f64>() / total)
}

/// A matrix of values whose number is known to be right.
fn matrix(rows: usize, columns: usize, values: Vec<f64>) -> Matrix {
    Matrix::new(rows, columns, values).unwrap_or_default()
}
