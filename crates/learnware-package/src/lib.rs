//! The learnware zip and the stranger inside it. Blocking; without the feature `runner`, for models that are data
//! only, it runs in browsers too.
//!
//! * `archive`: zip files opened with limits, written deterministically.
//! * `yaml`: the part of YAML that package files use, as data only.
//! * `manifest`: `learnware.yaml`.
//! * `package`: manifest, specifications and files together.
//! * `template`: new packages from model files.
//! * `environment`: what a Python model needs to be installed, and installing it.
//! * `native`: models that are data (ONNX, LightGBM text, XGBoost JSON), evaluated in this process.
//! * `runner`: from a package to something that predicts.

pub mod archive;
#[cfg(feature = "runner")]
pub mod environment;
pub mod error;
pub mod manifest;
pub mod native;
pub mod package;
#[cfg(feature = "runner")]
pub mod runner;
pub mod template;
pub mod yaml;

pub use error::PackageError;
pub use package::Package;
