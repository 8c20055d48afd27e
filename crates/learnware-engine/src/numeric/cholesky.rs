//! Cholesky factors of small symmetric positive matrices.

use super::Matrix;

/// Lower factor `L` of `A = L L'`.
#[derive(Debug, Clone)]
pub struct Cholesky {
    factor: Matrix,
}

impl Cholesky {
    /// Factors a symmetric matrix (its lower triangle is read); `None` when it is not positive.
    pub fn new(matrix: &Matrix) -> Option<Self> {
        let n = matrix.rows();
        assert_eq!(n, matrix.columns(), "a square matrix");
        let mut factor = matrix.clone();
        for i in 0..n {
            for j in 0..=i {
                let (upper, lower) = (factor.row(j), factor.row(i));
                let done: f64 = upper[..j].iter().zip(&lower[..j]).map(|(a, b)| a * b).sum();
                let value = lower[j] - done;
                if i == j {
                    if !(value.is_finite() && value > 0.0) {
                        return None;
                    }
                    factor.set(i, i, value.sqrt());
                } else {
                    let pivot = upper[j];
                    factor.set(i, j, value / pivot);
                }
            }
            factor.row_mut(i)[i + 1..].fill(0.0);
        }
        Some(Self { factor })
    }

    /// Factors after adding to the diagonal the smallest of `start * trace/n * 100^k` that makes it positive.
    pub fn with_jitter(matrix: &Matrix, start: f64) -> Self {
        let n = matrix.rows();
        let mean = (0..n).map(|i| matrix.at(i, i)).sum::<f64>() / n.max(1) as f64;
        let mut jitter = start * mean.abs().max(f64::MIN_POSITIVE);
        loop {
            let mut shifted = matrix.clone();
            for i in 0..n {
                shifted.set(i, i, matrix.at(i, i) + jitter);
            }
            if let Some(done) = Self::new(&shifted) {
                return done;
            }
            jitter *= 100.0;
        }
    }

    /// The lower factor.
    pub fn factor(&self) -> &Matrix {
        &self.factor
    }

    /// Solves `L x = b`.
    pub fn solve_lower(&self, b: &[f64]) -> Vec<f64> {
        let mut x = b.to_vec();
        for i in 0..x.len() {
            let row = self.factor.row(i);
            let done: f64 = row[..i].iter().zip(&x[..i]).map(|(a, b)| a * b).sum();
            x[i] = (x[i] - done) / row[i];
        }
        x
    }

    /// Solves `A x = b`.
    pub fn solve(&self, b: &[f64]) -> Vec<f64> {
        let mut x = self.solve_lower(b);
        for i in (0..x.len()).rev() {
            let value = x[i] / self.factor.at(i, i);
            x[i] = value;
            let row = self.factor.row(i);
            x[..i].iter_mut().zip(&row[..i]).for_each(|(x, factor)| *x -= factor * value);
        }
        x
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn solves_and_refuses() {
        let a = Matrix::from_rows(&[[4.0, 2.0, 0.6], [2.0, 5.0, 1.0], [0.6, 1.0, 3.0]]).unwrap();
        let x = Cholesky::new(&a).unwrap().solve(&[1.0, -2.0, 0.5]);
        for (row, wanted) in a.iter_rows().zip([1.0, -2.0, 0.5]) {
            assert!((row.iter().zip(&x).map(|(a, b)| a * b).sum::<f64>() - wanted).abs() < 1e-12);
        }
        let singular = Matrix::from_rows(&[[1.0, 1.0], [1.0, 1.0]]).unwrap();
        assert!(Cholesky::new(&singular).is_none());
        let x = Cholesky::with_jitter(&singular, 1e-14).solve(&[1.0, 1.0]);
        assert!((x[0] + x[1] - 1.0).abs() < 1e-6);
    }
}
