//! From a package to a running model.
