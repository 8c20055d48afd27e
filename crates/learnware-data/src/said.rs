//! What is said of data: a sentence, with a word for programs and the values in it, so that a page can say it in another
//! language.

use std::fmt;

use learnware_engine::table::{TableError, TableWarning};

use crate::error::DataError;
use crate::tablefile::TableFileError;

/// A sentence that programs can tell from others.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Said {
    /// Which sentence.
    pub code: &'static str,
    /// What is put into it, by name.
    pub values: Vec<(&'static str, String)>,
    /// The sentence in English, without a full stop.
    pub text: String,
}

impl fmt::Display for Said {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

/// A [`Said`]: its code, its sentence with `{names}`, and their values.
macro_rules! said {
    ($code:literal, $text:literal $(, $name:ident = $value:expr)* $(,)?) => {{
        $(let $name = ($value).to_string();)*
        $crate::said::Said { code: $code, text: format!($text), values: vec![$((stringify!($name), $name)),*] }
    }};
}
/// The same for a sentence that is at hand.
macro_rules! said_as {
    ($code:literal, $text:expr $(, $name:ident = $value:expr)* $(,)?) => {
        $crate::said::Said { code: $code, text: ($text).to_string(), values: vec![$((stringify!($name), ($value).to_string())),*] }
    };
}
pub(crate) use said;
pub(crate) use said_as;

/// What an error says; the place around it is the value `at`.
pub fn of_error(error: &DataError) -> Said {
    match error {
        DataError::File(error) => of_file(error),
        DataError::Table(error) => of_table(error),
        DataError::Engine(error) => said_as!("numbers", error, reason = error),
        DataError::NoLabels { said, .. } | DataError::Refused { said, .. } => said.clone(),
        DataError::At { place, source } => {
            let mut inner = of_error(source);
            if !inner.text.starts_with(place.as_str()) {
                inner.text = format!("{place}: {}", inner.text);
            }
            inner.values.push(("at", place.clone()));
            inner
        }
        DataError::Changes(path) => said_as!("changes", error, path = path.display()),
    }
}

fn of_file(error: &TableFileError) -> Said {
    match error {
        TableFileError::Missing(path) => said_as!("missing", error, path = path.display()),
        TableFileError::Directory(path) => said_as!("directory", error, path = path.display()),
        TableFileError::Unreadable { path, source } => {
            said!("unreadable", "cannot read {path}: {reason}", path = path.display(), reason = source)
        }
        TableFileError::UnknownEnding(path) => said_as!("unknown-ending", error, path = path.display()),
        TableFileError::NotBuilt(path) => said_as!("not-built", error, path = path.display()),
        TableFileError::NoSuchSheet { path, sheet, known } => {
            said_as!("no-such-sheet", error, path = path.display(), sheet = sheet, known = known)
        }
        TableFileError::Empty(path) => said_as!("empty-file", error, path = path.display()),
        TableFileError::HeaderOnly(path) => said_as!("header-only", error, path = path.display()),
        TableFileError::TooLarge(path) => said_as!("table-too-large", error, path = path.display()),
        TableFileError::NotUtf8 { path, line } => {
            said_as!("not-utf8", error, path = path.display(), line = line)
        }
        TableFileError::NotEncoded { path, line, charset } => {
            said_as!("not-encoded", error, path = path.display(), line = line, charset = charset)
        }
        TableFileError::Binary(path) => said_as!("binary", error, path = path.display()),
        TableFileError::Ragged { path, line, found, expected } => {
            said_as!("ragged", error, path = path.display(), line = line, found = found, expected = expected)
        }
        TableFileError::OpenQuote { path, line } => {
            said_as!("open-quote", error, path = path.display(), line = line)
        }
        TableFileError::DuplicateName { path, name } => {
            said_as!("duplicate-name", error, path = path.display(), name = name)
        }
        TableFileError::NoSuchColumn { path, name, known } => {
            said_as!("no-such-column", error, path = path.display(), name = name, known = known)
        }
        TableFileError::NoColumns(path) => said_as!("no-columns", error, path = path.display()),
        TableFileError::ColumnType { path, column, kind } => {
            said_as!("column-type", error, path = path.display(), column = column, kind = kind)
        }
        TableFileError::Malformed { path, reason } if reason.to_lowercase().contains("zstd") => {
            said_as!("zstd", error, path = path.display())
        }
        TableFileError::Malformed { path, reason } => {
            said_as!("malformed", error, path = path.display(), reason = reason)
        }
        TableFileError::SeveralArrays { path, arrays } => {
            said_as!("several-arrays", error, path = path.display(), arrays = arrays)
        }
    }
}

/// What an error about a table says.
pub fn of_table(error: &TableError) -> Said {
    match error {
        TableError::Empty { .. } => said_as!("empty-table", error),
        TableError::OneRow => said_as!("one-row", error),
        TableError::AllConstant => said_as!("all-constant", error),
        TableError::NoSuchColumn { name, known } => {
            said_as!("no-such-input", error, name = name, known = known.join(", "))
        }
        TableError::Width { expected, found } => said_as!("width", error, expected = expected, found = found),
        TableError::NotFinite { column, line, value } => {
            said_as!("not-finite", error, column = column, line = line, value = value)
        }
        TableError::TextInNumbers { column, line, value } => {
            said_as!("text-in-numbers", error, column = column, line = line, value = value)
        }
        TableError::MixedColumn { column, line, value, numbers } => {
            said_as!("mixed-column", error, column = column, line = line, value = value, numbers = numbers)
        }
        TableError::MissingValue { column, line } => {
            said_as!("missing-value", error, column = column, line = line)
        }
        TableError::NoValues { column } => said_as!("no-values", error, column = column),
        TableError::TooManyWords { column, distinct, rows } => {
            said_as!("too-many-words", error, column = column, distinct = distinct, rows = rows)
        }
        other => said_as!("numbers", other, reason = other),
    }
}

/// What a warning about a table says.
pub(crate) fn of_warning(warning: &TableWarning) -> Said {
    match warning {
        TableWarning::Constant { column } => said_as!("constant", warning, column = column),
        TableWarning::Filled { column, count, mean } => {
            said_as!("filled", warning, column = column, count = count, mean = mean)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_sentence_keeps_its_values() {
        let said = said!("x", "{path}: {count} of {name:?}", path = "a.csv", count = 3, name = "b");
        assert_eq!(said.text, "a.csv: 3 of \"b\"");
        assert_eq!(said.values[1], ("count", "3".into()));
    }

    #[test]
    fn places_are_told_once() {
        let error = TableFileError::Ragged { path: "t.csv".into(), line: 7, found: 3, expected: 2 };
        let placed = DataError::At { place: "t.csv".into(), source: Box::new(error.into()) };
        let said = of_error(&placed);
        assert_eq!(
            (said.code, said.text.as_str()),
            ("ragged", "t.csv, line 7: there are 3 fields, but 2 columns")
        );
        let table = DataError::At { place: "t.csv".into(), source: Box::new(TableError::OneRow.into()) };
        assert_eq!(
            of_error(&table).text,
            "t.csv: the table has only one row; a specification needs at least two"
        );
        assert_eq!(of_error(&table).values, [("at", "t.csv".into())]);
    }
}
