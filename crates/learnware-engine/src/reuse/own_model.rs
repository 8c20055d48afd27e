//! A model of the user's labelled rows alone: what reuse has to beat.

use serde::{Deserialize, Serialize};

use super::{Examples, Reuser, Task, classes_of, not_fitted, require_labels};
use crate::error::{EngineError, Result};
use crate::numeric::Matrix;
use crate::numeric::boosting::{Boosting, BoostingParameters, Objective};
use crate::numeric::linear::{ALPHAS, Logistic, PENALTIES, Ridge, Standardiser};
use crate::predictor::Predictions;

/// What learns from the labelled rows.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum OwnLearner {
    /// The mean, or the classes' shares.
    Constant,
    /// Ridge or multinomial logistic regression on standardised columns.
    Linear,
    /// Boosted trees.
    Trees,
}

/// Learns from labelled rows; does not look at the members.
#[derive(Debug, Clone)]
pub struct OwnModel {
    learner: OwnLearner,
    seed: u64,
    fitted: Option<Fitted>,
}

#[derive(Debug, Clone)]
enum Fitted {
    Constant(Vec<f64>),
    Ridge(Standardiser, Ridge),
    Logistic(Standardiser, Logistic),
    Trees(Boosting),
}

impl OwnModel {
    /// A model still to be fitted; the seed parts rows for the choice of penalties.
    pub fn new(learner: OwnLearner, seed: u64) -> Self {
        Self { learner, seed, fitted: None }
    }
}

impl Reuser for OwnModel {
    fn needs_labels(&self) -> bool {
        true
    }

    fn fit(&mut self, examples: &Examples, labels: &[f64]) -> Result<()> {
        require_labels(examples, labels)?;
        self.fitted = Some(match self.learner {
            OwnLearner::Constant => Fitted::Constant(constant(labels, examples.task())),
            OwnLearner::Linear => {
                let rows = require_features(examples)?;
                rows.require_finite()?;
                let standardiser = Standardiser::new(rows);
                let rows = standardiser.apply(rows);
                match examples.task() {
                    Task::Regression => {
                        Fitted::Ridge(standardiser, Ridge::fit_within(&rows, labels, None, &ALPHAS))
                    }
                    Task::Classification { classes } => {
                        let labels = classes_of(labels);
                        let fit = Logistic::fit_best(&rows, &labels, classes, &PENALTIES, None, self.seed);
                        Fitted::Logistic(standardiser, fit)
                    }
                }
            }
            OwnLearner::Trees => {
                let objective = match examples.task() {
                    Task::Regression => Objective::Squared,
                    Task::Classification { classes } => Objective::classes(classes),
                };
                let parameters = BoostingParameters::for_rows(labels.len());
                Fitted::Trees(Boosting::fit(require_features(examples)?, labels, objective, &parameters))
            }
        });
        Ok(())
    }

    fn predict(&self, examples: &Examples) -> Result<Predictions> {
        let values = match self.fitted.as_ref().ok_or_else(not_fitted)? {
            Fitted::Constant(row) => {
                let rows = vec![row.as_slice(); examples.len()];
                Matrix::new(examples.len(), row.len(), rows.concat())?
            }
            Fitted::Ridge(standardiser, ridge) => {
                let values = ridge.predict(&standardiser.apply(require_features(examples)?));
                Matrix::new(values.len(), 1, values)?
            }
            Fitted::Logistic(standardiser, logistic) => {
                logistic.predict(&standardiser.apply(require_features(examples)?), None)
            }
            Fitted::Trees(trees) => trees.predict(require_features(examples)?),
        };
        Ok(Predictions { values })
    }
}

/// The examples as numbers, or the error of a method that needs numbers.
pub(super) fn require_features(examples: &Examples) -> Result<&Matrix> {
    examples.features().ok_or(EngineError::Parameter {
        name: "batch",
        wanted: "numbers for this reuse method",
        found: "texts".into(),
    })
}

fn constant(labels: &[f64], task: Task) -> Vec<f64> {
    let count = labels.len() as f64;
    match task {
        Task::Regression => vec![labels.iter().sum::<f64>() / count],
        Task::Classification { classes } => {
            // One label is added, spread over all classes (Laplace).
            let share = |class: usize| {
                let own = labels.iter().filter(|&&label| label == class as f64).count() as f64;
                (own + 1.0 / classes as f64) / (count + 1.0)
            };
            (0..classes).map(share).collect()
        }
    }
}
