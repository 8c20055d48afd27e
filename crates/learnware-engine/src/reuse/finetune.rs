//! A learnware that goes on training with a user's labelled rows, where its model can.
//!
//! Whether that helps is measured before it is believed: the model is started anew, trained with three quarters of the labelled
//! rows, and compared with the untrained one on the others. It is trained with all of them only where it lost less there.

use serde::Serialize;

use super::held_out::HeldOut;
use super::{Task, Team, classes_of};
use crate::error::{EngineError, Result};
use crate::numeric::folds;
use crate::numeric::random::Stream;
use crate::predictor::Batch;

/// Labelled rows that are needed at least: a quarter must say something.
pub const ROWS_MIN: usize = 8;
/// One part of so many is held out.
const PARTS: usize = 4;

/// What fine-tuning brought, on labelled rows that it did not see.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct FineTuning {
    /// Loss of the model as it came.
    pub before: HeldOut,
    /// Loss of the trained one.
    pub after: HeldOut,
    /// Rows on which both were compared.
    pub held_out: usize,
    /// Whether the trained one is used.
    pub is_kept: bool,
}

/// A team of one, fine-tuned with labelled examples where that was measured to be better; `start` starts it, two or three times.
/// Labels are quantities, or classes from 0.
///
/// # Errors
/// Fewer than [`ROWS_MIN`] labels, labels that are none of the task, a model that can't be trained, and what `start` gives.
pub fn fine_tuned<E: From<EngineError>>(
    start: &mut dyn FnMut() -> std::result::Result<Team, E>,
    labelled: &Batch,
    labels: &[f64],
    seed: u64,
) -> std::result::Result<(Team, FineTuning), E> {
    let mut tried = start()?;
    let (train, test) = parts(tried.task(), labelled, labels, seed)?;
    let pick = |rows: &[usize]| rows.iter().map(|&row| labels[row]).collect::<Vec<f64>>();
    let (known, unseen) = (pick(&train), pick(&test));
    let test = labelled.select(&test);
    let before = HeldOut::of_first(&tried.ask(&test)?, &unseen)?;
    tried.finetune(&labelled.select(&train), &known)?;
    let after = HeldOut::of_first(&tried.ask(&test)?, &unseen)?;
    let is_kept = after.loss < before.loss;
    let mut used = start()?;
    if is_kept {
        used.finetune(labelled, labels)?;
    }
    Ok((used, FineTuning { before, after, held_out: unseen.len(), is_kept }))
}

/// Rows to train with, and rows to compare on.
fn parts(task: Task, labelled: &Batch, labels: &[f64], seed: u64) -> Result<(Vec<usize>, Vec<usize>)> {
    if labels.len() != labelled.len() {
        return Err(EngineError::Shape {
            what: "number of labels",
            expected: labelled.len().to_string(),
            found: labels.len().to_string(),
        });
    }
    if labels.len() < ROWS_MIN {
        return Err(EngineError::Parameter {
            name: "labelled rows",
            wanted: "at least 8, of which a quarter tells whether training helped",
            found: labels.len().to_string(),
        });
    }
    let mut stream = Stream::new(seed);
    let fold_of = match task {
        Task::Classification { .. } => folds::stratified(&classes_of(labels), PARTS, &mut stream),
        Task::Regression => folds::plain(labels.len(), PARTS, &mut stream),
    };
    Ok(folds::split(&fold_of, 0))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::learnware::LearnwareId;
    use crate::numeric::Matrix;
    use crate::predictor::{PredictError, Predictions, Predictor};
    use crate::reuse::{Member, ScoresAre};

    /// Answers the first column plus an offset, which training learns well or badly.
    struct Offset {
        offset: f64,
        learns: Option<bool>,
    }

    impl Predictor for Offset {
        fn input_shape(&self) -> Option<Vec<usize>> {
            None
        }

        fn output_shape(&self) -> Option<Vec<usize>> {
            None
        }

        fn predict(&mut self, batch: &Batch) -> std::result::Result<Predictions, PredictError> {
            let Batch::Table(rows) = batch else { unreachable!("tables only") };
            let values = rows.column(0).into_iter().map(|value| value + self.offset).collect();
            Ok(Predictions { values: Matrix::new(rows.rows(), 1, values).unwrap() })
        }

        fn finetune(&mut self, batch: &Batch, labels: &[f64]) -> std::result::Result<(), PredictError> {
            let Some(learns) = self.learns else {
                return Err(PredictError::NotTrainable { reason: "no".into() });
            };
            let Batch::Table(rows) = batch else { unreachable!("tables only") };
            let gaps = rows.column(0).into_iter().zip(labels).map(|(value, label)| label - value);
            let mean = gaps.sum::<f64>() / labels.len() as f64;
            self.offset = if learns { mean } else { -100.0 };
            Ok(())
        }
    }

    fn tuned(learns: Option<bool>, count: usize) -> (usize, Result<(Team, FineTuning)>) {
        let rows = Matrix::new(count, 1, (0..count).map(|row| row as f64).collect()).unwrap();
        let labels: Vec<f64> = rows.column(0).into_iter().map(|value| value + 7.0).collect();
        let mut started = 0;
        let mut start = || {
            started += 1;
            let predictor = Box::new(Offset { offset: 0.0, learns });
            let member = Member { id: LearnwareId("1".into()), rkme: None, predictor, weight: 1.0 };
            Team::new(vec![member], Task::Regression, ScoresAre::default())
        };
        let done = fine_tuned(&mut start, &Batch::Table(rows), &labels, 3);
        (started, done)
    }

    #[test]
    fn training_is_used_where_it_helps_on_rows_that_it_did_not_see() {
        let answer = |team: &mut Team| {
            let asked = team.ask(&Batch::Table(Matrix::new(1, 1, vec![1.0]).unwrap())).unwrap();
            asked.answers().values()[0].row(0)[0]
        };
        let (started, done) = tuned(Some(true), 20);
        let (mut team, found) = done.unwrap();
        assert!(
            found.is_kept && found.after.loss < 1e-9 && (found.before.loss - 7.0).abs() < 1e-9,
            "{found:?}"
        );
        assert_eq!((started, found.held_out), (2, 5), "what was compared is not what is used");
        assert!((answer(&mut team) - 8.0).abs() < 1e-9);
        let (mut team, found) = tuned(Some(false), 20).1.unwrap();
        assert!(!found.is_kept && found.after.loss > found.before.loss);
        assert!((answer(&mut team) - 1.0).abs() < 1e-9, "as it came");
    }

    #[test]
    fn few_labels_and_models_that_cannot_are_refused() {
        let refusal = |learns, count| tuned(learns, count).1.err().unwrap().to_string();
        assert!(refusal(Some(true), 7).contains("at least 8"));
        assert!(refusal(None, 20).contains("can't be trained"));
    }
}
