//! Benchmark data sets: files to compare methods on.

use axum::Json;
use axum::body::Body;
use axum::extract::{Request, State};
use axum::http::StatusCode;
use axum::response::Response;
use learnware_api::Dataset;
use learnware_dock::Dock;
use learnware_dock::datasets::{DATASET_BYTES_MAX, DatasetName};

use crate::asked::Path;
use crate::auth::Admin;
use crate::error::Answer;
use crate::{body, wire};

/// What a data set is on the wire.
const BYTES: &str = "application/octet-stream";

/// All data sets, by name.
#[utoipa::path(get, path = "/datasets", tag = "datasets", responses((status = OK, body = Vec<Dataset>)))]
pub(crate) async fn list(State(dock): State<Dock>) -> Answer<Json<Vec<Dataset>>> {
    Ok(Json(dock.datasets().await?.iter().map(wire::dataset).collect()))
}

/// The bytes of a data set, whole or in ranges.
#[utoipa::path(get, path = "/datasets/{folder}/{file}", tag = "datasets", params(("folder" = String, Path), ("file" = String, Path)), responses((status = OK, content_type = "application/octet-stream", body = Vec<u8>), (status = PARTIAL_CONTENT, content_type = "application/octet-stream", body = Vec<u8>)))]
pub(crate) async fn show(
    State(dock): State<Dock>,
    Path((folder, file)): Path<(String, String)>,
    request: Request,
) -> Answer<Response> {
    let (dataset, path) = dock.dataset(&name(&folder, &file)?).await?;
    Ok(body::given_out(request, &path, BYTES, dataset.name.file(), &dataset.file.digest).await)
}

/// Keeps the body as a data set, in place of what had that name.
#[utoipa::path(put, path = "/datasets/{folder}/{file}", tag = "datasets", params(("folder" = String, Path), ("file" = String, Path)), request_body(content = Vec<u8>, content_type = "application/octet-stream"), responses((status = OK, body = Dataset)), security(("bearer" = [])))]
pub(crate) async fn keep(
    State(dock): State<Dock>,
    Admin(by): Admin,
    Path((folder, file)): Path<(String, String)>,
    body: Body,
) -> Answer<Json<Dataset>> {
    let name = name(&folder, &file)?;
    let received = body::received(body, &dock, DATASET_BYTES_MAX).await?;
    Ok(Json(wire::dataset(&dock.add_dataset(Some(&by), &name, &received).await?)))
}

/// Removes a data set.
#[utoipa::path(delete, path = "/datasets/{folder}/{file}", tag = "datasets", params(("folder" = String, Path), ("file" = String, Path)), responses((status = NO_CONTENT)), security(("bearer" = [])))]
pub(crate) async fn remove(
    State(dock): State<Dock>,
    Admin(by): Admin,
    Path((folder, file)): Path<(String, String)>,
) -> Answer<StatusCode> {
    dock.remove_dataset(Some(&by), &name(&folder, &file)?).await?;
    Ok(StatusCode::NO_CONTENT)
}

fn name(folder: &str, file: &str) -> Answer<DatasetName> {
    Ok(format!("{folder}/{file}").parse()?)
}
