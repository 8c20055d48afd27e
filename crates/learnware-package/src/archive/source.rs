//! Where the bytes of a zip lie: in memory, or in a file that is read piece by piece.

use std::fs::File;
use std::io::{self, Read};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use super::over;
use crate::error::{PackageError, Result};

/// The bytes of a zip.
#[derive(Debug, Clone)]
pub(super) enum Source {
    Memory(Arc<[u8]>),
    File { file: Arc<File>, length: u64, path: PathBuf },
}

impl Source {
    pub(super) fn open(path: &Path) -> Result<Self> {
        let file = File::open(path).map_err(PackageError::file(path))?;
        let length = file.metadata().map_err(PackageError::file(path))?.len();
        Ok(Self::File { file: Arc::new(file), length, path: path.into() })
    }

    pub(super) fn length(&self) -> u64 {
        match self {
            Self::Memory(bytes) => bytes.len() as u64,
            Self::File { length, .. } => *length,
        }
    }

    /// The bytes from `start` to before `end`, at most `count_max`; `None` where the zip is shorter.
    pub(super) fn bytes(&self, start: u64, end: u64, count_max: u64) -> Result<Option<Vec<u8>>> {
        if end > self.length() || start > end {
            return Ok(None);
        }
        over("bytes of its directory", end - start, count_max)?;
        let mut bytes = Vec::new();
        self.part(start, end - start).read_to_end(&mut bytes).map_err(|error| self.failed(error))?;
        Ok((bytes.len() as u64 == end - start).then_some(bytes))
    }

    /// A reader of `count` bytes from `start` on.
    pub(super) fn part(&self, start: u64, count: u64) -> Part<'_> {
        Part { source: self, at: start, end: start.saturating_add(count).min(self.length()) }
    }

    /// What a reader's error means: a fault of this machine's disk is not one of the zip.
    pub(super) fn failed(&self, error: io::Error) -> PackageError {
        match self {
            Self::File { path, .. } => PackageError::file(path)(error),
            Self::Memory(_) => PackageError::archive(error.to_string()),
        }
    }

    fn read_at(&self, at: u64, buffer: &mut [u8]) -> io::Result<usize> {
        match self {
            Self::Memory(bytes) => {
                let count = buffer.len().min(bytes.len() - at as usize);
                buffer[..count].copy_from_slice(&bytes[at as usize..][..count]);
                Ok(count)
            }
            Self::File { file, .. } => read_file_at(file, at, buffer),
        }
    }
}

#[cfg(unix)]
fn read_file_at(file: &File, at: u64, buffer: &mut [u8]) -> io::Result<usize> {
    use std::os::unix::fs::FileExt as _;
    file.read_at(buffer, at)
}

/// Browsers have no files of this kind, and one thread.
#[cfg(not(unix))]
fn read_file_at(mut file: &File, at: u64, buffer: &mut [u8]) -> io::Result<usize> {
    use std::io::Seek as _;
    file.seek(io::SeekFrom::Start(at))?;
    file.read(buffer)
}

/// Some of the bytes, in order.
#[derive(Debug)]
pub(super) struct Part<'a> {
    source: &'a Source,
    at: u64,
    end: u64,
}

impl Read for Part<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let count = usize::try_from(self.end - self.at).unwrap_or(usize::MAX).min(buffer.len());
        let read = self.source.read_at(self.at, &mut buffer[..count])?;
        self.at += read as u64;
        Ok(read)
    }
}
