//! LogME (You, Liu, Wang and Long, ICML 2021): how well a model's outputs explain labels of another meaning.
//!
//! For features `F` (n x D, one row for each labelled example) and labels `y`, a Bayesian linear model with weights
//! `w ~ N(0, I / alpha)` and noise `N(0, 1 / beta)` gives the labels the evidence
//!
//! ```text
//! log p(y | F, alpha, beta) = n/2 log beta + D/2 log alpha - n/2 log 2 pi
//!                             - beta/2 |F m - y|^2 - alpha/2 |m|^2 - 1/2 log |A|
//! A = alpha I + beta F'F,   m = beta A^-1 F'y
//! ```
//!
//! which is maximised by the fixed point `gamma = sum_i beta s_i / (alpha + beta s_i)`, `alpha = gamma / |m|^2`,
//! `beta = (n - gamma) / |F m - y|^2`, where `s_i` are the eigenvalues of `F'F` (MacKay 1992). LogME is that maximum
//! divided by n. It needs no held-out rows: the evidence punishes weights that fit by chance.

use crate::error::{EngineError, Result};
use crate::numeric::Matrix;
use crate::numeric::symmetric::Eigen;
use crate::numeric::vector::dot;

/// Steps of the fixed point at most; a handful is usual.
const STEPS_MAX: usize = 100;
/// Relative change of `alpha / beta` at which it stands still.
const STILL: f64 = 1e-6;
/// Precisions of features and labels of scale one stay within this, so that labels explained without any error have
/// finite evidence.
const PRECISION_MAX: f64 = 1e8;

/// The mean over the columns of `labels` (n x K) of the maximal log evidence for each example, given `features`
/// (n x D). Higher is better; only values for the same labels compare. Refuses no examples, different numbers of rows
/// and numbers that are not finite. Costs `min(n, D)^3`.
pub fn log_evidence(features: &Matrix, labels: &Matrix) -> Result<f64> {
    if labels.rows() == 0 || labels.columns() == 0 {
        return Err(EngineError::Empty { what: "the labels" });
    }
    if features.rows() != labels.rows() {
        return Err(EngineError::Shape {
            what: "rows of features and labels",
            expected: labels.rows().to_string(),
            found: features.rows().to_string(),
        });
    }
    features.require_finite()?;
    labels.require_finite()?;
    let (features, _) = scaled(features);
    let spectrum = Spectrum::new(&features);
    let evidence = |column| {
        // The density of y is that of y / s, divided by s.
        let own = labels.select_columns(&[column]);
        let (own, scale) = scaled(&own);
        spectrum.evidence(own.as_slice()) - scale.ln()
    };
    Ok((0..labels.columns()).map(evidence).sum::<f64>() / labels.columns() as f64)
}

/// The matrix with one constant column more: an intercept for [`log_evidence`].
pub fn with_constant(features: &Matrix) -> Matrix {
    let mut wider = Matrix::zeros(features.rows(), features.columns() + 1);
    for (place, row) in features.iter_rows().enumerate() {
        wider.row_mut(place)[..row.len()].copy_from_slice(row);
        wider.set(place, row.len(), 1.0);
    }
    wider
}

/// One column for each class, 1 where it is the label's; `classes` are below `count`.
pub fn one_hot(classes: &[usize], count: usize) -> Matrix {
    let mut columns = Matrix::zeros(classes.len(), count);
    classes.iter().enumerate().for_each(|(row, &class)| columns.set(row, class, 1.0));
    columns
}

/// The matrix divided by its root mean square, and that; 1 for a matrix of zeros.
fn scaled(matrix: &Matrix) -> (Matrix, f64) {
    let values = matrix.as_slice();
    let largest = values.iter().fold(0.0_f64, |most, value| most.max(value.abs()));
    if largest == 0.0 {
        return (matrix.clone(), 1.0);
    }
    let squares: f64 = values.iter().map(|value| (value / largest).powi(2)).sum();
    let scale = largest * (squares / values.len() as f64).sqrt();
    let mut scaled = matrix.clone();
    scaled.as_mut_slice().iter_mut().for_each(|value| *value /= scale);
    (scaled, scale)
}

/// Features by their left singular vectors and squared singular values.
struct Spectrum {
    rows: usize,
    width: usize,
    /// Squared singular values that are not zero.
    squares: Vec<f64>,
    /// For each of them its left singular vector, of length `rows`.
    vectors: Matrix,
}

impl Spectrum {
    fn new(features: &Matrix) -> Self {
        let (n, d) = (features.rows(), features.columns());
        let columns: Vec<Vec<f64>> = (0..d).map(|column| features.column(column)).collect();
        let sides: Vec<&[f64]> =
            if n <= d { features.iter_rows().collect() } else { columns.iter().map(Vec::as_slice).collect() };
        let count = sides.len();
        let mut gram = Matrix::zeros(count, count);
        for i in 0..count {
            for j in 0..=i {
                let product = dot(sides[i], sides[j]);
                gram.set(i, j, product);
                gram.set(j, i, product);
            }
        }
        let eigen = Eigen::new(&gram);
        let floor = eigen.values.iter().copied().fold(0.0, f64::max) * count as f64 * f64::EPSILON;
        let (mut squares, mut vectors) = (Vec::new(), Vec::new());
        for (place, &value) in eigen.values.iter().enumerate().filter(|(_, value)| **value > floor) {
            squares.push(value);
            let own = eigen.vectors.row(place);
            if n <= d {
                vectors.extend_from_slice(own);
            } else {
                // u = F v / s.
                let scale = 1.0 / value.sqrt();
                vectors.extend(features.iter_rows().map(|row| dot(row, own) * scale));
            }
        }
        let vectors = Matrix::new(squares.len(), n, vectors).unwrap_or_default();
        Self { rows: n, width: d, squares, vectors }
    }

    /// The maximal log evidence of one column of labels, for each example.
    fn evidence(&self, labels: &[f64]) -> f64 {
        let along: Vec<f64> = self.vectors.iter_rows().map(|vector| dot(vector, labels).powi(2)).collect();
        // What no weights can explain.
        let beyond = (dot(labels, labels) - along.iter().sum::<f64>()).max(0.0);
        let (mut alpha, mut beta) = (1.0, 1.0);
        for _ in 0..STEPS_MAX {
            let fit = self.fit(&along, beyond, alpha, beta);
            let next_alpha = precision(fit.freedom, fit.weight_squares);
            let next_beta = precision(self.rows as f64 - fit.freedom, fit.residual_squares);
            let still = (next_alpha / next_beta / (alpha / beta) - 1.0).abs() < STILL;
            (alpha, beta) = (next_alpha, next_beta);
            if still {
                break;
            }
        }
        let fit = self.fit(&along, beyond, alpha, beta);
        let (n, d) = (self.rows as f64, self.width as f64);
        let determinant: f64 = self.squares.iter().map(|square| (alpha + beta * square).ln()).sum::<f64>()
            + (d - self.squares.len() as f64) * alpha.ln();
        let evidence = 0.5
            * (n * beta.ln() + d * alpha.ln()
                - n * (2.0 * std::f64::consts::PI).ln()
                - beta * fit.residual_squares
                - alpha * fit.weight_squares
                - determinant);
        evidence / n
    }

    fn fit(&self, along: &[f64], beyond: f64, alpha: f64, beta: f64) -> Fit {
        let mut fit = Fit { freedom: 0.0, weight_squares: 0.0, residual_squares: beyond };
        for (&square, &along) in self.squares.iter().zip(along) {
            let share = beta * square / (alpha + beta * square);
            fit.freedom += share;
            // m along v is beta s / (alpha + beta s^2) times y along u.
            fit.weight_squares += share * share / square * along;
            fit.residual_squares += (1.0 - share).powi(2) * along;
        }
        fit
    }
}

/// The best weights for given precisions.
struct Fit {
    /// `gamma`: weights that the labels decide.
    freedom: f64,
    /// `|m|^2`.
    weight_squares: f64,
    /// `|F m - y|^2`.
    residual_squares: f64,
}

fn precision(freedom: f64, squares: f64) -> f64 {
    let value = freedom.max(0.0) / squares;
    if value.is_nan() { PRECISION_MAX } else { value.clamp(1.0 / PRECISION_MAX, PRECISION_MAX) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::numeric::cholesky::Cholesky;
    use crate::numeric::random::Stream;

    fn matrix(rows: usize, columns: usize, seed: u64) -> Matrix {
        let mut stream = Stream::new(seed);
        Matrix::new(rows, columns, (0..rows * columns).map(|_| stream.normal()).collect()).unwrap()
    }

    /// The evidence without weights, as the density of labels with covariance `F F' / alpha + I / beta`.
    fn plainly(features: &Matrix, labels: &[f64], alpha: f64, beta: f64) -> f64 {
        let n = features.rows();
        let mut covariance = Matrix::zeros(n, n);
        for i in 0..n {
            for j in 0..n {
                let noise = if i == j { 1.0 / beta } else { 0.0 };
                covariance.set(i, j, dot(features.row(i), features.row(j)) / alpha + noise);
            }
        }
        let factor = Cholesky::new(&covariance).unwrap();
        let determinant: f64 = (0..n).map(|i| 2.0 * factor.factor().at(i, i).ln()).sum();
        let square = dot(labels, &factor.solve(labels));
        -0.5 * (determinant + square + n as f64 * (2.0 * std::f64::consts::PI).ln()) / n as f64
    }

    /// The maximum of the plain evidence over a grid that is made finer around its best place.
    fn best_plainly(features: &Matrix, labels: &[f64]) -> f64 {
        let (mut centre, mut step) = ((0.0, 0.0), 2.0);
        let mut best = f64::NEG_INFINITY;
        for _ in 0..30 {
            let from = centre;
            for a in -2..=2 {
                for b in -2..=2 {
                    let (log_alpha, log_beta) = (from.0 + f64::from(a) * step, from.1 + f64::from(b) * step);
                    let value = plainly(features, labels, f64::exp(log_alpha), f64::exp(log_beta));
                    if value > best {
                        (best, centre) = (value, (log_alpha, log_beta));
                    }
                }
            }
            if centre == from {
                step *= 0.5;
            }
        }
        best
    }

    #[test]
    fn it_is_the_maximum_of_the_evidence_evaluated_plainly() {
        for (rows, width, noise, seed) in
            [(40, 3, 0.5, 1), (40, 8, 2.0, 2), (12, 20, 0.3, 3), (30, 1, 0.1, 4)]
        {
            let features = matrix(rows, width, seed);
            let mut stream = Stream::new(100 + seed);
            let truth: Vec<f64> = (0..width).map(|_| stream.normal()).collect();
            let labels: Vec<f64> =
                features.iter_rows().map(|row| dot(row, &truth) + noise * stream.normal()).collect();
            let wanted = best_plainly(&features, &labels);
            let column = Matrix::new(rows, 1, labels).unwrap();
            let found = log_evidence(&features, &column).unwrap();
            assert!((found - wanted).abs() < 1e-5, "{rows} x {width}: {found} instead of {wanted}");
        }
    }

    #[test]
    fn features_that_know_the_labels_have_more_evidence() {
        let labels = matrix(60, 2, 9);
        let knows = Matrix::new(60, 2, labels.as_slice().iter().map(|value| value * 3.0).collect()).unwrap();
        let blind = matrix(60, 2, 10);
        let (knows, blind) = (log_evidence(&knows, &labels).unwrap(), log_evidence(&blind, &labels).unwrap());
        assert!(knows.is_finite() && knows > blind + 1.0, "{knows} {blind}");
    }

    #[test]
    fn units_of_features_do_not_matter_and_those_of_labels_shift_all_alike() {
        let (features, labels) = (with_constant(&matrix(25, 3, 7)), matrix(25, 1, 8));
        let times = |matrix: &Matrix, factor: f64| {
            let values = matrix.as_slice().iter().map(|value| value * factor).collect();
            Matrix::new(matrix.rows(), matrix.columns(), values).unwrap()
        };
        let plain = log_evidence(&features, &labels).unwrap();
        assert!((log_evidence(&times(&features, 1e9), &labels).unwrap() - plain).abs() < 1e-6);
        let large = log_evidence(&features, &times(&labels, 1e9)).unwrap();
        assert!((large + 1e9_f64.ln() - plain).abs() < 1e-6, "{large} {plain}");
        assert_eq!(one_hot(&[1, 0], 2).as_slice(), [0.0, 1.0, 1.0, 0.0]);
    }

    #[test]
    fn columns_twice_and_constant_features_are_no_trouble() {
        let features = matrix(30, 2, 5);
        let twice =
            Matrix::from_rows(&features.iter_rows().map(|row| [row, row].concat()).collect::<Vec<_>>());
        let labels = matrix(30, 1, 6);
        assert!(log_evidence(&twice.unwrap(), &labels).unwrap().is_finite());
        assert!(log_evidence(&Matrix::zeros(30, 3), &labels).unwrap().is_finite());
        assert!(log_evidence(&features, &Matrix::zeros(30, 1)).unwrap().is_finite());
    }

    #[test]
    fn bad_input_is_refused() {
        let labels = matrix(5, 1, 1);
        assert!(log_evidence(&matrix(4, 2, 1), &labels).is_err());
        assert!(log_evidence(&Matrix::zeros(0, 2), &Matrix::zeros(0, 1)).is_err());
        let broken = Matrix::new(5, 1, vec![1.0, f64::NAN, 0.0, 0.0, 0.0]).unwrap();
        assert!(log_evidence(&broken, &labels).is_err());
        assert!(log_evidence(&labels, &broken).is_err());
    }
}
