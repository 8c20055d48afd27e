//! Organisations, their members, and who sees a learnware.

use super::learnwares::is_alive;
use super::{SqliteStore, database, next_revision, read};
use crate::clock::Timestamp;
use crate::error::Result;
use crate::ids::LearnwareNumber;
use crate::store::organisations::{
    MemberChanged, MemberRole, MemberRow, OrganisationNumber, OrganisationRow, Visibility,
};
use crate::store::people::AccountNumber;

impl SqliteStore {
    pub(in crate::store) async fn add_organisation(
        &self,
        name: &str,
        founder: AccountNumber,
        now: Timestamp,
    ) -> Result<Option<OrganisationNumber>> {
        const ACTION: &str = "make an organisation";
        let mut transaction = self.begin(ACTION).await?;
        let number: Option<i64> = sqlx::query_scalar(
            "INSERT INTO organisations (name, name_key, created_at) VALUES (?1, ?2, ?3)
             ON CONFLICT (name_key) DO NOTHING RETURNING id",
        )
        .bind(name)
        .bind(name.to_lowercase())
        .bind(now.to_string())
        .fetch_optional(&mut *transaction)
        .await
        .map_err(database(ACTION))?;
        let Some(number) = number else { return Ok(None) };
        sqlx::query(
            "INSERT INTO members (organisation_id, account_id, role, since) VALUES (?1, ?2, 'manager', ?3)",
        )
        .bind(number)
        .bind(founder.0)
        .bind(now.to_string())
        .execute(&mut *transaction)
        .await
        .map_err(database(ACTION))?;
        transaction.commit().await.map_err(database(ACTION))?;
        Ok(Some(OrganisationNumber(number)))
    }

    pub(in crate::store) async fn organisations_of(
        &self,
        account: AccountNumber,
    ) -> Result<Vec<(OrganisationRow, MemberRole)>> {
        sqlx::query(
            "SELECT o.id, o.name, o.created_at, m.role FROM organisations o
             JOIN members m ON m.organisation_id = o.id WHERE m.account_id = ?1 ORDER BY o.id",
        )
        .bind(account.0)
        .fetch_all(&self.readers)
        .await
        .map_err(database("list the organisations"))?
        .iter()
        .map(|row| Ok((read::organisation_row(row)?, read::member_role(row)?)))
        .collect()
    }

    pub(in crate::store) async fn members(&self, organisation: OrganisationNumber) -> Result<Vec<MemberRow>> {
        sqlx::query(
            "SELECT m.account_id, m.role, m.since, a.name FROM members m JOIN accounts a ON a.id = m.account_id
             WHERE m.organisation_id = ?1 ORDER BY m.account_id",
        )
        .bind(organisation.0)
        .fetch_all(&self.readers)
        .await
        .map_err(database("list the members"))?
        .iter()
        .map(read::member_row)
        .collect()
    }

    pub(in crate::store) async fn set_member(
        &self,
        organisation: OrganisationNumber,
        account: AccountNumber,
        role: Option<MemberRole>,
        now: Timestamp,
    ) -> Result<MemberChanged> {
        const ACTION: &str = "change the members";
        let mut transaction = self.begin(ACTION).await?;
        let change = match role {
            Some(role) => sqlx::query(
                "INSERT INTO members (organisation_id, account_id, role, since) VALUES (?1, ?2, ?3, ?4)
                 ON CONFLICT (organisation_id, account_id) DO UPDATE SET role = excluded.role",
            )
            .bind(organisation.0)
            .bind(account.0)
            .bind(role.word())
            .bind(now.to_string()),
            None => sqlx::query("DELETE FROM members WHERE organisation_id = ?1 AND account_id = ?2")
                .bind(organisation.0)
                .bind(account.0),
        };
        change.execute(&mut *transaction).await.map_err(database(ACTION))?;
        let managed: bool = sqlx::query_scalar(
            "SELECT EXISTS (SELECT 1 FROM members WHERE organisation_id = ?1 AND role = 'manager')",
        )
        .bind(organisation.0)
        .fetch_one(&mut *transaction)
        .await
        .map_err(database(ACTION))?;
        if !managed {
            return Ok(MemberChanged::LastManager); // What was not committed did not happen.
        }
        transaction.commit().await.map_err(database(ACTION))?;
        Ok(MemberChanged::Done)
    }

    pub(in crate::store) async fn set_visibility(
        &self,
        number: LearnwareNumber,
        visibility: Visibility,
    ) -> Result<bool> {
        const ACTION: &str = "change who sees the learnware";
        let mut transaction = self.begin(ACTION).await?;
        if !is_alive(&mut transaction, number).await? {
            return Ok(false);
        }
        let revision = next_revision(&mut transaction).await?;
        sqlx::query(
            "UPDATE learnwares SET visibility = ?1, organisation_id = ?2, revision = ?3 WHERE id = ?4",
        )
        .bind(visibility.word())
        .bind(visibility.organisation().map(|organisation| organisation.0))
        .bind(revision)
        .bind(number.0)
        .execute(&mut *transaction)
        .await
        .map_err(database(ACTION))?;
        transaction.commit().await.map_err(database(ACTION))?;
        Ok(true)
    }
}
