//! Model files as people have them: which format they are, and what can't be packed.

use std::path::{Path, PathBuf};

use anyhow::Context as _;
use learnware_engine::learnware::{ModelFormat, Specification};
use learnware_package::native::{self, ModelFacts};
use learnware_package::template::{ModelSource, PackageWriter};

use crate::cli::FormatWord;
use crate::error::advised;

/// A model that shall be packed.
#[derive(Debug)]
pub(crate) enum ModelFile {
    /// One file of data.
    Data {
        /// How it is stored.
        format: ModelFormat,
        /// The file's bytes.
        bytes: Vec<u8>,
    },
    /// A folder with Python code.
    Folder(PathBuf),
}

impl ModelFile {
    /// Reads the model; the format is found out when it is not given.
    pub(crate) fn read(path: &Path, format: Option<FormatWord>) -> anyhow::Result<Self> {
        if path.is_dir() {
            return folder(path, format);
        }
        if !path.exists() {
            return Err(advised(format!("there is no model {}", path.display()), "check the path"));
        }
        let bytes = std::fs::read(path).with_context(|| format!("cannot read {}", path.display()))?;
        let format = match format {
            Some(FormatWord::Onnx) => ModelFormat::Onnx,
            Some(FormatWord::Lightgbm) => ModelFormat::LightGbm,
            Some(FormatWord::Xgboost) => ModelFormat::XgBoost,
            Some(FormatWord::Python) => return Err(code(path)),
            None => found(path, &bytes)?,
        };
        Ok(Self::Data { format, bytes })
    }

    /// How it is stored.
    pub(crate) fn format(&self) -> ModelFormat {
        match self {
            Self::Data { format, .. } => *format,
            Self::Folder(_) => ModelFormat::Python,
        }
    }

    /// What the file says of itself; nothing of code.
    pub(crate) fn facts(&self) -> anyhow::Result<ModelFacts> {
        match self {
            Self::Data { format, bytes } => native::facts(*format, bytes).context("the model cannot be read"),
            Self::Folder(_) => Ok(ModelFacts::default()),
        }
    }
}

/// The package of a model.
pub(crate) fn package(model: &ModelFile, specification: &Specification) -> anyhow::Result<Vec<u8>> {
    let source = match model {
        ModelFile::Data { format, bytes } => ModelSource::Data(*format, bytes.clone()),
        ModelFile::Folder(path) => ModelSource::from_path(path, &class_name(path))?,
    };
    let mut writer = PackageWriter::new(source, specification.statistical.clone());
    writer.name = Some(specification.semantic.name.clone());
    writer.semantic = Some(specification.semantic.clone());
    Ok(writer.write()?)
}

/// The class in `__init__.py` that is a `BaseModel`, else `Model`.
fn class_name(folder: &Path) -> String {
    let code = std::fs::read_to_string(folder.join("__init__.py")).unwrap_or_default();
    let named = code.lines().find_map(|line| {
        let (name, parents) = line.strip_prefix("class ")?.split_once('(')?;
        parents.contains("BaseModel").then(|| name.trim().to_owned())
    });
    named.unwrap_or_else(|| "Model".into())
}

fn folder(path: &Path, format: Option<FormatWord>) -> anyhow::Result<ModelFile> {
    match format {
        None | Some(FormatWord::Python) => {}
        Some(FormatWord::Onnx | FormatWord::Lightgbm | FormatWord::Xgboost) => {
            return Err(advised(
                format!("{} is a folder, but models of this format are one file", path.display()),
                "name the model file",
            ));
        }
    }
    if !path.join("__init__.py").is_file() {
        return Err(advised(
            format!("{} has no __init__.py", path.display()),
            "a Python learnware has a class `Model` in __init__.py with a method `predict(self, X)`",
        ));
    }
    Ok(ModelFile::Folder(path.to_owned()))
}

fn found(path: &Path, bytes: &[u8]) -> anyhow::Result<ModelFormat> {
    if let Some(format) = native::format_of(path, bytes) {
        return Ok(format);
    }
    let ending = path.extension().and_then(|ending| ending.to_str()).unwrap_or_default().to_ascii_lowercase();
    match ending.as_str() {
        "ubj" | "deprecated" => Err(advised(
            format!("{} is XGBoost's binary form", path.display()),
            "save it as JSON: booster.save_model(\"model.json\")",
        )),
        "py" | "pkl" | "pickle" | "joblib" | "pt" | "pth" | "h5" | "keras" => Err(code(path)),
        _ => Err(advised(
            format!("{}: the format of the model is not known", path.display()),
            "say --format onnx, lightgbm, xgboost or python",
        )),
    }
}

fn code(path: &Path) -> anyhow::Error {
    advised(
        format!("{} needs Python to be read", path.display()),
        "export the model to ONNX (it then runs anywhere, without code), or name a folder whose __init__.py has a \
         class `Model` that loads the file",
    )
}
