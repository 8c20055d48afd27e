//! How much a dock holds, and what happens in it day by day.

use std::time::Duration;

use crate::cpu::Pool;
use crate::dock::Dock;
use crate::error::Result;
pub use crate::store::figures::{Figure, Holdings};
use crate::uploads::{self, Unfinished};

/// Days that are told at most.
pub const DAYS_MAX: u32 = 366;

/// What takes room.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Storage {
    /// Rows and packages.
    pub holdings: Holdings,
    /// Packages that come in pieces and are not complete.
    pub uploads: Unfinished,
    /// Bytes that this machine has left where the dock's folder is; `None` where it does not tell.
    pub free_bytes: Option<u64>,
}

impl Dock {
    /// What takes room.
    pub async fn storage(&self) -> Result<Storage> {
        let holdings = self.store().holdings().await?;
        let (folder, staging) = (self.folder().to_owned(), self.staging_folder()?);
        let look = move || (uploads::unfinished(&staging), free_bytes(&folder));
        let (uploads, free_bytes) = self.state().cpu.run(Pool::Compute, "look at the folder", look).await?;
        Ok(Storage { holdings, uploads, free_bytes })
    }

    /// What happened on the last days, today included.
    pub async fn figures(&self, days: u32) -> Result<Vec<Figure>> {
        let days = days.clamp(1, DAYS_MAX);
        let first = self.now().minus(Duration::from_hours(24 * u64::from(days - 1)));
        // From the beginning of that day.
        let since = format!("{}T00:00:00Z", day(&first.to_string())).parse().unwrap_or(first);
        self.store().figures(since).await
    }

    /// Adds to what happened today.
    pub async fn count_today(&self, counts: &[(&str, u64)]) -> Result<()> {
        let now = self.now().to_string();
        let figure = |&(what, count): &(&str, u64)| Figure { day: day(&now), what: what.to_owned(), count };
        let figures: Vec<Figure> = counts.iter().filter(|(_, count)| *count > 0).map(figure).collect();
        if figures.is_empty() { Ok(()) } else { self.store().count_on(&figures).await }
    }
}

/// The day of a time as text.
fn day(time: &str) -> String {
    time.chars().take("YYYY-MM-DD".len()).collect()
}

#[cfg(unix)]
fn free_bytes(folder: &std::path::Path) -> Option<u64> {
    rustix::fs::statvfs(folder).ok().map(|found| found.f_bavail.saturating_mul(found.f_frsize))
}

#[cfg(not(unix))]
fn free_bytes(_folder: &std::path::Path) -> Option<u64> {
    None
}
