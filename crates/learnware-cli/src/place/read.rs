//! From what a server answers to the dock's and the engine's types. Read once, here; what can't be read is told.

use std::collections::BTreeMap;

use learnware_api as api;
use learnware_dock::browse::{LearnwareDetail, VersionDetail};
use learnware_dock::clock::Timestamp;
use learnware_dock::convert::DataForm;
use learnware_dock::jobs::JobState;
use learnware_dock::store::blobs::Digest;
use learnware_dock::store::rows::{JobSummary, format_from_word, status_from_word};
use learnware_dock::submit::Submission;
use learnware_engine::learnware::{Learnware, LearnwareId, Specification};
use learnware_engine::market::SearchResults;
use learnware_engine::market::capability::classes::{ClassMember, RelatedClass};
use learnware_engine::market::checker::CheckReport;
use learnware_engine::semantic::SemanticSpecification;
use learnware_engine::specification::codec::{self, SpecificationKind};
use learnware_engine::specification::{IslandKey, StatisticalSpecification};
use serde_json::{Value, json};

use super::{ByAnchors, Found, Published};
use crate::error::advised;

/// The error of an answer that can't be read.
pub(super) fn unreadable(what: &str, reason: impl std::fmt::Display) -> anyhow::Error {
    advised(
        format!("the server's {what} can't be understood: {reason}"),
        "the server may be of another release; `learnware doctor --dock URL` shows which",
    )
}

/// Everything about a learnware.
pub(super) fn learnware(answer: api::Learnware) -> anyhow::Result<(LearnwareDetail, Published)> {
    let versions: anyhow::Result<Vec<VersionDetail>> = answer.versions.into_iter().map(version).collect();
    let detail = LearnwareDetail {
        id: LearnwareId(answer.id),
        latest_version: answer.latest_version,
        versions: versions?,
        created_at: time(&answer.created_at)?,
    };
    let (owner, downloads, taken_down) = (answer.owner, answer.downloads, answer.taken_down);
    Ok((detail, Published { owner, downloads, taken_down }))
}

pub(super) fn related_class(answer: api::RelatedClass) -> RelatedClass {
    let others = |others: Vec<api::ClassOfOther>| {
        let member = |api::ClassOfOther { id, class, name }| ClassMember { id: LearnwareId(id), class, name };
        others.into_iter().map(member).collect()
    };
    RelatedClass {
        class: answer.class,
        name: answer.name,
        same: others(answer.same),
        narrower: others(answer.narrower),
        broader: others(answer.broader),
    }
}

fn version(answer: api::Version) -> anyhow::Result<VersionDetail> {
    let report = answer.report.map(report).transpose()?;
    Ok(VersionDetail {
        version: answer.version,
        digest: digest(&answer.digest)?,
        size_bytes: answer.size_bytes,
        status: status_from_word(&answer.status).map_err(|error| unreadable("status", error))?,
        specification: specification(&answer.semantic, &answer.statistical)?,
        format: format_from_word(&answer.format).map_err(|error| unreadable("format", error))?,
        data: answer.data.map(data).transpose()?,
        report,
        check: answer.check.as_ref().map(check).transpose()?,
        submitted_at: time(&answer.submitted_at)?,
        checked_at: answer.checked_at.as_deref().map(time).transpose()?,
    })
}

fn check(answer: &api::Check) -> anyhow::Result<JobSummary> {
    let state = JobState::ALL.into_iter().find(|state| state.word() == answer.state);
    let state = state.ok_or_else(|| unreadable("check", &answer.state))?;
    Ok(JobSummary { state, attempts: answer.attempts, last_error: None })
}

fn data(answer: Value) -> anyhow::Result<DataForm> {
    serde_json::from_value(answer).map_err(|error| unreadable("form as data", error))
}

/// Digest of the package with the model as data.
pub(super) fn digest_as_data(id: &LearnwareId, data: Option<&DataForm>) -> anyhow::Result<Digest> {
    let reason = match data {
        Some(DataForm::Converted { digest: text, .. }) => return digest(text),
        Some(DataForm::Impossible { reason }) => reason.as_str(),
        None => "the server has not tried to write it as data",
    };
    Err(advised(
        format!("the model of learnware {id} is there as code only: {reason}"),
        "without --no-code it runs behind a fence, where this machine has one",
    ))
}

/// What a check found.
pub(super) fn report(answer: Value) -> anyhow::Result<CheckReport> {
    serde_json::from_value(answer).map_err(|error| unreadable("report", error))
}

/// A learnware of a list, with its specifications.
pub(super) fn listed(answer: api::LearnwareSummary) -> anyhow::Result<Learnware> {
    Ok(Learnware {
        id: LearnwareId(answer.id),
        specification: specification(&answer.semantic, &answer.statistical.unwrap_or_default())?,
        format: format_from_word(&answer.format).map_err(|error| unreadable("format", error))?,
    })
}

/// A submission.
pub(super) fn submission(answer: api::Submitted) -> anyhow::Result<Submission> {
    Ok(Submission { id: LearnwareId(answer.id), version: answer.version, digest: digest(&answer.digest)? })
}

/// The answer of a search. Islands come with a sentence for people, and those of the funnel as objects.
pub(super) fn found(mut answer: Value) -> anyhow::Result<Found> {
    let wrong = |error: serde_json::Error| unreadable("answer", error);
    if let Some(others) = answer.pointer_mut("/funnel/other_islands").and_then(Value::as_array_mut) {
        for other in others {
            *other = json!([other["island"].take(), other["learnwares"].take()]);
        }
    }
    let explanation = answer["explanation"].take();
    let named: BTreeMap<String, Value> =
        serde_json::from_value(answer["learnwares"].take()).map_err(wrong)?;
    let words = serde_json::from_value(answer["words"].take()).map_err(wrong)?;
    let results: SearchResults = serde_json::from_value(answer).map_err(wrong)?;
    let mut names = BTreeMap::new();
    for (id, words) in named {
        names.insert(LearnwareId(id), semantic(&words)?);
    }
    let explanation = serde_json::from_value(explanation).map_err(wrong)?;
    Ok(Found { results, words, explanation, names })
}

/// What a search by anchors found.
pub(super) fn by_anchors(mut answer: Value) -> anyhow::Result<ByAnchors> {
    let wrong = |error: serde_json::Error| unreadable("answer", error);
    let named: BTreeMap<LearnwareId, Value> =
        serde_json::from_value(answer["learnwares"].take()).map_err(wrong)?;
    let mut names = BTreeMap::new();
    for (id, words) in named {
        names.insert(id, semantic(&words)?.name);
    }
    Ok(ByAnchors {
        names,
        total: serde_json::from_value(answer["total"].take()).map_err(wrong)?,
        words: serde_json::from_value(answer["words"].take()).map_err(wrong)?,
        candidates: serde_json::from_value(answer).map_err(wrong)?,
    })
}

/// An island.
pub(super) fn island(answer: Value) -> anyhow::Result<IslandKey> {
    serde_json::from_value(answer).map_err(|error| unreadable("island", error))
}

/// A semantic specification.
pub(super) fn semantic(answer: &Value) -> anyhow::Result<SemanticSpecification> {
    SemanticSpecification::from_json(answer).map_err(|error| unreadable("semantic specification", error))
}

fn specification(words: &Value, numbers: &[Value]) -> anyhow::Result<Specification> {
    let statistical: anyhow::Result<Vec<StatisticalSpecification>> =
        numbers.iter().map(statistical).collect();
    Ok(Specification { semantic: semantic(words)?, statistical: statistical? })
}

pub(super) fn statistical(answer: &Value) -> anyhow::Result<StatisticalSpecification> {
    let name = answer.get("type").and_then(Value::as_str).unwrap_or_default();
    SpecificationKind::from_class_name(name)
        .and_then(|kind| codec::from_json(answer, kind))
        .map_err(|error| unreadable("statistical specification", error))
}

fn digest(text: &str) -> anyhow::Result<Digest> {
    Digest::from_hex(text).ok_or_else(|| unreadable("digest", text))
}

fn time(text: &str) -> anyhow::Result<Timestamp> {
    text.parse().map_err(|error: String| unreadable("time", error))
}
