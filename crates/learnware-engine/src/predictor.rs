//! The trait behind which models run, and what goes in and comes out.
//!
//! The engine never runs a model itself: runners outside implement [`Predictor`].

pub use crate::error::PredictError;
use crate::numeric::Matrix;

/// What a model is asked to predict on.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub enum Batch {
    /// Rows of a table; finite unless the learnware declares that it takes missing values.
    Table(Matrix),
    /// One text per example.
    Text(Vec<String>),
    /// Flattened examples of one shape (channels, height, width for images).
    Tensor {
        /// Shape of one example.
        shape: Vec<usize>,
        /// Examples x product of `shape`.
        values: Matrix,
    },
}

impl Batch {
    /// Number of examples.
    pub fn len(&self) -> usize {
        match self {
            Self::Table(rows) => rows.rows(),
            Self::Text(texts) => texts.len(),
            Self::Tensor { values, .. } => values.rows(),
        }
    }

    /// Whether there is no example.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The examples with the given indices, in that order.
    #[must_use]
    pub fn select(&self, indices: &[usize]) -> Self {
        match self {
            Self::Table(rows) => Self::Table(rows.select_rows(indices)),
            Self::Text(texts) => Self::Text(indices.iter().map(|&index| texts[index].clone()).collect()),
            Self::Tensor { shape, values } => {
                Self::Tensor { shape: shape.clone(), values: values.select_rows(indices) }
            }
        }
    }
}

/// What a model answered: examples x outputs. A model that answers one number per example
/// (a label or a quantity) has one column; class scores have one column per class.
#[derive(Debug, Clone, PartialEq)]
pub struct Predictions {
    /// Examples x outputs.
    pub values: Matrix,
}

/// A model that can be asked for predictions. One call at a time; the model stays loaded between calls.
pub trait Predictor: Send {
    /// Shape of one example as the model declares it; `None` when it does not say.
    fn input_shape(&self) -> Option<Vec<usize>>;

    /// Shape of one answer as the model declares it; `None` when it does not say.
    fn output_shape(&self) -> Option<Vec<usize>>;

    /// Predicts for every example of `batch`. Implementations guarantee one row per example; they do
    /// not judge the values (the model checker does).
    fn predict(&mut self, batch: &Batch) -> Result<Predictions, PredictError>;

    /// Goes on training with labelled examples (`labels`: one quantity for each, or classes from 0); it answers as the
    /// trained model from then on.
    ///
    /// # Errors
    /// [`PredictError::NotTrainable`] where the model can't.
    fn finetune(&mut self, batch: &Batch, labels: &[f64]) -> Result<(), PredictError> {
        let _ = (batch, labels);
        let reason = "only Python models whose class has a method `finetune(X, y)` can".to_owned();
        Err(PredictError::NotTrainable { reason })
    }

    /// Answers each text by a text, for models that generate. Implementations guarantee one answer per text.
    ///
    /// # Errors
    /// As [`Predictor::predict`]; [`PredictError::BadInput`] for models that answer numbers.
    fn generate(&mut self, _texts: &[String]) -> Result<Vec<String>, PredictError> {
        Err(PredictError::BadInput { reason: "the model answers numbers, not texts".into() })
    }
}
