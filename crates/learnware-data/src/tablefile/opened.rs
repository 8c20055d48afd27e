//! Text files opened: their encoding is known, and what is no text is refused.

use std::borrow::Cow;
use std::io::{self, BufReader, Read, Seek as _, SeekFrom};
use std::path::Path;

use super::{Result, TableFileError};
use crate::charset::{self, Charset, NotDecoded};
use crate::files::Location;
use crate::said::{Said, said};

/// Bytes looked at to find separator and encoding.
const BYTES_SNIFFED: u64 = 1 << 20;
/// Bytes that are read at once.
pub(super) const BUFFER_BYTES: usize = 1 << 16;

/// A file as UTF-8.
pub(super) type Text = BufReader<Box<dyn Read + Send>>;

/// The first characters of a file.
pub(super) struct Head {
    pub(super) text: String,
    /// Whether they are in another encoding, but hold more than ASCII and are sound UTF-8.
    is_utf8_too: bool,
}

/// Opens the file after its byte order mark and so many bytes of UTF-8 more, and its first characters.
pub(super) fn open(at: Location<'_>, said: Option<Charset>, skipped: u64) -> Result<(Text, Head)> {
    let (path, unreadable) = (at.path, |source| at.unreadable(source));
    let mut file = at.open()?;
    let mut bytes = Vec::new();
    file.by_ref().take(BYTES_SNIFFED).read_to_end(&mut bytes).map_err(unreadable)?;
    let whole = (bytes.len() as u64) < BYTES_SNIFFED;
    let (charset, mark) = Charset::of(&bytes, said);
    refuse_binary(path, &bytes, charset)?;
    let content = &bytes[mark..];
    let text = charset.looked_at(content);
    if whole && text.trim().is_empty() {
        return Err(TableFileError::Empty(path.into()));
    }
    let sound = match std::str::from_utf8(content) {
        Ok(_) => true,
        // The last character may be cut off.
        Err(error) => !whole && error.error_len().is_none(),
    };
    let is_utf8_too = mark == 0 && !charset.is_utf8() && sound && !content.is_ascii();
    let head = Head { text, is_utf8_too };
    let start = mark as u64 + if charset.is_utf8() { skipped } else { 0 };
    file.seek(SeekFrom::Start(start)).map_err(unreadable)?;
    if charset.is_utf8() {
        return Ok((BufReader::with_capacity(BUFFER_BYTES, Box::new(file)), head));
    }
    let mut decoding = charset.decoding(BufReader::with_capacity(BUFFER_BYTES, file));
    io::copy(&mut decoding.by_ref().take(skipped), &mut io::sink())
        .map_err(|error| NotDecoded::of(path, &error).unwrap_or_else(|| unreadable(error)))?;
    Ok((BufReader::with_capacity(BUFFER_BYTES, Box::new(decoding)), head))
}

/// Says so when a text that is read in another encoding could as well be UTF-8.
pub(super) fn contradiction(head: &Head, said: Option<Charset>) -> Option<Said> {
    let charset = said.filter(|said| !said.is_utf8() && head.is_utf8_too)?;
    Some(said!(
        "charset-utf8",
        "the text is sound UTF-8 as well; it is read as {charset}, as you said",
        charset = charset.name()
    ))
}

/// The text without its byte order mark.
pub fn text<'a>(path: &Path, bytes: &'a [u8], said: Option<Charset>) -> Result<Cow<'a, str>> {
    let (charset, mark) = Charset::of(bytes, said);
    refuse_binary(path, bytes, charset)?;
    let bytes = &bytes[mark..];
    if !charset.is_utf8() {
        return charset::decoded(path, bytes, charset);
    }
    std::str::from_utf8(bytes).map(Cow::Borrowed).map_err(|error| {
        let line = 1 + newlines(&bytes[..error.valid_up_to()]);
        TableFileError::NotUtf8 { path: path.into(), line }
    })
}

/// Refuses what is no text.
fn refuse_binary(path: &Path, bytes: &[u8], charset: Charset) -> Result<()> {
    if !charset.has_zeros() && bytes.iter().take(8192).any(|&byte| byte == 0) {
        return Err(TableFileError::Binary(path.into()));
    }
    Ok(())
}

/// How many lines end in the bytes.
pub(super) fn newlines(bytes: &[u8]) -> usize {
    bytes.split(|&byte| byte == b'\n').count() - 1
}
