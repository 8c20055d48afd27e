//! Checks what the model does when it is asked.
//!
//! Follows the statistical checker of the reference, but asks on inputs that look like the model's data (most
//! of them drawn from its specification) and also looks whether answers repeat and whether rows are answered
//! independently. It does not judge how good the predictions are.

use super::probe::{self, Probe};
use super::{Finding, Stage, generation};
use crate::learnware::Specification;
use crate::numeric::Matrix;
use crate::numeric::random::Stream;
use crate::predictor::{Batch, PredictError, Predictor};
use crate::semantic::{DataType, Task};
use crate::specification::StatisticalSpecification;

/// Answers that differ less than this, relative to their size, count as the same: batched single precision
/// arithmetic is not exact.
const TOLERANCE: f64 = 1e-4;
/// Characters of a model's own messages that are passed on.
const LOG_CHARACTERS_MAX: usize = 600;

/// Everything wrong with a model; empty when nothing is. It is asked up to four times; the same `seed` asks
/// the same.
pub fn check(specification: &Specification, predictor: &mut dyn Predictor, seed: u64) -> Vec<Finding> {
    let mut findings = Vec::new();
    let (input_shape, output_shape) = (predictor.input_shape(), predictor.output_shape());
    declared_input(specification, input_shape.as_deref(), &mut findings);
    let Probe { batch, likely } =
        match probe::make(specification, input_shape.as_deref(), &mut Stream::new(seed)) {
            Ok(probe) => probe,
            Err(reason) => {
                let message = format!("The model was not tried: {reason}.");
                findings.push(error("not-tried", message, "Correct the specification or the model first."));
                return findings;
            }
        };
    if let (Batch::Text(texts), Some(Task::TextGeneration)) = (&batch, specification.semantic.single_task()) {
        generation::check(predictor, texts, &mut findings);
        return findings;
    }
    let Some((batch, answers)) = first_answers(predictor, batch, likely, &mut findings) else {
        return findings;
    };
    if !right_rows(&answers, batch.len(), &mut findings) {
        return findings;
    }
    answer_shape(specification, output_shape.as_deref(), answers.columns(), &mut findings);
    if finite(&answers, &mut findings) {
        labels(specification, &answers, &mut findings);
    }
    constant(&answers, likely.min(batch.len()), &mut findings);
    again(predictor, &batch, &answers, &mut findings);
    findings
}

/// The finding for a model that gave no answer; also for one that could not be started.
pub fn finding_of(problem: &PredictError) -> Finding {
    let (code, log, advice) = match problem {
        PredictError::Failed { log, .. } => (
            "model-failed",
            log.as_str(),
            "Try the model on a few rows of its own data, in a fresh environment.",
        ),
        PredictError::Crashed { log, .. } => (
            "model-crashed",
            log.as_str(),
            "Look for native libraries that fail and for calls that end the process.",
        ),
        PredictError::TimedOut { .. } => {
            ("model-timed-out", "", "Make the model faster, or load its files once instead of in every call.")
        }
        PredictError::OverLimit { .. } => {
            ("model-over-limit", "", "Make the model smaller, or ask for a larger limit.")
        }
        PredictError::BadAnswer { .. } => {
            ("model-bad-answer", "", "Answer an array of numbers with one row for each row that was asked.")
        }
        PredictError::BadInput { .. } => (
            "model-bad-input",
            "",
            "Make the specification from the data in the form that the model takes, and declare that form.",
        ),
        PredictError::NotStarted { .. }
        | PredictError::HostFailed { .. }
        | PredictError::NotTrainable { .. } => {
            ("model-not-started", "", "Look at the files, the class name and the packages that it needs.")
        }
    };
    let mut message = capitalised(&problem.to_string());
    let log = log.trim();
    if !log.is_empty() {
        message.push_str("\nIt printed: ");
        message.push_str(tail(log));
    }
    error(code, message, advice)
}

pub(super) fn error(code: &str, message: impl Into<String>, advice: impl Into<String>) -> Finding {
    Finding::error(Stage::Model, code, message, advice)
}

pub(super) fn warning(code: &str, message: impl Into<String>, advice: impl Into<String>) -> Finding {
    Finding::warning(Stage::Model, code, message, advice)
}

fn capitalised(text: &str) -> String {
    let mut rest = text.chars();
    rest.next().map_or_else(String::new, |first| first.to_uppercase().chain(rest).collect())
}

/// The end of a text, where messages usually are.
fn tail(text: &str) -> &str {
    let start = text.char_indices().rev().nth(LOG_CHARACTERS_MAX - 1).map_or(0, |(place, _)| place);
    &text[start..]
}

fn declared_input(specification: &Specification, declared: Option<&[usize]>, findings: &mut Vec<Finding>) {
    let is_table = specification.semantic.single_data_type() == Some(DataType::Table);
    let Some(declared) = declared else {
        if is_table {
            findings.push(warning(
                "input-shape-unknown",
                "The model does not say what shape of input it takes; the reference refuses such models.",
                "Declare input_shape.",
            ));
        }
        return;
    };
    let advice = "Declare the shape of one example; for tables it is the number of columns.";
    if let Some(input) = specification.semantic.input.as_ref().filter(|_| is_table)
        && declared != [input.dimension]
    {
        findings.push(error(
            "input-shape",
            format!(
                "The model takes input of shape {declared:?}, but Input.Dimension is {}.",
                input.dimension
            ),
            advice,
        ));
    }
    for statistical in &specification.statistical {
        let shape = match statistical {
            StatisticalSpecification::Table(table) => table.sample_shape(),
            StatisticalSpecification::Image(image) => &image.image_shape,
            // Texts have no shape, and the reference makes its images 32 x 32 whatever the model takes.
            StatisticalSpecification::Text(_)
            | StatisticalSpecification::ReferenceImage(_)
            | StatisticalSpecification::Parameters(_) => continue,
        };
        if declared != shape {
            findings.push(error(
                "input-shape-specification",
                format!(
                    "The model takes input of shape {declared:?}, but the examples of its statistical \
                     specification have shape {shape:?}."
                ),
                advice,
            ));
        }
    }
}

/// Asks the model for the first time. One that fails on the blindly drawn inputs only is not wrong: they need
/// not be possible values of its columns.
fn first_answers(
    predictor: &mut dyn Predictor,
    batch: Batch,
    likely: usize,
    findings: &mut Vec<Finding>,
) -> Option<(Batch, Matrix)> {
    let problem = match predictor.predict(&batch) {
        Ok(answers) => return Some((batch, answers.values)),
        Err(problem) => problem,
    };
    let may_be_the_input = matches!(problem, PredictError::Failed { .. } | PredictError::BadInput { .. });
    if may_be_the_input && (1..batch.len()).contains(&likely) {
        let batch = batch.select(&(0..likely).collect::<Vec<_>>());
        if let Ok(answers) = predictor.predict(&batch) {
            findings.push(warning(
                "fails-outside-its-data",
                format!(
                    "The model answers inputs like its data, but not standard normal ones: {problem}. The \
                     reference refuses such models."
                ),
                "Let the model answer something for every finite input.",
            ));
            return Some((batch, answers.values));
        }
    }
    findings.push(finding_of(&problem));
    None
}

fn right_rows(answers: &Matrix, asked: usize, findings: &mut Vec<Finding>) -> bool {
    if answers.rows() != asked {
        findings.push(error(
            "answer-rows",
            format!("The model was asked about {asked} examples and gave {} answers.", answers.rows()),
            "Answer every example once, in their order.",
        ));
        return false;
    }
    if answers.columns() == 0 {
        findings.push(error("answer-empty", "The model's answers are empty.", "Answer at least one number."));
        return false;
    }
    true
}

fn answer_shape(
    specification: &Specification,
    declared: Option<&[usize]>,
    columns: usize,
    findings: &mut Vec<Finding>,
) {
    if let Some(declared) = declared
        && declared.iter().try_fold(1usize, |size, &side| size.checked_mul(side)) != Some(columns)
    {
        findings.push(error(
            "output-shape",
            format!(
                "The model declares answers of shape {declared:?}, but gave {columns} numbers per example."
            ),
            "Declare the shape of one answer: (1,) for labels and single quantities.",
        ));
    }
    let Some(output) = &specification.semantic.output else { return };
    let dimension = output.dimension;
    match specification.semantic.single_task() {
        Some(Task::Regression) if columns != dimension => findings.push(error(
            "output-dimension",
            format!("The model gave {columns} numbers per example, but Output.Dimension is {dimension}."),
            "Output.Dimension of regression is the number of quantities in one answer.",
        )),
        Some(Task::Classification) if columns != 1 && columns != dimension => findings.push(error(
            "output-dimension",
            format!("The model gave {columns} numbers per example, but there are {dimension} classes."),
            "Answer the label (one column) or one score for each class (Output.Dimension columns).",
        )),
        Some(
            Task::Regression
            | Task::Classification
            | Task::FeatureExtraction
            | Task::Segmentation
            | Task::ObjectDetection
            | Task::TextGeneration
            | Task::Others,
        )
        | None => {}
    }
}

fn finite(answers: &Matrix, findings: &mut Vec<Finding>) -> bool {
    let bad = answers.iter_rows().filter(|row| row.iter().any(|value| !value.is_finite())).count();
    if bad > 0 {
        findings.push(error(
            "answer-not-finite",
            format!("{bad} of {} answers have numbers that are not finite.", answers.rows()),
            "Look for divisions by zero, overflows and unfilled missing values in the model.",
        ));
    }
    bad == 0
}

fn labels(specification: &Specification, answers: &Matrix, findings: &mut Vec<Finding>) {
    let Some(output) = &specification.semantic.output else { return };
    if specification.semantic.single_task() != Some(Task::Classification) || answers.columns() != 1 {
        return;
    }
    let classes = output.dimension;
    let values = answers.as_slice();
    if let Some(value) = values.iter().find(|value| value.fract() != 0.0) {
        findings.push(error(
            "label-not-whole",
            format!("The model answers one number per example, but {value} is no label."),
            "Answer labels 0, 1, 2, ... or one score for each class (Output.Dimension columns).",
        ));
    } else if let Some(value) = values.iter().find(|&&value| value < 0.0 || value >= classes as f64) {
        findings.push(error(
            "label-range",
            format!("The model answers the label {value}, but with {classes} classes labels go from 0 to below that."),
            "Number the labels from 0, and let Output.Dimension be the number of classes.",
        ));
    }
}

fn constant(answers: &Matrix, likely: usize, findings: &mut Vec<Finding>) {
    if likely > 1 && answers.iter_rows().take(likely).all(|row| row == answers.row(0)) {
        findings.push(warning(
            "answers-constant",
            format!("The model answers the same for all of {likely} different inputs like its data."),
            "Look whether the trained model was saved, and whether it takes inputs in this scale.",
        ));
    }
}

/// Asks again: for the same, and for part of it in another order.
fn again(predictor: &mut dyn Predictor, batch: &Batch, answers: &Matrix, findings: &mut Vec<Finding>) {
    let second = match predictor.predict(batch) {
        Ok(answers) => answers.values,
        Err(problem) => return findings.push(later(&problem, "when it was asked the same again")),
    };
    if !same(&second, answers) {
        findings.push(warning(
            "not-repeatable",
            "The model answers differently when it is asked the same again.",
            "Switch off dropout and other chance, or fix its seed; nobody can repeat results otherwise.",
        ));
        // Its answers depend on chance, so how they depend on the other rows can't be seen.
        return;
    }
    // Every third row is left out and the rest reversed: shows dependence on order and on the other rows.
    let order: Vec<usize> = (0..batch.len()).rev().filter(|row| row % 3 != 0).collect();
    match predictor.predict(&batch.select(&order)) {
        Ok(part) if same(&part.values, &answers.select_rows(&order)) => {}
        Ok(_) => findings.push(warning(
            "rows-not-independent",
            "The model answers a row differently when other rows are beside it or their order is another.",
            "Let the model use statistics of its training data, never those of the rows it is asked about.",
        )),
        Err(problem) => findings.push(later(&problem, "when it was asked about part of the inputs")),
    }
}

pub(super) fn later(problem: &PredictError, when: &str) -> Finding {
    let mut finding = finding_of(problem);
    finding.message = format!("The model answered once, but not {when}. {}", finding.message);
    finding
}

fn same(left: &Matrix, right: &Matrix) -> bool {
    let close = |(a, b): (&f64, &f64)| {
        a.to_bits() == b.to_bits() || (a - b).abs() <= TOLERANCE * a.abs().max(b.abs()).max(1.0)
    };
    left.rows() == right.rows()
        && left.columns() == right.columns()
        && left.as_slice().iter().zip(right.as_slice()).all(close)
}

#[cfg(test)]
mod tests;
