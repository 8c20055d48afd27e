//! Which classes of learnwares are the same, or a kind of another: what an evolution tells of it, for whom.

use std::collections::{BTreeMap, BTreeSet};

use learnware_engine::learnware::LearnwareId;
use learnware_engine::market::capability::Measured;
use learnware_engine::market::capability::classes::{ClassMember, RelatedClass, class_tree};
use learnware_engine::market::island::Island;

use super::report::{ClassReport, EvolutionReport};
use crate::catalog::Snapshot;
use crate::cpu::Pool;
use crate::dock::Dock;
use crate::error::Result;
use crate::ids::LearnwareNumber;
use crate::viewer::Viewer;

/// Classes of others that are told of one class at most, of each kind.
const RELATED_MAX: usize = 20;
/// The same before those are left out whose learnwares have a new version.
const CANDIDATES_MAX: usize = 100;

/// What is told of an island's classes; `None` where none have to do with each other.
pub(super) fn report(
    island: &Island,
    measured: &BTreeMap<LearnwareId, Measured>,
    versions: &BTreeMap<LearnwareId, u32>,
) -> Option<ClassReport> {
    let tree = class_tree(island, measured);
    let told: BTreeSet<&LearnwareId> =
        tree.groups.iter().flat_map(|group| &group.members).map(|member| &member.id).collect();
    let versions: BTreeMap<LearnwareId, u32> =
        told.into_iter().filter_map(|id| Some((id.clone(), *versions.get(id)?))).collect();
    let has_met = |(id, one): &(&LearnwareId, &Measured)| {
        !one.meetings.is_empty() && island.specification(id).is_some()
    };
    let learnwares = measured.iter().filter(has_met).count();
    (!tree.groups.is_empty()).then(|| ClassReport {
        island: island.key().clone(),
        learnwares,
        tree,
        versions,
    })
}

impl Dock {
    /// What classes of other learnwares that `viewer` sees have to do with the classes of this one, by the last evolution.
    ///
    /// Learnwares with a new usable version since, this one too, are left out: their models may be others. Whether `viewer` sees
    /// this learnware is for the caller to ask.
    pub async fn related_classes(&self, viewer: &Viewer, id: &LearnwareId) -> Result<Vec<RelatedClass>> {
        let Some(last) = self.state().store.evolutions(None, 1).await?.into_iter().next() else {
            return Ok(Vec::new());
        };
        let (snapshot, viewer, own) = (self.catalog().await?, viewer.clone(), id.clone());
        let find = move || candidates(&last.report, &snapshot, &viewer, &own);
        let (mut found, versions) =
            self.state().cpu.run(Pool::Compute, "looking for classes", find).await??;
        let told: BTreeSet<&LearnwareId> =
            found.iter().flat_map(RelatedClass::others).map(|member| &member.id).chain([id]).collect();
        let numbers = told.into_iter().map(LearnwareNumber::from_id).collect::<Result<Vec<_>>>()?;
        let latest = self.state().store.latest_versions(&numbers).await?.into_iter();
        let current: BTreeSet<LearnwareId> = latest
            .map(|latest| (latest.number.id(), latest.version))
            .filter(|(id, version)| versions.get(id) == Some(version))
            .map(|(id, _)| id)
            .collect();
        if !current.contains(id) {
            return Ok(Vec::new());
        }
        for class in &mut found {
            for members in [&mut class.same, &mut class.narrower, &mut class.broader] {
                members.retain(|member| current.contains(&member.id));
                members.truncate(RELATED_MAX);
            }
        }
        found.retain(|class| class.others().next().is_some());
        Ok(found)
    }
}

/// What others that are seen have to do with a learnware's classes, and the versions of which that is told.
fn candidates(
    report: &str,
    snapshot: &Snapshot,
    viewer: &Viewer,
    id: &LearnwareId,
) -> Result<(Vec<RelatedClass>, BTreeMap<LearnwareId, u32>)> {
    let report = EvolutionReport::from_text(report)?;
    let organizer = snapshot.market.organizer();
    let is_seen = |member: &ClassMember| {
        let audience = LearnwareNumber::from_id(&member.id).map(|number| snapshot.hidden.get(&number));
        organizer.get(&member.id).is_some()
            && audience.is_ok_and(|audience| audience.is_none_or(|audience| viewer.sees(audience)))
    };
    let related = |island: &ClassReport| island.tree.related(id, CANDIDATES_MAX, &is_seen);
    let found = report.classes.iter().flat_map(related).collect();
    Ok((found, report.classes.into_iter().flat_map(|island| island.versions).collect()))
}
