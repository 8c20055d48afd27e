//! Calls a dock server: addresses, sending, waiting, trying again. What can be asked is in `calls`, packages come by
//! `download`, the work before a registration is in [`work`].
//!
//! Nothing is asked of the terminal or the environment here, except the proxies that HTTP programs know
//! (`HTTPS_PROXY`, `NO_PROXY`). Async on tokio.

mod calls;
mod download;
mod error;
pub mod work;

use std::path::Path;
use std::time::Duration;

use reqwest::header::{ACCEPT, AUTHORIZATION, CONTENT_LENGTH, CONTENT_TYPE, IF_RANGE, RANGE, RETRY_AFTER};
use reqwest::redirect::{Attempt, Policy};
use reqwest::{Method, Response, StatusCode, Url};
use serde::de::DeserializeOwned;

use crate::Problem;
pub use calls::Submission;
pub use download::Downloaded;
pub use error::{ClientError, Result};

/// How long a connection may take to come about.
const CONNECT: Duration = Duration::from_secs(10);
/// How long an answer may take: a search of a large market on a busy machine takes seconds.
const ANSWER: Duration = Duration::from_mins(2);
/// Bytes per second that an upload makes at least, on a slow line.
const UPLOAD_RATE_MIN: u64 = 32 << 10;
/// How often something is tried at most.
const ATTEMPTS: u32 = 4;
/// Pause before the second attempt; it doubles with each further one.
const PAUSE: Duration = Duration::from_millis(250);
/// The longest pause that a server may ask for.
const PAUSE_MAX: Duration = Duration::from_secs(30);
/// Bytes of a document at most: a page of specifications, each of the largest size.
const DOCUMENT_BYTES_MAX: usize = 256 << 20;
/// Bytes of a refusal that are read; a problem is a few sentences and a report.
const PROBLEM_BYTES_MAX: usize = 4 << 20;
/// Redirects that are followed, inside one server.
const REDIRECTS_MAX: usize = 5;
/// How the client names itself.
const AGENT: &str = concat!("learnware/", env!("CARGO_PKG_VERSION"));

/// A dock server, and what lets us in.
#[derive(Clone)]
pub struct Client {
    http: reqwest::Client,
    base: Url,
    secret: Option<String>,
}

impl std::fmt::Debug for Client {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Client").field("base", &self.base.as_str()).finish_non_exhaustive()
    }
}

/// What is sent besides the address.
enum Load<'a> {
    Nothing,
    Document(Vec<u8>),
    /// A zip, with its size in bytes; opened anew for each attempt.
    Package(&'a Path, u64),
    /// Another file, the same way.
    Bytes(&'a Path, u64),
    /// The rest of a package from a byte on, if it still has this `ETag`.
    Rest(u64, &'a str),
}

/// A request that can be sent again.
struct Call<'a> {
    method: Method,
    url: Url,
    load: Load<'a>,
    /// For the whole answer, body included; `None` where the caller watches the body itself.
    timeout: Option<Duration>,
}

impl Client {
    /// Makes ready to call the server at `address`, such as `https://dock.example.org/prefix`; nothing is sent yet.
    /// `secret` is a session or a token.
    ///
    /// # Errors
    /// [`ClientError::BadAddress`] when that is no address of a server.
    pub fn new(address: &str, secret: Option<String>) -> Result<Self> {
        let base = parse(address)?;
        // The library is built without a provider of cryptography; another part of the program may have set one.
        let _ = rustls::crypto::ring::default_provider().install_default();
        let http = reqwest::Client::builder()
            .user_agent(AGENT)
            .connect_timeout(CONNECT)
            .redirect(Policy::custom(inside_one_server))
            .build()
            .map_err(|error| error::bad_address(address, error::root(&error)))?;
        Ok(Self { http, base, secret })
    }

    /// The address in its one form, without a slash at its end: the name to keep things of this server by.
    pub fn address(&self) -> &str {
        self.base.as_str().trim_end_matches('/')
    }

    /// Whether what is sent can be read on the way: neither encrypted nor to this machine itself.
    pub fn is_exposed(&self) -> bool {
        let host = self.base.host_str().unwrap_or_default();
        let is_here = ["localhost", "[::1]"].contains(&host) || host.starts_with("127.");
        self.base.scheme() == "http" && !is_here
    }

    /// Whether something lets us in.
    pub fn has_secret(&self) -> bool {
        self.secret.is_some()
    }

    /// The same server, asked with another secret.
    #[must_use]
    pub fn with_secret(&self, secret: String) -> Self {
        Self { secret: Some(secret), ..self.clone() }
    }

    fn url(&self, segments: &[&str]) -> Url {
        let mut url = self.base.clone();
        if let Ok(mut path) = url.path_segments_mut() {
            path.pop_if_empty().extend(["api", "v1"]).extend(segments);
        }
        url
    }

    /// Asks for a document.
    async fn fetch<T: DeserializeOwned>(&self, url: Url) -> Result<T> {
        self.ask(Call { method: Method::GET, url, load: Load::Nothing, timeout: Some(ANSWER) }).await
    }

    /// Sends a document and reads the one that answers it.
    async fn exchange<T: DeserializeOwned>(&self, segments: &[&str], document: Vec<u8>) -> Result<T> {
        self.ask(self.posting(segments, Load::Document(document))).await
    }

    /// Does something that answers with nothing.
    async fn command(&self, method: Method, segments: &[&str], load: Load<'_>) -> Result<()> {
        self.send(&Call { method, url: self.url(segments), load, timeout: Some(ANSWER) }).await.map(drop)
    }

    fn posting<'a>(&self, segments: &[&str], load: Load<'a>) -> Call<'a> {
        Call { method: Method::POST, url: self.url(segments), load, timeout: Some(ANSWER) }
    }

    async fn ask<T: DeserializeOwned>(&self, call: Call<'_>) -> Result<T> {
        let response = self.send(&call).await?;
        let (status, url) = (response.status().as_u16(), response.url().to_string());
        let bytes = self.body(response, DOCUMENT_BYTES_MAX).await?;
        serde_json::from_slice(&bytes).map_err(|error| {
            let reason = format!("its answer is no document of a dock ({error})");
            ClientError::NotADock { url, status, reason }
        })
    }

    /// Sends until something came of it: what was certainly not done, and what may be done twice, is tried again.
    async fn send(&self, call: &Call<'_>) -> Result<Response> {
        let (mut pause, mut attempt) = (PAUSE, 1);
        loop {
            let failure = match self.attempt(call).await {
                Ok(response) if response.status().is_success() => return Ok(response),
                Ok(response) => self.refusal(response).await,
                Err(failure) => failure,
            };
            if attempt >= ATTEMPTS || !failure.may_be_tried_again(call.method == Method::GET) {
                return Err(failure);
            }
            tokio::time::sleep(failure.retry_after().unwrap_or(pause).min(PAUSE_MAX)).await;
            (pause, attempt) = (pause * 2, attempt + 1);
        }
    }

    async fn attempt(&self, call: &Call<'_>) -> Result<Response> {
        let mut request = self.http.request(call.method.clone(), call.url.clone());
        request = request.header(ACCEPT, "application/json, application/zip, application/problem+json");
        if let Some(secret) = &self.secret {
            request = request.header(AUTHORIZATION, format!("Bearer {secret}"));
        }
        request = match &call.load {
            Load::Nothing => request,
            Load::Document(bytes) => request.header(CONTENT_TYPE, "application/json").body(bytes.clone()),
            Load::Package(file, bytes) => {
                let opened = tokio::fs::File::open(file).await.map_err(error::io("open", file))?;
                request.header(CONTENT_TYPE, "application/zip").header(CONTENT_LENGTH, *bytes).body(opened)
            }
            Load::Bytes(file, bytes) => {
                let opened = tokio::fs::File::open(file).await.map_err(error::io("open", file))?;
                let request = request.header(CONTENT_TYPE, "application/octet-stream");
                request.header(CONTENT_LENGTH, *bytes).body(opened)
            }
            Load::Rest(from, tag) => {
                request.header(RANGE, format!("bytes={from}-")).header(IF_RANGE, (*tag).to_owned())
            }
        };
        let sent = match call.timeout {
            Some(limit) => request.timeout(limit).send().await,
            // Only the head is waited for here.
            None => match tokio::time::timeout(ANSWER, request.send()).await {
                Ok(sent) => sent,
                Err(_) => return Err(self.too_slow(ANSWER)),
            },
        };
        sent.map_err(|error| self.failed(&error, call.timeout.unwrap_or(ANSWER)))
    }

    /// Reads a body that is held in memory.
    async fn body(&self, mut response: Response, bytes_max: usize) -> Result<Vec<u8>> {
        let (status, url) = (response.status().as_u16(), response.url().to_string());
        let mut bytes = Vec::new();
        while let Some(piece) = response.chunk().await.map_err(|error| self.failed(&error, ANSWER))? {
            if bytes.len() + piece.len() > bytes_max {
                let reason = format!("its answer is larger than {bytes_max} bytes");
                return Err(ClientError::NotADock { url, status, reason });
            }
            bytes.extend_from_slice(&piece);
        }
        Ok(bytes)
    }

    /// What an answer other than success says.
    async fn refusal(&self, response: Response) -> ClientError {
        let (status, url) = (response.status(), response.url().to_string());
        let header = |name| response.headers().get(name).and_then(|value| value.to_str().ok());
        if status.is_redirection() {
            let to = header(reqwest::header::LOCATION).unwrap_or("nowhere").to_owned();
            return ClientError::Redirected { server: self.address().to_owned(), to };
        }
        let retry_after = header(RETRY_AFTER).and_then(|text| text.parse().ok()).map(Duration::from_secs);
        let body = match self.body(response, PROBLEM_BYTES_MAX).await {
            Ok(body) => body,
            Err(failure) => return failure,
        };
        if let Ok(problem) = serde_json::from_slice::<Problem>(&body) {
            let server = self.address().to_owned();
            ClientError::Refused { server, problem: Box::new(problem), retry_after }
        } else {
            let words = status.canonical_reason().unwrap_or("without a name");
            let reason = format!("it answers with status {} ({words})", status.as_u16());
            ClientError::NotADock { url, status: status.as_u16(), reason }
        }
    }

    fn failed(&self, error: &reqwest::Error, limit: Duration) -> ClientError {
        if error.is_timeout() && !error.is_connect() {
            return self.too_slow(limit);
        }
        let server = self.address().to_owned();
        ClientError::Unreachable { server, reason: error::root(error), was_sent: !error.is_connect() }
    }

    fn too_slow(&self, limit: Duration) -> ClientError {
        ClientError::TimedOut { server: self.address().to_owned(), seconds: limit.as_secs() }
    }
}

/// Reads the address of a server.
fn parse(address: &str) -> Result<Url> {
    let bad = |reason: &str| error::bad_address(address, reason);
    let mut url = Url::parse(address.trim()).map_err(|error| bad(&error.to_string()))?;
    if !["http", "https"].contains(&url.scheme()) {
        return Err(bad("it does not begin with https:// or http://"));
    }
    if !url.username().is_empty() || url.password().is_some() {
        return Err(bad("it holds a name or a password, which others would see"));
    }
    if url.query().is_some() || url.fragment().is_some() {
        return Err(bad("it has a `?` or a `#`"));
    }
    let path = url.path().trim_end_matches('/').to_owned();
    url.set_path(&path);
    Ok(url)
}

/// A secret must not follow to another server, nor a request from https to http.
fn inside_one_server(attempt: Attempt<'_>) -> reqwest::redirect::Action {
    let same = attempt.previous().last().is_some_and(|before| before.origin() == attempt.url().origin());
    if same && attempt.previous().len() <= REDIRECTS_MAX { attempt.follow() } else { attempt.stop() }
}

/// How long sending a package may take, and its check for soundness at the other end.
fn upload_limit(bytes: u64) -> Duration {
    ANSWER + Duration::from_secs(bytes / UPLOAD_RATE_MIN)
}

/// Whether the status says that another server, on the way, could not do its part.
fn is_of_a_gateway(status: u16) -> bool {
    [StatusCode::BAD_GATEWAY.as_u16(), StatusCode::GATEWAY_TIMEOUT.as_u16()].contains(&status)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_have_one_form_and_hold_no_secrets() {
        for (address, wanted) in [
            ("https://Dock.Example.org", "https://dock.example.org"),
            ("https://dock.example.org/", "https://dock.example.org"),
            ("http://127.0.0.1:8088/a/b//", "http://127.0.0.1:8088/a/b"),
            (" https://dock.example.org:443/x ", "https://dock.example.org/x"),
        ] {
            assert_eq!(Client::new(address, None).unwrap().address(), wanted);
        }
        for address in ["dock.example.org", "ftp://a.b", "https://", "https://me:pw@a.b", "https://a.b/?x=1"]
        {
            assert!(matches!(Client::new(address, None), Err(ClientError::BadAddress { .. })), "{address}");
        }
        let client = Client::new("http://10.0.0.1/p", Some("lwd_x".into())).unwrap();
        assert!(client.is_exposed() && !format!("{client:?}").contains("lwd_x"));
        assert_eq!(
            client.url(&["learnwares", "1/../2"]).as_str(),
            "http://10.0.0.1/p/api/v1/learnwares/1%2F..%2F2"
        );
        assert!(!Client::new("http://localhost:1", None).unwrap().is_exposed());
    }
}
