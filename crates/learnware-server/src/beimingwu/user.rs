//! `/user`, the account: profile and tokens.

use axum::extract::{Request, State};
use learnware_dock::Dock;
use learnware_dock::accounts::{Scope, TOKEN_DAYS_MAX, Token};
use learnware_dock::store::people::Role;
use serde_json::json;

use super::codes;
use super::envelope::{Answer, Refusal, answer, by, done};
use super::fields::Fields;
use super::visitor::Member;

/// What tokens made here are called.
const TOKEN_NAME: &str = "LearnwareClient";

/// The reference's number for a role.
pub(super) fn role_number(role: Role) -> u8 {
    match role {
        Role::User => 0,
        Role::Admin => 1,
    }
}

pub(super) async fn profile(State(dock): State<Dock>, Member(principal): Member) -> Answer {
    let account = dock.store().account(principal.account).await.map_err(by(codes::ACCOUNT))?;
    let email = account.map(|account| account.email);
    let profile = json!({
        "user_id": principal.account.0,
        "username": principal.name,
        "email": email,
        "role": role_number(principal.role),
    });
    answer("Get profile success.", profile)
}

/// A token for the client: shown now and never again.
pub(super) async fn create_token(State(dock): State<Dock>, Member(principal): Member) -> Answer {
    let scopes = [Scope::Read, Scope::Submit].into();
    let made = dock.create_token(&principal, TOKEN_NAME, &scopes, TOKEN_DAYS_MAX).await;
    let (token, _) = made.map_err(by(codes::ACCOUNT))?;
    answer("The token is shown only now; keep it.", json!({"token": token.reveal()}))
}

/// Tokens by number and name: what lets somebody in is not kept.
pub(super) async fn list_token(State(dock): State<Dock>, Member(principal): Member) -> Answer {
    principal.needs(Scope::Account).map_err(by(codes::ACCOUNT))?;
    let tokens = dock.tokens(principal.account).await.map_err(by(codes::ACCOUNT))?;
    let listed: Vec<String> = tokens.iter().map(listed).collect();
    answer("Ok.", json!({"token_list": listed}))
}

/// Ends a token, named by what the list shows or by itself.
pub(super) async fn delete_token(
    State(dock): State<Dock>,
    Member(principal): Member,
    request: Request,
) -> Answer {
    principal.needs(Scope::Account).map_err(by(codes::ACCOUNT))?;
    let fields = Fields::read(request, &dock).await?;
    let named = fields.needed("token")?;
    let tokens = dock.tokens(principal.account).await.map_err(by(codes::ACCOUNT))?;
    let number = match tokens.iter().find(|token| listed(token) == named) {
        Some(token) => Some(token.id),
        None => dock.token_number(principal.account, named).await.map_err(by(codes::ACCOUNT))?,
    };
    let unknown = || Refusal::new(codes::BAD_REQUEST, "You have no such token; see list_token.");
    let number = number.ok_or_else(unknown)?;
    if dock.revoke_token(principal.account, number).await.map_err(by(codes::ACCOUNT))? {
        done("Delete token success.")
    } else {
        Err(unknown())
    }
}

fn listed(token: &Token) -> String {
    format!("{} {}", token.id, token.name)
}
