//! Statistical specifications: what a model's data looks like, in numbers that do not show the data.
//!
//! Every kind is a weighted point set ([`Rkme`]); the kinds differ in what a point is: a row of a table, an
//! embedding of a text or an image, (in the reference) an image, or one direction in which texts move a language
//! model. The kernel that compares them belongs to the island.

pub mod codec;
mod compare;
pub mod compat;
pub mod coverage;
mod embedded;
mod embedding;
mod generate;
mod herding;
mod kernel;
pub mod mixture;
pub mod parameters;
mod private;
mod rkme;
pub mod torch;
mod union;

pub use compare::{ColumnShift, Comparison, compare};
pub use embedded::{RkmeImage, RkmeText};
pub use embedding::{Embedding, reference_distance, reference_inner_product};
pub use generate::{
    CLUSTER_ROWS_MIN, Made, Privacy, RkmeParameters, Rows, Take, column_moments, generate, reduced_set_size,
    steps_allowed,
};
pub use kernel::IslandKernel;
pub use parameters::ParameterVector;
pub use private::{PrivacyBudget, PrivateRkme, gaussian_deviation, generate_private};
pub use rkme::Rkme;
pub use union::union;

use crate::embedder::EmbedderId;
use crate::semantic::DataType;

/// A statistical specification. The set is closed on purpose: uploaded files choose among these kinds,
/// they never name code.
#[derive(Debug, Clone, PartialEq)]
pub enum StatisticalSpecification {
    /// Rows of a table.
    Table(Rkme),
    /// Embedded texts.
    Text(RkmeText),
    /// Embedded images.
    Image(RkmeImage),
    /// Images as the reference describes them: points are images (channels, height, width) themselves.
    ReferenceImage(Rkme),
    /// Texts by what they change in a language model.
    Parameters(ParameterVector),
}

impl StatisticalSpecification {
    /// The kind's name on the wire: the reference's class name where it has one.
    pub fn type_name(&self) -> &'static str {
        match self {
            Self::Table(_) => "RKMETableSpecification",
            Self::Text(_) => "RKMETextSpecification",
            Self::Image(_) => "EmbeddedImageSpecification",
            Self::ReferenceImage(_) => "RKMEImageSpecification",
            Self::Parameters(_) => "GenerativeModelSpecification",
        }
    }

    /// What kind of data it describes.
    pub fn data_type(&self) -> DataType {
        match self {
            Self::Table(_) => DataType::Table,
            Self::Text(_) | Self::Parameters(_) => DataType::Text,
            Self::Image(_) | Self::ReferenceImage(_) => DataType::Image,
        }
    }

    /// Its weighted point set.
    pub fn rkme(&self) -> &Rkme {
        match self {
            Self::Table(rkme) | Self::ReferenceImage(rkme) => rkme,
            Self::Text(text) => &text.rkme,
            Self::Image(image) => &image.rkme,
            Self::Parameters(vector) => vector.direction(),
        }
    }

    /// Whether it is a direction, which has no parts that somebody could cover.
    pub fn is_direction(&self) -> bool {
        match self {
            Self::Parameters(_) => true,
            Self::Table(_) | Self::Text(_) | Self::Image(_) | Self::ReferenceImage(_) => false,
        }
    }

    /// The table specification it is, if it is one.
    pub fn as_table(&self) -> Option<&Rkme> {
        match self {
            Self::Table(table) => Some(table),
            Self::Text(_) | Self::Image(_) | Self::ReferenceImage(_) | Self::Parameters(_) => None,
        }
    }

    /// Who embedded its data; `None` where points are the data's own numbers or no data at all.
    pub fn embedder(&self) -> Option<&EmbedderId> {
        match self {
            Self::Table(_) | Self::ReferenceImage(_) | Self::Parameters(_) => None,
            Self::Text(text) => Some(&text.embedder),
            Self::Image(image) => Some(&image.embedder),
        }
    }

    /// Languages of the texts, sorted; empty when unknown or not texts.
    pub fn languages(&self) -> &[String] {
        match self {
            Self::Text(text) => &text.languages,
            Self::Table(_) | Self::Image(_) | Self::ReferenceImage(_) | Self::Parameters(_) => &[],
        }
    }

    /// Whether it knows the languages `wanted`, as far as both tell (reference: the user's must be among the
    /// learnware's).
    pub fn speaks(&self, wanted: &[String]) -> bool {
        speaks(self.languages(), wanted)
    }

    /// Which island the specification lives in.
    pub fn island(&self) -> IslandKey {
        match self {
            Self::Table(table) => IslandKey::Table { dimension: table.dimension() },
            Self::Text(text) => IslandKey::Text { embedder: text.embedder.clone() },
            Self::Image(image) => IslandKey::Image { embedder: image.embedder.clone() },
            Self::ReferenceImage(image) => IslandKey::ReferenceImage { shape: image.sample_shape().to_vec() },
            Self::Parameters(vector) => IslandKey::Parameters { base: vector.base().clone() },
        }
    }
}

/// Whether somebody with these languages knows the languages `wanted`, as far as both tell.
pub fn speaks(own: &[String], wanted: &[String]) -> bool {
    own.is_empty() || wanted.iter().all(|language| own.contains(language))
}

/// What makes specifications comparable: kind and dimensions, or kind and embedder.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, serde::Serialize, serde::Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum IslandKey {
    /// Tables of one width.
    Table {
        /// Number of model inputs.
        dimension: usize,
    },
    /// Texts by one embedder.
    Text {
        /// Which.
        embedder: EmbedderId,
    },
    /// Images by one embedder.
    Image {
        /// Which.
        embedder: EmbedderId,
    },
    /// Images as the reference describes them.
    ReferenceImage {
        /// Channels, height, width.
        shape: Vec<usize>,
    },
    /// Texts by what they change in one base model.
    Parameters {
        /// Which, and how it is trained; its dimension is the number of parameters that change.
        base: EmbedderId,
    },
}

impl IslandKey {
    /// Whether its specifications are directions: compared one by one, with nothing that bounds distances.
    pub fn is_of_directions(&self) -> bool {
        match self {
            Self::Parameters { .. } => true,
            Self::Table { .. } | Self::Text { .. } | Self::Image { .. } | Self::ReferenceImage { .. } => {
                false
            }
        }
    }

    /// Numbers in a point of the island's specifications.
    pub fn dimension(&self) -> usize {
        match self {
            Self::Table { dimension } => *dimension,
            Self::Text { embedder } | Self::Image { embedder } => embedder.dimension,
            Self::ReferenceImage { shape } => shape.iter().product(),
            Self::Parameters { base } => parameters::kept_count(base.dimension),
        }
    }
}

impl std::fmt::Display for IslandKey {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Table { dimension } => write!(f, "tables of {dimension} inputs"),
            Self::Text { embedder } => write!(f, "texts embedded by {}", embedder.name),
            Self::Image { embedder } => write!(f, "images embedded by {}", embedder.name),
            Self::ReferenceImage { shape } => write!(f, "the reference's image specifications {shape:?}"),
            Self::Parameters { base } => write!(f, "texts by what they change in {}", base.name),
        }
    }
}
