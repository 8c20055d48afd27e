//! The dock that remembers: learnwares with their versions, packages, checks, and what searches find.
//!
//! A dock is a folder: `dock.sqlite` and `blobs/`; or, where several machines share it, a PostgreSQL database
//! and an S3-compatible store, and the folder holds copies. [`Dock`] is the handle everyone holds. Its journeys are
//! files: [`submit`], [`check`], `search`, [`deploy`]; they meet in [`store`], [`catalog`] and [`jobs`] and do
//! not import each other. [`words`] finds learnwares by what is written about them. The science is in `learnware-engine`, the zip and the model's process in
//! `learnware-package`. Async on tokio; work for the processor goes through `cpu`, the one door.
//!
//! It knows nothing of HTTP, and has no SQL outside [`store`].

pub mod accounts;
mod address;
mod administer;
pub mod browse;
pub mod catalog;
pub mod check;
pub mod clock;
pub mod config;
pub mod convert;
mod cpu;
pub mod datasets;
pub mod deploy;
mod dock;
mod doors;
pub mod env;
pub mod error;
pub mod evolve;
#[doc(hidden)]
pub mod failpoint;
pub mod figures;
mod firststage;
pub mod identities;
pub mod ids;
mod indexes;
pub mod indexing;
mod inspect;
pub mod jobs;
pub mod leaving;
pub mod links;
pub mod moving;
pub mod organisations;
pub mod policy;
mod private;
pub mod redundancy;
pub mod search;
pub mod secrets;
pub mod sessions;
pub mod shard;
pub mod store;
pub mod submit;
mod sweep;
pub mod tryout;
pub mod uploads;
pub mod viewer;
pub mod words;
pub mod world;

pub use address::Address;
pub use config::Config;
pub use cpu::QueueTimes;
pub use dock::{Dock, Health};
pub use error::DockError;
pub use sweep::SweepReport;
