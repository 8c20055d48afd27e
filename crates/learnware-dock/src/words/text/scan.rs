//! Reads words in the index: which learnwares have them, and how well.
//!
//! BM25 with a weight for each field (name, tags, description). A score depends on the learnware's own texts, on
//! the mean lengths written down here, and on how rare each word was when the first page was made. The last is
//! frozen in the cursor, so that what stays keeps its score from page to page.

use std::collections::BTreeSet;
use std::sync::OnceLock;

use super::Needle;
use super::part::Part;
use super::{FIELDS, LivePart, TextIndex};
use crate::error::Result;
use crate::words::query::{Spelling, Word};
use crate::words::tokens;

/// Weight of name, tags, description: who names a thing is about it.
const FIELD_WEIGHTS: [f32; FIELDS] = [4.0, 1.5, 1.0];
/// Usual lengths of the fields, in terms. Constants, because a mean over the dock would change scores between
/// pages.
const FIELD_LENGTHS: [f32; FIELDS] = [10.0, 40.0, 100.0];
/// How much length counts, by field: a model with many inputs is not less about each of them.
const LENGTH_SHARES: [f32; FIELDS] = [0.75, 0.3, 0.75];
/// Saturation of repetitions, the usual value.
const K1: f32 = 1.2;
/// What a misspelling is worth, by its distance.
const SIMILAR_WORTH: [f32; 3] = [1.0, 0.6, 0.4];
/// Letters from which one change is forgiven: in shorter words it makes another word.
const ONE_CHANGE_FROM: usize = 4;
/// Letters from which two changes are forgiven.
const TWO_CHANGES_FROM: usize = 7;

/// How a word of a query is read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::words) enum Reading {
    /// Nobody has it, nor anything similar.
    Unknown,
    /// As it is, or a form of it.
    AsTyped,
    /// As the beginning of words.
    Beginning,
    /// As words that differ by so many changes.
    Similar(u8),
}

/// What is kept of a word from page to page.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(in crate::words) struct Frozen {
    pub(in crate::words) reading: Reading,
    /// The rarer, the more it counts.
    pub(in crate::words) rarity: f32,
}

/// Words read in one index.
#[derive(Debug)]
pub(in crate::words) struct Scan<'a> {
    index: &'a TextIndex,
    words: Vec<ReadWord>,
}

/// A word and where it was found.
#[derive(Debug)]
struct ReadWord {
    frozen: Frozen,
    /// Similar words that it was read as.
    similar: BTreeSet<String>,
    /// By part: documents that have it, ascending, and how well.
    values: Vec<Vec<(u32, f32)>>,
}

impl<'a> Scan<'a> {
    /// Reads the words; as before, where the cursor of an earlier page tells how.
    pub(in crate::words) fn new(
        index: &'a TextIndex,
        words: &[Word],
        before: Option<&[Frozen]>,
    ) -> Result<Self> {
        let total: u64 = index.parts.iter().map(|part| part.alive.len()).sum();
        let mut read = Vec::new();
        for (place, word) in words.iter().enumerate() {
            let known = before.and_then(|frozen| frozen.get(place));
            read.push(match known {
                Some(frozen) => index.read_as(word, *frozen)?,
                None => index.read(word, total)?,
            });
        }
        Ok(Self { index, words: read })
    }

    /// How the words were read, in their order.
    pub(in crate::words) fn frozen(&self) -> Vec<Frozen> {
        self.words.iter().map(|word| word.frozen).collect()
    }

    /// Similar words that a word was read as.
    pub(in crate::words) fn similar(&self, place: usize) -> &BTreeSet<String> {
        &self.words[place].similar
    }

    /// Learnwares that have at least `needed` of the words, with their scores.
    pub(in crate::words) fn found(&self, needed: usize) -> Vec<(u64, f32)> {
        let mut found = Vec::new();
        for (place, live) in self.index.parts.iter().enumerate() {
            let documents = live.part.numbers.len();
            let (mut scores, mut counts) = (vec![0.0_f32; documents], vec![0_usize; documents]);
            let mut touched = Vec::new();
            for word in &self.words {
                for &(document, value) in &word.values[place] {
                    let at = document as usize;
                    if counts[at] == 0 {
                        touched.push(document);
                    }
                    scores[at] += value * word.frozen.rarity;
                    counts[at] += 1;
                }
            }
            touched.retain(|&document| counts[document as usize] >= needed && live.alive.contains(document));
            touched.sort_unstable();
            let numbers = &live.part.numbers;
            found.extend(
                touched.iter().map(|&document| (numbers[document as usize], scores[document as usize])),
            );
        }
        found
    }
}

impl TextIndex {
    /// Reads a word in the way that finds something, the plainest first.
    fn read(&self, word: &Word, total: u64) -> Result<ReadWord> {
        for reading in readings(word) {
            let mut read = self.read_as(word, Frozen { reading, rarity: 0.0 })?;
            let having = self.having(&read);
            if having > 0 {
                let (having, total) = (having as f32, total as f32);
                read.frozen.rarity = (1.0 + (total - having + 0.5) / (having + 0.5)).ln();
                return Ok(read);
            }
        }
        self.read_as(word, Frozen { reading: Reading::Unknown, rarity: 0.0 })
    }

    fn having(&self, word: &ReadWord) -> usize {
        let parts = self.parts.iter().zip(&word.values);
        parts
            .map(|(live, values)| {
                values.iter().filter(|(document, _)| live.alive.contains(*document)).count()
            })
            .sum()
    }

    /// Reads a word in one way.
    fn read_as(&self, word: &Word, frozen: Frozen) -> Result<ReadWord> {
        let mut similar = BTreeSet::new();
        let mut worth = 1.0;
        let needles: Vec<Vec<Needle>> = match frozen.reading {
            Reading::Unknown => Vec::new(),
            Reading::Beginning => {
                vec![vec![Needle::Beginning(word.text.clone()), Needle::Stem(tokens::stem(&word.text))]]
            }
            Reading::AsTyped => as_typed(word),
            Reading::Similar(distance) => {
                for live in &self.parts {
                    similar.extend(live.part.similar(&word.text, distance)?);
                }
                worth = SIMILAR_WORTH[usize::from(distance).min(SIMILAR_WORTH.len() - 1)];
                vec![similar.iter().cloned().map(Needle::Token).collect()]
            }
        };
        let needed = word.pairs_needed();
        let values =
            self.parts.iter().map(|live| live.values(&needles, needed, worth)).collect::<Result<_>>()?;
        Ok(ReadWord { frozen, similar, values })
    }
}

impl LivePart {
    /// Documents that have a word, and how well: of its needles at least `needed`, of each any alternative.
    fn values(&self, needles: &[Vec<Needle>], needed: u32, worth: f32) -> Result<Vec<(u32, f32)>> {
        let documents = self.part.numbers.len();
        // Memory that is all zeros costs nothing until it is touched.
        let mut counts = vec![[0_u32; FIELDS]; documents];
        let mut masks = vec![0_u64; documents];
        let mut touched = Vec::new();
        for (bit, alternatives) in needles.iter().enumerate() {
            for needle in alternatives {
                self.part.visit(needle, |document, field, count| {
                    let at = document as usize;
                    if masks[at] == 0 {
                        touched.push(document);
                    }
                    counts[at][field] = counts[at][field].saturating_add(count);
                    masks[at] |= 1 << (bit % 64);
                })?;
            }
        }
        touched.retain(|&document| masks[document as usize].count_ones() >= needed);
        touched.sort_unstable();
        let lengths = length_factors();
        let share = worth / needles.len().max(1) as f32;
        let value = |document: u32| {
            let fields = (0..FIELDS).map(|field| {
                let count = counts[document as usize][field] as f32;
                let length = lengths[field][usize::from(self.part.length_code(field, document))];
                FIELD_WEIGHTS[field] * count * (K1 + 1.0) / (count + length)
            });
            share * fields.sum::<f32>()
        };
        Ok(touched.into_iter().map(|document| (document, value(document))).collect())
    }
}

/// `K1 (1 - b + b length / usual)` by field and code of the length.
fn length_factors() -> &'static [Vec<f32>; FIELDS] {
    static FACTORS: OnceLock<[Vec<f32>; FIELDS]> = OnceLock::new();
    let factors = || {
        std::array::from_fn(|field| {
            let factor = |code: u8| {
                let relative = Part::length_of_code(code) as f32 / FIELD_LENGTHS[field];
                K1 * (1.0 - LENGTH_SHARES[field] + LENGTH_SHARES[field] * relative)
            };
            (0..=u8::MAX).map(factor).collect()
        })
    };
    FACTORS.get_or_init(factors)
}

/// Ways to read a word, the plainest first.
fn readings(word: &Word) -> Vec<Reading> {
    let letters = word.text.chars().count();
    if !word.pairs.is_empty() {
        // One character alone is the beginning of pairs.
        return vec![if letters == 1 { Reading::Beginning } else { Reading::AsTyped }];
    }
    let mut readings = vec![match word.spelling {
        Spelling::Unfinished if letters > 1 => Reading::Beginning,
        Spelling::Unfinished | Spelling::Free | Spelling::Exact => Reading::AsTyped,
    }];
    if word.spelling == Spelling::Unfinished {
        readings.push(Reading::AsTyped);
    }
    if word.spelling != Spelling::Exact {
        readings.extend((letters >= ONE_CHANGE_FROM).then_some(Reading::Similar(1)));
        readings.extend((letters >= TWO_CHANGES_FROM).then_some(Reading::Similar(2)));
    }
    readings
}

fn as_typed(word: &Word) -> Vec<Vec<Needle>> {
    if word.pairs.is_empty() {
        return vec![match word.spelling {
            Spelling::Exact => vec![Needle::Token(word.text.clone())],
            Spelling::Free | Spelling::Unfinished => vec![Needle::Stem(tokens::stem(&word.text))],
        }];
    }
    word.pairs.iter().cloned().map(|pair| vec![Needle::Token(pair)]).collect()
}
