//! Accounts that end.

use sqlx::PgConnection;

use super::learnwares::delete_living;
use super::{ACCOUNTS_LOCK, PostgresStore, database, next_revision};
use crate::clock::Timestamp;
use crate::error::Result;
use crate::ids::LearnwareNumber;
use crate::store::people::{AccountNumber, Role};
use crate::store::removal::{
    AccountRemoved, COUNT_KEPT, DISOWN, DOOMED, DOOMED_IN_ORGANISATION, EMPTIED, FORGOTTEN_AT_ONCE, Legacy,
    OTHER_ADMIN, REMOVE_ACCOUNT, REMOVE_ORGANISATION, TAKE_BACK, UNMANAGED,
};

const ACTION: &str = "end an account";

impl PostgresStore {
    pub(in crate::store) async fn remove_account(
        &self,
        number: AccountNumber,
        legacy: Legacy,
        now: Timestamp,
    ) -> Result<AccountRemoved> {
        let mut transaction = self.begin(ACTION).await?;
        lock(&mut transaction, number).await?;
        // What is not committed does not happen.
        if let Some(refused) = refused(&mut transaction, number).await? {
            return Ok(refused);
        }
        let emptied: Vec<i64> = sqlx::query_scalar(EMPTIED)
            .bind(number.0)
            .fetch_all(&mut *transaction)
            .await
            .map_err(database(ACTION))?;
        let deleted = doomed(&mut transaction, number, legacy, &emptied).await?;
        for learnware in &deleted {
            delete_living(&mut transaction, *learnware, now).await?;
        }
        for organisation in emptied {
            remove_organisation(&mut transaction, organisation).await?;
        }
        let kept: i64 = sqlx::query_scalar(COUNT_KEPT)
            .bind(number.0)
            .fetch_one(&mut *transaction)
            .await
            .map_err(database(ACTION))?;
        let revision = next_revision(&mut transaction).await?;
        sqlx::query(DISOWN)
            .bind(number.0)
            .bind(revision)
            .execute(&mut *transaction)
            .await
            .map_err(database(ACTION))?;
        remove(&mut transaction, number.0).await?;
        transaction.commit().await.map_err(database(ACTION))?;
        Ok(AccountRemoved::Removed { deleted, kept: kept.unsigned_abs() })
    }

    pub(in crate::store) async fn forget_unconfirmed(&self, before: Timestamp) -> Result<Vec<AccountNumber>> {
        let mut transaction = self.begin(ACTION).await?;
        // Who confirms at this moment has the row, and is left alone.
        let forgotten: Vec<i64> = sqlx::query_scalar(
            "SELECT id FROM accounts a
             WHERE confirmed_at IS NULL AND disabled_at IS NULL AND role = 'user' AND created_at <= $1
               AND NOT EXISTS (SELECT 1 FROM learnwares WHERE owner_id = a.id)
               AND NOT EXISTS (SELECT 1 FROM members WHERE account_id = a.id AND role = 'manager')
             ORDER BY id LIMIT $2 FOR UPDATE SKIP LOCKED",
        )
        .bind(before.to_string())
        .bind(FORGOTTEN_AT_ONCE)
        .fetch_all(&mut *transaction)
        .await
        .map_err(database(ACTION))?;
        for number in &forgotten {
            remove(&mut transaction, *number).await?;
        }
        transaction.commit().await.map_err(database(ACTION))?;
        Ok(forgotten.into_iter().map(AccountNumber).collect())
    }
}

/// Locks what is looked at and changed: of two administrators, or managers, who leave at once one waits for the other,
/// and so does a submission of the account.
async fn lock(transaction: &mut PgConnection, number: AccountNumber) -> Result<()> {
    for (lock, key) in [
        ("SELECT pg_advisory_xact_lock($1)", ACCOUNTS_LOCK),
        ("SELECT 1 FROM accounts WHERE id = $1 OR role = 'admin' ORDER BY id FOR UPDATE", number.0),
        (
            "SELECT 1 FROM organisations WHERE id IN (SELECT organisation_id FROM members WHERE account_id = $1)
             ORDER BY id FOR UPDATE",
            number.0,
        ),
        ("SELECT 1 FROM learnwares WHERE owner_id = $1 ORDER BY id FOR UPDATE", number.0),
    ] {
        sqlx::query(lock).bind(key).execute(&mut *transaction).await.map_err(database(ACTION))?;
    }
    Ok(())
}

/// Why an account can't end.
async fn refused(transaction: &mut PgConnection, number: AccountNumber) -> Result<Option<AccountRemoved>> {
    let role: Option<String> = sqlx::query_scalar("SELECT role FROM accounts WHERE id = $1")
        .bind(number.0)
        .fetch_optional(&mut *transaction)
        .await
        .map_err(database(ACTION))?;
    let Some(role) = role else { return Ok(Some(AccountRemoved::Unknown)) };
    let other: bool = sqlx::query_scalar(OTHER_ADMIN)
        .bind(number.0)
        .fetch_one(&mut *transaction)
        .await
        .map_err(database(ACTION))?;
    if role == Role::Admin.word() && !other {
        return Ok(Some(AccountRemoved::LastAdmin));
    }
    let unmanaged = sqlx::query_scalar(UNMANAGED).bind(number.0).fetch_optional(&mut *transaction).await;
    Ok(unmanaged.map_err(database(ACTION))?.map(AccountRemoved::LastManager))
}

async fn doomed(
    transaction: &mut PgConnection,
    number: AccountNumber,
    legacy: Legacy,
    emptied: &[i64],
) -> Result<Vec<LearnwareNumber>> {
    let mut doomed: Vec<i64> = sqlx::query_scalar(DOOMED)
        .bind(number.0)
        .bind(legacy == Legacy::Delete)
        .fetch_all(&mut *transaction)
        .await
        .map_err(database(ACTION))?;
    for organisation in emptied {
        let inside: Vec<i64> = sqlx::query_scalar(DOOMED_IN_ORGANISATION)
            .bind(number.0)
            .bind(organisation)
            .fetch_all(&mut *transaction)
            .await
            .map_err(database(ACTION))?;
        doomed.extend(inside);
    }
    doomed.sort_unstable();
    doomed.dedup();
    Ok(doomed.into_iter().map(LearnwareNumber).collect())
}

async fn remove_organisation(transaction: &mut PgConnection, organisation: i64) -> Result<()> {
    let revision = next_revision(&mut *transaction).await?;
    sqlx::query(TAKE_BACK)
        .bind(organisation)
        .bind(revision)
        .execute(&mut *transaction)
        .await
        .map_err(database(ACTION))?;
    for statement in REMOVE_ORGANISATION {
        sqlx::query(statement)
            .bind(organisation)
            .execute(&mut *transaction)
            .await
            .map_err(database(ACTION))?;
    }
    Ok(())
}

async fn remove(transaction: &mut PgConnection, number: i64) -> Result<()> {
    for statement in REMOVE_ACCOUNT {
        sqlx::query(statement).bind(number).execute(&mut *transaction).await.map_err(database(ACTION))?;
    }
    Ok(())
}
