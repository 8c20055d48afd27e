//! What learnwares answer on reduced sets: their own, and those of others near them.

use std::collections::BTreeMap;
use std::path::PathBuf;

use learnware_engine::learnware::{Learnware, LearnwareId};
use learnware_engine::market::capability::{Measured, is_measurable, loss, tasks_for};
use learnware_engine::market::island::Island;
use learnware_engine::numeric::Matrix;
use learnware_engine::predictor::Batch;
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

/// Tasks that a learnware is measured on: the nearest ones.
const TASKS: usize = 256;
/// Islands of fewer learnwares have nothing to learn from.
const LEARNWARES_MIN: usize = 10;

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
type Outcome = (BTreeMap<LearnwareId, Measured>, Vec<Unmeasured>);

impl Dock {
    /// Measures what is not known yet; `tell` hears how many learnwares are done, of how many.
    pub(super) async fn measure(
        &self,
        snapshot: &Snapshot,
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
        let measured = subjects.into_iter().filter_map(|(id, subject)| {
            let answers = subject.kept.answers()?;
            Some((id, Measured { answers, losses: subject.kept.losses_by_id() }))
        });
        Ok((measured.collect(), unmeasured))
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
            if island.len() < LEARNWARES_MIN {
                continue;
            }
            for learnware in island.members().filter(|learnware| can_be_measured(island, learnware)) {
                let number = LearnwareNumber::from_id(&learnware.id)?;
                let Some(row) = store.learnware(number).await? else { continue };
                let Some(version) = store.version(number, row.latest_version).await? else { continue };
                let kept = known.remove(&(number, version.version)).unwrap_or_default();
                let (id, digest) = (learnware.id.clone(), version.digest);
                subjects.insert(id.clone(), Subject { id, number, version: version.version, digest, kept });
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
        snapshot: &Snapshot,
        subjects: &mut BTreeMap<LearnwareId, Subject>,
        id: &LearnwareId,
    ) -> Result<std::result::Result<(), String>> {
        let wanted = self.tasks(snapshot, id).await?;
        let subject = &subjects[id];
        let mut tasks = Vec::new();
        for other in wanted.iter().filter_map(|other| subjects.get(other)) {
            let is_new = !subject.kept.losses.contains_key(&other.task());
            if let (true, Some(table), Some(truth)) =
                (is_new, table_of(snapshot, &other.id), other.kept.answers())
            {
                tasks.push((other.task(), table, truth));
            }
        }
        if tasks.is_empty() {
            return Ok(Ok(()));
        }
        let (Some(own), Some(task)) = (table_of(snapshot, id), task_of(snapshot, id)) else {
            return Ok(Ok(()));
        };
        let points = tasks.iter().map(|(_, table, _)| table.points().clone()).collect();
        let given = match self.ask(&subject.digest, own.sample_shape(), points).await? {
            Ok(given) => given,
            Err(reason) => return Ok(Err(reason)),
        };
        let lost = tasks.iter().zip(&given).filter_map(|((name, table, truth), given)| {
            Some((name.clone(), loss(task, table.weights(), truth, given)?))
        });
        let lost: BTreeMap<String, f64> = lost.collect();
        let Some(subject) = subjects.get_mut(id) else { return Ok(Ok(())) };
        subject.kept.losses.extend(lost);
        self.keep_measured(subject).await.map(Ok)
    }

    async fn tasks(&self, snapshot: &Snapshot, id: &LearnwareId) -> Result<Vec<LearnwareId>> {
        let (market, id) = (snapshot.market.clone(), id.clone());
        let find = move || {
            let islands = market.organizer().islands().map(|(_, island)| island);
            let home = islands.into_iter().find(|island| {
                island.member(&id).is_some_and(|learnware| can_be_measured(island, learnware))
            });
            home.map_or_else(|| Ok(Vec::new()), |island| tasks_for(island, &id, TASKS))
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

fn can_be_measured(island: &Island, learnware: &Learnware) -> bool {
    let semantic = &learnware.specification.semantic;
    island.specification(&learnware.id).is_some_and(|own| is_measurable(semantic, own))
}

fn table_of<'a>(snapshot: &'a Snapshot, id: &LearnwareId) -> Option<&'a Rkme> {
    let learnware = snapshot.market.organizer().get(id)?;
    learnware.specification.statistical.iter().find_map(StatisticalSpecification::as_table)
}

fn task_of(snapshot: &Snapshot, id: &LearnwareId) -> Option<learnware_engine::semantic::Task> {
    snapshot.market.organizer().get(id)?.specification.semantic.single_task()
}
