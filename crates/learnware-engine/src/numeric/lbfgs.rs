//! Limited-memory BFGS for smooth functions (Nocedal and Wright, Numerical Optimization, algorithm 7.5).

use super::vector::{add_scaled, dot};

/// Pairs of steps remembered.
const MEMORY: usize = 8;
/// Sufficient decrease (Armijo).
const DECREASE: f64 = 1e-4;
/// Halvings of a step before giving up.
const HALVINGS_MAX: usize = 20;

/// When to stop.
#[derive(Debug, Clone, Copy)]
pub struct Limits {
    /// Iterations at most.
    pub iterations_max: usize,
    /// Stops when the value falls by less than this part of itself in an iteration.
    pub relative_fall_min: f64,
    /// Length of the first step, in the units of the coordinates.
    pub first_step: f64,
}

/// Minimises `function`, which returns its value and writes its gradient; returns the least value seen.
/// `x` is left at that place.
pub fn minimise(mut function: impl FnMut(&[f64], &mut [f64]) -> f64, x: &mut [f64], limits: Limits) -> f64 {
    let mut gradient = vec![0.0; x.len()];
    let mut value = function(x, &mut gradient);
    let mut history: std::collections::VecDeque<(Vec<f64>, Vec<f64>)> = std::collections::VecDeque::new();
    for _ in 0..limits.iterations_max {
        let mut direction = direction(&gradient, &history);
        let mut slope = dot(&direction, &gradient);
        if slope >= 0.0 {
            history.clear();
            direction = gradient.iter().map(|g| -g).collect();
            slope = -dot(&gradient, &gradient);
        }
        if slope == 0.0 {
            break;
        }
        let mut step =
            if history.is_empty() { limits.first_step / dot(&direction, &direction).sqrt() } else { 1.0 };
        let mut accepted = None;
        for _ in 0..HALVINGS_MAX {
            let trial: Vec<f64> = x.iter().zip(&direction).map(|(x, d)| step.mul_add(*d, *x)).collect();
            let mut trial_gradient = vec![0.0; x.len()];
            let trial_value = function(&trial, &mut trial_gradient);
            if trial_value <= DECREASE.mul_add(step * slope, value) {
                accepted = Some((trial, trial_gradient, trial_value));
                break;
            }
            step *= 0.5;
        }
        let Some((trial, trial_gradient, trial_value)) = accepted else { break };
        let moved: Vec<f64> = trial.iter().zip(&*x).map(|(new, old)| new - old).collect();
        let turned: Vec<f64> = trial_gradient.iter().zip(&gradient).map(|(new, old)| new - old).collect();
        if dot(&moved, &turned) > 1e-12 * dot(&turned, &turned) {
            history.push_back((moved, turned));
            if history.len() > MEMORY {
                history.pop_front();
            }
        }
        let fall = value - trial_value;
        x.copy_from_slice(&trial);
        gradient = trial_gradient;
        value = trial_value;
        if fall < limits.relative_fall_min * value.abs() {
            break;
        }
    }
    value
}

/// The two-loop recursion: minus the inverse Hessian estimate times the gradient.
fn direction(gradient: &[f64], history: &std::collections::VecDeque<(Vec<f64>, Vec<f64>)>) -> Vec<f64> {
    let mut q: Vec<f64> = gradient.iter().map(|g| -g).collect();
    let mut shares = Vec::with_capacity(history.len());
    for (moved, turned) in history.iter().rev() {
        let share = dot(moved, &q) / dot(moved, turned);
        add_scaled(&mut q, -share, turned);
        shares.push(share);
    }
    if let Some((moved, turned)) = history.back() {
        let scale = dot(moved, turned) / dot(turned, turned);
        for q in &mut q {
            *q *= scale;
        }
    }
    for ((moved, turned), share) in history.iter().zip(shares.into_iter().rev()) {
        let back = dot(turned, &q) / dot(moved, turned);
        add_scaled(&mut q, share - back, moved);
    }
    q
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn finds_the_minimum_of_rosenbrocks_function() {
        let mut x = vec![-1.2, 1.0];
        let limits = Limits { iterations_max: 200, relative_fall_min: 0.0, first_step: 0.1 };
        let value = minimise(
            |x, g| {
                let (a, b) = (1.0 - x[0], x[1] - x[0] * x[0]);
                g[0] = -2.0 * a - 400.0 * x[0] * b;
                g[1] = 200.0 * b;
                a * a + 100.0 * b * b
            },
            &mut x,
            limits,
        );
        assert!(value < 1e-12 && (x[0] - 1.0).abs() < 1e-5, "{value} {x:?}");
    }
}
