//! Label columns become numbers.

use std::collections::{BTreeMap, BTreeSet};

use super::{CATEGORY_VALUES_MAX, Cell, RawColumn, TableError, refuse_not_finite};

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
