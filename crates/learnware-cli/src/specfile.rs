//! Specification files on disk, and specifications made from data on the spot.

use std::path::Path;

use anyhow::Context as _;
use learnware_data::error::TableFileError;
pub(crate) use learnware_data::specfile::{
    DELTA, Described, Generated, Maker, Noise, Numbers, Report, to_json,
};

use crate::cli::ColumnArgs;
use crate::datafile::{self, DataOptions};
use crate::disk::Disk;
use crate::embedders::Embedders;
use crate::printer::Printer;

/// Makes specifications of what lies on disk, with the usual number of points.
pub(crate) fn maker<'a>(
    options: DataOptions,
    columns: &ColumnArgs,
    embedders: &'a Embedders,
    printer: &'a Printer,
) -> Maker<'a> {
    Maker::new(options, columns.infer_options(), embedders, (&Disk, printer))
}

/// A seed of noise: whoever knew it could take the noise away, so it is drawn here and forgotten.
pub(crate) fn secret_seed() -> anyhow::Result<u64> {
    let mut bytes = [0; 8];
    getrandom::fill(&mut bytes).context("this machine gives no random numbers")?;
    Ok(u64::from_ne_bytes(bytes))
}

/// Reads a specification file.
pub(crate) fn read(path: &Path) -> anyhow::Result<Described> {
    let bytes = match std::fs::read(path) {
        Ok(bytes) => bytes,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => {
            return Err(learnware_data::DataError::from(TableFileError::Missing(path.into())).into());
        }
        Err(source) => {
            let error = TableFileError::Unreadable { path: path.into(), source };
            return Err(learnware_data::DataError::from(error).into());
        }
    };
    Ok(learnware_data::specfile::from_bytes(path, &bytes)?)
}

/// Takes either a specification file or data, of which the specification is made.
pub(crate) fn read_or_make(path: &Path, maker: &Maker<'_>) -> anyhow::Result<Described> {
    if !datafile::is_data(path) && maker.options.kind.is_none() {
        return read(path);
    }
    Ok(maker.report(path)?.described)
}
