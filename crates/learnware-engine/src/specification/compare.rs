//! Two specifications side by side: how far apart, and in which columns.

use super::{Embedding, IslandKernel, StatisticalSpecification};
use crate::error::{EngineError, Result};

/// How two specifications differ.
#[derive(Debug, Clone, PartialEq)]
pub struct Comparison {
    /// Squared distance under the kernel pooled from the two.
    pub distance: f64,
    /// Cosine of the two embeddings: 1 for the same distribution.
    pub similarity: f64,
    /// The columns, most different first.
    pub columns: Vec<ColumnShift>,
}

/// How one column differs, whatever the others do.
#[derive(Debug, Clone, PartialEq)]
pub struct ColumnShift {
    /// 0-based model input.
    pub column: usize,
    /// Squared distance of the two when only this column counts, at its own scale.
    pub distance: f64,
    /// Weighted mean in the first and in the second.
    pub means: [f64; 2],
    /// Weighted standard deviation in the first and in the second.
    pub deviations: [f64; 2],
}

/// Compares two specifications of one island. The numbers of a direction are no columns: it has none.
pub fn compare(left: &StatisticalSpecification, right: &StatisticalSpecification) -> Result<Comparison> {
    let (key, other) = (left.island(), right.island());
    if key != other {
        return Err(EngineError::Incomparable { reason: format!("one is of {key}, the other of {other}") });
    }
    let (left, right) = (left.rkme(), right.rkme());
    let kernel = IslandKernel::of_island(&key, &[left, right]);
    let (a, b) = (Embedding::<f64>::new(left, &kernel), Embedding::<f64>::new(right, &kernel));
    let (product, norms) = (a.inner_product(&b), (a.norm_squared() * b.norm_squared()).sqrt());
    let moments = [left.moments(), right.moments()];
    let mut columns = Vec::with_capacity(left.dimension());
    let count = if kernel.shape.takes_all_points() { left.dimension() } else { 0 };
    for column in 0..count {
        let deviations = [0, 1].map(|side| moments[side].1[column].sqrt());
        let mut alone = kernel.clone();
        alone.multipliers.fill(0.0);
        // One column's typical squared difference is twice its variance; this makes it 1.
        let spread = deviations[0].hypot(deviations[1]);
        alone.multipliers[column] = if spread > 0.0 { 1.0 / spread } else { kernel.multipliers[column] };
        let (a, b) = (Embedding::<f64>::new(left, &alone), Embedding::<f64>::new(right, &alone));
        let means = [0, 1].map(|side| moments[side].0[column]);
        columns.push(ColumnShift { column, distance: a.distance(&b).max(0.0), means, deviations });
    }
    columns.sort_by(|a, b| b.distance.total_cmp(&a.distance).then(a.column.cmp(&b.column)));
    let similarity = if norms > 0.0 { (product / norms).clamp(-1.0, 1.0) } else { 0.0 };
    Ok(Comparison { distance: a.distance(&b).max(0.0), similarity, columns })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::numeric::Matrix;
    use crate::numeric::random::Stream;
    use crate::specification::{Rkme, RkmeParameters};

    fn normal(seed: u64, shift: f64) -> StatisticalSpecification {
        let mut stream = Stream::new(seed);
        let mut data = Matrix::zeros(500, 3);
        for row in 0..500 {
            let values = [stream.normal(), 100.0 * stream.normal() + shift, stream.normal()];
            data.row_mut(row).copy_from_slice(&values);
        }
        StatisticalSpecification::Table(Rkme::generate(&data, &RkmeParameters::default()).unwrap())
    }

    #[test]
    fn the_column_that_moved_comes_first() {
        let (a, b, moved) = (normal(1, 0.0), normal(2, 0.0), normal(3, 150.0));
        let (same, other) = (compare(&a, &b).unwrap(), compare(&a, &moved).unwrap());
        assert!(same.distance < 0.02 && other.distance > 5.0 * same.distance);
        assert!(same.similarity > 0.95 && other.similarity < same.similarity);
        assert_eq!(other.columns[0].column, 1);
        assert!(other.columns[0].distance > 5.0 * other.columns[1].distance);
        assert!((other.columns[0].means[1] - 150.0).abs() < 30.0);
        assert!(compare(&a, &a).unwrap().columns.iter().all(|column| column.distance < 1e-12));
    }
}
