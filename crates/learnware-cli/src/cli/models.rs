//! Arguments of the commands that work with models: pack, check, run, reuse, doctor.

use std::path::PathBuf;

use clap::{Args, ValueEnum};
use learnware_engine::semantic::{Library, License, ModelKind, Scenario, Task};

use super::DataArgs;
use super::shared::{
    BaseArgs, ColumnArgs, DockArgs, EmbedderArgs, GenerateArgs, KindArgs, ModelArgs, TableArgs, image_shape,
};

/// Make a package of a model and the data it was trained on.
///
/// The specification, the column names and the number of outputs are taken from data and model; nothing of
/// the data's rows goes into the package. The model is an ONNX file, LightGBM's text, XGBoost's JSON, or a
/// folder with the Python code of a learnware (`__init__.py` and what it needs).
#[derive(Debug, Args)]
#[command(after_long_help = "\
Examples:
  learnware pack model.onnx --data train.csv --labels price --name \"House prices, north\" \\
      --description \"Sale prices of detached houses, 2019 to 2023.\" --license mit -o houses.zip
  learnware pack --model model.txt --data train.parquet --task regression --name Sales -o sales.zip
  learnware pack my_learnware/ --data train.csv --labels y --name Mine -o mine.zip
  learnware pack my_learnware/ --data reviews.csv --text review --labels stars --name Reviews -o reviews.zip
  learnware pack model.onnx --data photos/ --labels folder --name \"Cats and dogs\" -o photos.zip")]
pub(crate) struct PackArgs {
    /// The model file or Python folder.
    #[command(flatten)]
    pub(crate) file: ModelFileArgs,
    /// The data it was trained on.
    #[arg(long, value_name = "FILE")]
    pub(crate) data: Option<PathBuf>,
    /// Where to write the package.
    #[arg(long, short, value_name = "FILE")]
    pub(crate) output: Option<PathBuf>,
    /// How the model is stored; found out when left out.
    #[arg(long, value_enum, value_name = "FORMAT")]
    pub(crate) format: Option<FormatWord>,
    /// Numbers or class scores that the model answers for each row; counted by asking it when left out (a
    /// Python model is not run, its labels are counted).
    #[arg(long, value_name = "COUNT")]
    pub(crate) outputs: Option<usize>,
    /// Channels, height and width of the images that a Python model takes; those of the data when left out. An
    /// ONNX model says it itself.
    #[arg(long, value_name = "CxHxW", value_parser = image_shape)]
    pub(crate) input_shape: Option<[usize; 3]>,
    /// What it is for.
    #[command(flatten)]
    pub(crate) words: WordArgs,
    /// How the specification is made.
    #[command(flatten)]
    pub(crate) generate: GenerateArgs,
    /// Texts and images.
    #[command(flatten)]
    pub(crate) kind: KindArgs,
    /// Who embeds texts.
    #[command(flatten)]
    pub(crate) embedder: EmbedderArgs,
    /// Which language model learns from them.
    #[command(flatten)]
    pub(crate) base: BaseArgs,
    /// Which part of the data is read.
    #[command(flatten)]
    pub(crate) table: TableArgs,
    /// What its columns are.
    #[command(flatten)]
    pub(crate) columns: ColumnArgs,
}

/// The model, by place or by name.
#[derive(Debug, Clone, Args)]
#[group(multiple = false)]
pub(crate) struct ModelFileArgs {
    /// The model file, or a folder with Python code.
    #[arg(value_name = "MODEL")]
    place: Option<PathBuf>,
    /// The same by name.
    #[arg(long = "model", value_name = "MODEL")]
    named: Option<PathBuf>,
}

impl ModelFileArgs {
    /// The file or folder.
    pub(crate) fn path(&self) -> Option<PathBuf> {
        self.place.clone().or_else(|| self.named.clone())
    }
}

/// The semantic specification, in flags.
#[derive(Debug, Clone, Default, Args)]
#[command(next_help_heading = "What the learnware is for")]
pub(crate) struct WordArgs {
    /// Short title.
    #[arg(long)]
    pub(crate) name: Option<String>,
    /// Longer text, Markdown allowed: which data, what it predicts, how good it is.
    #[arg(long, value_name = "TEXT")]
    pub(crate) description: Option<String>,
    /// classification, regression, ...; found out from the labels when left out.
    #[arg(long)]
    pub(crate) task: Option<Task>,
    /// Its licence: mit, apache-2.0, cc-by-4.0, ...; `others` when left out.
    #[arg(long)]
    pub(crate) license: Option<License>,
    /// Fields of use: health, traffic, ...
    #[arg(long, value_name = "SCENARIO")]
    pub(crate) scenario: Vec<Scenario>,
    /// The library it was made with: scikit-learn, pytorch, ...; `others` when left out.
    #[arg(long)]
    pub(crate) library: Option<Library>,
    /// Which kind of language model it is: `base-model`, `fine-tuned-model`, `peft-model`; left out for other models.
    #[arg(long, value_name = "KIND")]
    pub(crate) model_kind: Option<ModelKind>,
    /// Scores of a language model in public benchmarks, in percent: a JSON map from names to numbers, or the reference's
    /// general_capability_spec.json.
    #[arg(long, value_name = "FILE")]
    pub(crate) benchmarks: Option<PathBuf>,
}

/// How a model is stored.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum FormatWord {
    /// ONNX graph.
    Onnx,
    /// LightGBM's text model.
    Lightgbm,
    /// XGBoost's JSON model.
    Xgboost,
    /// Folder with Python code.
    Python,
}

/// Check a package, or learnwares of the dock again.
///
/// What is checked, in stages: the package opens, the words are complete, the specification is sound, the
/// model runs and answers in the form it promises. Exit code 1 when something makes it unusable.
#[derive(Debug, Args)]
#[command(after_long_help = "\
Examples:
  learnware check model.zip
  learnware check 00000007
  learnware check --waiting")]
pub(crate) struct CheckArgs {
    /// A package, or the id of a learnware in the dock.
    #[arg(value_name = "ZIP|ID", required_unless_present = "waiting")]
    pub(crate) learnware: Option<String>,
    /// Make every check that waits in the dock.
    #[arg(long, conflicts_with = "learnware")]
    pub(crate) waiting: bool,
    /// Which dock.
    #[command(flatten)]
    pub(crate) dock: DockArgs,
    /// How the model runs.
    #[command(flatten)]
    pub(crate) model: ModelArgs,
}

/// Write a model that is Python code as data.
///
/// The model is started once, behind the fence, and offers itself as ONNX, LightGBM text or XGBoost JSON. What it offers is
/// compared with what it answers, on the points of its specification and on rows drawn from its columns; it is kept only where
/// both agree. A model that is data runs everywhere: in a browser, without a fence, with --no-code.
#[derive(Debug, Args)]
#[command(after_long_help = "\
Examples:
  learnware convert model.zip -o model-data.zip
  learnware convert 00000007
  learnware run 00000007 data.csv --no-code")]
pub(crate) struct ConvertArgs {
    /// A package, or the id of a learnware in the dock.
    #[arg(value_name = "ZIP|ID")]
    pub(crate) learnware: String,
    /// Write the package there; without it, the dock keeps it beside the learnware.
    #[arg(long, short, value_name = "FILE")]
    pub(crate) output: Option<PathBuf>,
    /// Its version; the latest when left out.
    #[arg(long, value_name = "NUMBER")]
    pub(crate) revision: Option<u32>,
    /// Which dock.
    #[command(flatten)]
    pub(crate) dock: DockArgs,
    /// How the model runs.
    #[command(flatten)]
    pub(crate) model: ModelArgs,
}

/// Predict with one learnware.
///
/// Columns are found by the names that the learnware declares; others are ignored. Images get the size that it
/// declares. The output's ending
/// decides its form: .csv, .tsv, .json (label and scores for each row) or .npy (the model's numbers).
#[derive(Debug, Args)]
#[command(after_long_help = "\
Examples:
  learnware run 00000007 customers.csv -o predictions.csv
  learnware run model.zip measurements.npz --array X -o scores.npy
  learnware run 00000008 reviews.csv --text review -o stars.csv
  learnware run 00000010 new.csv --finetune mine.csv --labels price -o prices.csv
  learnware run 00000009 photos/ -o labels.csv")]
pub(crate) struct RunArgs {
    /// The learnware's id, or a package.
    #[arg(value_name = "ID|ZIP")]
    pub(crate) learnware: String,
    /// The data.
    #[command(flatten)]
    pub(crate) data: DataArgs,
    /// Where to write the predictions; standard output when left out.
    #[arg(long, short, value_name = "FILE")]
    pub(crate) output: Option<PathBuf>,
    /// The learnware's version; the latest when left out.
    #[arg(long, value_name = "NUMBER")]
    pub(crate) revision: Option<u32>,
    /// Align learnwares that take other columns than yours: columns are matched by what they are called and how their
    /// values lie.
    #[arg(long, value_enum, value_name = "HOW", num_args = 0..=1, require_equals = true, default_missing_value = "transport-and-local")]
    pub(crate) align: Option<AlignWord>,
    /// Let the model go on training with the rows of this file first (at least 8, with --labels COLUMN), where its class has
    /// `finetune(X, y)`. It is used trained only where that was better on a quarter of them.
    #[arg(long, value_name = "FILE", requires = "labels", conflicts_with = "align")]
    pub(crate) finetune: Option<PathBuf>,
    /// Seed of what is held out.
    #[arg(long, value_name = "NUMBER", default_value_t = 0, requires = "finetune")]
    pub(crate) seed: u64,
    /// Which dock.
    #[command(flatten)]
    pub(crate) dock: DockArgs,
    /// Texts and images.
    #[command(flatten)]
    pub(crate) kind: KindArgs,
    /// Which part of the data is read.
    #[command(flatten)]
    pub(crate) table: TableArgs,
    /// How the model runs.
    #[command(flatten)]
    pub(crate) model: ModelArgs,
}

/// Predict with several learnwares together.
///
/// Methods that learn (prune, augment, auto with labels) need labelled rows: either the data itself has the
/// --labels column, with the labels you know and nothing elsewhere, or --train names another table that has
/// it. `auto` compares all methods by cross-validation and takes the simplest that is as good as the best.
#[derive(Debug, Args)]
#[command(after_long_help = "\
Examples:
  learnware reuse --learnwares 00000003,00000007 --weights 0.7,0.3 --method weighted data.csv -o out.csv
  learnware reuse --learnwares 00000003,00000007 --labels price data.csv -o out.csv
  learnware reuse --learnwares a.zip,b.zip --method prune --train few.csv --labels y data.csv -o out.csv")]
pub(crate) struct ReuseArgs {
    /// The learnwares' ids, or packages, nearest first.
    #[arg(long, alias = "ids", value_name = "IDS", value_delimiter = ',', required = true)]
    pub(crate) learnwares: Vec<String>,
    /// Their shares, in the same order, as a search gives them; equal when left out.
    #[arg(long, value_name = "NUMBERS", value_delimiter = ',')]
    pub(crate) weights: Vec<f64>,
    /// How their answers become one.
    #[arg(long, value_enum, default_value_t)]
    pub(crate) method: MethodWord,
    /// The labels are other classes than the learnwares', or on another scale: learn from the labelled rows which class
    /// is which, or how the scales go together.
    #[arg(long, requires = "labels")]
    pub(crate) translate: bool,
    /// The data.
    #[command(flatten)]
    pub(crate) data: DataArgs,
    /// Other data with labels to learn from.
    #[arg(long, value_name = "FILE", requires = "labels")]
    pub(crate) train: Option<PathBuf>,
    /// Where to write the predictions; standard output when left out.
    #[arg(long, short, value_name = "FILE")]
    pub(crate) output: Option<PathBuf>,
    /// Align learnwares that take other columns than yours: columns are matched by what they are called and how their
    /// values lie.
    #[arg(long, value_enum, value_name = "HOW", num_args = 0..=1, require_equals = true, default_missing_value = "transport-and-local")]
    pub(crate) align: Option<AlignWord>,
    /// Seed of everything random.
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
    /// Which part of the data is read.
    #[command(flatten)]
    pub(crate) table: TableArgs,
    /// How the models run.
    #[command(flatten)]
    pub(crate) model: ModelArgs,
}

/// How a learnware of other columns is aligned.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, ValueEnum)]
pub(crate) enum AlignWord {
    /// The mean of `transport` and `local`.
    #[default]
    TransportAndLocal,
    /// Each matched column by its ranks, the others as the learnware's specification expects them.
    Transport,
    /// Matched columns shifted and scaled.
    Affine,
    /// Matched columns together, by means and covariances.
    Gaussian,
    /// The learnware's answers near a row's place among the matched columns.
    Local,
    /// A small network that is trained to make your data look like the learnware's; needs no descriptions.
    Network,
}

/// How the answers of several learnwares become one.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, ValueEnum)]
pub(crate) enum MethodWord {
    /// The best by cross-validation on the labels; `weighted` without labels.
    #[default]
    Auto,
    /// The first learnware alone.
    TopOne,
    /// Mean of quantities, or of class probabilities.
    #[value(alias = "averaging")]
    Average,
    /// The class that most learnwares name.
    VoteLabel,
    /// Mean of class probabilities.
    VoteProbability,
    /// Mean by the shares.
    Weighted,
    /// Each row to the learnwares whose data it resembles.
    JobSelector,
    /// The same, but a row that resembles the data of none goes to a model of the labels, or to the weighted mean.
    CoveredOnly,
    /// The subset that does best on labelled rows.
    #[value(alias = "ensemble-pruning")]
    Prune,
    /// The mean with the weights that do best on labelled rows.
    Stack,
    /// A linear model on the rows and the learnwares' answers.
    #[value(alias = "feature-augment")]
    Augment,
    /// A linear model on the rows and the mean by the shares: less to learn than with all answers.
    AugmentAverage,
    /// The mean of that and of the mean by the shares, corrected by the labelled rows.
    AugmentBlend,
}

impl MethodWord {
    /// Whether it looks at where the data lies, beside the learnwares' answers.
    pub(crate) fn looks_at_place(self) -> bool {
        match self {
            Self::Auto
            | Self::JobSelector
            | Self::CoveredOnly
            | Self::Augment
            | Self::AugmentAverage
            | Self::AugmentBlend => true,
            Self::TopOne
            | Self::Average
            | Self::VoteLabel
            | Self::VoteProbability
            | Self::Weighted
            | Self::Prune
            | Self::Stack => false,
        }
    }

    /// Whether it learns from labelled rows.
    pub(crate) fn needs_labels(self) -> bool {
        match self {
            Self::Prune | Self::Stack | Self::Augment | Self::AugmentAverage | Self::AugmentBlend => true,
            Self::Auto
            | Self::TopOne
            | Self::Average
            | Self::VoteLabel
            | Self::VoteProbability
            | Self::Weighted
            | Self::JobSelector
            | Self::CoveredOnly => false,
        }
    }
}

/// Tell what this machine offers: the dock, Python, and the fence for foreign code.
#[derive(Debug, Args)]
pub(crate) struct DoctorArgs {
    /// Which dock.
    #[command(flatten)]
    pub(crate) dock: DockArgs,
}
