//! The user's side of a search by anchors: data is read, measured, and compared with candidates here.

use std::path::Path;

use learnware_engine::learnware::LearnwareId;
use learnware_engine::market::index::{Anchors, MESSAGE_ROWS_MAX, Message};
use learnware_engine::specification::{Embedding, IslandKey, PrivacyBudget, StatisticalSpecification};
use serde_json::{Value, json};

use crate::datafile;
use crate::error::advised;
use crate::specfile::{self, DELTA, Maker, Numbers, secret_seed};

/// The user's data, or a specification of it.
pub(crate) enum Brought {
    /// Every row, text or image as numbers.
    Data(Numbers),
    /// A specification file.
    Specification(StatisticalSpecification),
}

/// Data as it was measured.
pub(crate) struct Measured {
    /// What stays here.
    pub(crate) target: Embedding<f32>,
    /// What may leave.
    pub(crate) message: Message,
}

impl Brought {
    /// Reads data or a specification file.
    pub(crate) fn read(path: &Path, maker: &Maker<'_>) -> anyhow::Result<Self> {
        if !datafile::is_data(path) && maker.options.kind.is_none() {
            return Ok(Self::Specification(specfile::read(path)?.specification));
        }
        Ok(Self::Data(maker.numbers(path)?))
    }

    /// The island it belongs to.
    pub(crate) fn island(&self) -> IslandKey {
        match self {
            Self::Data(numbers) => numbers.island.clone(),
            Self::Specification(specification) => specification.island(),
        }
    }

    /// Whether a learnware knows the languages of the texts, as far as both tell.
    pub(crate) fn is_spoken_by(&self, theirs: &StatisticalSpecification) -> bool {
        let own = match self {
            Self::Data(numbers) => numbers.languages.as_slice(),
            Self::Specification(specification) => specification.languages(),
        };
        theirs.speaks(own)
    }

    /// What is measured, in words.
    pub(crate) fn words(&self, noise: Option<(f64, Option<f64>)>) -> String {
        match self {
            Self::Data(numbers) if noise.is_none() && numbers.points.rows() > MESSAGE_ROWS_MAX => {
                format!("a sample of {MESSAGE_ROWS_MAX} of {} rows", numbers.points.rows())
            }
            Self::Data(numbers) => format!("all {} rows", numbers.points.rows()),
            Self::Specification(specification) => {
                format!("the {} points of the specification", specification.rkme().weights().len())
            }
        }
    }

    /// Measures it; `noise` is epsilon and, where it is given, delta.
    pub(crate) fn measure(
        &self,
        anchors: &Anchors,
        noise: Option<(f64, Option<f64>)>,
    ) -> anyhow::Result<Measured> {
        if self.island() != *anchors.island() {
            return Err(advised(
                format!("the anchors are of {}, and the data of {}", anchors.island(), self.island()),
                "name the columns that the learnwares take, or get the anchors of the data's island",
            ));
        }
        let (target, message) = match (self, noise) {
            (Self::Data(numbers), None) => {
                let target = anchors.embedding_of_rows(&numbers.points)?;
                let message = anchors.message(&target)?;
                (target, message)
            }
            (Self::Data(numbers), Some((epsilon, delta))) => {
                refuse_filled(numbers)?;
                let budget = PrivacyBudget::new(epsilon, delta.unwrap_or(DELTA))?;
                let message = anchors.noisy_message(&numbers.points, budget, secret_seed()?)?;
                (anchors.embedding_of_rows(&numbers.points)?, message)
            }
            (Self::Specification(specification), None) => {
                let target = anchors.embedding(specification.rkme())?;
                let message = anchors.message(&target)?;
                (target, message)
            }
            (Self::Specification(_), Some(_)) => {
                return Err(advised(
                    "noise protects rows, and a specification has none",
                    "measure the data itself, or make the specification with `learnware spec --dp EPSILON`",
                ));
            }
        };
        Ok(Measured { target, message })
    }
}

/// A mean in place of absent values carries every row into others, which the noise does not account for.
fn refuse_filled(numbers: &Numbers) -> anyhow::Result<()> {
    match &numbers.filled {
        None => Ok(()),
        Some(column) => Err(advised(
            format!(
                "column {column:?} has absent values; its mean would stand for them, and no noise accounts for that"
            ),
            "fill them with a number that does not depend on the data, leave the column out with --drop, or measure \
             without --epsilon",
        )),
    }
}

/// Identifiers with the weighted points that are compared.
pub(crate) fn points(
    specifications: &[(LearnwareId, StatisticalSpecification)],
) -> Vec<(LearnwareId, &learnware_engine::specification::Rkme)> {
    specifications.iter().map(|(id, specification)| (id.clone(), specification.rkme())).collect()
}

/// What a message holds, for people.
pub(crate) fn sentence(message: &Message) -> String {
    let count = message.number_count();
    match &message.noise {
        None => format!("{count} numbers that are measured on the data; no row, no point, no name"),
        Some(noise) => format!(
            "{count} numbers with noise of deviation {:.1e}: ({}, {:.0e})-differential privacy for replacing one row; \
             the number of rows, which columns there are and the words of categories count as public",
            noise.deviation, noise.epsilon, noise.delta
        ),
    }
}

/// What a message holds, for programs.
pub(crate) fn to_json(message: &Message) -> Value {
    json!({ "numbers": message.number_count(), "noise": message.noise, "anchors": message.anchors })
}
