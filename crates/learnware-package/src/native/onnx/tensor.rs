//! A small dense tensor, and the budget that keeps a model's intermediate results and work bounded.
//!
//! All numbers are held as `f64`; the kind says how results are rounded, so `f32` models branch on
//! `f32` values as ONNX prescribes. Integers are exact to 2^53. Texts are held as their place in the
//! list they came from, which suffices for class labels.

use super::FORMAT;
use super::proto::TensorProto;
use crate::native::error::{NativeError, at_most};

/// Most dimensions of a tensor.
const RANK_MAX: usize = 8;
/// Most elements of a constant; 512 MiB.
const CONSTANT_ELEMENTS_MAX: usize = 1 << 26;
/// Most elements alive at once while a block of rows is evaluated; 256 MiB.
const LIVE_ELEMENTS_MAX: usize = 1 << 25;
/// Most elementary operations for a block of rows; some minutes of one core.
const WORK_MAX: u64 = 1 << 36;

/// What the numbers are.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    Float,
    Double,
    Integer,
    Bool,
    /// Places in a list of texts.
    Text,
}

impl Kind {
    /// The kind of ONNX element type `code`.
    pub(super) fn of(code: i32) -> Option<Self> {
        match code {
            1 => Some(Self::Float),
            11 => Some(Self::Double),
            2..=7 | 12 => Some(Self::Integer),
            9 => Some(Self::Bool),
            8 => Some(Self::Text),
            _ => None,
        }
    }

    /// `value` as this kind holds it.
    pub(super) fn round(self, value: f64) -> f64 {
        match self {
            Self::Float => f64::from(value as f32),
            Self::Double | Self::Text => value,
            Self::Integer => value.trunc(),
            Self::Bool => f64::from(u8::from(value != 0.0)),
        }
    }
}

/// Why a graph could not be evaluated on a batch.
#[derive(Debug)]
pub(super) enum Fault {
    /// The graph contradicts itself.
    Broken(String),
    /// It needs more memory or work than allowed.
    OverLimit(String),
    /// The model refuses these values.
    Value(String),
}

impl Fault {
    pub(super) fn broken(reason: impl Into<String>) -> Self {
        Self::Broken(reason.into())
    }
}

/// What evaluation of a block of rows may still use.
#[derive(Debug)]
pub(super) struct Budget {
    live: usize,
    peak: usize,
    work: u64,
}

impl Budget {
    pub(super) fn new() -> Self {
        Self { live: 0, peak: 0, work: 0 }
    }

    /// Accounts for work before it is done.
    pub(super) fn spend(&mut self, work: usize) -> Result<(), Fault> {
        self.work = self.work.saturating_add(work as u64);
        if self.work > WORK_MAX {
            return Err(Fault::OverLimit("the model computes too much per example".into()));
        }
        Ok(())
    }

    /// Accounts for a tensor of `shape` before it is made; gives its number of elements.
    pub(super) fn take(&mut self, shape: &[usize]) -> Result<usize, Fault> {
        Self::check(shape)?;
        let count = elements(shape).unwrap_or(usize::MAX);
        self.live = self.live.saturating_add(count);
        if self.live > LIVE_ELEMENTS_MAX {
            return Err(Fault::OverLimit(format!("intermediate results with one of shape {shape:?}")));
        }
        self.peak = self.peak.max(self.live);
        self.spend(count)?;
        Ok(count)
    }

    /// Refuses a shape whose axes are too many or too long, even when it has no element.
    pub(super) fn check(shape: &[usize]) -> Result<(), Fault> {
        if shape.len() > RANK_MAX || volume(shape).is_none_or(|volume| volume > LIVE_ELEMENTS_MAX) {
            return Err(Fault::OverLimit(format!("an intermediate result of shape {shape:?}")));
        }
        Ok(())
    }

    /// The most elements that were alive at once.
    pub(super) fn peak(&self) -> usize {
        self.peak
    }

    /// Accounts for a tensor that is no longer needed.
    pub(super) fn give_back(&mut self, tensor: &Tensor) {
        self.live = self.live.saturating_sub(tensor.data.len());
    }
}

/// Number of elements of `shape`, unless it overflows.
pub(super) fn elements(shape: &[usize]) -> Option<usize> {
    let volume = volume(shape)?;
    Some(if shape.contains(&0) { 0 } else { volume })
}

/// Product of the axes that are not empty: bounds every product of some axes.
fn volume(shape: &[usize]) -> Option<usize> {
    shape.iter().try_fold(1_usize, |product, size| product.checked_mul((*size).max(1)))
}

/// Row-major numbers of one kind.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Tensor {
    pub(super) kind: Kind,
    pub(super) shape: Vec<usize>,
    pub(super) data: Vec<f64>,
}

impl Tensor {
    /// Makes a tensor and rounds its numbers. The caller has asked the budget.
    pub(super) fn new(kind: Kind, shape: Vec<usize>, mut data: Vec<f64>) -> Self {
        debug_assert_eq!(elements(&shape), Some(data.len()));
        if kind != Kind::Double {
            for value in &mut data {
                *value = kind.round(*value);
            }
        }
        Self { kind, shape, data }
    }

    /// Reads a constant.
    pub(super) fn constant(proto: &TensorProto) -> Result<Self, NativeError> {
        let name = proto.name.as_deref().unwrap_or_default();
        let wrong = |reason: String| NativeError::malformed(FORMAT, format!("tensor {name:?}: {reason}"));
        if !proto.external_data.is_empty() || proto.data_location.unwrap_or(0) != 0 {
            let advice = "save the model with its data inside (onnx.save without save_as_external_data)";
            return Err(NativeError::unsupported(FORMAT, format!("external data (tensor {name:?})"), advice));
        }
        let shape: Option<Vec<usize>> = proto.dims.iter().map(|size| usize::try_from(*size).ok()).collect();
        let shape = shape.filter(|shape| shape.len() <= RANK_MAX).ok_or_else(|| wrong("its shape".into()))?;
        let volume = volume(&shape).ok_or_else(|| wrong("its shape overflows".into()))?;
        at_most(FORMAT, "the size of a tensor", volume, CONSTANT_ELEMENTS_MAX)?;
        let count = elements(&shape).unwrap_or(volume);
        let code = proto.data_type.unwrap_or(0);
        let kind = Kind::of(code).ok_or_else(|| {
            let advice = "export it with float32 or int64 numbers";
            NativeError::unsupported(FORMAT, format!("element type {code} (tensor {name:?})"), advice)
        })?;
        let data = match &proto.raw_data {
            Some(raw) if !raw.is_empty() => {
                raw_numbers(raw, code).ok_or_else(|| wrong("its raw data".into()))?
            }
            _ => listed_numbers(proto, kind),
        };
        if data.len() != count {
            return Err(wrong(format!("{} values for shape {shape:?}", data.len())));
        }
        Ok(Self::new(kind, shape, data))
    }

    /// Rows and columns; a vector is one column of them, as `ai.onnx.ml` operators read it.
    pub(super) fn as_rows(&self) -> Result<(usize, usize), Fault> {
        match *self.shape.as_slice() {
            [columns] => Ok((1, columns)),
            [rows, columns] => Ok((rows, columns)),
            _ => Err(Fault::broken(format!("wants rows x columns, but gets shape {:?}", self.shape))),
        }
    }

    /// The numbers as integers.
    pub(super) fn integers(&self) -> Vec<i64> {
        self.data.iter().map(|value| *value as i64).collect()
    }

    /// The place of `axis`, which may count from the end.
    pub(super) fn axis(&self, axis: i64) -> Result<usize, Fault> {
        place(axis, self.shape.len())
    }

    /// Steps between neighbours along each axis.
    pub(super) fn strides(&self) -> Vec<usize> {
        strides(&self.shape)
    }

    /// With axes in the order of `order`.
    pub(super) fn permuted(&self, order: &[usize], budget: &mut Budget) -> Result<Self, Fault> {
        let strides = self.strides();
        let shape: Vec<usize> = order.iter().map(|axis| self.shape[*axis]).collect();
        let steps: Vec<usize> = order.iter().map(|axis| strides[*axis]).collect();
        let count = budget.take(&shape)?;
        let mut data = Vec::with_capacity(count);
        walk(&shape, [&steps], |[place]| data.push(self.data[place]));
        Ok(Self { kind: self.kind, shape, data })
    }
}

/// A size as the signed number that axes and bounds are compared with.
pub(super) fn signed(size: usize) -> i64 {
    i64::try_from(size).unwrap_or(i64::MAX)
}

/// The place of `axis` among `rank`, counting from the end when negative.
pub(super) fn place(axis: i64, rank: usize) -> Result<usize, Fault> {
    let place = if axis < 0 { axis.saturating_add(signed(rank)) } else { axis };
    usize::try_from(place)
        .ok()
        .filter(|place| *place < rank)
        .ok_or_else(|| Fault::broken(format!("axis {axis} of {rank}")))
}

/// Row-major steps of `shape`.
pub(super) fn strides(shape: &[usize]) -> Vec<usize> {
    let mut steps = vec![1_usize; shape.len()];
    for axis in (1..shape.len()).rev() {
        steps[axis - 1] = steps[axis].saturating_mul(shape[axis]);
    }
    steps
}

/// Visits all cells of `shape` in row-major order, with the place of each in `N` arrays of the given steps.
pub(super) fn walk<const N: usize>(shape: &[usize], steps: [&[usize]; N], mut visit: impl FnMut([usize; N])) {
    if shape.contains(&0) {
        return;
    }
    let mut counter = vec![0; shape.len()];
    let mut places = [0; N];
    loop {
        visit(places);
        let mut axis = shape.len();
        loop {
            if axis == 0 {
                return;
            }
            axis -= 1;
            counter[axis] += 1;
            for (place, steps) in places.iter_mut().zip(steps) {
                *place += steps[axis];
            }
            if counter[axis] < shape[axis] {
                break;
            }
            counter[axis] = 0;
            for (place, steps) in places.iter_mut().zip(steps) {
                *place -= steps[axis] * shape[axis];
            }
        }
    }
}

/// Size of each axis.
pub(super) type Shape = Vec<usize>;
/// Steps between neighbours along each axis.
pub(super) type Steps = Vec<usize>;

/// Shape that two tensors share after broadcasting, and the steps of each in it.
pub(super) fn broadcast(a: &[usize], b: &[usize]) -> Result<(Shape, Steps, Steps), Fault> {
    let rank = a.len().max(b.len());
    let size =
        |shape: &[usize], axis: usize| (axis + shape.len()).checked_sub(rank).map_or(1, |axis| shape[axis]);
    let mut shape = Vec::with_capacity(rank);
    for axis in 0..rank {
        shape.push(match (size(a, axis), size(b, axis)) {
            (x, y) if x == y || y == 1 => x,
            (1, y) => y,
            _ => return Err(Fault::broken(format!("shapes {a:?} and {b:?} do not go together"))),
        });
    }
    let steps = |own: &[usize]| {
        let strides = strides(own);
        (0..rank)
            .map(|axis| match (axis + own.len()).checked_sub(rank) {
                Some(axis) if own[axis] != 1 => strides[axis],
                _ => 0,
            })
            .collect()
    };
    Ok((shape, steps(a), steps(b)))
}

/// Numbers stored as little-endian bytes.
fn raw_numbers(raw: &[u8], code: i32) -> Option<Vec<f64>> {
    fn each<const N: usize>(raw: &[u8], read: impl Fn([u8; N]) -> f64) -> Option<Vec<f64>> {
        let (chunks, rest) = raw.as_chunks::<N>();
        rest.is_empty().then(|| chunks.iter().map(|chunk| read(*chunk)).collect())
    }
    match code {
        1 => each(raw, |bytes| f64::from(f32::from_le_bytes(bytes))),
        11 => each(raw, f64::from_le_bytes),
        7 => each(raw, |bytes| i64::from_le_bytes(bytes) as f64),
        6 => each(raw, |bytes| f64::from(i32::from_le_bytes(bytes))),
        12 => each(raw, |bytes| f64::from(u32::from_le_bytes(bytes))),
        4 => each(raw, |bytes| f64::from(u16::from_le_bytes(bytes))),
        5 => each(raw, |bytes| f64::from(i16::from_le_bytes(bytes))),
        3 => each(raw, |bytes| f64::from(i8::from_le_bytes(bytes))),
        2 | 9 => each(raw, |bytes| f64::from(u8::from_le_bytes(bytes))),
        _ => None,
    }
}

/// Numbers stored one by one.
fn listed_numbers(proto: &TensorProto, kind: Kind) -> Vec<f64> {
    match kind {
        Kind::Float => proto.float_data.iter().map(|value| f64::from(*value)).collect(),
        Kind::Double => proto.double_data.clone(),
        Kind::Text => (0..proto.string_data.len()).map(|place| place as f64).collect(),
        Kind::Integer | Kind::Bool if proto.data_type == Some(7) => {
            proto.int64_data.iter().map(|value| *value as f64).collect()
        }
        Kind::Integer | Kind::Bool => proto.int32_data.iter().map(|value| f64::from(*value)).collect(),
    }
}
