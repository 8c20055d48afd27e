//! `learnware run`.

use crate::context::{TestContext, plane_csv, python_works, shop_csv};

#[test]
fn predictions_go_to_files_of_every_form_and_to_standard_output() {
    let context = TestContext::new();
    context.submit_sum("Sums near zero", [1.0, 2.0], 0.0);
    context.write("new.csv", "extra,b,a\nx,10,1\ny,20,2\n");
    let answer = context.run("run 1 new.csv");
    assert_eq!(answer.stdout, "prediction\n21\n42\n", "{answer:?}");
    assert_eq!(context.json("run 1 new.csv")["predictions"][1]["prediction"], 42.0);
    let done = context.json("run model.zip --data new.csv -o out.csv");
    assert_eq!(done["rows"], 2);
    assert_eq!(std::fs::read_to_string(context.path("out.csv")).unwrap(), "prediction\n21\n42\n");
    context.json("run 1 new.csv -o out.npy");
    let bytes = std::fs::read(context.path("out.npy")).unwrap();
    assert_eq!(bytes[bytes.len() - 8..], 42.0_f64.to_le_bytes());
    context.json("run 1 new.csv -o out.json");
    context.json("run 1 new.csv -o out.tsv");
    assert!(context.refusal("run 1 new.csv -o out.xlsx").contains("end the name in .csv"));
}

#[test]
fn classes_get_their_names_and_scores() {
    let context = TestContext::new();
    context.write("shop.csv", shop_csv());
    context.linear_model("model.onnx", &[&[0.1, 0.0, 1.0, 0.0, 0.0], &[0.0, 0.1, 0.0, 1.0, 0.0]]);
    context.json("pack model.onnx --data shop.csv --labels sold --name Shopping --license mit -o s.zip");
    let answer = context.run("run s.zip shop.csv");
    assert!(answer.stdout.starts_with("prediction,score of no,score of yes\n"), "{answer:?}");
    assert!(answer.stdout.contains("\nyes,") && answer.stdout.contains("\nno,"), "{answer:?}");
}

#[test]
fn tables_that_do_not_fit_are_refused() {
    let context = TestContext::new();
    context.submit_sum("Sums near zero", [1.0, 2.0], 0.0);
    for (table, message) in [
        ("a,c\n1,2\n", "there is no column \"b\""),
        ("a,b\n1,x\n", "line 2, column \"b\": \"x\" is not a number"),
        ("a,b\n1,\n", "line 2, column \"b\": there is no value"),
        ("a,b\n1,nan\n", "the value is NaN"),
    ] {
        context.write("new.csv", table);
        let said = context.refusal("run 1 new.csv -o out.csv");
        assert!(said.contains(message) && said.contains("hint: "), "{said}");
    }
    assert!(!context.path("out.csv").exists());
    assert!(context.refusal("run none.zip new.csv").contains("there is no package file none.zip"));
}

#[test]
fn a_model_that_can_goes_on_training_where_that_helps() {
    let context = TestContext::new();
    if !python_works(&context, "a_model_that_can_goes_on_training_where_that_helps") {
        return;
    }
    // The plane that it was made with, and an offset that training learns.
    let code = "import numpy as np\nclass Model:\n    offset = 0.0\n    def predict(self, X):\n        return X[:, 0] + 2 * X[:, 1] + self.offset\n    def finetune(self, X, y):\n        self.offset = float(np.mean(y - X[:, 0] - 2 * X[:, 1]))\n";
    std::fs::create_dir(context.path("able")).unwrap();
    context.write("able/__init__.py", code);
    context.write("able/requirements.txt", "numpy\n");
    context.write("train.csv", plane_csv(0.0, [1.0, 2.0]));
    context.json(
        "pack able --data train.csv --labels y --task regression --name Trainable --license mit -o able.zip",
    );
    let mine: String =
        (0..20).map(|row| format!("{row},{},{}\n", row % 3, row + 2 * (row % 3) + 50)).collect();
    context.write("mine.csv", format!("a,b,y\n{mine}"));
    context.write("new.csv", "a,b\n1,10\n");
    let tuned = context.json("run able.zip new.csv --finetune mine.csv --labels y");
    assert_eq!(tuned["fine_tuning"]["is_kept"], true, "{tuned}");
    assert_eq!(tuned["fine_tuning"]["before"]["loss"], 50.0);
    assert_eq!(tuned["predictions"][0]["prediction"], 71.0);
    // Labels that the model answers already: nothing gets better, so it is used as it came.
    let useless = context.json("run able.zip new.csv --finetune train.csv --labels y");
    assert_eq!(useless["fine_tuning"]["is_kept"], false, "{useless}");
    assert_eq!(useless["predictions"][0]["prediction"], 21.0);
    context.submit_sum("Sums near zero", [1.0, 2.0], 0.0);
    let cannot = context.refusal("run 1 new.csv --finetune mine.csv --labels y");
    assert!(cannot.contains("can't be trained further"), "{cannot}");
    assert!(context.run("run able.zip new.csv --finetune mine.csv").code == 2, "labels are needed");
}
