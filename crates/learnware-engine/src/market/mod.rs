//! The market: organizer, searchers and checkers over one immutable snapshot.

pub mod checker;
pub mod searcher;
