//! Indexes of large islands as files: a dock opens quickly and keeps points out of memory. They hold nothing that
//! the database does not, so a file that can't be used is made anew.

use std::fs::{self, File};
use std::io::{self, BufWriter};
use std::os::unix::fs::FileExt as _;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use learnware_engine::market::Market;
use learnware_engine::market::index::{IslandIndex, ReadAt};
use learnware_engine::specification::IslandKey;
use serde_json::json;
use tempfile::NamedTempFile;

use crate::catalog::Snapshot;
use crate::dock::Dock;
use crate::error::{DockError, Result};

/// Folder of the files.
const FOLDER: &str = "index";
/// Islands below this size have no file: their index is made in less than a second.
const FILED_FROM: usize = 2_000;

/// The file of an index.
#[derive(Debug)]
struct IndexFile(File);

impl ReadAt for IndexFile {
    fn read_at(&self, offset: u64, bytes: &mut [u8]) -> io::Result<()> {
        self.0.read_exact_at(bytes, offset)
    }

    fn length(&self) -> io::Result<u64> {
        Ok(self.0.metadata()?.len())
    }
}

impl Dock {
    /// Waits until indexes that were asked to be renewed or kept are.
    ///
    /// # Errors
    /// When a file can't be written; searches work without.
    pub async fn settle(&self) -> Result<()> {
        let waiting = self.state().catalog.tending.lock().await.take();
        match waiting {
            Some(work) => work.await.map_err(|_| DockError::Closed)?,
            None => Ok(()),
        }
    }

    /// Renews and keeps indexes in the background where that pays; one such work at a time.
    pub(crate) fn tend_indexes(&self, snapshot: &Arc<Snapshot>) {
        if !snapshot.market.wants_renewal() && !wants_saving(&snapshot.market) {
            return;
        }
        let Ok(mut tending) = self.state().catalog.tending.try_lock() else { return };
        if tending.as_ref().is_none_or(tokio::task::JoinHandle::is_finished) {
            *tending = Some(tokio::spawn(tend(self.clone(), Arc::clone(snapshot))));
        }
    }
}

async fn tend(dock: Dock, snapshot: Arc<Snapshot>) -> Result<()> {
    let folder = dock.folder().to_owned();
    let work = move || {
        let market = &snapshot.market;
        let renewed = if market.wants_renewal() { market.renewed()? } else { market.clone() };
        Ok::<_, DockError>(if save(&folder, &renewed)? { load(&folder, renewed) } else { renewed })
    };
    // Not in a queue: searches do not wait for it.
    let market = tokio::task::spawn_blocking(work).await.map_err(|_| DockError::Closed)??;
    dock.adopt_indexes(&market).await;
    Ok(())
}

/// The market with the indexes that are kept in files, where they are of use.
pub(crate) fn load(folder: &Path, market: Market) -> Market {
    let keys: Vec<IslandKey> = large_islands(&market).map(|(key, _)| key.clone()).collect();
    keys.into_iter().fold(market, |market, key| {
        let Ok(file) = File::open(path(folder, &key)) else { return market };
        let index = IslandIndex::open(Arc::new(IndexFile(file))).ok();
        index.and_then(|index| market.with_index(&key, index)).unwrap_or(market)
    })
}

fn wants_saving(market: &Market) -> bool {
    large_islands(market).any(|(_, index)| index.is_some_and(IslandIndex::wants_writing))
}

/// Writes indexes that are not in files yet, removes files of islands that are gone; returns whether any was
/// written.
fn save(folder: &Path, market: &Market) -> Result<bool> {
    let place = folder.join(FOLDER);
    let mut written = false;
    for (key, index) in large_islands(market) {
        if let Some(index) = index.filter(|index| index.wants_writing()) {
            fs::create_dir_all(&place).map_err(DockError::io("make", &place))?;
            write(index, &path(folder, key))?;
            written = true;
        }
    }
    if written {
        let known: Vec<PathBuf> = large_islands(market).map(|(key, _)| path(folder, key)).collect();
        remove_others(&place, &known).map_err(DockError::io("clean", &place))?;
    }
    Ok(written)
}

/// Writes a file that is seen only when it is whole. Not synced: what a crash leaves is found out by its sums and
/// made anew.
fn write(index: &IslandIndex, path: &Path) -> Result<()> {
    let failed = |error: io::Error| DockError::io("write", path)(error);
    let place = path.parent().unwrap_or(path);
    let mut out = BufWriter::with_capacity(1 << 20, NamedTempFile::new_in(place).map_err(failed)?);
    index.write(&mut out)?;
    let file = out.into_inner().map_err(|error| failed(error.into_error()))?;
    file.persist(path).map_err(|error| failed(error.error))?;
    Ok(())
}

fn remove_others(place: &Path, known: &[PathBuf]) -> io::Result<()> {
    for entry in fs::read_dir(place)? {
        let old = entry?.path();
        if old.extension().is_some_and(|extension| extension == "index") && !known.contains(&old) {
            fs::remove_file(old)?;
        }
    }
    Ok(())
}

fn large_islands(market: &Market) -> impl Iterator<Item = (&IslandKey, Option<&IslandIndex>)> {
    let islands = market.organizer().islands().filter(|(_, island)| island.len() >= FILED_FROM);
    islands.map(|(key, island)| (key, island.index_if_made()))
}

fn path(folder: &Path, key: &IslandKey) -> PathBuf {
    let name = blake3::hash(json!(key).to_string().as_bytes()).to_hex();
    folder.join(FOLDER).join(format!("{}.index", &name[..16]))
}

#[cfg(test)]
mod tests {
    use learnware_engine::Matrix;
    use learnware_engine::learnware::{Learnware, LearnwareId, ModelFormat, Specification};
    use learnware_engine::market::{SearchOptions, SearchResults};
    use learnware_engine::numeric::random::Stream;
    use learnware_engine::semantic::SemanticSpecification;
    use learnware_engine::specification::{Rkme, StatisticalSpecification};
    use learnware_engine::user_info::UserInfo;

    use super::*;

    fn table(seed: usize) -> StatisticalSpecification {
        let mut stream = Stream::substream(3, seed as u64);
        let place = (seed % 31) as f64 * 0.3;
        let points = Matrix::new(4, 2, (0..8).map(|_| place + stream.normal()).collect()).unwrap();
        StatisticalSpecification::Table(Rkme::new(points, vec![0.25; 4], 0.1, 40).unwrap())
    }

    fn learnware(number: usize, seed: usize) -> Learnware {
        let specification =
            Specification { semantic: SemanticSpecification::default(), statistical: vec![table(seed)] };
        Learnware { id: LearnwareId(format!("{number:08}")), specification, format: ModelFormat::Onnx }
    }

    fn answers(market: &Market) -> Vec<SearchResults> {
        let user = |seed| UserInfo { statistical: vec![table(seed)], ..UserInfo::default() };
        (90_000..90_006).map(|seed| market.search(&user(seed), &SearchOptions::default()).unwrap()).collect()
    }

    #[test]
    fn a_market_finds_its_indexes_again() {
        let folder = tempfile::tempdir().unwrap();
        let count = FILED_FROM + 100;
        let fresh = || Market::from_learnwares((0..count).map(|number| learnware(number, number)));
        let market = fresh();
        assert!(!save(folder.path(), &market).unwrap(), "no search has made an index");
        let wanted = answers(&market);
        assert!(wants_saving(&market) && save(folder.path(), &market).unwrap());
        let loaded = load(folder.path(), fresh());
        assert!(!wants_saving(&loaded) && !save(folder.path(), &loaded).unwrap());
        assert_eq!(answers(&loaded), wanted);
        assert!(!wants_saving(&market.adopting(&loaded)));
        // One is gone, one is another, one is new.
        let changed = |market: Market| {
            let less = market.with_removed(&LearnwareId("00001500".into()));
            less.with_added(learnware(1600, 7)).with_added(learnware(count, 50_000))
        };
        let brought = load(folder.path(), changed(fresh()));
        assert!(large_islands(&brought).all(|(_, index)| index.is_some()));
        assert_eq!(answers(&brought)[0].single, answers(&changed(fresh()))[0].single);
        let path = fs::read_dir(folder.path().join(FOLDER)).unwrap().next().unwrap().unwrap().path();
        fs::write(&path, b"LWINDEX2 broken").unwrap();
        let anew = load(folder.path(), fresh());
        assert!(large_islands(&anew).all(|(_, index)| index.is_none()));
        assert_eq!(answers(&anew), wanted);
    }
}
