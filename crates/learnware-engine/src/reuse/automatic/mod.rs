//! Chooses the reuse method, from labels by cross-validation or without labels by default.
//!
//! Every method, models of the labelled rows alone and blends of both are scored on the same rows. A method
//! that learns is scored only on rows it did not learn from. The choice goes to the simplest method that is
//! not worse than the best by more than noise, the default first, then the correction that returns to it. What the choice itself is worth is
//! estimated by bootstrapping the whole selection (Tsamardinos, Greasidou and Borboudakis, Machine Learning
//! 2018): chosen on the drawn rows, scored on the others, so that the winner's luck does not count.

mod choose;
mod curve;
mod method;
mod scoring;

pub use choose::{CandidateReport, CandidateState, Choice, Estimate, Reason};
pub use curve::CurvePoint;
pub use method::{Family, Method};

use super::job_selector::JobSelector;
use super::{Examples, Reuser, Task, require_labels};
use crate::error::Result;
use crate::predictor::Predictions;

/// Fewest labelled rows from which anything can be left out.
const LABELS_MIN: usize = 2;
/// Standard errors that a method has to be better by than what aligned teams prefer. The least of some twenty losses is below
/// one of them by a standard error about every third time where labels are few and nothing is better.
const ALIGNED_NOISE: f64 = 2.5;
/// Fewest labelled rows for boosted trees as a candidate.
const TREE_LABELS_MIN: usize = 50;

/// How the choice is made.
#[derive(Debug, Clone, PartialEq)]
pub struct AutomaticParameters {
    /// What is used without labels, and preferred among equals.
    pub default: Method,
    /// What is preferred to the default once there are labels to learn from; `None` for nothing.
    pub preferred: Option<Method>,
    /// Parts of the cross-validation; fewer when there are fewer labels.
    pub folds: usize,
    /// Cross-validations with other folds whose losses are averaged.
    pub repeats: usize,
    /// Draws of the bootstrap that judges the choice.
    pub bootstraps: usize,
    /// Standard errors of a paired difference that count as noise.
    pub noise_factor: f64,
    /// Seed of folds, bags and draws.
    pub seed: u64,
}

impl Default for AutomaticParameters {
    fn default() -> Self {
        Self {
            default: Method::WeightedAverage,
            preferred: None,
            folds: 5,
            repeats: 2,
            bootstraps: 200,
            noise_factor: 1.0,
            seed: 0,
        }
    }
}

impl AutomaticParameters {
    /// For teams of aligned learnwares, whose answers may be on another scale than the labels: linear models on the rows and
    /// the team's average are kept unless another method beats them by far more than noise
    /// (`docs/adr/0047-few-labels-and-many-methods.md`).
    pub fn for_aligned() -> Self {
        Self { preferred: Some(Method::AugmentBlend), noise_factor: ALIGNED_NOISE, ..Self::default() }
    }
}

/// Chooses a method when fitted, and is that method afterwards.
pub struct Automatic {
    parameters: AutomaticParameters,
    selector: Option<JobSelector>,
    candidates: Vec<Method>,
    chosen: Option<(Choice, Box<dyn Reuser>)>,
}

impl Automatic {
    /// A choice among all methods; `selector` where the members have specifications.
    pub fn new(parameters: AutomaticParameters, selector: Option<JobSelector>) -> Self {
        let candidates = Method::all();
        Self { parameters, selector, candidates, chosen: None }
    }

    /// A choice among the given methods, the preferred among equals first; the default is always the first.
    #[must_use]
    pub fn with_candidates(mut self, candidates: Vec<Method>) -> Self {
        self.candidates = candidates;
        self
    }

    /// What was chosen and why; `None` before `fit`.
    pub fn choice(&self) -> Option<&Choice> {
        self.chosen.as_ref().map(|(choice, _)| choice)
    }

    /// What is used now.
    pub fn method(&self) -> &Method {
        self.choice().map_or(&self.parameters.default, |choice| &choice.chosen)
    }

    /// Methods that can be tried, with the default first, and those that can't, with the reason.
    fn sorted_candidates(&self, examples: &Examples, labels: usize) -> (Vec<Method>, Vec<CandidateReport>) {
        let mut methods: Vec<Method> = self.parameters.preferred.iter().cloned().collect();
        for method in std::iter::once(&self.parameters.default).chain(&self.candidates) {
            if !methods.contains(method) {
                methods.push(method.clone());
            }
        }
        let missing = |method: &Method| -> Option<CandidateState> {
            let members = examples.answers().member_count();
            if method.needs_specifications() && self.selector.is_none() {
                return Some(CandidateState::NeedsSpecifications);
            }
            // For one member some methods are the same; those that stand first stay.
            let parameters = &self.parameters;
            let stands_first = *method == parameters.default || Some(method) == parameters.preferred.as_ref();
            if method.needs_team() && members < 2 && !stands_first {
                return Some(CandidateState::NeedsTeam);
            }
            if method.uses_features() && examples.features().is_none() {
                return Some(CandidateState::NeedsNumbers);
            }
            let least = if method.uses_trees() { TREE_LABELS_MIN } else { LABELS_MIN };
            let learns = method.family() != Family::DataFree;
            (learns && labels < least).then_some(CandidateState::NeedsLabels { least })
        };
        let mut left_out = Vec::new();
        methods.retain(|method| match missing(method) {
            None => true,
            Some(state) => {
                left_out.push(CandidateReport::left_out(method.clone(), state));
                false
            }
        });
        (methods, left_out)
    }
}

impl Reuser for Automatic {
    fn fit(&mut self, examples: &Examples, labels: &[f64]) -> Result<()> {
        require_labels(examples, labels)?;
        let (methods, left_out) = self.sorted_candidates(examples, labels.len());
        let scoring = scoring::Scoring {
            parameters: &self.parameters,
            selector: self.selector.as_ref(),
            examples,
            labels,
        };
        let scored = scoring.score(&methods);
        let control = scoring.control()?;
        let control = control.as_deref();
        let mut choice = choose::choose(&self.parameters, scored, left_out, control, labels, examples.task());
        if let Some(own) = choice.best_own() {
            choice.learning_curve = scoring.curve(&choice.chosen, &own)?;
        }
        let mut reuser = choice.chosen.build(self.selector.as_ref(), self.parameters.seed)?;
        reuser.fit(examples, labels)?;
        self.chosen = Some((choice, reuser));
        Ok(())
    }

    fn predict(&self, examples: &Examples) -> Result<Predictions> {
        match &self.chosen {
            Some((_, reuser)) => reuser.predict(examples),
            None => {
                self.parameters.default.build(self.selector.as_ref(), self.parameters.seed)?.predict(examples)
            }
        }
    }
}

/// Whether a task's labels are classes.
pub(crate) fn is_classification(task: Task) -> bool {
    matches!(task, Task::Classification { .. })
}
