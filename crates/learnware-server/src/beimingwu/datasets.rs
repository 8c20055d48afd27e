//! `/datasets`: the benchmark files that `learnware.tests.benchmarks` fetches. Whatever a request calls a file, it is a
//! name among those that the dock keeps, never a path.

use std::collections::BTreeMap;

use axum::extract::{Request, State};
use axum::response::Response;
use learnware_dock::datasets::{DATASET_BYTES_MAX, DatasetName};
use learnware_dock::uploads::UploadLabel;
use learnware_dock::{Dock, DockError};
use serde::Deserialize;
use serde_json::json;

use super::codes;
use super::envelope::{Answer, Refusal, answer, by, done};
use super::fields::{Asked, Fields, Keep};
use super::visitor::Member;
use crate::body;

/// Field with a file.
const FILE: &str = "file";

/// Which data set.
#[derive(Debug, Deserialize)]
pub(super) struct Which {
    #[serde(default)]
    dataset: String,
}

pub(super) async fn list(State(dock): State<Dock>) -> Answer {
    let mut folders: BTreeMap<String, Vec<String>> = BTreeMap::new();
    for dataset in dock.datasets().await.map_err(by(codes::DATASET))? {
        let name = dataset.name;
        folders.entry(name.folder().to_owned()).or_default().push(name.file().to_owned());
    }
    answer("Ok.", json!({"datasets": folders}))
}

/// The client saves whatever comes with the status 200, so errors have others.
pub(super) async fn download(
    State(dock): State<Dock>,
    Asked(which): Asked<Which>,
    request: Request,
) -> Result<Response, Refusal> {
    let refuse = |error: DockError| Refusal::with_status_of(error.into(), codes::DATASET);
    let name: DatasetName = which.dataset.parse().map_err(refuse)?;
    let (dataset, path) = dock.dataset(&name).await.map_err(refuse)?;
    let kind = "application/octet-stream";
    Ok(body::given_out(request, &path, kind, name.file(), &dataset.file.digest).await)
}

pub(super) async fn delete(State(dock): State<Dock>, Member(principal): Member, request: Request) -> Answer {
    let fields = Fields::read(request, &dock).await?;
    let name = named(fields.needed("dataset")?)?;
    dock.remove_dataset(Some(&principal), &name).await.map_err(by(codes::DATASET))?;
    done("Delete success.")
}

pub(super) async fn upload(State(dock): State<Dock>, Member(principal): Member, request: Request) -> Answer {
    let mut fields = Fields::with_file(request, &dock, FILE, Keep::OnDisk(DATASET_BYTES_MAX)).await?;
    let name = named(fields.text("file_path").ok_or_else(missing_path)?)?;
    let file = fields.take_path(FILE).ok_or_else(|| Refusal::new(codes::NO_DATA_SET, "Send `file`."))?;
    dock.add_dataset(Some(&principal), &name, &file).await.map_err(by(codes::DATASET))?;
    done("Upload success.")
}

/// What came in pieces by `/user/chunked_upload`.
pub(super) async fn add_uploaded(
    State(dock): State<Dock>,
    Member(principal): Member,
    request: Request,
) -> Answer {
    let fields = Fields::read(request, &dock).await?;
    let name = named(fields.needed("filename")?)?;
    let label: UploadLabel = fields.needed("file_hash")?.parse().map_err(by(codes::DATASET))?;
    let upload = dock.finish_upload(&principal, &label).await.map_err(by(codes::DATASET))?;
    dock.add_dataset(Some(&principal), &name, upload.path()).await.map_err(by(codes::DATASET))?;
    done("Add success.")
}

fn missing_path() -> Refusal {
    Refusal::new(codes::LOGIN_NEEDED, "Request parameters missing: send `file_path`.")
}

fn named(text: &str) -> Result<DatasetName, Refusal> {
    text.trim_start_matches("./").parse().map_err(by(codes::DATASET))
}
