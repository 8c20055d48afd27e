//! How often somebody may ask. Whoever sends a secret is counted by it, everybody else by address; what can be used for
//! guessing (logins, registrations, codes) is counted by address in any case, and more strictly: the router says which
//! routes are such doors.
//!
//! Requests are counted in this process: with several replicas behind a proxy each has its own count. Doors are counted in
//! the database, by all replicas together.

use std::net::{IpAddr, Ipv6Addr, SocketAddr};
use std::num::NonZeroU32;
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use axum::Extension;
use axum::extract::{ConnectInfo, Request, State};
use axum::http::header::RETRY_AFTER;
use axum::http::{HeaderMap, HeaderValue, Method, StatusCode};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use governor::clock::{Clock as _, DefaultClock, QuantaInstant};
use governor::{DefaultKeyedRateLimiter, NotUntil, Quota, RateLimiter};
use learnware_dock::Dock;

use crate::auth;
use crate::error::Failure;
use crate::settings::Settings;
use crate::shards::Sharding;

/// People behind one address, such as an office, who each get the limit of one.
const USERS_OF_ADDRESS: NonZeroU32 = NonZeroU32::new(10).expect("not zero");
/// Longest time that a piece of a package is held back, seconds.
const PIECE_WAIT_SECONDS_MAX: u64 = 20;
/// Requests between two clean-ups of counts that no longer matter.
const SWEEP_EVERY: u32 = 10_000;

/// Counts of this process.
#[derive(Debug)]
pub(crate) struct Limits {
    requests: DefaultKeyedRateLimiter<u64>,
    /// Whatever secrets somebody invents, they come from somewhere.
    addresses: DefaultKeyedRateLimiter<IpAddr>,
    doors_per_minute: NonZeroU32,
    proxies: usize,
    since_sweep: AtomicU32,
}

impl Limits {
    pub(crate) fn new(settings: &Settings) -> Self {
        let requests = Quota::per_second(settings.requests_per_second).allow_burst(settings.requests_burst);
        let many = |number: NonZeroU32| number.saturating_mul(USERS_OF_ADDRESS);
        let of_address = Quota::per_second(many(settings.requests_per_second));
        Self {
            requests: RateLimiter::keyed(requests),
            addresses: RateLimiter::keyed(of_address.allow_burst(many(settings.requests_burst))),
            doors_per_minute: settings.logins_per_minute,
            proxies: settings.proxies,
            since_sweep: AtomicU32::new(0),
        }
    }

    /// Seconds to wait, where the request comes too early.
    fn too_early(&self, request: &Request) -> Option<u64> {
        self.sweep();
        let address = address(request, self.proxies);
        let waits = [
            self.addresses.check_key(&address).err().map(|too_early| seconds(&too_early)),
            self.requests
                .check_key(&whose(request.headers(), address))
                .err()
                .map(|too_early| seconds(&too_early)),
        ];
        waits.into_iter().flatten().max()
    }

    fn sweep(&self) {
        if self.since_sweep.fetch_add(1, Ordering::Relaxed) >= SWEEP_EVERY {
            self.since_sweep.store(0, Ordering::Relaxed);
            self.requests.retain_recent();
            self.addresses.retain_recent();
        }
    }
}

/// Lets requests through that come not too often.
pub(crate) async fn limit(State(limits): State<Arc<Limits>>, request: Request, next: Next) -> Response {
    if request.extensions().get::<Sharding>().is_some_and(|sharding| sharding.is_hop(&request)) {
        return next.run(request).await; // Whoever passed it on counted it.
    }
    let mut waited = 0;
    let seconds = loop {
        let Some(seconds) = limits.too_early(&request) else { return next.run(request).await };
        if !is_piece(&request) || waited >= PIECE_WAIT_SECONDS_MAX {
            break seconds;
        }
        waited += seconds;
        tokio::time::sleep(Duration::from_secs(seconds)).await;
    };
    refuse(seconds)
}

/// The same behind which guessing would pay.
pub(crate) async fn door(
    State(limits): State<Arc<Limits>>,
    Extension(dock): Extension<Dock>,
    request: Request,
    next: Next,
) -> Response {
    let visitor = address(&request, limits.proxies).to_string();
    match dock.pass_door(&visitor, limits.doors_per_minute).await {
        Ok(None) => next.run(request).await,
        Ok(Some(wait)) => refuse(wait.as_secs() + 1),
        Err(error) => Failure::from(error).into_response(),
    }
}

fn refuse(seconds: u64) -> Response {
    metrics::counter!("learnware_http_refused_total").increment(1);
    let title = format!("too many requests; ask again in {seconds} s");
    let mut response =
        Failure::new(StatusCode::TOO_MANY_REQUESTS, "too-many-requests", title).into_response();
    response.headers_mut().insert(RETRY_AFTER, HeaderValue::from(seconds));
    response
}

/// Whole seconds until a request is let through.
fn seconds(too_early: &NotUntil<QuantaInstant>) -> u64 {
    too_early.wait_time_from(DefaultClock::default().now()).as_secs() + 1
}

/// Whether it is a piece of a package. The reference's client sends hundreds of them, one after the other, and gives up
/// at the first that is refused; so it is slowed down instead.
fn is_piece(request: &Request) -> bool {
    request.method() == Method::POST && request.uri().path().ends_with("/user/chunked_upload")
}

/// A number for whoever asks.
fn whose(headers: &HeaderMap, address: IpAddr) -> u64 {
    use std::hash::BuildHasher as _;
    static KEYS: std::sync::LazyLock<std::hash::RandomState> = std::sync::LazyLock::new(Default::default);
    match auth::secret(headers) {
        Some(secret) => KEYS.hash_one((1, secret)),
        None => KEYS.hash_one((0, address)),
    }
}

/// Where a request comes from: the peer, or what the outermost trusted proxy saw. One IPv6 customer has a whole /64.
fn address(request: &Request, proxies: usize) -> IpAddr {
    let peer = request.extensions().get::<ConnectInfo<SocketAddr>>().map(|ConnectInfo(peer)| peer.ip());
    let forwarded = (proxies > 0)
        .then(|| {
            let all: Vec<&str> = request
                .headers()
                .get_all("x-forwarded-for")
                .iter()
                .filter_map(|value| value.to_str().ok())
                .flat_map(|value| value.split(','))
                .collect();
            all.iter().rev().nth(proxies - 1).and_then(|text| text.trim().parse().ok())
        })
        .flatten();
    match forwarded.or(peer).unwrap_or(IpAddr::V6(Ipv6Addr::UNSPECIFIED)).to_canonical() {
        IpAddr::V6(address) => IpAddr::V6(Ipv6Addr::from(u128::from(address) >> 64 << 64)),
        address @ IpAddr::V4(_) => address,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use axum::body::Body;

    fn request(path: &str, peer: &str, forwarded: Option<&str>) -> Request {
        let mut request = Request::builder().method("POST").uri(path);
        if let Some(forwarded) = forwarded {
            request = request.header("X-Forwarded-For", forwarded);
        }
        let mut request = request.body(Body::empty()).unwrap();
        request.extensions_mut().insert(ConnectInfo::<SocketAddr>(peer.parse().unwrap()));
        request
    }

    #[test]
    fn addresses_are_those_that_trusted_proxies_saw() {
        let asked = |peer, forwarded, proxies| address(&request("/", peer, forwarded), proxies).to_string();
        assert_eq!(asked("10.0.0.1:5", Some("1.2.3.4"), 0), "10.0.0.1", "nobody is believed");
        assert_eq!(
            asked("10.0.0.1:5", Some("6.6.6.6, 1.2.3.4"), 1),
            "1.2.3.4",
            "what the client wrote is not"
        );
        assert_eq!(asked("10.0.0.1:5", Some("6.6.6.6, 1.2.3.4, 10.0.0.2"), 2), "1.2.3.4");
        assert_eq!(asked("10.0.0.1:5", None, 1), "10.0.0.1");
        assert_eq!(asked("[2001:db8:1:2:3:4:5:6]:5", None, 0), "2001:db8:1:2::");
        assert_eq!(asked("[::ffff:1.2.3.4]:5", None, 0), "1.2.3.4");
    }

    #[test]
    fn requests_are_counted_by_secret_or_address() {
        let (one, two) = (1.try_into().unwrap(), 2.try_into().unwrap());
        let settings = Settings { requests_per_second: one, requests_burst: two, ..Settings::default() };
        let limits = Limits::new(&settings);
        let ask = |secret: Option<&str>| {
            let mut request = request("/api/v1/search", "1.1.1.1:5", None);
            if let Some(secret) = secret {
                let value = format!("Bearer {secret}").parse().unwrap();
                request.headers_mut().insert("authorization", value);
            }
            limits.too_early(&request)
        };
        assert_eq!((ask(None), ask(None)), (None, None));
        assert!(ask(None).is_some());
        assert_eq!((ask(Some("a")), ask(Some("b"))), (None, None));
    }
}
