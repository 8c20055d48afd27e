//! A learnware tried on the files: its model, where that is data, runs here.

use learnware_data::Files;
use learnware_data::modelinput::Taker;
use learnware_data::predictions::Answers;
use learnware_engine::learnware::Specification;
use learnware_engine::predictor::{Batch, PredictError};
use learnware_package::native::packaged;
use learnware_package::{Package, PackageError};
use serde_json::json;

use crate::message::{Answer, Refusal};
use crate::session::Session;

/// Rows shown; the file has all.
const ROWS_SHOWN: usize = 1000;

/// The predictions of a package's model about the files of the session.
pub(crate) fn with<F: Files>(session: &Session<F>, zip: &[u8]) -> Result<Answer, Refusal> {
    let package = Package::from_bytes(zip.to_vec()).map_err(unsound)?;
    if package.format().has_code() {
        return Err(Refusal::new(
            "code",
            "the model of this learnware is Python code, which does not run in a browser",
            "download it and predict with `learnware run`",
        ));
    }
    let specification = Specification {
        semantic: package.semantic().cloned().unwrap_or_default(),
        statistical: package.statistical().to_vec(),
    };
    let name = format!("{:?}", specification.semantic.name);
    let taker = Taker { name: &name, specification: &specification };
    let (data, rows) = session.data_for(taker)?;
    let mut model = packaged::start(&package).map_err(failed)?;
    let batch = match rows {
        Some(rows) => Batch::Table(rows),
        None => taker.batch(&data, model.input_shape())?,
    };
    let predicted = model.predict(&batch).map_err(failed)?;
    let answers = Answers::new(predicted.values, &specification.semantic);
    let csv = answers.delimited(b',').map_err(|error| {
        Refusal::new(
            "answers",
            format!("the predictions can't be written: {error}"),
            "tell the author of the learnware",
        )
        .with("reason", error)
    })?;
    let rows: Vec<Vec<String>> =
        answers.values.iter_rows().take(ROWS_SHOWN).map(|row| answers.words(row)).collect();
    let document = json!({ "columns": answers.header(), "rows": rows, "count": answers.values.rows() });
    Ok(Answer { document, bytes: csv.into_bytes() })
}

fn unsound(error: PackageError) -> Refusal {
    Refusal::new(
        "package",
        format!("the package can't be used: {error}"),
        "download it again, or tell its author",
    )
    .with("reason", error)
}

fn failed(error: PredictError) -> Refusal {
    let reason = error.to_string();
    let refusal = match &error {
        PredictError::BadInput { .. } => Refusal::new(
            "model-input",
            reason.clone(),
            "the data must have the columns that the learnware takes",
        ),
        _ => Refusal::new(
            "model",
            reason.clone(),
            "its author can correct the model; `learnware run` says more",
        ),
    };
    refusal.with("reason", reason)
}
