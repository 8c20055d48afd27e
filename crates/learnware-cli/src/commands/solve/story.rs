//! All that a solution has to tell, as data: the JSON document, the text and the report are made of it.

use learnware_engine::market::{SearchResults, Verdict};
use learnware_engine::reuse::automatic::Choice;
use learnware_engine::semantic::DataType;
use serde::Serialize;

/// What happened.
#[derive(Debug, Serialize)]
pub(in crate::commands) struct Story {
    /// The data's file name.
    pub(in crate::commands) data: String,
    /// What it is.
    pub(in crate::commands) kind: DataType,
    /// Its rows, texts or images.
    pub(in crate::commands) rows: usize,
    /// The columns that the learnwares take; none for texts and images.
    pub(in crate::commands) columns: Vec<String>,
    /// The task.
    pub(in crate::commands) task: String,
    /// Names of the classes, for classification.
    pub(in crate::commands) classes: Option<Vec<String>>,
    /// Whether the dock has something for this data.
    pub(in crate::commands) verdict: Verdict,
    /// Share of the data, as a distribution, that the learnwares compared cover; 0 to 1.
    pub(in crate::commands) covered: Option<f64>,
    /// Rows far from everything that the team was trained on, 0-based.
    pub(in crate::commands) far_rows: Vec<usize>,
    /// Those who predict, heaviest first.
    pub(in crate::commands) team: Vec<Teammate>,
    /// The nearest ones, best first, whether they predict or not.
    pub(in crate::commands) nearest: Vec<Candidate>,
    /// Squared distance of the team's mixture to the data.
    pub(in crate::commands) team_distance: Option<f64>,
    /// How the team's answers are combined.
    pub(in crate::commands) method: String,
    /// Why that way; `None` without labels.
    pub(in crate::commands) choice: Option<Choice>,
    /// Learnwares that were no candidates: reason and number.
    pub(in crate::commands) left_out: Vec<LeftOut>,
    /// Learnwares that were chosen but could not run.
    pub(in crate::commands) failed: Vec<Failure>,
    /// Where the predictions are.
    pub(in crate::commands) predictions: Option<String>,
    /// Where the report is.
    pub(in crate::commands) report: Option<String>,
    /// The picture of the data and the team.
    #[serde(skip)]
    pub(in crate::commands) picture: Option<crate::page::picture::Picture>,
    /// The search in full.
    #[serde(skip)]
    pub(in crate::commands) search: SearchResults,
}

/// One learnware of the team.
#[derive(Debug, Clone, Serialize)]
pub(in crate::commands) struct Teammate {
    /// Its id.
    pub(in crate::commands) id: String,
    /// Its name.
    pub(in crate::commands) name: String,
    /// Its share in the mixture.
    pub(in crate::commands) weight: f64,
    /// Squared distance of its specification to the data's.
    pub(in crate::commands) distance: Option<f64>,
    /// Cosine of the two embeddings.
    pub(in crate::commands) similarity: Option<f64>,
    /// Share of the rows for which it is the likeliest source; `None` where that can't be told.
    pub(in crate::commands) rows_nearest: Option<f64>,
}

/// One learnware that was compared.
#[derive(Debug, Clone, Serialize)]
pub(in crate::commands) struct Candidate {
    /// Its id.
    pub(in crate::commands) id: String,
    /// Its name.
    pub(in crate::commands) name: String,
    /// Squared distance of its specification to the data's.
    pub(in crate::commands) distance: f64,
    /// Cosine of the two embeddings.
    pub(in crate::commands) similarity: Option<f64>,
}

/// Why some learnwares were no candidates.
#[derive(Debug, Clone, Serialize)]
pub(in crate::commands) struct LeftOut {
    /// For people.
    pub(in crate::commands) reason: String,
    /// How many.
    pub(in crate::commands) count: usize,
}

/// A learnware that could not run.
#[derive(Debug, Clone, Serialize)]
pub(in crate::commands) struct Failure {
    /// Its id.
    pub(in crate::commands) id: String,
    /// What went wrong.
    pub(in crate::commands) error: String,
}
