//! Judges learnwares: findings are data, never errors.
