//! Every route on one screen.

use axum::Router;
use axum::extract::DefaultBodyLimit;
use axum::http::{HeaderValue, StatusCode, header};
use axum::routing::get;
use learnware_dock::Dock;
use tower_http::catch_panic::CatchPanicLayer;
use tower_http::set_header::SetResponseHeaderLayer;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;
use utoipa_swagger_ui::SwaggerUi;

use crate::error::Failure;
use crate::openapi;
use crate::v1::{accounts, admin, learnwares, search, server};

/// Bytes of a JSON body: ten specifications of the largest size.
const DOCUMENT_BYTES_MAX: usize = 64 << 20;

/// All routes of a dock.
pub fn router(dock: Dock) -> Router {
    let (v1, description) = v1().split_for_parts();
    let description = openapi::with_problems(description);
    Router::new()
        .merge(v1)
        .merge(SwaggerUi::new(openapi::PAGE).url(openapi::DESCRIPTION, description))
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

/// REST v1, which describes itself.
fn v1() -> OpenApiRouter<Dock> {
    let routes = OpenApiRouter::new()
        .routes(routes!(server::dock))
        .routes(routes!(learnwares::list, learnwares::submit))
        .routes(routes!(learnwares::show, learnwares::delete))
        .routes(routes!(learnwares::submit_version))
        .routes(routes!(learnwares::package))
        .routes(routes!(search::search))
        .routes(routes!(accounts::register))
        .routes(routes!(accounts::challenge))
        .routes(routes!(accounts::confirm))
        .routes(routes!(accounts::accept_invitation))
        .routes(routes!(accounts::login))
        .routes(routes!(accounts::logout))
        .routes(routes!(accounts::me))
        .routes(routes!(learnwares::own))
        .routes(routes!(accounts::tokens, accounts::create_token))
        .routes(routes!(accounts::revoke_token))
        .routes(routes!(admin::jobs))
        .routes(routes!(admin::retry))
        .routes(routes!(admin::give_up))
        .routes(routes!(admin::take_down, admin::put_back))
        .routes(routes!(admin::audit));
    OpenApiRouter::with_openapi(openapi::base()).nest("/api/v1", routes)
}
