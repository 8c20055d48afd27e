//! Steps at which the crash tests stop the process. Without the feature `failpoints` there are none.

/// Where to stop, and how.
#[cfg(feature = "failpoints")]
#[derive(Debug, Clone)]
pub struct FailPoint {
    /// Name of the step.
    pub step: String,
    /// What happens there.
    pub action: FailAction,
}

/// What happens at a fail point.
#[cfg(feature = "failpoints")]
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FailAction {
    /// The process ends at once, without any clean-up.
    Abort,
    /// The thread panics.
    Panic,
}

/// Every step, in the order in which a submission, its check and its deletion pass them.
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

/// The armed fail points of a dock.
#[derive(Debug, Clone, Default)]
pub(crate) struct FailPoints {
    #[cfg(feature = "failpoints")]
    armed: Option<FailPoint>,
}

impl FailPoints {
    #[cfg(feature = "failpoints")]
    pub(crate) fn new(armed: Option<FailPoint>) -> Self {
        Self { armed }
    }

    /// Marks a step.
    pub(crate) fn pass(&self, step: &'static str) {
        debug_assert!(STEPS.contains(&step), "{step} is not listed");
        #[cfg(feature = "failpoints")]
        if let Some(point) = self.armed.as_ref().filter(|point| point.step == step) {
            match point.action {
                FailAction::Abort => std::process::abort(),
                FailAction::Panic => panic!("fail point {step}"),
            }
        }
        #[cfg(not(feature = "failpoints"))]
        let _ = self;
    }
}
