//! What is wrong and what to do about it, in terms of the page: the command line's advice names its flags.

use std::error::Error as _;

use learnware_data::DataError;
use learnware_data::error::TableFileError;
use learnware_engine::table::TableError;

/// Flags of the command in its advice, and what the page has instead.
const FLAGS: &[(&str, &str)] = &[
    ("say which are meant with --kind image or --kind text", "drop only one of the two kinds"),
    ("say --labels folder to take", "choose `folder` as the labels to take"),
    ("leave --labels out", "choose no labels"),
    ("; say --no-header if it is data", "; if it is data, put names above it"),
    ("--sheet names another one", "others are"),
    (" with --resize, e.g. --resize ", ", e.g. "),
    (" with --resize HxW", ""),
    (" with --text COLUMN", ""),
    (" with --text KEY", ""),
    (" with --text", ""),
    (" with --labels", ""),
];

/// The command's words as the page says them.
pub(crate) fn without_flags(text: &str) -> String {
    let mut text = text.to_owned();
    for (flag, instead) in FLAGS {
        text = text.replace(flag, instead);
    }
    match text.find(" with --drop") {
        Some(end) => text[..end].to_owned(),
        None => text,
    }
}

/// A word for the kind of error.
pub(crate) fn code(error: &DataError) -> &'static str {
    match error.innermost() {
        DataError::File(_) | DataError::Changes(_) => "file",
        DataError::Table(_) => "table",
        DataError::NoLabels { .. } => "labels",
        DataError::Engine(_) => "numbers",
        _ => "data",
    }
}

/// The error with its causes.
pub(crate) fn message(error: &DataError) -> String {
    let mut message = error.to_string();
    let mut source = error.source();
    while let Some(cause) = source {
        let cause_text = cause.to_string();
        if !message.ends_with(&cause_text) {
            message = format!("{message}: {cause_text}");
        }
        source = cause.source();
    }
    message
}

/// What to do next.
pub(crate) fn hint(error: &DataError) -> String {
    let own = match error.innermost() {
        DataError::Table(error) => table_hint(error),
        DataError::File(error) => file_hint(error),
        DataError::Engine(_) => Some("check that the values are plain numbers of a usual size"),
        _ => None,
    };
    let fallback = || error.hint().map_or_else(|| "check the data".into(), |hint| without_flags(&hint));
    own.map_or_else(fallback, str::to_owned)
}

fn table_hint(error: &TableError) -> Option<&'static str> {
    Some(match error {
        TableError::MixedColumn { .. } => {
            "correct the value, make the column a category if it holds words, make it a number to count other values \
             as absent, or leave the column out"
        }
        TableError::TooManyWords { .. } => {
            "leave the column out, make it a category if the words are categories, or choose it as the text"
        }
        TableError::NoValues { .. } => "leave the column out",
        TableError::NotFinite { .. } => "correct the value, or leave the column or the row out",
        TableError::Width { .. } => "leave out what the model does not take, and name the labels",
        TableError::NoSuchColumn { .. } => "choose columns that the file has; letter case counts",
        _ => return None,
    })
}

fn file_hint(error: &TableFileError) -> Option<&'static str> {
    Some(match error {
        TableFileError::DuplicateName { .. } => "give every column its own name in the first row",
        TableFileError::Ragged { .. } => "put fields that hold the separator in quotes",
        TableFileError::ColumnType { .. } => {
            "leave the column out, or store numbers (e.g. days since a date)"
        }
        TableFileError::NotUtf8 { .. } => "save the file as UTF-8",
        TableFileError::SeveralArrays { .. } => "save the array with the rows in a file of its own",
        TableFileError::NoSuchSheet { .. } => "choose one of them",
        TableFileError::NotBuilt(_) => "convert the file to CSV",
        TableFileError::Malformed { reason, .. } if reason.contains("ZSTD") || reason.contains("zstd") => {
            "columns compressed by Zstandard are not read in a browser: write the file with snappy, or use the command \
             `learnware spec`"
        }
        _ => return None,
    })
}
