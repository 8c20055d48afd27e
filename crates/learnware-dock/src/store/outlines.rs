//! Outlines of islands and the heads of their members: the first stage of searches of islands that don't fit memory.
//! PostgreSQL with its extension `vector` keeps them; a SQLite file has no such search.

use learnware_engine::market::index::Head;
use learnware_engine::specification::IslandKey;

use super::Store;
use super::rows::Revision;
use crate::clock::Timestamp;
use crate::error::{DockError, Result};
use crate::ids::LearnwareNumber;
use crate::jobs::ClaimedJob;

/// The outline of an island, without its content.
#[derive(Debug, Clone, PartialEq)]
pub struct OutlineRow {
    /// Its number; larger ones are later.
    pub id: i64,
    /// The island.
    pub island: IslandKey,
    /// The market that it was made of.
    pub revision: Revision,
    /// The largest error of its heads that is finite.
    pub error_max: f64,
}

/// An outline's content, and who is in it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OutlineContent {
    /// See [`learnware_engine::market::index::Outline`].
    pub bytes: Vec<u8>,
    /// Its members that did not change since, with the languages of their specification.
    pub members: Vec<(LearnwareNumber, Vec<String>)>,
}

/// An outline about to be filled.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewOutline {
    /// The island.
    pub island: IslandKey,
    /// The market that it was made of.
    pub revision: Revision,
    /// Its content.
    pub bytes: Vec<u8>,
}

/// The head of a member.
#[derive(Debug, Clone, PartialEq)]
pub struct HeadRow {
    /// The member.
    pub number: LearnwareNumber,
    /// Languages of its specification.
    pub languages: Vec<String>,
    /// Its head.
    pub head: Head,
}

/// An outline whose heads are all there.
#[derive(Debug, Clone, PartialEq)]
pub struct FilledOutline {
    /// Its number.
    pub id: i64,
    /// How many heads.
    pub members: usize,
    /// The largest error that is finite.
    pub error_max: f64,
}

/// In which order heads are looked at.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum HeadOrder {
    /// All of them, so that an answer can be proved.
    #[default]
    Flat,
    /// By an approximate index (HNSW): faster in very large islands, and never proved.
    Hnsw,
}

/// Which heads are wanted.
#[derive(Debug, Clone, PartialEq)]
pub struct HeadQuery {
    /// In which outline.
    pub outline: i64,
    /// Near to these coordinates.
    pub axes: Vec<f32>,
    /// Of these alone; `None` wants all.
    pub among: Option<Vec<LearnwareNumber>>,
    /// Not of these.
    pub exclude: Vec<LearnwareNumber>,
    /// So many at most.
    pub limit: u32,
    /// How they are looked for.
    pub order: HeadOrder,
}

/// Heads that were found.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct NearHeads {
    /// The nearest ones with their distances, nearest first.
    pub near: Vec<(LearnwareNumber, f64)>,
    /// Those that say nothing, whatever the distance.
    pub silent: Vec<LearnwareNumber>,
}

/// What a SQLite file says.
pub(crate) fn needs_postgres() -> DockError {
    DockError::FirstStage {
        reason: "a dock.sqlite has no search for vectors; set LEARNWARE_DATABASE to a PostgreSQL database with the \
                 extension vector, or unset LEARNWARE_FIRST_STAGE_FROM"
            .into(),
    }
}

macro_rules! postgres_only {
    ($($(#[$doc:meta])* $name:ident($($argument:ident: $type:ty),*) -> $result:ty;)+) => {
        impl Store {
            $($(#[$doc])*
            #[cfg_attr(not(feature = "postgres"), expect(clippy::unused_async, reason = "async with the feature"))]
            pub async fn $name(&self, $($argument: $type),*) -> Result<$result> {
                match self {
                    Self::Sqlite(_) => {
                        $(let _ = $argument;)*
                        Err(needs_postgres())
                    }
                    #[cfg(feature = "postgres")]
                    Self::Postgres(store) => store.$name($($argument),*).await,
                }
            })+
        }
    };
}

postgres_only! {
    /// Makes sure that the database can compare heads.
    prepare_first_stage() -> ();
    /// The outlines in use.
    outlines() -> Vec<OutlineRow>;
    /// The content of an outline; `None` when it is gone.
    outline(id: i64) -> Option<OutlineContent>;
    /// Usable learnwares with numbers above `after` that did not change after `revision`, by number: at most `limit`, each
    /// with its statistical specifications as JSON.
    specifications_after(after: LearnwareNumber, revision: Revision, limit: u32) -> Vec<(LearnwareNumber, String)>;
    /// The same for these learnwares; who is gone or changed is left out.
    specifications_of(numbers: &[LearnwareNumber], revision: Revision) -> Vec<(LearnwareNumber, String)>;
    /// Begins an outline; returns its number.
    begin_outline(new: &NewOutline, now: Timestamp) -> i64;
    /// Adds heads to an outline that was begun.
    add_heads(outline: i64, heads: &[HeadRow]) -> ();
    /// Makes the approximate index of an outline whose heads are all there.
    index_heads(outline: i64) -> ();
    /// Puts outlines in the place of the active ones, of all islands, and ends the job. False, and no change, when the job is
    /// not ours any more.
    activate_outlines(job: &ClaimedJob, filled: &[FilledOutline], now: Timestamp) -> bool;
    /// Removes outlines that were retired before `before` and, when nobody is filling any, those that were begun and left.
    forget_outlines(before: Timestamp, begun: Begun) -> u64;
    /// The heads nearest to a head; `None` when the outline is gone.
    near_heads(query: &HeadQuery) -> Option<NearHeads>;
}

/// What becomes of outlines that were begun and not finished.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Begun {
    /// Somebody may be filling them.
    Keep,
    /// Whoever filled them ended.
    Remove,
}
