//! Mathematics without learnware words.
//!
//! Everything here gives the same bytes for the same input on any number of threads and on any processor
//! with or without vector units: sums run in a fixed order and use fused multiply-add everywhere.

pub mod adam;
pub mod assignment;
pub mod boosting;
pub mod cholesky;
pub mod codes;
pub mod dense;
pub mod folds;
pub mod kernel;
pub mod kmeans;
pub mod lbfgs;
pub mod linear;
mod matrix;
pub mod parallel;
pub mod principal;
pub mod product;
pub mod quadratic;
pub mod random;
pub mod real;
pub mod symmetric;
pub mod transport;
pub mod vector;

pub use matrix::Matrix;
