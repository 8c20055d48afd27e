//! Finds learnwares by words: tags must agree, text must be contained or be similar.

use std::cmp::Ordering;
use std::collections::BTreeMap;

use crate::learnware::LearnwareId;
use crate::market::results::SemanticMode;
use crate::semantic::SemanticSpecification;

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
    let contained: Vec<_> =
        tagged.iter().filter(|(_, words)| contains(words, text)).map(|(id, _)| *id).collect();
    if !contained.is_empty() {
        return contained;
    }
    let mut similar: Vec<(&LearnwareId, f64)> = tagged
        .into_iter()
        .map(|(id, words)| {
            let name = partial_ratio(text, &plain(&words.name));
            (id, name.max(partial_ratio(text, &plain(&words.description))))
        })
        .filter(|&(_, similarity)| similarity >= SIMILARITY_MIN)
        .collect();
    similar.sort_by(|a, b| b.1.total_cmp(&a.1));
    similar.into_iter().map(|(id, _)| id).collect()
}

/// Similarity of the shorter text to its best place in the longer one, 0 to 100 (RapidFuzz's
/// `partial_ratio`): the best ratio over all pieces of the longer text that have the shorter one's length, or
/// less at either end.
pub fn partial_ratio(a: &str, b: &str) -> f64 {
    let (a, b): (Vec<char>, Vec<char>) = (a.chars().collect(), b.chars().collect());
    if a.is_empty() && b.is_empty() {
        return 100.0;
    }
    match a.len().cmp(&b.len()) {
        Ordering::Less => best_place(&a, &b),
        Ordering::Greater => best_place(&b, &a),
        Ordering::Equal => best_place(&a, &b).max(best_place(&b, &a)),
    }
}

fn best_place(shorter: &[char], longer: &[char]) -> f64 {
    if shorter.is_empty() {
        return 0.0;
    }
    let pattern = Pattern::new(shorter);
    let length = shorter.len();
    let starts = (1..length).map(|end| &longer[..end]);
    let ends = (longer.len() - length + 1..longer.len()).map(|start| &longer[start..]);
    let pieces = longer.windows(length).chain(starts).chain(ends);
    pieces.map(|piece| pattern.ratio(piece)).fold(0.0, f64::max)
}

/// A text prepared for bit-parallel longest common subsequences (Hyyro 2004).
struct Pattern {
    length: usize,
    /// For each character the places where it stands, 64 to a word.
    places: BTreeMap<char, Vec<u64>>,
}

impl Pattern {
    fn new(text: &[char]) -> Self {
        let words = text.len().div_ceil(64);
        let mut places: BTreeMap<char, Vec<u64>> = BTreeMap::new();
        for (index, &character) in text.iter().enumerate() {
            places.entry(character).or_insert_with(|| vec![0; words])[index / 64] |= 1 << (index % 64);
        }
        Self { length: text.len(), places }
    }

    /// Twice the longest common subsequence over the sum of the lengths, times 100.
    fn ratio(&self, text: &[char]) -> f64 {
        let mut state = vec![u64::MAX; self.length.div_ceil(64)];
        for places in text.iter().filter_map(|character| self.places.get(character)) {
            let mut carry = false;
            for (state, places) in state.iter_mut().zip(places) {
                let hit = *state & places;
                let (sum, over) = state.overflowing_add(hit);
                let (sum, over_again) = sum.overflowing_add(u64::from(carry));
                carry = over || over_again;
                *state = sum | (*state - hit);
            }
        }
        let common: u32 = state.iter().map(|word| word.count_zeros()).sum();
        200.0 * f64::from(common) / (self.length + text.len()) as f64
    }
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
    class(&query.data, &words.data)
        && class(&query.task, &words.task)
        && class(&query.model, &words.model)
        && class(&query.library, &words.library)
        && class(&query.license, &words.license)
        && (query.scenario.is_empty() || words.scenario.iter().any(|found| query.scenario.contains(found)))
}
