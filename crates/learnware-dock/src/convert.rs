//! Journey 6, convert: a model that is code is written as data, where that answers the same, so that it also runs where no code
//! runs: in a browser, in a process without a fence, on a host that refuses code.
//!
//! It runs as a job for each usable version, after its check, where the operator does not turn it off. The package that was
//! submitted stays what it is; the one with the model as data is kept beside it.

use learnware_engine::learnware::LearnwareId;
use learnware_engine::predictor::PredictError;
use learnware_package::runner::{Conversion, Converted};
use serde::{Deserialize, Serialize};
use tokio::sync::watch;

use crate::accounts::Principal;
use crate::cpu::Pool;
use crate::deploy::Deployed;
use crate::dock::Dock;
use crate::error::{DockError, Result};
use crate::ids::LearnwareNumber;
use crate::inspect;
use crate::jobs::{ClaimFilter, ClaimedJob, Job, JobEnd, Progress};
use crate::store::Requeued;
use crate::store::blobs::Digest;
use crate::store::conversions::ConversionRow;

/// Conversions that are asked for at once.
const ASKED_MAX: u32 = 100;

/// What became of a model.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "state", rename_all = "snake_case")]
pub enum DataForm {
    /// It is there as data, too.
    Converted {
        /// How it is stored.
        format: String,
        /// Rows on which both were compared.
        compared: usize,
        /// Largest difference of two answers, relative to answers above 1.
        difference: f64,
        /// BLAKE3 of the package with it, hexadecimal.
        digest: String,
        /// Bytes of that package.
        size_bytes: u64,
    },
    /// It is code only.
    Impossible {
        /// Why.
        reason: String,
    },
}

/// A conversion that was made or tried.
#[derive(Debug, Clone, PartialEq)]
pub struct ConversionOutcome {
    /// The learnware.
    pub id: LearnwareId,
    /// Its version.
    pub version: u32,
    /// How it ended.
    pub end: JobEnd<DataForm>,
}

impl Dock {
    /// Writes the model of a version as data now, the latest when none is named; again where that was done before.
    ///
    /// # Errors
    /// [`DockError::ConversionInProgress`] while another process is at it, [`DockError::ConversionFailed`].
    pub async fn convert(&self, id: &LearnwareId, version: Option<u32>) -> Result<DataForm> {
        let learnware = self.living(id).await?;
        let version = version.unwrap_or(learnware.latest_version);
        let job = Job::convert(learnware.number, version);
        if self.state().store.version(learnware.number, version).await?.is_none() {
            return Err(DockError::UnknownVersion { id: id.0.clone(), version });
        }
        let busy = || DockError::ConversionInProgress { id: id.0.clone() };
        if let Requeued::Leased(_) = self.state().store.ask_job(&job, self.now()).await? {
            return Err(busy());
        }
        let claimed = self.claim_job(&ClaimFilter::Subject(job.subject())).await?.ok_or_else(busy)?;
        match self.convert_claimed(&claimed).await?.end {
            JobEnd::Done(form) => Ok(form),
            JobEnd::Failed { error, .. } => {
                Err(DockError::ConversionFailed { id: id.0.clone(), reason: error })
            }
            JobEnd::Overtaken => Err(busy()),
        }
    }

    /// Makes the conversion that has waited longest; `None` when none waits. Where the operator lets it, those that nobody has
    /// asked for are asked for first.
    pub async fn convert_next(&self) -> Result<Option<ConversionOutcome>> {
        if let Some(job) = self.claim_job(&ClaimFilter::Kind(Job::CONVERT)).await? {
            return self.convert_claimed(&job).await.map(Some);
        }
        Ok(None)
    }

    /// Asks for the conversion of usable versions that nobody has asked for; returns how many.
    pub async fn ask_conversions(&self) -> Result<usize> {
        let state = self.state();
        if !state.config.convert {
            return Ok(0);
        }
        let versions = state.store.unconverted(ASKED_MAX).await?;
        for &(number, version) in &versions {
            state.store.ask_job(&Job::convert(number, version), self.now()).await?;
        }
        Ok(versions.len())
    }

    /// What became of a version's model; `None` where nothing was tried yet.
    pub(crate) async fn data_form(&self, number: LearnwareNumber, version: u32) -> Result<Option<DataForm>> {
        self.state().store.conversion(number, version).await?.as_ref().map(form).transpose()
    }

    /// The package of a version with its model as data, for somebody who may have that version; counts the download.
    ///
    /// # Errors
    /// [`DockError::NoDataForm`] where there is none.
    pub async fn give_out_as_data(
        &self,
        viewer: Option<&Principal>,
        id: &LearnwareId,
        version: Option<u32>,
    ) -> Result<Deployed> {
        let deployed = self.as_data(self.given_to(viewer, id, version).await?).await?;
        self.state().store.count_download(LearnwareNumber::from_id(&deployed.id)?).await?;
        Ok(deployed)
    }

    /// The same package with its model as data.
    ///
    /// # Errors
    /// [`DockError::NoDataForm`] where there is none.
    pub async fn as_data(&self, deployed: Deployed) -> Result<Deployed> {
        if !deployed.package.format().has_code() {
            return Ok(deployed);
        }
        let state = self.state();
        let number = LearnwareNumber::from_id(&deployed.id)?;
        let row = state.store.conversion(number, deployed.version).await?;
        let (reason, package) = match row {
            None => ("nobody has tried to write it as data yet".to_owned(), None),
            Some(row) => match form(&row)? {
                DataForm::Impossible { reason } => (reason, None),
                DataForm::Converted { .. } => ("its package is gone".to_owned(), row.package),
            },
        };
        let Some((digest, _)) = package else {
            return Err(DockError::NoDataForm { id: deployed.id.0, reason });
        };
        let blobs = state.blobs.clone();
        let open = move || {
            let path = blobs.verified_path(&digest)?;
            let package = inspect::open(&path)?;
            Ok(Deployed { digest, path, package, ..deployed })
        };
        state.cpu.run(Pool::Compute, "opening the package", open).await?
    }

    async fn convert_claimed(&self, job: &ClaimedJob) -> Result<ConversionOutcome> {
        let state = self.state();
        let Job::Convert { learnware, version } = job.job else {
            unreachable!("only conversions are claimed here")
        };
        let number = LearnwareNumber(learnware);
        let end = match self.conversion_row(job, number, version).await {
            Ok((row, form)) => {
                let now = self.now();
                let kept = state.store.finish_conversion(job, &row, &state.blobs, now).await?;
                if kept { JobEnd::Done(form) } else { JobEnd::Overtaken }
            }
            Err(error) => self.end_failed(job, &error).await?,
        };
        Ok(ConversionOutcome { id: number.id(), version, end })
    }

    /// Converts, and publishes the package where there is one.
    async fn conversion_row(
        &self,
        job: &ClaimedJob,
        number: LearnwareNumber,
        version: u32,
    ) -> Result<(ConversionRow, DataForm)> {
        let state = self.state();
        let (progress, told) = watch::channel(Progress::Opening);
        let deployed = self.package(&number.id(), Some(version)).await?;
        let (runner, config, blobs) = (self.runner(), state.config.clone(), state.blobs.clone());
        let work = move || {
            progress.send(Progress::Converting).ok();
            if deployed.package.format().has_code() {
                inspect::require_host(&runner, &config)?;
            }
            match converted(runner.convert(&deployed.package, &deployed.specification.semantic))? {
                Conversion::Impossible { reason } => Ok((DataForm::Impossible { reason }, None)),
                Conversion::Converted(found) => {
                    let staged = blobs.stage(&mut found.package.as_slice(), config.package_bytes_max)?;
                    let (digest, size_bytes) = (blobs.publish(staged)?, found.package.len() as u64);
                    let form = described(found, &digest);
                    Ok::<_, DockError>((form, Some((digest, size_bytes))))
                }
            }
        };
        let work = state.cpu.run(Pool::Models, "a conversion", work);
        let (form, package) = self.while_prolonging(job, told, work).await???;
        let report = serde_json::to_string(&form).expect("a form is plain data");
        Ok((ConversionRow { number, version, package, report, created_at: self.now() }, form))
    }
}

/// A model that fails is one that can't be converted; a host that fails is tried again.
fn converted(found: std::result::Result<Conversion, PredictError>) -> Result<Conversion> {
    match found {
        Ok(conversion) => Ok(conversion),
        Err(PredictError::HostFailed { reason }) => Err(DockError::HostFailed { reason }),
        Err(error) => Ok(Conversion::Impossible { reason: error.to_string() }),
    }
}

fn described(found: Converted, digest: &Digest) -> DataForm {
    let Converted { package, format, compared, difference } = found;
    let (format, digest) = (format.word().to_owned(), digest.to_string());
    DataForm::Converted { format, compared, difference, digest, size_bytes: package.len() as u64 }
}

fn form(row: &ConversionRow) -> Result<DataForm> {
    serde_json::from_str(&row.report)
        .map_err(|error| DockError::BadRow { what: "conversions.report".into(), reason: error.to_string() })
}
