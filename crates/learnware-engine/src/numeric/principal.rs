//! The directions in which vectors reach farthest from zero.

use super::random::Stream;
use super::vector::{add_scaled, dot};
use super::{Matrix, parallel};

/// Rounds of the iteration; directions need not be exact, only orthonormal.
const ROUNDS: usize = 12;
/// A direction shorter than this after the others are taken away is no further one.
const SHORTEST: f64 = 1e-9;

/// At most `count` orthonormal directions (one in each row) that carry most of the sum of squares of `vectors`
/// (n x d), strongest first, by orthogonal iteration (Golub and Van Loan, section 8.2.4).
pub fn directions(vectors: &Matrix, count: usize, stream: &mut Stream) -> Matrix {
    let d = vectors.columns();
    let count = count.min(d).min(vectors.rows());
    let moments = second_moments(vectors);
    let mut found = Matrix::zeros(count, d);
    found.as_mut_slice().fill_with(|| stream.normal());
    found = orthonormal(found);
    for _ in 0..ROUNDS {
        let rows = parallel::map(found.rows(), |i| {
            moments.iter_rows().map(|row| dot(row, found.row(i))).collect::<Vec<f64>>()
        });
        let turned = Matrix::new(found.rows(), d, rows.concat());
        found = orthonormal(turned.unwrap_or(found));
    }
    found
}

/// The sum of `v v'`.
fn second_moments(vectors: &Matrix) -> Matrix {
    let d = vectors.columns();
    let columns = parallel::map(d, |axis| vectors.column(axis));
    let rows = parallel::map(d, |i| (0..d).map(|j| dot(&columns[i], &columns[j])).collect::<Vec<f64>>());
    Matrix::new(d, d, rows.concat()).unwrap_or_default()
}

/// The rows made orthonormal one after the other (Gram-Schmidt, twice); what is left of a row that depends on
/// the ones before is dropped.
fn orthonormal(rows: Matrix) -> Matrix {
    let d = rows.columns();
    let mut done: Vec<Vec<f64>> = Vec::with_capacity(rows.rows());
    for row in rows.iter_rows() {
        let mut row = row.to_vec();
        let before = dot(&row, &row).sqrt();
        for _ in 0..2 {
            for other in &done {
                let share = dot(&row, other);
                add_scaled(&mut row, -share, other);
            }
        }
        let length = dot(&row, &row).sqrt();
        if length > SHORTEST * before {
            for value in &mut row {
                *value /= length;
            }
            done.push(row);
        }
    }
    Matrix::new(done.len(), d, done.concat()).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn finds_the_long_axes_first() {
        let mut stream = Stream::new(3);
        let lengths = [0.1, 5.0, 0.2, 2.0];
        let rows: Vec<[f64; 4]> = (0..500).map(|_| lengths.map(|length| length * stream.normal())).collect();
        let found = directions(&Matrix::from_rows(&rows).unwrap(), 2, &mut stream);
        assert!(found.at(0, 1).abs() > 0.99 && found.at(1, 3).abs() > 0.99, "{found:?}");
        assert!(dot(found.row(0), found.row(1)).abs() < 1e-12);
        let line = Matrix::from_rows(&[[1.0, 2.0], [2.0, 4.0]]).unwrap();
        assert_eq!(directions(&line, 2, &mut stream).rows(), 1);
    }
}
