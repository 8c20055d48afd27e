//! Arguments of the commands that work on a dock: submit, search, show, download, list, delete.

use std::path::PathBuf;

use clap::{Args, ValueEnum};

use super::find::{FilterArgs, PageArgs, WordsHow};
use super::private::NoiseArgs;
use super::shared::{BaseArgs, ColumnArgs, DockArgs, EmbedderArgs, KindArgs, ModelArgs, TableArgs};

/// Put a learnware into the dock and check it.
///
/// The same package is never stored twice. A learnware that is not usable stays in the dock with its report,
/// but no search finds it.
#[derive(Debug, Args)]
#[command(after_long_help = "\
Examples:
  learnware submit model.zip
  learnware submit better.zip --replaces 00000007
  learnware submit model.zip --dock https://dock.example.org")]
pub(crate) struct SubmitArgs {
    /// The package.
    pub(crate) zip: PathBuf,
    /// The semantic specification (JSON) instead of the one in the package.
    #[arg(long, value_name = "FILE")]
    pub(crate) semantic: Option<PathBuf>,
    /// The learnware of which this is a new version.
    #[arg(long, value_name = "ID")]
    pub(crate) replaces: Option<String>,
    /// At a server, who finds a new learnware: `public`, `owner`, or the number of an organisation of yours.
    #[arg(long, value_name = "WHO")]
    pub(crate) visibility: Option<String>,
    /// Leave the check to `learnware check --waiting`; at a server, don't wait for it.
    #[arg(long, visible_alias = "no-wait")]
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
/// with their distance (squared MMD: 0 is the same distribution), its percentile (which share of random pairs of
/// learnwares of the dock are farther from each other) and how much of your data they cover. Your rows are not
/// part of a specification and go nowhere; a server gets the specification.
///
/// With --labels the learnwares found run here on the rows that have a label and are ranked by what these say:
/// by their own mistakes where they predict what your labels mean, else by how well their answers explain the
/// labels (LogME: higher is better). To leave a column out without that, use --drop.
#[derive(Debug, Args)]
#[command(after_long_help = "\
Examples:
  learnware search --spec stat.json
  learnware search --spec customers.csv --labels churned --task classification
  learnware search --spec customers.csv --drop churned --explain --report search.html
  learnware search --spec reviews.csv --text review
  learnware search --spec photos/ --resize 32x32
  learnware search --spec customers.csv --labels churned --private
  learnware search --message message.json
  learnware search \"house prices\" --license mit --license apache-2.0
  learnware search \"房价 regression size:<50MB\" --sort newest --facets

A query finds words in names, descriptions, tags and the meanings of inputs and outputs. The last word may be
unfinished, words that nobody has may be misspelled, words in quotes are taken as they are. Fields narrow it:
task: data: scenario: license: library: model: format: size: (task:regression,classification size:<50MB).

Exit code 1 when nothing was found or nothing fits.")]
pub(crate) struct SearchArgs {
    /// Words and fields, such as `house prices task:regression`.
    #[arg(value_name = "QUERY")]
    pub(crate) query: Option<String>,
    /// Your specification file, or data to make one of: a table, texts or images.
    #[arg(long, value_name = "FILE")]
    pub(crate) spec: Option<PathBuf>,
    /// Show the dock some hundred numbers that are measured on your data, and not a specification.
    ///
    /// The dock gives anchors and candidates with their public specifications; exact distances are computed on your
    /// side, and the answer says whether it is proved to be the same as without --private.
    #[arg(long, requires = "spec", conflicts_with_all = ["uncovered", "max", "mixture", "kernel", "words"])]
    pub(crate) private: bool,
    /// The message of `learnware measure`: shows the dock's candidates for it, with bounds of their distance.
    #[arg(long, value_name = "FILE", conflicts_with_all = ["spec", "private", "uncovered", "max", "mixture", "kernel", "words"])]
    pub(crate) message: Option<PathBuf>,
    /// Noise on what is sent.
    #[command(flatten)]
    pub(crate) noise: NoiseArgs,
    /// Learnwares in a combination at most.
    #[arg(long, value_name = "COUNT", default_value_t = 5)]
    pub(crate) max: usize,
    /// Write for each of your examples which part of it the learnwares found cover (a CSV of line and 0 to 1).
    ///
    /// Needs data for --spec; computed on this machine.
    #[arg(long, value_name = "FILE", requires = "spec")]
    pub(crate) uncovered: Option<PathBuf>,
    /// Tell how the answer was found: who was left out at which stage, what is proved, what distances mean here,
    /// and why learnwares near your data are not used.
    #[arg(long)]
    pub(crate) explain: bool,
    /// Write the answer with all reasons as one HTML file with plots.
    #[arg(long, value_name = "FILE", requires = "spec")]
    pub(crate) report: Option<PathBuf>,
    /// How a combination is looked for.
    #[arg(long, value_enum, default_value_t, value_name = "HOW")]
    pub(crate) mixture: MixtureWord,
    /// How specifications are compared.
    #[arg(long, value_enum, default_value_t, value_name = "KERNEL")]
    pub(crate) kernel: KernelWord,
    /// Search learnwares of other columns, too, by what yours are called and how they hang together.
    ///
    /// Needs a dock that has evolved, and data or a specification that names its columns. The answer says which of your
    /// columns is which of a learnware's; `learnware run --align` and `learnware reuse --align` predict with them.
    #[arg(long, requires = "spec", conflicts_with_all = ["private", "uncovered", "kernel", "report"])]
    pub(crate) world: bool,
    /// Tell a server the names of your columns, so that it finds learnwares that take a part of them, too.
    ///
    /// In a dock on this machine they are told always. `learnware solve` gives each learnware the columns that it takes.
    #[arg(long, requires = "spec", conflicts_with_all = ["private", "world"])]
    pub(crate) parts: bool,
    /// By what single learnwares are ordered.
    #[arg(long, value_enum, default_value_t, value_name = "HOW")]
    pub(crate) rank: RankWord,
    /// How words are compared.
    #[arg(long, value_enum, default_value_t, value_name = "HOW")]
    pub(crate) words: WordsHow,
    /// Leave these learnwares out.
    #[arg(long, value_name = "IDS", value_delimiter = ',')]
    pub(crate) exclude: Vec<String>,
    /// What must agree.
    #[command(flatten)]
    pub(crate) filter: FilterArgs,
    /// Which part of the answer.
    #[command(flatten)]
    pub(crate) page: PageArgs,
    /// Which dock.
    #[command(flatten)]
    pub(crate) dock: DockArgs,
    /// Texts and images.
    #[command(flatten)]
    pub(crate) kind: KindArgs,
    /// Who embeds texts.
    #[command(flatten)]
    pub(crate) embedder: EmbedderArgs,
    /// Which language model learns from them.
    #[command(flatten)]
    pub(crate) base: BaseArgs,
    /// Which part of the table is read.
    #[command(flatten)]
    pub(crate) table: TableArgs,
    /// How models run, with --labels.
    #[command(flatten)]
    pub(crate) model: ModelArgs,
    /// What its columns are.
    #[command(flatten)]
    pub(crate) columns: ColumnArgs,
}

/// How a combination is looked for.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, ValueEnum)]
pub(crate) enum MixtureWord {
    /// One member after the other, each the best next one of all.
    #[default]
    Greedy,
    /// The same among the nearest ones only, as the reference package does.
    Nearest,
    /// All candidates weighed at once, the heaviest kept.
    Auto,
    /// No combination.
    None,
}

/// By what single learnwares are ordered.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, ValueEnum)]
pub(crate) enum RankWord {
    /// What they are expected to lose on your data, where the dock has learned that (`learnware evolve`).
    #[default]
    Capability,
    /// Distance.
    Distance,
}

/// Let the dock learn what its learnwares can do beyond their own tasks.
///
/// Each learnware answers on the specifications of others near it. From that the dock learns which learnware does well on
/// data like a user's, and orders what searches find by it, where that was measured to be better than by distance. It also
/// finds which classes of different learnwares are the same, or kinds of another (`learnware show ID`). At a server it
/// runs in the background, also by itself once a day; what was measured is kept, so it goes on where it was.
#[derive(Debug, Args)]
#[command(after_long_help = "\
Examples:
  learnware evolve
  learnware evolve --list
  learnware evolve --use 3
  learnware evolve --off")]
pub(crate) struct EvolveArgs {
    /// List evolutions, with what they brought, instead.
    #[arg(long, conflicts_with_all = ["use_number", "off"])]
    pub(crate) list: bool,
    /// Put an earlier evolution back into use instead.
    #[arg(long = "use", value_name = "NUMBER", conflicts_with = "off")]
    pub(crate) use_number: Option<i64>,
    /// Use none: searches order by distance.
    #[arg(long)]
    pub(crate) off: bool,
    /// Which dock.
    #[command(flatten)]
    pub(crate) dock: DockArgs,
    /// How models run.
    #[command(flatten)]
    pub(crate) model: ModelArgs,
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
    /// With its model as data, where a model that is code was written so (`learnware convert`).
    #[arg(long)]
    pub(crate) as_data: bool,
    /// Which dock.
    #[command(flatten)]
    pub(crate) dock: DockArgs,
}

/// List the learnwares of the dock.
///
/// All of them, with what became of their checks; or the usable ones that match a query and filters, in the order
/// and the number you ask for.
#[derive(Debug, Args)]
#[command(after_long_help = "\
Examples:
  learnware list
  learnware list \"sales forecast\" --license mit
  learnware list task:regression --sort newest --limit 10
  learnware list --facets

A query finds words in names, descriptions, tags and the meanings of inputs and outputs. The last word may be
unfinished, words that nobody has may be misspelled, words in quotes are taken as they are. Fields narrow it:
task: data: scenario: license: library: model: format: size: (task:regression,classification size:<50MB).")]
pub(crate) struct ListArgs {
    /// Words and fields, such as `house prices task:regression`.
    #[arg(value_name = "QUERY")]
    pub(crate) query: Option<String>,
    /// Deleted ones too.
    #[arg(long, conflicts_with_all = ["query", "sort", "limit", "cursor", "facets", "task", "data_type", "license", "scenario", "library"])]
    pub(crate) deleted: bool,
    /// Your own ones at a server, in any state.
    #[arg(long, conflicts_with_all = ["deleted", "query", "sort", "limit", "cursor", "facets", "task", "data_type", "license", "scenario", "library"])]
    pub(crate) own: bool,
    /// What must agree.
    #[command(flatten)]
    pub(crate) filter: FilterArgs,
    /// Which part of the answer.
    #[command(flatten)]
    pub(crate) page: PageArgs,
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
