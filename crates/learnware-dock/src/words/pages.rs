//! Orders of what was found, and cursors from which the next page goes on.
//!
//! A cursor holds the place of the last learnware shown in the order (its score, time, name or size, and its
//! number) and how the words were read. Both mean the same whatever is added or removed meanwhile: nothing is
//! shown twice, and nothing that stayed as it was is passed over.

use std::cmp::Ordering;

use super::query::Query;
use super::text::{Frozen, Reading};
use crate::error::{DockError, Result};

/// Order of what was found.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub enum Sort {
    /// Best match of the words first; without words as [`Sort::Id`].
    #[default]
    Relevance,
    /// Last submitted first.
    Newest,
    /// By name, as a dictionary without regard to letter case.
    Name,
    /// Smallest package first.
    Size,
    /// By identifier, which is the order of submission.
    Id,
}

/// Where a learnware stands in an order; the least comes first.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Place {
    pub(super) key: Key,
    pub(super) number: u64,
}

/// What is compared first; keys of one order are of one kind.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Key {
    /// Higher comes first.
    Score(f32),
    /// Later comes first.
    Time(i64),
    Name(String),
    Size(u64),
    None,
}

impl Place {
    /// Which comes first.
    pub(super) fn order(&self, other: &Self) -> Ordering {
        let keys = match (&self.key, &other.key) {
            (Key::Score(own), Key::Score(theirs)) => theirs.total_cmp(own),
            (Key::Time(own), Key::Time(theirs)) => theirs.cmp(own),
            (Key::Name(own), Key::Name(theirs)) => own.cmp(theirs),
            (Key::Size(own), Key::Size(theirs)) => own.cmp(theirs),
            _ => Ordering::Equal,
        };
        keys.then(self.number.cmp(&other.number))
    }
}

/// Where a page ended. As text it is opaque.
#[derive(Debug, Clone, PartialEq)]
pub struct Cursor {
    /// Tells the query and the order it belongs to.
    fingerprint: [u8; 6],
    /// The last learnware shown.
    pub(super) last: Place,
    /// Words that had to be found.
    pub(super) needed: u8,
    /// How the words were read.
    pub(super) words: Vec<Frozen>,
}

/// First byte of a cursor: the form of the rest.
const FORM: u8 = 1;

impl Cursor {
    pub(super) fn new(query: &Query, sort: Sort, last: Place, needed: usize, words: Vec<Frozen>) -> Self {
        let needed = u8::try_from(needed).unwrap_or(u8::MAX);
        Self { fingerprint: fingerprint(query, sort), last, needed, words }
    }

    /// Refuses a cursor of another query.
    pub(super) fn check(&self, query: &Query, sort: Sort) -> Result<()> {
        if self.fingerprint == fingerprint(query, sort) && self.words.len() == query.words.len() {
            return Ok(());
        }
        Err(bad("it belongs to another query, filter or order"))
    }
}

impl std::fmt::Display for Cursor {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let mut bytes = vec![FORM];
        bytes.extend(self.fingerprint);
        bytes.extend(self.last.number.to_be_bytes());
        bytes.extend([self.needed, self.words.len() as u8]);
        for word in &self.words {
            bytes.push(match word.reading {
                Reading::Unknown => 0,
                Reading::AsTyped => 1,
                Reading::Beginning => 2,
                Reading::Similar(distance) => 2 + distance,
            });
            bytes.extend(word.rarity.to_be_bytes());
        }
        match &self.last.key {
            Key::None => bytes.push(0),
            Key::Score(score) => bytes.extend([1].into_iter().chain(score.to_be_bytes())),
            Key::Time(time) => bytes.extend([2].into_iter().chain(time.to_be_bytes())),
            Key::Size(size) => bytes.extend([3].into_iter().chain(size.to_be_bytes())),
            Key::Name(name) => bytes.extend([4].into_iter().chain(name.bytes())),
        }
        bytes.iter().try_for_each(|byte| write!(f, "{byte:02x}"))
    }
}

impl std::str::FromStr for Cursor {
    type Err = DockError;

    fn from_str(text: &str) -> Result<Self> {
        read(text.trim()).ok_or_else(|| bad("it was not made by this program, or is cut off"))
    }
}

fn read(text: &str) -> Option<Cursor> {
    if !text.is_ascii() || !text.len().is_multiple_of(2) {
        return None;
    }
    let bytes: Vec<u8> = (0..text.len())
        .step_by(2)
        .map(|at| u8::from_str_radix(&text[at..at + 2], 16).ok())
        .collect::<Option<_>>()?;
    let mut rest = bytes.as_slice();
    if take::<1>(&mut rest)? != [FORM] {
        return None;
    }
    let fingerprint = take(&mut rest)?;
    let number = u64::from_be_bytes(take(&mut rest)?);
    let [needed, count] = take(&mut rest)?;
    let mut words = Vec::new();
    for _ in 0..count {
        let [reading] = take(&mut rest)?;
        let reading = match reading {
            0 => Reading::Unknown,
            1 => Reading::AsTyped,
            2 => Reading::Beginning,
            3 | 4 => Reading::Similar(reading - 2),
            _ => return None,
        };
        let rarity = f32::from_be_bytes(take(&mut rest)?);
        words.push(Frozen { reading, rarity });
    }
    let [kind] = take(&mut rest)?;
    let key = match kind {
        0 => Key::None,
        1 => Key::Score(f32::from_be_bytes(take(&mut rest)?)),
        2 => Key::Time(i64::from_be_bytes(take(&mut rest)?)),
        3 => Key::Size(u64::from_be_bytes(take(&mut rest)?)),
        4 => Key::Name(String::from_utf8(std::mem::take(&mut rest).to_vec()).ok()?),
        _ => return None,
    };
    let finite = words.iter().all(|word| word.rarity.is_finite());
    (rest.is_empty() && finite).then_some(Cursor { fingerprint, last: Place { key, number }, needed, words })
}

fn take<const N: usize>(rest: &mut &[u8]) -> Option<[u8; N]> {
    let (head, tail) = rest.split_first_chunk::<N>()?;
    *rest = tail;
    Some(*head)
}

fn fingerprint(query: &Query, sort: Sort) -> [u8; 6] {
    // Plain data: the derived text names every field.
    let digest = blake3::hash(format!("{query:?} {sort:?}").as_bytes());
    std::array::from_fn(|place| digest.as_bytes()[place])
}

fn bad(reason: &str) -> DockError {
    DockError::BadCursor { reason: reason.to_owned() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cursors_are_read_back_and_foreign_ones_are_refused() {
        let query = Query::parse("house prices").unwrap();
        let words = vec![
            Frozen { reading: Reading::Similar(2), rarity: 1.5 },
            Frozen { reading: Reading::Beginning, rarity: 0.25 },
        ];
        for key in [Key::Score(2.5), Key::Time(-3), Key::Size(9), Key::Name("房价 x".into()), Key::None] {
            let cursor = Cursor::new(&query, Sort::Name, Place { key, number: 1 << 40 }, 2, words.clone());
            let text = cursor.to_string();
            assert_eq!(text.parse::<Cursor>().unwrap(), cursor);
            cursor.check(&query, Sort::Name).unwrap();
            assert!(cursor.check(&query, Sort::Size).is_err());
            assert!(cursor.check(&Query::parse("houses prices").unwrap(), Sort::Name).is_err());
            assert!(text[..text.len() / 2].parse::<Cursor>().is_err());
        }
        for text in ["", "zz", "01", "é", "1", &"00".repeat(40)] {
            assert!(text.parse::<Cursor>().is_err(), "{text:?}");
        }
    }
}
