//! What a specification tells about single rows, in words and in JSON.

use learnware_engine::specification::{CLUSTER_ROWS_MIN, Privacy, PrivacyBudget, PrivateRkme};
use serde_json::{Value, json};

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
    pub fn sentences(&self) -> Vec<String> {
        match self {
            Self::Unknown => Vec::new(),
            Self::Measured(privacy) => measured(privacy),
            Self::Bounded(budget, made) => vec![
                format!(
                    "privacy: ({}, {:.0e})-differential privacy for replacing one row; the number of rows is \
                     told, names and words are not",
                    budget.epsilon, budget.delta
                ),
                format!(
                    "the noise adds {:.1e} to distances on average; rho {:.2e} for scales, {:.2e} for the points",
                    made.noise_distance, made.rho[0], made.rho[1]
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

fn measured(privacy: &Privacy) -> Vec<String> {
    let mut distances = privacy.nearest_row_distances.clone();
    distances.sort_by(f64::total_cmp);
    let (Some(least), Some(middle)) = (distances.first(), distances.get(distances.len() / 2)) else {
        return Vec::new();
    };
    let mut sentences = vec![if privacy.typical_row_distance > 0.0 {
        format!(
            "privacy: points are {:.2} times as far from their nearest row as rows are from each other (median; \
             least {:.2})",
            middle / privacy.typical_row_distance,
            least / privacy.typical_row_distance
        )
    } else {
        format!(
            "privacy: most rows occur several times; points near fewer than {CLUSTER_ROWS_MIN} equal rows are moved"
        )
    }];
    if privacy.points_moved + privacy.points_left_out > 0 {
        sentences.push(format!(
            "{} points came too near a row and were moved, {} were left out",
            privacy.points_moved, privacy.points_left_out
        ));
    }
    sentences
}
