//! `learnware evolve`: in a folder and at a server.

use std::time::{Duration, Instant};

use serde_json::json;

use crate::context::{TestContext, plane_csv};
use crate::server::{Server, administrator};

/// Learnwares that add up two columns in the same way around twelve centres; each third one adds up wrongly.
fn market(context: &TestContext) -> Vec<String> {
    let mut wrong = Vec::new();
    for place in 0..12_u32 {
        let is_wrong = place % 3 == 1;
        let factors = if is_wrong { [-1.0, 0.5] } else { [1.0, 2.0] };
        let name = if is_wrong { format!("Wrong {place}") } else { format!("Right {place}") };
        let id = context.submit_sum(&name, factors, f64::from(place) * 0.3);
        if is_wrong {
            wrong.push(id);
        }
    }
    wrong
}

#[test]
fn a_dock_learns_who_does_well_and_searches_use_it_until_it_is_switched_off() {
    let context = TestContext::new();
    let wrong = market(&context);
    // The user's data lies where a wrong one does.
    context.write("mine.csv", plane_csv(1.2, [1.0, 2.0]));
    let search = |more: &str| context.json(&format!("search --spec mine.csv --drop y {more}"));
    let first = |answer: &serde_json::Value| answer["single"][0]["id"].as_str().unwrap().to_owned();
    let before = search("");
    assert!(before["ranking"] == "distance" && wrong.contains(&first(&before)), "{before}");
    let made = context.json("evolve");
    assert_eq!((&made["state"], &made["report"]["measured"]), (&json!("active"), &json!(12)), "{made}");
    let quality = &made["report"]["islands"][0]["quality"];
    assert!(quality["by_capability"].as_f64().unwrap() < quality["by_distance"].as_f64().unwrap(), "{made}");
    let after = search("");
    assert!(after["ranking"] == "capability" && !wrong.contains(&first(&after)), "{after}");
    let expected = |found: &serde_json::Value| found["expected_loss"].as_f64();
    let of_wrong = after["single"].as_array().unwrap().iter().find(|found| found["id"] == first(&before));
    assert!(expected(&after["single"][0]).unwrap() < of_wrong.and_then(expected).unwrap(), "{after}");
    assert_eq!(first(&search("--rank distance")), first(&before));
    let shown = context.run("search --spec mine.csv --drop y");
    assert!(shown.stdout.contains("by what they lost on data like yours"), "{shown:?}");
    context.json("evolve --off");
    assert_eq!(first(&search("")), first(&before));
    context.json("evolve --use 1");
    assert_eq!(first(&search("")), first(&after));
    assert!(context.refusal("evolve --use 7").contains("there is no evolution 7"));
    let list = context.json("evolve --list");
    assert_eq!(list["evolutions"][0]["state"], "active");
}

#[test]
fn a_server_evolves_in_the_background_when_an_administrator_asks() {
    let context = TestContext::new();
    market(&context);
    let server =
        Server::start_with(&context, &[("LEARNWARE_WORKERS", "1"), ("LEARNWARE_EVOLVE_HOURS", "never")]);
    let (session, token) = administrator(&server);
    let path = "/api/v1/admin/evolutions";
    assert_eq!(server.post(path, None, &json!({})).status, 401);
    assert_eq!(server.post(path, Some(&token), &json!({})).status, 403, "a token without the scope");
    let asked = server.post(path, Some(&session), &json!({}));
    assert!(asked.status == 202 && asked.json()["waits"] == true, "{asked:?}");
    let begun = Instant::now();
    let listed = loop {
        let listed = server.get(path, Some(&session)).json();
        if listed.as_array().is_some_and(|list| !list.is_empty()) {
            break listed;
        }
        assert!(begun.elapsed() < Duration::from_mins(1), "{}", server.log());
        std::thread::sleep(Duration::from_millis(200));
    };
    assert_eq!((&listed[0]["state"], &listed[0]["id"]), (&json!("active"), &json!(1)));
    let jobs = server.get("/api/v1/admin/jobs?state=done", Some(&session)).json();
    assert_eq!(jobs[0]["subject"], "evolve");
    let off = server.send("DELETE", &format!("{path}/active"), Some(&session), "application/json", b"");
    assert_eq!(off.status, 204, "{off:?}");
    assert_eq!(server.post(&format!("{path}/1/use"), Some(&session), &json!({})).status, 204);
    let bad = json!({"statistical": [], "ranking": "luck"});
    assert_eq!(server.post("/api/v1/search", None, &bad).code(), "bad-ranking");
}
