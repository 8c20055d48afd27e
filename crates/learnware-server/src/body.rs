//! Bodies: JSON with problems that say what is wrong with it, and packages as streams that never lie in memory.

use std::path::Path;

use axum::Json;
use axum::body::{Body, Bytes};
use axum::extract::rejection::JsonRejection;
use axum::extract::{FromRequest, Request};
use axum::http::header::{CONTENT_DISPOSITION, CONTENT_TYPE, ETAG};
use axum::http::{HeaderName, HeaderValue, StatusCode};
use axum::response::Response;
use futures_util::{Stream, StreamExt as _};
use learnware_dock::Dock;
use learnware_dock::store::blobs::Digest;
use serde::de::DeserializeOwned;
use tempfile::TempPath;
use tokio::io::AsyncWriteExt as _;
use tower::ServiceExt as _;
use tower_http::services::ServeFile;

use crate::error::Failure;
use crate::observe;

/// BLAKE3 of what is given out.
const DIGEST: HeaderName = HeaderName::from_static("x-content-blake3");

/// A JSON body.
#[derive(Debug)]
pub(crate) struct Document<T>(pub(crate) T);

impl<T: DeserializeOwned> FromRequest<Dock> for Document<T> {
    type Rejection = Failure;

    async fn from_request(request: Request, dock: &Dock) -> Result<Self, Failure> {
        match Json::<T>::from_request(request, dock).await {
            Ok(Json(value)) => Ok(Self(value)),
            Err(rejection) => Err(Failure::new(rejection.status(), code(&rejection), rejection.body_text())),
        }
    }
}

fn code(rejection: &JsonRejection) -> &'static str {
    match rejection {
        JsonRejection::JsonDataError(_) | JsonRejection::JsonSyntaxError(_) => "bad-document",
        JsonRejection::MissingJsonContentType(_) => "not-json",
        _ => "bad-body",
    }
}

/// Answers with a file of the dock, whole or in ranges, under a name and with the digest of its content.
pub(crate) async fn given_out(
    request: Request,
    path: &Path,
    kind: &'static str,
    name: &str,
    digest: &Digest,
) -> Response {
    let served = ServeFile::new(path).oneshot(request).await;
    let mut response = served.unwrap_or_else(|never| match never {}).map(Body::new);
    let headers = response.headers_mut();
    headers.insert(CONTENT_TYPE, HeaderValue::from_static(kind));
    for (header, value) in [
        (CONTENT_DISPOSITION, format!("attachment; filename=\"{name}\"")),
        (ETAG, format!("\"{digest}\"")),
        (DIGEST, digest.to_string()),
    ] {
        if let Ok(value) = HeaderValue::from_str(&value) {
            headers.insert(header, value);
        }
    }
    response
}

/// Writes a body into a file of its own, which is gone when the path is dropped.
pub(crate) async fn received(body: Body, dock: &Dock, bytes_max: u64) -> Result<TempPath, Failure> {
    kept(body.into_data_stream(), dock, bytes_max).await
}

/// The same for any stream of bytes.
pub(crate) async fn kept<E>(
    mut stream: impl Stream<Item = Result<Bytes, E>> + Unpin,
    dock: &Dock,
    bytes_max: u64,
) -> Result<TempPath, Failure> {
    let failed = |error: std::io::Error| {
        tracing::error!(request_id = observe::request_id(), "a package could not be kept: {error}");
        let title =
            "the package could not be kept while it came in; the server has no room or its disk fails";
        Failure::new(StatusCode::INSUFFICIENT_STORAGE, "no-room", title)
    };
    let path = tempfile::Builder::new()
        .prefix("upload-")
        .tempfile_in(dock.staging_folder().map_err(Failure::from)?)
        .map_err(failed)?
        .into_temp_path();
    let mut file = tokio::fs::File::create(&path).await.map_err(failed)?;
    let mut count = 0_u64;
    while let Some(piece) = stream.next().await {
        let piece = piece.map_err(|_| Failure::bad("cut-off", "the body was cut off; send it again"))?;
        count += piece.len() as u64;
        if count > bytes_max {
            let title = format!("the package is larger than {bytes_max} bytes");
            return Err(Failure::new(StatusCode::PAYLOAD_TOO_LARGE, "too-large", title));
        }
        file.write_all(&piece).await.map_err(failed)?;
    }
    file.flush().await.map_err(failed)?;
    Ok(path)
}
