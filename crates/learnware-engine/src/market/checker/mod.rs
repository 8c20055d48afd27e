//! Judges learnwares: findings are data, never errors.
//!
//! Three stages, each a pure function that reports *all* it finds: [`semantic`] (the words), [`statistical`]
//! (the numbers, and whether they fit the words) and [`model`] (what the model does when it is asked).
//! Reading a package and running its model is done outside; what goes wrong there becomes findings of the
//! stages [`Stage::Format`] and [`Stage::Model`].

use serde::{Deserialize, Serialize};

use crate::learnware::{CheckStatus, Specification};

mod generation;
pub mod model;
mod probe;
pub mod semantic;
pub mod statistical;

/// Everything found about one learnware.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct CheckReport {
    /// In the order of the stages.
    pub findings: Vec<Finding>,
}

/// One thing that was found.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Finding {
    /// Which check found it.
    pub stage: Stage,
    /// Stable name, in kebab case; programs may rely on it.
    pub code: String,
    /// How bad it is.
    pub severity: Severity,
    /// What was found, for people.
    pub message: String,
    /// What to do about it; may be empty.
    pub advice: String,
}

/// Parts of the check, in their order.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Stage {
    /// The package and its files can be read.
    Format,
    /// The semantic specification.
    Semantic,
    /// The statistical specification.
    Statistical,
    /// The model runs and does what it says.
    Model,
}

/// How bad a finding is; worse is greater.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Severity {
    /// Good to know.
    Note,
    /// The learnware works, but less well than it could.
    Warning,
    /// The learnware is not usable.
    Error,
}

impl Finding {
    /// Something that makes the learnware not usable.
    pub fn error(stage: Stage, code: &str, message: impl Into<String>, advice: impl Into<String>) -> Self {
        Self::new(stage, Severity::Error, code, message.into(), advice.into())
    }

    /// Something that makes the learnware less good.
    pub fn warning(stage: Stage, code: &str, message: impl Into<String>, advice: impl Into<String>) -> Self {
        Self::new(stage, Severity::Warning, code, message.into(), advice.into())
    }

    /// Something good to know.
    pub fn note(stage: Stage, code: &str, message: impl Into<String>, advice: impl Into<String>) -> Self {
        Self::new(stage, Severity::Note, code, message.into(), advice.into())
    }

    fn new(stage: Stage, severity: Severity, code: &str, message: String, advice: String) -> Self {
        Self { stage, code: code.to_owned(), severity, message, advice }
    }
}

impl CheckReport {
    /// The verdict: `Invalid` when the package or its specification has an error, `NonUsable` when only its
    /// model has one, `Usable` otherwise.
    pub fn status(&self) -> CheckStatus {
        match self.errors().map(|finding| finding.stage).min() {
            None => CheckStatus::Usable,
            Some(Stage::Model) => CheckStatus::NonUsable,
            Some(Stage::Format | Stage::Semantic | Stage::Statistical) => CheckStatus::Invalid,
        }
    }

    /// The findings that make the learnware not usable.
    pub fn errors(&self) -> impl Iterator<Item = &Finding> {
        self.findings.iter().filter(|finding| finding.severity == Severity::Error)
    }

    /// Whether there is an error.
    pub fn has_errors(&self) -> bool {
        self.errors().next().is_some()
    }

    /// Whether something of this code was found.
    pub fn has(&self, code: &str) -> bool {
        self.findings.iter().any(|finding| finding.code == code)
    }
}

impl From<Vec<Finding>> for CheckReport {
    fn from(findings: Vec<Finding>) -> Self {
        Self { findings }
    }
}

impl Extend<Finding> for CheckReport {
    fn extend<T: IntoIterator<Item = Finding>>(&mut self, findings: T) {
        self.findings.extend(findings);
    }
}

/// What can be said of a learnware without running it: the semantic and the statistical check.
pub fn check_specification(specification: &Specification) -> CheckReport {
    let mut report = CheckReport::from(semantic::check(&specification.semantic));
    report.extend(statistical::check(specification));
    report
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_worst_stage_decides_the_status() {
        let finding = |stage, severity| Finding::new(stage, severity, "x", String::new(), String::new());
        for (findings, wanted) in [
            (vec![], CheckStatus::Usable),
            (vec![finding(Stage::Model, Severity::Warning)], CheckStatus::Usable),
            (vec![finding(Stage::Format, Severity::Note)], CheckStatus::Usable),
            (vec![finding(Stage::Model, Severity::Error)], CheckStatus::NonUsable),
            (vec![finding(Stage::Format, Severity::Error)], CheckStatus::Invalid),
            (
                vec![finding(Stage::Model, Severity::Error), finding(Stage::Statistical, Severity::Error)],
                CheckStatus::Invalid,
            ),
        ] {
            assert_eq!(CheckReport::from(findings.clone()).status(), wanted, "{findings:?}");
        }
    }

    #[test]
    fn a_report_survives_json() {
        let report = CheckReport::from(vec![Finding::error(Stage::Semantic, "name-empty", "m", "a")]);
        let text = serde_json::to_string(&report).unwrap();
        assert_eq!(
            text,
            r#"{"findings":[{"stage":"semantic","code":"name-empty","severity":"error","message":"m","advice":"a"}]}"#
        );
        assert_eq!(serde_json::from_str::<CheckReport>(&text).unwrap(), report);
    }
}
