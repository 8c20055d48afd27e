//! Descriptions of columns as comparable words, in English and Chinese.
//!
//! `itemPriceAvg_7d`, `mean price of the product, last 7 days` and `近7天商品平均价格` come out alike: names are cut
//! at signs, at capitals and between letters and digits; English words lose their endings; runs of Han characters are
//! cut by the longest words of a small lexicon; words of one meaning become one; a number
//! with a unit of time becomes a span of days. Words that the lexicon does not know are compared by their letters.
//!
//! Not here: any knowledge of whole sentences. A description that speaks of ten things is matched by all ten.

mod pieces;

use std::collections::BTreeMap;

use self::pieces::{Piece, pieces, unit_days};
use super::lexicon::{Found, Lexicon};
use crate::semantic::Dimensions;

pub use super::lexicon::Role;
pub(super) use pieces::stem;

/// Terms of a description that are looked at; the rest of a longer text is left out.
const TERMS_MAX: usize = 40;
/// Similarity of two meanings of one kin.
const KIN_SIMILARITY: f64 = 0.5;
/// Least similarity of letters at which unknown words count as the same with another spelling.
const SPELLING_SIMILARITY_MIN: f64 = 0.6;
/// Letters that an abbreviation has at least (`temp`, `avg`).
const ABBREVIATION_LETTERS_MIN: usize = 3;
/// Similarity of an unknown word to a word that it begins.
const ABBREVIATION_SIMILARITY: f64 = 0.7;

/// Mean similarity of two tables' descriptions from which they may be of the same columns.
const ALIKE_MIN: f64 = 0.5;

/// The descriptions of a table's columns by place.
pub type Described = BTreeMap<usize, Description>;

/// The descriptions of inputs.
pub fn described(inputs: Option<&Dimensions>) -> Described {
    let texts = inputs.into_iter().flat_map(|inputs| &inputs.description);
    texts.map(|(&place, text)| (place, Description::of(text))).collect()
}

/// Whether two tables describe their columns alike, place by place, where both do.
pub fn are_alike(one: &Described, other: &Described) -> bool {
    let both = one.iter().filter_map(|(place, own)| own.similarity(other.get(place)?));
    let alike: Vec<f64> = both.collect();
    alike.is_empty() || alike.iter().sum::<f64>() >= ALIKE_MIN * alike.len() as f64
}

/// A description as terms; equal texts give equal values.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Description {
    terms: Vec<Term>,
}

/// One thing that a description says.
#[derive(Debug, Clone, PartialEq)]
pub enum Term {
    /// A meaning of the lexicon.
    Meaning {
        /// Its name, an English word.
        name: &'static str,
        /// Its part in a description.
        role: Role,
        /// What close meanings share; empty for none.
        kin: &'static str,
    },
    /// A word that the lexicon does not know, in normal form without its ending.
    Word(String),
    /// A span of time.
    Span {
        /// Its length in days.
        days: f64,
    },
    /// Any other number.
    Number(f64),
}

impl Description {
    /// Reads a description in any language and spelling; what is not a word or a number is left out.
    pub fn of(text: &str) -> Self {
        let pieces = pieces(text);
        let mut terms = Vec::new();
        let mut at = 0;
        while at < pieces.len() && terms.len() < TERMS_MAX {
            at += read_term(&pieces[at..], &mut terms);
        }
        Self { terms }
    }

    /// Its terms, in the order of the text; equal ones may occur twice.
    pub fn terms(&self) -> &[Term] {
        &self.terms
    }

    /// Whether it says nothing.
    pub fn is_empty(&self) -> bool {
        self.terms.is_empty()
    }

    /// How alike two descriptions are, in [0, 1]: each term's best counterpart, weighted by what the term is;
    /// `None` when one of them says nothing.
    pub fn similarity(&self, other: &Self) -> Option<f64> {
        if self.is_empty() || other.is_empty() {
            return None;
        }
        let best = |term: &Term, among: &[Term]| {
            among.iter().map(|counterpart| term.similarity(counterpart)).fold(0.0, f64::max)
        };
        let (mut sum, mut total) = (0.0, 0.0);
        for (own, others) in [(&self.terms, &other.terms), (&other.terms, &self.terms)] {
            for term in own {
                sum += term.weight() * best(term, others);
                total += term.weight();
            }
        }
        Some(sum / total)
    }

    /// The terms' names with their weights, summed over equal ones: what maps between tables hash.
    pub fn weighted_names(&self) -> BTreeMap<String, f64> {
        let mut names = BTreeMap::new();
        for term in &self.terms {
            *names.entry(term.name()).or_insert(0.0) += term.weight();
        }
        names
    }
}

impl Term {
    /// How alike two terms are, in [0, 1].
    pub fn similarity(&self, other: &Self) -> f64 {
        match (self, other) {
            (Self::Meaning { name, kin, .. }, Self::Meaning { name: other_name, kin: other_kin, .. }) => {
                if name == other_name {
                    1.0
                } else if !kin.is_empty() && kin == other_kin {
                    KIN_SIMILARITY
                } else {
                    0.0
                }
            }
            (Self::Word(one), Self::Word(other)) => letters_similarity(one, other),
            (Self::Word(word), Self::Meaning { name, .. })
            | (Self::Meaning { name, .. }, Self::Word(word)) => abbreviation_similarity(word, name),
            // Spans a factor of e apart are 1/e alike.
            (Self::Span { days }, Self::Span { days: other }) => (-(days / other).ln().abs()).exp(),
            (Self::Number(one), Self::Number(other)) => f64::from(one == other),
            // A bare number beside a span may be the same without its unit (`lag 7`, `last 7 days`).
            (Self::Span { days }, Self::Number(number)) | (Self::Number(number), Self::Span { days }) => {
                0.5 * f64::from(days == number)
            }
            _ => 0.0,
        }
    }

    /// How much the term says about a column.
    pub fn weight(&self) -> f64 {
        match self {
            Self::Meaning { role, .. } => match role {
                Role::Subject => 1.0,
                Role::Scope => 0.8,
                Role::Statistic => 0.7,
                Role::Time => 0.5,
                Role::Form => 0.3,
            },
            Self::Word(_) => 0.8,
            Self::Span { .. } => 0.5,
            Self::Number(_) => 0.3,
        }
    }

    /// The term as one word.
    pub fn name(&self) -> String {
        match self {
            Self::Meaning { name, .. } => (*name).to_owned(),
            Self::Word(word) => word.clone(),
            Self::Span { days } => format!("{days}d"),
            Self::Number(number) => number.to_string(),
        }
    }
}

/// Adds the term that `pieces` begin with, if they begin with one, and returns the number of pieces read.
fn read_term(pieces: &[Piece], terms: &mut Vec<Term>) -> usize {
    let lexicon = Lexicon::get();
    match &pieces[0] {
        Piece::Digits(number) => {
            if let Some(days) = pieces.get(1).and_then(unit_days)
                && *number > 0.0
            {
                terms.push(Term::Span { days: number * days });
                return 2;
            }
            terms.push(Term::Number(*number));
            1
        }
        Piece::Han(run) => {
            read_han(run, lexicon, terms);
            1
        }
        Piece::Letters(_) => {
            let words: Vec<&str> = pieces
                .iter()
                .take(lexicon.phrase_length_max)
                .map_while(|piece| match piece {
                    Piece::Letters(word) => Some(word.as_str()),
                    Piece::Han(_) | Piece::Digits(_) => None,
                })
                .collect();
            for length in (1..=words.len()).rev() {
                if let Some(found) = lexicon.look_up(&words[..length].join("_")) {
                    terms.extend(term_of(found));
                    return length;
                }
            }
            // A lone letter is a remainder of a name, like the `x` of `x1`.
            if words[0].chars().count() > 1 {
                terms.push(Term::Word(words[0].to_owned()));
            }
            1
        }
    }
}

/// Cuts a run of Han characters by the longest known words; what is between them stays as it is.
fn read_han(run: &str, lexicon: &Lexicon, terms: &mut Vec<Term>) {
    let letters: Vec<char> = run.chars().collect();
    let mut unknown = String::new();
    let mut at = 0;
    while at < letters.len() && terms.len() < TERMS_MAX {
        let longest = lexicon.han_length_max.min(letters.len() - at);
        let found = (1..=longest).rev().find_map(|length| {
            let word: String = letters[at..at + length].iter().collect();
            lexicon.look_up(&word).map(|found| (length, found))
        });
        if let Some((length, found)) = found {
            push_word(&mut unknown, terms);
            terms.extend(term_of(found));
            at += length;
        } else {
            unknown.push(letters[at]);
            at += 1;
        }
    }
    push_word(&mut unknown, terms);
}

fn push_word(unknown: &mut String, terms: &mut Vec<Term>) {
    if !unknown.is_empty() {
        terms.push(Term::Word(std::mem::take(unknown)));
    }
}

fn term_of(found: Found) -> Option<Term> {
    match found {
        Found::Meaning(group) => Some(Term::Meaning { name: group.name, role: group.role, kin: group.kin }),
        Found::Nothing => None,
    }
}

/// Similarity of two unknown words by their pairs of letters (Dice), or as word and abbreviation.
fn letters_similarity(one: &str, other: &str) -> f64 {
    if one == other {
        return 1.0;
    }
    let pairs = |word: &str| {
        let letters: Vec<char> = word.chars().collect();
        letters.windows(2).map(|pair| (pair[0], pair[1])).collect::<Vec<_>>()
    };
    let (mine, mut yours) = (pairs(one), pairs(other));
    let all = mine.len() + yours.len();
    let mut shared = 0;
    for pair in mine {
        if let Some(at) = yours.iter().position(|your| *your == pair) {
            yours.swap_remove(at);
            shared += 1;
        }
    }
    let dice = if all > 0 { 2.0 * f64::from(shared) / all as f64 } else { 0.0 };
    let dice = if dice >= SPELLING_SIMILARITY_MIN { dice } else { 0.0 };
    dice.max(abbreviation_similarity(one, other)).max(abbreviation_similarity(other, one))
}

fn abbreviation_similarity(short: &str, long: &str) -> f64 {
    let enough = short.chars().count() >= ABBREVIATION_LETTERS_MIN;
    if enough && long.starts_with(short) { ABBREVIATION_SIMILARITY } else { 0.0 }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn alike(one: &str, other: &str) -> f64 {
        Description::of(one).similarity(&Description::of(other)).unwrap()
    }

    fn names(text: &str) -> Vec<String> {
        Description::of(text).terms().iter().map(Term::name).collect()
    }

    #[test]
    fn spellings_and_languages_of_one_description_are_alike() {
        let cases = [
            ("itemPriceAvg_7d", "mean price of the product over 7 days"),
            ("itemPriceAvg_7d", "近7天商品平均价格"),
            ("sales", "销量"),
            ("units_lag_7", "SalesLag7"),
            ("rolling_mean_units_28d", "average sales, rolling, 4 weeks"),
            ("日期", "date"),
            ("性别", "Gender"),
            ("temp_max", "Maximum temperature"),
        ];
        for (one, other) in cases {
            assert!(alike(one, other) > 0.75, "{one} {other}: {}", alike(one, other));
        }
        assert_eq!(names("近7天商品平均价格"), ["rolling", "7d", "item", "mean", "price"]);
    }

    #[test]
    fn other_things_are_not_alike() {
        let cases =
            [("item_price", "weekday"), ("价格", "销量"), ("age", "rainfall"), ("month_sin", "oil_price")];
        for (one, other) in cases {
            assert!(alike(one, other) < 0.3, "{one} {other}: {}", alike(one, other));
        }
        assert!(
            alike("rolling_mean_units_7d", "rolling_mean_units_28d") > alike("units_lag_7", "price_lag_7")
        );
    }

    #[test]
    fn nothing_says_nothing_and_lone_letters_are_left_out() {
        for text in ["", "  ", "___", "the of", "x", "?!", "\u{0}\u{ffff}", "x_f"] {
            assert!(Description::of(text).is_empty(), "{text:?}: {:?}", Description::of(text));
            assert_eq!(Description::of(text).similarity(&Description::of("price")), None);
        }
        assert_eq!(Description::of(&"price ".repeat(10_000)).terms().len(), TERMS_MAX);
        assert_eq!(names("3.5 kg .. 1.2.3"), ["3.5", "kg"]);
    }
}
