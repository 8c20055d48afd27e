//! Who turns texts and images into numbers on this machine, or learns from texts: what is built in, and what `--embedder`
//! and `--base` name.

use std::path::Path;

pub(crate) use learnware_data::embedders::Embedders;
use learnware_engine::embedder::EmbedderId;
use learnware_engine::specification::IslandKey;
use learnware_engine::text::{HashedEmbedder, TextEmbedder as _};
use learnware_package::native::language::LanguageModel;
use learnware_package::native::sentence::SentenceEmbedder;

use crate::cli::{BaseArgs, EmbedderArgs};
use crate::error::advised;

/// The word for the built-in embedder.
const BUILT_IN: &str = "builtin";
/// Before the folder that holds the reference's own sentence transformer.
const REFERENCE: &str = "reference=";
/// The built-in embedders, and before them the one that the arguments name.
pub(crate) fn open(arguments: &EmbedderArgs) -> anyhow::Result<Embedders> {
    let embedders = Embedders::built_in();
    Ok(match arguments.embedder.as_deref().filter(|name| *name != BUILT_IN) {
        None => embedders,
        Some(name) => embedders.preferring(Box::new(from_folder(name)?)),
    })
}

/// The same, and the language model that learns from texts, where the arguments name one.
pub(crate) fn open_with(arguments: &EmbedderArgs, base: &BaseArgs) -> anyhow::Result<Embedders> {
    let embedders = open(arguments)?;
    let Some(folder) = &base.base else { return Ok(embedders) };
    let model = LanguageModel::open(folder).map_err(|error| {
        advised(
            format!("{} is no language model that can be read: {error}", folder.display()),
            "name a folder with config.json, tokenizer.json and model.safetensors of a llama or qwen2 model",
        )
    })?;
    Ok(embedders.learning_by(Box::new(model)))
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
        IslandKey::Parameters { base: own } => others.find_map(|other| match other {
            IslandKey::Parameters { base } => Some(format!(
                "Some learnwares are described by what texts change in {base}, yours by what they change in {own}: only \
                 one base model, trained in one way, makes them comparable."
            )),
            _ => None,
        }),
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
