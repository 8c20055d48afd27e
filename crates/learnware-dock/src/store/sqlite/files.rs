//! Files beside packages, and what evolution learned.

use super::{SqliteStore, database, next_revision, read};
use crate::clock::Timestamp;
use crate::error::Result;
use crate::store::blobs::Blobs;
use crate::store::files::{
    ACTIVATE_EVOLUTION, ADD_EVOLUTION, ADD_FILE, CAPABILITIES, CapabilityRow, EVOLUTIONS, EvolutionRow,
    EvolutionState, FILE, FILES, FORGET_CAPABILITIES, FileKind, FileRow, KEEP_CAPABILITY, NewEvolution,
    REMOVE_FILE, RETIRE_EVOLUTION,
};

impl SqliteStore {
    pub(in crate::store) async fn add_file(
        &self,
        kind: FileKind,
        file: &FileRow,
        blobs: &Blobs,
    ) -> Result<bool> {
        const ACTION: &str = "keep a file";
        let mut transaction = self.begin(ACTION).await?;
        let digest = file.digest.clone();
        if !blobs.when_async(move |blobs| blobs.has(&digest)).await? {
            return Ok(false);
        }
        sqlx::query(ADD_FILE)
            .bind(kind.word())
            .bind(&file.name)
            .bind(file.digest.as_str())
            .bind(file.size_bytes.cast_signed())
            .bind(file.created_at.to_string())
            .execute(&mut *transaction)
            .await
            .map_err(database(ACTION))?;
        transaction.commit().await.map_err(database(ACTION))?;
        Ok(true)
    }

    pub(in crate::store) async fn file(&self, kind: FileKind, name: &str) -> Result<Option<FileRow>> {
        sqlx::query(FILE)
            .bind(kind.word())
            .bind(name)
            .fetch_optional(&self.readers)
            .await
            .map_err(database("look for a file"))?
            .as_ref()
            .map(read::file_row)
            .transpose()
    }

    pub(in crate::store) async fn files(&self, kind: FileKind) -> Result<Vec<FileRow>> {
        sqlx::query(FILES)
            .bind(kind.word())
            .fetch_all(&self.readers)
            .await
            .map_err(database("list the files"))?
            .iter()
            .map(read::file_row)
            .collect()
    }

    pub(in crate::store) async fn remove_file(&self, kind: FileKind, name: &str) -> Result<bool> {
        sqlx::query(REMOVE_FILE)
            .bind(kind.word())
            .bind(name)
            .execute(&self.writer)
            .await
            .map(|done| done.rows_affected() > 0)
            .map_err(database("forget a file"))
    }

    pub(in crate::store) async fn capabilities(&self) -> Result<Vec<CapabilityRow>> {
        sqlx::query(CAPABILITIES)
            .fetch_all(&self.readers)
            .await
            .map_err(database("read what learnwares can do"))?
            .iter()
            .map(read::capability_row)
            .collect()
    }

    pub(in crate::store) async fn keep_capability(&self, row: &CapabilityRow) -> Result<()> {
        sqlx::query(KEEP_CAPABILITY)
            .bind(row.number.0)
            .bind(i64::from(row.version))
            .bind(&row.measured)
            .execute(&self.writer)
            .await
            .map(|_| ())
            .map_err(database("keep what a learnware can do"))
    }

    pub(in crate::store) async fn forget_capabilities(&self) -> Result<u64> {
        sqlx::query(FORGET_CAPABILITIES)
            .execute(&self.writer)
            .await
            .map(|done| done.rows_affected())
            .map_err(database("forget what learnwares could do"))
    }

    pub(in crate::store) async fn evolutions(
        &self,
        state: Option<EvolutionState>,
        limit: u32,
    ) -> Result<Vec<EvolutionRow>> {
        sqlx::query(EVOLUTIONS)
            .bind(state.map(EvolutionState::word))
            .bind(i64::from(limit))
            .fetch_all(&self.readers)
            .await
            .map_err(database("list the evolutions"))?
            .iter()
            .map(read::evolution_row)
            .collect()
    }

    pub(in crate::store) async fn add_evolution(&self, new: &NewEvolution, now: Timestamp) -> Result<i64> {
        const ACTION: &str = "store an evolution";
        let mut transaction = self.begin(ACTION).await?;
        let state = if new.is_better { EvolutionState::Active } else { EvolutionState::Refused };
        if new.is_better {
            sqlx::query(RETIRE_EVOLUTION).execute(&mut *transaction).await.map_err(database(ACTION))?;
            next_revision(&mut transaction).await?;
        }
        let id: i64 = sqlx::query_scalar(ADD_EVOLUTION)
            .bind(new.revision.0)
            .bind(state.word())
            .bind(&new.map)
            .bind(&new.report)
            .bind(now.to_string())
            .fetch_one(&mut *transaction)
            .await
            .map_err(database(ACTION))?;
        transaction.commit().await.map_err(database(ACTION))?;
        Ok(id)
    }

    pub(in crate::store) async fn activate_evolution(&self, id: Option<i64>) -> Result<bool> {
        const ACTION: &str = "switch the evolution";
        let mut transaction = self.begin(ACTION).await?;
        let retired =
            sqlx::query(RETIRE_EVOLUTION).execute(&mut *transaction).await.map_err(database(ACTION))?;
        let changed = match id {
            None => retired,
            Some(id) => sqlx::query(ACTIVATE_EVOLUTION)
                .bind(id)
                .execute(&mut *transaction)
                .await
                .map_err(database(ACTION))?,
        };
        if changed.rows_affected() == 0 {
            return Ok(false);
        }
        next_revision(&mut transaction).await?;
        transaction.commit().await.map_err(database(ACTION))?;
        Ok(true)
    }
}
