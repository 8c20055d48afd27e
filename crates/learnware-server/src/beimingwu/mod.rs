//! The routes that the reference's Python client (`learnware.client.LearnwareClient`) calls, unchanged, so that its users
//! come with a new address and nothing else: `docs/book/reference/beimingwu.md`.
//!
//! Each route reads the request, makes the same call of the dock as REST v1, and writes the reference's form. Its numeric
//! codes are in [`codes`] and nowhere else. What only the reference's browser pages use is left out (`absent`).

mod absent;
mod auth;
mod codes;
mod datasets;
mod engine;
mod envelope;
mod fields;
mod learnwares;
mod log;
mod search;
mod user;
mod visitor;
mod wire;

use std::sync::Arc;

use axum::extract::DefaultBodyLimit;
use axum::routing::{MethodRouter, any, get, post};
use axum::{Router, middleware};
use learnware_dock::Dock;

use crate::limits::{self, Limits};
use crate::shards;

/// Where the routes lie: the client's base address may end with `/api` or not, and with a slash or not.
const BASES: [&str; 5] = ["", "/", "/api", "/api/", "//api"];

/// The compatible routes.
pub(crate) fn router(limits: &Arc<Limits>) -> Router<Dock> {
    let door = middleware::from_fn_with_state(Arc::clone(limits), limits::door);
    let mut routes: Vec<(&str, MethodRouter<Dock>)> = vec![
        ("/auth/login_by_token", post(auth::login_by_token).route_layer(door)),
        ("/auth/logout", post(auth::logout)),
        ("/auth/get_role", post(auth::role)),
        ("/user/profile", post(user::profile)),
        ("/user/create_token", post(user::create_token)),
        ("/user/list_token", post(user::list_token)),
        ("/user/delete_token", post(user::delete_token)),
        ("/user/list_learnware", post(learnwares::list)),
        ("/user/chunked_upload", post(learnwares::chunked_upload)),
        ("/user/add_learnware_uploaded", post(learnwares::add_uploaded)),
        ("/user/add_learnware", post(learnwares::add)),
        ("/user/update_learnware", post(learnwares::update)),
        ("/user/delete_learnware", post(learnwares::delete)),
        ("/user/verify_log", get(log::verify_log)),
        ("/engine/semantic_specification", get(engine::vocabulary)),
        ("/engine/search_learnware", post(search::search).route_layer(middleware::from_fn(shards::forward))),
        ("/engine/learnware_info", get(engine::info)),
        ("/engine/download_learnware", get(engine::download)),
        ("/datasets/list_datasets", post(datasets::list)),
        ("/datasets/download_datasets", get(datasets::download)),
        ("/datasets/delete_datasets", post(datasets::delete)),
        ("/datasets/upload_dataset", post(datasets::upload)),
        ("/datasets/add_dataset_uploaded", post(datasets::add_uploaded)),
        ("/healthz", get(async || "OK")),
    ];
    for (path, instead) in absent::LEFT_OUT {
        routes.push((path, any(async || absent::refuse(instead))));
    }
    let mut router = Router::new();
    for base in BASES {
        for (path, handler) in &routes {
            router = router.route(&format!("{base}{path}"), handler.clone());
        }
    }
    // Each route has its own limit.
    router.layer(DefaultBodyLimit::disable())
}
