//! Accounts, secrets and the audit log.

use super::{SqliteStore, database, read};
use crate::clock::Timestamp;
use crate::error::Result;
use crate::ids::LearnwareNumber;
use crate::policy::Usage;
use crate::store::people::{
    AccountAdded, AccountChange, AccountNumber, AccountRow, AuditRow, NewAccount, NewSecret, SecretKind,
    SecretRow,
};

/// A use is written down when the last one was so long ago: readers need not wait for the writer.
const USED_EVERY: std::time::Duration = std::time::Duration::from_hours(1);

impl SqliteStore {
    pub(in crate::store) async fn add_account(
        &self,
        new: &NewAccount,
        now: Timestamp,
    ) -> Result<AccountAdded> {
        const ACTION: &str = "make an account";
        let mut transaction = self.begin(ACTION).await?;
        for (column, key, taken) in [
            (
                "SELECT EXISTS (SELECT 1 FROM accounts WHERE email_key = ?)",
                &new.email,
                AccountAdded::EmailTaken,
            ),
            ("SELECT EXISTS (SELECT 1 FROM accounts WHERE name_key = ?)", &new.name, AccountAdded::NameTaken),
        ] {
            let there: bool = sqlx::query_scalar(column)
                .bind(key.to_lowercase())
                .fetch_one(&mut *transaction)
                .await
                .map_err(database(ACTION))?;
            if there {
                return Ok(taken);
            }
        }
        let number: i64 = sqlx::query_scalar(
            "INSERT INTO accounts (email, email_key, name, name_key, password, role, created_at, confirmed_at)
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, CASE WHEN ?8 THEN ?7 END) RETURNING id",
        )
        .bind(&new.email)
        .bind(new.email.to_lowercase())
        .bind(&new.name)
        .bind(new.name.to_lowercase())
        .bind(&new.password)
        .bind(new.role.word())
        .bind(now.to_string())
        .bind(new.confirmed)
        .fetch_one(&mut *transaction)
        .await
        .map_err(database(ACTION))?;
        transaction.commit().await.map_err(database(ACTION))?;
        Ok(AccountAdded::Added(AccountNumber(number)))
    }

    pub(in crate::store) async fn account(&self, number: AccountNumber) -> Result<Option<AccountRow>> {
        sqlx::query("SELECT * FROM accounts WHERE id = ?")
            .bind(number.0)
            .fetch_optional(&self.readers)
            .await
            .map_err(database("read an account"))?
            .as_ref()
            .map(read::account_row)
            .transpose()
    }

    pub(in crate::store) async fn account_by_email(&self, email: &str) -> Result<Option<AccountRow>> {
        sqlx::query("SELECT * FROM accounts WHERE email_key = ?")
            .bind(email.to_lowercase())
            .fetch_optional(&self.readers)
            .await
            .map_err(database("read an account"))?
            .as_ref()
            .map(read::account_row)
            .transpose()
    }

    pub(in crate::store) async fn usage(&self, owner: AccountNumber) -> Result<Usage> {
        let row = sqlx::query(
            "SELECT COUNT(*) AS versions, coalesce(SUM(v.size_bytes), 0) AS bytes,
                    COUNT(CASE WHEN v.status IN ('waiting', 'checking') THEN 1 END) AS waiting
             FROM versions v JOIN learnwares l ON l.id = v.learnware_id
             WHERE l.owner_id = ? AND l.deleted_at IS NULL",
        )
        .bind(owner.0)
        .fetch_one(&self.readers)
        .await
        .map_err(database("count what the account has"))?;
        read::usage(&row)
    }

    pub(in crate::store) async fn account_by_name(&self, name: &str) -> Result<Option<AccountRow>> {
        sqlx::query("SELECT * FROM accounts WHERE name_key = ?")
            .bind(name.to_lowercase())
            .fetch_optional(&self.readers)
            .await
            .map_err(database("read an account"))?
            .as_ref()
            .map(read::account_row)
            .transpose()
    }

    pub(in crate::store) async fn accounts(
        &self,
        after: AccountNumber,
        limit: u32,
    ) -> Result<Vec<AccountRow>> {
        sqlx::query("SELECT * FROM accounts WHERE id > ? ORDER BY id LIMIT ?")
            .bind(after.0)
            .bind(limit)
            .fetch_all(&self.readers)
            .await
            .map_err(database("list the accounts"))?
            .iter()
            .map(read::account_row)
            .collect()
    }

    pub(in crate::store) async fn has_admin(&self) -> Result<bool> {
        sqlx::query_scalar(
            "SELECT EXISTS (SELECT 1 FROM accounts WHERE role = 'admin' AND disabled_at IS NULL)",
        )
        .fetch_one(&self.readers)
        .await
        .map_err(database("look for an administrator"))
    }

    pub(in crate::store) async fn change_account(
        &self,
        number: AccountNumber,
        change: &AccountChange,
        now: Timestamp,
    ) -> Result<bool> {
        const ACTION: &str = "change an account";
        let query = match change {
            AccountChange::Password(hash) => {
                sqlx::query("UPDATE accounts SET password = ? WHERE id = ?").bind(hash.clone())
            }
            AccountChange::Role(role) => {
                sqlx::query("UPDATE accounts SET role = ? WHERE id = ?").bind(role.word())
            }
            AccountChange::Confirmed => {
                sqlx::query("UPDATE accounts SET confirmed_at = coalesce(confirmed_at, ?) WHERE id = ?")
                    .bind(now.to_string())
            }
            AccountChange::Disabled(disabled) => {
                sqlx::query("UPDATE accounts SET disabled_at = ? WHERE id = ?")
                    .bind(disabled.then(|| now.to_string()))
            }
        };
        let done = query.bind(number.0).execute(&self.writer).await.map_err(database(ACTION))?;
        Ok(done.rows_affected() == 1)
    }

    pub(in crate::store) async fn add_secret(&self, new: &NewSecret, now: Timestamp) -> Result<i64> {
        sqlx::query_scalar(
            "INSERT INTO secrets (kind, digest, account_id, name, scopes, created_at, expires_at)
             VALUES (?, ?, ?, ?, ?, ?, ?) RETURNING id",
        )
        .bind(new.kind.word())
        .bind(&new.digest)
        .bind(new.account.map(|account| account.0))
        .bind(&new.name)
        .bind(&new.scopes)
        .bind(now.to_string())
        .bind(new.expires_at.to_string())
        .fetch_one(&self.writer)
        .await
        .map_err(database("keep a secret"))
    }

    pub(in crate::store) async fn secret(
        &self,
        kind: SecretKind,
        digest: &str,
        now: Timestamp,
    ) -> Result<Option<SecretRow>> {
        const ACTION: &str = "look for a secret";
        let row = sqlx::query("SELECT * FROM secrets WHERE digest = ? AND kind = ? AND expires_at > ?")
            .bind(digest)
            .bind(kind.word())
            .bind(now.to_string())
            .fetch_optional(&self.readers)
            .await
            .map_err(database(ACTION))?;
        let Some(row) = row.as_ref().map(read::secret_row).transpose()? else { return Ok(None) };
        if row.used_at.is_none_or(|used_at| used_at <= now.minus(USED_EVERY)) {
            sqlx::query("UPDATE secrets SET used_at = ? WHERE id = ?")
                .bind(now.to_string())
                .bind(row.id)
                .execute(&self.writer)
                .await
                .map_err(database(ACTION))?;
        }
        Ok(Some(row))
    }

    pub(in crate::store) async fn take_secret(
        &self,
        kind: SecretKind,
        digest: &str,
        now: Timestamp,
    ) -> Result<Option<SecretRow>> {
        sqlx::query("DELETE FROM secrets WHERE digest = ? AND kind = ? AND expires_at > ? RETURNING *")
            .bind(digest)
            .bind(kind.word())
            .bind(now.to_string())
            .fetch_optional(&self.writer)
            .await
            .map_err(database("use a secret"))?
            .as_ref()
            .map(read::secret_row)
            .transpose()
    }

    pub(in crate::store) async fn secrets(
        &self,
        account: AccountNumber,
        kind: SecretKind,
        now: Timestamp,
    ) -> Result<Vec<SecretRow>> {
        sqlx::query("SELECT * FROM secrets WHERE account_id = ? AND kind = ? AND expires_at > ? ORDER BY id")
            .bind(account.0)
            .bind(kind.word())
            .bind(now.to_string())
            .fetch_all(&self.readers)
            .await
            .map_err(database("list secrets"))?
            .iter()
            .map(read::secret_row)
            .collect()
    }

    pub(in crate::store) async fn remove_secrets(
        &self,
        account: AccountNumber,
        kind: SecretKind,
        id: Option<i64>,
    ) -> Result<u64> {
        sqlx::query("DELETE FROM secrets WHERE account_id = ?1 AND kind = ?2 AND (?3 IS NULL OR id = ?3)")
            .bind(account.0)
            .bind(kind.word())
            .bind(id)
            .execute(&self.writer)
            .await
            .map(|done| done.rows_affected())
            .map_err(database("remove secrets"))
    }

    pub(in crate::store) async fn forget_secrets(&self, now: Timestamp) -> Result<u64> {
        sqlx::query("DELETE FROM secrets WHERE expires_at <= ?")
            .bind(now.to_string())
            .execute(&self.writer)
            .await
            .map(|done| done.rows_affected())
            .map_err(database("forget secrets that ended"))
    }

    pub(in crate::store) async fn add_audit(&self, entry: &AuditRow) -> Result<()> {
        sqlx::query("INSERT INTO audit (at, account_id, action, subject, detail) VALUES (?, ?, ?, ?, ?)")
            .bind(entry.at.to_string())
            .bind(entry.account.map(|account| account.0))
            .bind(&entry.action)
            .bind(&entry.subject)
            .bind(&entry.detail)
            .execute(&self.writer)
            .await
            .map_err(database("write the audit log"))?;
        Ok(())
    }

    pub(in crate::store) async fn audit(&self, before: Option<i64>, limit: u32) -> Result<Vec<AuditRow>> {
        sqlx::query("SELECT * FROM audit WHERE ?1 IS NULL OR id < ?1 ORDER BY id DESC LIMIT ?2")
            .bind(before)
            .bind(limit)
            .fetch_all(&self.readers)
            .await
            .map_err(database("read the audit log"))?
            .iter()
            .map(read::audit_row)
            .collect()
    }

    pub(in crate::store) async fn count_download(&self, number: LearnwareNumber) -> Result<()> {
        sqlx::query("UPDATE learnwares SET downloads = downloads + 1 WHERE id = ?")
            .bind(number.0)
            .execute(&self.writer)
            .await
            .map_err(database("count a download"))?;
        Ok(())
    }
}
