//! Arguments of the commands that work on a dock: submit, search, show, download, list, delete.

use std::path::PathBuf;

use clap::{Args, ValueEnum};
use learnware_engine::semantic::{DataType, Library, License, Scenario, SemanticSpecification, Task};

use super::shared::{ColumnArgs, DockArgs, EmbedderArgs, KindArgs, ModelArgs, TableArgs};

/// Put a learnware into the dock and check it.
///
/// The same package is never stored twice. A learnware that is not usable stays in the dock with its report,
/// but no search finds it.
#[derive(Debug, Args)]
#[command(after_long_help = "\
Examples:
  learnware submit model.zip
  learnware submit better.zip --replaces 00000007")]
pub(crate) struct SubmitArgs {
    /// The package.
    pub(crate) zip: PathBuf,
    /// The semantic specification (JSON) instead of the one in the package.
    #[arg(long, value_name = "FILE")]
    pub(crate) semantic: Option<PathBuf>,
    /// The learnware of which this is a new version.
    #[arg(long, value_name = "ID")]
    pub(crate) replaces: Option<String>,
    /// Leave the check to `learnware check --waiting`.
    #[arg(long)]
    pub(crate) no_check: bool,
    /// Which dock.
    #[command(flatten)]
    pub(crate) dock: DockArgs,
    /// How its model runs.
    #[command(flatten)]
    pub(crate) model: ModelArgs,
}

/// Find learnwares for your data, by words, or both.
///
/// With --spec the learnwares are compared with your data and the best ones, alone and combined, are shown
/// with their distance (squared MMD: 0 is the same distribution) and how much of your data they cover. Your
/// rows are not part of a specification and go nowhere.
#[derive(Debug, Args)]
#[command(after_long_help = "\
Examples:
  learnware search --spec stat.json
  learnware search --spec customers.csv --labels churned --task classification
  learnware search --spec reviews.csv --text review
  learnware search --spec photos/ --resize 32x32
  learnware search \"house prices\" --license mit --license apache-2.0

Exit code 1 when nothing was found or nothing fits.")]
pub(crate) struct SearchArgs {
    /// Words in name or description.
    #[arg(value_name = "TEXT")]
    pub(crate) text: Option<String>,
    /// Your specification file, or data to make one of: a table, texts or images.
    #[arg(long, value_name = "FILE")]
    pub(crate) spec: Option<PathBuf>,
    /// Learnwares in a combination at most.
    #[arg(long, value_name = "COUNT", default_value_t = 5)]
    pub(crate) max: usize,
    /// Single learnwares shown at most.
    #[arg(long, value_name = "COUNT", default_value_t = 10)]
    pub(crate) count: usize,
    /// How a combination is looked for.
    #[arg(long, value_enum, default_value_t, value_name = "HOW")]
    pub(crate) mixture: MixtureWord,
    /// How specifications are compared.
    #[arg(long, value_enum, default_value_t, value_name = "KERNEL")]
    pub(crate) kernel: KernelWord,
    /// The words must occur as they are; no similar spelling.
    #[arg(long)]
    pub(crate) exact: bool,
    /// Leave these learnwares out.
    #[arg(long, value_name = "IDS", value_delimiter = ',')]
    pub(crate) exclude: Vec<String>,
    /// What must agree.
    #[command(flatten)]
    pub(crate) filter: FilterArgs,
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
    /// What its columns are.
    #[command(flatten)]
    pub(crate) columns: ColumnArgs,
}

/// Words that must agree; several of one kind mean any of them.
#[derive(Debug, Clone, Default, Args)]
#[command(next_help_heading = "Filters (each may be given several times: any of them)")]
pub(crate) struct FilterArgs {
    /// What it does: classification, regression, ...
    #[arg(long, value_name = "TASK")]
    pub(crate) task: Vec<Task>,
    /// What it takes: table, image, text.
    #[arg(long, value_name = "TYPE")]
    pub(crate) data_type: Vec<DataType>,
    /// Its licence: mit, apache-2.0, ...
    #[arg(long, value_name = "LICENSE")]
    pub(crate) license: Vec<License>,
    /// Its field of use: health, traffic, ...
    #[arg(long, value_name = "SCENARIO")]
    pub(crate) scenario: Vec<Scenario>,
    /// The library it was made with: scikit-learn, pytorch, ...
    #[arg(long, value_name = "LIBRARY")]
    pub(crate) library: Vec<Library>,
}

impl SearchArgs {
    /// What is wanted, in words.
    pub(crate) fn semantic(&self) -> SemanticSpecification {
        SemanticSpecification {
            name: self.text.clone().unwrap_or_default(),
            data: self.filter.data_type.clone(),
            task: self.filter.task.clone(),
            library: self.filter.library.clone(),
            scenario: self.filter.scenario.clone(),
            license: self.filter.license.clone(),
            ..SemanticSpecification::default()
        }
    }
}

/// How a combination is looked for.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, ValueEnum)]
pub(crate) enum MixtureWord {
    /// One member after the other, each the best next one.
    #[default]
    Greedy,
    /// All candidates weighed at once, the heaviest kept.
    Auto,
    /// No combination.
    None,
}

/// How specifications are compared.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, ValueEnum)]
pub(crate) enum KernelWord {
    /// Columns scaled by their spread over the market.
    #[default]
    Island,
    /// The reference package's kernel on raw columns, with its scores.
    Reference,
}

/// Show everything about a learnware.
#[derive(Debug, Args)]
#[command(after_long_help = "\
Examples:
  learnware show 00000007
  learnware show 00000007 --json | jq .versions[0].report")]
pub(crate) struct ShowArgs {
    /// Its id.
    pub(crate) id: String,
    /// Which dock.
    #[command(flatten)]
    pub(crate) dock: DockArgs,
}

/// Take the package of a learnware out of the dock.
#[derive(Debug, Args)]
#[command(after_long_help = "\
Examples:
  learnware download 00000007 -o model.zip
  learnware download 00000007 --revision 1")]
pub(crate) struct DownloadArgs {
    /// Its id.
    pub(crate) id: String,
    /// Where to write it; `ID-VERSION.zip` when left out.
    #[arg(long, short, value_name = "FILE")]
    pub(crate) output: Option<PathBuf>,
    /// Its version; the latest when left out.
    #[arg(long, value_name = "NUMBER")]
    pub(crate) revision: Option<u32>,
    /// Which dock.
    #[command(flatten)]
    pub(crate) dock: DockArgs,
}

/// List the learnwares of the dock.
#[derive(Debug, Args)]
pub(crate) struct ListArgs {
    /// Deleted ones too.
    #[arg(long)]
    pub(crate) deleted: bool,
    /// Which dock.
    #[command(flatten)]
    pub(crate) dock: DockArgs,
}

/// Delete learnwares with all their versions. Their ids are never used again.
#[derive(Debug, Args)]
pub(crate) struct DeleteArgs {
    /// Their ids.
    #[arg(required = true)]
    pub(crate) ids: Vec<String>,
    /// Which dock.
    #[command(flatten)]
    pub(crate) dock: DockArgs,
}
