//! The learnware zip and the stranger inside it. Blocking, native only.
//!
//! * [`native`]: models that are data (ONNX, LightGBM text, XGBoost JSON), evaluated in this process.
//! * [`runner`]: from a package to something that predicts.

pub mod native;
pub mod runner;
