//! Outcomes, exit codes, and what to do next for each error.
//!
//! Libraries give typed errors; this file alone matches them and knows the advice in terms of this command
//! line.

use learnware_api::client::ClientError;
use learnware_dock::DockError;
use learnware_engine::EngineError;
use learnware_engine::predictor::PredictError;
use learnware_engine::table::TableError;
use learnware_package::PackageError;
use learnware_package::native::NativeError;

use learnware_data::DataError;
use learnware_data::error::{TableFileError, table_hint};

/// Exit code of a command that could not do its work.
pub(crate) const EXIT_ERROR: u8 = 2;

/// How a command that did its work ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Outcome {
    /// As wished.
    Success,
    /// A check found something, or a search found nothing.
    Finding,
}

impl Outcome {
    /// The code for the shell.
    pub(crate) fn exit_code(self) -> u8 {
        match self {
            Self::Success => 0,
            Self::Finding => 1,
        }
    }
}

/// An error with its own advice.
#[derive(Debug, thiserror::Error)]
#[error("{message}")]
pub(crate) struct Advised {
    message: String,
    hint: String,
}

/// An error that says what to do next.
pub(crate) fn advised(message: impl Into<String>, hint: impl Into<String>) -> anyhow::Error {
    Advised { message: message.into(), hint: hint.into() }.into()
}

/// What to do next. The outermost error that has advice decides.
pub(crate) fn hint(failure: &anyhow::Error) -> String {
    failure.chain().find_map(known_hint).unwrap_or_else(|| {
        "`learnware doctor` checks this machine; `learnware help COMMAND` shows examples".into()
    })
}

fn known_hint(cause: &(dyn std::error::Error + 'static)) -> Option<String> {
    if let Some(advised) = cause.downcast_ref::<Advised>() {
        return Some(advised.hint.clone());
    }
    if let Some(error) = cause.downcast_ref::<DataError>() {
        return data_hint(error);
    }
    if let Some(error) = cause.downcast_ref::<TableError>() {
        return Some(table_hint(error));
    }
    if let Some(error) = cause.downcast_ref::<DockError>() {
        return dock_hint(error);
    }
    if let Some(error) = cause.downcast_ref::<ClientError>() {
        return Some(client_hint(error));
    }
    if let Some(error) = cause.downcast_ref::<PackageError>() {
        return package_hint(error);
    }
    if let Some(error) = cause.downcast_ref::<PredictError>() {
        return predict_hint(error);
    }
    if cause.is::<NativeError>() {
        return Some("save the model again in its library's own form, or export it to ONNX".into());
    }
    if let Some(error) = cause.downcast_ref::<EngineError>() {
        return engine_hint(error);
    }
    cause.downcast_ref::<std::io::Error>().and_then(io_hint)
}

fn data_hint(error: &DataError) -> Option<String> {
    match error.innermost() {
        DataError::File(TableFileError::Missing(path)) => {
            similar_name(path).map(|name| format!("did you mean {name}?")).or_else(|| error.hint())
        }
        DataError::Engine(error) => engine_hint(error),
        _ => error.hint(),
    }
}

fn dock_hint(error: &DockError) -> Option<String> {
    let hint = match error {
        DockError::BadQuery { advice, .. } => return Some(advice.clone()),
        DockError::Engine(error) => return engine_hint(error),
        DockError::BadCursor { .. } => {
            "leave --cursor out to begin again, or repeat the command whose answer named it with the same words, \
             filters and --sort"
        }
        DockError::NotADock { .. } => {
            "name the dock's folder with --dock or LEARNWARE_DOCK; `learnware submit` makes a new one"
        }
        DockError::BadId { .. } | DockError::UnknownLearnware { .. } | DockError::Deleted { .. } => {
            "`learnware list` shows the learnwares of the dock; --dock names another dock"
        }
        DockError::UnknownDataset { .. } => "`learnware dataset list` shows the data sets of the dock",
        DockError::UnknownVersion { .. } => "`learnware show ID` lists the versions",
        DockError::CheckInProgress { .. } | DockError::Busy { .. } => "try again in a moment",
        DockError::CheckFailed { .. } => "`learnware doctor` checks this machine; then `learnware check ID`",
        DockError::CannotRunCode { .. } => {
            "`learnware doctor` tells what is missing; --unsafe runs the code of an author that you trust"
        }
        _ => return None,
    };
    Some(hint.into())
}

/// Advice in terms of commands, where the server's refusal has one.
fn client_hint(error: &ClientError) -> String {
    let hint = match error.code() {
        Some("login-needed") => {
            "`learnware login` with the same --dock lets you in; LEARNWARE_TOKEN, where it is set, comes before that"
        }
        Some("wrong-login") => "type both again; `learnware register` makes an account",
        Some("not-confirmed") => "`learnware register --confirm CODE`, with the code that was sent to you",
        Some("forbidden") => {
            "`learnware whoami` shows what you may do; `learnware token create` makes a token that may more"
        }
        Some("taken") => "choose another one; if it is you, `learnware login`",
        Some("bad-id" | "unknown-learnware" | "deleted") => {
            "`learnware list` shows the learnwares of the dock; --dock names another dock"
        }
        Some("unknown-dataset") => "`learnware dataset list` shows the data sets of the dock",
        Some("unknown-token") => "`learnware token list` shows your tokens",
        Some("unknown-account") => "`learnware admin users` lists the accounts",
        Some("unknown-job") => "`learnware admin jobs` lists the jobs",
        Some("not-usable") => "its owner sees with `learnware show ID` what its check found",
        _ => error.advice(),
    };
    hint.into()
}

fn package_hint(error: &PackageError) -> Option<String> {
    let hint = match error {
        PackageError::Archive { .. } | PackageError::Entry { .. } | PackageError::Missing { .. } => {
            "make the package again with `learnware pack`; `learnware check` tells all that is wrong"
        }
        PackageError::OverLimit { .. } => "leave out of the package what the model does not need",
        PackageError::Manifest { .. } | PackageError::Requirement { .. } => "correct the file that is named",
        PackageError::Offline { .. } => "try again when the network is back",
        PackageError::Environment { .. } => "`learnware doctor` tells what is missing on this machine",
        _ => return None,
    };
    Some(hint.into())
}

fn predict_hint(error: &PredictError) -> Option<String> {
    let hint = match error {
        PredictError::BadInput { .. } => {
            "the data must have the columns that the learnware takes; `learnware show ID` lists them"
        }
        PredictError::HostFailed { .. } | PredictError::NotStarted { .. } => {
            "`learnware doctor` tells what this machine offers"
        }
        PredictError::Failed { .. } | PredictError::Crashed { .. } | PredictError::BadAnswer { .. } => {
            "`learnware check` tells what is wrong with the model; its author can correct it"
        }
        PredictError::NotTrainable { .. } => {
            "use it as it is, or with your labels: `learnware reuse ID DATA --labels COLUMN`"
        }
        PredictError::TimedOut { .. } | PredictError::OverLimit { .. } => {
            "predict fewer rows at once, or take another learnware"
        }
        _ => return None,
    };
    Some(hint.into())
}

fn engine_hint(error: &EngineError) -> Option<String> {
    match error {
        EngineError::NonFinite { .. } => Some("replace NaN and infinite values, or remove the rows".into()),
        EngineError::Shape { .. } => Some(
            "the data must have the columns that the learnware takes; `learnware show ID` lists them".into(),
        ),
        EngineError::Format { format: "anchors" | "message", .. } => Some(
            "get the anchors again with `learnware anchors -o FILE`, then `learnware measure DATA --anchors FILE`".into(),
        ),
        EngineError::Format { .. } => {
            Some("make the file again with `learnware spec` or `learnware pack`".into())
        }
        EngineError::NoMap => Some(
            "`learnware evolve` trains one of the learnwares whose columns are described; at a server, an administrator asks \
             for it"
                .into(),
        ),
        EngineError::Incomparable { .. } => {
            Some("specifications of `learnware spec` with the same number of inputs are comparable".into())
        }
        _ => None,
    }
}

fn io_hint(error: &std::io::Error) -> Option<String> {
    match error.kind() {
        std::io::ErrorKind::NotFound => {
            Some("check the path; it is relative to the current directory".into())
        }
        std::io::ErrorKind::PermissionDenied => Some("check the rights on the file and its directory".into()),
        std::io::ErrorKind::StorageFull => Some("free some disk space".into()),
        _ => None,
    }
}

/// A file in the same directory with nearly that name.
fn similar_name(path: &std::path::Path) -> Option<String> {
    let wanted = path.file_stem()?.to_str()?.to_lowercase();
    let directory = path.parent().filter(|parent| !parent.as_os_str().is_empty());
    let entries = std::fs::read_dir(directory.unwrap_or(std::path::Path::new("."))).ok()?;
    let mut names: Vec<std::path::PathBuf> = entries
        .filter_map(|entry| Some(entry.ok()?.path()))
        .filter(|entry| {
            let stem = entry.file_stem().and_then(|stem| stem.to_str()).map(str::to_lowercase);
            entry.is_file() && stem.is_some_and(|stem| stem == wanted)
        })
        .collect();
    names.sort();
    Some(names.first()?.display().to_string().trim_start_matches("./").to_owned())
}
