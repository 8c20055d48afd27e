//! Searches: by specification, by anchors, and the picture of all islands.

use serde::{Deserialize, Serialize};
use serde_json::Value;

/// A search.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields, default)]
pub struct SearchRequest {
    /// What the user's data are like: the reference's form, at most one of each kind.
    pub statistical: Vec<Value>,
    /// Words and fields that learnwares must match, as in `learnware search`.
    pub query: String,
    /// Single results at most; 10 when absent.
    pub limit: Option<usize>,
    /// Members of a mixture at most; 5 when absent.
    pub max_learnwares: Option<usize>,
    /// How a mixture is looked for: `greedy` when absent, `nearest`, `auto` or `none`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub mixture: Option<String>,
    /// How specifications are compared: `island` when absent, or `reference`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub kernel: Option<String>,
    /// By what single learnwares are ordered: `capability` when absent (where the dock has learned that), or `distance`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub ranking: Option<String>,
    /// Whether learnwares of other columns are searched, too: by their places in the world, where the dock has a map.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub world: bool,
    /// Whether learnwares that take a part of the user's columns are told, too: by the columns' names.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub parts: bool,
    /// What the columns of the user's table are called, in order; a search of the world and of parts needs them.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub columns: Vec<String>,
    /// Learnwares that shall not be found.
    pub exclude: Vec<String>,
    /// Whether the answer tells why.
    pub explain: bool,
}

/// All islands as one picture: discs in the unit square, `y` downwards, with a place for each learnware. Places within an
/// island are near where its learnwares are alike; between islands nothing is compared.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
pub struct WorldMap {
    /// The market's revision that it shows.
    pub revision: i64,
    /// Largest first.
    pub islands: Vec<WorldIsland>,
    /// Column by column, since there may be a hundred thousand.
    pub learnwares: WorldPlaces,
    /// Which islands share learnwares.
    pub bridges: Vec<WorldBridge>,
}

/// One island of the picture.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
pub struct WorldIsland {
    /// A sentence for people.
    pub name: String,
    /// The key, as requests give it.
    pub island: Value,
    /// How many learnwares.
    pub learnwares: usize,
    /// Centre.
    pub x: f64,
    /// Centre.
    pub y: f64,
    /// Radius of the disc.
    pub radius: f64,
    /// Share of its learnwares' differences that two axes can show, 0 to 1.
    pub explained: f64,
}

/// Places of learnwares, each column in the same order. A learnware with specifications in several islands is there once
/// for each.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
pub struct WorldPlaces {
    /// Identifiers.
    pub ids: Vec<String>,
    /// Position of the island in `islands`.
    pub islands: Vec<usize>,
    /// Place.
    pub x: Vec<f64>,
    /// Place.
    pub y: Vec<f64>,
    /// Position of the task in `task_words`.
    pub tasks: Vec<usize>,
    /// Tasks, as the vocabulary has them; the empty one is for learnwares that name none.
    pub task_words: Vec<String>,
}

/// Learnwares with specifications in two islands.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
pub struct WorldBridge {
    /// Position of an island in `islands`.
    pub from: usize,
    /// And of the other.
    pub to: usize,
    /// How many.
    pub learnwares: usize,
}

/// A task to be placed in the picture.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct PlaceRequest {
    /// What the user's data are like: the reference's form.
    pub statistical: Vec<Value>,
}

/// Where a task lies.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
pub struct Placed {
    /// Position of the island in `islands`.
    pub island: usize,
    /// Place.
    pub x: f64,
    /// Place.
    pub y: f64,
}

/// Which island's anchors.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct AnchorsRequest {
    /// The island, as `GET /dock` lists it.
    pub island: Value,
}

/// A search by anchors: what was measured instead of a specification.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields, default)]
pub struct CandidatesRequest {
    /// The message that `learnware measure` makes.
    pub message: Value,
    /// Words and fields that learnwares must match.
    pub query: String,
    /// Nearest learnwares that are looked for; 10 when absent.
    pub limit: Option<usize>,
    /// Learnwares that shall not be found.
    pub exclude: Vec<String>,
}

/// Learnwares of a [`SpecificationsRequest`] at most.
pub const SPECIFICATIONS_MAX: usize = 100;

/// Whose public specifications.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct SpecificationsRequest {
    /// The island.
    pub island: Value,
    /// Learnwares, 100 at most.
    pub ids: Vec<String>,
}
