//! Hostile and hand-computed models.
