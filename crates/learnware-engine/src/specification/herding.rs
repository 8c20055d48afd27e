//! Points drawn from a specification so that they follow its distribution.

use super::{IslandKernel, Rkme};
use crate::error::{EngineError, Result};
use crate::numeric::Matrix;
use crate::numeric::kernel;
use crate::numeric::random::Stream;

/// Candidates for each point wanted, as in the reference.
const CANDIDATES: usize = 100;
/// Spread of the candidates around the points in the kernel's coordinates. In the reference's kernel
/// (gamma 0.1) this is its 0.25 in raw units.
const SPREAD: f64 = 0.25 * 0.316_227_766_016_837_94;

impl Rkme {
    /// `count` points that follow the specification under `kernel` (kernel herding, Chen, Welling and Smola
    /// 2010): each next one maximises `t Phi(x) - sum_s k(x_s, x)` over seeded candidates. Cost is
    /// `count * 100 count` kernels: the running sum makes it quadratic where the reference is cubic.
    pub fn herding(&self, count: usize, kernel: &IslandKernel, seed: u64) -> Result<Matrix> {
        let positive: Vec<f64> = self.weights().iter().map(|weight| weight.max(0.0)).collect();
        if positive.iter().sum::<f64>() <= 0.0 {
            return Err(EngineError::Parameter {
                name: "weights",
                wanted: "with at least one positive value",
                found: "none".into(),
            });
        }
        let mut stream = Stream::new(seed);
        let mut candidates = Matrix::zeros(CANDIDATES * count, self.dimension());
        for row in 0..candidates.rows() {
            let origin = self.points().row(stream.weighted(&positive));
            for (axis, value) in candidates.row_mut(row).iter_mut().enumerate() {
                let multiplier = kernel.multipliers[axis];
                let noise = if multiplier > 0.0 { SPREAD / multiplier * stream.normal() } else { 0.0 };
                *value = origin[axis] + noise;
            }
        }
        let scaled = kernel.prepare::<f32>(&candidates);
        let density = kernel::row_sums(&scaled, &kernel.prepare(self.points()), self.weights(), kernel.shape);
        let mut taken = vec![0.0; candidates.rows()];
        let mut chosen = Vec::with_capacity(count);
        for step in 1..=count {
            let gain = |i: usize| step as f64 * density[i] - taken[i];
            let best = (0..candidates.rows()).max_by(|&a, &b| gain(a).total_cmp(&gain(b)).then(b.cmp(&a)));
            let best = best.unwrap_or(0);
            chosen.push(best);
            let point = kernel.prepare::<f32>(&candidates.select_rows(&[best]));
            let near = kernel::row_sums(&scaled, &point, &[1.0], kernel.shape);
            taken.iter_mut().zip(near).for_each(|(sum, value)| *sum += value);
        }
        Ok(candidates.select_rows(&chosen))
    }
}
