//! What a table holds: each column by itself, so that one that can't be used does not hide the others.

use learnware_data::error::Result;
use learnware_data::tablefile::{ReadOptions, Source};
use learnware_data::{Location, Said, Stage, Watcher, said};
use learnware_engine::semantic::ColumnKind;
use learnware_engine::table::{Cell, InferOptions, Inference, RawColumn, RawTable, TableError};
use serde::Serialize;
use serde_json::Value;

use crate::advice;

/// Rows shown.
const ROWS_SHOWN: usize = 6;
/// Different values shown of a column.
const EXAMPLES: usize = 4;
/// Characters shown of a value.
const CHARACTERS_SHOWN: usize = 60;
/// Characters of a text on average, from which on it is taken as text rather than as an identifier.
const TEXT_CHARACTERS: usize = 24;

/// Cells of a table that is held after it was looked at; one takes 24 bytes.
const CELLS_HELD: usize = 1 << 20;

/// A table before anything is made of it.
#[derive(Debug, Default)]
pub(crate) struct Preview {
    /// Number of rows.
    pub(crate) rows: usize,
    /// Its columns.
    pub(crate) columns: Vec<ColumnPreview>,
    /// The first rows.
    pub(crate) sample: Vec<Vec<String>>,
    /// What a person should know.
    pub(crate) notes: Vec<Said>,
    /// The table itself, so that it need not be read again; `None` where it is large or there are notes, which depend on
    /// what is left out.
    pub(crate) table: Option<RawTable>,
}

impl Preview {
    /// Whether it is lines of text rather than a table: one column that is no numbers.
    pub(crate) fn is_prose(&self) -> bool {
        matches!(self.columns.as_slice(), [only] if only.kind != "number")
    }
}

/// One column.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub(crate) struct ColumnPreview {
    pub(crate) name: String,
    kind: &'static str,
    missing: usize,
    /// Different values; `None` where they are too many to count.
    distinct: Option<usize>,
    examples: Vec<String>,
    /// Whether a specification can be made with it as it is.
    pub(crate) used: bool,
    /// Why not.
    reason: Option<Value>,
}

impl ColumnPreview {
    /// A key of JSON lines, whose values are shown in a column of the sample.
    pub(crate) fn key(name: &str, sample: &[Vec<String>], place: usize) -> Self {
        let examples: Vec<String> = sample.iter().take(EXAMPLES).map(|row| row[place].clone()).collect();
        let characters: usize = examples.iter().map(String::len).sum();
        let kind = if characters >= TEXT_CHARACTERS * examples.len() { "text" } else { "category" };
        Self { name: name.to_owned(), kind, missing: 0, distinct: None, examples, used: true, reason: None }
    }
}

/// Reads a table once and looks at each column.
pub(crate) fn of_table(at: Location<'_>, options: &ReadOptions, watcher: &dyn Watcher) -> Result<Preview> {
    let progress = watcher.begin(Stage::Columns, None);
    let infer = InferOptions::default();
    let mut looks: Vec<Look<'_>> = Vec::new();
    let mut preview = Preview::default();
    let (mut held, mut is_small) = (None, true);
    preview.notes = Source::open(at, options)?.read(&mut |block| -> Result<()> {
        let RawTable { columns, lines, header } = block.table;
        if looks.is_empty() {
            looks = columns.iter().map(|column| Look::new(column.name.clone(), &infer)).collect();
        }
        for row in preview.sample.len()..ROWS_SHOWN.min(lines.len()) {
            preview.sample.push(columns.iter().map(|column| shown(&column.cells[row])).collect());
        }
        preview.rows += lines.len();
        let mut alone = RawTable { columns: Vec::new(), lines, header };
        let mut seen = Vec::with_capacity(columns.len());
        for (look, column) in looks.iter_mut().zip(columns) {
            alone.columns.push(column);
            look.take(&alone);
            seen.append(&mut alone.columns);
        }
        progress.reached(preview.rows as u64);
        if is_small {
            let seen = RawTable { columns: seen, ..alone };
            is_small = preview.rows * seen.columns.len() <= CELLS_HELD;
            match &mut held {
                _ if !is_small => held = None,
                None => held = Some(seen),
                Some(before) => before.append(seen),
            }
        }
        Ok(())
    })?;
    preview.table = held.filter(|_| preview.notes.is_empty());
    preview.columns = looks.into_iter().map(Look::finish).collect();
    Ok(preview)
}

/// A column while it is read.
struct Look<'a> {
    name: String,
    inference: Inference<'a>,
    refused: Option<TableError>,
    examples: Vec<String>,
    /// Characters of all words.
    characters: usize,
}

impl<'a> Look<'a> {
    fn new(name: String, options: &'a InferOptions) -> Self {
        Self { name, inference: Inference::new(options), refused: None, examples: Vec::new(), characters: 0 }
    }

    /// Looks at further cells, those of a table of this column alone.
    fn take(&mut self, table: &RawTable) {
        let RawColumn { cells, .. } = &table.columns[0];
        for cell in cells {
            if let Cell::Text(text) = cell {
                self.characters += text.len();
            }
            if self.examples.len() < EXAMPLES && *cell != Cell::Missing {
                let text = shown(cell);
                if !self.examples.contains(&text) {
                    self.examples.push(text);
                }
            }
        }
        if self.refused.is_none() {
            self.refused = self.inference.take(table).err();
        }
    }

    fn finish(self) -> ColumnPreview {
        let counts = self.inference.counts();
        let counts = counts.first();
        let words = counts.map_or(0, |counts| counts.words);
        let found = match self.refused {
            Some(error) => Err(error),
            None => self.inference.finish().map(|inferred| inferred.columns[0].kind.clone()),
        };
        let (kind, reason) = match found {
            Ok(ColumnKind::Number) => ("number", None),
            Ok(ColumnKind::Category { .. }) => ("category", None),
            // A constant is no reason to refuse a table that has other columns.
            Err(TableError::AllConstant) => ("constant", None),
            Err(error) => (
                refused_kind(&error, self.characters / words.max(1)),
                Some(advice::noted(&said::of_table(&error))),
            ),
        };
        ColumnPreview {
            name: self.name,
            kind,
            missing: counts.map_or(0, |counts| counts.absent),
            distinct: counts.and_then(|counts| counts.distinct),
            examples: self.examples,
            used: reason.is_none(),
            reason,
        }
    }
}

/// What a column is that can't be used as it is.
fn refused_kind(error: &TableError, characters: usize) -> &'static str {
    match error {
        TableError::TooManyWords { .. } if characters >= TEXT_CHARACTERS => "text",
        TableError::TooManyWords { .. } => "identifier",
        TableError::NoValues { .. } | TableError::OneRow => "constant",
        _ => "number",
    }
}

/// A value as text, shortened.
pub(crate) fn shown(cell: &Cell) -> String {
    match cell {
        Cell::Number(number) => number.to_string(),
        Cell::Text(text) => shortened(text),
        Cell::Missing => String::new(),
    }
}

/// At most so many characters as are shown.
pub(crate) fn shortened(text: &str) -> String {
    match text.char_indices().nth(CHARACTERS_SHOWN) {
        None => text.to_owned(),
        Some((end, _)) => format!("{}...", &text[..end]),
    }
}

#[cfg(test)]
mod tests {
    use std::fmt::Write as _;
    use std::path::Path;

    use learnware_data::MemoryFiles;
    use learnware_data::watcher::Nobody;

    use super::*;

    #[test]
    fn each_column_is_judged_by_itself() {
        let mut text = String::from("n,word,id,same,mixed\n");
        for row in 0..60 {
            let mixed = if row == 7 { "x".to_owned() } else { row.to_string() };
            writeln!(text, "{},{},id-{row},1,{mixed}", row * 2, ["a", "b", ""][row % 3]).unwrap();
        }
        let mut files = MemoryFiles::default();
        files.insert("t.csv", text.into_bytes());
        let at = Location { files: &files, path: Path::new("t.csv") };
        let preview = of_table(at, &ReadOptions::default(), &Nobody).unwrap();
        let kinds: Vec<_> = preview.columns.iter().map(|column| (column.kind, column.used)).collect();
        let wanted = [
            ("number", true),
            ("category", true),
            ("identifier", false),
            ("constant", true),
            ("number", false),
        ];
        assert_eq!(kinds, wanted);
        assert_eq!((preview.rows, preview.sample.len()), (60, ROWS_SHOWN));
        assert_eq!((preview.columns[1].missing, preview.columns[1].distinct), (20, Some(2)));
        let reason = preview.columns[4].reason.as_ref().unwrap();
        assert_eq!(
            (&reason["code"], &reason["values"]["line"]),
            (&"mixed-column".into(), &"9".into()),
            "{reason}"
        );
    }
}
