//! What an evolution learned and measured, as it is kept.

use std::collections::BTreeMap;

use learnware_engine::hetero::MapIdentity;
use learnware_engine::hetero::quality::MapQuality;
use learnware_engine::learnware::LearnwareId;
use learnware_engine::market::capability::classes::{ClassTree, Meeting};
use learnware_engine::market::capability::proposals::Retirement;
use learnware_engine::market::capability::{Capabilities, Quality};
use learnware_engine::numeric::Matrix;
use learnware_engine::specification::IslandKey;
use serde::{Deserialize, Serialize};

use crate::error::{DockError, Result};
use crate::store::files::CapabilityRow;

/// What an evolution learned and measured.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
pub struct EvolutionReport {
    /// Learnwares that were measured.
    pub measured: usize,
    /// Those that could not be.
    pub unmeasured: Vec<Unmeasured>,
    /// Islands that there was enough of to learn from.
    pub islands: Vec<IslandReport>,
    /// The map between islands; `None` where too few learnwares describe their columns.
    #[serde(default)]
    pub world: Option<WorldReport>,
    /// Islands in which classes of different learnwares have to do with each other.
    #[serde(default)]
    pub classes: Vec<ClassReport>,
}

/// Which classes of an island's learnwares are the same, or a kind of another.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ClassReport {
    /// Which island.
    pub island: IslandKey,
    /// Classifiers in it that were measured.
    pub learnwares: usize,
    /// Groups of equal classes, with what they are a kind of.
    #[serde(flatten)]
    pub tree: ClassTree,
    /// The versions of the learnwares whose classes are told.
    pub versions: BTreeMap<LearnwareId, u32>,
}

/// A map between islands.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct WorldReport {
    /// Which.
    pub map: MapIdentity,
    /// Whether it was trained now; else the one that was in use joins tables better.
    pub is_new: bool,
    /// How well it joins the halves of tables ([`learnware_engine::hetero::quality`]).
    pub quality: MapQuality,
    /// The same of the map that was in use.
    pub before: Option<MapQuality>,
}

/// A learnware that could not be measured.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Unmeasured {
    /// Which.
    pub id: LearnwareId,
    /// Why.
    pub reason: String,
}

/// What an island learned.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct IslandReport {
    /// Which island.
    pub island: IslandKey,
    /// Learnwares in it.
    pub learnwares: usize,
    /// As in [`Capabilities`].
    pub width: f64,
    /// As in [`Capabilities`].
    pub candidates: usize,
    /// Whether it is better, and by how much.
    pub quality: Quality,
    /// Who could go.
    pub retirements: Vec<Retirement>,
    /// Who stands for many.
    pub anchors: Vec<LearnwareId>,
}

/// What was measured of one version, as it is kept: tasks are `ID:VERSION`, so that another version of a task is another
/// task.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
pub(super) struct Kept {
    /// Answers on the own reduced set, point by point.
    pub(super) answers: Vec<Vec<f64>>,
    /// Losses by task.
    pub(super) losses: BTreeMap<String, f64>,
    /// What it calls the classes of other classifiers, by task; of releases before it was measured there is none.
    #[serde(default)]
    pub(super) meetings: BTreeMap<String, Meeting>,
}

impl EvolutionReport {
    pub(super) fn to_text(&self) -> String {
        serde_json::to_string(self).expect("a report is plain data")
    }

    pub(super) fn from_text(text: &str) -> Result<Self> {
        serde_json::from_str(text)
            .map_err(|error| DockError::BadRow { what: "report".into(), reason: error.to_string() })
    }

    /// What searches use: of the islands that are better by what they learned, with the losses that were measured.
    pub(super) fn capabilities(&self, rows: &[CapabilityRow]) -> Result<BTreeMap<IslandKey, Capabilities>> {
        let mut losses: BTreeMap<LearnwareId, BTreeMap<LearnwareId, f64>> = BTreeMap::new();
        for row in rows {
            losses.insert(row.number.id(), Kept::read(row)?.losses_by_id());
        }
        let better = self.islands.iter().filter(|island| island.quality.is_better());
        let capabilities = |island: &IslandReport| Capabilities {
            width: island.width,
            candidates: island.candidates,
            losses: losses.clone(),
        };
        Ok(better.map(|island| (island.island.clone(), capabilities(island))).collect())
    }
}

impl Kept {
    pub(super) fn read(row: &CapabilityRow) -> Result<Self> {
        serde_json::from_str(&row.measured)
            .map_err(|error| DockError::BadRow { what: "measured".into(), reason: error.to_string() })
    }

    pub(super) fn to_text(&self) -> String {
        serde_json::to_string(self).expect("measurements are plain data")
    }

    /// Losses by learnware, of whatever version their tasks are.
    pub(super) fn losses_by_id(&self) -> BTreeMap<LearnwareId, f64> {
        let id = |task: &str| LearnwareId(task.split(':').next().unwrap_or(task).to_owned());
        self.losses.iter().map(|(task, loss)| (id(task), *loss)).collect()
    }

    /// The answers as a matrix; `None` where there are none.
    pub(super) fn answers(&self) -> Option<Matrix> {
        let columns = self.answers.first()?.len();
        Matrix::new(self.answers.len(), columns, self.answers.concat()).ok()
    }
}
