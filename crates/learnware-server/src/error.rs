//! From errors of the dock to answers: one table of statuses and codes.

use axum::Json;
use axum::http::header::{CONTENT_TYPE, RETRY_AFTER};
use axum::http::{HeaderValue, StatusCode};
use axum::response::{IntoResponse, Response};
use learnware_api::Problem;
use learnware_dock::DockError;
use learnware_engine::EngineError;
use learnware_engine::market::checker::CheckReport;
use serde_json::json;

use crate::observe;

/// Seconds after which a busy server may be asked again.
const RETRY_SECONDS: HeaderValue = HeaderValue::from_static("2");

/// An answer that is a problem.
#[derive(Debug)]
pub(crate) struct Failure {
    status: StatusCode,
    code: &'static str,
    title: String,
    report: Option<CheckReport>,
}

/// Answer of a route.
pub(crate) type Answer<T> = Result<T, Failure>;

impl Failure {
    pub(crate) fn new(status: StatusCode, code: &'static str, title: impl Into<String>) -> Self {
        Self { status, code, title: title.into(), report: None }
    }

    /// The request itself is wrong.
    pub(crate) fn bad(code: &'static str, title: impl Into<String>) -> Self {
        Self::new(StatusCode::BAD_REQUEST, code, title)
    }

    /// Nobody was let in, and somebody must be.
    pub(crate) fn login_needed() -> Self {
        let title = "log in, or send a token as `Authorization: Bearer TOKEN`";
        Self::new(StatusCode::UNAUTHORIZED, "login-needed", title)
    }

    /// We failed; the log says why.
    pub(crate) fn internal() -> Self {
        let title = "the server failed; the operator's log says why, under the request's id";
        Self::new(StatusCode::INTERNAL_SERVER_ERROR, "internal", title)
    }

    /// Status, word for programs and sentence for people.
    pub(crate) fn told(self) -> (StatusCode, &'static str, String) {
        (self.status, self.code, self.title)
    }

    /// The learnware is not sound.
    pub(crate) fn refused(report: CheckReport) -> Self {
        let title = "the learnware is not sound; the report says why. Nothing was stored";
        Self { report: Some(report), ..Self::new(StatusCode::UNPROCESSABLE_ENTITY, "not-sound", title) }
    }
}

impl From<DockError> for Failure {
    fn from(error: DockError) -> Self {
        let (status, code) = match &error {
            DockError::BadId { .. } => (StatusCode::BAD_REQUEST, "bad-id"),
            DockError::BadQuery { .. } => (StatusCode::BAD_REQUEST, "bad-query"),
            DockError::BadDatasetName { .. } => (StatusCode::BAD_REQUEST, "bad-name"),
            DockError::BadCursor { .. } => (StatusCode::BAD_REQUEST, "bad-cursor"),
            DockError::BadAccount { .. } => (StatusCode::UNPROCESSABLE_ENTITY, "bad-value"),
            DockError::BadData { .. } => (StatusCode::UNPROCESSABLE_ENTITY, "bad-data"),
            DockError::ModelFailed { .. } => (StatusCode::UNPROCESSABLE_ENTITY, "model-failed"),
            DockError::BadCode => (StatusCode::BAD_REQUEST, "bad-code"),
            DockError::WrongLogin => (StatusCode::UNAUTHORIZED, "wrong-login"),
            DockError::NotConfirmed => (StatusCode::FORBIDDEN, "not-confirmed"),
            DockError::OverQuota { .. } => (StatusCode::TOO_MANY_REQUESTS, "over-quota"),
            DockError::BadUpload { .. } => (StatusCode::BAD_REQUEST, "bad-upload"),
            DockError::Forbidden { .. } => (StatusCode::FORBIDDEN, "forbidden"),
            DockError::UnknownLearnware { .. } => (StatusCode::NOT_FOUND, "unknown-learnware"),
            DockError::UnknownDataset { .. } => (StatusCode::NOT_FOUND, "unknown-dataset"),
            DockError::NoDataForm { .. } => (StatusCode::NOT_FOUND, "no-data-form"),
            DockError::ConversionInProgress { .. } => (StatusCode::CONFLICT, "conversion-in-progress"),
            DockError::UnknownEvolution { .. } => (StatusCode::NOT_FOUND, "unknown-evolution"),
            DockError::EvolutionInProgress => (StatusCode::CONFLICT, "evolution-in-progress"),
            DockError::UnknownVersion { .. } => (StatusCode::NOT_FOUND, "unknown-version"),
            DockError::UnknownOrganisation => (StatusCode::NOT_FOUND, "unknown-organisation"),
            DockError::UnknownAccount => (StatusCode::NOT_FOUND, "unknown-account"),
            DockError::NotUsable { .. } => (StatusCode::NOT_FOUND, "not-usable"),
            DockError::Deleted { .. } => (StatusCode::GONE, "deleted"),
            DockError::TakenDown { .. } => (StatusCode::UNAVAILABLE_FOR_LEGAL_REASONS, "taken-down"),
            DockError::Taken { .. } => (StatusCode::CONFLICT, "taken"),
            DockError::CheckInProgress { .. } => (StatusCode::CONFLICT, "check-in-progress"),
            DockError::Busy { .. } | DockError::Closed => (StatusCode::SERVICE_UNAVAILABLE, "busy"),
            error if error.is_temporary() => {
                tracing::warn!(request_id = observe::request_id(), "{error}");
                let title = "a part of this service can't be reached now; try again";
                return Self::new(StatusCode::SERVICE_UNAVAILABLE, "busy", title);
            }
            error if error.is_full() => {
                tracing::error!(request_id = observe::request_id(), "{error}");
                let title = "the server has no room left; its operator has to make some. Nothing was stored";
                return Self::new(StatusCode::INSUFFICIENT_STORAGE, "no-room", title);
            }
            DockError::Engine(error) => return error.into(),
            _ => {
                // What happened is for the operator, not for whoever asked.
                tracing::error!(request_id = observe::request_id(), "{error}");
                return Self::internal();
            }
        };
        Self::new(status, code, error.to_string())
    }
}

impl From<&EngineError> for Failure {
    fn from(error: &EngineError) -> Self {
        Self::new(StatusCode::UNPROCESSABLE_ENTITY, "bad-specification", error.to_string())
    }
}

impl From<EngineError> for Failure {
    fn from(error: EngineError) -> Self {
        (&error).into()
    }
}

impl IntoResponse for Failure {
    fn into_response(self) -> Response {
        let problem = Problem {
            status: self.status.as_u16(),
            code: self.code.to_owned(),
            title: self.title,
            request_id: observe::request_id(),
            report: self.report.map(|report| json!(report)),
        };
        let mut response = (self.status, Json(problem)).into_response();
        let headers = response.headers_mut();
        headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/problem+json"));
        if self.status == StatusCode::SERVICE_UNAVAILABLE {
            headers.insert(RETRY_AFTER, RETRY_SECONDS);
        }
        response
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_somebody_else_can_mend_is_no_fault_of_ours() {
        let full = |kind: std::io::ErrorKind| DockError::Io {
            action: "write",
            path: "/dock/blobs".into(),
            source: kind.into(),
        };
        let store = |is_temporary| DockError::PackageStore {
            action: "store the package",
            reason: "secret.example.org does not answer".into(),
            is_temporary,
        };
        for (error, status) in [
            (full(std::io::ErrorKind::StorageFull), 507),
            (full(std::io::ErrorKind::PermissionDenied), 500),
            (store(true), 503),
            (store(false), 500),
            (DockError::Busy { action: "search" }, 503),
        ] {
            let (found, _, title) = Failure::from(error).told();
            assert_eq!(found.as_u16(), status, "{title}");
            assert!(!title.contains("/dock") && !title.contains("secret"), "{title}");
        }
    }
}
