//! Search by anchors: whoever asks measures their data by public anchors and never sends a specification.

use std::collections::BTreeMap;

use axum::Json;
use axum::extract::State;
use axum::http::header::CONTENT_TYPE;
use axum::response::IntoResponse;
use learnware_api::{AnchorsRequest, CandidatesRequest, SPECIFICATIONS_MAX, SpecificationsRequest};
use learnware_dock::Dock;
use learnware_dock::viewer::Viewer;
use learnware_dock::words::Query;
use learnware_engine::learnware::LearnwareId;
use learnware_engine::market::index::{CandidateOptions, Message};
use learnware_engine::specification::{IslandKey, codec};
use serde_json::{Value, json};

use super::search::{EXCLUDED_MAX, SINGLE_MAX, island, named};
use crate::auth;
use crate::body::Document;
use crate::error::{Answer, Failure};
use crate::wire;

/// Anchors of an island: a file that `learnware measure` reads.
#[utoipa::path(post, path = "/anchors", tag = "search", request_body = AnchorsRequest, responses((status = OK, body = Vec<u8>, content_type = "application/octet-stream")), security((), ("bearer" = [])))]
pub(crate) async fn anchors(
    State(dock): State<Dock>,
    auth::Viewer(viewer): auth::Viewer,
    Document(wish): Document<AnchorsRequest>,
) -> Answer<impl IntoResponse> {
    let anchors = dock.anchors(&Viewer::Served(viewer), &key(wish.island)?).await?;
    Ok(([(CONTENT_TYPE, "application/octet-stream")], anchors.to_bytes()))
}

/// Learnwares that may be the nearest to data that was measured by anchors, with bounds of their distance.
#[utoipa::path(post, path = "/candidates", tag = "search", request_body = CandidatesRequest, responses((status = OK, body = Value)), security((), ("bearer" = [])))]
pub(crate) async fn candidates(
    State(dock): State<Dock>,
    auth::Viewer(viewer): auth::Viewer,
    Document(wish): Document<CandidatesRequest>,
) -> Answer<Json<Value>> {
    if wish.exclude.len() > EXCLUDED_MAX {
        return Err(Failure::bad("too-many", format!("at most {EXCLUDED_MAX} exclusions")));
    }
    let message = Message::from_json(&wish.message)?;
    let defaults = CandidateOptions::default();
    let options =
        CandidateOptions { count: wish.limit.unwrap_or(defaults.count).clamp(1, SINGLE_MAX), ..defaults };
    let exclude = wish.exclude.into_iter().map(LearnwareId).collect();
    let query = Query::parse(&wish.query)?;
    let key = message.island.clone();
    let found = dock.candidates(&Viewer::Served(viewer), message, query, exclude, options).await?;
    let ids = found.candidates.found.iter().map(|candidate| &candidate.id);
    let mut document = json!(found.candidates);
    document["learnwares"] = json!(named(&found.snapshot, ids));
    document["total"] = json!(found.snapshot.market.organizer().len());
    document["island"] = island(&key);
    document["words"] = json!(wire::readings(&found.readings));
    Ok(Json(document))
}

/// The public specifications of learnwares in an island, by id.
#[utoipa::path(post, path = "/specifications", tag = "search", request_body = SpecificationsRequest, responses((status = OK, body = Value)), security((), ("bearer" = [])))]
pub(crate) async fn specifications(
    State(dock): State<Dock>,
    auth::Viewer(viewer): auth::Viewer,
    Document(wish): Document<SpecificationsRequest>,
) -> Answer<Json<BTreeMap<LearnwareId, Value>>> {
    if wish.ids.len() > SPECIFICATIONS_MAX {
        return Err(Failure::bad("too-many", format!("at most {SPECIFICATIONS_MAX} ids")));
    }
    let ids: Vec<LearnwareId> = wish.ids.into_iter().map(LearnwareId).collect();
    let found = dock.specifications(&Viewer::Served(viewer), &key(wish.island)?, &ids).await?;
    Ok(Json(found.into_iter().map(|(id, specification)| (id, codec::to_json(&specification))).collect()))
}

fn key(value: Value) -> Answer<IslandKey> {
    let bad = |error| {
        Failure::bad("bad-island", format!("there is no such island ({error}); `GET /dock` lists them"))
    };
    serde_json::from_value(value).map_err(bad)
}
