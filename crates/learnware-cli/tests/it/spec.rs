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

#[test]
fn two_specifications_are_compared_and_one_is_drawn() {
    let context = TestContext::new();
    let table = |shift: f64| {
        let rows = (0..200).map(|i| {
            let (a, b) = (f64::from(i % 17), f64::from(i % 23) * 100.0 + shift);
            format!("{a},{b}\n")
        });
        "age,<income>\n".to_owned() + &rows.collect::<String>()
    };
    context.write("north.csv", table(0.0));
    context.write("south.csv", table(3000.0));
    let made = context.json("spec north.csv -o north.json");
    assert_eq!(made["privacy"]["kind"], "measured");
    let same = context.json("spec diff north.json north.csv");
    assert!(same["distance"].as_f64().unwrap() < 1e-9, "{same}");
    let apart = context.json("spec diff north.json south.csv");
    assert_eq!(apart["columns"][0]["name"], "<income>");
    assert!(apart["distance"].as_f64().unwrap() > 0.1, "{apart}");
    assert!(context.run("spec diff north.json south.csv").stdout.contains("Columns, most different first"));
    context.write("other.csv", table(0.0).replace("age", "height"));
    assert!(context.refusal("spec diff north.json other.csv").contains("\"age\" in one and \"height\""));

    let shown = context.run("spec show north.json --html north.html");
    assert!(shown.stdout.contains("the points in the plane"), "{shown:?}");
    let page = std::fs::read_to_string(context.path("north.html")).unwrap();
    assert!(page.contains("&lt;income&gt;") && !page.contains("<income>") && !page.contains("<script"));
}

#[test]
fn differential_privacy_is_accounted_for_and_refuses_too_few_rows() {
    let context = TestContext::new();
    context.write("few.csv", shop_csv());
    let refused = context.refusal("spec few.csv --labels sold --dp 1 -o stat.json");
    assert!(refused.contains("60 rows") && refused.contains("it takes"), "{refused}");
    let rows = (0..20_000_u32).map(|i| format!("{},{}\n", i % 101, (i * 7919) % 1009));
    context.write("many.csv", "a,b\n".to_owned() + &rows.collect::<String>());
    let made = context.json("spec many.csv --dp 2 -o stat.json");
    assert_eq!(made["privacy"]["epsilon"], 2.0);
    assert!(made["distance_to_data"].as_f64().unwrap() < 0.05, "{made}");
    assert!(made["seed"].is_null());
    let first = std::fs::read_to_string(context.path("stat.json")).unwrap();
    assert!(!first.contains("input"), "names and words are not protected by noise");
    context.json("spec many.csv --dp 2 -o stat.json");
    assert_ne!(first, std::fs::read_to_string(context.path("stat.json")).unwrap(), "noise is drawn anew");
    assert!(context.refusal("spec many.csv --dp 0 -o x.json").contains("epsilon must be above 0"));
}
