//! Texts cut into words, the same way for what is indexed and for what is asked.
//!
//! Letters are lower-cased and full-width forms become plain ones. Chinese, Japanese and Korean have no spaces
//! between words, so a run of them is cut into overlapping pairs of characters: every word of two characters is
//! found, known to a dictionary or not. Names such as `LightGBM` or `petalLength` count as a whole and in
//! parts.

use std::ops::Range;
use std::sync::LazyLock;

use frostem::{Algorithm, Stemmer};

/// Characters of a word that count; no word of a language is longer, hostile ones are.
const WORD_CHARS_MAX: usize = 64;

/// English word forms become one: predict, predicted, prediction.
static ENGLISH: LazyLock<Stemmer> = LazyLock::new(|| Stemmer::new(Algorithm::English));

/// A piece of a text by which it is found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Token {
    /// Where it lies in the text, in bytes.
    pub(super) range: Range<usize>,
    /// The piece, folded.
    pub(super) text: String,
    /// What kind of piece.
    pub(super) kind: TokenKind,
}

/// What kind of piece a token is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum TokenKind {
    /// A word between spaces or signs, whole or a part of a compound name.
    Word,
    /// Two neighbouring characters of a script without spaces, or the last one alone.
    Pair,
}

/// A stretch of a text in one manner of writing.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Run {
    /// Where it lies in the text, in bytes.
    pub(super) range: Range<usize>,
    /// Whether its script has no spaces between words.
    pub(super) script: Script,
}

/// Manner of writing.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Script {
    /// Words with spaces between them.
    Spaced,
    /// Chinese, Japanese, Korean.
    Unspaced,
}

/// The runs of a text; signs and spaces lie between them.
pub(super) fn runs(text: &str) -> Vec<Run> {
    let mut runs: Vec<Run> = Vec::new();
    let mut open: Option<Script> = None;
    for (at, character) in text.char_indices() {
        let script = script(character);
        let end = at + character.len_utf8();
        match (script, runs.last_mut()) {
            (Some(script), Some(run)) if open == Some(script) => {
                debug_assert_eq!(run.script, script);
                run.range.end = end;
            }
            (Some(script), _) => runs.push(Run { range: at..end, script }),
            (None, _) => {}
        }
        open = script;
    }
    runs
}

/// The pieces by which a text is found, in their order.
pub(super) fn tokens(text: &str) -> Vec<Token> {
    let mut found = Vec::new();
    for run in runs(text) {
        match run.script {
            Script::Spaced => spaced(text, run.range, &mut found),
            Script::Unspaced => pairs(text, run.range, &mut found),
        }
    }
    found
}

/// A text in lower case, with plain forms of full-width characters.
pub(super) fn folded(text: &str) -> String {
    if text.is_ascii() {
        return text[..text.len().min(WORD_CHARS_MAX)].to_ascii_lowercase();
    }
    text.chars().map(plain).flat_map(char::to_lowercase).take(WORD_CHARS_MAX).collect()
}

/// The form that a folded word shares with its relatives.
pub(super) fn stem(word: &str) -> String {
    ENGLISH.stem(word).into_owned()
}

/// The overlapping pairs of a run without spaces; the character itself when there is only one.
pub(super) fn pairs_of(run: &str) -> Vec<String> {
    let characters: Vec<char> = run.chars().map(plain).collect();
    match characters.len() {
        0 | 1 => vec![characters.into_iter().collect()],
        _ => characters.windows(2).map(|pair| pair.iter().collect()).collect(),
    }
}

fn spaced(text: &str, range: Range<usize>, found: &mut Vec<Token>) {
    let token =
        |range: Range<usize>| Token { text: folded(&text[range.clone()]), range, kind: TokenKind::Word };
    found.push(token(range.clone()));
    if !text[range.clone()].contains(|character: char| character.is_uppercase() || character.is_numeric()) {
        return; // No compound name.
    }
    let parts = compound_parts(text, range);
    if parts.len() > 1 {
        found.extend(parts.into_iter().map(token));
    }
}

/// `petalLength10` → `petal`, `Length`, `10`; `CNNModel` → `CNN`, `Model`.
fn compound_parts(text: &str, range: Range<usize>) -> Vec<Range<usize>> {
    let characters: Vec<(usize, char)> =
        text[range.clone()].char_indices().map(|(at, character)| (range.start + at, character)).collect();
    let mut starts = vec![range.start];
    for (place, pair) in characters.windows(2).enumerate() {
        let ((_, before), (at, after)) = (pair[0], pair[1]);
        let next_is_small = characters.get(place + 2).is_some_and(|(_, next)| next.is_lowercase());
        let hump = before.is_lowercase() && after.is_uppercase();
        let last_capital = before.is_uppercase() && after.is_uppercase() && next_is_small;
        if hump || last_capital || before.is_numeric() != after.is_numeric() {
            starts.push(at);
        }
    }
    let ends = starts[1..].iter().copied().chain([range.end]).collect::<Vec<_>>();
    starts.into_iter().zip(ends).map(|(start, end)| start..end).collect()
}

fn pairs(text: &str, range: Range<usize>, found: &mut Vec<Token>) {
    let characters: Vec<(usize, char)> = text[range.clone()]
        .char_indices()
        .map(|(at, character)| (range.start + at, plain(character)))
        .collect();
    for pair in characters.windows(2) {
        let end = pair[1].0 + text[pair[1].0..].chars().next().map_or(0, char::len_utf8);
        found.push(Token {
            range: pair[0].0..end,
            text: [pair[0].1, pair[1].1].iter().collect(),
            kind: TokenKind::Pair,
        });
    }
    // The last character begins no pair, and must be found too.
    if let Some(&(at, last)) = characters.last() {
        found.push(Token { range: at..range.end, text: last.to_string(), kind: TokenKind::Pair });
    }
}

/// Plain forms of full-width letters, digits and signs.
pub(super) fn plain(character: char) -> char {
    match character {
        '\u{ff01}'..='\u{ff5e}' => char::from_u32(character as u32 - 0xfee0).unwrap_or(character),
        '\u{3000}' => ' ',
        _ => character,
    }
}

fn script(character: char) -> Option<Script> {
    if character.is_ascii() {
        return character.is_ascii_alphanumeric().then_some(Script::Spaced);
    }
    match plain(character) {
        '\u{3005}'
        | '\u{3041}'..='\u{30ff}'
        | '\u{31f0}'..='\u{31ff}'
        | '\u{3400}'..='\u{4dbf}'
        | '\u{4e00}'..='\u{9fff}'
        | '\u{ac00}'..='\u{d7af}'
        | '\u{f900}'..='\u{faff}'
        | '\u{20000}'..='\u{3ffff}' => Some(Script::Unspaced),
        other if other.is_alphanumeric() => Some(Script::Spaced),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn texts(text: &str) -> Vec<String> {
        tokens(text).into_iter().map(|token| token.text).collect()
    }

    #[test]
    fn words_are_folded_and_compound_names_are_cut() {
        assert_eq!(texts("House-Prices, ＡＩ!"), ["house", "prices", "ai"]);
        assert_eq!(texts("petalLength10"), ["petallength10", "petal", "length", "10"]);
        assert_eq!(texts("CNNModel LightGBM"), ["cnnmodel", "cnn", "model", "lightgbm", "light", "gbm"]);
        assert_eq!(texts(" \u{0}\t\"'!?"), Vec::<String>::new());
        assert_eq!(texts(&"x".repeat(10_000)), ["x".repeat(WORD_CHARS_MAX)]);
    }

    #[test]
    fn scripts_without_spaces_are_cut_into_pairs() {
        assert_eq!(texts("房价预测"), ["房价", "价预", "预测", "测"]);
        assert_eq!(texts("用RNN预测"), ["用", "rnn", "预测", "测"]);
        assert_eq!(pairs_of("房"), ["房"]);
    }

    #[test]
    fn ranges_give_back_the_text() {
        let text = "Ｈouse 房价 petalLength";
        for token in tokens(text) {
            assert_eq!(folded(&text[token.range.clone()]), token.text);
        }
    }
}
