//! Journeys on real docks in temporary folders.

mod store_contract;
mod support;
