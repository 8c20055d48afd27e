//! What fine-tuning on data changes in a language model: a specification of texts for models that generate.
//!
//! The vector is the change of a base model's parameters by a short training on the data. Two of them point in about
//! the same direction where the data teach about the same (arXiv 2505.13425; by the neural tangent kernel the change
//! is a mean embedding of texts with their continuations). They compare only for one base model trained in one way.
//!
//! The reference keeps every number: some hundred thousand for its base of half a billion parameters. Here a vector of
//! more than [`NUMBERS_KEPT`] numbers becomes a sketch of that many, which keeps cosines to about one hundredth
//! (`docs/adr/0042-parameter-vectors.md`); what is kept has length one, with the length beside it.

mod sketch;

pub use sketch::{NUMBERS_KEPT, Sketch};

use super::Rkme;
use crate::embedder::EmbedderId;
use crate::error::{EngineError, Result};
use crate::numeric::Matrix;

/// Kernel width of the point that stands for a vector; nothing uses it.
const GAMMA: f64 = 0.1;
/// A length this near to one counts as one: single precision is off by less.
const NORMAL_SLACK: f64 = 1e-6;

/// Name of the base that the reference's files do not name.
pub const REFERENCE_BASE: &str = "Qwen2.5-0.5B as the reference trains it";

/// Learns from texts, for as long as it takes to see in which direction.
pub trait LanguageBase: Send + Sync {
    /// Which model it is and how it is trained; the same for its whole life. Its dimension is the number of parameters
    /// that change.
    fn id(&self) -> EmbedderId;

    /// What the texts change together. `progress` is told how many were learned from. The same for any number of
    /// threads.
    ///
    /// # Errors
    ///
    /// When no text has a second token to learn, and when the model does not take a text.
    fn change(&self, texts: &[String], progress: &dyn Fn(usize)) -> Result<ParameterVector>;
}

/// The change of a base model by training on some texts.
#[derive(Debug, Clone, PartialEq)]
pub struct ParameterVector {
    direction: Rkme,
    base: EmbedderId,
    length: f64,
}

impl ParameterVector {
    /// The vector with these numbers, all of them in their order. `base` tells which model was trained and how; its
    /// dimension is the number of parameters. `texts` is how many texts were learned from, 0 when unknown.
    ///
    /// # Errors
    /// When there are not as many numbers as the base has, one is not finite, or all are zero.
    pub fn new(numbers: impl IntoIterator<Item = f64>, base: EmbedderId, texts: usize) -> Result<Self> {
        let mut sketch = Sketch::new(base.dimension);
        for (place, number) in numbers.into_iter().enumerate() {
            if !number.is_finite() {
                return Err(bad(format!("number {place} is not finite")));
            }
            sketch.add(place, number);
        }
        Self::of_sketch(sketch, base, texts)
    }

    /// The vector of a sketch that has seen all its numbers; errors as [`ParameterVector::new`].
    pub fn of_sketch(sketch: Sketch, base: EmbedderId, texts: usize) -> Result<Self> {
        if sketch.seen() != base.dimension {
            return Err(bad(format!(
                "it has {} numbers, its base has {} parameters",
                sketch.seen(),
                base.dimension
            )));
        }
        let length = sketch.length();
        Self::from_direction(sketch.into_kept(), base, length, texts)
    }

    /// The vector of numbers that were kept before, of any length but zero, with the length of the whole vector.
    ///
    /// # Errors
    /// When there are not as many as are kept for the base, one is not finite, or all are zero.
    pub fn from_direction(mut kept: Vec<f64>, base: EmbedderId, length: f64, texts: usize) -> Result<Self> {
        let wanted = kept_count(base.dimension);
        if kept.len() != wanted || wanted == 0 {
            return Err(bad(format!("{} numbers are kept, {wanted} are for its base", kept.len())));
        }
        if let Some(place) = kept.iter().position(|number| !number.is_finite()) {
            return Err(bad(format!("number {place} is not finite")));
        }
        // Divided by the largest first, so that no square overflows.
        let largest = kept.iter().fold(0.0, |largest: f64, number| largest.max(number.abs()));
        if largest == 0.0 || !(length.is_finite() && length > 0.0) {
            return Err(bad("nothing was learned: the change is zero or not finite".into()));
        }
        let norm = largest * kept.iter().map(|number| (number / largest).powi(2)).sum::<f64>().sqrt();
        // Rounded to what a file keeps, and left alone where that was done, so that a vector read again is the same.
        let scale = if (norm - 1.0).abs() < NORMAL_SLACK { 1.0 } else { norm };
        for number in &mut kept {
            *number = f64::from((*number / scale) as f32);
        }
        let direction = Rkme::new(Matrix::new(1, wanted, kept)?, vec![1.0], GAMMA, texts)?;
        Ok(Self { direction, base, length })
    }

    /// The direction as a single point of length one, for kernels.
    pub fn direction(&self) -> &Rkme {
        &self.direction
    }

    /// Which model was trained, and how.
    pub fn base(&self) -> &EmbedderId {
        &self.base
    }

    /// Euclidean length of the change.
    pub fn length(&self) -> f64 {
        self.length
    }

    /// Whether what is kept is a sketch.
    pub fn is_sketch(&self) -> bool {
        self.base.dimension > NUMBERS_KEPT
    }
}

/// How many numbers are kept of a vector of `count`.
pub fn kept_count(count: usize) -> usize {
    count.min(NUMBERS_KEPT)
}

/// The base of a file that names none: the reference's, for that many parameters.
pub fn reference_base(parameters: usize) -> EmbedderId {
    EmbedderId { name: REFERENCE_BASE.into(), digest: String::new(), dimension: parameters }
}

fn bad(reason: String) -> EngineError {
    EngineError::Format { format: "parameter vector", reason }
}

#[cfg(test)]
mod tests;
