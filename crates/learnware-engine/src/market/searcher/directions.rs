//! Ranks learnwares of parameter vectors by the cosine of theirs with the user's.
//!
//! All members are compared in full. There is no mixture: nobody has shown that models whose directions add up to
//! the user's answer well together, and the reference looks for none. Nor is anything said of how much of the data
//! is covered, since a direction does not tell one part of the data from another.

use super::score;
use crate::error::Result;
use crate::market::index::{IslandIndex, Wanted};
use crate::market::results::{KernelChoice, SearchOptions, SearchResults, SingleResult};
use crate::specification::{Embedding, Rkme};

/// Fills in the statistical part of `results`.
pub(super) fn search(
    index: &IslandIndex,
    user: &Rkme,
    wanted: Wanted,
    options: &SearchOptions,
    results: &mut SearchResults,
) -> Result<()> {
    let target = Embedding::<f32>::new(user, index.kernel());
    let nearest = index.nearest(&target, options.single_max, wanted)?;
    results.funnel.evaluated = nearest.evaluations;
    results.funnel.certified = nearest.certified;
    results.single = nearest
        .found
        .iter()
        .map(|(member, distance)| {
            let distance = distance.clamp(0.0, 1.0);
            SingleResult {
                distance: Some(distance),
                percentile: index.background().map(|random| random.share_farther(distance)),
                similarity: Some(1.0 - 2.0 * distance),
                ..SingleResult::by_words(member.id().clone())
            }
        })
        .collect();
    if options.kernel == KernelChoice::Reference {
        let cosines: Vec<f64> = results.single.iter().filter_map(|result| result.similarity).collect();
        let scores = score::of_cosines(&cosines);
        results.single.iter_mut().zip(scores).for_each(|(result, score)| result.score = Some(score));
    }
    Ok(())
}
