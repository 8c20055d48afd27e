//! Searches of islands that another replica keeps are passed on to it as they are (docs/adr/0039-first-stage-elsewhere.md).
//! Everything else is answered by whichever replica is asked.

use std::sync::Arc;
use std::time::Duration;

use axum::Extension;
use axum::body::{Body, Bytes, to_bytes};
use axum::extract::{FromRequest as _, Multipart, Request};
use axum::http::header::{ACCEPT, AUTHORIZATION, CONTENT_TYPE, COOKIE, RETRY_AFTER};
use axum::http::request::Parts;
use axum::http::{HeaderName, StatusCode, Uri};
use axum::middleware::Next;
use axum::response::{IntoResponse as _, Response};
use learnware_dock::shard::{HopKey, Shard};
use learnware_dock::{Dock, DockError};
use learnware_engine::specification::IslandKey;
use learnware_engine::specification::codec::{self, SpecificationKind};
use serde_json::Value;

use crate::auth;
use crate::error::Failure;
use crate::router::DOCUMENT_BYTES_MAX;
use crate::settings::Settings;

/// How long another replica may take to be reached.
const REACHED_WITHIN: Duration = Duration::from_secs(3);
/// The header with a replica's signature.
const HOP: HeaderName = HeaderName::from_static("x-learnware-hop");
/// Field of the reference's client with the specification.
const FILE: &str = "statistical_specification";

/// The replicas; nothing where one keeps all islands.
#[derive(Debug, Clone, Default)]
pub(crate) struct Sharding(Option<Arc<Shards>>);

#[derive(Debug)]
struct Shards {
    own: Shard,
    key: HopKey,
    /// Addresses by number, without a slash at the end.
    addresses: Vec<String>,
    http: reqwest::Client,
    dock: Dock,
}

impl Sharding {
    /// Reads what the settings say.
    ///
    /// # Errors
    /// [`DockError::Setting`] when they don't go together; whatever the dock says.
    pub(crate) async fn begin(dock: &Dock, settings: &Settings) -> Result<Self, DockError> {
        let wrong = |value: String, wanted| DockError::Setting { name: "LEARNWARE_SHARDS", value, wanted };
        let Some(own) = dock.shard() else {
            if settings.shards.is_empty() {
                return Ok(Self::default());
            }
            let wanted = "unset, or LEARNWARE_SHARD set to which of them this is";
            return Err(wrong(settings.shards.join(","), wanted));
        };
        if settings.shards.len() != own.count() {
            return Err(wrong(
                settings.shards.join(","),
                "as many addresses as LEARNWARE_SHARD says servers",
            ));
        }
        if settings.workers > 0 {
            return Err(DockError::Setting {
                name: "LEARNWARE_WORKERS",
                value: settings.workers.to_string(),
                wanted: "0 where LEARNWARE_SHARD is set: checks and evolutions need all islands, so `learnware worker` makes them",
            });
        }
        // The library is built without a provider of cryptography; another part of the program may have set one.
        let _ = rustls::crypto::ring::default_provider().install_default();
        let http = reqwest::Client::builder()
            .redirect(reqwest::redirect::Policy::none())
            .connect_timeout(REACHED_WITHIN)
            .timeout(Duration::from_secs(settings.request_seconds_max))
            .build()
            .map_err(|error| wrong(error.to_string(), "addresses that can be reached"))?;
        let shards = Shards {
            own,
            key: dock.hop_key().await?,
            addresses: settings.shards.clone(),
            http,
            dock: dock.clone(),
        };
        Ok(Self(Some(Arc::new(shards))))
    }

    /// Whether another replica passed a request on, which counted it already.
    pub(crate) fn is_hop(&self, request: &Request) -> bool {
        let signature = request.headers().get(HOP).and_then(|value| value.to_str().ok());
        match (&self.0, signature) {
            (Some(shards), Some(signature)) => shards.admits(signature, asked(request).path()),
            _ => false,
        }
    }
}

impl Shards {
    fn admits(&self, signature: &str, path: &str) -> bool {
        self.key.admits(signature, path, self.own.index(), self.dock.now())
    }

    /// Sends a request to the replica `home`, and gives its answer back.
    async fn sent(&self, home: usize, uri: &Uri, parts: &Parts, body: Bytes) -> Response {
        let path = uri.path_and_query().map_or(uri.path(), |path| path.as_str());
        let mut request = self.http.request(parts.method.clone(), format!("{}{path}", self.addresses[home]));
        for name in [AUTHORIZATION, COOKIE, CONTENT_TYPE, ACCEPT, auth::FROM_PAGE, auth::FETCH_SITE] {
            for value in parts.headers.get_all(&name) {
                request = request.header(&name, value);
            }
        }
        let request = request.header(HOP, self.key.signed(uri.path(), home, self.dock.now()));
        match answered(request.body(body)).await {
            Ok(response) => response,
            Err(error) => {
                tracing::warn!(shard = home + 1, "another replica does not answer: {}", error.without_url());
                let title = format!(
                    "the server that keeps these islands ({} of {}) does not answer; try again in a while",
                    home + 1,
                    self.own.count()
                );
                Failure::new(StatusCode::SERVICE_UNAVAILABLE, "shard-down", title).into_response()
            }
        }
    }
}

/// Where a request was sent: routers that are parts of others see less.
#[derive(Debug, Clone)]
struct Asked(Uri);

/// Remembers that.
pub(crate) async fn remember(mut request: Request, next: Next) -> Response {
    let asked = Asked(request.uri().clone());
    request.extensions_mut().insert(asked);
    next.run(request).await
}

fn asked(request: &Request) -> &Uri {
    request.extensions().get::<Asked>().map_or(request.uri(), |Asked(uri)| uri)
}

async fn answered(request: reqwest::RequestBuilder) -> reqwest::Result<Response> {
    let answer = request.send().await?;
    let (status, headers) = (answer.status(), answer.headers().clone());
    let mut response = Response::new(Body::from(answer.bytes().await?));
    *response.status_mut() = status;
    for name in [CONTENT_TYPE, RETRY_AFTER] {
        if let Some(value) = headers.get(&name) {
            response.headers_mut().insert(name, value.clone());
        }
    }
    Ok(response)
}

/// Passes on what is about another replica's island.
pub(crate) async fn forward(
    Extension(sharding): Extension<Sharding>,
    request: Request,
    next: Next,
) -> Response {
    let Some(shards) = sharding.0 else { return next.run(request).await };
    let is_hop = Sharding(Some(Arc::clone(&shards))).is_hop(&request);
    let uri = asked(&request).clone();
    let (parts, body) = request.into_parts();
    let Ok(bytes) = to_bytes(body, DOCUMENT_BYTES_MAX).await else {
        let title = format!("a request has at most {DOCUMENT_BYTES_MAX} bytes");
        return Failure::new(StatusCode::PAYLOAD_TOO_LARGE, "bad-body", title).into_response();
    };
    let home = island_of(&parts, &bytes).await.map(|island| shards.own.of(&island));
    match home.filter(|&home| home != shards.own.index()) {
        None => next.run(Request::from_parts(parts, Body::from(bytes))).await,
        Some(home) if is_hop => {
            tracing::error!(
                shard = home + 1,
                "replicas disagree about who keeps an island; LEARNWARE_SHARDS must be the same"
            );
            Failure::internal().into_response()
        }
        Some(home) => shards.sent(home, &uri, &parts, bytes).await,
    }
}

/// The island that a request is about: of its first specification, its message, or as it says. `None` where it says none
/// or can't be read, which whoever answers tells.
async fn island_of(parts: &Parts, bytes: &Bytes) -> Option<IslandKey> {
    let kind = parts.headers.get(CONTENT_TYPE)?.to_str().ok()?;
    if kind.starts_with("multipart/") {
        return island_of_specification(&serde_json::from_slice(&file(parts, bytes.clone()).await?).ok()?);
    }
    let document: Value = serde_json::from_slice(bytes).ok()?;
    let named = document.get("island").or_else(|| document.pointer("/message/island"));
    match named {
        Some(island) => serde_json::from_value(island.clone()).ok(),
        None => island_of_specification(document.pointer("/statistical/0")?),
    }
}

fn island_of_specification(value: &Value) -> Option<IslandKey> {
    // Files of old releases of the reference have no type; they are tables.
    let name = value.get("type").and_then(Value::as_str).unwrap_or("RKMETableSpecification");
    Some(codec::from_json(value, SpecificationKind::from_class_name(name).ok()?).ok()?.island())
}

/// The specification in a form of the reference's client.
async fn file(parts: &Parts, bytes: Bytes) -> Option<Bytes> {
    let mut request = Request::new(Body::from(bytes));
    request.headers_mut().insert(CONTENT_TYPE, parts.headers.get(CONTENT_TYPE)?.clone());
    let mut form = Multipart::from_request(request, &()).await.ok()?;
    while let Ok(Some(field)) = form.next_field().await {
        if field.name() == Some(FILE) {
            return field.bytes().await.ok();
        }
    }
    None
}
