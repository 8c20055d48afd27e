//! The reference's feature align: a network that brings the user's reduced points near the learnware's.
//!
//! One hidden layer of rectified units, trained by Adam to minimise the squared MMD between the mapped user points
//! and the learnware's points under a Gaussian kernel. Both sides are standardised here, so that the kernel's width
//! means something whatever the units (the reference takes the numbers as they are). Distributions that lie
//! on each other do not show that columns do: nothing here knows which column is which.

use super::{moments, shares};
use crate::error::{EngineError, Result};
use crate::numeric::Matrix;
use crate::numeric::adam::{Adam, AdamParameters};
use crate::numeric::random::Stream;
use crate::numeric::vector::{add_scaled, dot};
use crate::specification::Rkme;

/// Purpose of the stream of random numbers that starts the network.
const START_STREAM: u64 = 3700;

/// How the network is trained; the reference's numbers by default.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct NetworkParameters {
    /// Hidden units.
    pub hidden: usize,
    /// Steps over all points.
    pub steps: usize,
    /// Step size.
    pub rate: f64,
    /// Width of the kernel `exp(-gamma |x - y|^2)` on standardised columns.
    pub gamma: f64,
    /// Seed of the first weights.
    pub seed: u64,
}

impl Default for NetworkParameters {
    fn default() -> Self {
        Self { hidden: 1024, steps: 50, rate: 1e-3, gamma: 0.1, seed: 0 }
    }
}

/// From the user's rows to the learnware's.
#[derive(Debug, Clone)]
pub struct NetworkMap {
    /// Means and factors of the user's columns.
    from: (Vec<f64>, Vec<f64>),
    /// Means and deviations of the learnware's columns.
    to: (Vec<f64>, Vec<f64>),
    network: Network,
}

/// Two dense layers with rectified units between; all numbers in one vector for the optimiser.
#[derive(Debug, Clone)]
struct Network {
    inputs: usize,
    hidden: usize,
    outputs: usize,
    /// Hidden weights (units x inputs), hidden biases, output weights (outputs x units), output biases.
    values: Vec<f64>,
}

/// The reduced points that training sees.
struct Target<'a> {
    points: &'a Matrix,
    shares: &'a [f64],
    gamma: f64,
}

impl NetworkMap {
    /// Trains the map.
    ///
    /// # Errors
    ///
    /// No hidden unit, or a width or rate that is not positive.
    pub fn fit(user: &Rkme, learnware: &Rkme, parameters: &NetworkParameters) -> Result<Self> {
        let positive = |value: f64| value.is_finite() && value > 0.0;
        if parameters.hidden == 0 || !positive(parameters.gamma) || !positive(parameters.rate) {
            return Err(EngineError::Parameter {
                name: "parameters of the aligning network",
                wanted: "at least one hidden unit, positive gamma and rate",
                found: format!("{parameters:?}"),
            });
        }
        let (own, other) = (shares(user), shares(learnware));
        let (means, deviations) = moments(user.points(), &own);
        let inverse = |deviation: &f64| if *deviation > 0.0 { 1.0 / deviation } else { 0.0 };
        let from = (means, deviations.iter().map(inverse).collect::<Vec<_>>());
        let to = moments(learnware.points(), &other);
        let factors: Vec<f64> = to.1.iter().map(inverse).collect();
        let target = scaled(learnware.points(), &to.0, &factors);
        let inputs = scaled(user.points(), &from.0, &from.1);
        let target = Target { points: &target, shares: &other, gamma: parameters.gamma };
        let mut network =
            Network::start(inputs.columns(), parameters.hidden, target.points.columns(), parameters.seed);
        let adam = AdamParameters { rate: parameters.rate, ..AdamParameters::default() };
        let mut adam = Adam::new(network.values.len(), adam);
        for _ in 0..parameters.steps {
            let (_, gradient) = network.loss(&inputs, &own, &target);
            adam.step(&mut network.values, &gradient);
        }
        Ok(Self { from, to, network })
    }

    /// Rows x the learnware's columns.
    pub(super) fn apply(&self, rows: &Matrix) -> Matrix {
        let mut out = self.network.forward(&scaled(rows, &self.from.0, &self.from.1)).1;
        for index in 0..out.rows() {
            for ((value, mean), deviation) in out.row_mut(index).iter_mut().zip(&self.to.0).zip(&self.to.1) {
                *value = mean + deviation * *value;
            }
        }
        out
    }
}

impl Network {
    /// Uniform first weights of width one over the root of a unit's inputs, biases too (as in PyTorch).
    fn start(inputs: usize, hidden: usize, outputs: usize, seed: u64) -> Self {
        let mut stream = Stream::substream(seed, START_STREAM);
        let mut values = Vec::with_capacity(hidden * (inputs + 1) + outputs * (hidden + 1));
        for (count, fan_in) in [(hidden * (inputs + 1), inputs), (outputs * (hidden + 1), hidden)] {
            let width = 1.0 / (fan_in.max(1) as f64).sqrt();
            values.extend((0..count).map(|_| width * (2.0 * stream.uniform() - 1.0)));
        }
        Self { inputs, hidden, outputs, values }
    }

    /// The parts of a vector of all numbers.
    fn parts<'a>(&self, values: &'a [f64]) -> [&'a [f64]; 4] {
        let (first, rest) = values.split_at(self.hidden * self.inputs);
        let (first_bias, rest) = rest.split_at(self.hidden);
        let (second, second_bias) = rest.split_at(self.outputs * self.hidden);
        [first, first_bias, second, second_bias]
    }

    /// Hidden values and outputs.
    fn forward(&self, rows: &Matrix) -> (Matrix, Matrix) {
        let [first, first_bias, second, second_bias] = self.parts(&self.values);
        let layer = |rows: &Matrix, weights: &[f64], biases: &[f64]| {
            let mut out = Matrix::zeros(rows.rows(), biases.len());
            for (index, row) in rows.iter_rows().enumerate() {
                for (unit, (value, bias)) in out.row_mut(index).iter_mut().zip(biases).enumerate() {
                    *value = bias + dot(&weights[unit * row.len()..(unit + 1) * row.len()], row);
                }
            }
            out
        };
        let mut hidden = layer(rows, first, first_bias);
        hidden.as_mut_slice().iter_mut().for_each(|value| *value = value.max(0.0));
        let outputs = layer(&hidden, second, second_bias);
        (hidden, outputs)
    }

    /// Squared MMD up to a constant, and its gradient by all numbers.
    fn loss(&self, rows: &Matrix, shares: &[f64], target: &Target<'_>) -> (f64, Vec<f64>) {
        let (hidden, outputs) = self.forward(rows);
        let (loss, pulls) = discrepancy(&outputs, shares, target);
        let mut gradient = vec![0.0; self.values.len()];
        let [_, _, second, _] = self.parts(&self.values);
        let (first_part, rest) = gradient.split_at_mut(self.hidden * self.inputs);
        let (first_bias, rest) = rest.split_at_mut(self.hidden);
        let (second_part, second_bias) = rest.split_at_mut(self.outputs * self.hidden);
        for (index, pull) in pulls.iter_rows().enumerate() {
            let mut back = vec![0.0; self.hidden];
            for (output, &slope) in pull.iter().enumerate() {
                let unit = output * self.hidden..(output + 1) * self.hidden;
                add_scaled(&mut second_part[unit.clone()], slope, hidden.row(index));
                add_scaled(&mut back, slope, &second[unit]);
                second_bias[output] += slope;
            }
            for (unit, (slope, value)) in back.iter().zip(hidden.row(index)).enumerate() {
                if *value > 0.0 {
                    let weights = &mut first_part[unit * self.inputs..(unit + 1) * self.inputs];
                    add_scaled(weights, *slope, rows.row(index));
                    first_bias[unit] += slope;
                }
            }
        }
        (loss, gradient)
    }
}

/// `sum w w k(z, z) - 2 sum w v k(z, t)` of the mapped points `z`, and its gradient by them.
fn discrepancy(points: &Matrix, shares: &[f64], target: &Target<'_>) -> (f64, Matrix) {
    let mut pulls = Matrix::zeros(points.rows(), points.columns());
    let mut loss = 0.0;
    for (index, point) in points.iter_rows().enumerate() {
        let pull = pulls.row_mut(index);
        for (others, weights, sign) in [(points, shares, 1.0), (target.points, target.shares, -1.0)] {
            for (other, weight) in others.iter_rows().zip(weights) {
                let distance: f64 = point.iter().zip(other).map(|(a, b)| (a - b) * (a - b)).sum();
                let term = sign * shares[index] * weight * (-target.gamma * distance).exp();
                // Each pair of mapped points occurs twice, and the target's sum is doubled.
                loss += if sign > 0.0 { term } else { 2.0 * term };
                let slope = -4.0 * target.gamma * term;
                for ((pull, a), b) in pull.iter_mut().zip(point).zip(other) {
                    *pull += slope * (a - b);
                }
            }
        }
    }
    (loss, pulls)
}

fn scaled(rows: &Matrix, means: &[f64], factors: &[f64]) -> Matrix {
    let mut out = rows.clone();
    for index in 0..out.rows() {
        for ((value, mean), factor) in out.row_mut(index).iter_mut().zip(means).zip(factors) {
            *value = (*value - mean) * factor;
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_gradient_is_that_of_the_loss() {
        let mut stream = Stream::new(3);
        let mut matrix = |rows: usize, columns: usize| {
            Matrix::new(rows, columns, (0..rows * columns).map(|_| stream.normal()).collect()).unwrap()
        };
        let (rows, points) = (matrix(5, 3), matrix(4, 2));
        let target = Target { points: &points, shares: &[0.1, 0.2, 0.3, 0.4], gamma: 0.3 };
        let own = [0.3, 0.1, 0.2, 0.2, 0.2];
        let network = Network::start(3, 6, 2, 1);
        let (_, gradient) = network.loss(&rows, &own, &target);
        for (place, analytic) in gradient.iter().enumerate() {
            let at = |step: f64| {
                let mut moved = network.clone();
                moved.values[place] += step;
                moved.loss(&rows, &own, &target).0
            };
            let slope = (at(1e-5) - at(-1e-5)) / 2e-5;
            assert!((slope - analytic).abs() < 1e-8, "{place}: {slope} {analytic}");
        }
    }
}
