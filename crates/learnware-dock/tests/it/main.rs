//! Journeys on real docks in temporary folders.
#![allow(clippy::unwrap_used, reason = "a test that cannot go on says where")]

mod accounts;
mod crash;
mod folder;
mod journeys;
mod packages;
mod processes;
mod store_contract;
mod stress;
mod support;
mod words;
