//! Data of any kind becomes tables, texts and images, and these become specifications.
//!
//! The command line and the browser read data here, so that both make the same specification of the same
//! file. Nothing here opens a path, writes or asks: bytes come through [`Files`], warnings and progress go to
//! a [`Watcher`].
//!
//! * `files`: where bytes come from. `charset`: how text is encoded. `watcher`: who looks on. `error`: what is wrong with
//!   data, and what to do. `said`: sentences with a word for programs.
//! * `tablefile`: table files become raw tables. `datafile`: data of any kind.
//! * `embedders`: who turns texts and images into numbers.
//! * `specfile`: specification files, and specifications made of data.
//! * `disclosure`: what they tell about single rows. `specwords`: specifications in words. `plane`: where their
//!   points are drawn.
//! * `modelinput`: data as a learnware's model takes it. `predictions`: what it answers, for people.

pub mod charset;
pub mod datafile;
pub mod disclosure;
pub mod embedders;
pub mod error;
pub mod files;
pub mod modelinput;
pub mod plane;
pub mod predictions;
pub mod said;
pub mod specfile;
pub mod specwords;
pub mod tablefile;
pub mod watcher;

pub use charset::Charset;
pub use error::DataError;
pub use files::{Files, Location, MemoryFiles};
pub use said::Said;
pub use watcher::{Stage, Watcher};
