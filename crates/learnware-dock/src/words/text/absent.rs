//! Stands in for the parts of the word index in a program built without the feature `full-text`: tags, filters,
//! orders and pages work, words are refused.

use super::{Needle, Texts};
use crate::error::{DockError, Result};

/// There is none.
#[derive(Debug)]
pub(super) struct Part {
    pub(super) numbers: Vec<u64>,
    never: std::convert::Infallible,
}

impl Part {
    pub(super) fn build<'a>(_texts: impl Iterator<Item = (u64, Texts<'a>)>) -> Result<Self> {
        Err(DockError::TextIndex { reason: "this program was built without the feature full-text".into() })
    }

    pub(super) fn length_code(&self, _field: usize, _document: u32) -> u8 {
        match self.never {}
    }

    pub(super) fn length_of_code(code: u8) -> u32 {
        u32::from(code)
    }

    pub(super) fn visit(&self, _needle: &Needle, _visit: impl FnMut(u32, usize, u32)) -> Result<()> {
        match self.never {}
    }

    pub(super) fn similar(&self, _word: &str, _distance: u8) -> Result<Vec<String>> {
        match self.never {}
    }
}
