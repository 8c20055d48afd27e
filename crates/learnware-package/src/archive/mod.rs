//! Zip files from strangers: opened with limits, and written so that the same content gives the same bytes.
//!
//! The reader is strict on purpose. A zip that two programs could read differently (duplicate names, a
//! local header that contradicts the directory, data in front, overlapping entries) is refused, and so are
//! links, encryption, ZIP64 and every method but *stored* and *deflated*. Sizes that the file declares are
//! only used to refuse early: while unpacking, the bytes are counted and the checksum is compared.
//! It does not know what the files mean; see [`crate::manifest`].

mod directory;
mod source;

use std::collections::BTreeMap;
use std::fs::File;
use std::io::{ErrorKind, Read, Write as _};
use std::path::Path;

use directory::{Entry, Listed};
use source::Source;

use crate::error::{PackageError, Result};

/// The whole zip file in bytes at most; the upload limit of the reference.
pub const COMPRESSED_BYTES_MAX: u64 = 1 << 30;
/// All files together in bytes at most; a large model is below a gigabyte.
pub const UNCOMPRESSED_BYTES_MAX: u64 = 4 << 30;
/// How many times larger than its compressed form an entry may be, beyond [`RATIO_FREE_BYTES`]. Model files
/// and JSON reach 20; deflate itself ends at 1032.
pub const RATIO_MAX: u64 = 200;
/// Entries up to this size in bytes may have any ratio: they can do no harm.
pub const RATIO_FREE_BYTES: u64 = 4 << 20;
/// Entries at most.
pub const ENTRIES_MAX: u64 = 10_000;
/// Length of a name in bytes at most; file systems allow 255 for one part.
pub const PATH_BYTES_MAX: u64 = 512;
/// Length of one part of a name in bytes at most.
pub const PATH_PART_BYTES_MAX: u64 = 255;
/// Nested folders at most.
pub const DEPTH_MAX: u64 = 24;

const LOCAL_HEADER: [u8; 4] = *b"PK\x03\x04";
const CENTRAL_HEADER: [u8; 4] = *b"PK\x01\x02";
const END_OF_DIRECTORY: [u8; 4] = *b"PK\x05\x06";
const STORED: u16 = 0;
const DEFLATED: u16 = 8;
/// Bytes unpacked at a time.
const PIECE_BYTES: usize = 64 << 10;

/// An opened zip whose every name and size has been judged. Its bytes stay where they are: a file is read piece by
/// piece.
#[derive(Debug, Clone)]
pub struct Archive {
    source: Source,
    files: BTreeMap<String, Entry>,
}

impl Archive {
    /// Opens the zip in `bytes`. A folder that holds everything is taken away from the names, whether it has
    /// an entry of its own or not.
    pub fn from_bytes(bytes: Vec<u8>) -> Result<Self> {
        Self::new(Source::Memory(bytes.into()))
    }

    /// Opens the zip file at `path`, which stays open.
    pub fn open(path: &Path) -> Result<Self> {
        Self::new(Source::open(path)?)
    }

    fn new(source: Source) -> Result<Self> {
        over("bytes of the zip file", source.length(), COMPRESSED_BYTES_MAX)?;
        let mut files = BTreeMap::new();
        for Listed { name, is_folder, entry, .. } in directory::read(&source)? {
            if !is_folder {
                files.insert(name, entry);
            }
        }
        Ok(Self { source, files })
    }

    /// BLAKE3 of the zip file.
    pub fn digest(&self) -> Result<blake3::Hash> {
        let mut hasher = blake3::Hasher::new();
        let all = self.source.part(0, self.source.length());
        hasher.update_reader(all).map_err(|error| self.source.failed(error))?;
        Ok(hasher.finalize())
    }

    /// Names of the files in order, without folders.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        self.files.keys().map(String::as_str)
    }

    /// Whether there is a file of that name.
    pub fn contains(&self, name: &str) -> bool {
        self.files.contains_key(name)
    }

    /// All files together, in bytes.
    pub fn uncompressed_bytes(&self) -> u64 {
        self.files.values().map(|entry| entry.size).sum()
    }

    /// Unpacks one file of at most `size_bytes_max`.
    pub fn read(&self, name: &str, size_bytes_max: u64) -> Result<Vec<u8>> {
        let entry = self.files.get(name).ok_or_else(|| PackageError::Missing { name: name.to_owned() })?;
        if entry.size > size_bytes_max {
            return Err(PackageError::entry(
                name,
                format!("has {} bytes; at most {size_bytes_max} are allowed for it", entry.size),
            ));
        }
        let mut content = Vec::with_capacity(entry.size.min(1 << 20) as usize);
        self.unpack(name, entry, |piece| {
            content.extend_from_slice(piece);
            Ok(())
        })?;
        Ok(content)
    }

    /// Unpacks everything into `folder`, which must be empty or absent. Files are made new, never opened, so
    /// nothing that exists can be changed.
    pub fn extract(&self, folder: &Path) -> Result<()> {
        std::fs::create_dir_all(folder).map_err(PackageError::file(folder))?;
        if std::fs::read_dir(folder).map_err(PackageError::file(folder))?.next().is_some() {
            return Err(PackageError::archive(format!("{} is not empty", folder.display())));
        }
        for (name, entry) in &self.files {
            let path = folder.join(name);
            if let Some(parent) = path.parent() {
                std::fs::create_dir_all(parent).map_err(PackageError::file(parent))?;
            }
            let mut file = File::create_new(&path).map_err(PackageError::file(&path))?;
            self.unpack(name, entry, |piece| file.write_all(piece).map_err(PackageError::file(&path)))?;
        }
        Ok(())
    }

    /// Hands out the content of an entry piece by piece, which is what it should be only when this returns.
    fn unpack(&self, name: &str, entry: &Entry, mut take: impl FnMut(&[u8]) -> Result<()>) -> Result<()> {
        let packed = self.source.part(entry.start, entry.compressed);
        let mut reader: Box<dyn Read> = match entry.method {
            STORED => Box::new(packed),
            _ => Box::new(flate2::read::DeflateDecoder::new(packed)),
        };
        let mut piece = vec![0; PIECE_BYTES];
        let (mut size, mut checksum) = (0, crc32fast::Hasher::new());
        loop {
            let read = reader.read(&mut piece).map_err(|error| match error.kind() {
                ErrorKind::InvalidInput | ErrorKind::InvalidData | ErrorKind::UnexpectedEof => {
                    PackageError::entry(name, format!("is damaged: {error}"))
                }
                _ => self.source.failed(error),
            })?;
            size += read as u64;
            if size > entry.size || (read == 0 && size < entry.size) {
                return Err(PackageError::entry(name, "has another size than the zip declares"));
            }
            if read == 0 {
                break;
            }
            checksum.update(&piece[..read]);
            take(&piece[..read])?;
        }
        if checksum.finalize() != entry.checksum {
            return Err(PackageError::entry(name, "is damaged: its checksum is wrong"));
        }
        Ok(())
    }
}

/// Writes a zip. The names are sorted and the times fixed, so the same files give the same bytes.
pub fn write(files: &BTreeMap<String, Vec<u8>>) -> Result<Vec<u8>> {
    over("entries", files.len() as u64, ENTRIES_MAX)?;
    let mut bytes = Vec::new();
    let mut directory = Vec::new();
    for (name, content) in files {
        check_name(name)?;
        over("bytes of the files", bytes.len() as u64 + content.len() as u64, COMPRESSED_BYTES_MAX)?;
        let offset = bytes.len() as u32;
        let mut packed = Vec::new();
        flate2::read::DeflateEncoder::new(content.as_slice(), flate2::Compression::new(6))
            .read_to_end(&mut packed)
            .map_err(|error| PackageError::entry(name, error.to_string()))?;
        // A ratio that our own reader would refuse is avoided by not compressing.
        let deflate =
            packed.len() < content.len() && !is_suspicious(content.len() as u64, packed.len() as u64);
        let (method, data) =
            if deflate { (DEFLATED, packed.as_slice()) } else { (STORED, content.as_slice()) };
        let mut common = Vec::new();
        let flags: u16 = if name.is_ascii() { 0 } else { 1 << 11 };
        // 1980-01-01 00:00, the first time that a zip can say.
        for value in [20, flags, method, 0, 0x21] {
            common.extend_from_slice(&u16::to_le_bytes(value));
        }
        for value in [crc32fast::hash(content), data.len() as u32, content.len() as u32] {
            common.extend_from_slice(&value.to_le_bytes());
        }
        common.extend_from_slice(&(name.len() as u16).to_le_bytes());
        common.extend_from_slice(&[0, 0]);
        bytes.extend_from_slice(&LOCAL_HEADER);
        bytes.extend_from_slice(&common);
        bytes.extend_from_slice(name.as_bytes());
        bytes.extend_from_slice(data);
        directory.extend_from_slice(&CENTRAL_HEADER);
        directory.extend_from_slice(&[20, 3]);
        directory.extend_from_slice(&common);
        directory.extend_from_slice(&[0; 6]);
        directory.extend_from_slice(&(0o100_644_u32 << 16).to_le_bytes());
        directory.extend_from_slice(&offset.to_le_bytes());
        directory.extend_from_slice(name.as_bytes());
    }
    let start = bytes.len() as u32;
    bytes.extend_from_slice(&directory);
    bytes.extend_from_slice(&END_OF_DIRECTORY);
    bytes.extend_from_slice(&[0; 4]);
    for _ in 0..2 {
        bytes.extend_from_slice(&(files.len() as u16).to_le_bytes());
    }
    bytes.extend_from_slice(&(directory.len() as u32).to_le_bytes());
    bytes.extend_from_slice(&start.to_le_bytes());
    bytes.extend_from_slice(&[0, 0]);
    over("bytes of the zip file", bytes.len() as u64, COMPRESSED_BYTES_MAX)?;
    Ok(bytes)
}

fn over(what: &'static str, found: u64, allowed: u64) -> Result<()> {
    if found > allowed { Err(PackageError::OverLimit { what, found, allowed }) } else { Ok(()) }
}

fn is_suspicious(size: u64, compressed: u64) -> bool {
    size > RATIO_FREE_BYTES && size / compressed.max(1) > RATIO_MAX
}

/// Refuses names that could leave the folder they are unpacked into, or that systems read differently.
pub(crate) fn check_name(name: &str) -> Result<()> {
    let refuse = |reason: &str| Err(PackageError::entry(name, reason));
    if name.is_empty() {
        return refuse("has no name");
    }
    over("bytes of a name", name.len() as u64, PATH_BYTES_MAX)?;
    if name.starts_with('/') {
        return refuse("has an absolute path");
    }
    if name.contains('\\') {
        return refuse("has a backslash in its name");
    }
    if name.contains(':') || name.chars().any(char::is_control) {
        return refuse("has a colon or a control character in its name");
    }
    over("nested folders", name.matches('/').count() as u64, DEPTH_MAX)?;
    for part in name.split('/') {
        match part {
            "" => return refuse("has an empty part in its name"),
            "." | ".." => return refuse("has `.` or `..` in its name"),
            _ if part.len() as u64 > PATH_PART_BYTES_MAX => return refuse("has too long a part in its name"),
            _ if part.ends_with(['.', ' ']) => return refuse("has a part that ends with a dot or a space"),
            _ => {}
        }
    }
    Ok(())
}
