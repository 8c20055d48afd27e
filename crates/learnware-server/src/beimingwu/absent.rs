//! Routes of the reference that this server leaves out, and where to go instead. They are those of its browser pages:
//! passwords as MD5, passwords in answers, tokens in addresses.

use axum::http::StatusCode;

use super::codes;
use super::envelope::{Answer, Refusal};

/// Route and what replaces it.
pub(super) const LEFT_OUT: &[(&str, &str)] = &[
    ("/auth/register", "POST /api/v1/accounts"),
    ("/auth/resend_email_confirm", "POST /api/v1/accounts"),
    ("/auth/email_confirm", "POST /api/v1/accounts/confirm"),
    ("/auth/login", "POST /api/v1/sessions"),
    ("/auth/send_reset_password_email", "POST /api/v1/accounts/reset-code"),
    ("/auth/reset_password", "POST /api/v1/accounts/reset"),
    ("/user/change_password", "POST /api/v1/me/password"),
    ("/engine/generate_download_token", "GET /api/v1/learnwares/ID/package"),
    ("/engine/download_by_token", "GET /api/v1/learnwares/ID/package"),
    ("/engine/download_multi_learnware", "GET /api/v1/learnwares/ID/package"),
    ("/engine/download_multi_learnware_by_token", "GET /api/v1/learnwares/ID/package"),
    ("/admin/{*rest}", "the routes under /api/v1/admin"),
];

/// Answers for a route that is left out.
pub(super) fn refuse(instead: &str) -> Answer {
    let msg = format!("This dock does not offer that here; use {instead}.");
    Err(Refusal::new(codes::NOT_DONE, msg).with_status(StatusCode::NOT_FOUND))
}
