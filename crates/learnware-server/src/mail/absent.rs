//! Stands in for SMTP in a program built without the feature `mail`: nobody carries letters.

use learnware_dock::{Address, DockError};

use super::{Letter, Refusal};

/// There is none.
#[derive(Debug)]
pub(super) struct Carrier(std::convert::Infallible);

impl Carrier {
    pub(super) fn new(smtp: &Address, _from: &str) -> Result<Self, DockError> {
        let wanted = "unset: this program was built without mail";
        Err(DockError::Setting { name: "LEARNWARE_SMTP", value: smtp.to_string(), wanted })
    }

    pub(super) fn reaches(_address: &str) -> bool {
        true
    }

    #[expect(clippy::unused_async, reason = "async with the feature")]
    pub(super) async fn send(&self, _letter: &Letter, _address: Option<&str>) -> Result<(), Refusal> {
        match self.0 {}
    }
}
