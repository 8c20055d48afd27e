//! `learnware.yaml`, read and written as the reference does.
//!
//! Class and module names of the model are data that only the fenced worker uses. Specification kinds are
//! a closed set: a manifest chooses among them and never names code. Keys that we do not know are kept, so
//! writing a manifest again loses nothing.
//!
//! Keys of ours, which the reference ignores: `format` (`python`, `onnx`, `lightgbm`, `xgboost`),
//! `model.file_name`, the data file of a model that is not code, and `more_specifications`, a list like
//! `stat_specifications` for kinds that the reference does not know and would stumble over.

use learnware_engine::learnware::ModelFormat;
use learnware_engine::specification::codec::SpecificationKind;

use crate::archive;
use crate::error::{PackageError, Result};
use crate::yaml::Yaml;

/// Name of the manifest in a package.
pub const MANIFEST_FILE: &str = "learnware.yaml";
/// Name of the semantic specification in packages that we write.
pub const SEMANTIC_FILE: &str = "semantic_specification.json";
/// Module that names the statistical specifications of the reference.
pub const SPECIFICATION_MODULE: &str = "learnware.specification";
/// Key of the specifications that the reference need not see.
pub const MORE_SPECIFICATIONS: &str = "more_specifications";
/// Statistical specifications in one package at most; there are four kinds.
pub const SPECIFICATIONS_MAX: usize = 8;

/// Class of the scores by benchmark, which say nothing about data.
const BENCHMARKS_CLASS: &str = "LLMGeneralCapabilitySpecification";
const DEFAULT_CLASS: &str = "Model";
const DEFAULT_MODULE: &str = "__init__.py";
const DEFAULT_SPECIFICATION_CLASS: &str = "RKMETableSpecification";
const DEFAULT_SPECIFICATION_FILE: &str = "stat_spec.json";

/// What a package declares about itself.
#[derive(Debug, Clone, PartialEq)]
pub struct Manifest {
    /// Name for people, if it has one.
    pub name: Option<String>,
    /// Identifier in a dock, written by the dock.
    pub id: Option<String>,
    /// How the model is stored.
    pub format: ModelFormat,
    /// Where the model is.
    pub model: ModelDeclaration,
    /// The statistical specifications.
    pub specifications: Vec<SpecificationDeclaration>,
    /// File of the scores by benchmark, if the manifest names one (`LLMGeneralCapabilitySpecification`).
    pub benchmarks_file: Option<String>,
    /// File of the semantic specification, if the manifest names one.
    pub semantic_file: Option<String>,
    document: Yaml,
}

/// Where the model is, as data for whatever runs it.
#[derive(Debug, Clone, PartialEq)]
pub struct ModelDeclaration {
    /// Name of the Python class.
    pub class_name: String,
    /// Python file in the package, or the dotted name of a module.
    pub module_path: String,
    /// Arguments for the class: a [`Yaml::Map`].
    pub kwargs: Yaml,
    /// Data file of a model that is not code.
    pub file_name: Option<String>,
}

/// One statistical specification.
#[derive(Debug, Clone, PartialEq)]
pub struct SpecificationDeclaration {
    /// Which kind.
    pub kind: SpecificationKind,
    /// Its file in the package.
    pub file_name: String,
}

impl Manifest {
    /// Reads the text of `learnware.yaml`; what is absent takes the reference's defaults.
    pub fn parse(text: &str) -> Result<Self> {
        let document = Yaml::parse(text).map_err(bad)?;
        if !matches!(document, Yaml::Map(_)) {
            return Err(bad(format!("it must be a map, but it is {}", document.kind())));
        }
        let model = model(document.get("model"))?;
        let format = match optional_text(&document, "format", "format")? {
            None => ModelFormat::Python,
            Some(word) => format_of(&word)?,
        };
        if format.has_code() == model.file_name.is_some() {
            return Err(bad(match model.file_name {
                Some(_) => "model.file_name is given, but format is not: onnx, lightgbm or xgboost".into(),
                None => format!("format is {}, so model.file_name must name its data file", format.word()),
            }));
        }
        let semantic_file = match document.get("semantic_specification") {
            None | Some(Yaml::Null) => None,
            Some(section @ Yaml::Map(_)) => file(section, "semantic_specification.file_name")?,
            Some(other) => return Err(bad(format!("semantic_specification is {}", other.kind()))),
        };
        let (specifications, benchmarks_file) =
            specifications(document.get("stat_specifications"), document.get(MORE_SPECIFICATIONS))?;
        Ok(Self {
            name: optional_text(&document, "name", "name")?,
            id: optional_text(&document, "id", "id")?,
            format,
            model,
            specifications,
            benchmarks_file,
            semantic_file,
            document,
        })
    }

    /// Whether it names no specifications: then there may be the one of old releases of the reference, or none.
    pub fn leaves_specifications_open(&self) -> bool {
        self.document.get("stat_specifications").is_none()
    }

    /// Writes the manifest, unknown keys included.
    pub fn write(&self) -> String {
        self.document.write()
    }

    /// The same manifest for a package that a dock serves under `id`, with the semantic specification in
    /// `semantic_specification.json`.
    #[must_use]
    pub fn served_as(&self, id: &str) -> Self {
        let mut manifest = self.clone();
        manifest.id = Some(id.to_owned());
        manifest.semantic_file = Some(SEMANTIC_FILE.to_owned());
        manifest.document.set("id", Yaml::Text(id.to_owned()));
        let mut section = Yaml::Map(Vec::new());
        section.set("file_name", Yaml::Text(SEMANTIC_FILE.to_owned()));
        manifest.document.set("semantic_specification", section);
        manifest
    }
}

fn bad(reason: String) -> PackageError {
    PackageError::Manifest { file: MANIFEST_FILE.to_owned(), reason }
}

fn format_of(word: &str) -> Result<ModelFormat> {
    [ModelFormat::Python, ModelFormat::Onnx, ModelFormat::LightGbm, ModelFormat::XgBoost]
        .into_iter()
        .find(|format| format.word() == word)
        .ok_or_else(|| bad(format!("format {word:?} is not one of: python, onnx, lightgbm, xgboost")))
}

/// Text under the last part of `place`; numbers count as text (`id: 00000001`, `name: 5`).
fn optional_text(map: &Yaml, key: &str, place: &str) -> Result<Option<String>> {
    match map.get(key) {
        None | Some(Yaml::Null) => Ok(None),
        Some(Yaml::Text(text)) => Ok(Some(text.clone())),
        Some(Yaml::Int(number)) => Ok(Some(number.to_string())),
        Some(other) => Err(bad(format!("{place} must be text, but it is {}", other.kind()))),
    }
}

/// A file name inside the package.
fn file(map: &Yaml, place: &str) -> Result<Option<String>> {
    let key = place.rsplit('.').next().unwrap_or(place);
    let Some(name) = optional_text(map, key, place)? else { return Ok(None) };
    let name = name.strip_prefix("./").map_or(name.clone(), str::to_owned);
    archive::check_name(&name)
        .map_err(|_| bad(format!("{place} {name:?} is not a plain name inside the package")))?;
    Ok(Some(name))
}

fn is_identifier(text: &str) -> bool {
    let mut characters = text.chars();
    characters.next().is_some_and(|c| c == '_' || c.is_alphabetic())
        && characters.all(|c| c == '_' || c.is_alphanumeric())
}

/// Whether a module path is a file, as the reference decides it.
pub(crate) fn is_python_file(module_path: &str) -> bool {
    std::path::Path::new(module_path).extension().is_some_and(|ending| ending == "py")
}

fn model(section: Option<&Yaml>) -> Result<ModelDeclaration> {
    let empty = Yaml::Map(Vec::new());
    let section = match section {
        None => &empty,
        Some(map @ Yaml::Map(_)) => map,
        Some(Yaml::Null) => {
            return Err(bad("model has no value; leave the key out or give class_name".into()));
        }
        Some(other) => return Err(bad(format!("model must be a map, but it is {}", other.kind()))),
    };
    let class_name =
        optional_text(section, "class_name", "model.class_name")?.unwrap_or_else(|| DEFAULT_CLASS.into());
    if !is_identifier(&class_name) {
        return Err(bad(format!("model.class_name {class_name:?} is not a Python name")));
    }
    let module_path =
        optional_text(section, "module_path", "model.module_path")?.unwrap_or_else(|| DEFAULT_MODULE.into());
    let module_path = if is_python_file(&module_path) {
        file(section, "model.module_path")?.unwrap_or(module_path)
    } else if module_path.split('.').all(is_identifier) {
        module_path
    } else {
        return Err(bad(format!("model.module_path {module_path:?} is neither a .py file nor a module")));
    };
    let kwargs = match section.get("kwargs") {
        None | Some(Yaml::Null) => empty.clone(),
        Some(map @ Yaml::Map(pairs))
            if pairs.iter().all(|(key, _)| key.text().is_some_and(is_identifier)) =>
        {
            map.clone()
        }
        Some(_) => return Err(bad("model.kwargs must be a map from Python names to values".into())),
    };
    Ok(ModelDeclaration { class_name, module_path, kwargs, file_name: file(section, "model.file_name")? })
}

/// The specifications, and the file of scores, which the reference keeps among them.
fn specifications(
    list: Option<&Yaml>,
    more: Option<&Yaml>,
) -> Result<(Vec<SpecificationDeclaration>, Option<String>)> {
    let more = match more {
        None | Some(Yaml::Null) => &[],
        Some(Yaml::List(items)) => items.as_slice(),
        Some(other) => return Err(bad(format!("{MORE_SPECIFICATIONS} is {}, not a list", other.kind()))),
    };
    let items = match list {
        None => {
            let default = SpecificationDeclaration {
                kind: kind_of(DEFAULT_SPECIFICATION_CLASS)?,
                file_name: DEFAULT_SPECIFICATION_FILE.into(),
            };
            return Ok((vec![default], None));
        }
        Some(Yaml::List(items)) if !items.is_empty() => items,
        Some(other) => {
            return Err(bad(format!(
                "stat_specifications must be a list with entries, but it is {}",
                other.kind()
            )));
        }
    };
    if items.len() + more.len() > SPECIFICATIONS_MAX {
        return Err(bad(format!("there are more than {SPECIFICATIONS_MAX} statistical specifications")));
    }
    let (mut found, mut benchmarks) = (Vec::new(), None);
    for item in items.iter().chain(more) {
        let (class_name, file_name) = declared(item)?;
        if class_name == BENCHMARKS_CLASS {
            benchmarks = Some(file_name);
        } else {
            found.push(SpecificationDeclaration { kind: kind_of(&class_name)?, file_name });
        }
    }
    Ok((found, benchmarks))
}

/// Class and file of a specification.
fn declared(item: &Yaml) -> Result<(String, String)> {
    let needed = |key: &str| {
        optional_text(item, key, &format!("stat_specifications.{key}"))?
            .ok_or_else(|| bad(format!("an entry of stat_specifications has no {key}")))
    };
    let module = optional_text(item, "module_path", "stat_specifications.module_path")?;
    let class_name = needed("class_name")?;
    // The reference imports whatever stands here; we only compare it with what we know.
    if let Some(module) = module.filter(|module| {
        module != SPECIFICATION_MODULE && !module.starts_with(&format!("{SPECIFICATION_MODULE}."))
    }) {
        return Err(bad(format!(
            "stat_specifications names {module}.{class_name}, which is not a kind of statistical specification; \
             module_path must be {SPECIFICATION_MODULE}. Nothing was executed"
        )));
    }
    let file_name = file(item, "stat_specifications.file_name")?
        .ok_or_else(|| bad("an entry of stat_specifications has no file_name".into()))?;
    Ok((class_name, file_name))
}

fn kind_of(class_name: &str) -> Result<SpecificationKind> {
    SpecificationKind::from_class_name(class_name)
        .map_err(|error| bad(format!("stat_specifications: {error}")))
}
