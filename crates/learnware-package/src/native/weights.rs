//! Tensors of a safetensors file by name, with the shape that the architecture wants.

use safetensors::{Dtype, SafeTensors};

use super::NativeError;

/// The file and the prefix that its names have.
pub(super) struct Weights<'a> {
    format: &'static str,
    tensors: SafeTensors<'a>,
    prefix: &'static str,
}

impl<'a> Weights<'a> {
    /// Reads the file's header. `probe` is a name that every model has: it tells which of the prefixes names have.
    pub(super) fn read(
        format: &'static str,
        bytes: &'a [u8],
        prefixes: &[&'static str],
        probe: &str,
    ) -> Result<Self, NativeError> {
        let tensors = SafeTensors::deserialize(bytes)
            .map_err(|error| NativeError::malformed(format, format!("model.safetensors: {error}")))?;
        let has = |prefix: &&&str| tensors.tensor(&format!("{prefix}{probe}")).is_ok();
        let prefix = prefixes.iter().find(has).copied().unwrap_or_default();
        Ok(Self { format, tensors, prefix })
    }

    /// The values of one tensor, row by row, as `f32`.
    ///
    /// # Errors
    ///
    /// [`NativeError`] naming the tensor when it is missing, has another shape, is no floating-point tensor, or
    /// has a value that is not finite.
    pub(super) fn tensor(&self, name: &str, shape: &[usize]) -> Result<Vec<f32>, NativeError> {
        let name = format!("{}{name}", self.prefix);
        let wrong = |reason: String| {
            NativeError::malformed(self.format, format!("model.safetensors: tensor {name} {reason}"))
        };
        let view = self.tensors.tensor(&name).map_err(|_| wrong("is missing".to_owned()))?;
        if view.shape() != shape {
            return Err(wrong(format!("has shape {:?}, but config.json wants {shape:?}", view.shape())));
        }
        let data = view.data();
        let values: Vec<f32> = match view.dtype() {
            Dtype::F32 => data.as_chunks().0.iter().map(|bytes| f32::from_le_bytes(*bytes)).collect(),
            Dtype::F16 => data.as_chunks().0.iter().map(|bytes| half(u16::from_le_bytes(*bytes))).collect(),
            Dtype::BF16 => data.as_chunks().0.iter().map(|bytes| brain(u16::from_le_bytes(*bytes))).collect(),
            other => return Err(wrong(format!("is of type {other:?}, not F32, F16 or BF16"))),
        };
        if values.iter().all(|value| value.is_finite()) {
            Ok(values)
        } else {
            Err(wrong("has a value that is not finite".to_owned()))
        }
    }
}

/// The value of an IEEE half-precision number.
pub(super) fn half(bits: u16) -> f32 {
    let sign = if bits >> 15 == 1 { -1.0 } else { 1.0 };
    let (exponent, fraction) = (i32::from((bits >> 10) & 31), f32::from(bits & 1023));
    match exponent {
        0 => sign * fraction * 2f32.powi(-24),
        31 if fraction == 0.0 => sign * f32::INFINITY,
        31 => f32::NAN,
        _ => sign * (fraction + 1024.0) * 2f32.powi(exponent - 25),
    }
}

/// The value of a bfloat16 number: the upper half of an `f32`.
pub(super) fn brain(bits: u16) -> f32 {
    f32::from_bits(u32::from(bits) << 16)
}
