//! What people do with their own account: sessions, and the end of it.

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use learnware_api::{Estate, Leave, Session};
use learnware_dock::Dock;
use learnware_dock::store::people::AccountNumber;
use learnware_dock::store::removal::Legacy;
use serde::Deserialize;
use utoipa::IntoParams;

use crate::asked::{Path, Query};
use crate::auth::{Admin, Known};
use crate::body::Document;
use crate::error::{Answer, Failure};
use crate::wire;

/// What becomes of the learnwares of an account that ends.
#[derive(Debug, Deserialize, IntoParams)]
pub(crate) struct Learnwares {
    /// `keep` (as if absent) or `delete`.
    learnwares: Option<String>,
}

/// Ends the account of whoever asks, by its password: its sessions, tokens and memberships, address and name.
///
/// Learnwares that others see stay, without an owner, or are deleted (`learnwares`: `keep` or `delete`); those that only
/// their owner sees are deleted. The last administrator can't go, nor the last manager of an organisation with other
/// members.
#[utoipa::path(delete, path = "/me", tag = "accounts", request_body = Leave, responses((status = OK, body = Estate)), security(("bearer" = [])))]
pub(crate) async fn leave(
    State(dock): State<Dock>,
    Known(principal): Known,
    Document(wish): Document<Leave>,
) -> Answer<Json<Estate>> {
    let legacy = legacy(wish.learnwares.as_deref())?;
    Ok(Json(wire::estate(dock.leave(&principal, wish.password, legacy).await?)))
}

/// Ends another account, as its owner would.
#[utoipa::path(delete, path = "/admin/accounts/{id}", tag = "admin", params(("id" = i64, Path, description = "Number, as lists give it"), Learnwares), responses((status = OK, body = Estate)), security(("bearer" = [])))]
pub(crate) async fn remove(
    State(dock): State<Dock>,
    Admin(by): Admin,
    Path(id): Path<i64>,
    Query(wish): Query<Learnwares>,
) -> Answer<Json<Estate>> {
    let legacy = legacy(wish.learnwares.as_deref())?;
    Ok(Json(wire::estate(dock.remove_account(Some(&by), AccountNumber(id), legacy).await?)))
}

/// Sessions of the account, without their secrets.
#[utoipa::path(get, path = "/me/sessions", tag = "accounts", responses((status = OK, body = Vec<Session>)), security(("bearer" = [])))]
pub(crate) async fn sessions(
    State(dock): State<Dock>,
    Known(principal): Known,
) -> Answer<Json<Vec<Session>>> {
    Ok(Json(dock.sessions(&principal).await?.into_iter().map(wire::session).collect()))
}

/// Ends a session.
#[utoipa::path(delete, path = "/me/sessions/{id}", tag = "accounts", params(("id" = i64, Path, description = "Number, as lists give it")), responses((status = NO_CONTENT)), security(("bearer" = [])))]
pub(crate) async fn end_session(
    State(dock): State<Dock>,
    Known(principal): Known,
    Path(id): Path<i64>,
) -> Answer<StatusCode> {
    if dock.end_sessions(&principal, Some(id)).await? > 0 {
        Ok(StatusCode::NO_CONTENT)
    } else {
        let title = "you have no session with this number";
        Err(Failure::new(StatusCode::NOT_FOUND, "unknown-session", title))
    }
}

/// Ends all sessions, with the one that asks: logs out everywhere. Tokens go on.
#[utoipa::path(delete, path = "/me/sessions", tag = "accounts", responses((status = NO_CONTENT)), security(("bearer" = [])))]
pub(crate) async fn end_sessions(State(dock): State<Dock>, Known(principal): Known) -> Answer<StatusCode> {
    dock.end_sessions(&principal, None).await?;
    Ok(StatusCode::NO_CONTENT)
}

fn legacy(word: Option<&str>) -> Answer<Legacy> {
    match word {
        None | Some("keep") => Ok(Legacy::Keep),
        Some("delete") => Ok(Legacy::Delete),
        Some(_) => Err(Failure::bad("bad-legacy", "learnwares is keep or delete")),
    }
}
