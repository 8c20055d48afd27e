//! Between tables of different columns.
//!
//! * [`words`]: descriptions of columns as comparable words, in English and Chinese.
//! * [`columns`]: which column of one table is which column of another.

pub mod columns;
mod lexicon;
pub mod words;
