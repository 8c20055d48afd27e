//! The members of a merged learnware: their models, and what is kept of what they say.

use anyhow::Context as _;
use learnware_engine::learnware::{LearnwareId, ModelFormat};
use learnware_engine::market::merging::{self, Agreement};
use learnware_engine::numeric::Matrix;
use learnware_engine::predictor::Batch;
use learnware_engine::semantic::Task;
use learnware_engine::specification::{Rkme, StatisticalSpecification};
use learnware_package::native;

use crate::error::advised;
use crate::learnwares::Opened;

/// Learnwares of one task and format, with their models' files.
pub(super) struct Members<'a> {
    pub(super) learnwares: &'a [Opened],
    pub(super) format: ModelFormat,
    /// Quantities or classes.
    pub(super) task: Task,
    models: Vec<Vec<u8>>,
}

/// How far the merged model keeps to its members on the specification of one.
pub(super) struct Kept {
    pub(super) id: LearnwareId,
    /// Nothing where they can't be compared.
    pub(super) agreement: Option<Agreement>,
}

impl<'a> Members<'a> {
    /// Reads the models. Refuses code, several formats, and tasks whose answers have no mean.
    pub(super) fn new(learnwares: &'a [Opened]) -> anyhow::Result<Self> {
        let team = super::team(learnwares);
        let format = learnwares[0].package.format();
        for learnware in learnwares {
            let own = learnware.package.format();
            if own == ModelFormat::Python {
                return Err(advised(
                    format!(
                        "learnware {} is code, and only models that are data can be merged",
                        learnware.id
                    ),
                    format!("write it as data first: learnware convert {}; or {team}", learnware.id),
                ));
            }
            if own != format {
                let (first, word) = (format.word(), own.word());
                let reason =
                    format!("learnware {} is {first}, but {} is {word}", learnwares[0].id, learnware.id);
                return Err(advised(reason, team));
            }
        }
        let task = learnwares[0].specification.semantic.single_task();
        let Some(task @ (Task::Classification | Task::Regression)) = task else {
            let reason = format!("learnware {} answers neither quantities nor classes", learnwares[0].id);
            return Err(advised(reason, "merge learnwares for regression or classification"));
        };
        let read = |learnware: &Opened| {
            let name = learnware.package.manifest().model.file_name.clone().unwrap_or_default();
            learnware.package.read(&name).with_context(|| format!("learnware {}", learnware.id))
        };
        let models = learnwares.iter().map(read).collect::<anyhow::Result<Vec<_>>>()?;
        Ok(Self { learnwares, format, task, models })
    }

    /// The file of the model that becomes of all by these shares.
    pub(super) fn merged(&self, shares: &[f64]) -> anyhow::Result<Vec<u8>> {
        let models: Vec<&[u8]> = self.models.iter().map(Vec::as_slice).collect();
        native::merge(self.format, &models, shares).map_err(|error| match error {
            native::NativeError::Unmergeable { format, reason, .. } => {
                let shared = self.learnwares.iter().zip(shares).filter(|(_, share)| **share > 0.0);
                let ids: Vec<&str> = shared.map(|(learnware, _)| learnware.id.0.as_str()).collect();
                let reason = format!("these {format} models can't be merged: {reason}");
                let reason = format!("{reason} (models 1 to {} are {})", ids.len(), ids.join(", "));
                advised(reason, super::team(self.learnwares))
            }
            error => anyhow::Error::new(error),
        })
    }

    /// What a model answers.
    pub(super) fn ask(&self, model: &[u8], batch: &Batch) -> anyhow::Result<Matrix> {
        let mut predictor = native::load(self.format, model).context("the model cannot be read")?;
        Ok(predictor.predict(batch).context("the model does not predict")?.values)
    }

    /// What each member answers.
    pub(super) fn answers(&self, batch: &Batch) -> anyhow::Result<Vec<Matrix>> {
        let ask = |(model, learnware): (&Vec<u8>, &Opened)| {
            self.ask(model, batch).with_context(|| format!("learnware {}", learnware.id))
        };
        self.models.iter().zip(self.learnwares).map(ask).collect()
    }

    /// What each member answers, put together by share.
    pub(super) fn together(&self, shares: &[f64], answers: &[Matrix]) -> Matrix {
        merging::together(self.task, shares, answers)
    }

    /// Holds a merged model against its members on the specification of each that has a share; nothing for those whose
    /// points are no inputs.
    pub(super) fn kept(&self, model: &[u8], shares: &[f64]) -> anyhow::Result<Vec<Kept>> {
        let mut kept = Vec::new();
        for (learnware, _) in self.learnwares.iter().zip(shares).filter(|(_, share)| **share > 0.0) {
            let Some((rkme, batch)) = learnware.specification.statistical.iter().find_map(inputs) else {
                continue;
            };
            let answers = self.answers(&batch)?;
            let merged = self.ask(model, &batch)?;
            let agreement = merging::agreement(self.task, shares, rkme.weights(), &answers, &merged);
            kept.push(Kept { id: learnware.id.clone(), agreement });
        }
        Ok(kept)
    }
}

/// The points of a specification as a model takes them; `None` where they are embeddings.
fn inputs(kind: &StatisticalSpecification) -> Option<(&Rkme, Batch)> {
    match kind {
        StatisticalSpecification::Table(rkme) => Some((rkme, Batch::Table(rkme.points().clone()))),
        StatisticalSpecification::ReferenceImage(rkme) => {
            let batch = Batch::Tensor { shape: rkme.sample_shape().to_vec(), values: rkme.points().clone() };
            Some((rkme, batch))
        }
        StatisticalSpecification::Text(_)
        | StatisticalSpecification::Image(_)
        | StatisticalSpecification::Parameters(_) => None,
    }
}

/// The member on whose specification most is lost, with that part of what a constant answer loses.
pub(super) fn worst(kept: &[Kept]) -> Option<(&LearnwareId, f64)> {
    let lost = kept.iter().filter_map(|kept| Some((&kept.id, kept.agreement?.lost())));
    lost.reduce(|worst, own| if own.1 > worst.1 { own } else { worst })
}
