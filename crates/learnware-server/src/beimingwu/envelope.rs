//! Every answer that is not a package: `{"code", "msg", "data"}`, where 0 is success. What the reference's client reads
//! is `code`; `msg` is shown to people.

use axum::Json;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use learnware_dock::DockError;
use learnware_engine::market::checker::CheckReport;
use serde_json::{Value, json};

use super::codes::{self, Codes};
use crate::error::Failure;

/// Findings told in one message at most; the log of the check has them all.
const FINDINGS_MAX: usize = 5;

/// Success.
#[derive(Debug)]
pub(super) struct Reply {
    msg: &'static str,
    data: Option<Value>,
}

/// Anything else.
#[derive(Debug)]
pub(super) struct Refusal {
    status: StatusCode,
    code: u16,
    msg: String,
}

/// Answer of a route.
pub(super) type Answer = Result<Reply, Refusal>;

/// Success without more to say.
#[expect(clippy::unnecessary_wraps, reason = "routes end with it")]
pub(super) fn done(msg: &'static str) -> Answer {
    Ok(Reply { msg, data: None })
}

/// Success with something in it.
#[expect(clippy::unnecessary_wraps, reason = "routes end with it")]
pub(super) fn answer(msg: &'static str, data: Value) -> Answer {
    Ok(Reply { msg, data: Some(data) })
}

impl Refusal {
    /// One that the client reads as an answer.
    pub(super) fn new(code: u16, msg: impl Into<String>) -> Self {
        Self { status: StatusCode::OK, code, msg: msg.into() }
    }

    /// The same with a status of its own, for those who read packages.
    #[must_use]
    pub(super) fn with_status(self, status: StatusCode) -> Self {
        Self { status, ..self }
    }

    /// Nobody showed anything to be let in.
    pub(super) fn login_needed() -> Self {
        Self::new(codes::LOGIN_NEEDED, "Unauthorized access: log in by e-mail address and token.")
    }

    /// What was shown lets nobody in.
    pub(super) fn login_ended() -> Self {
        let msg = "The session has ended or is not one of this dock: log in again.";
        Self::new(codes::LOGIN_NEEDED, msg).with_status(StatusCode::UNAUTHORIZED)
    }

    /// Something is missing.
    pub(super) fn missing(field: &str) -> Self {
        Self::new(codes::BAD_REQUEST, format!("Request parameters missing: send `{field}`."))
    }

    /// A learnware that is not sound.
    pub(super) fn not_sound(report: &CheckReport) -> Self {
        let errors: Vec<String> = report
            .errors()
            .take(FINDINGS_MAX)
            .map(|finding| format!("{}. {}", finding.message.trim_end_matches('.'), finding.advice))
            .collect();
        Self::new(codes::NOT_SOUND, errors.join(" ").trim().to_owned())
    }

    /// A failure of REST v1 in the numbers of a route. Application errors get the status 200; the server's own keep theirs.
    pub(super) fn of(failure: Failure, codes: Codes) -> Self {
        let (status, word, msg) = failure.told();
        let refusal = Self::new(codes.number(word), msg);
        if status.is_server_error() { refusal.with_status(status) } else { refusal }
    }

    /// The same with the status of REST v1.
    pub(super) fn with_status_of(failure: Failure, codes: Codes) -> Self {
        let (status, word, msg) = failure.told();
        Self { status, code: codes.number(word), msg }
    }
}

/// For `map_err`: an error of the dock in the numbers of a route.
pub(super) fn by(codes: Codes) -> impl Fn(DockError) -> Refusal {
    move |error| Refusal::of(error.into(), codes)
}

impl IntoResponse for Reply {
    fn into_response(self) -> Response {
        let mut document = json!({"code": 0, "msg": self.msg});
        if let Some(data) = self.data {
            document["data"] = data;
        }
        Json(document).into_response()
    }
}

impl IntoResponse for Refusal {
    fn into_response(self) -> Response {
        (self.status, Json(json!({"code": self.code, "msg": self.msg}))).into_response()
    }
}
