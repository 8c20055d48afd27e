//! Finds learnwares by words: tags must agree, text must be contained or be similar.

pub use super::spelling::partial_ratio;
use super::spelling::partial_ratio_from;
use crate::learnware::LearnwareId;
use crate::market::results::SemanticMode;
use crate::semantic::{ModelKind, SemanticSpecification};

/// Similarity from which a text counts as found, 0 to 100, as in the reference.
const SIMILARITY_MIN: f64 = 75.0;

/// The identifiers of those that match `query`, in the given order; similar spellings best first.
///
/// `Exact`: the name and the description asked for must each occur in name or description. `Fuzzy`: only the
/// name counts; when nothing contains it, what is spelled similarly is found. Letter case never counts, nor
/// do blanks around the text.
pub fn search<'a>(
    candidates: impl Iterator<Item = (&'a LearnwareId, &'a SemanticSpecification)>,
    query: &SemanticSpecification,
    mode: SemanticMode,
) -> Vec<&'a LearnwareId> {
    let tagged = candidates.filter(|(id, words)| id_matches(id, query, mode) && tags_match(query, words));
    match mode {
        SemanticMode::Exact => {
            let texts = [plain(query.name.trim()), plain(query.description.trim())];
            let found = tagged.filter(|(_, words)| texts.iter().all(|text| contains(words, text)));
            found.map(|(id, _)| id).collect()
        }
        SemanticMode::Fuzzy => fuzzy(tagged.collect(), &plain(query.name.trim())),
    }
}

fn fuzzy<'a>(tagged: Vec<(&'a LearnwareId, &'a SemanticSpecification)>, text: &str) -> Vec<&'a LearnwareId> {
    if text.is_empty() {
        return tagged.into_iter().map(|(id, _)| id).collect(); // Every text contains it.
    }
    let contained: Vec<_> =
        tagged.iter().filter(|(_, words)| contains(words, text)).map(|(id, _)| *id).collect();
    if !contained.is_empty() {
        return contained;
    }
    let mut similar: Vec<(&LearnwareId, f64)> = tagged
        .into_iter()
        .map(|(id, words)| {
            let similarity = |other: &str| partial_ratio_from(text, &plain(other), SIMILARITY_MIN);
            (id, similarity(&words.name).max(similarity(&words.description)))
        })
        .filter(|&(_, similarity)| similarity >= SIMILARITY_MIN)
        .collect();
    similar.sort_by(|a, b| b.1.total_cmp(&a.1));
    similar.into_iter().map(|(id, _)| id).collect()
}

fn plain(text: &str) -> String {
    text.to_lowercase()
}

fn contains(words: &SemanticSpecification, text: &str) -> bool {
    plain(&words.name).contains(text) || plain(&words.description).contains(text)
}

fn id_matches(id: &LearnwareId, query: &SemanticSpecification, mode: SemanticMode) -> bool {
    match (&query.learnware_id, mode) {
        (None, _) => true,
        (Some(wanted), SemanticMode::Exact) => id.0 == *wanted,
        (Some(wanted), SemanticMode::Fuzzy) => id.0.contains(wanted.as_str()),
    }
}

/// Every tag asked for must be there: of a class the learnware's first value, of scenarios any.
fn tags_match(query: &SemanticSpecification, words: &SemanticSpecification) -> bool {
    fn class<T: PartialEq>(wanted: &[T], found: &[T]) -> bool {
        wanted.is_empty() || found.first().is_some_and(|first| wanted.contains(first))
    }
    // As in 0.4 of the reference, who does not name a kind of language model has none: another one.
    let unsaid_model = words.model.is_empty() && query.model.contains(&ModelKind::Others);
    class(&query.data, &words.data)
        && class(&query.task, &words.task)
        && (class(&query.model, &words.model) || unsaid_model)
        && class(&query.library, &words.library)
        && class(&query.license, &words.license)
        && (query.scenario.is_empty() || words.scenario.iter().any(|found| query.scenario.contains(found)))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn named(name: &str) -> SemanticSpecification {
        SemanticSpecification { name: name.into(), ..SemanticSpecification::default() }
    }

    fn found(
        items: &[SemanticSpecification],
        query: &SemanticSpecification,
        mode: SemanticMode,
    ) -> Vec<usize> {
        let ids: Vec<LearnwareId> = (0..items.len()).map(|i| LearnwareId(i.to_string())).collect();
        let found = search(ids.iter().zip(items), query, mode);
        found.into_iter().map(|id| id.0.parse().unwrap()).collect()
    }

    #[test]
    fn blanks_and_case_around_the_text_do_not_count() {
        let items = [named("Sales forecast"), named("weather")];
        for mode in [SemanticMode::Exact, SemanticMode::Fuzzy] {
            assert_eq!(found(&items, &named("  SALES "), mode), [0]);
            assert_eq!(found(&items, &named("   "), mode), [0, 1]);
        }
    }

    #[test]
    fn similar_spellings_come_best_first_and_ties_in_the_given_order() {
        let items = [named("wether"), named("weather forecast"), named("sales"), named("wether")];
        assert_eq!(found(&items, &named("weathr"), SemanticMode::Fuzzy), [1, 0, 3]);
        assert_eq!(found(&items, &named("weathr"), SemanticMode::Exact), Vec::<usize>::new());
    }

    #[test]
    fn a_learnware_without_kind_of_language_model_is_another_one() {
        let mut items = [named("a"), named("b")];
        items[1].model = vec![ModelKind::Base];
        let asked = |kinds: &[ModelKind]| SemanticSpecification { model: kinds.to_vec(), ..named("") };
        assert_eq!(found(&items, &asked(&[ModelKind::Others]), SemanticMode::Fuzzy), [0]);
        assert_eq!(found(&items, &asked(&[ModelKind::Base]), SemanticMode::Fuzzy), [1]);
        assert_eq!(found(&items, &asked(&[]), SemanticMode::Fuzzy), [0, 1]);
    }
}
