//! Eigenvalues and eigenvectors of small symmetric matrices, by cyclic Jacobi rotations (Golub and Van Loan, 8.5).

use super::Matrix;

/// Sweeps at most; six to ten are usual.
const SWEEPS_MAX: usize = 60;
/// Off-diagonal part, relative to the whole, that counts as none.
const DIAGONAL: f64 = 1e-14;

/// `A = sum_i values[i] v_i v_i'`.
#[derive(Debug, Clone)]
pub struct Eigen {
    /// Eigenvalues, in no order.
    pub values: Vec<f64>,
    /// Eigenvectors of length one, one a row, in the order of the values.
    pub vectors: Matrix,
}

impl Eigen {
    /// Decomposes a symmetric matrix of finite numbers.
    pub fn new(matrix: &Matrix) -> Self {
        let n = matrix.rows();
        assert_eq!(n, matrix.columns(), "a square matrix");
        let mut work = matrix.clone();
        let mut vectors = Matrix::zeros(n, n);
        (0..n).for_each(|i| vectors.set(i, i, 1.0));
        let whole: f64 = work.as_slice().iter().map(|value| value * value).sum();
        for _ in 0..SWEEPS_MAX {
            let off: f64 = (0..n).flat_map(|i| (0..i).map(move |j| (i, j))).map(|at| square(&work, at)).sum();
            if 2.0 * off <= DIAGONAL * DIAGONAL * whole {
                break;
            }
            for p in 0..n {
                for q in p + 1..n {
                    rotate(&mut work, &mut vectors, p, q);
                }
            }
        }
        Self { values: (0..n).map(|i| work.at(i, i)).collect(), vectors }
    }
}

fn square(matrix: &Matrix, (i, j): (usize, usize)) -> f64 {
    matrix.at(i, j) * matrix.at(i, j)
}

/// Makes the entry `(p, q)` zero.
fn rotate(work: &mut Matrix, vectors: &mut Matrix, p: usize, q: usize) {
    let entry = work.at(p, q);
    if entry == 0.0 {
        return;
    }
    let theta = (work.at(q, q) - work.at(p, p)) / (2.0 * entry);
    let tangent = theta.signum() / (theta.abs() + (theta * theta + 1.0).sqrt());
    let cosine = 1.0 / (tangent * tangent + 1.0).sqrt();
    let sine = tangent * cosine;
    for k in 0..work.rows() {
        let (a, b) = (work.at(k, p), work.at(k, q));
        work.set(k, p, cosine * a - sine * b);
        work.set(k, q, sine * a + cosine * b);
    }
    turn(work, p, q, cosine, sine);
    turn(vectors, p, q, cosine, sine);
}

/// Rotates two rows.
fn turn(matrix: &mut Matrix, p: usize, q: usize, cosine: f64, sine: f64) {
    for k in 0..matrix.columns() {
        let (a, b) = (matrix.at(p, k), matrix.at(q, k));
        matrix.set(p, k, cosine * a - sine * b);
        matrix.set(q, k, sine * a + cosine * b);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::numeric::random::Stream;

    #[test]
    fn the_matrix_comes_back_from_its_parts() {
        for n in [0, 1, 2, 7, 25] {
            let mut stream = Stream::new(n as u64);
            let mut matrix = Matrix::zeros(n, n);
            for i in 0..n {
                for j in 0..=i {
                    let value = stream.normal();
                    matrix.set(i, j, value);
                    matrix.set(j, i, value);
                }
            }
            let eigen = Eigen::new(&matrix);
            for i in 0..n {
                for j in 0..n {
                    let parts = eigen.vectors.iter_rows().zip(&eigen.values);
                    let value: f64 = parts.map(|(vector, value)| value * vector[i] * vector[j]).sum();
                    assert!((value - matrix.at(i, j)).abs() < 1e-10, "{n}: {value}");
                }
            }
        }
    }
}
