//! From rows of PostgreSQL to plain values.

use sqlx::Row;
use sqlx::postgres::PgRow;

use crate::error::Result;
use crate::store::read::unreadable;
pub(super) use crate::store::read::{
    Fields, account_row, audience, audit_row, capability_row, check_state, claimed_job, conversion_row,
    evolution_row, file_row, job_count, job_row, job_summary, latest_version, learnware_row, list_row,
    member_role, member_row, organisation_row, secret_row, time_optional, usable_row, usage, version_number,
    version_row,
};

impl Fields for PgRow {
    fn text(&self, column: &'static str) -> Result<&str> {
        self.try_get(column).map_err(|error| unreadable(column, &error))
    }

    fn text_optional(&self, column: &'static str) -> Result<Option<&str>> {
        self.try_get(column).map_err(|error| unreadable(column, &error))
    }

    fn number_optional(&self, column: &'static str) -> Result<Option<i64>> {
        self.try_get(column).map_err(|error| unreadable(column, &error))
    }

    fn number(&self, column: &'static str) -> Result<i64> {
        self.try_get(column).map_err(|error| unreadable(column, &error))
    }
}
