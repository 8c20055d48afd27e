//! Arguments of the command that makes one learnware of several.

use std::path::PathBuf;

use clap::Args;
use learnware_engine::semantic::License;

use super::shared::{DockArgs, KindArgs, TableArgs};

/// Make one learnware of several whose models have the same architecture.
///
/// Numbers that were learned are averaged (ONNX), trees are put after each other (LightGBM, XGBoost, ONNX): one model that
/// needs no others when it is used. Networks can be averaged where they were trained on from a common start; the merged
/// model is held against its members' answers on their own specifications, and refused where it does not keep to them. With
/// labelled rows it is measured on those instead, and they choose who takes part.
#[derive(Debug, Args)]
#[command(after_long_help = "\
Examples:
  learnware merge 00000003 00000007 -o merged.zip
  learnware merge 00000003 00000007 --shares 0.7,0.3 --name \"Sales, both regions\" -o merged.zip
  learnware merge a.zip b.zip c.zip --train rows.csv --labels y -o merged.zip")]
pub(crate) struct MergeArgs {
    /// The learnwares' ids, or packages: two or more.
    #[arg(value_name = "ID|ZIP", required = true, num_args = 2..)]
    pub(crate) learnwares: Vec<String>,
    /// Where to write the package.
    #[arg(long, short, value_name = "FILE")]
    pub(crate) output: PathBuf,
    /// Their shares, in the same order; equal, or chosen by labelled rows, when left out.
    #[arg(long, value_name = "NUMBERS", value_delimiter = ',')]
    pub(crate) shares: Vec<f64>,
    /// Labelled rows: half of them choose who takes part, the other half decides whether the merged model is as good as
    /// the best of its members.
    #[arg(long, value_name = "FILE", requires = "labels")]
    pub(crate) train: Option<PathBuf>,
    /// Seed of how the rows are halved.
    #[arg(long, value_name = "NUMBER", default_value_t = 0, requires = "train")]
    pub(crate) seed: u64,
    /// Short title; `Merged: ` and the members' when left out.
    #[arg(long)]
    pub(crate) name: Option<String>,
    /// Longer text, Markdown allowed; who was merged and how when left out.
    #[arg(long, value_name = "TEXT")]
    pub(crate) description: Option<String>,
    /// Its licence; needed where the members have different ones.
    #[arg(long)]
    pub(crate) license: Option<License>,
    /// Which dock.
    #[command(flatten)]
    pub(crate) dock: DockArgs,
    /// Texts and images.
    #[command(flatten)]
    pub(crate) kind: KindArgs,
    /// Which part of the labelled rows is read.
    #[command(flatten)]
    pub(crate) table: TableArgs,
}
