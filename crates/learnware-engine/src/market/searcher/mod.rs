//! Finds learnwares for a user.
