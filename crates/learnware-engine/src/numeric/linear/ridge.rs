//! Ridge regression whose strength is chosen by exact leave-one-out errors.
//!
//! Leave-one-out residuals come from one factorisation for each strength: `e_i / (1 - h_ii)` with the hat
//! matrix of the centred data (Golub, Heath and Wahba, Technometrics 1979). Fewer rows than columns use the
//! dual form.

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
}

impl Ridge {
    /// Fits `targets` (one for each of the rows, at least one) for the best of `alphas`.
    pub fn fit(rows: &Matrix, targets: &[f64], alphas: &[f64]) -> Self {
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
        let mut best: Option<(f64, f64, Vec<f64>)> = None;
        for &alpha in alphas {
            let (error, weights) = system.solve(alpha);
            if best.as_ref().is_none_or(|(least, ..)| error < *least) {
                best = Some((error, alpha, weights));
            }
        }
        let (leave_one_out_error, alpha, weights) = best.expect("there is at least one strength");
        let intercept = target_mean - dot(&weights, &means);
        Self { weights, intercept, alpha, leave_one_out_error }
    }

    /// One value for each row.
    pub fn predict(&self, rows: &Matrix) -> Vec<f64> {
        rows.iter_rows().map(|row| dot(row, &self.weights) + self.intercept).collect()
    }
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

    /// Mean squared leave-one-out error and weights at one strength.
    fn solve(&self, alpha: f64) -> (f64, Vec<f64>) {
        let mut shifted = self.gram.clone();
        for i in 0..shifted.rows() {
            shifted.set(i, i, shifted.at(i, i) + alpha);
        }
        let factor = Cholesky::new(&shifted).unwrap_or_else(|| Cholesky::with_jitter(&shifted, 1e-12));
        let share = 1.0 / self.rows.rows() as f64;
        let mut sum = 0.0;
        let mut add = |residual: f64, freedom: f64| {
            let left_out = residual / freedom.max(1e-9);
            sum += left_out * left_out;
        };
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
        (sum * share, weights)
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
    fn finds_the_truth() {
        let (x, y) = data(200, 5);
        let model = Ridge::fit(&x, &y, &ALPHAS);
        assert!((model.weights[0] - 2.0).abs() < 0.05 && (model.intercept - 3.0).abs() < 0.05);
    }
}
