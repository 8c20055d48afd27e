//! Another size for one plane of pixels: area means where it shrinks, linear interpolation where it grows.

use crate::numeric::real::Real as _;

/// Where one new cell comes from: the first old cell, and the shares of it and those after it.
struct Source {
    first: usize,
    shares: Vec<f32>,
}

/// A plane of `from` (height, width) as one of `to`, row by row. No side is 0.
pub(super) fn plane(values: &[f32], from: (usize, usize), to: (usize, usize)) -> Vec<f32> {
    let (rows, columns) = (sources(from.0, to.0), sources(from.1, to.1));
    // Rows first, so that the second pass works on as few as possible.
    let mut tall = Vec::with_capacity(to.0 * from.1);
    for source in &rows {
        let mut line = vec![0.0_f32; from.1];
        for (row, share) in source.shares.iter().enumerate() {
            let row = &values[(source.first + row) * from.1..(source.first + row + 1) * from.1];
            line.iter_mut().zip(row).for_each(|(sum, value)| *sum = share.exactly_fused(*value, *sum));
        }
        tall.extend(line);
    }
    let mut result = Vec::with_capacity(to.0 * to.1);
    for line in tall.chunks_exact(from.1) {
        result.extend(columns.iter().map(|source| {
            let cells = line[source.first..].iter().zip(&source.shares);
            cells.fold(0.0_f32, |sum, (value, share)| share.exactly_fused(*value, sum)).clamp(0.0, 1.0)
        }));
    }
    result
}

fn sources(from: usize, to: usize) -> Vec<Source> {
    if to < from { (0..to).map(|cell| area(from, to, cell)).collect() } else { linear(from, to) }
}

/// The cells that `cell` of `to` covers, each by its covered part.
fn area(from: usize, to: usize, cell: usize) -> Source {
    let scale = from as f64 / to as f64;
    let (begin, end) = (cell as f64 * scale, ((cell + 1) as f64 * scale).min(from as f64));
    let first = (begin as usize).min(from - 1);
    let last = (end.ceil() as usize).clamp(first + 1, from);
    let covered = |old: usize| ((old + 1) as f64).min(end) - (old as f64).max(begin);
    let shares: Vec<f64> = (first..last).map(|old| covered(old).max(0.0)).collect();
    let total: f64 = shares.iter().sum();
    Source { first, shares: shares.iter().map(|share| (share / total) as f32).collect() }
}

/// The two cells whose centres lie around a new cell's centre; the border is repeated.
fn linear(from: usize, to: usize) -> Vec<Source> {
    let scale = from as f64 / to as f64;
    let source = |cell: usize| {
        let centre = ((cell as f64 + 0.5) * scale - 0.5).clamp(0.0, (from - 1) as f64);
        let first = centre as usize;
        let part = (centre - first as f64) as f32;
        let shares = if first + 1 < from { vec![1.0 - part, part] } else { vec![1.0] };
        Source { first, shares }
    };
    (0..to).map(source).collect()
}

#[cfg(test)]
mod tests {
    use super::plane;

    #[test]
    fn halves_are_means_and_doubles_are_between() {
        let values = [0.0, 0.5, 1.0, 0.5];
        assert_eq!(plane(&values, (2, 2), (1, 1)), [0.5]);
        assert_eq!(plane(&values, (1, 4), (1, 2)), [0.25, 0.75]);
        assert_eq!(plane(&[0.0, 1.0], (1, 2), (1, 4)), [0.0, 0.25, 0.75, 1.0]);
        assert_eq!(plane(&values, (2, 2), (2, 2)), values);
    }

    #[test]
    fn any_size_keeps_a_flat_plane_flat() {
        for (from, to) in [((1, 1), (7, 3)), ((5, 7), (3, 9)), ((31, 33), (32, 32)), ((1000, 2), (32, 32))] {
            let result = plane(&vec![0.25; from.0 * from.1], from, to);
            assert_eq!(result.len(), to.0 * to.1);
            assert!(result.iter().all(|value| (value - 0.25).abs() < 1e-6), "{from:?} {to:?}");
        }
    }
}
