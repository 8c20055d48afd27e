//! Passes through doors, in words of SQL that both databases understand.
//!
//! A visitor's `free_at` moves on by one interval with each pass, and may not be farther ahead than a burst (the generic
//! cell rate algorithm). A time beyond that was written by a clock that was put back since: it counts as now.

use std::time::Duration;

use crate::clock::Timestamp;

/// Lets `$1` through at `$2` with an interval of `$3` and a burst of `$4`, microseconds each: one row, or none.
pub(super) const PASS: &str = "INSERT INTO doors (visitor, free_at) VALUES ($1, $2 + $3)
     ON CONFLICT (visitor) DO UPDATE SET free_at =
         CASE WHEN doors.free_at > $2 AND doors.free_at <= $2 + $4 THEN doors.free_at ELSE $2 END + $3
     WHERE doors.free_at <= $2 + $4 - $3 OR doors.free_at > $2 + $4
     RETURNING free_at";

/// When `$1` is free.
pub(super) const FREE_AT: &str = "SELECT free_at FROM doors WHERE visitor = $1";

/// Forgets who has been free since `$1`.
pub(super) const FORGET: &str = "DELETE FROM doors WHERE free_at < $1";

/// Microseconds, as the statements take them.
pub(super) fn microseconds(span: Duration) -> i64 {
    i64::try_from(span.as_micros()).unwrap_or(i64::MAX)
}

/// How long whoever was not let through at `now` has to wait.
pub(super) fn wait(free_at: i64, interval: Duration, burst: Duration, now: Timestamp) -> Duration {
    let over = free_at.saturating_add(microseconds(interval)) - microseconds(burst) - now.microseconds();
    Duration::from_micros(over.max(0).unsigned_abs())
}
