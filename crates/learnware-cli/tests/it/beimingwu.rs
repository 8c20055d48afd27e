//! The routes of the reference's Python client: its requests as recorded, and the client itself where it is installed.

use std::io::Cursor;
use std::path::PathBuf;
use std::process::Command;
use std::time::{Duration, Instant};

use md5::{Digest as _, Md5};
use serde_json::{Value, json};

use crate::context::{TestContext, plane_csv, python_works};
use crate::server::{Reply, Server, administrator};

/// Python that has the reference package.
const PYTHON: &str = "LEARNWARE_REFERENCE_PYTHON";
/// Bytes of a piece; the client sends a mebibyte.
const PIECE: usize = 700;

/// These tests log in more often than anybody.
const OFTEN: [(&str, &str); 1] = [("LEARNWARE_LOGINS_PER_MINUTE", "1000")];

/// Somebody who is logged in as the client logs in.
struct Client<'a> {
    server: &'a Server,
    base: &'static str,
    session: String,
}

/// A part of a form: name, content, and whether it is a file.
type Part<'a> = (&'a str, &'a [u8], bool);

impl<'a> Client<'a> {
    fn login(server: &'a Server, base: &'static str, token: &str) -> Self {
        let wish = json!({"email": "chief@example.org", "token": token});
        let reply = server.post(&format!("{base}/auth/login_by_token"), None, &wish);
        assert_eq!(code(&reply), 0, "{reply:?}");
        let session = reply.json()["data"]["token"].as_str().unwrap().to_owned();
        Self { server, base, session }
    }

    fn get(&self, path: &str) -> Reply {
        self.server.get(&format!("{}{path}", self.base), Some(&self.session))
    }

    fn post(&self, path: &str, body: &Value) -> Reply {
        self.server.post(&format!("{}{path}", self.base), Some(&self.session), body)
    }

    /// A form in parts, as `requests` writes it: files have a name and no type.
    fn form(&self, path: &str, parts: &[Part<'_>]) -> Reply {
        let mut body = Vec::new();
        for (name, content, is_file) in parts {
            let file = if *is_file { format!("; filename=\"../../{name}\"") } else { String::new() };
            body.extend(
                format!("--edge\r\nContent-Disposition: form-data; name=\"{name}\"{file}\r\n\r\n")
                    .into_bytes(),
            );
            body.extend(*content);
            body.extend(b"\r\n");
        }
        body.extend(b"--edge--\r\n");
        let kind = "multipart/form-data; boundary=edge";
        self.server.send("POST", &format!("{}{path}", self.base), Some(&self.session), kind, &body)
    }

    /// The data of an answer that must be a success.
    fn data(&self, path: &str, body: &Value) -> Value {
        success(&self.post(path, body))
    }

    fn piece(&self, hash: &str, begin: &str, piece: &[u8]) -> Reply {
        let parts: [Part<'_>; 3] = [
            ("file_hash", hash.as_bytes(), false),
            ("chunk_begin", begin.as_bytes(), false),
            ("chunk_file", piece, true),
        ];
        self.form("/user/chunked_upload", &parts)
    }

    fn upload(&self, zip: &[u8]) -> String {
        let hash = hash(zip);
        for (number, piece) in zip.chunks(PIECE).enumerate() {
            success(&self.piece(&hash, &(number * PIECE).to_string(), piece));
        }
        hash
    }

    /// Uploads a zip and adds it.
    fn add(&self, zip: &[u8], semantic: &Value) -> Reply {
        let wish = json!({"file_hash": self.upload(zip), "semantic_specification": semantic.to_string()});
        self.post("/user/add_learnware_uploaded", &wish)
    }

    fn row(&self, id: &str) -> Value {
        let listed = self.data("/user/list_learnware", &json!({"page": 0, "limit": 10_000}));
        let rows = listed["learnware_list"].as_array().unwrap();
        rows.iter().find(|row| row["learnware_id"] == id).unwrap().clone()
    }

    /// Waits until the newest version has a verdict and the market has it.
    fn await_words(&self, id: &str, name: &str) {
        let begun = Instant::now();
        loop {
            let found = self.server.get(&format!("/engine/learnware_info?learnware_id={id}"), None);
            if found.json()["data"]["learnware_info"]["semantic_specification"]["Name"]["Values"] == name {
                return;
            }
            assert!(begun.elapsed() < Duration::from_mins(1), "the check was never made: {found:?}");
            std::thread::sleep(Duration::from_millis(100));
        }
    }
}

fn hash(bytes: &[u8]) -> String {
    Md5::digest(bytes).iter().map(|byte| format!("{byte:02x}")).collect()
}

fn code(reply: &Reply) -> u64 {
    let document = reply.json();
    assert!(document["msg"].is_string(), "{reply:?}");
    document["code"].as_u64().unwrap()
}

fn success(reply: &Reply) -> Value {
    assert_eq!((reply.status, code(reply)), (200, 0), "{reply:?}");
    reply.json()["data"].clone()
}

/// A zip of the command with its words.
fn package(context: &TestContext, name: &str, factors: [f64; 2], centre: f64) -> (Vec<u8>, Value) {
    let zip = std::fs::read(context.sum_package(name, factors, centre)).unwrap();
    let mut archive = zip::ZipArchive::new(Cursor::new(&zip)).unwrap();
    let words: Value =
        serde_json::from_reader(archive.by_name("semantic_specification.json").unwrap()).unwrap();
    (zip, words)
}

#[test]
fn the_reference_client_gets_in_by_token_under_every_base() {
    let context = TestContext::new();
    let server = Server::start_with(&context, &OFTEN);
    let (session, token) = administrator(&server);
    let nothing = server.send("POST", "/auth/login_by_token", None, "text/plain", b"");
    assert_eq!((nothing.status, code(&nothing)), (200, 21), "the client asks so whether anybody is there");
    for (email, token) in [("chief@example.org", "guess"), ("nobody@example.org", token.as_str())] {
        let wrong = server.post("/auth/login_by_token", None, &json!({"email": email, "token": token}));
        assert_eq!((wrong.status, code(&wrong)), (200, 53));
    }
    for base in ["", "/", "/api", "/api/", "//api"] {
        let client = Client::login(&server, base, &token);
        let profile = client.data("/user/profile", &json!({}));
        let wanted = json!({"user_id": 1, "username": "chief", "email": "chief@example.org", "role": 1});
        assert_eq!(profile, wanted, "{base:?}");
        assert_eq!(client.get("/healthz").body, b"OK");
        let bodiless = server.send(
            "POST",
            &format!("{base}/auth/get_role"),
            Some(&client.session),
            "application/json",
            b"",
        );
        assert_eq!(success(&bodiless)["role"], 1);
        success(&server.send(
            "POST",
            &format!("{base}/auth/logout"),
            Some(&client.session),
            "text/plain",
            b"",
        ));
        let late = client.post("/user/profile", &json!({}));
        assert_eq!((late.status, code(&late)), (401, 11), "logging out ends the session");
    }
    for path in ["/user/profile", "/user/list_learnware", "/user/update_learnware", "/user/chunked_upload"] {
        let unknown = server.post(path, None, &json!({}));
        assert_eq!((unknown.status, code(&unknown)), (200, 11), "{path}");
        let wrong = server.post(path, Some("null"), &json!({}));
        assert_eq!((wrong.status, code(&wrong)), (401, 11), "{path}");
    }
    for (path, place) in [("/auth/login", "/api/v1/sessions"), ("/api/admin/list_user", "/api/v1/admin")] {
        let absent = server.post(path, None, &json!({}));
        assert!(absent.status == 404 && code(&absent) == 31, "{absent:?}");
        assert!(absent.json()["msg"].as_str().unwrap().contains(place));
    }
    let data_set = server.get("/datasets/download_datasets?dataset=a/../../b", None);
    assert_eq!((data_set.status, code(&data_set)), (400, 11));
    tokens(&server, session, &token);
}

/// Tokens are shown once, end by name or by themselves, and end what began by them.
fn tokens(server: &Server, session: String, laptop: &str) {
    let owner = Client { server, base: "", session };
    let made = owner.data("/user/create_token", &json!({}))["token"].as_str().unwrap().to_owned();
    let client = Client::login(server, "/api", &made);
    assert_eq!(code(&client.post("/user/create_token", &json!({}))), 31, "a token makes no tokens");
    let listed = owner.data("/user/list_token", &json!({}))["token_list"].clone();
    let listed: Vec<&str> = listed.as_array().unwrap().iter().filter_map(Value::as_str).collect();
    assert!(listed.len() == 2 && listed[0].ends_with(" laptop") && !listed[1].contains(&made), "{listed:?}");
    assert_eq!(code(&owner.post("/user/delete_token", &json!({"token": "guess"}))), 21);
    success(&owner.post("/user/delete_token", &json!({"token": made})));
    assert_eq!(client.post("/user/profile", &json!({})).status, 401);
    success(&owner.post("/user/delete_token", &json!({"token": listed[0]})));
    let gone = json!({"email": "chief@example.org", "token": laptop});
    assert_eq!(code(&server.post("/auth/login_by_token", None, &gone)), 53);
}

#[test]
fn the_reference_client_uploads_lists_finds_and_downloads() {
    let context = TestContext::new();
    let server = Server::start_with(&context, &OFTEN);
    let (_, token) = administrator(&server);
    let client = Client::login(&server, "/api", &token);
    let (zip, words) = package(&context, "Sums near zero", [1.0, 2.0], 0.0);

    refused_uploads(&client, &zip, &words);
    let added = success(&client.add(&zip, &words));
    let id = added["learnware_id"].as_str().unwrap().to_owned();
    assert_eq!(id, "00000001");
    let again = client.add(&zip, &words);
    assert_eq!((again.status, code(&again)), (200, 61));
    client.await_words(&id, "Sums near zero");

    let row = client.row(&id);
    assert_eq!(row["verify_status"], "SUCCESS");
    let at = row["last_modify"].as_str().unwrap();
    assert!(at.len() == 30 && at.ends_with(" UTC") && at.as_bytes()[10] == b' ', "{at}");
    let words_of = |row: &Value| row["semantic_specification"].clone();
    assert_eq!(words_of(&row)["Input"]["Dimension"], 2);
    let log = success(&client.get(&format!("/user/verify_log?learnware_id={id}")));
    assert!(log.as_str().unwrap().starts_with("Success"), "{log}");
    assert_eq!(success(&client.get("/user/verify_log?learnware_id=999")), Value::Null);
    let none = client.data("/user/list_learnware", &json!({"page": 0, "limit": 10, "is_verified": false}));
    assert_eq!((&none["learnware_list"], &none["total_pages"]), (&json!([]), &json!(0)));
    assert_eq!(code(&client.post("/user/list_learnware", &json!({"page": 0}))), 21);

    let vocabulary = success(&server.get("/engine/semantic_specification", None));
    assert_eq!(vocabulary["semantic_specification"]["Data"]["Values"], json!(["Table", "Image", "Text"]));
    let info = success(&server.get(&format!("/engine/learnware_info?learnware_id={id}"), None));
    assert_eq!(info["learnware_info"]["user_id"], client.data("/user/profile", &json!({}))["user_id"]);
    assert_eq!(code(&server.get("/engine/learnware_info", None)), 21);
    assert_eq!(code(&server.get("/engine/learnware_info?learnware_id=%27%20OR%201", None)), 41);
    downloads(&server, &id);
    searches(&context, &client, &id);
    hidden(&client, &id);
}

/// What only its owner finds is not there for others.
fn hidden(client: &Client<'_>, id: &str) {
    let seen = json!({"visibility": "owner"}).to_string();
    let path = format!("/api/v1/learnwares/{id}/visibility");
    let hid = client.server.send("PUT", &path, Some(&client.session), "application/json", seen.as_bytes());
    assert_eq!(hid.status, 204, "{hid:?}");
    let wish = json!({"semantic_specification": {}, "limit": 10});
    let found = |secret| {
        let reply = client.server.post("/engine/search_learnware", secret, &wish);
        success(&reply)["learnware_list_single"].as_array().unwrap().len()
    };
    assert_eq!((found(Some(client.session.as_str())), found(None)), (1, 0));
    let info = client.server.get(&format!("/engine/learnware_info?learnware_id={id}"), None);
    assert_eq!(code(&info), 41);
    let download = format!("/engine/download_learnware?learnware_id={id}");
    let refused = client.server.get(&download, None);
    assert_eq!((refused.status, code(&refused)), (404, 42));
    assert_eq!(client.get(&download).status, 200);
}

fn refused_uploads(client: &Client<'_>, zip: &[u8], words: &Value) {
    let own = hash(zip);
    assert_eq!(code(&client.piece("../../../etc/passwd", "0", zip)), 51);
    assert_eq!(code(&client.piece(&own, "-1", zip)), 21);
    success(&client.piece(&own, "0", &zip[..10]));
    assert_eq!(code(&client.piece(&own, "20", &zip[20..30])), 51, "there is a gap");
    let add = |wish: &Value| client.post("/user/add_learnware_uploaded", wish);
    let wish = json!({"file_hash": own, "semantic_specification": "{"});
    assert_eq!(code(&add(&wish)), 41);
    let wish = json!({"file_hash": own, "semantic_specification": words.to_string()});
    let short = add(&wish);
    assert_eq!(code(&short), 51);
    assert!(short.json()["msg"].as_str().unwrap().contains("digest"), "{short:?}");
    assert_eq!(code(&add(&wish)), 51, "it is gone");
    let junk = client.add(b"no zip at all", words);
    assert_eq!((junk.status, code(&junk)), (200, 51));
    let mut unnamed = words.clone();
    unnamed["Name"]["Values"] = json!("abc");
    let unnamed = client.add(zip, &unnamed);
    assert_eq!(code(&unnamed), 51);
    assert!(unnamed.json()["msg"].as_str().unwrap().contains("3 characters"), "{unnamed:?}");
    let text = words.to_string();
    let parts: [Part<'_>; 2] =
        [("semantic_specification", text.as_bytes(), false), ("learnware_file", b"", false)];
    assert_eq!(code(&client.form("/user/add_learnware", &parts)), 21, "an empty text is no file");
}

fn downloads(server: &Server, id: &str) {
    let whole = server.get(&format!("/api/engine/download_learnware?learnware_id={id}"), None);
    assert_eq!(whole.status, 200);
    assert!(whole.headers.contains(&format!("content-length: {}\r\n", whole.body.len())), "{whole:?}");
    assert!(whole.headers.contains(&format!("filename={id}.zip")), "{whole:?}");
    let mut archive = zip::ZipArchive::new(Cursor::new(&whole.body)).unwrap();
    let manifest = std::io::read_to_string(archive.by_name("learnware.yaml").unwrap()).unwrap();
    assert!(manifest.contains(id) && manifest.contains("semantic_specification.json"), "{manifest}");
    let words: Value =
        serde_json::from_reader(archive.by_name("semantic_specification.json").unwrap()).unwrap();
    assert_eq!(words["Name"]["Values"], "Sums near zero");
    let again = server.get(&format!("/engine/download_learnware?learnware_id={id}"), None);
    assert!(again.body == whole.body, "the same bytes each time");
    for (path, wanted) in
        [("?learnware_id=999", (404, 42)), ("", (400, 21)), ("?learnware_id=..%2f1", (400, 42))]
    {
        let refused = server.get(&format!("/engine/download_learnware{path}"), None);
        assert_eq!((refused.status, code(&refused)), wanted, "{path}");
    }
}

fn searches(context: &TestContext, client: &Client<'_>, id: &str) {
    const PATH: &str = "/engine/search_learnware";
    context.write("user.csv", plane_csv(0.0, [0.0, 0.0]));
    assert_eq!(context.run("spec user.csv --drop y -o stat.json").code, 0);
    let own = std::fs::read(context.path("stat.json")).unwrap();
    let by_form = |form: &str| {
        let path = format!("{}{PATH}", client.base);
        client.server.send("POST", &path, None, "application/x-www-form-urlencoded", form.as_bytes())
    };
    let named = "semantic_specification=%7B%22Name%22%3A%7B%22Values%22%3A%22sums%22%2C%22Type%22%3A%22String%22%7D%7D";
    let found = success(&by_form(&format!("{named}&limit=10&page=0")));
    let single = &found["learnware_list_single"];
    assert_eq!((&single[0]["learnware_id"], &single[0]["matching"]), (&json!(id), &json!(0.0)));
    assert_eq!((&single[0]["username"], &found["total_pages"]), (&json!("chief"), &json!(1)));
    assert_eq!((&found["learnware_list_multi"], &found["is_hetero"]), (&json!([]), &json!(false)));
    let whole = success(&by_form(named));
    assert!(whole["learnware_list_single"].as_array().unwrap().len() == 1 && whole["limit"].is_null());
    let later = success(&by_form(&format!("{named}&limit=10&page=7")));
    assert_eq!(later["learnware_list_single"], json!([]));
    for (form, wanted) in [
        (format!("{named}&limit=0"), 52),
        (format!("{named}&limit=all"), 21),
        ("limit=10".into(), 21),
        ("semantic_specification=%7B".into(), 41),
        (format!("{named}&learnware_id=1"), 61),
        (format!("{named}&is_verified=false"), 61),
    ] {
        assert_eq!(code(&by_form(&form)), wanted, "{form}");
    }
    let with = |specification: &[u8], is_file| {
        let parts: [Part<'_>; 4] = [
            ("semantic_specification", b"{}", false),
            ("limit", b"10", false),
            ("page", b"0", false),
            ("statistical_specification", specification, is_file),
        ];
        client.form(PATH, &parts)
    };
    for is_file in [true, false] {
        let found = success(&with(&own, is_file));
        assert_eq!(found["learnware_list_single"][0]["matching"], json!(1.0), "a lone hit scores 1");
    }
    assert_eq!(success(&with(b"", false))["learnware_list_single"][0]["matching"], json!(0.0));
    for broken in [&b"{"[..], b"{\"type\": \"os.system\"}", b"{\"z\": [[NaN, 1.0]], \"beta\": [1.0]}"] {
        let refused = with(broken, true);
        assert_eq!((refused.status, code(&refused)), (200, 41), "{refused:?}");
    }
    let wide = br#"{"type": "RKMETableSpecification", "z": [[1.0, 2.0, 3.0]], "beta": [1.0], "gamma": 0.1}"#;
    assert_eq!(success(&with(wide, true))["learnware_list_single"], json!([]), "nothing is comparable");
}

#[test]
fn the_reference_client_changes_words_and_packages_and_deletes() {
    let context = TestContext::new();
    let server = Server::start_with(&context, &OFTEN);
    let (_, token) = administrator(&server);
    let client = Client::login(&server, "", &token);
    let (zip, mut words) = package(&context, "Sums near zero", [1.0, 2.0], 0.0);
    let text = words.to_string();
    let parts: [Part<'_>; 2] =
        [("semantic_specification", text.as_bytes(), false), ("learnware_file", &zip, true)];
    let id =
        success(&client.form("/user/add_learnware", &parts))["learnware_id"].as_str().unwrap().to_owned();
    client.await_words(&id, "Sums near zero");

    // Other words: found and given out as before while they are checked, so it stands as before.
    words["Name"]["Values"] = json!("Sums of two columns");
    // The client's own builder knows nothing of raw columns.
    words["Input"].as_object_mut().unwrap().remove("Columns");
    let update = |words: &Value, zip: Option<&[u8]>, id: &str| {
        let text = words.to_string();
        let mut parts: Vec<Part<'_>> =
            vec![("learnware_id", id.as_bytes(), false), ("semantic_specification", text.as_bytes(), false)];
        parts.extend(zip.map(|zip| ("learnware_file", zip, true)));
        client.form("/user/update_learnware", &parts)
    };
    success(&update(&words, None, &id));
    let row = client.row(&id);
    assert_eq!(row["verify_status"], "SUCCESS");
    assert_eq!(row["semantic_specification"]["Name"]["Values"], "Sums of two columns");
    assert!(
        row["semantic_specification"]["Input"]["Columns"].is_array(),
        "what the package says stays: {row}"
    );
    assert_eq!(server.get(&format!("/engine/download_learnware?learnware_id={id}"), None).status, 200);
    client.await_words(&id, "Sums of two columns");
    success(&update(&words, None, &id));

    // Another package.
    let (zip, mut words) = package(&context, "Sums near two", [3.0, 2.0], 2.0);
    success(&update(&words, Some(&zip), &id));
    client.await_words(&id, "Sums near two");
    assert_eq!(client.row(&id)["verify_status"], "SUCCESS");
    let other = client.add(&package(&context, "Sums near nine", [1.0, 9.0], 9.0).0, &words);
    let other = success(&other)["learnware_id"].as_str().unwrap().to_owned();
    assert_eq!(code(&update(&words, Some(&zip), &other)), 61, "the package is another learnware's");
    assert_eq!(code(&update(&words, None, "999")), 71);
    words["Data"]["Values"] = json!(["Sound"]);
    assert_eq!(code(&update(&words, None, &id)), 41);
    let junk = update(&package(&context, "Sums near two", [3.0, 2.0], 2.0).1, Some(b"junk"), &id);
    assert_eq!(code(&junk), 51);
    client.await_words(&id, "Sums near two");

    let delete = |id: &str| code(&client.post("/user/delete_learnware", &json!({"learnware_id": id})));
    assert_eq!((delete(&id), delete(&id), delete("x")), (0, 51, 51));
    assert_eq!(code(&client.get(&format!("/engine/learnware_info?learnware_id={id}"))), 41);
    let gone = server.get(&format!("/engine/download_learnware?learnware_id={id}"), None);
    assert_eq!((gone.status, code(&gone)), (410, 42));
    let audit = server.get("/api/v1/admin/audit", None);
    assert_eq!(audit.status, 401);
}

#[test]
fn pieces_that_come_too_fast_are_slowed_down_and_not_refused() {
    let context = TestContext::new();
    let few = [("LEARNWARE_REQUESTS_PER_SECOND", "3"), ("LEARNWARE_REQUESTS_BURST", "8")];
    let server = Server::start_with(&context, &[OFTEN[0], few[0], few[1]]);
    let (_, token) = administrator(&server);
    let client = Client::login(&server, "", &token);
    client.upload(&[7; 12 * PIECE]);
    let is_refused = |_| client.post("/user/profile", &json!({})).status == 429;
    assert!((0..50).any(is_refused), "others are refused");
}

/// The unmodified client of the package `learnware`, over everything it can do.
#[test]
fn the_reference_client_itself_works_with_python_models() {
    const NAME: &str = "the_reference_client_itself_works_with_python_models";
    let Some(python) = reference_python() else {
        println!("SKIPPED {NAME}: no Python with the package learnware; name one in {PYTHON}");
        return;
    };
    let context = TestContext::new();
    if !python_works(&context, NAME) {
        return;
    }
    let server = Server::start_with(&context, &OFTEN);
    let (_, token) = administrator(&server);
    let script = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/python/learnware_client.py");
    for base in ["/api", ""] {
        let address = format!("http://{}{base}", server.address);
        let output = Command::new(&python)
            .args([script, &address, "chief@example.org", &token])
            .current_dir(context.path(""))
            .env("HOME", context.path(""))
            .env("HF_HUB_OFFLINE", "1")
            .output()
            .unwrap();
        let told = String::from_utf8_lossy(&output.stdout);
        assert!(output.status.success(), "{told}\n{}", String::from_utf8_lossy(&output.stderr));
        println!("{told}");
    }
}

/// A Python that can import the reference package.
fn reference_python() -> Option<PathBuf> {
    let named = std::env::var_os(PYTHON).map(PathBuf::from);
    let candidates = named.into_iter().chain([PathBuf::from("python3")]);
    candidates.into_iter().find(|python| {
        let probe = Command::new(python).args(["-c", "import learnware.client"]).output();
        probe.is_ok_and(|probe| probe.status.success())
    })
}
