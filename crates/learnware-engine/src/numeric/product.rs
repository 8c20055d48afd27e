//! Products of `f32` matrices whose right side comes in panels of [`PANEL`] columns.
//!
//! A caller that makes the right side column by column (patches of an image) writes it into panels at once
//! and never holds the whole. Sums run over the inner axis in order, with fused multiply-add, so results do
//! not depend on threads or processor.

#![expect(
    clippy::inline_always,
    reason = "vector code is only made inside the function that chose the processor"
)]

/// Columns of one panel.
pub const PANEL: usize = 16;

/// Rows of the left side that share one pass over a panel.
const TILE: usize = 8;

/// Multiplies `left` (rows x inner, row by row) by `panel` (inner x [`PANEL`], row by row) into `result`
/// (rows x [`PANEL`], row by row), which is overwritten. `inner` must not be 0.
pub fn by_panel(left: &[f32], inner: usize, panel: &[f32], result: &mut [f32]) {
    assert!(inner > 0 && left.len().is_multiple_of(inner), "rows are complete");
    assert_eq!(panel.len(), inner * PANEL, "the panel has a row for each inner place");
    assert_eq!(result.len(), left.len() / inner * PANEL, "the result has a row for each row");
    pulp::Arch::new().dispatch(
        #[inline(always)]
        move || {
            // Moved in, so that the closure can be called once only: one that could be called again gets a
            // shim, which is not compiled for the processor.
            let result = result;
            by_panel_body(left, inner, panel, result);
        },
    );
}

#[inline(always)]
fn by_panel_body(left: &[f32], inner: usize, panel: &[f32], result: &mut [f32]) {
    let rows = left.chunks(TILE * inner).zip(result.chunks_mut(TILE * PANEL));
    for (left, result) in rows {
        if left.len() == TILE * inner {
            let tile: [&[f32]; TILE] = std::array::from_fn(|row| &left[row * inner..(row + 1) * inner]);
            tile_body(tile, panel, result);
        } else {
            for (left, result) in left.chunks_exact(inner).zip(result.chunks_exact_mut(PANEL)) {
                tile_body([left], panel, result);
            }
        }
    }
}

#[inline(always)]
fn tile_body<const ROWS: usize>(tile: [&[f32]; ROWS], panel: &[f32], result: &mut [f32]) {
    let mut sums = [[0.0_f32; PANEL]; ROWS];
    let (panel, _) = panel.as_chunks::<PANEL>();
    let tile = tile.map(|row| &row[..panel.len()]);
    for (place, lanes) in panel.iter().enumerate() {
        for (sum, row) in sums.iter_mut().zip(&tile) {
            let value = row[place];
            for (sum, lane) in sum.iter_mut().zip(lanes) {
                *sum = value.mul_add(*lane, *sum);
            }
        }
    }
    for (result, sum) in result.chunks_exact_mut(PANEL).zip(sums) {
        result.copy_from_slice(&sum);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::numeric::random::Stream;

    #[test]
    fn equals_the_sums_written_out() {
        let mut stream = Stream::new(5);
        for (rows, inner) in [(1, 1), (3, 7), (8, 27), (20, 130)] {
            let left: Vec<f32> = (0..rows * inner).map(|_| stream.normal() as f32).collect();
            let panel: Vec<f32> = (0..inner * PANEL).map(|_| stream.normal() as f32).collect();
            let mut result = vec![f32::NAN; rows * PANEL];
            by_panel(&left, inner, &panel, &mut result);
            for row in 0..rows {
                for column in 0..PANEL {
                    let sum = (0..inner).fold(0.0_f32, |sum, k| {
                        left[row * inner + k].mul_add(panel[k * PANEL + column], sum)
                    });
                    assert_eq!(result[row * PANEL + column], sum);
                }
            }
        }
    }
}
