//! A dense row-major matrix of `f64`: the currency between all parts.

use crate::error::{EngineError, Result};

/// Dense row-major matrix.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Matrix {
    rows: usize,
    columns: usize,
    data: Vec<f64>,
}

impl Matrix {
    /// Makes a matrix from row-major `data` of `rows * columns` numbers.
    pub fn new(rows: usize, columns: usize, data: Vec<f64>) -> Result<Self> {
        if data.len() != rows * columns {
            return Err(EngineError::Shape {
                what: "number of values in a matrix",
                expected: format!("{rows} x {columns}"),
                found: data.len().to_string(),
            });
        }
        Ok(Self { rows, columns, data })
    }

    /// Makes a matrix of zeros.
    pub fn zeros(rows: usize, columns: usize) -> Self {
        Self { rows, columns, data: vec![0.0; rows * columns] }
    }

    /// Makes a matrix from rows of equal length.
    pub fn from_rows<R: AsRef<[f64]>>(rows: &[R]) -> Result<Self> {
        let columns = rows.first().map_or(0, |row| row.as_ref().len());
        let mut data = Vec::with_capacity(rows.len() * columns);
        for row in rows {
            if row.as_ref().len() != columns {
                return Err(EngineError::Shape {
                    what: "length of a row",
                    expected: columns.to_string(),
                    found: row.as_ref().len().to_string(),
                });
            }
            data.extend_from_slice(row.as_ref());
        }
        Ok(Self { rows: rows.len(), columns, data })
    }

    /// Number of rows.
    pub fn rows(&self) -> usize {
        self.rows
    }

    /// Number of columns.
    pub fn columns(&self) -> usize {
        self.columns
    }

    /// One row.
    pub fn row(&self, row: usize) -> &[f64] {
        &self.data[row * self.columns..(row + 1) * self.columns]
    }

    /// One row, to be changed.
    pub fn row_mut(&mut self, row: usize) -> &mut [f64] {
        &mut self.data[row * self.columns..(row + 1) * self.columns]
    }

    /// All rows in order; also right for zero columns.
    pub fn iter_rows(&self) -> impl ExactSizeIterator<Item = &[f64]> {
        (0..self.rows).map(|row| self.row(row))
    }

    /// One value.
    pub fn at(&self, row: usize, column: usize) -> f64 {
        self.data[row * self.columns + column]
    }

    /// Sets one value.
    pub fn set(&mut self, row: usize, column: usize, value: f64) {
        self.data[row * self.columns + column] = value;
    }

    /// All values, row by row.
    pub fn as_slice(&self) -> &[f64] {
        &self.data
    }

    /// All values, row by row, to be changed.
    pub fn as_mut_slice(&mut self) -> &mut [f64] {
        &mut self.data
    }

    /// The values, row by row.
    pub fn into_vec(self) -> Vec<f64> {
        self.data
    }

    /// One column as a vector.
    pub fn column(&self, column: usize) -> Vec<f64> {
        (0..self.rows).map(|row| self.at(row, column)).collect()
    }

    /// The rows with the given indices, in that order.
    #[must_use]
    pub fn select_rows(&self, indices: &[usize]) -> Self {
        let mut data = Vec::with_capacity(indices.len() * self.columns);
        for &index in indices {
            data.extend_from_slice(self.row(index));
        }
        Self { rows: indices.len(), columns: self.columns, data }
    }

    /// The columns with the given indices, in that order.
    #[must_use]
    pub fn select_columns(&self, indices: &[usize]) -> Self {
        let data = self.iter_rows().flat_map(|row| indices.iter().map(|&column| row[column])).collect();
        Self { rows: self.rows, columns: indices.len(), data }
    }

    /// Refuses non-finite values with their place.
    pub fn require_finite(&self) -> Result<()> {
        match self.data.iter().position(|value| !value.is_finite()) {
            None => Ok(()),
            Some(place) => {
                Err(EngineError::NonFinite { column: place % self.columns, row: place / self.columns })
            }
        }
    }
}
