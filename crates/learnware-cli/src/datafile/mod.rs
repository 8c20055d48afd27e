//! Data of any kind, read in one place: tables, texts and images.
//!
//! What kind it is follows from the place and what lies there, or from `--kind`. Tables are read by
//! [`crate::tablefile`]; here are text files, image files, folders and zips of both, and arrays of images.
//! Every refusal names the file and, where there is one, the line.

mod decode;
mod images;
mod listing;
mod pictures;
mod texts;

use std::path::{Path, PathBuf};

use learnware_engine::semantic::DataType;
use learnware_engine::table::{RawColumn, RawTable};

use crate::cli::{KindArgs, TableArgs};
use crate::error::advised;
use crate::printer::Printer;
use crate::tablefile::{self, ReadOptions, TableFileError};
pub(crate) use pictures::Pictures;

/// What `--labels` says to take the names of the folders as labels.
pub(crate) const FOLDER_LABELS: &str = "folder";

/// How data is read.
#[derive(Debug, Clone)]
pub(crate) struct DataOptions {
    /// What part of a table, and the labels of anything.
    pub(crate) table: ReadOptions,
    /// What it is; found out when `None`.
    pub(crate) kind: Option<DataType>,
    /// What it is where neither name nor content tells.
    likely: DataType,
    /// Height and width of the images that a model takes.
    taken: Option<[usize; 2]>,
    /// Height and width that every image gets.
    pub(crate) resize: Option<[usize; 2]>,
}

impl DataOptions {
    /// Takes them from the command line.
    pub(crate) fn new(table: &TableArgs, kind: &KindArgs) -> Self {
        let table = ReadOptions { text: kind.text_column.clone(), ..table.read_options() };
        Self { table, kind: kind.kind, likely: DataType::Table, taken: None, resize: kind.resize }
    }

    /// The same for the data of a learnware that takes this kind, and images of this shape.
    pub(crate) fn for_learnware(mut self, kind: DataType, image_shape: Option<[usize; 3]>) -> Self {
        self.likely = kind;
        self.for_images(image_shape)
    }

    /// The same with images in the shape that a model takes.
    pub(crate) fn for_images(mut self, shape: Option<[usize; 3]>) -> Self {
        self.taken = shape.map(|[_, height, width]| [height, width]);
        self
    }

    /// Height and width that images get.
    fn size(&self) -> Option<[usize; 2]> {
        self.resize.or(self.taken)
    }
}

/// Data without its labels.
#[derive(Debug)]
pub(crate) struct Data {
    /// The examples.
    pub(crate) content: Content,
    /// The labels, when they were asked for.
    pub(crate) labels: Option<RawColumn>,
    /// For each example its 1-based line in the file; its number where there are no lines.
    pub(crate) lines: Vec<usize>,
}

/// The examples of the data.
#[derive(Debug)]
pub(crate) enum Content {
    /// Rows of a table.
    Table(RawTable),
    /// Texts.
    Texts(Vec<String>),
    /// Images.
    Images(Pictures),
}

impl Data {
    /// Number of examples.
    pub(crate) fn len(&self) -> usize {
        self.lines.len()
    }

    /// What it is.
    pub(crate) fn kind(&self) -> DataType {
        match &self.content {
            Content::Table(_) => DataType::Table,
            Content::Texts(_) => DataType::Text,
            Content::Images(_) => DataType::Image,
        }
    }
}

/// What several examples of a kind are called.
pub(crate) fn unit(kind: DataType) -> &'static str {
    match kind {
        DataType::Table => "rows",
        DataType::Text => "texts",
        DataType::Image => "images",
    }
}

/// What one example of a kind is called.
pub(crate) fn one(kind: DataType) -> &'static str {
    match kind {
        DataType::Table => "row",
        DataType::Text => "text",
        DataType::Image => "image",
    }
}

/// Reads data of any kind.
pub(crate) fn read(path: &Path, options: &DataOptions, printer: &Printer) -> anyhow::Result<Data> {
    let kind = kind_of(path, options)?;
    if options.resize.is_some() && kind != DataType::Image {
        return Err(advised(
            format!("--resize is for images, but {} is read as {}", path.display(), unit(kind)),
            "leave it out, or say --kind image",
        ));
    }
    match kind {
        DataType::Table => {
            let file = tablefile::read(path, &options.table)?;
            file.warnings.iter().for_each(|warning| printer.warning(warning.clone()));
            let lines = file.table.lines.clone();
            Ok(Data { content: Content::Table(file.table), labels: file.labels, lines })
        }
        DataType::Text => texts::read(path, options, printer),
        DataType::Image => images::read(path, options, printer),
    }
}

/// Whether data was refused for having no such labels.
pub(crate) fn lacks_labels(error: &anyhow::Error) -> bool {
    matches!(error.downcast_ref(), Some(TableFileError::NoSuchColumn { .. })) || error.is::<NoLabels>()
}

/// The labels that were asked for are not there.
#[derive(Debug, thiserror::Error)]
#[error("{message}")]
pub(crate) struct NoLabels {
    message: String,
    /// What to do.
    pub(crate) hint: &'static str,
}

/// Refuses labels that are not there.
fn no_labels(message: String, hint: &'static str) -> anyhow::Error {
    NoLabels { message, hint }.into()
}

/// Whether the place is data rather than a specification file.
pub(crate) fn is_data(path: &Path) -> bool {
    path.is_dir()
        || tablefile::is_table_name(path)
        || has_ending(path, decode::ENDINGS)
        || has_ending(path, &["zip", "jsonl", "ndjson"])
}

/// What kind of data lies at the place.
pub(crate) fn kind_of(path: &Path, options: &DataOptions) -> anyhow::Result<DataType> {
    if !path.exists() {
        return Err(TableFileError::Missing(path.into()).into());
    }
    if let Some(kind) = options.kind {
        return Ok(kind);
    }
    if options.table.text.is_some() {
        return Ok(DataType::Text);
    }
    if path.is_dir() || has_ending(path, &["zip"]) {
        return kind_of_files(path);
    }
    if has_ending(path, decode::ENDINGS) {
        return Ok(DataType::Image);
    }
    if has_ending(path, &["jsonl", "ndjson"]) {
        return Ok(DataType::Text);
    }
    let is_array = has_ending(path, &["npy", "npz"]);
    if is_array && tablefile::numpy::axes(path, &tablefile::bytes_of(path)?, &options.table) >= Some(3) {
        return Ok(DataType::Image);
    }
    Ok(options.likely)
}

/// What kind of files a folder or zip holds.
fn kind_of_files(path: &Path) -> anyhow::Result<DataType> {
    let files = listing::Listing::open(path)?;
    if files.holds("learnware.yaml") {
        return Err(advised(
            format!("{} is the package of a learnware, not data", path.display()),
            "name the data; `learnware check` looks at packages",
        ));
    }
    match (files.count(decode::ENDINGS), files.count(texts::ENDINGS)) {
        (0, 0) => Err(advised(
            format!("{} holds no images and no texts", path.display()),
            format!(
                "name a table file ({}), or a folder or zip of {} or .txt files",
                tablefile::ENDINGS,
                decode::ENDINGS.map(|ending| format!(".{ending}")).join(", ")
            ),
        )),
        (_, 0) => Ok(DataType::Image),
        (0, _) => Ok(DataType::Text),
        (images, texts) => Err(advised(
            format!("{} holds {images} images and {texts} texts", path.display()),
            "say which are meant with --kind image or --kind text",
        )),
    }
}

/// Whether the name ends in one of the endings, in any letter case.
fn has_ending(path: &Path, endings: &[&str]) -> bool {
    let ending = path.extension().and_then(|ending| ending.to_str()).unwrap_or_default();
    endings.iter().any(|wanted| ending.eq_ignore_ascii_case(wanted))
}

/// Labels by the names of the folders, when these are asked for.
fn folder_labels(
    path: &Path,
    options: &DataOptions,
    files: &[listing::Entry],
) -> anyhow::Result<Option<RawColumn>> {
    use learnware_engine::table::Cell;
    let Some(name) = &options.table.labels else { return Ok(None) };
    if name != FOLDER_LABELS {
        return Err(no_labels(
            format!("{} has no column {name:?}", path.display()),
            "say --labels folder to take the names of the sub-folders as labels",
        ));
    }
    let cell =
        |file: &listing::Entry| file.folder().map_or(Cell::Missing, |folder| Cell::Text(folder.into()));
    let cells: Vec<Cell> = files.iter().map(cell).collect();
    if cells.iter().all(|cell| *cell == Cell::Missing) {
        return Err(no_labels(
            format!("{} has no sub-folders, so their names give no labels", path.display()),
            "put the files of each label into a folder with its name, or leave --labels out",
        ));
    }
    Ok(Some(RawColumn { name: FOLDER_LABELS.into(), cells }))
}

/// The place of a file inside a folder or zip, for messages.
fn inside(path: &Path, name: &str) -> String {
    if path.is_dir() {
        path.join(PathBuf::from(name)).display().to_string()
    } else {
        format!("{}, {name}", path.display())
    }
}
