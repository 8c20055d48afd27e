//! Calls and answers: a JSON header, and bytes beside it.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

/// A call of the page.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(tag = "call", rename_all = "snake_case")]
pub enum Call {
    /// Files were dropped.
    Open {
        /// Their names, with `/` between folders, and sizes in bytes.
        files: Vec<(String, f64)>,
        /// How text in them is encoded; UTF-8 when `None`.
        #[serde(default)]
        charset: Option<String>,
    },
    /// The specification of the files is made. The bytes are the file of a model, where the data is that of one.
    Generate {
        /// How.
        #[serde(default)]
        choices: Choices,
        /// What the file of a model says, where the data is that of a model.
        #[serde(default)]
        model: Option<ModelSays>,
    },
    /// The bytes are a specification file.
    Read,
    /// Specifications are drawn together.
    Plane {
        /// In the form of specification files.
        specifications: Vec<Value>,
    },
    /// The bytes are a model's file: what it says of itself.
    Model {
        /// Its name.
        name: String,
    },
    /// The bytes are a model's file, which becomes a package.
    Pack {
        /// How it is stored.
        format: String,
        /// In the form of specification files.
        specification: Value,
        /// The semantic specification.
        semantic: Value,
    },
    /// The bytes are a package, whose model answers about the files.
    Predict,
}

/// What a person chose, as the flags of `learnware spec`.
#[derive(Debug, Clone, Default, PartialEq, Deserialize)]
#[serde(default)]
pub struct Choices {
    /// Columns that are left out; those that the preview leaves out when `None`.
    pub drop: Option<Vec<String>>,
    /// The column with the labels, or `folder`.
    pub labels: Option<String>,
    /// The column or key with the texts.
    pub text: Option<String>,
    /// Columns whose type a person corrected.
    pub types: BTreeMap<String, ColumnType>,
    /// The sheet of a workbook.
    pub sheet: Option<String>,
    /// Points in the specification.
    pub points: Option<usize>,
    /// Seed of everything random.
    pub seed: Option<u64>,
    /// Height and width that every image gets.
    pub resize: Option<[usize; 2]>,
}

/// What a model's file says of its answers, as [`Call::Model`] was answered.
#[derive(Debug, Clone, Default, PartialEq, Deserialize)]
#[serde(default)]
pub struct ModelSays {
    /// How it is stored.
    pub format: Option<String>,
    /// What it predicts.
    pub task: Option<String>,
    /// Number of classes, or of quantities.
    pub outputs: Option<usize>,
    /// Labels of the classes.
    pub classes: Vec<String>,
    /// Shape of one example.
    pub shape: Vec<usize>,
}

/// What a column is by request.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ColumnType {
    /// Numbers; anything else counts as absent.
    Number,
    /// Categories.
    Category,
}

/// A JSON document with bytes beside it.
#[derive(Debug, Default)]
pub struct Answer {
    /// The document.
    pub document: Value,
    /// The bytes; empty where there are none.
    pub bytes: Vec<u8>,
}

/// What a person should know about an error.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Refusal {
    /// What kind of error.
    pub code: &'static str,
    /// What is put into its sentence, by name.
    pub values: BTreeMap<&'static str, String>,
    /// What is wrong.
    pub message: String,
    /// What to do.
    pub hint: String,
}

impl Refusal {
    /// A call that makes no sense here.
    pub(crate) fn new(code: &'static str, message: impl Into<String>, hint: impl Into<String>) -> Self {
        Self { code, values: BTreeMap::new(), message: message.into(), hint: hint.into() }
    }

    /// The same with a value of its sentence.
    #[must_use]
    pub(crate) fn with(mut self, name: &'static str, value: impl ToString) -> Self {
        self.values.insert(name, value.to_string());
        self
    }
}

/// The answer as it goes out: two lengths of four bytes, the header, the bytes.
pub fn packed(answer: Result<Answer, Refusal>) -> Vec<u8> {
    let (header, bytes) = match answer {
        Ok(answer) => (json!({"ok": answer.document}), answer.bytes),
        Err(refusal) => (json!({"error": refusal}), Vec::new()),
    };
    let header = header.to_string().into_bytes();
    let mut packed = Vec::with_capacity(8 + header.len() + bytes.len());
    packed.extend((header.len() as u32).to_le_bytes());
    packed.extend((bytes.len() as u32).to_le_bytes());
    packed.extend(header);
    packed.extend(bytes);
    packed
}
