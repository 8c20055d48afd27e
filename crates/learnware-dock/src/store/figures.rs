//! How much a dock holds, and what happens in it day by day: rows, and the questions in words of SQL that both databases
//! understand.

/// What is there.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Holdings {
    /// Learnwares that were not deleted.
    pub learnwares: u64,
    /// Their versions.
    pub versions: u64,
    /// Their packages, each once.
    pub packages: u64,
    /// Bytes of those.
    pub package_bytes: u64,
    /// Accounts.
    pub accounts: u64,
    /// Bytes of the database.
    pub database_bytes: u64,
}

/// How often something happened on a day.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Figure {
    /// The day, `YYYY-MM-DD`, UTC.
    pub day: String,
    /// `submitted`, `usable`, `non_usable`, `invalid`, `deleted`, `accounts`, or what servers count: `requests`,
    /// `searches`, `downloads`, `failures`.
    pub what: String,
    /// How often.
    pub count: u64,
}

/// Everything of [`Holdings`] but the database's size.
pub(super) const HOLDINGS: &str = "SELECT
     (SELECT COUNT(*) FROM learnwares WHERE deleted_at IS NULL) AS learnwares,
     (SELECT COUNT(*) FROM versions v JOIN learnwares l ON l.id = v.learnware_id
      WHERE l.deleted_at IS NULL) AS versions,
     (SELECT COUNT(*) FROM accounts) AS accounts,
     COUNT(*) AS packages, CAST(coalesce(SUM(size_bytes), 0) AS BIGINT) AS bytes
     FROM (SELECT v.digest, MAX(v.size_bytes) AS size_bytes
           FROM versions v JOIN learnwares l ON l.id = v.learnware_id
           WHERE l.deleted_at IS NULL GROUP BY v.digest) AS kept";

/// From `$1` on, a time.
pub(super) const FIGURES: &str =
    "SELECT substr(submitted_at, 1, 10) AS day, 'submitted' AS what, COUNT(*) AS count
       FROM versions WHERE submitted_at >= $1 GROUP BY 1
     UNION ALL SELECT substr(checked_at, 1, 10), status, COUNT(*)
       FROM versions WHERE checked_at >= $1 GROUP BY 1, 2
     UNION ALL SELECT substr(deleted_at, 1, 10), 'deleted', COUNT(*)
       FROM learnwares WHERE deleted_at >= $1 GROUP BY 1
     UNION ALL SELECT substr(created_at, 1, 10), 'accounts', COUNT(*)
       FROM accounts WHERE created_at >= $1 GROUP BY 1
     UNION ALL SELECT day, what, count FROM daily WHERE day >= substr($1, 1, 10)
     ORDER BY 1, 2";

/// Adds `$3` to what happened on the day `$1`.
pub(super) const COUNT: &str = "INSERT INTO daily (day, what, count) VALUES ($1, $2, $3)
     ON CONFLICT (day, what) DO UPDATE SET count = daily.count + excluded.count";
