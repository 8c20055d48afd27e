//! What a learnware is for, in words: the semantic specification and its vocabulary.
//!
//! The JSON form is that of the reference (`{"Data": {"Type": "Class", "Values": ["Table"]}, ...}`), with
//! the `Text Generation` task and the optional `Model` field of its 0.4 release. `Input` may carry one key
//! of ours, `Columns`, which says how raw columns became numbers; another is `Benchmarks`, scores by benchmark. The reference
//! ignores both.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};

use crate::error::{EngineError, Result};

/// Benchmarks of one learnware at most; the reference measures six.
const BENCHMARKS_MAX: usize = 64;
/// Bytes of a benchmark's name at most.
const BENCHMARK_NAME_BYTES_MAX: usize = 100;

macro_rules! vocabulary {
    ($(#[$doc:meta])* $name:ident { $($variant:ident = $word:literal),+ $(,)? }) => {
        $(#[$doc])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        pub enum $name { $(#[doc = $word] #[serde(rename = $word)] $variant),+ }

        impl $name {
            /// Every word, in the order of the reference.
            pub const ALL: &'static [Self] = &[$(Self::$variant),+];

            /// The word on the wire.
            pub fn word(self) -> &'static str {
                match self { $(Self::$variant => $word),+ }
            }

            /// The value for a word; letter case, spaces, dashes and underscores do not matter.
            pub fn from_word(word: &str) -> Option<Self> {
                let plain = |text: &str| -> String {
                    text.chars().filter(|c| c.is_alphanumeric()).flat_map(char::to_lowercase).collect()
                };
                let wanted = plain(word);
                Self::ALL.iter().copied().find(|value| plain(value.word()) == wanted)
            }
        }

        impl std::fmt::Display for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.pad(self.word())
            }
        }

        impl std::str::FromStr for $name {
            type Err = String;

            fn from_str(word: &str) -> std::result::Result<Self, String> {
                Self::from_word(word).ok_or_else(|| {
                    let words: Vec<_> = Self::ALL.iter().map(|value| value.word()).collect();
                    format!("{word:?} is not one of: {}", words.join(", "))
                })
            }
        }
    };
}

vocabulary! {
    /// Kind of data a model takes.
    DataType { Table = "Table", Image = "Image", Text = "Text" }
}
vocabulary! {
    /// What a model does.
    Task {
        Classification = "Classification", Regression = "Regression", FeatureExtraction = "Feature Extraction",
        Segmentation = "Segmentation", ObjectDetection = "Object Detection", TextGeneration = "Text Generation",
        Others = "Others",
    }
}
vocabulary! {
    /// Kind of language model (0.4 of the reference).
    ModelKind { Base = "Base Model", FineTuned = "Fine-tuned Model", Peft = "PEFT Model", Others = "Others" }
}
vocabulary! {
    /// Library a model was made with.
    Library { ScikitLearn = "Scikit-learn", PyTorch = "PyTorch", TensorFlow = "TensorFlow", Others = "Others" }
}
vocabulary! {
    /// Field of use.
    Scenario {
        Business = "Business", Financial = "Financial", Health = "Health", Politics = "Politics",
        Computer = "Computer", Internet = "Internet", Traffic = "Traffic", Nature = "Nature",
        Fashion = "Fashion", Industry = "Industry", Agriculture = "Agriculture", Education = "Education",
        Entertainment = "Entertainment", Architecture = "Architecture", Others = "Others",
    }
}
vocabulary! {
    /// Licence of the learnware.
    License {
        Mit = "MIT", Apache2 = "Apache-2.0", Bsd2 = "BSD-2-Clause", Bsd3 = "BSD-3-Clause", Gpl2 = "GPL-2.0",
        Gpl3 = "GPL-3.0", Lgpl21 = "LGPL-2.1", Lgpl3 = "LGPL-3.0", Agpl3 = "AGPL-3.0", Ecl2 = "ECL-2.0",
        Afl3 = "AFL-3.0", CcBy4 = "CC-BY-4.0", CcBySa4 = "CC-BY-SA-4.0", Others = "Others",
    }
}

/// The semantic specification. A learnware has exactly one data type, task, library and licence; a search
/// request may leave any of them empty or name several.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct SemanticSpecification {
    /// Short title.
    pub name: String,
    /// Longer text, Markdown allowed.
    pub description: String,
    /// Kind of data.
    pub data: Vec<DataType>,
    /// What it does.
    pub task: Vec<Task>,
    /// Kind of language model; empty for all others.
    pub model: Vec<ModelKind>,
    /// Library it was made with.
    pub library: Vec<Library>,
    /// Fields of use.
    pub scenario: Vec<Scenario>,
    /// Licence.
    pub license: Vec<License>,
    /// What the input columns mean; needed for tables.
    pub input: Option<Dimensions>,
    /// What the outputs mean; needed for classification and regression.
    pub output: Option<Dimensions>,
    /// Scores in public benchmarks by their names, in percent, of language models; nobody here has measured them.
    pub benchmarks: BTreeMap<String, f64>,
    /// Search by identifier: part of requests only.
    pub learnware_id: Option<String>,
}

/// Number and meaning of inputs or outputs.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Dimensions {
    /// How many.
    pub dimension: usize,
    /// Meaning by 0-based index; any subset.
    pub description: BTreeMap<usize, String>,
    /// How raw columns become the numbers that the model takes; `None` when the learnware does not say.
    pub columns: Option<Vec<Column>>,
}

/// One raw column and how it becomes numbers.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub struct Column {
    /// Its name in the header.
    pub name: String,
    /// Its kind.
    #[serde(flatten)]
    pub kind: ColumnKind,
    /// What an absent value becomes.
    pub missing: Missing,
}

/// Kind of a raw column.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum ColumnKind {
    /// Numbers, taken as they are: one input.
    Number,
    /// One of some words.
    Category {
        /// The words known, in the order of their codes.
        values: Vec<String>,
        /// How a word becomes numbers.
        encoding: CategoryEncoding,
    },
}

/// How a category becomes numbers.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum CategoryEncoding {
    /// One input: the 0-based place among the known words; -1 for a missing or unknown word.
    Ordinal,
    /// One input for each known word, 1 at its place; all 0 for a missing or unknown word.
    OneHot,
}

/// What an absent value of a raw column becomes.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Missing {
    /// There are none; one is an error.
    Refuse,
    /// A number is replaced by this one (the mean of the developer's data).
    Fill(f64),
    /// The model takes missing values (NaN) itself.
    Keep,
    /// For categories: coded as [`CategoryEncoding`] says.
    Code,
}

impl Column {
    /// How many model inputs the column makes.
    pub fn width(&self) -> usize {
        match &self.kind {
            ColumnKind::Category { values, encoding: CategoryEncoding::OneHot } => values.len(),
            ColumnKind::Number | ColumnKind::Category { .. } => 1,
        }
    }
}

impl SemanticSpecification {
    /// Reads the JSON form. Unknown keys are ignored; unknown words are refused.
    pub fn from_json(value: &Value) -> Result<Self> {
        let map = value.as_object().ok_or_else(|| bad("it is not a JSON object".into()))?;
        Ok(Self {
            name: string_field(map, "Name")?,
            description: string_field(map, "Description")?,
            data: word_field(map, "Data")?,
            task: word_field(map, "Task")?,
            model: word_field(map, "Model")?,
            library: word_field(map, "Library")?,
            scenario: word_field(map, "Scenario")?,
            license: word_field(map, "License")?,
            input: dimensions_field(map, "Input")?,
            output: dimensions_field(map, "Output")?,
            benchmarks: values(map, "Benchmarks").map(scores).transpose()?.unwrap_or_default(),
            learnware_id: Some(string_field(map, "learnware_id")?).filter(|id| !id.is_empty()),
        })
    }

    /// Writes the JSON form: the seven fields of the reference always, the others where they are set.
    pub fn to_json(&self) -> Value {
        let mut map = Map::new();
        let class = |kind: &str, words: Vec<&'static str>| json!({"Type": kind, "Values": words});
        map.insert("Data".into(), class("Class", self.data.iter().map(|v| v.word()).collect()));
        map.insert("Task".into(), class("Class", self.task.iter().map(|v| v.word()).collect()));
        if !self.model.is_empty() {
            map.insert("Model".into(), class("Optional", self.model.iter().map(|v| v.word()).collect()));
        }
        map.insert("Library".into(), class("Class", self.library.iter().map(|v| v.word()).collect()));
        map.insert("Scenario".into(), class("Tag", self.scenario.iter().map(|v| v.word()).collect()));
        map.insert("License".into(), class("Class", self.license.iter().map(|v| v.word()).collect()));
        map.insert("Name".into(), json!({"Type": "String", "Values": self.name}));
        map.insert("Description".into(), json!({"Type": "String", "Values": self.description}));
        if let Some(input) = &self.input {
            map.insert("Input".into(), input.to_json());
        }
        if let Some(output) = &self.output {
            map.insert("Output".into(), output.to_json());
        }
        if !self.benchmarks.is_empty() {
            map.insert("Benchmarks".into(), json!({"Type": "Scores", "Values": self.benchmarks}));
        }
        if let Some(id) = &self.learnware_id {
            map.insert("learnware_id".into(), json!({"Type": "String", "Values": id}));
        }
        Value::Object(map)
    }

    /// Whether it is a language model that others are trained from.
    pub fn is_language_base(&self) -> bool {
        self.single_task() == Some(Task::TextGeneration) && self.model == [ModelKind::Base]
    }

    /// The task, when there is exactly one.
    pub fn single_task(&self) -> Option<Task> {
        if let [task] = self.task[..] { Some(task) } else { None }
    }

    /// The data type, when there is exactly one.
    pub fn single_data_type(&self) -> Option<DataType> {
        if let [data] = self.data[..] { Some(data) } else { None }
    }
}

/// Scores by benchmark, in percent: what a `LLMGeneralCapabilitySpecification` of the reference's 0.4 has under
/// `score_dict`.
///
/// # Errors
/// When it is no map from names to finite numbers, or has more than [`BENCHMARKS_MAX`].
pub fn scores(value: &Value) -> Result<BTreeMap<String, f64>> {
    let map = value.as_object().ok_or_else(|| bad("benchmark scores are not a map".into()))?;
    if map.len() > BENCHMARKS_MAX {
        return Err(bad(format!("there are scores of more than {BENCHMARKS_MAX} benchmarks")));
    }
    map.iter()
        .map(|(name, score)| match score.as_f64() {
            Some(score) if !name.is_empty() && name.len() <= BENCHMARK_NAME_BYTES_MAX => {
                Ok((name.clone(), score))
            }
            Some(_) => Err(bad("the name of a benchmark is empty or too long".into())),
            None => Err(bad(format!("the score of benchmark {name:?} is not a number"))),
        })
        .collect()
}

/// The vocabulary as the reference serves it, plus `Model`.
pub fn vocabulary() -> Value {
    fn words<T: Copy>(all: &[T], word: fn(T) -> &'static str) -> Vec<&'static str> {
        all.iter().map(|&value| word(value)).collect()
    }
    json!({
        "Data": {"Type": "Class", "Values": words(DataType::ALL, DataType::word)},
        "Task": {"Type": "Class", "Values": words(Task::ALL, Task::word)},
        "Model": {"Type": "Optional", "Values": words(ModelKind::ALL, ModelKind::word)},
        "Library": {"Type": "Class", "Values": words(Library::ALL, Library::word)},
        "Scenario": {"Type": "Tag", "Values": words(Scenario::ALL, Scenario::word)},
        "License": {"Type": "Class", "Values": words(License::ALL, License::word)},
        "Name": {"Type": "String", "Values": null},
        "Description": {"Type": "String", "Values": null},
    })
}

impl Dimensions {
    /// Reads the JSON form; a JSON text is read as its content (old clients send it so).
    pub fn from_json(value: &Value) -> Result<Self> {
        if let Value::String(text) = value {
            let inner =
                serde_json::from_str(text).map_err(|error| bad(format!("Input or Output: {error}")))?;
            return if let Value::String(_) = inner {
                Err(bad("Input or Output is text".into()))
            } else {
                Self::from_json(&inner)
            };
        }
        let map = value.as_object().ok_or_else(|| bad("Input or Output is not an object".into()))?;
        let dimension = map
            .get("Dimension")
            .and_then(Value::as_u64)
            .ok_or_else(|| bad("Input or Output has no whole number Dimension".into()))?
            as usize;
        let mut description = BTreeMap::new();
        for (key, text) in map.get("Description").and_then(Value::as_object).into_iter().flatten() {
            let index: usize =
                key.parse().map_err(|_| bad(format!("Description key {key:?} is not an index")))?;
            if index >= dimension {
                return Err(bad(format!("Description of index {index}, but Dimension is {dimension}")));
            }
            let text =
                text.as_str().ok_or_else(|| bad(format!("Description of index {index} is not text")))?;
            description.insert(index, text.to_owned());
        }
        let columns: Option<Vec<Column>> = match map.get("Columns") {
            None | Some(Value::Null) => None,
            Some(columns) => Some(
                serde_json::from_value(columns.clone())
                    .map_err(|error| bad(format!("Input.Columns: {error}")))?,
            ),
        };
        if let Some(columns) = &columns {
            let width: usize = columns.iter().map(Column::width).sum();
            if width != dimension {
                return Err(bad(format!("Columns make {width} inputs, but Dimension is {dimension}")));
            }
        }
        Ok(Self { dimension, description, columns })
    }

    /// Writes the JSON form.
    pub fn to_json(&self) -> Value {
        let description: Map<String, Value> =
            self.description.iter().map(|(index, text)| (index.to_string(), json!(text))).collect();
        let mut value = json!({"Dimension": self.dimension, "Description": description});
        if let Some(columns) = &self.columns {
            value["Columns"] = json!(columns);
        }
        value
    }
}

fn bad(reason: String) -> EngineError {
    EngineError::Format { format: "semantic specification", reason }
}

/// The `Values` of a field; an absent field or value counts as empty.
fn values<'a>(map: &'a Map<String, Value>, field: &str) -> Option<&'a Value> {
    map.get(field)?.get("Values").filter(|values| !values.is_null())
}

fn string_field(map: &Map<String, Value>, field: &str) -> Result<String> {
    match values(map, field) {
        None => Ok(String::new()),
        Some(Value::String(text)) => Ok(text.clone()),
        // The reference writes an empty list for an absent text now and then.
        Some(Value::Array(list)) if list.is_empty() => Ok(String::new()),
        Some(_) => Err(bad(format!("{field} is not text"))),
    }
}

fn word_field<T: std::str::FromStr<Err = String>>(map: &Map<String, Value>, field: &str) -> Result<Vec<T>> {
    let words: Vec<&Value> = match values(map, field) {
        None => Vec::new(),
        Some(Value::Array(list)) => list.iter().collect(),
        Some(Value::String(word)) if word.is_empty() => Vec::new(),
        Some(word @ Value::String(_)) => vec![word],
        Some(_) => return Err(bad(format!("{field} is not a list of words"))),
    };
    words
        .into_iter()
        .map(|word| {
            let word = word.as_str().ok_or_else(|| bad(format!("{field} has a value that is not a word")))?;
            word.parse().map_err(|reason| bad(format!("{field}: {reason}")))
        })
        .collect()
}

fn dimensions_field(map: &Map<String, Value>, field: &str) -> Result<Option<Dimensions>> {
    match map.get(field) {
        None | Some(Value::Null) => Ok(None),
        Some(Value::Object(object)) if object.is_empty() => Ok(None),
        Some(value) => Dimensions::from_json(value).map(Some),
    }
}
