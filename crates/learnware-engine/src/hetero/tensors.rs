//! Named arrays of `f32` as bytes, in the safetensors format: the length of a JSON header in eight bytes, the
//! header, the numbers (little-endian).
//!
//! Written here and not taken from the `safetensors` crate: that keeps a file's notes in a hash map, so that the same
//! map would not give the same bytes, and a hundred lines are less than another dependency of the browser module. Only
//! `F32` is read. Names are sorted.

use std::collections::BTreeMap;

use serde_json::{Map, Value, json};

use crate::error::{EngineError, Result};
use crate::numeric::Matrix;

/// Bytes of a header at most; the largest map has some twenty arrays.
const HEADER_BYTES_MAX: u64 = 1 << 20;
/// Numbers in a file at most: 64 million take 256 MB, fifteen times the reference's map.
const NUMBERS_MAX: usize = 1 << 26;
/// Header key for the notes.
const NOTES: &str = "__metadata__";

/// Arrays and notes of a file.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Tensors {
    notes: BTreeMap<String, String>,
    arrays: BTreeMap<String, (Vec<usize>, Vec<f32>)>,
}

impl Tensors {
    /// Reads a file.
    ///
    /// # Errors
    /// When lengths, places or kinds of numbers are not what the format asks for, or a number is not finite.
    pub fn from_bytes(bytes: &[u8]) -> Result<Self> {
        let (length, rest) = bytes.split_first_chunk::<8>().ok_or_else(|| bad("it is too short".into()))?;
        let length = u64::from_le_bytes(*length);
        if length > HEADER_BYTES_MAX || length > rest.len() as u64 {
            return Err(bad(format!("its header says to have {length} bytes")));
        }
        let (header, data) = rest.split_at(length as usize);
        let header: Map<String, Value> =
            serde_json::from_slice(header).map_err(|error| bad(format!("its header: {error}")))?;
        if data.len() / 4 > NUMBERS_MAX {
            return Err(bad(format!("it has more than {NUMBERS_MAX} numbers")));
        }
        let mut found = Self::default();
        for (name, value) in &header {
            if name == NOTES {
                found.notes = serde_json::from_value(value.clone())
                    .map_err(|_| bad("its notes are not texts".into()))?;
            } else {
                found.arrays.insert(name.clone(), array(name, value, data)?);
            }
        }
        Ok(found)
    }

    /// Writes a file; equal contents give equal bytes.
    pub fn to_bytes(&self) -> Vec<u8> {
        let mut header = BTreeMap::new();
        if !self.notes.is_empty() {
            header.insert(NOTES, json!(self.notes));
        }
        let mut at = 0;
        for (name, (shape, values)) in &self.arrays {
            let end = at + 4 * values.len();
            header.insert(name, json!({"dtype": "F32", "shape": shape, "data_offsets": [at, end]}));
            at = end;
        }
        let mut header = json!(header).to_string().into_bytes();
        // Numbers begin at a multiple of eight.
        header.resize(header.len().next_multiple_of(8), b' ');
        let mut bytes = Vec::with_capacity(8 + header.len() + at);
        bytes.extend_from_slice(&(header.len() as u64).to_le_bytes());
        bytes.extend_from_slice(&header);
        for (_, values) in self.arrays.values() {
            bytes.extend(values.iter().flat_map(|value| value.to_le_bytes()));
        }
        bytes
    }

    /// Sets a note.
    pub fn set_note(&mut self, name: &str, text: impl Into<String>) {
        self.notes.insert(name.to_owned(), text.into());
    }

    /// Sets an array; `values` are as many as the shape says.
    pub fn set(&mut self, name: &str, shape: &[usize], values: Vec<f32>) {
        assert_eq!(shape.iter().product::<usize>(), values.len(), "an array has the shape it says");
        self.arrays.insert(name.to_owned(), (shape.to_vec(), values));
    }

    /// Sets a matrix, in single precision.
    pub fn set_matrix(&mut self, name: &str, matrix: &Matrix) {
        let values = matrix.as_slice().iter().map(|&value| value as f32).collect();
        self.set(name, &[matrix.rows(), matrix.columns()], values);
    }

    /// A note.
    pub fn text(&self, name: &str) -> Result<&str> {
        self.notes.get(name).map(String::as_str).ok_or_else(|| bad(format!("it does not say its {name}")))
    }

    /// A note that is a whole number.
    pub fn whole_number<T: std::str::FromStr>(&self, name: &str) -> Result<T> {
        self.text(name)?.parse().map_err(|_| bad(format!("its {name} is not a whole number")))
    }

    /// An array of the given shape; [`ANY`] stands for any length.
    pub fn array(&self, name: &str, shape: &[usize]) -> Result<(&[usize], &[f32])> {
        let (found, values) = self.arrays.get(name).ok_or_else(|| bad(format!("it has no array {name}")))?;
        let fits = found.len() == shape.len()
            && found.iter().zip(shape).all(|(own, wanted)| *wanted == ANY || own == wanted);
        if fits { Ok((found, values)) } else { Err(bad(format!("{name} has the shape {found:?}"))) }
    }

    /// A matrix of the given shape; [`ANY`] stands for any number of rows or columns.
    pub fn matrix(&self, name: &str, rows: usize, columns: usize) -> Result<Matrix> {
        let (shape, values) = self.array(name, &[rows, columns])?;
        Matrix::new(shape[0], shape[1], values.iter().map(|&value| f64::from(value)).collect())
    }

    /// 32 hexadecimal digits that tell the arrays, with their names and shapes, from all others.
    pub fn digest(&self) -> String {
        let mut states = [0x6c77_6d61_7000_0001_u64, 0x6c77_6d61_7000_0002];
        let mut take = |bits: u64| {
            for (state, turn) in states.iter_mut().zip([23, 41]) {
                *state = mix(state.rotate_left(turn) ^ bits);
            }
        };
        for (name, (shape, values)) in &self.arrays {
            let bytes = name.bytes().map(u64::from).chain(shape.iter().map(|&length| length as u64));
            for bits in bytes.chain(values.iter().map(|value| u64::from(value.to_bits()))) {
                take(bits);
            }
        }
        format!("{:016x}{:016x}", states[0], states[1])
    }
}

/// Any length of an axis.
pub const ANY: usize = usize::MAX;

/// Spreads every bit over all bits (the finisher of SplitMix64).
pub(super) fn mix(mut bits: u64) -> u64 {
    bits = (bits ^ (bits >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    bits = (bits ^ (bits >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    bits ^ (bits >> 31)
}

/// The error for a file that is no map.
pub(super) fn bad(reason: String) -> EngineError {
    EngineError::Format { format: "map between islands", reason }
}

fn array(name: &str, value: &Value, data: &[u8]) -> Result<(Vec<usize>, Vec<f32>)> {
    let wrong = |what: &str| bad(format!("array {name:?}: {what}"));
    if value.get("dtype").and_then(Value::as_str) != Some("F32") {
        return Err(wrong("its numbers are not F32"));
    }
    let lengths = |key: &str| -> Result<Vec<usize>> {
        let list = value.get(key).and_then(Value::as_array).ok_or_else(|| wrong("no shape or place"))?;
        list.iter()
            .map(|entry| entry.as_u64().and_then(|length| usize::try_from(length).ok()))
            .collect::<Option<_>>()
            .ok_or_else(|| wrong("a length is not a whole number"))
    };
    let (shape, place) = (lengths("shape")?, lengths("data_offsets")?);
    let [start, end] = place[..] else { return Err(wrong("its place is not two numbers")) };
    let count = shape.iter().try_fold(1_usize, |count, &length| count.checked_mul(length));
    let bytes = data.get(start..end).ok_or_else(|| wrong("it lies outside of the file"))?;
    if count.and_then(|count| count.checked_mul(4)) != Some(bytes.len()) {
        return Err(wrong("its place is not as long as its shape says"));
    }
    let (chunks, _) = bytes.as_chunks::<4>();
    let values: Vec<f32> = chunks.iter().map(|chunk| f32::from_le_bytes(*chunk)).collect();
    if values.iter().any(|value| !value.is_finite()) {
        return Err(wrong("a number is not finite"));
    }
    Ok((shape, values))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sample() -> Tensors {
        let mut tensors = Tensors::default();
        tensors.set_note("kind", "factors");
        tensors.set("b", &[2, 2], vec![1.0, 2.0, 3.0, 4.0]);
        tensors.set("a", &[3], vec![0.5, -1.5, 7.0]);
        tensors
    }

    #[test]
    fn what_was_written_is_read() {
        let read = Tensors::from_bytes(&sample().to_bytes()).unwrap();
        assert_eq!(read, sample());
        assert_eq!(read.digest(), sample().digest());
        let mut other = sample();
        other.set("a", &[3], vec![0.5, -1.5, 7.5]);
        assert_ne!(other.digest(), sample().digest());
    }

    #[test]
    fn broken_files_are_refused_without_a_panic() {
        let whole = sample().to_bytes();
        for length in 0..whole.len() {
            assert!(Tensors::from_bytes(&whole[..length]).is_err(), "cut to {length} bytes");
        }
        for place in 0..whole.len() {
            for value in [0, 0x22, 0x39, 0x7f, 0xff] {
                let mut changed = whole.clone();
                changed[place] = value;
                let _ = Tensors::from_bytes(&changed).map(|tensors| tensors.digest());
            }
        }
        let lying = br#"{"a":{"dtype":"F32","shape":[9223372036854775807,4],"data_offsets":[0,4]}}"#;
        let mut bytes = (lying.len() as u64).to_le_bytes().to_vec();
        bytes.extend_from_slice(lying);
        bytes.extend_from_slice(&[0; 4]);
        assert!(Tensors::from_bytes(&bytes).is_err());
    }
}
