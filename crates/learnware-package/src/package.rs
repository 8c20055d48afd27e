//! A package: manifest, specifications and files of one learnware, typed once when it is opened.
//!
//! Opening executes nothing and writes nothing. Whether the learnware is any good is for the checkers; a
//! package that opens is only well formed.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;

use learnware_engine::learnware::{LearnwareId, ModelFormat, Specification};
use learnware_engine::semantic::{SemanticSpecification, scores};
use learnware_engine::specification::{StatisticalSpecification, codec};

use crate::archive::{self, Archive};
use crate::error::{PackageError, Result};
use crate::manifest::{MANIFEST_FILE, Manifest, SEMANTIC_FILE, is_python_file};
use crate::yaml::YAML_BYTES_MAX;

/// A statistical specification file in bytes at most: four million numbers with 20 digits, and some air.
pub const SPECIFICATION_BYTES_MAX: u64 = 128 << 20;
/// A semantic specification file in bytes at most; descriptions end at 10,000 characters.
pub const SEMANTIC_BYTES_MAX: u64 = 4 << 20;
/// A single file that is read into memory at most.
pub const FILE_BYTES_MAX: u64 = archive::UNCOMPRESSED_BYTES_MAX;

/// An opened package, whose files stay in its zip until they are read. Cheap to clone.
#[derive(Debug, Clone)]
pub struct Package {
    content: Arc<Content>,
}

#[derive(Debug)]
struct Content {
    archive: Archive,
    manifest: Manifest,
    semantic: Option<SemanticSpecification>,
    statistical: Vec<StatisticalSpecification>,
    benchmarks: BTreeMap<String, f64>,
}

impl Package {
    /// Opens the zip file at `path`.
    pub fn open(path: &Path) -> Result<Self> {
        Self::new(Archive::open(path)?)
    }

    /// Opens a zip file in memory.
    pub fn from_bytes(bytes: Vec<u8>) -> Result<Self> {
        Self::new(Archive::from_bytes(bytes)?)
    }

    fn new(archive: Archive) -> Result<Self> {
        let manifest = Manifest::parse(&text_file(&archive, MANIFEST_FILE)?)?;
        let mut statistical: Vec<StatisticalSpecification> = Vec::new();
        for declared in &manifest.specifications {
            if manifest.leaves_specifications_open() && !archive.contains(&declared.file_name) {
                continue;
            }
            let bytes = archive.read(&declared.file_name, SPECIFICATION_BYTES_MAX)?;
            let found = codec::from_bytes(&bytes, declared.kind)
                .map_err(|source| PackageError::Specification { file: declared.file_name.clone(), source })?;
            // As in the reference, a later one replaces an earlier one of the same kind.
            statistical.retain(|known| known.type_name() != found.type_name());
            statistical.push(found);
        }
        let data_file = manifest.model.file_name.as_deref();
        let module = Some(manifest.model.module_path.as_str()).filter(|path| is_python_file(path));
        let needed = if manifest.format.has_code() { module } else { data_file };
        if let Some(name) = needed.filter(|name| !archive.contains(name)) {
            return Err(PackageError::Missing { name: name.to_owned() });
        }
        let benchmarks = benchmarks(&archive, &manifest)?;
        let semantic = semantic(&archive, &manifest)?.map(|semantic| with_benchmarks(semantic, &benchmarks));
        Ok(Self { content: Arc::new(Content { archive, manifest, semantic, statistical, benchmarks }) })
    }

    /// What the package declares about itself.
    pub fn manifest(&self) -> &Manifest {
        &self.content.manifest
    }

    /// How its model is stored.
    pub fn format(&self) -> ModelFormat {
        self.content.manifest.format
    }

    /// Its semantic specification, when the zip has one.
    pub fn semantic(&self) -> Option<&SemanticSpecification> {
        self.content.semantic.as_ref()
    }

    /// Its statistical specifications, at most one of each kind.
    pub fn statistical(&self) -> &[StatisticalSpecification] {
        &self.content.statistical
    }

    /// Both kinds together; `semantic` replaces what the zip says, and one of the two must be there.
    pub fn specification(&self, semantic: Option<SemanticSpecification>) -> Result<Specification> {
        let semantic = semantic
            .or_else(|| self.content.semantic.clone())
            .ok_or_else(|| PackageError::Missing { name: SEMANTIC_FILE.into() })?;
        let semantic = with_benchmarks(semantic, &self.content.benchmarks);
        Ok(Specification { semantic, statistical: self.content.statistical.clone() })
    }

    /// BLAKE3 of the zip file, in hexadecimal; reads all of it.
    pub fn digest(&self) -> Result<String> {
        Ok(self.content.archive.digest()?.to_hex().to_string())
    }

    /// Names of its files, in order.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        self.content.archive.names()
    }

    /// Whether it has a file of that name.
    pub fn contains(&self, name: &str) -> bool {
        self.content.archive.contains(name)
    }

    /// One of its files.
    pub fn read(&self, name: &str) -> Result<Vec<u8>> {
        self.content.archive.read(name, FILE_BYTES_MAX)
    }

    /// One of its text files, of at most a megabyte.
    pub fn read_text(&self, name: &str) -> Result<String> {
        text_file(&self.content.archive, name)
    }

    /// Unpacks it into `folder`, which must be empty or absent.
    pub fn extract(&self, folder: &Path) -> Result<()> {
        self.content.archive.extract(folder)
    }

    /// The zip as a dock serves it: manifest at the root with `id`, and the semantic specification in its
    /// own file, which is what the reference's client reads. The same input gives the same bytes.
    pub fn repack(&self, id: &LearnwareId, semantic: &SemanticSpecification) -> Result<Vec<u8>> {
        let mut files = BTreeMap::new();
        for name in self.names().filter(|name| !name.contains("__pycache__/")) {
            files.insert(name.to_owned(), self.read(name)?);
        }
        files.insert(MANIFEST_FILE.into(), self.manifest().served_as(&id.0).write().into_bytes());
        files.insert(SEMANTIC_FILE.into(), semantic.to_json().to_string().into_bytes());
        archive::write(&files)
    }
}

/// The semantic specification with the package's scores, where it has none of its own.
fn with_benchmarks(
    mut semantic: SemanticSpecification,
    benchmarks: &BTreeMap<String, f64>,
) -> SemanticSpecification {
    if semantic.benchmarks.is_empty() {
        semantic.benchmarks.clone_from(benchmarks);
    }
    semantic
}

/// Scores by benchmark.
fn benchmarks(archive: &Archive, manifest: &Manifest) -> Result<BTreeMap<String, f64>> {
    let Some(name) = &manifest.benchmarks_file else { return Ok(BTreeMap::new()) };
    let bytes = archive.read(name, SEMANTIC_BYTES_MAX)?;
    let value: serde_json::Value = serde_json::from_slice(&bytes).map_err(|error| {
        PackageError::Manifest { file: name.clone(), reason: format!("not JSON: {error}") }
    })?;
    // The reference writes null before it has measured anything.
    match value.get("score_dict") {
        None | Some(serde_json::Value::Null) => Ok(BTreeMap::new()),
        Some(found) => {
            scores(found).map_err(|source| PackageError::Specification { file: name.clone(), source })
        }
    }
}

fn text_file(archive: &Archive, name: &str) -> Result<String> {
    let bytes = archive.read(name, YAML_BYTES_MAX)?;
    let text = String::from_utf8(bytes).map_err(|_| PackageError::Manifest {
        file: name.to_owned(),
        reason: "it is not UTF-8 text".into(),
    })?;
    Ok(text.strip_prefix('\u{feff}').map_or(text.clone(), str::to_owned))
}

fn semantic(archive: &Archive, manifest: &Manifest) -> Result<Option<SemanticSpecification>> {
    let name = match &manifest.semantic_file {
        Some(name) => name.as_str(),
        None if archive.contains(SEMANTIC_FILE) => SEMANTIC_FILE,
        None => return Ok(None),
    };
    let bytes = archive.read(name, SEMANTIC_BYTES_MAX)?;
    let value = serde_json::from_slice(&bytes).map_err(|error| PackageError::Manifest {
        file: name.to_owned(),
        reason: format!("not JSON: {error}"),
    })?;
    SemanticSpecification::from_json(&value)
        .map(Some)
        .map_err(|source| PackageError::Specification { file: name.to_owned(), source })
}
