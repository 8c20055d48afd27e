//! The directory of a zip, judged: every name, size and place, before anything is unpacked.

use std::collections::BTreeSet;

use super::source::Source;
use super::{
    CENTRAL_HEADER, DEFLATED, END_OF_DIRECTORY, ENTRIES_MAX, LOCAL_HEADER, PATH_BYTES_MAX, STORED,
    UNCOMPRESSED_BYTES_MAX, check_name, is_suspicious, over,
};
use crate::error::{PackageError, Result};

/// The directory in bytes at most: as many entries as there may be, of names of 1.5 kB.
const DIRECTORY_BYTES_MAX: u64 = 16 << 20;
const END_BYTES: u64 = 22;
const CENTRAL_BYTES: usize = 46;
const LOCAL_BYTES: usize = 30;
const FLAG_ENCRYPTED: u16 = 1;
const FLAG_SIZES_FOLLOW: u16 = 1 << 3;
const FLAG_STRONG_ENCRYPTION: u16 = 1 << 6;
const FLAG_MASKED_HEADERS: u16 = 1 << 13;
/// Folder that macOS adds to zips; it holds no content.
const MACOS_FOLDER: &str = "__MACOSX/";

/// Where a file's data lies.
#[derive(Debug, Clone, Copy)]
pub(super) struct Entry {
    pub(super) start: u64,
    pub(super) compressed: u64,
    pub(super) size: u64,
    pub(super) checksum: u32,
    pub(super) method: u16,
}

/// An entry as the directory describes it.
pub(super) struct Listed {
    pub(super) name: String,
    pub(super) is_folder: bool,
    header_offset: u64,
    pub(super) entry: Entry,
}

fn short(bytes: &[u8], at: usize) -> u16 {
    u16::from_le_bytes([bytes[at], bytes[at + 1]])
}

fn long(bytes: &[u8], at: usize) -> u32 {
    u32::from_le_bytes([bytes[at], bytes[at + 1], bytes[at + 2], bytes[at + 3]])
}

/// The end record: the last one whose comment ends with the zip. Returns its place and its bytes.
fn end_record(source: &Source) -> Result<(u64, Vec<u8>)> {
    let length = source.length();
    let last = length.checked_sub(END_BYTES).ok_or_else(|| PackageError::archive("it is too short"))?;
    let first = last.saturating_sub(u64::from(u16::MAX));
    let tail = source.bytes(first, length, END_BYTES + u64::from(u16::MAX))?.unwrap_or_default();
    (0..=tail.len() - END_BYTES as usize)
        .rev()
        .find(|&at| {
            tail[at..].starts_with(&END_OF_DIRECTORY)
                && at + END_BYTES as usize + usize::from(short(&tail, at + 20)) == tail.len()
        })
        .map(|at| (first + at as u64, tail[at..].to_vec()))
        .ok_or_else(|| PackageError::archive("it has no directory; is it a zip, and complete?"))
}

/// Reads and judges the directory of a zip: its entries, without a folder that holds everything.
pub(super) fn read(source: &Source) -> Result<Vec<Listed>> {
    let (end, record) = end_record(source)?;
    let count = short(&record, 10);
    if short(&record, 4) != 0 || short(&record, 6) != 0 || short(&record, 8) != count {
        return Err(PackageError::archive("it is one part of several"));
    }
    let (size, start) = (long(&record, 12), long(&record, 16));
    if count == u16::MAX || size == u32::MAX || start == u32::MAX {
        return Err(PackageError::archive("it is in ZIP64 form; packages of allowed size never need that"));
    }
    over("entries", u64::from(count), ENTRIES_MAX)?;
    let start = u64::from(start);
    if start + u64::from(size) != end {
        return Err(PackageError::archive("there is data in front of it or behind its directory"));
    }
    let directory = source.bytes(start, end, DIRECTORY_BYTES_MAX)?.ok_or_else(damaged)?;
    let mut rest = directory.as_slice();
    let mut listed = Vec::with_capacity(usize::from(count));
    for _ in 0..count {
        listed.push(central_entry(&mut rest)?);
    }
    if !rest.is_empty() {
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
        free_from = local_entry(source, item, start)?;
    }
    Ok(strip_top_folder(listed))
}

fn damaged() -> PackageError {
    PackageError::archive("its directory is damaged")
}

/// Reads the entry at the front of `rest` and takes it away.
fn central_entry(rest: &mut &[u8]) -> Result<Listed> {
    let head = *rest;
    if head.len() < CENTRAL_BYTES || !head.starts_with(&CENTRAL_HEADER) {
        return Err(damaged());
    }
    let name_length = usize::from(short(head, 28));
    let length = CENTRAL_BYTES + name_length + usize::from(short(head, 30)) + usize::from(short(head, 32));
    let raw = head
        .get(CENTRAL_BYTES..CENTRAL_BYTES + name_length)
        .filter(|_| head.len() >= length)
        .ok_or_else(damaged)?;
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
    *rest = &head[length..];
    Ok(Listed {
        name: name.to_owned(),
        is_folder,
        header_offset: u64::from(offset),
        entry: Entry {
            start: 0,
            compressed: u64::from(compressed),
            size: u64::from(size),
            checksum: long(head, 16),
            method,
        },
    })
}

/// Compares the local header with the directory, sets where the data starts, returns where it ends.
fn local_entry(source: &Source, item: &mut Listed, end: u64) -> Result<u64> {
    let damaged = || PackageError::entry(&item.name, "has a damaged header");
    let length = LOCAL_BYTES + item.name.len();
    let header_end = item.header_offset + length as u64;
    if header_end > end {
        return Err(damaged());
    }
    let head = source.bytes(item.header_offset, header_end, length as u64)?.ok_or_else(damaged)?;
    if !head.starts_with(&LOCAL_HEADER) {
        return Err(damaged());
    }
    if usize::from(short(&head, 26)) != item.name.len() || &head[LOCAL_BYTES..] != item.name.as_bytes() {
        return Err(PackageError::entry(&item.name, "has another name in its own header"));
    }
    let data = length + usize::from(short(&head, 28));
    let flags = short(&head, 6);
    let entry = &mut item.entry;
    let agree = |found: u32, wanted: u64| found == u32::MAX || u64::from(found) == wanted;
    if short(&head, 8) != entry.method
        || flags & FLAG_ENCRYPTED != 0
        || (flags & FLAG_SIZES_FOLLOW == 0
            && !(agree(long(&head, 18), entry.compressed) && agree(long(&head, 22), entry.size)))
    {
        return Err(PackageError::entry(&item.name, "is described differently in its own header"));
    }
    entry.start = item.header_offset + data as u64;
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
        if is_suspicious(entry.size, entry.compressed) {
            return Err(PackageError::entry(
                name,
                format!("is {} times larger than its compressed form", entry.size / entry.compressed.max(1)),
            ));
        }
        if entry.method == STORED && entry.size != entry.compressed {
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
