//! From a text to its tokens: normal form, then pieces by script.
//!
//! Scripts that put spaces between words give words. Han and Hiragana, and the scripts of South-East Asia
//! that write without spaces, give runs, of which the embedder takes short n-grams. No dictionary is used.
use unicode_normalization::UnicodeNormalization;

/// What a token is made of.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Kind {
    /// Letters of a script that puts spaces between words.
    Word,
    /// Digits, or letters and digits mixed.
    Number,
    /// Hangul: spaces between words, but particles are written on to them.
    Hangul,
    /// Han characters, without spaces.
    Han,
    /// Hiragana: mostly grammar.
    Hiragana,
    /// Thai, Lao, Khmer, Burmese and their neighbours, without spaces.
    Unspaced,
}

/// Compatibility forms made plain (NFKC), lower case, accents of Latin, Greek and Cyrillic letters and vowel
/// signs of Arabic and Hebrew taken away: people write both forms of one word.
pub(crate) fn normalise(text: &str) -> String {
    if text.is_ascii() {
        return text.to_ascii_lowercase();
    }
    let lower = text.chars().flat_map(char::to_lowercase);
    lower.nfkd().filter(|&c| !is_dropped_mark(c)).nfc().flat_map(char::to_lowercase).collect()
}

/// Marks that writers may leave out without changing the word.
fn is_dropped_mark(c: char) -> bool {
    matches!(c, '\u{300}'..='\u{36f}' | '\u{591}'..='\u{5bd}' | '\u{5bf}'..='\u{5c7}' | '\u{640}' | '\u{64b}'..='\u{65f}' | '\u{670}')
}

/// The kind of token that a character of a normal form belongs to; `None` between tokens.
fn kind_of(c: char) -> Option<Kind> {
    match c {
        'a'..='z' => Some(Kind::Word),
        '0'..='9' => Some(Kind::Number),
        '\0'..='\u{7f}' | '\u{30fb}' => None,
        '\u{3041}'..='\u{309f}' => Some(Kind::Hiragana),
        // Katakana writes loan words whole: like an alphabet.
        '\u{30a0}'..='\u{30ff}' | '\u{31f0}'..='\u{31ff}' => Some(Kind::Word),
        '\u{3005}'
        | '\u{3007}'
        | '\u{3400}'..='\u{4dbf}'
        | '\u{4e00}'..='\u{9fff}'
        | '\u{f900}'..='\u{faff}'
        | '\u{20000}'..='\u{3ffff}' => Some(Kind::Han),
        '\u{1100}'..='\u{11ff}' | '\u{3130}'..='\u{318f}' | '\u{ac00}'..='\u{d7ff}' => Some(Kind::Hangul),
        '\u{e01}'..='\u{e2e}'
        | '\u{e30}'..='\u{e4e}'
        | '\u{e81}'..='\u{ece}'
        | '\u{1000}'..='\u{103f}'
        | '\u{1050}'..='\u{109f}'
        | '\u{1780}'..='\u{17d3}' => Some(Kind::Unspaced),
        _ if c.is_numeric() => Some(Kind::Number),
        // Signs that belong to a letter, as the vowels of Indic scripts.
        _ if c.is_alphabetic() || unicode_normalization::char::is_combining_mark(c) => Some(Kind::Word),
        '\u{200c}' | '\u{200d}' => Some(Kind::Word),
        _ => None,
    }
}

/// The tokens of a normal form, in order: longest runs of one kind; letters and digits that touch are one
/// [`Kind::Number`].
pub(super) fn tokens(normal: &str) -> impl Iterator<Item = (Kind, &str)> {
    let mut rest = normal;
    std::iter::from_fn(move || {
        loop {
            let first = rest.chars().next()?;
            let Some(mut kind) = kind_of(first) else {
                rest = &rest[first.len_utf8()..];
                continue;
            };
            let mut end = rest.len();
            for (place, c) in rest.char_indices() {
                match (kind, kind_of(c)) {
                    (own, Some(other)) if own == other => {}
                    (Kind::Word | Kind::Number, Some(Kind::Word | Kind::Number)) => kind = Kind::Number,
                    _ => {
                        end = place;
                        break;
                    }
                }
            }
            let (token, after) = rest.split_at(end);
            rest = after;
            return Some((kind, token));
        }
    })
}
