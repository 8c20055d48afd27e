//! The index of one island: its kernel, its members as they are compared, and searches that prove their answer.
//!
//! Members stand in segments that never change: a large one from the last renewal and small ones that were added
//! since, merged as they grow, so that adding and removing cost little and every snapshot stays as it is. What a
//! proved search answers depends on the members only, never on segments, basis or threads
//! (docs/adr/0014-index.md).

mod anchors;
mod background;
mod basis;
mod candidates;
mod codes;
mod features;
mod file;
mod filed;
mod layout;
mod message;
mod mixture;
mod nearest;
mod outline;
#[cfg(test)]
mod private_tests;
mod scan;
mod segment;
mod space;
mod stored;
#[cfg(test)]
mod tests;

use std::sync::{Arc, OnceLock};

pub use anchors::{Anchors, Ranked};
pub use background::Background;
use basis::Basis;
pub use candidates::{Candidate, CandidateOptions, Candidates};
pub use filed::ReadAt;
pub use layout::Layout;
pub use message::{MESSAGE_ROWS_MAX, Message, Noise};
pub use mixture::{Mixed, MixtureOptions};
pub use nearest::{Nearest, Wanted};
pub use outline::{Head, Outline, OutlineSample};
use segment::Segment;
pub use stored::Stored;

use crate::error::Result;
use crate::learnware::LearnwareId;
use crate::specification::{IslandKernel, IslandKey, Rkme};

/// Islands below this size are searched without a basis: it would cost more than it saves.
const BASIS_FROM: usize = 256;
/// Up to this size all members make the kernel; above, it moves only now and then.
const KERNEL_OF_ALL: usize = 256;
/// Members that make the kernel at most.
const KERNEL_SAMPLE_MAX: usize = 4096;
/// Segments are merged up to this size; a renewal makes one of all.
const MERGED_MAX: usize = 32_768;

/// Index of an island's members under one kernel.
#[derive(Debug, Clone)]
pub struct IslandIndex {
    kernel: IslandKernel,
    basis: Option<Arc<Basis>>,
    /// Members when the basis was made.
    basis_count: usize,
    segments: Vec<Segment>,
    background: Arc<OnceLock<Option<Background>>>,
}

/// Memory of an index in bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct IndexSize {
    /// What every search reads.
    pub codes: usize,
    /// What exact distances read.
    pub points: usize,
}

/// How many members, those with the smallest identifiers, make the kernel of an island of `count`: all of a
/// small island, else a power of two. Identifiers grow, so that adding changes the kernel only at powers of two.
pub fn kernel_sample(count: usize) -> usize {
    if count <= KERNEL_OF_ALL { count } else { (1 << count.ilog2()).min(KERNEL_SAMPLE_MAX) }
}

/// The kernel of an island of `count` members from the first [`kernel_sample`] of them, in the order of their
/// identifiers. In an island that is not small its numbers are rounded, so that few changes of those change it.
pub fn island_kernel(key: &IslandKey, count: usize, first: &[&Rkme]) -> IslandKernel {
    let kernel = IslandKernel::of_island(key, first);
    if count <= KERNEL_OF_ALL { kernel } else { kernel.rounded() }
}

/// The same for an island of places in a world.
pub fn world_kernel(count: usize, first: &[&Rkme]) -> IslandKernel {
    let kernel = IslandKernel::of_world(first);
    if count <= KERNEL_OF_ALL { kernel } else { kernel.rounded() }
}

impl IslandIndex {
    /// The index of members prepared for `kernel`, sorted by identifier.
    pub fn new(kernel: IslandKernel, members: Vec<Arc<Stored>>) -> Self {
        debug_assert!(members.is_sorted_by(|a, b| a.id() < b.id()), "sorted by identifier, each once");
        let shape = kernel.shape;
        let basis_count = members.len();
        let basis = (basis_count >= BASIS_FROM && shape.takes_all_points())
            .then(|| Arc::new(Basis::new(basis_count, |index| members[index].embedding(shape))));
        let segments = vec![Segment::new(members, basis.as_deref(), shape)];
        Self { kernel, basis, basis_count, segments, background: Arc::default() }
    }

    /// The same with one member more, whose identifier is not among the members.
    #[must_use]
    pub fn with_added(&self, member: Arc<Stored>) -> Self {
        let mut next = self.clone();
        let changed = member.id().clone();
        next.segments.push(Segment::new(vec![member], self.basis.as_deref(), self.kernel.shape));
        while let [.., left, right] = next.segments.as_slice() {
            let both = left.live_count() + right.live_count();
            if left.count() > 2 * right.count() || both > MERGED_MAX {
                break;
            }
            let Some(merged) = left.merged(right) else { break };
            next.segments.truncate(next.segments.len() - 2);
            next.segments.push(merged);
        }
        next.without_stale_background(&changed);
        next
    }

    /// The same without one member.
    #[must_use]
    pub fn with_removed(&self, id: &LearnwareId) -> Self {
        let mut next = self.clone();
        for segment in &mut next.segments {
            if let Some(less) = segment.without(id) {
                *segment = less;
                break;
            }
        }
        next.without_stale_background(id);
        next
    }

    /// Forgets distances of random members that may no longer be those of the members as they are.
    fn without_stale_background(&mut self, changed: &LearnwareId) {
        let count = self.len();
        if !matches!(self.background.get(), Some(Some(background)) if background.outlives(count, changed)) {
            self.background = Arc::default();
        }
    }

    /// The same members with a basis and a segment of their own, all points in memory: takes time, and makes
    /// searches fast again.
    ///
    /// # Errors
    /// When points can't be read.
    pub fn renewed(&self) -> Result<Self> {
        Ok(Self::new(self.kernel.clone(), self.members_in_order()?))
    }

    /// All members in the order of their identifiers.
    fn members_in_order(&self) -> Result<Vec<Arc<Stored>>> {
        self.in_order().into_iter().map(|place| self.member(place)).collect()
    }

    /// Places of all members in the order of their identifiers.
    fn in_order(&self) -> Vec<scan::Place> {
        let mut places: Vec<scan::Place> = self.wanted_places(None).collect();
        places.sort_by(|&a, &b| self.id(a).cmp(self.id(b)));
        places
    }

    /// Whether a member is there and was made of this specification.
    pub fn has(&self, id: &LearnwareId, specification: &Rkme) -> bool {
        let places = self.segments.iter().filter_map(|segment| Some(segment.numbers(segment.find(id)?)));
        places.into_iter().any(|numbers| numbers.mark == stored::mark(specification))
    }

    /// Identifiers of all members, segment by segment.
    pub fn ids(&self) -> impl Iterator<Item = &LearnwareId> {
        self.wanted_places(None).map(|place| self.id(place))
    }

    /// Whether [`IslandIndex::renewed`] would pay: the island has doubled since its basis was made, or more than
    /// a quarter of what it holds is gone.
    pub fn wants_renewal(&self) -> bool {
        let (live, held) = (self.len(), self.segments.iter().map(Segment::count).sum::<usize>());
        let has_grown = self.basis.is_some() && live >= 2 * self.basis_count;
        live >= BASIS_FROM && (self.lacks_basis() || has_grown || 4 * (held - live) > held)
    }

    /// Whether it has grown so that it should have a basis, but has none.
    pub fn lacks_basis(&self) -> bool {
        self.basis.is_none() && self.len() >= BASIS_FROM && self.kernel.shape.takes_all_points()
    }

    /// Whether [`IslandIndex::write`] would take points out of memory: those of more than a tenth of the members.
    pub fn wants_writing(&self) -> bool {
        let held = self
            .segments
            .iter()
            .filter(|segment| !segment.is_filed())
            .map(Segment::live_count)
            .sum::<usize>();
        self.basis.is_some() && 10 * held > self.len()
    }

    /// The island's kernel.
    pub fn kernel(&self) -> &IslandKernel {
        &self.kernel
    }

    /// Number of members.
    pub fn len(&self) -> usize {
        self.segments.iter().map(Segment::live_count).sum()
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Mean share of the members' squared norms that lies outside the basis; `None` without one.
    pub fn residual_share(&self) -> Option<f64> {
        self.basis.as_ref().map(|basis| basis.residual_share())
    }

    /// Memory of codes and points.
    pub fn size_bytes(&self) -> IndexSize {
        let sizes = self.segments.iter().map(Segment::size_bytes);
        sizes.fold(IndexSize { codes: 0, points: 0 }, |sum, (codes, points)| IndexSize {
            codes: sum.codes + codes,
            points: sum.points + points,
        })
    }
}
