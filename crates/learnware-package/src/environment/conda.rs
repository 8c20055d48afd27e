//! `environment.yaml` of conda, translated to PyPI names: no conda is needed, and none is run.
//!
//! Packages that only carry parts of the system or of the interpreter are left out, since wheels bring what
//! they need. Programs that are not Python packages are refused with their names.

use pep508_rs::pep440_rs::VersionSpecifiers;

use super::{Builder, EnvironmentRequest, REQUIREMENT_BYTES_MAX};
use crate::error::{PackageError, Result};
use crate::yaml::Yaml;

const FILE: &str = "environment.yaml";

/// Packages with another name on PyPI.
const NAMES: &[(&str, &str)] = &[
    ("pytorch", "torch"),
    ("pytorch-cpu", "torch"),
    ("pytorch-gpu", "torch"),
    ("tensorflow-base", "tensorflow"),
    ("tensorflow-gpu", "tensorflow"),
    ("py-xgboost", "xgboost"),
    ("py-xgboost-cpu", "xgboost"),
    ("matplotlib-base", "matplotlib"),
    ("opencv", "opencv-python-headless"),
    ("py-opencv", "opencv-python-headless"),
    ("msgpack-python", "msgpack"),
    ("pytables", "tables"),
    ("dask-core", "dask"),
    ("seaborn-base", "seaborn"),
    ("ruamel_yaml", "ruamel.yaml"),
    ("brotlipy", "brotli"),
    ("typing_extensions", "typing-extensions"),
    ("importlib_metadata", "importlib-metadata"),
    ("backports.zoneinfo", "backports.zoneinfo"),
    ("sentence-transformers", "sentence-transformers"),
];

/// Parts of the system or of the interpreter: wheels bring what they need of them.
const SYSTEM: &[&str] = &[
    "_libgcc_mutex",
    "_openmp_mutex",
    "_pytorch_select",
    "_tflow_select",
    "blas",
    "bzip2",
    "c-ares",
    "ca-certificates",
    "cudatoolkit",
    "cudnn",
    "expat",
    "ffi",
    "freetype",
    "giflib",
    "icu",
    "intel-openmp",
    "jpeg",
    "krb5",
    "lcms2",
    "ld_impl_linux-64",
    "lerc",
    "llvm-openmp",
    "lz4-c",
    "mkl",
    "mkl-service",
    "mkl_fft",
    "mkl_random",
    "nccl",
    "ncurses",
    "ninja",
    "nomkl",
    "numpy-base",
    "openblas",
    "openjpeg",
    "openmp",
    "openssl",
    "pip",
    "python_abi",
    "pytorch-cuda",
    "pytorch-mutex",
    "readline",
    "sqlite",
    "tbb",
    "tk",
    "vc",
    "vs2015_runtime",
    "wheel",
    "xz",
    "yaml",
    "zlib",
    "zstd",
];
/// Python packages whose names look like libraries of the system.
const PYTHON_LIBRARIES: [&str; 4] = ["librosa", "libclang", "libcst", "libsvm"];
/// Programs that models call and PyPI does not have.
const PROGRAMS: &[&str] = &[
    "cmake",
    "compilers",
    "cxx-compiler",
    "ffmpeg",
    "gcc",
    "gxx",
    "gcc_linux-64",
    "gxx_linux-64",
    "git",
    "go",
    "julia",
    "make",
    "maven",
    "nodejs",
    "openjdk",
    "perl",
    "r-base",
    "r-essentials",
    "rust",
    "ruby",
    "swig",
];

/// Reads the file into a request.
pub(super) fn read(text: &str) -> Result<EnvironmentRequest> {
    let bad = |reason: String| PackageError::Manifest { file: FILE.into(), reason };
    let document = Yaml::parse(text.trim_start_matches('\u{feff}')).map_err(bad)?;
    let items = match document.get("dependencies") {
        None | Some(Yaml::Null) => &[][..],
        Some(Yaml::List(items)) => items,
        Some(other) => return Err(bad(format!("dependencies must be a list, but it is {}", other.kind()))),
    };
    let mut builder = Builder::default();
    let mut programs = Vec::new();
    for (index, item) in items.iter().enumerate() {
        match (item, item.get("pip")) {
            (Yaml::Text(text), _) => package(&mut builder, &mut programs, text, index + 1)?,
            (_, Some(Yaml::List(lines))) => {
                for line in lines {
                    let line = line
                        .text()
                        .ok_or_else(|| bad("the pip section holds something that is not text".into()))?;
                    builder.line(line, "environment.yaml (pip)", index + 1)?;
                }
            }
            (_, Some(Yaml::Null)) => {}
            _ => {
                return Err(bad(format!(
                    "item {} of dependencies is neither a package nor a pip section",
                    index + 1
                )));
            }
        }
    }
    if !programs.is_empty() {
        return Err(bad(format!(
            "it asks for programs that are not Python packages and cannot be translated: {}. Leave them out if \
             the model does not call them",
            programs.join(", ")
        )));
    }
    Ok(builder.finish())
}

/// Takes one conda dependency: `channel::name=version=build`, or name and version with comparisons.
fn package(builder: &mut Builder, programs: &mut Vec<String>, text: &str, place: usize) -> Result<()> {
    let bad = |reason: String| PackageError::Requirement { file: FILE.into(), line: place, reason };
    if text.len() > REQUIREMENT_BYTES_MAX {
        return Err(bad("it is too long".into()));
    }
    let text = text.rsplit("::").next().unwrap_or(text).split('[').next().unwrap_or(text).trim();
    let end = text.find(['=', '<', '>', '!', '~', ' ']).unwrap_or(text.len());
    let (name, rest) = (text[..end].to_lowercase(), text[end..].trim());
    let versions =
        versions(rest).ok_or_else(|| bad(format!("{text:?} has a version that is not understood")))?;
    if name == "python" {
        builder.python = Some(versions).filter(|text| !text.is_empty());
        return Ok(());
    }
    if PROGRAMS.contains(&name.as_str()) || name.starts_with("r-") {
        programs.push(name);
        return Ok(());
    }
    let is_library = name.starts_with("lib") && !PYTHON_LIBRARIES.contains(&name.as_str());
    if SYSTEM.contains(&name.as_str()) || is_library || name.starts_with('_') || name.starts_with("cuda-") {
        builder.notes.push(format!("conda package {name} left out: wheels bring what they need of it"));
        return Ok(());
    }
    let known = NAMES.iter().find(|(conda, _)| *conda == name).map(|(_, pypi)| *pypi);
    if let Some(pypi) = known.filter(|pypi| *pypi != name) {
        builder.notes.push(format!("conda package {name} is {pypi} on PyPI"));
    }
    builder.line(&format!("{}{versions}", known.unwrap_or(&name)), FILE, place)
}

/// Conda's version words as PEP 440 has them; `None` when they mean nothing.
fn versions(rest: &str) -> Option<String> {
    let specifiers = match rest.strip_prefix('=') {
        None if rest.is_empty() => return Some(String::new()),
        // `name 1.2.*` has no sign.
        None if rest.starts_with(|c: char| c.is_ascii_digit()) => format!("=={rest}"),
        None => rest.replace(' ', ""),
        Some(exact) if exact.starts_with('=') => format!("=={}", build_left_out(&exact[1..])),
        Some(exact) if exact.contains('=') => format!("=={}", build_left_out(exact)),
        Some(exact) if exact.ends_with('*') => format!("=={exact}"),
        Some(fuzzy) => format!("=={fuzzy}.*"),
    };
    specifiers.parse::<VersionSpecifiers>().ok().map(|_| specifiers)
}

fn build_left_out(text: &str) -> &str {
    text.split('=').next().unwrap_or(text).trim()
}
