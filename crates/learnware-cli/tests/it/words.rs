//! Finding by words, as people type it: queries with fields, misspelled words, pages, counts by tag.

use std::collections::BTreeSet;

use serde_json::Value;

use crate::context::TestContext;

fn ids(answer: &Value, list: &str) -> Vec<String> {
    let list = answer[list].as_array().unwrap();
    list.iter().map(|entry| entry["id"].as_str().unwrap().to_owned()).collect()
}

fn dock() -> TestContext {
    let context = TestContext::new();
    for (place, name) in
        ["House prices", "Sales forecast", "北京二手房价格预测", "Weather of tomorrow"].iter().enumerate()
    {
        context.submit_sum(name, [1.0 + place as f64, 2.0], 10.0 * place as f64);
    }
    context
}

#[test]
fn words_find_what_was_submitted_and_lose_what_was_deleted() {
    let context = dock();
    let found = |query: &str| {
        let answer = context.run_with(&["search", query, "--json"]);
        (answer.code, ids(&answer.json(), "single"))
    };
    let none: Vec<String> = Vec::new();
    assert_eq!(found("house"), (0, vec!["00000001".into()]));
    assert_eq!(found("hosue task:regression"), (0, vec!["00000001".into()]));
    assert_eq!(found("二手房"), (0, vec!["00000003".into()]));
    assert_eq!(found("价格 size:<50MB license:mit"), (0, vec!["00000003".into()]));
    assert_eq!(found("weath"), (0, vec!["00000004".into()]));
    assert_eq!(found("weather task:classification"), (1, none.clone()));
    assert_eq!(found("columns").1.len(), 4, "descriptions are read too");
    context.json("delete 00000001");
    assert_eq!(found("house").1, none);

    let answer = context.run_with(&["search", "forcast"]);
    assert!(
        answer.stdout.contains("No learnware has \"forcast\"; looked for forecast instead."),
        "{answer:?}"
    );
    assert!(answer.stdout.contains("00000002  Sales forecast  (Regression, 2 inputs, onnx)"), "{answer:?}");
    let document = context.run_with(&["search", "forcast", "--json"]).json();
    assert_eq!(document["words"]["similar"][0]["read_as"][0], "forecast");
    assert_eq!(document["single"][0]["excerpts"][0]["pieces"][1]["text"], "forecast");
    assert_eq!(document["single"][0]["excerpts"][0]["pieces"][1]["hit"], true);
}

#[test]
fn words_narrow_a_search_with_data_and_the_reference_ways_stay() {
    let context = dock();
    context.write("user.csv", crate::context::plane_csv(10.0, [0.0, 0.0]));
    let search = |words: &[&str]| {
        let data = ["search", "--spec", "user.csv", "--drop", "y", "--json"];
        context.run_with(&[&data[..], words].concat()).json()
    };
    assert_eq!(ids(&search(&[]), "single")[0], "00000002");
    let narrowed = search(&["wether task:regression"]);
    assert_eq!(ids(&narrowed, "single"), ["00000004"]);
    assert_eq!(narrowed["funnel"]["semantic"], 1);
    assert_eq!(narrowed["words"]["similar"][0]["read_as"][0], "weather");
    assert!(context.refusal("search --spec user.csv --drop y --sort newest").contains("leave out --sort"));

    let exact = context.run_with(&["search", "hous", "--words", "exact", "--json"]).json();
    assert_eq!(ids(&exact, "single"), ["00000001"]);
    assert_eq!(context.run_with(&["search", "sales weather", "--words", "exact"]).code, 1);
    let fuzzy = context.run_with(&["search", "saels forecast", "--words", "fuzzy", "--json"]).json();
    assert_eq!(ids(&fuzzy, "single"), ["00000002"]);
}

#[test]
fn lists_are_sorted_counted_and_paged() {
    let context = dock();
    let all = context.json("list --sort name");
    assert_eq!(all["total"], 4);
    assert_eq!(ids(&all, "learnwares"), ["00000001", "00000002", "00000004", "00000003"]);
    assert_eq!(ids(&context.json("list --sort newest"), "learnwares")[0], "00000004");

    let counted = context.json("list --facets --limit 1");
    assert_eq!(counted["facets"]["task"][0]["tag"], "Regression");
    assert_eq!(counted["facets"]["task"][0]["count"], 4);
    assert_eq!(counted["facets"]["format"][0]["tag"], "onnx");
    let answer = context.run("list --facets --limit 1");
    assert!(answer.stdout.contains("task:     Regression 4"), "{answer:?}");
    assert!(answer.stderr.contains("1 of 4 shown here"), "{answer:?}");

    // A learnware goes, one comes: the pages show the others once each.
    let first = context.json("list columns --sort name --limit 2");
    let cursor = first["next_cursor"].as_str().unwrap();
    context.json("delete 00000001");
    context.submit_sum("A newcomer", [9.0, 9.0], 70.0);
    let second = context.json(&format!("list columns --sort name --limit 2 --cursor {cursor}"));
    assert!(second["next_cursor"].is_null());
    let seen: Vec<String> = [ids(&first, "learnwares"), ids(&second, "learnwares")].concat();
    assert_eq!(seen.iter().collect::<BTreeSet<_>>().len(), 4, "{seen:?}");
}

#[test]
fn queries_that_can_not_be_understood_are_refused_with_advice() {
    let context = dock();
    for (query, advice) in [
        ("task:cooking", "hint: write one of: Classification, Regression"),
        ("colour:red", "hint: the fields are task:"),
        ("size:50", "hint: write size:<50MB"),
        ("\"open", "hint: close it, or leave it out"),
    ] {
        for command in ["search", "list"] {
            let answer = context.run_with(&[command, query]);
            assert_eq!((answer.code, answer.stdout.as_str()), (2, ""), "{answer:?}");
            assert!(answer.stderr.contains(advice), "{answer:?}");
        }
    }
    let long = "x".repeat(10_000);
    assert!(context.run_with(&["search", &long]).stderr.contains("at most 1000 characters"));
    assert_eq!(context.run_with(&["search", "?!,;\u{7}", "--json"]).json()["total"], 4);
    let other = context.json("list columns --limit 1")["next_cursor"].as_str().unwrap().to_owned();
    assert!(context.refusal(&format!("list house --cursor {other}")).contains("hint: leave --cursor out"));
    assert!(context.refusal("list --cursor 00").contains("the cursor is of no use"));
    assert!(context.refusal("list house --deleted").contains("cannot be used with"));
}
