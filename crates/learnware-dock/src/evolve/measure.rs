//! What learnwares answer on reduced sets: their own, and those of others near them. Each is asked about the same points once:
//! what it loses there and, among classifiers, what it calls the classes of the other are taken from the same answers.

use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;
use std::sync::Arc;

use learnware_engine::error::EngineError;
use learnware_engine::learnware::{Learnware, LearnwareId};
use learnware_engine::market::Market;
use learnware_engine::market::capability::classes::{ClassTask, Meeting};
use learnware_engine::market::capability::{
    Measured, is_alike, is_classifier, is_measurable, loss, meetings_for, tasks_for,
};
use learnware_engine::market::island::Island;
use learnware_engine::numeric::Matrix;
use learnware_engine::predictor::Batch;
use learnware_engine::semantic::SemanticSpecification;
use learnware_engine::specification::{Rkme, StatisticalSpecification};
use learnware_package::runner::Runner;

use super::report::{Kept, Unmeasured};
use crate::catalog::Snapshot;
use crate::config::Config;
use crate::cpu::Pool;
use crate::dock::Dock;
use crate::error::Result;
use crate::ids::LearnwareNumber;
use crate::inspect;
use crate::store::blobs::Digest;
use crate::store::files::CapabilityRow;
use crate::store::rows::LatestVersion;

/// Tasks that a learnware is measured on: the nearest ones.
const TASKS: usize = 256;
/// Islands of fewer learnwares have no order to learn; their classifiers' classes are compared.
const LEARNWARES_MIN: usize = 10;
/// Classifiers whose classes can be compared.
const CLASSIFIERS_MIN: usize = 2;

/// A learnware that can be measured, and what is known of it.
struct Subject {
    id: LearnwareId,
    number: LearnwareNumber,
    version: u32,
    digest: Digest,
    kept: Kept,
}

impl Subject {
    /// Its own task.
    fn task(&self) -> String {
        format!("{}:{}", self.id, self.version)
    }
}

/// What was measured, and who could not be.
pub(super) struct Outcome {
    pub(super) measured: BTreeMap<LearnwareId, Measured>,
    /// The versions that were measured.
    pub(super) versions: BTreeMap<LearnwareId, u32>,
    pub(super) unmeasured: Vec<Unmeasured>,
}

/// A task of another learnware that one is asked about.
struct Asked {
    name: String,
    id: LearnwareId,
    truth: Matrix,
    /// What they learn from each other.
    pair: Pair,
}

/// What two learnwares can learn from each other.
#[derive(Clone, Copy)]
struct Pair {
    /// Losses: the same task with as many outputs.
    is_alike: bool,
    /// Which classes are the same.
    are_classifiers: bool,
}

impl Dock {
    /// Measures what is not known yet; `tell` hears how many learnwares are done, of how many.
    pub(super) async fn measure(
        &self,
        snapshot: &Arc<Snapshot>,
        tell: &(dyn Fn(usize, usize) + Send + Sync),
    ) -> Result<Outcome> {
        let mut subjects = self.subjects(snapshot).await?;
        let mut unmeasured = Vec::new();
        let total = 2 * subjects.len();
        for (place, subject) in subjects.values_mut().enumerate() {
            if subject.kept.answers.is_empty()
                && let Err(reason) = self.answer_own(snapshot, subject).await?
            {
                unmeasured.push(Unmeasured { id: subject.id.clone(), reason });
            }
            tell(place + 1, total);
        }
        subjects.retain(|_, subject| !subject.kept.answers.is_empty());
        let ids: Vec<LearnwareId> = subjects.keys().cloned().collect();
        for (place, id) in ids.iter().enumerate() {
            if let Err(reason) = self.answer_others(snapshot, &mut subjects, id).await? {
                unmeasured.push(Unmeasured { id: id.clone(), reason });
            }
            tell(total / 2 + place + 1, total);
        }
        let tasks: BTreeMap<String, LearnwareId> =
            subjects.values().map(|subject| (subject.task(), subject.id.clone())).collect();
        let versions = subjects.iter().map(|(id, subject)| (id.clone(), subject.version)).collect();
        let measured = subjects.into_iter().filter_map(|(id, subject)| {
            let (answers, losses) = (subject.kept.answers()?, subject.kept.losses_by_id());
            let met = subject.kept.meetings.into_iter();
            let meetings = met.filter_map(|(task, met)| Some((tasks.get(&task)?.clone(), met))).collect();
            Some((id, Measured { answers, losses, meetings }))
        });
        Ok(Outcome { measured: measured.collect(), versions, unmeasured })
    }

    /// Learnwares of islands that can learn, with what is known of their latest versions.
    async fn subjects(&self, snapshot: &Snapshot) -> Result<BTreeMap<LearnwareId, Subject>> {
        let store = &self.state().store;
        let mut known: BTreeMap<(LearnwareNumber, u32), Kept> = BTreeMap::new();
        for row in store.capabilities().await? {
            known.insert((row.number, row.version), Kept::read(&row)?);
        }
        let mut subjects = BTreeMap::new();
        for (_, island) in snapshot.market.organizer().islands() {
            let ids = measurable(island).into_iter().map(|learnware| &learnware.id);
            let numbers = ids.map(LearnwareNumber::from_id).collect::<Result<Vec<_>>>()?;
            for LatestVersion { number, version, digest } in store.latest_versions(&numbers).await? {
                let kept = known.remove(&(number, version)).unwrap_or_default();
                subjects.insert(number.id(), Subject { id: number.id(), number, version, digest, kept });
            }
        }
        Ok(subjects)
    }

    /// Asks a learnware about its own reduced set.
    async fn answer_own(
        &self,
        snapshot: &Snapshot,
        subject: &mut Subject,
    ) -> Result<std::result::Result<(), String>> {
        let Some(own) = table_of(snapshot, &subject.id) else { return Ok(Err("it has no table".into())) };
        match self.ask(&subject.digest, own.sample_shape(), vec![own.points().clone()]).await? {
            Err(reason) => Ok(Err(reason)),
            Ok(mut answers) => {
                let answers = answers.remove(0);
                if !answers.as_slice().iter().all(|value| value.is_finite()) {
                    return Ok(Err("it answers with numbers that are not finite".into()));
                }
                subject.kept.answers = answers.iter_rows().map(<[f64]>::to_vec).collect();
                self.keep_measured(subject).await.map(Ok)
            }
        }
    }

    /// Asks a learnware about those reduced sets of others near it on which it was not measured.
    async fn answer_others(
        &self,
        snapshot: &Arc<Snapshot>,
        subjects: &mut BTreeMap<LearnwareId, Subject>,
        id: &LearnwareId,
    ) -> Result<std::result::Result<(), String>> {
        let wanted = self.tasks(snapshot, id).await?;
        let asked: Vec<Asked> =
            wanted.iter().filter_map(|other| asked(snapshot, &subjects[id], subjects.get(other)?)).collect();
        let (Some(own), Some(answers)) = (table_of(snapshot, id), subjects[id].kept.answers()) else {
            return Ok(Ok(()));
        };
        if asked.is_empty() {
            return Ok(Ok(()));
        }
        let tables = asked.iter().filter_map(|one| table_of(snapshot, &one.id));
        let points = tables.map(|table| table.points().clone()).collect();
        let given = match self.ask(&subjects[id].digest, own.sample_shape(), points).await? {
            Ok(given) => given,
            Err(reason) => return Ok(Err(reason)),
        };
        let (held, own) = (snapshot.clone(), id.clone());
        let compare = move || compared(&held, &own, &answers, asked, &given);
        let (losses, meetings) = self.state().cpu.run(Pool::Compute, "comparing answers", compare).await?;
        let Some(subject) = subjects.get_mut(id) else { return Ok(Ok(())) };
        subject.kept.losses.extend(losses);
        subject.kept.meetings.extend(meetings);
        self.keep_measured(subject).await.map(Ok)
    }

    async fn tasks(&self, snapshot: &Snapshot, id: &LearnwareId) -> Result<BTreeSet<LearnwareId>> {
        let (market, id) = (snapshot.market.clone(), id.clone());
        let find = move || {
            let Some(island) = home(&market, &id) else { return Ok(BTreeSet::new()) };
            let mut found: BTreeSet<LearnwareId> = tasks_for(island, &id, TASKS)?.into_iter().collect();
            found.extend(meetings_for(island, &id, TASKS)?);
            Ok::<_, EngineError>(found)
        };
        Ok(self.state().cpu.run(Pool::Compute, "looking for tasks", find).await??)
    }

    /// Starts a learnware's model and asks it about points; `Err` inside when it does not answer.
    async fn ask(
        &self,
        digest: &Digest,
        shape: &[usize],
        points: Vec<Matrix>,
    ) -> Result<std::result::Result<Vec<Matrix>, String>> {
        let state = self.state();
        let (blobs, runner, config) = (state.blobs.clone(), self.runner(), state.config.clone());
        let (digest, shape) = (digest.clone(), shape.to_vec());
        let ask = move || {
            let path = blobs.verified_path(&digest)?;
            Ok(answers(path, &shape, &points, &runner, &config))
        };
        state.cpu.run(Pool::Models, "measuring a learnware", ask).await?
    }

    async fn keep_measured(&self, subject: &Subject) -> Result<()> {
        let measured = subject.kept.to_text();
        let row = CapabilityRow { number: subject.number, version: subject.version, measured };
        self.state().store.keep_capability(&row).await?;
        Ok(())
    }
}

fn answers(
    path: PathBuf,
    shape: &[usize],
    points: &[Matrix],
    runner: &Runner,
    config: &Config,
) -> std::result::Result<Vec<Matrix>, String> {
    let told = |error: &dyn std::fmt::Display| error.to_string();
    let package = inspect::open(&path).map_err(|error| told(&error))?;
    if package.format().has_code() {
        inspect::require_host(runner, config).map_err(|error| told(&error))?;
    }
    let mut model = runner.start(&package).map_err(|error| told(&error))?;
    let mut given = Vec::with_capacity(points.len());
    for points in points {
        let batch = match shape {
            [_] => Batch::Table(points.clone()),
            _ => Batch::Tensor { shape: shape.to_vec(), values: points.clone() },
        };
        given.push(model.predict(&batch).map_err(|error| told(&error))?.values);
    }
    Ok(given)
}

/// What is to be asked of a learnware about another one's task; `None` where nothing is wanted or all is known. Whoever was
/// met before has told its losses as well.
fn asked(snapshot: &Snapshot, subject: &Subject, other: &Subject) -> Option<Asked> {
    let (mine, theirs) = (semantic_of(snapshot, &subject.id)?, semantic_of(snapshot, &other.id)?);
    let are_classifiers = is_classifier(mine) && is_classifier(theirs);
    let pair = Pair { is_alike: is_alike(mine, theirs), are_classifiers };
    let name = other.task();
    let is_new = if are_classifiers {
        !subject.kept.meetings.contains_key(&name)
    } else {
        pair.is_alike && !subject.kept.losses.contains_key(&name)
    };
    let truth = table_of(snapshot, &other.id).and_then(|_| other.kept.answers())?;
    is_new.then(|| Asked { name, id: other.id.clone(), truth, pair })
}

/// What a learnware loses on the tasks it was asked about, and what it calls their classes; `answers` are its own on its
/// reduced set, `given` those on the tasks.
fn compared(
    snapshot: &Snapshot,
    id: &LearnwareId,
    answers: &Matrix,
    asked: Vec<Asked>,
    given: &[Matrix],
) -> (BTreeMap<String, f64>, BTreeMap<String, Meeting>) {
    let (mut losses, mut meetings) = (BTreeMap::new(), BTreeMap::new());
    let own = table_of(snapshot, id).map(|table| ClassTask { table, answers });
    let task = semantic_of(snapshot, id).and_then(SemanticSpecification::single_task);
    let kernel = home(&snapshot.market, id).map(|island| island.index().kernel());
    let (Some(own), Some(task), Some(kernel)) = (own, task, kernel) else { return (losses, meetings) };
    for (Asked { name, id, truth, pair }, given) in asked.into_iter().zip(given) {
        let Some(table) = table_of(snapshot, &id) else { continue };
        if pair.are_classifiers {
            let met = Meeting::of(ClassTask { table, answers: &truth }, own, given, kernel);
            meetings.insert(name.clone(), met);
        }
        if let Some(lost) = loss(task, table.weights(), &truth, given).filter(|_| pair.is_alike) {
            losses.insert(name, lost);
        }
    }
    (losses, meetings)
}

/// The island in which a learnware is measured.
fn home<'a>(market: &'a Market, id: &LearnwareId) -> Option<&'a Island> {
    let mut islands = market.organizer().islands().map(|(_, island)| island);
    islands.find(|island| island.member(id).is_some_and(|learnware| can_be_measured(island, learnware)))
}

/// The members of an island that are measured: of a small one the classifiers, where there are others to compare with.
fn measurable(island: &Island) -> Vec<&Learnware> {
    let members = island.members().map(AsRef::as_ref).filter(|learnware| can_be_measured(island, learnware));
    let mut members: Vec<&Learnware> = members.collect();
    if island.len() < LEARNWARES_MIN {
        members.retain(|learnware| is_classifier(&learnware.specification.semantic));
        if members.len() < CLASSIFIERS_MIN {
            members.clear();
        }
    }
    members
}

fn can_be_measured(island: &Island, learnware: &Learnware) -> bool {
    let semantic = &learnware.specification.semantic;
    island.specification(&learnware.id).is_some_and(|own| is_measurable(semantic, own))
}

fn table_of<'a>(snapshot: &'a Snapshot, id: &LearnwareId) -> Option<&'a Rkme> {
    let learnware = snapshot.market.organizer().get(id)?;
    learnware.specification.statistical.iter().find_map(StatisticalSpecification::as_table)
}

fn semantic_of<'a>(snapshot: &'a Snapshot, id: &LearnwareId) -> Option<&'a SemanticSpecification> {
    Some(&snapshot.market.organizer().get(id)?.specification.semantic)
}
