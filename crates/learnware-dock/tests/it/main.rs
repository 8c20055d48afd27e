//! Journeys on real docks in temporary folders.
#![allow(clippy::unwrap_used, reason = "a test that cannot go on says where")]
#![allow(clippy::print_stdout, reason = "what is skipped is told loudly")]

mod accounts;
mod blobs;
mod classes;
mod crash;
mod evolve;
#[cfg(feature = "postgres")]
mod first_stage;
mod folder;
mod journeys;
mod moving;
mod packages;
#[cfg(feature = "postgres")]
mod postgres;
mod processes;
#[cfg(feature = "postgres")]
mod server;
mod store_contract;
mod stress;
mod support;
mod uploads;
mod words;
