//! Who asks: programs by `Authorization: Bearer`, our pages by a cookie that scripts can't read.
//!
//! A browser sends cookies whoever made it ask. So one counts only where the request comes from our own pages: it is
//! `SameSite=Strict`, and what changes something must carry a header that other sites can't set.

use axum::extract::FromRequestParts;
use axum::http::header::{AUTHORIZATION, COOKIE};
use axum::http::request::Parts;
use axum::http::{HeaderMap, HeaderName, HeaderValue, Method};
use learnware_dock::Dock;
use learnware_dock::accounts::{Principal, Scope};

use crate::error::Failure;
use crate::settings::Settings;

/// Name of the cookie.
const SESSION: &str = "learnware_session";
/// Seconds for which browsers keep it; the session itself may end earlier.
const SESSION_SECONDS: u32 = 14 * 24 * 3600;
/// The header that our pages send with what changes something. Browsers ask us before other sites may set one, and get no
/// permission.
pub(crate) const FROM_PAGE: HeaderName = HeaderName::from_static("x-learnware-request");
/// Said by browsers of every request: whose page made it.
pub(crate) const FETCH_SITE: HeaderName = HeaderName::from_static("sec-fetch-site");

/// How people reach the server.
#[derive(Debug, Clone)]
pub(crate) struct Reached {
    proxies: usize,
    address: Option<String>,
}

impl Reached {
    pub(crate) fn new(settings: &Settings) -> Self {
        Self { proxies: settings.proxies, address: settings.address.clone() }
    }

    /// Whether somebody trusted stands in front.
    pub(crate) fn is_behind_proxy(&self) -> bool {
        self.proxies > 0
    }

    /// Whether by HTTPS: the operator says so, or a trusted proxy.
    pub(crate) fn is_encrypted(&self, headers: &HeaderMap) -> bool {
        let proxy_says = || headers.get("x-forwarded-proto").is_some_and(|scheme| scheme == "https");
        self.address.as_ref().is_some_and(|address| address.starts_with("https://"))
            || self.proxies > 0 && proxy_says()
    }
}

/// Whoever asks, known or not. A secret that lets nobody in is refused: it is better told than taken for nobody.
#[derive(Debug)]
pub(crate) struct Viewer(pub(crate) Option<Principal>);

/// Somebody who was let in.
#[derive(Debug)]
pub(crate) struct Known(pub(crate) Principal);

/// An administrator.
#[derive(Debug)]
pub(crate) struct Admin(pub(crate) Principal);

/// The secret of a request, by header or cookie.
pub(crate) fn secret(headers: &HeaderMap) -> Option<&str> {
    if headers.contains_key(AUTHORIZATION) { bearer(headers) } else { cookie(headers) }
}

fn bearer(headers: &HeaderMap) -> Option<&str> {
    let value = headers.get(AUTHORIZATION)?.to_str().ok()?;
    let (scheme, secret) = value.split_once(' ')?;
    scheme.eq_ignore_ascii_case("bearer").then(|| secret.trim())
}

/// The session's secret in a cookie.
fn cookie(headers: &HeaderMap) -> Option<&str> {
    cookie_named(SESSION, headers)
}

/// What a cookie holds.
pub(crate) fn cookie_named<'a>(wanted: &str, headers: &'a HeaderMap) -> Option<&'a str> {
    let cookies = headers.get_all(COOKIE).iter().filter_map(|value| value.to_str().ok());
    let mut pairs = cookies.flat_map(|value| value.split(';')).filter_map(|pair| pair.trim().split_once('='));
    pairs.find(|(name, _)| *name == wanted).map(|(_, value)| value)
}

/// The header that gives a browser its session. `is_encrypted`: whether it reaches us by HTTPS, and shall send the cookie
/// in no other way.
pub(crate) fn set_cookie(secret: &str, is_encrypted: bool) -> HeaderValue {
    written(secret, SESSION_SECONDS, is_encrypted)
}

/// The header that takes it away.
pub(crate) fn forget_cookie() -> HeaderValue {
    written("", 0, false)
}

fn written(secret: &str, seconds: u32, is_encrypted: bool) -> HeaderValue {
    let secure = if is_encrypted { "; Secure" } else { "" };
    let value = format!("{SESSION}={secret}; Path=/; HttpOnly; SameSite=Strict; Max-Age={seconds}{secure}");
    HeaderValue::from_str(&value).expect("a secret is letters and digits")
}

/// Whether a request that shows a cookie was made by our own pages.
fn is_ours(method: &Method, headers: &HeaderMap) -> bool {
    let is_from = |site: &HeaderValue| site == "same-origin" || site == "none";
    headers.get(FETCH_SITE).is_none_or(is_from) && (method.is_safe() || headers.contains_key(FROM_PAGE))
}

impl FromRequestParts<Dock> for Viewer {
    type Rejection = Failure;

    async fn from_request_parts(parts: &mut Parts, dock: &Dock) -> Result<Self, Failure> {
        if parts.headers.contains_key(AUTHORIZATION) {
            let secret = bearer(&parts.headers).ok_or_else(Failure::login_needed)?;
            return match dock.authenticate(secret).await? {
                Some(principal) => Ok(Self(Some(principal))),
                None => Err(Failure::login_needed()),
            };
        }
        // An old cookie is nobody: its owner didn't send it on purpose, and reads as everybody may.
        match cookie(&parts.headers).filter(|_| is_ours(&parts.method, &parts.headers)) {
            Some(secret) => Ok(Self(dock.authenticate(secret).await?)),
            None => Ok(Self(None)),
        }
    }
}

impl FromRequestParts<Dock> for Known {
    type Rejection = Failure;

    async fn from_request_parts(parts: &mut Parts, dock: &Dock) -> Result<Self, Failure> {
        Viewer::from_request_parts(parts, dock).await?.0.map(Self).ok_or_else(Failure::login_needed)
    }
}

impl FromRequestParts<Dock> for Admin {
    type Rejection = Failure;

    async fn from_request_parts(parts: &mut Parts, dock: &Dock) -> Result<Self, Failure> {
        let Known(principal) = Known::from_request_parts(parts, dock).await?;
        principal.needs(Scope::Admin)?;
        Ok(Self(principal))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn headers(pairs: &[(&'static str, &'static str)]) -> HeaderMap {
        pairs.iter().map(|(name, value)| (name.parse().unwrap(), HeaderValue::from_static(value))).collect()
    }

    #[test]
    fn a_secret_comes_by_header_or_else_by_our_cookie() {
        let both = headers(&[("authorization", "Bearer a"), ("cookie", "learnware_session=b")]);
        assert_eq!(secret(&both), Some("a"));
        let cookies = headers(&[("cookie", "theme=dark; learnware_session=b; x=1")]);
        assert_eq!(secret(&cookies), Some("b"));
        assert_eq!(secret(&headers(&[("cookie", "other_learnware_session=b")])), None);
        assert_eq!(
            secret(&headers(&[("authorization", "Basic a"), ("cookie", "learnware_session=b")])),
            None
        );
    }

    #[test]
    fn a_cookie_counts_only_for_our_own_pages() {
        let ours = headers(&[("x-learnware-request", "page"), ("sec-fetch-site", "same-origin")]);
        let form_elsewhere = headers(&[]);
        let page_elsewhere = headers(&[("x-learnware-request", "page"), ("sec-fetch-site", "cross-site")]);
        assert!(is_ours(&Method::POST, &ours) && is_ours(&Method::GET, &form_elsewhere));
        assert!(!is_ours(&Method::POST, &form_elsewhere) && !is_ours(&Method::GET, &page_elsewhere));
        assert!(!is_ours(&Method::DELETE, &page_elsewhere));
    }
}
