//! CSV and its relatives: the separator is found out, quotes, byte order marks and both line ends are read.

use std::path::Path;

use learnware_engine::table::{Cell, Header, RawColumn, RawTable};

use super::{CELLS_MAX, Read, ReadOptions, Result, TableFileError, positional_name};

/// Separators in order of preference.
const DELIMITERS: [u8; 4] = [b',', b'\t', b';', b'|'];
/// Records looked at to find the separator.
const RECORDS_SNIFFED: usize = 50;

/// Reads delimited text.
pub(super) fn read(path: &Path, bytes: &[u8], delimiter: Option<u8>, options: &ReadOptions) -> Result<Read> {
    let text = text(path, bytes)?;
    if text.trim().is_empty() {
        return Err(TableFileError::Empty(path.into()));
    }
    let delimiter = delimiter.unwrap_or_else(|| sniff(text));
    let mut lines = LineCounter { text, offset: 0, line: 1 };
    let mut reader = reader(text, delimiter);
    let mut record = csv::StringRecord::new();
    let mut columns: Vec<RawColumn> = Vec::new();
    let mut parsers: Vec<fn(&str) -> Cell> = Vec::new();
    let mut row_lines = Vec::new();
    let mut first = true;
    loop {
        let start = reader.position().byte() as usize;
        let more = reader
            .read_record(&mut record)
            .map_err(|error| TableFileError::Malformed { path: path.into(), reason: error.to_string() })?;
        if !more {
            break;
        }
        let line = lines.at_record(start);
        if first {
            columns = header(path, &record, options)?;
            parsers = columns.iter().map(|column| options.cell_of(&column.name)).collect();
            first = false;
            if !options.no_header {
                continue;
            }
        }
        // A quote that never ends swallows the rest of the file into the last record.
        if reader.position().byte() as usize >= text.len() && open_quote(&text[start..], delimiter) {
            return Err(TableFileError::OpenQuote { path: path.into(), line });
        }
        if record.len() != columns.len() {
            let (found, expected) = (record.len(), columns.len());
            return Err(TableFileError::Ragged { path: path.into(), line, found, expected });
        }
        row_lines.push(line);
        if row_lines.len() * columns.len() > CELLS_MAX {
            return Err(TableFileError::TooLarge(path.into()));
        }
        for ((column, parse), field) in columns.iter_mut().zip(&parsers).zip(&record) {
            column.cells.push(parse(field));
        }
    }
    let warnings = warnings(&columns, options);
    let header = if options.no_header { Header::Positional } else { Header::Named };
    Ok(Read { table: RawTable { columns, lines: row_lines, header }, labels: None, warnings })
}

/// The text without its byte order mark.
pub(crate) fn text<'a>(path: &Path, bytes: &'a [u8]) -> Result<&'a str> {
    if bytes.starts_with(&[0xff, 0xfe]) || bytes.starts_with(&[0xfe, 0xff]) {
        return Err(TableFileError::NotUtf8 { path: path.into(), line: 1 });
    }
    if bytes.iter().take(8192).any(|&byte| byte == 0) {
        return Err(TableFileError::Binary(path.into()));
    }
    let bytes = bytes.strip_prefix(&[0xef, 0xbb, 0xbf]).unwrap_or(bytes);
    std::str::from_utf8(bytes).map_err(|error| {
        let valid = std::str::from_utf8(&bytes[..error.valid_up_to()]).unwrap_or_default();
        let line = 1 + valid.matches('\n').count();
        TableFileError::NotUtf8 { path: path.into(), line }
    })
}

fn reader(text: &str, delimiter: u8) -> csv::Reader<&[u8]> {
    csv::ReaderBuilder::new()
        .has_headers(false)
        .flexible(true)
        .delimiter(delimiter)
        .from_reader(text.as_bytes())
}

/// The separator that cuts most of the first records into the same number of fields, and into the most.
fn sniff(text: &str) -> u8 {
    let mut best = (0.0, 0, b',');
    for delimiter in DELIMITERS {
        let counts: Vec<usize> = reader(text, delimiter)
            .into_records()
            .take(RECORDS_SNIFFED)
            .map_while(std::result::Result::ok)
            .map(|record| record.len())
            .collect();
        // The header decides: a file whose header has one field has one column.
        let Some(&fields) = counts.first().filter(|&&fields| fields > 1) else { continue };
        let share = counts.iter().filter(|&&count| count == fields).count() as f64 / counts.len() as f64;
        if (share, fields) > (best.0, best.1) {
            best = (share, fields, delimiter);
        }
    }
    best.2
}

/// Empty columns with the names of the header, or positional names.
fn header(path: &Path, record: &csv::StringRecord, options: &ReadOptions) -> Result<Vec<RawColumn>> {
    let mut columns: Vec<RawColumn> = Vec::with_capacity(record.len());
    for (place, field) in record.iter().enumerate() {
        let name = field.trim();
        let name =
            if options.no_header || name.is_empty() { positional_name(place) } else { name.to_owned() };
        if columns.iter().any(|column| column.name == name) {
            return Err(TableFileError::DuplicateName { path: path.into(), name });
        }
        columns.push(RawColumn { name, cells: Vec::new() });
    }
    Ok(columns)
}

fn warnings(columns: &[RawColumn], options: &ReadOptions) -> Vec<String> {
    let mut warnings = Vec::new();
    if options.no_header {
        return warnings;
    }
    let numbers = columns.iter().all(|column| column.name.parse::<f64>().is_ok());
    let counted = columns.iter().enumerate().all(|(place, column)| column.name == place.to_string());
    if numbers && !counted {
        warnings.push(
            "the first line holds only numbers and is taken as column names; say --no-header if it is data"
                .into(),
        );
    }
    for column in columns.iter().filter(|column| options.wants(&column.name)) {
        let unnamed = column.name == positional_name(0) || column.name.starts_with("Unnamed: ");
        if unnamed && counts_rows(&column.cells) {
            warnings.push(format!(
                "column {0:?} has no name of its own and only counts the rows; leave it out with --drop {0:?}",
                column.name
            ));
        }
    }
    warnings
}

fn counts_rows(cells: &[Cell]) -> bool {
    let from = |start: usize| {
        cells.iter().enumerate().all(|(row, cell)| *cell == Cell::Number((row + start) as f64))
    };
    cells.len() > 2 && (from(0) || from(1))
}

/// Whether the text from here on has a quoted field that never ends.
fn open_quote(text: &str, delimiter: u8) -> bool {
    let mut inside = false;
    let mut field_start = true;
    for byte in text.bytes() {
        match byte {
            b'"' if inside || field_start => inside = !inside,
            _ => {}
        }
        field_start = !inside && (byte == delimiter || byte == b'\n');
    }
    inside
}

/// Counts lines up to a byte, going forward only. The reader's own count is behind by one after CRLF.
struct LineCounter<'a> {
    text: &'a str,
    offset: usize,
    line: usize,
}

impl LineCounter<'_> {
    /// The line of the record that the reader finds from `start` on: it skips line ends first.
    fn at_record(&mut self, start: usize) -> usize {
        let mut end = start;
        while matches!(self.text.as_bytes().get(end), Some(b'\r' | b'\n')) {
            end += 1;
        }
        self.line += self.text[self.offset..end].matches('\n').count();
        self.offset = end;
        self.line
    }
}
