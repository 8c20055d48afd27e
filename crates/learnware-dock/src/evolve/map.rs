//! The map between islands: trained, compared with the one in use, kept as a file.

use std::collections::BTreeMap;
use std::sync::Arc;

use learnware_engine::hetero::factors::FactorMap;
use learnware_engine::hetero::quality::{MapQuality, quality};
use learnware_engine::hetero::{self, HeteroMap, Lesson};
use learnware_engine::learnware::LearnwareId;
use learnware_engine::market::capability::Measured;
use learnware_engine::market::mapped::described;
use learnware_engine::market::organizer::Organizer;

use super::report::WorldReport;
use crate::cpu::Pool;
use crate::dock::Dock;
use crate::error::{DockError, Result};
use crate::store::files::FileKind;

/// Learnwares with described columns from which there is something to join.
const LEARNWARES_MIN: usize = 2;
/// Bytes of a map at most.
const MAP_BYTES_MAX: u64 = 256 << 20;

/// A map for searches, and what is told of it.
pub(super) struct Trained {
    pub(super) map: Arc<dyn HeteroMap>,
    pub(super) report: WorldReport,
}

/// Trains a map on all learnwares that describe their columns; gives the one in use where that is better for them.
pub(super) fn train(
    organizer: &Organizer,
    measured: &BTreeMap<LearnwareId, Measured>,
    old: Option<&Arc<dyn HeteroMap>>,
) -> Option<Trained> {
    let described = described(organizer);
    if described.len() < LEARNWARES_MIN {
        return None;
    }
    let answers: Vec<Option<Vec<f64>>> =
        described.iter().map(|(id, ..)| quantities(measured.get(id)?)).collect();
    let lessons: Vec<Lesson<'_>> = described
        .iter()
        .zip(&answers)
        .map(|((_, specification, columns), answers)| Lesson {
            specification,
            columns,
            answers: answers.as_deref(),
        })
        .collect();
    // Descriptions that say nothing give no map; that is no failure of the evolution.
    let Ok(new) = FactorMap::train(&lessons) else { return None };
    let new: Arc<dyn HeteroMap> = Arc::new(new);
    let (found, before) = (quality(&*new, &lessons), old.map(|old| (old, quality(&**old, &lessons))));
    let report = |map: &Arc<dyn HeteroMap>, is_new, quality, before: Option<MapQuality>| WorldReport {
        map: map.identity().clone(),
        is_new,
        quality,
        before,
    };
    Some(match before {
        Some((old, before)) if before.is_better_than(&found) => {
            Trained { map: Arc::clone(old), report: report(old, false, before, Some(before)) }
        }
        before => {
            let before = before.map(|(_, quality)| quality);
            Trained { report: report(&new, true, found, before), map: new }
        }
    })
}

/// Answers that are one number for each point.
fn quantities(measured: &Measured) -> Option<Vec<f64>> {
    (measured.answers.columns() == 1).then(|| measured.answers.column(0))
}

impl Dock {
    /// Keeps a map among the files, and gives its name there.
    pub(super) async fn keep_map(&self, trained: &Trained) -> Result<String> {
        let (map, staging) = (Arc::clone(&trained.map), self.staging_folder()?);
        let write = move || {
            let mut file = tempfile::Builder::new().prefix("map-").tempfile_in(&staging)?;
            std::io::Write::write_all(&mut file, &map.to_bytes())?;
            Ok(file.into_temp_path())
        };
        let written = self.state().cpu.run(Pool::Compute, "writing the map", write).await?;
        let path = written.map_err(DockError::io("write a map into", self.folder()))?;
        let name = trained.report.map.version.clone();
        self.keep_file(FileKind::Map, &name, &path, MAP_BYTES_MAX).await?;
        Ok(name)
    }

    /// A map that was kept.
    pub(super) async fn map(&self, version: &str) -> Result<Arc<dyn HeteroMap>> {
        let row = self.state().store.file(FileKind::Map, version).await?;
        let row = row.ok_or_else(|| DockError::BadRow {
            what: "map".into(),
            reason: "its file is not there".into(),
        })?;
        let blobs = self.state().blobs.clone();
        let read = move || {
            let path = blobs.verified_path(&row.digest)?;
            let bytes = std::fs::read(&path).map_err(DockError::io("read", &path))?;
            Ok(hetero::load(&bytes)?)
        };
        self.state().cpu.run(Pool::Compute, "reading the map", read).await?
    }
}
