//! A model's declaration together with its specification, and the state of its check.

use serde::{Deserialize, Serialize};

use crate::semantic::SemanticSpecification;
use crate::specification::StatisticalSpecification;

/// Identifier of a learnware in a market; never used twice.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct LearnwareId(pub String);

impl std::fmt::Display for LearnwareId {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.pad(&self.0)
    }
}

/// What is known of a learnware without running it.
#[derive(Debug, Clone, PartialEq)]
pub struct Learnware {
    /// Its identifier.
    pub id: LearnwareId,
    /// What it is for.
    pub specification: Specification,
    /// How its model is stored.
    pub format: ModelFormat,
}

/// Semantic and statistical specification together.
#[derive(Debug, Clone, PartialEq)]
pub struct Specification {
    /// In words.
    pub semantic: SemanticSpecification,
    /// In numbers, at most one of each kind.
    pub statistical: Vec<StatisticalSpecification>,
}

/// How a model is stored, which decides what may run it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum ModelFormat {
    /// Python code; runs only behind a fence.
    Python,
    /// ONNX graph; data only.
    Onnx,
    /// LightGBM text model; data only.
    LightGbm,
    /// XGBoost JSON model; data only.
    XgBoost,
}

impl ModelFormat {
    /// Whether running the model runs code of its author.
    pub fn has_code(self) -> bool {
        match self {
            Self::Python => true,
            Self::Onnx | Self::LightGbm | Self::XgBoost => false,
        }
    }

    /// The word in manifests and tables.
    pub fn word(self) -> &'static str {
        match self {
            Self::Python => "python",
            Self::Onnx => "onnx",
            Self::LightGbm => "lightgbm",
            Self::XgBoost => "xgboost",
        }
    }
}

/// State of a learnware's check.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum CheckStatus {
    /// Accepted, not looked at yet.
    Waiting,
    /// Being checked.
    Checking,
    /// Found good: searchable.
    Usable,
    /// The package is sound, but its model does not do what it says.
    NonUsable,
    /// The package or its specification is not sound.
    Invalid,
}

impl CheckStatus {
    /// Whether the state may change to `next`. A verdict is final for a version; a new check of the same
    /// version starts again from `Waiting`.
    pub fn may_become(self, next: Self) -> bool {
        match self {
            Self::Waiting => next == Self::Checking,
            Self::Checking => next != Self::Checking,
            Self::Usable | Self::NonUsable | Self::Invalid => next == Self::Waiting,
        }
    }
}
