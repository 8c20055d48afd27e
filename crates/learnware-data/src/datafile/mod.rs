//! Data of any kind, read in one place: tables, texts and images.
//!
//! What kind it is follows from the place and what lies there, or from `--kind`. Tables are read by
//! [`crate::tablefile`]; here are text files, image files, folders and zips of both, and arrays of images.
//! Every refusal names the file and, where there is one, the line.

#[cfg(feature = "images")]
mod decode;
mod images;
mod listing;
mod pictures;
mod texts;

use std::path::Path;

use learnware_engine::semantic::DataType;
use learnware_engine::table::{RawColumn, RawTable};

use crate::error::{Result, no_labels, refused};
use crate::files::Location;
use crate::said::said;
use crate::tablefile::{self, ReadOptions, TableFile, TableFileError};
use crate::watcher::Watcher;
pub use pictures::Pictures;

/// What `--labels` says to take the names of the folders as labels.
pub const FOLDER_LABELS: &str = "folder";

/// How data is read.
#[derive(Debug, Clone)]
pub struct DataOptions {
    /// What part of a table, and the labels of anything.
    pub table: ReadOptions,
    /// What it is; found out when `None`.
    pub kind: Option<DataType>,
    /// What it is where neither name nor content tells.
    likely: DataType,
    /// Height and width of the images that a model takes.
    taken: Option<[usize; 2]>,
    /// Height and width that every image gets.
    pub resize: Option<[usize; 2]>,
}

impl DataOptions {
    /// Of a kind that is found out, unless it is said.
    pub fn new(table: ReadOptions, kind: Option<DataType>, resize: Option<[usize; 2]>) -> Self {
        Self { table, kind, likely: DataType::Table, taken: None, resize }
    }

    /// The same for the data of a learnware that takes this kind, and images of this shape.
    #[must_use]
    pub fn for_learnware(mut self, kind: DataType, image_shape: Option<[usize; 3]>) -> Self {
        self.likely = kind;
        self.for_images(image_shape)
    }

    /// The same with images in the shape that a model takes.
    #[must_use]
    pub fn for_images(mut self, shape: Option<[usize; 3]>) -> Self {
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
pub struct Data {
    /// The examples.
    pub content: Content,
    /// The labels, when they were asked for.
    pub labels: Option<RawColumn>,
    /// For each example its 1-based line in the file; its number where there are no lines.
    pub lines: Vec<usize>,
}

/// The examples of the data.
#[derive(Debug)]
pub enum Content {
    /// Rows of a table.
    Table(RawTable),
    /// Texts.
    Texts(Vec<String>),
    /// Images.
    Images(Pictures),
}

impl Data {
    /// Number of examples.
    pub fn len(&self) -> usize {
        self.lines.len()
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.lines.is_empty()
    }

    /// What it is.
    pub fn kind(&self) -> DataType {
        match &self.content {
            Content::Table(_) => DataType::Table,
            Content::Texts(_) => DataType::Text,
            Content::Images(_) => DataType::Image,
        }
    }
}

impl From<TableFile> for Data {
    fn from(file: TableFile) -> Self {
        let lines = file.table.lines.clone();
        Self { content: Content::Table(file.table), labels: file.labels, lines }
    }
}

/// What several examples of a kind are called.
pub fn unit(kind: DataType) -> &'static str {
    match kind {
        DataType::Table => "rows",
        DataType::Text => "texts",
        DataType::Image => "images",
    }
}

/// What one example of a kind is called.
pub fn one(kind: DataType) -> &'static str {
    match kind {
        DataType::Table => "row",
        DataType::Text => "text",
        DataType::Image => "image",
    }
}

/// Reads data of any kind.
pub fn read(at: Location<'_>, options: &DataOptions, watcher: &dyn Watcher) -> Result<Data> {
    let kind = kind_of(at, options)?;
    if options.resize.is_some() && kind != DataType::Image {
        return Err(refused(
            said!(
                "resize",
                "--resize is for images, but {path} is read as {units}",
                path = at.path.display(),
                units = unit(kind)
            ),
            "leave it out, or say --kind image",
        ));
    }
    match kind {
        DataType::Table => {
            let mut file = tablefile::read(at, &options.table)?;
            file.warnings.drain(..).for_each(|warning| watcher.warning(warning));
            Ok(file.into())
        }
        DataType::Text => texts::read(at, options, watcher),
        DataType::Image => images::read(at, options, watcher),
    }
}

/// Endings of image files.
pub const IMAGE_ENDINGS: &[&str; 6] = &["png", "jpg", "jpeg", "bmp", "gif", "webp"];

/// Whether the place is data rather than a specification file.
pub fn is_data(at: Location<'_>) -> bool {
    at.is_folder()
        || tablefile::is_table_name(at.path)
        || has_ending(at.path, IMAGE_ENDINGS)
        || has_ending(at.path, &["zip", "jsonl", "ndjson"])
}

/// What kind of data lies at the place.
pub fn kind_of(at: Location<'_>, options: &DataOptions) -> Result<DataType> {
    let path = at.path;
    if !at.exists() {
        return Err(TableFileError::Missing(path.into()).into());
    }
    if let Some(kind) = options.kind {
        return Ok(kind);
    }
    if options.table.text.is_some() {
        return Ok(DataType::Text);
    }
    if at.is_folder() || has_ending(path, &["zip"]) {
        return kind_of_files(at);
    }
    if has_ending(path, IMAGE_ENDINGS) {
        return Ok(DataType::Image);
    }
    if has_ending(path, &["jsonl", "ndjson"]) {
        return Ok(DataType::Text);
    }
    let is_array = has_ending(path, &["npy", "npz"]);
    if is_array && tablefile::numpy::axes(path, &at.bytes()?, &options.table) >= Some(3) {
        return Ok(DataType::Image);
    }
    Ok(options.likely)
}

/// What kind of files a folder or zip holds.
fn kind_of_files(at: Location<'_>) -> Result<DataType> {
    let path = at.path;
    let files = listing::Listing::open(at)?;
    if files.holds("learnware.yaml") {
        return Err(refused(
            said!("a-package", "{path} is the package of a learnware, not data", path = path.display()),
            "name the data; `learnware check` looks at packages",
        ));
    }
    match (files.count(IMAGE_ENDINGS), files.count(texts::ENDINGS)) {
        (0, 0) => Err(refused(
            said!("nothing-known", "{path} holds no images and no texts", path = path.display()),
            format!(
                "name a table file ({}), or a folder or zip of {} or .txt files",
                tablefile::ENDINGS,
                IMAGE_ENDINGS.map(|ending| format!(".{ending}")).join(", ")
            ),
        )),
        (_, 0) => Ok(DataType::Image),
        (0, _) => Ok(DataType::Text),
        (images, texts) => Err(refused(
            said!(
                "two-kinds",
                "{path} holds {images} images and {texts} texts",
                path = path.display(),
                images = images,
                texts = texts
            ),
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
fn folder_labels(path: &Path, options: &DataOptions, files: &[listing::Entry]) -> Result<Option<RawColumn>> {
    use learnware_engine::table::Cell;
    let Some(name) = &options.table.labels else { return Ok(None) };
    if name != FOLDER_LABELS {
        return Err(no_labels(
            said!("no-label-column", "{path} has no column {name:?}", path = path.display(), name = name),
            "say --labels folder to take the names of the sub-folders as labels",
        ));
    }
    let cell =
        |file: &listing::Entry| file.folder().map_or(Cell::Missing, |folder| Cell::Text(folder.into()));
    let cells: Vec<Cell> = files.iter().map(cell).collect();
    if cells.iter().all(|cell| *cell == Cell::Missing) {
        return Err(no_labels(
            said!(
                "no-sub-folders",
                "{path} has no sub-folders, so their names give no labels",
                path = path.display()
            ),
            "put the files of each label into a folder with its name, or leave --labels out",
        ));
    }
    Ok(Some(RawColumn { name: FOLDER_LABELS.into(), cells }))
}

/// The place of a file inside a folder or zip, for messages.
fn inside(at: Location<'_>, name: &str) -> String {
    if at.is_folder() {
        at.path.join(name).display().to_string()
    } else {
        format!("{}, {name}", at.path.display())
    }
}
