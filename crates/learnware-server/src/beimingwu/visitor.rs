//! Who asks, in the reference's terms: nothing shown is code 11 with the status 200, something that lets nobody in is
//! code 11 with the status 401.

use axum::extract::FromRequestParts;
use axum::http::header::AUTHORIZATION;
use axum::http::request::Parts;
use learnware_dock::Dock;
use learnware_dock::accounts::Principal;

use super::codes;
use super::envelope::{Refusal, by};
use crate::auth;

/// Somebody who was let in.
#[derive(Debug)]
pub(super) struct Member(pub(super) Principal);

/// Whoever asks, known or not.
#[derive(Debug)]
pub(super) struct Visitor(pub(super) Option<Principal>);

impl FromRequestParts<Dock> for Visitor {
    type Rejection = Refusal;

    async fn from_request_parts(parts: &mut Parts, dock: &Dock) -> Result<Self, Refusal> {
        if !parts.headers.contains_key(AUTHORIZATION) {
            return Ok(Self(None));
        }
        let secret = auth::secret(&parts.headers).ok_or_else(Refusal::login_ended)?;
        match dock.authenticate(secret).await.map_err(by(codes::ACCOUNT))? {
            Some(principal) => Ok(Self(Some(principal))),
            None => Err(Refusal::login_ended()),
        }
    }
}

impl FromRequestParts<Dock> for Member {
    type Rejection = Refusal;

    async fn from_request_parts(parts: &mut Parts, dock: &Dock) -> Result<Self, Refusal> {
        Visitor::from_request_parts(parts, dock).await?.0.map(Self).ok_or_else(Refusal::login_needed)
    }
}
