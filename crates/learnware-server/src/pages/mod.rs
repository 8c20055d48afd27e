//! Where the links in letters lead: two small pages that use a code when their reader says so, and not before, since
//! programs follow links in letters too. The code stands behind the `#` of the link, which no server ever gets to see.

use axum::Router;
use axum::http::HeaderName;
use axum::http::header::{CONTENT_SECURITY_POLICY, CONTENT_TYPE, REFERRER_POLICY};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use learnware_dock::Dock;

/// Confirms an address.
pub(crate) const CONFIRM: &str = "/account/confirm";
/// Sets a new password.
pub(crate) const RESET: &str = "/account/reset";
/// What both run, and how both look.
const SCRIPT: &str = "/account/code.js";
const STYLE: &str = "/account/page.css";
/// They load nothing from elsewhere, and nobody puts them into a frame.
const POLICY: &str = "default-src 'none'; script-src 'self'; connect-src 'self'; style-src 'self'; \
                      form-action 'none'; base-uri 'none'; frame-ancestors 'none'";

/// The pages.
pub(crate) fn router() -> Router<Dock> {
    Router::new()
        .route(CONFIRM, get(async || page(include_str!("confirm.html"))))
        .route(RESET, get(async || page(include_str!("reset.html"))))
        .route(STYLE, get(async || file("text/css; charset=utf-8", include_str!("page.css"))))
        .route(SCRIPT, get(async || file("text/javascript; charset=utf-8", include_str!("code.js"))))
}

fn page(text: &'static str) -> Response {
    file("text/html; charset=utf-8", text)
}

fn file(kind: &'static str, text: &'static str) -> Response {
    let headers: [(HeaderName, &str); 3] =
        [(CONTENT_TYPE, kind), (CONTENT_SECURITY_POLICY, POLICY), (REFERRER_POLICY, "no-referrer")];
    (headers, text).into_response()
}
