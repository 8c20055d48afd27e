//! From rows of SQLite to plain values.

use sqlx::sqlite::SqliteRow;
use sqlx::{ColumnIndex, Decode, Row, Sqlite, Type};

use crate::error::Result;
pub(super) use crate::store::read::{
    Fields, account_row, audience, audit_row, capability_row, check_state, claimed_job, conversion_row,
    evolution_row, file_row, job_count, job_row, job_summary, latest_version, learnware_row, list_row,
    member_role, member_row, organisation_row, secret_row, time_optional, usable_row, usage, version_number,
    version_row,
};

/// The value of a column.
pub(super) fn field<'r, T>(row: &'r SqliteRow, column: &'static str) -> Result<T>
where
    T: Decode<'r, Sqlite> + Type<Sqlite>,
    &'static str: ColumnIndex<SqliteRow>,
{
    row.try_get(column).map_err(|error| crate::store::read::unreadable(column, &error))
}

impl Fields for SqliteRow {
    fn text(&self, column: &'static str) -> Result<&str> {
        field(self, column)
    }

    fn text_optional(&self, column: &'static str) -> Result<Option<&str>> {
        field(self, column)
    }

    fn number(&self, column: &'static str) -> Result<i64> {
        field(self, column)
    }

    fn number_optional(&self, column: &'static str) -> Result<Option<i64>> {
        field(self, column)
    }
}
