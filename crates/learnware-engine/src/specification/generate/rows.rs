//! Rows that are read block by block, more than once, without holding all of them.

use crate::error::EngineError;
use crate::numeric::Matrix;
use crate::numeric::random::Stream;

/// Rows in a block of work. Fixed, so that sums do not depend on how the rows come.
const BLOCK_ROWS: usize = 8192;

/// What takes a block of whole rows.
pub type Take<'a, E> = dyn FnMut(&[f64]) -> Result<(), E> + 'a;

/// Rows of numbers that can be read from the start as often as wanted, always the same.
pub trait Rows {
    /// What can go wrong while reading.
    type Error: From<EngineError>;

    /// Numbers in a row.
    fn columns(&self) -> usize;

    /// Reads all rows in order and hands them over in blocks of any number of whole rows.
    fn read(&mut self, take: &mut Take<'_, Self::Error>) -> Result<(), Self::Error>;
}

impl Rows for &Matrix {
    type Error = EngineError;

    fn columns(&self) -> usize {
        Matrix::columns(self)
    }

    fn read(&mut self, take: &mut Take<'_, EngineError>) -> Result<(), EngineError> {
        take(self.as_slice())
    }
}

/// Reads rows in blocks of [`BLOCK_ROWS`] whatever blocks they come in; only the last one is shorter.
pub(super) fn in_blocks<R: Rows>(
    rows: &mut R,
    mut work: impl FnMut(&[f64]) -> Result<(), R::Error>,
) -> Result<(), R::Error> {
    let size = BLOCK_ROWS * rows.columns();
    let mut held: Vec<f64> = Vec::new();
    rows.read(&mut |mut values| {
        if !held.is_empty() {
            let missing = (size - held.len()).min(values.len());
            held.extend_from_slice(&values[..missing]);
            values = &values[missing..];
            if held.len() < size {
                return Ok(());
            }
            work(&held)?;
            held.clear();
        }
        let blocks = values.chunks_exact(size);
        held.extend_from_slice(blocks.remainder());
        blocks.into_iter().try_for_each(&mut work)
    })?;
    if held.is_empty() { Ok(()) } else { work(&held) }
}

/// What one pass over the rows tells.
pub(super) struct Survey {
    /// Number of rows.
    pub(super) count: usize,
    /// Mean of each column.
    pub(super) means: Vec<f64>,
    /// Standard deviation of each column.
    pub(super) deviations: Vec<f64>,
    /// Rows drawn without replacement, each with the same chance, in no order.
    pub(super) sample: Matrix,
}

impl Survey {
    /// Reads all rows once and draws at most `sample_max` of them. Refuses no rows, no columns and values
    /// that are not finite.
    pub(super) fn take<R: Rows>(
        rows: &mut R,
        sample_max: usize,
        stream: &mut Stream,
    ) -> Result<Self, R::Error> {
        let columns = rows.columns();
        if columns == 0 {
            return Err(EngineError::Empty { what: "the data" }.into());
        }
        let mut sums = Sums::new(columns);
        let mut sample: Vec<f64> = Vec::new();
        rows.read(&mut |values| {
            for row in values.chunks_exact(columns) {
                if let Some(column) = row.iter().position(|value| !value.is_finite()) {
                    return Err(EngineError::NonFinite { column, row: sums.count }.into());
                }
                // Reservoir sampling (Vitter 1985, algorithm R).
                if sums.count < sample_max {
                    sample.extend_from_slice(row);
                } else {
                    let place = stream.below(sums.count + 1);
                    if place < sample_max {
                        sample[place * columns..(place + 1) * columns].copy_from_slice(row);
                    }
                }
                sums.add(row);
            }
            Ok(())
        })?;
        if sums.count == 0 {
            return Err(EngineError::Empty { what: "the data" }.into());
        }
        let count = sums.count;
        let (means, deviations) = sums.moments();
        let sample = Matrix::new(sample.len() / columns, columns, sample)?;
        Ok(Self { count, means, deviations, sample })
    }
}

/// Sums for means and variances, shifted by the first row so that no digits are lost.
struct Sums {
    count: usize,
    shift: Vec<f64>,
    first: Vec<f64>,
    second: Vec<f64>,
}

impl Sums {
    fn new(columns: usize) -> Self {
        Self { count: 0, shift: Vec::new(), first: vec![0.0; columns], second: vec![0.0; columns] }
    }

    fn add(&mut self, row: &[f64]) {
        if self.count == 0 {
            self.shift = row.to_vec();
        }
        self.count += 1;
        let sums = self.first.iter_mut().zip(&mut self.second);
        for (((first, second), value), shift) in sums.zip(row).zip(&self.shift) {
            let value = value - shift;
            *first += value;
            *second += value * value;
        }
    }

    fn moments(self) -> (Vec<f64>, Vec<f64>) {
        let count = self.count as f64;
        let sums = self.first.iter().zip(&self.second).zip(&self.shift);
        sums.map(|((first, second), shift)| {
            let mean = first / count;
            (shift + mean, (second / count - mean * mean).max(0.0).sqrt())
        })
        .unzip()
    }
}

/// Mean and standard deviation of each column.
pub fn column_moments(data: &Matrix) -> (Vec<f64>, Vec<f64>) {
    let mut sums = Sums::new(data.columns());
    data.iter_rows().for_each(|row| sums.add(row));
    if sums.count == 0 {
        return (vec![0.0; data.columns()], vec![0.0; data.columns()]);
    }
    sums.moments()
}
