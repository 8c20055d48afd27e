//! Indexes of islands: asked for.

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use learnware_api::IndexAsked;
use learnware_dock::Dock;

use crate::auth::Admin;
use crate::error::Answer;

/// Asks for new indexes of the islands, unless they wait or are being made.
#[utoipa::path(post, path = "/admin/index", tag = "admin", responses((status = ACCEPTED, body = IndexAsked)), security(("bearer" = [])))]
pub(crate) async fn rebuild(
    State(dock): State<Dock>,
    Admin(by): Admin,
) -> Answer<(StatusCode, Json<IndexAsked>)> {
    let waits = dock.ask_index_by(&by).await?;
    Ok((StatusCode::ACCEPTED, Json(IndexAsked { waits })))
}
