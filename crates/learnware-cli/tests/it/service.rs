//! What a service needs beside its routes: its description, limits, figures, events, settings, backups.

use serde_json::{Value, json};

use crate::context::TestContext;
use crate::server::{Reply, Server, administrator};

fn zip(context: &TestContext, name: &str, offset: f64) -> Vec<u8> {
    std::fs::read(context.sum_package(name, [1.0, 2.0], offset)).unwrap()
}

fn submit(server: &Server, path: &str, token: &str, zip: &[u8]) -> Reply {
    server.send("POST", path, Some(token), "application/zip", zip)
}

/// Looks on until the check ended, and gives all that was told.
fn watched(server: &Server, id: &str, token: &str) -> String {
    let told = server.get(&format!("/api/v1/learnwares/{id}/events"), Some(token));
    assert_eq!(told.status, 200, "{told:?}");
    assert!(told.headers.contains("text/event-stream"), "{told:?}");
    String::from_utf8(told.body).unwrap()
}

#[test]
fn who_looks_on_is_told_how_a_check_ends() {
    let context = TestContext::new();
    let server = Server::start(&context);
    let (_, token) = administrator(&server);
    let submitted = submit(&server, "/api/v1/learnwares", &token, &zip(&context, "Sums near zero", 0.0));
    let id = submitted.json()["id"].as_str().unwrap().to_owned();
    let told = watched(&server, &id, &token);
    assert!(told.contains("event: report") && told.contains("\"status\":\"usable\""), "{told}");
    assert_eq!(server.get(&format!("/api/v1/learnwares/{id}/events"), None).status, 401);
    assert_eq!(server.get("/api/v1/learnwares/00000099/events", Some(&token)).status, 404);
}

#[test]
fn what_is_its_owners_alone_is_found_by_nobody_else() {
    let context = TestContext::new();
    let server = Server::start(&context);
    let (_, token) = administrator(&server);
    let zip = zip(&context, "Sums near zero", 0.0);
    assert_eq!(
        submit(&server, "/api/v1/learnwares?visibility=friends", &token, &zip).code(),
        "bad-visibility"
    );
    let shared = submit(&server, "/api/v1/learnwares?visibility=organisation&organisation=7", &token, &zip);
    assert_eq!(shared.code(), "unknown-organisation");
    let submitted = submit(&server, "/api/v1/learnwares?visibility=owner", &token, &zip);
    let id = submitted.json()["id"].as_str().unwrap().to_owned();
    watched(&server, &id, &token);
    let private_search = shown_by_anchors(&context, &server, &id, &token);
    let (page, list) = (format!("/api/v1/learnwares/{id}"), "/api/v1/learnwares");
    let found = |secret| (server.get(&page, secret).status, server.get(list, secret).json()["total"].clone());
    assert_eq!(found(None), (404, json!(1)));
    assert_eq!(found(Some(&token)), (200, json!(2)));
    by_link(&server, &id, &token, &zip);
    let seen = json!({"visibility": "public"});
    let put = server.send(
        "PUT",
        &format!("{page}/visibility"),
        Some(&token),
        "application/json",
        seen.to_string().as_bytes(),
    );
    assert_eq!(put.status, 204, "{put:?}");
    assert_eq!(found(None), (200, json!(2)));
    assert_ne!(anchors(&server), private_search, "now it is one of those that anchors are made of");
}

fn anchors(server: &Server) -> Vec<u8> {
    server.post("/api/v1/anchors", None, &json!({"island": {"kind": "table", "dimension": 2}})).body
}

/// A link gives its package to whoever has it, and nothing else.
fn by_link(server: &Server, id: &str, token: &str, zip: &[u8]) {
    let page = format!("/api/v1/learnwares/{id}/links");
    assert_eq!(server.post(&page, None, &json!({})).status, 401);
    let made = server.post(&page, Some(token), &json!({"seconds": 60})).json();
    let path = made["path"].as_str().unwrap();
    let got = server.get(path, None);
    assert!(got.status == 200 && got.body == zip, "{got:?}");
    let later = path.replace("until=2", "until=3");
    let other = path.replace(id, "00000002");
    for (path, status) in [(&later, 403), (&other, 403), (&path.replace("&signature=", "&x="), 400)] {
        assert_eq!(server.get(path, None).status, status, "{path}");
    }
    let ended = server.post(&page, Some(token), &json!({"seconds": 0})).json();
    assert_eq!(server.get(ended["path"].as_str().unwrap(), None).status, 403);
}

/// Neither anchors nor specifications nor candidates show a learnware that is its owner's alone. Returns the anchors.
fn shown_by_anchors(context: &TestContext, server: &Server, hidden: &str, token: &str) -> Vec<u8> {
    let none = server.post("/api/v1/anchors", None, &json!({"island": {"kind": "table", "dimension": 2}}));
    assert_eq!(none.status, 422, "an island of hidden learnwares alone is none: {none:?}");
    let other = submit(server, "/api/v1/learnwares", token, &zip(context, "Sums far from zero", 9.0));
    let id = other.json()["id"].as_str().unwrap().to_owned();
    watched(server, &id, token);
    let wish = json!({"island": {"kind": "table", "dimension": 2}, "ids": [hidden, id]});
    let shown = server.post("/api/v1/specifications", None, &wish).json();
    assert_eq!(shown.as_object().unwrap().keys().collect::<Vec<_>>(), [&id]);
    context.write("user.csv", crate::context::plane_csv(9.0, [0.0, 0.0]));
    let url = server.url();
    let found = context.json(&format!("search --spec user.csv --drop y --private --dock {url}"));
    assert_eq!((found["single"][0]["id"].as_str(), found["compared"].as_u64()), (Some(id.as_str()), Some(1)));
    anchors(server)
}

#[test]
fn a_package_comes_in_pieces_and_goes_on_after_a_cut() {
    let context = TestContext::new();
    let server = Server::start(&context);
    let (_, token) = administrator(&server);
    let zip = zip(&context, "Sums near zero", 0.0);
    let path = format!("/api/v1/uploads/{}", blake3::hash(&zip).to_hex());
    let piece = |offset: usize, bytes: &[u8]| {
        let kind = format!("application/offset+octet-stream\r\nUpload-Offset: {offset}");
        server.send("PATCH", &path, Some(&token), &kind, bytes)
    };
    assert_eq!(server.send("HEAD", &path, Some(&token), "text/plain", b"").status, 404);
    assert_eq!(piece(0, &zip[..100]).status, 204);
    let here = server.send("HEAD", &path, Some(&token), "text/plain", b"");
    assert!(here.headers.contains("upload-offset: 100"), "{here:?}");
    assert_eq!(piece(50, &zip[50..]).code(), "bad-upload");
    assert_eq!(piece(100, &zip[100..]).status, 204);
    let submitted = server.send("POST", &format!("{path}/submission"), Some(&token), "text/plain", b"");
    assert_eq!(submitted.status, 202, "{submitted:?}");
    let told = watched(&server, submitted.json()["id"].as_str().unwrap(), &token);
    assert!(told.contains("\"status\":\"usable\""), "{told}");
}

#[test]
fn a_server_describes_counts_and_limits() {
    let context = TestContext::new();
    let server = Server::start_with(&context, &[("LEARNWARE_LOGINS_PER_MINUTE", "4")]);
    let (session, token) = administrator(&server); // Two at the doors.
    let description = server.get("/api/v1/openapi.json", None).json();
    assert_eq!(description["openapi"], "3.1.0");
    assert!(description["paths"]["/api/v1/search"]["post"]["responses"]["default"].is_object());
    let page = server.get("/api/v1/docs/", None);
    let text = String::from_utf8_lossy(&page.body).into_owned();
    assert!(page.status == 200 && !text.contains("src=\"http") && !text.contains("href=\"http"), "{text}");

    let answer = server.get("/api/v1/nothing", None);
    let id = answer.json()["request_id"].as_str().unwrap().to_owned();
    assert!(answer.headers.contains(&format!("x-request-id: {id}")), "{answer:?}");
    assert_eq!(server.get("/metrics", None).status, 401);
    assert_eq!(server.get("/metrics", Some(&token)).status, 403);
    let figures = String::from_utf8(server.get("/metrics", Some(&session)).body).unwrap();
    for line in
        ["learnware_usable 0", "learnware_http_requests_total{", "learnware_http_request_seconds_bucket{"]
    {
        assert!(figures.contains(line), "{line} in {figures}");
    }
    let guess = json!({"email": "chief@example.org", "password": "a wrong guess"});
    let doors: Vec<u16> = (0..4).map(|_| server.post("/api/v1/sessions", None, &guess).status).collect();
    assert!(doors.contains(&429), "{doors:?}");
    assert_eq!(server.get("/api/v1/dock", None).status, 200, "other routes stay open");
}

#[test]
fn a_forgotten_password_is_set_anew_and_old_sessions_end() {
    let context = TestContext::new();
    let server = Server::start(&context);
    let (session, _) = administrator(&server);
    let asked =
        |email: &str| server.post("/api/v1/accounts/reset-code", None, &json!({"email": email})).status;
    assert_eq!((asked("chief@example.org"), asked("nobody@example.org")), (202, 202), "it tells nothing");
    let guess = json!({"code": "lwd_guess", "password": "another horse"});
    assert_eq!(server.post("/api/v1/accounts/reset", None, &guess).code(), "bad-code");
    let change = json!({"old": "correct horse", "new": "another horse"});
    assert_eq!(server.post("/api/v1/me/password", Some(&session), &change).status, 204);
    assert_eq!(server.get("/api/v1/me", Some(&session)).status, 401);
}

#[test]
fn settings_say_where_they_come_from() {
    let context = TestContext::new();
    let answer = context.run("serve --show-config --json --listen 127.0.0.1:7");
    let all: Value = serde_json::from_str(&answer.stdout).unwrap();
    let of = |key: &str| {
        let settings = all["settings"].as_array().unwrap();
        settings.iter().find(|setting| setting["key"] == key).unwrap().clone()
    };
    assert_eq!((&of("listen")["origin"], &of("listen")["value"]), (&json!("flag"), &json!("127.0.0.1:7")));
    assert_eq!(of("workers")["origin"], "default");
    context.write("own.toml", "wokers = 3\n");
    let wrong = context.run("serve --show-config --config own.toml");
    assert!(wrong.code == 2 && wrong.stderr.contains("wokers"), "{wrong:?}");
}

#[test]
fn a_dock_is_backed_up_restored_and_moved() {
    let context = TestContext::new();
    let package = context.sum_package("Sums near zero", [1.0, 2.0], 0.0);
    let ok = |line: &str| {
        let answer = context.run(line);
        assert_eq!(answer.code, 0, "{line}: {answer:?}");
        answer.stdout
    };
    ok(&format!("submit {} --dock one", package.display()));
    ok("backup --dock one kept");
    ok("restore --dock two kept");
    ok("migrate --dock two --to three");
    assert_eq!(ok("list --dock one --json"), ok("list --dock three --json"));
    let again = context.run("restore --dock two kept");
    assert!(again.code == 2 && again.stderr.contains("used already"), "{again:?}");
    context.write("kept/rows.jsonl", "{}");
    let damaged = context.run("restore --dock four kept");
    assert!(damaged.code == 2 && damaged.stderr.contains("backup can't be used"), "{damaged:?}");
}

/// Answers requests of a collector's clients and keeps what they send.
fn collector() -> (String, std::sync::mpsc::Receiver<Vec<u8>>) {
    use std::io::{Read as _, Write as _};
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let address = format!("http://{}", listener.local_addr().unwrap());
    let (sender, received) = std::sync::mpsc::channel();
    std::thread::spawn(move || {
        for stream in listener.incoming() {
            let (mut stream, mut bytes, mut piece) = (stream.unwrap(), Vec::new(), [0; 4096]);
            loop {
                let count = stream.read(&mut piece).unwrap();
                bytes.extend_from_slice(&piece[..count]);
                let text = String::from_utf8_lossy(&bytes).into_owned();
                let length = text
                    .to_lowercase()
                    .split_once("content-length: ")
                    .and_then(|(_, rest)| rest.split("\r\n").next()?.parse::<usize>().ok());
                let begin = bytes.windows(4).position(|four| four == b"\r\n\r\n");
                if count == 0
                    || begin.zip(length).is_some_and(|(begin, length)| bytes.len() >= begin + 4 + length)
                {
                    break;
                }
            }
            stream.write_all(b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\nConnection: close\r\n\r\n").unwrap();
            if sender.send(bytes).is_err() {
                return;
            }
        }
    });
    (address, received)
}

#[test]
fn spans_of_requests_go_to_a_collector() {
    let context = TestContext::new();
    let (address, received) = collector();
    let mut server =
        Server::start_with(&context, &[("LEARNWARE_OTLP", &address), ("LEARNWARE_PROXIES", "1")]);
    let trace = "4bf92f3577b34da6a3ce929d0e0e4736";
    let parent = format!("text/plain\r\ntraceparent: 00-{trace}-00f067aa0ba902b7-01");
    assert_eq!(server.send("GET", "/api/v1/dock", None, &parent, b"").status, 200);
    let id = server.child.id().to_string();
    assert!(std::process::Command::new("kill").arg(&id).status().unwrap().success());
    assert!(server.child.wait().unwrap().success(), "it ends in order");
    let sent = received.recv_timeout(std::time::Duration::from_secs(30)).unwrap();
    let holds = |part: &[u8]| sent.windows(part.len()).any(|window| window == part);
    assert!(sent.starts_with(b"POST /v1/traces"), "{}", String::from_utf8_lossy(&sent));
    assert!(holds(b"GET /api/v1/dock") && holds(b"learnware-dock"), "{}", String::from_utf8_lossy(&sent));
    let trace: Vec<u8> = (0..16).map(|i| u8::from_str_radix(&trace[2 * i..2 * i + 2], 16).unwrap()).collect();
    assert!(holds(&trace), "it goes on from the proxy's trace");
}
