//! A linear model on the rows and the members' answers.
//!
//! Regression: ridge with exact leave-one-out choice of its strength. Classification: multinomial logistic
//! regression with cross-validated penalty; unlike the reference it works when a class has one row or none.
//! [`AugmentInput::Correction`] learns only what the mixture's average still gets wrong, so that few labels
//! leave the average standing.

use serde::{Deserialize, Serialize};

use super::own_model::require_features;
use super::{Examples, Reuser, Task, classes_of, not_fitted, require_labels, require_one_output};
use crate::error::Result;
use crate::numeric::Matrix;
use crate::numeric::linear::{ALPHAS, Logistic, PENALTIES, Ridge, Standardiser};
use crate::predictor::Predictions;

/// Least probability of which a logarithm is taken.
const PROBABILITY_MIN: f64 = 1e-3;
/// Strengths beyond [`ALPHAS`] for corrections, which may vanish.
const CORRECTION_ALPHAS: [f64; 3] = [300.0, 1e3, 1e4];

/// What the linear model sees.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum AugmentInput {
    /// Standardised columns and answers: the reference's feature augment.
    RowsAndAnswers,
    /// Answers alone: stacking. Works for texts too.
    Answers,
    /// Columns and the mixture's average. Fewer numbers to learn than with all answers, and on few labels better.
    RowsAndAverage,
    /// Columns and answers, added to the mixture's average.
    Correction,
}

/// Learns from labelled rows how to use the members' answers.
#[derive(Debug, Clone)]
pub struct FeatureAugment {
    input: AugmentInput,
    seed: u64,
    fitted: Option<(Standardiser, Fitted)>,
}

#[derive(Debug, Clone)]
enum Fitted {
    Ridge(Ridge),
    Logistic(Logistic),
}

impl FeatureAugment {
    /// A model still to be fitted; the seed parts rows for the choice of the penalty.
    pub fn new(input: AugmentInput, seed: u64) -> Self {
        Self { input, seed, fitted: None }
    }

    /// Columns and answers side by side.
    fn augmented(&self, examples: &Examples) -> Result<Matrix> {
        let answers = examples.answers();
        let features = match self.input {
            AugmentInput::Answers => None,
            AugmentInput::RowsAndAnswers | AugmentInput::RowsAndAverage | AugmentInput::Correction => {
                let rows = require_features(examples)?;
                rows.require_finite()?;
                Some(rows)
            }
        };
        let average = match self.input {
            AugmentInput::RowsAndAverage => Some([answers.combine(answers.weights())]),
            AugmentInput::RowsAndAnswers | AugmentInput::Answers | AugmentInput::Correction => None,
        };
        let answers = average.as_ref().map_or(answers.values(), |average| average.as_slice());
        let outputs: usize = answers.iter().map(Matrix::columns).sum();
        let width = features.map_or(0, Matrix::columns) + outputs;
        let mut data = Vec::with_capacity(examples.len() * width);
        for row in 0..examples.len() {
            data.extend_from_slice(features.map_or(&[], |features| features.row(row)));
            for answer in answers {
                data.extend_from_slice(answer.row(row));
            }
        }
        Matrix::new(examples.len(), width, data)
    }

    /// What is corrected: the mixture's average, for classes its logarithm.
    fn base(&self, examples: &Examples) -> Option<Matrix> {
        if self.input != AugmentInput::Correction {
            return None;
        }
        let mut base = examples.answers().combine(examples.answers().weights());
        if let Task::Classification { .. } = examples.task() {
            base.as_mut_slice().iter_mut().for_each(|p| *p = p.max(PROBABILITY_MIN).ln());
        }
        Some(base)
    }
}

impl Reuser for FeatureAugment {
    fn needs_labels(&self) -> bool {
        true
    }

    fn fit(&mut self, examples: &Examples, labels: &[f64]) -> Result<()> {
        require_labels(examples, labels)?;
        let rows = self.augmented(examples)?;
        let standardiser = Standardiser::new(&rows);
        let rows = standardiser.apply(&rows);
        let base = self.base(examples);
        let fitted = match examples.task() {
            Task::Regression => {
                require_one_output(&examples.answers().values()[0], &examples.answers().ids()[0].0)?;
                let mut alphas = ALPHAS.to_vec();
                let base = base.as_ref().map(Matrix::as_slice);
                if base.is_some() {
                    alphas.extend(CORRECTION_ALPHAS);
                }
                Fitted::Ridge(Ridge::fit_within(&rows, labels, base, &alphas))
            }
            Task::Classification { classes } => {
                let labels = classes_of(labels);
                let offset = base.as_ref();
                Fitted::Logistic(Logistic::fit_best(&rows, &labels, classes, &PENALTIES, offset, self.seed))
            }
        };
        self.fitted = Some((standardiser, fitted));
        Ok(())
    }

    fn predict(&self, examples: &Examples) -> Result<Predictions> {
        let (standardiser, fitted) = self.fitted.as_ref().ok_or_else(not_fitted)?;
        let rows = standardiser.apply(&self.augmented(examples)?);
        let base = self.base(examples);
        let values = match fitted {
            Fitted::Logistic(logistic) => logistic.predict(&rows, base.as_ref()),
            Fitted::Ridge(ridge) => {
                let values = match &base {
                    Some(base) => ridge.predict_from(base.as_slice(), &rows),
                    None => ridge.predict(&rows),
                };
                Matrix::new(values.len(), 1, values)?
            }
        };
        Ok(Predictions { values })
    }
}
