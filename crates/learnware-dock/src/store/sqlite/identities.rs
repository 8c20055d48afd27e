//! Accounts that come in by another service's login.

use super::{SqliteStore, database, read};
use crate::clock::Timestamp;
use crate::error::Result;
use crate::store::people::{ACCOUNT_BY_IDENTITY, ADD_IDENTITY, AccountNumber, AccountRow, Identity};

impl SqliteStore {
    pub(in crate::store) async fn account_by_identity(
        &self,
        identity: &Identity,
    ) -> Result<Option<AccountRow>> {
        sqlx::query(ACCOUNT_BY_IDENTITY)
            .bind(&identity.issuer)
            .bind(&identity.subject)
            .fetch_optional(&self.readers)
            .await
            .map_err(database("read an account"))?
            .as_ref()
            .map(read::account_row)
            .transpose()
    }

    pub(in crate::store) async fn add_identity(
        &self,
        identity: &Identity,
        account: AccountNumber,
        now: Timestamp,
    ) -> Result<bool> {
        const ACTION: &str = "keep who somebody is";
        let mut transaction = self.begin(ACTION).await?;
        let added = sqlx::query(ADD_IDENTITY)
            .bind(&identity.issuer)
            .bind(&identity.subject)
            .bind(account.0)
            .bind(now.to_string())
            .execute(&mut *transaction)
            .await
            .map_err(database(ACTION))?;
        transaction.commit().await.map_err(database(ACTION))?;
        Ok(added.rows_affected() > 0)
    }
}
