//! What can go wrong when a dock server is called, and what to do about it.

use std::path::{Path, PathBuf};
use std::time::Duration;

use super::is_of_a_gateway;
use crate::Problem;

/// Errors of a call.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ClientError {
    /// The text is no address of a server.
    #[error("{address:?} is not the address of a dock server: {reason}")]
    BadAddress {
        /// The text.
        address: String,
        /// Why not.
        reason: String,
    },
    /// No connection came about, or it broke.
    #[error("{server} cannot be reached: {reason}")]
    Unreachable {
        /// The server.
        server: String,
        /// Why, in the words of the system.
        reason: String,
        /// Whether the request may have arrived.
        was_sent: bool,
    },
    /// The answer took too long.
    #[error("{server} did not answer within {seconds} seconds")]
    TimedOut {
        /// The server.
        server: String,
        /// How long was waited.
        seconds: u64,
    },
    /// The server understood and refused.
    #[error("{server} refuses: {}", problem.title)]
    Refused {
        /// The server.
        server: String,
        /// Its words: `status`, `code` and `title`.
        problem: Box<Problem>,
        /// When it wants to be asked again.
        retry_after: Option<Duration>,
    },
    /// What answers is no dock.
    #[error("{url} does not answer as a dock does: {reason}")]
    NotADock {
        /// What was asked for.
        url: String,
        /// Status of the answer.
        status: u16,
        /// What is wrong with it.
        reason: String,
    },
    /// The server names another one, to which nothing was sent.
    #[error("{server} says that it is elsewhere: {to}")]
    Redirected {
        /// The server.
        server: String,
        /// The other one.
        to: String,
    },
    /// A package is not what the server says that it is.
    #[error("the package came damaged: its digest is {found}, and the server says {digest}")]
    Damaged {
        /// BLAKE3 as the server says.
        digest: String,
        /// BLAKE3 of what came.
        found: String,
    },
    /// A package was cut off again and again.
    #[error("the package was cut off again and again, the last time after {received} bytes: {reason}")]
    CutOff {
        /// Bytes that came.
        received: u64,
        /// Why, the last time.
        reason: String,
    },
    /// The server wants more work before a registration than is usual.
    #[error("the server wants {bits} bits of work before a registration, which takes too long")]
    TooMuchWork {
        /// Zero bits.
        bits: u32,
    },
    /// A file on this side failed.
    #[error("cannot {action} {}: {source}", path.display())]
    Io {
        /// What was tried.
        action: &'static str,
        /// On which file.
        path: PathBuf,
        /// Why.
        source: std::io::Error,
    },
}

/// Result of calls.
pub type Result<T, E = ClientError> = std::result::Result<T, E>;

impl ClientError {
    /// The server's word for programs, where it refused.
    pub fn code(&self) -> Option<&str> {
        match self {
            Self::Refused { problem, .. } => Some(&problem.code),
            _ => None,
        }
    }

    /// Whether what we showed lets nobody in, or must be shown.
    pub fn is_login_needed(&self) -> bool {
        self.code() == Some("login-needed")
    }

    /// What to do next.
    pub fn advice(&self) -> &'static str {
        match self {
            Self::BadAddress { .. } => "write it as https://HOST or https://HOST/PREFIX",
            Self::Unreachable { .. } => "check the address, the network, and that the server runs",
            Self::TimedOut { .. } => "try again later; the server may be busy",
            Self::Refused { problem, .. } => advice_for(problem),
            Self::NotADock { status, .. } if is_of_a_gateway(*status) || *status == 503 => {
                "a server in between says that the dock does not answer; try again later"
            }
            Self::NotADock { .. } => "check the address: it may be of another service, or lack a prefix",
            Self::Redirected { .. } => "check that you trust the other address, and name it instead",
            Self::Damaged { .. } => "try again; if it stays so, tell the operator of the server",
            Self::CutOff { .. } => "try again on a better line",
            Self::TooMuchWork { .. } => "ask the operator of the server for an account",
            Self::Io { .. } => "check the path, the rights on it, and the room on the disk",
        }
    }

    /// Whether the same call may be made again by itself: it was certainly not done, or may be done twice.
    pub(super) fn may_be_tried_again(&self, may_be_done_twice: bool) -> bool {
        match self {
            Self::Unreachable { was_sent, .. } => !was_sent || may_be_done_twice,
            Self::Refused { problem, .. } => matches!(problem.status, 429 | 503),
            Self::NotADock { status, .. } => *status == 503 || may_be_done_twice && is_of_a_gateway(*status),
            _ => false,
        }
    }

    /// When the server wants to be asked again.
    pub(super) fn retry_after(&self) -> Option<Duration> {
        match self {
            Self::Refused { retry_after, .. } => *retry_after,
            _ => None,
        }
    }
}

fn advice_for(problem: &Problem) -> &'static str {
    match (problem.code.as_str(), problem.status) {
        (_, 401) => "log in, or use a token that has not ended",
        ("not-confirmed", _) => "confirm the address with the code that was sent to it",
        (_, 403) => "use an account or a token that may do that",
        ("bad-code", _) => "ask for a new code; each works once and for a day",
        (_, 404 | 410) => "check the number; a list shows what there is",
        (_, 429 | 503) => "try again in a moment",
        (_, 500..) => "tell the operator of the server; its log says why",
        _ => "change what the sentence names, and try again",
    }
}

/// Makes a file error; for `map_err`.
pub(super) fn io(action: &'static str, path: &Path) -> impl FnOnce(std::io::Error) -> ClientError {
    let path = path.to_owned();
    move |source| ClientError::Io { action, path, source }
}

pub(super) fn bad_address(address: &str, reason: impl Into<String>) -> ClientError {
    ClientError::BadAddress { address: address.chars().take(200).collect(), reason: reason.into() }
}

/// The innermost cause, which says what happened; those around it say only that something did.
pub(super) fn root(error: &dyn std::error::Error) -> String {
    let mut cause = error;
    while let Some(inner) = cause.source() {
        cause = inner;
    }
    cause.to_string()
}
