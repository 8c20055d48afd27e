//! All that a solution has to tell, as data: the JSON document, the text and the report are made of it.

use learnware_engine::market::{SearchResults, Verdict};
use learnware_engine::reuse::automatic::Choice;
use serde::Serialize;

/// What happened.
#[derive(Debug, Serialize)]
pub(super) struct Story {
    /// The table's file name.
    pub(super) data: String,
    /// Its rows.
    pub(super) rows: usize,
    /// The columns that the learnwares take.
    pub(super) columns: Vec<String>,
    /// The task.
    pub(super) task: String,
    /// Names of the classes, for classification.
    pub(super) classes: Option<Vec<String>>,
    /// Whether the dock has something for this data.
    pub(super) verdict: Verdict,
    /// Share of the data, as a distribution, that the learnwares compared cover; 0 to 1.
    pub(super) covered: Option<f64>,
    /// Rows far from everything that the team was trained on, 0-based.
    pub(super) far_rows: Vec<usize>,
    /// Those who predict, heaviest first.
    pub(super) team: Vec<Teammate>,
    /// The nearest ones, best first, whether they predict or not.
    pub(super) nearest: Vec<Candidate>,
    /// Squared distance of the team's mixture to the data.
    pub(super) team_distance: Option<f64>,
    /// How the team's answers are combined.
    pub(super) method: String,
    /// Why that way; `None` without labels.
    pub(super) choice: Option<Choice>,
    /// Learnwares that were no candidates: reason and number.
    pub(super) left_out: Vec<LeftOut>,
    /// Learnwares that were chosen but could not run.
    pub(super) failed: Vec<Failure>,
    /// Where the predictions are.
    pub(super) predictions: Option<String>,
    /// Where the report is.
    pub(super) report: Option<String>,
    /// The picture of the data and the team.
    #[serde(skip)]
    pub(super) picture: Option<Picture>,
    /// The search in full.
    #[serde(skip)]
    pub(super) search: SearchResults,
}

/// One learnware of the team.
#[derive(Debug, Clone, Serialize)]
pub(super) struct Teammate {
    /// Its id.
    pub(super) id: String,
    /// Its name.
    pub(super) name: String,
    /// Its share in the mixture.
    pub(super) weight: f64,
    /// Squared distance of its specification to the data's.
    pub(super) distance: Option<f64>,
    /// Cosine of the two embeddings.
    pub(super) similarity: Option<f64>,
    /// Share of the rows for which it is the likeliest source; `None` where that can't be told.
    pub(super) rows_nearest: Option<f64>,
}

/// One learnware that was compared.
#[derive(Debug, Clone, Serialize)]
pub(super) struct Candidate {
    /// Its id.
    pub(super) id: String,
    /// Its name.
    pub(super) name: String,
    /// Squared distance of its specification to the data's.
    pub(super) distance: f64,
    /// Cosine of the two embeddings.
    pub(super) similarity: Option<f64>,
}

/// Why some learnwares were no candidates.
#[derive(Debug, Clone, Serialize)]
pub(super) struct LeftOut {
    /// For people.
    pub(super) reason: String,
    /// How many.
    pub(super) count: usize,
}

/// A learnware that could not run.
#[derive(Debug, Clone, Serialize)]
pub(super) struct Failure {
    /// Its id.
    pub(super) id: String,
    /// What went wrong.
    pub(super) error: String,
}

/// Points of the data's specification and of the team's, in the plane that shows most of them.
#[derive(Debug, Clone, Default)]
pub(super) struct Picture {
    /// The data: place and weight.
    pub(super) data: Vec<Dot>,
    /// The team, in its order.
    pub(super) team: Vec<Vec<Dot>>,
}

/// A weighted point in the plane.
#[derive(Debug, Clone, Copy)]
pub(super) struct Dot {
    /// Place.
    pub(super) x: f64,
    /// Place.
    pub(super) y: f64,
    /// Weight, 0 to 1.
    pub(super) weight: f64,
}
