//! Values in the reference's form.

use learnware_dock::browse::LearnwareEntry;
use learnware_dock::clock::Timestamp;
use learnware_dock::jobs::JobState;
use learnware_engine::learnware::CheckStatus;
use learnware_engine::semantic::{DataType, SemanticSpecification, Task};
use serde_json::{Value, json};

use super::codes;
use super::envelope::Refusal;

/// Where a learnware stands with its check.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Standing {
    Fail,
    Waiting,
    Processing,
    Success,
}

impl Standing {
    /// The word on the wire.
    pub(super) fn word(self) -> &'static str {
        match self {
            Self::Fail => "FAIL",
            Self::Waiting => "WAITING",
            Self::Processing => "PROCESSING",
            Self::Success => "SUCCESS",
        }
    }

    /// As the owner sees it: of the newest version. While only words of a usable learnware changed, it is found and
    /// given out as before, and so it stands as before.
    pub(super) fn of(entry: &LearnwareEntry) -> Self {
        let is_given_up = entry.check.as_ref().is_some_and(|check| check.state == JobState::Dead);
        let stays = entry.latest_status == CheckStatus::Usable && entry.same_package;
        match entry.newest_status {
            CheckStatus::Usable => Self::Success,
            CheckStatus::NonUsable | CheckStatus::Invalid => Self::Fail,
            CheckStatus::Waiting | CheckStatus::Checking if is_given_up => Self::Fail,
            CheckStatus::Waiting | CheckStatus::Checking if stays => Self::Success,
            CheckStatus::Waiting => Self::Waiting,
            CheckStatus::Checking => Self::Processing,
        }
    }
}

/// A semantic specification of a request.
pub(super) fn read_semantic(text: &str) -> Result<SemanticSpecification, Refusal> {
    let refuse = |reason: String| {
        Refusal::new(codes::NOT_UNDERSTOOD, format!("Semantic specification error: {reason}"))
    };
    let value: Value = serde_json::from_str(text).map_err(|error| refuse(error.to_string()))?;
    let mut semantic = SemanticSpecification::from_json(&value).map_err(|error| refuse(error.to_string()))?;
    // Search by identifier is a parameter of its own.
    semantic.learnware_id = None;
    Ok(semantic)
}

/// The semantic specification of a learnware that comes in. As in the reference, only tables have a meaning of inputs,
/// and only classification and regression one of outputs.
pub(super) fn read_own_semantic(text: &str) -> Result<SemanticSpecification, Refusal> {
    let mut semantic = read_semantic(text)?;
    if semantic.single_data_type() != Some(DataType::Table) {
        semantic.input = None;
    }
    if !matches!(semantic.single_task(), Some(Task::Classification | Task::Regression)) {
        semantic.output = None;
    }
    Ok(semantic)
}

/// A semantic specification in an answer, where `Input` and `Output` are always there.
pub(super) fn semantic(semantic: &SemanticSpecification) -> Value {
    let mut document = semantic.to_json();
    for field in ["Input", "Output"] {
        if document.get(field).is_none() {
            document[field] = json!({});
        }
    }
    document
}

/// `2024-01-02 03:04:05.678901 UTC`.
pub(super) fn time(at: Timestamp) -> String {
    at.to_string().replace('T', " ").replace('Z', " UTC")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_have_microseconds_and_a_zone() {
        assert_eq!(
            time(Timestamp::from_microseconds(1_704_164_645_000_000)),
            "2024-01-02 03:04:05.000000 UTC"
        );
    }

    #[test]
    fn what_means_nothing_is_left_out_and_what_is_read_is_there() {
        let read = read_own_semantic(
            r#"{"Data": {"Values": ["Text"], "Type": "Class"}, "Task": {"Values": ["Classification"]},
                "Input": {"Dimension": 2, "Description": {}}, "Output": "{\"Dimension\": 2, \"Description\": {}}"}"#,
        )
        .unwrap();
        assert!(read.input.is_none() && read.output.is_some());
        assert_eq!(semantic(&read)["Input"], json!({}));
        assert_eq!(semantic(&SemanticSpecification::default())["Name"]["Values"], "");
        for broken in ["", "{", "[]", r#"{"Data": {"Values": ["Sound"]}}"#, r#"{"Name": {"Values": NaN}}"#] {
            assert!(read_semantic(broken).is_err(), "{broken}");
        }
    }
}
