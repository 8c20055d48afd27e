//! Admission rules that are not science: what the operator of a dock asks of names and texts. The numbers
//! are those of the reference's server, so that what passes here passes there.

use std::ops::RangeInclusive;

use learnware_engine::market::checker::{Finding, Stage};
use learnware_engine::semantic::SemanticSpecification;

/// Characters of a name: shorter says nothing, longer breaks lists.
pub const NAME_CHARS: RangeInclusive<usize> = 5..=50;
/// Characters of a description.
pub const DESCRIPTION_CHARS: RangeInclusive<usize> = 10..=10_000;
/// Bytes of a package: as many as the package format allows.
pub const PACKAGE_BYTES_MAX: u64 = 1 << 30;

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
