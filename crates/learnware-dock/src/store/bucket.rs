//! Packages in an S3-compatible store: `s3://bucket/prefix`, keys as in the folder (`ab/cdef...`).
//!
//! Keys and place of the service come from the variables that S3 programs know (`AWS_ACCESS_KEY_ID`,
//! `AWS_SECRET_ACCESS_KEY`, `AWS_REGION`, `AWS_ENDPOINT`, `AWS_ALLOW_HTTP`); the address holds none of them.
//! Blocking: requests run on a thread of their own, so that any caller may wait for them.

use std::fmt;
use std::fs::File;
use std::io::{Read, Write};
use std::path::Path;
use std::sync::{Arc, mpsc};
use std::time::{Duration, SystemTime};

use futures_util::TryStreamExt;
use object_store::aws::{AmazonS3, AmazonS3Builder};
use object_store::path::Path as Key;
use object_store::{MultipartUpload, ObjectMeta, ObjectStore, ObjectStoreExt, RetryConfig};
use tokio::runtime::Handle;
use tokio::sync::oneshot;

use super::blobs::{BlobEntry, Digest};
use crate::address::Address;
use crate::error::{DockError, Result};

/// Larger packages go in parts of this size; S3 wants at least 5 MiB, and at most 10 000 parts.
const PART_BYTES: usize = 16 << 20;

/// A store that fails or does not answer is asked again for so long, and then the caller is told.
const RETRY_TIMEOUT: Duration = Duration::from_secs(15);
/// How often it is asked again.
const RETRIES_MAX: usize = 4;

/// A bucket, or a part of one.
pub(super) struct Bucket {
    store: Arc<AmazonS3>,
    prefix: Key,
    runtime: Handle,
    /// The thread of the requests ends when this is dropped.
    _end: oneshot::Sender<()>,
}

impl fmt::Debug for Bucket {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Bucket").field("prefix", &self.prefix).finish_non_exhaustive()
    }
}

impl Bucket {
    /// Makes ready to use the bucket at `address`; nothing is sent yet.
    pub(super) fn open(address: &Address) -> Result<Self> {
        let wanted = "s3://BUCKET/PREFIX, with keys in AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY";
        let refuse = || DockError::Setting { name: "LEARNWARE_PACKAGES", value: address.to_string(), wanted };
        let rest = address.reveal().strip_prefix("s3://").ok_or_else(refuse)?;
        let (bucket, prefix) = rest.split_once('/').unwrap_or((rest, ""));
        if bucket.is_empty() || rest.contains(['@', '?', '#']) {
            return Err(refuse());
        }
        // reqwest is built without a provider of its own; another part of the program may have set one.
        let _ = rustls::crypto::ring::default_provider().install_default();
        let retry =
            RetryConfig { max_retries: RETRIES_MAX, retry_timeout: RETRY_TIMEOUT, ..RetryConfig::default() };
        let store = AmazonS3Builder::from_env().with_retry(retry).with_bucket_name(bucket).build();
        let store = Arc::new(store.map_err(failed("use the bucket"))?);
        let (runtime, end) = request_thread().map_err(DockError::io("start the thread of", "requests"))?;
        Ok(Self { store, prefix: Key::from(prefix), runtime, _end: end })
    }

    /// Puts a file into the bucket. When this returns, the store has it.
    pub(super) fn put(&self, digest: &Digest, file: &Path) -> Result<()> {
        let (store, key) = (Arc::clone(&self.store), self.key(digest));
        let mut source = File::open(file).map_err(DockError::io("open", file))?;
        let size = source.metadata().map_err(DockError::io("look at", file))?.len();
        let path = file.to_owned();
        self.wait(async move {
            if size > PART_BYTES as u64 {
                return put_in_parts(&store, &key, &mut source, &path).await;
            }
            let mut bytes = Vec::with_capacity(size as usize);
            source.read_to_end(&mut bytes).map_err(DockError::io("read", path))?;
            store.put(&key, bytes.into()).await.map(drop).map_err(failed("store the package"))
        })
    }

    /// How long ago the blob was put there, if it is there.
    pub(super) fn age(&self, digest: &Digest) -> Result<Option<Duration>> {
        let (store, key) = (Arc::clone(&self.store), self.key(digest));
        self.wait(async move {
            match store.head(&key).await {
                Ok(meta) => Ok(Some(age_of(&meta))),
                Err(object_store::Error::NotFound { .. }) => Ok(None),
                Err(error) => Err(failed("look for the package")(error)),
            }
        })
    }

    /// Writes the blob to `target` and gives that back; `None` when it is not there.
    pub(super) fn fetch(&self, digest: &Digest, mut target: File) -> Result<Option<File>> {
        let (store, key) = (Arc::clone(&self.store), self.key(digest));
        self.wait(async move {
            let mut chunks = match store.get(&key).await {
                Ok(found) => found.into_stream(),
                Err(object_store::Error::NotFound { .. }) => return Ok(None),
                Err(error) => return Err(failed("fetch the package")(error)),
            };
            while let Some(chunk) = chunks.try_next().await.map_err(failed("fetch the package"))? {
                target.write_all(&chunk).map_err(DockError::io("write", "the copy of a package"))?;
            }
            Ok(Some(target))
        })
    }

    /// Removes the blob, if it is there.
    pub(super) fn remove(&self, digest: &Digest) -> Result<()> {
        let (store, key) = (Arc::clone(&self.store), self.key(digest));
        self.wait(async move {
            match store.delete(&key).await {
                Ok(()) | Err(object_store::Error::NotFound { .. }) => Ok(()),
                Err(error) => Err(failed("remove the package")(error)),
            }
        })
    }

    /// Every blob, in the order of digests. Objects of other names are left alone.
    pub(super) fn list(&self) -> Result<Vec<BlobEntry>> {
        let (store, prefix) = (Arc::clone(&self.store), self.prefix.clone());
        self.wait(async move {
            let prefix = (!prefix.as_ref().is_empty()).then_some(prefix);
            let metas: Vec<ObjectMeta> =
                store.list(prefix.as_ref()).try_collect().await.map_err(failed("list the packages"))?;
            let root = prefix.map_or(String::new(), |prefix| format!("{prefix}/"));
            let mut found: Vec<_> = metas
                .iter()
                .filter_map(|meta| {
                    let (folder, file) = meta.location.as_ref().strip_prefix(&root)?.split_once('/')?;
                    let digest =
                        (folder.len() == 2).then(|| Digest::from_hex(&format!("{folder}{file}")))??;
                    Some(BlobEntry { digest, age: age_of(meta) })
                })
                .collect();
            found.sort_by(|a, b| a.digest.cmp(&b.digest));
            Ok(found)
        })
    }

    fn key(&self, digest: &Digest) -> Key {
        let (folder, file) = digest.as_str().split_at(2);
        self.prefix.clone().join(folder).join(file)
    }

    /// Does requests on their thread and waits for the answer.
    fn wait<T: Send + 'static>(
        &self,
        requests: impl Future<Output = Result<T>> + Send + 'static,
    ) -> Result<T> {
        let (answer, answered) = mpsc::sync_channel(1);
        self.runtime.spawn(async move { answer.send(requests.await).ok() });
        answered.recv().unwrap_or(Err(DockError::Closed))
    }
}

/// A thread on which requests run until the sender is dropped.
fn request_thread() -> std::io::Result<(Handle, oneshot::Sender<()>)> {
    let (end, ended) = oneshot::channel::<()>();
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    let handle = runtime.handle().clone();
    std::thread::Builder::new().name("packages".into()).spawn(move || {
        let _ = runtime.block_on(ended);
    })?;
    Ok((handle, end))
}

async fn put_in_parts(store: &AmazonS3, key: &Key, source: &mut File, path: &Path) -> Result<()> {
    const ACTION: &str = "store the package";
    let mut upload = store.put_multipart(key).await.map_err(failed(ACTION))?;
    let sent = send_parts(&mut *upload, source, path).await;
    if sent.is_err() {
        upload.abort().await.ok(); // The first error matters; parts left behind are the store's to forget.
    }
    sent?;
    upload.complete().await.map(drop).map_err(failed(ACTION))
}

async fn send_parts(upload: &mut dyn MultipartUpload, source: &mut File, path: &Path) -> Result<()> {
    loop {
        let mut part = Vec::with_capacity(PART_BYTES);
        let read = Read::take(&mut *source, PART_BYTES as u64).read_to_end(&mut part);
        if read.map_err(DockError::io("read", path))? == 0 {
            return Ok(());
        }
        upload.put_part(part.into()).await.map_err(failed("store the package"))?;
    }
}

fn age_of(meta: &ObjectMeta) -> Duration {
    let then = Duration::from_millis(u64::try_from(meta.last_modified.timestamp_millis()).unwrap_or(0));
    SystemTime::now().duration_since(SystemTime::UNIX_EPOCH + then).unwrap_or_default()
}

/// Turns an error of the store into ours; for `map_err`. Requests were repeated before they count as failed.
fn failed(action: &'static str) -> impl Fn(object_store::Error) -> DockError {
    move |error| {
        let is_temporary = matches!(error, object_store::Error::Generic { .. });
        DockError::PackageStore { action, reason: error.to_string(), is_temporary }
    }
}
