//! Predictions with the meaning of their columns: as a delimited file and as JSON, a label for each row.

use learnware_engine::numeric::Matrix;
use learnware_engine::semantic::{SemanticSpecification, Task};
use serde_json::{Value, json};

/// Texts that can't be written.
type Result<T> = std::result::Result<T, csv::Error>;

/// Predictions with the meaning of their columns.
#[derive(Debug)]
pub struct Answers {
    /// Rows x outputs.
    pub values: Matrix,
    /// Names of the classes when the columns are their probabilities or scores.
    classes: Option<Vec<String>>,
    /// Names of the columns otherwise.
    outputs: Vec<String>,
}

impl Answers {
    /// Takes the meaning from what a learnware says of its outputs.
    pub fn new(values: Matrix, semantic: &SemanticSpecification) -> Self {
        let described = |index: usize| {
            let output = semantic.output.as_ref()?;
            output.description.get(&index).cloned()
        };
        let classification = semantic.single_task() == Some(Task::Classification);
        if classification {
            let count = values.columns().max(2);
            let names: Vec<String> =
                (0..count).map(|index| described(index).unwrap_or_else(|| index.to_string())).collect();
            let is_scores = values.columns() > 1;
            let outputs = if is_scores { names.clone() } else { vec!["prediction".into()] };
            return Self { values, classes: is_scores.then_some(names), outputs };
        }
        let outputs = match values.columns() {
            1 => vec!["prediction".into()],
            count => (0..count)
                .map(|index| described(index).unwrap_or_else(|| format!("output {index}")))
                .collect(),
        };
        Self { values, classes: None, outputs }
    }

    /// The text of a delimited file: the label first, then its scores.
    pub fn delimited(&self, delimiter: u8) -> Result<String> {
        let mut writer = csv::WriterBuilder::new().delimiter(delimiter).from_writer(Vec::new());
        writer.write_record(self.header())?;
        for row in self.values.iter_rows() {
            writer.write_record(self.words(row))?;
        }
        writer.flush()?;
        let bytes = writer.into_inner().map_err(|error| csv::Error::from(error.into_error()))?;
        Ok(String::from_utf8_lossy(&bytes).into_owned())
    }

    /// Names of the columns of a delimited file: the label first, then its scores.
    pub fn header(&self) -> Vec<String> {
        if self.classes.is_none() {
            return self.outputs.clone();
        }
        let scores = self.outputs.iter().map(|name| format!("score of {name}"));
        std::iter::once("prediction".to_owned()).chain(scores).collect()
    }

    /// One row of a delimited file.
    pub fn words(&self, row: &[f64]) -> Vec<String> {
        let label = self.classes.iter().map(|classes| classes[largest(row)].clone());
        label.chain(row.iter().map(ToString::to_string)).collect()
    }

    /// One object for each row.
    pub fn to_json(&self) -> Value {
        let row = |row: &[f64]| match &self.classes {
            Some(classes) => json!({"prediction": classes[largest(row)], "scores": row}),
            None if row.len() == 1 => json!({"prediction": row[0]}),
            None => json!({"prediction": row}),
        };
        self.values.iter_rows().map(row).collect()
    }

    /// Names of the classes, when the columns are their scores.
    pub fn classes(&self) -> Option<&[String]> {
        self.classes.as_deref()
    }
}

/// Texts that a model wrote, as a delimited file of one column.
pub fn texts_delimited(texts: &[String], delimiter: u8) -> Result<String> {
    let mut writer = csv::WriterBuilder::new().delimiter(delimiter).from_writer(Vec::new());
    writer.write_record(["text"])?;
    for text in texts {
        writer.write_record([text])?;
    }
    writer.flush()?;
    let bytes = writer.into_inner().map_err(|error| csv::Error::from(error.into_error()))?;
    Ok(String::from_utf8_lossy(&bytes).into_owned())
}

/// Place of the largest score, the first among equals.
fn largest(row: &[f64]) -> usize {
    let mut best = 0;
    for (place, value) in row.iter().enumerate() {
        if *value > row[best] {
            best = place;
        }
    }
    best
}
