//! What administrators see and do.

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use learnware_api::{Account, AccountPatch, AuditEntry, Job, Takedown};
use learnware_dock::Dock;
use learnware_dock::jobs::JobState;
use learnware_dock::store::people::{AccountChange, AccountNumber, Role};
use learnware_engine::learnware::LearnwareId;
use serde::Deserialize;
use utoipa::IntoParams;

use crate::asked::{Path, Query};
use crate::auth::Admin;
use crate::body::Document;
use crate::error::{Answer, Failure};
use crate::wire;

/// Rows of a page at most, and where none is asked for.
const PAGE: u32 = 100;

/// Which rows.
#[derive(Debug, Deserialize, IntoParams)]
pub(crate) struct Page {
    /// Only jobs in this state: `open`, `leased`, `done`, `dead` or `cancelled`.
    state: Option<String>,
    /// Only rows with a lower number.
    before: Option<i64>,
}

/// Which accounts.
#[derive(Debug, Deserialize, IntoParams)]
pub(crate) struct AccountsAfter {
    /// Those with larger numbers.
    #[serde(default)]
    after: i64,
}

/// Jobs, newest first.
#[utoipa::path(get, path = "/admin/jobs", tag = "admin", params(Page), responses((status = OK, body = Vec<Job>)), security(("bearer" = [])))]
pub(crate) async fn jobs(
    State(dock): State<Dock>,
    _: Admin,
    Query(page): Query<Page>,
) -> Answer<Json<Vec<Job>>> {
    let state =
        match &page.state {
            None => None,
            Some(word) => {
                let known = JobState::ALL.into_iter().find(|state| state.word() == word);
                Some(known.ok_or_else(|| {
                    Failure::bad("bad-state", "states are open, leased, done, dead, cancelled")
                })?)
            }
        };
    let rows = dock.jobs(state, page.before, PAGE).await?;
    Ok(Json(rows.iter().map(wire::job).collect()))
}

/// Asks for a job again.
#[utoipa::path(post, path = "/admin/jobs/{id}/retry", tag = "admin", params(("id" = i64, Path, description = "Number, as lists give it")), responses((status = NO_CONTENT)), security(("bearer" = [])))]
pub(crate) async fn retry(
    State(dock): State<Dock>,
    Admin(by): Admin,
    Path(id): Path<i64>,
) -> Answer<StatusCode> {
    let found = dock.jobs(None, Some(id.saturating_add(1)), 1).await?;
    let row = found.iter().find(|row| row.id == id).ok_or_else(unknown_job)?;
    dock.retry_job(Some(&by), row).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Gives a job up.
#[utoipa::path(post, path = "/admin/jobs/{id}/give-up", tag = "admin", params(("id" = i64, Path, description = "Number, as lists give it")), responses((status = NO_CONTENT)), security(("bearer" = [])))]
pub(crate) async fn give_up(
    State(dock): State<Dock>,
    Admin(by): Admin,
    Path(id): Path<i64>,
) -> Answer<StatusCode> {
    if dock.give_up_job(Some(&by), id).await? { Ok(StatusCode::NO_CONTENT) } else { Err(unknown_job()) }
}

/// Takes a learnware down, with a reason.
#[utoipa::path(post, path = "/admin/learnwares/{id}/takedown", tag = "admin", params(("id" = String, Path, description = "Eight digits, as lists give them")), request_body = Takedown, responses((status = NO_CONTENT)), security(("bearer" = [])))]
pub(crate) async fn take_down(
    State(dock): State<Dock>,
    Admin(by): Admin,
    Path(id): Path<String>,
    Document(wish): Document<Takedown>,
) -> Answer<StatusCode> {
    dock.take_down(Some(&by), &LearnwareId(id), Some(&wish.reason)).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Puts a learnware back.
#[utoipa::path(delete, path = "/admin/learnwares/{id}/takedown", tag = "admin", params(("id" = String, Path, description = "Eight digits, as lists give them")), responses((status = NO_CONTENT)), security(("bearer" = [])))]
pub(crate) async fn put_back(
    State(dock): State<Dock>,
    Admin(by): Admin,
    Path(id): Path<String>,
) -> Answer<StatusCode> {
    dock.take_down(Some(&by), &LearnwareId(id), None).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// What was done, newest first.
#[utoipa::path(get, path = "/admin/audit", tag = "admin", params(Page), responses((status = OK, body = Vec<AuditEntry>)), security(("bearer" = [])))]
pub(crate) async fn audit(
    State(dock): State<Dock>,
    _: Admin,
    Query(page): Query<Page>,
) -> Answer<Json<Vec<AuditEntry>>> {
    let rows = dock.store().audit(page.before, PAGE).await?;
    Ok(Json(rows.into_iter().map(wire::audit_entry).collect()))
}

/// Accounts, by number.
#[utoipa::path(get, path = "/admin/accounts", tag = "admin", params(AccountsAfter), responses((status = OK, body = Vec<Account>)), security(("bearer" = [])))]
pub(crate) async fn accounts(
    State(dock): State<Dock>,
    _: Admin,
    Query(page): Query<AccountsAfter>,
) -> Answer<Json<Vec<Account>>> {
    let rows = dock.store().accounts(AccountNumber(page.after), PAGE).await?;
    Ok(Json(rows.iter().map(wire::account).collect()))
}

/// Changes role or lock of an account; not of the own one.
#[utoipa::path(patch, path = "/admin/accounts/{id}", tag = "admin", params(("id" = i64, Path, description = "Number, as lists give it")), request_body = AccountPatch, responses((status = NO_CONTENT)), security(("bearer" = [])))]
pub(crate) async fn change_account(
    State(dock): State<Dock>,
    Admin(by): Admin,
    Path(id): Path<i64>,
    Document(wish): Document<AccountPatch>,
) -> Answer<StatusCode> {
    let role = match wish.role.as_deref() {
        None => None,
        Some(word) => {
            Some(Role::from_word(word).map_err(|_| Failure::bad("bad-role", "roles are user and admin"))?)
        }
    };
    let changes = [role.map(AccountChange::Role), wish.disabled.map(AccountChange::Disabled)];
    for change in changes.into_iter().flatten() {
        dock.change_account(Some(&by), AccountNumber(id), change).await?;
    }
    Ok(StatusCode::NO_CONTENT)
}

fn unknown_job() -> Failure {
    Failure::new(StatusCode::NOT_FOUND, "unknown-job", "there is no such job, or it has ended")
}
