//! Specifications with differential privacy: what is published changes little when one row is replaced.
//!
//! The number of rows is public. Scales come from noisy histograms; the rows' mean in random features of the
//! three-width kernel gets Gaussian noise (after Harder, Adamczewski and Park, AISTATS 2021: its sensitivity is
//! 2/n); points and weights are then fitted to that noisy mean alone. Accounting is in zero-concentrated
//! privacy (Bun and Steinke 2016): `rho` adds up over releases, and `epsilon = rho + 2 sqrt(rho ln(1/delta))`.

use super::Rkme;
use crate::error::{EngineError, Result};
use crate::numeric::lbfgs::{self, Limits};
use crate::numeric::random::Stream;
use crate::numeric::vector::{add_scaled, dot};
use crate::numeric::{Matrix, parallel, quadratic};

/// Part of the budget that scales take.
const SCALES_PART: f64 = 0.3;
/// Histograms of each column: by magnitude, then twice finer within the range found.
const HISTOGRAMS: usize = 3;
/// Bins of the finer histograms.
const BINS: usize = 32;
/// Powers of two that magnitudes are sorted into: beyond them values count as the last.
const POWER_MAX: i32 = 40;
/// Pairs of random features.
const PAIRS: usize = 128;
/// Points of a private specification at most: more would only follow the noise.
const POINTS_MAX: usize = 40;
/// Steps on the points.
const STEPS: usize = 60;
/// Scaled values are held within this many scales.
const CLIP: f64 = 4.0;
/// Squared distance that noise may add; learnwares for different data are .03 and more apart.
const NOISE_MAX: f64 = 0.01;
/// A histogram's noise may be this part of the rows at most.
const HISTOGRAM_NOISE_MAX: f64 = 0.02;
/// Added to the diagonal for the weights, against following the noise.
const RIDGE: f64 = 0.05;

/// What is promised.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct PrivacyBudget {
    /// How much one row may change the odds of any outcome: `exp(epsilon)` times.
    pub epsilon: f64,
    /// Chance that this fails.
    pub delta: f64,
}

/// A private specification and its account.
#[derive(Debug, Clone, PartialEq)]
pub struct PrivateRkme {
    /// The specification.
    pub rkme: Rkme,
    /// Zero-concentrated privacy spent: scales, features.
    pub rho: [f64; 2],
    /// Standard deviation of the noise on each bin's count and on each feature.
    pub noise: [f64; 2],
    /// Squared distance that the noise adds on average.
    pub noise_distance: f64,
}

impl PrivacyBudget {
    /// Checks the numbers: epsilon above 0 and at most 100, delta above 0 and below 1.
    pub fn new(epsilon: f64, delta: f64) -> Result<Self> {
        let refuse =
            |name, wanted, found: f64| Err(EngineError::Parameter { name, wanted, found: found.to_string() });
        if !(epsilon > 0.0 && epsilon <= 100.0) {
            return refuse("epsilon", "above 0 and at most 100", epsilon);
        }
        if !(delta > 0.0 && delta < 1.0) {
            return refuse("delta", "above 0 and below 1", delta);
        }
        Ok(Self { epsilon, delta })
    }

    /// The zero-concentrated privacy that gives it: the root of `epsilon = rho + 2 sqrt(rho ln(1/delta))`.
    pub fn rho(self) -> f64 {
        let log = -self.delta.ln();
        ((log + self.epsilon).sqrt() - log.sqrt()).powi(2)
    }
}

/// Standard deviation of the Gaussian noise on each number of a vector that one row moves by at most `sensitivity`
/// (its length), for `rho` of zero-concentrated privacy (Bun and Steinke 2016, proposition 1.6).
pub fn gaussian_deviation(sensitivity: f64, rho: f64) -> f64 {
    sensitivity / (2.0 * rho).sqrt()
}

/// Makes a private specification of `data` (rows x columns, finite). Refuses data with too few rows for the
/// noise, and says how many are needed.
///
/// The seed decides the noise: whoever knows it can take the noise away. It must be drawn anew, kept secret and
/// thrown away; a fixed one is for tests only.
pub fn generate_private(data: &Matrix, size: usize, budget: PrivacyBudget, seed: u64) -> Result<PrivateRkme> {
    if data.rows() == 0 || data.columns() == 0 {
        return Err(EngineError::Empty { what: "the data" });
    }
    data.require_finite()?;
    let rho = [budget.rho() * SCALES_PART, budget.rho() * (1.0 - SCALES_PART)];
    let (rows, columns) = (data.rows() as f64, data.columns() as f64);
    // Replacing a row changes two bins by one in each column of each histogram.
    let bin_noise = (HISTOGRAMS as f64 * columns / rho[0]).sqrt();
    let feature_noise = gaussian_deviation(2.0 / rows, rho[1]);
    let noise_distance = 2.0 * PAIRS as f64 * feature_noise * feature_noise;
    let needed = (bin_noise / HISTOGRAM_NOISE_MAX).max(rows * (noise_distance / NOISE_MAX).sqrt()).ceil();
    if rows < needed {
        return Err(EngineError::Parameter {
            name: "epsilon",
            wanted: "larger, or the data longer: noise would hide what the data are like",
            found: format!(
                "{} with {rows} rows; it takes {needed} rows of {columns} columns",
                budget.epsilon
            ),
        });
    }
    let mut stream = Stream::new(seed);
    let scales: Vec<(f64, f64)> =
        (0..data.columns()).map(|axis| scale_of(&data.column(axis), bin_noise, &mut stream)).collect();
    let features = Features::draw(&scales, &mut stream);
    let mut mean = features.mean(data, &scales);
    for value in &mut mean {
        *value += feature_noise * stream.normal();
    }
    let (points, weights) = fit(&features, &mean, size.clamp(1, POINTS_MAX), &mut stream);
    let unscaled = points.chunks_exact(data.columns()).flat_map(|point| {
        point.iter().zip(&scales).map(|(value, (centre, scale))| value.mul_add(*scale, *centre))
    });
    let points = Matrix::new(weights.len(), data.columns(), unscaled.collect())?;
    let rkme = Rkme::new(points, weights, 0.1, data.rows())?;
    Ok(PrivateRkme { rkme, rho, noise: [bin_noise, feature_noise], noise_distance })
}

/// Centre and scale of a column, from noisy counts only.
fn scale_of(column: &[f64], noise: f64, stream: &mut Stream) -> (f64, f64) {
    let edges: Vec<f64> = (-POWER_MAX..=POWER_MAX)
        .rev()
        .map(|power| -2f64.powi(power))
        .chain([0.0])
        .chain((-POWER_MAX..=POWER_MAX).map(|power| 2f64.powi(power)))
        .collect();
    let mut range = noisy_range(column, &edges, noise, stream);
    for _ in 1..HISTOGRAMS {
        let width = (range.1 - range.0) / BINS as f64;
        let edges: Vec<f64> = (0..=BINS).map(|bin| width.mul_add(bin as f64, range.0)).collect();
        range = noisy_range(column, &edges, noise, stream);
    }
    // The middle nine tenths of a normal distribution are 3.29 deviations wide.
    (f64::midpoint(range.0, range.1), ((range.1 - range.0) / 3.29).max(f64::MIN_POSITIVE))
}

/// The bins between which nine tenths of the values lie, as far as the noise lets see.
fn noisy_range(column: &[f64], edges: &[f64], noise: f64, stream: &mut Stream) -> (f64, f64) {
    let mut counts = vec![0.0; edges.len() - 1];
    let last = counts.len() - 1;
    for value in column {
        counts[edges.partition_point(|edge| edge <= value).saturating_sub(1).min(last)] += 1.0;
    }
    for count in &mut counts {
        *count += noise * stream.normal();
        // Bins that may be nothing but noise count as empty.
        if *count < 3.0 * noise {
            *count = 0.0;
        }
    }
    let total: f64 = counts.iter().sum();
    let within = |from_start: bool| {
        let mut sum = 0.0;
        let mut take = |bin: &usize| {
            sum += counts[*bin];
            sum > 0.05 * total
        };
        if from_start { (0..=last).find(&mut take) } else { (0..=last).rev().find(&mut take) }
    };
    (edges[within(true).unwrap_or(0)], edges[within(false).unwrap_or(last) + 1])
}

/// Random features of the three-width kernel in scaled columns (Rahimi and Recht 2007).
struct Features {
    /// Pairs x columns.
    frequencies: Matrix,
}

impl Features {
    fn draw(scales: &[(f64, f64)], stream: &mut Stream) -> Self {
        let columns = scales.len();
        // The typical squared distance of two scaled rows is twice the number of columns.
        let unit = 1.0 / (2.0 * columns as f64).sqrt();
        let mut frequencies = Matrix::zeros(PAIRS, columns);
        for pair in 0..PAIRS {
            let width: f64 = [0.25, 1.0, 4.0][pair % 3];
            let spread = (2.0 * width).sqrt() * unit;
            frequencies.row_mut(pair).fill_with(|| spread * stream.normal());
        }
        Self { frequencies }
    }

    /// Cosines, then sines, of a scaled row; its length is 1.
    fn of(&self, row: &[f64]) -> Vec<f64> {
        let height = 1.0 / (PAIRS as f64).sqrt();
        let angles: Vec<f64> = self.frequencies.iter_rows().map(|frequency| dot(frequency, row)).collect();
        let cosines = angles.iter().map(|angle| height * angle.cos());
        cosines.chain(angles.iter().map(|angle| height * angle.sin())).collect()
    }

    /// The mean over all rows. Replacing a row changes it by 2/n at most.
    fn mean(&self, data: &Matrix, scales: &[(f64, f64)]) -> Vec<f64> {
        const PIECE_ROWS: usize = 1024;
        let pieces = parallel::map(data.rows().div_ceil(PIECE_ROWS), |piece| {
            let mut sums = vec![0.0; 2 * PAIRS];
            for row in piece * PIECE_ROWS..((piece + 1) * PIECE_ROWS).min(data.rows()) {
                let scaled = data.row(row).iter().zip(scales);
                let scaled: Vec<f64> = scaled
                    .map(|(value, (centre, scale))| ((value - centre) / scale).clamp(-CLIP, CLIP))
                    .collect();
                add_scaled(&mut sums, 1.0 / data.rows() as f64, &self.of(&scaled));
            }
            sums
        });
        let mut mean = vec![0.0; 2 * PAIRS];
        for part in &pieces {
            add_scaled(&mut mean, 1.0, part);
        }
        mean
    }
}

/// Points (scaled, one after the other) and weights whose features come near `mean`.
fn fit(features: &Features, mean: &[f64], size: usize, stream: &mut Stream) -> (Vec<f64>, Vec<f64>) {
    let columns = features.frequencies.columns();
    let mut points: Vec<f64> = (0..size * columns).map(|_| stream.normal()).collect();
    let share = 1.0 / size as f64;
    let objective = |points: &[f64], gradient: &mut [f64]| {
        let each: Vec<Vec<f64>> = points.chunks_exact(columns).map(|point| features.of(point)).collect();
        let mut rest: Vec<f64> = mean.iter().map(|value| -value).collect();
        for feature in &each {
            add_scaled(&mut rest, share, feature);
        }
        for (slopes, feature) in gradient.chunks_exact_mut(columns).zip(&each) {
            slopes.fill(0.0);
            for pair in 0..PAIRS {
                // d cos = -sin, d sin = cos, times the frequency.
                let slope = rest[PAIRS + pair] * feature[pair] - rest[pair] * feature[PAIRS + pair];
                add_scaled(slopes, 2.0 * share * slope, features.frequencies.row(pair));
            }
        }
        dot(&rest, &rest)
    };
    let limits = Limits { iterations_max: STEPS, relative_fall_min: 1e-6, first_step: (size as f64).sqrt() };
    lbfgs::minimise(objective, &mut points, limits);
    for value in &mut points {
        *value = value.clamp(-CLIP, CLIP);
    }
    let each: Vec<Vec<f64>> = points.chunks_exact(columns).map(|point| features.of(point)).collect();
    let mut gram = Matrix::zeros(size, size);
    for (i, a) in each.iter().enumerate() {
        for (j, b) in each.iter().enumerate() {
            gram.set(i, j, dot(a, b) + if i == j { RIDGE } else { 0.0 });
        }
    }
    let cross: Vec<f64> = each.iter().map(|feature| dot(feature, mean)).collect();
    (points, quadratic::simplex_qp(&gram, &cross).weights)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_account_adds_up() {
        for (epsilon, delta) in [(0.1, 1e-6), (1.0, 1e-6), (8.0, 1e-9)] {
            let rho = PrivacyBudget::new(epsilon, delta).unwrap().rho();
            assert!((rho + 2.0 * (rho * -f64::ln(delta)).sqrt() - epsilon).abs() < 1e-9);
        }
        assert!(PrivacyBudget::new(0.0, 1e-6).is_err() && PrivacyBudget::new(1.0, 0.0).is_err());
        assert!(PrivacyBudget::new(f64::NAN, 1e-6).is_err());
    }

    #[test]
    fn one_row_moves_the_mean_by_two_over_n_at_most() {
        let mut stream = Stream::new(3);
        let scales = vec![(0.0, 1.0); 4];
        let features = Features::draw(&scales, &mut stream);
        for value in [0.5, 1e9, -1e300] {
            let mut data = Matrix::zeros(50, 4);
            data.as_mut_slice().fill_with(|| stream.normal());
            let before = features.mean(&data, &scales);
            data.row_mut(7).fill(value);
            let after = features.mean(&data, &scales);
            let moved: f64 = before.iter().zip(&after).map(|(a, b)| (a - b) * (a - b)).sum::<f64>().sqrt();
            assert!(moved <= 2.0 / 50.0 + 1e-12, "{moved}");
        }
    }

    #[test]
    fn scales_are_found_through_the_noise() {
        let mut stream = Stream::new(1);
        for (centre, scale) in [(0.0, 1.0), (1000.0, 5.0), (-0.02, 0.001)] {
            let column: Vec<f64> = (0..20_000).map(|_| centre + scale * stream.normal()).collect();
            let found = scale_of(&column, 60.0, &mut stream);
            assert!((found.0 - centre).abs() < scale, "{found:?} {centre} {scale}");
            assert!(found.1 > 0.6 * scale && found.1 < 1.7 * scale, "{found:?} {centre} {scale}");
        }
    }
}
