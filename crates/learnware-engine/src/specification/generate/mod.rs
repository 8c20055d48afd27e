//! A reduced kernel mean embedding from data (Wu, Xu, Liu and Zhou, arXiv 2001.07135).
//!
//! Minimises the exact objective `|1/N sum_n k(x_n, .) - sum_i beta_i k(z_i, .)|^2` over points and weights
//! in turn: a draw from a few broad normal distributions as a start, L-BFGS with the true gradient for the points, simplex QP for the
//! weights. Works in columns scaled by their own spread; points come back in the units of the data. Rows are
//! read twice, in blocks: once for scales and a sample on which points move, once for the final weights and
//! for the distance of each point to its nearest row.

mod privacy;
mod reduce;
mod rows;

pub use privacy::{CLUSTER_ROWS_MIN, Privacy};
pub use rows::{Rows, Take, column_moments};

use super::{IslandKernel, Rkme};
use crate::error::{EngineError, Result};
use crate::numeric::kernel::{self, Closeness};
use crate::numeric::{Matrix, random::Stream};
use privacy::Neighbourhood;
use reduce::ScaledSet;
use rows::{Survey, in_blocks};

/// Numbers in a reduced set at most, as in the reference; more columns mean fewer points.
const NUMBERS_MAX: usize = 1_310_720;
/// Times that a near copy of a row is moved before it is left out.
const PUSHES_MAX: usize = 3;
/// Points that remain however many columns there are.
const POINTS_MIN: usize = 20;

/// How a specification is made.
#[derive(Debug, Clone, PartialEq)]
pub struct RkmeParameters {
    /// Points wanted; fewer when there are not enough rows for each, or very many columns.
    pub reduced_set_size: usize,
    /// Kernel width written into the file, under which the reference compares it.
    pub gamma: f64,
    /// Seed of everything random.
    pub seed: u64,
    /// Passes of k-means for the start.
    pub kmeans_passes: usize,
    /// Rounds of moving the points and weighing them.
    pub rounds: usize,
    /// Steps on the points in all rounds at most; few rows allow fewer (see [`steps_allowed`]).
    pub steps: usize,
    /// Rows on which the points are moved; the final weights see all rows.
    pub rows_max: usize,
}

impl Default for RkmeParameters {
    fn default() -> Self {
        Self {
            reduced_set_size: 100,
            gamma: 0.1,
            seed: 0,
            kmeans_passes: 3,
            rounds: 2,
            steps: 18,
            rows_max: 4096,
        }
    }
}

/// How many points the reference makes of `rows` rows of `columns` columns when `wanted` are asked for.
pub fn reduced_set_size(wanted: usize, rows: usize, columns: usize) -> usize {
    let size = fitting(wanted, columns);
    if size >= rows { (rows * 2 / 3).max(1) } else { size }
}

fn fitting(wanted: usize, columns: usize) -> usize {
    if wanted.saturating_mul(columns) > NUMBERS_MAX {
        POINTS_MIN.max(NUMBERS_MAX / columns.max(1))
    } else {
        wanted
    }
}

/// Rows for which [`STEPS_FEW`] steps are allowed.
const ROWS_FEW: f64 = 150.0;
/// Steps for that many rows.
const STEPS_FEW: f64 = 2.0;
/// How the steps grow with the rows.
const STEPS_GROWTH: f64 = 0.65;

/// Steps on the points that `rows` rows allow. The start knows no single row; each step brings the points
/// nearer to the rows themselves, and with few rows soon nearer than these are to the distribution that they
/// came from: then somebody could tell who was among them (measured: docs/adr/0013-generation.md).
pub fn steps_allowed(rows: usize) -> usize {
    ((STEPS_FEW * (rows as f64 / ROWS_FEW).powf(STEPS_GROWTH)).round() as usize).max(1)
}

/// A specification and what is known about its making.
#[derive(Debug, Clone, PartialEq)]
pub struct Made {
    /// The specification.
    pub rkme: Rkme,
    /// How near its points come to the rows.
    pub privacy: Privacy,
}

impl Rkme {
    /// Makes the specification of `data` (rows x columns, finite). Same seed, same bytes.
    pub fn generate(data: &Matrix, parameters: &RkmeParameters) -> Result<Self> {
        Ok(generate(&mut &*data, parameters)?.rkme)
    }
}

/// Makes the specification of rows that may be more than memory holds. Same rows and seed, same bytes,
/// whatever the blocks in which they come and the number of threads.
pub fn generate<R: Rows>(rows: &mut R, parameters: &RkmeParameters) -> std::result::Result<Made, R::Error> {
    if parameters.reduced_set_size == 0 {
        let (name, wanted) = ("reduced_set_size", "at least 1");
        return Err(EngineError::Parameter { name, wanted, found: "0".into() }.into());
    }
    let mut stream = Stream::new(parameters.seed);
    let survey = Survey::take(rows, parameters.rows_max, &mut stream)?;
    let wanted = fitting(parameters.reduced_set_size, rows.columns());
    let size = wanted.min(survey.count / CLUSTER_ROWS_MIN).max(1);
    let kernel = IslandKernel::scaled(&survey.means, &survey.deviations);
    let sample = kernel.prepare::<f32>(&survey.sample);
    let size = size.min(sample.count());
    let mut set = ScaledSet::start(&sample, size, parameters.kmeans_passes, kernel.shape, &mut stream);
    let steps = parameters.steps.min(steps_allowed(survey.count));
    set.optimise(&sample, parameters.rounds.clamp(1, steps.max(1)), steps);
    let around = Neighbourhood::of(&sample, &mut stream);
    let (cross, privacy) = settle(rows, &kernel, &mut set, &around)?;
    set.solve_weights(&cross);
    let points = set.unscaled(&kernel, &survey.means)?;
    let rkme = Rkme::new(points, set.weights().to_vec(), parameters.gamma, survey.count)?;
    Ok(Made { rkme, privacy })
}

/// Reads all rows for the kernel's mean at each point and for its nearest row. Points that are near copies of
/// a row are moved and looked at again; those that stay near copies are left out.
fn settle<R: Rows>(
    rows: &mut R,
    kernel: &IslandKernel,
    set: &mut ScaledSet,
    around: &Neighbourhood,
) -> std::result::Result<(Vec<f64>, Privacy), R::Error> {
    let mut count = 0;
    let mut points = set.points();
    let mut open: Vec<usize> = (0..points.count()).collect();
    let mut cross = vec![0.0; open.len()];
    let mut closeness = Closeness::new(open.len());
    let mut moved = 0;
    for round in 0..=PUSHES_MAX {
        let asked = points.select(&open);
        let mut found = Closeness::new(open.len());
        let mut sums = vec![0.0; open.len()];
        in_blocks(rows, |block| {
            let block = kernel.prepare_rows::<f32>(block);
            let ones = vec![1.0; block.count()];
            let more = kernel::cross_sums(&asked, &block, &ones, kernel.shape);
            sums.iter_mut().zip(more).for_each(|(total, sum)| *total += sum);
            found.add(&asked, &block, around.near);
            count += block.count() * usize::from(round == 0);
            Ok(())
        })?;
        for (place, &point) in open.iter().enumerate() {
            cross[point] = sums[place] / count as f64;
            closeness.nearest[point] = found.nearest[place];
            closeness.counts[point] = found.counts[place];
            closeness.rows[point] = std::mem::take(&mut found.rows[place]);
        }
        open.retain(|&point| around.is_copy(&closeness, point));
        if open.is_empty() || round == PUSHES_MAX {
            break;
        }
        moved = moved.max(open.len());
        for &point in &open {
            set.place(point, &around.pushed(points.row(point), &closeness.rows[point]));
        }
        points = set.points();
    }
    let mut kept = vec![true; cross.len()];
    for &point in &open {
        kept[point] = false;
    }
    if !kept.contains(&true) {
        // A specification has a point: of near copies the one that is farthest from its row.
        let farthest = (0..kept.len()).max_by(|&a, &b| closeness.nearest[a].total_cmp(&closeness.nearest[b]));
        kept[farthest.unwrap_or(0)] = true;
    }
    set.keep(&kept);
    let cross = cross.into_iter().zip(&kept).filter(|(_, kept)| **kept).map(|(value, _)| value).collect();
    Ok((cross, around.report(&closeness, &kept, moved)))
}
