//! Learnwares for tests: linear regression models of two columns as XGBoost JSON, which run in this process.

use std::collections::BTreeMap;

use learnware_engine::Matrix;
use learnware_engine::numeric::random::Stream;
use learnware_engine::semantic::{
    DataType, Dimensions, Library, License, Scenario, SemanticSpecification, Task,
};
use learnware_engine::specification::{Rkme, RkmeParameters, StatisticalSpecification, codec};
use learnware_package::archive;
use serde_json::{Value, json};

type Files = BTreeMap<String, Vec<u8>>;

/// A sound package; another `index` gives other bytes and another distribution.
pub(crate) fn package(index: u64) -> Vec<u8> {
    archive::write(&files(index)).unwrap()
}

/// A package whose files are sound and whose model takes three columns instead of two.
pub(crate) fn broken(index: u64) -> Vec<u8> {
    let mut files = files(index);
    files.insert("model.json".into(), model(&[1.0, 2.0, 3.0, 0.5]));
    archive::write(&files).unwrap()
}

/// The same line as Python code, in the form of the reference: a class of `learnware.model.BaseModel`.
pub(crate) fn python(index: u64) -> Vec<u8> {
    const CODE: &str = "\
import numpy
from learnware.model import BaseModel

class Line(BaseModel):
    def __init__(self):
        super().__init__(input_shape=(2,), output_shape=(1,))

    def fit(self, X, y):
        pass

    def predict(self, X):
        return (X @ numpy.array([1.0, -2.0]) + 0.5).reshape(-1, 1)

    def finetune(self, X, y):
        pass
";
    let mut files = files(index);
    let yaml = String::from_utf8(files["learnware.yaml"].clone()).unwrap();
    let yaml = yaml.replace("  file_name: model.json\n", "").replace("format: xgboost\n", "");
    files.insert("learnware.yaml".into(), yaml.replace("class_name: Model", "class_name: Line").into_bytes());
    files.insert("__init__.py".into(), CODE.into());
    files.insert("requirements.txt".into(), b"numpy\n".to_vec());
    files.remove("model.json");
    archive::write(&files).unwrap()
}

/// Files that are no sound packages, with what is wrong.
pub(crate) fn unsound() -> Vec<(&'static str, Vec<u8>)> {
    let changed = |change: &dyn Fn(&mut Files)| {
        let mut files = files(5);
        change(&mut files);
        archive::write(&files).unwrap()
    };
    let rewritten = |name: &'static str, rewrite: &dyn Fn(&mut Value)| {
        changed(&|files| {
            let mut value: Value = serde_json::from_slice(&files[name]).unwrap();
            rewrite(&mut value);
            files.insert(name.into(), value.to_string().into_bytes());
        })
    };
    let whole = package(5);
    vec![
        ("nothing", Vec::new()),
        ("no zip", b"no zip at all".to_vec()),
        ("cut off", whole[..whole.len() / 2].to_vec()),
        ("no manifest", changed(&|files| drop(files.remove("learnware.yaml")))),
        ("no specification file", changed(&|files| drop(files.remove("stat.json")))),
        ("no words", changed(&|files| drop(files.remove("semantic_specification.json")))),
        (
            "foreign code",
            changed(&|files| {
                let yaml = String::from_utf8(files["learnware.yaml"].clone()).unwrap();
                let yaml = yaml.replace("module_path: learnware.specification", "module_path: subprocess");
                let yaml = yaml.replace("class_name: RKMETableSpecification", "class_name: Popen");
                files.insert("learnware.yaml".into(), yaml.into_bytes());
            }),
        ),
        (
            "fewer weights than points",
            rewritten("stat.json", &|value| drop(value["beta"].as_array_mut().unwrap().pop())),
        ),
        ("text for a number", rewritten("stat.json", &|value| value["z"][0][1] = json!("NaN"))),
        (
            "three columns said, two shown",
            rewritten("semantic_specification.json", &|value| value["Input"]["Dimension"] = json!(3)),
        ),
        (
            "a name of four letters",
            rewritten("semantic_specification.json", &|value| value["Name"]["Values"] = json!("four")),
        ),
        (
            "an unknown word",
            rewritten("semantic_specification.json", &|value| value["Task"]["Values"] = json!(["Cooking"])),
        ),
    ]
}

/// A linear classifier of two columns: its classes with the weights of their scores (column, column, intercept), and the
/// centres around which it knows 100 rows each.
pub(crate) struct LinearClassifier<'a> {
    pub(crate) seed: u64,
    pub(crate) classes: &'a [(&'a str, [f64; 3])],
    pub(crate) centres: &'a [[f64; 2]],
}

/// Its package.
pub(crate) fn classifier(of: &LinearClassifier<'_>) -> Vec<u8> {
    let mut chance = Stream::new(of.seed);
    let count = 100 * of.centres.len();
    let rows: Vec<Vec<f64>> = (0..count)
        .map(|row| of.centres[row % of.centres.len()].iter().map(|centre| centre + chance.normal()).collect())
        .collect();
    let rkme = Rkme::generate(&Matrix::from_rows(&rows).unwrap(), &RkmeParameters::default()).unwrap();
    let names = of.classes.iter().enumerate().map(|(place, (name, _))| (place, (*name).to_owned()));
    let output =
        Dimensions { dimension: of.classes.len(), description: names.collect(), ..Dimensions::default() };
    let semantic =
        SemanticSpecification { task: vec![Task::Classification], output: Some(output), ..semantic(of.seed) };
    let weights: Vec<f64> =
        (0..3).flat_map(|axis| of.classes.iter().map(move |(_, weights)| weights[axis])).collect();
    let model = json!({
        "version": [2, 1, 0],
        "learner": {
            "gradient_booster": {"name": "gblinear", "model": {"weights": weights, "boosted_rounds": 1}},
            "learner_model_param": {
                "base_score": "0", "num_class": of.classes.len().to_string(), "num_target": "1",
                "num_feature": "2",
            },
            "objective": {"name": "multi:softprob", "softmax_multiclass_param": {}},
        },
    });
    let mut files = files(of.seed);
    let stat = codec::to_json(&StatisticalSpecification::Table(rkme));
    files.insert("stat.json".into(), stat.to_string().into_bytes());
    files.insert("semantic_specification.json".into(), semantic.to_json().to_string().into_bytes());
    files.insert("model.json".into(), model.to_string().into_bytes());
    archive::write(&files).unwrap()
}

/// The words of a package.
pub(crate) fn semantic(index: u64) -> SemanticSpecification {
    let dimensions = |dimension| Some(Dimensions { dimension, ..Dimensions::default() });
    SemanticSpecification {
        name: format!("Line {index}"),
        description: "A line through two columns, for tests of the dock.".into(),
        data: vec![DataType::Table],
        task: vec![Task::Regression],
        library: vec![Library::Others],
        scenario: vec![Scenario::Education],
        license: vec![License::Apache2],
        input: dimensions(2),
        output: dimensions(1),
        ..SemanticSpecification::default()
    }
}

/// The statistical specification of a package.
pub(crate) fn statistical(index: u64) -> Vec<StatisticalSpecification> {
    let points = rows(index);
    let weights = vec![1.0 / points.rows() as f64; points.rows()];
    let row_count = points.rows();
    vec![StatisticalSpecification::Table(Rkme::new(points, weights, 0.1, row_count).unwrap())]
}

/// The rows that a package's model knows: 12 around a centre of its own.
pub(crate) fn rows(index: u64) -> Matrix {
    let mut chance = Stream::new(index);
    let centre = (index % 100) as f64;
    let rows: Vec<Vec<f64>> =
        (0..12).map(|_| vec![centre + chance.normal(), chance.normal() - centre]).collect();
    Matrix::from_rows(&rows).unwrap()
}

fn files(index: u64) -> Files {
    const MANIFEST: &str = "\
model:
  class_name: Model
  module_path: __init__.py
  file_name: model.json
  kwargs: {}
format: xgboost
stat_specifications:
  - module_path: learnware.specification
    class_name: RKMETableSpecification
    file_name: stat.json
    kwargs: {}
semantic_specification:
  file_name: semantic_specification.json
";
    let stat = codec::to_json(&statistical(index)[0]).to_string();
    BTreeMap::from([
        ("learnware.yaml".to_owned(), MANIFEST.as_bytes().to_vec()),
        ("stat.json".to_owned(), stat.into_bytes()),
        ("semantic_specification.json".to_owned(), semantic(index).to_json().to_string().into_bytes()),
        ("model.json".to_owned(), model(&[1.0, -2.0, (index % 7) as f64 + 0.5])),
    ])
}

/// A linear booster: one weight for each column, then the intercept.
fn model(weights: &[f64]) -> Vec<u8> {
    json!({
        "version": [2, 1, 0],
        "learner": {
            "gradient_booster": {"name": "gblinear", "model": {"weights": weights, "boosted_rounds": 1}},
            "learner_model_param": {
                "base_score": "0", "num_class": "0", "num_target": "1",
                "num_feature": (weights.len() - 1).to_string(),
            },
            "objective": {"name": "reg:squarederror", "reg_loss_param": {}},
        },
    })
    .to_string()
    .into_bytes()
}
