//! The files of this machine, for `learnware_data`.

use std::io;
use std::path::Path;

use learnware_data::files::{Files, Found, Input, Location};

/// The disk as it is.
pub(crate) struct Disk;

/// A path on it.
pub(crate) fn at(path: &Path) -> Location<'_> {
    Location { files: &Disk, path }
}

impl Files for Disk {
    fn find(&self, path: &Path) -> io::Result<Found> {
        let metadata = std::fs::metadata(path)?;
        Ok(if metadata.is_dir() { Found::Folder } else { Found::File(metadata.len()) })
    }

    fn open(&self, path: &Path) -> io::Result<Box<dyn Input>> {
        Ok(Box::new(std::fs::File::open(path)?))
    }

    fn list(&self, folder: &Path) -> io::Result<Vec<(String, bool)>> {
        let mut found = Vec::new();
        for item in std::fs::read_dir(folder)? {
            let item = item?;
            let is_folder = item.file_type()?.is_dir();
            if is_folder || item.path().is_file() {
                found.push((item.file_name().to_string_lossy().into_owned(), is_folder));
            }
        }
        Ok(found)
    }
}
