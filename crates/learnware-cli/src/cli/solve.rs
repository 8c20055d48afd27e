//! Arguments of `learnware solve`.

use std::path::PathBuf;

use clap::Args;
use learnware_engine::semantic::Task;

use super::shared::{DockArgs, EmbedderArgs, KindArgs, ModelArgs, TableArgs};

/// Learnwares in a team unless somebody wants more.
const LEARNWARES_MAX: usize = 5;

/// From data to predictions with other people's models, in one step.
///
/// Makes the specification of your data here, finds the learnwares of the dock that take such data and fit it,
/// runs the best one or a team of them, and tells why: who was chosen, how near they are, how much of your data
/// nobody covers. With some labels (a column in which unknown ones are empty) the way of combining them is
/// chosen by cross-validation and compared with a model of your labels alone.
#[derive(Debug, Args)]
#[command(after_long_help = "\
Examples:
  learnware solve customers.csv -o predictions.csv
  learnware solve customers.csv --labels churned --report report.html
  learnware solve reviews.csv --text review -o stars.csv
  learnware solve photos/ -o labels.csv
  learnware solve houses.parquet --task regression --dock ./our-dock

Exit code 1 when nothing in the dock fits.")]
pub(crate) struct SolveArgs {
    /// The data: a table (CSV, TSV, Parquet, Arrow, NPY, NPZ), texts (a table with --text COLUMN, .jsonl, a
    /// folder of .txt) or images (a folder or zip of them, NPY, NPZ).
    pub(crate) data: PathBuf,
    /// What is to be predicted; found out from labels and learnwares when left out.
    #[arg(long, value_name = "TASK")]
    pub(crate) task: Option<Task>,
    /// Where to write the predictions; the data's name with `-predictions.csv` when left out.
    #[arg(long, short, value_name = "FILE")]
    pub(crate) output: Option<PathBuf>,
    /// Where to write the report, one HTML file with plots.
    #[arg(long, value_name = "FILE")]
    pub(crate) report: Option<PathBuf>,
    /// Learnwares in the team at most.
    #[arg(long, value_name = "COUNT", default_value_t = LEARNWARES_MAX)]
    pub(crate) max: usize,
    /// Leave these learnwares out.
    #[arg(long, value_name = "IDS", value_delimiter = ',')]
    pub(crate) exclude: Vec<String>,
    /// Predict even if nothing fits.
    #[arg(long)]
    pub(crate) anyway: bool,
    /// Seed of everything random: same seed, same bytes.
    #[arg(long, default_value_t = 0)]
    pub(crate) seed: u64,
    /// Which dock.
    #[command(flatten)]
    pub(crate) dock: DockArgs,
    /// Texts and images.
    #[command(flatten)]
    pub(crate) kind: KindArgs,
    /// Who embeds texts.
    #[command(flatten)]
    pub(crate) embedder: EmbedderArgs,
    /// Which part of the table is read.
    #[command(flatten)]
    pub(crate) table: TableArgs,
    /// How models run.
    #[command(flatten)]
    pub(crate) model: ModelArgs,
}

impl SolveArgs {
    /// The arguments for a table with everything else left out.
    pub(crate) fn new(data: PathBuf) -> Self {
        Self {
            data,
            task: None,
            output: None,
            report: None,
            max: LEARNWARES_MAX,
            exclude: Vec::new(),
            anyway: false,
            seed: 0,
            dock: DockArgs { dock: None },
            kind: KindArgs::default(),
            embedder: EmbedderArgs::default(),
            table: TableArgs::default(),
            model: ModelArgs::default(),
        }
    }
}
