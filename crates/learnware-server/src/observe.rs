//! What the operator sees: a line of the log and figures for every request, and the id that joins an answer to its line.
//!
//! Lines hold no secrets: neither headers nor bodies nor queries are written, only the route.

use std::hash::{BuildHasher as _, RandomState};
use std::sync::LazyLock;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use axum::extract::{MatchedPath, Request};
use axum::http::header::HeaderName;
use axum::http::{HeaderValue, Method, StatusCode};
use axum::middleware::Next;
use axum::response::{IntoResponse as _, Response};

use tracing::Instrument as _;

use crate::auth::Reached;
use crate::error::Failure;

/// Carries the id of a request, in both directions.
const REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");
/// Characters of an id that is taken over from a proxy at most.
const ID_CHARS_MAX: usize = 64;
/// The route in the log where there is none.
const NO_ROUTE: &str = "none";
/// Routes of searches and of packages, by their ends.
const SEARCHES: [&str; 3] = ["/search", "/search_learnware", "/candidates"];
const DOWNLOADS: [&str; 2] = ["/package", "/download_learnware"];

tokio::task_local! {
    static CURRENT: String;
}

/// What the figures of a day count.
const COUNTED: [&str; 4] = ["requests", "searches", "downloads", "failures"];
/// How often since it was last kept, in the same order.
static TALLY: [AtomicU64; 4] = [const { AtomicU64::new(0) }; 4];

fn tally(route: &str, status: StatusCode) {
    let is_one_of = |routes: &[&str]| status.is_success() && routes.iter().any(|end| route.ends_with(end));
    let happened = [true, is_one_of(&SEARCHES), is_one_of(&DOWNLOADS), status.is_server_error()];
    for (tally, happened) in TALLY.iter().zip(happened) {
        tally.fetch_add(u64::from(happened), Ordering::Relaxed);
    }
}

/// Takes what was counted since the last call.
pub(crate) fn take_counts() -> [(&'static str, u64); 4] {
    std::array::from_fn(|i| (COUNTED[i], TALLY[i].swap(0, Ordering::Relaxed)))
}

/// Puts back what could not be kept.
pub(crate) fn put_back(counts: &[(&'static str, u64); 4]) {
    for (tally, (_, count)) in TALLY.iter().zip(counts) {
        tally.fetch_add(*count, Ordering::Relaxed);
    }
}

/// Id of the request under way.
pub(crate) fn request_id() -> Option<String> {
    CURRENT.try_with(Clone::clone).ok()
}

/// Gives every request an id, a line of the log and its place in the figures.
pub(crate) async fn observe(request: Request, next: Next) -> Response {
    let id = id_of(&request);
    let route = request.extensions().get::<MatchedPath>().map_or(NO_ROUTE, MatchedPath::as_str).to_owned();
    let method = request.method().clone();
    let span = tracing::info_span!(
        "request",
        otel.name = format!("{} {route}", method_word(&method)),
        otel.kind = "server",
        http.request.method = method_word(&method),
        http.route = route,
        http.response.status_code = tracing::field::Empty,
        request_id = id,
    );
    if request.extensions().get::<Reached>().is_some_and(Reached::is_behind_proxy) {
        trace::set_parent(&span, request.headers());
    }
    let begun = Instant::now();
    let mut response = CURRENT.scope(id.clone(), next.run(request)).instrument(span.clone()).await;
    let took = begun.elapsed();
    span.record("http.response.status_code", response.status().as_u16());
    count(&method, &route, response.status(), took);
    tracing::info!(
        request_id = id,
        method = %method,
        route,
        status = response.status().as_u16(),
        milliseconds = u64::try_from(took.as_millis()).unwrap_or(u64::MAX),
        "request"
    );
    if let Ok(value) = HeaderValue::from_str(&id) {
        response.headers_mut().insert(REQUEST_ID, value);
    }
    response
}

/// Gives up what takes too long, before whoever asked does.
pub(crate) async fn in_time(longest: Duration, request: Request, next: Next) -> Response {
    if let Ok(response) = tokio::time::timeout(longest, next.run(request)).await {
        return response;
    }
    let title = format!("this took longer than {} s; ask again later", longest.as_secs());
    Failure::new(StatusCode::SERVICE_UNAVAILABLE, "too-slow", title).into_response()
}

/// Joins requests to traces that began before us: only a trusted proxy's word counts, others could fill the collector.
mod trace {
    use axum::http::HeaderMap;

    #[cfg(feature = "otel")]
    pub(super) fn set_parent(span: &tracing::Span, headers: &HeaderMap) {
        use opentelemetry_http::HeaderExtractor;
        use tracing_opentelemetry::OpenTelemetrySpanExt as _;
        let parent = opentelemetry::global::get_text_map_propagator(|propagator| {
            propagator.extract(&HeaderExtractor(headers))
        });
        // Nobody collects.
        span.set_parent(parent).ok();
    }

    #[cfg(not(feature = "otel"))]
    pub(super) fn set_parent(_span: &tracing::Span, _headers: &HeaderMap) {}
}

fn count(method: &Method, route: &str, status: StatusCode, took: Duration) {
    tally(route, status);
    let labels = [
        ("method", method_word(method)),
        ("route", route.to_owned()),
        ("status", status.as_str().to_owned()),
    ];
    metrics::counter!("learnware_http_requests_total", &labels).increment(1);
    metrics::histogram!("learnware_http_request_seconds", "route" => route.to_owned())
        .record(took.as_secs_f64());
}

/// Methods that anybody can invent would fill the figures.
fn method_word(method: &Method) -> String {
    let known = [Method::GET, Method::POST, Method::PUT, Method::PATCH, Method::DELETE, Method::HEAD];
    if known.contains(method) { method.to_string() } else { "other".to_owned() }
}

/// The proxy's id where it is a plain word, else a new one.
fn id_of(request: &Request) -> String {
    let given = request.headers().get(REQUEST_ID).and_then(|value| value.to_str().ok());
    let plain = |id: &&str| {
        (1..=ID_CHARS_MAX).contains(&id.len())
            && id.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_'))
    };
    given.filter(plain).map_or_else(new_id, str::to_owned)
}

/// Unlike all others of this process, and very likely of all processes.
pub(crate) fn new_id() -> String {
    static KEYS: LazyLock<RandomState> = LazyLock::new(RandomState::new);
    static COUNT: AtomicU64 = AtomicU64::new(0);
    format!("{:016x}", KEYS.hash_one(COUNT.fetch_add(1, Ordering::Relaxed)))
}
