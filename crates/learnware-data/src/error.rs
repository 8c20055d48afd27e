//! What is wrong with data, and what to do about it in terms of the command line.

use std::path::PathBuf;

use learnware_engine::EngineError;
use learnware_engine::table::TableError;

use crate::said::Said;
use crate::tablefile::ENDINGS;
pub use crate::tablefile::TableFileError;

/// Data that can't be read or described.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum DataError {
    /// A file, or a table file.
    #[error(transparent)]
    File(#[from] TableFileError),
    /// What a table holds.
    #[error(transparent)]
    Table(#[from] TableError),
    /// Numbers that no specification can be made of.
    #[error(transparent)]
    Engine(#[from] EngineError),
    /// The labels that were asked for are not there.
    #[error("{said}")]
    NoLabels {
        /// What is wrong.
        said: Said,
        /// What to do.
        hint: String,
    },
    /// Anything else.
    #[error("{said}")]
    Refused {
        /// What is wrong.
        said: Said,
        /// What to do.
        hint: String,
    },
    /// One of these, with the place where it is.
    #[error("{place}")]
    At {
        /// File or folder.
        place: String,
        /// What is wrong there.
        source: Box<DataError>,
    },
    /// A file whose rows are not the same when they are read again.
    #[error("{} changes while it is read", .0.display())]
    Changes(PathBuf),
}

/// What reading gives.
pub type Result<T> = std::result::Result<T, DataError>;

/// A refusal that says what to do next.
pub(crate) fn refused(said: Said, hint: impl Into<String>) -> DataError {
    DataError::Refused { said, hint: hint.into() }
}

/// The same for labels that are not there.
pub(crate) fn no_labels(said: Said, hint: impl Into<String>) -> DataError {
    DataError::NoLabels { said, hint: hint.into() }
}

/// Says where an error is.
pub(crate) trait Placed<T> {
    /// The same with its place.
    fn at(self, place: &std::path::Path) -> Result<T>;
}

impl<T, E: Into<DataError>> Placed<T> for std::result::Result<T, E> {
    fn at(self, place: &std::path::Path) -> Result<T> {
        self.map_err(|error| DataError::At {
            place: place.display().to_string(),
            source: Box::new(error.into()),
        })
    }
}

impl DataError {
    /// Whether data was refused for having no such labels.
    pub fn lacks_labels(&self) -> bool {
        match self {
            Self::File(error) => matches!(error, TableFileError::NoSuchColumn { .. }),
            Self::NoLabels { .. } => true,
            Self::Table(_) | Self::Engine(_) | Self::Refused { .. } | Self::At { .. } | Self::Changes(_) => {
                false
            }
        }
    }

    /// What to do next, in terms of the command line; `None` where only the engine knows what is wrong.
    pub fn hint(&self) -> Option<String> {
        match self {
            Self::File(error) => Some(table_file_hint(error)),
            Self::Table(error) => Some(table_hint(error)),
            Self::NoLabels { hint, .. } | Self::Refused { hint, .. } => Some(hint.clone()),
            Self::At { source, .. } => source.hint(),
            Self::Changes(_) => Some("wait until nobody writes it any more".into()),
            Self::Engine(_) => None,
        }
    }

    /// Without the places around it.
    pub fn innermost(&self) -> &Self {
        match self {
            Self::At { source, .. } => source.innermost(),
            _ => self,
        }
    }
}

/// What to do about a table file.
fn table_file_hint(error: &TableFileError) -> String {
    match error {
        TableFileError::Missing(_) => "check the path; it is relative to the current directory".into(),
        TableFileError::Directory(_) => format!("name a file in it ({ENDINGS})"),
        TableFileError::Unreadable { .. } => "check that you may read the file".into(),
        TableFileError::UnknownEnding(_) => format!("table files end in {ENDINGS}; rename or convert it"),
        TableFileError::NotBuilt(_) => "convert the file to CSV, or build with what reads it".into(),
        TableFileError::NoSuchSheet { .. } => "name one of them with --sheet; letter case counts".into(),
        TableFileError::Empty(_) | TableFileError::HeaderOnly(_) => {
            "a table needs a header line and at least two rows".into()
        }
        TableFileError::TooLarge(_) => {
            "take a sample of the rows: 100 000 describe a distribution as well as more".into()
        }
        TableFileError::NotUtf8 { .. } => {
            "name its encoding with --charset: Chinese tables of Excel are often gb18030, western ones windows-1252; or save \
             the file as UTF-8"
                .into()
        }
        TableFileError::NotEncoded { .. } => {
            "name the right encoding with --charset, or save the file as UTF-8".into()
        }
        TableFileError::Binary(_) => {
            format!("the ending must fit the content ({ENDINGS}); text in UTF-16 without a mark needs --charset utf-16le")
        }
        TableFileError::Ragged { .. } => {
            "put fields that hold the separator in quotes, or name the separator with --delimiter".into()
        }
        TableFileError::OpenQuote { .. } => {
            "close the quote (a quote inside a quoted field is written twice)".into()
        }
        TableFileError::DuplicateName { .. } => {
            "give every column its own name, or say --no-header if the first line is data".into()
        }
        TableFileError::NoSuchColumn { .. } => "names must be exact, including letter case".into(),
        TableFileError::NoColumns(_) => "keep at least one column besides the labels".into(),
        TableFileError::ColumnType { column, .. } => {
            format!("leave it out with --drop {column:?}, or store numbers (e.g. days since a date)")
        }
        TableFileError::Malformed { .. } => {
            "write the file again; it may be cut off or of another form".into()
        }
        TableFileError::SeveralArrays { .. } => "choose one with --array NAME".into(),
    }
}

/// What to do about a table.
pub fn table_hint(error: &TableError) -> String {
    match error {
        TableError::Empty { .. } => "a table needs a header line and at least two rows".into(),
        TableError::OneRow => "give more rows; a few hundred describe a distribution well".into(),
        TableError::AllConstant => "check that the right file and columns are read".into(),
        TableError::NoSuchColumn { .. } => {
            "names must be exact, including letter case; `learnware show ID` lists a learnware's columns"
                .into()
        }
        TableError::Width { .. } => {
            "choose the columns with --columns or --drop; split the labels off with --labels".into()
        }
        TableError::NotFinite { value, .. } if value.is_nan() => {
            "say --nan-as-missing if it stands for an absent value, or remove the row".into()
        }
        TableError::NotFinite { .. } => "replace infinite values or remove the rows".into(),
        TableError::TextInNumbers { value, .. } if decimal_comma(value) => {
            "write numbers with a decimal point".into()
        }
        TableError::TextInNumbers { .. } => "correct the value; absent values are empty or NA".into(),
        TableError::MixedColumn { value, .. } if decimal_comma(value) => {
            "write numbers with a decimal point".into()
        }
        TableError::MixedColumn { column, .. } => format!(
            "correct the value (absent values are empty or NA), or say --categories {column:?} if the column \
             holds words, or --drop {column:?}"
        ),
        TableError::MissingValue { .. } => {
            "say --missing fill to put in the mean of the column, or remove the row".into()
        }
        TableError::NoValues { column } => format!("leave it out with --drop {column:?}"),
        TableError::TooManyWords { column, .. } => format!(
            "leave it out with --drop {column:?}, or say --categories {column:?} if the words are categories, or \
             --text {column:?} if they are texts and the whole data"
        ),
        _ => "check the table".into(),
    }
}

fn decimal_comma(value: &str) -> bool {
    value.contains(',') && value.replace('.', "").replacen(',', ".", 1).parse::<f64>().is_ok()
}
