//! Weights that make several embeddings approach one: used by the search and by the job selector.

use super::Embedding;
use crate::numeric::kernel::Number;
use crate::numeric::{Matrix, parallel, quadratic};

/// A mixture of embeddings and how near it comes.
#[derive(Debug, Clone, PartialEq)]
pub struct Mixture {
    /// One weight for each member: non-negative, sum one.
    pub weights: Vec<f64>,
    /// Squared distance of the mixture to the target.
    pub distance: f64,
}

/// `<a_i, a_j>` of all pairs.
pub fn gram<T: Number>(members: &[&Embedding<T>]) -> Matrix {
    let mut gram = Matrix::zeros(members.len(), members.len());
    let rows = parallel::map(members.len(), |i| {
        members[i + 1..].iter().map(|other| members[i].inner_product(other)).collect::<Vec<f64>>()
    });
    for (i, row) in rows.iter().enumerate() {
        gram.set(i, i, members[i].norm_squared());
        for (j, &product) in (i + 1..).zip(row) {
            gram.set(i, j, product);
            gram.set(j, i, product);
        }
    }
    gram
}

/// The mixture nearest to a target: `min |target - sum_i w_i a_i|^2` over the simplex, from the members'
/// inner products, their products with the target, and the target's squared norm.
pub fn solve(gram: &Matrix, cross: &[f64], target_norm_squared: f64) -> Mixture {
    let solution = quadratic::simplex_qp(gram, cross);
    Mixture { weights: solution.weights, distance: target_norm_squared + 2.0 * solution.objective }
}

/// [`solve`] for embeddings.
pub fn fit<T: Number>(target: &Embedding<T>, members: &[&Embedding<T>]) -> Mixture {
    let cross: Vec<f64> = members.iter().map(|member| target.inner_product(member)).collect();
    solve(&gram(members), &cross, target.norm_squared())
}
