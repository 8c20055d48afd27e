//! All islands as one picture, and where a task lies in it.

use std::collections::BTreeSet;
use std::sync::{Arc, PoisonError};

use learnware_engine::learnware::LearnwareId;
use learnware_engine::market::world::World;
use learnware_engine::specification::StatisticalSpecification;

use crate::catalog::Snapshot;
use crate::cpu::Pool;
use crate::dock::Dock;
use crate::error::Result;
use crate::ids::LearnwareNumber;
use crate::viewer::Viewer;

/// The picture of one revision, as one viewer sees it.
#[derive(Debug, Clone)]
pub struct SeenWorld {
    /// The picture, of everything.
    pub world: Arc<World>,
    /// The market that it shows.
    pub snapshot: Arc<Snapshot>,
    /// Learnwares that must not be told.
    pub hidden: BTreeSet<LearnwareId>,
}

impl Dock {
    /// The picture of the market as it is now. It is made once for a revision.
    pub async fn world(&self, viewer: &Viewer) -> Result<SeenWorld> {
        let snapshot = self.searchable().await?;
        let hidden = snapshot.hidden_from(viewer).map(LearnwareNumber::id).collect();
        let (dock, market) = (self.clone(), Arc::clone(&snapshot));
        let make = move || dock.world_of(&market);
        let world = self.state().cpu.run(Pool::Compute, "drawing the world", make).await??;
        Ok(SeenWorld { world, snapshot, hidden })
    }

    /// Where specifications lie in the picture: the island's position in it and the place; those whose island the viewer
    /// doesn't see are left out.
    pub async fn places(
        &self,
        viewer: &Viewer,
        specifications: Vec<StatisticalSpecification>,
    ) -> Result<Vec<(usize, [f64; 2])>> {
        let seen = self.world(viewer).await?;
        let find = move || {
            let islands = seen.islands();
            let place = |specification: &StatisticalSpecification| {
                let (island, place) = seen.world.place(specification)?;
                Some((islands.iter().position(|shown| *shown == island)?, place))
            };
            specifications.iter().filter_map(place).collect()
        };
        self.state().cpu.run(Pool::Compute, "placing a task", find).await
    }

    fn world_of(&self, snapshot: &Snapshot) -> Result<Arc<World>> {
        let kept = || self.state().catalog.world.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some((revision, world)) = &*kept()
            && *revision == snapshot.revision
        {
            return Ok(Arc::clone(world));
        }
        let world = Arc::new(World::new(snapshot.market.organizer())?);
        *kept() = Some((snapshot.revision, Arc::clone(&world)));
        Ok(world)
    }
}

impl SeenWorld {
    /// Whether a learnware may be told.
    pub fn sees(&self, id: &LearnwareId) -> bool {
        !self.hidden.contains(id)
    }

    /// Positions in the picture of the islands of which the viewer sees a learnware.
    pub fn islands(&self) -> Vec<usize> {
        let seen = |index: &usize| self.world.islands[*index].places.iter().any(|(id, _)| self.sees(id));
        (0..self.world.islands.len()).filter(seen).collect()
    }
}
