//! The server itself: alive, ready, and what its dock holds.

use std::time::Duration;

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use learnware_api::{DockInfo, IslandInfo};
use learnware_dock::Dock;
use serde_json::json;

use crate::error::{Answer, Failure};

/// How long the database may take before this server counts as not ready.
const READY_PATIENCE: Duration = Duration::from_secs(5);

/// The process runs.
pub(crate) async fn live() -> &'static str {
    "alive\n"
}

/// The database answers and searches can be made.
pub(crate) async fn ready(State(dock): State<Dock>) -> Answer<&'static str> {
    match tokio::time::timeout(READY_PATIENCE, dock.catalog()).await {
        Ok(found) => found.map(|_| "ready\n").map_err(Failure::from),
        Err(_) => Err(Failure::new(StatusCode::SERVICE_UNAVAILABLE, "busy", "the database does not answer")),
    }
}

/// The dock: its revision and its islands.
#[utoipa::path(get, path = "/dock", tag = "server", responses((status = OK, body = DockInfo)))]
pub(crate) async fn dock(State(dock): State<Dock>) -> Answer<Json<DockInfo>> {
    let snapshot = dock.catalog().await?;
    let islands = dock.islands().await?.into_iter().map(|(key, learnwares)| IslandInfo {
        name: key.to_string(),
        island: json!(key),
        learnwares,
    });
    Ok(Json(DockInfo {
        dock_id: dock.store().dock_id().await?,
        version: env!("CARGO_PKG_VERSION").to_owned(),
        revision: snapshot.revision.0,
        learnwares: snapshot.market.organizer().len(),
        try_rows: dock.try_rows_max(),
        islands: islands.collect(),
    }))
}
