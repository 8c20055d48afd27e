//! In by another service's login (OpenID Connect, authorization code with PKCE): `docs/adr/0035-single-sign-on.md`.
//!
//! A browser is sent to the service with three fresh words (state, nonce, verifier), which it keeps in a cookie of its own
//! for ten minutes; it comes back with a code. Only the browser that was sent away can use it, and only once. [`provider`]
//! alone knows the protocol.

#[cfg_attr(not(feature = "oidc"), path = "absent.rs")]
mod provider;
#[cfg(all(test, feature = "oidc"))]
mod tests;

use std::sync::Arc;

use axum::extract::State;
use axum::http::header::{CACHE_CONTROL, LOCATION, REFERRER_POLICY, SET_COOKIE};
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse as _, Response};
use axum::routing::get;
use axum::{Extension, Json, Router};
use learnware_api::{LoginService, LoginServices};
use learnware_dock::{Address, Dock, DockError};
use serde::Deserialize;

use crate::asked::Query;
use crate::auth::{self, Reached};
use crate::error::Failure;
use crate::settings::Settings;
use provider::Provider;

/// Where a browser is sent away, and where it comes back to.
const BEGIN: &str = "/account/oidc/login";
const RETURN: &str = "/account/oidc/return";
/// Holds the three words and the page to go on with.
const ATTEMPT: &str = "learnware_oidc";
/// Seconds that a login may take.
const ATTEMPT_SECONDS: u32 = 600;
/// Where a failed attempt ends; its word for programs follows.
const FAILED: &str = "/login?problem=";
/// What the button says.
const LABEL: &str = "single sign-on";
/// Characters of a page's address at most.
const NEXT_CHARS_MAX: usize = 512;

/// What a server can be told of it.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct OidcSettings {
    /// The service: `https://CLIENT:SECRET@ISSUER`.
    pub service: Option<Address>,
    /// What the button says.
    pub label: Option<String>,
}

impl OidcSettings {
    /// Whether the service can be asked so, as far as that can be told without asking it. `address` is where people reach
    /// the dock.
    ///
    /// # Errors
    /// [`DockError::Setting`] for the setting that is wrong or missing.
    pub fn check(&self, address: Option<&str>) -> Result<(), DockError> {
        self.provider(address).map(drop)
    }

    fn provider(&self, address: Option<&str>) -> Result<Option<Provider>, DockError> {
        let Some(service) = &self.service else { return Ok(None) };
        let missing = DockError::Setting {
            name: "LEARNWARE_ADDRESS",
            value: String::new(),
            wanted: "where people reach the dock, such as https://dock.example.org, where LEARNWARE_OIDC is set",
        };
        Provider::new(service, &format!("{}{RETURN}", address.ok_or(missing)?)).map(Some)
    }
}

/// The service that this server knows, if any.
#[derive(Debug, Clone, Default)]
pub(crate) struct Oidc(Option<Arc<Known>>);

#[derive(Debug)]
struct Known {
    provider: Provider,
    label: String,
}

impl Oidc {
    /// As the settings say; they were checked.
    pub(crate) fn new(settings: &Settings) -> Result<Self, DockError> {
        let provider = settings.oidc.provider(settings.address.as_deref())?;
        let label = settings.oidc.label.clone().unwrap_or_else(|| LABEL.to_owned());
        Ok(Self(provider.map(|provider| Arc::new(Known { provider, label }))))
    }
}

/// The two addresses that browsers open.
pub(crate) fn router() -> Router<Dock> {
    Router::new().route(BEGIN, get(begin)).route(RETURN, get(come_back))
}

/// Other services by whose login people come in: the address to open, and what a button may say.
#[utoipa::path(get, path = "/login-services", tag = "accounts", responses((status = OK, body = LoginServices)))]
pub(crate) async fn services(Extension(Oidc(known)): Extension<Oidc>) -> Json<LoginServices> {
    let service = |known: &Known| LoginService { path: BEGIN.to_owned(), label: known.label.clone() };
    Json(LoginServices { services: known.iter().map(|known| service(known)).collect() })
}

/// What a browser asks for.
#[derive(Debug, Deserialize)]
struct Begin {
    /// The page to go on with.
    next: Option<String>,
}

/// What it brings back.
#[derive(Debug, Deserialize)]
struct Returned {
    code: Option<String>,
    state: Option<String>,
    error: Option<String>,
}

/// What was agreed with a browser that was sent away. The first three are letters and digits of base64.
#[derive(Debug, PartialEq, Eq)]
struct Attempt {
    state: String,
    nonce: String,
    verifier: String,
    next: String,
}

/// Why nobody came in: a word for the page.
struct Refused(&'static str);

/// What went wrong with the service, for the log.
#[derive(Debug)]
struct Trouble(String);

impl std::fmt::Display for Trouble {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.0)
    }
}

impl std::error::Error for Trouble {}

impl From<Trouble> for Refused {
    fn from(trouble: Trouble) -> Self {
        tracing::warn!("the login service: {trouble}");
        Self("login-service")
    }
}

impl From<DockError> for Refused {
    fn from(error: DockError) -> Self {
        let (_, code, _) = Failure::from(error).told();
        Self(code)
    }
}

async fn begin(
    Extension(Oidc(known)): Extension<Oidc>,
    Extension(reached): Extension<Reached>,
    Query(wish): Query<Begin>,
    headers: HeaderMap,
) -> Response {
    let Some(known) = known else { return failed(&Refused("no-login-service")) };
    let (to, [state, nonce, verifier]) = match known.provider.begin().await {
        Ok(begun) => begun,
        Err(trouble) => return failed(&trouble.into()),
    };
    let next = wish.next.filter(|next| is_page(next)).unwrap_or_else(|| "/".to_owned());
    let attempt = Attempt { state, nonce, verifier, next };
    let cookie = attempt_cookie(&attempt.to_string(), ATTEMPT_SECONDS, reached.is_encrypted(&headers));
    gone(&to, &[cookie])
}

async fn come_back(
    State(dock): State<Dock>,
    Extension(Oidc(known)): Extension<Oidc>,
    Extension(reached): Extension<Reached>,
    Query(returned): Query<Returned>,
    headers: HeaderMap,
) -> Response {
    let is_encrypted = reached.is_encrypted(&headers);
    match session(&dock, known.as_deref(), returned, &headers).await {
        Ok((session, next)) => {
            let session = auth::set_cookie(&session, is_encrypted);
            let session = session.to_str().expect("letters and digits").to_owned();
            gone(&next, &[session, attempt_cookie("", 0, is_encrypted)])
        }
        Err(refused) => failed(&refused),
    }
}

/// The secret of a session, and the page to go on with.
async fn session(
    dock: &Dock,
    known: Option<&Known>,
    returned: Returned,
    headers: &HeaderMap,
) -> Result<(String, String), Refused> {
    let known = known.ok_or(Refused("no-login-service"))?;
    if let Some(error) = returned.error {
        return Err(Trouble(format!("it says {:?}", error.chars().take(40).collect::<String>())).into());
    }
    // Without a cookie another browser was sent away, or too long ago.
    let attempt = attempt(headers).ok_or(Refused("login-too-old"))?;
    let is_same = returned.state.as_deref() == Some(attempt.state.as_str());
    let code = returned.code.filter(|_| is_same).ok_or(Refused("login-too-old"))?;
    let introduced = known.provider.finish(code, attempt.nonce, attempt.verifier).await?;
    let session = dock.enter(introduced).await?;
    Ok((session.reveal().to_owned(), attempt.next))
}

impl std::fmt::Display for Attempt {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}.{}.{}.{}", self.state, self.nonce, self.verifier, self.next)
    }
}

fn attempt(headers: &HeaderMap) -> Option<Attempt> {
    let value = auth::cookie_named(ATTEMPT, headers)?;
    let mut parts = value.splitn(4, '.').map(str::to_owned);
    let (state, nonce, verifier) = (parts.next()?, parts.next()?, parts.next()?);
    let next = parts.next().filter(|next| is_page(next))?;
    Some(Attempt { state, nonce, verifier, next })
}

/// Whether it is the address of a page of ours, in characters that a cookie can hold.
fn is_page(next: &str) -> bool {
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"/-_.?=&%+~:".contains(&byte);
    next.starts_with('/')
        && !next.starts_with("//")
        && next.len() <= NEXT_CHARS_MAX
        && next.bytes().all(plain)
}

/// Browsers send it when the service sends them back: that comes from another site, so it can't be `Strict`.
fn attempt_cookie(value: &str, seconds: u32, is_encrypted: bool) -> String {
    let secure = if is_encrypted { "; Secure" } else { "" };
    format!("{ATTEMPT}={value}; Path=/account/oidc; HttpOnly; SameSite=Lax; Max-Age={seconds}{secure}")
}

fn failed(Refused(word): &Refused) -> Response {
    gone(&format!("{FAILED}{word}"), &[])
}

/// Sends a browser on.
fn gone(to: &str, cookies: &[String]) -> Response {
    let mut response =
        (StatusCode::SEE_OTHER, [(CACHE_CONTROL, "no-store"), (REFERRER_POLICY, "no-referrer")])
            .into_response();
    let location = std::iter::once((LOCATION, to));
    let headers = location.chain(cookies.iter().map(|cookie| (SET_COOKIE, cookie.as_str())));
    for (name, value) in headers {
        if let Ok(value) = value.parse() {
            response.headers_mut().append(name, value);
        } else {
            tracing::error!("a login can't go on: an address or a cookie is no header");
        }
    }
    response
}
