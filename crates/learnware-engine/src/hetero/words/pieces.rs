//! A description cut into words, runs of Han characters and numbers; English words without their endings.

use crate::text;

/// Units of time that are written on to what follows; longer ones first.
const HAN_UNITS: [&str; 10] = ["个月", "小时", "分钟", "季度", "天", "日", "周", "月", "季", "年"];

/// Letters of one script, or digits, in normal form.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Piece {
    Letters(String),
    Han(String),
    Digits(f64),
}

/// Cuts a text at signs, between scripts, at capitals and between letters and digits.
pub(super) fn pieces(text: &str) -> Vec<Piece> {
    let spaced = text::normalise(&spaced(text));
    let mut pieces = Vec::new();
    for word in spaced.split(|c: char| !c.is_alphanumeric() && c != '.') {
        let word = word.trim_matches('.');
        let mut rest = word;
        while let Some(first) = rest.chars().next() {
            let kind = kind_of(first);
            let end = rest.char_indices().find(|(_, c)| kind_of(*c) != kind).map_or(rest.len(), |(at, _)| at);
            let (run, after) = rest.split_at(end);
            rest = after;
            match kind {
                Kind::Digit => pieces.extend(digits(run)),
                Kind::Han => {
                    let after_number = matches!(pieces.last(), Some(Piece::Digits(_)));
                    let unit = HAN_UNITS.iter().find(|unit| after_number && run.starts_with(**unit));
                    let (unit, run) = run.split_at(unit.map_or(0, |unit| unit.len()));
                    let parts = [unit, run].into_iter().filter(|part| !part.is_empty());
                    pieces.extend(parts.map(|part| Piece::Han(part.to_owned())));
                }
                Kind::Letter => pieces.push(Piece::Letters(stem(run))),
                Kind::Other => {}
            }
        }
    }
    pieces
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    Digit,
    Han,
    Letter,
    Other,
}

fn kind_of(c: char) -> Kind {
    match c {
        '0'..='9' | '.' => Kind::Digit,
        '\u{3400}'..='\u{4dbf}' | '\u{4e00}'..='\u{9fff}' | '\u{20000}'..='\u{3ffff}' => Kind::Han,
        _ if c.is_alphabetic() => Kind::Letter,
        _ => Kind::Other,
    }
}

/// The text with a space before each capital that begins a word.
fn spaced(text: &str) -> String {
    let letters: Vec<char> = text.chars().collect();
    let mut spaced = String::with_capacity(text.len() + 8);
    for (at, &c) in letters.iter().enumerate() {
        let after_small = at > 0 && letters[at - 1].is_lowercase();
        let before_small =
            at > 0 && letters[at - 1].is_uppercase() && letters.get(at + 1).is_some_and(|c| c.is_lowercase());
        if c.is_uppercase() && (after_small || before_small) {
            spaced.push(' ');
        }
        spaced.push(c);
    }
    spaced
}

/// A number as written; `03` of a name like `smoothed_03` stays 3. Too long ones are left out.
fn digits(run: &str) -> Option<Piece> {
    let number: f64 = run.trim_matches('.').parse().ok()?;
    number.is_finite().then_some(Piece::Digits(number))
}

/// Days of a unit of time that follows a number.
pub(super) fn unit_days(piece: &Piece) -> Option<f64> {
    let word = match piece {
        Piece::Letters(word) | Piece::Han(word) => word.as_str(),
        Piece::Digits(_) => return None,
    };
    Some(match word {
        "d" | "day" | "天" | "日" => 1.0,
        "w" | "wk" | "week" | "周" => 7.0,
        "m" | "mo" | "month" | "月" | "个月" => 30.0,
        "q" | "quarter" | "季" | "季度" => 91.0,
        "y" | "yr" | "year" | "年" => 365.0,
        "h" | "hr" | "hour" | "小时" => 1.0 / 24.0,
        "min" | "minut" | "minute" | "分钟" => 1.0 / 1440.0,
        _ => return None,
    })
}

/// The word without the ending of a plural or of a verb form; a light stemmer of English.
pub(in crate::hetero) fn stem(word: &str) -> String {
    if !word.is_ascii() || word.len() < 4 {
        return word.to_owned();
    }
    let vowel = |text: &str| text.bytes().any(|byte| b"aeiouy".contains(&byte));
    let mut stem = word;
    if let Some(rest) = word.strip_suffix("ies").filter(|rest| rest.len() > 1) {
        return format!("{rest}y");
    }
    if let Some(rest) = stem.strip_suffix("es").filter(|rest| {
        rest.len() > 2 && ["s", "x", "z", "ch", "sh"].iter().any(|ending| rest.ends_with(ending))
    }) {
        stem = rest;
    } else if let Some(rest) = stem.strip_suffix('s')
        && !["s", "u", "i"].iter().any(|ending| rest.ends_with(ending))
    {
        stem = rest;
    }
    for ending in ["ing", "ed"] {
        if let Some(rest) = stem.strip_suffix(ending)
            && rest.len() > 2
            && vowel(rest)
        {
            let doubled = rest.as_bytes()[rest.len() - 1] == rest.as_bytes()[rest.len() - 2];
            let keeps = ["ll", "ss", "zz"].iter().any(|pair| rest.ends_with(pair));
            return if doubled && !keeps { rest[..rest.len() - 1].to_owned() } else { rest.to_owned() };
        }
    }
    // `price` and `pricing` meet here.
    stem.strip_suffix('e').filter(|rest| rest.len() > 3).unwrap_or(stem).to_owned()
}
