//! Learnwares tried on a few rows, at the server.

use axum::Json;
use axum::body::Bytes;
use axum::extract::State;
use learnware_api::Predictions;
use learnware_dock::Dock;
use learnware_dock::tryout::TriedOn;
use learnware_engine::learnware::LearnwareId;
use serde::Deserialize;
use utoipa::IntoParams;

use crate::asked::{Path, Query};
use crate::auth::Viewer;
use crate::error::{Answer, Failure};

/// Characters of a file's name at most.
const NAME_CHARS_MAX: usize = 200;

/// What is tried.
#[derive(Debug, Deserialize, IntoParams)]
pub(crate) struct Wish {
    /// The version; the latest usable when absent.
    version: Option<u32>,
    /// Name of the file, whose ending tells what it is, such as `rows.csv`.
    name: String,
}

/// What a learnware's model answers about the rows of a file, which is the body; as many as `GET /dock` says. The rows are
/// not kept.
#[utoipa::path(post, path = "/learnwares/{id}/predictions", tag = "learnwares", params(("id" = String, Path, description = "Eight digits, as lists give them"), Wish), request_body(content = Vec<u8>, content_type = "application/octet-stream"), responses((status = OK, body = Predictions)), security((), ("bearer" = [])))]
pub(crate) async fn predict(
    State(dock): State<Dock>,
    Viewer(viewer): Viewer,
    Path(id): Path<String>,
    Query(wish): Query<Wish>,
    body: Bytes,
) -> Answer<Json<Predictions>> {
    let is_plain = |c: char| !c.is_control() && c != '/' && c != '\\';
    if wish.name.is_empty() || wish.name.chars().count() > NAME_CHARS_MAX || !wish.name.chars().all(is_plain)
    {
        return Err(Failure::bad("bad-name", "name the file without its folder, such as rows.csv"));
    }
    let file = TriedOn { name: wish.name, bytes: body.into() };
    let tried = dock.try_out(viewer.as_ref(), &LearnwareId(id), wish.version, file).await?;
    Ok(Json(Predictions { columns: tried.columns, rows: tried.rows }))
}
