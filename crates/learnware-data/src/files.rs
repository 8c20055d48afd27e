//! Where the bytes of data come from: a disk, memory, or what a browser was given.

use std::collections::BTreeMap;
use std::io::{self, Cursor, Read, Seek};
use std::path::Path;
use std::sync::Arc;

use crate::error::TableFileError;

/// Bytes of a file that is read as a whole at most.
pub const FILE_BYTES_MAX: u64 = 4 << 30;

/// An opened file.
pub trait Input: Read + Seek + Send {}

impl<T: Read + Seek + Send> Input for T {}

/// What lies at a place.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Found {
    /// A folder.
    Folder,
    /// A file of so many bytes.
    File(u64),
}

/// Files and folders by their paths.
pub trait Files: Sync {
    /// What lies there; [`io::ErrorKind::NotFound`] where nothing does.
    fn find(&self, path: &Path) -> io::Result<Found>;

    /// Opens a file.
    fn open(&self, path: &Path) -> io::Result<Box<dyn Input>>;

    /// The names in a folder, and whether each is a folder itself; links to folders are left out, so that
    /// nothing goes in circles.
    fn list(&self, folder: &Path) -> io::Result<Vec<(String, bool)>>;
}

/// A path with the files that it lies among.
#[derive(Clone, Copy)]
pub struct Location<'a> {
    /// The files.
    pub files: &'a dyn Files,
    /// The path among them.
    pub path: &'a Path,
}

impl Location<'_> {
    /// Whether anything is there.
    pub fn exists(self) -> bool {
        self.files.find(self.path).is_ok()
    }

    /// Whether it is a folder.
    pub fn is_folder(self) -> bool {
        self.files.find(self.path).is_ok_and(|found| found == Found::Folder)
    }

    /// Whether it is a file.
    pub fn is_file(self) -> bool {
        self.files.find(self.path).is_ok_and(|found| found != Found::Folder)
    }

    /// Opens the file.
    pub fn open(self) -> Result<Box<dyn Input>, TableFileError> {
        self.files.open(self.path).map_err(|source| self.unreadable(source))
    }

    /// Bytes of the file; one that is absent, a folder or empty is refused.
    pub fn size(self) -> Result<u64, TableFileError> {
        match self.files.find(self.path) {
            Ok(Found::Folder) => Err(TableFileError::Directory(self.path.into())),
            Ok(Found::File(0)) => Err(TableFileError::Empty(self.path.into())),
            Ok(Found::File(bytes)) => Ok(bytes),
            Err(error) if error.kind() == io::ErrorKind::NotFound => {
                Err(TableFileError::Missing(self.path.into()))
            }
            Err(source) => Err(self.unreadable(source)),
        }
    }

    /// The content of the file; one that is absent, a folder, empty or too large is refused.
    pub fn bytes(self) -> Result<Vec<u8>, TableFileError> {
        let size = self.size()?;
        if size > FILE_BYTES_MAX {
            return Err(TableFileError::TooLarge(self.path.into()));
        }
        let mut bytes = Vec::with_capacity(usize::try_from(size).unwrap_or(0));
        self.open()?.read_to_end(&mut bytes).map_err(|source| self.unreadable(source))?;
        Ok(bytes)
    }

    /// The refusal of a file that can't be read.
    pub(crate) fn unreadable(self, source: io::Error) -> TableFileError {
        TableFileError::Unreadable { path: self.path.into(), source }
    }
}

/// Files in memory, by names with `/` between folders.
#[derive(Debug, Clone, Default)]
pub struct MemoryFiles {
    files: BTreeMap<String, Arc<[u8]>>,
}

impl MemoryFiles {
    /// Adds a file, or puts another in its place.
    pub fn insert(&mut self, name: impl Into<String>, bytes: impl Into<Arc<[u8]>>) {
        self.files.insert(name.into(), bytes.into());
    }
}

/// Names below `folder` among all names in order, as [`Files::list`] gives them.
pub fn list_names<'a>(names: impl Iterator<Item = &'a str>, folder: &Path) -> Vec<(String, bool)> {
    let folder = folder.to_string_lossy();
    let mut found: Vec<(String, bool)> = Vec::new();
    for name in names {
        let below = match folder.as_ref() {
            "" => Some(name),
            folder => name.strip_prefix(folder).and_then(|name| name.strip_prefix('/')),
        };
        let Some(below) = below else { continue };
        let one = match below.split_once('/') {
            Some((folder, _)) => (folder.to_owned(), true),
            None => (below.to_owned(), false),
        };
        if found.last() != Some(&one) {
            found.push(one);
        }
    }
    found
}

impl Files for MemoryFiles {
    fn find(&self, path: &Path) -> io::Result<Found> {
        if let Some(bytes) = self.files.get(path.to_string_lossy().as_ref()) {
            return Ok(Found::File(bytes.len() as u64));
        }
        if self.list(path)?.is_empty() { Err(io::ErrorKind::NotFound.into()) } else { Ok(Found::Folder) }
    }

    fn open(&self, path: &Path) -> io::Result<Box<dyn Input>> {
        let bytes = self.files.get(path.to_string_lossy().as_ref());
        Ok(Box::new(Cursor::new(bytes.ok_or(io::ErrorKind::NotFound)?.clone())))
    }

    fn list(&self, folder: &Path) -> io::Result<Vec<(String, bool)>> {
        Ok(list_names(self.files.keys().map(String::as_str), folder))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn folders_are_what_names_begin_with() {
        let mut files = MemoryFiles::default();
        for name in ["data/a/1.png", "data/a/2.png", "data/b.txt", "data2/c.txt"] {
            files.insert(name, b"x".as_slice());
        }
        assert_eq!(files.list(Path::new("data")).unwrap(), [("a".into(), true), ("b.txt".into(), false)]);
        assert_eq!(files.find(Path::new("data/a")).unwrap(), Found::Folder);
        assert_eq!(files.find(Path::new("data/b.txt")).unwrap(), Found::File(1));
        assert!(files.find(Path::new("dat")).is_err());
    }
}
