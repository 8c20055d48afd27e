//! Arguments of `learnware quickstart`.

use std::path::PathBuf;

use clap::Args;

/// Make a dock of ten small learnwares and solve a task with them, to see how it works.
///
/// Ten invented developers train models on their own scans of handwritten digits, each knowing four digits
/// well, and submit them to a new dock. A user with other scans, most without labels, solves a task with them;
/// at the end the predictions are compared with the truth. Takes some seconds and no network.
#[derive(Debug, Args)]
#[command(after_long_help = "\
Examples:
  learnware quickstart
  learnware quickstart --dir /tmp/try --seed 7

The data is from the UCI set \"Optical Recognition of Handwritten Digits\" (E. Alpaydin, C. Kaynak, 1998,
https://doi.org/10.24432/C50P49, CC BY 4.0).")]
pub(crate) struct QuickstartArgs {
    /// The folder to make.
    #[arg(long, value_name = "DIR", default_value = "learnware-quickstart")]
    pub(crate) dir: PathBuf,
    /// Make the folder of an earlier quickstart anew.
    #[arg(long)]
    pub(crate) force: bool,
    /// Seed of everything random: same seed, same bytes.
    #[arg(long, default_value_t = 0)]
    pub(crate) seed: u64,
}
