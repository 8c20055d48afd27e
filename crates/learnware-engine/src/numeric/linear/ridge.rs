//! Ridge regression whose strength is chosen by exact leave-one-out errors.
//!
//! Leave-one-out residuals come from one factorisation for each strength: `e_i / (1 - h_ii)` with the hat
//! matrix of the centred data (Golub, Heath and Wahba, Technometrics 1979). Fewer rows than columns use the
//! dual form.
//!
//! A line goes on for ever, data does not: a few labels and one row far out give answers that no label comes near.
//! [`Ridge::fit_within`] keeps answers in the range of the targets, and, where that makes the leave-one-out errors worse by
//! more than noise, no farther out of it than it is wide (`docs/adr/0037-aligned-learnwares.md` has what that is worth).

use super::outer;
use crate::numeric::Matrix;
use crate::numeric::cholesky::Cholesky;
use crate::numeric::vector::dot;

/// Strengths tried by default; the reference tries .01 to 100.
pub const ALPHAS: [f64; 9] = [0.01, 0.03, 0.1, 0.3, 1.0, 3.0, 10.0, 30.0, 100.0];

/// A fitted ridge regression with an intercept that is not shrunk.
#[derive(Debug, Clone, PartialEq)]
pub struct Ridge {
    /// One weight for each column.
    pub weights: Vec<f64>,
    /// Value at the origin.
    pub intercept: f64,
    /// The strength chosen.
    pub alpha: f64,
    /// Mean squared leave-one-out error at that strength.
    pub leave_one_out_error: f64,
    /// Answers, with what they are added to, are kept within these bounds.
    pub range: Option<(f64, f64)>,
}

impl Ridge {
    /// Fits `targets` (one for each of the rows, at least one) for the best of `alphas`.
    pub fn fit(rows: &Matrix, targets: &[f64], alphas: &[f64]) -> Self {
        Self::with_residuals(rows, targets, alphas).0
    }

    /// The same for what `base` (one for each row) lacks of the targets, if there is one; answers, with the base, are kept in
    /// the range of the targets, which is three times as wide where leaving rows out speaks against it.
    pub fn fit_within(rows: &Matrix, targets: &[f64], base: Option<&[f64]>, alphas: &[f64]) -> Self {
        let (mut ridge, left_out) = match base {
            None => Self::with_residuals(rows, targets, alphas),
            Some(base) => {
                let lacking: Vec<f64> =
                    targets.iter().zip(base).map(|(target, base)| target - base).collect();
                Self::with_residuals(rows, &lacking, alphas)
            }
        };
        let mut sorted = targets.to_vec();
        sorted.sort_by(f64::total_cmp);
        let last = sorted.len() - 1;
        if last == 0 {
            return ridge;
        }
        // Without a row the range is that of the others.
        let without = |target: f64| {
            let low = if target <= sorted[0] { sorted[1] } else { sorted[0] };
            let high = if target >= sorted[last] { sorted[last - 1] } else { sorted[last] };
            (low, high)
        };
        let worse = |(target, residual): (&f64, &f64)| {
            let (low, high) = without(*target);
            let kept = target - (target - residual).clamp(low.min(high), high.max(low));
            kept * kept - residual * residual
        };
        let worse: Vec<f64> = targets.iter().zip(&left_out).map(worse).collect();
        let count = worse.len() as f64;
        let mean = worse.iter().sum::<f64>() / count;
        let variance = worse.iter().map(|value| (value - mean) * (value - mean)).sum::<f64>() / (count - 1.0);
        let beyond = if mean <= (variance / count).sqrt() { 0.0 } else { sorted[last] - sorted[0] };
        ridge.range = Some((sorted[0] - beyond, sorted[last] + beyond));
        ridge
    }

    /// The fit, and the residual of each row by the fit without it.
    fn with_residuals(rows: &Matrix, targets: &[f64], alphas: &[f64]) -> (Self, Vec<f64>) {
        assert!(rows.rows() == targets.len() && !targets.is_empty() && !alphas.is_empty(), "fit needs rows");
        let count = rows.rows() as f64;
        let target_mean = targets.iter().sum::<f64>() / count;
        let mut means = vec![0.0; rows.columns()];
        for row in rows.iter_rows() {
            means.iter_mut().zip(row).for_each(|(sum, value)| *sum += value / count);
        }
        let mut centred = rows.clone();
        for index in 0..centred.rows() {
            centred.row_mut(index).iter_mut().zip(&means).for_each(|(value, mean)| *value -= mean);
        }
        let targets: Vec<f64> = targets.iter().map(|target| target - target_mean).collect();
        let system = System::new(&centred, &targets);
        let mut best: Option<(f64, f64, Solution)> = None;
        for &alpha in alphas {
            let solution = system.solve(alpha);
            let error = solution.left_out.iter().map(|residual| residual * residual).sum::<f64>() / count;
            if best.as_ref().is_none_or(|(least, ..)| error < *least) {
                best = Some((error, alpha, solution));
            }
        }
        let (leave_one_out_error, alpha, solution) = best.expect("there is at least one strength");
        let Solution { weights, left_out } = solution;
        let intercept = target_mean - dot(&weights, &means);
        (Self { weights, intercept, alpha, leave_one_out_error, range: None }, left_out)
    }

    /// One value for each row.
    pub fn predict(&self, rows: &Matrix) -> Vec<f64> {
        self.predict_from(&vec![0.0; rows.rows()], rows)
    }

    /// The same added to `base` (one for each row).
    pub fn predict_from(&self, base: &[f64], rows: &Matrix) -> Vec<f64> {
        let (low, high) = self.range.unwrap_or((f64::NEG_INFINITY, f64::INFINITY));
        let answer = |(row, base): (&[f64], &f64)| dot(row, &self.weights) + self.intercept + base;
        rows.iter_rows().zip(base).map(answer).map(|answer| answer.clamp(low, high)).collect()
    }
}

/// What one strength gives.
struct Solution {
    weights: Vec<f64>,
    left_out: Vec<f64>,
}

/// Normal equations of centred data, primal or dual, whichever is smaller.
struct System<'a> {
    rows: &'a Matrix,
    targets: &'a [f64],
    gram: Matrix,
    dual: bool,
}

impl<'a> System<'a> {
    fn new(rows: &'a Matrix, targets: &'a [f64]) -> Self {
        let dual = rows.rows() < rows.columns();
        let gram = if dual { outer(rows) } else { inner(rows) };
        Self { rows, targets, gram, dual }
    }

    /// Weights and leave-one-out residuals at one strength.
    fn solve(&self, alpha: f64) -> Solution {
        let mut shifted = self.gram.clone();
        for i in 0..shifted.rows() {
            shifted.set(i, i, shifted.at(i, i) + alpha);
        }
        let factor = Cholesky::new(&shifted).unwrap_or_else(|| Cholesky::with_jitter(&shifted, 1e-12));
        let share = 1.0 / self.rows.rows() as f64;
        let mut left_out = Vec::with_capacity(self.targets.len());
        let mut add = |residual: f64, freedom: f64| left_out.push(residual / freedom.max(1e-9));
        let weights = if self.dual {
            let shares = factor.solve(self.targets);
            let mut unit = vec![0.0; shares.len()];
            for i in 0..shares.len() {
                unit.fill(0.0);
                unit[i] = 1.0;
                let column = factor.solve_lower(&unit);
                add(alpha * shares[i], alpha * dot(&column, &column) - share);
            }
            combine(self.rows, &shares)
        } else {
            let weights = factor.solve(&combine(self.rows, self.targets));
            for (row, target) in self.rows.iter_rows().zip(self.targets) {
                let leverage = factor.solve_lower(row);
                add(target - dot(row, &weights), 1.0 - share - dot(&leverage, &leverage));
            }
            weights
        };
        Solution { weights, left_out }
    }
}

/// `X' X`.
fn inner(rows: &Matrix) -> Matrix {
    let mut gram = Matrix::zeros(rows.columns(), rows.columns());
    for row in rows.iter_rows() {
        for (i, &value) in row.iter().enumerate() {
            if value != 0.0 {
                gram.row_mut(i).iter_mut().zip(row).for_each(|(sum, other)| *sum += value * other);
            }
        }
    }
    gram
}

/// `X' v`.
fn combine(rows: &Matrix, shares: &[f64]) -> Vec<f64> {
    let mut sum = vec![0.0; rows.columns()];
    for (row, share) in rows.iter_rows().zip(shares) {
        sum.iter_mut().zip(row).for_each(|(sum, value)| *sum += share * value);
    }
    sum
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::numeric::random::Stream;

    fn data(rows: usize, columns: usize) -> (Matrix, Vec<f64>) {
        let mut stream = Stream::new(5);
        let values = (0..rows * columns).map(|_| stream.normal()).collect();
        let x = Matrix::new(rows, columns, values).unwrap();
        let y = x.iter_rows().map(|row| 3.0 + 2.0 * row[0] - row[1] + 0.1 * stream.normal()).collect();
        (x, y)
    }

    #[test]
    fn leave_one_out_error_equals_leaving_rows_out() {
        for (rows, columns) in [(12, 4), (6, 9)] {
            let (x, y) = data(rows, columns);
            let whole = Ridge::fit(&x, &y, &[0.5]);
            let mut sum = 0.0;
            for out in 0..rows {
                let rest: Vec<usize> = (0..rows).filter(|&row| row != out).collect();
                let targets: Vec<f64> = rest.iter().map(|&row| y[row]).collect();
                let part = Ridge::fit(&x.select_rows(&rest), &targets, &[0.5]);
                sum += (y[out] - part.predict(&x.select_rows(&[out]))[0]).powi(2);
            }
            let wanted = sum / rows as f64;
            assert!((whole.leave_one_out_error - wanted).abs() < 1e-9 * wanted, "{rows} {columns}");
        }
    }

    #[test]
    fn one_row_and_constant_columns_give_the_mean() {
        let x = Matrix::from_rows(&[[1.0, 1.0]]).unwrap();
        assert_eq!(Ridge::fit(&x, &[4.0], &ALPHAS).predict(&x), vec![4.0]);
        let x = Matrix::zeros(5, 2);
        let model = Ridge::fit(&x, &[1.0, 2.0, 3.0, 4.0, 5.0], &ALPHAS);
        assert!((model.predict(&x)[0] - 3.0).abs() < 1e-12);
    }

    #[test]
    fn answers_stay_in_the_targets_range_unless_the_line_goes_on() {
        let (x, y) = data(40, 3);
        let straight = Ridge::fit_within(&x, &y, None, &ALPHAS);
        let (low, high) = straight.range.unwrap();
        let least = y.iter().copied().fold(f64::INFINITY, f64::min);
        let most = y.iter().copied().fold(f64::NEG_INFINITY, f64::max);
        assert!((low - (2.0 * least - most)).abs() < 1e-12 && (high - (2.0 * most - least)).abs() < 1e-12);
        let counts: Vec<f64> = y.iter().map(|y| f64::from(*y > 4.0)).collect();
        let kept = Ridge::fit_within(&x, &counts, None, &ALPHAS);
        assert_eq!(kept.range, Some((0.0, 1.0)));
        let far = Matrix::from_rows(&[[90.0, -90.0, 0.0]]).unwrap();
        assert_eq!(kept.predict(&far), vec![1.0]);
        assert!(Ridge::fit_within(&x.select_rows(&[0]), &[2.0], None, &ALPHAS).range.is_none());
    }

    #[test]
    fn what_is_added_to_a_base_keeps_the_sum_in_the_range() {
        let (x, y) = data(40, 3);
        let counts: Vec<f64> = y.iter().map(|y| f64::from(*y > 4.0)).collect();
        let base = vec![0.5; 40];
        let model = Ridge::fit_within(&x, &counts, Some(&base), &ALPHAS);
        assert_eq!(model.range, Some((0.0, 1.0)));
        let far = Matrix::from_rows(&[[90.0, -90.0, 0.0], [-90.0, 90.0, 0.0]]).unwrap();
        assert_eq!(model.predict_from(&[0.5, 40.0], &far), vec![1.0, 0.0]);
    }

    #[test]
    fn finds_the_truth() {
        let (x, y) = data(200, 5);
        let model = Ridge::fit(&x, &y, &ALPHAS);
        assert!((model.weights[0] - 2.0).abs() < 0.05 && (model.intercept - 3.0).abs() < 0.05);
    }
}
