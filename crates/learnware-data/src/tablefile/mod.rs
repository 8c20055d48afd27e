//! Table files become raw tables: CSV and TSV, Excel and OpenDocument sheets, Parquet, Arrow IPC, NPY and NPZ.
//!
//! The form follows from the file name's ending. Every refusal names the file and, where there is one, the
//! column and the line. What the columns mean is not decided here but in `learnware_engine::table`.

mod delimited;
mod error;
pub mod numpy;
mod opened;

#[cfg(feature = "parquet")]
mod columnar;
#[cfg(feature = "workbook")]
pub mod workbook;

use std::path::Path;

pub use error::TableFileError;
use learnware_engine::table::{Cell, Header, RawColumn, RawTable};
pub use opened::text;

use crate::charset::Charset;
use crate::files::Location;
use crate::said::Said;

/// Cells in a table at most: one takes 24 bytes, so this is 1.2 GB of memory.
const CELLS_MAX: usize = 50_000_000;
/// Cells in a block of rows.
const BLOCK_CELLS: usize = 1 << 19;
/// Cells above which a Parquet file is read in blocks where one reading is not needed as a whole.
#[cfg(feature = "parquet")]
const CELLS_LARGE: usize = if IS_SMALL { 5_000_000 } else { 10_000_000 };
/// Bytes above which another file is.
const BYTES_LARGE: u64 = if IS_SMALL { 64 << 20 } else { 128 << 20 };
/// Whether addresses have 32 bits: a browser gives 4 GiB at most.
const IS_SMALL: bool = cfg!(target_pointer_width = "32");
/// Words that stand for an absent value, as spreadsheets, pandas, R and the UCI archive write it.
const MISSING_WORDS: &[&str] = &["", "NA", "N/A", "n/a", "<NA>", "#N/A", "null", "NULL", "None", "?"];

/// How a table file is read.
#[derive(Debug, Clone, Default)]
pub struct ReadOptions {
    /// Keep these columns, in this order; all when empty.
    pub columns: Vec<String>,
    /// Leave these columns out.
    pub drop: Vec<String>,
    /// Split this column off.
    pub labels: Option<String>,
    /// The first line is data already.
    pub no_header: bool,
    /// What separates the fields; found out when `None`.
    pub delimiter: Option<u8>,
    /// The array of an NPZ file.
    pub array: Option<String>,
    /// The sheet of a workbook; the first when `None`.
    pub sheet: Option<String>,
    /// How text is encoded; UTF-8 when `None`. A byte order mark decides before it.
    pub charset: Option<Charset>,
    /// NaN counts as an absent value.
    pub nan_as_missing: bool,
    /// This column holds texts: its values stay as they are written.
    pub text: Option<String>,
    /// These columns hold numbers: anything else in them counts as absent.
    pub numbers: Vec<String>,
}

impl ReadOptions {
    /// Whether values are read as with no options at all, and only columns are chosen.
    pub fn reads_values_plainly(&self) -> bool {
        let Self {
            columns: _,
            drop: _,
            labels: _,
            no_header,
            delimiter,
            array,
            sheet,
            charset: _,
            nan_as_missing,
            text,
            numbers,
        } = self;
        let is_said =
            *no_header || *nan_as_missing || delimiter.is_some() || array.is_some() || sheet.is_some();
        !is_said && text.is_none() && numbers.is_empty()
    }

    /// Whether a column is read at all.
    fn wants(&self, name: &str) -> bool {
        let named = |names: &[String]| names.iter().any(|wanted| wanted == name);
        let is_label = self.labels.as_deref() == Some(name);
        is_label || (!named(&self.drop) && (self.columns.is_empty() || named(&self.columns)))
    }

    /// What a field of the column becomes: texts stay as they are, only blank ones are absent.
    fn cell_of(&self, name: &str) -> fn(&str) -> Cell {
        if self.is_text(name) {
            text_cell
        } else if self.is_number(name) {
            number_cell
        } else {
            parse_cell
        }
    }

    /// Whether the column is said to hold texts.
    fn is_text(&self, name: &str) -> bool {
        self.text.as_ref().is_some_and(|wanted| is_meant(wanted, name))
    }

    /// Whether it is said to hold numbers.
    fn is_number(&self, name: &str) -> bool {
        self.numbers.iter().any(|wanted| is_meant(wanted, name))
    }
}

/// Whether a column is meant, by its name or by its place in a file without names.
fn is_meant(wanted: &str, name: &str) -> bool {
    wanted == name || name == format!("column {wanted}")
}

/// A table as it was read, without its label column.
#[derive(Debug)]
pub struct TableFile {
    /// The columns.
    pub table: RawTable,
    /// The label column, when one was asked for.
    pub labels: Option<RawColumn>,
    /// What a person should know.
    pub warnings: Vec<Said>,
}

impl TableFile {
    /// What the options name of a table that was read before with every column as it is.
    pub fn of_table(path: &Path, table: RawTable, options: &ReadOptions) -> Result<Self> {
        select(path, table, None, options)
    }

    /// Appends further rows of the same file.
    fn append(&mut self, more: Self) {
        self.table.append(more.table);
        if let (Some(labels), Some(more)) = (&mut self.labels, more.labels) {
            labels.cells.extend(more.cells);
        }
    }
}

type Result<T> = std::result::Result<T, TableFileError>;

/// Endings of table files, for help texts.
pub const ENDINGS: &str = ".csv, .tsv, .xlsx, .ods, .parquet, .arrow, .feather, .npy, .npz";

/// Whether the name has the ending of a table file.
pub fn is_table_name(path: &Path) -> bool {
    Form::of(path).is_some()
}

/// What takes the blocks of a table.
pub type Take<'a, E> = &'a mut dyn FnMut(RawTable) -> std::result::Result<(), E>;

/// A table file that can be read in blocks of rows, from the start as often as wanted.
pub struct Source<'a> {
    at: Location<'a>,
    form: Form,
    options: &'a ReadOptions,
}

impl<'a> Source<'a> {
    /// Refuses what is not there or is no table file by its name.
    pub fn open(at: Location<'a>, options: &'a ReadOptions) -> Result<Self> {
        let form = Form::of(at.path);
        if form.is_none() && at.is_file() {
            return Err(TableFileError::UnknownEnding(at.path.into()));
        }
        at.size()?;
        let form = form.ok_or_else(|| TableFileError::UnknownEnding(at.path.into()))?;
        Ok(Self { at, form, options })
    }

    /// Whether the table takes so much memory that it is better read in blocks, several times.
    pub fn is_large(&self) -> Result<bool> {
        Ok(match self.form {
            #[cfg(feature = "parquet")]
            Form::Parquet => {
                let (rows, columns) = columnar::parquet_shape(self.at)?;
                rows.saturating_mul(columns) > CELLS_LARGE
            }
            #[cfg(not(feature = "parquet"))]
            Form::Parquet => false,
            Form::Delimited(_) | Form::Arrow => self.at.size()? > BYTES_LARGE,
            // Arrays and workbooks are read as a whole.
            Form::Npy | Form::Npz | Form::Workbook => false,
        })
    }

    /// Hands over all rows in order, in blocks that are not empty; returns what a person should know.
    pub fn read<E: From<TableFileError>>(
        &self,
        take: &mut dyn FnMut(TableFile) -> std::result::Result<(), E>,
    ) -> std::result::Result<Vec<Said>, E> {
        let (at, path, options) = (self.at, self.at.path, self.options);
        let mut rows = 0;
        let mut select = |table: RawTable, labels: Option<RawColumn>| {
            rows += table.row_count();
            take(select(path, table, labels, options)?)
        };
        let mut warnings = Vec::new();
        match self.form {
            Form::Delimited(delimiter) => {
                let delimiter = options.delimiter.or(delimiter);
                warnings = delimited::read(at, delimiter, options, &mut |table| select(table, None))?;
            }
            #[cfg(feature = "workbook")]
            Form::Workbook => {
                let (table, found) = workbook::read(at, options)?;
                warnings = found;
                select(table, None)?;
            }
            #[cfg(not(feature = "workbook"))]
            Form::Workbook => return Err(TableFileError::NotBuilt(path.into()).into()),
            Form::Npy => select(numpy::read_npy(path, &at.bytes()?)?, None)?,
            Form::Npz => {
                let (table, labels) = numpy::read_npz(path, &at.bytes()?, options)?;
                select(table, labels)?;
            }
            #[cfg(feature = "parquet")]
            Form::Parquet => {
                warnings = columnar::read_parquet(at, options, &mut |table| select(table, None))?;
            }
            #[cfg(feature = "parquet")]
            Form::Arrow => warnings = columnar::read_arrow(at, options, &mut |table| select(table, None))?,
            #[cfg(not(feature = "parquet"))]
            Form::Parquet | Form::Arrow => return Err(TableFileError::NotBuilt(path.into()).into()),
        }
        if rows == 0 {
            return Err(TableFileError::HeaderOnly(path.into()).into());
        }
        Ok(warnings)
    }
}

/// Reads a whole table file.
pub fn read(at: Location<'_>, options: &ReadOptions) -> Result<TableFile> {
    let path = at.path;
    let mut whole: Option<TableFile> = None;
    let warnings = Source::open(at, options)?.read(&mut |block| {
        let cells = |file: &TableFile| file.table.row_count().saturating_mul(file.table.columns.len());
        if whole.as_ref().map_or(0, cells) + cells(&block) > CELLS_MAX {
            return Err(TableFileError::TooLarge(path.into()));
        }
        match &mut whole {
            None => whole = Some(block),
            Some(whole) => whole.append(block),
        }
        Ok(())
    })?;
    let mut whole = whole.ok_or_else(|| TableFileError::HeaderOnly(path.into()))?;
    whole.warnings = warnings;
    Ok(whole)
}

/// Rows of a block, so that it stays small whatever the columns.
fn block_rows(columns: usize) -> usize {
    (BLOCK_CELLS / columns.max(1)).clamp(64, 8192)
}

/// Forms of table files.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Form {
    /// Text; the separator when the ending tells it.
    Delimited(Option<u8>),
    Parquet,
    Arrow,
    Npy,
    Npz,
    Workbook,
}

impl Form {
    fn of(path: &Path) -> Option<Self> {
        match path.extension()?.to_str()?.to_ascii_lowercase().as_str() {
            "csv" | "txt" => Some(Self::Delimited(None)),
            "tsv" | "tab" => Some(Self::Delimited(Some(b'\t'))),
            "parquet" | "pq" => Some(Self::Parquet),
            "arrow" | "feather" | "ipc" => Some(Self::Arrow),
            "npy" => Some(Self::Npy),
            "npz" => Some(Self::Npz),
            "xlsx" | "xlsm" | "ods" => Some(Self::Workbook),
            _ => None,
        }
    }
}

/// The word in a field as a cell.
pub fn parse_cell(text: &str) -> Cell {
    let text = text.trim();
    if MISSING_WORDS.contains(&text) {
        return Cell::Missing;
    }
    text.parse().map_or_else(|_| Cell::Text(text.to_owned()), Cell::Number)
}

/// The number in a field as a cell; anything else is absent.
fn number_cell(text: &str) -> Cell {
    match parse_cell(text) {
        number @ Cell::Number(_) => number,
        Cell::Text(_) | Cell::Missing => Cell::Missing,
    }
}

/// A text as a cell.
fn text_cell(text: &str) -> Cell {
    if text.trim().is_empty() { Cell::Missing } else { Cell::Text(text.to_owned()) }
}

/// Name of a column in a file without names.
fn positional_name(place: usize) -> String {
    format!("column {}", place + 1)
}

/// Splits the labels off and keeps the wanted columns.
fn select(
    path: &Path,
    mut table: RawTable,
    mut labels: Option<RawColumn>,
    options: &ReadOptions,
) -> Result<TableFile> {
    let full_name = |name: &String| match (table.header, name.parse::<usize>()) {
        (Header::Positional, Ok(place)) => format!("column {place}"),
        (Header::Named | Header::Positional, _) => name.clone(),
    };
    let columns: Vec<String> = options.columns.iter().map(full_name).collect();
    let drop: Vec<String> = options.drop.iter().map(full_name).collect();
    let wanted = options.labels.as_ref().map(full_name);
    let known: Vec<_> = table.columns.iter().take(30).map(|column| column.name.clone()).collect();
    let absent = |name: &str| TableFileError::NoSuchColumn {
        path: path.into(),
        name: name.into(),
        known: known.join(", "),
    };
    if let (Some(name), None) = (&wanted, &labels) {
        labels = Some(table.take_column(name).map_err(|_| absent(name))?);
    }
    for name in &drop {
        table.take_column(name).map_err(|_| absent(name))?;
    }
    if !columns.is_empty() {
        for name in &columns {
            table.column(name).ok_or_else(|| absent(name))?;
        }
        table.keep_columns(&columns).map_err(|_| absent(&columns.join(", ")))?;
    }
    if table.columns.is_empty() {
        return Err(TableFileError::NoColumns(path.into()));
    }
    if options.nan_as_missing {
        for cell in table.columns.iter_mut().flat_map(|column| &mut column.cells) {
            if matches!(cell, Cell::Number(number) if number.is_nan()) {
                *cell = Cell::Missing;
            }
        }
    }
    Ok(TableFile { table, labels, warnings: Vec::new() })
}

#[cfg(test)]
mod tests;
