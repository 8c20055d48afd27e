//! Every route on one screen.

use std::any::Any;
use std::sync::Arc;
use std::time::Duration;

use axum::extract::DefaultBodyLimit;
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse as _, Response};
use axum::routing::get;
use axum::{Extension, Router, middleware};
use learnware_dock::Dock;
use learnware_dock::tryout::DATA_BYTES_MAX;
use tower_http::catch_panic::CatchPanicLayer;
use tower_http::set_header::SetResponseHeaderLayer;
use utoipa::openapi::OpenApi;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;
use utoipa_swagger_ui::SwaggerUi;

use crate::auth::Reached;
use crate::beimingwu;
use crate::error::Failure;
use crate::limits::{self, Limits};
use crate::mail::Outbox;
use crate::oidc::{self, Oidc};
use crate::settings::Settings;
use crate::shards::{self, Sharding};
use crate::v1::{
    accounts, admin, anchors, datasets, events, evolutions, holdings, indexes, learnwares, me, organisations,
    predictions, search, server, uploads, world,
};
use crate::watching::Watching;
use crate::web::{self, Web};
use crate::{metrics, observe, openapi, pages};

/// Bytes of a JSON body: ten specifications of the largest size.
pub(crate) const DOCUMENT_BYTES_MAX: usize = 64 << 20;

/// All routes of a dock.
pub(crate) fn router(
    dock: Dock,
    settings: &Settings,
    outbox: Outbox,
    oidc: Oidc,
    sharding: Sharding,
) -> Router {
    let limits = Arc::new(Limits::new(settings));
    let (v1, description) = described(settings, &limits);
    metrics::begin();
    Router::new()
        .merge(v1)
        .merge(SwaggerUi::new(openapi::PAGE).url(openapi::DESCRIPTION, description))
        .merge(beimingwu::router(&limits))
        .merge(pages::router())
        .merge(oidc::router().route_layer(middleware::from_fn_with_state(Arc::clone(&limits), limits::door)))
        .route("/metrics", get(metrics::show).layer(Extension(settings.metrics)))
        .fallback(web::page)
        .method_not_allowed_fallback(async || {
            Failure::new(StatusCode::METHOD_NOT_ALLOWED, "wrong-method", "this can't be done here")
        })
        .layer(DefaultBodyLimit::max(DOCUMENT_BYTES_MAX))
        .layer(middleware::from_fn_with_state(limits, limits::limit))
        .route("/livez", get(server::live))
        .route("/readyz", get(server::ready))
        .layer(SetResponseHeaderLayer::if_not_present(
            header::X_CONTENT_TYPE_OPTIONS,
            HeaderValue::from_static("nosniff"),
        ))
        .layer(CatchPanicLayer::custom(panicked))
        .layer(middleware::from_fn(observe::observe))
        .layer(Extension(dock.clone()))
        .layer(Extension(Watching::new(dock.clone())))
        .layer(Extension(outbox))
        .layer(Extension(sharding))
        .layer(middleware::from_fn(shards::remember))
        .layer(Extension(oidc))
        .layer(Extension(Reached::new(settings)))
        .layer(Extension(holdings::Told(settings.told.clone().into())))
        .layer(Extension(Web::new(settings)))
        .with_state(dock)
}

/// REST v1 and its description.
fn described(settings: &Settings, limits: &Arc<Limits>) -> (Router<Dock>, OpenApi) {
    let (v1, description) = v1(settings, limits).split_for_parts();
    (v1, openapi::with_problems(description))
}

/// REST v1, which describes itself.
fn v1(settings: &Settings, limits: &Arc<Limits>) -> OpenApiRouter<Dock> {
    let longest = Duration::from_secs(settings.request_seconds_max);
    // Behind these guessing would pay.
    let doors = OpenApiRouter::new()
        .routes(routes!(accounts::register))
        .routes(routes!(accounts::challenge))
        .routes(routes!(accounts::confirm))
        .routes(routes!(accounts::accept_invitation))
        .routes(routes!(accounts::ask_reset))
        .routes(routes!(accounts::reset))
        .routes(routes!(accounts::change_password))
        .routes(routes!(accounts::login))
        .routes(routes!(me::leave))
        .route_layer(middleware::from_fn_with_state(Arc::clone(limits), limits::door));
    // These are about one island, which another replica may keep.
    let of_island = OpenApiRouter::new()
        .routes(routes!(search::search))
        .routes(routes!(world::place))
        .routes(routes!(anchors::anchors))
        .routes(routes!(anchors::candidates))
        .routes(routes!(anchors::specifications))
        .route_layer(middleware::from_fn(shards::forward));
    let documents = doors
        .merge(of_island)
        .routes(routes!(server::dock))
        .routes(routes!(learnwares::list))
        .routes(routes!(learnwares::show, learnwares::delete))
        .routes(routes!(learnwares::classes))
        .routes(routes!(world::world))
        .routes(routes!(datasets::list))
        .routes(routes!(accounts::logout))
        .routes(routes!(oidc::services))
        .routes(routes!(accounts::me))
        .routes(routes!(me::sessions, me::end_sessions))
        .routes(routes!(me::end_session))
        .routes(routes!(learnwares::own))
        .routes(routes!(accounts::tokens, accounts::create_token))
        .routes(routes!(accounts::revoke_token))
        .routes(routes!(learnwares::show_to))
        .routes(routes!(learnwares::link))
        .routes(routes!(organisations::own, organisations::add))
        .routes(routes!(organisations::members))
        .routes(routes!(organisations::set_member, organisations::remove_member))
        .routes(routes!(admin::accounts))
        .routes(routes!(admin::change_account, me::remove))
        .routes(routes!(admin::jobs))
        .routes(routes!(admin::retry))
        .routes(routes!(admin::give_up))
        .routes(routes!(admin::take_down, admin::put_back))
        .routes(routes!(admin::audit))
        .routes(routes!(evolutions::list, evolutions::ask))
        .routes(routes!(evolutions::put_back))
        .routes(routes!(evolutions::none))
        .routes(routes!(indexes::rebuild))
        .routes(routes!(holdings::storage))
        .routes(routes!(holdings::figures))
        .routes(routes!(holdings::settings))
        .route_layer(middleware::from_fn(move |request, next| observe::in_time(longest, request, next)));
    // Models may have to be started, and environments made.
    let tried = OpenApiRouter::new()
        .routes(routes!(predictions::predict))
        .layer(DefaultBodyLimit::max(DATA_BYTES_MAX));
    // These take as long as the line of whoever asks, or as what they tell of.
    let packages = OpenApiRouter::new()
        .routes(routes!(learnwares::submit))
        .routes(routes!(learnwares::submit_version))
        .routes(routes!(learnwares::package))
        .routes(routes!(datasets::show, datasets::keep, datasets::remove))
        .routes(routes!(uploads::length, uploads::piece))
        .routes(routes!(uploads::submission))
        .routes(routes!(events::of_learnware))
        .merge(tried);
    OpenApiRouter::with_openapi(openapi::base()).nest("/api/v1", documents.merge(packages))
}

/// A fault of ours that stopped a request: its words are for the log.
fn panicked(panic: Box<dyn Any + Send + 'static>) -> Response {
    let said = panic.downcast_ref::<String>().map(String::as_str);
    let said = said.or_else(|| panic.downcast_ref::<&str>().copied()).unwrap_or("without a word");
    tracing::error!(request_id = observe::request_id(), "a request panicked: {said}");
    Failure::internal().into_response()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Programs are made of this description: a change of it is a change of the interface.
    #[test]
    fn the_description_is_as_written_down() {
        let settings = Settings::default();
        let (_, description) = described(&settings, &Arc::new(Limits::new(&settings)));
        insta::assert_snapshot!("openapi", description.to_pretty_json().unwrap());
    }
}
