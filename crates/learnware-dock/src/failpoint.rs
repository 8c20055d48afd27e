//! Steps at which the crash tests stop the process or panic. Only Rust code that fills
//! [`Config::fail_point`](crate::config::Config) arms one; no file, variable or flag does.

use std::time::Duration;

/// Where to stop, and how.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FailPoint {
    /// Name of the step, one of [`STEPS`].
    pub step: String,
    /// What happens there.
    pub action: FailAction,
}

/// What happens at a fail point.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FailAction {
    /// The process ends at once, without any clean-up.
    Abort,
    /// The thread panics.
    Panic,
    /// The thread sleeps for so long.
    Sleep(Duration),
}

/// Every step, in the order in which a submission, its check, its deletion and a sweep pass them.
pub const STEPS: [&str; 13] = [
    "submit.staged",
    "submit.published",
    "submit.before_commit",
    "submit.committed",
    "check.claimed",
    "check.model",
    "check.before_commit",
    "check.committed",
    "delete.before_commit",
    "delete.committed",
    "sweep.staging",
    "sweep.before_remove",
    "sweep.removed",
];

/// The armed fail point of a dock, if any.
#[derive(Debug, Clone, Default)]
pub(crate) struct FailPoints {
    armed: Option<FailPoint>,
}

impl FailPoints {
    pub(crate) fn new(armed: Option<FailPoint>) -> Self {
        Self { armed }
    }

    /// Marks a step.
    pub(crate) fn pass(&self, step: &'static str) {
        debug_assert!(STEPS.contains(&step), "{step} is not listed");
        if let Some(point) = self.armed.as_ref().filter(|point| point.step == step) {
            match point.action {
                FailAction::Abort => std::process::abort(),
                FailAction::Panic => panic!("fail point {step}"),
                FailAction::Sleep(pause) => std::thread::sleep(pause),
            }
        }
    }
}
