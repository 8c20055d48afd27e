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

#[test]
fn what_a_dock_would_refuse_is_not_packed() {
    let context = TestContext::new();
    context.write("shop.csv", shop_csv());
    context.linear_model("model.onnx", &[&[0.1, 0.0, 1.0, 0.0, 0.0], &[0.0, 0.1, 0.0, 1.0, 0.0]]);
    let pack =
        |words: &str| format!("pack model.onnx --data shop.csv --labels sold {words} --license mit -o s.zip");
    let said = context.refusal(&pack("--name Shop"));
    assert!(said.contains("the name has 4 characters; 5 to 50 are allowed"), "{said}");
    let said = context.refusal(&pack("--name Shopping --description short"));
    assert!(said.contains("the description has 5 characters; 10 to 10000 are allowed"), "{said}");
    assert!(!context.path("s.zip").exists());
}

#[test]
fn code_without_requirements_is_told_what_to_write() {
    let context = TestContext::new();
    context.write("shop.csv", shop_csv());
    let code = "class Model:\n    def predict(self, X):\n        return X[:, 0]\n";
    std::fs::create_dir(context.path("model")).unwrap();
    context.write("model/__init__.py", code);
    let command = "pack model --data shop.csv --labels sold --name Shopping --license mit -o s.zip";
    let said = context.run(command);
    assert!(said.code == 0 && said.stderr.contains("a requirements.txt beside it"), "{said:?}");
    context.write("model/requirements.txt", "numpy\n");
    assert!(!context.run(command).stderr.contains("requirements.txt"));
}

#[test]
fn a_lightgbm_file_alone_says_task_and_classes() {
    let context = TestContext::new();
    context.write("train.csv", plane_csv(0.0, [1.0, 1.0]));
    let model = "tree\nversion=v4\nnum_class=1\nnum_tree_per_iteration=1\nlabel_index=0\nmax_feature_idx=1\n\
                 objective=binary sigmoid:1\nfeature_names=a b\ntree_sizes=1\n\nTree=0\nnum_leaves=1\nleaf_value=0.5\n\n\
                 end of trees\n";
    context.write("model.txt", model);
    let packed =
        context.json("pack model.txt --data train.csv --drop y --name Halving --license mit -o m.zip");
    let semantic = &packed["semantic_specification"];
    assert_eq!(semantic["Task"]["Values"][0], "Classification");
    assert_eq!(semantic["Output"]["Dimension"], 2);
}
