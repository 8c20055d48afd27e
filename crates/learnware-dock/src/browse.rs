//! Looking at learnwares without searching, and deleting them.

use std::collections::BTreeMap;
use std::sync::Arc;

use learnware_engine::learnware::{CheckStatus, LearnwareId, ModelFormat, Specification};
use learnware_engine::market::checker::CheckReport;
use learnware_engine::semantic::SemanticSpecification;
use serde_json::Value;

use crate::accounts::Principal;
use crate::catalog::Snapshot;
use crate::clock::Timestamp;
use crate::convert::DataForm;
use crate::cpu::Pool;
use crate::dock::Dock;
use crate::error::{DockError, Result};
use crate::ids::LearnwareNumber;
use crate::jobs::Job;
use crate::store::blobs::Digest;
use crate::store::organisations::Visibility;
use crate::store::people::AccountNumber;
use crate::store::rows::{CheckState, JobSummary, LearnwareRow, ListOptions, ListRow, VersionRow};
use crate::viewer::Viewer;
use crate::words::{Found, Request};

/// So many learnwares are looked up one by one; for more, reading the whole list is faster.
const SINGLY_MAX: usize = 200;

/// A line of the list.
#[derive(Debug, Clone, PartialEq)]
pub struct LearnwareEntry {
    /// Its id.
    pub id: LearnwareId,
    /// Semantic specification of the latest version.
    pub semantic: SemanticSpecification,
    /// How the latest version's model is stored.
    pub format: ModelFormat,
    /// The version that searches find and downloads give.
    pub latest_version: u32,
    /// State of the latest version.
    pub latest_status: CheckStatus,
    /// The newest version; it becomes the latest when its check finds it usable.
    pub newest_version: u32,
    /// State of the newest version.
    pub newest_status: CheckStatus,
    /// Semantic specification of the newest version.
    pub newest_semantic: SemanticSpecification,
    /// When the newest version was submitted.
    pub newest_submitted_at: Timestamp,
    /// Whether both have the same package, and only the words may differ.
    pub same_package: bool,
    /// The check of the newest version, while it is not finished: open, leased, or dead after too many attempts.
    pub check: Option<JobSummary>,
    /// When the first version was submitted.
    pub created_at: Timestamp,
    /// When it was deleted, if it was.
    pub deleted_at: Option<Timestamp>,
    /// Whose it is; `None` for the operator's own.
    pub owner: Option<AccountNumber>,
}

/// Everything about a learnware.
#[derive(Debug, Clone, PartialEq)]
pub struct LearnwareDetail {
    /// Its id.
    pub id: LearnwareId,
    /// The version that searches find and downloads give.
    pub latest_version: u32,
    /// Its versions, oldest first.
    pub versions: Vec<VersionDetail>,
    /// When the first version was submitted.
    pub created_at: Timestamp,
}

/// Everything about a version.
#[derive(Debug, Clone, PartialEq)]
pub struct VersionDetail {
    /// 1 for the first.
    pub version: u32,
    /// Digest of its package.
    pub digest: Digest,
    /// Size of its package.
    pub size_bytes: u64,
    /// State of its check.
    pub status: CheckStatus,
    /// Its specification.
    pub specification: Specification,
    /// How its model is stored.
    pub format: ModelFormat,
    /// What became of its model when it was to be written as data; `None` where that was not tried.
    pub data: Option<DataForm>,
    /// What the last finished check found.
    pub report: Option<CheckReport>,
    /// Its check, while it is not finished.
    pub check: Option<JobSummary>,
    /// When it was submitted.
    pub submitted_at: Timestamp,
    /// When the last check ended.
    pub checked_at: Option<Timestamp>,
}

impl Dock {
    /// Learnwares by id, at most `options.limit`; go on with `options.after`.
    pub async fn list(&self, options: &ListOptions) -> Result<Vec<LearnwareEntry>> {
        self.state().store.list(options).await?.into_iter().map(entry).collect()
    }

    /// A page of the usable learnwares that match words and tags.
    ///
    /// # Errors
    /// [`DockError::BadCursor`] when the cursor belongs to another query.
    pub async fn find(&self, request: Request) -> Result<(Found, Arc<Snapshot>)> {
        self.find_for(&Viewer::Operator, request).await
    }

    /// The same among those that `viewer` sees.
    pub async fn find_for(&self, viewer: &Viewer, request: Request) -> Result<(Found, Arc<Snapshot>)> {
        let snapshot = self.catalog().await?;
        let (own, viewer) = (Arc::clone(&snapshot), viewer.clone());
        let find = move || own.find_for(&viewer, &request);
        let found = self.state().cpu.run(Pool::Compute, "find", find).await??;
        Ok((found, snapshot))
    }

    /// Lines of the list for these learnwares, in their order; who is gone is left out.
    pub async fn entries(&self, ids: &[LearnwareId]) -> Result<Vec<LearnwareEntry>> {
        if ids.len() > SINGLY_MAX {
            return self.entries_of_many(ids).await;
        }
        let mut entries = Vec::with_capacity(ids.len());
        for id in ids {
            let before = LearnwareNumber(LearnwareNumber::from_id(id)?.0 - 1);
            let options = ListOptions { after: Some(before), limit: 1, ..ListOptions::default() };
            let rows = self.state().store.list(&options).await?;
            for row in rows.into_iter().filter(|row| row.learnware.number.id() == *id) {
                entries.push(entry(row)?);
            }
        }
        Ok(entries)
    }

    /// The same by reading the whole list.
    async fn entries_of_many(&self, ids: &[LearnwareId]) -> Result<Vec<LearnwareEntry>> {
        let mut wanted: BTreeMap<&LearnwareId, Option<LearnwareEntry>> =
            ids.iter().map(|id| (id, None)).collect();
        let mut options = ListOptions::default();
        loop {
            let rows = self.state().store.list(&options).await?;
            let is_last = rows.len() < options.limit as usize;
            options.after = rows.last().map(|row| row.learnware.number);
            for row in rows {
                if let Some(place) = wanted.get_mut(&row.learnware.number.id()) {
                    *place = Some(entry(row)?);
                }
            }
            if is_last {
                break;
            }
        }
        Ok(ids.iter().filter_map(|id| wanted.get_mut(id)?.take()).collect())
    }

    /// All learnwares of an account, by id, in any state.
    pub async fn entries_of(&self, owner: AccountNumber) -> Result<Vec<LearnwareEntry>> {
        let mut options = ListOptions { owner: Some(owner), ..ListOptions::default() };
        let mut entries = Vec::new();
        loop {
            let rows = self.state().store.list(&options).await?;
            let is_last = rows.len() < options.limit as usize;
            options.after = rows.last().map(|row| row.learnware.number);
            for row in rows {
                entries.push(entry(row)?);
            }
            if is_last {
                return Ok(entries);
            }
        }
    }

    /// Everything about one learnware.
    pub async fn show(&self, id: &LearnwareId) -> Result<LearnwareDetail> {
        let row = self.living(id).await?;
        let mut versions = Vec::new();
        for version in self.state().store.versions(row.number).await? {
            let subject = Job::check(row.number, version.version).subject();
            let check = self.state().store.unfinished_job(&subject).await?.map(|(summary, _)| summary);
            let data = self.data_form(row.number, version.version).await?;
            versions.push(version_detail(version, check, data)?);
        }
        Ok(LearnwareDetail {
            id: row.number.id(),
            latest_version: row.latest_version,
            versions,
            created_at: row.created_at,
        })
    }

    /// The row of a learnware for somebody who is served, and whether they see what is not public of it.
    ///
    /// # Errors
    /// [`DockError::TakenDown`] for those who don't, where an administrator took it down.
    pub async fn seen_by(
        &self,
        viewer: Option<&Principal>,
        id: &LearnwareId,
    ) -> Result<(LearnwareRow, bool)> {
        let row = self.living(id).await?;
        let sees_all = viewer.is_some_and(|viewer| viewer.may_see(&row));
        let is_public = row.visibility == Visibility::Public;
        if !viewer.map_or(is_public, |viewer| viewer.sees(&row.audience())) {
            // Whoever may not see it is not told that it is there.
            return Err(DockError::UnknownLearnware { id: row.number.to_string() });
        }
        match &row.taken_down {
            Some(reason) if !sees_all => {
                Err(DockError::TakenDown { id: row.number.to_string(), reason: reason.clone() })
            }
            _ => Ok((row, sees_all)),
        }
    }

    /// How far the newest versions of these learnwares are, in one question to the database; who is gone is left out.
    pub async fn check_states(&self, ids: &[LearnwareId]) -> Result<Vec<CheckState>> {
        let numbers = ids.iter().map(LearnwareNumber::from_id).collect::<Result<Vec<_>>>()?;
        self.state().store.check_states(&numbers).await
    }

    /// Deletes a learnware with all its versions. Its id is never used again; its packages stay in the folder
    /// until a sweep finds them unused for long enough.
    pub async fn delete(&self, id: &LearnwareId) -> Result<()> {
        let row = self.living(id).await?;
        let now = self.state().config.clock.now();
        if !self.state().store.delete(row.number, now).await? {
            // Somebody else deleted it in between.
            return Err(DockError::Deleted { id: row.number.to_string(), deleted_at: now });
        }
        self.state().fail.pass("delete.committed");
        Ok(())
    }

    /// The same for somebody who is served, with a line in the audit log.
    ///
    /// # Errors
    /// [`DockError::Forbidden`] when it is not theirs.
    pub async fn delete_by(&self, by: &Principal, id: &LearnwareId) -> Result<()> {
        let row = self.living(id).await?;
        by.may_change(&row)?;
        self.delete(id).await?;
        self.audit(Some(by.account), "learnware.delete", &row.number.to_string(), "").await
    }
}

fn entry(row: ListRow) -> Result<LearnwareEntry> {
    let semantic = |text: &str| -> Result<SemanticSpecification> {
        let value: Value = serde_json::from_str(text).map_err(|error| DockError::BadRow {
            what: format!("semantic specification of {}", row.learnware.number),
            reason: error.to_string(),
        })?;
        Ok(SemanticSpecification::from_json(&value)?)
    };
    Ok(LearnwareEntry {
        id: row.learnware.number.id(),
        semantic: semantic(&row.semantic)?,
        format: row.format,
        latest_version: row.learnware.latest_version,
        latest_status: row.latest_status,
        newest_version: row.newest_version,
        newest_status: row.newest_status,
        newest_semantic: semantic(&row.newest_semantic)?,
        newest_submitted_at: row.newest_submitted_at,
        same_package: row.same_package,
        check: row.check,
        created_at: row.learnware.created_at,
        deleted_at: row.learnware.deleted_at,
        owner: row.learnware.owner,
    })
}

fn version_detail(
    row: VersionRow,
    check: Option<JobSummary>,
    data: Option<DataForm>,
) -> Result<VersionDetail> {
    let specification = Specification {
        semantic: row.specification.semantic()?,
        statistical: row.specification.statistical()?,
    };
    let report = row.report.as_deref().map(serde_json::from_str).transpose().map_err(|error| {
        DockError::BadRow { what: format!("check report of {}", row.number), reason: error.to_string() }
    })?;
    Ok(VersionDetail {
        version: row.version,
        digest: row.digest,
        size_bytes: row.size_bytes,
        status: row.status,
        specification,
        format: row.format,
        data,
        report,
        check,
        submitted_at: row.submitted_at,
        checked_at: row.checked_at,
    })
}
