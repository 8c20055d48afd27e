//! What learnwares can do beyond their own task, and how a market learns from it.
//!
//! Each learnware answers on the reduced sets of others near it; what their own models answer there counts as the truth
//! (Liu, Tan, Zhou, "Identifying helpful learnwares without examining the whole market", AAAI 2024: the vector of these
//! losses describes a model better the more learnwares there are). A user's data lies near some of these tasks, so what a
//! learnware loses there tells what it will lose on the user's data: learnwares are ordered by that, where it was measured
//! to be better than the order by distance ([`Learned::quality`]).
//!
//! * [`loss`]: what answers lose on a task, comparable between tasks.
//! * [`learn`]: from measurements to an order, with the evidence for it.
//! * [`Capabilities::expected`]: what learnwares near a user's data are expected to lose.
//! * [`classes`]: which classes of classifiers are the same, or a kind of another.
//! * [`proposals`]: who could go, and who stands for many.

pub mod classes;
mod learn;
mod loss;
pub mod proposals;

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::index::IslandIndex;
use super::island::Island;
use crate::error::Result;
use crate::learnware::LearnwareId;
use crate::numeric::Matrix;
use crate::semantic::{SemanticSpecification, Task};
use crate::specification::{Embedding, StatisticalSpecification};

use classes::Meeting;
pub use learn::{Learned, Quality, learn};
pub(super) use loss::called;
pub use loss::{LOSS_MAX, loss};

/// Nearest learnwares of a user's data, and of a task, that are looked at.
pub const NEAREST: usize = 50;

/// What was measured of one learnware.
#[derive(Debug, Clone, PartialEq)]
pub struct Measured {
    /// What it answers on its own reduced set: points x outputs.
    pub answers: Matrix,
    /// What it loses on the tasks of others.
    pub losses: BTreeMap<LearnwareId, f64>,
    /// What it calls the classes of other classifiers.
    pub meetings: BTreeMap<LearnwareId, Meeting>,
}

/// What tells learnwares' expected losses in one island.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
pub struct Capabilities {
    /// Squared distance at which a task counts `1/e` of one at the distance of the nearest.
    pub width: f64,
    /// Of the nearest learnwares, so many are ordered anew; the others come after them.
    pub candidates: usize,
    /// What each learnware loses on each task that it was measured on.
    pub losses: BTreeMap<LearnwareId, BTreeMap<LearnwareId, f64>>,
}

impl Capabilities {
    /// What each of the learnwares near some data is expected to lose on it, in parts of what a constant answer loses
    /// (classes: share of wrong answers). `nearest`: learnwares by growing squared distance, [`NEAREST`] of them.
    ///
    /// Tasks count by `exp(-(d_k - d_1) / width)`; a learnware's own task, on which it loses nothing by definition, does
    /// not. `None` where less than half of what counts was measured.
    pub fn expected(&self, nearest: &[(&LearnwareId, f64)]) -> Vec<Option<f64>> {
        let first = nearest.first().map_or(0.0, |(_, distance)| distance.max(0.0));
        let weight = |distance: f64| (-(distance.max(0.0) - first) / self.width).exp();
        let tasks: Vec<(&LearnwareId, f64)> =
            nearest.iter().map(|&(id, distance)| (id, weight(distance))).collect();
        let one = |id: &LearnwareId| {
            let losses = self.losses.get(id)?;
            let (mut sum, mut known, mut all) = (0.0, 0.0, 0.0);
            for &(task, weight) in tasks.iter().filter(|(task, _)| *task != id) {
                all += weight;
                if let Some(loss) = losses.get(task) {
                    sum += weight * loss;
                    known += weight;
                }
            }
            (known > 0.0 && 2.0 * known >= all).then(|| sum / known)
        };
        nearest.iter().map(|&(id, _)| one(id)).collect()
    }

    /// The order of the learnwares near some data: places in `nearest`, best first. Those of whom nothing is known keep
    /// the place that their distance gives them.
    pub fn order(&self, expected: &[Option<f64>]) -> Vec<usize> {
        let count = expected.len().min(self.candidates.max(1));
        let mut known: Vec<usize> = (0..count).filter(|&place| expected[place].is_some()).collect();
        known.sort_by(|&a, &b| expected[a].unwrap_or(LOSS_MAX).total_cmp(&expected[b].unwrap_or(LOSS_MAX)));
        let mut known = known.into_iter();
        let fill = |place: usize| match expected[place] {
            Some(_) if place < count => known.next().unwrap_or(place),
            _ => place,
        };
        (0..expected.len()).map(fill).collect()
    }
}

/// Learnwares of an island that learn from each other: the same task with as many outputs.
pub fn is_alike(one: &SemanticSpecification, other: &SemanticSpecification) -> bool {
    let outputs = |semantic: &SemanticSpecification| semantic.output.as_ref().map(|output| output.dimension);
    let differ = outputs(one).zip(outputs(other)).is_some_and(|(one, other)| one != other);
    one.task == other.task && !differ
}

/// Whether the losses of a learnware can be measured at all: a table whose task has a truth.
pub fn is_measurable(semantic: &SemanticSpecification, specification: &StatisticalSpecification) -> bool {
    let has_truth = |task: &Task| matches!(task, Task::Classification | Task::Regression);
    specification.as_table().is_some() && semantic.task.len() == 1 && semantic.task.iter().all(has_truth)
}

/// Whether a learnware's classes can be compared with those of others.
pub fn is_classifier(semantic: &SemanticSpecification) -> bool {
    semantic.single_task() == Some(Task::Classification)
}

/// The classifiers whose classes a member of an island, which is one, is to be asked about: the `count` nearest others,
/// whatever their number of classes.
///
/// # Errors
/// When points can't be read.
pub fn meetings_for(island: &Island, id: &LearnwareId, count: usize) -> Result<Vec<LearnwareId>> {
    let is_one = |id: &LearnwareId| {
        island.member(id).is_some_and(|member| is_classifier(&member.specification.semantic))
    };
    let Some(own) = island.specification(id).filter(|_| is_one(id)) else { return Ok(Vec::new()) };
    let found = nearest(island, own, &|other| other != id && is_one(other), count)?;
    Ok(found.into_iter().map(|(id, _)| id).collect())
}

/// The tasks that a member of an island is to be measured on: those of the `count` nearest others that are alike.
///
/// # Errors
/// When points can't be read.
pub fn tasks_for(island: &Island, id: &LearnwareId, count: usize) -> Result<Vec<LearnwareId>> {
    let Some(own) = island.specification(id) else { return Ok(Vec::new()) };
    Ok(neighbours(island, own, Some(id), count)?.into_iter().map(|(id, _)| id).collect())
}

/// The members of an island nearest to a specification, by growing squared distance; alike to `own`, where that is named,
/// and without it.
fn neighbours(
    island: &Island,
    specification: &StatisticalSpecification,
    own: Option<&LearnwareId>,
    count: usize,
) -> Result<Vec<(LearnwareId, f64)>> {
    let semantic = |id: &LearnwareId| {
        let member = island.member(id)?;
        Some(&member.specification.semantic)
    };
    let mine = own.and_then(semantic);
    let wanted = |id: &LearnwareId| {
        own != Some(id) && mine.is_none_or(|mine| semantic(id).is_some_and(|theirs| is_alike(mine, theirs)))
    };
    nearest(island, specification, &wanted, count)
}

/// The wanted members of an island nearest to a specification, by growing squared distance.
fn nearest(
    island: &Island,
    specification: &StatisticalSpecification,
    wanted: &(dyn Fn(&LearnwareId) -> bool + Sync),
    count: usize,
) -> Result<Vec<(LearnwareId, f64)>> {
    let index: &IslandIndex = island.index();
    let target = Embedding::<f32>::new(specification.rkme(), index.kernel());
    let found = index.nearest(&target, count, Some(wanted))?.found;
    Ok(found.into_iter().map(|(member, distance)| (member.id().clone(), distance.max(0.0))).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn id(name: &str) -> LearnwareId {
        LearnwareId(name.into())
    }

    fn capabilities(losses: &[(&str, &[(&str, f64)])]) -> Capabilities {
        let row = |row: &[(&str, f64)]| row.iter().map(|&(task, loss)| (id(task), loss)).collect();
        let losses = losses.iter().map(|&(name, of)| (id(name), row(of))).collect();
        Capabilities { width: 1.0, candidates: 3, losses }
    }

    #[test]
    fn who_does_well_nearby_comes_first_and_own_tasks_do_not_count() {
        let known = capabilities(&[
            ("a", &[("a", 0.0), ("b", 0.9), ("c", 0.9)]),
            ("b", &[("a", 0.1), ("c", 0.2)]),
            ("c", &[("a", 0.4), ("b", 0.3)]),
        ]);
        let (a, b, c) = (id("a"), id("b"), id("c"));
        let nearest = [(&a, 0.1), (&b, 0.1), (&c, 0.1)];
        let expected = known.expected(&nearest);
        for (found, wanted) in expected.iter().zip([0.9, 0.15, 0.35]) {
            assert!((found.unwrap() - wanted).abs() < 1e-12, "{expected:?}");
        }
        assert_eq!(known.order(&expected), [1, 2, 0]);
        // A far task hardly counts.
        let nearest = [(&a, 0.1), (&b, 0.1), (&c, 30.0)];
        assert!((known.expected(&nearest)[1].unwrap() - 0.1).abs() < 1e-9);
    }

    #[test]
    fn strangers_keep_their_place() {
        let known = capabilities(&[("a", &[("c", 0.9)]), ("c", &[("a", 0.1)])]);
        let (a, b, c, d) = (id("a"), id("new"), id("c"), id("far"));
        let nearest = [(&a, 0.1), (&b, 0.2), (&c, 0.3), (&d, 0.4)];
        let expected = known.expected(&nearest);
        assert!(expected[1].is_none() && expected[3].is_none());
        // Less than half of what counts for `a` and `c` was measured: the newcomer and the far one count, too.
        assert_eq!(known.order(&expected), [0, 1, 2, 3]);
        let nearest = [(&a, 0.1), (&c, 0.1), (&b, 9.0)];
        let expected = known.expected(&nearest);
        assert_eq!(known.order(&expected), [1, 0, 2]);
        assert!(known.order(&[]).is_empty());
    }
}
