//! Mixtures over the whole island.
