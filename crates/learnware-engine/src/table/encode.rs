//! Tables become matrices by the columns that were found out or that a learnware declares.

use std::collections::{BTreeMap, BTreeSet};
use std::ops::Range;

use super::{Cell, Header, RawColumn, RawTable, TableError, refuse_not_finite, short};
use crate::numeric::Matrix;
use crate::semantic::{CategoryEncoding, Column, ColumnKind, Dimensions, Missing};

/// Rows that are encoded column by column before the next ones, so that they stay in the cache.
const ROWS_AT_ONCE: usize = 64;

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
    let mut plans = Vec::with_capacity(columns.len());
    let mut offset = 0;
    for (place, column) in columns.iter().enumerate() {
        let raw = match table.header {
            Header::Named => table.column(&column.name).ok_or_else(|| table.no_such_column(&column.name))?,
            Header::Positional => &table.columns[place],
        };
        plans.push(Plan { raw, column, codes: codes(column), offset });
        offset += column.width();
    }
    for first in (0..table.row_count()).step_by(ROWS_AT_ONCE) {
        let rows = first..table.row_count().min(first + ROWS_AT_ONCE);
        plans.iter().try_for_each(|plan| plan.encode(rows.clone(), &table.lines, &mut matrix))?;
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

/// How one column is encoded.
struct Plan<'a> {
    raw: &'a RawColumn,
    column: &'a Column,
    /// Places of the words of a category.
    codes: BTreeMap<&'a str, usize>,
    /// First input that the column makes.
    offset: usize,
}

fn codes(column: &Column) -> BTreeMap<&str, usize> {
    match &column.kind {
        ColumnKind::Number => BTreeMap::new(),
        ColumnKind::Category { values, .. } => {
            values.iter().enumerate().map(|(code, value)| (value.as_str(), code)).collect()
        }
    }
}

impl Plan<'_> {
    fn encode(&self, rows: Range<usize>, lines: &[usize], matrix: &mut Matrix) -> Result<(), TableError> {
        let Self { raw, column, codes, offset } = self;
        for row in rows {
            let (cell, line) = (&raw.cells[row], lines[row]);
            refuse_not_finite(cell, &raw.name, line)?;
            let ColumnKind::Category { encoding, .. } = &column.kind else {
                matrix.set(row, *offset, number(cell, column.missing, &raw.name, line)?);
                continue;
            };
            let word = cell.word();
            if word.is_none() && column.missing == Missing::Refuse {
                return Err(TableError::MissingValue { column: raw.name.clone(), line });
            }
            let code = word.and_then(|word| codes.get(word.as_str()).copied());
            match (encoding, code) {
                (CategoryEncoding::Ordinal, code) => {
                    matrix.set(row, *offset, code.map_or(-1.0, |code| code as f64));
                }
                (CategoryEncoding::OneHot, Some(code)) => matrix.set(row, offset + code, 1.0),
                (CategoryEncoding::OneHot, None) => {}
            }
        }
        Ok(())
    }
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
