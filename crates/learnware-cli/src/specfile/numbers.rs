//! Data as the numbers that specifications are made of, without a specification.

use std::path::Path;

use anyhow::Context as _;
use learnware_engine::image::embed;
use learnware_engine::numeric::Matrix;
use learnware_engine::semantic::{DataType, Missing};
use learnware_engine::specification::IslandKey;
use learnware_engine::text::languages;

use super::{Maker, require_several};
use crate::datafile::{self, Content};
use crate::embedders::Embedders;

/// Rows, texts or images as points of an island.
#[derive(Debug)]
pub(crate) struct Numbers {
    /// The island that the data belongs to.
    pub(crate) island: IslandKey,
    /// One row for each example.
    pub(crate) points: Matrix,
    /// Languages of texts.
    pub(crate) languages: Vec<String>,
    /// A column whose absent values became its mean.
    pub(crate) filled: Option<String>,
}

impl Maker<'_> {
    /// Reads the data as numbers, as a specification of it is made.
    pub(crate) fn numbers(&self, path: &Path) -> anyhow::Result<Numbers> {
        let options = self.options.clone().for_images(self.image_shape);
        let data = datafile::read(path, &options, self.printer)?;
        let place = || path.display().to_string();
        if data.kind() != DataType::Table {
            require_several(path, &data)?;
        }
        match &data.content {
            Content::Table(table) => {
                let (_, filling, points) = self.encoded(table).with_context(place)?;
                let is_filled = |missing| matches!(missing, Missing::Fill(_));
                let filled = filling.into_iter().find(|column| is_filled(column.missing));
                let island = IslandKey::Table { dimension: points.columns() };
                let filled = filled.map(|column| column.name);
                Ok(Numbers { island, points, languages: Vec::new(), filled })
            }
            Content::Texts(texts) => {
                let embedder = self.embedders.preferred_text();
                let points = Embedders::embed_texts(embedder, texts, self.printer).with_context(place)?;
                let island = IslandKey::Text { embedder: embedder.id() };
                Ok(Numbers { island, points, languages: languages(texts), filled: None })
            }
            Content::Images(pictures) => {
                let points = Embedders::embed_images(pictures, self.printer).with_context(place)?;
                let island = IslandKey::Image { embedder: embed::id() };
                Ok(Numbers { island, points, languages: Vec::new(), filled: None })
            }
        }
    }
}
