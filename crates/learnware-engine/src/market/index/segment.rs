//! A run of an island's members that never changes: their codes and points, in the order of identifiers.

use std::sync::Arc;

use super::basis::Basis;
use super::codes::Codes;
use super::filed::Filed;
use super::stored::{Numbers, Stored};
use crate::error::Result;
use crate::learnware::LearnwareId;
use crate::numeric::kernel::Shape;
use crate::numeric::parallel;

/// Members in the order of their identifiers, which of them are gone, and their codes if the island has a basis.
#[derive(Debug, Clone)]
pub(super) struct Segment {
    members: Members,
    codes: Option<Arc<Codes>>,
    /// One bit for each member that is gone.
    gone: Arc<Vec<u64>>,
    gone_count: usize,
}

/// Where the members' points are.
#[derive(Debug, Clone)]
enum Members {
    Held(Arc<Vec<Arc<Stored>>>),
    Filed(Arc<Filed>),
}

impl Segment {
    /// A segment of members sorted by identifier.
    pub(super) fn new(members: Vec<Arc<Stored>>, basis: Option<&Basis>, shape: Shape) -> Self {
        let codes = basis.map(|basis| {
            let mut codes = Codes::new(basis);
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
        Self { members: Members::Held(Arc::new(members)), codes, gone, gone_count: 0 }
    }

    /// A segment of members whose points stay where they are, sorted by identifier.
    pub(super) fn of_filed(filed: Filed, codes: Codes) -> Self {
        let gone = Arc::new(vec![0; filed.count().div_ceil(64)]);
        Self { members: Members::Filed(Arc::new(filed)), codes: Some(Arc::new(codes)), gone, gone_count: 0 }
    }

    /// All that are there in two segments, as one; `None` where points are not in memory, as they should stay.
    pub(super) fn merged(&self, other: &Self) -> Option<Self> {
        let (Members::Held(left), Members::Held(right)) = (&self.members, &other.members) else {
            return None;
        };
        let mut order: Vec<(&Self, &Arc<Stored>, usize)> = Vec::new();
        order.extend(self.live().map(|i| (self, &left[i], i)));
        order.extend(other.live().map(|i| (other, &right[i], i)));
        order.sort_by(|a, b| a.1.id.cmp(&b.1.id));
        let members = order.iter().map(|&(_, member, _)| Arc::clone(member)).collect();
        let codes = self.codes.as_ref().map(|own| {
            let mut codes = own.empty();
            for (segment, _, index) in order {
                if let Some(theirs) = &segment.codes {
                    codes.push_from(theirs, index);
                }
            }
            Arc::new(codes)
        });
        Some(Self::of(members, codes))
    }

    /// The same without one member; `None` when it is not here.
    pub(super) fn without(&self, id: &LearnwareId) -> Option<Self> {
        let index = self.find(id)?;
        let mut next = self.clone();
        let gone = Arc::make_mut(&mut next.gone);
        gone[index / 64] |= 1 << (index % 64);
        next.gone_count += 1;
        Some(next)
    }

    /// The place of a member that is there.
    pub(super) fn find(&self, id: &LearnwareId) -> Option<usize> {
        let found = match &self.members {
            Members::Held(members) => members.binary_search_by(|member| member.id.cmp(id)),
            Members::Filed(filed) => filed.ids().binary_search(id),
        };
        found.ok().filter(|&index| !self.is_gone(index))
    }

    /// Number of members, with those that are gone.
    pub(super) fn count(&self) -> usize {
        match &self.members {
            Members::Held(members) => members.len(),
            Members::Filed(filed) => filed.count(),
        }
    }

    /// Whether points are not in memory.
    pub(super) fn is_filed(&self) -> bool {
        matches!(self.members, Members::Filed(_))
    }

    /// Number of members that are there.
    pub(super) fn live_count(&self) -> usize {
        self.count() - self.gone_count
    }

    /// Places of the members that are there.
    pub(super) fn live(&self) -> impl Iterator<Item = usize> {
        (0..self.count()).filter(|&index| !self.is_gone(index))
    }

    /// Whether a member is gone.
    pub(super) fn is_gone(&self, index: usize) -> bool {
        self.gone_count > 0 && self.gone[index / 64] >> (index % 64) & 1 == 1
    }

    /// The identifier of one member.
    pub(super) fn id(&self, index: usize) -> &LearnwareId {
        match &self.members {
            Members::Held(members) => &members[index].id,
            Members::Filed(filed) => &filed.ids()[index],
        }
    }

    /// What is known of one member without its points.
    pub(super) fn numbers(&self, index: usize) -> Numbers {
        match &self.members {
            Members::Held(members) => members[index].numbers,
            Members::Filed(filed) => filed.numbers(index),
        }
    }

    /// One member.
    pub(super) fn member(&self, index: usize) -> Result<Arc<Stored>> {
        match &self.members {
            Members::Held(members) => Ok(Arc::clone(&members[index])),
            Members::Filed(filed) => filed.member(index).map(Arc::new),
        }
    }

    /// The members' codes.
    pub(super) fn codes(&self) -> Option<&Codes> {
        self.codes.as_deref()
    }

    /// Memory of codes and points.
    pub(super) fn size_bytes(&self) -> (usize, usize) {
        let codes = self.codes.as_ref().map_or(0, |codes| codes.size_bytes());
        let members = match &self.members {
            Members::Held(members) => members.iter().map(|member| member.size_bytes() + 8).sum(),
            Members::Filed(filed) => filed.size_bytes(),
        };
        (codes, members)
    }
}
