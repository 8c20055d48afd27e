//! From found learnwares to predictions.
//!
//! Models run once: a [`Team`] asks all its members about a batch and keeps their answers with it as
//! [`Examples`]. Every method is a [`Reuser`] over examples, so that comparing methods runs no model twice.
//! Which method to take is decided by [`automatic`]. Nothing here starts a model or knows a market.
//!
//! * [`align`]: learnwares of other columns made to take the user's.
//! * [`averaging`]: mean and votes, equal or weighted by the mixture.
//! * [`job_selector`]: each row to the learnware whose specification covers it.
//! * [`ensemble_pruning`]: the subset that does best on labelled rows.
//! * [`evidence`]: how well outputs of another meaning explain labels.
//! * [`feature_augment`]: a linear model on the rows and the members' answers.
//! * [`finetune`]: a learnware that goes on training with labelled rows.
//! * [`guarded`]: the job selector with a fallback for rows that nobody covers.
//! * [`held_out`]: the loss of one learnware on labelled rows.
//! * [`labels`]: learnwares of other classes and scales.
//! * [`own_model`]: a model of the labelled rows alone, the rival of all reuse.
//! * [`stacking`]: weights of the members learned from labels.
//!
//! Models are never merged into one. Where all are data of one architecture, an average of their numbers would be a
//! model again only for linear ones, and there it is the average of their answers; boosted trees put side by side with
//! leaves divided by their number are that average, too.

pub mod align;
pub mod automatic;
pub mod averaging;
pub mod ensemble_pruning;
pub mod evidence;
pub mod feature_augment;
pub mod finetune;
pub mod guarded;
pub mod held_out;
pub mod job_selector;
pub mod labels;
pub mod own_model;
pub mod stacking;
mod team;

pub use automatic::{Automatic, AutomaticParameters, Choice, Family, Method};
pub use averaging::{Averaging, AveragingMode, TopOne};
pub use ensemble_pruning::{EnsemblePruning, PruningMethod};
pub use feature_augment::{AugmentInput, FeatureAugment};
pub use guarded::GuardedSelector;
pub use job_selector::{JobSelector, Routing};
pub use own_model::{OwnLearner, OwnModel};
pub use stacking::ConvexStacking;
pub use team::{Examples, Member, MemberPredictions, Team};

use serde::{Deserialize, Serialize};

use crate::error::{EngineError, Result};
use crate::numeric::Matrix;
use crate::predictor::Predictions;

/// What is to be predicted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Task {
    /// A quantity.
    Regression,
    /// A class; labels are `0..classes`.
    Classification {
        /// Number of classes, at least 2.
        classes: usize,
    },
}

/// What the class scores of a member are.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ScoresAre {
    /// Probabilities (any non-negative scores): divided by their sum.
    #[default]
    Probabilities,
    /// Log-odds: turned into probabilities by softmax. The reference does this to everything, so this is
    /// also the compatible choice for probabilities.
    Logits,
}

/// Turns examples into predictions. `fit` comes before `predict` where `needs_labels` says so.
///
/// Contract (checked for all by `tests/it/reuser_contract.rs`): one row for each example, whose prediction
/// does not depend on the other rows of the batch; same seed, same bytes.
pub trait Reuser: Send {
    /// Whether `predict` works only after `fit`.
    fn needs_labels(&self) -> bool {
        false
    }

    /// Learns from labelled examples; methods that need no labels learn nothing.
    fn fit(&mut self, examples: &Examples, labels: &[f64]) -> Result<()> {
        let _ = (examples, labels);
        Ok(())
    }

    /// Quantities (examples x 1, or x outputs for averages), class probabilities (examples x classes), or
    /// labels (examples x 1) for votes by label.
    fn predict(&self, examples: &Examples) -> Result<Predictions>;
}

/// The predicted labels: the likeliest class, the lowest among equals; quantities as they are.
pub fn labels_of(predictions: &Predictions, task: Task) -> Vec<f64> {
    let values = &predictions.values;
    match task {
        Task::Classification { .. } if values.columns() > 1 => {
            values.iter_rows().map(|row| first_largest(row) as f64).collect()
        }
        Task::Regression | Task::Classification { .. } => values.column(0),
    }
}

/// Index of the largest value, the first among equals.
pub(crate) fn first_largest(values: &[f64]) -> usize {
    let mut best = 0;
    for (index, value) in values.iter().enumerate() {
        if *value > values[best] {
            best = index;
        }
    }
    best
}

/// Refuses labels that are not one finite number for each example, or not a class of the task.
pub(crate) fn require_labels(examples: &Examples, labels: &[f64]) -> Result<()> {
    if labels.len() != examples.len() {
        return Err(EngineError::Shape {
            what: "number of labels",
            expected: examples.len().to_string(),
            found: labels.len().to_string(),
        });
    }
    if labels.is_empty() {
        return Err(EngineError::Empty { what: "the labels" });
    }
    let (wanted, fits): (_, Box<dyn Fn(f64) -> bool>) = match examples.task() {
        Task::Regression => ("finite numbers", Box::new(f64::is_finite)),
        Task::Classification { classes } => (
            "class numbers from 0, below the number of classes",
            Box::new(move |label| label >= 0.0 && label < classes as f64 && label.fract() == 0.0),
        ),
    };
    match labels.iter().find(|&&label| !fits(label)) {
        None => Ok(()),
        Some(label) => Err(EngineError::Parameter { name: "labels", wanted, found: label.to_string() }),
    }
}

/// Class labels as indices; they must have passed [`require_labels`].
pub(crate) fn classes_of(labels: &[f64]) -> Vec<usize> {
    labels.iter().map(|&label| label as usize).collect()
}

/// The error of a method that was not fitted.
pub(crate) fn not_fitted() -> EngineError {
    EngineError::Parameter { name: "labels", wanted: "given to `fit` before `predict`", found: "none".into() }
}

/// The number of output columns every member agrees on; refuses several outputs where one is needed.
pub(crate) fn require_one_output(values: &Matrix, learnware: &str) -> Result<()> {
    if values.columns() == 1 {
        return Ok(());
    }
    Err(EngineError::Shape {
        what: "number of outputs of a learnware for learning from labels",
        expected: "1".into(),
        found: format!("{} ({learnware})", values.columns()),
    })
}
