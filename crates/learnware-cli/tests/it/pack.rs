//! `learnware pack` and `learnware check` of a package.

use crate::context::{TestContext, plane_csv, shop_csv};

#[test]
fn a_package_tells_columns_classes_and_outputs() {
    let context = TestContext::new();
    context.write("shop.csv", shop_csv());
    context.linear_model("model.onnx", &[&[0.1, 0.0, 1.0, 0.0, 0.0], &[0.0, 0.1, 0.0, 1.0, 0.0]]);
    let packed = context.json(
        "pack model.onnx --data shop.csv --labels sold --name Shopping --scenario business --license mit -o s.zip",
    );
    assert_eq!(packed["format"], "onnx");
    let semantic = &packed["semantic_specification"];
    assert_eq!(semantic["Task"]["Values"][0], "Classification");
    assert_eq!(semantic["Input"]["Dimension"], 5);
    assert_eq!(semantic["Output"]["Description"]["1"], "yes");
    let bytes = std::fs::read(context.path("s.zip")).unwrap();
    context.json(
        "pack model.onnx --data shop.csv --labels sold --name Shopping --scenario business --license mit -o t.zip",
    );
    assert_eq!(std::fs::read(context.path("t.zip")).unwrap(), bytes, "the same input gives the same bytes");
    let checked = context.run("check s.zip");
    assert_eq!(checked.code, 0, "{checked:?}");
    assert!(checked.stdout.contains("verdict        usable"), "{checked:?}");
}

#[test]
fn all_that_is_missing_is_asked_for_at_once() {
    let context = TestContext::new();
    let said = context.refusal("pack");
    let wanted = "the package needs more: MODEL, --data FILE, --name TITLE, --labels COLUMN or --task TASK, --output FILE";
    assert!(said.contains(wanted), "{said}");
}

#[test]
fn models_that_do_not_fit_are_refused() {
    let context = TestContext::new();
    context.write("train.csv", plane_csv(0.0, [1.0, 1.0]));
    context.linear_model("model.onnx", &[&[1.0, 2.0]]);
    let rest = "--name Summing -o m.zip";
    let said = context.refusal(&format!("pack model.onnx --data train.csv --task regression {rest}"));
    assert!(said.contains("the model takes 2 inputs, but the data makes 3"), "{said}");
    context.write("model.pkl", "x");
    let said = context.refusal(&format!("pack model.pkl --data train.csv --labels y {rest}"));
    assert!(said.contains("hint: export the model to ONNX"), "{said}");
    context.write("broken.onnx", "x");
    let said = context.refusal(&format!("pack broken.onnx --data train.csv --labels y {rest}"));
    assert!(said.contains("the model cannot be read"), "{said}");
    let said =
        context.refusal(&format!("pack model.onnx --data train.csv --task classification --drop y {rest}"));
    assert!(said.contains("--outputs COUNT"), "{said}");
    assert!(!context.path("m.zip").exists());
}
