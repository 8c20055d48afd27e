//! The methods among which the automatic choice is made.

use serde::{Deserialize, Serialize};

use super::super::averaging::Weighting;
use super::super::{
    AugmentInput, Averaging, AveragingMode, ConvexStacking, EnsemblePruning, Examples, FeatureAugment,
    GuardedSelector, JobSelector, OwnLearner, OwnModel, PruningMethod, Reuser, Routing, TopOne,
};
use crate::error::{EngineError, Result};
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
            Self::Blend { own, team } => {
                Box::new(Blend { own: OwnModel::new(*own, seed), team: team.build(selector, seed)? })
            }
        })
    }
}

/// The mean of two reusers.
struct Blend {
    own: OwnModel,
    team: Box<dyn Reuser>,
}

impl Reuser for Blend {
    fn needs_labels(&self) -> bool {
        true
    }

    fn fit(&mut self, examples: &Examples, labels: &[f64]) -> Result<()> {
        self.own.fit(examples, labels)?;
        self.team.fit(examples, labels)
    }

    fn predict(&self, examples: &Examples) -> Result<Predictions> {
        let (own, mut team) = (self.own.predict(examples)?, self.team.predict(examples)?);
        if own.values.columns() != team.values.columns() {
            return Err(EngineError::Shape {
                what: "outputs of the team for a blend",
                expected: own.values.columns().to_string(),
                found: team.values.columns().to_string(),
            });
        }
        let pairs = team.values.as_mut_slice().iter_mut().zip(own.values.as_slice());
        pairs.for_each(|(team, own)| *team = 0.5 * (*team + own));
        Ok(team)
    }
}
