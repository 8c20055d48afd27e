//! Who turns texts and images into numbers, or learns from texts: what is built in, and what a caller brings.

use learnware_engine::embedder::EmbedderId;
use learnware_engine::image::generate::{self, NngpParameters};
use learnware_engine::image::{ImageBatch, embed, nngp};
use learnware_engine::numeric::Matrix;
use learnware_engine::specification::parameters::LanguageBase;
use learnware_engine::specification::{IslandKey, Rkme, compat};
use learnware_engine::text::{HashedEmbedder, TextEmbedder};

use crate::datafile::{Content, Data, Pictures};
use crate::error::Result;
use crate::specfile::Generation;
use crate::watcher::{Stage, Watcher};

/// Texts embedded between two steps of the progress bar.
const TEXTS_AT_ONCE: usize = 256;
/// The same for images.
const IMAGES_AT_ONCE: usize = 256;

/// The embedders at hand.
pub struct Embedders {
    texts: Vec<Box<dyn TextEmbedder>>,
    base: Option<Box<dyn LanguageBase>>,
}

impl Default for Embedders {
    fn default() -> Self {
        Self::built_in()
    }
}

impl Embedders {
    /// Those that need no files.
    pub fn built_in() -> Self {
        Self { texts: vec![Box::new(HashedEmbedder::new())], base: None }
    }

    /// The same, and before them another one for texts.
    #[must_use]
    pub fn preferring(mut self, embedder: Box<dyn TextEmbedder>) -> Self {
        self.texts.insert(0, embedder);
        self
    }

    /// The same, and texts are described by what they change in a language model.
    #[must_use]
    pub fn learning_by(mut self, base: Box<dyn LanguageBase>) -> Self {
        self.base = Some(base);
        self
    }

    /// The language model whose change describes texts, where there is one.
    pub fn base(&self) -> Option<&dyn LanguageBase> {
        self.base.as_deref()
    }

    /// The one that embeds texts when nothing else is asked for.
    pub fn preferred_text(&self) -> &dyn TextEmbedder {
        self.texts[0].as_ref()
    }

    /// The text embedder of that identity.
    pub fn text(&self, id: &EmbedderId) -> Option<&dyn TextEmbedder> {
        self.texts.iter().map(AsRef::as_ref).find(|embedder| embedder.id() == *id)
    }

    /// Texts as points.
    pub fn embed_texts(
        embedder: &dyn TextEmbedder,
        texts: &[String],
        watcher: &dyn Watcher,
    ) -> Result<Matrix> {
        let progress = watcher.begin(Stage::EmbeddingTexts, Some(texts.len() as u64));
        let mut values = Vec::with_capacity(texts.len() * embedder.id().dimension);
        for part in texts.chunks(TEXTS_AT_ONCE) {
            values.extend(embedder.embed(part)?.into_vec());
            progress.reached((values.len() / embedder.id().dimension.max(1)) as u64);
        }
        Ok(Matrix::new(texts.len(), embedder.id().dimension, values)?)
    }

    /// Whether an embedder of that identity is at hand.
    pub fn has(&self, id: &EmbedderId) -> bool {
        self.text(id).is_some() || *id == embed::id()
    }

    /// The data in an island of texts or images; `None` when its embedder is not at hand.
    pub fn embed(&self, island: &IslandKey, data: &Data, watcher: &dyn Watcher) -> Result<Option<Matrix>> {
        match (island, &data.content) {
            (IslandKey::Text { embedder }, Content::Texts(texts)) => {
                let embedder = self.text(embedder);
                embedder.map(|embedder| Self::embed_texts(embedder, texts, watcher)).transpose()
            }
            (IslandKey::Image { embedder }, Content::Images(pictures)) if *embedder == embed::id() => {
                Self::embed_images(pictures, watcher).map(Some)
            }
            _ => Ok(None),
        }
    }

    /// Images as points, some at a time so that large ones need little memory.
    pub fn embed_images(pictures: &Pictures, watcher: &dyn Watcher) -> Result<Matrix> {
        let progress = watcher.begin(Stage::EmbeddingImages, Some(pictures.len() as u64));
        let mut values = Vec::with_capacity(pictures.len() * embed::DIMENSION);
        for part in pictures.parts(IMAGES_AT_ONCE) {
            values.extend(embed::embed(&part?)?.into_vec());
            progress.reached((values.len() / embed::DIMENSION) as u64);
        }
        Ok(Matrix::new(pictures.len(), embed::DIMENSION, values)?)
    }
}

/// The specification of images as the reference makes it, and its squared distance to a sample of the data.
pub fn reference_images(images: &ImageBatch, arguments: &Generation) -> Result<(Rkme, f64)> {
    let parameters = NngpParameters {
        reduced_set_size: arguments.reduced_set_size,
        seed: arguments.seed,
        ..NngpParameters::default()
    };
    let made = generate::generate(images, &parameters)?;
    let shape = [made.images.channels(), nngp::SIDE, nngp::SIDE];
    let values = (0..made.images.count()).flat_map(|image| made.images.pixels(image)).copied();
    let points = Matrix::new(made.images.count(), shape.iter().product(), values.map(f64::from).collect())?;
    let rkme = Rkme::new(points, made.weights, compat::ReferenceParameters::default().gamma, images.count())?;
    Ok((rkme.with_sample_shape(shape.to_vec())?, made.distance))
}
