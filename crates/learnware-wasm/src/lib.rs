//! Specifications made in a browser, by the same code as the command line's.
//!
//! * `session`: the calls of a page, one file or set of files at a time. `preview`: what a table holds before
//!   anything is made of it. `model`: what a model's file says, and its package. `predict`: a learnware tried on the
//!   files. `advice`: what to do about an error, in terms of the page.
//! * `message`: calls and answers as JSON with bytes beside them.
//! * `abi`: memory and functions as the page's worker sees them (only on wasm32).
//!
//! Bytes of files come from the worker piece by piece; nothing leaves it but answers. No `wasm-bindgen`: the
//! functions are few and take bytes only (`docs/adr/0032-specifications-in-the-browser.md`).

#[cfg(target_arch = "wasm32")]
mod abi;
mod advice;
pub mod message;
mod model;
mod predict;
mod preview;
pub mod session;

pub use session::Session;
