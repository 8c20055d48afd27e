//! `/auth`: in by e-mail address and token, and out again.

use axum::extract::{Request, State};
use learnware_dock::{Dock, DockError};
use serde_json::json;

use super::envelope::{Answer, Refusal, answer, by, done};
use super::fields::Fields;
use super::visitor::Member;
use super::{codes, user};
use crate::auth;

pub(super) async fn login_by_token(State(dock): State<Dock>, request: Request) -> Answer {
    let fields = Fields::read(request, &dock).await?;
    let (email, token) = (fields.needed("email")?, fields.needed("token")?);
    let session = dock.login_by_token(email, token).await.map_err(|error| match error {
        DockError::WrongLogin => Refusal::new(codes::WRONG_TOKEN, "Invalid token."),
        error => by(codes::ACCOUNT)(error),
    })?;
    answer("Login success.", json!({"token": session.reveal()}))
}

pub(super) async fn logout(State(dock): State<Dock>, _: Member, request: Request) -> Answer {
    let (parts, _) = request.into_parts();
    if let Some(secret) = auth::secret(&parts.headers) {
        dock.logout(secret).await.map_err(by(codes::ACCOUNT))?;
    }
    done("Logout success.")
}

pub(super) async fn role(Member(principal): Member) -> Answer {
    answer("Get role success.", json!({"role": user::role_number(principal.role)}))
}
