//! Arguments that several commands share.

use std::path::PathBuf;

use clap::{Args, ValueEnum};
use learnware_engine::semantic::DataType;
use learnware_engine::table::{EncodingChoice, InferOptions, MissingChoice};

use learnware_data::Charset;
use learnware_data::specfile::Generation;
use learnware_data::tablefile::ReadOptions;

/// Which dock.
#[derive(Debug, Clone, Args)]
pub(crate) struct DockArgs {
    /// The dock: a folder, or the https:// address of a server; your own folder when left out.
    #[arg(long, value_name = "DIR|URL", env = "LEARNWARE_DOCK", hide_env_values = true)]
    pub(crate) dock: Option<String>,
}

/// How models run.
#[derive(Debug, Clone, Default, Args)]
#[command(next_help_heading = "Running models")]
pub(crate) struct ModelArgs {
    /// Run Python models without a fence where this machine has none. Only for code that you trust.
    #[arg(long = "unsafe", conflicts_with = "no_code")]
    pub(crate) allow_unsafe: bool,
    /// Run no code of learnwares: take models as data, from docks also those that were written so, and refuse others.
    #[arg(long)]
    pub(crate) no_code: bool,
}

/// Which part of a table file is read.
#[derive(Debug, Clone, Default, Args)]
#[command(next_help_heading = "Reading the table")]
pub(crate) struct TableArgs {
    /// Keep only these columns, in this order (numbers from 1 where the file has no names).
    #[arg(long, value_name = "NAMES", value_delimiter = ',')]
    pub(crate) columns: Vec<String>,
    /// Leave these columns out.
    #[arg(long, value_name = "NAMES", value_delimiter = ',')]
    pub(crate) drop: Vec<String>,
    /// The column with the labels; it is not part of the inputs. For folders of texts or images `folder`: the
    /// names of the sub-folders.
    #[arg(long, value_name = "COLUMN")]
    pub(crate) labels: Option<String>,
    /// The first line is data, not names.
    #[arg(long)]
    pub(crate) no_header: bool,
    /// What separates the fields; found out when left out (`tab` is possible).
    #[arg(long, value_name = "CHARACTER", value_parser = delimiter)]
    pub(crate) delimiter: Option<u8>,
    /// How text is encoded where it is not UTF-8 and has no byte order mark: gb18030, utf-16le, big5, windows-1252, ...
    #[arg(long, value_name = "NAME")]
    pub(crate) charset: Option<Charset>,
    /// The array of an NPZ file that holds the rows or images.
    #[arg(long, value_name = "NAME")]
    pub(crate) array: Option<String>,
    /// The sheet of a workbook (.xlsx, .ods); the first when left out.
    #[arg(long, value_name = "NAME")]
    pub(crate) sheet: Option<String>,
    /// These columns hold numbers; anything else in them counts as absent.
    #[arg(long, value_name = "NAMES", value_delimiter = ',')]
    pub(crate) numbers: Vec<String>,
    /// NaN stands for an absent value.
    #[arg(long)]
    pub(crate) nan_as_missing: bool,
}

impl TableArgs {
    /// The same for the reader.
    pub(crate) fn read_options(&self) -> ReadOptions {
        ReadOptions {
            columns: self.columns.clone(),
            drop: self.drop.clone(),
            labels: self.labels.clone(),
            no_header: self.no_header,
            delimiter: self.delimiter,
            charset: self.charset,
            array: self.array.clone(),
            sheet: self.sheet.clone(),
            nan_as_missing: self.nan_as_missing,
            text: None,
            numbers: self.numbers.clone(),
        }
    }
}

/// Data that is no table.
#[derive(Debug, Clone, Default, Args)]
#[command(next_help_heading = "Texts and images")]
pub(crate) struct KindArgs {
    /// What the data is: table, text or image; found out when left out.
    #[arg(long, value_name = "KIND")]
    pub(crate) kind: Option<DataType>,
    /// The column of the table, or the key in .jsonl, with the texts.
    #[arg(long = "text", value_name = "COLUMN")]
    pub(crate) text_column: Option<String>,
    /// Give every image this height and width; without it all must have one size.
    #[arg(long, value_name = "HxW", value_parser = height_and_width)]
    pub(crate) resize: Option<[usize; 2]>,
}

/// Who turns texts into numbers.
#[derive(Debug, Clone, Default, Args)]
#[command(next_help_heading = "Texts and images")]
pub(crate) struct EmbedderArgs {
    /// Who turns texts into numbers: `builtin` (needs no files), or the folder of a sentence-transformer.
    ///
    /// Only specifications by the same embedder can be compared. `reference=FOLDER` says that the folder holds the
    /// one of the reference package (paraphrase-multilingual-MiniLM-L12-v2), whose specifications do not name it.
    #[arg(long, value_name = "builtin|FOLDER")]
    pub(crate) embedder: Option<String>,
}

/// What texts for models that generate are described by.
#[derive(Debug, Clone, Default, Args)]
#[command(next_help_heading = "Texts and images")]
pub(crate) struct BaseArgs {
    /// Describe texts by what they change in this language model: for learnwares that generate text.
    ///
    /// The folder holds config.json, tokenizer.json and model.safetensors of a small model that everybody has, of type
    /// llama or qwen2. Only specifications by the same model can be compared.
    #[arg(long, value_name = "FOLDER", conflicts_with = "embedder")]
    pub(crate) base: Option<PathBuf>,
}

/// What the columns of a table are and how they become numbers.
#[derive(Debug, Clone, Default, Args)]
#[command(next_help_heading = "Columns")]
pub(crate) struct ColumnArgs {
    /// These columns hold categories, even if their values are numbers or very many words.
    #[arg(long, value_name = "NAMES", value_delimiter = ',')]
    pub(crate) categories: Vec<String>,
    /// How categories become numbers; `auto` is one-hot up to 12 words and ordinal beyond.
    #[arg(long, value_enum, default_value_t, value_name = "HOW")]
    pub(crate) encoding: EncodingWord,
    /// What absent numbers become.
    #[arg(long, value_enum, default_value_t, value_name = "HOW")]
    pub(crate) missing: MissingWord,
}

impl ColumnArgs {
    /// The same for the engine.
    pub(crate) fn infer_options(&self) -> InferOptions {
        InferOptions {
            categories: self.categories.iter().cloned().collect(),
            encoding: match self.encoding {
                EncodingWord::Auto => EncodingChoice::Auto,
                EncodingWord::OneHot => EncodingChoice::OneHot,
                EncodingWord::Ordinal => EncodingChoice::Ordinal,
            },
            missing: self.missing.choice(),
        }
    }
}

/// How categories become numbers.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, ValueEnum)]
pub(crate) enum EncodingWord {
    /// One-hot up to 12 words, ordinal beyond.
    #[default]
    Auto,
    /// One input for each word: equally far apart.
    OneHot,
    /// One input with the place of the word: for trees.
    Ordinal,
}

/// What absent numbers become.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, ValueEnum)]
pub(crate) enum MissingWord {
    /// The mean of the column.
    #[default]
    Fill,
    /// An error.
    Refuse,
    /// NaN, for models that take it.
    Keep,
}

impl MissingWord {
    fn choice(self) -> MissingChoice {
        match self {
            Self::Fill => MissingChoice::Fill,
            Self::Refuse => MissingChoice::Refuse,
            Self::Keep => MissingChoice::Keep,
        }
    }
}

/// How a specification is made.
#[derive(Debug, Clone, Args)]
#[command(next_help_heading = "Specification")]
pub(crate) struct GenerateArgs {
    /// Points in the specification; fewer where there are fewer rows.
    #[arg(long, value_name = "COUNT", default_value_t = 100)]
    pub(crate) reduced_set_size: usize,
    /// Seed of everything random: same seed, same bytes.
    #[arg(long, default_value_t = 0)]
    pub(crate) seed: u64,
    /// Use the algorithm of the reference package.
    #[arg(long)]
    pub(crate) compat: bool,
}

impl GenerateArgs {
    /// The same for the maker.
    pub(crate) fn generation(&self) -> Generation {
        Generation { reduced_set_size: self.reduced_set_size, seed: self.seed, compat: self.compat }
    }
}

/// Differential privacy.
#[derive(Debug, Clone, Default, Args)]
#[command(next_help_heading = "Differential privacy")]
pub(crate) struct PrivateArgs {
    /// Bound what one row can change: noise is added, and the specification is refused where it would hide what
    /// the data are like. Small is private: 1 is usual. No names or words are written.
    #[arg(long = "dp", value_name = "EPSILON", conflicts_with = "compat")]
    pub(crate) epsilon: Option<f64>,
    /// Chance that the bound fails; far below one in the number of rows. A millionth when left out.
    #[arg(long, value_name = "DELTA", requires = "epsilon")]
    pub(crate) delta: Option<f64>,
}

impl Default for GenerateArgs {
    fn default() -> Self {
        Self { reduced_set_size: 100, seed: 0, compat: false }
    }
}

fn delimiter(text: &str) -> Result<u8, String> {
    match text {
        "tab" | "\\t" => Ok(b'\t'),
        _ => match text.as_bytes() {
            [byte] if byte.is_ascii() && !byte.is_ascii_alphanumeric() && *byte != b'"' => Ok(*byte),
            _ => Err("one character that is no letter, digit or quote, or the word `tab`".into()),
        },
    }
}

/// Largest side of an image that `--resize` makes.
const SIDE_MAX: usize = 4096;

fn height_and_width(text: &str) -> Result<[usize; 2], String> {
    sizes(text)
}

/// Channels, height and width.
pub(super) fn image_shape(text: &str) -> Result<[usize; 3], String> {
    let shape: [usize; 3] = sizes(text)?;
    if matches!(shape[0], 1 | 3) {
        Ok(shape)
    } else {
        Err("images have 1 or 3 channels, e.g. 3x32x32".into())
    }
}

/// Numbers with `x` between them.
fn sizes<const COUNT: usize>(text: &str) -> Result<[usize; COUNT], String> {
    let sizes: Option<Vec<usize>> =
        text.to_lowercase().split('x').map(|side| side.trim().parse().ok()).collect();
    let sizes = sizes.filter(|sizes| sizes.iter().all(|side| (1..=SIDE_MAX).contains(side)));
    sizes.and_then(|sizes| sizes.try_into().ok()).ok_or_else(|| {
        format!(
            "{COUNT} numbers from 1 to {SIDE_MAX} with x between them, e.g. {}",
            ["3", "32", "32"][3 - COUNT..].join("x")
        )
    })
}
