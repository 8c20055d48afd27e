//! Tests of the engine through its public face.

mod golden;
mod golden_reuse;
mod golden_rkme;
mod reuser_contract;
