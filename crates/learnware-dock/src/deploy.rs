//! Journey 4, deploy: a package comes out as it went in, compared with its digest.

use std::fs;
use std::io::Write as _;
use std::path::PathBuf;
use std::time::SystemTime;

use learnware_engine::learnware::{CheckStatus, LearnwareId, Specification};
use learnware_package::package::Package;
use tempfile::NamedTempFile;

use crate::accounts::Principal;
use crate::cpu::Pool;
use crate::dock::Dock;
use crate::error::{DockError, Result};
use crate::ids::LearnwareNumber;
use crate::inspect;
use crate::store::blobs::Digest;

/// In which form a package is wanted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Form {
    /// As it was submitted.
    #[default]
    Submitted,
    /// With its model as data: as it was submitted where that is data, else the converted one.
    Data,
}

/// A package that came out of the dock.
#[derive(Debug)]
pub struct Deployed {
    /// The learnware.
    pub id: LearnwareId,
    /// Its version.
    pub version: u32,
    /// State of its check; the caller decides whether to use one that is not usable.
    pub status: CheckStatus,
    /// BLAKE3 digest of the zip.
    pub digest: Digest,
    /// The zip. It belongs to the dock: read it, don't write it.
    pub path: PathBuf,
    /// The specification as the dock has it; its semantic part may differ from the one in the zip.
    pub specification: Specification,
    /// The zip, open.
    pub package: Package,
}

impl Dock {
    /// Opens the package of a version for somebody who is served, and counts the download. Everybody gets usable
    /// learnwares; owners and administrators get theirs in any state.
    ///
    /// # Errors
    /// [`DockError::TakenDown`] and [`DockError::NotUsable`] for others.
    pub async fn give_out(
        &self,
        viewer: Option<&Principal>,
        id: &LearnwareId,
        version: Option<u32>,
    ) -> Result<Deployed> {
        let deployed = self.given_to(viewer, id, version).await?;
        self.state().store.count_download(LearnwareNumber::from_id(&deployed.id)?).await?;
        Ok(deployed)
    }

    /// The package of a version, where `viewer` may have it.
    pub(crate) async fn given_to(
        &self,
        viewer: Option<&Principal>,
        id: &LearnwareId,
        version: Option<u32>,
    ) -> Result<Deployed> {
        let (learnware, sees_all) = self.seen_by(viewer, id).await?;
        let deployed = self.package(id, version).await?;
        if deployed.status != CheckStatus::Usable && !sees_all {
            return Err(DockError::NotUsable { id: learnware.number.to_string(), version: deployed.version });
        }
        Ok(deployed)
    }

    /// The package of `deployed` in the form that the reference's client reads: `learnware.yaml` at the root with the id,
    /// and the dock's semantic specification in a file of its own. It is made once and kept until it has not been used
    /// for as long as the sweep waits; read it, don't write it.
    ///
    /// # Errors
    /// When it can't be written.
    pub async fn served_copy(&self, deployed: &Deployed) -> Result<PathBuf> {
        let blobs = self.state().blobs.clone();
        let (id, package) = (deployed.id.clone(), deployed.package.clone());
        let semantic = deployed.specification.semantic.clone();
        let words = Digest::of(format!("{id} {}", semantic.to_json()).as_bytes());
        let name = format!("served-{}-{words}.zip", deployed.digest);
        let make = move || {
            let folder = blobs.staging_folder()?;
            let path = folder.join(name);
            // Using it makes it young.
            let age = || fs::File::options().write(true).open(&path)?.set_modified(SystemTime::now());
            if age().is_ok() {
                return Ok(path);
            }
            let bytes = package.repack(&id, &semantic)?;
            let mut file = NamedTempFile::with_prefix_in("served-", &folder)
                .map_err(DockError::io("make a file in", &folder))?;
            file.write_all(&bytes).map_err(DockError::io("write", file.path()))?;
            file.persist(&path).map_err(|error| DockError::io("rename", &path)(error.error))?;
            Ok(path)
        };
        self.state().cpu.run(Pool::Compute, "packing a copy", make).await?
    }

    /// Opens the package of a version; of the latest when none is named.
    ///
    /// # Errors
    /// [`DockError::BlobMissing`] or [`DockError::BlobDamaged`] when the package is not what was submitted.
    pub async fn package(&self, id: &LearnwareId, version: Option<u32>) -> Result<Deployed> {
        let state = self.state();
        let learnware = self.living(id).await?;
        let version = version.unwrap_or(learnware.latest_version);
        let row = state.store.version(learnware.number, version).await?;
        let row =
            row.ok_or_else(|| DockError::UnknownVersion { id: learnware.number.to_string(), version })?;
        let blobs = state.blobs.clone();
        let open = move || {
            let path = blobs.verified_path(&row.digest)?;
            let package = inspect::open(&path)?;
            let specification = Specification {
                semantic: row.specification.semantic()?,
                statistical: row.specification.statistical()?,
            };
            let id = learnware.number.id();
            Ok(Deployed { id, version, status: row.status, digest: row.digest, path, specification, package })
        };
        state.cpu.run(Pool::Compute, "opening the package", open).await?
    }
}
