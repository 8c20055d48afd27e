//! Packages that come in pieces, so that a cut line costs only the last one.
//!
//! The client names an upload by a digest of the whole package: BLAKE3, or MD5 as the reference's client does. That text is only a label inside the caller's own
//! account: the file's name is made here, of the account and a digest of the label. A piece is taken only where the
//! upload ends so far, so that a piece sent twice or uploads that cross give an error and not a wrong package; and in the
//! end the bytes are held against the digest. Unfinished uploads go after a day, and with the sweep.

use std::fs::{self, File};
use std::io::{self, Read as _, Seek as _, SeekFrom, Write as _};
use std::path::{Path, PathBuf};
use std::str::FromStr;
use std::time::Duration;

use md5::{Digest as _, Md5};
use tempfile::TempPath;

use crate::accounts::{Principal, Scope};
use crate::cpu::Pool;
use crate::dock::Dock;
use crate::error::{DockError, Result};
use crate::store::blobs;
use crate::store::people::AccountNumber;

/// Bytes of a piece at most: the client sends one mebibyte, others may send more.
pub const PIECE_BYTES_MAX: u64 = 16 << 20;
/// Unfinished uploads of an account at most.
pub const UPLOADS_MAX: usize = 4;
/// An upload that got no piece for so long is given up.
const IDLE_MAX: Duration = Duration::from_hours(24);
/// Begins the names of all uploads.
const PIECES: &str = "pieces-";
/// Hexadecimal digits of the digests.
const MD5_DIGITS: usize = 32;
const BLAKE3_DIGITS: usize = 64;
/// Bytes hashed at once.
const BUFFER_BYTES: usize = 1 << 16;

/// What its sender calls an upload: the BLAKE3 digest of the whole package in 64 hexadecimal digits, or its MD5 in 32.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UploadLabel(String);

impl UploadLabel {
    /// The digest that the label promises, of these bytes.
    fn digest_of(&self, file: &mut File) -> io::Result<String> {
        if self.0.len() == MD5_DIGITS { md5_of(file) } else { blake3_of(file) }
    }
}

impl FromStr for UploadLabel {
    type Err = DockError;

    fn from_str(text: &str) -> Result<Self> {
        if [MD5_DIGITS, BLAKE3_DIGITS].contains(&text.len())
            && text.bytes().all(|byte| byte.is_ascii_hexdigit())
        {
            return Ok(Self(text.to_ascii_lowercase()));
        }
        Err(bad("an upload is named by the package's MD5 (32 hexadecimal digits) or BLAKE3 (64)"))
    }
}

/// A whole package. It is nobody else's while this lives, and gone afterwards.
#[derive(Debug)]
pub struct Upload {
    path: TempPath,
    _lock: File,
}

impl Upload {
    /// Where it lies.
    pub fn path(&self) -> &Path {
        &self.path
    }
}

impl Dock {
    /// Takes a piece that begins at byte `begin` of an upload of `by`; 0 begins anew. Gives the bytes so far.
    ///
    /// # Errors
    /// [`DockError::BadUpload`] when the piece does not follow, or there is too much; [`DockError::Forbidden`] for those who
    /// may not submit; [`DockError::Busy`] while another request writes to the same upload.
    pub async fn take_piece(
        &self,
        by: &Principal,
        label: &UploadLabel,
        begin: u64,
        piece: Vec<u8>,
    ) -> Result<u64> {
        by.needs(Scope::Submit)?;
        let (blobs, place) = (self.state().blobs.clone(), Place::new(by.account, label));
        let bytes_max = self.state().config.package_bytes_max;
        let take = move || append(&blobs.staging_folder()?, &place, begin, &piece, bytes_max);
        self.state().cpu.run(Pool::Compute, "keeping a piece of a package", take).await?
    }

    /// Bytes of an upload of `by` that are here; `None` when there is none.
    ///
    /// # Errors
    /// [`DockError::Forbidden`] for those who may not submit.
    pub fn upload_length(&self, by: &Principal, label: &UploadLabel) -> Result<Option<u64>> {
        by.needs(Scope::Submit)?;
        let path = self.staging_folder()?.join(Place::new(by.account, label).name);
        Ok(fs::metadata(path).ok().map(|metadata| metadata.len()))
    }

    /// Ends an upload of `by` and gives the package, if it has the digest that it was announced with. Either way the upload is
    /// gone afterwards.
    ///
    /// # Errors
    /// [`DockError::BadUpload`] when there is none or its digest differs.
    pub async fn finish_upload(&self, by: &Principal, label: &UploadLabel) -> Result<Upload> {
        by.needs(Scope::Submit)?;
        let (blobs, place) = (self.state().blobs.clone(), Place::new(by.account, label));
        let label = label.clone();
        let finish = move || {
            let path = blobs.staging_folder()?.join(&place.name);
            let mut file = match open(&path) {
                Err(DockError::Io { source, .. }) if source.kind() == io::ErrorKind::NotFound => {
                    return Err(bad("nothing was uploaded under this digest; send the pieces first"));
                }
                file => file?,
            };
            let upload = TempPath::try_from_path(&path).map_err(DockError::io("keep", &path))?;
            let found = label.digest_of(&mut file).map_err(DockError::io("read", &path))?;
            if found != label.0 {
                return Err(bad(&format!(
                    "the bytes that came have the digest {found}, not {}; send the package again",
                    label.0
                )));
            }
            Ok(Upload { path: upload, _lock: file })
        };
        self.state().cpu.run(Pool::Compute, "putting a package together", finish).await?
    }
}

/// Packages that come in pieces and are not complete.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Unfinished {
    /// How many.
    pub uploads: u64,
    /// Bytes that came so far.
    pub bytes: u64,
}

/// Counts those in the staging folder; none where it can't be read.
pub(crate) fn unfinished(folder: &Path) -> Unfinished {
    let entries = fs::read_dir(folder).into_iter().flatten().filter_map(io::Result::ok);
    let pieces = entries.filter(|entry| entry.file_name().to_string_lossy().starts_with(PIECES));
    pieces.fold(Unfinished::default(), |found, entry| Unfinished {
        uploads: found.uploads + 1,
        bytes: found.bytes + entry.metadata().map_or(0, |metadata| metadata.len()),
    })
}

/// Where the pieces of an upload lie.
struct Place {
    /// Begins the names of all uploads of the account.
    prefix: String,
    name: String,
}

impl Place {
    fn new(account: AccountNumber, label: &UploadLabel) -> Self {
        let prefix = format!("{PIECES}{}-", account.0);
        let name = format!("{prefix}{}", blobs::Digest::of(label.0.as_bytes()));
        Self { prefix, name }
    }
}

fn append(folder: &Path, place: &Place, begin: u64, piece: &[u8], bytes_max: u64) -> Result<u64> {
    let path = folder.join(&place.name);
    if begin == 0 && !path.exists() {
        make_room(folder, &place.prefix)?;
        // A name of its own account; whoever else made it in this moment is the same account, too.
        File::options().create(true).append(true).open(&path).map_err(DockError::io("make", &path))?;
    }
    let mut file = match open(&path) {
        Err(DockError::Io { source, .. }) if source.kind() == io::ErrorKind::NotFound => {
            return Err(bad("there is no such upload; begin with chunk_begin 0"));
        }
        file => file?,
    };
    let failed = |error| DockError::io("write", &path)(error);
    if begin == 0 {
        file.set_len(0).map_err(failed)?;
    }
    let so_far = file.seek(SeekFrom::End(0)).map_err(failed)?;
    if so_far != begin {
        let reason =
            format!("the piece begins at byte {begin}, but {so_far} bytes are here; send what follows them");
        return Err(bad(&reason));
    }
    let length = so_far + piece.len() as u64;
    if length > bytes_max {
        drop(fs::remove_file(&path));
        return Err(bad(&format!("the package has more than {bytes_max} bytes")));
    }
    file.write_all(piece).map_err(failed)?;
    Ok(length)
}

/// Gives up uploads of the account that were forgotten, and refuses one more than it may have.
fn make_room(folder: &Path, prefix: &str) -> Result<()> {
    let mut count = 0;
    let entries = fs::read_dir(folder).map_err(DockError::io("read the folder", folder))?;
    for entry in entries.filter_map(io::Result::ok) {
        if !entry.file_name().to_str().is_some_and(|name| name.starts_with(prefix)) {
            continue;
        }
        let idle = entry.metadata().ok().and_then(|metadata| metadata.modified().ok()?.elapsed().ok());
        if idle.is_some_and(|idle| idle > IDLE_MAX) {
            // Another request may have removed it.
            fs::remove_file(entry.path()).ok();
        } else {
            count += 1;
        }
    }
    if count < UPLOADS_MAX {
        return Ok(());
    }
    Err(bad(&format!("{UPLOADS_MAX} packages of yours are half uploaded; finish one, or wait a day")))
}

/// Opens an upload that nobody else works at; the lock lives as long as the file.
fn open(path: &PathBuf) -> Result<File> {
    let file = File::options().read(true).write(true).open(path).map_err(DockError::io("open", path))?;
    match file.try_lock() {
        Ok(()) => Ok(file),
        Err(fs::TryLockError::WouldBlock) => Err(DockError::Busy { action: "write to this upload" }),
        Err(fs::TryLockError::Error(error)) => Err(DockError::io("lock", path)(error)),
    }
}

fn blake3_of(file: &mut File) -> io::Result<String> {
    file.seek(SeekFrom::Start(0))?;
    let mut hash = blake3::Hasher::new();
    hash.update_reader(file)?;
    Ok(hash.finalize().to_hex().to_string())
}

fn md5_of(file: &mut File) -> io::Result<String> {
    file.seek(SeekFrom::Start(0))?;
    let (mut hash, mut buffer) = (Md5::new(), vec![0; BUFFER_BYTES]);
    loop {
        match file.read(&mut buffer)? {
            0 => break,
            count => hash.update(&buffer[..count]),
        }
    }
    Ok(hash.finalize().iter().fold(String::new(), |text, byte| format!("{text}{byte:02x}")))
}

fn bad(reason: &str) -> DockError {
    DockError::BadUpload { reason: reason.to_owned() }
}
