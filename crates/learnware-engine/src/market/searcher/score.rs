//! The reference's display score: relative to the candidates of one search, so that scores of two searches
//! can't be compared. Ours shows distances; this is for compatibility (`EasyStatSearcher`).

/// Part of the mean distance that counts as no distance.
const NEAR_RATIO: f64 = 0.1;
/// The best candidate gets at least this score.
const BEST_MIN: f64 = 0.92;
/// Lower scores are lifted, up to this one.
const LIFT_MAX: f64 = 0.7;
/// Candidates below are not shown.
const SHOWN_MIN: f64 = 0.6;

/// Scores of single candidates that are shown, best first, and of the mixture if it is shown.
#[derive(Debug, Clone, PartialEq)]
pub struct Scores {
    /// For the first candidates, in their order.
    pub single: Vec<f64>,
    /// For the mixture.
    pub multiple: Option<f64>,
}

/// A score for each distance (`_convert_dist_to_score`).
pub fn from_distances(distances: &[f64]) -> Vec<f64> {
    let least = distances.iter().copied().fold(f64::INFINITY, f64::min);
    let most = distances.iter().copied().fold(f64::NEG_INFINITY, f64::max);
    if least == most {
        return vec![1.0; distances.len()];
    }
    let mean = distances.iter().sum::<f64>() / distances.len() as f64;
    let mut zero = mean * NEAR_RATIO;
    if least < zero {
        zero = least;
    } else if (most - least) / (most - zero) < BEST_MIN {
        zero = most - (most - least) / BEST_MIN;
    }
    let score = |distance: &f64| {
        let score = (most - distance) / (most - zero);
        if score < LIFT_MAX { score.sqrt().min(LIFT_MAX) } else { score }
    };
    distances.iter().map(score).collect()
}

/// Scores of sorted distances of single candidates and of a mixture, with the rules for what is shown: no
/// candidate below 0.6 but the first, no mixture that looks like the best single one, and a lone candidate
/// lifted to 0.6 together with the mixture.
pub fn reference_scores(distances: &[f64], mixture: Option<f64>) -> Scores {
    let mut all = distances.to_vec();
    all.extend(mixture);
    let mut single = from_distances(&all);
    let mut multiple = mixture.and_then(|_| single.pop());
    if distances.is_empty() {
        return Scores { single, multiple: None };
    }
    let percent = |score: f64| (score * 100.0) as i64;
    multiple = multiple.filter(|&score| percent(score) != percent(single[0]));
    let shown = 1 + single[1..].iter().take_while(|&&score| score >= SHOWN_MIN).count();
    single.truncate(shown);
    if single.len() == 1 && single[0] < SHOWN_MIN {
        let ratio = if single[0].abs() < 1e-5 { 100.0 } else { SHOWN_MIN / single[0] };
        single[0] = SHOWN_MIN;
        multiple = multiple.map(|score| (score * ratio).min(1.0));
    }
    Scores { single, multiple }
}

/// Temperature of the reference's scores of parameter vectors.
const TEMPERATURE: f64 = 0.1;

/// Display scores of parameter vectors, best first (`LLMStatSearcher` of the reference's 0.4): a cosine against zero in a
/// softmax, and at least [`SHOWN_MIN`] for a single learnware.
pub fn of_cosines(cosines: &[f64]) -> Vec<f64> {
    let score = |cosine: &f64| 1.0 / (1.0 + (-cosine / TEMPERATURE).exp());
    let mut scores: Vec<f64> = cosines.iter().map(score).collect();
    if let [only] = scores.as_mut_slice() {
        *only = only.max(SHOWN_MIN);
    }
    scores
}
