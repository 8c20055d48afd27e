//! Whether learnwares take the user's columns in the user's order. A search compares columns by place, so the same columns in
//! another order look like other data.

use std::collections::BTreeMap;

use learnware_engine::learnware::LearnwareId;
use learnware_engine::semantic::{Dimensions, SemanticSpecification};

/// What to do where learnwares that were found take the same columns in another order.
pub(super) fn advice(
    own: Option<&Dimensions>,
    found: &BTreeMap<LearnwareId, SemanticSpecification>,
) -> Option<String> {
    let own = names(own?)?;
    let same = |other: &Vec<&str>| {
        let (mut one, mut two) = (own.clone(), other.clone());
        one.sort_unstable();
        two.sort_unstable();
        one == two
    };
    let theirs = found.values().filter_map(|words| names(words.input.as_ref()?));
    let others: Vec<Vec<&str>> = theirs.filter(|theirs| *theirs != own && same(theirs)).collect();
    let wanted = others.first()?.join(",");
    Some(format!(
        "{} of the learnwares found take your columns in another order, and a search compares them by place: search with \
         --columns {wanted}, or let `learnware solve` put them in order",
        others.len()
    ))
}

/// Names of the columns in their order; `None` where some have none, or two the same.
fn names(input: &Dimensions) -> Option<Vec<&str>> {
    let names: Vec<&str> = match &input.columns {
        Some(columns) => columns.iter().map(|column| column.name.as_str()).collect(),
        None => (0..input.dimension)
            .map(|place| input.description.get(&place).map(String::as_str))
            .collect::<Option<_>>()?,
    };
    let mut unlike = names.clone();
    unlike.sort_unstable();
    unlike.dedup();
    (unlike.len() == names.len() && names.len() > 1).then_some(names)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn input(names: &[&str]) -> Dimensions {
        Dimensions {
            dimension: names.len(),
            description: names.iter().map(|name| (*name).to_owned()).enumerate().collect(),
            columns: None,
        }
    }

    #[test]
    fn the_same_columns_in_another_order_are_told() {
        let found = |names: &[&str]| {
            let words =
                SemanticSpecification { input: Some(input(names)), ..SemanticSpecification::default() };
            BTreeMap::from([(LearnwareId("00000001".into()), words)])
        };
        let own = input(&["age", "height"]);
        assert_eq!(advice(Some(&own), &found(&["age", "height"])), None);
        assert_eq!(advice(Some(&own), &found(&["age", "weight"])), None, "other columns");
        assert_eq!(advice(None, &found(&["height", "age"])), None);
        let told = advice(Some(&own), &found(&["height", "age"])).unwrap();
        assert!(told.contains("--columns height,age"), "{told}");
    }
}
