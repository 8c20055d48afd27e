//! A learnware's model behind an alignment: a predictor of the user's columns.

use super::{Alignment, correlations, moments, shares};
use crate::numeric::Matrix;
use crate::predictor::{Batch, PredictError, Predictions, Predictor};
use crate::reuse::Task;

/// A learnware that takes the user's columns.
pub struct Aligned {
    alignment: Alignment,
    inner: Box<dyn Predictor>,
    task: Task,
    /// The learnware's answers at its reduced points.
    answers: Option<Matrix>,
    agreement: Option<f64>,
}

impl Aligned {
    pub(super) fn new(
        alignment: Alignment,
        inner: Box<dyn Predictor>,
        task: Task,
    ) -> std::result::Result<Self, PredictError> {
        let mut aligned = Self { alignment, inner, task, answers: None, agreement: None };
        if aligned.alignment.local.is_some() {
            let points = Batch::Table(aligned.alignment.learnware.points().clone());
            let values = aligned.inner.predict(&points)?.values;
            if values.rows() != points.len() || values.require_finite().is_err() {
                return Err(PredictError::BadAnswer {
                    reason: "one finite answer for each of its specification's points is needed".into(),
                });
            }
            aligned.answers = Some(values);
            aligned.agreement = aligned.measured_agreement()?;
        }
        Ok(aligned)
    }

    /// Correlation of the model's answers to mapped rows with its local answers, over the user's reduced points: two
    /// readings of one learnware that share little but the matching. `None` where there are not two readings of
    /// quantities.
    pub fn agreement(&self) -> Option<f64> {
        self.agreement
    }

    fn measured_agreement(&mut self) -> std::result::Result<Option<f64>, PredictError> {
        let (Some(local), Some(answers)) = (&self.alignment.local, &self.answers) else { return Ok(None) };
        let points = self.alignment.user.points();
        let bad = |error: crate::EngineError| PredictError::BadInput { reason: error.to_string() };
        let Some(mapped) = self.alignment.rows(points).map_err(bad)? else { return Ok(None) };
        if answers.columns() != 1 || self.task != Task::Regression {
            return Ok(None);
        }
        let near = local.predict(points, answers);
        let mapped = self.inner.predict(&Batch::Table(mapped))?.values;
        if mapped.rows() != near.rows() || mapped.columns() != 1 || mapped.require_finite().is_err() {
            return Ok(None);
        }
        let both: Vec<[f64; 2]> =
            mapped.as_slice().iter().zip(near.as_slice()).map(|(a, b)| [*a, *b]).collect();
        let both = Matrix::from_rows(&both).map_err(bad)?;
        let shares = shares(&self.alignment.user);
        let (means, deviations) = moments(&both, &shares);
        Ok(Some(correlations(&both, &shares, (&means, &deviations), &[0], &[1]).at(0, 0).clamp(-1.0, 1.0)))
    }

    /// How it was aligned.
    pub fn alignment(&self) -> &Alignment {
        &self.alignment
    }
}

impl Predictor for Aligned {
    fn input_shape(&self) -> Option<Vec<usize>> {
        Some(vec![self.alignment.user.dimension()])
    }

    fn output_shape(&self) -> Option<Vec<usize>> {
        self.inner.output_shape()
    }

    fn predict(&mut self, batch: &Batch) -> std::result::Result<Predictions, PredictError> {
        let Batch::Table(rows) = batch else {
            return Err(PredictError::BadInput {
                reason: "an aligned learnware takes rows of a table".into(),
            });
        };
        let mapped = self
            .alignment
            .rows(rows)
            .map_err(|error| PredictError::BadInput { reason: error.to_string() })?;
        let mapped = match mapped {
            None => None,
            Some(mapped) => Some(self.inner.predict(&Batch::Table(mapped))?.values),
        };
        let local = match (&self.alignment.local, &self.answers) {
            (Some(local), Some(answers)) => {
                let labels = matches!(self.task, Task::Classification { .. }) && answers.columns() == 1;
                Some((local, answers, labels))
            }
            _ => None,
        };
        let values = match (mapped, local) {
            // Class labels have no mean; the model's own answer stands.
            (Some(mapped), None | Some((_, _, true))) => mapped,
            (Some(mut mapped), Some((local, answers, false))) => {
                let near = local.predict(rows, answers);
                if (near.rows(), near.columns()) != (mapped.rows(), mapped.columns()) {
                    return Err(PredictError::BadAnswer {
                        reason: format!(
                            "{} x {} numbers where it gave {} columns before",
                            mapped.rows(),
                            mapped.columns(),
                            near.columns()
                        ),
                    });
                }
                let pairs = mapped.as_mut_slice().iter_mut().zip(near.as_slice());
                pairs.for_each(|(mapped, near)| *mapped = 0.5 * (*mapped + near));
                mapped
            }
            (None, Some((local, answers, true))) => local.nearest(rows, answers),
            (None, Some((local, answers, false))) => local.predict(rows, answers),
            (None, None) => {
                return Err(PredictError::NotStarted {
                    reason: "the alignment has no map; fit it again".into(),
                });
            }
        };
        Ok(Predictions { values })
    }
}
