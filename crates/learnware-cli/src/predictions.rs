//! Predictions as files: CSV and TSV and JSON with a label for each row, NPY with the model's numbers.

use std::path::Path;

use learnware_engine::numeric::Matrix;
use learnware_engine::semantic::{SemanticSpecification, Task};
use serde_json::{Value, json};

use crate::error::advised;
use crate::files;

/// Predictions with the meaning of their columns.
#[derive(Debug)]
pub(crate) struct Answers {
    /// Rows x outputs.
    pub(crate) values: Matrix,
    /// Names of the classes when the columns are their probabilities or scores.
    classes: Option<Vec<String>>,
    /// Names of the columns otherwise.
    outputs: Vec<String>,
}

impl Answers {
    /// Takes the meaning from what a learnware says of its outputs.
    pub(crate) fn new(values: Matrix, semantic: &SemanticSpecification) -> Self {
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
    pub(crate) fn delimited(&self, delimiter: u8) -> anyhow::Result<String> {
        let mut writer = csv::WriterBuilder::new().delimiter(delimiter).from_writer(Vec::new());
        let mut header = Vec::new();
        if self.classes.is_some() {
            header.push("prediction".to_owned());
            header.extend(self.outputs.iter().map(|name| format!("score of {name}")));
        } else {
            header.extend(self.outputs.iter().cloned());
        }
        writer.write_record(&header)?;
        for row in self.values.iter_rows() {
            let numbers = row.iter().map(ToString::to_string);
            match &self.classes {
                Some(classes) => {
                    writer.write_record(std::iter::once(classes[largest(row)].clone()).chain(numbers))?;
                }
                None => writer.write_record(numbers)?,
            }
        }
        Ok(String::from_utf8(writer.into_inner()?)?)
    }

    /// One object for each row.
    pub(crate) fn to_json(&self) -> Value {
        let row = |row: &[f64]| match &self.classes {
            Some(classes) => json!({"prediction": classes[largest(row)], "scores": row}),
            None if row.len() == 1 => json!({"prediction": row[0]}),
            None => json!({"prediction": row}),
        };
        self.values.iter_rows().map(row).collect()
    }

    /// Names of the classes, when the columns are their scores.
    pub(crate) fn classes(&self) -> Option<&[String]> {
        self.classes.as_deref()
    }

    /// Writes a file in the form that its ending says.
    pub(crate) fn write(&self, path: &Path) -> anyhow::Result<()> {
        let bytes = match Form::of(path)? {
            Form::Csv => self.delimited(b',')?.into_bytes(),
            Form::Tsv => self.delimited(b'\t')?.into_bytes(),
            Form::Json => format!("{:#}\n", self.to_json()).into_bytes(),
            Form::Npy => npy(&self.values),
        };
        files::write(path, &bytes)
    }
}

/// Refuses a file whose ending says no form, before any work is done.
pub(crate) fn require_form(path: Option<&Path>) -> anyhow::Result<()> {
    path.map_or(Ok(()), |path| Form::of(path).map(drop))
}

enum Form {
    Csv,
    Tsv,
    Json,
    Npy,
}

impl Form {
    fn of(path: &Path) -> anyhow::Result<Self> {
        let ending = path.extension().and_then(|ending| ending.to_str()).map(str::to_ascii_lowercase);
        match ending.as_deref() {
            Some("csv") => Ok(Self::Csv),
            Some("tsv") => Ok(Self::Tsv),
            Some("json") => Ok(Self::Json),
            Some("npy") => Ok(Self::Npy),
            _ => Err(advised(
                format!("{}: predictions cannot be written in this form", path.display()),
                "end the name in .csv, .tsv, .json or .npy",
            )),
        }
    }
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

/// An NPY file, version 1.0, of little-endian doubles; the data begins at a multiple of 64 bytes.
fn npy(values: &Matrix) -> Vec<u8> {
    let shape = format!("({}, {})", values.rows(), values.columns());
    let mut header = format!("{{'descr': '<f8', 'fortran_order': False, 'shape': {shape}, }}");
    while (10 + header.len() + 1) % 64 != 0 {
        header.push(' ');
    }
    header.push('\n');
    let mut bytes = b"\x93NUMPY\x01\x00".to_vec();
    bytes.extend((header.len() as u16).to_le_bytes());
    bytes.extend(header.as_bytes());
    bytes.extend(values.as_slice().iter().flat_map(|value| value.to_le_bytes()));
    bytes
}
