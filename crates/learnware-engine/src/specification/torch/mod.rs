//! Reads what `torch.save` writes, as far as parameter vectors need it and no further.
//!
//! Such a file is a zip of a pickle and of raw numbers. A pickle is a program for a machine that may call anything;
//! here that machine knows three names and calls nothing ([`pickle`]). The zip must hold its files as they are: torch
//! never compresses, so nothing is unpacked and no file is larger than it looks ([`zip`]).
//!
//! Read is the reference's `GenerativeModelSpecification` (0.4): a dictionary with `type` and `task_vector`. One key more,
//! `base`, with `name` and `digest`, tells which model was trained; the reference ignores it.

mod pickle;
mod zip;

use pickle::{Element, Tensor, Value};
use zip::Zip;

use super::parameters::{self, ParameterVector, Sketch};
use crate::embedder::EmbedderId;
use crate::error::{EngineError, Result};

/// Numbers of a vector at most: those of low-rank changes of all matrices of a model of some tens of billions.
pub const PARAMETERS_MAX: usize = 1 << 28;

/// Whether bytes begin as a file of torch does, or as any other zip.
pub fn is_torch(bytes: &[u8]) -> bool {
    bytes.starts_with(b"PK\x03\x04")
}

/// Reads a parameter vector. Memory is that of the bytes and of what is kept.
///
/// # Errors
/// When the file is no such zip, when its pickle holds anything but plain values and tensors of numbers, when sizes
/// contradict each other, and as [`ParameterVector::new`].
pub fn read_vector(bytes: &[u8]) -> Result<ParameterVector> {
    let zip = Zip::open(bytes)?;
    if let Some(order) = zip.get("byteorder").filter(|order| *order != b"little") {
        return Err(bad(format!(
            "its numbers are in {} order, not little-endian",
            String::from_utf8_lossy(order)
        )));
    }
    let program = zip.get("data.pkl").ok_or_else(|| bad("it has no data.pkl".into()))?;
    let state = pickle::load(program)?;
    let key = |name: &str| state.get(name);
    match key("type") {
        Some(Value::Text(name)) if name == "GenerativeModelSpecification" => {}
        Some(Value::Text(name)) => {
            return Err(bad(format!("it is a {name}, not a GenerativeModelSpecification")));
        }
        Some(_) | None => return Err(bad("it does not say its type".into())),
    }
    let Some(Value::Tensor(tensor)) = key("task_vector") else {
        return Err(bad("`task_vector` is not a tensor".into()));
    };
    let numbers = numbers(&zip, tensor)?;
    let texts = match key("num_points") {
        Some(Value::Int(count)) => usize::try_from(*count).unwrap_or(0),
        Some(_) | None => 0,
    };
    let base = base(key("base"), tensor.count)?;
    let mut sketch = Sketch::new(base.dimension);
    let width = tensor.element.bytes();
    for (place, number) in numbers.chunks_exact(width).enumerate() {
        let number = tensor.element.value(number);
        if !number.is_finite() {
            return Err(bad(format!("number {place} of `task_vector` is not finite")));
        }
        sketch.add(place, number);
    }
    ParameterVector::of_sketch(sketch, base, texts)
}

/// The bytes of a tensor's numbers.
fn numbers<'a>(zip: &Zip<'a>, tensor: &Tensor) -> Result<&'a [u8]> {
    if tensor.count == 0 || tensor.count > PARAMETERS_MAX {
        return Err(bad(format!(
            "`task_vector` has {} numbers; 1 to {PARAMETERS_MAX} are read",
            tensor.count
        )));
    }
    let name = format!("data/{}", tensor.storage);
    let held = zip.get(&name).ok_or_else(|| bad(format!("it has no {name}")))?;
    let width = tensor.element.bytes();
    if held.len() != tensor.held.saturating_mul(width) {
        return Err(bad(format!("{name} has {} bytes, not {} numbers of {width}", held.len(), tensor.held)));
    }
    let end = tensor.offset.checked_add(tensor.count).filter(|&end| end <= tensor.held);
    let end = end.ok_or_else(|| bad("`task_vector` reaches past the end of its numbers".into()))?;
    Ok(&held[tensor.offset * width..end * width])
}

/// Which model was trained; the reference's where the file does not say.
fn base(value: Option<&Value>, parameters: usize) -> Result<EmbedderId> {
    let Some(value) = value.filter(|value| !matches!(value, Value::None)) else {
        return Ok(parameters::reference_base(parameters));
    };
    let text = |name: &str| match value.get(name) {
        Some(Value::Text(text)) => Ok(text.clone()),
        Some(_) | None => Err(bad(format!("`base` has no text under `{name}`"))),
    };
    Ok(EmbedderId { name: text("name")?, digest: text("digest")?, dimension: parameters })
}

fn bad(reason: String) -> EngineError {
    EngineError::Format { format: "torch file", reason }
}

impl Element {
    /// Bytes of one number.
    fn bytes(self) -> usize {
        match self {
            Self::F64 => 8,
            Self::F32 => 4,
            Self::F16 | Self::Bf16 => 2,
        }
    }

    /// One number of as many bytes as it has; not a number for any other count.
    fn value(self, bytes: &[u8]) -> f64 {
        match (self, bytes) {
            (Self::F64, &[a, b, c, d, e, f, g, h]) => f64::from_le_bytes([a, b, c, d, e, f, g, h]),
            (Self::F32, &[a, b, c, d]) => f64::from(f32::from_le_bytes([a, b, c, d])),
            (Self::F16, &[a, b]) => half(u16::from_le_bytes([a, b])),
            (Self::Bf16, &[a, b]) => f64::from(f32::from_le_bytes([0, 0, a, b])),
            _ => f64::NAN,
        }
    }
}

/// The value of an IEEE half-precision number.
fn half(bits: u16) -> f64 {
    let sign = if bits >> 15 == 1 { -1.0 } else { 1.0 };
    let (exponent, fraction) = (i32::from((bits >> 10) & 31), f64::from(bits & 1023));
    match exponent {
        0 => sign * fraction * 2f64.powi(-24),
        31 if fraction == 0.0 => sign * f64::INFINITY,
        31 => f64::NAN,
        _ => sign * (fraction + 1024.0) * 2f64.powi(exponent - 25),
    }
}

#[cfg(test)]
mod tests;
