//! Public ids: the row number with eight digits, as the reference's server writes them. See
//! `docs/adr/0012-learnware-ids.md`.

use learnware_engine::learnware::LearnwareId;

use crate::error::DockError;

/// Row number of a learnware.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct LearnwareNumber(pub i64);

impl LearnwareNumber {
    /// The number in a public id; leading zeros may be left out.
    ///
    /// # Errors
    /// [`DockError::BadId`] when it is not made of 1 to 18 digits or is 0.
    pub fn from_id(id: &LearnwareId) -> Result<Self, DockError> {
        let digits = &id.0;
        let plain = (1..=18).contains(&digits.len()) && digits.bytes().all(|byte| byte.is_ascii_digit());
        match digits.parse() {
            Ok(number) if plain && number > 0 => Ok(Self(number)),
            _ => Err(DockError::BadId { id: digits.chars().take(40).collect() }),
        }
    }

    /// The public id.
    pub fn id(self) -> LearnwareId {
        LearnwareId(self.to_string())
    }
}

impl std::fmt::Display for LearnwareNumber {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{:08}", self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_are_numbers_with_eight_digits_or_more() {
        assert_eq!(LearnwareNumber(1).id().0, "00000001");
        assert_eq!(LearnwareNumber(123_456_789).id().0, "123456789");
        for (text, number) in [("00000001", Some(1)), ("7", Some(7)), ("123456789", Some(123_456_789))] {
            assert_eq!(LearnwareNumber::from_id(&LearnwareId(text.into())).ok().map(|n| n.0), number);
        }
        for text in
            ["", "0", "00000000", "-1", "+1", "1 ", "1; DROP TABLE", "9999999999999999999", "\u{0661}"]
        {
            assert!(LearnwareNumber::from_id(&LearnwareId(text.into())).is_err(), "{text:?}");
        }
    }
}
