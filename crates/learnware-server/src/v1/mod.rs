//! REST v1, by noun.

pub(crate) mod accounts;
pub(crate) mod admin;
pub(crate) mod anchors;
pub(crate) mod datasets;
pub(crate) mod events;
pub(crate) mod evolutions;
pub(crate) mod holdings;
pub(crate) mod indexes;
pub(crate) mod learnwares;
pub(crate) mod me;
pub(crate) mod organisations;
pub(crate) mod predictions;
pub(crate) mod search;
pub(crate) mod server;
pub(crate) mod uploads;
pub(crate) mod world;
