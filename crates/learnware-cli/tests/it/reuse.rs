//! `learnware reuse`.

use crate::context::{TestContext, plane_csv};

fn two_learnwares() -> TestContext {
    let context = TestContext::new();
    context.submit_sum("Sums near zero", [1.0, 2.0], 0.0);
    context.submit_sum("Sums far away", [3.0, 4.0], 50.0);
    context.write("new.csv", "a,b\n0,1\n50,50\n");
    context
}

#[test]
fn answers_are_averaged_weighted_and_routed() {
    let context = two_learnwares();
    let predict = |more: &str| -> Vec<f64> {
        let done = context.json(&format!("reuse --learnwares 1,2 new.csv {more}"));
        let rows = done["predictions"].as_array().unwrap();
        rows.iter().map(|row| row["prediction"].as_f64().unwrap()).collect()
    };
    assert_eq!(predict("--method top-one"), [2.0, 150.0]);
    assert_eq!(predict("--method average"), [3.0, 250.0]);
    assert_eq!(predict("--method weighted --weights 3,1"), [2.5, 200.0]);
    assert_eq!(predict("--method job-selector"), [2.0, 350.0]);
    assert_eq!(predict("--weights 3,1"), [2.5, 200.0]);
}

#[test]
fn rows_that_nobody_knows_go_elsewhere() {
    let context = two_learnwares();
    context.write("new.csv", "a,b\n0,1\n50,50\n500,500\n");
    let predict = |more: &str| -> Vec<f64> {
        let done = context.json(&format!("reuse --learnwares 1,2 new.csv {more}"));
        let rows = done["predictions"].as_array().unwrap();
        rows.iter().map(|row| row["prediction"].as_f64().unwrap()).collect()
    };
    // Without labels the third row gets the mean of 1,500 and 3,500.
    assert_eq!(predict("--method covered-only"), [2.0, 350.0, 2500.0]);
    context.write("user.csv", "a,b,y\n0,1,7\n2,1,7\n50,50,7\n51,49,7\n49,52,7\n1,3,7\n");
    let taught = predict("--method covered-only --train user.csv --labels y");
    assert_eq!(taught[..2], [2.0, 350.0]);
    assert!((taught[2] - 7.0).abs() < 1e-6, "{taught:?}");
}

#[test]
fn labels_decide_who_is_right() {
    let context = two_learnwares();
    context.write("user.csv", plane_csv(50.0, [3.0, 4.0]));
    let done = context.json("reuse --learnwares 1,2 user.csv --labels y --method auto -o out.csv");
    assert_eq!(done["labelled_rows"], 80);
    assert!(done["choice"]["candidates"].as_array().unwrap().len() > 5, "{done}");
    let text = std::fs::read_to_string(context.path("out.csv")).unwrap();
    let wanted = plane_csv(50.0, [3.0, 4.0]);
    for (found, line) in text.lines().zip(wanted.lines()).skip(1) {
        let truth: f64 = line.rsplit(',').next().unwrap().parse().unwrap();
        assert!((found.parse::<f64>().unwrap() - truth).abs() < 1.0, "{found} {truth}");
    }
    for method in ["prune", "augment", "augment-average", "augment-blend"] {
        context.json(&format!(
            "reuse --ids 1,2 new.csv --train user.csv --labels y --method {method} --seed 3 -o out.npy"
        ));
    }
}

#[test]
fn wrong_wishes_are_refused() {
    let context = two_learnwares();
    for (arguments, message) in [
        ("reuse --learnwares 1,2 --weights 1 new.csv", "there are 2 learnwares, but 1 weights"),
        ("reuse --learnwares 1,2 --method prune new.csv", "this method learns from labels"),
        ("reuse --learnwares 1,9 new.csv", "there is no learnware 00000009"),
        ("reuse --learnwares 1,2 new.csv --labels z", "there is no column \"z\""),
    ] {
        let said = context.refusal(arguments);
        assert!(said.contains(message) && said.contains("hint: "), "{said}");
    }
}
