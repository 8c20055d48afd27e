//! Models that are data, not code, evaluated in this process by our own small evaluators.
//!
//! * [`onnx`]: the operators that exporters of tabular and small image models emit, and a small writer.
//! * `lightgbm`: LightGBM's text model.
//! * `xgboost`: XGBoost's JSON model.
//! * `classorder`: which class is which, where the file has numbers only.
//! * `merge`: several models of equal architecture as one.
//! * `facts`: what a model's file says of its inputs, task and classes.
//! * `sentence`: sentence transformers, which turn texts into points.
//! * `language`: language models, of which texts change the parameters. Both: `weights`, tensors by name and shape, and
//!   `linear`, matrix products.
//!
//! No library of the original frameworks is linked, and but for the folders of `sentence` and `language` no file is read:
//! everything is in the bytes given.
//! Sizes, indices and shapes are checked while loading, so a hostile file costs at most a constant factor
//! of its own size and is refused with a reason. What is deliberately not here: training, sequences, models
//! that take text themselves, recurrent networks, GPU.
//!
//! # Form of predictions
//!
//! * Regression: one column per target.
//! * Classification: one column of probability (or score, where the model has no probabilities) per
//!   class, in the model's own order of classes; two columns for two classes. A model that gives
//!   only labels answers one column of labels; text labels become their place in the model's list.
//!
//! Missing values are NaN and go through to the model, which decides about them as its library does.

mod classorder;
mod error;
mod facts;
mod forest;
#[cfg(feature = "sentence")]
pub mod language;
mod lightgbm;
#[cfg(feature = "sentence")]
mod linear;
mod merge;
pub mod onnx;
pub mod packaged;
#[cfg(feature = "sentence")]
pub mod sentence;
#[cfg(feature = "sentence")]
mod weights;
mod xgboost;

#[cfg(test)]
mod conformance;
#[cfg(test)]
mod tests;

use learnware_engine::Matrix;
use learnware_engine::learnware::ModelFormat;
use learnware_engine::predictor::{Batch, PredictError, Predictions, Predictor};

pub use classorder::ClassOrder;
pub use error::NativeError;
use facts::Told;
pub use facts::{ModelFacts, facts, format_of};
pub use merge::merge;

/// Largest model file. Larger tabular models are rare, and parsing needs a few times this in memory.
pub const MODEL_BYTES_MAX: usize = 128 << 20;

/// Most input columns of a model; a declared width alone never makes us allocate, a batch does.
pub const WIDTH_MAX: usize = 1 << 20;

/// Most outputs per example; keeps declared counts from deciding how much memory an answer takes.
pub const OUTPUTS_MAX: usize = 1 << 14;

/// Loads a data-only model from the bytes of its file.
///
/// # Errors
///
/// [`NativeError`] when the file is too large, malformed, or uses what is not evaluated here;
/// [`ModelFormat::Python`] is always refused, because it is code.
pub fn load(format: ModelFormat, bytes: &[u8]) -> Result<Box<dyn Predictor>, NativeError> {
    Ok(Box::new(NativePredictor { model: open(format, bytes)? }))
}

/// The same as a table model.
fn open(format: ModelFormat, bytes: &[u8]) -> Result<Box<dyn TableModel>, NativeError> {
    error::at_most(format.word(), "the file's size in bytes", bytes.len(), MODEL_BYTES_MAX)?;
    let model: Box<dyn TableModel> = match format {
        ModelFormat::Python => {
            return Err(NativeError::unsupported(
                "python",
                "code",
                "run it through a runner behind a fence, or export it to ONNX",
            ));
        }
        ModelFormat::Onnx => Box::new(onnx::OnnxModel::load(bytes)?),
        ModelFormat::LightGbm => Box::new(lightgbm::load(bytes)?),
        ModelFormat::XgBoost => Box::new(xgboost::load(bytes)?),
    };
    error::at_most(format.word(), "the number of input columns", model.width(), WIDTH_MAX)?;
    Ok(model)
}

/// A loaded model on rows of numbers.
pub(crate) trait TableModel: Send {
    /// Columns it reads.
    fn width(&self) -> usize;
    /// Shape of one example; its product is the number of columns.
    fn example(&self) -> Vec<usize> {
        vec![self.width()]
    }
    /// Columns it answers, if known.
    fn outputs(&self) -> Option<usize>;
    /// What its file says beyond that.
    fn told(&self) -> Told;
    /// Answers rows of the right width.
    fn evaluate(&self, rows: &Matrix) -> Result<Matrix, PredictError>;
}

/// Checks what goes in and comes out of a [`TableModel`].
struct NativePredictor {
    model: Box<dyn TableModel>,
}

impl Predictor for NativePredictor {
    fn input_shape(&self) -> Option<Vec<usize>> {
        Some(self.model.example())
    }

    fn output_shape(&self) -> Option<Vec<usize>> {
        self.model.outputs().map(|outputs| vec![outputs])
    }

    fn predict(&mut self, batch: &Batch) -> Result<Predictions, PredictError> {
        let rows = match batch {
            Batch::Table(rows) => rows,
            Batch::Tensor { values, shape } => {
                let wanted = self.model.example();
                if wanted.len() > 1 && *shape != wanted {
                    let reason = format!("the model takes examples of shape {wanted:?}, but gets {shape:?}");
                    return Err(PredictError::BadInput { reason });
                }
                values
            }
            _ => return Err(PredictError::BadInput { reason: "this model takes numbers, not text".into() }),
        };
        if rows.columns() != self.model.width() {
            return Err(PredictError::BadInput {
                reason: format!(
                    "the model takes {} columns, but the data has {}",
                    self.model.width(),
                    rows.columns()
                ),
            });
        }
        if rows.rows() == 0 {
            return Ok(Predictions { values: Matrix::zeros(0, self.model.outputs().unwrap_or(1)) });
        }
        let values = self.model.evaluate(rows)?;
        if values.rows() != rows.rows() {
            return Err(PredictError::BadAnswer {
                reason: format!("{} answers for {} rows", values.rows(), rows.rows()),
            });
        }
        Ok(Predictions { values })
    }
}

/// Makes a matrix from as many values as it takes.
pub(crate) fn matrix(rows: usize, columns: usize, values: Vec<f64>) -> Result<Matrix, PredictError> {
    Matrix::new(rows, columns, values).map_err(|error| PredictError::BadAnswer { reason: error.to_string() })
}

/// `1 / (1 + exp(-x))`.
pub(crate) fn logistic(x: f64) -> f64 {
    1.0 / (1.0 + (-x).exp())
}

/// Softmax of one row, in place.
pub(crate) fn softmax(row: &mut [f64]) {
    let largest = row.iter().copied().fold(f64::NEG_INFINITY, f64::max);
    let mut sum = 0.0;
    for value in row.iter_mut() {
        *value = (*value - largest).exp();
        sum += *value;
    }
    for value in row {
        *value /= sum;
    }
}

/// Place of the first largest value, as a number; 0 for an empty row.
pub(crate) fn argmax(row: &[f64]) -> f64 {
    let mut best = 0;
    for (place, value) in row.iter().enumerate() {
        if *value > row[best] {
            best = place;
        }
    }
    best as f64
}
