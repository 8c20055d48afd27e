//! A zip whose files are stored as they are, in memory: its directory is read, nothing is unpacked.

use std::collections::BTreeMap;

use super::bad;
use crate::error::Result;

/// Files at most; a parameter vector has about five.
const FILES_MAX: usize = 64;
/// Bytes that the record at a zip's end has without comment.
const END_BYTES: usize = 22;
const END_MARK: &[u8] = b"PK\x05\x06";
const ENTRY_MARK: &[u8] = b"PK\x01\x02";
const LOCAL_MARK: &[u8] = b"PK\x03\x04";
const ENTRY_BYTES: usize = 46;
const LOCAL_BYTES: usize = 30;
/// The longest comment after the record.
const COMMENT_MAX: usize = u16::MAX as usize;
/// What stands for a size that is told elsewhere.
const ELSEWHERE: usize = u32::MAX as usize;

/// The files of a zip by their names without the folder that all lie in.
pub(super) struct Zip<'a> {
    files: BTreeMap<String, &'a [u8]>,
}

impl<'a> Zip<'a> {
    /// Reads the directory.
    pub(super) fn open(bytes: &'a [u8]) -> Result<Self> {
        let end = end(bytes)?;
        let (count, size, start) = (two(bytes, end + 10)?, four(bytes, end + 12)?, four(bytes, end + 16)?);
        if [count, size, start].contains(&ELSEWHERE) || count == usize::from(u16::MAX) {
            return Err(bad("it is larger than 4 GB".into()));
        }
        if count > FILES_MAX {
            return Err(bad(format!("it holds {count} files; {FILES_MAX} are read at most")));
        }
        if start.checked_add(size).is_none_or(|directory_end| directory_end > end) {
            return Err(bad("its directory lies outside of it".into()));
        }
        let (mut files, mut at) = (BTreeMap::new(), start);
        for _ in 0..count {
            let (name, content, next) = entry(bytes, at)?;
            let short = name.split_once('/').map_or(name.as_str(), |(_, rest)| rest).to_owned();
            if files.insert(short, content).is_some() {
                return Err(bad(format!("it has the file {name} twice")));
            }
            at = next;
        }
        Ok(Self { files })
    }

    /// The content of a file.
    pub(super) fn get(&self, name: &str) -> Option<&'a [u8]> {
        self.files.get(name).copied()
    }
}

/// Where the record at the end begins.
fn end(bytes: &[u8]) -> Result<usize> {
    let last = bytes.len().checked_sub(END_BYTES).ok_or_else(|| bad("it is too short for a zip".into()))?;
    let first = last.saturating_sub(COMMENT_MAX);
    (first..=last)
        .rev()
        .find(|&at| bytes[at..].starts_with(END_MARK))
        .ok_or_else(|| bad("it is no zip, or was cut off; files of torch before 1.6 are not read".into()))
}

/// Name and content of the file whose entry of the directory is at `at`, and where the next entry is.
fn entry(bytes: &[u8], at: usize) -> Result<(String, &[u8], usize)> {
    if !slice(bytes, at, 4)?.starts_with(ENTRY_MARK) {
        return Err(bad("its directory is broken".into()));
    }
    let (flags, method) = (two(bytes, at + 8)?, two(bytes, at + 10)?);
    let (packed, size) = (four(bytes, at + 20)?, four(bytes, at + 24)?);
    let lengths = [two(bytes, at + 28)?, two(bytes, at + 30)?, two(bytes, at + 32)?];
    let local = four(bytes, at + 42)?;
    let name = slice(bytes, at + ENTRY_BYTES, lengths[0])?;
    let name = String::from_utf8(name.to_vec()).map_err(|_| bad("a file's name is not UTF-8".into()))?;
    if method != 0 || packed != size {
        return Err(bad(format!("{name} is compressed; torch compresses nothing")));
    }
    if flags & 1 != 0 {
        return Err(bad(format!("{name} is encrypted")));
    }
    if size == ELSEWHERE || local == ELSEWHERE {
        return Err(bad("it is larger than 4 GB".into()));
    }
    if !slice(bytes, local, 4)?.starts_with(LOCAL_MARK) {
        return Err(bad(format!("{name} is not where the directory says")));
    }
    let skipped = LOCAL_BYTES + two(bytes, local + 26)? + two(bytes, local + 28)?;
    let content = slice(bytes, local.saturating_add(skipped), size)?;
    Ok((name, content, at + ENTRY_BYTES + lengths.iter().sum::<usize>()))
}

fn slice(bytes: &[u8], at: usize, length: usize) -> Result<&[u8]> {
    let end = at.checked_add(length);
    end.and_then(|end| bytes.get(at..end)).ok_or_else(|| bad("a size in it reaches past its end".into()))
}

fn two(bytes: &[u8], at: usize) -> Result<usize> {
    slice(bytes, at, 2).map(|bytes| usize::from(bytes[0]) | usize::from(bytes[1]) << 8)
}

fn four(bytes: &[u8], at: usize) -> Result<usize> {
    Ok(two(bytes, at)? | two(bytes, at + 2)? << 16)
}
