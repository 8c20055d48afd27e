//! The loss of one learnware on rows that a user labelled. It never saw them, so all of them are held out.

use serde::Serialize;

use super::{Examples, Task, labels_of, require_labels, require_one_output};
use crate::error::{EngineError, Result};
use crate::predictor::Predictions;

/// What a loss is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum LossKind {
    /// Share of wrong classes, 0 to 1.
    ErrorShare,
    /// Root mean squared error, in the unit of the labels.
    Rmse,
}

/// A loss on labelled rows, and what it has to be held against.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct HeldOut {
    /// Which loss.
    pub kind: LossKind,
    /// The loss; less is better.
    pub loss: f64,
    /// Its standard error over the rows.
    pub standard_error: f64,
    /// The same loss of always answering the most frequent class, or the mean, of these labels.
    pub guessing: f64,
}

impl HeldOut {
    /// The loss of the first learnware of `examples` on their labels: quantities, or classes from 0. Refuses labels
    /// that are not one for each example or no classes of the task, and several outputs where one is needed.
    pub fn of_first(examples: &Examples, labels: &[f64]) -> Result<Self> {
        require_labels(examples, labels)?;
        let (values, ids) = (examples.answers().values(), examples.answers().ids());
        let (Some(values), Some(id)) = (values.first(), ids.first()) else {
            return Err(EngineError::Empty { what: "the team of learnwares" });
        };
        let answers = labels_of(&Predictions { values: values.clone() }, examples.task());
        Ok(match examples.task() {
            Task::Classification { classes } => error_share(&answers, labels, classes),
            Task::Regression => {
                require_one_output(values, &id.0)?;
                rmse(&answers, labels)
            }
        })
    }

    /// The loss as a multiple of that of guessing; infinite where guessing makes no error.
    pub fn relative(&self) -> f64 {
        if self.guessing > 0.0 { self.loss / self.guessing } else { f64::INFINITY }
    }
}

fn error_share(answers: &[f64], labels: &[f64], classes: usize) -> HeldOut {
    let rows = labels.len() as f64;
    let wrong = answers.iter().zip(labels).filter(|(answer, label)| answer != label).count() as f64;
    let loss = wrong / rows;
    let frequent =
        (0..classes).map(|class| labels.iter().filter(|&&label| label == class as f64).count()).max();
    HeldOut {
        kind: LossKind::ErrorShare,
        loss,
        standard_error: (loss * (1.0 - loss) / rows).sqrt(),
        guessing: 1.0 - frequent.unwrap_or(0) as f64 / rows,
    }
}

fn rmse(answers: &[f64], labels: &[f64]) -> HeldOut {
    let squares: Vec<f64> =
        answers.iter().zip(labels).map(|(answer, label)| (answer - label).powi(2)).collect();
    let (mean, error) = mean_and_error(&squares);
    let (middle, _) = mean_and_error(labels);
    let around: Vec<f64> = labels.iter().map(|label| (label - middle).powi(2)).collect();
    let loss = mean.sqrt();
    HeldOut {
        kind: LossKind::Rmse,
        loss,
        // Delta rule: the error of a root.
        standard_error: if loss > 0.0 { error / (2.0 * loss) } else { 0.0 },
        guessing: mean_and_error(&around).0.sqrt(),
    }
}

/// The mean and its standard error.
fn mean_and_error(values: &[f64]) -> (f64, f64) {
    let count = values.len() as f64;
    let mean = values.iter().sum::<f64>() / count;
    let spread: f64 = values.iter().map(|value| (value - mean).powi(2)).sum();
    (mean, (spread / (count * (count - 1.0).max(1.0))).sqrt())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::learnware::LearnwareId;
    use crate::numeric::Matrix;
    use crate::predictor::Batch;
    use crate::reuse::{MemberPredictions, ScoresAre};

    fn examples(answers: Vec<f64>, columns: usize, task: Task) -> Examples {
        let rows = answers.len() / columns;
        let answers = Matrix::new(rows, columns, answers).unwrap();
        let ids = vec![LearnwareId("1".into())];
        let answers =
            MemberPredictions::new(ids, vec![1.0], vec![answers], task, ScoresAre::Probabilities).unwrap();
        Examples::new(Batch::Table(Matrix::zeros(rows, 1)), task, answers).unwrap()
    }

    #[test]
    fn wrong_classes_are_counted() {
        let examples =
            examples(vec![0.9, 0.1, 0.2, 0.8, 0.6, 0.4, 0.7, 0.3], 2, Task::Classification { classes: 2 });
        let held_out = HeldOut::of_first(&examples, &[0.0, 1.0, 1.0, 0.0]).unwrap();
        assert_eq!((held_out.kind, held_out.loss, held_out.guessing), (LossKind::ErrorShare, 0.25, 0.5));
        assert!((held_out.standard_error - (0.25_f64 * 0.75 / 4.0).sqrt()).abs() < 1e-12);
        assert_eq!(held_out.relative(), 0.5);
        assert!(HeldOut::of_first(&examples, &[0.0, 2.0, 1.0, 0.0]).is_err());
        assert!(HeldOut::of_first(&examples, &[0.0]).is_err());
    }

    #[test]
    fn quantities_have_their_root_mean_squared_error() {
        let wide = examples(vec![1.0, 2.0], 2, Task::Regression);
        assert!(HeldOut::of_first(&wide, &[1.0]).is_err());
        let examples = examples(vec![1.0, 2.0, 5.0], 1, Task::Regression);
        let held_out = HeldOut::of_first(&examples, &[1.0, 2.0, 3.0]).unwrap();
        assert!((held_out.loss - (4.0_f64 / 3.0).sqrt()).abs() < 1e-12, "{held_out:?}");
        assert!((held_out.guessing - (2.0_f64 / 3.0).sqrt()).abs() < 1e-12, "{held_out:?}");
        let same = HeldOut::of_first(&examples, &[2.0, 2.0, 2.0]).unwrap();
        assert_eq!((same.guessing, same.relative()), (0.0, f64::INFINITY));
    }
}
