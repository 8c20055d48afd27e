//! Links by which whoever has them downloads one package for a while, without an account: for a browser, a colleague, a
//! machine that shall hold no token. Nothing is stored but the key that signs them. A link ends with its time, with its
//! learnware, and when that is taken down.

use std::time::Duration;

use learnware_engine::learnware::{CheckStatus, LearnwareId};

use crate::accounts::Principal;
use crate::clock::Timestamp;
use crate::deploy::Deployed;
use crate::dock::Dock;
use crate::error::{DockError, Result};
use crate::secrets::Secret;
use crate::shard::{HopKey, Shard};

/// Under which fact of the dock the key is kept.
const KEY: &str = "link_key";
/// What the key is for, so that another use of it would give other signatures.
const CONTEXT: &str = "learnware-dock 2026-11-27 links to packages";
/// How long a link works at most.
const LASTS_MAX: Duration = Duration::from_hours(7 * 24);

/// What a link says beside the learnware.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Link {
    /// The version.
    pub version: u32,
    /// When it ends.
    pub until: Timestamp,
    /// Keyed BLAKE3 of all that, in hexadecimal.
    pub signature: String,
}

impl Dock {
    /// A link to a version that `principal` may download, the latest when none is named; it works for `lasts`, a week at
    /// most.
    pub async fn link(
        &self,
        principal: &Principal,
        id: &LearnwareId,
        version: Option<u32>,
        lasts: Duration,
    ) -> Result<Link> {
        let deployed = self.given_to(Some(principal), id, version).await?;
        let until = self.state().config.clock.now().plus(lasts.min(LASTS_MAX));
        let signature = self.signed(&deployed.id, deployed.version, until).await?.to_hex().to_string();
        Ok(Link { version: deployed.version, until, signature })
    }

    /// Opens the package that a link is for, and counts the download.
    ///
    /// # Errors
    /// [`DockError::Forbidden`] when the link was not made here, or has ended.
    pub async fn give_out_by_link(&self, id: &LearnwareId, link: &Link) -> Result<Deployed> {
        let row = self.living(id).await?;
        let wanted = self.signed(&row.number.id(), link.version, link.until).await?;
        // The comparison of hashes takes the same time whatever differs.
        let is_ours = blake3::Hash::from_hex(&link.signature).is_ok_and(|found| found == wanted);
        if !is_ours || self.state().config.clock.now() >= link.until {
            let reason = "this link has ended, or is not one of this dock; ask for another".into();
            return Err(DockError::Forbidden { reason });
        }
        if let Some(reason) = row.taken_down {
            return Err(DockError::TakenDown { id: row.number.to_string(), reason });
        }
        let deployed = self.package(id, Some(link.version)).await?;
        if deployed.status != CheckStatus::Usable {
            return Err(DockError::NotUsable { id: row.number.to_string(), version: link.version });
        }
        self.state().store.count_download(row.number).await?;
        Ok(deployed)
    }

    /// What replicas of this dock sign requests to each other with.
    pub async fn hop_key(&self) -> Result<HopKey> {
        Ok(HopKey::new(&self.link_key().await?))
    }

    /// Which islands are searched here; `None` for all.
    pub fn shard(&self) -> Option<Shard> {
        self.state().config.shard
    }

    async fn signed(&self, id: &LearnwareId, version: u32, until: Timestamp) -> Result<blake3::Hash> {
        let key = blake3::derive_key(CONTEXT, self.link_key().await?.as_bytes());
        Ok(blake3::keyed_hash(&key, format!("{id}/{version}/{until}").as_bytes()))
    }

    /// The secret that signs, made with the first link.
    async fn link_key(&self) -> Result<String> {
        let store = &self.state().store;
        if let Some(key) = store.fact(KEY).await? {
            return Ok(key);
        }
        store.set_fact(KEY, Secret::new()?.reveal()).await?;
        // Another replica may have made one too: what is kept last counts for both.
        let kept = store.fact(KEY).await?;
        kept.ok_or_else(|| DockError::BadRow { what: format!("meta.{KEY}"), reason: "it is missing".into() })
    }
}
