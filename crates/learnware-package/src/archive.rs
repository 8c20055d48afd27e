//! Zip files from strangers: opened with limits, and written so that the same content gives the same bytes.
//!
//! The reader is strict on purpose. A zip that two programs could read differently (duplicate names, a
//! local header that contradicts the directory, data in front, overlapping entries) is refused, and so are
//! links, encryption, ZIP64 and every method but *stored* and *deflated*. Sizes that the file declares are
//! only used to refuse early: while unpacking, the bytes are counted and the checksum is compared.
//! It does not know what the files mean; see [`crate::manifest`].

use std::collections::{BTreeMap, BTreeSet};
use std::io::Read;
use std::path::Path;

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
const END_BYTES: usize = 22;
const CENTRAL_BYTES: usize = 46;
const LOCAL_BYTES: usize = 30;
const FLAG_ENCRYPTED: u16 = 1;
const FLAG_SIZES_FOLLOW: u16 = 1 << 3;
const FLAG_STRONG_ENCRYPTION: u16 = 1 << 6;
const FLAG_MASKED_HEADERS: u16 = 1 << 13;
const STORED: u16 = 0;
const DEFLATED: u16 = 8;
/// Folder that macOS adds to zips; it holds no content.
const MACOS_FOLDER: &str = "__MACOSX/";

/// An opened zip whose every name and size has been judged.
#[derive(Debug, Clone)]
pub struct Archive {
    bytes: Vec<u8>,
    files: BTreeMap<String, Entry>,
}

/// Where a file's data lies.
#[derive(Debug, Clone, Copy)]
struct Entry {
    start: usize,
    compressed: usize,
    size: u64,
    checksum: u32,
    method: u16,
}

/// An entry as the directory of the zip describes it.
struct Listed {
    name: String,
    is_folder: bool,
    header_offset: usize,
    entry: Entry,
}

impl Archive {
    /// Opens the zip in `bytes`. A folder that holds everything is taken away from the names, whether it has
    /// an entry of its own or not.
    pub fn from_bytes(bytes: Vec<u8>) -> Result<Self> {
        over("bytes of the zip file", bytes.len() as u64, COMPRESSED_BYTES_MAX)?;
        let listed = directory(&bytes)?;
        let mut files = BTreeMap::new();
        for Listed { name, is_folder, entry, .. } in strip_top_folder(listed) {
            if !is_folder {
                files.insert(name, entry);
            }
        }
        Ok(Self { bytes, files })
    }

    /// Opens the zip file at `path`.
    pub fn open(path: &Path) -> Result<Self> {
        let file = std::fs::File::open(path).map_err(PackageError::file(path))?;
        let mut bytes = Vec::new();
        file.take(COMPRESSED_BYTES_MAX + 1).read_to_end(&mut bytes).map_err(PackageError::file(path))?;
        Self::from_bytes(bytes)
    }

    /// The zip file itself.
    pub fn bytes(&self) -> &[u8] {
        &self.bytes
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
        let data = &self.bytes[entry.start..entry.start + entry.compressed];
        // One byte more than declared is enough to see that there is more.
        let mut content = Vec::with_capacity(entry.size.min(1 << 20) as usize);
        let read = if entry.method == STORED {
            data.take(entry.size + 1).read_to_end(&mut content)
        } else {
            flate2::read::DeflateDecoder::new(data).take(entry.size + 1).read_to_end(&mut content)
        };
        read.map_err(|error| PackageError::entry(name, format!("is damaged: {error}")))?;
        if content.len() as u64 != entry.size {
            return Err(PackageError::entry(name, "has another size than the zip declares"));
        }
        if crc32fast::hash(&content) != entry.checksum {
            return Err(PackageError::entry(name, "is damaged: its checksum is wrong"));
        }
        Ok(content)
    }

    /// Unpacks everything into `folder`, which must be empty or absent. Files are made new, never opened, so
    /// nothing that exists can be changed.
    pub fn extract(&self, folder: &Path) -> Result<()> {
        std::fs::create_dir_all(folder).map_err(PackageError::file(folder))?;
        if std::fs::read_dir(folder).map_err(PackageError::file(folder))?.next().is_some() {
            return Err(PackageError::archive(format!("{} is not empty", folder.display())));
        }
        for name in self.files.keys() {
            let path = folder.join(name);
            let content = self.read(name, UNCOMPRESSED_BYTES_MAX)?;
            if let Some(parent) = path.parent() {
                std::fs::create_dir_all(parent).map_err(PackageError::file(parent))?;
            }
            let mut file = std::fs::File::create_new(&path).map_err(PackageError::file(&path))?;
            std::io::Write::write_all(&mut file, &content).map_err(PackageError::file(&path))?;
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

fn short(bytes: &[u8], at: usize) -> u16 {
    u16::from_le_bytes([bytes[at], bytes[at + 1]])
}

fn long(bytes: &[u8], at: usize) -> u32 {
    u32::from_le_bytes([bytes[at], bytes[at + 1], bytes[at + 2], bytes[at + 3]])
}

/// Finds the end record: the last one whose comment ends with the file.
fn end_record(bytes: &[u8]) -> Result<usize> {
    let last = bytes.len().checked_sub(END_BYTES).ok_or_else(|| PackageError::archive("it is too short"))?;
    let first = last.saturating_sub(usize::from(u16::MAX));
    (first..=last)
        .rev()
        .find(|&at| {
            bytes[at..].starts_with(&END_OF_DIRECTORY)
                && at + END_BYTES + usize::from(short(bytes, at + 20)) == bytes.len()
        })
        .ok_or_else(|| PackageError::archive("it has no directory; is it a zip, and complete?"))
}

/// Reads and judges the directory.
fn directory(bytes: &[u8]) -> Result<Vec<Listed>> {
    let end = end_record(bytes)?;
    let count = short(bytes, end + 10);
    if short(bytes, end + 4) != 0 || short(bytes, end + 6) != 0 || short(bytes, end + 8) != count {
        return Err(PackageError::archive("it is one part of several"));
    }
    let (size, start) = (long(bytes, end + 12), long(bytes, end + 16));
    if count == u16::MAX || size == u32::MAX || start == u32::MAX {
        return Err(PackageError::archive("it is in ZIP64 form; packages of allowed size never need that"));
    }
    over("entries", u64::from(count), ENTRIES_MAX)?;
    if start as usize + size as usize != end {
        return Err(PackageError::archive("there is data in front of it or behind its directory"));
    }
    let mut at = start as usize;
    let mut listed = Vec::with_capacity(usize::from(count));
    for _ in 0..count {
        listed.push(central_entry(bytes, &mut at, end)?);
    }
    if at != end {
        return Err(PackageError::archive("its directory is longer than it says"));
    }
    judge_sizes(&listed)?;
    judge_names(&listed)?;
    let mut by_place: Vec<&mut Listed> = listed.iter_mut().collect();
    by_place.sort_by_key(|item| item.header_offset);
    let mut free_from = 0;
    for item in by_place {
        if item.header_offset < free_from {
            return Err(PackageError::entry(&item.name, "lies over another entry"));
        }
        free_from = local_entry(bytes, item, start as usize)?;
    }
    Ok(listed)
}

fn central_entry(bytes: &[u8], at: &mut usize, end: usize) -> Result<Listed> {
    let head = bytes
        .get(*at..end)
        .filter(|rest| rest.len() >= CENTRAL_BYTES && rest.starts_with(&CENTRAL_HEADER))
        .ok_or_else(|| PackageError::archive("its directory is damaged"))?;
    let name_length = usize::from(short(head, 28));
    let length = CENTRAL_BYTES + name_length + usize::from(short(head, 30)) + usize::from(short(head, 32));
    let raw = head
        .get(CENTRAL_BYTES..CENTRAL_BYTES + name_length)
        .filter(|_| head.len() >= length)
        .ok_or_else(|| PackageError::archive("its directory is damaged"))?;
    over("bytes of a name", raw.len() as u64, PATH_BYTES_MAX)?;
    let name = std::str::from_utf8(raw).map_err(|_| {
        PackageError::entry(&String::from_utf8_lossy(raw), "has a name that is not in UTF-8; rename it")
    })?;
    let flags = short(head, 8);
    if flags & (FLAG_ENCRYPTED | FLAG_STRONG_ENCRYPTION | FLAG_MASKED_HEADERS) != 0 {
        return Err(PackageError::entry(name, "is encrypted"));
    }
    let method = short(head, 10);
    if method != STORED && method != DEFLATED {
        return Err(PackageError::entry(name, format!("uses compression method {method}; use deflate")));
    }
    let (compressed, size, offset) = (long(head, 20), long(head, 24), long(head, 42));
    if [compressed, size, offset].contains(&u32::MAX) {
        return Err(PackageError::entry(name, "is in ZIP64 form"));
    }
    let kind = (long(head, 38) >> 16) & 0o170_000;
    let is_folder = name.ends_with('/');
    match (kind, is_folder) {
        (0, _) | (0o100_000, false) | (0o040_000, true) => {}
        (0o120_000, _) => return Err(PackageError::entry(name, "is a link")),
        _ => return Err(PackageError::entry(name, "is neither a file nor a folder")),
    }
    if is_folder && size != 0 {
        return Err(PackageError::entry(name, "is a folder with content"));
    }
    *at += length;
    Ok(Listed {
        name: name.to_owned(),
        is_folder,
        header_offset: offset as usize,
        entry: Entry {
            start: 0,
            compressed: compressed as usize,
            size: u64::from(size),
            checksum: long(head, 16),
            method,
        },
    })
}

/// Compares the local header with the directory, sets where the data starts, returns where it ends.
fn local_entry(bytes: &[u8], item: &mut Listed, end: usize) -> Result<usize> {
    let damaged = || PackageError::entry(&item.name, "has a damaged header");
    let head = bytes
        .get(item.header_offset..end)
        .filter(|rest| rest.len() >= LOCAL_BYTES && rest.starts_with(&LOCAL_HEADER))
        .ok_or_else(damaged)?;
    let name_length = usize::from(short(head, 26));
    let data = LOCAL_BYTES + name_length + usize::from(short(head, 28));
    if head.get(LOCAL_BYTES..LOCAL_BYTES + name_length) != Some(item.name.as_bytes()) {
        return Err(PackageError::entry(&item.name, "has another name in its own header"));
    }
    let flags = short(head, 6);
    let entry = &mut item.entry;
    let agree = |found: u32, wanted: u64| found == u32::MAX || u64::from(found) == wanted;
    if short(head, 8) != entry.method
        || flags & FLAG_ENCRYPTED != 0
        || (flags & FLAG_SIZES_FOLLOW == 0
            && !(agree(long(head, 18), entry.compressed as u64) && agree(long(head, 22), entry.size)))
    {
        return Err(PackageError::entry(&item.name, "is described differently in its own header"));
    }
    entry.start = item.header_offset + data;
    let data_end = entry.start + entry.compressed;
    if data_end > end {
        return Err(damaged());
    }
    Ok(data_end)
}

fn judge_sizes(listed: &[Listed]) -> Result<()> {
    let total = listed.iter().map(|item| item.entry.size).sum();
    over("bytes of all files together", total, UNCOMPRESSED_BYTES_MAX)?;
    for Listed { name, entry, .. } in listed {
        if is_suspicious(entry.size, entry.compressed as u64) {
            return Err(PackageError::entry(
                name,
                format!(
                    "is {} times larger than its compressed form",
                    entry.size / (entry.compressed as u64).max(1)
                ),
            ));
        }
        if entry.method == STORED && entry.size != entry.compressed as u64 {
            return Err(PackageError::entry(name, "has two different sizes"));
        }
    }
    Ok(())
}

fn judge_names(listed: &[Listed]) -> Result<()> {
    let mut seen = BTreeSet::new();
    let mut files = BTreeSet::new();
    for Listed { name, is_folder, .. } in listed {
        let path = name.strip_suffix('/').unwrap_or(name);
        check_name(path)?;
        let folded = path.to_lowercase();
        if !seen.insert(folded.clone()) {
            return Err(PackageError::entry(name, "appears twice (upper and lower case count as the same)"));
        }
        if !is_folder {
            files.insert(folded);
        }
    }
    for Listed { name, .. } in listed {
        let folded = name.to_lowercase();
        let mut parents = folded.match_indices('/').map(|(at, _)| &folded[..at]);
        if !folded.ends_with('/') && parents.any(|parent| files.contains(parent)) {
            return Err(PackageError::entry(name, "lies in a folder that is also a file"));
        }
    }
    Ok(())
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

/// Takes away the one folder that holds everything, and what macOS adds beside it.
fn strip_top_folder(mut listed: Vec<Listed>) -> Vec<Listed> {
    listed.retain(|item| !item.name.starts_with(MACOS_FOLDER) && item.name != ".DS_Store");
    let Some(top) =
        listed.first().and_then(|item| item.name.split_once('/')).map(|(top, _)| format!("{top}/"))
    else {
        return listed;
    };
    if listed.iter().all(|item| item.name.starts_with(&top)) {
        for item in &mut listed {
            item.name.drain(..top.len());
        }
        listed.retain(|item| !item.name.is_empty());
    }
    listed
}
