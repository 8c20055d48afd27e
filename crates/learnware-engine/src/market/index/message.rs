//! What a user sends for a search by anchors: `[T mu; rho]`, some hundred numbers, and nothing else of the data.

use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::Anchors;
use super::basis::Projection;
use crate::error::{EngineError, Result};
use crate::specification::{IslandKey, PrivacyBudget};

/// Rows that are measured without noise at most, a sample where there are more: the squared norm takes the square of
/// their number. The sample's mean is within 1/128 of that of all rows.
pub const MESSAGE_ROWS_MAX: usize = 16_384;

/// A measurement of data by an island's [`Anchors`].
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Message {
    /// The island.
    pub island: IslandKey,
    /// Digest of the anchors.
    pub anchors: String,
    /// `T mu`, one number for each direction.
    pub coordinates: Vec<f64>,
    /// `rho = sqrt(|mu|^2 - |T mu|^2)`; not sent with noise.
    pub residual: Option<f64>,
    /// How far rounding may have moved the vector.
    pub error: f64,
    /// The noise that was added.
    pub noise: Option<Noise>,
}

/// Noise on a message, and what it promises.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Noise {
    /// How much one row may change the odds of any message: `exp(epsilon)` times.
    pub epsilon: f64,
    /// Chance that this fails.
    pub delta: f64,
    /// Standard deviation of the noise on each coordinate.
    pub deviation: f64,
}

impl Message {
    /// Reads a message.
    pub fn from_json(value: &Value) -> Result<Self> {
        let message: Self = serde_json::from_value(value.clone()).map_err(|error| bad(error.to_string()))?;
        message.require_sound().map(|()| message)
    }

    /// Numbers about the data.
    pub fn number_count(&self) -> usize {
        self.coordinates.len() + usize::from(self.residual.is_some())
    }

    /// Whether the numbers are possible ones.
    pub(super) fn require_sound(&self) -> Result<()> {
        if let Some(place) = self.coordinates.iter().position(|value| !value.is_finite()) {
            return Err(bad(format!("coordinate {place} is not finite")));
        }
        if self.residual.is_some_and(|value| !(value.is_finite() && value >= 0.0)) {
            return Err(bad("the residual is not a number from 0 on".into()));
        }
        if !(self.error.is_finite() && self.error >= 0.0) {
            return Err(bad("its error is not bounded: the weights of the data are no distribution".into()));
        }
        match &self.noise {
            None if self.residual.is_none() => Err(bad("it has neither residual nor noise".into())),
            None => Ok(()),
            Some(noise) => {
                PrivacyBudget::new(noise.epsilon, noise.delta)?;
                let is_sound = noise.deviation.is_finite() && noise.deviation >= 0.0;
                if is_sound { Ok(()) } else { Err(bad("its noise has no width".into())) }
            }
        }
    }

    /// The vector, for a dock that has these anchors. Where noise kept the residual back, it is taken as the island's
    /// members have theirs.
    pub(super) fn projection(&self, anchors: &Anchors) -> Result<Projection> {
        self.require_sound()?;
        if self.island != *anchors.island() || self.anchors != anchors.digest() {
            return Err(bad(format!(
                "it was measured by other anchors ({}) than the island has now ({}): get the anchors again and \
                 measure again",
                self.anchors,
                anchors.digest()
            )));
        }
        if self.coordinates.len() != anchors.directions() {
            return Err(bad(format!(
                "it has {} coordinates, and its anchors have {} directions",
                self.coordinates.len(),
                anchors.directions()
            )));
        }
        let mut vector = self.coordinates.clone();
        vector.push(self.residual.unwrap_or_else(|| self.usual_residual(anchors)));
        Ok(Projection { vector, error: self.error })
    }

    fn usual_residual(&self, anchors: &Anchors) -> f64 {
        let measured: f64 = self.coordinates.iter().map(|value| value * value).sum();
        let noise = self.noise.map_or(0.0, |noise| noise.deviation * noise.deviation);
        let square = (measured - noise * self.coordinates.len() as f64).clamp(0.0, 1.0);
        let share = anchors.basis().residual_share().clamp(0.0, 0.99);
        (square * share / (1.0 - share)).sqrt().min(1.0)
    }
}

fn bad(reason: String) -> EngineError {
    EngineError::Format { format: "message", reason }
}
