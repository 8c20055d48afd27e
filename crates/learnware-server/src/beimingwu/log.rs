//! `/user/verify_log`: the report of a learnware's last check, as text.

use std::fmt::Write as _;

use axum::extract::State;
use learnware_dock::browse::{LearnwareDetail, VersionDetail};
use learnware_dock::jobs::JobState;
use learnware_dock::{Dock, DockError};
use learnware_engine::learnware::{CheckStatus, LearnwareId};
use learnware_engine::market::checker::Severity;
use serde::Deserialize;
use serde_json::{Value, json};

use super::codes;
use super::envelope::{Answer, Refusal, answer, by};
use super::fields::Asked;
use super::visitor::Member;

/// Characters of a log at most; the end counts.
const CHARS_MAX: usize = 30_000;

/// Which learnware.
#[derive(Debug, Deserialize)]
pub(super) struct Which {
    #[serde(default)]
    pub(super) learnware_id: String,
}

impl Which {
    pub(super) fn id(self) -> Result<LearnwareId, Refusal> {
        if self.learnware_id.is_empty() {
            return Err(Refusal::missing("learnware_id"));
        }
        Ok(LearnwareId(self.learnware_id))
    }
}

/// The log, or null for those who may not see it and where no check was made yet.
pub(super) async fn verify_log(
    State(dock): State<Dock>,
    Member(principal): Member,
    Asked(which): Asked<Which>,
) -> Answer {
    let id = which.id()?;
    let sees_all = match dock.seen_by(Some(&principal), &id).await {
        Ok((_, sees_all)) => sees_all,
        Err(
            DockError::UnknownLearnware { .. }
            | DockError::Deleted { .. }
            | DockError::BadId { .. }
            | DockError::TakenDown { .. },
        ) => false,
        Err(error) => return Err(by(codes::INFO)(error)),
    };
    if !sees_all {
        return answer("Ok.", Value::Null);
    }
    let detail = dock.show(&id).await.map_err(by(codes::INFO))?;
    answer("Ok.", json!(log(&detail)))
}

fn log(detail: &LearnwareDetail) -> Option<String> {
    let newest = detail.versions.last()?;
    let mut text = report(newest)?;
    if newest.version != detail.latest_version && newest.status != CheckStatus::Usable {
        let _ = writeln!(text, "Version {} is found and given out until then.", detail.latest_version);
    }
    let count = text.chars().count();
    Some(text.chars().skip(count.saturating_sub(CHARS_MAX)).collect())
}

fn report(version: &VersionDetail) -> Option<String> {
    if version.check.as_ref().is_some_and(|check| check.state == JobState::Dead) {
        return Some("The check could not be made; whoever runs this dock sees why.\n".into());
    }
    let report = version.report.as_ref()?;
    let mut text = String::new();
    if version.status == CheckStatus::Usable {
        text += "Success\n";
    }
    for finding in &report.findings {
        let severity = match finding.severity {
            Severity::Note => "note",
            Severity::Warning => "warning",
            Severity::Error => "error",
        };
        let _ = writeln!(text, "{severity}: {} [{}]", finding.message, finding.code);
        if !finding.advice.is_empty() {
            let _ = writeln!(text, "  {}", finding.advice);
        }
    }
    Some(text)
}
