//! Descriptions of columns as vectors: near where they say alike things, in whichever of the languages known.
//!
//! Each term of a description ([`Description`]) has features; each feature has fixed random signs in all
//! [`DIMENSION`] places (a random projection, Achlioptas 2003), so that the cosine of two descriptions is about the
//! share of weighted features that they have in common. Nothing is learned here.

use super::tensors::mix;
use super::words::{Description, Term};

/// Numbers in the vector of a description: random cosines are .09 off on average, and a map's matrices stay small.
pub(super) const DIMENSION: usize = 128;
/// Letters of the pieces by which unknown words are compared.
const PIECE_LETTERS: usize = 3;
/// Part of a term's weight (squared) in what it shares with its kin, or with words of similar spelling.
const SHARED_PART: f64 = 0.5;
/// Salts, so that equal words of different kinds are different features.
const SALT_MEANING: u64 = 1;
const SALT_KIN: u64 = 2;
const SALT_WORD: u64 = 3;
const SALT_PIECE: u64 = 4;
const SALT_SPAN: u64 = 5;
const SALT_NUMBER: u64 = 6;

/// The vector of a description: length 1, or zero where it says nothing.
pub(super) fn vector(text: &str) -> Vec<f64> {
    let mut sum = vec![0.0; DIMENSION];
    for term in Description::of(text).terms() {
        add_term(&mut sum, term);
    }
    let length = sum.iter().map(|value| value * value).sum::<f64>().sqrt();
    if length > 0.0 {
        for value in &mut sum {
            *value /= length;
        }
    }
    sum
}

fn add_term(sum: &mut [f64], term: &Term) {
    let weight = term.weight();
    let (own, shared) = ((1.0 - SHARED_PART).sqrt() * weight, SHARED_PART.sqrt() * weight);
    match term {
        Term::Meaning { name, kin: "", .. } => add(sum, hash(SALT_MEANING, name), weight),
        Term::Meaning { name, kin, .. } => {
            add(sum, hash(SALT_MEANING, name), own);
            add(sum, hash(SALT_KIN, kin), shared);
        }
        Term::Word(word) => {
            add(sum, hash(SALT_WORD, word), own);
            let letters: Vec<char> = std::iter::once('<').chain(word.chars()).chain(['>']).collect();
            let pieces = letters.windows(PIECE_LETTERS);
            let each = shared / (pieces.len().max(1) as f64).sqrt();
            for piece in pieces {
                add(sum, hash(SALT_PIECE, &piece.iter().collect::<String>()), each);
            }
        }
        Term::Span { days } => {
            // Between two whole powers of two: spans of about one length share them.
            let place = days.max(f64::MIN_POSITIVE).log2().clamp(-64.0, 64.0);
            let part = place - place.floor();
            for (power, part) in [(place.floor(), 1.0 - part), (place.floor() + 1.0, part)] {
                add(sum, hash(SALT_SPAN, &format!("{power}")), weight * part.sqrt());
            }
        }
        Term::Number(number) => add(sum, hash(SALT_NUMBER, &number.to_string()), weight),
    }
}

/// Adds a feature by its signs.
fn add(sum: &mut [f64], feature: u64, weight: f64) {
    for (block, values) in sum.chunks_mut(64).enumerate() {
        let signs = mix(feature.wrapping_add((block as u64 + 1).wrapping_mul(0x9e37_79b9_7f4a_7c15)));
        for (place, value) in values.iter_mut().enumerate() {
            *value += if signs >> place & 1 == 0 { weight } else { -weight };
        }
    }
}

/// A hash of a text that is the same everywhere and always (FNV-1a, then [`mix`]).
fn hash(salt: u64, text: &str) -> u64 {
    let start = mix(0x6c77_636f_6c75_6d6e ^ salt);
    mix(text.bytes().fold(start, |state, byte| (state ^ u64::from(byte)).wrapping_mul(0x100_0000_01b3)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::numeric::vector::dot;

    #[test]
    fn alike_descriptions_have_near_vectors_in_both_languages() {
        let cosine = |one: &str, other: &str| dot(&vector(one), &vector(other));
        assert!((cosine("item price", "price_of_item") - 1.0).abs() < 0.3);
        let near = [
            ("item price", "商品价格"),
            ("daily mean sales 7d", "units_rolling_mean_7d"),
            ("zzqwer", "zzqwert"),
        ];
        for (one, other) in near {
            assert!(cosine(one, other) > 0.3, "{one} {other}: {}", cosine(one, other));
            assert!(cosine(one, "wind_direction") < 0.3, "{one}: {}", cosine(one, "wind_direction"));
        }
        assert!(vector("").iter().all(|&value| value == 0.0));
    }
}
