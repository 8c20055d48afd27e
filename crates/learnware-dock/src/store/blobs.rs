//! Packages on disk, named by their content: `blobs/ab/cdef…` from the BLAKE3 digest in hexadecimal.
//!
//! A blob is written under a temporary name, brought to the disk, renamed, and then its folder is brought to
//! the disk: whatever has its final name is whole. Blobs never change. See `docs/adr/0011-blobs.md`. They may
//! lie in a bucket instead (`docs/adr/0023-postgres-and-s3.md`); then the folder holds copies.
//! Blocking: call through `cpu`.

use std::fs::{self, File};
use std::io::{self, Read, Write};
use std::path::{Path, PathBuf};
#[cfg(feature = "s3")]
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use tempfile::NamedTempFile;

#[cfg(feature = "s3")]
use super::bucket::Bucket;
use crate::address::Address;
use crate::error::{DockError, Result};
use crate::failpoint::FailPoints;

/// Folder of files that are not blobs yet.
const STAGING: &str = "staging";
/// Bytes copied at once.
const CHUNK_BYTES: usize = 1 << 16;
/// Local copies of a store's packages: above this, those used longest ago go.
#[cfg(feature = "s3")]
const COPIES_BYTES_MAX: u64 = 8 << 30;
/// A copy used within this time is left alone, and a blob published within it is not sent again. Longer than
/// opening a package takes, much shorter than unused packages are kept.
#[cfg(feature = "s3")]
const YOUNG: Duration = Duration::from_hours(1);

/// BLAKE3 digest of a blob, 64 lower-case hexadecimal digits.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Digest(String);

impl Digest {
    /// The digest of `bytes`.
    pub fn of(bytes: &[u8]) -> Self {
        Self(blake3::hash(bytes).to_hex().to_string())
    }

    /// Reads a digest; `None` when it is not 64 lower-case hexadecimal digits.
    pub fn from_hex(text: &str) -> Option<Self> {
        let plain = text.len() == 64 && text.bytes().all(|b| matches!(b, b'0'..=b'9' | b'a'..=b'f'));
        plain.then(|| Self(text.to_owned()))
    }

    /// Its 64 digits.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl std::fmt::Display for Digest {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.pad(&self.0)
    }
}

/// The blobs of a dock.
#[derive(Debug, Clone)]
pub struct Blobs {
    root: PathBuf,
    home: Home,
}

/// Where blobs have their final names.
#[derive(Debug, Clone)]
enum Home {
    /// In `root`.
    Folder,
    /// In a bucket; `root` holds copies.
    #[cfg(feature = "s3")]
    Bucket(Arc<Bucket>),
}

/// A blob on its way in: on disk under a temporary name, removed when dropped.
#[derive(Debug)]
pub struct Staged {
    file: NamedTempFile,
    digest: Digest,
    size_bytes: u64,
}

impl Staged {
    /// Where it lies until it is published.
    pub fn path(&self) -> &Path {
        self.file.path()
    }

    /// The digest of its content.
    pub fn digest(&self) -> &Digest {
        &self.digest
    }

    /// The size of its content.
    pub fn size_bytes(&self) -> u64 {
        self.size_bytes
    }
}

/// A blob found in the folder.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BlobEntry {
    /// Its digest, from its name.
    pub digest: Digest,
    /// Since when it has not been published again.
    pub age: Duration,
}

impl Blobs {
    /// The blobs in `root`, which is made with its first blob.
    pub fn new(root: PathBuf) -> Self {
        Self { root, home: Home::Folder }
    }

    /// The blobs in an S3-compatible store, `s3://bucket/prefix`; copies of those that were used last lie in
    /// `root`.
    ///
    /// # Errors
    /// [`DockError::Setting`] when the address can't be one, or this program was built without the feature `s3`.
    #[cfg(feature = "s3")]
    pub fn in_bucket(root: PathBuf, address: &Address) -> Result<Self> {
        Ok(Self { root, home: Home::Bucket(Arc::new(Bucket::open(address)?)) })
    }

    /// Refuses, because this program was built without the feature `s3`.
    ///
    /// # Errors
    /// [`DockError::Setting`].
    #[cfg(not(feature = "s3"))]
    pub fn in_bucket(_root: PathBuf, address: &Address) -> Result<Self> {
        let wanted = "unset: this program was built without S3";
        Err(DockError::Setting { name: "LEARNWARE_PACKAGES", value: address.to_string(), wanted })
    }

    /// The folder of files that are not blobs yet, which is made.
    pub(crate) fn staging_folder(&self) -> Result<PathBuf> {
        let staging = self.root.join(STAGING);
        fs::create_dir_all(&staging).map_err(DockError::io("make the folder", &staging))?;
        Ok(staging)
    }

    /// Copies `source` into the staging folder while its digest is taken, and brings it to the disk.
    /// `bytes_max` bounds what is written, whatever the size was said to be.
    pub fn stage(&self, source: &mut dyn Read, bytes_max: u64) -> Result<Staged> {
        let staging = self.staging_folder()?;
        let mut builder = tempfile::Builder::new();
        #[cfg(unix)]
        let open_to_all = std::os::unix::fs::PermissionsExt::from_mode(0o666); // less the umask
        #[cfg(unix)]
        builder.permissions(open_to_all);
        let mut file =
            builder.prefix("in-").tempfile_in(&staging).map_err(DockError::io("make a file in", &staging))?;
        let (digest, size_bytes) = copy_hashing(source, &mut file, bytes_max)
            .and_then(|done| file.as_file().sync_all().map(|()| done))
            .map_err(DockError::io("write", file.path()))?;
        Ok(Staged { file, digest, size_bytes })
    }

    /// Gives a staged blob its final name. When this returns, the blob survives a power cut. Publishing a
    /// blob that is there already replaces it by the same bytes and makes it young again for the sweep.
    pub fn publish(&self, staged: Staged) -> Result<Digest> {
        #[cfg(feature = "s3")]
        if let Home::Bucket(bucket) = &self.home {
            // A young one need not be made young again.
            if bucket.age(&staged.digest)?.is_none_or(|age| age >= YOUNG) {
                bucket.put(&staged.digest, staged.path())?;
            }
            let path = self.path(&staged.digest);
            let digest = staged.digest.clone();
            self.keep_copy(staged.file, &path)?; // Its check wants it next.
            return Ok(digest);
        }
        self.rename(staged)
    }

    /// Whether the blob is there.
    pub fn has(&self, digest: &Digest) -> Result<bool> {
        match &self.home {
            Home::Folder => Ok(self.path(digest).is_file()),
            #[cfg(feature = "s3")]
            Home::Bucket(bucket) => Ok(bucket.age(digest)?.is_some()),
        }
    }

    /// Where the blob lies, after its content was compared with its digest; a copy of it, when it lies in a
    /// store.
    pub fn verified_path(&self, digest: &Digest) -> Result<PathBuf> {
        let path = self.path(digest);
        match &self.home {
            Home::Folder => verify(&path, digest)?,
            #[cfg(feature = "s3")]
            Home::Bucket(bucket) => {
                if verify(&path, digest).is_err() {
                    self.fetch(bucket, digest, &path)?;
                }
                // The time of its last use.
                File::open(&path)
                    .and_then(|file| file.set_modified(SystemTime::now()))
                    .map_err(DockError::io("touch", &path))?;
            }
        }
        Ok(path)
    }

    /// Removes the blob, if it is there.
    pub fn remove(&self, digest: &Digest) -> Result<()> {
        #[cfg(feature = "s3")]
        if let Home::Bucket(bucket) = &self.home {
            bucket.remove(digest)?;
        }
        let path = self.path(digest);
        match fs::remove_file(&path) {
            Ok(()) => Ok(()),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(()),
            Err(error) => Err(DockError::io("remove", path)(error)),
        }
    }

    /// How long ago the blob was published, if it is there.
    pub fn age(&self, digest: &Digest) -> Result<Option<Duration>> {
        match &self.home {
            Home::Folder => Ok(fs::metadata(self.path(digest)).ok().map(|metadata| age_of(&metadata))),
            #[cfg(feature = "s3")]
            Home::Bucket(bucket) => bucket.age(digest),
        }
    }

    /// Removes the blob when it was published at least `age_min` ago; false when it is younger or not there.
    pub(super) async fn remove_old(
        &self,
        digest: &Digest,
        age_min: Duration,
        fail: &FailPoints,
    ) -> Result<bool> {
        let (digest, fail) = (digest.clone(), fail.clone());
        let remove = move |blobs: &Self| {
            if blobs.age(&digest)?.is_none_or(|age| age < age_min) {
                return Ok(false);
            }
            fail.pass("sweep.before_remove");
            blobs.remove(&digest)?;
            fail.pass("sweep.removed");
            Ok(true)
        };
        self.when_async(remove).await
    }

    /// Does short work inside a transaction.
    #[cfg_attr(not(feature = "s3"), expect(clippy::unused_async, reason = "only a network is waited for"))]
    pub(super) async fn when_async<T: Send + 'static>(
        &self,
        work: impl FnOnce(&Self) -> Result<T> + Send + 'static,
    ) -> Result<T> {
        match &self.home {
            Home::Folder => work(self),
            #[cfg(feature = "s3")]
            Home::Bucket(_) => {
                let blobs = self.clone();
                match tokio::task::spawn_blocking(move || work(&blobs)).await {
                    Ok(done) => done,
                    Err(error) => match error.try_into_panic() {
                        Ok(panic) => std::panic::resume_unwind(panic),
                        Err(_) => Err(DockError::Closed),
                    },
                }
            }
        }
    }

    /// Every blob, in the order of digests. Files of other names are left alone.
    pub fn list(&self) -> Result<Vec<BlobEntry>> {
        match &self.home {
            Home::Folder => self.list_folder(),
            #[cfg(feature = "s3")]
            Home::Bucket(bucket) => bucket.list(),
        }
    }

    fn list_folder(&self) -> Result<Vec<BlobEntry>> {
        let mut found = Vec::new();
        for folder in read_folder(&self.root)? {
            let Some(prefix) = folder.file_name().to_str().filter(|name| name.len() == 2).map(str::to_owned)
            else {
                continue;
            };
            for file in read_folder(&folder.path())? {
                let name = file.file_name();
                let digest = name.to_str().and_then(|rest| Digest::from_hex(&format!("{prefix}{rest}")));
                // A file that vanishes meanwhile was swept by another process.
                if let (Some(digest), Ok(metadata)) = (digest, file.metadata()) {
                    found.push(BlobEntry { digest, age: age_of(&metadata) });
                }
            }
        }
        found.sort_by(|a, b| a.digest.cmp(&b.digest));
        Ok(found)
    }

    /// Removes staged files that nobody has written for `age_min`; returns how many.
    pub fn sweep_staging(&self, age_min: Duration) -> Result<usize> {
        let mut removed = 0;
        for file in read_folder(&self.root.join(STAGING))? {
            if file.metadata().is_ok_and(|metadata| metadata.is_file() && age_of(&metadata) >= age_min) {
                match fs::remove_file(file.path()) {
                    Ok(()) => removed += 1,
                    Err(error) if error.kind() == io::ErrorKind::NotFound => {}
                    Err(error) => return Err(DockError::io("remove", file.path())(error)),
                }
            }
        }
        Ok(removed)
    }

    /// Publishes in the folder.
    fn rename(&self, staged: Staged) -> Result<Digest> {
        let path = self.path(&staged.digest);
        let folder = path.parent().unwrap_or(&self.root).to_owned();
        if !folder.exists() {
            fs::create_dir_all(&folder).map_err(DockError::io("make the folder", &folder))?;
            sync_folder(&self.root)?;
            if let Some(parent) = self.root.parent() {
                sync_folder(parent)?;
            }
        }
        // The age counts from now, not from when the upload began.
        let now = SystemTime::now();
        staged.file.as_file().set_modified(now).map_err(DockError::io("touch", staged.file.path()))?;
        staged.file.persist(&path).map_err(|error| DockError::io("rename", path)(error.error))?;
        sync_folder(&folder)?;
        Ok(staged.digest)
    }

    /// Fetches a blob into the folder.
    #[cfg(feature = "s3")]
    fn fetch(&self, bucket: &Bucket, digest: &Digest, path: &Path) -> Result<()> {
        let staging = self.staging_folder()?;
        let file = NamedTempFile::with_prefix_in("out-", &staging)
            .map_err(DockError::io("make a file in", &staging))?;
        let target = file.as_file().try_clone().map_err(DockError::io("open", file.path()))?;
        if bucket.fetch(digest, target)?.is_none() {
            return Err(DockError::BlobMissing { digest: digest.to_string() });
        }
        verify(file.path(), digest)?;
        self.keep_copy(file, path)
    }

    /// Gives a copy its name, then removes the copies used longest ago when there are too many.
    #[cfg(feature = "s3")]
    fn keep_copy(&self, file: NamedTempFile, path: &Path) -> Result<()> {
        let folder = path.parent().unwrap_or(&self.root);
        fs::create_dir_all(folder).map_err(DockError::io("make the folder", folder))?;
        file.persist(path).map_err(|error| DockError::io("rename", path)(error.error))?;
        let mut copies = Vec::new();
        for entry in self.list_folder()? {
            let path = self.path(&entry.digest);
            let size = fs::metadata(&path).map_or(0, |metadata| metadata.len());
            copies.push((entry.age, size, path));
        }
        let mut total: u64 = copies.iter().map(|(_, size, _)| size).sum();
        copies.sort();
        // A copy that was used a moment ago may be in use.
        while total > COPIES_BYTES_MAX
            && let Some((_, size, path)) = copies.pop_if(|(age, _, _)| *age >= YOUNG)
        {
            fs::remove_file(&path).ok(); // Another process may have been faster.
            total -= size;
        }
        Ok(())
    }

    fn path(&self, digest: &Digest) -> PathBuf {
        let (folder, file) = digest.0.split_at(2);
        self.root.join(folder).join(file)
    }
}

/// Copies everything and takes the digest; more than `bytes_max` bytes are an error of kind `FileTooLarge`.
fn copy_hashing(source: &mut dyn Read, target: &mut dyn Write, bytes_max: u64) -> io::Result<(Digest, u64)> {
    let mut hasher = blake3::Hasher::new();
    let mut chunk = vec![0; CHUNK_BYTES];
    let mut size_bytes = 0;
    loop {
        let count = match source.read(&mut chunk) {
            Ok(0) => break,
            Ok(count) => count,
            Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
            Err(error) => return Err(error),
        };
        size_bytes += count as u64;
        if size_bytes > bytes_max {
            return Err(io::Error::new(io::ErrorKind::FileTooLarge, format!("over {bytes_max} bytes")));
        }
        hasher.update(&chunk[..count]);
        target.write_all(&chunk[..count])?;
    }
    Ok((Digest(hasher.finalize().to_hex().to_string()), size_bytes))
}

/// Compares a file with its digest.
fn verify(path: &Path, digest: &Digest) -> Result<()> {
    let mut file = match File::open(path) {
        Ok(file) => file,
        Err(error) if error.kind() == io::ErrorKind::NotFound => {
            return Err(DockError::BlobMissing { digest: digest.to_string() });
        }
        Err(error) => return Err(DockError::io("open", path)(error)),
    };
    let (found, _) =
        copy_hashing(&mut file, &mut io::sink(), u64::MAX).map_err(DockError::io("read", path))?;
    if &found == digest {
        Ok(())
    } else {
        Err(DockError::BlobDamaged { digest: digest.to_string(), found: found.to_string() })
    }
}

/// Entries of a folder; none when it is not there.
fn read_folder(path: &Path) -> Result<Vec<fs::DirEntry>> {
    if !path.is_dir() {
        return Ok(Vec::new());
    }
    fs::read_dir(path).and_then(Iterator::collect).map_err(DockError::io("read the folder", path))
}

fn age_of(metadata: &fs::Metadata) -> Duration {
    metadata.modified().ok().and_then(|then| then.elapsed().ok()).unwrap_or(Duration::ZERO)
}

/// Brings a folder's entries to the disk.
pub(crate) fn sync_folder(path: &Path) -> Result<()> {
    if cfg!(unix) {
        // Elsewhere a folder can't be opened as a file, and the file system orders renames itself.
        File::open(path)
            .and_then(|folder| folder.sync_all())
            .map_err(DockError::io("bring to the disk", path))?;
    }
    Ok(())
}
