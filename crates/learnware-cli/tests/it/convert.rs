//! A model that is Python code becomes data: in a file, in a dock's folder, at a server.

use std::time::{Duration, Instant};

use serde_json::Value;

use crate::context::{TestContext, plane_csv, python_works};
use crate::server::{Server, administrator};

const MODEL: &str = "\
import numpy as np
from sklearn.linear_model import LinearRegression


class Model:
    def __init__(self):
        X = np.random.default_rng(3).normal(size=(50, 2))
        self.model = LinearRegression().fit(X, 2 * X[:, 0] - 3 * X[:, 1] + 1)

    def predict(self, X):
        return self.model.predict(X)
";

/// A context with `code.zip`, a linear model in Python; `None` where no Python runs.
fn with_package(test: &str) -> Option<TestContext> {
    let context = TestContext::new();
    if !python_works(&context, test) {
        return None;
    }
    let folder = context.path("linear");
    std::fs::create_dir(&folder).unwrap();
    std::fs::write(folder.join("__init__.py"), MODEL).unwrap();
    std::fs::write(folder.join("requirements.txt"), "numpy\nscikit-learn\n").unwrap();
    context.write("data.csv", plane_csv(0.5, [2.0, -3.0]));
    let words = ["--name", "Linear", "--license", "mit", "--description", "A plane, as Python code."];
    let pack =
        ["pack", "linear", "--data", "data.csv", "--labels", "y", "--task", "regression", "-o", "code.zip"];
    let packed = context.run_with(&[&pack[..], &words[..]].concat());
    assert_eq!(packed.code, 0, "{packed:?}");
    Some(context)
}

fn predictions(context: &TestContext, arguments: &str) -> Vec<f64> {
    let document = context.json(arguments);
    let rows = document["predictions"].as_array().unwrap().clone();
    rows.iter().map(|row: &Value| row["prediction"].as_f64().unwrap()).collect()
}

fn agree(one: &[f64], other: &[f64]) {
    assert!(!one.is_empty() && one.len() == other.len());
    for (a, b) in one.iter().zip(other) {
        assert!((a - b).abs() <= 1e-5 * b.abs().max(1.0), "{a} {b}");
    }
}

#[test]
fn python_code_becomes_data_in_a_file_and_in_a_dock() {
    let Some(context) = with_package("python_code_becomes_data_in_a_file_and_in_a_dock") else { return };
    let refused = context.refusal("run code.zip data.csv --drop y --no-code");
    assert!(refused.contains("Python code"), "{refused}");
    let wanted = predictions(&context, "run code.zip data.csv --drop y");
    let made = context.json("convert code.zip -o data.zip");
    assert_eq!(made["format"], "onnx", "{made}");
    agree(&predictions(&context, "run data.zip data.csv --drop y --no-code"), &wanted);
    assert!(context.refusal("convert code.zip").contains("-o FILE"));
    let already = context.refusal("convert data.zip -o again.zip");
    assert!(already.contains("data already"), "{already}");

    let id = context.json("submit code.zip")["id"].as_str().unwrap().to_owned();
    let untried = context.refusal(&format!("run {id} data.csv --drop y --no-code"));
    assert!(untried.contains("as code only"), "{untried}");
    let converted = context.json(&format!("convert {id}"));
    assert_eq!(converted["data"]["state"], "converted", "{converted}");
    agree(&predictions(&context, &format!("run {id} data.csv --drop y --no-code")), &wanted);
    let shown = context.json(&format!("show {id}"));
    assert_eq!(shown["versions"][0]["data"]["format"], "onnx");
    assert_eq!(shown["versions"][0]["format"], "python", "what was submitted stays what it is");
    context.json(&format!("download {id} --as-data -o mine.zip"));
    agree(&predictions(&context, "run mine.zip data.csv --drop y --no-code"), &wanted);
}

#[test]
fn a_server_converts_by_itself_after_the_check() {
    let Some(context) = with_package("a_server_converts_by_itself_after_the_check") else { return };
    let server = Server::start_with(&context, &[("LEARNWARE_CONVERT", "yes")]);
    let (_, token) = administrator(&server);
    let zip = std::fs::read(context.path("code.zip")).unwrap();
    let sent = server.send("POST", "/api/v1/learnwares", Some(&token), "application/zip", &zip);
    assert_eq!(sent.status, 202, "{sent:?}");
    let id = sent.json()["id"].as_str().unwrap().to_owned();
    let begun = Instant::now();
    let data = loop {
        let shown = server.get(&format!("/api/v1/learnwares/{id}"), Some(&token)).json();
        let data = shown["versions"][0]["data"].clone();
        if !data.is_null() {
            break data;
        }
        assert!(begun.elapsed() < Duration::from_mins(5), "{shown} {}", server.log());
        std::thread::sleep(Duration::from_millis(300));
    };
    assert_eq!(data["state"], "converted", "{data}");
    let package = server.get(&format!("/api/v1/learnwares/{id}/package?form=data"), None);
    assert_eq!(package.status, 200);
    assert_eq!(package.body.len() as u64, data["size_bytes"].as_u64().unwrap());
    assert_eq!(server.get(&format!("/api/v1/learnwares/{id}/package?form=x"), None).code(), "bad-form");
    let at = format!("--dock {}", server.url());
    let code = predictions(&context, &format!("run {id} data.csv --drop y {at}"));
    agree(&predictions(&context, &format!("run {id} data.csv --drop y --no-code {at}")), &code);
}
