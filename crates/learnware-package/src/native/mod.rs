//! Models that are data, not code, evaluated in this process.
