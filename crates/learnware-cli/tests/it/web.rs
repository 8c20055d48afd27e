//! What our pages need of a server: sessions in cookies, themselves as files, the picture of all islands.

use serde_json::{Value, json};

use crate::context::{TestContext, plane_csv};
use crate::server::{Reply, Server, administrator};

/// A request of a page: with a cookie and further headers instead of a token.
fn page(server: &Server, method: &str, path: &str, headers: &str, body: &Value) -> Reply {
    let kind = format!("application/json\r\n{headers}");
    server.send(method, path, None, &kind, body.to_string().as_bytes())
}

#[test]
fn a_page_gets_its_session_as_a_cookie_that_no_other_site_can_use() {
    let context = TestContext::new();
    let server = Server::start(&context);
    administrator(&server);
    let login = json!({"email": "chief@example.org", "password": "correct horse"});
    let granted = page(&server, "POST", "/api/v1/sessions", "X-Learnware-Session: cookie", &login);
    assert!(granted.status == 204 && granted.body.is_empty(), "{granted:?}");
    assert!(granted.headers.contains("httponly; samesite=strict") && !granted.headers.contains("secure"));
    // Headers were made lower case; the secret is of lower-case letters and digits.
    let (_, cookie) = granted.headers.split_once("set-cookie: ").unwrap();
    let cookie = format!("Cookie: {}", &cookie[..cookie.find(';').unwrap()]);

    let ask = |method: &str, path: &str, more: &str, body: &Value| {
        page(&server, method, path, &format!("{cookie}{more}"), body).status
    };
    let (none, token) = (json!({}), json!({"name": "x", "scopes": ["read"], "days": 1}));
    assert_eq!(ask("GET", "/api/v1/me", "", &none), 200);
    assert_eq!(ask("GET", "/api/v1/me", "\r\nSec-Fetch-Site: cross-site", &none), 401);
    assert_eq!(ask("POST", "/api/v1/tokens", "", &token), 401, "a form of another site sends the cookie");
    assert_eq!(ask("POST", "/api/v1/tokens", "\r\nX-Learnware-Request: page", &token), 201);
    assert_eq!(ask("DELETE", "/api/v1/sessions/current", "\r\nX-Learnware-Request: page", &none), 204);
    assert_eq!(ask("GET", "/api/v1/me", "", &none), 401);
    assert_eq!(ask("GET", "/api/v1/dock", "", &none), 200, "an old cookie reads as everybody may");

    let proxied = Server::start_with(&context, &[("LEARNWARE_PROXIES", "1")]);
    let headers = "X-Learnware-Session: cookie\r\nX-Forwarded-Proto: https";
    let granted = page(&proxied, "POST", "/api/v1/sessions", headers, &login);
    assert!(granted.headers.contains("; secure"), "{granted:?}");
}

#[test]
fn pages_are_served_from_a_folder_with_a_strict_policy() {
    let context = TestContext::new();
    std::fs::create_dir_all(context.path("pages")).unwrap();
    context.write("pages/index.html", "<!doctype html><p>first");
    let folder = context.path("pages").display().to_string();
    let server = Server::start_with(&context, &[("LEARNWARE_WEB_DIR", &folder)]);
    let opened = |path: &str| server.send("GET", path, None, "text/plain\r\nAccept: text/html", b"");
    for path in ["/", "/search?q=shops", "/learnwares/00000001"] {
        let reply = opened(path);
        assert!(reply.status == 200 && reply.body.ends_with(b"first"), "{path}: {reply:?}");
        assert!(reply.headers.contains("content-security-policy: default-src 'none'"), "{reply:?}");
        assert!(!reply.headers.contains("unsafe-inline"), "{reply:?}");
    }
    assert_eq!(opened("/api/v1/nothing").code(), "no-such-page");
    assert_eq!(server.get("/search", None).code(), "no-such-page", "a program is told so");
}

#[test]
fn the_world_shows_who_is_alike_and_where_a_task_lies() {
    let context = TestContext::new();
    for (name, offset) in [("Near zero", 0.0), ("Near too", 0.1), ("Far away", 9.0)] {
        context.submit_sum(name, [1.0, 2.0], offset);
    }
    let server = Server::start(&context);
    let world = server.get("/api/v1/world", None).json();
    assert_eq!(world["islands"].as_array().unwrap().len(), 1);
    assert_eq!(world["islands"][0]["learnwares"], 3);
    assert_eq!(world["learnwares"]["task_words"], json!(["Regression"]));
    let column = |name: &str| -> Vec<f64> {
        world["learnwares"][name].as_array().unwrap().iter().map(|value| value.as_f64().unwrap()).collect()
    };
    let (x, y) = (column("x"), column("y"));
    let apart = |a: (f64, f64), b: (f64, f64)| (a.0 - b.0).hypot(a.1 - b.1);
    let at = |index: usize| (x[index], y[index]);
    assert!(apart(at(0), at(1)) < 0.2 * apart(at(0), at(2)), "{world}");

    context.write("mine.csv", plane_csv(9.0, [0.0, 0.0]));
    assert_eq!(context.run("spec mine.csv --drop y -o mine.json").code, 0);
    let mine: Value =
        serde_json::from_str(&std::fs::read_to_string(context.path("mine.json")).unwrap()).unwrap();
    let placed = server.post("/api/v1/world/place", None, &json!({"statistical": [mine]})).json();
    let mine = (placed[0]["x"].as_f64().unwrap(), placed[0]["y"].as_f64().unwrap());
    assert!(apart(mine, at(2)) < apart(mine, at(0)), "{placed}");
}

#[test]
fn models_are_tried_at_the_server_where_its_operator_allows_it() {
    let context = TestContext::new();
    let id = context.submit_sum("Sums near zero", [1.0, 2.0], 0.0);
    let rows = "a,b\n1,1\n2,0.5\n3,-1\n";
    let asked = |server: &Server, name: &str, rows: &str| {
        let path = format!("/api/v1/learnwares/{id}/predictions?name={name}");
        server.send("POST", &path, None, "application/octet-stream", rows.as_bytes())
    };
    {
        let server = Server::start(&context);
        assert!(server.get("/api/v1/dock", None).json()["try_rows"].is_null());
        assert_eq!(asked(&server, "rows.csv", rows).code(), "forbidden");
    }
    let server = Server::start_with(&context, &[("LEARNWARE_TRY_ROWS", "3")]);
    assert_eq!(server.get("/api/v1/dock", None).json()["try_rows"], 3);
    let answer = asked(&server, "rows.csv", rows).json();
    let predicted: Vec<f64> = answer["rows"]
        .as_array()
        .unwrap()
        .iter()
        .map(|row| row[0].as_str().unwrap().parse().unwrap())
        .collect();
    assert_eq!(predicted, [3.0, 3.0, 1.0], "{answer}");
    for (name, rows, code) in [
        ("rows.csv", "a,b\n1,1\n2,1\n3,1\n4,1\n", "bad-data"),
        ("rows.csv", "a,c\n1,x\n2,y\n", "bad-data"),
        ("rows.csv", "", "bad-data"),
        ("..%2Frows.csv", "a,b\n1,1\n2,2\n", "bad-name"),
    ] {
        assert_eq!(asked(&server, name, rows).code(), code, "{name} {rows}");
    }
}
