//! `/engine`: vocabulary, one learnware, and its package.

use axum::body::Body;
use axum::extract::{Request, State};
use axum::http::header::{CONTENT_DISPOSITION, CONTENT_TYPE};
use axum::http::{HeaderValue, StatusCode};
use axum::response::Response;
use learnware_dock::{Dock, DockError};
use learnware_engine::learnware::CheckStatus;
use learnware_engine::semantic;
use serde_json::json;
use tower::ServiceExt as _;
use tower_http::services::ServeFile;

use super::codes;
use super::envelope::{Answer, Refusal, answer, by};
use super::fields::Asked;
use super::log::Which;
use super::visitor::Visitor;
use super::wire::{self, Standing};

/// In the place of the owner's number, where a learnware is the operator's own.
const NOBODY: i64 = 0;

pub(super) async fn vocabulary() -> Answer {
    answer("Ok", json!({"semantic_specification": semantic::vocabulary()}))
}

/// Owners and administrators see the newest version, all others the latest that is usable.
pub(super) async fn info(
    State(dock): State<Dock>,
    Visitor(viewer): Visitor,
    Asked(which): Asked<Which>,
) -> Answer {
    let id = which.id()?;
    let (row, sees_all) = dock.seen_by(viewer.as_ref(), &id).await.map_err(by(codes::INFO))?;
    let id = row.number.id();
    let entries = dock.entries(std::slice::from_ref(&id)).await.map_err(by(codes::INFO))?;
    let gone = || by(codes::INFO)(DockError::UnknownLearnware { id: id.0.clone() });
    let entry = entries.first().ok_or_else(gone)?;
    let (standing, words) = if sees_all {
        (Standing::of(entry), &entry.newest_semantic)
    } else if entry.latest_status == CheckStatus::Usable {
        (Standing::Success, &entry.semantic)
    } else {
        return Err(by(codes::INFO)(DockError::NotUsable {
            id: id.0.clone(),
            version: entry.latest_version,
        }));
    };
    let info = json!({
        "user_id": entry.owner.map_or(NOBODY, |owner| owner.0),
        "learnware_id": id.0,
        "last_modify": wire::time(entry.newest_submitted_at),
        "verify_status": standing.word(),
        "semantic_specification": wire::semantic(words),
    });
    answer("Ok", json!({"learnware_info": info}))
}

/// The zip: what was checked comes with `learnware.yaml` at its root, what was not as it went in. The client saves whatever
/// comes with the status 200, so errors have others.
pub(super) async fn download(
    State(dock): State<Dock>,
    Visitor(viewer): Visitor,
    Asked(which): Asked<Which>,
    request: Request,
) -> Result<Response, Refusal> {
    let codes = if viewer.is_some() { codes::DOWNLOAD } else { codes::DOWNLOAD_UNKNOWN };
    let refuse = |error: DockError| Refusal::with_status_of(error.into(), codes);
    let id = which.id().map_err(|refusal| refusal.with_status(StatusCode::BAD_REQUEST))?;
    let deployed = dock.give_out(viewer.as_ref(), &id, None).await.map_err(refuse)?;
    let path = match deployed.status {
        CheckStatus::Usable => dock.served_copy(&deployed).await.map_err(refuse)?,
        _ => deployed.path.clone(),
    };
    let served = ServeFile::new(path).oneshot(request).await;
    let mut response = served.unwrap_or_else(|never| match never {}).map(Body::new);
    let headers = response.headers_mut();
    headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/zip"));
    let disposition = format!("attachment; filename={}.zip", deployed.id);
    if let Ok(disposition) = HeaderValue::from_str(&disposition) {
        headers.insert(CONTENT_DISPOSITION, disposition);
    }
    Ok(response)
}
