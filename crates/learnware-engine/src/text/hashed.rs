//! The built-in embedder: hashed words, word pairs and character n-grams, projected at random.
//!
//! A text becomes a bag of features: its words, the pairs of neighbouring words, the beginnings of long words
//! (so that inflected forms meet), and n-grams of characters where a script writes no spaces. A feature
//! weighs by what it is: words of grammar and everyday words of some languages are light ([`common_words`]),
//! numbers too. Each feature has [`SIGNED_PLACES`] places and signs of its own among the
//! [`HASHED_DIMENSION`] numbers, drawn by a fixed hash, which is a sparse random projection (Achlioptas 2003,
//! "Database-friendly random projections"; Weinberger et al. 2009, "Feature hashing"). Rows have length 1.
//!
//! **What it can't do.** It knows no synonyms and no meaning: texts are near when they share words. It works
//! across languages only where they share words, and it can't tell "dog bites man" from "man bites dog" by more
//! than the pairs. A sentence transformer does better where texts are short or in several languages.
//!
//! Nothing is learned from data, so the numbers never change with what is embedded beside a text.
//!
//! [`common_words`]: super::common_words

use super::TextEmbedder;
use super::common_words::{EVERYDAY, GRAMMAR, HAN};
use super::tokens::{Kind, normalise, tokens};
use crate::embedder::EmbedderId;
use crate::error::Result;
use crate::numeric::{Matrix, parallel};

/// Numbers in a point. Between 512 and 4096 the ranking of learnwares on real texts hardly changed, and a
/// specification's size grows with it.
pub const HASHED_DIMENSION: usize = 512;

/// Bytes of a text that are read. A longer text has told its topic by then, and work stays bounded.
pub const TEXT_BYTES_MAX: usize = 1 << 16;

/// Part of the digest; changes with every change of any number given.
const VERSION: u32 = 1;

/// Seed of all hashes.
const SEED: u64 = 0x6c77_646f_636b_0001;

/// Places that a feature has in a point: with one, two words that share it can't be told apart.
const SIGNED_PLACES: u64 = 4;

/// Weight of a word of grammar, and of a letter alone, where a plain word has 1.
const WEIGHT_GRAMMAR: f64 = 0.02;
/// Weight of a common word of content.
const WEIGHT_EVERYDAY: f64 = 0.1;
/// Weight of a number.
const WEIGHT_NUMBER: f64 = 0.1;
/// Weight of letters and digits mixed, as in names of types.
const WEIGHT_MIXED: f64 = 0.4;
/// Weight of a pair of words relative to the geometric mean of its words.
const WEIGHT_PAIR: f64 = 1.0;
/// Weight of the beginning of a word relative to the word.
const WEIGHT_BEGINNING: f64 = 0.5;
/// Letters in the beginning of a word; a shorter word has none.
const BEGINNING_LETTERS: usize = 5;
/// A feature that occurs `c` times counts `c (1 + s) / (c + s)`: nearly `c` for small counts, since repeated
/// words tell the topic, and at most `1 + s`, so that no word drowns a text.
const COUNT_SATURATION: f64 = 20.0;

/// How a kind of characters without spaces is cut: sizes of n-grams with their weights.
const HAN_GRAMS: &[(usize, f64)] = &[(1, 0.4), (2, 1.0)];
const HIRAGANA_GRAMS: &[(usize, f64)] = &[(2, 0.1), (3, 0.1)];
const HANGUL_GRAMS: &[(usize, f64)] = &[(2, 1.0), (3, 0.5)];
const UNSPACED_GRAMS: &[(usize, f64)] = &[(3, 0.5), (4, 1.0)];
/// Factor for an n-gram of common Han characters only, and for one with some.
const HAN_ALL_COMMON: f64 = 0.1;
const HAN_SOME_COMMON: f64 = 0.4;

/// Kinds of features, so that equal characters of two kinds are two features.
const SALT_WORD: u64 = 1;
const SALT_BEGINNING: u64 = 2;
const SALT_GRAM: u64 = 16;

/// One feature of a text: its hash and its weight.
type Feature = (u64, f64);

/// The built-in embedder; see the top of the file.
///
/// A text without letters and digits gives the zero vector. Making one costs microseconds.
#[derive(Debug, Clone)]
pub struct HashedEmbedder {
    grammar: Vec<u64>,
    everyday: Vec<u64>,
    han: Vec<char>,
}

impl Default for HashedEmbedder {
    fn default() -> Self {
        Self::new()
    }
}

impl HashedEmbedder {
    /// The embedder. There is only one: it has nothing to choose.
    pub fn new() -> Self {
        let mut han: Vec<char> = HAN.chars().collect();
        han.sort_unstable();
        Self { grammar: word_hashes(GRAMMAR), everyday: word_hashes(EVERYDAY), han }
    }

    /// The point of one text: length 1, or zero without features.
    fn point(&self, text: &str) -> Vec<f64> {
        let mut features = self.features(text);
        features.sort_unstable_by_key(|feature| feature.0);
        let mut point = vec![0.0; HASHED_DIMENSION];
        for same in features.chunk_by(|one, other| one.0 == other.0) {
            let (hash, weight) = same[0];
            let count = same.len() as f64;
            let value = weight * (count * (1.0 + COUNT_SATURATION) / (count + COUNT_SATURATION));
            for number in 1..=SIGNED_PLACES {
                let bits = mix(hash.wrapping_add(number.wrapping_mul(0x9e37_79b9_7f4a_7c15)));
                let place = ((u128::from(bits) * HASHED_DIMENSION as u128) >> 64) as usize;
                point[place] += if bits & 1 == 0 { value } else { -value };
            }
        }
        let length = point.iter().map(|value| value * value).sum::<f64>().sqrt();
        if length > 0.0 {
            for value in &mut point {
                *value /= length;
            }
        }
        point
    }

    /// The features of a text in order; one that occurs often is there as often.
    fn features(&self, text: &str) -> Vec<Feature> {
        let normal = normalise(&text[..text.floor_char_boundary(TEXT_BYTES_MAX)]);
        let mut features = Vec::with_capacity(normal.len() / 2);
        let mut before = None;
        let mut letters = Vec::new();
        for (kind, token) in tokens(&normal) {
            letters.clear();
            letters.extend(token.chars());
            before = match kind {
                Kind::Word | Kind::Number => Some(self.word(kind, &letters, before, &mut features)),
                Kind::Han => {
                    grams(&letters, HAN_GRAMS, |gram| self.han_factor(gram), &mut features);
                    None
                }
                Kind::Hiragana => {
                    grams(&letters, HIRAGANA_GRAMS, |_| 1.0, &mut features);
                    None
                }
                Kind::Hangul => {
                    grams(&letters, HANGUL_GRAMS, |_| 1.0, &mut features);
                    None
                }
                Kind::Unspaced => {
                    grams(&letters, UNSPACED_GRAMS, |_| 1.0, &mut features);
                    None
                }
            };
        }
        features
    }

    /// Adds the features of a word and of its pair with the word `before`; the word's own feature.
    fn word(
        &self,
        kind: Kind,
        letters: &[char],
        before: Option<Feature>,
        features: &mut Vec<Feature>,
    ) -> Feature {
        let hash = hash(SALT_WORD, letters);
        let weight = match kind {
            Kind::Number if letters.iter().any(|c| c.is_alphabetic()) => WEIGHT_MIXED,
            Kind::Number => WEIGHT_NUMBER,
            _ if letters.len() == 1 || self.grammar.binary_search(&hash).is_ok() => WEIGHT_GRAMMAR,
            _ if self.everyday.binary_search(&hash).is_ok() => WEIGHT_EVERYDAY,
            _ => 1.0,
        };
        features.push((hash, weight));
        if kind == Kind::Word && letters.len() > BEGINNING_LETTERS {
            let beginning = self::hash(SALT_BEGINNING, &letters[..BEGINNING_LETTERS]);
            features.push((beginning, WEIGHT_BEGINNING * weight));
        }
        if let Some((hash_before, weight_before)) = before {
            let both = mix(hash_before ^ hash.rotate_left(17));
            features.push((both, WEIGHT_PAIR * (weight * weight_before).sqrt()));
        }
        (hash, weight)
    }

    /// Factor for an n-gram of Han characters.
    fn han_factor(&self, gram: &[char]) -> f64 {
        match gram.iter().filter(|c| self.han.binary_search(c).is_ok()).count() {
            0 => 1.0,
            common if common == gram.len() => HAN_ALL_COMMON,
            _ => HAN_SOME_COMMON,
        }
    }
}

impl TextEmbedder for HashedEmbedder {
    fn id(&self) -> EmbedderId {
        EmbedderId {
            name: "learnware-hashed".to_owned(),
            digest: format!("{VERSION}-{SEED:016x}"),
            dimension: HASHED_DIMENSION,
        }
    }

    fn embed(&self, texts: &[String]) -> Result<Matrix> {
        let points = parallel::map(texts.len(), |index| self.point(&texts[index]));
        Matrix::new(texts.len(), HASHED_DIMENSION, points.concat())
    }
}

/// Adds the n-grams of a run of characters.
fn grams(
    letters: &[char],
    sizes: &[(usize, f64)],
    factor: impl Fn(&[char]) -> f64,
    features: &mut Vec<Feature>,
) {
    for &(size, weight) in sizes {
        let grams = letters.windows(size);
        features.extend(grams.map(|gram| (hash(SALT_GRAM + size as u64, gram), weight * factor(gram))));
    }
}

/// Sorted hashes of the words in `lists`.
fn word_hashes(lists: &[&str]) -> Vec<u64> {
    let words = lists.iter().flat_map(|list| list.split_ascii_whitespace());
    let mut hashes: Vec<u64> =
        words.map(|word| hash(SALT_WORD, &word.chars().collect::<Vec<char>>())).collect();
    hashes.sort_unstable();
    hashes
}

/// A hash of characters that is the same everywhere and always (FNV-1a over characters, then [`mix`]).
fn hash(salt: u64, letters: &[char]) -> u64 {
    let start = mix(SEED ^ salt);
    mix(letters.iter().fold(start, |state, &letter| {
        let state = (state ^ u64::from(letter)).wrapping_mul(0x100_0000_01b3);
        state ^ (state >> 29)
    }))
}

/// Spreads every bit over all bits (the finisher of SplitMix64).
fn mix(mut bits: u64) -> u64 {
    bits = (bits ^ (bits >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    bits = (bits ^ (bits >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    bits ^ (bits >> 31)
}
