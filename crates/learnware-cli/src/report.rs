//! Check reports for people and programs.

use learnware_engine::learnware::CheckStatus;
use learnware_engine::market::checker::{CheckReport, Finding, Severity, Stage};
use serde_json::{Value, json};

use crate::error::Outcome;
use crate::printer::{Printer, Tone, toned};

/// The stages in their order, with the question that each answers.
const STAGES: [(Stage, &str); 4] = [
    (Stage::Format, "package"),
    (Stage::Semantic, "words"),
    (Stage::Statistical, "specification"),
    (Stage::Model, "model"),
];

/// The report as JSON, with its verdict.
pub(crate) fn to_json(report: &CheckReport) -> Value {
    json!({"status": report.status(), "findings": report.findings})
}

/// Success for a usable learnware.
pub(crate) fn outcome(report: &CheckReport) -> Outcome {
    if report.has_errors() { Outcome::Finding } else { Outcome::Success }
}

/// The word for a status.
pub(crate) fn status_word(status: CheckStatus) -> &'static str {
    match status {
        CheckStatus::Waiting => "waiting",
        CheckStatus::Checking => "checking",
        CheckStatus::Usable => "usable",
        CheckStatus::NonUsable => "not usable",
        CheckStatus::Invalid => "invalid",
    }
}

/// The status in its colour.
pub(crate) fn status_text(status: CheckStatus) -> String {
    let tone = match status {
        CheckStatus::Usable => Tone::Good,
        CheckStatus::Waiting | CheckStatus::Checking => Tone::Careful,
        CheckStatus::NonUsable | CheckStatus::Invalid => Tone::Bad,
    };
    toned(tone, status_word(status))
}

/// Prints stage after stage; stages behind one that failed were not reached.
pub(crate) fn print(report: &CheckReport, printer: &Printer) {
    let failed_at = report.errors().map(|finding| finding.stage).min();
    for (stage, name) in STAGES {
        let findings: Vec<&Finding> =
            report.findings.iter().filter(|finding| finding.stage == stage).collect();
        let worst = findings.iter().map(|finding| finding.severity).max();
        let mark = match worst {
            Some(Severity::Error) => toned(Tone::Bad, "failed"),
            Some(Severity::Warning) => toned(Tone::Careful, "passed with warnings"),
            Some(Severity::Note) | None if failed_at.is_some_and(|failed| failed < stage) => {
                toned(Tone::Faint, "not reached")
            }
            Some(Severity::Note) | None => toned(Tone::Good, "passed"),
        };
        printer.line(format!("{name:<14} {mark}"));
        for finding in findings {
            print_finding(finding, printer);
        }
    }
    printer.line(format!("verdict        {}", status_text(report.status())));
}

fn print_finding(finding: &Finding, printer: &Printer) {
    let word = match finding.severity {
        Severity::Error => toned(Tone::Bad, "error"),
        Severity::Warning => toned(Tone::Careful, "warning"),
        Severity::Note => toned(Tone::Faint, "note"),
    };
    printer.line(format!("  {word} [{}] {}", finding.code, finding.message));
    if !finding.advice.is_empty() {
        printer.line(format!("    {}", finding.advice));
    }
}
