//! Admission rules that are not science: what the operator of a dock asks of names and texts. The numbers
//! are those of the reference's server, so that what passes here passes there.

use std::ops::RangeInclusive;

use learnware_engine::learnware::Specification;
use learnware_engine::market::checker::{self, CheckReport, Finding, Stage};
use learnware_engine::semantic::SemanticSpecification;

/// Characters of a name: shorter says nothing, longer breaks lists.
pub const NAME_CHARS: RangeInclusive<usize> = 5..=50;
/// Characters of a description.
pub const DESCRIPTION_CHARS: RangeInclusive<usize> = 10..=10_000;
/// Bytes of a package: as many as the package format allows.
pub const PACKAGE_BYTES_MAX: u64 = 1 << 30;

/// What an account may keep in a dock. The operator's own submissions are not counted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Quota {
    /// Versions of its learnwares.
    pub versions: u64,
    /// Bytes of their packages.
    pub bytes: u64,
    /// Versions that wait for their check at once.
    pub waiting: u64,
}

impl Default for Quota {
    fn default() -> Self {
        // More than a person submits by hand; a script that runs away ends here.
        Self { versions: 2_000, bytes: 100 << 30, waiting: 100 }
    }
}

/// What an account keeps in a dock: living learnwares only.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Usage {
    /// Versions of its learnwares.
    pub versions: u64,
    /// Bytes of their packages.
    pub bytes: u64,
    /// Versions that wait for their check.
    pub waiting: u64,
}

impl Quota {
    /// What there is too much of for one more version, with what to do about it.
    pub(crate) fn exceeded(&self, usage: &Usage) -> Option<String> {
        if usage.waiting >= self.waiting {
            return Some(format!(
                "{} of your versions wait for their check; submit again when some are done",
                usage.waiting
            ));
        }
        if usage.versions >= self.versions {
            return Some(format!("you have {} versions of learnwares; delete some first", usage.versions));
        }
        let too_many = usage.bytes >= self.bytes;
        too_many.then(|| format!("your packages have {} bytes together; delete some first", usage.bytes))
    }
}

/// Everything that a dock asks of a learnware before its model runs: science, and these rules. Who makes packages asks the
/// same, so that nothing is made that would be refused.
pub fn judge(specification: &Specification) -> CheckReport {
    let mut report = checker::check_specification(specification);
    report.extend(check(&specification.semantic));
    report
}

/// What breaks the rules.
pub fn check(semantic: &SemanticSpecification) -> Vec<Finding> {
    let mut findings = Vec::new();
    for (field, code, text, allowed) in [
        ("name", "name-not-admitted", &semantic.name, NAME_CHARS),
        ("description", "description-not-admitted", &semantic.description, DESCRIPTION_CHARS),
    ] {
        let count = text.chars().count();
        if !allowed.contains(&count) {
            findings.push(Finding::error(
                Stage::Semantic,
                code,
                format!(
                    "the {field} has {count} characters; {} to {} are allowed",
                    allowed.start(),
                    allowed.end()
                ),
                format!("give a {field} of that length in the semantic specification"),
            ));
        }
    }
    findings
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lengths_are_counted_in_characters_and_bounds_are_inclusive() {
        for (name, description, wanted) in [
            ("abcde", "abcdefghij", 0),
            ("abcd", "abcdefghij", 1),
            ("名字名字名", "说明说明说明说明说明", 0),
            ("名字名字", "说明", 2),
            (&"x".repeat(50), &"y".repeat(10_000), 0),
            (&"x".repeat(51), &"y".repeat(10_001), 2),
        ] {
            let semantic = SemanticSpecification {
                name: name.to_owned(),
                description: description.to_owned(),
                ..SemanticSpecification::default()
            };
            assert_eq!(check(&semantic).len(), wanted, "{name:?}");
        }
    }
}
