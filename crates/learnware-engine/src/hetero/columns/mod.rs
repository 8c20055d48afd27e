//! Which column of one table is which column of another.
//!
//! Three kinds of evidence are added up for each pair of columns: what their descriptions say
//! ([`words`](super::words)), the shape of their values (quantiles of the standardised column, and how far the raw
//! quantiles lie apart), and, once some columns are matched, whether both correlate alike with those (in the manner
//! of Gromov-Wasserstein couplings; Memoli, Foundations of Computational Mathematics 2011). The pairs are the
//! assignment of most evidence in which any column may stay alone.
//!
//! A certainty is a share of a soft choice: how much better the pair is than the next best use of either column
//! and than leaving both alone. Two equal columns are matched with a certainty of a half.

use super::words::Description;
use crate::error::{EngineError, Result};
use crate::numeric::Matrix;
use crate::numeric::assignment;
use crate::specification::Rkme;

/// Quantiles that make the shape of a column.
const QUANTILES: usize = 16;
/// Mean difference of standardised quantiles at which shapes are 1/e alike.
const SHAPE_WIDTH: f64 = 0.25;
/// Distance of raw levels, in deviations, at which they are 1/e alike.
const LEVEL_WIDTH: f64 = 1.0;
/// Share of the raw level in the similarity of values.
const LEVEL_SHARE: f64 = 0.3;
/// Share of the words in the similarity of described columns.
const WORDS_SHARE: f64 = 0.75;
/// What a pair without descriptions can reach: equal shapes are common.
const SHAPE_ALONE_MAX: f64 = 0.7;
/// Weight of the correlations with matched columns.
const STRUCTURE_WEIGHT: f64 = 0.25;
/// Times the assignment is repeated with correlations to the columns matched before.
const STRUCTURE_ROUNDS: usize = 2;
/// A pair must have this much similarity; below it columns stay alone.
pub const SIMILARITY_MIN: f64 = 0.4;
/// Difference of similarity that makes a choice e times as likely.
const CERTAINTY_WIDTH: f64 = 0.08;
/// Columns of a table at most: the assignment takes the cube of it.
pub const COLUMNS_MAX: usize = 1000;

/// The columns of a table: their descriptions and how their values lie.
#[derive(Debug, Clone)]
pub struct ColumnSet {
    descriptions: Vec<Description>,
    shapes: Vec<Shape>,
    /// Columns x columns.
    correlations: Matrix,
}

/// How a column's values lie.
#[derive(Debug, Clone, PartialEq)]
struct Shape {
    mean: f64,
    /// 0 for a constant column.
    deviation: f64,
    /// Of the standardised values.
    quantiles: [f64; QUANTILES],
}

/// What speaks for a pair.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum MatchReason {
    /// Mostly the descriptions.
    Words,
    /// Descriptions and values about alike.
    WordsAndShape,
    /// The values; there are no descriptions, or they say other things.
    Shape,
}

/// A column of the user with its counterpart.
#[derive(Debug, Clone, Copy, PartialEq, serde::Serialize, serde::Deserialize)]
pub struct ColumnPair {
    /// 0-based column of the user.
    pub user: usize,
    /// 0-based column of the other table.
    pub other: usize,
    /// In [0, 1].
    pub certainty: f64,
    /// What speaks for it.
    pub reason: MatchReason,
    /// Similarity of the descriptions in [0, 1]; `None` where one says nothing.
    pub words: Option<f64>,
    /// Similarity of the values in [0, 1].
    pub shape: f64,
}

/// Pairs of columns, by column of the other table, and the columns left alone.
#[derive(Debug, Clone, PartialEq, serde::Serialize, serde::Deserialize)]
pub struct ColumnMatching {
    /// The pairs; no column occurs twice.
    pub pairs: Vec<ColumnPair>,
    /// The user's columns without a counterpart.
    pub user_alone: Vec<usize>,
    /// The other table's columns without a counterpart.
    pub other_alone: Vec<usize>,
}

impl ColumnSet {
    /// The columns of weighted `points` (points x columns, finite), described by one text each; texts may be empty.
    ///
    /// # Errors
    ///
    /// Another number of descriptions than of columns, no point, more than [`COLUMNS_MAX`] columns, values that are
    /// not finite, weights that are not one for each point.
    pub fn new(descriptions: &[String], points: &Matrix, weights: &[f64]) -> Result<Self> {
        let shape = |what, expected: usize, found: usize| {
            Err(EngineError::Shape { what, expected: expected.to_string(), found: found.to_string() })
        };
        if descriptions.len() != points.columns() {
            return shape(
                "number of column descriptions (give one for each column, empty where there is none)",
                points.columns(),
                descriptions.len(),
            );
        }
        if weights.len() != points.rows() {
            return shape("number of weights of the points", points.rows(), weights.len());
        }
        if points.rows() == 0 {
            return Err(EngineError::Empty { what: "the set of points that shows how columns lie" });
        }
        if points.columns() > COLUMNS_MAX {
            return Err(EngineError::Parameter {
                name: "number of columns",
                wanted: "at most 1000 for a matching of columns",
                found: points.columns().to_string(),
            });
        }
        points.require_finite()?;
        let weights = shares(weights);
        let shapes: Vec<Shape> =
            (0..points.columns()).map(|column| Shape::of(&points.column(column), &weights)).collect();
        let correlations = correlations(points, &weights, &shapes);
        let descriptions = descriptions.iter().map(|text| Description::of(text)).collect();
        Ok(Self { descriptions, shapes, correlations })
    }

    /// The columns that a specification describes.
    ///
    /// # Errors
    ///
    /// As for [`ColumnSet::new`].
    pub fn of_rkme(descriptions: &[String], rkme: &Rkme) -> Result<Self> {
        Self::new(descriptions, rkme.points(), rkme.weights())
    }

    /// The columns of rows.
    ///
    /// # Errors
    ///
    /// As for [`ColumnSet::new`].
    pub fn of_rows(descriptions: &[String], rows: &Matrix) -> Result<Self> {
        Self::new(descriptions, rows, &vec![1.0; rows.rows()])
    }

    /// Number of columns.
    pub fn len(&self) -> usize {
        self.shapes.len()
    }

    /// Whether there is no column.
    pub fn is_empty(&self) -> bool {
        self.shapes.is_empty()
    }

    /// What the columns are said to be.
    pub fn descriptions(&self) -> &[Description] {
        &self.descriptions
    }
}

impl ColumnMatching {
    /// Matches the user's columns with the other table's.
    pub fn of(user: &ColumnSet, other: &ColumnSet) -> Self {
        let evidence = Evidence::new(user, other);
        let mut similarity = evidence.base.clone();
        let mut pairs = assigned(&similarity);
        for _ in 0..STRUCTURE_ROUNDS {
            similarity = evidence.with_structure(user, other, &pairs);
            pairs = assigned(&similarity);
        }
        let certainty = certainties(&similarity);
        let mut pairs: Vec<ColumnPair> = pairs
            .into_iter()
            .map(|(of_user, of_other)| {
                let words = evidence.words[of_user * other.len() + of_other];
                let shape = evidence.shapes.at(of_user, of_other);
                let reason = match words {
                    None => MatchReason::Shape,
                    Some(words) if words > shape + 0.2 => MatchReason::Words,
                    Some(words) if shape > words + 0.2 => MatchReason::Shape,
                    Some(_) => MatchReason::WordsAndShape,
                };
                let certainty = certainty.at(of_user, of_other);
                ColumnPair { user: of_user, other: of_other, certainty, reason, words, shape }
            })
            .collect();
        pairs.sort_by_key(|pair| pair.other);
        let alone = |count: usize, taken: Vec<usize>| (0..count).filter(|one| !taken.contains(one)).collect();
        Self {
            user_alone: alone(user.len(), pairs.iter().map(|pair| pair.user).collect()),
            other_alone: alone(other.len(), pairs.iter().map(|pair| pair.other).collect()),
            pairs,
        }
    }

    /// Mean certainty over the other table's columns, those alone counting 0; 0 for none. How much of what a model
    /// needs is known to be there.
    pub fn coverage(&self) -> f64 {
        let columns = self.pairs.len() + self.other_alone.len();
        self.pairs.iter().map(|pair| pair.certainty).sum::<f64>() / columns.max(1) as f64
    }
}

impl Shape {
    fn of(values: &[f64], shares: &[f64]) -> Self {
        // Scaled first: squares of large numbers overflow.
        let scale = values.iter().fold(0.0_f64, |largest, value| largest.max(value.abs()));
        let unit = if scale > 0.0 { scale } else { 1.0 };
        let mean: f64 = values.iter().zip(shares).map(|(value, share)| share * (value / unit)).sum();
        let variance: f64 =
            values.iter().zip(shares).map(|(value, share)| share * (value / unit - mean).powi(2)).sum();
        let deviation = variance.sqrt();
        if deviation <= 1e-9 {
            return Self { mean: mean * unit, deviation: 0.0, quantiles: [0.0; QUANTILES] };
        }
        let mut order: Vec<usize> = (0..values.len()).collect();
        order.sort_by(|&a, &b| values[a].total_cmp(&values[b]));
        let mut quantiles = [0.0; QUANTILES];
        let (mut passed, mut at) = (0.0, 0);
        for (place, quantile) in quantiles.iter_mut().enumerate() {
            let level = (place as f64 + 0.5) / QUANTILES as f64;
            while at + 1 < order.len() && passed + shares[order[at]] < level {
                passed += shares[order[at]];
                at += 1;
            }
            *quantile = (values[order[at]] / unit - mean) / deviation;
        }
        Self { mean: mean * unit, deviation: deviation * unit, quantiles }
    }

    /// In [0, 1].
    fn similarity(&self, other: &Self) -> f64 {
        if self.deviation <= 0.0 || other.deviation <= 0.0 {
            return if self.deviation == other.deviation { 0.5 } else { 0.0 };
        }
        let apart: f64 = self.quantiles.iter().zip(&other.quantiles).map(|(a, b)| (a - b).abs()).sum();
        let form = (-apart / QUANTILES as f64 / SHAPE_WIDTH).exp();
        let (small, large) = (self.deviation.min(other.deviation), self.deviation.max(other.deviation));
        let level = (self.mean / large - other.mean / large).abs() + (large / small).ln();
        (1.0 - LEVEL_SHARE) * form + LEVEL_SHARE * (-level / LEVEL_WIDTH).exp()
    }
}

/// Similarities of all pairs, the user's columns as rows.
struct Evidence {
    words: Vec<Option<f64>>,
    shapes: Matrix,
    base: Matrix,
}

impl Evidence {
    fn new(user: &ColumnSet, other: &ColumnSet) -> Self {
        let mut words = Vec::with_capacity(user.len() * other.len());
        let mut shapes = Matrix::zeros(user.len(), other.len());
        let mut base = shapes.clone();
        for of_user in 0..user.len() {
            for of_other in 0..other.len() {
                let said = user.descriptions[of_user].similarity(&other.descriptions[of_other]);
                let shape = user.shapes[of_user].similarity(&other.shapes[of_other]);
                let both = match said {
                    Some(said) => WORDS_SHARE * said + (1.0 - WORDS_SHARE) * shape,
                    None => SHAPE_ALONE_MAX * shape,
                };
                words.push(said);
                shapes.set(of_user, of_other, shape);
                base.set(of_user, of_other, both);
            }
        }
        Self { words, shapes, base }
    }

    /// Raises pairs that correlate alike with the matched columns, and lowers the others.
    fn with_structure(&self, user: &ColumnSet, other: &ColumnSet, pairs: &[(usize, usize)]) -> Matrix {
        let mut similarity = self.base.clone();
        for i in 0..user.len() {
            for j in 0..other.len() {
                let (mut apart, mut total) = (0.0, 0.0);
                for &(k, l) in pairs.iter().filter(|&&(k, l)| k != i && l != j) {
                    let (mine, yours) = (user.correlations.at(i, k), other.correlations.at(j, l));
                    // Correlations near 0 on both sides say little.
                    let weight = self.base.at(k, l) * (0.05 + mine.abs().max(yours.abs()));
                    apart += weight * (mine - yours).abs().min(1.0);
                    total += weight;
                }
                if total > 0.0 {
                    let value = similarity.at(i, j) + STRUCTURE_WEIGHT * (0.5 - apart / total);
                    similarity.set(i, j, value.clamp(0.0, 1.0));
                }
            }
        }
        similarity
    }
}

/// The pairs of most similarity beyond [`SIMILARITY_MIN`], the user's columns in order.
fn assigned(similarity: &Matrix) -> Vec<(usize, usize)> {
    let (users, others) = (similarity.rows(), similarity.columns());
    // Each of the user's columns has a place of its own in which it is alone.
    let mut costs = Matrix::zeros(users, others + users);
    for user in 0..users {
        for other in 0..others {
            costs.set(user, other, SIMILARITY_MIN - similarity.at(user, other));
        }
        for place in others..others + users {
            costs.set(user, place, 0.0);
        }
    }
    let chosen = assignment::assign(&costs).into_iter().enumerate();
    chosen.filter(|&(user, place)| place < others && similarity.at(user, place) >= SIMILARITY_MIN).collect()
}

/// Share of each pair in a soft choice among all uses of its columns and none; the lesser of both sides.
fn certainties(similarity: &Matrix) -> Matrix {
    let lift = |value: f64| ((value - SIMILARITY_MIN) / CERTAINTY_WIDTH).exp();
    let mut by_user = vec![1.0; similarity.rows()];
    let mut by_other = vec![1.0; similarity.columns()];
    for (user, row) in similarity.iter_rows().enumerate() {
        for (other, &value) in row.iter().enumerate() {
            by_user[user] += lift(value);
            by_other[other] += lift(value);
        }
    }
    let mut certainty = Matrix::zeros(similarity.rows(), similarity.columns());
    for (user, row) in similarity.iter_rows().enumerate() {
        for (other, (&value, of_other)) in row.iter().zip(&by_other).enumerate() {
            // Never more certain than the evidence itself is strong.
            let share = lift(value) / of_other.max(by_user[user]);
            certainty.set(user, other, share * value.sqrt().min(1.0));
        }
    }
    certainty
}

/// Weights as shares without negative ones; equal shares when nothing is left.
fn shares(weights: &[f64]) -> Vec<f64> {
    let positive = |weight: &f64| if weight.is_finite() { weight.max(0.0) } else { 0.0 };
    let largest = weights.iter().map(positive).fold(0.0, f64::max);
    if largest <= 0.0 {
        return vec![1.0 / weights.len() as f64; weights.len()];
    }
    let total: f64 = weights.iter().map(|weight| positive(weight) / largest).sum();
    weights.iter().map(|weight| positive(weight) / largest / total).collect()
}

fn correlations(points: &Matrix, shares: &[f64], shapes: &[Shape]) -> Matrix {
    let columns = points.columns();
    let mut sums = Matrix::zeros(columns, columns);
    let mut scaled = vec![0.0; columns];
    for (row, share) in points.iter_rows().zip(shares) {
        for ((scaled, value), shape) in scaled.iter_mut().zip(row).zip(shapes) {
            let spread = shape.deviation;
            *scaled = if spread > 0.0 { value / spread - shape.mean / spread } else { 0.0 };
        }
        for i in 0..columns {
            let factor = share * scaled[i];
            sums.row_mut(i).iter_mut().zip(&scaled).for_each(|(sum, value)| *sum += factor * value);
        }
    }
    sums.as_mut_slice().iter_mut().for_each(|value| *value = value.clamp(-1.0, 1.0));
    sums
}

#[cfg(test)]
mod tests;
