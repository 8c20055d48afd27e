//! Packages and data sets on their way to us: streamed into a file, gone on with where they were cut off, compared with the digest
//! that the server says.

use std::path::Path;
use std::time::Duration;

use reqwest::header::{CONTENT_RANGE, ETAG};
use reqwest::{Method, Response, StatusCode, Url};
use tokio::fs::File;
use tokio::io::{AsyncSeekExt as _, AsyncWriteExt as _};

use super::{Call, Client, ClientError, Load, PAUSE, Result, error};

/// How long a package may stand still.
const IDLE: Duration = Duration::from_mins(1);
/// How often a package is gone on with at most.
const PARTS_MAX: u32 = 20;
/// How often that may bring nothing, one time after the other.
const FRUITLESS_MAX: u32 = 4;
/// Bytes of a package at most, as many as the package format allows; and of a data set.
const PACKAGE_BYTES_MAX: u64 = 1 << 30;
const DATASET_BYTES_MAX: u64 = 4 << 30;
/// BLAKE3 of the package, hexadecimal.
const DIGEST: &str = "x-content-blake3";

/// A package that came whole.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Downloaded {
    /// BLAKE3 of the zip, hexadecimal; that of the file and of the server.
    pub digest: String,
    /// Its size in bytes.
    pub bytes: u64,
}

/// Which package it is, as the first answer says.
struct Identity {
    digest: String,
    tag: String,
    size: Option<u64>,
}

/// A package that has come in part.
struct Part<'a> {
    path: &'a Path,
    file: File,
    hasher: blake3::Hasher,
    received: u64,
    bytes_max: u64,
    identity: Option<Identity>,
}

impl Client {
    /// Writes a package, with its model as data if `as_data`, into the file at `path`, which is made or emptied. `progress` is told how many bytes came, of how
    /// many.
    ///
    /// # Errors
    /// [`ClientError::Damaged`] and [`ClientError::CutOff`], besides those of every call. The file is of no use then.
    pub async fn download(
        &self,
        id: &str,
        version: Option<u32>,
        as_data: bool,
        path: &Path,
        progress: impl FnMut(u64, Option<u64>),
    ) -> Result<Downloaded> {
        let mut url = self.url(&["learnwares", id, "package"]);
        if as_data {
            url.query_pairs_mut().append_pair("form", "data");
        }
        if let Some(version) = version {
            url.query_pairs_mut().append_pair("version", &version.to_string());
        }
        self.fetch_file(url, PACKAGE_BYTES_MAX, path, progress).await
    }

    /// The same with a data set.
    ///
    /// # Errors
    /// As [`Client::download`].
    pub async fn download_dataset(
        &self,
        folder: &str,
        name: &str,
        path: &Path,
        progress: impl FnMut(u64, Option<u64>),
    ) -> Result<Downloaded> {
        self.fetch_file(self.url(&["datasets", folder, name]), DATASET_BYTES_MAX, path, progress).await
    }

    async fn fetch_file(
        &self,
        url: Url,
        bytes_max: u64,
        path: &Path,
        mut progress: impl FnMut(u64, Option<u64>),
    ) -> Result<Downloaded> {
        let file = File::create(path).await.map_err(error::io("make", path))?;
        let mut part =
            Part { path, file, hasher: blake3::Hasher::new(), received: 0, bytes_max, identity: None };
        let mut fruitless = 0;
        for _ in 0..PARTS_MAX {
            let before = part.received;
            let tag = part.identity.as_ref().map(|identity| identity.tag.clone()).unwrap_or_default();
            let load = if before > 0 { Load::Rest(before, &tag) } else { Load::Nothing };
            let call = Call { method: Method::GET, url: url.clone(), load, timeout: None };
            let Err(reason) = part.go_on(self.send(&call).await, self, &mut progress).await? else {
                return part.finish().await;
            };
            fruitless = if part.received > before { 0 } else { fruitless + 1 };
            if fruitless >= FRUITLESS_MAX {
                return Err(ClientError::CutOff { received: part.received, reason });
            }
            tokio::time::sleep(PAUSE * fruitless.max(1)).await;
        }
        let reason = format!("{PARTS_MAX} parts did not make a whole");
        Err(ClientError::CutOff { received: part.received, reason })
    }
}

/// `Err` inside when more of the package may come later.
type Gone = Result<Result<(), String>>;

impl Part<'_> {
    async fn go_on(
        &mut self,
        sent: Result<Response>,
        client: &Client,
        progress: &mut impl FnMut(u64, Option<u64>),
    ) -> Gone {
        let response = match sent {
            // What was asked for is not there any more: from the beginning.
            Err(ClientError::NotADock { status: 416, .. }) => {
                self.begin().await?;
                return Ok(Err("the package changed meanwhile".into()));
            }
            Err(failure @ ClientError::Unreachable { .. }) if self.received > 0 => {
                return Ok(Err(failure.to_string()));
            }
            sent => sent?,
        };
        if !self.continues(&response) {
            self.begin().await?;
            if response.status() == StatusCode::PARTIAL_CONTENT {
                return Ok(Err("the package changed meanwhile".into()));
            }
            self.identity = Some(identity(&response)?);
        }
        self.take(response, client, progress).await
    }

    /// Whether an answer is the rest of what came before.
    fn continues(&self, response: &Response) -> bool {
        let header = |name| response.headers().get(name).and_then(|value| value.to_str().ok());
        let from_here = format!("bytes {}-", self.received);
        response.status() == StatusCode::PARTIAL_CONTENT
            && self.identity.as_ref().is_some_and(|identity| header(ETAG.as_str()) == Some(&identity.tag))
            && header(CONTENT_RANGE.as_str()).is_some_and(|range| range.starts_with(&from_here))
    }

    /// Forgets what came.
    async fn begin(&mut self) -> Result<()> {
        self.file.set_len(0).await.map_err(error::io("empty", self.path))?;
        self.file.rewind().await.map_err(error::io("empty", self.path))?;
        (self.hasher, self.received, self.identity) = (blake3::Hasher::new(), 0, None);
        Ok(())
    }

    async fn take(
        &mut self,
        mut response: Response,
        client: &Client,
        progress: &mut impl FnMut(u64, Option<u64>),
    ) -> Gone {
        let size = self.identity.as_ref().and_then(|identity| identity.size);
        loop {
            let piece = match tokio::time::timeout(IDLE, response.chunk()).await {
                Err(_) => return Ok(Err(client.too_slow(IDLE).to_string())),
                Ok(Err(broken)) => return Ok(Err(error::root(&broken))),
                Ok(Ok(None)) => break,
                Ok(Ok(Some(piece))) => piece,
            };
            self.received += piece.len() as u64;
            if self.received > size.unwrap_or(self.bytes_max).min(self.bytes_max) {
                let reason = format!("it gives more than the {} bytes of the package", self.received);
                let (url, status) = (response.url().to_string(), response.status().as_u16());
                return Err(ClientError::NotADock { url, status, reason });
            }
            self.hasher.update(&piece);
            self.file.write_all(&piece).await.map_err(error::io("write", self.path))?;
            progress(self.received, size);
        }
        match size {
            Some(size) if self.received < size => Ok(Err(format!("{} of {size} bytes came", self.received))),
            _ => Ok(Ok(())),
        }
    }

    async fn finish(mut self) -> Result<Downloaded> {
        self.file.flush().await.map_err(error::io("write", self.path))?;
        let found = self.hasher.finalize().to_hex().to_string();
        let digest = self.identity.map(|identity| identity.digest).unwrap_or_default();
        if found != digest {
            return Err(ClientError::Damaged { digest, found });
        }
        Ok(Downloaded { digest, bytes: self.received })
    }
}

fn identity(response: &Response) -> Result<Identity> {
    let header = |name| response.headers().get(name).and_then(|value| value.to_str().ok());
    match (header(DIGEST), header(ETAG.as_str())) {
        (Some(digest), Some(tag)) => {
            Ok(Identity { digest: digest.to_owned(), tag: tag.to_owned(), size: response.content_length() })
        }
        _ => Err(ClientError::NotADock {
            url: response.url().to_string(),
            status: response.status().as_u16(),
            reason: "it does not say the digest of the package".to_owned(),
        }),
    }
}
