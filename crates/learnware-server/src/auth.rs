//! Who asks: by `Authorization: Bearer`, for programs and pages alike. No cookie is read, so no other site can act in a
//! user's name.

use axum::extract::FromRequestParts;
use axum::http::HeaderMap;
use axum::http::header::AUTHORIZATION;
use axum::http::request::Parts;
use learnware_dock::Dock;
use learnware_dock::accounts::{Principal, Scope};

use crate::error::Failure;

/// Whoever asks, known or not. A secret that lets nobody in is refused: it is better told than taken for nobody.
#[derive(Debug)]
pub(crate) struct Viewer(pub(crate) Option<Principal>);

/// Somebody who was let in.
#[derive(Debug)]
pub(crate) struct Known(pub(crate) Principal);

/// An administrator.
#[derive(Debug)]
pub(crate) struct Admin(pub(crate) Principal);

/// The secret of a request.
pub(crate) fn secret(headers: &HeaderMap) -> Option<&str> {
    let value = headers.get(AUTHORIZATION)?.to_str().ok()?;
    let (scheme, secret) = value.split_once(' ')?;
    scheme.eq_ignore_ascii_case("bearer").then(|| secret.trim())
}

impl FromRequestParts<Dock> for Viewer {
    type Rejection = Failure;

    async fn from_request_parts(parts: &mut Parts, dock: &Dock) -> Result<Self, Failure> {
        if !parts.headers.contains_key(AUTHORIZATION) {
            return Ok(Self(None));
        }
        let Some(secret) = secret(&parts.headers) else { return Err(Failure::login_needed()) };
        match dock.authenticate(secret).await? {
            Some(principal) => Ok(Self(Some(principal))),
            None => Err(Failure::login_needed()),
        }
    }
}

impl FromRequestParts<Dock> for Known {
    type Rejection = Failure;

    async fn from_request_parts(parts: &mut Parts, dock: &Dock) -> Result<Self, Failure> {
        Viewer::from_request_parts(parts, dock).await?.0.map(Self).ok_or_else(Failure::login_needed)
    }
}

impl FromRequestParts<Dock> for Admin {
    type Rejection = Failure;

    async fn from_request_parts(parts: &mut Parts, dock: &Dock) -> Result<Self, Failure> {
        let Known(principal) = Known::from_request_parts(parts, dock).await?;
        principal.needs(Scope::Admin)?;
        Ok(Self(principal))
    }
}
