//! The binary as a server, and requests to it.

use std::fs::File;
use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::TcpStream;
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};

use serde_json::{Value, json};

use crate::context::TestContext;

/// A server of a dock, on a port of its own; killed when dropped.
pub(crate) struct Server {
    pub(crate) child: Child,
    pub(crate) address: String,
    pub(crate) invitation: Option<String>,
    log: PathBuf,
}

/// What a request gave.
#[derive(Debug)]
pub(crate) struct Reply {
    pub(crate) status: u16,
    pub(crate) headers: String,
    pub(crate) body: Vec<u8>,
}

impl Reply {
    pub(crate) fn json(&self) -> Value {
        serde_json::from_slice(&self.body).unwrap_or_else(|_| panic!("{self:?}"))
    }

    pub(crate) fn code(&self) -> String {
        self.json()["code"].as_str().unwrap_or_default().to_owned()
    }
}

impl Server {
    pub(crate) fn start(context: &TestContext) -> Self {
        Self::start_with(context, &[])
    }

    /// The same with variables of its own.
    pub(crate) fn start_with(context: &TestContext, variables: &[(&str, &str)]) -> Self {
        Self::start_at(context, "127.0.0.1:0", variables)
    }

    /// The same at an address that others were told before.
    pub(crate) fn start_at(context: &TestContext, listen: &str, variables: &[(&str, &str)]) -> Self {
        let log = context.path("server.log");
        let mut child = Command::new(env!("CARGO_BIN_EXE_learnware"))
            .args(["serve", "--listen", listen, "--json"])
            .env("HOME", context.path(""))
            .env("LEARNWARE_DOCK", context.path("dock"))
            .env("LEARNWARE_CACHE", TestContext::cache())
            // Where conversion is not what is tested, it would only take time.
            .env("LEARNWARE_CONVERT", "no")
            .envs(variables.iter().copied())
            .stdout(Stdio::piped())
            .stderr(File::create(&log).unwrap())
            .spawn()
            .unwrap();
        let mut told = String::new();
        let mut lines = BufReader::new(child.stdout.take().unwrap());
        let said: Value = loop {
            lines.read_line(&mut told).unwrap();
            if let Ok(said) = serde_json::from_str(&told) {
                break said;
            }
            assert!(told.len() < 10_000, "{told}");
        };
        let text = |name: &str| said[name].as_str().map(str::to_owned);
        Self { child, address: text("listen").unwrap(), invitation: text("invitation"), log }
    }

    /// The address for `--dock`.
    pub(crate) fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    /// What the server has written so far.
    pub(crate) fn log(&self) -> String {
        std::fs::read_to_string(&self.log).unwrap()
    }

    /// The last code that the server wrote into its log.
    pub(crate) fn code(&self) -> String {
        let log = self.log();
        let (_, code) = log.rsplit_once("code=\"").unwrap_or_else(|| panic!("no code in {log}"));
        code[..code.find('"').unwrap()].to_owned()
    }

    pub(crate) fn send(
        &self,
        method: &str,
        path: &str,
        secret: Option<&str>,
        kind: &str,
        body: &[u8],
    ) -> Reply {
        let mut stream = TcpStream::connect(&self.address).unwrap();
        let mut head = format!("{method} {path} HTTP/1.1\r\nHost: dock\r\nConnection: close\r\n");
        if let Some(secret) = secret {
            head += &format!("Authorization: Bearer {secret}\r\n");
        }
        head += &format!("Content-Type: {kind}\r\nContent-Length: {}\r\n\r\n", body.len());
        stream.write_all(head.as_bytes()).unwrap();
        // A server that refuses may answer before it has read everything.
        stream.write_all(body).ok();
        let mut answer = Vec::new();
        stream.read_to_end(&mut answer).unwrap();
        let end = answer.windows(4).position(|four| four == b"\r\n\r\n").unwrap();
        let headers = String::from_utf8(answer[..end].to_vec()).unwrap().to_lowercase();
        let status = headers[9..12].parse().unwrap();
        Reply { status, body: answer[end + 4..].to_vec(), headers }
    }

    pub(crate) fn get(&self, path: &str, secret: Option<&str>) -> Reply {
        self.send("GET", path, secret, "text/plain", b"")
    }

    pub(crate) fn post(&self, path: &str, secret: Option<&str>, body: &Value) -> Reply {
        self.send("POST", path, secret, "application/json", body.to_string().as_bytes())
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.child.kill().ok();
        self.child.wait().ok();
    }
}

pub(crate) fn person(name: &str, code: &str) -> Value {
    let email = format!("{name}@example.org");
    json!({"email": email, "name": name, "password": "correct horse", "code": code})
}

/// The session of the first administrator, and a token that may submit.
pub(crate) fn administrator(server: &Server) -> (String, String) {
    let invitation = server.invitation.clone().unwrap();
    assert_eq!(
        server.post("/api/v1/accounts/invitation", None, &person("chief", "lwd_guess")).code(),
        "bad-code"
    );
    let made = server.post("/api/v1/accounts/invitation", None, &person("chief", &invitation));
    assert_eq!(made.status, 201, "{made:?}");
    let wrong = json!({"email": "chief@example.org", "password": "wrong horse"});
    assert_eq!(server.post("/api/v1/sessions", None, &wrong).status, 401);
    let login = json!({"email": "chief@example.org", "password": "correct horse"});
    let session = server.post("/api/v1/sessions", None, &login).json()["secret"].as_str().unwrap().to_owned();
    assert_eq!(server.get("/api/v1/me", Some(&session)).json()["role"], "admin");
    let wish = json!({"name": "laptop", "scopes": ["read", "submit"], "days": 30});
    let token =
        server.post("/api/v1/tokens", Some(&session), &wish).json()["secret"].as_str().unwrap().to_owned();
    (session, token)
}
