//! `min 1/2 w'Kw - c'w` over the simplex `w >= 0, sum w = 1`, for positive semidefinite `K`.
//!
//! Accelerated projected gradient finds the support, an active-set method then solves to machine precision;
//! the answer carries its Karush-Kuhn-Tucker residual as proof.

use super::Matrix;
use super::cholesky::Cholesky;
use super::vector::dot;

/// Iterations of the first phase; it only has to come near.
const GRADIENT_STEPS_MAX: usize = 200;
/// Weights below this start outside the support.
const SUPPORT_MIN: f64 = 1e-6;
/// The active-set phase stops at this residual.
const RESIDUAL_WANTED: f64 = 1e-12;
/// Relative jitter that keeps singular systems solvable.
const JITTER: f64 = 1e-14;

/// Solution of the problem.
#[derive(Debug, Clone, PartialEq)]
pub struct Solution {
    /// The weights: non-negative, sum one.
    pub weights: Vec<f64>,
    /// `1/2 w'Kw - c'w`.
    pub objective: f64,
    /// Largest violation of the optimality conditions.
    pub kkt_residual: f64,
}

/// Solves the problem for `n >= 1` weights; `k` is n x n symmetric positive semidefinite.
pub fn simplex_qp(k: &Matrix, c: &[f64]) -> Solution {
    let n = c.len();
    assert!(n >= 1 && k.rows() == n && k.columns() == n, "K is n x n for n values in c");
    let mut weights = if n == 1 { vec![1.0] } else { projected_gradient(k, c) };
    let mut best = judge(k, c, weights.clone());
    let mut support: Vec<bool> = weights.iter().map(|&weight| weight > SUPPORT_MIN).collect();
    for _ in 0..10 * n + 20 {
        if best.kkt_residual <= RESIDUAL_WANTED {
            break;
        }
        let blocked = step_on_support(k, c, &mut weights, &mut support);
        let now = judge(k, c, weights.clone());
        if now.kkt_residual < best.kkt_residual {
            best = now;
        }
        if !blocked && !enter_most_violating(k, c, &weights, &mut support) {
            break;
        }
    }
    best
}

/// `Kw - c`.
fn gradient(k: &Matrix, c: &[f64], w: &[f64]) -> Vec<f64> {
    k.iter_rows().zip(c).map(|(row, c)| dot(row, w) - c).collect()
}

/// Value and optimality residual of a feasible point: at the solution the gradient equals one number on the
/// support and is not below it elsewhere.
fn judge(k: &Matrix, c: &[f64], weights: Vec<f64>) -> Solution {
    let g = gradient(k, c, &weights);
    let level = dot(&g, &weights);
    let least = g.iter().copied().fold(f64::INFINITY, f64::min);
    let outside = (level - least).max(0.0);
    let inside = g.iter().zip(&weights).filter(|&(_, &w)| w > 0.0).map(|(g, _)| (g - level).abs());
    let kkt_residual = inside.fold(outside, f64::max);
    let objective = weights.iter().zip(g.iter().zip(c)).map(|(w, (g, c))| 0.5 * w * (g - c)).sum();
    Solution { weights, objective, kkt_residual }
}

/// FISTA with adaptive restart (O'Donoghue and Candes 2015).
fn projected_gradient(k: &Matrix, c: &[f64]) -> Vec<f64> {
    let n = c.len();
    // The largest absolute row sum bounds the largest eigenvalue.
    let bound =
        k.iter_rows().map(|row| row.iter().map(|v| v.abs()).sum::<f64>()).fold(f64::MIN_POSITIVE, f64::max);
    let mut w = vec![1.0 / n as f64; n];
    let mut ahead = w.clone();
    let mut momentum = 1.0_f64;
    for _ in 0..GRADIENT_STEPS_MAX {
        let g = gradient(k, c, &ahead);
        let mut next: Vec<f64> = ahead.iter().zip(&g).map(|(v, g)| v - g / bound).collect();
        project(&mut next);
        let turned: f64 =
            ahead.iter().zip(&next).zip(&w).map(|((v, new), old)| (v - new) * (new - old)).sum();
        let moved = next.iter().zip(&w).map(|(new, old)| (new - old).abs()).fold(0.0, f64::max);
        if turned > 0.0 {
            momentum = 1.0;
        }
        let grown = f64::midpoint(1.0, (4.0 * momentum * momentum + 1.0).sqrt());
        let push = (momentum - 1.0) / grown;
        ahead = next.iter().zip(&w).map(|(new, old)| push.mul_add(new - old, *new)).collect();
        momentum = grown;
        w = next;
        if moved < 1e-9 {
            break;
        }
    }
    w
}

/// Projects on the simplex (Held, Wolfe and Crowder 1974).
fn project(v: &mut [f64]) {
    let mut sorted = v.to_vec();
    sorted.sort_by(|a, b| b.total_cmp(a));
    let (mut sum, mut shift) = (0.0, 0.0);
    for (index, value) in sorted.iter().enumerate() {
        sum += value;
        let candidate = (sum - 1.0) / (index + 1) as f64;
        if *value > candidate {
            shift = candidate;
        }
    }
    for value in v {
        *value = (*value - shift).max(0.0);
    }
}

/// Moves to the minimum on the support, or as far as the weights stay non-negative; then the weight that
/// blocked leaves the support and `true` comes back.
fn step_on_support(k: &Matrix, c: &[f64], weights: &mut [f64], support: &mut [bool]) -> bool {
    let members: Vec<usize> = (0..c.len()).filter(|&i| support[i]).collect();
    // What lies outside the support is exactly zero.
    let kept: f64 = members.iter().map(|&i| weights[i]).sum();
    for (weight, inside) in weights.iter_mut().zip(support.iter()) {
        *weight = if *inside { *weight / kept } else { 0.0 };
    }
    let g = gradient(k, c, weights);
    let block = k.select_rows(&members).select_columns(&members);
    let factor = Cholesky::with_jitter(&block, JITTER);
    let mean = members.iter().map(|&i| g[i]).sum::<f64>() / members.len() as f64;
    let pull: Vec<f64> = members.iter().map(|&i| mean - g[i]).collect();
    // [K 1; 1' 0] [p; -level] = [pull; 0]
    let free = factor.solve(&pull);
    let ones = factor.solve(&vec![1.0; members.len()]);
    let level = free.iter().sum::<f64>() / ones.iter().sum::<f64>();
    let direction: Vec<f64> = free.iter().zip(&ones).map(|(f, o)| level.mul_add(-o, *f)).collect();
    let mut length = 1.0;
    let mut blocking = None;
    for (&i, &d) in members.iter().zip(&direction) {
        if d < 0.0 && weights[i] + length * d < 0.0 {
            length = -weights[i] / d;
            blocking = Some(i);
        }
    }
    for (&i, &d) in members.iter().zip(&direction) {
        weights[i] = length.mul_add(d, weights[i]).max(0.0);
    }
    if let Some(i) = blocking {
        weights[i] = 0.0;
        support[i] = false;
    }
    let total: f64 = weights.iter().sum();
    for weight in weights {
        *weight /= total;
    }
    blocking.is_some()
}

/// Lets the index with the most negative reduced gradient into the support; `false` when there is none.
fn enter_most_violating(k: &Matrix, c: &[f64], weights: &[f64], support: &mut [bool]) -> bool {
    let g = gradient(k, c, weights);
    let level = dot(&g, weights);
    let worst = (0..c.len()).filter(|&i| !support[i]).min_by(|&a, &b| g[a].total_cmp(&g[b]));
    match worst {
        Some(i) if g[i] < level - RESIDUAL_WANTED => {
            support[i] = true;
            true
        }
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::numeric::kernel::{self, Points, Shape};
    use crate::numeric::random::Stream;

    #[test]
    fn one_weight_is_one() {
        let solution = simplex_qp(&Matrix::new(1, 1, vec![0.5]).unwrap(), &[0.3]);
        assert_eq!(solution.weights, [1.0]);
        assert!(solution.kkt_residual < 1e-15);
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(64))]
        #[test]
        fn residual_is_below_a_billionth(seed in 0_u64..10_000, n in 1_usize..120, d in 1_usize..6, width in 0.05_f64..3.0) {
            let mut stream = Stream::new(seed);
            let mut draw = |count: usize| (0..count * d).map(|_| stream.normal()).collect::<Vec<_>>();
            let z = Points::<f64>::from_rows(n, d, draw(n).iter().map(|v| v * width).collect());
            let x = Points::<f64>::from_rows(50, d, draw(50).iter().map(|v| v * width).collect());
            let k = kernel::gram(&z, &z, Shape::Gaussian);
            let c = kernel::row_sums(&z, &x, &[0.02; 50], Shape::Gaussian);
            let solution = simplex_qp(&k, &c);
            prop_assert!(solution.kkt_residual < 1e-9, "{}", solution.kkt_residual);
            prop_assert!((solution.weights.iter().sum::<f64>() - 1.0).abs() < 1e-12);
            prop_assert!(solution.weights.iter().all(|&w| w >= 0.0));
        }
    }
}
