//! CSV and its relatives: the separator is found out, quotes, byte order marks and both line ends are read.

use std::collections::VecDeque;
use std::io::Read as _;
use std::path::Path;

use learnware_engine::table::{Cell, Header, RawColumn, RawTable};

use super::opened::{BUFFER_BYTES, Text, contradiction, newlines, open};
use super::{ReadOptions, Result, TableFileError, Take, block_rows, parse_cell, positional_name};
use crate::charset::{Charset, NotDecoded};
use crate::files::Location;
use crate::said::{Said, said, said_as};

/// Separators in order of preference.
const DELIMITERS: [u8; 4] = [b',', b'\t', b';', b'|'];
/// Records looked at to find the separator.
const RECORDS_SNIFFED: usize = 50;

/// Reads delimited text in blocks of rows; returns what a person should know.
pub(super) fn read<E: From<TableFileError>>(
    at: Location<'_>,
    delimiter: Option<u8>,
    options: &ReadOptions,
    take: Take<'_, E>,
) -> std::result::Result<Vec<Said>, E> {
    let path = at.path;
    let (file, head) = open(at, options.charset, 0)?;
    let delimiter = delimiter.unwrap_or_else(|| sniff(&head.text));
    let mut reader = csv::ReaderBuilder::new()
        .has_headers(false)
        .flexible(true)
        .delimiter(delimiter)
        .buffer_capacity(BUFFER_BYTES)
        .from_reader(LineEnds { file, offset: 0, ends: VecDeque::new(), line: 1 });
    let mut record = csv::ByteRecord::new();
    let mut rows: Option<Rows> = None;
    loop {
        let start = reader.position().byte();
        let more = reader.read_byte_record(&mut record).map_err(|error| unreadable(path, error))?;
        if !more {
            break;
        }
        let end = reader.position().byte();
        let line = reader.get_mut().line_of_record(start);
        let fields = fields(path, &record, line)?;
        let rows = match &mut rows {
            Some(rows) => rows,
            none => {
                let rows = none.insert(Rows::new(path, &fields, options)?);
                if delimiter != b',' {
                    rows.expect_commas(
                        &columns_with_commas(&head.text, delimiter, options.no_header),
                        options,
                    );
                }
                if !options.no_header {
                    continue;
                }
                rows
            }
        };
        // A quote that never ends swallows the rest of the file into the last record.
        if reader.get_mut().is_at_end(end) && open_quote(at, options.charset, start, delimiter)? {
            return Err(TableFileError::OpenQuote { path: path.into(), line }.into());
        }
        rows.push(path, &fields, line)?;
        if rows.is_full() {
            take(rows.next_block())?;
        }
    }
    let Some(mut rows) = rows else { return Err(TableFileError::Empty(path.into()).into()) };
    if !rows.lines.is_empty() {
        take(rows.next_block())?;
    }
    let mut warnings = rows.warnings(options);
    warnings.extend(contradiction(&head, options.charset));
    Ok(warnings)
}

/// Why a record was not read.
fn unreadable(path: &Path, error: csv::Error) -> TableFileError {
    let reason = error.to_string();
    let refused = match error.into_kind() {
        csv::ErrorKind::Io(error) => NotDecoded::of(path, &error),
        _ => None,
    };
    refused.unwrap_or(TableFileError::Malformed { path: path.into(), reason })
}

/// The fields of a record as text.
fn fields<'a>(path: &Path, record: &'a csv::ByteRecord, line: usize) -> Result<Vec<&'a str>> {
    let mut fields = Vec::with_capacity(record.len());
    let mut line = line;
    for field in record {
        match std::str::from_utf8(field) {
            Ok(text) => {
                fields.push(text);
                line += newlines(field);
            }
            Err(error) => {
                let line = line + newlines(&field[..error.valid_up_to()]);
                return Err(TableFileError::NotUtf8 { path: path.into(), line });
            }
        }
    }
    Ok(fields)
}

/// Rows on their way into a block.
struct Rows {
    columns: Vec<RawColumn>,
    /// Places of columns whose numbers have decimal commas.
    commas: Vec<usize>,
    parsers: Vec<fn(&str) -> Cell>,
    lines: Vec<usize>,
    header: Header,
    /// Rows of a full block.
    full_at: usize,
    /// Columns without a name of their own, and whether they count the rows so far from 0 and from 1.
    unnamed: Vec<(usize, [bool; 2])>,
    /// Rows in the blocks before.
    before: usize,
}

impl Rows {
    fn new(path: &Path, fields: &[&str], options: &ReadOptions) -> Result<Self> {
        let columns = header(path, fields, options)?;
        let nameless = |column: &RawColumn| {
            options.wants(&column.name)
                && (column.name == positional_name(0) || column.name.starts_with("Unnamed: "))
        };
        let unnamed = columns.iter().enumerate().filter(|(_, column)| nameless(column));
        Ok(Self {
            parsers: columns.iter().map(|column| options.cell_of(&column.name)).collect(),
            unnamed: unnamed.map(|(place, _)| (place, [true; 2])).collect(),
            full_at: block_rows(columns.len()),
            columns,
            commas: Vec::new(),
            lines: Vec::new(),
            header: if options.no_header { Header::Positional } else { Header::Named },
            before: 0,
        })
    }

    /// Reads the numbers of these columns with decimal commas; texts stay as they are.
    fn expect_commas(&mut self, places: &[usize], options: &ReadOptions) {
        for &place in places {
            let Some(column) = self.columns.get(place).filter(|column| !options.is_text(&column.name)) else {
                continue;
            };
            self.parsers[place] =
                if options.is_number(&column.name) { comma_number_cell } else { comma_cell };
            self.commas.push(place);
        }
    }

    fn push(&mut self, path: &Path, fields: &[&str], line: usize) -> Result<()> {
        if fields.len() != self.columns.len() {
            let (found, expected) = (fields.len(), self.columns.len());
            return Err(TableFileError::Ragged { path: path.into(), line, found, expected });
        }
        for ((column, parse), field) in self.columns.iter_mut().zip(&self.parsers).zip(fields) {
            column.cells.push(parse(field));
        }
        let row = self.before + self.lines.len();
        for (place, counts) in &mut self.unnamed {
            let cell = self.columns[*place].cells.last();
            for (start, counts) in counts.iter_mut().enumerate() {
                *counts &= cell == Some(&Cell::Number((row + start) as f64));
            }
        }
        self.lines.push(line);
        Ok(())
    }

    fn is_full(&self) -> bool {
        self.lines.len() >= self.full_at
    }

    fn next_block(&mut self) -> RawTable {
        self.before += self.lines.len();
        let take = |column: &mut RawColumn| RawColumn {
            name: column.name.clone(),
            cells: std::mem::take(&mut column.cells),
        };
        RawTable {
            columns: self.columns.iter_mut().map(take).collect(),
            lines: std::mem::take(&mut self.lines),
            header: self.header,
        }
    }

    /// What a person should know, after the last row.
    fn warnings(&self, options: &ReadOptions) -> Vec<Said> {
        let mut warnings = Vec::new();
        if let Some(&first) = self.commas.first() {
            let (column, count) = (&self.columns[first].name, self.commas.len());
            let others = if count > 1 { " and others" } else { "" };
            warnings.push(said_as!(
                "decimal-commas",
                format!("column {column:?}{others} has decimal commas, which are read as numbers"),
                column = column,
                count = count
            ));
        }
        if options.no_header {
            return warnings;
        }
        let numbers = self.columns.iter().all(|column| column.name.parse::<f64>().is_ok());
        let counted = self.columns.iter().enumerate().all(|(place, column)| column.name == place.to_string());
        if numbers && !counted {
            warnings.push(said!(
                "numbers-as-names",
                "the first line holds only numbers and is taken as column names; say --no-header if it is data"
            ));
        }
        let counting = self.unnamed.iter().filter(|(_, counts)| self.before > 2 && counts.contains(&true));
        for (place, _) in counting {
            warnings.push(said!(
                "counting",
                "column {column:?} has no name of its own and only counts the rows; leave it out with --drop {column:?}",
                column = self.columns[*place].name
            ));
        }
        warnings
    }
}

/// The separator that cuts most of the first records into the same number of fields, and into the most.
fn sniff(text: &str) -> u8 {
    let mut best = (0.0, 0, b',');
    for delimiter in DELIMITERS {
        let reader = csv::ReaderBuilder::new()
            .has_headers(false)
            .flexible(true)
            .delimiter(delimiter)
            .from_reader(text.as_bytes());
        let counts: Vec<usize> = reader
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

/// Places of the columns whose first values are all numbers, some of them with a decimal comma.
fn columns_with_commas(head: &str, delimiter: u8, no_header: bool) -> Vec<usize> {
    let reader = csv::ReaderBuilder::new()
        .has_headers(!no_header)
        .flexible(true)
        .delimiter(delimiter)
        .from_reader(head.as_bytes());
    // For each column: whether a comma was seen; gone when something was no number.
    let mut columns: Vec<Option<bool>> = Vec::new();
    for record in reader.into_records().take(RECORDS_SNIFFED).map_while(std::result::Result::ok) {
        columns.resize(columns.len().max(record.len()), Some(false));
        for (column, field) in columns.iter_mut().zip(&record) {
            let Cell::Number(_) = comma_cell(field) else {
                if comma_cell(field) != Cell::Missing {
                    *column = None;
                }
                continue;
            };
            *column = column.map(|seen| seen || field.contains(','));
        }
    }
    let found = columns.iter().enumerate().filter(|(_, seen)| **seen == Some(true));
    found.map(|(place, _)| place).collect()
}

/// A cell whose number may have a decimal comma, and points between thousands: `-1.234,5`.
fn comma_cell(field: &str) -> Cell {
    let trimmed = field.trim();
    let Some((whole, part)) = trimmed.split_once(',') else { return parse_cell(field) };
    let digits = |text: &str| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    let sign = whole.len() - whole.trim_start_matches(['-', '+']).len();
    let mut groups = whole[sign..].split('.');
    let is_number = sign <= 1
        && groups.next().is_some_and(digits)
        && groups.all(|group| group.len() == 3 && digits(group))
        && digits(part);
    if is_number { parse_cell(&format!("{}.{part}", whole.replace('.', ""))) } else { parse_cell(field) }
}

/// The same where everything else is absent.
fn comma_number_cell(field: &str) -> Cell {
    match comma_cell(field) {
        number @ Cell::Number(_) => number,
        Cell::Text(_) | Cell::Missing => Cell::Missing,
    }
}

/// Empty columns with the names of the header, or positional names.
fn header(path: &Path, fields: &[&str], options: &ReadOptions) -> Result<Vec<RawColumn>> {
    let mut columns: Vec<RawColumn> = Vec::with_capacity(fields.len());
    for (place, field) in fields.iter().enumerate() {
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

/// Whether the file has, from this byte after the mark on, a quoted field that never ends.
fn open_quote(at: Location<'_>, charset: Option<Charset>, start: u64, delimiter: u8) -> Result<bool> {
    let unreadable = |source| at.unreadable(source);
    let (reader, _) = open(at, charset, start)?;
    let (mut inside, mut field_start) = (false, true);
    for byte in reader.bytes() {
        let byte = byte.map_err(unreadable)?;
        if byte == b'"' && (inside || field_start) {
            inside = !inside;
        }
        field_start = !inside && (byte == delimiter || byte == b'\n');
    }
    Ok(inside)
}

/// A file that remembers where lines end. The CSV reader's own count is behind by one after CRLF.
struct LineEnds {
    file: Text,
    /// Bytes handed over.
    offset: u64,
    /// Places of line ends that no record has passed yet, and whether each starts a new line.
    ends: VecDeque<(u64, bool)>,
    /// Line at the first of them.
    line: usize,
}

impl LineEnds {
    /// The line of the record that the CSV reader finds from `start` on: it skips line ends first.
    fn line_of_record(&mut self, start: u64) -> usize {
        let mut content = start;
        while let Some(&(place, is_newline)) = self.ends.front().filter(|end| end.0 <= content) {
            self.line += usize::from(is_newline);
            content = content.max(place + 1);
            self.ends.pop_front();
        }
        self.line
    }

    /// Whether nothing is left after that byte.
    fn is_at_end(&mut self, byte: u64) -> bool {
        use std::io::BufRead as _;
        byte >= self.offset && self.file.fill_buf().is_ok_and(<[u8]>::is_empty)
    }
}

impl std::io::Read for LineEnds {
    fn read(&mut self, buffer: &mut [u8]) -> std::io::Result<usize> {
        let count = self.file.read(buffer)?;
        let ends = buffer[..count].iter().enumerate().filter(|(_, byte)| matches!(byte, b'\r' | b'\n'));
        self.ends.extend(ends.map(|(place, &byte)| (self.offset + place as u64, byte == b'\n')));
        self.offset += count as u64;
        Ok(count)
    }
}
