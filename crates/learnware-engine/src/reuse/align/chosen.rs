//! Which way of aligning a learnware is best for a user who has a few labels.
//!
//! Aligned learnwares learned nothing from the user's labels, so that each is judged by all of them: quantities by
//! the exact leave-one-out error of the line that brings answers to the user's scale, classes by the share
//! of wrong ones. Without labels the default is kept, which did best on average over real tables; among learnwares
//! the coverage of the matching tells how much each should weigh (`docs/adr/0037-aligned-learnwares.md`).

use super::AlignMethod;
use crate::error::{EngineError, Result};
use crate::numeric::Matrix;
use crate::numeric::linear::Ridge;
use crate::reuse::{Task, first_largest};

/// A ridge that only keeps constant answers from dividing by nothing.
const ALPHAS: [f64; 3] = [1e-6, 1e-2, 1.0];

/// What each way of aligning is worth.
#[derive(Debug, Clone, PartialEq)]
pub struct AlignChoice {
    /// The way with the least loss, the first among equals.
    pub chosen: AlignMethod,
    /// Loss of each way: mean squared error after rescaling, or share of wrong classes.
    pub losses: Vec<(AlignMethod, f64)>,
}

/// Chooses among ways of aligning by `answers` on labelled rows (rows x outputs each). Quantities need three labels to
/// fit and judge a line; with fewer the first way is chosen.
///
/// # Errors
///
/// No way, answers that are not one for each label, or not finite.
pub fn choose_by_labels(
    answers: &[(AlignMethod, Matrix)],
    labels: &[f64],
    task: Task,
) -> Result<AlignChoice> {
    let Some(first) = answers.first() else {
        return Err(EngineError::Empty { what: "the list of ways of aligning" });
    };
    for (_, values) in answers {
        values.require_finite()?;
        if values.rows() != labels.len() || values.columns() == 0 {
            return Err(EngineError::Shape {
                what: "answers of an aligned learnware on labelled rows",
                expected: format!("{} rows", labels.len()),
                found: format!("{} x {}", values.rows(), values.columns()),
            });
        }
    }
    if labels.iter().any(|label| !label.is_finite()) {
        return Err(EngineError::Parameter { name: "labels", wanted: "finite", found: "others".into() });
    }
    let losses: Vec<(AlignMethod, f64)> =
        answers.iter().map(|(method, values)| (*method, loss(values, labels, task))).collect();
    let mut chosen = (first.0, f64::INFINITY);
    for &(method, loss) in &losses {
        if loss < chosen.1 {
            chosen = (method, loss);
        }
    }
    Ok(AlignChoice { chosen: chosen.0, losses })
}

fn loss(answers: &Matrix, labels: &[f64], task: Task) -> f64 {
    match task {
        Task::Regression if labels.len() < 3 => 0.0,
        Task::Regression => {
            let scaled = crate::numeric::linear::Standardiser::new(answers).apply(answers);
            Ridge::fit(&scaled, labels, &ALPHAS).leave_one_out_error
        }
        Task::Classification { .. } => {
            let class = |row: &[f64]| if row.len() == 1 { row[0] } else { first_largest(row) as f64 };
            let wrong = answers.iter_rows().zip(labels).filter(|(row, label)| class(row) != **label).count();
            wrong as f64 / labels.len().max(1) as f64
        }
    }
}
