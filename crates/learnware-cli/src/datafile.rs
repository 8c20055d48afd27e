//! Data of any kind, read from disk.

use std::path::Path;

use learnware_data::DataError;
pub(crate) use learnware_data::datafile::{Content, Data, DataOptions, Pictures, one, unit};

use crate::cli::{KindArgs, TableArgs};
use crate::disk;
use crate::printer::Printer;

/// How data is read, from the command line.
pub(crate) fn options(table: &TableArgs, kind: &KindArgs) -> DataOptions {
    let mut table = table.read_options();
    table.text.clone_from(&kind.text_column);
    DataOptions::new(table, kind.kind, kind.resize)
}

/// Reads data of any kind.
pub(crate) fn read(path: &Path, options: &DataOptions, printer: &Printer) -> anyhow::Result<Data> {
    Ok(learnware_data::datafile::read(disk::at(path), options, printer)?)
}

/// Whether the place is data rather than a specification file.
pub(crate) fn is_data(path: &Path) -> bool {
    learnware_data::datafile::is_data(disk::at(path))
}

/// Reads data whose label column is not looked at: other data has the labels. It may have none.
pub(crate) fn read_unlabelled(
    path: &Path,
    mut options: DataOptions,
    printer: &Printer,
) -> anyhow::Result<Data> {
    match read(path, &options, printer) {
        Err(error) if error.downcast_ref().is_some_and(DataError::lacks_labels) => {
            options.table.labels = None;
            read(path, &options, printer)
        }
        read => read,
    }
}
