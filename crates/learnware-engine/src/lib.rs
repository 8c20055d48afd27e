//! The learnware science, pure: no files, network, clock, environment or threads of its own.
//!
//! Layers, lower first; a module imports only from lower ones (`cargo xtask tidy` checks it):
//!
//! ```text
//! error < numeric, semantic, embedder < image, table, text, specification < learnware, predictor, user_info < hetero < market, reuse
//! ```
//!
//! * [`numeric`]: matrices, Gaussian kernel, k-means, simplex QP, seeded randomness.
//! * [`semantic`]: what a learnware is for, in the vocabulary of the reference.
//! * [`embedder`]: the identity of what turns texts and images into numbers.
//! * [`image`]: images of one shape, the reference's image kernel, an embedding without a network.
//! * [`table`]: raw columns and how they become numbers.
//! * [`text`]: texts as points, and their languages.
//! * [`specification`]: reduced kernel mean embeddings and their file format.
//! * [`learnware`]: a model's declaration together with its specification.
//! * [`predictor`]: the trait behind which models run.
//! * [`hetero`]: tables whose columns differ.
//! * [`market`]: organizer, searchers and checkers.
//! * [`reuse`]: from found learnwares to predictions.

pub mod embedder;
pub mod error;
pub mod hetero;
pub mod image;
pub mod learnware;
pub mod market;
pub mod numeric;
pub mod predictor;
pub mod reuse;
pub mod semantic;
pub mod specification;
pub mod table;
pub mod text;
pub mod user_info;

pub use error::EngineError;
pub use numeric::Matrix;
