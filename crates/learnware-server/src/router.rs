//! Every route on one screen.

use axum::Router;
use axum::extract::DefaultBodyLimit;
use axum::http::{HeaderValue, StatusCode, header};
use axum::routing::{delete, get, post};
use learnware_dock::Dock;
use tower_http::catch_panic::CatchPanicLayer;
use tower_http::set_header::SetResponseHeaderLayer;

use crate::error::Failure;
use crate::v1::{accounts, admin, learnwares, search, server};

/// Bytes of a JSON body: ten specifications of the largest size.
const DOCUMENT_BYTES_MAX: usize = 64 << 20;

/// All routes of a dock.
pub fn router(dock: Dock) -> Router {
    let v1 = Router::new()
        .route("/dock", get(server::dock))
        .route("/learnwares", get(learnwares::list).post(learnwares::submit))
        .route("/learnwares/{id}", get(learnwares::show).delete(learnwares::delete))
        .route("/learnwares/{id}/versions", post(learnwares::submit_version))
        .route("/learnwares/{id}/package", get(learnwares::package))
        .route("/search", post(search::search))
        .route("/accounts", post(accounts::register))
        .route("/accounts/challenge", post(accounts::challenge))
        .route("/accounts/confirm", post(accounts::confirm))
        .route("/accounts/invitation", post(accounts::accept_invitation))
        .route("/sessions", post(accounts::login))
        .route("/sessions/current", delete(accounts::logout))
        .route("/me", get(accounts::me))
        .route("/me/learnwares", get(learnwares::own))
        .route("/tokens", get(accounts::tokens).post(accounts::create_token))
        .route("/tokens/{id}", delete(accounts::revoke_token))
        .route("/admin/jobs", get(admin::jobs))
        .route("/admin/jobs/{id}/retry", post(admin::retry))
        .route("/admin/jobs/{id}/give-up", post(admin::give_up))
        .route("/admin/learnwares/{id}/takedown", post(admin::take_down).delete(admin::put_back))
        .route("/admin/audit", get(admin::audit));
    Router::new()
        .nest("/api/v1", v1)
        .route("/livez", get(server::live))
        .route("/readyz", get(server::ready))
        .fallback(async || Failure::new(StatusCode::NOT_FOUND, "no-such-page", "there is nothing here"))
        .method_not_allowed_fallback(async || {
            Failure::new(StatusCode::METHOD_NOT_ALLOWED, "wrong-method", "this can't be done here")
        })
        .layer(DefaultBodyLimit::max(DOCUMENT_BYTES_MAX))
        .layer(SetResponseHeaderLayer::if_not_present(
            header::X_CONTENT_TYPE_OPTIONS,
            HeaderValue::from_static("nosniff"),
        ))
        .layer(CatchPanicLayer::new())
        .with_state(dock)
}
