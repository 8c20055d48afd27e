//! Times: UTC, to the microsecond, written as RFC 3339. The store never asks what time it is; its callers
//! pass the time, and tests turn a clock by hand.

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};
use std::time::Duration;

use serde::{Deserialize, Serialize};
use time::OffsetDateTime;
use time::format_description::BorrowedFormatItem;
use time::format_description::well_known::Rfc3339;
use time::macros::format_description;

/// Fixed width, so that SQLite orders times as text.
const FORMAT: &[BorrowedFormatItem<'_>] =
    format_description!("[year]-[month]-[day]T[hour]:[minute]:[second].[subsecond digits:6]Z");

/// A moment in UTC, to the microsecond.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(into = "String", try_from = "String")]
pub struct Timestamp {
    microseconds: i64,
}

impl Timestamp {
    /// The moment so many microseconds after 1970-01-01T00:00:00Z; outside the years 0 to 9999 the nearest
    /// moment inside.
    pub fn from_microseconds(microseconds: i64) -> Self {
        const FIRST: i64 = -62_167_219_200_000_000;
        const LAST: i64 = 253_402_300_799_999_999;
        Self { microseconds: microseconds.clamp(FIRST, LAST) }
    }

    /// Microseconds since 1970-01-01T00:00:00Z.
    pub fn microseconds(self) -> i64 {
        self.microseconds
    }

    /// The moment `by` later.
    #[must_use]
    pub fn plus(self, by: Duration) -> Self {
        let by = i64::try_from(by.as_micros()).unwrap_or(i64::MAX);
        Self::from_microseconds(self.microseconds.saturating_add(by))
    }

    /// The moment `by` earlier.
    #[must_use]
    pub fn minus(self, by: Duration) -> Self {
        let by = i64::try_from(by.as_micros()).unwrap_or(i64::MAX);
        Self::from_microseconds(self.microseconds.saturating_sub(by))
    }
}

impl std::fmt::Display for Timestamp {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let text = OffsetDateTime::from_unix_timestamp_nanos(i128::from(self.microseconds) * 1000)
            .ok()
            .and_then(|moment| moment.format(FORMAT).ok())
            .expect("the constructor keeps the year within 0 to 9999");
        f.pad(&text)
    }
}

impl std::str::FromStr for Timestamp {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let moment = OffsetDateTime::parse(text, &Rfc3339)
            .map_err(|error| format!("{text:?} is not a time: {error}"))?;
        let microseconds = moment.unix_timestamp_nanos() / 1000;
        i64::try_from(microseconds).map(Self::from_microseconds).map_err(|error| error.to_string())
    }
}

impl From<Timestamp> for String {
    fn from(moment: Timestamp) -> Self {
        moment.to_string()
    }
}

impl TryFrom<String> for Timestamp {
    type Error = String;

    fn try_from(text: String) -> Result<Self, String> {
        text.parse()
    }
}

/// Where the dock takes the time from.
#[derive(Debug, Clone, Default)]
pub enum Clock {
    /// The clock of the machine.
    #[default]
    System,
    /// A clock turned by hand: microseconds since 1970-01-01T00:00:00Z.
    Manual(Arc<AtomicI64>),
}

impl Clock {
    /// A clock that stands still until [`Clock::advance`] turns it.
    pub fn manual(start: Timestamp) -> Self {
        Self::Manual(Arc::new(AtomicI64::new(start.microseconds())))
    }

    /// The time now.
    pub fn now(&self) -> Timestamp {
        match self {
            Self::System => {
                let nanoseconds = OffsetDateTime::now_utc().unix_timestamp_nanos();
                Timestamp::from_microseconds(i64::try_from(nanoseconds / 1000).unwrap_or(i64::MAX))
            }
            Self::Manual(microseconds) => Timestamp::from_microseconds(microseconds.load(Ordering::SeqCst)),
        }
    }

    /// Turns a manual clock forward; the machine's clock is left alone.
    pub fn advance(&self, by: Duration) {
        if let Self::Manual(microseconds) = self {
            let by = i64::try_from(by.as_micros()).unwrap_or(i64::MAX);
            microseconds.fetch_add(by, Ordering::SeqCst);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_are_written_with_fixed_width_and_read_back() {
        for (microseconds, text) in [
            (0, "1970-01-01T00:00:00.000000Z"),
            (1_764_033_611_500_000, "2025-11-25T01:20:11.500000Z"),
            (i64::MAX, "9999-12-31T23:59:59.999999Z"),
        ] {
            let moment = Timestamp::from_microseconds(microseconds);
            assert_eq!(moment.to_string(), text);
            assert_eq!(text.parse::<Timestamp>().unwrap(), moment);
        }
        assert!("yesterday".parse::<Timestamp>().is_err());
    }
}
