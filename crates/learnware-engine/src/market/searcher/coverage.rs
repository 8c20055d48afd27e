//! How much of the user's data learnwares cover.

use crate::numeric::{Matrix, quadratic};

/// Share of the target that the members cover: the sum of the weights that bring them nearest to it when the
/// weights need not sum to one (algorithms 1.2, the cheap form); between 0 and 1.
pub(super) fn covered_share(gram: &Matrix, cross: &[f64]) -> f64 {
    let n = cross.len();
    // One more member of norm 0 takes the weight that nobody covers.
    let mut wider = Matrix::zeros(n + 1, n + 1);
    for i in 0..n {
        wider.row_mut(i)[..n].copy_from_slice(gram.row(i));
    }
    let mut cross = cross.to_vec();
    cross.push(0.0);
    let solution = quadratic::simplex_qp(&wider, &cross);
    (1.0 - solution.weights[n]).clamp(0.0, 1.0)
}
