//! `learnware run`.

use crate::context::{TestContext, shop_csv};

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
