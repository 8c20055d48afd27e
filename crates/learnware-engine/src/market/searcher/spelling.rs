//! How similar two texts are spelled: RapidFuzz's `partial_ratio`, to the digit.
//!
//! The similarity of two texts is twice their longest common subsequence over the sum of their lengths. A
//! partial similarity is the best one over the places of the shorter text in the longer one. It knows nothing
//! of words or meaning, and letter case counts here.

use std::cmp::Ordering;

/// Similarity of the shorter text to its best place in the longer one, 0 to 100 (RapidFuzz's
/// `partial_ratio`): the best ratio over all pieces of the longer text that have the shorter one's length, or
/// less at either end.
pub fn partial_ratio(a: &str, b: &str) -> f64 {
    partial_ratio_from(a, b, 0.0)
}

/// The same where only similarities of at least `least` matter; lower ones may come out lower still, which
/// takes less time.
pub(crate) fn partial_ratio_from(a: &str, b: &str, least: f64) -> f64 {
    let (a, b): (Vec<char>, Vec<char>) = (a.chars().collect(), b.chars().collect());
    if a.is_empty() && b.is_empty() {
        return 100.0;
    }
    match a.len().cmp(&b.len()) {
        Ordering::Less => best_place(&a, &b, least),
        Ordering::Greater => best_place(&b, &a, least),
        Ordering::Equal => best_place(&a, &b, least).max(best_place(&b, &a, least)),
    }
}

fn best_place(shorter: &[char], longer: &[char], least: f64) -> f64 {
    let length = shorter.len();
    if length == 0 {
        return 0.0;
    }
    let pattern = Pattern::new(shorter.iter().copied());
    let text = pattern.translate(longer.iter().copied());
    let mut best = best_start(&pattern, &text[..length - 1]);
    let backwards = Pattern::new(shorter.iter().rev().copied());
    let end = backwards.translate(longer[longer.len() - length + 1..].iter().rev().copied());
    best = best.max(best_start(&backwards, &end));

    // A piece of the full length with `common` characters has the ratio 100 common / length. Moving it by one
    // place changes `common` by one at most, so places that can't reach what is wanted are passed over.
    let mut wanted = ((least.max(best) * length as f64 / 100.0 - 1e-9).ceil() as usize).max(1);
    let mut state = pattern.start();
    let mut place = 0;
    while place + length <= text.len() && wanted <= length {
        state.fill(u64::MAX);
        text[place..place + length].iter().for_each(|&symbol| pattern.step(&mut state, symbol));
        let common = common(&state);
        if common >= wanted {
            best = best.max(100.0 * common as f64 / length as f64);
            wanted = common + 1;
        }
        place += wanted - common;
    }
    best
}

/// The best ratio of the pattern to a beginning of `text`.
fn best_start(pattern: &Pattern, text: &[Option<usize>]) -> f64 {
    let mut state = pattern.start();
    let mut best = 0.0f64;
    for (before, &symbol) in text.iter().enumerate() {
        pattern.step(&mut state, symbol);
        best = best.max(200.0 * common(&state) as f64 / (pattern.length + before + 1) as f64);
    }
    best
}

/// A text prepared for bit-parallel longest common subsequences (Hyyro 2004).
struct Pattern {
    length: usize,
    words: usize,
    /// Its characters, sorted.
    alphabet: Vec<char>,
    /// For each of them the places where it stands, 64 to a word.
    places: Vec<u64>,
}

impl Pattern {
    fn new(text: impl ExactSizeIterator<Item = char> + Clone) -> Self {
        let (length, words) = (text.len(), text.len().div_ceil(64));
        let mut alphabet: Vec<char> = text.clone().collect();
        alphabet.sort_unstable();
        alphabet.dedup();
        let mut places = vec![0; alphabet.len() * words];
        for (index, character) in text.enumerate() {
            if let Ok(symbol) = alphabet.binary_search(&character) {
                places[symbol * words + index / 64] |= 1 << (index % 64);
            }
        }
        Self { length, words, alphabet, places }
    }

    /// For each character its place in the alphabet; `None` when the pattern does not have it.
    fn translate(&self, text: impl Iterator<Item = char>) -> Vec<Option<usize>> {
        text.map(|character| self.alphabet.binary_search(&character).ok()).collect()
    }

    fn start(&self) -> Vec<u64> {
        vec![u64::MAX; self.words]
    }

    /// Takes one more character of the other text.
    fn step(&self, state: &mut [u64], symbol: Option<usize>) {
        let Some(symbol) = symbol else { return };
        let mut carry = false;
        for (state, places) in state.iter_mut().zip(&self.places[symbol * self.words..]) {
            let hit = *state & places;
            let (sum, over) = state.overflowing_add(hit);
            let (sum, over_again) = sum.overflowing_add(u64::from(carry));
            carry = over || over_again;
            *state = sum | (*state - hit);
        }
    }
}

/// Length of the longest common subsequence.
fn common(state: &[u64]) -> usize {
    state.iter().map(|word| word.count_zeros() as usize).sum()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// The definition, word for word.
    fn plainly(a: &str, b: &str) -> f64 {
        let (a, b): (Vec<char>, Vec<char>) = (a.chars().collect(), b.chars().collect());
        let (shorter, longer) = if a.len() <= b.len() { (&a, &b) } else { (&b, &a) };
        let place = |shorter: &[char], longer: &[char]| {
            let length = shorter.len();
            let ends = (1..length).flat_map(|n| [&longer[..n], &longer[longer.len() - n..]]);
            let pieces = longer.windows(length).chain(ends);
            pieces
                .map(|piece| 200.0 * table(shorter, piece) / (length + piece.len()) as f64)
                .fold(0.0, f64::max)
        };
        match (shorter.is_empty(), longer.is_empty()) {
            (true, true) => 100.0,
            (true, false) => 0.0,
            _ if a.len() == b.len() => place(&a, &b).max(place(&b, &a)),
            _ => place(shorter, longer),
        }
    }

    /// Longest common subsequence by the textbook.
    fn table(a: &[char], b: &[char]) -> f64 {
        let mut row = vec![0; b.len() + 1];
        for x in a {
            let mut corner = 0;
            for (j, y) in b.iter().enumerate() {
                let above = row[j + 1];
                row[j + 1] = if x == y { corner + 1 } else { above.max(row[j]) };
                corner = above;
            }
        }
        f64::from(row[b.len()])
    }

    proptest! {
        #[test]
        fn it_is_what_the_definition_says(a in "[abc学]{0,75}", b in "[abcd学]{0,140}", least in 0.0..100.0) {
            let wanted = plainly(&a, &b);
            prop_assert!((partial_ratio(&a, &b) - wanted).abs() < 1e-9);
            prop_assert_eq!(partial_ratio(&a, &b), partial_ratio(&b, &a));
            let found = partial_ratio_from(&a, &b, least);
            let right = if wanted >= least { (found - wanted).abs() < 1e-9 } else { found <= wanted + 1e-9 };
            prop_assert!(right, "{} instead of {}", found, wanted);
        }
    }
}
