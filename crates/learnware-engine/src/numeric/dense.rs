//! Products of whole `f32` matrices, row by row in slices, on top of [`super::product`].
//!
//! Sums run over the inner axis in order with fused multiply-add: the same bytes on any processor. One thread; callers
//! share out rows.

use super::product::{PANEL, by_panel};

/// How the right side of a product lies in its slice.
#[derive(Debug, Clone, Copy)]
pub enum Right<'a> {
    /// inner x columns.
    Plain(&'a [f32]),
    /// columns x inner: the product is with its transpose.
    Transposed(&'a [f32]),
}

/// `left` (rows x inner) times `right` (inner x columns): rows x columns.
pub fn product(left: &[f32], inner: usize, right: Right<'_>, columns: usize) -> Vec<f32> {
    assert!(inner > 0 && left.len().is_multiple_of(inner), "rows are complete");
    let rows = left.len() / inner;
    let mut result = vec![0.0; rows * columns];
    let mut panel = vec![0.0_f32; inner * PANEL];
    let mut block = vec![0.0_f32; rows * PANEL];
    for first in (0..columns).step_by(PANEL) {
        let width = PANEL.min(columns - first);
        match right {
            Right::Plain(values) => {
                for (place, lanes) in panel.chunks_exact_mut(PANEL).enumerate() {
                    let from = place * columns + first;
                    lanes[..width].copy_from_slice(&values[from..from + width]);
                    lanes[width..].fill(0.0);
                }
            }
            Right::Transposed(values) => {
                panel.fill(0.0);
                for lane in 0..width {
                    let row = &values[(first + lane) * inner..(first + lane + 1) * inner];
                    row.iter().enumerate().for_each(|(place, &value)| panel[place * PANEL + lane] = value);
                }
            }
        }
        by_panel(left, inner, &panel, &mut block);
        for (row, lanes) in block.chunks_exact(PANEL).enumerate() {
            let to = row * columns + first;
            result[to..to + width].copy_from_slice(&lanes[..width]);
        }
    }
    result
}

/// The transpose of rows x columns.
pub fn transposed(values: &[f32], columns: usize) -> Vec<f32> {
    let rows = values.len() / columns.max(1);
    let mut result = vec![0.0; values.len()];
    for (row, line) in values.chunks_exact(columns.max(1)).enumerate() {
        line.iter().enumerate().for_each(|(column, &value)| result[column * rows + row] = value);
    }
    result
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::numeric::random::Stream;

    #[test]
    fn equals_the_sums_written_out() {
        let mut stream = Stream::new(3);
        for (rows, inner, columns) in [(1, 1, 1), (3, 5, 17), (9, 16, 32), (20, 33, 5)] {
            let mut draw = |count| (0..count).map(|_| stream.normal() as f32).collect::<Vec<f32>>();
            let (left, right) = (draw(rows * inner), draw(inner * columns));
            let found = product(&left, inner, Right::Plain(&right), columns);
            for row in 0..rows {
                for column in 0..columns {
                    let sum = (0..inner).fold(0.0_f32, |sum, k| {
                        left[row * inner + k].mul_add(right[k * columns + column], sum)
                    });
                    assert_eq!(found[row * columns + column], sum);
                }
            }
            assert_eq!(
                product(&left, inner, Right::Transposed(&transposed(&right, columns)), columns),
                found
            );
        }
    }
}
