//! Checks the words: is everything said that a learnware must say?
//!
//! The rules are those of the reference (0.3.2) with the additions of its 0.4 release as warnings. All
//! reasons are reported at once. It does not judge whether the words are true; [`super::model`] does.

use serde_json::{Map, Value};

use super::{Finding, Stage};
use crate::semantic::{
    Column, DataType, Dimensions, Library, License, ModelKind, Scenario, SemanticSpecification, Task,
};

/// Lengths of a name, in characters, that a dock of the reference takes.
const NAME_LENGTH: std::ops::RangeInclusive<usize> = 5..=50;
/// Lengths of a description, in characters, that a dock of the reference takes.
const DESCRIPTION_LENGTH: std::ops::RangeInclusive<usize> = 10..=10_000;

/// Everything wrong with the words of a learnware; empty when nothing is.
pub fn check(semantic: &SemanticSpecification) -> Vec<Finding> {
    let mut findings = Vec::new();
    texts(semantic, &mut findings);
    exactly_one("data", "data type", DataType::word, DataType::ALL, &semantic.data, &mut findings);
    exactly_one("task", "task", Task::word, Task::ALL, &semantic.task, &mut findings);
    exactly_one("library", "library", Library::word, Library::ALL, &semantic.library, &mut findings);
    exactly_one("license", "licence", License::word, License::ALL, &semantic.license, &mut findings);
    if semantic.scenario.is_empty() {
        findings.push(error(
            "scenario-missing",
            "No scenario is named; at least one is needed.",
            format!("Choose one or more of: {}.", words(Scenario::word, Scenario::ALL)),
        ));
    }
    combination(semantic, &mut findings);
    dimensions(semantic, &mut findings);
    findings
}

/// Reads the JSON form of a semantic specification and checks it, reporting every unknown word and malformed
/// part beside the findings of [`check`]. The specification is `None` when an error was found.
pub fn check_json(value: &Value) -> (Option<SemanticSpecification>, Vec<Finding>) {
    let Some(map) = value.as_object() else {
        let advice =
            "Write an object with the fields Data, Task, Library, Scenario, License, Name, Description.";
        return (
            None,
            vec![error("not-an-object", "The semantic specification is not a JSON object.", advice)],
        );
    };
    let mut map = map.clone();
    let mut findings = Vec::new();
    // Parts that can't be read are reported, then taken out so that the rest can be checked; what is missing
    // only for that reason is not reported again.
    let mut spoiled = Vec::new();
    let mut unreadable = |field: &str, reason: String, missing: &str, findings: &mut Vec<Finding>| {
        let message = format!("{field} can't be read: {reason}.");
        findings.push(error("unreadable", message, "Correct this field of the semantic specification."));
        spoiled.push(missing.to_owned());
    };
    for (field, missing, known) in word_fields() {
        if let Err(reason) = keep_known_words(&mut map, field, known) {
            unreadable(field, reason, missing, &mut findings);
        }
    }
    for (field, missing) in [("Name", "name-empty"), ("Description", "description-empty")] {
        let values = map.get(field).and_then(|entry| entry.get("Values"));
        if values
            .is_some_and(|values| !values.is_string() && !values.is_null() && *values != Value::Array(vec![]))
        {
            map.remove(field);
            unreadable(field, "it is not text".into(), missing, &mut findings);
        }
    }
    for (field, missing) in [("Input", "input-missing"), ("Output", "output-missing")] {
        let entry = map
            .get(field)
            .filter(|value| !value.is_null() && value.as_object().is_none_or(|o| !o.is_empty()));
        if let Some(Err(problem)) = entry.map(Dimensions::from_json) {
            map.remove(field);
            let reason = problem.to_string();
            let reason = reason.strip_prefix("semantic specification: ").unwrap_or(&reason).to_owned();
            unreadable(field, reason, missing, &mut findings);
        }
    }
    types(&map, &mut findings);
    match SemanticSpecification::from_json(&Value::Object(map)) {
        Err(problem) => {
            findings.push(error("unreadable", problem.to_string(), "Correct the semantic specification."));
            (None, findings)
        }
        Ok(semantic) => {
            let more = check(&semantic).into_iter().filter(|finding| !spoiled.contains(&finding.code));
            findings.extend(more);
            let bad = findings.iter().any(|finding| finding.severity == super::Severity::Error);
            ((!bad).then_some(semantic), findings)
        }
    }
}

fn error(code: &str, message: impl Into<String>, advice: impl Into<String>) -> Finding {
    Finding::error(Stage::Semantic, code, message, advice)
}

fn warning(code: &str, message: impl Into<String>, advice: impl Into<String>) -> Finding {
    Finding::warning(Stage::Semantic, code, message, advice)
}

fn words<T: Copy>(word: fn(T) -> &'static str, all: &[T]) -> String {
    all.iter().map(|&value| word(value)).collect::<Vec<_>>().join(", ")
}

fn texts(semantic: &SemanticSpecification, findings: &mut Vec<Finding>) {
    let fields = [
        ("name", &semantic.name, NAME_LENGTH, "Give it a short title that says what the model does."),
        (
            "description",
            &semantic.description,
            DESCRIPTION_LENGTH,
            "Say what the model does and for what data.",
        ),
    ];
    for (field, text, usual, advice) in fields {
        let length = text.trim().chars().count();
        if length == 0 {
            findings.push(error(&format!("{field}-empty"), format!("The {field} is empty."), advice));
        } else if !usual.contains(&length) {
            findings.push(Finding::note(
                Stage::Semantic,
                &format!("{field}-length"),
                format!("The {field} has {length} characters."),
                format!("Docks of the reference take {} to {} only.", usual.start(), usual.end()),
            ));
        }
    }
}

fn exactly_one<T: Copy>(
    code: &str,
    what: &str,
    word: fn(T) -> &'static str,
    all: &[T],
    found: &[T],
    findings: &mut Vec<Finding>,
) {
    match found {
        [_] => {}
        [] => findings.push(error(
            &format!("{code}-missing"),
            format!("No {what} is named; exactly one is needed."),
            format!("Choose one of: {}.", words(word, all)),
        )),
        several => findings.push(error(
            &format!("{code}-several"),
            format!(
                "{} entries are named as {what} ({}); exactly one is needed.",
                several.len(),
                words(word, several)
            ),
            "Keep the one that fits best.",
        )),
    }
}

/// Rules of the reference's 0.4 release on which words go together.
fn combination(semantic: &SemanticSpecification, findings: &mut Vec<Finding>) {
    if semantic.model.len() > 1 {
        findings.push(error(
            "model-several",
            format!("{} kinds of language model are named; at most one can be.", semantic.model.len()),
            "Keep the one that fits best.",
        ));
    }
    let Some(data) = semantic.single_data_type() else { return };
    if let Some(task) = semantic.single_task() {
        let general = [Task::Classification, Task::Regression, Task::FeatureExtraction, Task::Others];
        let special: &[Task] = match data {
            DataType::Table => &[],
            DataType::Image => &[Task::Segmentation, Task::ObjectDetection],
            DataType::Text => &[Task::TextGeneration],
        };
        if !general.contains(&task) && !special.contains(&task) {
            findings.push(warning(
                "task-for-data",
                format!(
                    "The task {task} is not one for {data} data; the reference's 0.4 release refuses it."
                ),
                "Choose another task or data type.",
            ));
        }
    }
    if data != DataType::Text && semantic.model.iter().any(|&kind| kind != ModelKind::Others) {
        findings.push(warning(
            "model-for-data",
            format!("A kind of language model is named, but the data type is {data}."),
            "Leave the field Model out.",
        ));
    }
}

fn dimensions(semantic: &SemanticSpecification, findings: &mut Vec<Finding>) {
    if semantic.data.contains(&DataType::Table) && semantic.input.is_none() {
        findings.push(error(
            "input-missing",
            "The input is not described; it must be for tables.",
            "Add Input with the number of columns (Dimension) and what they mean (Description).",
        ));
    }
    let classifies = semantic.task.contains(&Task::Classification);
    if (classifies || semantic.task.contains(&Task::Regression)) && semantic.output.is_none() {
        findings.push(error(
            "output-missing",
            "The output is not described; it must be for classification and regression.",
            "Add Output with the number of classes or outputs (Dimension) and what they mean (Description).",
        ));
    }
    for (name, sides) in [("input", &semantic.input), ("output", &semantic.output)] {
        if let Some(sides) = sides {
            one_side(name, sides, findings);
        }
    }
    if classifies && semantic.output.as_ref().is_some_and(|output| output.dimension == 1) {
        findings.push(error(
            "classification-one-class",
            "Classification with one class: Output.Dimension is 1.",
            "Output.Dimension is the number of classes, at least 2, also when the model answers one label.",
        ));
    }
}

fn one_side(name: &str, sides: &Dimensions, findings: &mut Vec<Finding>) {
    let dimension = sides.dimension;
    if dimension == 0 {
        let message = format!("The {name} has the dimension 0.");
        findings.push(error(&format!("{name}-dimension-zero"), message, "Give the real number."));
    }
    let outside: Vec<_> = sides.description.keys().filter(|&&index| index >= dimension).collect();
    if !outside.is_empty() {
        findings.push(error(
            &format!("{name}-description-range"),
            format!("The {name} describes {outside:?}, but indices go from 0 to below {dimension}."),
            "Number the descriptions from 0.",
        ));
    }
    let width = sides.columns.as_ref().map(|columns| columns.iter().map(Column::width).sum::<usize>());
    if let Some(width) = width.filter(|&width| width != dimension) {
        findings.push(error(
            &format!("{name}-columns-width"),
            format!("The columns of the {name} make {width} numbers, but its dimension is {dimension}."),
            "Make the specification anew from the data.",
        ));
    }
}

type Known = fn(&str) -> bool;

/// The fields made of words: name on the wire, code of the finding when absent, whether a word is known.
fn word_fields() -> [(&'static str, &'static str, Known); 6] {
    [
        ("Data", "data-missing", |word| DataType::from_word(word).is_some()),
        ("Task", "task-missing", |word| Task::from_word(word).is_some()),
        ("Model", "model-missing", |word| ModelKind::from_word(word).is_some()),
        ("Library", "library-missing", |word| Library::from_word(word).is_some()),
        ("Scenario", "scenario-missing", |word| Scenario::from_word(word).is_some()),
        ("License", "license-missing", |word| License::from_word(word).is_some()),
    ]
}

/// Takes what is no known word out of a field; says what it was.
fn keep_known_words(map: &mut Map<String, Value>, field: &str, known: Known) -> Result<(), String> {
    let Some(values) = map.get_mut(field).and_then(|entry| entry.get_mut("Values")) else { return Ok(()) };
    let list = match values.take() {
        Value::Null => Vec::new(),
        Value::Array(list) => list,
        Value::String(word) if word.is_empty() => Vec::new(),
        word @ Value::String(_) => vec![word],
        Value::Bool(_) | Value::Number(_) | Value::Object(_) => {
            return Err("it is not a list of words".into());
        }
    };
    let (good, bad): (Vec<_>, Vec<_>) = list.into_iter().partition(|word| word.as_str().is_some_and(known));
    *values = Value::Array(good);
    if bad.is_empty() {
        return Ok(());
    }
    let bad: Vec<_> = bad.iter().map(ToString::to_string).collect();
    Err(format!("{} is not in the vocabulary", bad.join(", ")))
}

/// The reference demands the right `Type` beside every `Values`.
fn types(map: &Map<String, Value>, findings: &mut Vec<Finding>) {
    let Value::Object(vocabulary) = crate::semantic::vocabulary() else { return };
    for (field, entry) in vocabulary {
        let wanted = &entry["Type"];
        let found = map.get(&field).map(|entry| entry.get("Type").unwrap_or(&Value::Null));
        if let Some(found) = found.filter(|&found| found != wanted) {
            findings.push(warning(
                "field-type",
                format!("{field} has the type {found} instead of {wanted}; the reference refuses that."),
                format!("Write \"Type\": {wanted}."),
            ));
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn good() -> SemanticSpecification {
        SemanticSpecification {
            name: "iris flowers".into(),
            description: "tells iris flowers apart".into(),
            data: vec![DataType::Table],
            task: vec![Task::Classification],
            library: vec![Library::ScikitLearn],
            scenario: vec![Scenario::Nature],
            license: vec![License::Mit],
            input: Some(Dimensions { dimension: 4, ..Dimensions::default() }),
            output: Some(Dimensions { dimension: 3, ..Dimensions::default() }),
            ..SemanticSpecification::default()
        }
    }

    fn codes(findings: &[Finding]) -> Vec<&str> {
        findings.iter().map(|finding| finding.code.as_str()).collect()
    }

    #[test]
    fn a_good_one_has_no_finding() {
        assert_eq!(check(&good()), []);
        let (semantic, findings) = check_json(&good().to_json());
        assert_eq!((semantic, findings), (Some(good()), vec![]));
    }

    #[test]
    fn all_reasons_come_at_once() {
        let findings = check(&SemanticSpecification::default());
        let wanted = ["name-empty", "description-empty", "data-missing", "task-missing", "library-missing"];
        assert_eq!(codes(&findings)[..5], wanted);
        assert_eq!(codes(&findings)[5..], ["license-missing", "scenario-missing"]);
    }

    #[test]
    fn each_rule_finds_its_fault() {
        type Spoil = fn(&mut SemanticSpecification);
        let cases: [(Spoil, &str); 14] = [
            (|s| s.name = "  ".into(), "name-empty"),
            (|s| s.name = "abc".into(), "name-length"),
            (|s| s.description = "\n".into(), "description-empty"),
            (|s| s.data.push(DataType::Image), "data-several"),
            (|s| s.task = vec![], "task-missing"),
            (|s| s.task = vec![Task::Segmentation], "task-for-data"),
            (|s| s.model = vec![ModelKind::Base, ModelKind::Peft], "model-several"),
            (|s| s.model = vec![ModelKind::Base], "model-for-data"),
            (|s| s.input = None, "input-missing"),
            (|s| s.output = None, "output-missing"),
            (|s| s.input.as_mut().unwrap().dimension = 0, "input-dimension-zero"),
            (|s| s.output.as_mut().unwrap().dimension = 1, "classification-one-class"),
            (
                |s| drop(s.output.as_mut().unwrap().description.insert(3, "x".into())),
                "output-description-range",
            ),
            (|s| s.input.as_mut().unwrap().columns = Some(vec![]), "input-columns-width"),
        ];
        for (spoil, code) in cases {
            let mut semantic = good();
            spoil(&mut semantic);
            assert!(codes(&check(&semantic)).contains(&code), "{code}: {:?}", check(&semantic));
        }
    }

    #[test]
    fn json_faults_come_together_and_once_each() {
        let mut value = good().to_json();
        value["Data"]["Values"] = json!(["Sound"]);
        value["License"]["Values"] = json!(["MIT", "GPL-9", 7]);
        value["Scenario"]["Type"] = json!("Class");
        value["Name"]["Values"] = json!(5);
        value["Output"] = json!({"Dimension": "3", "Description": {}});
        let (semantic, findings) = check_json(&value);
        assert_eq!(semantic, None);
        let wanted = ["unreadable", "unreadable", "unreadable", "unreadable", "field-type"];
        assert_eq!(codes(&findings), wanted, "{findings:?}");
        assert_eq!(codes(&check_json(&json!([])).1), ["not-an-object"]);
        assert!(check_json(&json!({})).0.is_none());
    }
}
