//! Learnwares whose answers mean something else than the user's labels: other classes, another scale.
//!
//! * [`classes`]: which class of a learnware is which of the user, from a few labels.
//! * [`scale`]: from a learnware's quantities to the user's.
//!
//! Both give a predictor again, so that every reuser takes the learnware as any other member. Without labels
//! neither can be known; answers then stay as they are.

pub mod classes;
pub mod scale;

pub use classes::{ClassMapping, ClassStatistics, MappedClasses};
pub use scale::{Rescaled, ScaleMapping};
