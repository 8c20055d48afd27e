//! Stands in for OpenID Connect in a program built without the feature `oidc`: there is no other service.

use learnware_dock::identities::Introduced;
use learnware_dock::{Address, DockError};

use super::Trouble;

/// There is none.
#[derive(Debug)]
pub(super) struct Provider(std::convert::Infallible);

impl Provider {
    pub(super) fn new(service: &Address, _return_to: &str) -> Result<Self, DockError> {
        let wanted = "unset: this program was built without single sign-on";
        Err(DockError::Setting { name: "LEARNWARE_OIDC", value: service.to_string(), wanted })
    }

    #[expect(clippy::unused_async, reason = "async with the feature")]
    pub(super) async fn begin(&self) -> Result<(String, [String; 3]), Trouble> {
        match self.0 {}
    }

    #[expect(clippy::unused_async, reason = "async with the feature")]
    pub(super) async fn finish(
        &self,
        _code: String,
        _nonce: String,
        _verifier: String,
    ) -> Result<Introduced, Trouble> {
        match self.0 {}
    }
}
