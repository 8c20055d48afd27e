//! New packages: a model file or a Python folder, its specifications, and a zip that the reference can run.
//!
//! A model that is data gets an `__init__.py` beside it, which loads the same file with its own library, so
//! the reference (which only knows Python) runs the same zip. The same input gives the same bytes.

use std::collections::BTreeMap;
use std::path::Path;

use learnware_engine::learnware::ModelFormat;
use learnware_engine::semantic::SemanticSpecification;
use learnware_engine::specification::{StatisticalSpecification, codec};

use crate::archive;
use crate::error::{PackageError, Result};
use crate::manifest::{MANIFEST_FILE, MORE_SPECIFICATIONS, Manifest, SEMANTIC_FILE, SPECIFICATION_MODULE};
use crate::native;
use crate::package::FILE_BYTES_MAX;
use crate::yaml::Yaml;

const COMMON: &str = include_str!("common.py");
const REQUIREMENTS_FILE: &str = "requirements.txt";

/// What the model is.
#[derive(Debug, Clone, PartialEq)]
pub enum ModelSource {
    /// A model that is data: its format, the bytes of its file.
    Data(ModelFormat, Vec<u8>),
    /// Python code.
    Python(PythonSource),
}

/// A model that is Python code.
#[derive(Debug, Clone, PartialEq)]
pub struct PythonSource {
    /// Files by their name in the package; `requirements.txt` or `environment.yaml` belongs to them.
    pub files: BTreeMap<String, Vec<u8>>,
    /// Class of the model.
    pub class_name: String,
    /// File with the class, usually `__init__.py`.
    pub module_path: String,
    /// Arguments for the class: a [`Yaml::Map`].
    pub kwargs: Yaml,
}

/// Puts a package together.
#[derive(Debug, Clone, PartialEq)]
pub struct PackageWriter {
    /// The model.
    pub source: ModelSource,
    /// What its data looks like, in numbers.
    pub statistical: Vec<StatisticalSpecification>,
    /// What it is for, in words.
    pub semantic: Option<SemanticSpecification>,
    /// Name for people; part of the manifest.
    pub name: Option<String>,
}

impl ModelSource {
    /// Finds out what lies at `path`: a folder is Python code with the class `class_name` in `__init__.py`,
    /// a file is a model that is data, told by its ending and its first bytes.
    pub fn from_path(path: &Path, class_name: &str) -> Result<Self> {
        if path.is_dir() {
            return Ok(Self::Python(PythonSource {
                files: folder(path)?,
                class_name: class_name.to_owned(),
                module_path: "__init__.py".to_owned(),
                kwargs: Yaml::Map(Vec::new()),
            }));
        }
        let bytes = std::fs::read(path).map_err(PackageError::file(path))?;
        let format = native::format_of(path, &bytes).ok_or_else(|| PackageError::Manifest {
            file: path.display().to_string(),
            reason: "it is not a folder and not a model in ONNX, LightGBM text or XGBoost JSON form".into(),
        })?;
        Ok(Self::Data(format, bytes))
    }
}

impl PackageWriter {
    /// A package without name and semantic specification.
    pub fn new(source: ModelSource, statistical: Vec<StatisticalSpecification>) -> Self {
        Self { source, statistical, semantic: None, name: None }
    }

    /// The zip file.
    pub fn write(&self) -> Result<Vec<u8>> {
        let mut files = BTreeMap::new();
        let mut document = Yaml::Map(Vec::new());
        if let Some(name) = &self.name {
            document.set("name", Yaml::Text(name.clone()));
        }
        let model = match &self.source {
            ModelSource::Data(format, bytes) => {
                document.set("format", text(format.word()));
                self.data_model(*format, bytes, &mut files)?
            }
            ModelSource::Python(python) => {
                files.extend(python.files.clone());
                let mut model = Yaml::Map(Vec::new());
                model.set("class_name", text(&python.class_name));
                model.set("module_path", text(&python.module_path));
                model.set("kwargs", python.kwargs.clone());
                model
            }
        };
        document.set("model", model);
        let (mut declared, mut more) = (Vec::new(), Vec::new());
        // The reference refuses a package with a kind that it does not know, but not a key.
        let has_shared = self.statistical.iter().any(is_shared);
        for (index, specification) in self.statistical.iter().enumerate() {
            let name = if index == 0 { "stat.json".to_owned() } else { format!("stat_{}.json", index + 1) };
            files.insert(name.clone(), codec::to_json(specification).to_string().into_bytes());
            let mut entry = Yaml::Map(Vec::new());
            entry.set("module_path", text(SPECIFICATION_MODULE));
            entry.set("class_name", text(specification.type_name()));
            entry.set("file_name", Yaml::Text(name));
            entry.set("kwargs", Yaml::Map(Vec::new()));
            if has_shared && !is_shared(specification) { more.push(entry) } else { declared.push(entry) }
        }
        document.set("stat_specifications", Yaml::List(declared));
        if !more.is_empty() {
            document.set(MORE_SPECIFICATIONS, Yaml::List(more));
        }
        if let Some(semantic) = &self.semantic {
            let mut section = Yaml::Map(Vec::new());
            section.set("file_name", text(SEMANTIC_FILE));
            document.set("semantic_specification", section);
            files.insert(SEMANTIC_FILE.into(), semantic.to_json().to_string().into_bytes());
        }
        // What we write must be what we read.
        let manifest = Manifest::parse(&document.write())?;
        files.insert(MANIFEST_FILE.into(), manifest.write().into_bytes());
        archive::write(&files)
    }

    fn data_model(
        &self,
        format: ModelFormat,
        bytes: &[u8],
        files: &mut BTreeMap<String, Vec<u8>>,
    ) -> Result<Yaml> {
        let (file_name, code, requirement) = match format {
            ModelFormat::Onnx => ("model.onnx", include_str!("onnx.py"), "onnxruntime"),
            ModelFormat::LightGbm => ("model.txt", include_str!("lightgbm.py"), "lightgbm"),
            ModelFormat::XgBoost => ("model.json", include_str!("xgboost.py"), "xgboost"),
            ModelFormat::Python => {
                return Err(PackageError::Manifest {
                    file: MANIFEST_FILE.into(),
                    reason: "Python code is given as a folder".into(),
                });
            }
        };
        let loaded = native::load(format, bytes)
            .map_err(|error| PackageError::Manifest { file: file_name.into(), reason: error.to_string() })?;
        let width = |shape: Option<Vec<usize>>| shape.map(|shape| shape.iter().product::<usize>());
        let semantic = self.semantic.as_ref();
        let declared_input = semantic.and_then(|found| found.input.as_ref()).map(|found| found.dimension);
        let declared_output = semantic.and_then(|found| found.output.as_ref()).map(|found| found.dimension);
        let input = width(loaded.input_shape()).or(declared_input).unwrap_or(1);
        let output = width(loaded.output_shape()).or(declared_output).unwrap_or(1);
        files.insert("__init__.py".into(), format!("{COMMON}{code}").into_bytes());
        files.insert(REQUIREMENTS_FILE.into(), format!("numpy\n{requirement}\n").into_bytes());
        files.insert(file_name.into(), bytes.to_vec());
        let mut kwargs = Yaml::Map(Vec::new());
        kwargs.set("file_name", text(file_name));
        kwargs.set("input_width", Yaml::Int(i64::try_from(input).unwrap_or(i64::MAX)));
        kwargs.set("output_width", Yaml::Int(i64::try_from(output).unwrap_or(i64::MAX)));
        if let Some(shape) = loaded.input_shape().filter(|shape| shape.len() > 1) {
            let sides = shape.iter().map(|&side| Yaml::Int(i64::try_from(side).unwrap_or(i64::MAX)));
            kwargs.set("input_shape", Yaml::List(sides.collect()));
        }
        let mut model = Yaml::Map(Vec::new());
        model.set("class_name", text("Model"));
        model.set("module_path", text("__init__.py"));
        model.set("kwargs", kwargs);
        model.set("file_name", text(file_name));
        Ok(model)
    }
}

/// Whether the reference knows the kind too.
fn is_shared(specification: &StatisticalSpecification) -> bool {
    match specification {
        StatisticalSpecification::Table(_)
        | StatisticalSpecification::Text(_)
        | StatisticalSpecification::ReferenceImage(_) => true,
        // Our form of a parameter vector is not the reference's.
        StatisticalSpecification::Image(_) | StatisticalSpecification::Parameters(_) => false,
    }
}

fn text(word: &str) -> Yaml {
    Yaml::Text(word.to_owned())
}

/// All files below a folder by their names in a package; links, caches and hidden files are left out.
fn folder(root: &Path) -> Result<BTreeMap<String, Vec<u8>>> {
    let mut files = BTreeMap::new();
    let mut waiting = vec![(root.to_owned(), String::new())];
    let mut total = 0;
    while let Some((path, prefix)) = waiting.pop() {
        for item in std::fs::read_dir(&path).map_err(PackageError::file(&path))? {
            let item = item.map_err(PackageError::file(&path))?;
            let kind = item.file_type().map_err(PackageError::file(item.path()))?;
            let name = item.file_name().to_string_lossy().into_owned();
            if name.starts_with('.') || name == "__pycache__" || kind.is_symlink() {
                continue;
            }
            let inside = format!("{prefix}{name}");
            archive::check_name(&inside)?;
            if kind.is_dir() {
                waiting.push((item.path(), format!("{inside}/")));
            } else {
                let content = std::fs::read(item.path()).map_err(PackageError::file(item.path()))?;
                total += content.len() as u64;
                if total > FILE_BYTES_MAX {
                    return Err(PackageError::OverLimit {
                        what: "bytes of the folder",
                        found: total,
                        allowed: FILE_BYTES_MAX,
                    });
                }
                files.insert(inside, content);
            }
        }
    }
    Ok(files)
}
