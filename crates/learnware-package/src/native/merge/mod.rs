//! Several models of equal architecture become one model, which costs what its file holds and needs no team at use.
//!
//! * ONNX: learned numbers are averaged, as in model soups (Wortsman et al., "Model soups", ICML 2022). For models that
//!   are linear in their numbers the answers are the mean of the members' answers; networks have to come from a common
//!   start, otherwise the mean of their numbers answers nonsense. Whether it does is for the caller to measure: the engine's
//!   `market::merging`.
//! * Trees (LightGBM, XGBoost, ONNX's tree ensembles) are put after each other with their leaves times the share: scores
//!   before the objective's transform are exactly the mean of the members'.
//! * XGBoost's linear booster: weights are averaged.
//!
//! What is refused: code, dart, operators whose numbers have no mean (support vectors), and models that differ in
//! anything that is not learned.

mod lightgbm;
#[cfg(test)]
mod tests;
mod xgboost;

use learnware_engine::learnware::ModelFormat;

use super::error::{NativeError, at_most};
use super::{MODEL_BYTES_MAX, onnx, open};

/// What to do where models do not become one.
const AS_TEAM: &str = "use them as a team: learnware reuse --learnwares A,B --method average";

/// How far the sum of the shares may be from one.
const SUM_SLACK: f64 = 1e-6;

/// Makes one model of several in the same format, to which each adds by its share.
///
/// `models` are the bytes of their files, `shares` one for each, not negative, with sum one. Members with share 0 take no
/// part. Same models and shares, same bytes; a model merged with itself answers as before.
///
/// # Errors
///
/// [`NativeError::Unmergeable`] where the models differ in what is not learned, or where shares are none; those of
/// [`super::load`] for each model and for what became of them.
pub fn merge(format: ModelFormat, models: &[&[u8]], shares: &[f64]) -> Result<Vec<u8>, NativeError> {
    if format == ModelFormat::Python {
        return Err(unmergeable(
            "python",
            "they are code; write them as data first with `learnware convert`, or else",
        ));
    }
    require_shares(format.word(), models.len(), shares)?;
    let members = models.iter().zip(shares).filter(|(_, share)| **share > 0.0);
    let (models, shares): (Vec<&[u8]>, Vec<f64>) = members.map(|(model, share)| (*model, *share)).unzip();
    require_alike(format, &models)?;
    let merged = match format {
        ModelFormat::Onnx => onnx::merge::merge(&models, &shares)?,
        ModelFormat::LightGbm => lightgbm::merge(&models, &shares)?,
        ModelFormat::XgBoost => xgboost::merge(&models, &shares)?,
        ModelFormat::Python => Vec::new(),
    };
    open(format, &merged)?;
    Ok(merged)
}

/// Refuses shares that are none.
fn require_shares(format: &'static str, models: usize, shares: &[f64]) -> Result<(), NativeError> {
    let sum: f64 = shares.iter().sum();
    let reason = if models == 0 || shares.len() != models {
        format!("there are {models} models, but {} shares", shares.len())
    } else if shares.iter().any(|share| !(share.is_finite() && *share >= 0.0)) {
        format!("the shares {shares:?} are not all numbers from 0 on")
    } else if (sum - 1.0).abs() > SUM_SLACK {
        format!("the shares {shares:?} sum to {sum} instead of 1")
    } else {
        return Ok(());
    };
    let advice = "give each model a share, with sum 1";
    Err(NativeError::Unmergeable { format, reason, advice })
}

/// Loads each model once, and refuses those that take or answer other numbers of columns.
fn require_alike(format: ModelFormat, models: &[&[u8]]) -> Result<(), NativeError> {
    let word = format.word();
    if format != ModelFormat::Onnx {
        // Trees are put after each other, so that files add up.
        let bytes = models.iter().map(|model| model.len()).fold(0, usize::saturating_add);
        at_most(word, "the files' size in bytes together", bytes, MODEL_BYTES_MAX)?;
    }
    let mut first = None;
    for (place, model) in models.iter().enumerate() {
        let opened = open(format, model)?;
        let (shape, outputs) = (opened.example(), opened.outputs());
        let (first_shape, first_outputs) = first.get_or_insert_with(|| (shape.clone(), outputs));
        if *first_shape != shape {
            return Err(differ(word, place, "inputs", &format!("{first_shape:?}"), &format!("{shape:?}")));
        }
        if *first_outputs != outputs {
            let count = |outputs: Option<usize>| outputs.map_or("unknown".into(), |count| count.to_string());
            return Err(differ(word, place, "outputs", &count(*first_outputs), &count(outputs)));
        }
    }
    Ok(())
}

/// Models that do not become one, for `reason`.
pub(in crate::native) fn unmergeable(format: &'static str, reason: impl Into<String>) -> NativeError {
    NativeError::Unmergeable { format, reason: reason.into(), advice: AS_TEAM }
}

/// Models that differ in `what`; `place` is that of the other model, from 0.
pub(in crate::native) fn differ(
    format: &'static str,
    place: usize,
    what: &str,
    first: &str,
    other: &str,
) -> NativeError {
    let reason = format!("{what} differ: {first} in the first, {other} in model {}", place + 1);
    unmergeable(format, reason)
}

/// The mean of `values` by share, counted from the first: equal values give exactly that value.
pub(in crate::native) fn mean(shares: &[f64], values: impl Iterator<Item = f64>) -> f64 {
    let mut values = values;
    let first = values.next().unwrap_or(0.0);
    first + shares.iter().skip(1).zip(values).map(|(share, value)| share * (value - first)).sum::<f64>()
}
