//! How text is encoded: by its byte order mark, by what a person says, and else UTF-8. Nothing is guessed, and a byte that
//! does not fit is an error with its line, never another character.

use std::borrow::Cow;
use std::io::{self, BufRead, Read};
use std::path::Path;
use std::str::FromStr;

use encoding_rs::{Decoder, DecoderResult, Encoding};

use crate::tablefile::TableFileError;

/// Bytes of UTF-8 that are made at once.
const DECODED_BYTES: usize = 1 << 14;

/// An encoding, by any label of the WHATWG's Encoding Standard: gb18030, gbk, big5, utf-16le, windows-1252, ...
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Charset(&'static Encoding);

impl Charset {
    /// Its name.
    pub fn name(self) -> &'static str {
        self.0.name()
    }

    /// Whether it is what is read without anything said.
    pub(crate) fn is_utf8(self) -> bool {
        self.0 == encoding_rs::UTF_8
    }

    /// Whether characters are units of two bytes, some of which are zero.
    pub(crate) fn has_zeros(self) -> bool {
        self.0 == encoding_rs::UTF_16LE || self.0 == encoding_rs::UTF_16BE
    }

    /// The encoding of bytes and the length of their mark: as the mark says, else as a person says, else UTF-8.
    pub(crate) fn of(bytes: &[u8], said: Option<Self>) -> (Self, usize) {
        let marked = Encoding::for_bom(bytes).map(|(encoding, length)| (Self(encoding), length));
        marked.unwrap_or((said.unwrap_or(Self(encoding_rs::UTF_8)), 0))
    }

    /// The beginning of a text, for a look at it: what does not fit is shown as a mark.
    pub(crate) fn looked_at(self, bytes: &[u8]) -> String {
        self.0.decode_without_bom_handling(bytes).0.into_owned()
    }

    /// Reads the text as UTF-8.
    pub(crate) fn decoding<R: BufRead>(self, source: R) -> Decoding<R> {
        Decoding {
            charset: self,
            decoder: self.0.new_decoder_without_bom_handling(),
            source,
            decoded: vec![0; DECODED_BYTES],
            ready: 0..0,
            line: 1,
            has_ended: false,
        }
    }
}

impl FromStr for Charset {
    type Err = String;

    fn from_str(label: &str) -> Result<Self, String> {
        Encoding::for_label(label.as_bytes()).map(Self).ok_or_else(|| {
            format!("{label:?} is no encoding; usual ones are utf-8, gb18030, utf-16le, big5, shift_jis, windows-1252")
        })
    }
}

/// Bytes that are not of the encoding.
#[derive(Debug, thiserror::Error)]
#[error("line {line}: the text is not {charset}")]
pub(crate) struct NotDecoded {
    line: usize,
    charset: &'static str,
}

impl NotDecoded {
    /// The refusal of a file, where reading it failed for this.
    pub(crate) fn of(path: &Path, error: &io::Error) -> Option<TableFileError> {
        let Self { line, charset } = error.get_ref()?.downcast_ref()?;
        Some(TableFileError::NotEncoded { path: path.into(), line: *line, charset })
    }
}

/// A text of another encoding as UTF-8.
pub(crate) struct Decoding<R> {
    charset: Charset,
    decoder: Decoder,
    source: R,
    decoded: Vec<u8>,
    /// The part of `decoded` that nobody has taken.
    ready: std::ops::Range<usize>,
    /// Line after all that was decoded.
    line: usize,
    has_ended: bool,
}

impl<R: BufRead> Read for Decoding<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        while self.ready.is_empty() && !self.has_ended {
            let input = self.source.fill_buf()?;
            let is_last = input.is_empty();
            let (result, taken, made) =
                self.decoder.decode_to_utf8_without_replacement(input, &mut self.decoded, is_last);
            self.source.consume(taken);
            self.line += self.decoded[..made].iter().map(|&byte| usize::from(byte == b'\n')).sum::<usize>();
            self.ready = 0..made;
            match result {
                DecoderResult::InputEmpty => self.has_ended = is_last,
                DecoderResult::OutputFull => {}
                DecoderResult::Malformed(..) => {
                    return Err(io::Error::other(NotDecoded {
                        line: self.line,
                        charset: self.charset.name(),
                    }));
                }
            }
        }
        let count = self.ready.len().min(buffer.len());
        buffer[..count].copy_from_slice(&self.decoded[self.ready.start..self.ready.start + count]);
        self.ready.start += count;
        Ok(count)
    }
}

/// The whole text of a file in an encoding other than UTF-8, after its mark.
pub(crate) fn decoded<'a>(
    path: &Path,
    bytes: &'a [u8],
    charset: Charset,
) -> Result<Cow<'a, str>, TableFileError> {
    let mut text = String::new();
    match charset.decoding(bytes).read_to_string(&mut text) {
        Ok(_) => Ok(Cow::Owned(text)),
        Err(source) => {
            Err(NotDecoded::of(path, &source)
                .unwrap_or(TableFileError::Unreadable { path: path.into(), source }))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pieces_of_any_size_give_the_text() {
        let text = "年龄,收入\n一,二\n".repeat(3000);
        for label in ["gb18030", "utf-16le"] {
            let charset: Charset = label.parse().unwrap();
            let bytes = match label {
                "utf-16le" => text.encode_utf16().flat_map(u16::to_le_bytes).collect(),
                _ => charset.0.encode(&text).0.into_owned(),
            };
            let source = io::BufReader::with_capacity(7, bytes.as_slice());
            let mut read = String::new();
            charset.decoding(source).read_to_string(&mut read).unwrap();
            assert_eq!(read, text, "{label}");
        }
    }

    #[test]
    fn bytes_that_do_not_fit_are_told_with_their_line() {
        let charset: Charset = "GBK".parse().unwrap();
        let error = decoded(Path::new("t.csv"), b"a\nb\n\xff\xff\n", charset).unwrap_err();
        assert_eq!(error.to_string(), "t.csv, line 3: the text is not GBK");
        assert!("klingon".parse::<Charset>().unwrap_err().contains("gb18030"));
    }
}
