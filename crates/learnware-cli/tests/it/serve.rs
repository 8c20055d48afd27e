//! A dock served by the binary: from the invitation to a download, over plain HTTP.

use std::process::Command;
use std::time::{Duration, Instant};

use serde_json::{Value, json};

use crate::context::{TestContext, plane_csv};
use crate::server::{Server, administrator};

#[test]
fn a_served_dock_takes_in_checks_finds_and_gives_out() {
    let context = TestContext::new();
    let server = Server::start(&context);
    assert_eq!(server.get("/livez", None).status, 200);
    assert_eq!(server.get("/readyz", None).status, 200);
    let (session, token) = administrator(&server);
    let zip = context.sum_package("Sums near zero", [1.0, 2.0], 0.0);
    let zip = std::fs::read(zip).unwrap();
    let submit = |secret| server.send("POST", "/api/v1/learnwares", secret, "application/zip", &zip);
    assert_eq!(submit(None).status, 401);
    assert_eq!(submit(Some("lwd_guess")).status, 401);
    let submitted = submit(Some(&token));
    assert_eq!(submitted.status, 202, "{submitted:?}");
    let id = submitted.json()["id"].as_str().unwrap().to_owned();
    assert_eq!(submit(Some(&token)).status, 200, "the same once more is the same");
    let junk = server.send("POST", "/api/v1/learnwares", Some(&token), "application/zip", b"no zip at all");
    assert_eq!((junk.status, junk.code().as_str()), (422, "not-sound"));
    assert!(junk.json()["report"].to_string().contains("zip"), "{junk:?}");
    assert_eq!(server.post("/api/v1/learnwares", Some(&token), &json!({})).status, 415);

    let begun = Instant::now();
    let page = format!("/api/v1/learnwares/{id}");
    while server.get(&page, None).status != 200 {
        assert!(begun.elapsed() < Duration::from_mins(1), "the check was never made");
        std::thread::sleep(Duration::from_millis(100));
    }
    let shown = server.get(&page, None).json();
    assert_eq!((&shown["owner"], &shown["versions"][0]["status"]), (&json!("chief"), &json!("usable")));

    context.write("user.csv", plane_csv(0.0, [0.0, 0.0]));
    let answer = context.run("spec user.csv --drop y -o stat.json");
    assert_eq!(answer.code, 0, "{answer:?}");
    let own: Value = serde_json::from_slice(&std::fs::read(context.path("stat.json")).unwrap()).unwrap();
    let found = server.post("/api/v1/search", None, &json!({"statistical": [own], "explain": true})).json();
    assert_eq!((&found["single"][0]["id"], &found["verdict"]), (&json!(id), &json!("fits")));
    assert_eq!(server.post("/api/v1/search", None, &json!({"statistics": []})).code(), "bad-document");
    let broken =
        json!({"statistical": [{"type": "RKMETableSpecification", "z": [[1.0, null]], "beta": [1.0]}]});
    assert_eq!(server.post("/api/v1/search", None, &broken).code(), "bad-specification");
    let listed = server.get("/api/v1/learnwares?query=sums&facets=true", None).json();
    assert_eq!((&listed["total"], &listed["facets"]["data"]), (&json!(1), &json!({"Table": 1})));
    assert_eq!(server.get("/api/v1/learnwares?sort=beauty", None).code(), "bad-sort");

    let whole = server.get(&format!("{page}/package"), None);
    assert_eq!((whole.status, whole.body == zip), (200, true));
    let digest = shown["versions"][0]["digest"].as_str().unwrap();
    assert!(whole.headers.contains(digest) && whole.headers.contains("nosniff"), "{whole:?}");
    assert_eq!(server.get("/api/v1/learnwares/1%20or%201", None).code(), "bad-id");
    assert_eq!(server.get("/api/v1/learnwares/999", None).status, 404);
    assert_eq!(server.get("/api/v1/dock", None).json()["learnwares"], 1);

    administered(&server, &id, &session, &token);
}

/// A token without the scope, a takedown, and the end.
fn administered(server: &Server, id: &str, session: &str, token: &str) {
    let page = format!("/api/v1/learnwares/{id}");
    let down = format!("/api/v1/admin/learnwares/{id}/takedown");
    let reason = json!({"reason": "it is a copy"});
    assert_eq!(server.post(&down, Some(token), &reason).status, 403);
    assert_eq!(server.post(&down, Some(session), &reason).status, 204);
    assert_eq!(server.get(&page, None).status, 451);
    assert_eq!(server.send("DELETE", &down, Some(session), "text/plain", b"").status, 204);
    assert_eq!(server.get(&page, None).status, 200);
    let jobs = server.get("/api/v1/admin/jobs?state=done", Some(session)).json();
    assert_eq!(jobs.as_array().unwrap().len(), 1);
    let audit = server.get("/api/v1/admin/audit", Some(session)).json();
    assert_eq!(audit[0]["action"], "learnware.put_back");
    assert_eq!(server.send("DELETE", &page, None, "text/plain", b"").status, 401);
    assert_eq!(server.send("DELETE", &page, Some(token), "text/plain", b"").status, 204);
    assert_eq!(server.get(&page, None).status, 410);
    assert_eq!(
        server.send("DELETE", "/api/v1/sessions/current", Some(session), "text/plain", b"").status,
        204
    );
    assert_eq!(server.get("/api/v1/me", Some(session)).status, 401);
    assert_eq!(server.get("/api/v1/nowhere", None).code(), "no-such-page");
}

#[cfg(unix)]
#[test]
fn a_server_that_is_told_to_end_ends_and_its_dock_goes_on() {
    let context = TestContext::new();
    let id = context.submit_sum("Sums near zero", [1.0, 2.0], 0.0);
    let mut server = Server::start(&context);
    assert_eq!(server.get(&format!("/api/v1/learnwares/{id}"), None).json()["owner"], Value::Null);
    let kill = Command::new("kill").args(["-TERM", &server.child.id().to_string()]).status().unwrap();
    assert!(kill.success());
    let begun = Instant::now();
    let ended = loop {
        if let Some(ended) = server.child.try_wait().unwrap() {
            break ended;
        }
        assert!(begun.elapsed() < Duration::from_secs(20), "it did not end");
        std::thread::sleep(Duration::from_millis(20));
    };
    assert_eq!(ended.code(), Some(0));
    assert_eq!(context.json("list")["learnwares"][0]["id"], id.as_str());
    let again = Server::start(&context);
    assert!(again.invitation.is_some(), "nobody has accepted one");
}

#[test]
fn addresses_that_cannot_be_read_are_problems_in_the_form_of_their_routes() {
    let context = TestContext::new();
    let server = Server::start(&context);
    let (ada, _) = administrator(&server);
    for (path, code) in [
        ("/api/v1/learnwares?limit=many", "bad-parameters"),
        ("/api/v1/learnwares/00000001/package?version=last", "bad-parameters"),
        ("/api/v1/admin/audit?before=x", "bad-parameters"),
        ("/api/v1/organisations/none/members", "bad-address"),
    ] {
        let reply = server.get(path, Some(&ada));
        assert_eq!((reply.status, reply.code().as_str()), (400, code), "{path}: {reply:?}");
        assert!(reply.headers.contains("application/problem+json"), "{path}: {reply:?}");
    }
    let reply = server.get("/engine/learnware_info?learnware_id=1&learnware_id=2", None);
    assert_eq!((reply.status, reply.json()["code"].is_u64()), (400, true), "{reply:?}");
}
