//! What is wrong with a table file, with its name and, where there is one, the line.

use std::path::PathBuf;

use super::CELLS_MAX;

/// What is wrong with a table file.
#[derive(Debug, thiserror::Error)]
pub enum TableFileError {
    /// Nothing is there.
    #[error("{} does not exist", .0.display())]
    Missing(PathBuf),
    /// A folder, not a file.
    #[error("{} is a directory, not a table file", .0.display())]
    Directory(PathBuf),
    /// It can't be read.
    #[error("cannot read {}", .path.display())]
    Unreadable {
        /// The file.
        path: PathBuf,
        /// Why.
        source: std::io::Error,
    },
    /// The name says no form.
    #[error("{}: the ending is not that of a table file", .0.display())]
    UnknownEnding(PathBuf),
    /// A form that this build does not read.
    #[error("{}: this build reads no files of this form", .0.display())]
    NotBuilt(PathBuf),
    /// A sheet that is not there.
    #[error("{}: there is no sheet {sheet:?}; the sheets are: {known}", .path.display())]
    NoSuchSheet {
        /// The file.
        path: PathBuf,
        /// The sheet.
        sheet: String,
        /// The sheets that there are.
        known: String,
    },
    /// No bytes, or only blanks.
    #[error("{}: the file is empty", .0.display())]
    Empty(PathBuf),
    /// Names, but no rows.
    #[error("{}: there is a header, but no rows", .0.display())]
    HeaderOnly(PathBuf),
    /// More values than are held.
    #[error("{}: the table has more than {CELLS_MAX} values", .0.display())]
    TooLarge(PathBuf),
    /// Text in another encoding.
    #[error("{}, line {line}: the text is not UTF-8", .path.display())]
    NotUtf8 {
        /// The file.
        path: PathBuf,
        /// Its line, from 1.
        line: usize,
    },
    /// Text that is not in the encoding that somebody named.
    #[error("{}, line {line}: the text is not {charset}", .path.display())]
    NotEncoded {
        /// The file.
        path: PathBuf,
        /// Its line, from 1.
        line: usize,
        /// The encoding's name.
        charset: &'static str,
    },
    /// No text.
    #[error("{}: it is not a text file", .0.display())]
    Binary(PathBuf),
    /// A row of another length.
    #[error("{}, line {line}: there are {found} fields, but {expected} columns", .path.display())]
    Ragged {
        /// The file.
        path: PathBuf,
        /// Its line, from 1.
        line: usize,
        /// Fields in it.
        found: usize,
        /// Columns of the table.
        expected: usize,
    },
    /// A quote that is never closed.
    #[error("{}, line {line}: a quoted field does not end", .path.display())]
    OpenQuote {
        /// The file.
        path: PathBuf,
        /// Its line, from 1.
        line: usize,
    },
    /// Two columns of one name.
    #[error("{}: the column name {name:?} is there twice", .path.display())]
    DuplicateName {
        /// The file.
        path: PathBuf,
        /// The name.
        name: String,
    },
    /// A column that is not there.
    #[error("{}: there is no column {name:?}; the columns are: {known}", .path.display())]
    NoSuchColumn {
        /// The file.
        path: PathBuf,
        /// The name.
        name: String,
        /// The columns that there are.
        known: String,
    },
    /// No column is left.
    #[error("{}: no column is left", .0.display())]
    NoColumns(PathBuf),
    /// Values that are neither numbers nor words.
    #[error("{}, column {column:?}: values of type {kind} are neither numbers nor words", .path.display())]
    ColumnType {
        /// The file.
        path: PathBuf,
        /// The column.
        column: String,
        /// Their type.
        kind: String,
    },
    /// The form is broken.
    #[error("{}: {reason}", .path.display())]
    Malformed {
        /// The file.
        path: PathBuf,
        /// What is wrong.
        reason: String,
    },
    /// Several arrays, none of a usual name.
    #[error("{}: it holds several arrays: {arrays}", .path.display())]
    SeveralArrays {
        /// The file.
        path: PathBuf,
        /// Their names.
        arrays: String,
    },
}
