//! What the file of a model says of itself, so that nobody has to be asked.

use std::path::Path;

use learnware_engine::learnware::ModelFormat;
use learnware_engine::semantic::{Dimensions, Task};
use learnware_engine::table::Labels;

use super::{NativeError, TableModel, open};

/// Bytes of a file in which XGBoost's keys begin.
const HEAD_BYTES: usize = 4096;

/// What a model's file says: of its inputs, its task and its outputs.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ModelFacts {
    /// Shape of one example: one number of columns for rows of a table.
    pub input_shape: Vec<usize>,
    /// Names of the columns in order; empty where the file has none.
    pub columns: Vec<String>,
    /// What it predicts.
    pub task: Option<Task>,
    /// Number of classes, or of quantities.
    pub outputs: Option<usize>,
    /// Labels of the classes in the order of the answer's columns; empty where the file has none.
    pub classes: Vec<String>,
}

/// The part that only the reader of a format knows.
#[derive(Debug, Clone, Default)]
pub(crate) struct Told {
    pub(crate) task: Option<Task>,
    /// Number of classes, where a model answers labels and knows how many there are.
    pub(crate) class_count: Option<usize>,
    pub(crate) classes: Vec<String>,
    pub(crate) columns: Vec<String>,
}

impl ModelFacts {
    /// The same for a model that is known to have so many outputs.
    #[must_use]
    pub fn with_outputs(&self, outputs: usize) -> Self {
        let classes = if self.classes.len() == outputs { self.classes.clone() } else { Vec::new() };
        Self { outputs: Some(outputs), classes, ..self.clone() }
    }

    /// What the model predicts: as its file says, and where it does not, as the labels of its data look.
    pub fn task_of(&self, labels: Option<&Labels>) -> Option<Task> {
        let classes = labels.is_some_and(Labels::look_like_classes);
        let words = labels.is_some_and(|labels| labels.classes.is_some());
        match self.task {
            // Scores of classes are quantities to a file.
            Some(Task::Regression) if classes && (words || self.outputs > Some(1)) => {
                Some(Task::Classification)
            }
            None if labels.is_some() && classes => Some(Task::Classification),
            None if labels.is_some() => Some(Task::Regression),
            said => said,
        }
    }

    /// Number and names of the outputs for a task, from the file and from a label column with its name; the
    /// dimension is 0 where neither tells the number.
    pub fn outputs_of(&self, task: Task, labels: Option<(&str, &Labels)>) -> Dimensions {
        let names = match labels {
            // Numbers in order say less than the labels of the data do.
            Some((_, labels)) if task == Task::Classification && self.has_numbers_for_classes() => {
                class_names(labels)
            }
            _ if !self.classes.is_empty() => self.classes.clone(),
            Some((_, labels)) if task == Task::Classification => class_names(labels),
            Some((name, _)) => vec![name.to_owned()],
            None => Vec::new(),
        };
        let dimension = self.outputs.unwrap_or(names.len());
        let names = if names.len() == dimension { names } else { Vec::new() };
        Dimensions {
            dimension,
            description: names.into_iter().enumerate().collect(),
            ..Dimensions::default()
        }
    }
}

impl ModelFacts {
    pub(super) fn has_numbers_for_classes(&self) -> bool {
        self.classes.iter().enumerate().all(|(place, class)| class.parse() == Ok(place))
    }
}

/// The classes in the order of their codes.
fn class_names(labels: &Labels) -> Vec<String> {
    if let Some(classes) = &labels.classes {
        return classes.clone();
    }
    let mut values = labels.values.clone();
    values.sort_by(f64::total_cmp);
    values.dedup();
    values.iter().map(ToString::to_string).collect()
}

/// Reads what a model's file says of itself.
///
/// # Errors
///
/// Those of [`super::load`]: the model is loaded as for predictions.
pub fn facts(format: ModelFormat, bytes: &[u8]) -> Result<ModelFacts, NativeError> {
    Ok(of_model(open(format, bytes)?.as_ref()))
}

fn of_model(model: &dyn TableModel) -> ModelFacts {
    let Told { task, class_count, classes, columns } = model.told();
    let classifies = task == Some(Task::Classification);
    // One column is labels, whose number it does not tell.
    let answered = model.outputs().filter(|&columns| !classifies || columns > 1);
    let named = (!classes.is_empty()).then_some(classes.len());
    let outputs = class_count.or(named).or(answered);
    ModelFacts {
        input_shape: model.example(),
        columns: if columns.len() == model.width() { columns } else { Vec::new() },
        task,
        outputs,
        classes: if outputs == named { classes } else { Vec::new() },
    }
}

/// The format of a model that is data, by the name of its file and its first bytes.
pub fn format_of(name: &Path, bytes: &[u8]) -> Option<ModelFormat> {
    let ending = name.extension().and_then(|ending| ending.to_str()).unwrap_or_default();
    let head = &bytes[..bytes.len().min(HEAD_BYTES)];
    let is_learner = || head.windows(9).any(|part| part == b"\"learner\"");
    if ending.eq_ignore_ascii_case("onnx") {
        Some(ModelFormat::Onnx)
    } else if head.starts_with(b"tree\n") || head.starts_with(b"tree\r\n") {
        Some(ModelFormat::LightGbm)
    } else if head.trim_ascii_start().starts_with(b"{") && is_learner() {
        Some(ModelFormat::XgBoost)
    } else {
        None
    }
}

/// Names that are those of a person, not numbers that a library gave: `Column_0`, `f0`.
pub(crate) fn own_names(names: Vec<String>, made: &str) -> Vec<String> {
    let is_made = |(place, name): (usize, &String)| {
        name.strip_prefix(made).is_some_and(|number| number.parse() == Ok(place))
    };
    if names.iter().enumerate().all(is_made) { Vec::new() } else { names }
}
