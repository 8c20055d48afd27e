//! What sorting needs to know of each learnware, by number; a change copies one board and shares the others.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::tokens;
use crate::clock::Timestamp;

/// Learnwares on one board: few enough to copy at every change, enough to have few boards.
const BOARD: u64 = 512;

/// What sorting needs to know of a learnware.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Entry {
    /// Its name, folded and cut.
    pub(super) name: String,
    /// Size of its package.
    pub(super) size_bytes: u64,
    /// When its first version was submitted.
    pub(super) created_at: Timestamp,
}

impl Entry {
    /// What the rows say.
    pub(super) fn new(name: &str, size_bytes: u64, created_at: Timestamp) -> Self {
        Self { name: tokens::folded(name.trim()), size_bytes, created_at }
    }
}

/// Entries by number.
#[derive(Debug, Clone, Default)]
pub(super) struct Shelf {
    boards: BTreeMap<u64, Arc<BTreeMap<u64, Entry>>>,
    count: u64,
}

impl Shelf {
    /// Puts an entry in, or another one in its place.
    pub(super) fn insert(&mut self, number: u64, entry: Entry) {
        let board = self.boards.entry(number / BOARD).or_default();
        self.count += u64::from(Arc::make_mut(board).insert(number, entry).is_none());
    }

    /// Takes an entry out.
    pub(super) fn remove(&mut self, number: u64) {
        let Some(board) = self.boards.get_mut(&(number / BOARD)) else { return };
        if !board.contains_key(&number) {
            return;
        }
        Arc::make_mut(board).remove(&number);
        self.count -= 1;
        if board.is_empty() {
            self.boards.remove(&(number / BOARD));
        }
    }

    /// The entry of a learnware.
    pub(super) fn get(&self, number: u64) -> Option<&Entry> {
        self.boards.get(&(number / BOARD))?.get(&number)
    }

    /// All entries, by number.
    pub(super) fn iter(&self) -> impl Iterator<Item = (u64, &Entry)> {
        self.boards.values().flat_map(|board| board.iter().map(|(number, entry)| (*number, entry)))
    }

    /// How many there are.
    pub(super) fn len(&self) -> u64 {
        self.count
    }
}
