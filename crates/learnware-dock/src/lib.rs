//! The dock that remembers: learnwares with their versions, packages, checks, and what searches find.
//!
//! A dock is a folder: `dock.sqlite` and `blobs/`. [`Dock`](dock::Dock) is the handle everyone holds. Its
//! journeys are files: `submit`, `check`, `search`, `deploy`; they meet in [`store`], `catalog` and [`jobs`]
//! and do not import each other. The science is in `learnware-engine`, the zip and the model's process in
//! `learnware-package`. Async on tokio; work for the processor goes through `cpu`, the one door.
//!
//! It knows nothing of HTTP, and has no SQL outside `store`.

pub mod clock;
mod cpu;
pub mod error;
pub mod failpoint;
pub mod ids;
pub mod jobs;
pub mod store;

pub use error::DockError;
