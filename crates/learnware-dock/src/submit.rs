//! Journey 1, submit: a zip becomes a version that waits for its check.
//!
//! 1. The zip is copied beside the packages under a temporary name while its digest is taken.
//! 2. The same package under another id is refused.
//! 3. It is opened with limits and judged without running it; what is wrong is reported, nothing is kept.
//! 4. The package gets its final name, on the disk.
//! 5. One transaction adds the version and the job to check it. Then the submission is acknowledged.
//!
//! A learnware row always has its package, and exactly one unfinished job while it is waiting or checking.

use std::fs::File;
use std::path::PathBuf;
use std::sync::Arc;

use learnware_engine::learnware::{LearnwareId, ModelFormat, Specification};
use learnware_engine::market::checker::{CheckReport, Finding, Stage};
use learnware_engine::semantic::SemanticSpecification;

use crate::cpu::Pool;
use crate::dock::Dock;
use crate::error::{DockError, Result};
use crate::ids::LearnwareNumber;
use crate::inspect::{self, Inspected};
use crate::store::blobs::{Blobs, Digest, Staged};
use crate::store::organisations::Audience;
use crate::store::rows::SpecificationText;
use crate::store::{Added, NewVersion};

/// How often a submission is begun again because a sweep took its package in between; once is rare already.
const BEGUN_MAX: u32 = 5;

/// Where the zip comes from.
#[derive(Debug, Clone)]
pub enum PackageSource {
    /// A file.
    File(PathBuf),
    /// Bytes in memory.
    Bytes(Arc<[u8]>),
}

/// A wish to submit a learnware.
#[derive(Debug, Clone)]
pub struct SubmitRequest {
    /// The zip.
    pub package: PackageSource,
    /// The semantic specification; `None` takes the one in the zip.
    pub semantic: Option<SemanticSpecification>,
    /// The learnware that gets a new version; `None` makes a new learnware.
    pub replaces: Option<LearnwareId>,
    /// Whose a new learnware is and who finds it; a new version changes neither.
    pub audience: Audience,
}

/// What became of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum SubmitOutcome {
    /// It is stored and waits for its check.
    Accepted(Submission),
    /// It is not sound; the report says why. Nothing was stored.
    Refused(CheckReport),
    /// The dock has this package already. Nothing was stored.
    Duplicate(Submission),
}

/// Which version a package is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Submission {
    /// The learnware.
    pub id: LearnwareId,
    /// Its version.
    pub version: u32,
    /// BLAKE3 digest of the zip.
    pub digest: Digest,
}

impl Dock {
    /// Submits a learnware. When this returns [`SubmitOutcome::Accepted`], the learnware survives a power cut.
    ///
    /// # Errors
    /// [`DockError::UnknownLearnware`] or [`DockError::Deleted`] when there is nothing to replace; otherwise
    /// only when the dock itself fails.
    pub async fn submit(&self, request: SubmitRequest) -> Result<SubmitOutcome> {
        for _ in 0..BEGUN_MAX {
            if let Some(outcome) = self.try_submit(&request).await? {
                return Ok(outcome);
            }
        }
        Err(DockError::Busy { action: "keep the package, which a sweep removes again and again" })
    }

    /// `None` when it has to be begun again.
    async fn try_submit(&self, request: &SubmitRequest) -> Result<Option<SubmitOutcome>> {
        let state = self.state();
        if let Some(owner) = request.audience.owner {
            let usage = state.store.usage(owner).await?;
            if let Some(reason) = state.config.quota.exceeded(&usage) {
                return Err(DockError::OverQuota { reason });
            }
        }
        let replaces = match &request.replaces {
            Some(id) => Some(self.living(id).await?.number),
            None => None,
        };
        let (blobs, source, fail) = (state.blobs.clone(), request.package.clone(), state.fail.clone());
        let bytes_max = state.config.package_bytes_max;
        let staged = state
            .cpu
            .run(Pool::Compute, "copying the package", move || {
                let staged = stage(&blobs, &source, bytes_max);
                fail.pass("submit.staged");
                staged
            })
            .await?;
        let staged = match staged {
            Err(DockError::Io { source, .. }) if source.kind() == std::io::ErrorKind::FileTooLarge => {
                return Ok(Some(SubmitOutcome::Refused(vec![too_large(bytes_max)].into())));
            }
            staged => staged?,
        };
        if let Some((number, version)) = state.store.owner(staged.digest()).await?
            && replaces != Some(number)
        {
            return Ok(Some(duplicate(number, version, staged.digest())));
        }
        let semantic = request.semantic.clone();
        let (staged, inspected) = state
            .cpu
            .run(Pool::Compute, "opening the package", move || {
                let inspected = inspect::inspect(staged.path(), semantic);
                (staged, inspected)
            })
            .await?;
        match inspected? {
            Inspected::Unsound(report) => Ok(Some(SubmitOutcome::Refused(report))),
            Inspected::Sound { specification, format } => {
                self.keep(staged, &specification, format, replaces, request.audience).await
            }
        }
    }

    /// Publishes the package and adds the rows.
    async fn keep(
        &self,
        staged: Staged,
        specification: &Specification,
        format: ModelFormat,
        replaces: Option<LearnwareNumber>,
        audience: Audience,
    ) -> Result<Option<SubmitOutcome>> {
        let state = self.state();
        let (blobs, size_bytes) = (state.blobs.clone(), staged.size_bytes());
        let publish = move || blobs.publish(staged);
        let digest = state.cpu.run(Pool::Compute, "storing the package", publish).await??;
        state.fail.pass("submit.published");
        let new = NewVersion {
            replaces,
            audience,
            name: specification.semantic.name.clone(),
            digest: digest.clone(),
            size_bytes,
            specification: SpecificationText::new(&specification.semantic, &specification.statistical),
            format,
        };
        match state.store.add_version(&new, &state.blobs, state.config.clock.now()).await? {
            Added::Stored { number, version } => {
                state.fail.pass("submit.committed");
                Ok(Some(SubmitOutcome::Accepted(Submission { id: number.id(), version, digest })))
            }
            Added::Duplicate { number, version } => Ok(Some(duplicate(number, version, &digest))),
            Added::NothingToReplace => {
                let id = replaces.map_or_else(String::new, |number| number.to_string());
                Err(DockError::Deleted { id, deleted_at: state.config.clock.now() })
            }
            Added::BlobGone => Ok(None),
        }
    }
}

fn stage(blobs: &Blobs, source: &PackageSource, bytes_max: u64) -> Result<Staged> {
    match source {
        PackageSource::File(path) => {
            let mut file = File::open(path).map_err(DockError::io("open", path))?;
            blobs.stage(&mut file, bytes_max)
        }
        PackageSource::Bytes(bytes) => blobs.stage(&mut bytes.as_ref(), bytes_max),
    }
}

fn duplicate(number: LearnwareNumber, version: u32, digest: &Digest) -> SubmitOutcome {
    SubmitOutcome::Duplicate(Submission { id: number.id(), version, digest: digest.clone() })
}

fn too_large(bytes_max: u64) -> Finding {
    Finding::error(
        Stage::Format,
        "package-too-large",
        format!("the package has more than {bytes_max} bytes"),
        "leave out of the zip what the model does not need",
    )
}
