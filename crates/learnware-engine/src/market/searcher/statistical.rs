//! Ranks learnwares by the distance of their specification to the user's, and finds a mixture.

use std::sync::Arc;

use super::{directions, mixture, score};
use crate::error::{EngineError, Result};
use crate::learnware::LearnwareId;
use crate::market::capability::{self, Capabilities};
use crate::market::index::{Mixed, MixtureOptions, Stored, Wanted};
use crate::market::island::Island;
use crate::market::results::{
    KernelChoice, Member, MixtureMethod, MultipleResult, Ranking, SearchOptions, SearchResults, SingleResult,
    Verdict,
};
use crate::numeric::kernel::{Number, Shape};
use crate::numeric::parallel;
use crate::specification::coverage::Coverage;
use crate::specification::{Embedding, IslandKernel, Rkme, reference_distance};

/// A further member is taken when it lowers the distance to this part of what it was. The reference asks for
/// more; with weights, further members helped on every suite (docs/adr/0003-island-kernel.md).
pub(super) const DECAY: f64 = 0.995;
/// Squared distance below which two specifications are one, up to rounding.
const SAME_BELOW: f64 = 1e-12;
/// The same where numbers have single precision.
const SAME_BELOW_SINGLE: f64 = 1e-6;
/// Gap below which two kernel widths count as one.
const GAMMA_SLACK: f64 = 1e-12;

/// Fills in the statistical part of `results`: `wanted` says which members of the island may be found.
pub(crate) fn search(
    island: &Island,
    user: &Rkme,
    wanted: Wanted,
    capabilities: Option<&Capabilities>,
    options: &SearchOptions,
    results: &mut SearchResults,
) -> Result<()> {
    match options.kernel {
        _ if island.key().is_of_directions() => {
            directions::search(island.index(), user, wanted, options, results)?;
        }
        KernelChoice::Island => {
            let learned = capabilities.filter(|_| options.ranking == Ranking::Capability);
            by_island_kernel(island, user, wanted, learned, options, results)?;
        }
        KernelChoice::Reference => by_reference_kernel(island, user, wanted, options, results)?,
    }
    if let Some(beyond) = island.beyond() {
        let has_all = beyond.others_from == Some(f64::INFINITY);
        results.funnel.certified &= has_all || options.kernel == KernelChoice::Island;
        if let Some(multiple) = results.multiple.as_mut().filter(|_| !has_all) {
            multiple.gap = None;
        }
    }
    Ok(())
}

/// How many of the nearest learnwares decide which single results there are.
pub(super) fn decisive(options: &SearchOptions, is_learned: bool) -> usize {
    if is_learned { options.single_max.max(capability::NEAREST) } else { options.single_max }
}

/// How many of the nearest learnwares a search looks at.
pub(super) fn looked_at(options: &SearchOptions, is_learned: bool) -> usize {
    decisive(options, is_learned).max(candidate_count(options))
}

/// Whether those found that decide are nearer than all that were not delivered.
fn is_proved(found: &[(Arc<Stored>, f64)], decisive: usize, others_from: Option<f64>) -> bool {
    let Some(from) = others_from else { return false };
    // Fewer than could be found: all that are left are others.
    from.is_infinite() || found.get(decisive.wrapping_sub(1)).map_or(decisive == 0, |(_, last)| *last < from)
}

/// Candidates of a mixture: the nearest ones, as many as the reference takes.
fn candidate_count(options: &SearchOptions) -> usize {
    options.max_learnwares * options.max_learnwares
}

fn by_island_kernel(
    island: &Island,
    user: &Rkme,
    wanted: Wanted,
    learned: Option<&Capabilities>,
    options: &SearchOptions,
    results: &mut SearchResults,
) -> Result<()> {
    let index = island.index();
    let target = Embedding::<f32>::new(user, index.kernel());
    let nearest = index.nearest(&target, looked_at(options, learned.is_some()), wanted)?;
    results.funnel.evaluated = nearest.evaluations;
    results.funnel.certified = nearest.certified
        && island.beyond().is_none_or(|beyond| {
            is_proved(&nearest.found, decisive(options, learned.is_some()), beyond.others_from)
        });
    let embeddings: Vec<Embedding<f32>> =
        nearest.found.iter().map(|(member, _)| member.embedding(target.shape())).collect();
    let seen: Vec<&Embedding<f32>> = embeddings.iter().collect();
    let coverage = Coverage::new(&target, index.kernel(), &seen);
    let percentile = |distance: f64| Some(index.background()?.share_farther(distance.max(0.0)));
    let (order, expected) = ordered(&nearest.found, learned);
    if learned.is_some() {
        results.ranking = Ranking::Capability;
    }
    results.single = order
        .into_iter()
        .take(options.single_max)
        .map(|place| {
            let ((member, distance), embedding) = (&nearest.found[place], &embeddings[place]);
            let norms = (target.norm_squared() * embedding.norm_squared()).sqrt();
            let product = 0.5 * (target.norm_squared() + embedding.norm_squared() - distance);
            SingleResult {
                id: member.id().clone(),
                distance: Some(distance.max(0.0)),
                percentile: percentile(*distance),
                similarity: (norms > 0.0).then(|| (product / norms).clamp(0.0, 1.0)),
                covered: coverage.share_alone(embedding),
                expected_loss: expected.get(place).copied().flatten(),
                score: None,
            }
        })
        .collect();
    let candidates: Vec<&Embedding<f32>> = embeddings.iter().take(candidate_count(options)).collect();
    if candidates.is_empty() {
        return Ok(());
    }
    judge(&target, &coverage, &candidates, results);
    if nearest.found[0].1 < SAME_BELOW_SINGLE {
        return Ok(());
    }
    let near: Vec<Arc<Stored>> = nearest.found.iter().map(|(member, _)| Arc::clone(member)).collect();
    results.multiple = match options.mixture {
        MixtureMethod::Greedy => {
            let how = MixtureOptions { count_max: options.max_learnwares, decay: DECAY };
            let near = &near[..candidates.len()];
            index
                .mixture(&target, near, wanted, how)?
                .filter(|found| found.members.len() > 1)
                .map(|found| whole_island(found, &coverage, target.shape()))
        }
        MixtureMethod::Nearest | MixtureMethod::Auto | MixtureMethod::None => {
            find_mixture(&target, &candidates, options).map(|found| MultipleResult {
                members: members(&found, |place| near[place].id().clone()),
                distance: found.mixture.distance.max(0.0),
                percentile: None,
                gap: None,
                covered: coverage.share(&weighted(&found, &candidates)),
                score: None,
            })
        }
    };
    if let Some(multiple) = &mut results.multiple {
        multiple.percentile = percentile(multiple.distance);
    }
    Ok(())
}

/// The order of the learnwares found, best first, and what they are expected to lose, where that was learned.
fn ordered(found: &[(Arc<Stored>, f64)], learned: Option<&Capabilities>) -> (Vec<usize>, Vec<Option<f64>>) {
    let Some(learned) = learned else { return ((0..found.len()).collect(), Vec::new()) };
    let nearest: Vec<(&LearnwareId, f64)> =
        found.iter().take(capability::NEAREST).map(|(member, distance)| (member.id(), *distance)).collect();
    let expected = learned.expected(&nearest);
    let mut order = learned.order(&expected);
    order.extend(expected.len()..found.len());
    (order, expected)
}

/// A mixture that was looked for among all.
fn whole_island(found: Mixed, coverage: &Coverage<f32>, shape: Shape) -> MultipleResult {
    let embeddings: Vec<(Embedding<f32>, f64)> =
        found.members.iter().map(|(member, weight)| (member.embedding(shape), *weight)).collect();
    let weighted: Vec<(&Embedding<f32>, f64)> =
        embeddings.iter().map(|(embedding, weight)| (embedding, *weight)).collect();
    let covered = coverage.share(&weighted);
    let members =
        found.members.iter().map(|(member, weight)| Member { id: member.id().clone(), weight: *weight });
    let (members, distance, gap) = (members.collect(), found.distance, Some(found.gap));
    MultipleResult { members, distance, percentile: None, gap, covered, score: None }
}

/// How much of the target the candidates cover, in the mixture that comes nearest to it, and what follows from it.
fn judge<T: Number>(
    target: &Embedding<T>,
    coverage: &Coverage<T>,
    candidates: &[&Embedding<T>],
    results: &mut SearchResults,
) {
    let covered = coverage.share_of_best(target, candidates);
    results.covered = Some(covered);
    results.verdict = Verdict::of_covered(covered);
}

/// A mixture of more than one of the candidates, if any, as the reference looks for it.
fn find_mixture<T: Number>(
    target: &Embedding<T>,
    candidates: &[&Embedding<T>],
    options: &SearchOptions,
) -> Option<mixture::Found> {
    let found = match options.mixture {
        MixtureMethod::Greedy | MixtureMethod::Nearest => {
            mixture::greedy(target, candidates, options.max_learnwares, mixture::REFERENCE_DECAY)
        }
        MixtureMethod::Auto => mixture::auto(target, candidates, options.max_learnwares),
        MixtureMethod::None => None,
    };
    found.filter(|found| found.members.len() > 1)
}

fn weighted<'a, T>(found: &mixture::Found, candidates: &[&'a Embedding<T>]) -> Vec<(&'a Embedding<T>, f64)> {
    let places = found.members.iter().zip(&found.mixture.weights);
    places.map(|(&place, &weight)| (candidates[place], weight)).collect()
}

fn members(found: &mixture::Found, id: impl Fn(usize) -> LearnwareId) -> Vec<Member> {
    let places = found.members.iter().zip(&found.mixture.weights);
    places.map(|(&place, &weight)| Member { id: id(place), weight }).collect()
}

/// The reference's search to the last rule (`EasyStatSearcher.__call__`). Learnwares of another kernel width
/// are left out: their distances would mean nothing.
fn by_reference_kernel(
    island: &Island,
    user: &Rkme,
    wanted: Wanted,
    options: &SearchOptions,
    results: &mut SearchResults,
) -> Result<()> {
    if !reference_distance(user, user).is_finite() {
        return Err(EngineError::Incomparable {
            reason: "the user's specification has no finite norm".into(),
        });
    }
    let kernel = IslandKernel::reference(user.dimension(), user.gamma());
    let target = Embedding::<f64>::new(user, &kernel);
    let comparable: Vec<(&LearnwareId, &Rkme)> = island
        .members()
        .map(|member| &member.id)
        .zip(island.rkmes())
        .filter(|(id, _)| wanted.is_none_or(|wanted| wanted(id)))
        .filter(|(_, rkme)| (rkme.gamma() - user.gamma()).abs() < GAMMA_SLACK)
        .collect();
    if comparable.is_empty() && results.funnel.comparable > 0 {
        let width = user.gamma();
        let reason =
            format!("yours has the kernel width (gamma) {width}, all that could be found have others");
        return Err(EngineError::Incomparable { reason });
    }
    let embeddings: Vec<Embedding<f64>> =
        parallel::map(comparable.len(), |i| Embedding::new(comparable[i].1, &kernel));
    results.funnel.evaluated = embeddings.len();
    results.funnel.certified = true;
    let mut ranked: Vec<(usize, f64)> =
        embeddings.iter().enumerate().map(|(i, embedding)| (i, embedding.distance(&target))).collect();
    ranked.sort_by(|a, b| a.1.total_cmp(&b.1));
    let Some(&(_, nearest)) = ranked.first() else { return Ok(()) };
    let candidates: Vec<&Embedding<f64>> =
        ranked.iter().take(candidate_count(options)).map(|&(i, _)| &embeddings[i]).collect();
    // Reference quirk: no mixture is looked for when one learnware has the user's own specification.
    let found = if nearest > SAME_BELOW { find_mixture(&target, &candidates, options) } else { None };
    let distances: Vec<f64> = ranked.iter().map(|&(_, distance)| distance).collect();
    let scored = score::reference_scores(&distances, found.as_ref().map(|found| found.mixture.distance));
    let id = |rank: usize| comparable[ranked[rank].0].0.clone();
    let coverage = Coverage::new(&target, &kernel, &[]);
    results.single = scored
        .single
        .iter()
        .enumerate()
        .map(|(rank, &score)| SingleResult {
            id: id(rank),
            distance: Some(distances[rank]),
            percentile: None,
            similarity: None,
            covered: coverage.share_alone(&embeddings[ranked[rank].0]),
            expected_loss: None,
            score: Some(score),
        })
        .collect();
    results.multiple = found.zip(scored.multiple).map(|(found, score)| MultipleResult {
        covered: coverage.share(&weighted(&found, &candidates)),
        members: members(&found, id),
        distance: found.mixture.distance,
        percentile: None,
        gap: None,
        score: Some(score),
    });
    judge(&target, &coverage, &candidates, results);
    Ok(())
}
