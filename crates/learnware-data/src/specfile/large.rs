//! Specifications of tables that are too large to be held: their rows are read in blocks, three times.

use std::path::Path;

use learnware_engine::numeric::Matrix;
use learnware_engine::numeric::random::Stream;
use learnware_engine::semantic::Column;
use learnware_engine::specification::{RkmeParameters, Rows, StatisticalSpecification, Take, generate};
use learnware_engine::table::{self, Inference};

use super::{Described, Maker, ROWS_MEASURED, Report, distance_to_rows};
use crate::disclosure::Disclosure;
use crate::error::{DataError, Placed as _, Result};
use crate::said;
use crate::tablefile::Source;
use crate::watcher::{Progress, Stage};

/// Makes the specification of a table by reading its file three times: what the columns are; scales and a
/// sample; the weights. The same bytes as from a table read at once.
pub(super) fn report(maker: &Maker<'_>, path: &Path, source: &Source<'_>) -> Result<Report> {
    let progress = maker.watcher.begin(Stage::Columns, None);
    let mut inference = Inference::new(&maker.columns);
    let warnings = source.read(&mut |block| -> Result<()> {
        inference.take(&block.table).at(path)?;
        progress.reached(inference.rows() as u64);
        Ok(())
    });
    drop(progress);
    warnings?.into_iter().for_each(|warning| maker.watcher.warning(warning));
    let count = inference.rows();
    let inferred = inference.finish().at(path)?;
    inferred.warnings.iter().for_each(|warning| maker.watcher.warning(said::of_warning(warning)));
    let mut rows = TableRows {
        source,
        path,
        columns: inferred.filling_columns(),
        count,
        measured: Stream::new(0).sample(count, ROWS_MEASURED),
        kept: Vec::new(),
        done: 0,
        progress: Some(maker.watcher.begin(Stage::Specification, Some(2 * count as u64))),
    };
    let parameters = RkmeParameters {
        reduced_set_size: maker.generate.reduced_set_size,
        seed: maker.generate.seed,
        ..RkmeParameters::default()
    };
    let made = generate(&mut rows, &parameters);
    rows.progress = None;
    let made = made?;
    let width = Rows::columns(&rows);
    let kept = Matrix::new(rows.kept.len() / width.max(1), width, rows.kept)?;
    let distance = distance_to_rows(&made.rkme, &kept);
    let specification = StatisticalSpecification::Table(made.rkme);
    maker.tell_one_point(&specification);
    let described = Described { specification, input: Some(table::dimensions(inferred.columns)) };
    Ok(Report {
        described,
        disclosure: Disclosure::Measured(made.privacy),
        distance,
        labels: None,
        numbers: None,
    })
}

/// The rows of a table file as numbers.
struct TableRows<'a> {
    source: &'a Source<'a>,
    path: &'a Path,
    columns: Vec<Column>,
    count: usize,
    /// Rows on which the distance is measured, ascending.
    measured: Vec<usize>,
    /// Their numbers, after the first reading.
    kept: Vec<f64>,
    /// Rows read, in both readings.
    done: u64,
    progress: Option<Box<dyn Progress>>,
}

impl Rows for TableRows<'_> {
    type Error = DataError;

    fn columns(&self) -> usize {
        self.columns.iter().map(Column::width).sum()
    }

    fn read(&mut self, take: &mut Take<'_, DataError>) -> Result<()> {
        let width = Rows::columns(self);
        let wanted = if self.kept.is_empty() { self.measured.clone() } else { Vec::new() };
        let mut wanted = wanted.into_iter().peekable();
        let mut first_row = 0;
        self.source.read(&mut |block| -> Result<()> {
            let numbers = table::encode(&block.table, &self.columns).at(self.path)?;
            let next = first_row + numbers.rows();
            while let Some(row) = wanted.next_if(|&row| row < next) {
                self.kept.extend_from_slice(numbers.row(row - first_row));
            }
            first_row = next;
            self.done += numbers.rows() as u64;
            if let Some(progress) = &self.progress {
                progress.reached(self.done);
            }
            debug_assert_eq!(numbers.as_slice().len() % width, 0, "whole rows");
            take(numbers.as_slice())
        })?;
        if first_row == self.count {
            return Ok(());
        }
        Err(DataError::Changes(self.path.into()))
    }
}

#[cfg(test)]
mod tests {
    use std::fmt::Write as _;

    use super::*;
    use crate::datafile::DataOptions;
    use crate::embedders::Embedders;
    use crate::files::{Location, MemoryFiles};
    use crate::specfile::to_json;
    use crate::tablefile::ReadOptions;
    use crate::watcher::Nobody;
    use learnware_engine::table::{InferOptions, MissingChoice};

    /// More rows than a block holds, with words and absent values.
    fn text(rows: usize) -> String {
        let mut stream = Stream::new(5);
        let mut text = String::from("a,b,colour\n");
        for row in 0..rows {
            let colour = ["red", "green", ""][stream.below(3)];
            match row % 7 {
                0 => writeln!(text, ",{},{colour}", stream.normal()).unwrap(),
                _ => writeln!(text, "{},{},{colour}", stream.normal(), stream.uniform()).unwrap(),
            }
        }
        text
    }

    #[test]
    fn blocks_give_the_bytes_of_the_whole_table() {
        let path = Path::new("t.csv");
        let mut files = MemoryFiles::default();
        files.insert("t.csv", text(20_000).into_bytes());
        let embedders = Embedders::built_in();
        for missing in [MissingChoice::Fill, MissingChoice::Keep] {
            let options = DataOptions::new(ReadOptions::default(), None, None);
            let mut maker = Maker::new(options, InferOptions::default(), &embedders, (&files, &Nobody));
            maker.columns.missing = missing;
            let whole = maker.report(path).unwrap();
            let at = Location { files: &files, path };
            let blocks = report(&maker, path, &Source::open(at, &maker.options.table).unwrap()).unwrap();
            let json = |report: &Report| {
                to_json(&report.described.specification, report.described.input.as_ref()).to_string()
            };
            assert_eq!(json(&whole), json(&blocks));
            assert_eq!(whole.distance.to_bits(), blocks.distance.to_bits());
            assert_eq!(whole.disclosure.to_json(), blocks.disclosure.to_json());
        }
    }
}
