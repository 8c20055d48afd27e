//! Tables as people have them, and how they become the numbers that models take.
//!
//! A [`RawTable`] has named columns of numbers, words and absent values. [`infer`] finds out what its
//! columns are; the answer is a list of [`Column`](crate::semantic::Column)s that is kept in the input description of a learnware.
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

mod encode;
mod infer;
mod labels;

pub use encode::{columns_for, dimensions, encode};
pub use infer::{
    Counts, EncodingChoice, InferOptions, Inference, Inferred, MissingChoice, TableWarning, infer,
};
pub use labels::{Labels, labels};

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

    /// Appends further rows of the same columns.
    pub fn append(&mut self, more: Self) {
        for (column, more) in self.columns.iter_mut().zip(more.columns) {
            column.cells.extend(more.cells);
        }
        self.lines.extend(more.lines);
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
        "column {column:?} has {} different words in {rows} rows: it looks like free text or an identifier",
        at_most_counted(*.distinct)
    )]
    TooManyWords {
        /// The column.
        column: String,
        /// Different words, counted up to [`CATEGORY_VALUES_FORCED_MAX`] and one more.
        distinct: usize,
        /// Rows with a value.
        rows: usize,
    },
}

fn refuse_not_finite(cell: &Cell, column: &str, line: usize) -> Result<(), TableError> {
    match cell {
        Cell::Number(value) if !value.is_finite() => {
            Err(TableError::NotFinite { column: column.to_owned(), line, value: *value })
        }
        Cell::Number(_) | Cell::Text(_) | Cell::Missing => Ok(()),
    }
}

/// A number of words, for messages.
fn at_most_counted(distinct: usize) -> String {
    if distinct > CATEGORY_VALUES_FORCED_MAX {
        format!("more than {CATEGORY_VALUES_FORCED_MAX}")
    } else {
        distinct.to_string()
    }
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
