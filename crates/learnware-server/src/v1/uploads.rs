//! Packages in pieces: a sender who was cut off asks how much is here and goes on.
//!
//! An upload is named by the digest of the whole package, so there is nothing to begin and nothing to remember, and what
//! came is held against its name in the end. It stays on the replica that it was sent to.

use axum::body::Bytes;
use axum::extract::State;
use axum::http::{HeaderMap, HeaderName, HeaderValue, StatusCode};
use axum::response::{IntoResponse as _, Response};
use learnware_api::{Problem, Submitted};
use learnware_dock::Dock;
use learnware_dock::accounts::Scope;
use learnware_dock::store::organisations::Visibility;
use learnware_dock::uploads::UploadLabel;
use learnware_engine::learnware::LearnwareId;
use serde::Deserialize;
use utoipa::IntoParams;

use super::learnwares::{SeenBy, keep};
use crate::asked::{Path, Query};
use crate::auth::Known;
use crate::error::{Answer, Failure};

/// Bytes that are here; where a piece begins.
const OFFSET: HeaderName = HeaderName::from_static("upload-offset");

/// Which learnware gets a new version.
#[derive(Debug, Deserialize, IntoParams)]
pub(crate) struct Replaces {
    /// Eight digits, as lists give them; a new learnware when absent.
    replaces: Option<String>,
}

/// How much of an upload is here: the header `Upload-Offset`.
#[utoipa::path(head, path = "/uploads/{digest}", tag = "learnwares", params(("digest" = String, Path, description = "BLAKE3 of the whole package, hexadecimal")), responses((status = NO_CONTENT, headers(("Upload-Offset" = u64, description = "Bytes that are here")))), security(("bearer" = [])))]
pub(crate) async fn length(
    State(dock): State<Dock>,
    Known(by): Known,
    Path(digest): Path<String>,
) -> Answer<Response> {
    let label: UploadLabel = digest.parse()?;
    let length = dock.upload_length(&by, &label)?.ok_or_else(|| {
        Failure::new(StatusCode::NOT_FOUND, "unknown-upload", "nothing of this package is here; begin at 0")
    })?;
    Ok(at(length))
}

/// Takes a piece of at most 16 MiB that begins at `Upload-Offset`; 0 begins anew.
#[utoipa::path(patch, path = "/uploads/{digest}", tag = "learnwares", params(("digest" = String, Path, description = "BLAKE3 of the whole package, hexadecimal"), ("Upload-Offset" = u64, Header, description = "Where the piece begins")), request_body(content = Vec<u8>, content_type = "application/offset+octet-stream"), responses((status = NO_CONTENT, headers(("Upload-Offset" = u64, description = "Bytes that are here now")))), security(("bearer" = [])))]
pub(crate) async fn piece(
    State(dock): State<Dock>,
    Known(by): Known,
    Path(digest): Path<String>,
    headers: HeaderMap,
    piece: Bytes,
) -> Answer<Response> {
    let label: UploadLabel = digest.parse()?;
    let begin = headers.get(OFFSET).and_then(|value| value.to_str().ok()?.parse().ok());
    let begin = begin
        .ok_or_else(|| Failure::bad("no-offset", "say where the piece begins: `Upload-Offset: BYTES`"))?;
    Ok(at(dock.take_piece(&by, &label, begin, piece.into()).await?))
}

/// Submits what was uploaded, if it has the digest that it was named by.
#[utoipa::path(post, path = "/uploads/{digest}/submission", tag = "learnwares", params(("digest" = String, Path, description = "BLAKE3 of the whole package, hexadecimal"), Replaces, SeenBy), responses((status = ACCEPTED, body = Submitted), (status = OK, description = "This package is yours already", body = Submitted), (status = UNPROCESSABLE_ENTITY, description = "Not sound; nothing was stored", body = Problem)), security(("bearer" = [])))]
pub(crate) async fn submission(
    State(dock): State<Dock>,
    Known(by): Known,
    Path(digest): Path<String>,
    Query(Replaces { replaces }): Query<Replaces>,
    Query(seen): Query<SeenBy>,
) -> Answer<Response> {
    by.needs(Scope::Submit)?;
    let (label, replaces): (UploadLabel, _) = (digest.parse()?, replaces.map(LearnwareId));
    let visibility = match &replaces {
        Some(id) => {
            by.may_change(&dock.living(id).await?)?;
            Visibility::Public // A new version changes nothing about who finds it.
        }
        None => seen.visibility()?,
    };
    let audience = by.audience(visibility)?;
    let upload = dock.finish_upload(&by, &label).await?;
    keep(&dock, audience, replaces, upload.path()).await
}

fn at(offset: u64) -> Response {
    (StatusCode::NO_CONTENT, [(OFFSET, HeaderValue::from(offset))]).into_response()
}
