//! From found learnwares to predictions.
