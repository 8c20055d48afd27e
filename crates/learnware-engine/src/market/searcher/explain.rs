//! Why a search answered as it did: facts that the answer itself does not hold, computed afterwards from it.

use std::borrow::Cow;

use serde::{Deserialize, Serialize};

use super::super::island::Island;
use super::super::mapped::MappedWorld;
use super::super::organizer::Organizer;
use super::super::results::{
    FITS_FROM, KernelChoice, MixtureMethod, NOTHING_BELOW, SearchOptions, SearchResults,
};
use super::mixture::REFERENCE_DECAY;
use super::statistical::DECAY;
use crate::learnware::LearnwareId;
use crate::numeric::parallel;
use crate::specification::{Embedding, IslandKernel, IslandKey, Rkme, mixture};
use crate::user_info::UserInfo;

/// A learnware with less weight in the best mixture adds nothing.
const WEIGHT_MIN: f64 = 1e-6;
/// Part of the squared distance below which a change is rounding.
const GAIN_MIN: f64 = 1e-6;
/// Change of a squared distance that is rounding, however small the distance.
const ROUNDING: f64 = 1e-12;

/// Facts behind the answer of a search by distance.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Explanation {
    /// Under which kernel specifications were compared.
    pub kernel: KernelFacts,
    /// How far apart random tasks are; `None` under the reference's kernel and where the island has too few.
    pub background: Option<BackgroundFacts>,
    /// Covered share from which data "fits".
    pub fits_from: f64,
    /// Covered share below which "nothing fits".
    pub nothing_below: f64,
    /// Proved: no comparable learnware besides the single results has a smaller squared distance. `None` where
    /// nothing is proved or there are no others.
    pub others_from: Option<f64>,
    /// The single results that are not in the answer's mixture (or are not the best single one, where there is no
    /// mixture), nearest first; none where mixtures are not looked for at all.
    pub left_out: Vec<LeftOut>,
}

/// An island's kernel in short.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct KernelFacts {
    /// Columns that are compared, or numbers of a direction.
    pub columns: usize,
    /// Of those, constant over the island, so that they count for nothing.
    pub constant_columns: usize,
    /// Learnwares whose specifications gave centre and scale; 0 for the reference's kernel, which has none.
    pub scaled_by: usize,
    /// Widths `w` of the Gaussians `exp(-(distance / w)^2)` that are averaged: in units of the typical distance of two
    /// rows of the island; of the raw columns under the reference's kernel; none where directions are compared.
    pub widths: Vec<f64>,
}

/// How far apart random pairs of the island's learnwares are.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct BackgroundFacts {
    /// Pairs looked at.
    pub pairs: usize,
    /// Squared distance that half of them do not exceed.
    pub median: f64,
}

/// A learnware near the user's data that is not used.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct LeftOut {
    /// Which.
    pub id: LearnwareId,
    /// Why.
    pub reason: LeftOutReason,
    /// What the squared distance of the mixture would fall by with it.
    pub gain: f64,
    /// The squared distance of the mixture without it.
    pub distance_without: f64,
    /// The used learnware that is most like it.
    pub most_like: LearnwareId,
    /// Cosine of the two: 1 for the same distribution.
    pub similarity: f64,
}

/// Why a learnware is not used.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum LeftOutReason {
    /// The best mixture gives it no weight: it adds nothing that those used do not cover.
    AddsNothing,
    /// It brings the mixture nearer, but by less than a further learnware has to.
    AddsLittle,
    /// It would bring the mixture nearer, but that has as many learnwares as were asked for.
    Full,
    /// No mixture was asked for, and another one is nearer.
    NoMixture,
    /// It would bring the mixture nearer, but the way of looking for one passed it over.
    PassedOver,
}

/// Explains `results`, the answer of a search of `organizer` for `user` with `options`; `None` for searches by
/// words alone and where nothing was comparable.
pub(in crate::market) fn explain(
    organizer: &Organizer,
    world: Option<&MappedWorld>,
    user: &UserInfo,
    options: &SearchOptions,
    results: &SearchResults,
) -> Option<Explanation> {
    let (island, own) = compared(organizer, world, user, results)?;
    let (key, own) = (island.key(), own.as_ref());
    let reference = IslandKernel::reference(own.dimension(), own.gamma());
    // Directions are compared in one way only.
    let is_direction = key.is_of_directions();
    let choice = if is_direction { KernelChoice::Island } else { options.kernel };
    let (kernel, background) = match choice {
        KernelChoice::Island => (island.index().kernel(), island.index().background()),
        KernelChoice::Reference => (&reference, None),
    };
    let others = results.funnel.certified && results.funnel.comparable > results.single.len();
    Some(Explanation {
        kernel: kernel_facts(kernel, key, island, choice),
        background: background
            .map(|pairs| BackgroundFacts { pairs: pairs.pair_count(), median: pairs.median() }),
        fits_from: FITS_FROM,
        nothing_below: NOTHING_BELOW,
        others_from: results.single.last().and_then(|last| last.distance).filter(|_| others),
        left_out: if is_direction {
            Vec::new()
        } else {
            left_out(island, &Embedding::new(own, kernel), kernel, options, results)
        },
    })
}

/// The island that was searched, and the user's specification in it.
fn compared<'a>(
    organizer: &'a Organizer,
    world: Option<&'a MappedWorld>,
    user: &'a UserInfo,
    results: &SearchResults,
) -> Option<(&'a Island, Cow<'a, Rkme>)> {
    if let Some(searched) = &results.world {
        let world = world.filter(|world| *world.map() == searched.map)?;
        return Some((world.island(), Cow::Owned(world.place_of(user).ok()?)));
    }
    let key = results.island.as_ref()?;
    let own = user.statistical.iter().find(|specification| specification.island() == *key)?;
    Some((organizer.searched(key)?, Cow::Borrowed(own.rkme())))
}

fn kernel_facts(
    kernel: &IslandKernel,
    key: &IslandKey,
    island: &Island,
    choice: KernelChoice,
) -> KernelFacts {
    let constant_columns = kernel.multipliers.iter().filter(|&&factor| factor == 0.0).count();
    let columns = kernel.multipliers.len();
    match choice {
        KernelChoice::Island => {
            let scaled_by = island.kernel_count();
            KernelFacts { columns, constant_columns, scaled_by, widths: kernel.widths(key) }
        }
        KernelChoice::Reference => {
            let width = kernel.multipliers.first().map(|root_of_gamma| 1.0 / root_of_gamma);
            KernelFacts { columns, constant_columns: 0, scaled_by: 0, widths: width.into_iter().collect() }
        }
    }
}

fn left_out(
    island: &Island,
    target: &Embedding<f64>,
    kernel: &IslandKernel,
    options: &SearchOptions,
    results: &SearchResults,
) -> Vec<LeftOut> {
    let used: Vec<&LearnwareId> = match &results.multiple {
        Some(multiple) => multiple.members.iter().map(|member| &member.id).collect(),
        None => results.single.first().map(|single| &single.id).into_iter().collect(),
    };
    let embedding = |id: &LearnwareId| {
        island.specification(id).map(|specification| Embedding::<f64>::new(specification.rkme(), kernel))
    };
    let team: Vec<Embedding<f64>> = used.iter().copied().filter_map(embedding).collect();
    // A learnware may have left the market since the search.
    if team.is_empty() || team.len() < used.len() {
        return Vec::new();
    }
    let team: Vec<&Embedding<f64>> = team.iter().collect();
    let without = mixture::fit(target, &team).distance.max(0.0);
    let others: Vec<&LearnwareId> =
        results.single.iter().map(|single| &single.id).filter(|id| !used.contains(id)).collect();
    let explained = parallel::map(others.len(), |i| {
        let own = embedding(others[i])?;
        let with = mixture::fit(target, &[&team[..], &[&own]].concat());
        let (place, similarity) = most_like(&own, &team);
        let gain = (without - with.distance).max(0.0);
        let weight = with.weights.last().copied().unwrap_or(0.0);
        Some(LeftOut {
            id: others[i].clone(),
            reason: reason(weight, gain, without, team.len(), options),
            gain,
            distance_without: without,
            most_like: used[place].clone(),
            similarity,
        })
    });
    explained.into_iter().flatten().collect()
}

fn reason(weight: f64, gain: f64, without: f64, count: usize, options: &SearchOptions) -> LeftOutReason {
    if options.mixture == MixtureMethod::None {
        return LeftOutReason::NoMixture;
    }
    if weight < WEIGHT_MIN || gain <= GAIN_MIN * without + ROUNDING {
        return LeftOutReason::AddsNothing;
    }
    let decay = match (options.kernel, options.mixture) {
        (KernelChoice::Island, MixtureMethod::Greedy) => DECAY,
        _ => REFERENCE_DECAY,
    };
    if without - gain > decay * without {
        LeftOutReason::AddsLittle
    } else if count >= options.max_learnwares {
        LeftOutReason::Full
    } else {
        LeftOutReason::PassedOver
    }
}

/// The place of the member with the largest cosine, and the cosine.
fn most_like(own: &Embedding<f64>, team: &[&Embedding<f64>]) -> (usize, f64) {
    let cosine = |member: &Embedding<f64>| {
        let norms = (own.norm_squared() * member.norm_squared()).sqrt();
        if norms > 0.0 { (own.inner_product(member) / norms).clamp(0.0, 1.0) } else { 0.0 }
    };
    let cosines = team.iter().map(|member| cosine(member)).enumerate();
    cosines.fold((0, f64::NEG_INFINITY), |best, entry| if entry.1 > best.1 { entry } else { best })
}
