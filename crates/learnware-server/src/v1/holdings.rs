//! What administrators see of the dock as a whole: what takes room, what happens, how the server is set.

use std::collections::BTreeMap;
use std::sync::Arc;

use axum::extract::State;
use axum::{Extension, Json};
use learnware_api::{DayFigures, Figures, Setting, Storage};
use learnware_dock::Dock;
use serde::Deserialize;
use utoipa::IntoParams;

use crate::asked::Query;
use crate::auth::Admin;
use crate::error::Answer;

/// The settings as they are told.
#[derive(Debug, Clone)]
pub(crate) struct Told(pub(crate) Arc<[Setting]>);

/// For how long.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(default)]
pub(crate) struct Days {
    /// The last days, today included: 30, a year at most.
    days: u32,
}

impl Default for Days {
    fn default() -> Self {
        Self { days: 30 }
    }
}

/// What takes room.
#[utoipa::path(get, path = "/admin/storage", tag = "admin", responses((status = OK, body = Storage)), security(("bearer" = [])))]
pub(crate) async fn storage(State(dock): State<Dock>, _: Admin) -> Answer<Json<Storage>> {
    let found = dock.storage().await?;
    Ok(Json(Storage {
        learnwares: found.holdings.learnwares,
        versions: found.holdings.versions,
        packages: found.holdings.packages,
        package_bytes: found.holdings.package_bytes,
        database_bytes: found.holdings.database_bytes,
        uploads: found.uploads.uploads,
        upload_bytes: found.uploads.bytes,
        free_bytes: found.free_bytes,
    }))
}

/// What happens, day by day.
#[utoipa::path(get, path = "/admin/figures", tag = "admin", params(Days), responses((status = OK, body = Figures)), security(("bearer" = [])))]
pub(crate) async fn figures(
    State(dock): State<Dock>,
    _: Admin,
    Query(wish): Query<Days>,
) -> Answer<Json<Figures>> {
    let mut days: BTreeMap<String, BTreeMap<String, u64>> = BTreeMap::new();
    for figure in dock.figures(wish.days).await? {
        days.entry(figure.day).or_default().insert(figure.what, figure.count);
    }
    let jobs = dock.store().job_counts().await?;
    Ok(Json(Figures {
        accounts: dock.store().holdings().await?.accounts,
        jobs: jobs.into_iter().map(|(state, count)| (state.word().to_owned(), count)).collect(),
        days: days.into_iter().map(|(day, counts)| DayFigures { day, counts }).collect(),
    }))
}

/// How the server that answers is set, without passwords.
#[utoipa::path(get, path = "/admin/settings", tag = "admin", responses((status = OK, body = Vec<Setting>)), security(("bearer" = [])))]
pub(crate) async fn settings(_: Admin, Extension(Told(told)): Extension<Told>) -> Json<Vec<Setting>> {
    Json(told.to_vec())
}
