//! A model that is code, written as data: strangers' Python is run once, behind the fence, and never again.
//!
//! The worker finds the fitted model behind the class and offers it in forms that are data. Nothing that it offers is
//! believed: each form is evaluated here and compared with what the class itself answers, on the points of the learnware's
//! specification and on rows whose cells are drawn from its columns one by one.

use learnware_engine::Matrix;
use learnware_engine::learnware::ModelFormat;
use learnware_engine::numeric::random::Stream;
use learnware_engine::predictor::{Batch, PredictError, Predictor};
use learnware_engine::semantic::SemanticSpecification;
use learnware_engine::specification::StatisticalSpecification;

use super::Runner;
use crate::environment::EnvironmentRequest;
use crate::native;
use crate::native::packaged::not_started;
use crate::package::Package;
use crate::template::{ModelSource, PackageWriter};

/// Libraries whose models are written as data, by their names on PyPI.
const LIBRARIES: [&str; 4] = ["scikit-learn", "lightgbm", "xgboost", "xgboost-cpu"];
/// What writes them; the last one is used by onnxmltools, which does not say so.
const CONVERTERS: [&str; 3] = ["skl2onnx", "onnxmltools", "packaging"];
/// Rows with cells drawn from columns.
const DRAWN_ROWS: usize = 400;
/// Points of the specification that are compared at most.
const POINTS_MAX: usize = 2000;
/// Difference of two answers that is rounding, for an answer of about 1.
const TOLERANCE: f64 = 1e-5;
/// Seed of the drawn rows.
const SEED: u64 = 0x636f_6e76;

/// What became of a model.
#[derive(Debug, Clone, PartialEq)]
pub enum Conversion {
    /// It is data now.
    Converted(Converted),
    /// It stays code.
    Impossible {
        /// Why, for people.
        reason: String,
    },
}

/// A model written as data.
#[derive(Debug, Clone, PartialEq)]
pub struct Converted {
    /// The package with it: a zip.
    pub package: Vec<u8>,
    /// How it is stored.
    pub format: ModelFormat,
    /// Rows on which it was compared with the code.
    pub compared: usize,
    /// Largest difference of two answers, relative to answers above 1.
    pub difference: f64,
}

impl Runner {
    /// Writes the model of a package with Python code as data, where it is a table model of scikit-learn, LightGBM or
    /// XGBoost that answers as its library does. `semantic` is what the new package says about itself.
    ///
    /// # Errors
    /// As [`Runner::start`], and when the model fails on the rows.
    pub fn convert(
        &self,
        package: &Package,
        semantic: &SemanticSpecification,
    ) -> Result<Conversion, PredictError> {
        let impossible = |reason: &str| Ok(Conversion::Impossible { reason: reason.to_owned() });
        if !package.format().has_code() {
            return impossible("it is data already");
        }
        let Some(rows) = rows(package) else {
            return impossible(
                "only models for tables are converted, and it has no specification of a table",
            );
        };
        let request = EnvironmentRequest::of(package).map_err(not_started)?;
        if !LIBRARIES.iter().any(|library| request.names(library)) {
            return impossible("its requirements name neither scikit-learn, LightGBM nor XGBoost");
        }
        let environment = self.environment_for(&request.with(&CONVERTERS))?;
        let mut code = self.start_in(&environment, package)?;
        let wanted = code.predict(&Batch::Table(rows.clone()))?.values;
        let offered = code.forms(&rows)?;
        drop(code);
        let mut reasons = offered.notes;
        let mut best: Option<(f64, ModelFormat, Vec<u8>)> = None;
        for (format, content) in offered.forms {
            match difference(format, &content, &rows, &wanted) {
                Ok(found) if found <= TOLERANCE => {
                    if best.as_ref().is_none_or(|(least, ..)| found < *least) {
                        best = Some((found, format, content));
                    }
                }
                Ok(found) => {
                    reasons.push(format!("its {} form answers otherwise, by {found:.3}", format.word()));
                }
                Err(reason) => reasons.push(format!("its {} form: {reason}", format.word())),
            }
        }
        let Some((difference, format, content)) = best else {
            reasons.dedup();
            return Ok(Conversion::Impossible { reason: reasons.join("; ") });
        };
        let writer = PackageWriter {
            source: ModelSource::Data(format, content),
            statistical: package.statistical().to_vec(),
            semantic: Some(semantic.clone()),
            name: package.manifest().name.clone(),
        };
        let package = writer.write().map_err(not_started)?;
        Ok(Conversion::Converted(Converted { package, format, compared: rows.rows(), difference }))
    }
}

/// Rows on which the forms are compared; `None` where there is no specification of a table.
fn rows(package: &Package) -> Option<Matrix> {
    let points = package.statistical().iter().find_map(|specification| match specification {
        StatisticalSpecification::Table(rkme) => Some(rkme.points()),
        _ => None,
    })?;
    let kept = points.rows().min(POINTS_MAX);
    let mut values = points.as_slice()[..kept * points.columns()].to_vec();
    let mut stream = Stream::new(SEED);
    for _ in 0..DRAWN_ROWS {
        values.extend((0..points.columns()).map(|column| points.row(stream.below(points.rows()))[column]));
    }
    Matrix::new(kept + DRAWN_ROWS, points.columns(), values).ok()
}

/// Largest difference between what a form answers and what is wanted, relative to answers above 1.
fn difference(format: ModelFormat, content: &[u8], rows: &Matrix, wanted: &Matrix) -> Result<f64, String> {
    let mut model = native::load(format, content).map_err(|error| error.to_string())?;
    let found = model.predict(&Batch::Table(rows.clone())).map_err(|error| error.to_string())?.values;
    if (found.rows(), found.columns()) != (wanted.rows(), wanted.columns()) {
        let (found, wanted) = (found.columns(), wanted.columns());
        return Err(format!("it gives {found} numbers for a row, the code gives {wanted}"));
    }
    let pairs = found.as_slice().iter().zip(wanted.as_slice());
    let worst = pairs.map(|(found, wanted)| match (found.is_nan(), wanted.is_nan()) {
        (true, true) => 0.0,
        (false, false) => (found - wanted).abs() / wanted.abs().max(1.0),
        _ => f64::INFINITY,
    });
    Ok(worst.fold(0.0, f64::max))
}
