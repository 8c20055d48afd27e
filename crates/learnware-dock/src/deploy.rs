//! Journey 4, deploy: a package comes out as it went in, compared with its digest.

use std::path::PathBuf;

use learnware_engine::learnware::{CheckStatus, LearnwareId, Specification};
use learnware_package::package::Package;

use crate::accounts::Principal;
use crate::cpu::Pool;
use crate::dock::Dock;
use crate::error::{DockError, Result};
use crate::inspect;
use crate::store::blobs::Digest;

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
        let (learnware, sees_all) = self.seen_by(viewer, id).await?;
        let deployed = self.package(id, version).await?;
        if deployed.status != CheckStatus::Usable && !sees_all {
            return Err(DockError::NotUsable { id: learnware.number.to_string(), version: deployed.version });
        }
        self.state().store.count_download(learnware.number).await?;
        Ok(deployed)
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
