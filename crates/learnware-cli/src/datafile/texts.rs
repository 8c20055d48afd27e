//! Texts: a column of a table, lines of a file, a key of JSON lines, or one file for each text.

use std::path::Path;

use learnware_engine::table::{Cell, RawColumn};
use serde_json::Value;

use super::listing::Listing;
use super::{Content, Data, DataOptions, folder_labels, has_ending, inside, no_labels};
use crate::error::advised;
use crate::printer::Printer;
use crate::tablefile::{self, ReadOptions, TableFileError};

/// Endings of files that hold one text each.
pub(super) const ENDINGS: &[&str] = &["txt"];
/// Bytes of one text at most.
const TEXT_BYTES_MAX: u64 = 16 << 20;
/// Bytes of all texts at most, so that they fit in memory with room for their embeddings.
const BYTES_MAX: usize = 2 << 30;

/// Reads texts.
pub(super) fn read(path: &Path, options: &DataOptions, printer: &Printer) -> anyhow::Result<Data> {
    let data = if path.is_dir() || has_ending(path, &["zip"]) {
        files(path, options, printer)?
    } else if has_ending(path, &["jsonl", "ndjson"]) {
        json_lines(path, options)?
    } else if options.table.text.is_some() {
        column(path, options, printer)?
    } else if has_ending(path, ENDINGS) {
        lines(path, options)?
    } else {
        return Err(advised(
            format!("{}: which column holds the texts is not known", path.display()),
            "name it with --text COLUMN",
        ));
    };
    if data.len() == 0 {
        return Err(advised(format!("{}: there is no text in it", path.display()), "name a file with texts"));
    }
    Ok(data)
}

/// A text that is not there.
fn absent(place: &str) -> anyhow::Error {
    advised(format!("{place}: there is no text"), "write the text, or leave this example out")
}

/// One column of a table.
fn column(path: &Path, options: &DataOptions, printer: &Printer) -> anyhow::Result<Data> {
    let name = options.table.text.clone().unwrap_or_default();
    let only = ReadOptions { columns: vec![name], drop: Vec::new(), ..options.table.clone() };
    let file = tablefile::read(path, &only)?;
    let mut columns = file.table.columns.into_iter();
    let column = columns.next().ok_or_else(|| TableFileError::NoColumns(path.into()))?;
    for warning in file.warnings {
        printer.warning(warning);
    }
    if column.cells.iter().all(|cell| *cell == Cell::Missing) {
        return Err(advised(
            format!("{}, column {:?}: there is no text in any row", path.display(), column.name),
            "name the column with the texts with --text",
        ));
    }
    let text = |(cell, line): (Cell, &usize)| match cell {
        Cell::Text(text) => Ok(text),
        Cell::Number(number) => Ok(number.to_string()),
        Cell::Missing => Err(absent(&format!("{}, line {line}, column {:?}", path.display(), column.name))),
    };
    let texts = column.cells.into_iter().zip(&file.table.lines).map(text);
    let texts = texts.collect::<anyhow::Result<Vec<String>>>()?;
    require_words(path, &texts, printer);
    Ok(Data { content: Content::Texts(texts), labels: file.labels, lines: file.table.lines })
}

/// Says so when a column looks like numbers rather than texts.
fn require_words(path: &Path, texts: &[String], printer: &Printer) {
    if texts.iter().all(|text| text.trim().parse::<f64>().is_ok()) {
        printer.warning(format!("{}: all texts are numbers; is it the right column?", path.display()));
    }
}

/// One text on each line.
fn lines(path: &Path, options: &DataOptions) -> anyhow::Result<Data> {
    if let Some(name) = &options.table.labels {
        return Err(no_labels(
            format!("{} holds lines of text, and no labels {name:?}", path.display()),
            "put texts and labels into a table: --text COLUMN --labels COLUMN",
        ));
    }
    let bytes = tablefile::bytes_of(path)?;
    let text = tablefile::text(path, &bytes)?;
    if text.trim().is_empty() {
        return Err(advised(
            format!("{}: all lines are blank", path.display()),
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
fn json_lines(path: &Path, options: &DataOptions) -> anyhow::Result<Data> {
    let Some(key) = &options.table.text else {
        return Err(advised(
            format!("{}: which key holds the texts is not known", path.display()),
            "name it with --text KEY",
        ));
    };
    let bytes = tablefile::bytes_of(path)?;
    let (mut texts, mut lines, mut cells) = (Vec::new(), Vec::new(), Vec::new());
    for (place, line) in tablefile::text(path, &bytes)?.lines().enumerate() {
        if line.trim().is_empty() {
            continue;
        }
        let here = format!("{}, line {}", path.display(), place + 1);
        let object: Value = serde_json::from_str(line).map_err(|error| {
            advised(format!("{here}: it is not JSON: {error}"), "write one JSON object on each line")
        })?;
        match object.get(key) {
            Some(Value::String(text)) if !text.trim().is_empty() => texts.push(text.clone()),
            Some(Value::String(_) | Value::Null) | None => {
                return Err(absent(&format!("{here}, key {key:?}")));
            }
            Some(_) => {
                return Err(advised(
                    format!("{here}, key {key:?}: the value is not a text"),
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
            format!("{}: there is no label {:?} on any line", path.display(), column.name),
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
fn files(path: &Path, options: &DataOptions, printer: &Printer) -> anyhow::Result<Data> {
    let mut listing = Listing::open(path)?;
    let files = listing.of_kind(ENDINGS);
    let labels = folder_labels(path, options, &files)?;
    let progress = printer.progress("reading texts", Some(files.len() as u64));
    let (mut texts, mut total) = (Vec::with_capacity(files.len()), 0);
    for file in &files {
        let bytes = listing.read(file, TEXT_BYTES_MAX)?;
        let place = inside(path, &file.name);
        total += bytes.len();
        if total > BYTES_MAX {
            return Err(advised(
                format!("{place}: the texts have more than {} MiB together", BYTES_MAX >> 20),
                "take a sample of them: 100 000 describe a distribution as well as more",
            ));
        }
        let text = tablefile::text(Path::new(&place), &bytes)?;
        if text.trim().is_empty() {
            return Err(absent(&place));
        }
        texts.push(text.to_owned());
        progress.inc(1);
    }
    progress.finish_and_clear();
    let lines = (1..=texts.len()).collect();
    Ok(Data { content: Content::Texts(texts), labels, lines })
}
