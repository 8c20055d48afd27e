//! Who turns texts and images into numbers on this machine: what is built in, and what `--embedder` names.

use std::path::Path;

use learnware_engine::embedder::EmbedderId;
use learnware_engine::image::generate::{self, NngpParameters};
use learnware_engine::image::{ImageBatch, embed, nngp};
use learnware_engine::numeric::Matrix;
use learnware_engine::specification::{IslandKey, Rkme, compat};
use learnware_engine::text::{HashedEmbedder, TextEmbedder};
use learnware_package::native::sentence::SentenceEmbedder;

use crate::cli::{EmbedderArgs, GenerateArgs};
use crate::datafile::{Content, Data, Pictures};
use crate::error::advised;
use crate::printer::Printer;

/// The word for the built-in embedder.
const BUILT_IN: &str = "builtin";
/// Before the folder that holds the reference's own sentence transformer.
const REFERENCE: &str = "reference=";
/// Texts embedded between two steps of the progress bar.
const TEXTS_AT_ONCE: usize = 256;
/// The same for images.
const IMAGES_AT_ONCE: usize = 256;

/// The embedders at hand.
pub(crate) struct Embedders {
    texts: Vec<Box<dyn TextEmbedder>>,
}

impl Embedders {
    /// The built-in ones, and before them the one that the arguments name.
    pub(crate) fn open(arguments: &EmbedderArgs) -> anyhow::Result<Self> {
        let mut texts: Vec<Box<dyn TextEmbedder>> = Vec::new();
        if let Some(name) = arguments.embedder.as_deref().filter(|name| *name != BUILT_IN) {
            texts.push(Box::new(from_folder(name)?));
        }
        texts.push(Box::new(HashedEmbedder::new()));
        Ok(Self { texts })
    }

    /// The one that embeds texts when nothing else is asked for.
    pub(crate) fn preferred_text(&self) -> &dyn TextEmbedder {
        self.texts[0].as_ref()
    }

    /// The text embedder of that identity.
    pub(crate) fn text(&self, id: &EmbedderId) -> Option<&dyn TextEmbedder> {
        self.texts.iter().map(AsRef::as_ref).find(|embedder| embedder.id() == *id)
    }

    /// Texts as points.
    pub(crate) fn embed_texts(
        embedder: &dyn TextEmbedder,
        texts: &[String],
        printer: &Printer,
    ) -> anyhow::Result<Matrix> {
        let progress = printer.progress("embedding texts", Some(texts.len() as u64));
        let mut values = Vec::with_capacity(texts.len() * embedder.id().dimension);
        for part in texts.chunks(TEXTS_AT_ONCE) {
            values.extend(embedder.embed(part)?.into_vec());
            progress.inc(part.len() as u64);
        }
        progress.finish_and_clear();
        Ok(Matrix::new(texts.len(), embedder.id().dimension, values)?)
    }

    /// Whether an embedder of that identity is at hand.
    pub(crate) fn has(&self, id: &EmbedderId) -> bool {
        self.text(id).is_some() || *id == embed::id()
    }

    /// The data in an island of texts or images; `None` when its embedder is not at hand.
    pub(crate) fn embed(
        &self,
        island: &IslandKey,
        data: &Data,
        printer: &Printer,
    ) -> anyhow::Result<Option<Matrix>> {
        match (island, &data.content) {
            (IslandKey::Text { embedder }, Content::Texts(texts)) => {
                let embedder = self.text(embedder);
                embedder.map(|embedder| Self::embed_texts(embedder, texts, printer)).transpose()
            }
            (IslandKey::Image { embedder }, Content::Images(pictures)) if *embedder == embed::id() => {
                Self::embed_images(pictures, printer).map(Some)
            }
            _ => Ok(None),
        }
    }

    /// Images as points, some at a time so that large ones need little memory.
    pub(crate) fn embed_images(pictures: &Pictures, printer: &Printer) -> anyhow::Result<Matrix> {
        let progress = printer.progress("embedding images", Some(pictures.len() as u64));
        let mut values = Vec::with_capacity(pictures.len() * embed::DIMENSION);
        for part in pictures.parts(IMAGES_AT_ONCE) {
            values.extend(embed::embed(&part?)?.into_vec());
            progress.set_position((values.len() / embed::DIMENSION) as u64);
        }
        progress.finish_and_clear();
        Ok(Matrix::new(pictures.len(), embed::DIMENSION, values)?)
    }
}

/// Loads the sentence transformer that `--embedder` names.
fn from_folder(name: &str) -> anyhow::Result<SentenceEmbedder> {
    let (folder, is_reference) = match name.strip_prefix(REFERENCE) {
        Some(folder) => (Path::new(folder), true),
        None => (Path::new(name), false),
    };
    if !folder.is_dir() {
        return Err(advised(
            format!("there is no embedder {name:?}: it is not `builtin`, and there is no such folder"),
            "name the folder of a sentence-transformer, with config.json, tokenizer.json and model.safetensors",
        ));
    }
    let open = || {
        let embedder = SentenceEmbedder::open(folder)?;
        if is_reference { embedder.vouched_as_reference() } else { Ok(embedder) }
    };
    open().map_err(|error| {
        advised(
            format!("{} is no sentence-transformer that can be read: {error}", folder.display()),
            "save it with `SentenceTransformer(NAME).save(FOLDER)`, with safetensors",
        )
    })
}

/// What to do when learnwares for the same kind of data are described by other embedders.
pub(crate) fn advice<'a>(own: &IslandKey, mut others: impl Iterator<Item = &'a IslandKey>) -> Option<String> {
    match own {
        IslandKey::Text { .. } => others.find_map(|other| match other {
            IslandKey::Text { embedder } => Some(format!(
                "Some learnwares for texts are described by {embedder}; {} compares your texts with them.",
                flag(embedder)
            )),
            _ => None,
        }),
        IslandKey::Image { .. } => {
            others.any(|other| matches!(other, IslandKey::ReferenceImage { .. })).then(|| {
                "Some learnwares for images are described in the reference's form; a specification made with \
             `learnware spec --compat` is compared with them."
                    .to_owned()
            })
        }
        IslandKey::Table { .. } | IslandKey::ReferenceImage { .. } => None,
    }
}

/// How the command line names an embedder of texts.
pub(crate) fn flag(embedder: &EmbedderId) -> String {
    if embedder.digest.is_empty() {
        return format!("--embedder {REFERENCE}FOLDER with that sentence-transformer");
    }
    if *embedder == HashedEmbedder::new().id() {
        return format!("--embedder {BUILT_IN}");
    }
    "--embedder FOLDER with that sentence-transformer".into()
}

/// The specification of images as the reference makes it, and its squared distance to a sample of the data.
pub(crate) fn reference_images(images: &ImageBatch, arguments: &GenerateArgs) -> anyhow::Result<(Rkme, f64)> {
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
