//! The model of a package, where it is data.

use learnware_engine::predictor::{Batch, PredictError, Predictions, Predictor};
use learnware_engine::semantic::Dimensions;

use crate::error::PackageError;
use crate::native;
use crate::package::Package;

/// Loads the model of a package.
///
/// # Errors
///
/// [`PredictError::NotStarted`] when it can't be read, or is code.
pub fn start(package: &Package) -> std::result::Result<Box<dyn Predictor>, PredictError> {
    let name = package.manifest().model.file_name.as_deref().unwrap_or_default();
    let bytes = package.read(name).map_err(not_started)?;
    let model = native::load(package.format(), &bytes)
        .map_err(|error| PredictError::NotStarted { reason: format!("{name}: {error}") })?;
    let shape = |dimensions: Option<&Dimensions>| dimensions.map(|found| vec![found.dimension]);
    let semantic = package.semantic();
    Ok(Box::new(DataModel {
        input_shape: model.input_shape().or_else(|| shape(semantic.and_then(|found| found.input.as_ref()))),
        output_shape: model
            .output_shape()
            .or_else(|| shape(semantic.and_then(|found| found.output.as_ref()))),
        model,
    }))
}

/// A model that is data, with the shapes that its package declares where its file does not say.
struct DataModel {
    model: Box<dyn Predictor>,
    input_shape: Option<Vec<usize>>,
    output_shape: Option<Vec<usize>>,
}

impl Predictor for DataModel {
    fn input_shape(&self) -> Option<Vec<usize>> {
        self.input_shape.clone()
    }

    fn output_shape(&self) -> Option<Vec<usize>> {
        self.output_shape.clone()
    }

    fn predict(&mut self, batch: &Batch) -> std::result::Result<Predictions, PredictError> {
        let answer = self.model.predict(batch)?;
        if answer.values.rows() != batch.len() {
            return Err(PredictError::BadAnswer {
                reason: format!("{} answers for {} examples", answer.values.rows(), batch.len()),
            });
        }
        Ok(answer)
    }
}

/// Why a model does not start.
pub(crate) fn not_started(error: PackageError) -> PredictError {
    let reason = error.to_string();
    match error {
        PackageError::File { .. } | PackageError::Offline { .. } => PredictError::HostFailed { reason },
        _ => PredictError::NotStarted { reason },
    }
}
