//! Texts: a column of a table, lines of a file, a key of JSON lines, or one file for each text.

use std::path::Path;

use learnware_engine::table::{Cell, RawColumn};
use serde_json::Value;

use super::listing::Listing;
use super::{Content, Data, DataOptions, folder_labels, has_ending, inside};
use crate::error::{DataError, Result, no_labels, refused};
use crate::files::Location;
use crate::said::said;
use crate::tablefile::{self, ReadOptions, TableFileError};
use crate::watcher::{Stage, Watcher};

/// Endings of files that hold one text each.
pub(super) const ENDINGS: &[&str] = &["txt"];
/// Bytes of one text at most.
const TEXT_BYTES_MAX: u64 = 16 << 20;
/// Bytes of all texts at most, so that they fit in memory with room for their embeddings.
const BYTES_MAX: usize = 2 << 30;

/// Reads texts.
pub(super) fn read(at: Location<'_>, options: &DataOptions, watcher: &dyn Watcher) -> Result<Data> {
    let path = at.path;
    let data = if at.is_folder() || has_ending(path, &["zip"]) {
        files(at, options, watcher)?
    } else if has_ending(path, &["jsonl", "ndjson"]) {
        json_lines(at, options)?
    } else if options.table.text.is_some() {
        column(at, options, watcher)?
    } else if has_ending(path, ENDINGS) {
        lines(at, options)?
    } else {
        return Err(refused(
            said!("which-column", "{path}: which column holds the texts is not known", path = path.display()),
            "name it with --text COLUMN",
        ));
    };
    if data.is_empty() {
        return Err(refused(
            said!("no-texts", "{path}: there is no text in it", path = path.display()),
            "name a file with texts",
        ));
    }
    Ok(data)
}

/// A text that is not there.
fn absent(place: &str) -> DataError {
    refused(
        said!("no-text", "{place}: there is no text", place = place),
        "write the text, or leave this example out",
    )
}

/// One column of a table.
fn column(at: Location<'_>, options: &DataOptions, watcher: &dyn Watcher) -> Result<Data> {
    let path = at.path;
    let name = options.table.text.clone().unwrap_or_default();
    let only = ReadOptions { columns: vec![name], drop: Vec::new(), ..options.table.clone() };
    let file = tablefile::read(at, &only)?;
    let mut columns = file.table.columns.into_iter();
    let column = columns.next().ok_or_else(|| TableFileError::NoColumns(path.into()))?;
    for warning in file.warnings {
        watcher.warning(warning);
    }
    if column.cells.iter().all(|cell| *cell == Cell::Missing) {
        return Err(refused(
            said!(
                "empty-column",
                "{path}, column {column:?}: there is no text in any row",
                path = path.display(),
                column = column.name
            ),
            "name the column with the texts with --text",
        ));
    }
    let text = |(cell, line): (Cell, &usize)| match cell {
        Cell::Text(text) => Ok(text),
        Cell::Number(number) => Ok(number.to_string()),
        Cell::Missing => Err(absent(&format!("{}, line {line}, column {:?}", path.display(), column.name))),
    };
    let texts = column.cells.into_iter().zip(&file.table.lines).map(text);
    let texts = texts.collect::<Result<Vec<String>>>()?;
    require_words(path, &texts, watcher);
    Ok(Data { content: Content::Texts(texts), labels: file.labels, lines: file.table.lines })
}

/// Says so when a column looks like numbers rather than texts.
fn require_words(path: &Path, texts: &[String], watcher: &dyn Watcher) {
    if texts.iter().all(|text| text.trim().parse::<f64>().is_ok()) {
        watcher.warning(said!(
            "texts-are-numbers",
            "{path}: all texts are numbers; is it the right column?",
            path = path.display()
        ));
    }
}

/// One text on each line.
fn lines(at: Location<'_>, options: &DataOptions) -> Result<Data> {
    let path = at.path;
    if let Some(name) = &options.table.labels {
        return Err(no_labels(
            said!(
                "lines-without-labels",
                "{path} holds lines of text, and no labels {name:?}",
                path = path.display(),
                name = name
            ),
            "put texts and labels into a table: --text COLUMN --labels COLUMN",
        ));
    }
    let bytes = at.bytes()?;
    let text = tablefile::text(path, &bytes, options.table.charset)?;
    if text.trim().is_empty() {
        return Err(refused(
            said!("blank-lines", "{path}: all lines are blank", path = path.display()),
            "write one text on each line",
        ));
    }
    let mut texts = Vec::new();
    for (place, line) in text.lines().enumerate() {
        if line.trim().is_empty() {
            return Err(absent(&format!("{}, line {}", path.display(), place + 1)));
        }
        texts.push(line.to_owned());
    }
    let lines = (1..=texts.len()).collect();
    Ok(Data { content: Content::Texts(texts), labels: None, lines })
}

/// One JSON object on each line.
fn json_lines(at: Location<'_>, options: &DataOptions) -> Result<Data> {
    let path = at.path;
    let Some(key) = &options.table.text else {
        return Err(refused(
            said!("which-key", "{path}: which key holds the texts is not known", path = path.display()),
            "name it with --text KEY",
        ));
    };
    let bytes = at.bytes()?;
    let (mut texts, mut lines, mut cells) = (Vec::new(), Vec::new(), Vec::new());
    for (place, line) in tablefile::text(path, &bytes, options.table.charset)?.lines().enumerate() {
        if line.trim().is_empty() {
            continue;
        }
        let here = format!("{}, line {}", path.display(), place + 1);
        let object: Value = serde_json::from_str(line).map_err(|error| {
            refused(
                said!("not-json", "{place}: it is not JSON: {reason}", place = here, reason = error),
                "write one JSON object on each line",
            )
        })?;
        match object.get(key) {
            Some(Value::String(text)) if !text.trim().is_empty() => texts.push(text.clone()),
            Some(Value::String(_) | Value::Null) | None => {
                return Err(absent(&format!("{here}, key {key:?}")));
            }
            Some(_) => {
                return Err(refused(
                    said!(
                        "not-a-text",
                        "{place}, key {key:?}: the value is not a text",
                        place = here,
                        key = key
                    ),
                    "name the key with the texts with --text",
                ));
            }
        }
        lines.push(place + 1);
        if let Some(name) = &options.table.labels {
            cells.push(label(object.get(name)));
        }
    }
    let labels = options.table.labels.clone().map(|name| RawColumn { name, cells });
    if let Some(column) =
        labels.as_ref().filter(|column| column.cells.iter().all(|cell| *cell == Cell::Missing))
    {
        return Err(no_labels(
            said!(
                "no-label-lines",
                "{path}: there is no label {name:?} on any line",
                path = path.display(),
                name = column.name
            ),
            "name the key with the labels with --labels",
        ));
    }
    Ok(Data { content: Content::Texts(texts), labels, lines })
}

fn label(value: Option<&Value>) -> Cell {
    match value {
        Some(Value::String(text)) => tablefile::parse_cell(text),
        Some(Value::Number(number)) => number.as_f64().map_or(Cell::Missing, Cell::Number),
        Some(Value::Bool(truth)) => Cell::Text(truth.to_string()),
        Some(Value::Null | Value::Array(_) | Value::Object(_)) | None => Cell::Missing,
    }
}

/// One file for each text.
fn files(at: Location<'_>, options: &DataOptions, watcher: &dyn Watcher) -> Result<Data> {
    let path = at.path;
    let mut listing = Listing::open(at)?;
    let files = listing.of_kind(ENDINGS);
    let labels = folder_labels(path, options, &files)?;
    let progress = watcher.begin(Stage::Texts, Some(files.len() as u64));
    let (mut texts, mut total) = (Vec::with_capacity(files.len()), 0);
    for file in &files {
        let bytes = listing.read(file, TEXT_BYTES_MAX)?;
        let place = inside(at, &file.name);
        total += bytes.len();
        if total > BYTES_MAX {
            return Err(refused(
                said!(
                    "texts-too-large",
                    "{place}: the texts have more than {size} MiB together",
                    place = place,
                    size = BYTES_MAX >> 20
                ),
                "take a sample of them: 100 000 describe a distribution as well as more",
            ));
        }
        let text = tablefile::text(Path::new(&place), &bytes, options.table.charset)?;
        if text.trim().is_empty() {
            return Err(absent(&place));
        }
        texts.push(text.into_owned());
        progress.reached(texts.len() as u64);
    }
    let lines = (1..=texts.len()).collect();
    Ok(Data { content: Content::Texts(texts), labels, lines })
}
