//! What a search is asked for and what it answers.

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};

use crate::hetero::MapIdentity;
use crate::hetero::columns::ColumnMatching;
use crate::learnware::LearnwareId;
use crate::specification::IslandKey;

/// How a mixture of learnwares is looked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum MixtureMethod {
    /// One member after the other, each the best next one of the whole island.
    Greedy,
    /// The same among the nearest learnwares only, as many as the reference takes, until one helps little.
    Nearest,
    /// All candidates weighed at once, the heaviest kept.
    Auto,
    /// No mixture.
    None,
}

/// How words are compared.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SemanticMode {
    /// Name and description must contain the text; spelling counts.
    Exact,
    /// Falls back to similar spelling when nothing contains the text.
    Fuzzy,
}

/// Under which kernel specifications are compared.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum KernelChoice {
    /// The island's own: columns scaled by their spread, three widths.
    Island,
    /// The reference's `exp(-gamma |x-y|^2)` on raw columns, with its numbers and scores.
    Reference,
}

/// By what single learnwares are ordered.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Ranking {
    /// By what they are expected to lose on the user's data, where the island has learned that
    /// ([`crate::market::capability`]); else by distance.
    #[default]
    Capability,
    /// By distance.
    Distance,
}

/// Options of a search.
#[derive(Debug, Clone, PartialEq)]
pub struct SearchOptions {
    /// Members of a mixture at most.
    pub max_learnwares: usize,
    /// How a mixture is looked for.
    pub mixture: MixtureMethod,
    /// How words are compared.
    pub semantic: SemanticMode,
    /// Kernel and scores.
    pub kernel: KernelChoice,
    /// By what single results are ordered; under the reference's kernel always by distance.
    pub ranking: Ranking,
    /// Single results at most.
    pub single_max: usize,
    /// Learnwares that shall not be found.
    pub exclude: Vec<LearnwareId>,
    /// Learnwares that alone may be found; `None` allows all.
    pub among: Option<BTreeSet<LearnwareId>>,
    /// Whether to look in the world, among tables of any columns, and not in the user's island. The user's columns must
    /// be described (`Input` of the semantic specification).
    pub world: bool,
    /// Whether to look among learnwares that take a part of the user's columns, too. The user's columns must be described.
    pub parts: bool,
}

impl Default for SearchOptions {
    fn default() -> Self {
        Self {
            max_learnwares: 5,
            mixture: MixtureMethod::Greedy,
            semantic: SemanticMode::Fuzzy,
            kernel: KernelChoice::Island,
            ranking: Ranking::default(),
            single_max: 10,
            exclude: Vec::new(),
            among: None,
            world: false,
            parts: false,
        }
    }
}

/// Answer of a search.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct SearchResults {
    /// Single learnwares, best first.
    pub single: Vec<SingleResult>,
    /// A combination, when one is better than the best single learnware.
    pub multiple: Option<MultipleResult>,
    /// By what they were ordered.
    #[serde(default = "by_distance")]
    pub ranking: Ranking,
    /// Island in which distances were computed; `None` when the user brought no statistical specification.
    pub island: Option<IslandKey>,
    /// Share of the user's data that some learnware covers, 0 to 1; `None` without distances.
    pub covered: Option<f64>,
    /// Whether anything fits.
    pub verdict: Verdict,
    /// How many were looked at and why others were left out.
    pub funnel: Funnel,
    /// How the user's data came into the world, when that was searched; `None` for a search of an island.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub world: Option<WorldSearch>,
    /// Learnwares that take a part of the user's columns, where that was asked for: those that cover most of it first.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub parts: Vec<PartResult>,
}

/// A learnware that takes a part of the user's columns, or all in another order.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct PartResult {
    /// Places of the columns that it takes among the user's, from 0, in the learnware's order.
    pub columns: Vec<usize>,
    /// The learnware; distance, similarity and coverage are those of this part of the data.
    #[serde(flatten)]
    pub found: SingleResult,
}

/// A search of the world: by which map, and among whom. Distances are those of places in the world; `island` is the user's
/// own, of which the learnwares found need not be.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct WorldSearch {
    /// The map.
    pub map: MapIdentity,
    /// Learnwares of the market that have a place in the world.
    pub placed: usize,
    /// Table learnwares that have none, since their columns are not described.
    pub without_place: usize,
    /// Learnwares to reuse together once they are aligned, with their shares: many, since a single one that is near may
    /// miss what it needs (`docs/adr/0037-aligned-learnwares.md`).
    pub team: Vec<Member>,
    /// For each learnware found, singly or in the team, which of the user's columns is which of its; in the order of the
    /// results. A learnware's model runs on the user's data only after an alignment.
    pub columns: Vec<MatchedColumns>,
}

/// How the user's columns and a learnware's belong together.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct MatchedColumns {
    /// Whose.
    pub id: LearnwareId,
    /// Pairs with their certainty, and the columns left alone.
    pub matching: ColumnMatching,
}

impl Default for SearchResults {
    fn default() -> Self {
        Self {
            single: Vec::new(),
            multiple: None,
            ranking: Ranking::Distance,
            island: None,
            world: None,
            parts: Vec::new(),
            covered: None,
            verdict: Verdict::default(),
            funnel: Funnel::default(),
        }
    }
}

/// How servers order that know no other way.
fn by_distance() -> Ranking {
    Ranking::Distance
}

/// One learnware that was found.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct SingleResult {
    /// Which.
    pub id: LearnwareId,
    /// Squared distance to the user's specification.
    pub distance: Option<f64>,
    /// Share of pairs of random tasks of the island whose specifications are farther from each other than this one is
    /// from the user's, 0 to 1; `None` under the reference's kernel and where the island has too few.
    pub percentile: Option<f64>,
    /// Cosine of the two embeddings: 1 for the same distribution, 0 for nothing in common.
    pub similarity: Option<f64>,
    /// Share of the user's data that it covers by itself, 0 to 1; `None` where there are too many columns to tell
    /// ([`crate::specification::coverage`]).
    pub covered: Option<f64>,
    /// What it is expected to lose on the user's data, from what it lost on the tasks of learnwares nearby: the squared error
    /// in parts of what a constant answer loses, or the share of wrong classes; `None` where that was not measured.
    #[serde(default)]
    pub expected_loss: Option<f64>,
    /// The reference's display score, relative to the other candidates; only under its kernel.
    pub score: Option<f64>,
}

impl SingleResult {
    /// One that was found by words alone.
    pub fn by_words(id: LearnwareId) -> Self {
        Self {
            id,
            distance: None,
            percentile: None,
            similarity: None,
            covered: None,
            expected_loss: None,
            score: None,
        }
    }
}

/// Several learnwares whose mixture was found.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct MultipleResult {
    /// Members with their weights; weights are non-negative with sum one.
    pub members: Vec<Member>,
    /// Squared distance of the mixture to the user's specification.
    pub distance: f64,
    /// As of a single result.
    pub percentile: Option<f64>,
    /// No mixture of the learnwares that could be found, of however many, is nearer than `distance - gap`; `None`
    /// where only some were looked at.
    pub gap: Option<f64>,
    /// Share of the user's data that the mixture covers, 0 to 1.
    pub covered: f64,
    /// The reference's display score; only under its kernel.
    pub score: Option<f64>,
}

/// Member of a mixture.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Member {
    /// Which.
    pub id: LearnwareId,
    /// Its share.
    pub weight: f64,
}

/// Whether the learnwares found fit the user's data.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Verdict {
    /// The user brought no statistical specification, nothing was comparable, or specifications are directions, which tell
    /// who is nearest and not whether that is near enough.
    #[default]
    Unknown,
    /// Nearly all of the data is covered.
    Fits,
    /// A part of the data is covered by nobody.
    FitsPartly,
    /// Most of the data is covered by nobody: predictions would be guesses.
    NothingFits,
}

/// Covered share from which the data counts as covered. On four suites of real tables every task of the market's own
/// kind is above, and three tenths to all of the tasks of another suite are below (docs/adr/0028-coverage-widths.md).
pub const FITS_FROM: f64 = 0.9;
/// Covered share below which nothing fits.
pub const NOTHING_BELOW: f64 = 0.5;

impl Verdict {
    /// The verdict for a covered share.
    pub fn of_covered(covered: f64) -> Self {
        if covered >= FITS_FROM {
            Self::Fits
        } else if covered >= NOTHING_BELOW {
            Self::FitsPartly
        } else {
            Self::NothingFits
        }
    }
}

/// How many learnwares passed each stage.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Funnel {
    /// In the market.
    pub total: usize,
    /// Excluded by the user.
    pub excluded: usize,
    /// Whose words match.
    pub semantic: usize,
    /// Of those, in the user's island.
    pub comparable: usize,
    /// Of the user's island, but for texts in other languages.
    pub other_languages: usize,
    /// Distances computed exactly.
    pub evaluated: usize,
    /// Whether all other comparable learnwares are proved to be farther than those found.
    pub certified: bool,
    /// Of other islands, which the user's data can't be compared with: island and count.
    pub other_islands: Vec<(IslandKey, usize)>,
}
