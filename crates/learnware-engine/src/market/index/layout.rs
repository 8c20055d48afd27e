//! An island's members as places in a plane, for pictures: near ones are near, as far as two axes can show it.

use std::sync::Arc;

use super::IslandIndex;
use super::basis::Basis;
use crate::error::Result;
use crate::learnware::LearnwareId;
use crate::numeric::symmetric::Eigen;
use crate::numeric::vector::dot;
use crate::numeric::{Matrix, parallel};
use crate::specification::{Embedding, IslandKernel, Rkme};

/// The axes along which an island's members differ most: principal components of the heads of their vectors, whose
/// distances are close to those of the specifications.
#[derive(Debug, Clone)]
pub struct Layout {
    kernel: IslandKernel,
    /// `None` for an island of one.
    basis: Option<Arc<Basis>>,
    mean: Vec<f64>,
    /// Two directions of length one.
    axes: [Vec<f64>; 2],
    /// Share of the members' variance that the two show.
    explained: f64,
    places: Vec<(LearnwareId, [f64; 2])>,
}

impl IslandIndex {
    /// The members in a plane, in the order of their identifiers within each segment.
    ///
    /// # Errors
    /// When points can't be read.
    pub fn layout(&self) -> Result<Layout> {
        let basis = match &self.basis {
            Some(basis) => Some(Arc::clone(basis)),
            None if self.len() < 2 => None,
            None => Some(Arc::new(self.temporary_basis()?)),
        };
        let Some(basis) = basis else {
            let places = self.ids().map(|id| (id.clone(), [0.0; 2])).collect();
            let axes = [const { Vec::new() }; 2];
            return Ok(Layout {
                kernel: self.kernel.clone(),
                basis: None,
                mean: Vec::new(),
                axes,
                explained: 1.0,
                places,
            });
        };
        let heads = self.heads(&basis)?;
        Ok(Layout::of(self.kernel.clone(), basis, heads))
    }

    fn temporary_basis(&self) -> Result<Basis> {
        let (members, shape) = (self.members_in_order()?, self.kernel.shape);
        Ok(Basis::new(members.len(), |index| members[index].embedding(shape)))
    }

    fn heads(&self, basis: &Basis) -> Result<Vec<(LearnwareId, Vec<f64>)>> {
        let mut heads = Vec::with_capacity(self.len());
        for segment in &self.segments {
            for index in segment.live() {
                let head = match segment.codes() {
                    Some(codes) => codes.heads.decoded(index, basis.head_grid()),
                    None => basis.head(&segment.member(index)?.embedding(self.kernel.shape)),
                };
                heads.push((segment.id(index).clone(), head));
            }
        }
        Ok(heads)
    }
}

impl Layout {
    fn of(kernel: IslandKernel, basis: Arc<Basis>, heads: Vec<(LearnwareId, Vec<f64>)>) -> Self {
        let width = heads.first().map_or(0, |(_, head)| head.len());
        let count = heads.len().max(1) as f64;
        let mut mean = vec![0.0; width];
        for (_, head) in &heads {
            mean.iter_mut().zip(head).for_each(|(mean, value)| *mean += value / count);
        }
        let (axes, explained) = principal_axes(&heads, &mean);
        let mut layout = Self { kernel, basis: Some(basis), mean, axes, explained, places: Vec::new() };
        layout.places = heads.into_iter().map(|(id, head)| (id, layout.at(&head))).collect();
        layout
    }

    fn at(&self, head: &[f64]) -> [f64; 2] {
        let from: Vec<f64> = head.iter().zip(&self.mean).map(|(value, mean)| value - mean).collect();
        [0, 1].map(|axis| if self.axes[axis].is_empty() { 0.0 } else { dot(&self.axes[axis], &from) })
    }

    /// Where each member is.
    pub fn places(&self) -> &[(LearnwareId, [f64; 2])] {
        &self.places
    }

    /// Share of the members' variance that the plane shows, 0 to 1.
    pub fn explained(&self) -> f64 {
        self.explained
    }

    /// Where a specification of this island would be.
    pub fn place(&self, specification: &Rkme) -> [f64; 2] {
        let Some(basis) = &self.basis else { return [0.0; 2] };
        let weights = specification.weights().to_vec();
        let points = self.kernel.prepare(specification.points());
        self.at(&basis.head(&Embedding::from_points(points, weights, self.kernel.shape)))
    }
}

/// The two directions in which heads differ most, and the share of their variance along them. Their signs are such that
/// pictures don't turn over from one revision to the next: the largest part is positive.
fn principal_axes(heads: &[(LearnwareId, Vec<f64>)], mean: &[f64]) -> ([Vec<f64>; 2], f64) {
    let width = mean.len();
    let centred = |i: usize| heads.iter().map(move |(_, head)| head[i] - mean[i]);
    let columns: Vec<Vec<f64>> = (0..width).map(|i| centred(i).collect()).collect();
    let rows =
        parallel::map(width, |i| columns.iter().map(|other| dot(&columns[i], other)).collect::<Vec<f64>>());
    let eigen = Eigen::new(&Matrix::new(width, width, rows.concat()).unwrap_or_default());
    let mut order: Vec<usize> = (0..eigen.values.len()).collect();
    order.sort_by(|&a, &b| eigen.values[b].total_cmp(&eigen.values[a]));
    let axis =
        |rank: usize| order.get(rank).map_or_else(Vec::new, |&index| upright(eigen.vectors.row(index)));
    let total: f64 = eigen.values.iter().sum();
    let shown: f64 = order.iter().take(2).map(|&index| eigen.values[index]).sum();
    ([axis(0), axis(1)], if total > 0.0 { (shown / total).clamp(0.0, 1.0) } else { 1.0 })
}

fn upright(axis: &[f64]) -> Vec<f64> {
    let largest = axis.iter().copied().max_by(|a, b| a.abs().total_cmp(&b.abs())).unwrap_or(1.0);
    axis.iter().map(|value| value * largest.signum()).collect()
}
