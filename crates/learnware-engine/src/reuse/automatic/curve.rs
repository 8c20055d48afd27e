//! What more labels bring, and whether the learnwares are what helps.

use serde::{Deserialize, Serialize};

use super::super::{AugmentInput, Examples, FeatureAugment, MemberPredictions, Reuser, ScoresAre};
use super::Method;
use super::choose::Estimate;
use super::scoring::Scoring;
use crate::error::Result;
use crate::numeric::Matrix;
use crate::numeric::linear::Standardiser;
use crate::numeric::random::Stream;

/// Shares of the labels from which the curve is learned.
const SHARES: [f64; 4] = [0.25, 0.5, 0.75, 1.0];
/// Labels from which a quarter of them still is something.
const CURVE_LABELS_MIN: usize = 16;
/// Labels from which the control is tried.
const CONTROL_LABELS_MIN: usize = 8;
/// Purpose of the stream of the control's random features.
const CONTROL_STREAM: u64 = 3703;

/// Losses of methods that learned from a part of the labels, on rows they did not see.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct CurvePoint {
    /// Labels learned from, on average over the parts of the cross-validation.
    pub labels: usize,
    /// Loss of the chosen method.
    pub chosen: Estimate,
    /// Loss of the best model of the labels alone.
    pub own: Estimate,
}

impl Scoring<'_> {
    /// The curve of two methods; empty with too few labels. A method that needs none has the same loss everywhere.
    pub(super) fn curve(&self, chosen: &Method, own: &Method) -> Result<Vec<CurvePoint>> {
        if self.labels.len() < CURVE_LABELS_MIN {
            return Ok(Vec::new());
        }
        let divisions = self.divisions();
        let fold_of = &divisions[0];
        let folds = fold_of.iter().copied().max().unwrap_or(0) + 1;
        let all = self.labels.len() * (folds - 1) / folds;
        let estimate = |method: &Method, share: f64| -> Result<Estimate> {
            let answers = self.out_of_fold_from(method, fold_of, share)?;
            Ok(Estimate::of(&self.losses(&[answers]).reported))
        };
        let point = |share: f64| -> Result<CurvePoint> {
            let labels = (share * all as f64).round() as usize;
            Ok(CurvePoint { labels, chosen: estimate(chosen, share)?, own: estimate(own, share)? })
        };
        SHARES.into_iter().map(point).collect()
    }

    /// Loss by row of feature augmentation whose answers are random features of the rows instead of the learnwares':
    /// what is won against it is won by the learnwares. `None` with too few labels or examples that are not numbers.
    pub(super) fn control(&self) -> Result<Option<Vec<f64>>> {
        let Some(features) = self.examples.features().filter(|_| self.labels.len() >= CONTROL_LABELS_MIN)
        else {
            return Ok(None);
        };
        let examples = self.with_random_answers(features)?;
        let scoring = Scoring { examples: &examples, ..*self };
        let divisions = scoring.divisions();
        let seed = self.parameters.seed;
        let build = || -> Result<Box<dyn Reuser>> {
            Ok(Box::new(FeatureAugment::new(AugmentInput::RowsAndAnswers, seed)))
        };
        let answers = scoring.out_of_fold_by(&build, &divisions[0], 1.0)?;
        Ok(Some(scoring.losses(&[answers]).reported))
    }

    /// The same examples with as many rectified random projections of the rows as the members have outputs.
    fn with_random_answers(&self, features: &Matrix) -> Result<Examples> {
        let rows = Standardiser::new(features).apply(features);
        let mut stream = Stream::substream(self.parameters.seed, CONTROL_STREAM);
        let answers = self.examples.answers();
        let scale = 1.0 / (rows.columns().max(1) as f64).sqrt();
        let mut values = Vec::new();
        for _ in 0..answers.member_count() {
            let mut random = Matrix::zeros(rows.rows(), answers.width());
            for output in 0..answers.width() {
                let direction: Vec<f64> = (0..rows.columns()).map(|_| scale * stream.normal()).collect();
                let shift = stream.normal();
                for (index, row) in rows.iter_rows().enumerate() {
                    let sum: f64 = row.iter().zip(&direction).map(|(a, b)| a * b).sum();
                    random.set(index, output, (sum + shift).max(0.0));
                }
            }
            values.push(random);
        }
        let task = self.examples.task();
        // Class scores are brought to sum one, as those of learnwares are.
        let (ids, weights) = (answers.ids().to_vec(), answers.weights().to_vec());
        let answers = MemberPredictions::new(ids, weights, values, task, ScoresAre::Probabilities)?;
        let random = Examples::new(self.examples.batch().clone(), task, answers)?;
        match self.examples.features() {
            Some(embedded) => random.with_embedded(embedded.clone()),
            None => Ok(random),
        }
    }
}
