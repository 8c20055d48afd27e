//! Learnwares that answer in the user's own classes or on the user's own scale, learned from labelled rows.

use anyhow::Context as _;
use learnware_engine::numeric::Matrix;
use learnware_engine::predictor::{Batch, Predictor};
use learnware_engine::reuse::Task;
use learnware_engine::reuse::labels::{ClassMapping, ScaleMapping};
use learnware_engine::semantic::{Dimensions, SemanticSpecification};
use learnware_engine::table::{self, RawColumn};

use crate::error::advised;
use crate::learnwares::Opened;
use crate::team::{self, KnownLabels};

/// The user's labels, and the rows that have them.
pub(crate) struct Translation {
    /// The user's classes; `None` for quantities.
    classes: Option<Vec<String>>,
    labels: KnownLabels,
}

impl Translation {
    /// What labels mean to the user: classes where the learnwares tell classes, else quantities.
    pub(crate) fn new(column: &RawColumn, lines: &[usize], own: Task) -> anyhow::Result<Self> {
        let rows = team::known_rows(column);
        if rows.is_empty() {
            return Err(team::no_label(column));
        }
        let (known, known_lines) = team::known_cells(column, lines);
        let labels =
            table::labels(&known, &known_lines).with_context(|| format!("labels {:?}", column.name))?;
        let (classes, values) = match (own, labels.classes) {
            (Task::Regression, Some(words)) => {
                return Err(advised(
                    format!(
                        "these learnwares predict quantities, but column {:?} has {:?}",
                        column.name, words[0]
                    ),
                    "name a column with numbers",
                ));
            }
            (Task::Regression, None) => (None, labels.values),
            (Task::Classification { .. }, Some(words)) => (Some(words), labels.values),
            (Task::Classification { .. }, None) => {
                let mut numbers = labels.values.clone();
                numbers.sort_by(f64::total_cmp);
                numbers.dedup();
                let place =
                    |value: &f64| numbers.iter().position(|number| number == value).unwrap_or(0) as f64;
                let values = labels.values.iter().map(place).collect();
                (Some(numbers.iter().map(ToString::to_string).collect()), values)
            }
        };
        if classes.as_ref().is_some_and(|classes| classes.len() < 2) {
            let title = format!("column {:?} has one class only", column.name);
            return Err(advised(title, "label rows of the other classes, too"));
        }
        Ok(Self { classes, labels: KnownLabels { rows, values } })
    }

    /// What the learnwares predict then.
    pub(crate) fn task(&self) -> Task {
        let classes = self.classes.as_ref().map(Vec::len);
        classes.map_or(Task::Regression, |classes| Task::Classification { classes })
    }

    /// The labels in the user's classes.
    pub(crate) fn labels(&self) -> &KnownLabels {
        &self.labels
    }

    /// What answers mean then.
    pub(crate) fn meaning(&self, own: &SemanticSpecification) -> SemanticSpecification {
        let Some(classes) = &self.classes else { return own.clone() };
        let description = classes.iter().cloned().enumerate().collect();
        let output = Dimensions { dimension: classes.len(), description, columns: None };
        SemanticSpecification { output: Some(output), ..own.clone() }
    }

    /// A model that answers so; `labelled` are the rows with labels, as it takes them.
    pub(crate) fn wrap(
        &self,
        mut model: Box<dyn Predictor>,
        labelled: &Batch,
        learnware: &Opened,
        seed: u64,
    ) -> anyhow::Result<Box<dyn Predictor>> {
        let named = || format!("learnware {}", learnware.id);
        let answers = model.predict(labelled).with_context(named)?.values;
        let labels = &self.labels.values;
        let Some(classes) = &self.classes else {
            let scale = ScaleMapping::fit(&answers.column(0), labels, seed).with_context(named)?;
            return Ok(Box::new(scale.wrap(model)));
        };
        let output = learnware.specification.semantic.output.as_ref();
        let scores = scores(answers, output.map_or(2, |output| output.dimension).max(2));
        let mapping = ClassMapping::fit(&scores, labels, classes.len(), None).with_context(named)?;
        Ok(Box::new(mapping.wrap(model)))
    }
}

/// Scores of classes; labels from 0 become scores of 0 and 1.
fn scores(answers: Matrix, classes: usize) -> Matrix {
    if answers.columns() > 1 {
        return answers;
    }
    let largest = answers.as_slice().iter().fold(0.0_f64, |largest, label| largest.max(*label));
    let mut scores = Matrix::zeros(answers.rows(), classes.max(largest as usize + 1));
    for (row, &label) in answers.as_slice().iter().enumerate() {
        if label >= 0.0 {
            scores.set(row, label as usize, 1.0);
        }
    }
    scores
}
