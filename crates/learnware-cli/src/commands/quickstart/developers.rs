//! The ten developers of the demonstration: what they have, how they learn, what they share.
//!
//! The developers are invented, their scans are real. Each knows four digits well and has hardly seen the
//! others, so no model alone is good on a user's mixture.

use learnware_engine::learnware::ModelFormat;
use learnware_engine::numeric::boosting::{Boosting, BoostingParameters, Objective, to_lightgbm_text};
use learnware_engine::numeric::linear::{Logistic, Standardiser};
use learnware_engine::semantic::{
    Column, ColumnKind, DataType, Dimensions, Library, License, Missing, Scenario, SemanticSpecification,
    Task,
};
use learnware_engine::specification::{Rkme, RkmeParameters, StatisticalSpecification};
use learnware_package::native::onnx::write::{self, Answer, LinearModel};
use learnware_package::template::{ModelSource, PackageWriter};

use super::digits::{CLASSES, Scans};

/// How a developer learns.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Learner {
    /// Multinomial logistic regression, shared as ONNX.
    Logistic,
    /// Boosted trees, shared in LightGBM's text form.
    Trees,
}

impl Learner {
    /// For people.
    pub(super) fn words(self) -> &'static str {
        match self {
            Self::Logistic => "logistic regression, ONNX",
            Self::Trees => "boosted trees, LightGBM text",
        }
    }
}

/// One developer.
#[derive(Debug)]
pub(super) struct Developer {
    /// Who it is.
    pub(super) name: &'static str,
    /// Digits that are common there.
    pub(super) digits: [usize; 4],
    /// How it learns.
    pub(super) learner: Learner,
    scenario: Scenario,
}

const fn developer(
    name: &'static str,
    digits: [usize; 4],
    learner: Learner,
    scenario: Scenario,
) -> Developer {
    Developer { name, digits, learner, scenario }
}

/// Every digit is common with four of them.
pub(super) const DEVELOPERS: [Developer; 10] = [
    developer("Post office north", [0, 1, 2, 7], Learner::Logistic, Scenario::Traffic),
    developer("Post office south", [3, 4, 5, 8], Learner::Trees, Scenario::Traffic),
    developer("Savings bank", [0, 1, 6, 9], Learner::Logistic, Scenario::Financial),
    developer("Tax office", [2, 3, 4, 5], Learner::Logistic, Scenario::Financial),
    developer("Parcel service", [6, 7, 8, 9], Learner::Logistic, Scenario::Traffic),
    developer("Primary school", [0, 2, 6, 8], Learner::Trees, Scenario::Education),
    developer("Water works", [1, 4, 7, 9], Learner::Logistic, Scenario::Industry),
    developer("Town library", [0, 3, 5, 9], Learner::Trees, Scenario::Education),
    developer("Health clinic", [1, 3, 6, 8], Learner::Logistic, Scenario::Health),
    developer("Lottery", [2, 4, 5, 7], Learner::Trees, Scenario::Entertainment),
];

/// Squared penalty of the logistic regressions, on standardised pixels.
const PENALTY: f64 = 1.0;
/// Trees for each digit.
const ROUNDS: usize = 40;
const LEARNING_RATE: f64 = 0.2;

impl Developer {
    /// The name of its learnware.
    pub(super) fn title(&self) -> String {
        let digits = self.digits.map(|digit| digit.to_string()).join(" ");
        format!("{}: digits {digits}", self.name)
    }

    /// Trains on its scans and puts the package together. `header` names the pixels.
    pub(super) fn package(&self, scans: &Scans, header: &[String], seed: u64) -> anyhow::Result<Vec<u8>> {
        let (format, model) = match self.learner {
            Learner::Logistic => (ModelFormat::Onnx, logistic(scans)?),
            Learner::Trees => (ModelFormat::LightGbm, trees(scans, header, seed)),
        };
        let parameters = RkmeParameters { seed, ..RkmeParameters::default() };
        let specification = Rkme::generate(&scans.pixels, &parameters)?;
        let mut writer = PackageWriter::new(
            ModelSource::Data(format, model),
            vec![StatisticalSpecification::Table(specification)],
        );
        let title = self.title();
        writer.semantic = Some(self.semantic(scans, header));
        writer.name = Some(title);
        Ok(writer.write()?)
    }

    fn semantic(&self, scans: &Scans, header: &[String]) -> SemanticSpecification {
        let column =
            |name: &String| Column { name: name.clone(), kind: ColumnKind::Number, missing: Missing::Refuse };
        let described = |names: &[String]| names.iter().cloned().enumerate().collect();
        let digits: Vec<String> = (0..CLASSES).map(|digit| digit.to_string()).collect();
        SemanticSpecification {
            name: self.title(),
            description: format!(
                "Probabilities of the ten digits for a handwritten digit scanned as 8 x 8 pixels with ink from \
                 0 to 16 ({}). Trained on {} scans, nearly all of them {}; it hardly knows the other digits. \
                 Made by `learnware quickstart`: the developer is invented, the scans are from the UCI set \
                 \"Optical Recognition of Handwritten Digits\" (E. Alpaydin and C. Kaynak, CC BY 4.0).",
                self.learner.words(),
                scans.digits.len(),
                self.digits.map(|digit| digit.to_string()).join(", "),
            ),
            data: vec![DataType::Table],
            task: vec![Task::Classification],
            library: vec![Library::Others],
            scenario: vec![self.scenario],
            license: vec![License::CcBy4],
            input: Some(Dimensions {
                dimension: header.len(),
                description: described(header),
                columns: Some(header.iter().map(column).collect()),
            }),
            output: Some(Dimensions { dimension: CLASSES, description: described(&digits), columns: None }),
            ..SemanticSpecification::default()
        }
    }
}

fn logistic(scans: &Scans) -> anyhow::Result<Vec<u8>> {
    let standardiser = Standardiser::new(&scans.pixels);
    let fitted = Logistic::fit(&standardiser.apply(&scans.pixels), &scans.digits, CLASSES, PENALTY, None);
    let model = LinearModel {
        offset: standardiser.means().to_vec(),
        scale: standardiser.factors().to_vec(),
        coefficients: fitted.weights().as_slice().to_vec(),
        intercepts: fitted.intercepts().to_vec(),
    };
    Ok(write::linear(&model, &Answer::Softmax((0_i64..).take(CLASSES).collect()))?)
}

fn trees(scans: &Scans, header: &[String], seed: u64) -> Vec<u8> {
    let targets: Vec<f64> = scans.digits.iter().map(|&digit| digit as f64).collect();
    let parameters = BoostingParameters {
        rounds: ROUNDS,
        learning_rate: LEARNING_RATE,
        column_share: 0.3,
        seed,
        ..BoostingParameters::for_rows(targets.len())
    };
    let fitted = Boosting::fit(&scans.pixels, &targets, Objective::Multiclass(CLASSES), &parameters);
    to_lightgbm_text(&fitted, header).into_bytes()
}
