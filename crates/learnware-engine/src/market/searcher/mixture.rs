//! Few learnwares whose mixture comes near the user's data.

use crate::numeric::Matrix;
use crate::numeric::kernel::Number;
use crate::specification::Embedding;
use crate::specification::mixture::{self, Mixture};

/// The reference takes a further member when it lowers the distance to this part of what it was.
pub const REFERENCE_DECAY: f64 = 0.95;
/// Share of the weight that `auto` keeps.
const WEIGHT_KEPT: f64 = 0.98;

/// A mixture of some of the candidates.
#[derive(Debug, Clone, PartialEq)]
pub struct Found {
    /// Places of the members among the candidates, in the order they were taken.
    pub members: Vec<usize>,
    /// Their weights, and the distance of the mixture.
    pub mixture: Mixture,
}

/// Takes one candidate after the other, always the one whose best mixture with those taken is nearest, until
/// there are `count_max` or the next one does not lower the distance to `decay` of what it was (reference:
/// `_search_by_rkme_spec_mixture_greedy`).
pub fn greedy<T: Number>(
    target: &Embedding<T>,
    candidates: &[&Embedding<T>],
    count_max: usize,
    decay: f64,
) -> Option<Found> {
    let cross: Vec<f64> = candidates.iter().map(|candidate| target.inner_product(candidate)).collect();
    let mut members: Vec<usize> = Vec::new();
    // Inner products of each member with every candidate.
    let mut products: Vec<Vec<f64>> = Vec::new();
    let mut best: Option<Mixture> = None;
    while members.len() < count_max.min(candidates.len()) {
        let mut next: Option<(usize, Mixture)> = None;
        for place in (0..candidates.len()).filter(|place| !members.contains(place)) {
            let trial = with_member(&members, &products, place, candidates[place].norm_squared());
            let trial_cross: Vec<f64> = members.iter().chain([&place]).map(|&i| cross[i]).collect();
            let mixture = mixture::solve(&trial, &trial_cross, target.norm_squared());
            if next.as_ref().is_none_or(|(_, found)| mixture.distance < found.distance) {
                next = Some((place, mixture));
            }
        }
        let (place, mixture) = next?;
        if best.as_ref().is_some_and(|best| mixture.distance > best.distance * decay) {
            break;
        }
        best = Some(mixture);
        products.push(candidates.iter().map(|other| candidates[place].inner_product(other)).collect());
        members.push(place);
    }
    best.map(|mixture| Found { members, mixture })
}

/// The inner products of the members and one candidate more.
fn with_member(members: &[usize], products: &[Vec<f64>], place: usize, norm_squared: f64) -> Matrix {
    let last = members.len();
    let mut gram = Matrix::zeros(last + 1, last + 1);
    for (i, row) in products.iter().enumerate() {
        for (j, &member) in members.iter().enumerate() {
            gram.set(i, j, row[member]);
        }
        gram.set(i, last, row[place]);
        gram.set(last, i, row[place]);
    }
    gram.set(last, last, norm_squared);
    gram
}

/// Weighs all candidates at once, keeps the heaviest that make up the weight, and weighs those again
/// (reference: `_search_by_rkme_spec_mixture_auto`).
pub fn auto<T: Number>(
    target: &Embedding<T>,
    candidates: &[&Embedding<T>],
    count_max: usize,
) -> Option<Found> {
    if candidates.is_empty() {
        return None;
    }
    let weights = mixture::fit(target, candidates).weights;
    let mut order: Vec<usize> = (0..candidates.len()).collect();
    order.sort_by(|&a, &b| weights[b].total_cmp(&weights[a]).then(a.cmp(&b)));
    let mut sum = 0.0;
    let mut members: Vec<usize> = order
        .iter()
        .copied()
        .take_while(|&place| {
            sum += weights[place];
            sum <= WEIGHT_KEPT
        })
        .collect();
    if members.len() <= 1 {
        let first = order[0];
        let distance = target.distance(candidates[first]);
        return Some(Found { members: vec![first], mixture: Mixture { weights: vec![1.0], distance } });
    }
    members.truncate(count_max);
    let chosen: Vec<&Embedding<T>> = members.iter().map(|&place| candidates[place]).collect();
    Some(Found { mixture: mixture::fit(target, &chosen), members })
}
