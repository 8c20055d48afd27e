//! What people do with their own account at a server.

use serde_json::json;

use crate::context::TestContext;
use crate::server::{Server, administrator};

const PASSWORD: &str = "correct horse\n";

/// Registers somebody and logs in.
fn join(context: &TestContext, server: &Server, name: &str) {
    let person = format!("--email {name}@example.org --password-stdin --dock {}", server.url());
    let registered = context.run_input(&format!("register --name {name} {person}"), PASSWORD);
    assert_eq!(registered.code, 0, "{registered:?}");
    context.json(&format!("register --confirm {} --dock {}", server.code(), server.url()));
    log_in(context, server, name, PASSWORD);
}

fn log_in(context: &TestContext, server: &Server, name: &str, password: &str) {
    let person = format!("--email {name}@example.org --password-stdin --dock {}", server.url());
    let logged_in = context.run_input(&format!("login {person}"), password);
    assert_eq!(logged_in.code, 0, "{logged_in:?}");
}

#[test]
fn a_person_changes_the_password_ends_sessions_and_leaves() {
    let context = TestContext::new();
    let server = Server::start_with(&context, &[("LEARNWARE_LOGINS_PER_MINUTE", "100")]);
    let at = |arguments: &str| format!("{arguments} --dock {}", server.url());
    let (chief, _) = administrator(&server);
    join(&context, &server, "ann");
    let wrong = context.run_input(&at("account password --password-stdin"), "wrong horse\nanother horse\n");
    assert_eq!(wrong.code, 2, "{wrong:?}");
    let changed =
        context.run_input(&at("account password --password-stdin"), "correct horse\nanother horse\n");
    assert_eq!(changed.code, 0, "{changed:?}");
    assert!(context.refusal(&at("whoami")).contains("you are not logged in"));
    log_in(&context, &server, "ann", "another horse\n");

    let login = json!({"email": "ann@example.org", "password": "another horse"});
    let elsewhere =
        || server.post("/api/v1/sessions", None, &login).json()["secret"].as_str().unwrap().to_owned();
    let (one, two) = (elsewhere(), elsewhere());
    let sessions = context.json(&at("account sessions"))["sessions"].clone();
    let current: Vec<bool> =
        sessions.as_array().unwrap().iter().map(|session| session["current"] == true).collect();
    assert_eq!(current, [true, false, false]);
    context.json(&at(&format!("account end-session {}", sessions[1]["id"])));
    let status = |secret: &str| server.get("/api/v1/me", Some(secret)).status;
    assert_eq!((status(&one), status(&two)), (401, 200));
    let again = context.refusal(&at(&format!("account end-session {}", sessions[1]["id"])));
    assert!(again.contains("no session with this number"), "{again}");
    assert_eq!(context.json(&at("logout --everywhere"))["ended"], true);
    assert_eq!(status(&two), 401);

    log_in(&context, &server, "ann", "another horse\n");
    context.sum_package("Sums near zero", [1.0, 2.0], 0.0);
    let id = context.json(&at("submit model.zip"))["id"].as_str().unwrap().to_owned();
    let wrong = context.run_input(&at("account delete --password-stdin"), "correct horse\n");
    assert_eq!(wrong.code, 2, "{wrong:?}");
    let deleted = context.run_input(&at("account delete --password-stdin --json"), "another horse\n").json();
    assert_eq!((&deleted["kept"], &deleted["deleted"]), (&json!(1), &json!([])));
    assert!(context.refusal(&at("whoami")).contains("you are not logged in"));
    assert_eq!(server.post("/api/v1/sessions", None, &login).code(), "wrong-login");
    let shown = server.get(&format!("/api/v1/learnwares/{id}"), None).json();
    assert_eq!(shown["owner"], json!(null), "{shown}");
    let accounts = server.get("/api/v1/admin/accounts", Some(&chief)).json();
    assert!(!accounts.to_string().contains("ann"), "{accounts}");
    removed_by_others(&context, &server, &chief);
}

/// An administrator and the operator end accounts; the last administrator stays.
fn removed_by_others(context: &TestContext, server: &Server, chief: &str) {
    join(context, server, "bob");
    let number = context.json(&format!("whoami --dock {}", server.url()))["account"].as_i64().unwrap();
    let end = |path: &str, secret: &str| server.send("DELETE", path, Some(secret), "text/plain", b"");
    let path = format!("/api/v1/admin/accounts/{number}");
    assert_eq!(end(&format!("{path}?learnwares=burn"), chief).code(), "bad-legacy");
    assert_eq!(end(&format!("{path}?learnwares=delete"), chief).json(), json!({"deleted": [], "kept": 0}));
    assert_eq!(end(&path, chief).code(), "unknown-account");
    let leave = json!({"password": "correct horse"}).to_string();
    let last = server.send("DELETE", "/api/v1/me", Some(chief), "application/json", leave.as_bytes());
    assert!(
        last.status == 403 && last.json()["title"].to_string().contains("last administrator"),
        "{last:?}"
    );
    let last = context.refusal("admin delete-user 1");
    assert!(last.contains("last administrator"), "{last}");
    context.json("admin create-user zoe@example.org --name zoe --code");
    let zoe = context.json("admin users")["accounts"].as_array().unwrap().last().unwrap()["id"].clone();
    assert_eq!(context.json(&format!("admin delete-user {zoe}"))["kept"], 0);
    let audit = server.get("/api/v1/admin/audit", Some(chief)).json();
    assert_eq!((&audit[0]["action"], &audit[0]["account"]), (&json!("account.delete"), &json!(null)));
}

#[test]
fn guessing_a_password_to_end_an_account_is_counted_too() {
    let context = TestContext::new();
    let server = Server::start_with(&context, &[("LEARNWARE_LOGINS_PER_MINUTE", "5")]);
    let (session, _) = administrator(&server); // Four at the doors.
    let guess = json!({"password": "a wrong guess"}).to_string();
    let leave =
        || server.send("DELETE", "/api/v1/me", Some(&session), "application/json", guess.as_bytes()).status;
    let answers: Vec<u16> = (0..3).map(|_| leave()).collect();
    assert!(answers[0] == 401 && answers[2] == 429, "{answers:?}");
}
