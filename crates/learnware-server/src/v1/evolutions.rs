//! Evolutions: asked for, looked at, switched.

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use learnware_api::{Evolution, EvolutionAsked};
use learnware_dock::Dock;

use crate::asked::Path;
use crate::auth::Admin;
use crate::error::Answer;
use crate::wire;

/// Evolutions that are told at most.
const SHOWN_MAX: u32 = 100;

/// Evolutions, last first.
#[utoipa::path(get, path = "/admin/evolutions", tag = "admin", responses((status = OK, body = Vec<Evolution>)), security(("bearer" = [])))]
pub(crate) async fn list(State(dock): State<Dock>, _: Admin) -> Answer<Json<Vec<Evolution>>> {
    Ok(Json(dock.evolutions(SHOWN_MAX).await?.iter().map(wire::evolution).collect()))
}

/// Asks for one, unless one waits or is under way.
#[utoipa::path(post, path = "/admin/evolutions", tag = "admin", responses((status = ACCEPTED, body = EvolutionAsked)), security(("bearer" = [])))]
pub(crate) async fn ask(
    State(dock): State<Dock>,
    Admin(by): Admin,
) -> Answer<(StatusCode, Json<EvolutionAsked>)> {
    let waits = dock.ask_evolution_by(&by).await?;
    Ok((StatusCode::ACCEPTED, Json(EvolutionAsked { waits })))
}

/// Puts an earlier one back into use.
#[utoipa::path(post, path = "/admin/evolutions/{id}/use", tag = "admin", params(("id" = i64, Path)), responses((status = NO_CONTENT)), security(("bearer" = [])))]
pub(crate) async fn put_back(
    State(dock): State<Dock>,
    Admin(by): Admin,
    Path(id): Path<i64>,
) -> Answer<StatusCode> {
    dock.use_evolution(Some(&by), Some(id)).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Takes the active one out of use: searches are as without any.
#[utoipa::path(delete, path = "/admin/evolutions/active", tag = "admin", responses((status = NO_CONTENT)), security(("bearer" = [])))]
pub(crate) async fn none(State(dock): State<Dock>, Admin(by): Admin) -> Answer<StatusCode> {
    dock.use_evolution(Some(&by), None).await?;
    Ok(StatusCode::NO_CONTENT)
}
