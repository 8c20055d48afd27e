//! Whether others serve what a learnware is for: told to who submits and to who keeps the dock. Nothing is deleted.

use learnware_engine::learnware::{LearnwareId, Specification};
use learnware_engine::market::redundancy::{self, Redundancy};

use crate::cpu::Pool;
use crate::dock::Dock;
use crate::error::Result;

/// Name of the work.
const LOOKING: &str = "looking for others that do the same";

/// What a dock could do without.
#[derive(Debug, Clone, PartialEq)]
pub struct RedundantList {
    /// Usable learnwares that were looked at.
    pub looked_at: usize,
    /// Those that others serve, most redundant first; each is judged with all others kept.
    pub found: Vec<(LearnwareId, Redundancy)>,
}

impl Dock {
    /// What others of the dock do of what this usable learnware is for; `None` when it is not usable or has no
    /// statistical specification.
    pub async fn redundancy(&self, id: &LearnwareId) -> Result<Option<Redundancy>> {
        let (snapshot, id) = (self.catalog().await?, self.living(id).await?.number.id());
        let compare = move || {
            let organizer = snapshot.market.organizer();
            let learnware = organizer.get(&id);
            learnware.map_or(Ok(None), |own| redundancy::redundancy(organizer, &own.specification, Some(&id)))
        };
        Ok(self.state().cpu.run(Pool::Compute, LOOKING, compare).await??)
    }

    /// The same for a learnware that is not in the dock.
    pub async fn redundancy_of(&self, specification: Specification) -> Result<Option<Redundancy>> {
        let snapshot = self.catalog().await?;
        let compare = move || redundancy::redundancy(snapshot.market.organizer(), &specification, None);
        Ok(self.state().cpu.run(Pool::Compute, LOOKING, compare).await??)
    }

    /// All learnwares that others serve.
    pub async fn redundant(&self) -> Result<RedundantList> {
        let snapshot = self.catalog().await?;
        let compare = move || {
            let organizer = snapshot.market.organizer();
            let found = redundancy::redundant(organizer)?;
            Ok(RedundantList { looked_at: organizer.len(), found })
        };
        self.state().cpu.run(Pool::Compute, LOOKING, compare).await?
    }
}
