//! Packages on disk, named by their content: `blobs/ab/cdef…` from the BLAKE3 digest in hexadecimal.
//!
//! A blob is written under a temporary name, brought to the disk, renamed, and then its folder is brought to
//! the disk: whatever has its final name is whole. Blobs never change. See `docs/adr/0011-blobs.md`.
//! Blocking: call through `cpu`.

use std::fs::{self, File};
use std::io::{self, Read, Write};
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};

use tempfile::NamedTempFile;

use crate::error::{DockError, Result};

/// Folder of files that are not blobs yet.
const STAGING: &str = "staging";
/// Bytes copied at once.
const CHUNK_BYTES: usize = 1 << 16;

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
        Self { root }
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

    /// Whether the blob is there.
    pub fn has(&self, digest: &Digest) -> bool {
        self.path(digest).is_file()
    }

    /// Where the blob lies, after its content was compared with its digest.
    pub fn verified_path(&self, digest: &Digest) -> Result<PathBuf> {
        let path = self.path(digest);
        let mut file = match File::open(&path) {
            Ok(file) => file,
            Err(error) if error.kind() == io::ErrorKind::NotFound => {
                return Err(DockError::BlobMissing { digest: digest.to_string() });
            }
            Err(error) => return Err(DockError::io("open", path)(error)),
        };
        let (found, _) =
            copy_hashing(&mut file, &mut io::sink(), u64::MAX).map_err(DockError::io("read", &path))?;
        if &found == digest {
            Ok(path)
        } else {
            Err(DockError::BlobDamaged { digest: digest.to_string(), found: found.to_string() })
        }
    }

    /// Removes the blob, if it is there.
    pub fn remove(&self, digest: &Digest) -> Result<()> {
        let path = self.path(digest);
        match fs::remove_file(&path) {
            Ok(()) => Ok(()),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(()),
            Err(error) => Err(DockError::io("remove", path)(error)),
        }
    }

    /// How long ago the blob was published, if it is there.
    pub fn age(&self, digest: &Digest) -> Option<Duration> {
        fs::metadata(self.path(digest)).ok().map(|metadata| age_of(&metadata))
    }

    /// Every blob, in the order of digests. Files of other names are left alone.
    pub fn list(&self) -> Result<Vec<BlobEntry>> {
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
