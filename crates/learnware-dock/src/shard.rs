//! Which islands a replica keeps where their specifications don't fit the memory of one machine: by a hash of what an
//! island's specifications have in common, so that nobody has to be asked (docs/adr/0039-first-stage-elsewhere.md).

use std::fmt;
use std::str::FromStr;

use learnware_engine::specification::IslandKey;
use serde_json::json;

use crate::clock::Timestamp;

/// What the key is for, so that another use of its secret would give other signatures.
const CONTEXT: &str = "learnware-dock 2026-11-27 requests between replicas";
/// How long a signature holds, and how far the clocks of replicas may be apart.
const HOP_MICROSECONDS_MAX: u64 = 60_000_000;
/// Replicas at most: more are a mistake.
const COUNT_MAX: usize = 1000;

/// One of several replicas.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Shard {
    /// Which, from 0.
    index: usize,
    count: usize,
}

impl Shard {
    /// Which of the replicas it is, from 0.
    pub fn index(self) -> usize {
        self.index
    }

    /// How many replicas there are.
    pub fn count(self) -> usize {
        self.count
    }

    /// Which replica keeps an island, from 0.
    pub fn of(self, island: &IslandKey) -> usize {
        let hash = blake3::hash(json!(island).to_string().as_bytes());
        let mut first = [0; 8];
        first.copy_from_slice(&hash.as_bytes()[..8]);
        // Below the count, which is a usize.
        (u64::from_le_bytes(first) % self.count as u64) as usize
    }

    /// Whether this replica keeps an island.
    pub fn keeps(self, island: &IslandKey) -> bool {
        self.of(island) == self.index
    }
}

/// What replicas sign the requests with that they pass on to each other: these are not counted twice, and not passed on
/// again.
#[derive(Clone)]
pub struct HopKey([u8; 32]);

impl HopKey {
    /// A key of one secret.
    pub(crate) fn new(secret: &str) -> Self {
        Self(blake3::derive_key(CONTEXT, secret.as_bytes()))
    }

    /// A signature of a request for `path` of the replica `to`, as a header holds it.
    pub fn signed(&self, path: &str, to: usize, now: Timestamp) -> String {
        let at = now.microseconds();
        format!("{at}.{}", self.signature(path, to, at).to_hex())
    }

    /// Whether such a header is of one of the replicas, and of now.
    pub fn admits(&self, header: &str, path: &str, to: usize, now: Timestamp) -> bool {
        let Some((at, signature)) = header.split_once('.') else { return false };
        let (Ok(at), Ok(signature)) = (at.parse::<i64>(), blake3::Hash::from_hex(signature)) else {
            return false;
        };
        // The comparison of hashes takes the same time whatever differs.
        signature == self.signature(path, to, at) && now.microseconds().abs_diff(at) <= HOP_MICROSECONDS_MAX
    }

    fn signature(&self, path: &str, to: usize, at: i64) -> blake3::Hash {
        blake3::keyed_hash(&self.0, format!("{path} {to} {at}").as_bytes())
    }
}

impl fmt::Debug for HopKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("HopKey")
    }
}

impl FromStr for Shard {
    type Err = &'static str;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        const WANTED: &str = "which of how many servers, such as 2/3";
        let (which, count) = text.split_once('/').ok_or(WANTED)?;
        let (which, count): (usize, usize) =
            (which.parse().map_err(|_| WANTED)?, count.parse().map_err(|_| WANTED)?);
        if (1..=count).contains(&which) && (2..=COUNT_MAX).contains(&count) {
            Ok(Self { index: which - 1, count })
        } else {
            Err(WANTED)
        }
    }
}

impl fmt::Display for Shard {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.index + 1, self.count)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_hop_is_for_one_path_one_replica_and_a_while() {
        let (ours, others) = (HopKey::new("ours"), HopKey::new("others"));
        let at = |text: &str| text.parse::<Timestamp>().unwrap();
        let now = at("2026-01-02T03:04:05.000000Z");
        let signed = ours.signed("/api/v1/search", 1, now);
        assert!(ours.admits(&signed, "/api/v1/search", 1, at("2026-01-02T03:04:55.000000Z")));
        assert!(!ours.admits(&signed, "/api/v1/search", 1, at("2026-01-02T03:05:06.000000Z")));
        assert!(
            !ours.admits(&signed, "/api/v1/anchors", 1, now)
                && !ours.admits(&signed, "/api/v1/search", 0, now)
        );
        assert!(
            !others.admits(&signed, "/api/v1/search", 1, now) && !ours.admits("x", "/api/v1/search", 1, now)
        );
        assert_eq!(format!("{ours:?}"), "HopKey");
    }

    #[test]
    fn every_island_has_one_home() {
        for bad in ["", "1", "0/2", "3/2", "1/1", "1/9999", "a/b"] {
            assert!(bad.parse::<Shard>().is_err(), "{bad}");
        }
        let shards: Vec<Shard> = (1..=3).map(|which| format!("{which}/3").parse().unwrap()).collect();
        let mut homes = [0; 3];
        for dimension in 1..300 {
            let island = IslandKey::Table { dimension };
            let keepers: Vec<usize> =
                shards.iter().filter(|shard| shard.keeps(&island)).map(|one| one.index()).collect();
            assert_eq!(keepers, [shards[0].of(&island)]);
            homes[keepers[0]] += 1;
        }
        assert!(homes.iter().all(|&count| count > 60), "{homes:?}");
        assert_eq!(shards[1].to_string(), "2/3");
    }
}
