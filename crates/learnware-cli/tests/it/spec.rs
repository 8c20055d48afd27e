//! `learnware spec`.

use crate::context::{TestContext, shop_csv};

#[test]
fn a_specification_is_made_shown_and_the_same_for_the_same_seed() {
    let context = TestContext::new();
    context.write("shop.csv", shop_csv());
    let made = context.json("spec shop.csv --labels sold -o stat.json --reduced-set-size 20");
    assert_eq!(made["schema"], "learnware.spec/1");
    assert_eq!(made["specification"]["dimension"], 5);
    assert_eq!(made["specification"]["points"], 12);
    assert_eq!(made["specification"]["rows"], 60);
    assert!(made["distance_to_data"].as_f64().unwrap() < 0.05, "{made}");
    let shown = context.json("spec show stat.json");
    assert_eq!(shown["specification"], made["specification"]);
    assert_eq!(shown["input"], made["input"]);
    assert_eq!(shown["input"]["Description"]["2"], "colour: blue");

    context.json("spec --data shop.csv --labels sold -o again.json --reduced-set-size 20");
    let bytes = |name: &str| std::fs::read(context.path(name)).unwrap();
    assert_eq!(bytes("stat.json"), bytes("again.json"));
    context.json("spec shop.csv --labels sold -o other.json --reduced-set-size 20 --seed 1");
    assert_ne!(bytes("stat.json"), bytes("other.json"));
    context.json("spec shop.csv --labels sold -o bare.json --bare --compat");
    assert!(!String::from_utf8(bytes("bare.json")).unwrap().contains("colour"));
}

#[test]
fn people_get_a_summary_without_colours_in_a_pipe() {
    let context = TestContext::new();
    context.write("shop.csv", shop_csv());
    let answer = context.run("spec shop.csv --labels sold -o stat.json");
    assert_eq!(answer.code, 0);
    assert!(answer.stdout.contains("points in 5 inputs from 60 rows"), "{answer:?}");
    assert!(answer.stdout.contains("category, 3 words, one-hot"), "{answer:?}");
    assert!(!answer.stdout.contains('\u{1b}'));
    assert!(answer.stderr.contains("no rows of your data"), "{answer:?}");
    assert_eq!(context.run("spec shop.csv --labels sold -o stat.json -q").stderr, "");
    let colourful = context.run("spec none.csv -o x.json --color always");
    assert!(colourful.stderr.contains('\u{1b}'), "{colourful:?}");
}

#[test]
fn files_that_are_no_specification_are_refused() {
    let context = TestContext::new();
    context.write("a.json", "{\"z\": [[1]], \"beta\": [1, 2]}");
    context.write("b.json", "nonsense");
    assert!(context.refusal("spec show a.json").contains("1 points (z), but 2 weights (beta)"));
    assert!(context.refusal("spec show b.json").contains("hint: make one with `learnware spec"));
    assert!(context.refusal("spec show c.json").contains("error: c.json does not exist"));
}
