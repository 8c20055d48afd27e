//! The file of a model: what it says of itself, and the package that is made of it.

use std::path::Path;

use learnware_data::specfile::{self, Report};
use learnware_engine::learnware::{ModelFormat, Specification};
use learnware_engine::market::checker::{self, Severity};
use learnware_engine::predictor::Batch;
use learnware_engine::semantic::{SemanticSpecification, Task};
use learnware_engine::specification::StatisticalSpecification;
use learnware_package::native::{self, ClassOrder, ModelFacts, NativeError};
use learnware_package::template::{ModelSource, PackageWriter};
use serde_json::{Value, json};

use crate::message::{Answer, ModelSays, Refusal};

/// Formats of models that are data.
const FORMATS: [ModelFormat; 3] = [ModelFormat::Onnx, ModelFormat::LightGbm, ModelFormat::XgBoost];

/// What a model's file says; `format` is null where the bytes are no model that is data.
pub(crate) fn said(name: &str, bytes: &[u8]) -> Result<Answer, Refusal> {
    let Some(format) = native::format_of(Path::new(name), bytes) else {
        return Ok(Answer { document: json!({"format": null}), bytes: Vec::new() });
    };
    let facts = native::facts(format, bytes).map_err(unreadable)?;
    let document = json!({
        "format": format.word(),
        "shape": facts.input_shape,
        "columns": facts.columns,
        "task": facts.task.map(Task::word),
        "outputs": facts.outputs,
        "classes": facts.classes,
    });
    Ok(Answer { document, bytes: Vec::new() })
}

/// Task and outputs of a model, by its file and by the labels of its data; refused where the data is not what it takes.
pub(crate) fn outputs(says: &ModelSays, bytes: &[u8], report: &Report) -> Result<Value, Refusal> {
    require_width(&says.shape, &report.described.specification)?;
    let facts = ModelFacts {
        task: says.task.as_deref().and_then(Task::from_word),
        outputs: says.outputs,
        classes: says.classes.clone(),
        ..ModelFacts::default()
    };
    let labels = report.labels.as_ref();
    let task = facts.task_of(labels.map(|(_, labels)| labels));
    let named = labels.map(|(name, labels)| (name.as_str(), labels));
    let mut outputs = facts.outputs_of(task.unwrap_or(Task::Others), named);
    let order =
        if task == Some(Task::Classification) { order_of_classes(&facts, says, bytes, report) } else { None };
    if let Some(order) = &order {
        order.name(&mut outputs);
    }
    let order =
        order.map(|order| json!({"right": order.right, "rows": order.rows, "clear": order.is_clear()}));
    Ok(json!({"task": task.map(Task::word), "output": outputs.to_json(), "order": order}))
}

/// Which class is which, by the model's answers on labelled rows; `None` where it gives none that tell it.
fn order_of_classes(
    facts: &ModelFacts,
    says: &ModelSays,
    bytes: &[u8],
    report: &Report,
) -> Option<ClassOrder> {
    let (numbers, (_, labels)) = (report.numbers.as_ref()?, report.labels.as_ref()?);
    let places = ClassOrder::places(numbers.rows());
    let format = format_named(says.format.as_deref()?)?;
    let mut model = native::load(format, bytes).ok()?;
    let answers = model.predict(&Batch::Table(numbers.select_rows(&places))).ok()?;
    ClassOrder::of(facts, &answers.values, &places, labels)
}

/// Refuses data of another width or shape than the model takes.
fn require_width(shape: &[usize], specification: &StatisticalSpecification) -> Result<(), Refusal> {
    let made = match specification {
        StatisticalSpecification::Table(rkme) => vec![rkme.dimension()],
        StatisticalSpecification::Image(image) => image.image_shape.to_vec(),
        StatisticalSpecification::ReferenceImage(_) => return Ok(()),
        StatisticalSpecification::Text(_) | StatisticalSpecification::Parameters(_) => {
            let message = "a model in this form takes numbers, but the data is texts";
            return Err(Refusal::new("model-texts", message, "drop the table that it was trained on"));
        }
    };
    let is_flat = made.len() == 1;
    let fits = if is_flat { shape.iter().product::<usize>() == made[0] } else { shape == made };
    if shape.is_empty() || fits {
        return Ok(());
    }
    if is_flat {
        let message = format!(
            "the model takes {} numbers for each row, but the columns make {}",
            shape.iter().product::<usize>(),
            made[0]
        );
        let hint = "name the column with the labels, and leave out what is no input; a column of categories makes a number for each \
                    of them";
        let refusal = Refusal::new("model-width", message, hint);
        return Err(refusal.with("expected", shape.iter().product::<usize>()).with("found", made[0]));
    }
    let message = format!("the model takes examples of shape {shape:?}, not images of shape {made:?}");
    let refusal = Refusal::new("model-shape", message, "choose the size that the model takes for all images");
    Err(refusal.with("expected", format!("{shape:?}")).with("found", format!("{made:?}")))
}

/// The package that `learnware pack` makes of the same.
pub(crate) fn pack(
    format: &str,
    specification: &Value,
    semantic: &Value,
    model: &[u8],
) -> Result<Answer, Refusal> {
    let broken =
        |what: String| Refusal::new("call", format!("the page's call is broken: {what}"), "reload the page");
    let format = format_named(format).ok_or_else(|| broken("it names no format".into()))?;
    let described = specfile::from_value(Path::new("the specification"), specification)?;
    let semantic = SemanticSpecification::from_json(semantic).map_err(|error| broken(error.to_string()))?;
    let statistical = vec![described.specification];
    let report = checker::check_specification(&Specification {
        semantic: semantic.clone(),
        statistical: statistical.clone(),
    });
    if let Some(error) = report.findings.into_iter().find(|finding| finding.severity == Severity::Error) {
        return Err(Refusal::new("unsound", error.message, error.advice));
    }
    let mut writer = PackageWriter::new(ModelSource::Data(format, model.to_vec()), statistical);
    writer.name = Some(semantic.name.clone());
    writer.semantic = Some(semantic);
    let bytes = writer.write().map_err(|error| {
        Refusal::new("not-packed", format!("the package can't be made: {error}"), "use `learnware pack`")
            .with("reason", error)
    })?;
    Ok(Answer { document: json!({"bytes": bytes.len()}), bytes })
}

fn format_named(word: &str) -> Option<ModelFormat> {
    FORMATS.into_iter().find(|known| known.word() == word)
}

fn unreadable(error: NativeError) -> Refusal {
    let hint = "save it again in the form that its library calls ONNX, text (LightGBM) or JSON (XGBoost)";
    let reason = error.to_string();
    Refusal::new("model-file", reason.clone(), hint).with("reason", reason)
}

#[cfg(test)]
mod tests {
    use std::fmt::Write as _;

    use learnware_data::MemoryFiles;
    use learnware_package::Package;
    use learnware_package::native::onnx::write::{Answer as Means, LinearModel, linear};

    use super::*;
    use crate::message::Call;
    use crate::session::{Session, answer_alone, no_progress};

    /// A model of two columns and three classes.
    fn model() -> Vec<u8> {
        let model = LinearModel {
            offset: vec![0.0; 2],
            scale: vec![1.0; 2],
            coefficients: vec![1.0; 6],
            intercepts: vec![0.0; 3],
        };
        linear(&model, &Means::Softmax(vec![4, 6, 8])).unwrap()
    }

    fn call(value: Value) -> Call {
        serde_json::from_value(value).unwrap()
    }

    /// The answer about a table of two columns and labels.
    fn generated(choices: &Value) -> Result<Answer, Refusal> {
        let mut text = String::from("a,b,digit\n");
        for row in 0..30 {
            writeln!(text, "{},{},{}", row, row % 7, [4, 6, 8][row % 3]).unwrap();
        }
        let mut files = MemoryFiles::default();
        files.insert("t.csv", text.into_bytes());
        let mut session = Session::new(files, "t.csv".into(), no_progress);
        session.answer(&call(json!({"call": "open", "files": [["t.csv", 1]]})), &[]).unwrap();
        let says = said("m.onnx", &model()).unwrap().document;
        session.answer(&call(json!({"call": "generate", "choices": choices, "model": says})), &[])
    }

    #[test]
    fn a_model_fills_what_its_file_says() {
        let said = said("m.onnx", &model()).unwrap().document;
        assert_eq!(
            (&said["format"], &said["task"], &said["outputs"]),
            (&json!("onnx"), &json!("Classification"), &json!(3))
        );
        assert_eq!(said["classes"], json!(["4", "6", "8"]));
        assert_eq!(super::said("notes.txt", b"no model").unwrap().document["format"], Value::Null);
        let refused = super::said("m.onnx", b"no model").unwrap_err();
        assert_eq!(refused.code, "model-file");
    }

    #[test]
    fn forgotten_labels_are_told_before_anything_is_sent() {
        let refused = generated(&json!({})).unwrap_err();
        assert_eq!(refused.code, "model-width");
        assert!(
            refused.message.contains("takes 2 numbers") && refused.message.contains("make 3"),
            "{}",
            refused.message
        );
        let made = generated(&json!({"labels": "digit"})).unwrap().document;
        assert_eq!(made["answers"]["task"], "Classification");
        assert_eq!(made["answers"]["output"]["Description"]["2"], "8");
    }

    #[test]
    fn answers_on_the_rows_tell_which_class_is_which() {
        // Scores fall with `a` for class 0 and rise for class 1; small values are called "small", after "large" in order.
        let model = LinearModel {
            offset: vec![0.0],
            scale: vec![1.0],
            coefficients: vec![-1.0, 1.0],
            intercepts: vec![14.5, -14.5],
        };
        let bytes = linear(&model, &Means::Softmax(vec![0, 1])).unwrap();
        let mut text = String::from("a,size\n");
        for row in 0..30 {
            writeln!(text, "{row},{}", if row < 15 { "small" } else { "large" }).unwrap();
        }
        let mut files = MemoryFiles::default();
        files.insert("t.csv", text.into_bytes());
        let mut session = Session::new(files, "t.csv".into(), no_progress);
        session.answer(&call(json!({"call": "open", "files": [["t.csv", 1]]})), &[]).unwrap();
        let says = said("m.onnx", &bytes).unwrap().document;
        let generate = call(json!({"call": "generate", "choices": {"labels": "size"}, "model": says}));
        let made = session.answer(&generate, &bytes).unwrap().document;
        assert_eq!(made["answers"]["output"]["Description"], json!({"0": "small", "1": "large"}));
        assert_eq!(made["answers"]["order"], json!({"right": 1.0, "rows": 30, "clear": true}));
    }

    #[test]
    fn the_package_is_that_of_the_command() {
        let made = generated(&json!({"labels": "digit"})).unwrap();
        let specification: Value = serde_json::from_slice(&made.bytes).unwrap();
        let words = |values: &str| json!({"Type": "Class", "Values": [values]});
        let mut semantic = json!({
            "Data": words("Table"), "Task": words("Classification"), "Library": words("Others"),
            "Scenario": {"Type": "Tag", "Values": ["Education"]}, "License": words("MIT"),
            "Name": {"Type": "String", "Values": "Three digits"},
            "Description": {"Type": "String", "Values": "Tells 4, 6 and 8 apart."},
            "Input": specification["input"], "Output": made.document["answers"]["output"],
        });
        let pack = |semantic: &Value| {
            let call = json!({"call": "pack", "format": "onnx", "specification": specification, "semantic": semantic});
            answer_alone(&super::tests::call(call), &model())
        };
        let package = Package::from_bytes(pack(&semantic).unwrap().bytes).unwrap();
        assert_eq!(package.format(), ModelFormat::Onnx);
        assert_eq!(package.semantic().unwrap().output.as_ref().unwrap().dimension, 3);
        semantic["Output"]["Dimension"] = json!(1);
        semantic["Output"]["Description"] = json!({});
        assert_eq!(pack(&semantic).unwrap_err().code, "unsound");
    }
}
