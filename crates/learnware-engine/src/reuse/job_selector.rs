//! Gives each row to the learnware whose specification covers it.
//!
//! The reference trains a classifier on points drawn from the specifications (Wu, Xu, Liu and Zhou, arXiv
//! 2001.07135, section 4). A specification already is a density up to a factor, so that Bayes' rule answers
//! directly: `p(i | x)` is proportional to `w_i sum_m beta_im exp(-s r(x, z_im))`, with the mixture weights
//! `w` of the user's data and the sharpness `s` under which the specifications' own points are told apart
//! best when each is left out. The classifier on points is there too, for comparison. Absent: telling which
//! rows a learnware predicts badly although it covers them; that takes labels.

use serde::{Deserialize, Serialize};

use super::own_model::require_features;
use super::{Examples, Reuser, first_largest};
use crate::error::{EngineError, Result};
use crate::numeric::boosting::{Boosting, BoostingParameters, Objective};
use crate::numeric::{Matrix, parallel};
use crate::predictor::Predictions;
use crate::specification::{Embedding, IslandKernel, Rkme, mixture};

/// Sharpness tried, in units of one over the median distance of a point to its nearest other point.
const SHARPNESS: [f64; 8] = [0.125, 0.25, 0.5, 1.0, 2.0, 4.0, 8.0, 16.0];
/// A row is far when its nearest point is this many times as far (in squared distance) as all but a
/// twentieth of the points are from their nearest other point.
const FAR_FACTOR: f64 = 4.0;
/// Rows in one piece of parallel work.
const PIECE: usize = 256;

/// What becomes of the chances.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Routing {
    /// The likeliest learnware answers.
    Hard,
    /// All answer, weighted by their chances.
    Soft,
}

/// Routes rows by specifications. Needs no labels.
#[derive(Debug, Clone)]
pub struct JobSelector {
    routing: Routing,
    shares: Vec<f64>,
    kernel: IslandKernel,
    /// The kernel with columns scaled by their spread within the learnwares, which tells them apart best.
    within: IslandKernel,
    judge: Judge,
    far_beyond: f64,
    places: Vec<Place>,
}

#[derive(Debug, Clone)]
enum Judge {
    /// Sharpness.
    Density(f64),
    Trees(Boosting),
}

/// A point of a specification in the kernel's coordinates.
#[derive(Debug, Clone)]
struct Place {
    owner: usize,
    log_weight: f64,
    point: Vec<f64>,
}

impl JobSelector {
    /// A selector for members with these specifications and shares (one for each, not negative, not all 0).
    pub fn new(
        specifications: &[&Rkme],
        shares: &[f64],
        kernel: &IslandKernel,
        routing: Routing,
    ) -> Result<Self> {
        require_comparable(specifications, kernel)?;
        let total: f64 = shares.iter().sum();
        if shares.len() != specifications.len() || shares.iter().any(|&w| w < 0.0) || total <= 0.0 {
            return Err(EngineError::Parameter {
                name: "shares",
                wanted: "one for each specification, not negative, not all 0",
                found: format!("{shares:?}"),
            });
        }
        let shares: Vec<f64> = shares.iter().map(|share| share / total).collect();
        let within = within(specifications);
        let places = places(specifications, &within);
        let nearest = nearest_others(&places);
        let unit = quantile(&nearest, 0.5).max(f64::MIN_POSITIVE);
        let far_beyond = FAR_FACTOR * quantile(&nearest, 0.95).max(unit);
        let sharpness = sharpest(&places, specifications.len(), unit);
        let judge = Judge::Density(sharpness);
        Ok(Self { routing, shares, kernel: kernel.clone(), within, judge, far_beyond, places })
    }

    /// A selector whose shares make the specifications' mixture nearest to the user's `rows`.
    pub fn for_rows(
        specifications: &[&Rkme],
        rows: &Matrix,
        kernel: &IslandKernel,
        routing: Routing,
    ) -> Result<Self> {
        let shares = mixture_shares(specifications, rows, kernel)?;
        Self::new(specifications, &shares, kernel, routing)
    }

    /// As the reference does it: boosted trees trained on points of the specifications, on `herded` points
    /// in all parted by the shares (each learnware at least 5), or on the reduced sets as they are.
    pub fn with_classifier(
        mut self,
        specifications: &[&Rkme],
        herded: Option<usize>,
        seed: u64,
    ) -> Result<Self> {
        let mut rows = Vec::new();
        let mut owners = Vec::new();
        for (owner, specification) in specifications.iter().enumerate() {
            let points = match herded {
                None => specification.points().clone(),
                Some(count) => {
                    let wanted = ((count as f64 * self.shares[owner]) as usize).max(5);
                    specification.herding(wanted, &self.kernel, seed.wrapping_add(owner as u64))?
                }
            };
            rows.extend(points.iter_rows().map(<[f64]>::to_vec));
            owners.extend(std::iter::repeat_n(owner as f64, points.rows()));
        }
        let objective = Objective::classes(specifications.len().max(2));
        let parameters = BoostingParameters::default();
        self.judge = Judge::Trees(Boosting::fit(&Matrix::from_rows(&rows)?, &owners, objective, &parameters));
        Ok(self)
    }

    /// The same selector with another use of the chances.
    #[must_use]
    pub fn with_routing(mut self, routing: Routing) -> Self {
        self.routing = routing;
        self
    }

    /// Shares of the members in the mixture; sum one.
    pub fn shares(&self) -> &[f64] {
        &self.shares
    }

    /// The chance that each row belongs to each member, rows x members.
    pub fn chances(&self, rows: &Matrix) -> Result<Matrix> {
        self.require_width(rows)?;
        match &self.judge {
            Judge::Trees(trees) if self.shares.len() > 1 => Ok(trees.predict(rows)),
            Judge::Trees(_) => Matrix::new(rows.rows(), 1, vec![1.0; rows.rows()]),
            Judge::Density(sharpness) => {
                let log_shares: Vec<f64> = self.shares.iter().map(|share| share.ln()).collect();
                self.by_row(rows, self.shares.len(), |row, chances| {
                    log_densities(row, &self.places, *sharpness, None, chances);
                    chances.iter_mut().zip(&log_shares).for_each(|(chance, share)| *chance += share);
                    crate::numeric::linear::softmax(chances);
                })
            }
        }
    }

    /// The likeliest member for each row, the first among equals.
    pub fn route(&self, rows: &Matrix) -> Result<Vec<usize>> {
        Ok(self.chances(rows)?.iter_rows().map(first_largest).collect())
    }

    /// Whether each row lies far from every point of the members that have a share.
    pub fn far(&self, rows: &Matrix) -> Result<Vec<bool>> {
        self.require_width(rows)?;
        let nearest = self.by_row(rows, 1, |row, out| {
            let used = self.places.iter().filter(|place| self.shares[place.owner] > 0.0);
            out[0] = used.map(|place| squared_distance(row, &place.point)).fold(f64::INFINITY, f64::min);
        })?;
        Ok(nearest.as_slice().iter().map(|&r| r > self.far_beyond).collect())
    }

    fn require_width(&self, rows: &Matrix) -> Result<()> {
        rows.require_finite()?;
        if rows.columns() == self.kernel.multipliers.len() {
            return Ok(());
        }
        Err(EngineError::Shape {
            what: "number of columns for the job selector",
            expected: self.kernel.multipliers.len().to_string(),
            found: rows.columns().to_string(),
        })
    }

    /// Computes `width` numbers for each row from its place in the kernel's coordinates.
    fn by_row(
        &self,
        rows: &Matrix,
        width: usize,
        work: impl Fn(&[f64], &mut [f64]) + Sync + Send,
    ) -> Result<Matrix> {
        let pieces = parallel::map(rows.rows().div_ceil(PIECE), |piece| {
            let range = piece * PIECE..((piece + 1) * PIECE).min(rows.rows());
            let mut out = vec![0.0; range.len() * width];
            for (row, out) in range.zip(out.chunks_mut(width)) {
                work(&scaled(rows.row(row), &self.within), out);
            }
            out
        });
        Matrix::new(rows.rows(), width, pieces.concat())
    }
}

impl Reuser for JobSelector {
    fn predict(&self, examples: &Examples) -> Result<Predictions> {
        let answers = examples.answers();
        if answers.member_count() != self.shares.len() {
            return Err(EngineError::Shape {
                what: "number of members for the job selector",
                expected: self.shares.len().to_string(),
                found: answers.member_count().to_string(),
            });
        }
        let chances = self.chances(require_features(examples)?)?;
        let mut values = Matrix::zeros(examples.len(), answers.width());
        for (row, chances) in chances.iter_rows().enumerate() {
            match self.routing {
                Routing::Hard => {
                    let answer = answers.values()[first_largest(chances)].row(row);
                    values.row_mut(row).copy_from_slice(answer);
                }
                Routing::Soft => {
                    for (answer, chance) in answers.values().iter().zip(chances) {
                        let pairs = values.row_mut(row).iter_mut().zip(answer.row(row));
                        pairs.for_each(|(sum, value)| *sum += chance * value);
                    }
                }
            }
        }
        Ok(Predictions { values })
    }
}

/// The simplex weights under which the specifications' mixture is nearest to the rows' embedding.
pub fn mixture_shares(specifications: &[&Rkme], rows: &Matrix, kernel: &IslandKernel) -> Result<Vec<f64>> {
    require_comparable(specifications, kernel)?;
    if rows.rows() == 0 {
        return Err(EngineError::Empty { what: "the user's rows" });
    }
    rows.require_finite()?;
    let embeddings: Vec<Embedding<f64>> =
        specifications.iter().map(|specification| Embedding::new(specification, kernel)).collect();
    let members: Vec<&Embedding<f64>> = embeddings.iter().collect();
    let points = kernel.prepare::<f64>(rows);
    let mean = |values: Vec<f64>| values.iter().sum::<f64>() / rows.rows() as f64;
    let cross: Vec<f64> = embeddings.iter().map(|embedding| mean(embedding.density(&points))).collect();
    // The norm of the rows' embedding moves no weight.
    Ok(mixture::solve(&mixture::gram(&members), &cross, 0.0).weights)
}

fn require_comparable(specifications: &[&Rkme], kernel: &IslandKernel) -> Result<()> {
    if specifications.is_empty() {
        return Err(EngineError::Empty { what: "the list of specifications" });
    }
    match specifications.iter().find(|one| one.dimension() != kernel.multipliers.len()) {
        None => Ok(()),
        Some(other) => Err(EngineError::Incomparable {
            reason: format!("{} columns against {}", other.dimension(), kernel.multipliers.len()),
        }),
    }
}

/// A kernel scaled by the columns' mean variance within the specifications.
fn within(specifications: &[&Rkme]) -> IslandKernel {
    let count = specifications.len() as f64;
    let mut means = vec![0.0; specifications[0].dimension()];
    let mut variances = means.clone();
    for specification in specifications {
        let (mean, variance) = specification.moments();
        means.iter_mut().zip(mean).for_each(|(sum, mean)| *sum += mean / count);
        variances.iter_mut().zip(variance).for_each(|(sum, variance)| *sum += variance / count);
    }
    let deviations: Vec<f64> = variances.iter().map(|variance| variance.max(0.0).sqrt()).collect();
    IslandKernel::scaled(&means, &deviations)
}

fn scaled(row: &[f64], kernel: &IslandKernel) -> Vec<f64> {
    let parts = row.iter().zip(&kernel.centre).zip(&kernel.multipliers);
    parts.map(|((value, centre), multiplier)| (value - centre) * multiplier).collect()
}

fn places(specifications: &[&Rkme], kernel: &IslandKernel) -> Vec<Place> {
    let mut places = Vec::new();
    for (owner, specification) in specifications.iter().enumerate() {
        let total: f64 = specification.weights().iter().map(|weight| weight.max(0.0)).sum();
        for (row, weight) in specification.points().iter_rows().zip(specification.weights()) {
            if *weight > 0.0 {
                places.push(Place { owner, log_weight: (weight / total).ln(), point: scaled(row, kernel) });
            }
        }
    }
    places
}

fn squared_distance(a: &[f64], b: &[f64]) -> f64 {
    let mut lanes = [0.0; 4];
    let (a_blocks, b_blocks) = (a.chunks_exact(4), b.chunks_exact(4));
    let tail: f64 =
        a_blocks.remainder().iter().zip(b_blocks.remainder()).map(|(a, b)| (a - b) * (a - b)).sum();
    for (a, b) in a_blocks.zip(b_blocks) {
        for lane in 0..4 {
            lanes[lane] += (a[lane] - b[lane]) * (a[lane] - b[lane]);
        }
    }
    lanes.iter().sum::<f64>() + tail
}

/// `ln sum_m beta_im exp(-s r)` of a row for each owner, leaving one point out if wanted.
fn log_densities(row: &[f64], places: &[Place], sharpness: f64, but: Option<usize>, out: &mut [f64]) {
    let distances: Vec<f64> = places.iter().map(|place| squared_distance(row, &place.point)).collect();
    log_sums(&distances, places, sharpness, but, out);
}

fn log_sums(distances: &[f64], places: &[Place], sharpness: f64, but: Option<usize>, out: &mut [f64]) {
    let mut tops = vec![f64::NEG_INFINITY; out.len()];
    let term = |index: usize| places[index].log_weight - sharpness * distances[index];
    let others = || (0..places.len()).filter(|&index| Some(index) != but);
    for index in others() {
        let top = &mut tops[places[index].owner];
        *top = top.max(term(index));
    }
    out.fill(0.0);
    for index in others() {
        let owner = places[index].owner;
        out[owner] += (term(index) - tops[owner]).exp();
    }
    out.iter_mut().zip(&tops).for_each(|(sum, top)| {
        *sum = if *sum > 0.0 { top + sum.ln() } else { f64::MIN / 4.0 };
    });
}

/// Squared distance of each point to the nearest other point of its owner; none for lone points.
fn nearest_others(places: &[Place]) -> Vec<f64> {
    let of_place = |index: usize| {
        let one = &places[index];
        let others = places.iter().enumerate().filter(|(i, other)| *i != index && other.owner == one.owner);
        others.map(|(_, other)| squared_distance(&one.point, &other.point)).fold(f64::INFINITY, f64::min)
    };
    let all = parallel::map(places.len(), of_place);
    all.into_iter().filter(|r| r.is_finite()).collect()
}

fn quantile(values: &[f64], share: f64) -> f64 {
    let mut sorted = values.to_vec();
    sorted.sort_by(f64::total_cmp);
    sorted.get((share * sorted.len().saturating_sub(1) as f64).round() as usize).copied().unwrap_or(1.0)
}

/// The sharpness under which left-out points are told apart best, by log-loss with equal shares.
fn sharpest(places: &[Place], owners: usize, unit: f64) -> f64 {
    let losses = parallel::map(places.len(), |index| {
        let one = &places[index];
        let distances: Vec<f64> =
            places.iter().map(|other| squared_distance(&one.point, &other.point)).collect();
        let mut chances = vec![0.0; owners];
        SHARPNESS.map(|sharpness| {
            log_sums(&distances, places, sharpness / unit, Some(index), &mut chances);
            crate::numeric::linear::softmax(&mut chances);
            -one.log_weight.exp() * chances[one.owner].max(1e-12).ln()
        })
    });
    let mut sums = [0.0; SHARPNESS.len()];
    for loss in losses {
        sums.iter_mut().zip(loss).for_each(|(sum, loss)| *sum += loss);
    }
    let best = (0..sums.len()).min_by(|&a, &b| sums[a].total_cmp(&sums[b])).unwrap_or(0);
    SHARPNESS[best] / unit
}
