//! Arguments of `learnware backup`, `restore` and `migrate`.

use std::path::PathBuf;

use clap::Args;

use super::shared::DockArgs;

/// Write everything a dock holds into a folder, while it is used.
///
/// The folder is a backup of any kind of dock: rows as lines, packages by digest, all with checksums. Packages of an
/// earlier backup in it are kept and not written again.
#[derive(Debug, Args)]
#[command(after_long_help = "\
Examples:
  learnware backup --dock market/ backups/market")]
pub(crate) struct BackupArgs {
    /// The folder of the backup.
    #[arg(value_name = "FOLDER")]
    pub(crate) folder: PathBuf,
    /// Which dock.
    #[command(flatten)]
    pub(crate) dock: DockArgs,
}

/// Make a dock from a backup.
///
/// The dock is new: a folder that is not there yet, or with LEARNWARE_DATABASE a database that is empty.
#[derive(Debug, Args)]
#[command(after_long_help = "\
Examples:
  learnware restore --dock market-again/ backups/market")]
pub(crate) struct RestoreArgs {
    /// The folder of the backup.
    #[arg(value_name = "FOLDER")]
    pub(crate) folder: PathBuf,
    /// The new dock.
    #[command(flatten)]
    pub(crate) dock: DockArgs,
}

/// Move a dock to another folder, database or store of packages.
///
/// Everything is copied; the old dock stays as it is. What is submitted to it meanwhile is not moved, so end its servers
/// first, or move again into a new place.
#[derive(Debug, Args)]
#[command(after_long_help = "\
Examples:
  learnware migrate --dock market/ --to /srv/dock --to-database postgres://dock@db/dock --to-packages s3://market/packages")]
pub(crate) struct MigrateArgs {
    /// Folder of the new dock.
    #[arg(long, value_name = "DIR")]
    pub(crate) to: PathBuf,
    /// PostgreSQL database of its rows; a file in its folder when left out.
    #[arg(long, value_name = "URL", env = "LEARNWARE_TO_DATABASE", hide_env_values = true)]
    pub(crate) to_database: Option<String>,
    /// S3-compatible store of its packages; its folder when left out.
    #[arg(long, value_name = "URL", env = "LEARNWARE_TO_PACKAGES", hide_env_values = true)]
    pub(crate) to_packages: Option<String>,
    /// The dock that is moved.
    #[command(flatten)]
    pub(crate) dock: DockArgs,
}
