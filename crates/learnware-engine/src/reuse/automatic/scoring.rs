//! Losses of every method on every labelled row, learned without that row.

use super::super::{Examples, JobSelector, Method, Reuser, Task, first_largest, require_one_output};
use super::method::mean_of;
use super::{AutomaticParameters, Family, is_classification};
use crate::error::Result;
use crate::numeric::Matrix;
use crate::numeric::folds;
use crate::numeric::random::Stream;

/// Rows up to which each is left out on its own, once.
const LEAVE_ONE_OUT_MAX: usize = 10;

/// What the methods are scored with.
#[derive(Clone, Copy)]
pub(super) struct Scoring<'a> {
    pub(super) parameters: &'a AutomaticParameters,
    pub(super) selector: Option<&'a JobSelector>,
    pub(super) examples: &'a Examples,
    pub(super) labels: &'a [f64],
}

/// A method with its losses, or why there are none.
pub(super) struct Scored {
    pub(super) method: Method,
    pub(super) losses: std::result::Result<Losses, String>,
}

/// Losses by row.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Losses {
    /// What the choice looks at.
    pub(super) selection: Vec<f64>,
    /// What people are told: squared error, or wrong (1) and right (0).
    pub(super) reported: Vec<f64>,
}

/// Out-of-fold predictions of each method, for each repeat.
type Known = Vec<(Method, Result<Vec<Matrix>>)>;

impl Scoring<'_> {
    pub(super) fn score(&self, methods: &[Method]) -> Vec<Scored> {
        let divisions = self.divisions();
        let mut known: Known = Vec::new();
        for method in methods.iter().filter(|method| method.parts().is_empty()) {
            known.push((method.clone(), self.out_of_fold(method, &divisions)));
        }
        let score = |method: &Method| {
            let losses = match known.iter().find(|(other, _)| other == method) {
                Some((_, Ok(answers))) => Ok(self.losses(answers)),
                Some((_, Err(error))) => Err(error.to_string()),
                None => self
                    .blend(&known, method, &divisions)
                    .map(|answers| self.losses(&answers))
                    .map_err(|error| error.to_string()),
            };
            Scored { method: method.clone(), losses }
        };
        methods.iter().map(score).collect()
    }

    /// The fold of every row, for each repeat.
    pub(super) fn divisions(&self) -> Vec<Vec<usize>> {
        let rows = self.labels.len();
        let (fold_count, repeats) = if rows <= LEAVE_ONE_OUT_MAX {
            (rows, 1)
        } else {
            (self.parameters.folds.clamp(2, rows), self.parameters.repeats.max(1))
        };
        let divide = |repeat: usize| {
            let mut stream = Stream::substream(self.parameters.seed, 1000 + repeat as u64);
            match self.examples.task() {
                Task::Classification { .. } => {
                    folds::stratified(&super::super::classes_of(self.labels), fold_count, &mut stream)
                }
                Task::Regression => folds::plain(rows, fold_count, &mut stream),
            }
        };
        (0..repeats).map(divide).collect()
    }

    /// Predictions for every row by a method that has not seen its label, for each repeat.
    fn out_of_fold(&self, method: &Method, divisions: &[Vec<usize>]) -> Result<Vec<Matrix>> {
        let seed = self.parameters.seed;
        if method.family() == Family::DataFree {
            let values = method.build(self.selector, seed)?.predict(self.examples)?.values;
            self.require_width(&values)?;
            return Ok(vec![values; divisions.len()]);
        }
        divisions.iter().map(|fold_of| self.out_of_fold_from(method, fold_of, 1.0)).collect()
    }

    /// Predictions for every row by a method that learned from a share of the other folds' rows.
    pub(super) fn out_of_fold_from(&self, method: &Method, fold_of: &[usize], share: f64) -> Result<Matrix> {
        self.out_of_fold_by(&|| method.build(self.selector, self.parameters.seed), fold_of, share)
    }

    /// The same for any reuser.
    pub(super) fn out_of_fold_by(
        &self,
        build: &dyn Fn() -> Result<Box<dyn Reuser>>,
        fold_of: &[usize],
        share: f64,
    ) -> Result<Matrix> {
        let mut whole: Option<Matrix> = None;
        for fold in 0..=fold_of.iter().copied().max().unwrap_or(0) {
            let (mut train, test) = folds::split(fold_of, fold);
            if share < 1.0 {
                let mut stream = Stream::substream(self.parameters.seed, 2000 + fold as u64);
                stream.shuffle(&mut train);
                train.truncate(((share * train.len() as f64).round() as usize).max(1));
            }
            let labels: Vec<f64> = train.iter().map(|&row| self.labels[row]).collect();
            let mut reuser = build()?;
            reuser.fit(&self.examples.select(&train), &labels)?;
            let values = reuser.predict(&self.examples.select(&test))?.values;
            self.require_width(&values)?;
            let whole = whole.get_or_insert_with(|| Matrix::zeros(fold_of.len(), values.columns()));
            for (place, &row) in test.iter().enumerate() {
                whole.row_mut(row).copy_from_slice(values.row(place));
            }
        }
        Ok(whole.unwrap_or_default())
    }

    fn require_width(&self, values: &Matrix) -> Result<()> {
        values.require_finite()?;
        if is_classification(self.examples.task()) {
            return Ok(());
        }
        require_one_output(values, "the team")
    }

    /// Means of predictions of the parts, where they are known already.
    fn blend(&self, known: &Known, method: &Method, divisions: &[Vec<usize>]) -> Result<Vec<Matrix>> {
        let answers_of = |part: &Method| {
            known.iter().find(|(other, _)| other == part).and_then(|(_, answers)| answers.as_ref().ok())
        };
        match method.parts().iter().map(answers_of).collect::<Option<Vec<_>>>() {
            Some(parts) => (0..divisions.len())
                .map(|repeat| mean_of(&parts.iter().map(|answers| &answers[repeat]).collect::<Vec<_>>()))
                .collect(),
            None => self.out_of_fold(method, divisions),
        }
    }

    /// Losses averaged over the repeats.
    pub(super) fn losses(&self, answers: &[Matrix]) -> Losses {
        let rows = self.labels.len();
        let mut losses = Losses { selection: vec![0.0; rows], reported: vec![0.0; rows] };
        let share = 1.0 / answers.len() as f64;
        for answers in answers {
            for (row, answer) in answers.iter_rows().enumerate() {
                let (selection, reported) = self.loss(answer, self.labels[row]);
                losses.selection[row] += share * selection;
                losses.reported[row] += share * reported;
            }
        }
        losses
    }

    fn loss(&self, answer: &[f64], label: f64) -> (f64, f64) {
        match self.examples.task() {
            Task::Regression => {
                let squared = (answer[0] - label).powi(2);
                (squared, squared)
            }
            Task::Classification { .. } => {
                let label = label as usize;
                let wrong = f64::from(first_largest(answer) != label);
                (wrong + CONFIDENCE * (1.0 - answer[label]), wrong)
            }
        }
    }
}

/// Weight of the missing probability of the true class beside being wrong: few labels leave many methods
/// with equal errors, and confidence parts them. Chosen on digits splits other than the reported ones.
const CONFIDENCE: f64 = 1.0;
