//! Members whose points stay outside memory and are read when a search looks at them.

use std::fmt::Debug;
use std::io;
use std::sync::Arc;

use super::stored::{Numbers, Stored};
use crate::error::{EngineError, Result};
use crate::learnware::LearnwareId;

/// Bytes that can be read at any place: a file.
pub trait ReadAt: Send + Sync + Debug {
    /// Fills `bytes` with what stands from `offset` on.
    ///
    /// # Errors
    /// When there are fewer bytes or they can't be read.
    fn read_at(&self, offset: u64, bytes: &mut [u8]) -> io::Result<()>;

    /// Number of bytes.
    ///
    /// # Errors
    /// When it can't be known.
    fn length(&self) -> io::Result<u64>;
}

/// Members in the order of their identifiers.
#[derive(Debug)]
pub(super) struct Filed {
    pub(super) source: Arc<dyn ReadAt>,
    pub(super) dimension: usize,
    pub(super) ids: Vec<LearnwareId>,
    pub(super) numbers: Vec<Numbers>,
    /// Where each member's record begins.
    pub(super) offsets: Vec<u64>,
}

impl Filed {
    pub(super) fn count(&self) -> usize {
        self.ids.len()
    }

    pub(super) fn ids(&self) -> &[LearnwareId] {
        &self.ids
    }

    pub(super) fn numbers(&self, index: usize) -> Numbers {
        self.numbers[index]
    }

    /// Reads a member.
    pub(super) fn member(&self, index: usize) -> Result<Stored> {
        let numbers = self.numbers[index];
        let mut values = vec![0.0_f32; numbers.count * (self.dimension + 1)];
        let mut sum = [0; 4];
        let bytes: &mut [u8] = pulp::bytemuck::cast_slice_mut(&mut values);
        let (at, length) = (self.offsets[index], bytes.len() as u64);
        let read = self.source.read_at(at, bytes).and_then(|()| self.source.read_at(at + length, &mut sum));
        read.map_err(|error| unreadable(&error.to_string()))?;
        if crc32fast::hash(bytes) != u32::from_le_bytes(sum) {
            return Err(unreadable(&format!("the points of {} are damaged", self.ids[index])));
        }
        Ok(Stored { id: self.ids[index].clone(), numbers, values })
    }

    /// Memory of what is known without the points.
    pub(super) fn size_bytes(&self) -> usize {
        let ids = self.ids.iter().map(|id| size_of::<LearnwareId>() + id.0.len()).sum::<usize>();
        ids + self.numbers.len() * size_of::<Numbers>() + 8 * self.offsets.len()
    }
}

/// The error of a file that can't be used.
pub(super) fn unreadable(reason: &str) -> EngineError {
    EngineError::Format { format: "index file", reason: format!("{reason}; delete it, it is made anew") }
}
