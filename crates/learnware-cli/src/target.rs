//! Which dock a command works on: `--dock`, else `LEARNWARE_DOCK`, else the user's own folder.

use std::path::PathBuf;

use etcetera::BaseStrategy as _;

use crate::cli::DockArgs;
use crate::error::advised;

/// The folder of the dock.
pub(crate) fn dock_folder(arguments: &DockArgs) -> anyhow::Result<PathBuf> {
    match &arguments.dock {
        Some(place) if place.starts_with("http://") || place.starts_with("https://") => Err(advised(
            format!("{place} is a dock server, and this release works with folders only"),
            "name a folder with --dock, or leave it out for your own dock",
        )),
        Some(place) if place.is_empty() => {
            Err(advised("the dock has no name", "name a folder with --dock, or unset LEARNWARE_DOCK"))
        }
        Some(place) => Ok(PathBuf::from(place)),
        None => default_folder(),
    }
}

/// The user's own dock, in the folder that the platform has for the data of programs.
pub(crate) fn default_folder() -> anyhow::Result<PathBuf> {
    let strategy = etcetera::choose_base_strategy()
        .map_err(|_| advised("the home directory is not known", "name the dock's folder with --dock"))?;
    Ok(strategy.data_dir().join("learnware").join("dock"))
}

/// Where environments of Python learnwares are kept.
pub(crate) fn cache_folder() -> anyhow::Result<PathBuf> {
    let strategy = etcetera::choose_base_strategy()
        .map_err(|_| advised("the home directory is not known", "set HOME to a folder you may write"))?;
    Ok(strategy.cache_dir().join("learnware"))
}
