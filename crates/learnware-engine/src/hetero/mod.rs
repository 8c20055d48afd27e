//! Between tables of different columns.
//!
//! * [`words`]: descriptions of columns as comparable words, in English and Chinese.
//! * [`columns`]: which column of one table is which column of another.
//! * [`HeteroMap`]: a map puts the specifications of all tables, whatever their columns, into one world of fixed
//!   dimension, where the usual distances compare them. [`factors`] is ours, in closed form.
//! * [`tensors`]: maps as bytes.
//!
//! A map is trained on specifications alone: no data rows, nothing downloaded. Two maps are never mixed; each has a
//! version, the digest of its numbers.

pub mod columns;
mod descriptions;
pub mod factors;
mod frame;
mod lexicon;
pub mod tensors;
pub mod words;

use std::sync::Arc;

use serde::{Deserialize, Serialize};

use crate::error::{EngineError, Result};
use crate::semantic::Dimensions;
use crate::specification::Rkme;
use factors::FactorMap;
use tensors::Tensors;

/// Puts table specifications of any columns into one space.
pub trait HeteroMap: std::fmt::Debug + Send + Sync {
    /// Which map it is.
    fn identity(&self) -> &MapIdentity;

    /// The specification in the world: the same weights, points of [`MapIdentity::dimension`] numbers.
    /// `columns` are the descriptions of the specification's columns in order, empty where there is none.
    ///
    /// # Errors
    /// When `columns` are not as many as the specification has, or say nothing that the map could use.
    fn embed(&self, specification: &Rkme, columns: &[String]) -> Result<Rkme>;

    /// The map as bytes (safetensors), which [`load`] reads.
    fn to_bytes(&self) -> Vec<u8>;
}

/// Kinds of maps. The set is closed: a file chooses among them and names no code.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum MapKind {
    /// Ours: factors that the columns of tables share, and the words of their descriptions ([`factors`]).
    Factors,
}

impl MapKind {
    /// The word in files.
    pub fn word(self) -> &'static str {
        match self {
            Self::Factors => "factors",
        }
    }

    fn from_word(word: &str) -> Option<Self> {
        [Self::Factors].into_iter().find(|kind| kind.word() == word)
    }
}

/// Which map: only specifications by one map are comparable.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct MapIdentity {
    /// Its kind.
    pub kind: MapKind,
    /// Digest of its numbers, 32 hexadecimal digits.
    pub version: String,
    /// Numbers in a point of the world.
    pub dimension: usize,
    /// What chance it was made with; 0 for maps that need none.
    pub seed: u64,
    /// Learnwares it was trained on.
    pub learnwares: usize,
    /// Different descriptions of columns among theirs.
    pub descriptions: usize,
}

/// What a map learns from: the specification of one learnware.
#[derive(Debug, Clone, Copy)]
pub struct Lesson<'a> {
    /// Its reduced set.
    pub specification: &'a Rkme,
    /// Descriptions of its columns in order, empty where there is none.
    pub columns: &'a [String],
    /// What the model answers for the points of the reduced set, one number each, where somebody asked it.
    pub answers: Option<&'a [f64]>,
}

/// Reads a map that [`HeteroMap::to_bytes`] wrote.
///
/// # Errors
/// When the bytes are no map, of an unknown kind, or their numbers don't fit together.
pub fn load(bytes: &[u8]) -> Result<Arc<dyn HeteroMap>> {
    let tensors = Tensors::from_bytes(bytes)?;
    let word = tensors.text("kind")?;
    match MapKind::from_word(word) {
        Some(MapKind::Factors) => Ok(Arc::new(FactorMap::from_tensors(&tensors)?)),
        None => Err(tensors::bad(format!("{word:?} is no kind of map that this release knows"))),
    }
}

/// The descriptions of all columns in order, empty where there is none; `None` when no column has one.
pub fn columns_of(input: &Dimensions) -> Option<Vec<String>> {
    let described = |index| input.description.get(&index).map_or("", |text| text.trim()).to_owned();
    let columns: Vec<String> = (0..input.dimension).map(described).collect();
    columns.iter().any(|column| !column.is_empty()).then_some(columns)
}

/// Refuses descriptions of another number than the specification's columns.
fn require_described(specification: &Rkme, columns: &[String]) -> Result<()> {
    if columns.len() == specification.dimension() {
        return Ok(());
    }
    Err(EngineError::Shape {
        what: "descriptions of columns (one for each column, empty where there is none)",
        expected: specification.dimension().to_string(),
        found: columns.len().to_string(),
    })
}

/// Nothing in the descriptions helps: what to do.
fn nothing_described() -> EngineError {
    EngineError::Incomparable {
        reason: "none of the columns' descriptions has a word; say in a few words what each column holds"
            .into(),
    }
}
