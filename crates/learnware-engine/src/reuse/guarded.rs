//! A job selector that does not answer where no learnware's specification lies.
//!
//! Rows far from all reduced points (a "seen nowhere" part in the sense of Zhang, Yan, Zhao and Zhou, AAAI 2021) are
//! marked and answered by a fallback: a model of the user's labels, or the team's average where there are none.

use super::own_model::require_features;
use super::{Examples, JobSelector, Reuser};
use crate::error::{EngineError, Result};
use crate::predictor::Predictions;

/// Routes covered rows by specifications, and gives the others to a fallback.
pub struct GuardedSelector {
    selector: JobSelector,
    fallback: Box<dyn Reuser>,
}

impl GuardedSelector {
    /// A selector with what answers in its place.
    pub fn new(selector: JobSelector, fallback: Box<dyn Reuser>) -> Self {
        Self { selector, fallback }
    }

    /// Whether each example lies far from all specifications, so that the fallback answers.
    ///
    /// # Errors
    ///
    /// Examples that are not numbers, of another width, or not finite.
    pub fn uncovered(&self, examples: &Examples) -> Result<Vec<bool>> {
        self.selector.far(require_features(examples)?)
    }
}

impl Reuser for GuardedSelector {
    fn needs_labels(&self) -> bool {
        self.fallback.needs_labels()
    }

    fn fit(&mut self, examples: &Examples, labels: &[f64]) -> Result<()> {
        self.fallback.fit(examples, labels)
    }

    fn predict(&self, examples: &Examples) -> Result<Predictions> {
        let mut routed = self.selector.predict(examples)?;
        let uncovered: Vec<usize> = self
            .uncovered(examples)?
            .into_iter()
            .enumerate()
            .filter_map(|(row, uncovered)| uncovered.then_some(row))
            .collect();
        // Also with none uncovered, so that a fallback that is not fitted is an error for every batch.
        let instead = self.fallback.predict(&examples.select(&uncovered))?.values;
        if instead.columns() != routed.values.columns() && !uncovered.is_empty() {
            return Err(EngineError::Shape {
                what: "outputs of the fallback for rows that no learnware covers",
                expected: routed.values.columns().to_string(),
                found: instead.columns().to_string(),
            });
        }
        for (place, row) in uncovered.into_iter().enumerate() {
            routed.values.row_mut(row).copy_from_slice(instead.row(place));
        }
        Ok(routed)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::learnware::LearnwareId;
    use crate::numeric::Matrix;
    use crate::numeric::random::Stream;
    use crate::predictor::Batch;
    use crate::reuse::{MemberPredictions, OwnLearner, OwnModel, Routing, ScoresAre, Task, TopOne};
    use crate::specification::{IslandKernel, Rkme, RkmeParameters};

    /// Rows around 0, the last one far away; the member always answers 1.
    fn examples(rows: usize) -> Examples {
        let mut stream = Stream::new(1);
        let mut table = Matrix::new(rows, 2, (0..2 * rows).map(|_| stream.normal()).collect()).unwrap();
        table.row_mut(rows - 1).fill(50.0);
        let answer = Matrix::new(rows, 1, vec![1.0; rows]).unwrap();
        let ids = vec![LearnwareId("one".into())];
        let task = Task::Regression;
        let answers = MemberPredictions::new(ids, vec![1.0], vec![answer], task, ScoresAre::Probabilities);
        Examples::new(Batch::Table(table), task, answers.unwrap()).unwrap()
    }

    fn selector() -> JobSelector {
        let mut stream = Stream::new(7);
        let rows = Matrix::new(200, 2, (0..400).map(|_| stream.normal()).collect()).unwrap();
        let rkme = Rkme::generate(&rows, &RkmeParameters::default()).unwrap();
        JobSelector::new(&[&rkme], &[1.0], &IslandKernel::pooled([&rkme].into_iter()), Routing::Hard).unwrap()
    }

    #[test]
    fn only_rows_that_nobody_covers_go_to_the_fallback() {
        let examples = examples(30);
        let mut guarded = GuardedSelector::new(selector(), Box::new(OwnModel::new(OwnLearner::Constant, 0)));
        assert!(guarded.needs_labels() && guarded.predict(&examples).is_err());
        guarded.fit(&examples, &[9.0; 30]).unwrap();
        let uncovered = guarded.uncovered(&examples).unwrap();
        assert!(uncovered[29] && uncovered.iter().filter(|&&far| far).count() < 5, "{uncovered:?}");
        let values = guarded.predict(&examples).unwrap().values;
        for (value, far) in values.as_slice().iter().zip(uncovered) {
            assert!((value - if far { 9.0 } else { 1.0 }).abs() < 1e-12);
        }
        let free = GuardedSelector::new(selector(), Box::new(TopOne));
        assert!(!free.needs_labels() && free.predict(&examples).is_ok());
    }
}
