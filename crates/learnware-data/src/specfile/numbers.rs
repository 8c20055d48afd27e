//! Data as the numbers that specifications are made of, without a specification.

use std::path::Path;

use learnware_engine::image::embed;
use learnware_engine::numeric::Matrix;
use learnware_engine::semantic::{DataType, Missing};
use learnware_engine::specification::IslandKey;
use learnware_engine::text::languages;

use super::{Maker, require_several};
use crate::datafile::{self, Content};
use crate::embedders::Embedders;
use crate::error::{Placed as _, Result};

/// Rows, texts or images as points of an island.
#[derive(Debug)]
pub struct Numbers {
    /// The island that the data belongs to.
    pub island: IslandKey,
    /// One row for each example.
    pub points: Matrix,
    /// Languages of texts.
    pub languages: Vec<String>,
    /// A column whose absent values became its mean.
    pub filled: Option<String>,
}

impl Maker<'_> {
    /// Reads the data as numbers, as a specification of it is made.
    pub fn numbers(&self, path: &Path) -> Result<Numbers> {
        let options = self.options.clone().for_images(self.image_shape);
        let data = datafile::read(self.at(path), &options, self.watcher)?;
        if data.kind() != DataType::Table {
            require_several(path, &data)?;
        }
        match &data.content {
            Content::Table(table) => {
                let (_, filling, points) = self.encoded(table).at(path)?;
                let is_filled = |missing| matches!(missing, Missing::Fill(_));
                let filled = filling.into_iter().find(|column| is_filled(column.missing));
                let island = IslandKey::Table { dimension: points.columns() };
                let filled = filled.map(|column| column.name);
                Ok(Numbers { island, points, languages: Vec::new(), filled })
            }
            Content::Texts(texts) => {
                let embedder = self.embedders.preferred_text();
                let points = Embedders::embed_texts(embedder, texts, self.watcher).at(path)?;
                let island = IslandKey::Text { embedder: embedder.id() };
                Ok(Numbers { island, points, languages: languages(texts), filled: None })
            }
            Content::Images(pictures) => {
                let points = Embedders::embed_images(pictures, self.watcher).at(path)?;
                let island = IslandKey::Image { embedder: embed::id() };
                Ok(Numbers { island, points, languages: Vec::new(), filled: None })
            }
        }
    }
}
