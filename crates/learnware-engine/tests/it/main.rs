//! Tests of the engine through its public face.

#![allow(clippy::unwrap_used, reason = "a test may fail by panicking")]

mod generation;
mod golden;
mod golden_image;
mod golden_parameters;
mod golden_reuse;
mod golden_rkme;
mod golden_search;
mod market;
mod outlined;
mod reuser_contract;
mod world;
