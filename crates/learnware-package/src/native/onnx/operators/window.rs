//! A window that slides over the spatial axes of a tensor: what convolutions and pools share.
//!
//! One and two spatial axes; one axis is treated as two of which the first has size 1.

use super::super::attributes::Attributes;
use super::super::tensor::Fault;
use crate::native::error::NativeError;

/// Largest number that describes a window; keeps products of them far from overflow.
const PARAMETER_MAX: i64 = 1 << 20;

/// How the border is filled.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Border {
    Given,
    SameUpper,
    SameLower,
    Valid,
}

/// What a node says about its window.
#[derive(Debug, Clone)]
pub(super) struct Window {
    kernel: Vec<usize>,
    stride: Vec<usize>,
    dilation: Vec<usize>,
    pads: Vec<usize>,
    border: Border,
    /// Whether the last window may stick out of the border.
    ceil: bool,
}

impl Window {
    pub(super) fn read(attributes: &Attributes) -> Result<Self, NativeError> {
        let list = |name: &str, least: i64| {
            let given = attributes.integers(name);
            match given.iter().find(|value| **value < least || **value > PARAMETER_MAX) {
                Some(value) => Err(attributes.wrong(format!("{name} {value}"))),
                None => Ok(given.iter().map(|value| *value as usize).collect::<Vec<_>>()),
            }
        };
        let border = match attributes.text("auto_pad").as_str() {
            "" | "NOTSET" => Border::Given,
            "SAME_UPPER" => Border::SameUpper,
            "SAME_LOWER" => Border::SameLower,
            "VALID" => Border::Valid,
            other => return Err(attributes.wrong(format!("auto_pad {other}"))),
        };
        Ok(Self {
            kernel: list("kernel_shape", 1)?,
            stride: list("strides", 1)?,
            dilation: list("dilations", 1)?,
            pads: list("pads", 0)?,
            border,
            ceil: attributes.integer("ceil_mode", 0) != 0,
        })
    }

    /// The window over an input of `shape` (examples x channels x one or two axes); `kernel` when the
    /// weights say it.
    pub(super) fn over(&self, shape: &[usize], kernel: Option<&[usize]>) -> Result<[Slide; 2], Fault> {
        let [_, _, sizes @ ..] = shape else {
            return Err(Fault::broken(format!("wants examples x channels x ..., but gets shape {shape:?}")));
        };
        let rank = sizes.len();
        if rank == 0 || rank > 2 {
            return Err(Fault::broken(format!("{rank} spatial axes; one or two are evaluated")));
        }
        let kernel = kernel.unwrap_or(&self.kernel);
        let lists = [kernel.len(), self.stride.len(), self.dilation.len(), self.pads.len() / 2];
        let optional = |length: usize| length == 0 || length == rank;
        if kernel.len() != rank || !lists[1..].iter().all(|length| optional(*length)) {
            return Err(Fault::broken(format!("a window of {lists:?} numbers over {rank} axes")));
        }
        if sizes.contains(&0) || kernel.contains(&0) {
            return Err(Fault::broken(format!("a window {kernel:?} over {sizes:?} cells")));
        }
        if !self.kernel.is_empty() && self.kernel != kernel {
            return Err(Fault::broken(format!("kernel_shape {:?} with weights {kernel:?}", self.kernel)));
        }
        let mut slides = [Slide::one(); 2];
        for axis in 0..rank {
            let at = |list: &[usize], default| list.get(axis).copied().unwrap_or(default);
            let pads = (at(&self.pads, 0), self.pads.get(axis + rank).copied().unwrap_or(0));
            let mut slide = Slide {
                size: sizes[axis],
                kernel: kernel[axis],
                stride: at(&self.stride, 1),
                dilation: at(&self.dilation, 1),
                before: 0,
                after: 0,
                count: 0,
            };
            slide.place(self.border, pads, self.ceil)?;
            slides[2 - rank + axis] = slide;
        }
        Ok(slides)
    }
}

/// A window along one axis.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Slide {
    /// Cells of the input.
    pub(super) size: usize,
    /// Cells of the window.
    pub(super) kernel: usize,
    pub(super) stride: usize,
    pub(super) dilation: usize,
    /// Border before and after the input.
    pub(super) before: usize,
    pub(super) after: usize,
    /// Places of the window: cells of the output.
    pub(super) count: usize,
}

impl Slide {
    /// A window of one cell over an axis of one cell.
    fn one() -> Self {
        Self { size: 1, kernel: 1, stride: 1, dilation: 1, before: 0, after: 0, count: 1 }
    }

    /// Sets border and count.
    fn place(&mut self, border: Border, pads: (usize, usize), ceil: bool) -> Result<(), Fault> {
        let extent = self.dilation * (self.kernel - 1) + 1;
        (self.before, self.after) = match border {
            Border::Given => pads,
            Border::Valid => (0, 0),
            Border::SameUpper | Border::SameLower => {
                let reach = (self.size.div_ceil(self.stride).max(1) - 1) * self.stride + extent;
                let total = reach.saturating_sub(self.size);
                let half = total / 2;
                if border == Border::SameUpper { (half, total - half) } else { (total - half, half) }
            }
        };
        let padded = self.size + self.before + self.after;
        let room = padded.checked_sub(extent).ok_or_else(|| {
            Fault::broken(format!("a window of {extent} cells over {padded} cells with their border"))
        })?;
        self.count = room / self.stride + 1;
        // A window that would start behind the input is left out, as frameworks do.
        if ceil && room % self.stride != 0 && self.count * self.stride < self.size + self.before {
            self.count += 1;
        }
        Ok(())
    }

    /// Cells of the input under the window at `place`.
    pub(super) fn cells(self, place: usize) -> impl Iterator<Item = usize> {
        let first = place * self.stride;
        (0..self.kernel)
            .map(move |cell| (first + cell * self.dilation).wrapping_sub(self.before))
            .filter(move |cell| *cell < self.size)
    }

    /// Cells under the window at `place` that lie in the input or its border.
    pub(super) fn covered(self, place: usize) -> usize {
        let (first, end) = (place * self.stride, self.size + self.before + self.after);
        (0..self.kernel).filter(|cell| first + cell * self.dilation < end).count()
    }
}
