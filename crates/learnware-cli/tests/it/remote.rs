//! The same commands with a server as the dock: the whole story of a user, and servers that misbehave.

use std::io::{Read as _, Write as _};
use std::net::{TcpListener, TcpStream};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use serde_json::Value;

use crate::context::{TestContext, plane_csv};
use crate::server::Server;

const PASSWORD: &str = "correct horse\n";

/// Registers, confirms and logs in, as a person does.
fn join(context: &TestContext, server: &Server, name: &str) {
    let url = server.url();
    let person = format!("--email {name}@example.org --password-stdin --dock {url}");
    let registered = context.run_input(&format!("register --name {name} {person}"), PASSWORD);
    assert_eq!(registered.code, 0, "{registered:?}");
    let early = context.run_input(&format!("login {person}"), PASSWORD);
    assert!(early.code == 2 && early.stderr.contains("register --confirm CODE"), "{early:?}");
    context.json(&format!("register --confirm {} --dock {url}", server.code()));
    let wrong = context.run_input(&format!("login {person}"), "wrong horse\n");
    assert!(wrong.code == 2 && wrong.stderr.contains("hint: type both again"), "{wrong:?}");
    let logged_in = context.run_input(&format!("login {person}"), PASSWORD);
    assert_eq!(logged_in.code, 0, "{logged_in:?}");
}

#[test]
fn a_person_registers_submits_searches_predicts_and_deletes_at_a_server() {
    let context = TestContext::with_empty_cache();
    let server = Server::start(&context);
    let url = server.url();
    let at = |arguments: &str| format!("{arguments} --dock {url}");
    context.sum_package("Sums near zero", [1.0, 2.0], 0.0);
    let unknown = context.refusal(&at("submit model.zip"));
    assert!(unknown.contains("hint: `learnware login`"), "{unknown}");
    join(&context, &server, "ann");
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt as _;
        let file = context.path(".config/learnware/logins.json");
        assert_eq!(std::fs::metadata(&file).unwrap().permissions().mode() & 0o777, 0o600);
        std::fs::set_permissions(&file, std::fs::Permissions::from_mode(0o644)).unwrap();
        assert!(context.refusal(&at("whoami")).contains("chmod 600"));
        std::fs::set_permissions(&file, std::fs::Permissions::from_mode(0o600)).unwrap();
    }
    assert_eq!(context.json(&at("whoami"))["name"], "ann");

    let submitted = context.json(&at("submit model.zip"));
    assert_eq!((&submitted["status"], &submitted["duplicate"]), (&"usable".into(), &false.into()));
    let id = submitted["id"].as_str().unwrap().to_owned();
    assert_eq!(context.json(&at("submit model.zip"))["duplicate"], true);
    context.write("bad.zip", "no zip at all");
    let bad = context.run(&at("submit bad.zip"));
    assert!(bad.code == 1 && bad.stdout.contains("Nothing was stored."), "{bad:?}");
    assert_eq!(context.json(&at("list --own"))["learnwares"][0]["newest_status"], "usable");
    assert_eq!(context.json(&at("show 1"))["owner"], "ann");

    same_as_in_the_folder(&context, &url, &id);
    used(&context, &url, &id);

    let token = context.json(&at("token create laptop --scopes read --days 1"));
    assert_eq!(context.json(&at("token list"))["tokens"][0]["name"], "laptop");
    by_token(&context, &url, token["secret"].as_str().unwrap());
    context.json(&at(&format!("token revoke {}", token["id"])));
    assert_eq!(context.json(&at("delete 1"))["deleted"][0], id.as_str());
    assert!(context.refusal(&at("show 1")).contains("was deleted"));
    assert_eq!(context.json(&at("logout"))["ended"], true);
    assert!(context.refusal(&at("whoami")).contains("you are not logged in"));
}

/// Lists and searches give the same documents for the server and for its folder.
fn same_as_in_the_folder(context: &TestContext, url: &str, id: &str) {
    context.write("user.csv", plane_csv(0.0, [0.0, 0.0]));
    for command in [
        "list",
        "list sums --facets",
        "search summs --license mit",
        "search --task regression --exclude 2",
        "search --spec user.csv --drop y --explain",
        "search --spec user.csv --drop y --kernel reference --mixture none",
        "search --spec user.csv --drop y --private",
        "anchors --output island.anchors",
        "measure user.csv --drop y --anchors island.anchors -o message.json",
        "search --message message.json --exclude 2",
    ] {
        let here = context.json(command);
        let dock = if command.starts_with("measure") { String::new() } else { format!(" --dock {url}") };
        let there = context.json(&format!("{command}{dock}"));
        assert_eq!(here, there, "{command}");
    }
    let found = context.json(&format!("search --spec user.csv --drop y --report page.html --dock {url}"));
    assert_eq!((&found["single"][0]["id"], &found["verdict"]), (&id.into(), &"fits".into()));
    let page = std::fs::read_to_string(context.path("page.html")).unwrap();
    assert!(page.contains("Your data and the nearest learnwares"));
    let nothing = context.run(&format!("search --task classification --dock {url}"));
    assert_eq!(nothing.code, 1, "{nothing:?}");
    for flags in ["--uncovered u.csv", "--words exact"] {
        let refused = context.refusal(&format!("search --spec user.csv --drop y {flags} --dock {url}"));
        assert!(refused.contains("works on a folder"), "{refused}");
    }
}

/// Packages come out as they went in, and models run here.
fn used(context: &TestContext, url: &str, id: &str) {
    let written = context.json(&format!("download {id} -o copy.zip --dock {url}"));
    assert_eq!(written["as_submitted"], true);
    let read = |name: &str| std::fs::read(context.path(name)).unwrap();
    assert_eq!(read("copy.zip"), read("model.zip"));
    for (command, output) in [
        (format!("run {id} user.csv -o"), "run"),
        (format!("reuse --learnwares {id} user.csv --method average -o"), "reuse"),
        ("solve user.csv -o".to_owned(), "solve"),
    ] {
        for (name, dock) in [("there", format!("--dock {url}")), ("here", String::new())] {
            let answer = context.run(&format!("{command} {output}-{name}.csv {dock}"));
            assert_eq!(answer.code, 0, "{answer:?}");
        }
        assert_eq!(read(&format!("{output}-there.csv")), read(&format!("{output}-here.csv")), "{command}");
    }
    let shown = context.json(&format!("show {id} --dock {url}"));
    assert!(shown["downloads"].as_u64().unwrap() >= 1, "{shown}");
}

fn by_token(context: &TestContext, url: &str, token: &str) {
    let run = |token: &str, arguments: &[&str]| {
        let arguments = [arguments, &["--dock", url, "--json"]].concat();
        let output = context.command(&arguments).env("LEARNWARE_TOKEN", token).output().unwrap();
        serde_json::from_slice::<Value>(&output.stdout).unwrap()
    };
    assert_eq!(run(token, &["whoami"])["scopes"], serde_json::json!(["read"]));
    let refused = run(token, &["submit", "model.zip"]);
    assert!(refused["error"]["message"].as_str().unwrap().contains("lacks the scope submit"), "{refused}");
    let wrong = run("lwd_guess", &["list"]);
    assert!(wrong["error"]["hint"].as_str().unwrap().contains("LEARNWARE_TOKEN"), "{wrong}");
}

/// A server that answers each request by a function of its head; gives its address.
fn fake(answer: impl Fn(&str) -> Vec<u8> + Send + 'static) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    std::thread::spawn(move || {
        for stream in listener.incoming() {
            let mut stream = stream.unwrap();
            let mut head = Vec::new();
            let mut byte = [0];
            while !head.ends_with(b"\r\n\r\n") && stream.read(&mut byte).is_ok_and(|count| count == 1) {
                head.push(byte[0]);
            }
            stream.write_all(&answer(&String::from_utf8_lossy(&head))).ok();
        }
    });
    format!("http://{address}")
}

/// What a server answers to the same request.
fn passed_on(head: &str, address: &str) -> Vec<u8> {
    let mut stream = TcpStream::connect(address).unwrap();
    let (line, rest) = head.split_once("\r\n").unwrap();
    write!(stream, "{line}\r\nConnection: close\r\n{rest}").unwrap();
    let mut answer = Vec::new();
    stream.read_to_end(&mut answer).unwrap();
    answer
}

#[test]
fn a_package_that_is_cut_off_is_gone_on_with() {
    let context = TestContext::with_empty_cache();
    let id = context.submit_sum("Sums near zero", [1.0, 2.0], 0.0);
    let server = Server::start(&context);
    let (address, asked) = (server.address.clone(), Arc::new(AtomicUsize::new(0)));
    let counted = Arc::clone(&asked);
    let url = fake(move |head| {
        let answer = passed_on(head, &address);
        if !head.contains("/package") {
            return answer;
        }
        counted.fetch_add(1, Ordering::SeqCst);
        let body = answer.windows(4).position(|four| four == b"\r\n\r\n").unwrap() + 4;
        // Half of what is left, until there is little.
        let half = (answer.len() - body) / 2;
        if half > 400 { answer[..body + half].to_vec() } else { answer }
    });
    context.json(&format!("download {id} -o copy.zip --dock {url}"));
    let read = |name: &str| std::fs::read(context.path(name)).unwrap();
    assert_eq!(read("copy.zip"), read("model.zip"));
    assert!(asked.load(Ordering::SeqCst) > 1, "it came in parts");
}

#[test]
fn a_package_that_is_damaged_is_not_kept() {
    let context = TestContext::with_empty_cache();
    let id = context.submit_sum("Sums near one", [1.0, 3.0], 1.0);
    let server = Server::start(&context);
    let address = server.address.clone();
    let url = fake(move |head| {
        let mut answer = passed_on(head, &address);
        if head.contains("/package") {
            let last = answer.len() - 1;
            answer[last] ^= 1;
        }
        answer
    });
    let refused = context.refusal(&format!("download {id} -o copy.zip --dock {url}"));
    assert!(refused.contains("came damaged"), "{refused}");
    assert!(!context.path("copy.zip").exists());
}

#[test]
fn servers_that_are_none_get_advice() {
    let context = TestContext::with_empty_cache();
    let nobody = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let refused = context.refusal(&format!("list --dock http://{nobody}"));
    assert!(
        refused.contains("cannot be reached") && refused.contains("hint: check the address"),
        "{refused}"
    );
    let answers = |text: &'static str| fake(move |_| text.as_bytes().to_vec());
    let page = answers("HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 6\r\n\r\n<html>");
    let refused = context.refusal(&format!("list --dock {page}"));
    assert!(refused.contains("does not answer as a dock does"), "{refused}");
    let missing = answers("HTTP/1.1 404 Not Found\r\nConnection: close\r\nContent-Length: 4\r\n\r\nNope");
    let refused = context.refusal(&format!("show 1 --dock {missing}"));
    assert!(refused.contains("status 404") && refused.contains("may be of another service"), "{refused}");
    let noise = answers("\u{1}\u{2}\u{3} no HTTP at all");
    assert!(context.refusal(&format!("show 1 --dock {noise}")).contains("cannot be reached"));
    let elsewhere = answers(
        "HTTP/1.1 307 Moved\r\nLocation: http://127.0.0.1:9/x\r\nConnection: close\r\nContent-Length: 0\r\n\r\n",
    );
    let refused = context.refusal(&format!("list --dock {elsewhere}"));
    assert!(refused.contains("says that it is elsewhere: http://127.0.0.1:9/x"), "{refused}");
    let empty = answers("HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 2\r\n\r\n{}");
    assert!(context.refusal(&format!("list --dock {empty}")).contains("no document of a dock"));
}

#[test]
fn a_busy_server_is_asked_again() {
    let context = TestContext::with_empty_cache();
    let asked = AtomicUsize::new(0);
    let busy = "{\"status\":503,\"code\":\"busy\",\"title\":\"try again\",\"request_id\":null}";
    let page = "{\"total\":0,\"learnwares\":[],\"next_cursor\":null,\"facets\":{}}";
    let url = fake(move |_| {
        let (status, body) = if asked.fetch_add(1, Ordering::SeqCst) < 2 {
            ("503 Busy\r\nRetry-After: 0", busy)
        } else {
            ("200 OK", page)
        };
        format!("HTTP/1.1 {status}\r\nConnection: close\r\nContent-Length: {}\r\n\r\n{body}", body.len())
            .into_bytes()
    });
    assert_eq!(context.json(&format!("list --dock {url}"))["total"], 0);
}
