//! Arguments of the commands of a search by anchors: anchors, measure, and the flags of search.

use std::path::PathBuf;

use clap::Args;

use super::DataArgs;
use super::shared::{ColumnArgs, DockArgs, EmbedderArgs, KindArgs, TableArgs};

/// Get the anchors of an island, to search it without showing a specification.
///
/// Anchors are public: made from the learnwares' specifications. `learnware measure` takes them to where the data
/// is; they are good until the island changes.
#[derive(Debug, Args)]
#[command(after_long_help = "\
Examples:
  learnware anchors -o island.anchors
  learnware anchors --island 20 -o island.anchors")]
pub(crate) struct AnchorsArgs {
    /// Which island, where the dock has several: the number of inputs of its tables, or words of its name.
    #[arg(long, value_name = "NAME")]
    pub(crate) island: Option<String>,
    /// Where to write the anchors.
    #[arg(long, short, value_name = "FILE")]
    pub(crate) output: PathBuf,
    /// Which dock.
    #[command(flatten)]
    pub(crate) dock: DockArgs,
}

/// Measure data by an island's anchors: some hundred numbers to search with. Needs no dock.
///
/// The message says less than a specification: there is no point in it. It is searched with `learnware search --message`.
#[derive(Debug, Args)]
#[command(after_long_help = "\
Examples:
  learnware measure customers.csv --labels churned --anchors island.anchors -o message.json
  learnware measure stat.json --anchors island.anchors -o message.json
  learnware measure customers.csv --anchors island.anchors --epsilon 1 -o message.json")]
pub(crate) struct MeasureArgs {
    /// The data, or a specification file.
    #[command(flatten)]
    pub(crate) data: DataArgs,
    /// The anchors.
    #[arg(long, value_name = "FILE")]
    pub(crate) anchors: PathBuf,
    /// Where to write the message.
    #[arg(long, short, value_name = "FILE")]
    pub(crate) output: PathBuf,
    /// Noise.
    #[command(flatten)]
    pub(crate) noise: NoiseArgs,
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

/// Differential privacy of a message.
#[derive(Debug, Clone, Default, Args)]
#[command(next_help_heading = "Differential privacy of the message")]
pub(crate) struct NoiseArgs {
    /// Add noise that bounds what one row can change. Small is private: 1 is usual. The dock can then prove nothing.
    #[arg(long, value_name = "EPSILON")]
    pub(crate) epsilon: Option<f64>,
    /// Chance that the bound fails; far below one in the number of rows. A millionth when left out.
    #[arg(long, value_name = "DELTA", requires = "epsilon")]
    pub(crate) delta: Option<f64>,
}

impl NoiseArgs {
    /// Epsilon and delta, where noise is wanted.
    pub(crate) fn noise(&self) -> Option<(f64, Option<f64>)> {
        self.epsilon.map(|epsilon| (epsilon, self.delta))
    }
}

/// List learnwares whose data others cover, most redundant first. Deletes nothing.
///
/// A learnware is listed when the nearest other of the same task and outputs, or a mixture of at most five, is as near
/// to its specification as two specifications of the same data are, and covers at least 95 % of its data.
/// Specifications tell about inputs: whether the others' models answer as well has to be tried. Each is judged with
/// all others kept: of two that do the same, only one can go.
#[derive(Debug, Args)]
#[command(after_long_help = "\
Examples:
  learnware redundant
  learnware redundant --limit 5 --json")]
pub(crate) struct RedundantArgs {
    /// Learnwares listed at most.
    #[arg(long, value_name = "COUNT", default_value_t = 50)]
    pub(crate) limit: usize,
    /// Which dock.
    #[command(flatten)]
    pub(crate) dock: DockArgs,
}
