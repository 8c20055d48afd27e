//! The files of a folder or a zip, in the order of their names.

use std::io::{BufReader, Read as _};
use std::path::Path;

use super::inside;
use crate::error::{Result, refused};
use crate::files::{Input, Location};
use crate::said::said;
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
pub(super) struct Listing<'a> {
    root: Location<'a>,
    files: Vec<Entry>,
    archive: Option<zip::ZipArchive<BufReader<Box<dyn Input>>>>,
}

impl<'a> Listing<'a> {
    /// Lists them.
    pub(super) fn open(root: Location<'a>) -> Result<Self> {
        let mut files = Vec::new();
        let mut archive = None;
        if root.is_folder() {
            walk(root, "", 0, &mut files)?;
        } else {
            let zip = zip::ZipArchive::new(BufReader::new(root.open()?)).map_err(|error| {
                refused(
                    said!(
                        "bad-zip",
                        "{path} is no sound zip: {reason}",
                        path = root.path.display(),
                        reason = error
                    ),
                    "make the zip again",
                )
            })?;
            for (index, name) in zip.file_names().enumerate() {
                let is_hidden = name.split('/').any(|part| part.starts_with('.') || part == "__MACOSX");
                if !name.ends_with('/') && !is_hidden {
                    files.push(Entry { name: name.to_string(), index });
                }
            }
            archive = Some(zip);
        }
        files.sort();
        Ok(Self { root, files, archive })
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
    pub(super) fn read(&mut self, file: &Entry, bytes_max: u64) -> Result<Vec<u8>> {
        let place = inside(self.root, &file.name);
        let unreadable =
            |source: std::io::Error| TableFileError::Unreadable { path: place.clone().into(), source };
        let mut bytes = Vec::new();
        match &mut self.archive {
            None => {
                let opened = self.root.files.open(&self.root.path.join(&file.name)).map_err(unreadable)?;
                opened.take(bytes_max + 1).read_to_end(&mut bytes).map_err(unreadable)?;
            }
            Some(archive) => {
                let opened = archive.by_index(file.index).map_err(|error| {
                    refused(
                        said!(
                            "not-unpacked",
                            "{place} cannot be unpacked: {reason}",
                            place = place,
                            reason = error
                        ),
                        "make the zip again",
                    )
                })?;
                opened.take(bytes_max + 1).read_to_end(&mut bytes).map_err(unreadable)?;
            }
        }
        if bytes.len() as u64 > bytes_max {
            return Err(refused(
                said!(
                    "file-too-large",
                    "{place} has more than {size} MiB",
                    place = place,
                    size = bytes_max >> 20
                ),
                "make it smaller or leave it out",
            ));
        }
        Ok(bytes)
    }
}

/// Adds the files below a folder, hidden ones left out.
fn walk(root: Location<'_>, below: &str, depth: usize, files: &mut Vec<Entry>) -> Result<()> {
    let folder = if below.is_empty() { root.path.to_owned() } else { root.path.join(below) };
    let items = root.files.list(&folder);
    let items = items.map_err(|source| TableFileError::Unreadable { path: folder.clone(), source })?;
    for (item, is_folder) in items {
        if item.starts_with('.') {
            continue;
        }
        let name = if below.is_empty() { item } else { format!("{below}/{item}") };
        if !is_folder {
            files.push(Entry { name, index: 0 });
        } else if depth < DEPTH_MAX {
            walk(root, &name, depth + 1, files)?;
        }
        if files.len() > FILES_MAX {
            return Err(refused(
                said!(
                    "too-many-files",
                    "{path} holds more than {most} files",
                    path = root.path.display(),
                    most = FILES_MAX
                ),
                "name the folder with the data",
            ));
        }
    }
    Ok(())
}
