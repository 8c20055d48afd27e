//! Framed messages between us and a worker: `LWF1`, header length (u32), payload length (u64), a JSON
//! header, and raw little-endian numbers. Never pickle.
//!
//! Everything that comes from a worker is untrusted: lengths are judged before anything is allocated, and
//! a frame can at most say wrong numbers, which a model could do anyway.

use std::io::{self, Read, Write};

use serde_json::Value;

/// A JSON header in bytes at most; headers hold names, shapes and shortened messages.
pub const HEADER_BYTES_MAX: u32 = 1 << 20;

const MAGIC: [u8; 4] = *b"LWF1";

/// One message.
#[derive(Debug, Clone, PartialEq)]
pub struct Frame {
    /// What it says.
    pub header: Value,
    /// Raw numbers or text that go with it.
    pub payload: Vec<u8>,
}

/// Why no frame could be read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum FrameError {
    /// The other side ended.
    Closed,
    /// The payload is larger than allowed.
    TooLarge(u64),
    /// It is not a frame.
    Malformed(&'static str),
}

/// Writes a frame.
pub fn write(stream: &mut impl Write, header: &Value, payload: &[u8]) -> io::Result<()> {
    let text = header.to_string();
    let mut start = Vec::with_capacity(16 + text.len());
    start.extend_from_slice(&MAGIC);
    start.extend_from_slice(&(text.len() as u32).to_le_bytes());
    start.extend_from_slice(&(payload.len() as u64).to_le_bytes());
    start.extend_from_slice(text.as_bytes());
    stream.write_all(&start)?;
    stream.write_all(payload)?;
    stream.flush()
}

/// Reads a frame whose payload has at most `payload_bytes_max` bytes.
pub fn read(stream: &mut impl Read, payload_bytes_max: u64) -> Result<Frame, FrameError> {
    let mut start = [0; 16];
    stream.read_exact(&mut start).map_err(|_| FrameError::Closed)?;
    let [m0, m1, m2, m3, h0, h1, h2, h3, length @ ..] = start;
    if [m0, m1, m2, m3] != MAGIC {
        return Err(FrameError::Malformed("it does not begin as a frame"));
    }
    let header_length = u32::from_le_bytes([h0, h1, h2, h3]);
    let payload_length = u64::from_le_bytes(length);
    if header_length > HEADER_BYTES_MAX {
        return Err(FrameError::Malformed("its header is too long"));
    }
    if payload_length > payload_bytes_max {
        return Err(FrameError::TooLarge(payload_length));
    }
    let header = take(stream, u64::from(header_length))?;
    let header =
        serde_json::from_slice(&header).map_err(|_| FrameError::Malformed("its header is not JSON"))?;
    Ok(Frame { header, payload: take(stream, payload_length)? })
}

/// Memory grows with what arrives, not with what is announced.
fn take(stream: &mut impl Read, length: u64) -> Result<Vec<u8>, FrameError> {
    let mut bytes = Vec::new();
    match stream.take(length).read_to_end(&mut bytes) {
        Ok(_) if bytes.len() as u64 == length => Ok(bytes),
        _ => Err(FrameError::Closed),
    }
}

/// Numbers as raw bytes.
pub fn bytes_of(values: &[f64]) -> Vec<u8> {
    values.iter().flat_map(|value| value.to_le_bytes()).collect()
}

/// Raw bytes as numbers; a rest of less than eight bytes is left out.
pub fn values_of(bytes: &[u8]) -> Vec<f64> {
    bytes.as_chunks().0.iter().map(|chunk| f64::from_le_bytes(*chunk)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_frame_comes_back_and_lies_are_refused() {
        let mut bytes = Vec::new();
        let header = serde_json::json!({"ok": true});
        write(&mut bytes, &header, &bytes_of(&[1.5, f64::NAN])).unwrap();
        let frame = read(&mut bytes.as_slice(), 16).unwrap();
        assert_eq!(frame.header, header);
        assert_eq!(values_of(&frame.payload)[0], 1.5);
        assert_eq!(read(&mut bytes.as_slice(), 15), Err(FrameError::TooLarge(16)));
        assert_eq!(read(&mut &bytes[..20], 16), Err(FrameError::Closed));
        bytes[0] = b'X';
        assert!(matches!(read(&mut bytes.as_slice(), 16), Err(FrameError::Malformed(_))));
        let mut huge = MAGIC.to_vec();
        huge.extend_from_slice(&[0xff; 12]);
        assert!(matches!(read(&mut huge.as_slice(), 16), Err(FrameError::Malformed(_))));
    }
}
