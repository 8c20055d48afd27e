//! Mathematics without learnware words.

mod matrix;

pub use matrix::Matrix;
