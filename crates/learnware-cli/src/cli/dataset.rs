//! Arguments of `learnware dataset`.

use std::path::PathBuf;

use clap::{Args, Subcommand};

use super::shared::DockArgs;

/// Benchmark data sets beside the learnwares: files to compare methods on.
#[derive(Debug, Args)]
#[command(after_long_help = "\
Examples:
  learnware dataset list
  learnware dataset add digits/test.csv test.csv
  learnware dataset get digits/test.csv -o test.csv
  learnware dataset remove digits/test.csv")]
pub(crate) struct DatasetArgs {
    /// What to do.
    #[command(subcommand)]
    pub(crate) command: DatasetCommand,
}

/// What to do.
#[derive(Debug, Subcommand)]
pub(crate) enum DatasetCommand {
    /// List the data sets.
    List {
        /// Which dock.
        #[command(flatten)]
        dock: DockArgs,
    },
    /// Get a data set, compared with its digest.
    Get {
        /// FOLDER/FILE, as the list says.
        name: String,
        /// Where to write it; its own name here when absent.
        #[arg(long, short, value_name = "FILE")]
        output: Option<PathBuf>,
        /// Which dock.
        #[command(flatten)]
        dock: DockArgs,
    },
    /// Add a data set, or replace one. At a server this is for administrators.
    Add {
        /// FOLDER/FILE, each of letters, digits, '.', '-' and '_'.
        name: String,
        /// The file.
        file: PathBuf,
        /// Which dock.
        #[command(flatten)]
        dock: DockArgs,
    },
    /// Remove a data set. At a server this is for administrators.
    Remove {
        /// FOLDER/FILE.
        name: String,
        /// Which dock.
        #[command(flatten)]
        dock: DockArgs,
    },
}
