//! What a user brings to a search: never raw data.

use crate::semantic::SemanticSpecification;
use crate::specification::StatisticalSpecification;

/// What a user brings to a search.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct UserInfo {
    /// What is wanted, in words; empty fields ask for nothing.
    pub semantic: SemanticSpecification,
    /// What the user's data look like; at most one of each kind.
    pub statistical: Vec<StatisticalSpecification>,
}
