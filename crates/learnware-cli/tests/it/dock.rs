//! `submit`, `search`, `show`, `list`, `download`, `check` and `delete` on one dock.

use crate::context::{TestContext, plane_csv};

#[test]
fn learnwares_are_submitted_found_shown_downloaded_and_deleted() {
    let context = TestContext::new();
    let near = context.submit_sum("Sums near zero", [1.0, 2.0], 0.0);
    let far = context.submit_sum("Sums far away", [3.0, 4.0], 50.0);
    assert_eq!((near.as_str(), far.as_str()), ("00000001", "00000002"));

    let list = context.json("list");
    assert_eq!(list["learnwares"][1]["name"], "Sums far away");
    assert_eq!(list["learnwares"][1]["status"], "usable");

    context.write("user.csv", plane_csv(50.0, [0.0, 0.0]));
    let found = context.json("search --spec user.csv --drop y");
    assert_eq!(found["schema"], "learnware.search/1");
    assert_eq!(found["single"][0]["id"], far.as_str());
    assert_eq!(found["single"][0]["name"], "Sums far away");
    assert_eq!(found["verdict"], "fits");
    assert_eq!(found["island"]["dimension"], 2);
    let excluded = context.json("search sums --exclude 00000002");
    assert_eq!(excluded["single"].as_array().unwrap().len(), 1);
    let answer = context.run("search --spec user.csv --drop y");
    assert!(answer.stdout.contains("These learnwares fit your data"), "{answer:?}");
    assert!(answer.stderr.contains("Next: learnware"), "{answer:?}");

    let shown = context.json("show 2");
    let input = &shown["versions"][0]["semantic_specification"]["Input"];
    assert_eq!(input["Columns"][0]["name"], "a");
    assert!(context.run("show 00000002").stdout.contains("Adds two columns up."));

    let written = context.json("download 00000002 -o copy.zip");
    assert_eq!(written["as_submitted"], true);
    let again = context.json("submit copy.zip");
    assert_eq!(again["duplicate"], true);
    assert_eq!(again["id"], far.as_str());

    assert_eq!(context.json("check 00000001")["status"], "usable");
    assert_eq!(context.json("check --waiting")["checks"].as_array().unwrap().len(), 0);

    context.json("delete 00000001");
    assert!(context.refusal("show 00000001").contains("was deleted"));
    assert_eq!(context.json("list")["learnwares"].as_array().unwrap().len(), 1);
    assert_eq!(context.json("list --deleted")["learnwares"].as_array().unwrap().len(), 2);
}

#[test]
fn a_search_without_a_match_ends_with_code_1() {
    let context = TestContext::new();
    context.submit_sum("Sums near zero", [1.0, 2.0], 0.0);
    let answer = context.run("search --task classification");
    assert_eq!(answer.code, 1, "{answer:?}");
    assert!(answer.stdout.contains("No learnware was found"), "{answer:?}");
    context.write("wide.csv", "x,y,z\n1,2,3\n2,3,4\n5,6,1\n7,7,2\n");
    let answer = context.run("search --spec wide.csv");
    assert_eq!(answer.code, 1, "{answer:?}");
    assert!(answer.stdout.contains("1 left out because they take 2 inputs"), "{answer:?}");
}

#[test]
fn bad_packages_are_refused_with_a_report_and_nothing_is_stored() {
    let context = TestContext::new();
    context.write("bad.zip", "no zip at all");
    let answer = context.run("submit bad.zip");
    assert_eq!(answer.code, 1, "{answer:?}");
    assert!(answer.stdout.contains("failed") && answer.stdout.contains("not reached"), "{answer:?}");
    assert_eq!(context.json("list")["learnwares"].as_array().unwrap().len(), 0);
    let checked = context.run("check bad.zip --json");
    assert_eq!(checked.code, 1);
    assert_eq!(checked.json()["report"]["status"], "invalid");
    assert!(context.refusal("submit none.zip").contains("hint: make one with `learnware pack`"));
}

#[test]
fn wrong_docks_and_ids_get_advice() {
    let context = TestContext::new();
    assert!(context.refusal("list").contains("hint: name the dock's folder"));
    assert!(context.refusal("redundant --dock https://example.org").contains("on the server's own machine"));
    assert!(context.refusal("whoami").contains("hint: name one with --dock https://HOST"));
    assert!(context.refusal("list --dock http://a.b/?x=1").contains("is not the address of a dock server"));
    context.submit_sum("Sums near zero", [1.0, 2.0], 0.0);
    assert!(context.refusal("show 77").contains("hint: `learnware list` shows"));
    assert!(context.refusal("show abc").contains("is not a learnware id"));
}
