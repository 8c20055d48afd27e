//! What one system, ours or the reference, made of one market: the same form for both.

use std::collections::BTreeMap;

use super::arrays::Array;
use super::binary::Cost;

/// Everything one system did in one setting.
#[derive(Debug, Default)]
pub(super) struct System {
    pub(super) users: Vec<User>,
    pub(super) costs: BTreeMap<String, Cost>,
    /// What did not run, and why.
    pub(super) notes: BTreeMap<String, String>,
    /// Every learnware's predictions: a row per learnware, over the test examples of all users.
    pub(super) predictions: Option<Array>,
}

/// One user's figures.
#[derive(Debug, Default)]
pub(super) struct User {
    pub(super) group: String,
    /// Place of the user's own learnware, where there is one.
    pub(super) own: Option<usize>,
    /// The metric of each learnware.
    pub(super) of_all: Vec<f64>,
    /// The search's distance to each learnware, infinite where it gives none; empty where it was not asked.
    pub(super) distances: Vec<f64>,
    pub(super) average_of_all: f64,
    pub(super) with_own: Chosen,
    pub(super) without_own: Chosen,
}

/// What a search chose and what the reuse methods made of it.
#[derive(Debug, Default)]
pub(super) struct Chosen {
    /// Place of the learnware that came first; `None` if nothing was found.
    pub(super) top_one: Option<usize>,
    pub(super) members: Vec<usize>,
    /// Share of each member; empty where a system has no such thing.
    pub(super) weights: Vec<f64>,
    /// Metric by method.
    pub(super) metrics: BTreeMap<String, f64>,
    pub(super) labelled: Vec<Labelled>,
}

/// Metrics by method with one labelled subset.
#[derive(Debug, Default, Clone)]
pub(super) struct Labelled {
    /// The size the plan asks for; a group with fewer rows brings all it has.
    pub(super) size: u64,
    pub(super) repeat: u64,
    pub(super) metrics: BTreeMap<String, f64>,
}

/// Whether the user's own learnware, if there is one, is in the market.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum MarketKind {
    WithOwn,
    WithoutOwn,
}

impl MarketKind {
    pub(super) const BOTH: [Self; 2] = [Self::WithOwn, Self::WithoutOwn];

    pub(super) fn key(self) -> &'static str {
        match self {
            Self::WithOwn => "with_own",
            Self::WithoutOwn => "without_own",
        }
    }
}

impl User {
    pub(super) fn chosen(&self, market: MarketKind) -> &Chosen {
        match market {
            MarketKind::WithOwn => &self.with_own,
            MarketKind::WithoutOwn => &self.without_own,
        }
    }
}
