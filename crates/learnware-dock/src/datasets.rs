//! Benchmark data sets: files that researchers compare methods on, beside the learnwares. Administrators bring them,
//! everybody takes them.
//!
//! A data set is `folder/file`, two plain names; nothing of that becomes a path on a disk: the bytes are a blob.

use std::fs::File;
use std::path::{Path, PathBuf};
use std::str::FromStr;

use crate::accounts::{Principal, Scope};
use crate::cpu::Pool;
use crate::dock::Dock;
use crate::error::{DockError, Result};
use crate::store::blobs::Digest;
use crate::store::files::{FileKind, FileRow};

/// Bytes of a data set at most: what a person still downloads.
pub const DATASET_BYTES_MAX: u64 = 4 << 30;
/// Characters of a folder's and of a file's name.
const NAME_CHARS_MAX: usize = 100;
/// How often keeping is begun again because a sweep took the blob in between.
const BEGUN_MAX: u32 = 5;

/// A data set's name: a folder and a file, each of letters, digits and `.`, `-`, `_`, and not beginning with a dot.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct DatasetName {
    folder: String,
    file: String,
}

impl DatasetName {
    /// The folder.
    pub fn folder(&self) -> &str {
        &self.folder
    }

    /// The file in it.
    pub fn file(&self) -> &str {
        &self.file
    }
}

impl std::fmt::Display for DatasetName {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}/{}", self.folder, self.file)
    }
}

impl FromStr for DatasetName {
    type Err = DockError;

    fn from_str(text: &str) -> Result<Self> {
        let is_plain = |name: &str| {
            (1..=NAME_CHARS_MAX).contains(&name.chars().count())
                && !name.starts_with('.')
                && name.chars().all(|character| character.is_alphanumeric() || ".-_".contains(character))
        };
        match text.split_once('/') {
            Some((folder, file)) if is_plain(folder) && is_plain(file) => {
                Ok(Self { folder: folder.to_owned(), file: file.to_owned() })
            }
            _ => Err(DockError::BadDatasetName { name: text.chars().take(2 * NAME_CHARS_MAX).collect() }),
        }
    }
}

/// A data set that the dock keeps.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Dataset {
    /// Its name.
    pub name: DatasetName,
    /// What is known of the file.
    pub file: FileRow,
}

impl Dock {
    /// All data sets, by name.
    pub async fn datasets(&self) -> Result<Vec<Dataset>> {
        let rows = self.state().store.files(FileKind::Dataset).await?;
        rows.into_iter().map(|file| Ok(Dataset { name: file.name.parse()?, file })).collect()
    }

    /// Where the bytes of a data set lie; they belong to the dock: read them, don't write them.
    ///
    /// # Errors
    /// [`DockError::UnknownDataset`] when there is none; an error when it is damaged.
    pub async fn dataset(&self, name: &DatasetName) -> Result<(Dataset, PathBuf)> {
        let file = self.state().store.file(FileKind::Dataset, &name.to_string()).await?;
        let file = file.ok_or_else(|| DockError::UnknownDataset { name: name.to_string() })?;
        let (blobs, digest) = (self.state().blobs.clone(), file.digest.clone());
        let find = move || blobs.verified_path(&digest);
        let path = self.state().cpu.run(Pool::Compute, "opening the data set", find).await??;
        Ok((Dataset { name: name.clone(), file }, path))
    }

    /// Keeps the file at `path` as a data set, in place of what had that name.
    ///
    /// # Errors
    /// [`DockError::Forbidden`] for others than administrators.
    pub async fn add_dataset(
        &self,
        by: Option<&Principal>,
        name: &DatasetName,
        path: &Path,
    ) -> Result<Dataset> {
        by.map_or(Ok(()), |by| by.needs(Scope::Admin))?;
        let file = self.keep_file(FileKind::Dataset, &name.to_string(), path, DATASET_BYTES_MAX).await?;
        self.audit(by.map(|by| by.account), "dataset.add", &file.name, file.digest.as_str()).await?;
        Ok(Dataset { name: name.clone(), file })
    }

    /// Removes a data set.
    ///
    /// # Errors
    /// [`DockError::UnknownDataset`] when there is none; [`DockError::Forbidden`] for others than administrators.
    pub async fn remove_dataset(&self, by: Option<&Principal>, name: &DatasetName) -> Result<()> {
        by.map_or(Ok(()), |by| by.needs(Scope::Admin))?;
        let name = name.to_string();
        if !self.state().store.remove_file(FileKind::Dataset, &name).await? {
            return Err(DockError::UnknownDataset { name });
        }
        self.audit(by.map(|by| by.account), "dataset.remove", &name, "").await
    }

    /// Makes a blob of the file at `path` and keeps it under a name.
    pub(crate) async fn keep_file(
        &self,
        kind: FileKind,
        name: &str,
        path: &Path,
        bytes_max: u64,
    ) -> Result<FileRow> {
        let state = self.state();
        for _ in 0..BEGUN_MAX {
            let (blobs, path) = (state.blobs.clone(), path.to_owned());
            let publish = move || -> Result<(Digest, u64)> {
                let mut source = File::open(&path).map_err(DockError::io("open", &path))?;
                let staged = blobs.stage(&mut source, bytes_max)?;
                let size_bytes = staged.size_bytes();
                Ok((blobs.publish(staged)?, size_bytes))
            };
            let (digest, size_bytes) = state.cpu.run(Pool::Compute, "keeping a file", publish).await??;
            let file = FileRow { name: name.to_owned(), digest, size_bytes, created_at: self.now() };
            if state.store.add_file(kind, &file, &state.blobs).await? {
                return Ok(file);
            }
        }
        Err(DockError::Busy { action: "keep the file, which a sweep removes again and again" })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_two_plain_names() {
        for good in ["pfs/data.zip", "M5/user_0.csv", "销售/数据-1.zip"] {
            assert_eq!(good.parse::<DatasetName>().unwrap().to_string(), good);
        }
        for bad in
            ["", "a", "/a", "a/", "a/b/c", "../a", "a/..", "/etc/passwd", ".a/b", "a/.b", "a\\b/c", "a/b\0"]
        {
            assert!(matches!(bad.parse::<DatasetName>(), Err(DockError::BadDatasetName { .. })), "{bad}");
        }
        assert!(format!("a/{}", "b".repeat(101)).parse::<DatasetName>().is_err());
    }
}
