//! What a specification tells about single rows, in words and in JSON.

use learnware_engine::specification::{CLUSTER_ROWS_MIN, Privacy, PrivacyBudget, PrivateRkme};
use serde_json::{Value, json};

use crate::said::{Said, said};

/// What is known about a specification's making.
#[derive(Debug)]
pub enum Disclosure {
    /// Made by another algorithm; nothing was measured.
    Unknown,
    /// How near its points come to rows.
    Measured(Privacy),
    /// Bounded by differential privacy.
    Bounded(PrivacyBudget, PrivateRkme),
}

impl Disclosure {
    /// For people.
    pub fn sentences(&self) -> Vec<Said> {
        match self {
            Self::Unknown => Vec::new(),
            Self::Measured(privacy) => measured(privacy),
            Self::Bounded(budget, made) => vec![
                said!(
                    "privacy-bounded",
                    "privacy: ({epsilon}, {delta})-differential privacy for replacing one row; the number of rows is told, \
                     names and words are not",
                    epsilon = budget.epsilon,
                    delta = format!("{:.0e}", budget.delta)
                ),
                said!(
                    "privacy-noise",
                    "the noise adds {distance} to distances on average; rho {scales} for scales, {points} for the points",
                    distance = format!("{:.1e}", made.noise_distance),
                    scales = format!("{:.2e}", made.rho[0]),
                    points = format!("{:.2e}", made.rho[1])
                ),
            ],
        }
    }

    /// For programs.
    pub fn to_json(&self) -> Value {
        match self {
            Self::Unknown => Value::Null,
            Self::Measured(privacy) => json!({
                "kind": "measured",
                "typical_row_distance": privacy.typical_row_distance,
                "near_distance": privacy.near_distance,
                "nearest_row_distances": privacy.nearest_row_distances,
                "near_rows": privacy.near_rows,
                "points_moved": privacy.points_moved,
                "points_left_out": privacy.points_left_out,
            }),
            Self::Bounded(budget, made) => json!({
                "kind": "differential",
                "epsilon": budget.epsilon,
                "delta": budget.delta,
                "rho": made.rho,
                "noise": made.noise,
                "noise_distance": made.noise_distance,
            }),
        }
    }
}

fn measured(privacy: &Privacy) -> Vec<Said> {
    let mut distances = privacy.nearest_row_distances.clone();
    distances.sort_by(f64::total_cmp);
    let (Some(least), Some(middle)) = (distances.first(), distances.get(distances.len() / 2)) else {
        return Vec::new();
    };
    let mut sentences = vec![if privacy.typical_row_distance > 0.0 {
        said!(
            "privacy-measured",
            "privacy: points are {middle} times as far from their nearest row as rows are from each other (median; least \
             {least})",
            middle = format!("{:.2}", middle / privacy.typical_row_distance),
            least = format!("{:.2}", least / privacy.typical_row_distance)
        )
    } else {
        said!(
            "privacy-repeated",
            "privacy: most rows occur several times; points near fewer than {least} equal rows are moved",
            least = CLUSTER_ROWS_MIN
        )
    }];
    if privacy.points_moved + privacy.points_left_out > 0 {
        sentences.push(said!(
            "privacy-moved",
            "{moved} points came too near a row and were moved, {left} were left out",
            moved = privacy.points_moved,
            left = privacy.points_left_out
        ));
    }
    sentences
}
