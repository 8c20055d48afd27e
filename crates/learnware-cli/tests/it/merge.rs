//! `learnware merge`.

use learnware_package::native::onnx::write::{self, LinearModel};

use crate::context::{TestContext, plane_csv};
use crate::tinyonnx;

#[test]
fn two_learnwares_become_one_that_a_dock_takes_and_runs() {
    let context = TestContext::new();
    context.submit_sum("Sums near zero", [1.0, 2.0], 0.0);
    context.submit_sum("Sums far away", [3.0, 4.0], 50.0);
    let merged = context.json("merge 1 2 --shares 3,1 -o merged.zip");
    assert_eq!((&merged["format"], &merged["shares_by"]), (&"onnx".into(), &"given".into()), "{merged}");
    assert!(merged["lost"].as_f64().unwrap() < 1e-6, "{merged}");
    let semantic = &merged["semantic_specification"];
    assert_eq!(semantic["Name"]["Values"], "Merged: Sums near zero, Sums far away");
    assert_eq!(semantic["License"]["Values"][0], "MIT");
    assert_eq!(semantic["Input"]["Columns"][1]["name"], "b");
    let bytes = std::fs::read(context.path("merged.zip")).unwrap();
    let answer = context.run("merge 00000001 00000002 --shares 0.75,0.25 -o merged.zip");
    assert!(answer.code == 0 && answer.stderr.contains("Next: learnware submit merged.zip"), "{answer:?}");
    assert_eq!(
        std::fs::read(context.path("merged.zip")).unwrap(),
        bytes,
        "the same shares give the same bytes"
    );
    let submitted = context.json("submit merged.zip");
    assert_eq!(submitted["status"], "usable", "{submitted}");
    context.write("new.csv", "a,b\n0,1\n50,50\n");
    let done = context.json("run 3 new.csv");
    let found: Vec<f64> = done["predictions"]
        .as_array()
        .unwrap()
        .iter()
        .map(|row| row["prediction"].as_f64().unwrap())
        .collect();
    for (found, wanted) in found.iter().zip([2.5, 200.0]) {
        assert!((found - wanted).abs() < 1e-4, "{done}");
    }
}

#[test]
fn labelled_rows_choose_who_takes_part() {
    let context = TestContext::new();
    for (name, factors) in
        [("Sums too low", [0.0, 1.0]), ("Sums too high", [2.0, 3.0]), ("Sums of others", [-9.0, 40.0])]
    {
        context.submit_sum(name, factors, 0.0);
    }
    context.write("rows.csv", plane_csv(0.0, [1.0, 2.0]));
    let command = "merge 1 2 3 --train rows.csv --labels y";
    let merged = context.json(&format!("{command} -o merged.zip"));
    assert_eq!(merged["shares_by"], "greedy", "{merged}");
    let measured = &merged["measured"];
    assert_eq!((&measured["rows"], &measured["chosen_on"]), (&40.into(), &40.into()));
    assert!(measured["merged"]["loss"].as_f64().unwrap() < 1e-5, "{measured}");
    assert!(measured["uniform"]["loss"].as_f64().unwrap() > 1.0, "{measured}");
    assert_eq!(measured["greedy"]["learnwares"].as_array().unwrap().len(), 2);
    let shares: Vec<f64> = merged["members"]
        .as_array()
        .unwrap()
        .iter()
        .map(|member| member["share"].as_f64().unwrap())
        .collect();
    assert_eq!(shares, [0.5, 0.5, 0.0]);
    let said = context.refusal(&format!("{command} --shares 1,1,1 -o other.zip"));
    assert!(said.contains("the merged model is worse than learnware 0000000"), "{said}");
    context.write("rows.csv", plane_csv(0.0, [2.0, 3.0]));
    let said = context.refusal(&format!("{command} -o other.zip"));
    assert!(
        said.contains("nothing is merged") && said.contains("use it alone: learnware run 00000002"),
        "{said}"
    );
    assert!(!context.path("other.zip").exists());
}

#[test]
fn what_does_not_become_one_is_refused_with_what_to_do() {
    let context = TestContext::new();
    context.submit_sum("Sums near zero", [1.0, 2.0], 0.0);
    let scaled = LinearModel {
        offset: vec![0.0; 2],
        scale: vec![1.0; 2],
        coefficients: vec![5.0, 1.0, 1.0, 5.0],
        intercepts: vec![0.0; 2],
    };
    context.write("classes.onnx", write::linear(&scaled, &write::Answer::Softmax(vec![0, 1])).unwrap());
    context.write("classes.csv", "a,b,kind\n0,1,x\n1,0,y\n0,2,x\n3,0,y\n2,1,y\n1,4,x\n5,1,y\n0,3,x\n");
    context.json(
        "pack classes.onnx --data classes.csv --labels kind --name Classes --license mit -o classes.zip",
    );
    context.write("more.csv", plane_csv(0.0, [1.0, 1.0]));
    context.linear_model("model.onnx", &[&[1.0, 1.0]]);
    let pack = "pack model.onnx --data more.csv --labels y --name Other --license";
    context.json(&format!("{pack} gpl-3.0 -o gpl.zip"));
    for (arguments, message, hint) in [
        ("merge 1 -o m.zip", "2 values required", ""),
        ("merge 1 1 -o m.zip", "named twice", "--shares"),
        ("merge 1 classes.zip -o m.zip", "for other data or another task", "same inputs"),
        ("merge 1 gpl.zip -o m.zip", "several licences or none: MIT, GPL-3.0", "--license LICENSE"),
        ("merge 1 gpl.zip --shares 1,-1 -o m.zip", "the shares are [1.0, -1.0]", "0.7,0.3"),
        ("merge 1 gpl.zip --shares 1,0 -o m.zip", "only one learnware has a share", "learnware run ID"),
        ("merge 1 9 -o m.zip", "there is no learnware 00000009", ""),
    ] {
        let said = context.run(arguments);
        assert!(said.code == 2 && said.stderr.contains(message) && said.stderr.contains(hint), "{said:?}");
    }
    context.json("merge 1 gpl.zip --license gpl-3.0 -o m.zip");
}

#[test]
fn networks_of_other_starts_are_refused_by_what_they_answer() {
    let context = TestContext::new();
    // Equal up to the order of their hidden units, and so equal in every answer; their mean is another network.
    let rows: String =
        (0..60).map(|row| format!("{},{},0\n", f64::from(row % 9) - 4.0, f64::from(row % 7) - 3.0)).collect();
    context.write("train.csv", format!("a,b,y\n{rows}"));
    for (file, hidden, out) in
        [("one", [[1.0, 0.0], [-1.0, 0.0]], [1.0, -1.0]), ("other", [[-1.0, 0.0], [1.0, 0.0]], [-1.0, 1.0])]
    {
        context.write(&format!("{file}.onnx"), tinyonnx::two_units(&hidden, out));
        context.json(&format!(
            "pack {file}.onnx --data train.csv --labels y --task regression --name {file}-network --license mit -o {file}.zip"
        ));
    }
    let said = context.refusal("merge one.zip other.zip -o merged.zip");
    assert!(said.contains("the merged model does not answer as its members do"), "{said}");
    assert!(said.contains("learnware reuse --learnwares one.zip,other.zip --method average"), "{said}");
    assert!(!context.path("merged.zip").exists());
    context.write("copy.onnx", tinyonnx::two_units(&[[1.1, 0.0], [-0.9, 0.0]], [1.0, -1.1]));
    context.json("pack copy.onnx --data train.csv --labels y --task regression --name copy-network --license mit -o copy.zip");
    let merged = context.json("merge one.zip copy.zip -o merged.zip");
    let lost = merged["lost"].as_f64().unwrap();
    assert!(lost > 0.0 && lost < 0.01, "{merged}");
}
