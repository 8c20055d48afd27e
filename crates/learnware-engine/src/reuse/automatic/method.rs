//! The methods among which the automatic choice is made.

use serde::{Deserialize, Serialize};

use super::super::averaging::Weighting;
use super::super::{
    AugmentInput, Averaging, AveragingMode, ConvexStacking, EnsemblePruning, Examples, FeatureAugment,
    GuardedSelector, JobSelector, OwnLearner, OwnModel, PruningMethod, Reuser, Routing, TopOne,
};
use crate::error::{EngineError, Result};
use crate::numeric::Matrix;
use crate::predictor::Predictions;

/// A way from examples to predictions.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Method {
    /// The nearest learnware alone.
    TopOne,
    /// All with equal weights.
    Average,
    /// All with the weights of the mixture.
    WeightedAverage,
    /// Each row to its likeliest learnware.
    JobSelector,
    /// All, weighted row by row by their chances.
    SoftJobSelector,
    /// The learnware with the least loss on the labels.
    BestMember,
    /// Ensemble selection on the labels.
    Pruning,
    /// Multi-objective ensemble pruning on the labels.
    ParetoPruning,
    /// A linear model on the answers.
    Stacking,
    /// Weights of the members, not negative and with sum one, learned from the labels.
    ConvexStacking,
    /// A linear correction of the weighted average.
    Correction,
    /// A linear model on rows and answers.
    FeatureAugment,
    /// A linear model on rows and the weighted average.
    AverageAugment,
    /// The mean of [`Self::AverageAugment`] and [`Self::Correction`]: of two linear models on few labels one falls back to the
    /// labels' mean, the other to the team's average.
    AugmentBlend,
    /// Each row to its likeliest learnware; rows far from all to a model of the labels alone.
    CoveredOnly(OwnLearner),
    /// A model of the labels alone.
    Own(OwnLearner),
    /// The mean of a model of the labels alone and a data-free or pruned team.
    Blend {
        /// The model of the labels alone.
        own: OwnLearner,
        /// The team's method.
        team: Box<Method>,
    },
}

/// Methods by what they need, simplest first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Family {
    /// Needs no labels.
    DataFree,
    /// Learns from labels how to use the team.
    Team,
    /// Learns from labels with and without the team.
    Blend,
    /// Learns from labels alone.
    Own,
}

impl Method {
    /// Every method in the order in which equals are preferred: the data-free default, the linear models that
    /// return to the team when labels say nothing, other team methods, blends, and last the labels alone.
    pub fn all() -> Vec<Self> {
        let mut all = vec![
            Self::WeightedAverage,
            Self::Correction,
            Self::Stacking,
            Self::ConvexStacking,
            Self::ParetoPruning,
            Self::Average,
            Self::SoftJobSelector,
            Self::TopOne,
            Self::JobSelector,
            Self::Pruning,
            Self::BestMember,
            Self::AverageAugment,
            Self::FeatureAugment,
            Self::AugmentBlend,
            Self::CoveredOnly(OwnLearner::Linear),
        ];
        let own = [OwnLearner::Linear, OwnLearner::Trees, OwnLearner::Constant].map(Self::Own);
        for own in [OwnLearner::Linear, OwnLearner::Trees] {
            for team in [Self::WeightedAverage, Self::Average, Self::SoftJobSelector, Self::Pruning] {
                all.push(Self::Blend { own, team: Box::new(team) });
            }
        }
        all.extend(own);
        all
    }

    /// What it needs.
    pub fn family(&self) -> Family {
        match self {
            Self::TopOne
            | Self::Average
            | Self::WeightedAverage
            | Self::JobSelector
            | Self::SoftJobSelector => Family::DataFree,
            Self::BestMember
            | Self::Pruning
            | Self::ParetoPruning
            | Self::Stacking
            | Self::ConvexStacking
            | Self::Correction
            | Self::CoveredOnly(_)
            | Self::AverageAugment
            | Self::AugmentBlend
            | Self::FeatureAugment => Family::Team,
            Self::Blend { .. } => Family::Blend,
            Self::Own(_) => Family::Own,
        }
    }

    /// Whether the members' specifications are used.
    pub fn needs_specifications(&self) -> bool {
        match self {
            Self::JobSelector | Self::SoftJobSelector | Self::CoveredOnly(_) => true,
            Self::Blend { team, .. } => team.needs_specifications(),
            _ => false,
        }
    }

    /// Whether it differs from the one member when there is only one.
    pub(super) fn needs_team(&self) -> bool {
        match self {
            Self::Average
            | Self::WeightedAverage
            | Self::JobSelector
            | Self::SoftJobSelector
            | Self::BestMember
            | Self::Pruning
            | Self::ConvexStacking
            | Self::AverageAugment
            | Self::ParetoPruning => true,
            Self::Blend { team, .. } => **team != Self::WeightedAverage,
            Self::TopOne
            | Self::Stacking
            | Self::Correction
            | Self::FeatureAugment
            | Self::AugmentBlend
            | Self::CoveredOnly(_)
            | Self::Own(_) => false,
        }
    }

    /// Whether the rows' numbers are used besides the answers.
    pub(super) fn uses_features(&self) -> bool {
        match self {
            Self::Own(learner) => *learner != OwnLearner::Constant,
            Self::JobSelector
            | Self::SoftJobSelector
            | Self::Correction
            | Self::FeatureAugment
            | Self::AverageAugment
            | Self::AugmentBlend
            | Self::CoveredOnly(_)
            | Self::Blend { .. } => true,
            Self::TopOne
            | Self::Average
            | Self::WeightedAverage
            | Self::BestMember
            | Self::Pruning
            | Self::ParetoPruning
            | Self::ConvexStacking
            | Self::Stacking => false,
        }
    }

    pub(super) fn uses_trees(&self) -> bool {
        match self {
            Self::Own(learner) | Self::CoveredOnly(learner) | Self::Blend { own: learner, .. } => {
                *learner == OwnLearner::Trees
            }
            _ => false,
        }
    }

    /// The methods whose answers it is the mean of; empty for others.
    pub(super) fn parts(&self) -> Vec<Self> {
        match self {
            Self::AugmentBlend => vec![Self::AverageAugment, Self::Correction],
            Self::Blend { own, team } => vec![Self::Own(*own), Self::clone(team)],
            _ => Vec::new(),
        }
    }

    /// The reuser, still to be fitted if it learns.
    pub fn build(&self, selector: Option<&JobSelector>, seed: u64) -> Result<Box<dyn Reuser>> {
        let route = |routing| -> Result<Box<dyn Reuser>> {
            let selector = selector.ok_or(EngineError::Empty { what: "the list of specifications" })?;
            Ok(Box::new(selector.clone().with_routing(routing)))
        };
        let average = |weighting| Averaging { mode: AveragingMode::VoteByProbability, weighting };
        let prune = |method| Box::new(EnsemblePruning::new(method, seed));
        Ok(match self {
            Self::TopOne => Box::new(TopOne),
            Self::Average => Box::new(average(Weighting::Equal)),
            Self::WeightedAverage => Box::new(average(Weighting::Mixture)),
            Self::JobSelector => route(Routing::Hard)?,
            Self::SoftJobSelector => route(Routing::Soft)?,
            Self::BestMember => prune(PruningMethod::BestMember),
            Self::Pruning => prune(PruningMethod::Selection),
            Self::ParetoPruning => prune(PruningMethod::Pareto),
            Self::Stacking => Box::new(FeatureAugment::new(AugmentInput::Answers, seed)),
            Self::ConvexStacking => Box::new(ConvexStacking::new(seed)),
            Self::CoveredOnly(learner) => {
                let selector = selector.ok_or(EngineError::Empty { what: "the list of specifications" })?;
                let selector = selector.clone().with_routing(Routing::Hard);
                Box::new(GuardedSelector::new(selector, Box::new(OwnModel::new(*learner, seed))))
            }
            Self::Correction => Box::new(FeatureAugment::new(AugmentInput::Correction, seed)),
            Self::AverageAugment => Box::new(FeatureAugment::new(AugmentInput::RowsAndAverage, seed)),
            Self::FeatureAugment => Box::new(FeatureAugment::new(AugmentInput::RowsAndAnswers, seed)),
            Self::Own(learner) => Box::new(OwnModel::new(*learner, seed)),
            Self::AugmentBlend | Self::Blend { .. } => {
                let parts =
                    self.parts().iter().map(|part| part.build(selector, seed)).collect::<Result<_>>()?;
                Box::new(Blend { parts })
            }
        })
    }
}

/// The mean of reusers.
struct Blend {
    parts: Vec<Box<dyn Reuser>>,
}

impl Reuser for Blend {
    fn needs_labels(&self) -> bool {
        true
    }

    fn fit(&mut self, examples: &Examples, labels: &[f64]) -> Result<()> {
        self.parts.iter_mut().try_for_each(|part| part.fit(examples, labels))
    }

    fn predict(&self, examples: &Examples) -> Result<Predictions> {
        let answers = self.parts.iter().map(|part| Ok(part.predict(examples)?.values));
        let answers: Vec<Matrix> = answers.collect::<Result<_>>()?;
        Ok(Predictions { values: mean_of(&answers.iter().collect::<Vec<_>>())? })
    }
}

/// The mean of answers of the same shape, at least one.
pub(super) fn mean_of(answers: &[&Matrix]) -> Result<Matrix> {
    let [first, others @ ..] = answers else { return Err(EngineError::Empty { what: "a blend" }) };
    let mut mean = Matrix::clone(first);
    for other in others {
        if other.columns() != mean.columns() {
            return Err(EngineError::Shape {
                what: "outputs of the parts of a blend",
                expected: mean.columns().to_string(),
                found: other.columns().to_string(),
            });
        }
        mean.as_mut_slice().iter_mut().zip(other.as_slice()).for_each(|(sum, value)| *sum += value);
    }
    let share = 1.0 / answers.len() as f64;
    mean.as_mut_slice().iter_mut().for_each(|sum| *sum *= share);
    Ok(mean)
}
