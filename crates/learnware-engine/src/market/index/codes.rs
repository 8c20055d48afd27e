//! The codes of a segment: short heads, which every search scans, and whole vectors, which it looks at where heads
//! are near.

use super::basis::Basis;
use crate::numeric::codes::{Code, Lanes, Rows};

/// A member's codes.
pub(super) struct Coded {
    pub(super) head: Code,
    pub(super) whole: Code,
    pub(super) features: Option<Code>,
}

/// Codes of members.
#[derive(Debug, Clone)]
pub(super) struct Codes {
    pub(super) heads: Lanes,
    pub(super) wholes: Rows,
    /// Where the basis misses too much.
    pub(super) features: Option<Rows>,
}

impl Codes {
    /// No codes yet.
    pub(super) fn new(basis: &Basis) -> Self {
        let features = basis.features().map(|features| Rows::new(features.grid().axes()));
        Self { heads: Lanes::new(basis.head_axes()), wholes: Rows::new(basis.axes()), features }
    }

    /// No codes yet, of the same basis.
    pub(super) fn empty(&self) -> Self {
        let features = self.features.as_ref().map(|features| Rows::new(features.axes()));
        Self { heads: Lanes::new(self.heads.axes()), wholes: Rows::new(self.wholes.axes()), features }
    }

    /// Appends a member.
    pub(super) fn push(&mut self, coded: &Coded) {
        self.heads.push(&coded.head);
        self.wholes.push(&coded.whole);
        if let (Some(own), Some(code)) = (&mut self.features, &coded.features) {
            own.push(code);
        }
    }

    /// Appends a member of other codes of the same basis.
    pub(super) fn push_from(&mut self, other: &Self, index: usize) {
        self.heads.push_from(&other.heads, index);
        self.wholes.push_from(&other.wholes, index);
        if let (Some(own), Some(theirs)) = (&mut self.features, &other.features) {
            own.push_from(theirs, index);
        }
    }

    /// Memory of the codes.
    pub(super) fn size_bytes(&self) -> usize {
        let features = self.features.as_ref().map_or(0, Rows::size_bytes);
        self.heads.size_bytes() + self.wholes.size_bytes() + features
    }
}
