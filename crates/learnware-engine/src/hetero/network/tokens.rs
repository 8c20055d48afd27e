//! Descriptions of columns as numbers of word pieces, as `BertTokenizer` numbers them: lower case, accents taken away, cut at
//! blanks, signs and Han characters, then the longest pieces that the vocabulary has.

use std::collections::BTreeMap;

use unicode_normalization::UnicodeNormalization;
use unicode_normalization::char::is_combining_mark;

use crate::error::{EngineError, Result};

/// Pieces of a description that are looked at, as in the reference.
const PIECES_MAX: usize = 512;
/// Letters of a word that is still cut into pieces; a longer one is unknown.
const WORD_LETTERS_MAX: usize = 100;
/// Pieces of a vocabulary at most; that of the reference's download has 30,522.
const VOCABULARY_MAX: usize = 200_000;
/// The piece for what no piece fits.
const UNKNOWN: &str = "[UNK]";
/// Begins pieces inside a word.
const INSIDE: &str = "##";
/// What the reference takes for a column without a description.
const NO_DESCRIPTION: &str = "Unknown Feature";

/// Word pieces and their numbers.
#[derive(Debug, Clone, PartialEq)]
pub struct Vocabulary {
    pieces: Vec<String>,
    numbers: BTreeMap<String, usize>,
    unknown: usize,
}

impl Vocabulary {
    /// Of one piece a line (`vocab.txt`); the number of a piece is that of its line.
    ///
    /// # Errors
    /// When there are too many pieces, or none for unknown words.
    pub fn new(text: &str) -> Result<Self> {
        let pieces: Vec<String> = text.lines().map(|line| line.trim().to_owned()).collect();
        let bad = |reason: String| EngineError::Format { format: "vocabulary", reason };
        if pieces.len() > VOCABULARY_MAX {
            return Err(bad(format!("it has more than {VOCABULARY_MAX} pieces")));
        }
        let numbers: BTreeMap<String, usize> =
            pieces.iter().enumerate().map(|(number, piece)| (piece.clone(), number)).collect();
        let unknown = *numbers.get(UNKNOWN).ok_or_else(|| bad(format!("it has no piece {UNKNOWN}")))?;
        Ok(Self { pieces, numbers, unknown })
    }

    /// One piece a line.
    pub fn text(&self) -> String {
        self.pieces.join("\n")
    }

    /// Number of pieces.
    pub fn len(&self) -> usize {
        self.pieces.len()
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.pieces.is_empty()
    }

    /// The pieces of a description; never none.
    pub fn pieces(&self, description: &str) -> Vec<usize> {
        let mut found = Vec::new();
        let description = if description.trim().is_empty() { NO_DESCRIPTION } else { description };
        for word in words(description) {
            if found.len() >= PIECES_MAX {
                break;
            }
            match self.cut(&word) {
                Some(pieces) => found.extend(pieces),
                None => found.push(self.unknown),
            }
        }
        found.truncate(PIECES_MAX);
        if found.is_empty() { vec![self.unknown] } else { found }
    }

    /// Whether pieces say anything.
    pub fn knows(&self, pieces: &[usize]) -> bool {
        pieces.iter().any(|&piece| piece != self.unknown)
    }

    fn cut(&self, word: &[char]) -> Option<Vec<usize>> {
        if word.len() > WORD_LETTERS_MAX {
            return None;
        }
        let (mut found, mut start) = (Vec::new(), 0);
        while start < word.len() {
            let prefix = if start > 0 { INSIDE } else { "" };
            let piece = |end: usize| format!("{prefix}{}", word[start..end].iter().collect::<String>());
            let (end, number) = (start + 1..=word.len())
                .rev()
                .find_map(|end| Some((end, *self.numbers.get(&piece(end))?)))?;
            found.push(number);
            start = end;
        }
        Some(found)
    }
}

/// Words in normal form; a sign and a Han character are each a word.
fn words(text: &str) -> Vec<Vec<char>> {
    let mut words: Vec<Vec<char>> = vec![Vec::new()];
    let plain = text.chars().flat_map(char::to_lowercase).nfd().filter(|&c| !is_combining_mark(c));
    for c in plain {
        if c.is_whitespace() || c.is_control() {
            words.push(Vec::new());
        } else if is_sign(c) || is_han(c) {
            words.extend([vec![c], Vec::new()]);
        } else if let Some(word) = words.last_mut() {
            word.push(c);
        }
    }
    words.retain(|word| !word.is_empty());
    words
}

fn is_sign(c: char) -> bool {
    c.is_ascii_punctuation()
        || matches!(c, '\u{2010}'..='\u{2027}' | '\u{2030}'..='\u{205e}' | '\u{3001}'..='\u{3003}' | '\u{3008}'..='\u{3011}' | '\u{ff01}'..='\u{ff0f}' | '\u{ff1a}'..='\u{ff20}')
}

fn is_han(c: char) -> bool {
    matches!(c, '\u{3400}'..='\u{4dbf}' | '\u{4e00}'..='\u{9fff}' | '\u{f900}'..='\u{faff}' | '\u{20000}'..='\u{2fa1f}')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_are_cut_into_the_longest_pieces() {
        let vocabulary = Vocabulary::new("[PAD]\n[UNK]\nunits\nlag\n##s\n1\n_\n价").unwrap();
        assert_eq!(vocabulary.pieces("Units_lags 1"), [2, 6, 3, 4, 5]);
        assert_eq!(vocabulary.pieces("价格 lagx"), [7, 1, 1]);
        assert_eq!(vocabulary.pieces(""), [1, 1]);
        assert!(!vocabulary.knows(&vocabulary.pieces("zzz")));
        assert!(Vocabulary::new("a\nb").is_err());
    }
}
