//! Statistical specifications: what a model's data looks like, in numbers that do not show the data.

pub mod codec;
pub mod compat;
mod embedding;
mod generate;
mod herding;
mod kernel;
pub mod mixture;
mod table;

pub use embedding::{Embedding, reference_distance, reference_inner_product};
pub use generate::{RkmeParameters, column_moments, reduced_set_size};
pub use kernel::IslandKernel;
pub use table::RkmeTable;

/// A statistical specification. The set is closed on purpose: uploaded files choose among these kinds,
/// they never name code.
#[derive(Debug, Clone, PartialEq)]
pub enum StatisticalSpecification {
    /// Reduced kernel mean embedding of table rows.
    Table(RkmeTable),
}

impl StatisticalSpecification {
    /// The kind's name on the wire.
    pub fn type_name(&self) -> &'static str {
        match self {
            Self::Table(_) => "RKMETableSpecification",
        }
    }

    /// The table specification it is.
    pub fn as_table(&self) -> Option<&RkmeTable> {
        match self {
            Self::Table(table) => Some(table),
        }
    }

    /// Which island the specification lives in.
    pub fn island(&self) -> IslandKey {
        match self {
            Self::Table(table) => IslandKey::Table { dimension: table.dimension() },
        }
    }
}

/// What makes specifications comparable: kind and dimensions.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, serde::Serialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum IslandKey {
    /// Tables of one width.
    Table {
        /// Number of model inputs.
        dimension: usize,
    },
}
