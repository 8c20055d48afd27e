//! What a request brings: named texts and files, whether they came as JSON, as a form or as a form in parts. The
//! reference's client sends all three. Names that clients give to files are ignored.

use std::collections::BTreeMap;

use axum::body::to_bytes;
use axum::extract::multipart::{Field, MultipartError};
use axum::extract::{FromRequest as _, FromRequestParts, Multipart, Query, Request};
use axum::http::StatusCode;
use axum::http::header::CONTENT_TYPE;
use axum::http::request::Parts;
use learnware_dock::Dock;
use serde::de::DeserializeOwned;
use serde_json::Value;
use tempfile::TempPath;

use super::codes::{self, Codes};
use super::envelope::Refusal;
use crate::body;

/// Bytes of all texts of a request: descriptions and specifications.
const TEXT_BYTES_MAX: usize = 64 << 20;
/// Fields of a request: no route reads as many.
const FIELDS_MAX: usize = 32;

/// Where the file of a request goes.
#[derive(Debug, Clone, Copy)]
pub(super) enum Keep {
    /// Into memory, so many bytes at most.
    InMemory(u64),
    /// Onto the disk where packages are kept, so many bytes at most.
    OnDisk(u64),
}

/// A file.
#[derive(Debug)]
pub(super) enum Sent {
    InMemory(Vec<u8>),
    OnDisk(TempPath),
}

/// What a request brings.
#[derive(Debug, Default)]
pub(super) struct Fields {
    texts: BTreeMap<String, String>,
    files: BTreeMap<String, Sent>,
}

/// Parameters behind the `?`; what can't be read is refused in the reference's form.
#[derive(Debug)]
pub(super) struct Asked<T>(pub(super) T);

impl<T: DeserializeOwned, S: Send + Sync> FromRequestParts<S> for Asked<T> {
    type Rejection = Refusal;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Refusal> {
        match Query::<T>::from_request_parts(parts, state).await {
            Ok(Query(value)) => Ok(Self(value)),
            Err(rejection) => {
                Err(Refusal::new(codes::BAD_REQUEST, rejection.body_text())
                    .with_status(StatusCode::BAD_REQUEST))
            }
        }
    }
}

impl Fields {
    /// Reads a request without files.
    pub(super) async fn read(request: Request, dock: &Dock) -> Result<Self, Refusal> {
        Self::with_file(request, dock, "", Keep::InMemory(0)).await
    }

    /// Reads a request whose field `name` may be a file; other files are read past.
    pub(super) async fn with_file(
        request: Request,
        dock: &Dock,
        name: &str,
        keep: Keep,
    ) -> Result<Self, Refusal> {
        let kind = request.headers().get(CONTENT_TYPE).and_then(|kind| kind.to_str().ok()).unwrap_or("");
        let kind = kind.split(';').next().unwrap_or("").trim().to_ascii_lowercase();
        if kind == "multipart/form-data" {
            return Self::of_parts(request, dock, name, keep).await;
        }
        let bytes = to_bytes(request.into_body(), TEXT_BYTES_MAX).await.map_err(|_| too_long())?;
        if kind == "application/x-www-form-urlencoded" {
            let texts = form_urlencoded::parse(&bytes).into_owned().collect();
            return Ok(Self { texts, files: BTreeMap::new() });
        }
        Self::of_json(&bytes)
    }

    /// A text; an empty one counts as absent.
    pub(super) fn text(&self, name: &str) -> Option<&str> {
        self.texts.get(name).map(String::as_str).filter(|text| !text.is_empty())
    }

    /// A text that must be there.
    pub(super) fn needed(&self, name: &str) -> Result<&str, Refusal> {
        self.text(name).ok_or_else(|| Refusal::missing(name))
    }

    /// A whole number, if it is there.
    pub(super) fn number(&self, name: &str) -> Result<Option<u64>, Refusal> {
        let Some(text) = self.text(name) else { return Ok(None) };
        let number = text.trim().parse();
        number.map(Some).map_err(|_| {
            Refusal::new(codes::BAD_REQUEST, format!("`{name}` must be a whole number, such as 10."))
        })
    }

    /// Takes a file that was kept on the disk.
    pub(super) fn take_path(&mut self, name: &str) -> Option<TempPath> {
        match self.files.remove(name)? {
            Sent::OnDisk(path) => Some(path),
            Sent::InMemory(_) => None,
        }
    }

    /// Takes a file that was kept in memory, or a text that was sent in its place.
    pub(super) fn take_bytes(&mut self, name: &str) -> Option<Vec<u8>> {
        match self.files.remove(name) {
            Some(Sent::InMemory(bytes)) => Some(bytes),
            Some(Sent::OnDisk(_)) => None,
            None => self.texts.remove(name).filter(|text| !text.is_empty()).map(String::into_bytes),
        }
    }

    /// An empty body counts as an empty object: the client sends none now and then, with whatever type.
    fn of_json(bytes: &[u8]) -> Result<Self, Refusal> {
        if bytes.iter().all(u8::is_ascii_whitespace) {
            return Ok(Self::default());
        }
        let Ok(Value::Object(map)) = serde_json::from_slice(bytes) else {
            return Err(Refusal::new(codes::BAD_REQUEST, "The body is neither a JSON object nor a form."));
        };
        let text = |value| match value {
            Value::Null => None,
            Value::String(text) => Some(text),
            other => Some(other.to_string()),
        };
        let texts = map.into_iter().filter_map(|(name, value)| Some((name, text(value)?))).collect();
        Ok(Self { texts, files: BTreeMap::new() })
    }

    async fn of_parts(request: Request, dock: &Dock, name: &str, keep: Keep) -> Result<Self, Refusal> {
        let mut parts = Multipart::from_request(request, dock)
            .await
            .map_err(|error| Refusal::new(codes::BAD_REQUEST, error.body_text()))?;
        let (mut fields, mut text_bytes) = (Self::default(), 0);
        for _ in 0..FIELDS_MAX {
            let Some(part) = parts.next_field().await.map_err(|error| cut_off(&error))? else {
                return Ok(fields);
            };
            let Some(own) = part.name().map(str::to_owned) else { continue };
            match part.file_name().map(str::is_empty) {
                // A browser's form without a file, or a file that nobody asked for.
                Some(true) => {}
                Some(false) if own != name => {}
                Some(false) => {
                    fields.files.insert(own, file(part, dock, keep).await?);
                }
                None => {
                    let bytes = in_memory(part, TEXT_BYTES_MAX - text_bytes).await?;
                    text_bytes += bytes.len();
                    let text = String::from_utf8(bytes).map_err(|_| {
                        Refusal::new(codes::BAD_REQUEST, format!("`{own}` is not UTF-8 text."))
                    })?;
                    fields.texts.insert(own, text);
                }
            }
        }
        Err(Refusal::new(codes::BAD_REQUEST, format!("The form has more than {FIELDS_MAX} fields.")))
    }
}

async fn file(part: Field<'_>, dock: &Dock, keep: Keep) -> Result<Sent, Refusal> {
    match keep {
        Keep::InMemory(bytes_max) => {
            let bytes_max = usize::try_from(bytes_max).unwrap_or(usize::MAX);
            Ok(Sent::InMemory(in_memory(part, bytes_max).await?))
        }
        Keep::OnDisk(bytes_max) => {
            let kept = body::kept(part, dock, bytes_max).await;
            const CODES: Codes = codes::ADD;
            Ok(Sent::OnDisk(kept.map_err(|failure| Refusal::of(failure, CODES))?))
        }
    }
}

async fn in_memory(mut part: Field<'_>, bytes_max: usize) -> Result<Vec<u8>, Refusal> {
    let mut bytes = Vec::new();
    while let Some(piece) = part.chunk().await.map_err(|error| cut_off(&error))? {
        if bytes.len() + piece.len() > bytes_max {
            return Err(too_long());
        }
        bytes.extend_from_slice(&piece);
    }
    Ok(bytes)
}

fn too_long() -> Refusal {
    Refusal::new(codes::BAD_REQUEST, "The request is cut off, or longer than this route takes.")
}

fn cut_off(error: &MultipartError) -> Refusal {
    Refusal::new(codes::BAD_REQUEST, format!("The form can't be read: {}", error.body_text()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn json_becomes_texts_and_nothing_counts_as_absent() {
        let fields =
            Fields::of_json(br#"{"limit": 10000, "page": 0, "is_verified": null, "s": {"a": [1]}, "e": ""}"#);
        let fields = fields.unwrap();
        assert_eq!(
            (fields.number("limit").unwrap(), fields.number("page").unwrap()),
            (Some(10_000), Some(0))
        );
        assert_eq!((fields.text("is_verified"), fields.text("e")), (None, None));
        assert_eq!(fields.text("s"), Some(r#"{"a":[1]}"#));
        assert!(Fields::of_json(b" \n").unwrap().text("limit").is_none());
        for broken in [&b"[1]"[..], b"{", b"limit=3", b"\xff"] {
            assert!(Fields::of_json(broken).is_err(), "{broken:?}");
        }
        assert!(Fields::of_json(br#"{"limit": -1}"#).unwrap().number("limit").is_err());
    }
}
