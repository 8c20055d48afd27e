//! Seeded k-means: the start of a reduced set.

use super::kernel::{self, Points};
use super::random::Stream;

/// Rows that seeding looks at; more would only cost time.
const SEEDING_ROWS_MAX: usize = 2_000;

/// Cluster centres of `data`, row by row, and how many rows each has. Seeds by k-means++ on a sample, then
/// makes `passes` of Lloyd's algorithm; a cluster that loses all its rows takes the row farthest from its
/// centre. `count` must be between 1 and the number of rows.
pub fn centres(
    data: &Points<f32>,
    count: usize,
    passes: usize,
    stream: &mut Stream,
) -> (Points<f32>, Vec<usize>) {
    assert!(count >= 1 && count <= data.count(), "between one cluster and one for each row");
    let mut centres = seed(data, count, stream);
    let mut sizes = vec![0; count];
    for _ in 0..passes.max(1) {
        let nearest = kernel::nearest(data, &centres);
        (centres, sizes) = means(data, &nearest, count);
    }
    (centres, sizes)
}

/// k-means++: each next centre is drawn in proportion to the squared distance to the ones so far.
fn seed(data: &Points<f32>, count: usize, stream: &mut Stream) -> Points<f32> {
    let dimension = data.dimension();
    let sample = stream.sample(data.count(), SEEDING_ROWS_MAX.max(4 * count));
    let rows: Vec<f32> = sample.iter().flat_map(|&row| data.row(row).iter().copied()).collect();
    let sample = Points::from_rows(sample.len(), dimension, rows);
    let mut chosen = Vec::with_capacity(count * dimension);
    let mut distances = vec![f64::INFINITY; sample.count()];
    let mut next = stream.below(sample.count());
    for _ in 0..count {
        let row = sample.row(next);
        chosen.extend_from_slice(row);
        for (distance, new) in distances.iter_mut().zip(kernel::distances_to(row, &sample)) {
            *distance = distance.min(new);
        }
        // Fewer different rows than centres: any row does.
        let spread = distances.iter().any(|&distance| distance > 0.0);
        next = if spread { stream.weighted(&distances) } else { stream.below(sample.count()) };
    }
    Points::from_rows(count, dimension, chosen)
}

/// The mean of each cluster's rows and the number of its rows.
fn means(data: &Points<f32>, nearest: &[(usize, f64)], count: usize) -> (Points<f32>, Vec<usize>) {
    let dimension = data.dimension();
    let mut sums = vec![0.0_f64; count * dimension];
    let mut sizes = vec![0_usize; count];
    for (row, &(cluster, _)) in nearest.iter().enumerate() {
        sizes[cluster] += 1;
        let sum = &mut sums[cluster * dimension..(cluster + 1) * dimension];
        sum.iter_mut().zip(data.row(row)).for_each(|(sum, &value)| *sum += f64::from(value));
    }
    let mut farthest: Vec<usize> = Vec::new();
    if sizes.contains(&0) {
        farthest = (0..nearest.len()).collect();
        farthest.sort_by(|&a, &b| nearest[b].1.total_cmp(&nearest[a].1).then(a.cmp(&b)));
    }
    let mut spare = farthest.into_iter();
    let mut rows = Vec::with_capacity(count * dimension);
    for (cluster, size) in sizes.iter().enumerate() {
        if *size == 0 {
            let row = spare.next().unwrap_or(0);
            rows.extend_from_slice(data.row(row));
        } else {
            let sum = &sums[cluster * dimension..(cluster + 1) * dimension];
            rows.extend(sum.iter().map(|&sum| (sum / *size as f64) as f32));
        }
    }
    (Points::from_rows(count, dimension, rows), sizes)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn finds_separate_groups_and_repeats() {
        let mut stream = Stream::new(4);
        let rows: Vec<f32> = (0..900)
            .flat_map(|i| {
                let centre = f64::from(i % 3) * 10.0;
                [(centre + stream.normal() * 0.1) as f32, (stream.normal() * 0.1) as f32]
            })
            .collect();
        let data = Points::from_rows(900, 2, rows);
        let (found, sizes) = centres(&data, 3, 5, &mut Stream::new(1));
        let mut firsts: Vec<f32> = (0..3).map(|i| found.row(i)[0]).collect();
        firsts.sort_by(f32::total_cmp);
        assert!(firsts.iter().zip([0.0, 10.0, 20.0]).all(|(a, b)| (a - b).abs() < 0.1), "{firsts:?}");
        assert_eq!(sizes, [300; 3]);
        assert_eq!(centres(&data, 3, 5, &mut Stream::new(1)).0, found);
    }

    #[test]
    fn more_centres_than_different_rows_is_no_failure() {
        let data = Points::from_rows(6, 1, vec![1.0, 1.0, 1.0, 2.0, 2.0, 2.0]);
        let (found, _) = centres(&data, 4, 3, &mut Stream::new(1));
        assert!((0..4).all(|i| [1.0, 2.0].contains(&found.row(i)[0])));
    }
}
