//! From measurements to an order of learnwares, and the evidence that it is better than the order by distance.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::{Capabilities, Measured, NEAREST, neighbours};
use crate::error::Result;
use crate::learnware::LearnwareId;
use crate::market::island::Island;
use crate::numeric::parallel;
use crate::numeric::vector::median;

/// Widths that are tried, in parts of the median squared distance of near learnwares.
const WIDTHS: [f64; 6] = [0.02, 0.05, 0.1, 0.2, 0.5, 1.0];
/// How many of the nearest may be ordered anew.
const CANDIDATES: [usize; 4] = [5, 10, 25, NEAREST];
/// Tasks from which there is something to learn.
const TASKS_MIN: usize = 10;
/// The order must be better by this many standard errors of the mean difference.
const ERRORS_MIN: f64 = 1.0;

/// How well an order did when each task took the place of a user's, its own learnware left out.
#[derive(Debug, Clone, Copy, PartialEq, Default, Serialize, Deserialize)]
pub struct Quality {
    /// Tasks that were judged.
    pub tasks: usize,
    /// Mean loss of the nearest learnware.
    pub by_distance: f64,
    /// Mean loss of the learnware that comes first by what was learned.
    pub by_capability: f64,
    /// Standard error of the mean difference.
    pub error: f64,
}

impl Quality {
    /// Whether what was learned is better than the order by distance, beyond noise.
    pub fn is_better(&self) -> bool {
        self.tasks >= TASKS_MIN && self.by_distance - self.by_capability > ERRORS_MIN * self.error
    }
}

/// What an island learned.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
pub struct Learned {
    /// What tells expected losses.
    pub capabilities: Capabilities,
    /// The evidence.
    pub quality: Quality,
}

/// A task in a user's place: who is near, and what they lose.
struct Trial {
    nearest: Vec<(LearnwareId, f64)>,
    /// What each of the nearest loses on it.
    losses: Vec<Option<f64>>,
}

/// Learns from what was measured in an island; `None` where too little was.
///
/// # Errors
/// When points can't be read.
pub fn learn(island: &Island, measured: &BTreeMap<LearnwareId, Measured>) -> Result<Option<Learned>> {
    let losses: BTreeMap<LearnwareId, BTreeMap<LearnwareId, f64>> = measured
        .iter()
        .filter(|(id, _)| island.specification(id).is_some())
        .map(|(id, measured)| (id.clone(), measured.losses.clone()))
        .collect();
    if losses.len() < TASKS_MIN {
        return Ok(None);
    }
    island.index(); // Made before, so that the threads do not wait for one another.
    let tasks: Vec<&LearnwareId> = losses.keys().collect();
    let trials = parallel::map(tasks.len(), |place| trial(island, tasks[place], &losses));
    let trials: Vec<Trial> = trials.into_iter().collect::<Result<_>>()?;
    let distances: Vec<f64> =
        trials.iter().flat_map(|trial| &trial.nearest).map(|(_, distance)| *distance).collect();
    let scale = if distances.is_empty() { 0.0 } else { median(distances) };
    if scale <= 0.0 {
        return Ok(None);
    }
    let mut best: Option<Learned> = None;
    let mut capabilities = Capabilities { width: 0.0, candidates: 0, losses };
    for width in WIDTHS {
        capabilities.width = width * scale;
        let expected: Vec<Vec<Option<f64>>> =
            parallel::map(trials.len(), |place| capabilities.expected(&trials[place].pairs()));
        for candidates in CANDIDATES {
            capabilities.candidates = candidates;
            let quality = quality(&capabilities, &trials, &expected);
            let is_best = best.as_ref().is_none_or(|best| quality.by_capability < best.quality.by_capability);
            if quality.tasks >= TASKS_MIN && is_best {
                let chosen = Capabilities { losses: BTreeMap::new(), ..capabilities.clone() };
                best = Some(Learned { capabilities: chosen, quality });
            }
        }
    }
    Ok(best.map(|best| {
        let Learned { capabilities: Capabilities { width, candidates, .. }, quality } = best;
        Learned { capabilities: Capabilities { width, candidates, ..capabilities }, quality }
    }))
}

fn trial(
    island: &Island,
    task: &LearnwareId,
    losses: &BTreeMap<LearnwareId, BTreeMap<LearnwareId, f64>>,
) -> Result<Trial> {
    let nearest = match island.specification(task) {
        Some(own) => neighbours(island, own, Some(task), NEAREST)?,
        None => Vec::new(),
    };
    let of = |(id, _): &(LearnwareId, f64)| losses.get(id)?.get(task).copied();
    let losses = nearest.iter().map(of).collect();
    Ok(Trial { nearest, losses })
}

impl Trial {
    fn pairs(&self) -> Vec<(&LearnwareId, f64)> {
        self.nearest.iter().map(|(id, distance)| (id, *distance)).collect()
    }
}

fn quality(capabilities: &Capabilities, trials: &[Trial], expected: &[Vec<Option<f64>>]) -> Quality {
    let pair = |(trial, expected): (&Trial, &Vec<Option<f64>>)| {
        let first = *capabilities.order(expected).first()?;
        Some((trial.losses.first().copied()??, trial.losses[first]?))
    };
    let pairs: Vec<(f64, f64)> = trials.iter().zip(expected).filter_map(pair).collect();
    let count = pairs.len().max(1) as f64;
    let mean = |of: &dyn Fn(&(f64, f64)) -> f64| pairs.iter().map(of).sum::<f64>() / count;
    let difference = mean(&|pair| pair.0 - pair.1);
    let variance = mean(&|pair| (pair.0 - pair.1 - difference).powi(2));
    Quality {
        tasks: pairs.len(),
        by_distance: mean(&|pair| pair.0),
        by_capability: mean(&|pair| pair.1),
        error: (variance / count).sqrt(),
    }
}
