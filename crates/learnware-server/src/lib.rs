//! The dock over HTTP: REST v1 (`docs/book/reference/http.md`), and the routes that the reference's Python client calls
//! (`docs/book/reference/beimingwu.md`). Routes read requests, call the dock and write answers; no rule about learnwares,
//! accounts or jobs lives here.
//!
//! [`serve`] is the whole of it: routes, workers that make waiting checks, and an orderly end.

mod asked;
mod auth;
mod beimingwu;
mod body;
mod error;
mod limits;
pub mod mail;
mod metrics;
mod observe;
pub mod oidc;
mod openapi;
mod pages;
mod router;
pub mod settings;
mod shards;
mod v1;
mod watching;
mod web;
pub mod wire;
mod work;

use std::future::Future;
use std::io;
use std::net::SocketAddr;

use learnware_dock::Dock;
use tokio::net::TcpListener;

use router::router;

pub use settings::Settings;
pub use work::work;

/// Serves a dock on `listener` until `shutdown` is ready; then no new requests are taken, and those under way and checks
/// that were begun are finished.
///
/// # Errors
/// When connections can't be taken, or letters can't be sent as the settings say.
pub async fn serve(
    dock: Dock,
    listener: TcpListener,
    settings: &Settings,
    shutdown: impl Future<Output = ()> + Send + 'static,
) -> io::Result<()> {
    let sharding = shards::Sharding::begin(&dock, settings).await.map_err(io::Error::other)?;
    let post = mail::Post::begin(&settings.mail, settings.address.clone()).map_err(io::Error::other)?;
    let (stop, stopped) = tokio::sync::watch::channel(false);
    // The market is read before the first search asks for it, which then waits for the rest only.
    let reading = dock.clone();
    tokio::spawn(async move { reading.catalog().await.map(drop) });
    let clean = tokio::spawn(work::keep_clean(dock.clone(), stopped.clone()));
    let counts = tokio::spawn(work::keep_counts(dock.clone(), stopped.clone()));
    let checks: Vec<_> =
        (0..settings.workers).map(|_| tokio::spawn(work(dock.clone(), stopped.clone()))).collect();
    let oidc = oidc::Oidc::new(settings).map_err(io::Error::other)?;
    let service = router(dock, settings, post.outbox.clone(), oidc, sharding)
        .into_make_service_with_connect_info::<SocketAddr>();
    let served = axum::serve(listener, service).with_graceful_shutdown(shutdown).await;
    // Nobody listens when there are no workers.
    stop.send(true).ok();
    for check in checks {
        check.await.ok();
    }
    clean.await.ok();
    counts.await.ok();
    post.end().await;
    served
}
