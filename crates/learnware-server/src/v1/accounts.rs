//! Accounts, sessions and tokens.

use std::collections::BTreeSet;

use axum::extract::State;
use axum::http::header::SET_COOKIE;
use axum::http::{HeaderMap, HeaderName, HeaderValue, StatusCode};
use axum::response::{IntoResponse as _, Response};
use axum::{Extension, Json};
use learnware_api::{
    Address, Challenge, Code, Granted, Login, Me, NewPassword, NewToken, Register, Reset, Token,
};
use learnware_dock::Dock;
use learnware_dock::accounts::{CHALLENGE_BITS, Registration, Scope};

use crate::asked::Path;
use crate::auth::{self, Known, Reached};
use crate::body::Document;
use crate::error::{Answer, Failure};
use crate::mail::{Left, Outbox, Purpose};

/// Header by which a page asks for a cookie.
const AS_COOKIE: &str = "x-learnware-session";

/// Work to be done before a registration.
#[utoipa::path(post, path = "/accounts/challenge", tag = "accounts", responses((status = OK, body = Challenge)))]
pub(crate) async fn challenge(State(dock): State<Dock>) -> Answer<Json<Challenge>> {
    let challenge = dock.registration_challenge().await?.reveal().to_owned();
    Ok(Json(Challenge { challenge, bits: CHALLENGE_BITS }))
}

/// Makes an account. The code that confirms the address comes by mail, or without a mail server goes to the operator's
/// log.
#[utoipa::path(post, path = "/accounts", tag = "accounts", request_body = Register, responses((status = CREATED)))]
pub(crate) async fn register(
    State(dock): State<Dock>,
    Extension(outbox): Extension<Outbox>,
    Document(wish): Document<Register>,
) -> Answer<StatusCode> {
    if !outbox.reaches(&wish.email) {
        let title = "no letter can be sent to this e-mail address; use another";
        return Err(Failure::new(StatusCode::UNPROCESSABLE_ENTITY, "bad-value", title));
    }
    let (account, code) = dock.register(registration(&wish), &wish.code, &wish.nonce).await?;
    if outbox.leave(Purpose::Confirm, &wish.email, &code) == Left::NoMail {
        tracing::info!(account = account.0, code = code.reveal(), "confirm an address");
    }
    Ok(StatusCode::CREATED)
}

/// Confirms an address.
#[utoipa::path(post, path = "/accounts/confirm", tag = "accounts", request_body = Code, responses((status = NO_CONTENT)))]
pub(crate) async fn confirm(State(dock): State<Dock>, Document(code): Document<Code>) -> Answer<StatusCode> {
    dock.confirm(&code.code).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Sets a new password by the old one; ends all sessions.
#[utoipa::path(post, path = "/me/password", tag = "accounts", request_body = NewPassword, responses((status = NO_CONTENT)), security(("bearer" = [])))]
pub(crate) async fn change_password(
    State(dock): State<Dock>,
    Known(principal): Known,
    Document(wish): Document<NewPassword>,
) -> Answer<StatusCode> {
    dock.change_password(&principal, wish.old, wish.new).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Asks for a code that sets a new password. The answer does not tell whether there is such an account.
///
/// It comes by mail; without a mail server it goes to the operator's log.
#[utoipa::path(post, path = "/accounts/reset-code", tag = "accounts", request_body = Address, responses((status = ACCEPTED)))]
pub(crate) async fn ask_reset(
    State(dock): State<Dock>,
    Extension(outbox): Extension<Outbox>,
    Document(wish): Document<Address>,
) -> Answer<StatusCode> {
    if let Some(code) = dock.reset_code(&wish.email).await?
        && outbox.leave(Purpose::Reset, &wish.email, &code) == Left::NoMail
    {
        tracing::info!(email = wish.email, code = code.reveal(), "set a new password");
    }
    Ok(StatusCode::ACCEPTED)
}

/// Sets a new password by a code; ends all sessions.
#[utoipa::path(post, path = "/accounts/reset", tag = "accounts", request_body = Reset, responses((status = NO_CONTENT)))]
pub(crate) async fn reset(State(dock): State<Dock>, Document(wish): Document<Reset>) -> Answer<StatusCode> {
    dock.reset_password(&wish.code, wish.password).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Makes the first administrator.
#[utoipa::path(post, path = "/accounts/invitation", tag = "accounts", request_body = Register, responses((status = CREATED)))]
pub(crate) async fn accept_invitation(
    State(dock): State<Dock>,
    Document(wish): Document<Register>,
) -> Answer<StatusCode> {
    dock.accept_invitation(&wish.code, registration(&wish)).await?;
    Ok(StatusCode::CREATED)
}

/// Begins a session.
///
/// With the header `X-Learnware-Session: cookie` its secret comes as a cookie that scripts can't read, and the answer is
/// empty. Requests that change something then need the header `X-Learnware-Request`.
#[utoipa::path(post, path = "/sessions", tag = "accounts", request_body = Login, responses((status = OK, body = Granted), (status = NO_CONTENT, description = "The session is in a cookie")), params(("X-Learnware-Session" = Option<String>, Header, description = "`cookie`, for pages")))]
pub(crate) async fn login(
    State(dock): State<Dock>,
    Extension(reached): Extension<Reached>,
    headers: HeaderMap,
    Document(login): Document<Login>,
) -> Answer<Response> {
    let (session, _) = dock.login(&login.email, &login.password).await?;
    if headers.get(AS_COOKIE).is_some_and(|form| form == "cookie") {
        let cookie = auth::set_cookie(session.reveal(), reached.is_encrypted(&headers));
        return Ok((StatusCode::NO_CONTENT, [(SET_COOKIE, cookie)]).into_response());
    }
    Ok(Json(Granted { secret: session.reveal().to_owned(), id: None }).into_response())
}

/// Ends the session that asks.
#[utoipa::path(delete, path = "/sessions/current", tag = "accounts", responses((status = NO_CONTENT)), security(("bearer" = [])))]
pub(crate) async fn logout(
    State(dock): State<Dock>,
    _: Known,
    headers: HeaderMap,
) -> Answer<(StatusCode, [(HeaderName, HeaderValue); 1])> {
    if let Some(secret) = auth::secret(&headers) {
        dock.logout(secret).await?;
    }
    Ok((StatusCode::NO_CONTENT, [(SET_COOKIE, auth::forget_cookie())]))
}

/// Whoever asks.
#[utoipa::path(get, path = "/me", tag = "accounts", responses((status = OK, body = Me)), security(("bearer" = [])))]
pub(crate) async fn me(Known(principal): Known) -> Json<Me> {
    Json(Me {
        account: principal.account.0,
        name: principal.name,
        role: principal.role.word().to_owned(),
        scopes: words(&principal.scopes),
    })
}

/// Makes a token; its secret is shown once.
#[utoipa::path(post, path = "/tokens", tag = "accounts", request_body = NewToken, responses((status = CREATED, body = Granted)), security(("bearer" = [])))]
pub(crate) async fn create_token(
    State(dock): State<Dock>,
    Known(principal): Known,
    Document(wish): Document<NewToken>,
) -> Answer<(StatusCode, Json<Granted>)> {
    let scopes: Option<BTreeSet<Scope>> = wish.scopes.iter().map(|word| scope(word)).collect();
    let scopes =
        scopes.ok_or_else(|| Failure::bad("bad-scope", "scopes are read, submit, account and admin"))?;
    let (secret, id) = dock.create_token(&principal, &wish.name, &scopes, wish.days).await?;
    let granted = Granted { secret: secret.reveal().to_owned(), id: Some(id) };
    Ok((StatusCode::CREATED, Json(granted)))
}

/// Tokens of the account, without their secrets.
#[utoipa::path(get, path = "/tokens", tag = "accounts", responses((status = OK, body = Vec<Token>)), security(("bearer" = [])))]
pub(crate) async fn tokens(State(dock): State<Dock>, Known(principal): Known) -> Answer<Json<Vec<Token>>> {
    principal.needs(Scope::Account)?;
    let tokens = dock.tokens(principal.account).await?.into_iter().map(|token| Token {
        id: token.id,
        name: token.name,
        scopes: words(&token.scopes),
        created_at: token.row.created_at.to_string(),
        expires_at: token.row.expires_at.to_string(),
        used_at: token.row.used_at.map(|used_at| used_at.to_string()),
    });
    Ok(Json(tokens.collect()))
}

/// Ends a token.
#[utoipa::path(delete, path = "/tokens/{id}", tag = "accounts", params(("id" = i64, Path, description = "Number, as lists give it")), responses((status = NO_CONTENT)), security(("bearer" = [])))]
pub(crate) async fn revoke_token(
    State(dock): State<Dock>,
    Known(principal): Known,
    Path(id): Path<i64>,
) -> Answer<StatusCode> {
    principal.needs(Scope::Account)?;
    if dock.revoke_token(principal.account, id).await? {
        Ok(StatusCode::NO_CONTENT)
    } else {
        Err(Failure::new(StatusCode::NOT_FOUND, "unknown-token", "you have no token with this number"))
    }
}

fn registration(wish: &Register) -> Registration {
    let Register { email, name, password, .. } = wish.clone();
    Registration { email, name, password }
}

fn scope(word: &str) -> Option<Scope> {
    Scope::ALL.into_iter().find(|scope| scope.word() == word)
}

fn words(scopes: &BTreeSet<Scope>) -> Vec<String> {
    scopes.iter().map(|scope| scope.word().to_owned()).collect()
}
