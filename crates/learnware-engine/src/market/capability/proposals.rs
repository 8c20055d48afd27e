//! What a market's keeper may want to do, as capabilities show it: nothing here changes anything.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};

use super::{Capabilities, LOSS_MAX};
use crate::learnware::LearnwareId;

/// A loss counts as no larger up to this much more.
const TOLERANCE: f64 = 0.02;
/// What another may lose on a learnware's own task to serve its users as well.
const OWN_MAX: f64 = 0.1;
/// Tasks on which two must have been measured to be compared.
const COMMON_MIN: usize = 5;

/// A learnware that another one replaces.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Retirement {
    /// Who could go.
    pub id: LearnwareId,
    /// Who does everything it does as well.
    pub by: LearnwareId,
    /// Tasks on which both were measured.
    pub tasks: usize,
    /// What the other loses on its own task.
    pub loss: f64,
}

/// Learnwares that another one replaces: it answers nearly the same on their own task, and loses no more on any task that
/// both were measured on, and less on the sum of them. Nobody is replaced by one who could go itself.
pub fn retirements(capabilities: &Capabilities) -> Vec<Retirement> {
    let mut gone: BTreeSet<&LearnwareId> = BTreeSet::new();
    let mut found = Vec::new();
    for (id, own) in &capabilities.losses {
        let better = capabilities
            .losses
            .iter()
            .filter(|(other, _)| *other != id && !gone.contains(other))
            .filter_map(|(other, theirs)| replaces(id, own, other, theirs))
            .min_by(|a, b| a.loss.total_cmp(&b.loss));
        if let Some(retirement) = better {
            gone.insert(id);
            found.push(retirement);
        }
    }
    found
}

fn replaces(
    id: &LearnwareId,
    own: &BTreeMap<LearnwareId, f64>,
    other: &LearnwareId,
    theirs: &BTreeMap<LearnwareId, f64>,
) -> Option<Retirement> {
    let loss = theirs.get(id).copied().filter(|loss| *loss <= OWN_MAX)?;
    let common: Vec<(f64, f64)> = own
        .iter()
        .filter(|(task, _)| *task != id && *task != other)
        .filter_map(|(task, loss)| Some((*loss, *theirs.get(task)?)))
        .collect();
    let never_worse = common.iter().all(|(own, theirs)| *theirs <= own + TOLERANCE);
    let sum = |of: fn(&(f64, f64)) -> f64| common.iter().map(of).sum::<f64>();
    let better = sum(|pair| pair.1) < sum(|pair| pair.0);
    (common.len() >= COMMON_MIN && never_worse && better).then(|| Retirement {
        id: id.clone(),
        by: other.clone(),
        tasks: common.len(),
        loss,
    })
}

/// `count` learnwares that together serve all tasks best: each next one lowers most what the best of them loses, summed
/// over all tasks (greedy facility location, within `1 - 1/e` of the best saving). Fewer where nobody lowers it more.
pub fn anchors(capabilities: &Capabilities, count: usize) -> Vec<LearnwareId> {
    let loss = |id: &LearnwareId, losses: &BTreeMap<LearnwareId, f64>, task: &LearnwareId| {
        if id == task { Some(0.0) } else { losses.get(task).copied() }
    };
    let mut best: BTreeMap<&LearnwareId, f64> =
        capabilities.losses.keys().map(|task| (task, LOSS_MAX)).collect();
    let mut chosen: Vec<LearnwareId> = Vec::new();
    while chosen.len() < count {
        let saving = |(id, losses): (&LearnwareId, &BTreeMap<LearnwareId, f64>)| {
            best.iter().filter_map(|(task, now)| Some((now - loss(id, losses, task)?).max(0.0))).sum::<f64>()
        };
        let next = capabilities
            .losses
            .iter()
            .map(|entry| (entry, saving(entry)))
            .max_by(|a, b| a.1.total_cmp(&b.1).then_with(|| b.0.0.cmp(a.0.0)));
        let Some(((id, losses), saved)) = next.filter(|(_, saved)| *saved > 0.0) else { break };
        for (task, now) in &mut best {
            if let Some(loss) = loss(id, losses, task) {
                *now = now.min(loss);
            }
        }
        debug_assert!(saved.is_finite(), "losses are finite");
        chosen.push(id.clone());
    }
    chosen
}

#[cfg(test)]
mod tests {
    use super::*;

    fn id(number: usize) -> LearnwareId {
        LearnwareId(format!("{number:08}"))
    }

    /// Losses by learnware and task; own tasks are left out.
    fn capabilities(losses: &[&[f64]]) -> Capabilities {
        let row = |place: usize, row: &[f64]| {
            let of = row.iter().enumerate().filter(|(task, _)| *task != place);
            of.map(|(task, loss)| (id(task), *loss)).collect()
        };
        let losses = losses.iter().enumerate().map(|(place, losses)| (id(place), row(place, losses)));
        Capabilities { width: 1.0, candidates: 5, losses: losses.collect() }
    }

    #[test]
    fn who_is_never_better_could_go_and_only_one_of_two_alike() {
        // 0 and 1 are alike, 1 a little better everywhere; 2 is good where they are not.
        let known = capabilities(&[
            &[0.0, 0.05, 0.5, 0.5, 0.5, 0.5, 0.5],
            &[0.05, 0.0, 0.4, 0.4, 0.4, 0.4, 0.4],
            &[0.9, 0.9, 0.0, 0.1, 0.1, 0.1, 0.1],
            &[0.9, 0.9, 0.5, 0.0, 0.5, 0.5, 0.5],
        ]);
        let found = retirements(&known);
        assert_eq!(found.len(), 1 + 1, "{found:?}");
        assert_eq!((&found[0].id, &found[0].by, found[0].tasks), (&id(0), &id(1), 5));
        assert_eq!((&found[1].id, &found[1].by), (&id(3), &id(2)));
    }

    #[test]
    fn anchors_serve_all_tasks() {
        let known = capabilities(&[
            &[0.0, 0.1, 3.0, 3.0],
            &[0.2, 0.0, 3.0, 3.0],
            &[3.0, 3.0, 0.0, 0.1],
            &[3.0, 3.0, 0.3, 0.0],
        ]);
        assert_eq!(anchors(&known, 2), [id(0), id(2)]);
        assert_eq!(anchors(&known, 9).len(), 4);
        assert!(anchors(&Capabilities::default(), 3).is_empty());
    }
}
