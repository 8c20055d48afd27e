//! What a user brings to a search: never raw data.

use crate::semantic::SemanticSpecification;
use crate::specification::{RkmeTable, StatisticalSpecification};

/// What a user brings to a search.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct UserInfo {
    /// What is wanted, in words; empty fields ask for nothing.
    pub semantic: SemanticSpecification,
    /// What the user's data look like; at most one of each kind.
    pub statistical: Vec<StatisticalSpecification>,
}

impl UserInfo {
    /// The table specification, when there is one.
    pub fn table(&self) -> Option<&RkmeTable> {
        self.statistical.iter().find_map(StatisticalSpecification::as_table)
    }
}
