//! One battery that every reuser passes, on both kinds of task.

use learnware_engine::learnware::LearnwareId;
use learnware_engine::numeric::random::Stream;
use learnware_engine::predictor::{Batch, PredictError, Predictions, Predictor};
use learnware_engine::reuse::automatic::CandidateState;
use learnware_engine::reuse::{
    Automatic, AutomaticParameters, Examples, Family, JobSelector, Member, Method, Reuser, Routing,
    ScoresAre, Task, Team, labels_of,
};
use learnware_engine::specification::{IslandKernel, Rkme, RkmeParameters};
use learnware_engine::{EngineError, Matrix};
use proptest::prelude::*;

const CLASSES: usize = 3;

/// A member that answers by a fixed linear rule.
struct Linear {
    rule: [f64; 3],
    task: Task,
}

impl Predictor for Linear {
    fn input_shape(&self) -> Option<Vec<usize>> {
        Some(vec![2])
    }

    fn output_shape(&self) -> Option<Vec<usize>> {
        None
    }

    fn predict(&mut self, batch: &Batch) -> Result<Predictions, PredictError> {
        let Batch::Table(rows) = batch else {
            return Err(PredictError::BadInput { reason: "a table is needed".into() });
        };
        let score = |row: &[f64]| self.rule[0] + self.rule[1] * row[0] + self.rule[2] * row[1];
        let width = if self.task == Task::Regression { 1 } else { CLASSES };
        let mut values = Matrix::zeros(rows.rows(), width);
        for (index, row) in rows.iter_rows().enumerate() {
            let score = score(row);
            let out = values.row_mut(index);
            match self.task {
                Task::Regression => out[0] = score,
                Task::Classification { .. } => {
                    out.iter_mut()
                        .enumerate()
                        .for_each(|(class, p)| *p = (-(score - class as f64).powi(2)).exp());
                }
            }
        }
        Ok(Predictions { values })
    }
}

fn rows(count: usize, seed: u64) -> Matrix {
    let mut stream = Stream::new(seed);
    Matrix::new(count, 2, (0..2 * count).map(|_| 1.0 + stream.normal()).collect()).unwrap()
}

fn team_of(rules: &[[f64; 3]], task: Task) -> Team {
    let member = |(index, &rule): (usize, &[f64; 3])| Member {
        id: LearnwareId(format!("{index:08}")),
        rkme: Some(specification(index)),
        predictor: Box::new(Linear { rule, task }),
        weight: 1.0 + index as f64,
    };
    Team::new(rules.iter().enumerate().map(member).collect(), task, ScoresAre::Probabilities).unwrap()
}

fn specification(index: usize) -> Rkme {
    let mut data = rows(40, 50 + index as u64);
    data.as_mut_slice().iter_mut().for_each(|value| *value += 0.5 * index as f64);
    Rkme::generate(&data, &RkmeParameters { reduced_set_size: 10, ..RkmeParameters::default() }).unwrap()
}

const RULES: [[f64; 3]; 3] = [[0.0, 1.0, 0.0], [0.2, 0.6, 0.5], [2.0, -1.0, 0.3]];

fn selector(members: usize) -> JobSelector {
    let specifications: Vec<Rkme> = (0..members).map(specification).collect();
    let borrowed: Vec<&Rkme> = specifications.iter().collect();
    let kernel = IslandKernel::pooled(specifications.iter());
    JobSelector::new(&borrowed, &vec![1.0; members], &kernel, Routing::Hard).unwrap()
}

fn labels(rows: &Matrix, task: Task) -> Vec<f64> {
    let truth = |row: &[f64]| 0.1 + 0.8 * row[0] + 0.2 * row[1];
    let label = |row: &[f64]| match task {
        Task::Regression => truth(row),
        Task::Classification { .. } => truth(row).round().clamp(0.0, 2.0),
    };
    rows.iter_rows().map(label).collect()
}

/// Every method, and the automatic choice among them.
fn reusers(members: usize) -> Vec<(String, Box<dyn Reuser>)> {
    let selector = selector(members);
    let mut all: Vec<(String, Box<dyn Reuser>)> = Method::all()
        .into_iter()
        .map(|method| (format!("{method:?}"), method.build(Some(&selector), 7).unwrap()))
        .collect();
    let parameters = AutomaticParameters { repeats: 1, bootstraps: 20, ..AutomaticParameters::default() };
    all.push(("automatic".into(), Box::new(Automatic::new(parameters, Some(selector)))));
    all
}

const TASKS: [Task; 2] = [Task::Regression, Task::Classification { classes: CLASSES }];

fn predictions(reuser: &mut dyn Reuser, known: &Examples, labels: &[f64], asked: &Examples) -> Predictions {
    reuser.fit(known, labels).unwrap();
    reuser.predict(asked).unwrap()
}

#[test]
fn every_reuser_keeps_the_contract() {
    for task in TASKS {
        let mut team = team_of(&RULES, task);
        let train = rows(30, 1);
        let known = team.ask(&Batch::Table(train.clone())).unwrap();
        let labels = labels(&train, task);
        let asked = team.ask(&Batch::Table(rows(23, 2))).unwrap();
        let order: Vec<usize> = (0..23).rev().collect();
        let repeats = reusers(3);
        for ((name, mut reuser), (_, mut again)) in reusers(3).into_iter().zip(repeats) {
            let first = predictions(reuser.as_mut(), &known, &labels, &asked).values;
            assert_eq!(first.rows(), 23, "{name}: one row for each example");
            first.require_finite().unwrap();
            let turned = reuser.predict(&asked.select(&order)).unwrap().values;
            assert_eq!(turned, first.select_rows(&order), "{name}: rows do not depend on each other");
            let second = predictions(again.as_mut(), &known, &labels, &asked).values;
            let bits = |m: &Matrix| m.as_slice().iter().map(|v| v.to_bits()).collect::<Vec<_>>();
            assert_eq!(bits(&first), bits(&second), "{name}: same seed, same bytes");
            let error = again.fit(&known, &labels[1..]).is_err();
            assert_eq!(error, again.needs_labels() || name == "automatic", "{name}: labels are counted");
        }
    }
}

#[test]
fn learning_methods_refuse_to_predict_before_they_learn() {
    let mut team = team_of(&RULES, Task::Regression);
    let asked = team.ask(&Batch::Table(rows(5, 2))).unwrap();
    for (name, reuser) in reusers(3) {
        assert_eq!(reuser.predict(&asked).is_err(), reuser.needs_labels(), "{name}");
    }
}

#[test]
fn one_member_is_that_members_output() {
    for task in TASKS {
        let mut team = team_of(&RULES[..1], task);
        let train = rows(12, 1);
        let known = team.ask(&Batch::Table(train.clone())).unwrap();
        let asked = team.ask(&Batch::Table(rows(9, 2))).unwrap();
        let own = asked.answers().values()[0].clone();
        let choosers = [
            Method::TopOne,
            Method::Average,
            Method::WeightedAverage,
            Method::JobSelector,
            Method::SoftJobSelector,
            Method::BestMember,
            Method::Pruning,
            Method::ParetoPruning,
            Method::ConvexStacking,
        ];
        for method in choosers {
            let mut reuser = method.build(Some(&selector(1)), 0).unwrap();
            let values = predictions(reuser.as_mut(), &known, &labels(&train, task), &asked).values;
            for (a, b) in values.as_slice().iter().zip(own.as_slice()) {
                assert!((a - b).abs() < 1e-12, "{method:?}");
            }
        }
    }
}

/// A member whose answer is given.
struct Says(Matrix);

impl Predictor for Says {
    fn input_shape(&self) -> Option<Vec<usize>> {
        None
    }

    fn output_shape(&self) -> Option<Vec<usize>> {
        None
    }

    fn predict(&mut self, _: &Batch) -> Result<Predictions, PredictError> {
        Ok(Predictions { values: self.0.clone() })
    }
}

fn ask(answers: &[&[[f64; 1]]], task: Task) -> Result<Examples, EngineError> {
    let member = |(index, answer): (usize, &&[[f64; 1]])| Member {
        id: LearnwareId(format!("number {index}")),
        rkme: None,
        predictor: Box::new(Says(Matrix::from_rows(answer).unwrap())),
        weight: 1.0,
    };
    let members = answers.iter().enumerate().map(member).collect();
    Team::new(members, task, ScoresAre::Probabilities)?.ask(&Batch::Table(rows(2, 0)))
}

#[test]
fn bad_answers_are_refused_and_the_learnware_is_named() {
    let classes = Task::Classification { classes: 3 };
    let cases: [(&[[f64; 1]], Task, &str); 4] = [
        (&[[1.0], [f64::NAN]], Task::Regression, "not a finite number"),
        (&[[1.0], [f64::INFINITY]], classes, "not a finite number"),
        (&[[1.0]], Task::Regression, "1 rows for 2 examples"),
        (&[[1.0], [3.0]], classes, "not a class from 0 to 2"),
    ];
    for (answer, task, wanted) in cases {
        let message = ask(&[&[[0.0], [1.0]], answer], task).unwrap_err().to_string();
        assert!(message.contains("number 1") && message.contains(wanted), "{message}");
    }
    assert!(Team::new(Vec::new(), classes, ScoresAre::Probabilities).is_err());
}

#[test]
fn votes_go_to_the_lowest_class_among_equals_and_weights_count() {
    let task = Task::Classification { classes: 3 };
    let examples = ask(&[&[[2.0], [0.0]], &[[1.0], [2.0]]], task).unwrap();
    let average = Method::Average.build(None, 0).unwrap().predict(&examples).unwrap();
    assert_eq!(labels_of(&average, task), vec![1.0, 0.0]);
    // The probability of class 1 is an answer for two classes.
    let task = Task::Classification { classes: 2 };
    let examples = ask(&[&[[0.9], [0.2]]], task).unwrap();
    assert_eq!(labels_of(&TopOnePrediction::of(&examples), task), vec![1.0, 0.0]);
}

struct TopOnePrediction;

impl TopOnePrediction {
    fn of(examples: &Examples) -> Predictions {
        Method::TopOne.build(None, 0).unwrap().predict(examples).unwrap()
    }
}

#[test]
fn hard_routing_asks_each_member_only_about_its_rows() {
    let task = Task::Classification { classes: CLASSES };
    let mut team = team_of(&RULES, task);
    let batch = rows(40, 9);
    let selector = selector(3);
    let route = selector.route(&batch).unwrap();
    let whole = team.ask(&Batch::Table(batch.clone())).unwrap();
    let routed = team.ask_routed(&Batch::Table(batch), &route).unwrap();
    assert_eq!(selector.predict(&whole).unwrap().values, routed);
}

#[test]
fn far_rows_are_told_from_near_ones() {
    let selector = selector(3);
    let mut stream = rows(60, 4);
    let near = selector.far(&stream).unwrap();
    assert!(near.iter().filter(|&&far| far).count() <= 6);
    stream.as_mut_slice().iter_mut().for_each(|value| *value += 40.0);
    assert!(selector.far(&stream).unwrap().iter().all(|&far| far));
}

#[test]
fn the_automatic_choice_bears_any_number_of_labels() {
    for task in TASKS {
        let mut team = team_of(&RULES, task);
        for count in [1, 2, 3, 4, 7, 11, 25] {
            let train = rows(count, 3);
            let known = team.ask(&Batch::Table(train.clone())).unwrap();
            let constant = vec![1.0; count];
            for labels in [labels(&train, task), constant] {
                let parameters = AutomaticParameters { bootstraps: 20, ..AutomaticParameters::default() };
                let mut automatic = Automatic::new(parameters, Some(selector(3)));
                let made = predictions(&mut automatic, &known, &labels, &known);
                made.values.require_finite().unwrap();
                let choice = automatic.choice().unwrap();
                assert!(!choice.reasons.is_empty());
                assert_eq!(choice.learning_curve.len(), if count < 16 { 0 } else { 4 });
                assert_eq!(choice.difference_to_control.is_some(), count >= 8 && choice.expected.is_some());
                if count == 1 {
                    assert_eq!(choice.chosen, Method::WeightedAverage);
                }
                let json = serde_json::to_string(choice).unwrap();
                assert_eq!(&serde_json::from_str::<learnware_engine::reuse::Choice>(&json).unwrap(), choice);
            }
        }
    }
}

#[test]
fn with_useless_members_and_many_labels_the_own_model_is_chosen() {
    let mut team = team_of(&[[9.0, 0.0, 0.0], [-9.0, 0.0, 0.0]], Task::Regression);
    let train = rows(120, 3);
    let known = team.ask(&Batch::Table(train.clone())).unwrap();
    let mut automatic = Automatic::new(AutomaticParameters::default(), Some(selector(2)));
    automatic.fit(&known, &labels(&train, Task::Regression)).unwrap();
    let choice = automatic.choice().unwrap();
    assert_ne!(choice.chosen.family(), Family::DataFree);
    assert!(choice.expected.unwrap().mean < 1e-2, "{:?}", choice.expected);
    assert!(choice.difference_to_own.unwrap().mean < 1e-2);
}

#[test]
fn with_a_perfect_member_and_few_labels_reuse_beats_the_own_model() {
    let mut team = team_of(&[[0.1, 0.8, 0.2], [2.0, 1.0, 0.0], [-1.0, 0.0, 1.0]], Task::Regression);
    let train = rows(6, 3);
    let known = team.ask(&Batch::Table(train.clone())).unwrap();
    let mut automatic = Automatic::new(AutomaticParameters::default(), Some(selector(3)));
    automatic.fit(&known, &labels(&train, Task::Regression)).unwrap();
    let choice = automatic.choice().unwrap();
    assert!(choice.difference_to_own.unwrap().mean <= 0.0, "{choice:?}");
    assert!(choice.expected.unwrap().mean < 0.2, "{:?} {:?}", choice.chosen, choice.expected);
}

#[test]
fn aligned_teams_prefer_to_learn_their_scale() {
    let mut team = team_of(&[[5.0, 8.0, 2.0], [4.0, 9.0, 2.0]], Task::Regression);
    let known = team.ask(&Batch::Table(rows(12, 3))).unwrap();
    let mut automatic = Automatic::new(AutomaticParameters::for_aligned(), None);
    assert_eq!(automatic.method(), &Method::WeightedAverage);
    automatic.fit(&known, &labels(&rows(12, 3), Task::Regression)).unwrap();
    assert_ne!(automatic.method().family(), Family::DataFree);
}

#[test]
fn a_single_aligned_learnware_is_preferred_as_one_column_among_the_users() {
    let mut team = team_of(&[[5.0, 8.0, 2.0]], Task::Regression);
    let known = team.ask(&Batch::Table(rows(12, 3))).unwrap();
    let mut automatic = Automatic::new(AutomaticParameters::for_aligned(), None);
    automatic.fit(&known, &labels(&rows(12, 3), Task::Regression)).unwrap();
    let first = &automatic.choice().unwrap().candidates[0];
    assert_eq!(first.method, Method::AugmentBlend);
    assert!(matches!(first.state, CandidateState::Scored { .. }), "{first:?}");
}

#[test]
fn few_labels_of_noise_leave_aligned_teams_what_they_start_from() {
    let mut team = team_of(&[[5.0, 8.0, 2.0], [4.0, 9.0, 2.0]], Task::Regression);
    let left = |parameters: AutomaticParameters, team: &mut Team| {
        (0..40_u64)
            .filter(|&seed| {
                let mut stream = Stream::new(100 + seed);
                let rows = rows(20, 200 + seed);
                let known = team.ask(&Batch::Table(rows.clone())).unwrap();
                let mut noisy = labels(&rows, Task::Regression);
                for label in &mut noisy {
                    *label += 2.0 * stream.normal();
                }
                let mut automatic = Automatic::new(parameters.clone(), None);
                automatic.fit(&known, &noisy).unwrap();
                *automatic.method() != Method::AugmentBlend
            })
            .count()
    };
    let aligned = left(AutomaticParameters::for_aligned(), &mut team);
    let usual =
        left(AutomaticParameters { noise_factor: 1.0, ..AutomaticParameters::for_aligned() }, &mut team);
    assert!(aligned <= 2 && usual >= 8, "{aligned} {usual}");
}

#[test]
fn a_blend_is_the_mean_of_its_parts() {
    for task in [Task::Regression, Task::Classification { classes: CLASSES }] {
        let mut team = team_of(&[[0.1, 0.8, 0.2], [2.0, 1.0, 0.0]], task);
        let train = rows(30, 3);
        let (known, new) =
            (team.ask(&Batch::Table(train.clone())).unwrap(), team.ask(&Batch::Table(rows(15, 4))).unwrap());
        let answers = |method: Method| {
            let mut reuser = method.build(None, 7).unwrap();
            reuser.fit(&known, &labels(&train, task)).unwrap();
            reuser.predict(&new).unwrap().values
        };
        let (average, correction) = (answers(Method::AverageAugment), answers(Method::Correction));
        let parts = average.as_slice().iter().zip(correction.as_slice());
        for (blend, (one, other)) in answers(Method::AugmentBlend).as_slice().iter().zip(parts) {
            assert!((blend - 0.5 * (one + other)).abs() < 1e-12);
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(40))]

    #[test]
    fn averages_stay_between_the_members_and_shares_sum_to_one(
        answers in prop::collection::vec([-50.0..50.0_f64, -50.0..50.0], 1..6),
    ) {
        let columns: Vec<Vec<[f64; 1]>> = answers.iter().map(|a| a.iter().map(|&v| [v]).collect()).collect();
        let borrowed: Vec<&[[f64; 1]]> = columns.iter().map(Vec::as_slice).collect();
        let examples = ask(&borrowed, Task::Regression).unwrap();
        let average = Method::WeightedAverage.build(None, 0).unwrap().predict(&examples).unwrap().values;
        for row in 0..2 {
            let low = answers.iter().map(|a| a[row]).fold(f64::INFINITY, f64::min);
            let high = answers.iter().map(|a| a[row]).fold(f64::NEG_INFINITY, f64::max);
            prop_assert!((low - 1e-9..=high + 1e-9).contains(&average.at(row, 0)));
        }
        prop_assert!((examples.answers().weights().iter().sum::<f64>() - 1.0).abs() < 1e-12);
    }

    #[test]
    fn chances_are_a_distribution_over_members(x in -1e6..1e6_f64, y in -1e6..1e6_f64) {
        let chances = selector(3).chances(&Matrix::from_rows(&[[x, y]]).unwrap()).unwrap();
        prop_assert!((chances.row(0).iter().sum::<f64>() - 1.0).abs() < 1e-9);
        prop_assert!(chances.row(0).iter().all(|p| (0.0..=1.0).contains(p)));
    }
}

/// A member that answers how long a text is.
struct Length;

impl Predictor for Length {
    fn input_shape(&self) -> Option<Vec<usize>> {
        None
    }

    fn output_shape(&self) -> Option<Vec<usize>> {
        None
    }

    fn predict(&mut self, batch: &Batch) -> Result<Predictions, PredictError> {
        let Batch::Text(texts) = batch else {
            return Err(PredictError::BadInput { reason: "texts are needed".into() });
        };
        let lengths = texts.iter().map(|text| text.len() as f64).collect();
        Ok(Predictions { values: Matrix::new(texts.len(), 1, lengths).unwrap() })
    }
}

#[test]
fn models_take_texts_and_methods_their_embedding() {
    let member =
        Member { id: LearnwareId("length".into()), rkme: None, predictor: Box::new(Length), weight: 1.0 };
    let mut team = Team::new(vec![member], Task::Regression, ScoresAre::default()).unwrap();
    let texts: Vec<String> = (0..40).map(|place: usize| "x".repeat(place % 7)).collect();
    let plain = team.ask(&Batch::Text(texts)).unwrap();
    assert!(plain.features().is_none());
    assert!(plain.clone().with_embedded(rows(39, 1)).is_err());
    let embedded = rows(40, 1);
    let examples = plain.clone().with_embedded(embedded.clone()).unwrap();
    assert_eq!(examples.features(), Some(&embedded));
    assert_eq!(examples.select(&[3]).features().unwrap().row(0), embedded.row(3));
    // The labels are in the embedding alone.
    let labels: Vec<f64> = embedded.iter_rows().map(|row| 3.0 * row[0] - row[1]).collect();
    let mut method = Method::FeatureAugment.build(None, 0).unwrap();
    assert!(method.fit(&plain, &labels).is_err());
    method.fit(&examples, &labels).unwrap();
    for (found, label) in method.predict(&examples).unwrap().values.column(0).iter().zip(&labels) {
        assert!((found - label).abs() < 0.1, "{found} {label}");
    }
}
