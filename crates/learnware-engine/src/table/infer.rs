//! Finds out what the columns of a table are, from all of it or block by block.

use std::collections::BTreeSet;

use super::{
    CATEGORY_VALUES_FEW, CATEGORY_VALUES_FORCED_MAX, CATEGORY_VALUES_MAX, Cell, ONE_HOT_VALUES_MAX,
    RawColumn, RawTable, TableError, refuse_not_finite, short,
};
use crate::numeric::parallel;
use crate::semantic::{CategoryEncoding, Column, ColumnKind, Missing};

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
    /// Mean of the numbers of each column; none for categories.
    pub means: Vec<Option<f64>>,
}

impl Inferred {
    /// The columns with absent numbers as the mean of their column, as specifications need them.
    pub fn filling_columns(&self) -> Vec<Column> {
        let fill = |(column, mean): (&Column, &Option<f64>)| match (column.missing, mean) {
            (Missing::Keep, Some(mean)) => Column { missing: Missing::Fill(*mean), ..column.clone() },
            _ => column.clone(),
        };
        self.columns.iter().zip(&self.means).map(fill).collect()
    }
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
    let mut inference = Inference::new(options);
    inference.take(table)?;
    inference.finish()
}

/// [`infer`] for tables that come in blocks of rows.
#[derive(Debug)]
pub struct Inference<'a> {
    options: &'a InferOptions,
    columns: Vec<Seen>,
    rows: usize,
}

impl<'a> Inference<'a> {
    /// Nothing seen yet.
    pub fn new(options: &'a InferOptions) -> Self {
        Self { options, columns: Vec::new(), rows: 0 }
    }

    /// Number of rows seen.
    pub fn rows(&self) -> usize {
        self.rows
    }

    /// What was seen of each column so far.
    pub fn counts(&self) -> Vec<Counts> {
        let counts = |seen: &Seen| Counts {
            numbers: seen.numbers,
            words: seen.texts,
            absent: self.rows - seen.numbers - seen.texts,
            distinct: seen.distinct.count(),
        };
        self.columns.iter().map(counts).collect()
    }

    /// Looks at further rows; all blocks have the same columns.
    pub fn take(&mut self, block: &RawTable) -> Result<(), TableError> {
        if self.columns.is_empty() {
            for name in &self.options.categories {
                block.column(name).ok_or_else(|| block.no_such_column(name))?;
            }
            let forced = |name: &String| self.options.categories.contains(name);
            let seen = |column: &RawColumn| Seen::new(column.name.clone(), forced(&column.name));
            self.columns = block.columns.iter().map(seen).collect();
        }
        self.rows += block.row_count();
        let taken = parallel::map_mut(&mut self.columns, |place, seen| {
            seen.take(&block.columns[place].cells, &block.lines)
        });
        taken.into_iter().collect()
    }

    /// What the columns are.
    pub fn finish(self) -> Result<Inferred, TableError> {
        match (self.columns.len(), self.rows) {
            (0, _) => return Err(TableError::Empty { what: "columns" }),
            (_, 0) => return Err(TableError::Empty { what: "rows" }),
            (_, 1) => return Err(TableError::OneRow),
            _ => {}
        }
        let mut inferred = Inferred { columns: Vec::new(), warnings: Vec::new(), means: Vec::new() };
        for seen in self.columns {
            let column = seen.column(self.rows, self.options, &mut inferred.warnings)?;
            inferred.means.push((column.kind == ColumnKind::Number).then_some(seen.mean()));
            inferred.columns.push(column);
        }
        let constant = |warning: &&TableWarning| matches!(warning, TableWarning::Constant { .. });
        if inferred.warnings.iter().filter(constant).count() == inferred.columns.len() {
            return Err(TableError::AllConstant);
        }
        Ok(inferred)
    }
}

/// How many values of which sort a column has.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Counts {
    /// Numbers.
    pub numbers: usize,
    /// Words.
    pub words: usize,
    /// Absent values.
    pub absent: usize,
    /// Different values; `None` beyond [`CATEGORY_VALUES_FORCED_MAX`].
    pub distinct: Option<usize>,
}

/// Sums are kept small by this power of two, so that large values do not overflow.
const SUM_SCALE: f64 = 1.0 / (1u64 << 60) as f64;

/// What is known of a column so far.
#[derive(Debug)]
struct Seen {
    name: String,
    /// Whether it is a category by request.
    forced: bool,
    numbers: usize,
    texts: usize,
    /// Sum of the numbers times [`SUM_SCALE`].
    scaled_sum: f64,
    /// The first word and its line.
    first_text: Option<(usize, String)>,
    /// Line of the first absent value.
    first_absent: Option<usize>,
    /// The first value.
    first: Option<Cell>,
    /// Whether another value differs from the first.
    differs: bool,
    distinct: Distinct,
}

impl Seen {
    fn new(name: String, forced: bool) -> Self {
        Self {
            name,
            forced,
            numbers: 0,
            texts: 0,
            scaled_sum: 0.0,
            first_text: None,
            first_absent: None,
            first: None,
            differs: false,
            distinct: Distinct::default(),
        }
    }

    fn take(&mut self, cells: &[Cell], lines: &[usize]) -> Result<(), TableError> {
        for (cell, &line) in cells.iter().zip(lines) {
            match cell {
                Cell::Missing => {
                    self.first_absent.get_or_insert(line);
                    continue;
                }
                Cell::Number(number) => {
                    refuse_not_finite(cell, &self.name, line)?;
                    self.numbers += 1;
                    self.scaled_sum += number * SUM_SCALE;
                }
                Cell::Text(text) => {
                    self.texts += 1;
                    self.first_text.get_or_insert_with(|| (line, short(text)));
                }
            }
            match &self.first {
                None => self.first = Some(cell.clone()),
                Some(first) => self.differs |= first != cell,
            }
            self.distinct.add(cell);
        }
        Ok(())
    }

    /// Mean of the numbers.
    fn mean(&self) -> f64 {
        self.scaled_sum / self.numbers.max(1) as f64 / SUM_SCALE
    }

    fn column(
        &self,
        rows: usize,
        options: &InferOptions,
        warnings: &mut Vec<TableWarning>,
    ) -> Result<Column, TableError> {
        let name = || self.name.clone();
        let present = self.numbers + self.texts;
        if present == 0 {
            return Err(TableError::NoValues { column: name() });
        }
        let missing = match &self.first_text {
            Some((line, value)) if !self.forced && self.numbers > self.texts => {
                let (line, value, numbers) = (*line, value.clone(), self.numbers);
                return Err(TableError::MixedColumn { column: name(), line, value, numbers });
            }
            Some(_) => Missing::Code,
            None if self.forced => Missing::Code,
            None => self.missing(rows - present, options, warnings)?,
        };
        let kind =
            if missing == Missing::Code { self.category(present, options)? } else { ColumnKind::Number };
        // A value that stays absent, or has a code of its own, is another value.
        let absent_counts = matches!(missing, Missing::Keep | Missing::Code);
        if !self.differs && (present == rows || !absent_counts) {
            warnings.push(TableWarning::Constant { column: name() });
        }
        Ok(Column { name: name(), kind, missing })
    }

    /// What becomes of the absent values of a column of numbers.
    fn missing(
        &self,
        absent: usize,
        options: &InferOptions,
        warnings: &mut Vec<TableWarning>,
    ) -> Result<Missing, TableError> {
        match (options.missing, self.first_absent) {
            (MissingChoice::Refuse, Some(line)) => {
                Err(TableError::MissingValue { column: self.name.clone(), line })
            }
            (MissingChoice::Keep, _) => Ok(Missing::Keep),
            (_, None) => Ok(Missing::Refuse),
            (MissingChoice::Fill, Some(_)) => {
                let column = self.name.clone();
                warnings.push(TableWarning::Filled { column, count: absent, mean: self.mean() });
                Ok(Missing::Fill(self.mean()))
            }
        }
    }

    fn category(&self, present: usize, options: &InferOptions) -> Result<ColumnKind, TableError> {
        let words = self.distinct.words();
        let too_many = if self.forced {
            words.len() > CATEGORY_VALUES_FORCED_MAX
        } else {
            words.len() > CATEGORY_VALUES_MAX
                || (words.len() > CATEGORY_VALUES_FEW && words.len() > present / 2)
        };
        if too_many {
            let (column, distinct, rows) = (self.name.clone(), words.len(), present);
            return Err(TableError::TooManyWords { column, distinct, rows });
        }
        let encoding = match options.encoding {
            EncodingChoice::Auto if words.len() <= ONE_HOT_VALUES_MAX => CategoryEncoding::OneHot,
            EncodingChoice::OneHot => CategoryEncoding::OneHot,
            EncodingChoice::Auto | EncodingChoice::Ordinal => CategoryEncoding::Ordinal,
        };
        Ok(ColumnKind::Category { values: words.into_iter().collect(), encoding })
    }
}

/// Different values of a column, as many as a category may have and one more.
#[derive(Debug, Default)]
struct Distinct {
    numbers: BTreeSet<u64>,
    texts: BTreeSet<String>,
    full: bool,
}

impl Distinct {
    fn add(&mut self, cell: &Cell) {
        if self.full {
            return;
        }
        match cell {
            Cell::Number(number) => {
                self.numbers.insert(number.to_bits());
            }
            Cell::Text(text) if !self.texts.contains(text) => {
                self.texts.insert(text.clone());
            }
            Cell::Text(_) | Cell::Missing => {}
        }
        self.full = self.numbers.len() + self.texts.len() > CATEGORY_VALUES_FORCED_MAX;
    }

    /// How many there are, unless they are too many to count.
    fn count(&self) -> Option<usize> {
        (!self.full).then_some(self.numbers.len() + self.texts.len())
    }

    /// The words, sorted.
    fn words(&self) -> BTreeSet<String> {
        let numbers = self.numbers.iter().map(|&bits| f64::from_bits(bits).to_string());
        self.texts.iter().cloned().chain(numbers).collect()
    }
}
