//! Specifications of tables that are too large to be held: their rows are read in blocks, three times.

use std::path::Path;

use anyhow::Context as _;
use indicatif::ProgressBar;
use learnware_engine::numeric::Matrix;
use learnware_engine::numeric::random::Stream;
use learnware_engine::semantic::Column;
use learnware_engine::specification::{RkmeParameters, Rows, StatisticalSpecification, Take, generate};
use learnware_engine::table::{self, Inference};

use super::{Described, Maker, ROWS_MEASURED, Report, distance_to_rows};
use crate::disclosure::Disclosure;
use crate::tablefile::Source;

/// Makes the specification of a table by reading its file three times: what the columns are; scales and a
/// sample; the weights. The same bytes as from a table read at once.
pub(super) fn report(maker: &Maker<'_>, path: &Path, source: &Source<'_>) -> anyhow::Result<Report> {
    let progress = maker.printer.progress("reading the columns", None);
    let count = |rows: usize| progress.set_message(format!("reading the columns, row {rows}"));
    let mut inference = Inference::new(&maker.columns);
    let warnings = source.read(&mut |block| -> anyhow::Result<()> {
        inference.take(&block.table).with_context(|| path.display().to_string())?;
        count(inference.rows());
        Ok(())
    });
    progress.finish_and_clear();
    warnings?.into_iter().for_each(|warning| maker.printer.warning(warning));
    let count = inference.rows();
    let inferred = inference.finish().with_context(|| path.display().to_string())?;
    inferred.warnings.iter().for_each(|warning| maker.printer.warning(warning.to_string()));
    let mut rows = TableRows {
        source,
        path,
        columns: inferred.filling_columns(),
        count,
        measured: Stream::new(0).sample(count, ROWS_MEASURED),
        kept: Vec::new(),
        progress: maker.printer.progress("making the specification", Some(2 * count as u64)),
    };
    let parameters = RkmeParameters {
        reduced_set_size: maker.generate.reduced_set_size,
        seed: maker.generate.seed,
        ..RkmeParameters::default()
    };
    let made = generate(&mut rows, &parameters);
    rows.progress.finish_and_clear();
    let made = made?;
    let width = Rows::columns(&rows);
    let kept = Matrix::new(rows.kept.len() / width.max(1), width, rows.kept)?;
    let distance = distance_to_rows(&made.rkme, &kept);
    let specification = StatisticalSpecification::Table(made.rkme);
    let described = Described { specification, input: Some(table::dimensions(inferred.columns)) };
    Ok(Report { described, disclosure: Disclosure::Measured(made.privacy), distance })
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
    progress: ProgressBar,
}

impl Rows for TableRows<'_> {
    type Error = anyhow::Error;

    fn columns(&self) -> usize {
        self.columns.iter().map(Column::width).sum()
    }

    fn read(&mut self, take: &mut Take<'_, anyhow::Error>) -> anyhow::Result<()> {
        let width = Rows::columns(self);
        let wanted = if self.kept.is_empty() { self.measured.clone() } else { Vec::new() };
        let mut wanted = wanted.into_iter().peekable();
        let mut first_row = 0;
        self.source.read(&mut |block| -> anyhow::Result<()> {
            let numbers = table::encode(&block.table, &self.columns)
                .with_context(|| self.path.display().to_string())?;
            let next = first_row + numbers.rows();
            while let Some(row) = wanted.next_if(|&row| row < next) {
                self.kept.extend_from_slice(numbers.row(row - first_row));
            }
            first_row = next;
            self.progress.inc(numbers.rows() as u64);
            debug_assert_eq!(numbers.as_slice().len() % width, 0, "whole rows");
            take(numbers.as_slice())
        })?;
        if first_row == self.count {
            return Ok(());
        }
        Err(anyhow::anyhow!("{} changes while it is read", self.path.display()))
    }
}

#[cfg(test)]
mod tests {
    use std::fmt::Write as _;

    use super::*;
    use crate::cli::{ColumnArgs, EmbedderArgs, GlobalArgs, KindArgs, TableArgs};
    use crate::datafile::DataOptions;
    use crate::embedders::Embedders;
    use crate::printer::Printer;
    use crate::specfile::to_json;

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
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("t.csv");
        std::fs::write(&path, text(20_000)).unwrap();
        let embedders = Embedders::open(&EmbedderArgs::default()).unwrap();
        let printer = Printer::new(&GlobalArgs { quiet: true, ..GlobalArgs::default() });
        for missing in
            [learnware_engine::table::MissingChoice::Fill, learnware_engine::table::MissingChoice::Keep]
        {
            let options = DataOptions::new(&TableArgs::default(), &KindArgs::default());
            let mut maker = Maker::new(options, &ColumnArgs::default(), &embedders, &printer);
            maker.columns.missing = missing;
            let whole = maker.report(&path).unwrap();
            let blocks = report(&maker, &path, &Source::open(&path, &maker.options.table).unwrap()).unwrap();
            let json = |report: &Report| {
                to_json(&report.described.specification, report.described.input.as_ref()).to_string()
            };
            assert_eq!(json(&whole), json(&blocks));
            assert_eq!(whole.distance.to_bits(), blocks.distance.to_bits());
            assert_eq!(whole.disclosure.to_json(), blocks.disclosure.to_json());
        }
    }
}
