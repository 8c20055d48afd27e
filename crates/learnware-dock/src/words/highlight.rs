//! Where the words of a query lie in the texts of a learnware that was found.

use std::collections::BTreeSet;

use learnware_engine::semantic::SemanticSpecification;

use super::query::{Query, Spelling, Word};
use super::text::{Reading, Scan};
use super::tokens::{self, Token, TokenKind};

/// Characters of a text shown around its first hit.
const EXCERPT_CHARS: usize = 160;
/// Characters shown before the first hit.
const BEFORE_CHARS: usize = 40;
/// Excerpts of a learnware at most.
const EXCERPTS_MAX: usize = 3;

/// A text, or a part of one, with the words that were found in it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Excerpt {
    /// `name`, `description`, `input` or `output`.
    pub field: &'static str,
    /// The text in pieces.
    pub pieces: Vec<Piece>,
}

/// A piece of a text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Piece {
    /// The text.
    pub text: String,
    /// Whether it was looked for.
    pub is_hit: bool,
}

/// The texts of a learnware in which words were found, at most three.
pub(super) fn excerpts(semantic: &SemanticSpecification, query: &Query, scan: &Scan<'_>) -> Vec<Excerpt> {
    let finders: Vec<Finder<'_>> =
        (0..query.words.len()).map(|place| Finder::new(query, scan, place)).collect();
    if finders.is_empty() {
        return Vec::new();
    }
    let meanings = |dimensions: &'_ Option<learnware_engine::semantic::Dimensions>| -> Vec<String> {
        let texts = dimensions.iter().flat_map(|dimensions| dimensions.description.values());
        texts.cloned().collect()
    };
    let (inputs, outputs) = (meanings(&semantic.input), meanings(&semantic.output));
    let named = [("name", semantic.name.as_str()), ("description", semantic.description.as_str())];
    let inputs = inputs.iter().map(|text| ("input", text.as_str()));
    let outputs = outputs.iter().map(|text| ("output", text.as_str()));
    named
        .into_iter()
        .chain(inputs)
        .chain(outputs)
        .filter_map(|(field, text)| Some(Excerpt { field, pieces: pieces(text, &finders)? }))
        .take(EXCERPTS_MAX)
        .collect()
}

/// Tells whether a token belongs to a word of the query.
struct Finder<'a> {
    word: &'a Word,
    reading: Reading,
    stem: String,
    similar: &'a BTreeSet<String>,
}

impl<'a> Finder<'a> {
    fn new(query: &'a Query, scan: &'a Scan<'_>, place: usize) -> Self {
        let word = &query.words[place];
        let reading = scan.frozen()[place].reading;
        Self { word, reading, stem: tokens::stem(&word.text), similar: scan.similar(place) }
    }

    fn finds(&self, token: &Token) -> bool {
        match (self.reading, token.kind) {
            (Reading::Beginning, _) if token.text.starts_with(&self.word.text) => true,
            (Reading::AsTyped, TokenKind::Pair) => self.word.pairs.contains(&token.text),
            (Reading::AsTyped, _) if self.word.spelling == Spelling::Exact => token.text == self.word.text,
            (Reading::AsTyped | Reading::Beginning, TokenKind::Word) => {
                // A stem keeps the first letter of its word.
                token.text.chars().next() == self.stem.chars().next()
                    && tokens::stem(&token.text) == self.stem
            }
            (Reading::Beginning, TokenKind::Pair) | (Reading::Unknown, _) => false,
            (Reading::Similar(_), _) => self.similar.contains(&token.text),
        }
    }
}

/// The text around its first hit, in pieces; `None` when there is none.
fn pieces(text: &str, finders: &[Finder<'_>]) -> Option<Vec<Piece>> {
    // Whole texts are read: they are short by the rules of admission.
    let mut marked = vec![false; text.len()];
    let mut first = None;
    for token in tokens::tokens(text) {
        if finders.iter().any(|finder| finder.finds(&token)) {
            first = first.or(Some(token.range.start));
            marked[token.range].fill(true);
        }
    }
    let first = first?;
    let start = text[..first].char_indices().rev().take(BEFORE_CHARS).last().map_or(first, |(at, _)| at);
    let end = text[start..].char_indices().nth(EXCERPT_CHARS).map_or(text.len(), |(at, _)| start + at);
    let mut pieces: Vec<Piece> = Vec::new();
    if start > 0 {
        pieces.push(Piece { text: "…".into(), is_hit: false });
    }
    for (at, character) in text[start..end].char_indices() {
        let is_hit = marked[start + at];
        // Line breaks would tear a line of a list apart; control characters have no form.
        let character = if character.is_whitespace() || character.is_control() { ' ' } else { character };
        match pieces.last_mut() {
            Some(last) if last.is_hit == is_hit => last.text.push(character),
            _ => pieces.push(Piece { text: character.to_string(), is_hit }),
        }
    }
    if end < text.len() {
        pieces.push(Piece { text: "…".into(), is_hit: false });
    }
    Some(pieces)
}
