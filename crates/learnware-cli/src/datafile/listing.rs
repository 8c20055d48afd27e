//! The files of a folder or a zip, in the order of their names.

use std::io::Read as _;
use std::path::{Path, PathBuf};

use super::inside;
use crate::error::advised;
use crate::tablefile::TableFileError;

/// Files looked at at most: a wrong folder (the whole disk) ends soon.
const FILES_MAX: usize = 1_000_000;
/// Folders inside each other at most.
const DEPTH_MAX: usize = 16;

/// A file of a folder or zip.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Entry {
    /// Its name below the folder, with `/` between parts.
    pub(super) name: String,
    /// Its place in the zip.
    index: usize,
}

impl Entry {
    /// The folder that holds it; `None` at the top.
    pub(super) fn folder(&self) -> Option<&str> {
        self.name.rsplit('/').nth(1)
    }

    fn has_ending(&self, endings: &[&str]) -> bool {
        super::has_ending(Path::new(&self.name), endings)
    }
}

/// The files of a folder or zip, hidden ones left out.
#[derive(Debug)]
pub(super) struct Listing {
    root: PathBuf,
    files: Vec<Entry>,
    archive: Option<zip::ZipArchive<std::fs::File>>,
}

impl Listing {
    /// Lists them.
    pub(super) fn open(root: &Path) -> anyhow::Result<Self> {
        let mut files = Vec::new();
        let mut archive = None;
        if root.is_dir() {
            walk(root, root, 0, &mut files)?;
        } else {
            let unreadable = |source| TableFileError::Unreadable { path: root.into(), source };
            let file = std::fs::File::open(root).map_err(unreadable)?;
            let zip = zip::ZipArchive::new(file).map_err(|error| {
                advised(format!("{} is no sound zip: {error}", root.display()), "make the zip again")
            })?;
            for (index, name) in zip.file_names().enumerate() {
                let Ok(name) = name else { continue };
                let is_hidden = name.split('/').any(|part| part.starts_with('.') || part == "__MACOSX");
                if !name.ends_with('/') && !is_hidden {
                    files.push(Entry { name: name.to_string(), index });
                }
            }
            archive = Some(zip);
        }
        files.sort();
        Ok(Self { root: root.into(), files, archive })
    }

    /// Whether there is a file of that name, at the top or in a folder.
    pub(super) fn holds(&self, name: &str) -> bool {
        self.files.iter().any(|file| file.name.rsplit('/').next() == Some(name))
    }

    /// How many files have one of the endings.
    pub(super) fn count(&self, endings: &[&str]) -> usize {
        self.files.iter().filter(|file| file.has_ending(endings)).count()
    }

    /// The files with one of the endings, by name.
    pub(super) fn of_kind(&self, endings: &[&str]) -> Vec<Entry> {
        self.files.iter().filter(|file| file.has_ending(endings)).cloned().collect()
    }

    /// The bytes of a file; more than `bytes_max` are refused.
    pub(super) fn read(&mut self, file: &Entry, bytes_max: u64) -> anyhow::Result<Vec<u8>> {
        let place = inside(&self.root, &file.name);
        let unreadable =
            |source: std::io::Error| TableFileError::Unreadable { path: place.clone().into(), source };
        let mut bytes = Vec::new();
        match &mut self.archive {
            None => {
                let opened = std::fs::File::open(self.root.join(&file.name)).map_err(unreadable)?;
                opened.take(bytes_max + 1).read_to_end(&mut bytes).map_err(unreadable)?;
            }
            Some(archive) => {
                let opened = archive.by_index(file.index).map_err(|error| {
                    advised(format!("{place} cannot be unpacked: {error}"), "make the zip again")
                })?;
                opened.take(bytes_max + 1).read_to_end(&mut bytes).map_err(unreadable)?;
            }
        }
        if bytes.len() as u64 > bytes_max {
            return Err(advised(
                format!("{place} has more than {} MiB", bytes_max >> 20),
                "make it smaller or leave it out",
            ));
        }
        Ok(bytes)
    }
}

/// Adds the files below a folder; links to folders are not followed, so that nothing goes in circles.
fn walk(root: &Path, folder: &Path, depth: usize, files: &mut Vec<Entry>) -> anyhow::Result<()> {
    let unreadable = |source| TableFileError::Unreadable { path: folder.into(), source };
    for item in std::fs::read_dir(folder).map_err(unreadable)? {
        let item = item.map_err(unreadable)?;
        if item.file_name().to_string_lossy().starts_with('.') {
            continue;
        }
        let path = item.path();
        if item.file_type().map_err(unreadable)?.is_dir() {
            if depth < DEPTH_MAX {
                walk(root, &path, depth + 1, files)?;
            }
        } else if path.is_file() {
            let below = path.strip_prefix(root).unwrap_or(&path);
            let parts: Vec<_> = below.components().map(|part| part.as_os_str().to_string_lossy()).collect();
            files.push(Entry { name: parts.join("/"), index: 0 });
        }
        if files.len() > FILES_MAX {
            return Err(advised(
                format!("{} holds more than {FILES_MAX} files", root.display()),
                "name the folder with the data",
            ));
        }
    }
    Ok(())
}
