//! Tables as people have them, and how they become the numbers that models take.
//!
//! A [`RawTable`] has named columns of numbers, words and absent values. [`infer`] finds out what its
//! columns are; the answer is a list of [`Column`]s that is kept in the input description of a learnware.
//! [`encode`] turns any later table with the same column names into a matrix by that list: columns are found
//! by name (letter case counts), columns not in the list are ignored, and the order is that of the list.
//!
//! **Which encoding a category gets.** Specifications compare rows by distance, and so do most models that
//! are not trees; for a distance the codes 0, 1, 2 of three words say that the first and the last are twice
//! as far apart as neighbours, which is wrong. So up to [`ONE_HOT_VALUES_MAX`] words get one input each
//! (every two words are then equally far apart, and trees manage well). Beyond that the inputs would be many
//! and nearly always zero and would drown the other columns, so the code of the word is used: right for
//! trees, acceptable for the rest. [`EncodingChoice`] forces one of them.
//!
//! Not here: reading files (the command line does it) and scaling (specifications compare with the scale that
//! the market chooses).

use std::collections::{BTreeMap, BTreeSet};

use crate::numeric::Matrix;
use crate::semantic::{CategoryEncoding, Column, ColumnKind, Dimensions, Missing};

/// Words in a category that get one input each under [`EncodingChoice::Auto`].
pub const ONE_HOT_VALUES_MAX: usize = 12;

/// Words in a category at most; beyond it a column is free text.
pub const CATEGORY_VALUES_MAX: usize = 1000;

/// Words in a category that are accepted even when nearly every row has another one.
pub const CATEGORY_VALUES_FEW: usize = 20;

/// Words in a category that was asked for by name.
pub const CATEGORY_VALUES_FORCED_MAX: usize = 10_000;

/// One value of a raw column.
#[derive(Debug, Clone, PartialEq)]
pub enum Cell {
    /// A number; may be NaN or infinite, which inference and encoding refuse with its place.
    Number(f64),
    /// Anything else.
    Text(String),
    /// No value.
    Missing,
}

impl Cell {
    /// The word that the cell is as a category. A number is its shortest decimal form, so that `1`, `1.0` and
    /// `01` are the same word.
    fn word(&self) -> Option<String> {
        match self {
            Self::Number(number) if number.is_finite() => Some(number.to_string()),
            Self::Number(_) | Self::Missing => None,
            Self::Text(text) => Some(text.clone()),
        }
    }
}

/// A named column.
#[derive(Debug, Clone, PartialEq)]
pub struct RawColumn {
    /// Its name in the header, or `column 1`, ... when there is no header.
    pub name: String,
    /// One cell for each row.
    pub cells: Vec<Cell>,
}

/// Where the column names come from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Header {
    /// The file names its columns: they are found by name.
    Named,
    /// It does not: they are found by their place.
    Positional,
}

/// A table as it was read.
#[derive(Debug, Clone, PartialEq)]
pub struct RawTable {
    /// The columns, all of one length.
    pub columns: Vec<RawColumn>,
    /// For each row its 1-based line in the file; for files without lines its 1-based number.
    pub lines: Vec<usize>,
    /// Where the names come from.
    pub header: Header,
}

impl RawTable {
    /// Number of rows.
    pub fn row_count(&self) -> usize {
        self.lines.len()
    }

    /// The column of that name.
    pub fn column(&self, name: &str) -> Option<&RawColumn> {
        self.columns.iter().find(|column| column.name == name)
    }

    /// Takes the column of that name out of the table.
    pub fn take_column(&mut self, name: &str) -> Result<RawColumn, TableError> {
        match self.columns.iter().position(|column| column.name == name) {
            Some(place) => Ok(self.columns.remove(place)),
            None => Err(self.no_such_column(name)),
        }
    }

    /// Keeps the named columns, in that order.
    pub fn keep_columns(&mut self, names: &[String]) -> Result<(), TableError> {
        let mut kept = Vec::with_capacity(names.len());
        for name in names {
            kept.push(self.take_column(name)?);
        }
        self.columns = kept;
        Ok(())
    }

    /// The rows with the given indices, in that order.
    #[must_use]
    pub fn select_rows(&self, indices: &[usize]) -> Self {
        let columns = self.columns.iter().map(|column| RawColumn {
            name: column.name.clone(),
            cells: indices.iter().map(|&index| column.cells[index].clone()).collect(),
        });
        Self {
            columns: columns.collect(),
            lines: indices.iter().map(|&index| self.lines[index]).collect(),
            header: self.header,
        }
    }

    fn no_such_column(&self, name: &str) -> TableError {
        TableError::NoSuchColumn {
            name: name.to_owned(),
            known: self.columns.iter().map(|column| column.name.clone()).collect(),
        }
    }
}

/// What is wrong with a table. Lines are 1-based lines of the file.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum TableError {
    /// There are no columns or no rows.
    #[error("the table has no {what}")]
    Empty {
        /// `rows` or `columns`.
        what: &'static str,
    },
    /// One row describes no distribution.
    #[error("the table has only one row; a specification needs at least two")]
    OneRow,
    /// No column differs between rows.
    #[error("every column has the same value in all rows, so there is nothing to describe")]
    AllConstant,
    /// A column is not there.
    #[error("there is no column {name:?}; the columns are: {}", shortened(.known))]
    NoSuchColumn {
        /// The wanted one.
        name: String,
        /// The ones there are.
        known: Vec<String>,
    },
    /// The table has another number of columns than the model takes, and names do not tell which are meant.
    #[error("the table has {found} columns, but {expected} are expected")]
    Width {
        /// Columns expected.
        expected: usize,
        /// Columns in the table.
        found: usize,
    },
    /// NaN or infinity.
    #[error("line {line}, column {column:?}: the value is {value}")]
    NotFinite {
        /// Its column.
        column: String,
        /// Its line.
        line: usize,
        /// `NaN`, `inf` or `-inf`.
        value: f64,
    },
    /// A word where numbers are expected.
    #[error("line {line}, column {column:?}: {value:?} is not a number")]
    TextInNumbers {
        /// Its column.
        column: String,
        /// Its line.
        line: usize,
        /// The word, shortened.
        value: String,
    },
    /// Most of a column are numbers, but not all.
    #[error(
        "line {line}, column {column:?}: {value:?} is not a number, while {numbers} other values of the column are"
    )]
    MixedColumn {
        /// Its column.
        column: String,
        /// Its line.
        line: usize,
        /// The word, shortened.
        value: String,
        /// How many numbers the column has.
        numbers: usize,
    },
    /// An absent value where none may be.
    #[error("line {line}, column {column:?}: there is no value")]
    MissingValue {
        /// Its column.
        column: String,
        /// Its line.
        line: usize,
    },
    /// No value at all.
    #[error("column {column:?} has no values at all")]
    NoValues {
        /// The column.
        column: String,
    },
    /// Free text or identifiers.
    #[error(
        "column {column:?} has {distinct} different words in {rows} rows: it looks like free text or an identifier"
    )]
    TooManyWords {
        /// The column.
        column: String,
        /// Different words.
        distinct: usize,
        /// Rows with a value.
        rows: usize,
    },
}

/// How categories become numbers.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum EncodingChoice {
    /// One-hot up to [`ONE_HOT_VALUES_MAX`] words, ordinal beyond.
    #[default]
    Auto,
    /// Always one-hot.
    OneHot,
    /// Always ordinal.
    Ordinal,
}

/// What absent numbers become.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum MissingChoice {
    /// The mean of the column (a warning tells).
    #[default]
    Fill,
    /// They are an error.
    Refuse,
    /// They stay absent (NaN); for models that take such rows.
    Keep,
}

/// How [`infer`] reads a table.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct InferOptions {
    /// How categories become numbers.
    pub encoding: EncodingChoice,
    /// What absent numbers become.
    pub missing: MissingChoice,
    /// Columns that are categories even if their values are numbers or very many words.
    pub categories: BTreeSet<String>,
}

/// What [`infer`] found.
#[derive(Debug, Clone, PartialEq)]
pub struct Inferred {
    /// The columns in the order of the table.
    pub columns: Vec<Column>,
    /// What a person should know.
    pub warnings: Vec<TableWarning>,
}

/// Something that is possible but seldom wanted.
#[derive(Debug, Clone, PartialEq)]
pub enum TableWarning {
    /// A column has one value only.
    Constant {
        /// The column.
        column: String,
    },
    /// Absent numbers get the mean of the column.
    Filled {
        /// The column.
        column: String,
        /// How many.
        count: usize,
        /// The mean.
        mean: f64,
    },
}

impl std::fmt::Display for TableWarning {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Constant { column } => write!(f, "column {column:?} has the same value in all rows"),
            Self::Filled { column, count, mean } => {
                write!(f, "column {column:?}: {count} absent values become the mean, {mean}")
            }
        }
    }
}

/// Finds out what the columns are: numbers if all values present are numbers, else a category of its sorted
/// words. A column in which most values are numbers but some are not is refused with the first line that is
/// not, because a typing mistake is likelier than a category; name it in `options.categories` otherwise.
pub fn infer(table: &RawTable, options: &InferOptions) -> Result<Inferred, TableError> {
    if table.columns.is_empty() {
        return Err(TableError::Empty { what: "columns" });
    }
    match table.row_count() {
        0 => return Err(TableError::Empty { what: "rows" }),
        1 => return Err(TableError::OneRow),
        _ => {}
    }
    for name in &options.categories {
        table.column(name).ok_or_else(|| table.no_such_column(name))?;
    }
    let mut warnings = Vec::new();
    let mut columns = Vec::with_capacity(table.columns.len());
    for raw in &table.columns {
        columns.push(infer_column(raw, &table.lines, options, &mut warnings)?);
    }
    let constant = |warning: &TableWarning| matches!(warning, TableWarning::Constant { .. });
    if warnings.iter().filter(|warning| constant(warning)).count() == columns.len() {
        return Err(TableError::AllConstant);
    }
    Ok(Inferred { columns, warnings })
}

/// Turns the table into a matrix of its rows x the inputs that the columns make.
///
/// A table without header is matched by place and must have as many columns as `columns`.
pub fn encode(table: &RawTable, columns: &[Column]) -> Result<Matrix, TableError> {
    if table.row_count() == 0 {
        return Err(TableError::Empty { what: "rows" });
    }
    if table.header == Header::Positional && table.columns.len() != columns.len() {
        return Err(TableError::Width { expected: columns.len(), found: table.columns.len() });
    }
    let width = columns.iter().map(Column::width).sum();
    let mut matrix = Matrix::zeros(table.row_count(), width);
    let mut offset = 0;
    for (place, column) in columns.iter().enumerate() {
        let raw = match table.header {
            Header::Named => table.column(&column.name).ok_or_else(|| table.no_such_column(&column.name))?,
            Header::Positional => &table.columns[place],
        };
        encode_column(raw, &table.lines, column, offset, &mut matrix)?;
        offset += column.width();
    }
    Ok(matrix)
}

/// The columns by which a table becomes the input of a learnware: those that the learnware declares; else, if
/// its description names every input and the table has all these names, these; else all columns of the table
/// as numbers in their order, which then must be as many as the inputs.
pub fn columns_for(input: &Dimensions, table: &RawTable) -> Result<Vec<Column>, TableError> {
    if let Some(columns) = &input.columns {
        return Ok(columns.clone());
    }
    let number =
        |name: &String| Column { name: name.clone(), kind: ColumnKind::Number, missing: Missing::Refuse };
    let described: Vec<&String> = input.description.values().collect();
    let distinct: BTreeSet<&String> = described.iter().copied().collect();
    let all_named = described.len() == input.dimension && distinct.len() == described.len();
    if table.header == Header::Named && all_named && described.iter().all(|name| table.column(name).is_some())
    {
        return Ok(described.into_iter().map(number).collect());
    }
    if table.columns.len() != input.dimension {
        return Err(TableError::Width { expected: input.dimension, found: table.columns.len() });
    }
    Ok(table.columns.iter().map(|column| number(&column.name)).collect())
}

/// The description of the inputs that the columns make: their number, and for each input its column name
/// (with the word behind it for one-hot categories).
pub fn dimensions(columns: Vec<Column>) -> Dimensions {
    let mut names = Vec::new();
    for column in &columns {
        match &column.kind {
            ColumnKind::Category { values, encoding: CategoryEncoding::OneHot } => {
                names.extend(values.iter().map(|value| format!("{}: {value}", column.name)));
            }
            ColumnKind::Number | ColumnKind::Category { .. } => names.push(column.name.clone()),
        }
    }
    Dimensions {
        dimension: names.len(),
        description: names.into_iter().enumerate().collect(),
        columns: Some(columns),
    }
}

/// A label column as numbers.
#[derive(Debug, Clone, PartialEq)]
pub struct Labels {
    /// One for each row: the number itself, or the 0-based place among `classes`.
    pub values: Vec<f64>,
    /// The words, sorted, when the labels are words.
    pub classes: Option<Vec<String>>,
}

impl Labels {
    /// Whether the labels look like classes: words, or at most `max(20, rows / 20)` different whole numbers.
    pub fn look_like_classes(&self) -> bool {
        if self.classes.is_some() {
            return true;
        }
        let limit = 20.max(self.values.len() / 20);
        let whole = self.values.iter().all(|value| value.fract() == 0.0);
        let distinct: BTreeSet<u64> = self.values.iter().map(|value| value.to_bits()).collect();
        whole && distinct.len() <= limit && distinct.len() < self.values.len()
    }
}

/// Reads a label column: numbers, or words that become the places among the sorted words. `lines` are those of
/// its table. Absent and non-finite labels are refused.
pub fn labels(column: &RawColumn, lines: &[usize]) -> Result<Labels, TableError> {
    let mut words = BTreeSet::new();
    let mut texts = false;
    for (cell, &line) in column.cells.iter().zip(lines) {
        refuse_not_finite(cell, &column.name, line)?;
        match cell.word() {
            None => return Err(TableError::MissingValue { column: column.name.clone(), line }),
            Some(word) => words.insert(word),
        };
        texts |= matches!(cell, Cell::Text(_));
    }
    if !texts {
        let values = column.cells.iter().filter_map(|cell| match cell {
            Cell::Number(number) => Some(*number),
            Cell::Text(_) | Cell::Missing => None,
        });
        return Ok(Labels { values: values.collect(), classes: None });
    }
    if words.len() > CATEGORY_VALUES_MAX {
        return Err(TableError::TooManyWords {
            column: column.name.clone(),
            distinct: words.len(),
            rows: column.cells.len(),
        });
    }
    let codes: BTreeMap<&str, usize> =
        words.iter().enumerate().map(|(code, word)| (word.as_str(), code)).collect();
    let values = column.cells.iter().filter_map(Cell::word).map(|word| codes[word.as_str()] as f64).collect();
    Ok(Labels { values, classes: Some(words.into_iter().collect()) })
}

fn infer_column(
    raw: &RawColumn,
    lines: &[usize],
    options: &InferOptions,
    warnings: &mut Vec<TableWarning>,
) -> Result<Column, TableError> {
    let (mut numbers, mut texts) = (0, 0);
    let mut first_text = None;
    for (cell, &line) in raw.cells.iter().zip(lines) {
        refuse_not_finite(cell, &raw.name, line)?;
        match cell {
            Cell::Number(_) => numbers += 1,
            Cell::Text(text) => {
                first_text.get_or_insert((line, text));
                texts += 1;
            }
            Cell::Missing => {}
        }
    }
    if numbers + texts == 0 {
        return Err(TableError::NoValues { column: raw.name.clone() });
    }
    let forced = options.categories.contains(&raw.name);
    if let (Some((line, text)), false, true) = (first_text, forced, numbers > texts) {
        return Err(TableError::MixedColumn { column: raw.name.clone(), line, value: short(text), numbers });
    }
    if first_text.is_some() || forced {
        return infer_category(raw, numbers + texts, forced, options, warnings);
    }
    let absent = raw.cells.len() - numbers;
    let mean = mean(raw, numbers);
    let missing = match options.missing {
        MissingChoice::Refuse if absent > 0 => return Err(missing_value(raw, lines)),
        MissingChoice::Refuse | MissingChoice::Fill if absent == 0 => Missing::Refuse,
        MissingChoice::Keep => Missing::Keep,
        MissingChoice::Fill | MissingChoice::Refuse => {
            warnings.push(TableWarning::Filled { column: raw.name.clone(), count: absent, mean });
            Missing::Fill(mean)
        }
    };
    let constant = raw.cells.windows(2).all(|pair| pair[0] == pair[1])
        || (missing != Missing::Keep && present_all_equal(raw));
    if constant {
        warnings.push(TableWarning::Constant { column: raw.name.clone() });
    }
    Ok(Column { name: raw.name.clone(), kind: ColumnKind::Number, missing })
}

fn infer_category(
    raw: &RawColumn,
    present: usize,
    forced: bool,
    options: &InferOptions,
    warnings: &mut Vec<TableWarning>,
) -> Result<Column, TableError> {
    let words: BTreeSet<String> = raw.cells.iter().filter_map(Cell::word).collect();
    let too_many = if forced {
        words.len() > CATEGORY_VALUES_FORCED_MAX
    } else {
        words.len() > CATEGORY_VALUES_MAX || (words.len() > CATEGORY_VALUES_FEW && words.len() > present / 2)
    };
    if too_many {
        return Err(TableError::TooManyWords {
            column: raw.name.clone(),
            distinct: words.len(),
            rows: present,
        });
    }
    if words.len() == 1 && present == raw.cells.len() {
        warnings.push(TableWarning::Constant { column: raw.name.clone() });
    }
    let encoding = match options.encoding {
        EncodingChoice::Auto if words.len() <= ONE_HOT_VALUES_MAX => CategoryEncoding::OneHot,
        EncodingChoice::OneHot => CategoryEncoding::OneHot,
        EncodingChoice::Auto | EncodingChoice::Ordinal => CategoryEncoding::Ordinal,
    };
    let values = words.into_iter().collect();
    Ok(Column {
        name: raw.name.clone(),
        kind: ColumnKind::Category { values, encoding },
        missing: Missing::Code,
    })
}

fn encode_column(
    raw: &RawColumn,
    lines: &[usize],
    column: &Column,
    offset: usize,
    matrix: &mut Matrix,
) -> Result<(), TableError> {
    let codes: BTreeMap<&str, usize> = match &column.kind {
        ColumnKind::Number => BTreeMap::new(),
        ColumnKind::Category { values, .. } => {
            values.iter().enumerate().map(|(code, value)| (value.as_str(), code)).collect()
        }
    };
    for (row, (cell, &line)) in raw.cells.iter().zip(lines).enumerate() {
        refuse_not_finite(cell, &raw.name, line)?;
        match &column.kind {
            ColumnKind::Number => {
                matrix.set(row, offset, number(cell, column.missing, &raw.name, line)?);
            }
            ColumnKind::Category { encoding, .. } => {
                let word = cell.word();
                if word.is_none() && column.missing == Missing::Refuse {
                    return Err(TableError::MissingValue { column: raw.name.clone(), line });
                }
                let code = word.and_then(|word| codes.get(word.as_str()).copied());
                match (encoding, code) {
                    (CategoryEncoding::Ordinal, code) => {
                        matrix.set(row, offset, code.map_or(-1.0, |code| code as f64));
                    }
                    (CategoryEncoding::OneHot, Some(code)) => matrix.set(row, offset + code, 1.0),
                    (CategoryEncoding::OneHot, None) => {}
                }
            }
        }
    }
    Ok(())
}

fn number(cell: &Cell, missing: Missing, column: &str, line: usize) -> Result<f64, TableError> {
    match (cell, missing) {
        (Cell::Number(number), _) => Ok(*number),
        (Cell::Missing, Missing::Fill(value)) => Ok(value),
        (Cell::Missing, Missing::Keep) => Ok(f64::NAN),
        (Cell::Missing, Missing::Refuse | Missing::Code) => {
            Err(TableError::MissingValue { column: column.to_owned(), line })
        }
        (Cell::Text(text), _) => {
            Err(TableError::TextInNumbers { column: column.to_owned(), line, value: short(text) })
        }
    }
}

fn refuse_not_finite(cell: &Cell, column: &str, line: usize) -> Result<(), TableError> {
    match cell {
        Cell::Number(value) if !value.is_finite() => {
            Err(TableError::NotFinite { column: column.to_owned(), line, value: *value })
        }
        Cell::Number(_) | Cell::Text(_) | Cell::Missing => Ok(()),
    }
}

/// Divides first, so that large values do not overflow.
fn mean(raw: &RawColumn, numbers: usize) -> f64 {
    let parts = raw.cells.iter().map(|cell| match cell {
        Cell::Number(number) => number / numbers as f64,
        Cell::Text(_) | Cell::Missing => 0.0,
    });
    parts.sum()
}

fn missing_value(raw: &RawColumn, lines: &[usize]) -> TableError {
    let row = raw.cells.iter().position(|cell| *cell == Cell::Missing).unwrap_or(0);
    TableError::MissingValue { column: raw.name.clone(), line: lines[row] }
}

fn present_all_equal(raw: &RawColumn) -> bool {
    let mut present = raw.cells.iter().filter(|cell| **cell != Cell::Missing);
    let first = present.next();
    present.all(|cell| Some(cell) == first)
}

/// At most 40 characters of a value, for messages.
fn short(text: &str) -> String {
    match text.char_indices().nth(40) {
        None => text.to_owned(),
        Some((end, _)) => format!("{}...", &text[..end]),
    }
}

/// At most 20 names, for messages.
fn shortened(names: &[String]) -> String {
    let shown: Vec<_> = names.iter().take(20).map(|name| short(name)).collect();
    let rest = names.len().saturating_sub(20);
    if rest == 0 { shown.join(", ") } else { format!("{} and {rest} more", shown.join(", ")) }
}

#[cfg(test)]
mod tests;
