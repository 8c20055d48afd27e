//! Tests of the engine through its public face.

mod golden;
mod golden_rkme;
