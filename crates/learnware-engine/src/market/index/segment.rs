//! A run of an island's members that never changes: their codes and points, in the order of identifiers.

use std::sync::Arc;

use super::basis::Basis;
use crate::learnware::LearnwareId;
use crate::numeric::codes::Codes;
use crate::numeric::kernel::{Points, Shape};
use crate::numeric::parallel;
use crate::specification::{Embedding, IslandKernel, Rkme};

/// A member as the index holds it: single precision in the kernel's coordinates. Exact distances are exact for
/// these numbers.
#[derive(Debug, Clone, PartialEq)]
pub struct Stored {
    id: LearnwareId,
    /// Points one after the other.
    rows: Vec<f32>,
    weights: Vec<f32>,
    norm_squared: f64,
}

impl Stored {
    /// Prepares a specification for `kernel`, which must be of its dimension.
    pub fn new(id: LearnwareId, specification: &Rkme, kernel: &IslandKernel) -> Self {
        let points: Points<f32> = kernel.prepare(specification.points());
        let weights: Vec<f32> = specification.weights().iter().map(|&weight| weight as f32).collect();
        let exact = weights.iter().map(|&weight| f64::from(weight)).collect();
        let norm_squared = Embedding::from_points(points.clone(), exact, kernel.shape).norm_squared();
        let rows = (0..points.count()).flat_map(|index| points.row(index).iter().copied()).collect();
        Self { id, rows, weights, norm_squared }
    }

    /// Its learnware.
    pub fn id(&self) -> &LearnwareId {
        &self.id
    }

    /// Ready for comparison.
    pub fn embedding(&self, shape: Shape) -> Embedding<f32> {
        let count = self.weights.len();
        let points = Points::from_rows(count, self.rows.len() / count.max(1), self.rows.clone());
        let weights = self.weights.iter().map(|&weight| f64::from(weight)).collect();
        Embedding::from_parts(points, weights, shape, self.norm_squared)
    }

    /// Memory of its numbers.
    fn size_bytes(&self) -> usize {
        4 * (self.rows.len() + self.weights.len()) + size_of::<Self>() + self.id.0.len()
    }
}

/// Members in the order of their identifiers, which of them are gone, and their codes if the island has a basis.
#[derive(Debug, Clone)]
pub(super) struct Segment {
    members: Arc<Vec<Arc<Stored>>>,
    codes: Option<Arc<Codes>>,
    /// One bit for each member that is gone.
    gone: Arc<Vec<u64>>,
    gone_count: usize,
}

impl Segment {
    /// A segment of members sorted by identifier.
    pub(super) fn new(members: Vec<Arc<Stored>>, basis: Option<&Basis>, shape: Shape) -> Self {
        let codes = basis.map(|basis| {
            let mut codes = Codes::new(basis.axes());
            let found = parallel::map(members.len(), |i| basis.code(&members[i].embedding(shape)));
            for code in &found {
                codes.push(code);
            }
            Arc::new(codes)
        });
        Self::of(members, codes)
    }

    fn of(members: Vec<Arc<Stored>>, codes: Option<Arc<Codes>>) -> Self {
        let gone = Arc::new(vec![0; members.len().div_ceil(64)]);
        Self { members: Arc::new(members), codes, gone, gone_count: 0 }
    }

    /// All that are there in two segments, as one.
    pub(super) fn merged(&self, other: &Self) -> Self {
        let mut order: Vec<(&Self, usize)> = Vec::with_capacity(self.live_count() + other.live_count());
        let (mut left, mut right) = (self.live().peekable(), other.live().peekable());
        loop {
            let from_left = match (left.peek(), right.peek()) {
                (Some(&a), Some(&b)) => self.members[a].id < other.members[b].id,
                (Some(_), None) => true,
                (None, Some(_)) => false,
                (None, None) => break,
            };
            let next =
                if from_left { left.next().map(|i| (self, i)) } else { right.next().map(|i| (other, i)) };
            order.extend(next);
        }
        let members = order.iter().map(|&(segment, index)| Arc::clone(&segment.members[index])).collect();
        let axes = self.codes.as_ref().map(|codes| codes.axes());
        let codes = axes.map(|axes| {
            let mut codes = Codes::new(axes);
            for (segment, index) in order {
                if let Some(theirs) = &segment.codes {
                    codes.push_from(theirs, index);
                }
            }
            Arc::new(codes)
        });
        Self::of(members, codes)
    }

    /// The same without one member; `None` when it is not here.
    pub(super) fn without(&self, id: &LearnwareId) -> Option<Self> {
        let index = self.members.binary_search_by(|member| member.id.cmp(id)).ok()?;
        if self.is_gone(index) {
            return None;
        }
        let mut next = self.clone();
        let gone = Arc::make_mut(&mut next.gone);
        gone[index / 64] |= 1 << (index % 64);
        next.gone_count += 1;
        Some(next)
    }

    /// Number of members, with those that are gone.
    pub(super) fn count(&self) -> usize {
        self.members.len()
    }

    /// Number of members that are there.
    pub(super) fn live_count(&self) -> usize {
        self.members.len() - self.gone_count
    }

    /// Places of the members that are there.
    pub(super) fn live(&self) -> impl Iterator<Item = usize> {
        (0..self.members.len()).filter(|&index| !self.is_gone(index))
    }

    /// Whether a member is gone.
    pub(super) fn is_gone(&self, index: usize) -> bool {
        self.gone_count > 0 && self.gone[index / 64] >> (index % 64) & 1 == 1
    }

    /// One member.
    pub(super) fn member(&self, index: usize) -> &Arc<Stored> {
        &self.members[index]
    }

    /// The members' codes.
    pub(super) fn codes(&self) -> Option<&Codes> {
        self.codes.as_deref()
    }

    /// Memory of codes and points.
    pub(super) fn size_bytes(&self) -> (usize, usize) {
        let codes = self.codes.as_ref().map_or(0, |codes| codes.size_bytes());
        (codes, self.members.iter().map(|member| member.size_bytes() + 8).sum())
    }
}
