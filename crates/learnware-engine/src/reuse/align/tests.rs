//! Aligned learnwares on generated tables, and any two specifications.

use proptest::prelude::*;

use super::*;
use crate::numeric::random::Stream;
use crate::specification::RkmeParameters;

fn texts(words: &[&str]) -> Vec<String> {
    words.iter().map(|word| (*word).to_owned()).collect()
}

/// Sales, price, temperature: the model knows them as standardised numbers.
fn rows(count: usize, seed: u64) -> Matrix {
    let mut stream = Stream::new(seed);
    let row = |stream: &mut Stream| {
        let price = stream.normal();
        let temperature = stream.normal();
        let sales = -0.9 * price + 0.3 * stream.normal();
        [sales, price, temperature]
    };
    Matrix::from_rows(&(0..count).map(|_| row(&mut stream)).collect::<Vec<_>>()).unwrap()
}

fn rkme(rows: &Matrix) -> Rkme {
    Rkme::generate(rows, &RkmeParameters { reduced_set_size: 40, ..RkmeParameters::default() }).unwrap()
}

/// `3 sales + price`.
struct Model;

impl Predictor for Model {
    fn input_shape(&self) -> Option<Vec<usize>> {
        Some(vec![3])
    }

    fn output_shape(&self) -> Option<Vec<usize>> {
        Some(vec![1])
    }

    fn predict(&mut self, batch: &Batch) -> std::result::Result<Predictions, PredictError> {
        let Batch::Table(rows) = batch else { panic!("tables only") };
        let values = rows.iter_rows().map(|row| 3.0 * row[0] + row[1]).collect();
        Ok(Predictions { values: Matrix::new(rows.rows(), 1, values).unwrap() })
    }
}

const OWN: [&str; 3] = ["units_sold", "item_price", "temperature"];

/// The user's table: other order, names and units, one column more, and no price.
fn of_user(rows: &Matrix) -> Matrix {
    let row = |row: &[f64]| [20.0 + 4.0 * row[2], 7.0, 100.0 + 50.0 * row[0]];
    Matrix::from_rows(&rows.iter_rows().map(row).collect::<Vec<_>>()).unwrap()
}

fn error(method: AlignMethod) -> f64 {
    let learnware = rkme(&rows(400, 1));
    let asked = rows(300, 2);
    let user_rows = of_user(&asked);
    let user = rkme(&user_rows);
    let request = AlignRequest {
        user: &user,
        user_descriptions: &texts(&["气温", "store id", "商品销量"]),
        learnware: &learnware,
        learnware_descriptions: &texts(&OWN),
    };
    let alignment = Alignment::fit(&request, method, 0).unwrap();
    let mut aligned = alignment.wrap(Box::new(Model), Task::Regression).unwrap();
    let answers = aligned.predict(&Batch::Table(user_rows.clone())).unwrap().values;
    let wanted = Model.predict(&Batch::Table(asked)).unwrap().values;
    let pairs = answers.as_slice().iter().zip(wanted.as_slice());
    let bits = |m: &Matrix| m.as_slice().iter().map(|v| v.to_bits()).collect::<Vec<_>>();
    let again = Alignment::fit(&request, method, 0).unwrap().wrap(Box::new(Model), Task::Regression);
    let again = again.unwrap().predict(&Batch::Table(user_rows)).unwrap().values;
    assert_eq!(bits(&answers), bits(&again), "{method:?}: same seed, same bytes");
    (pairs.map(|(a, b)| (a - b).powi(2)).sum::<f64>() / answers.rows() as f64).sqrt()
}

#[test]
fn aligned_learnwares_predict_what_their_models_would() {
    // The answers' own deviation is about 2.1; the price that the user lacks follows from the sales.
    for (method, most) in [
        (AlignMethod::Transport, 0.6),
        (AlignMethod::Affine, 0.6),
        (AlignMethod::Gaussian, 0.6),
        (AlignMethod::Local, 1.3),
        (AlignMethod::TransportAndLocal, 0.9),
    ] {
        assert!(error(method) < most, "{method:?}: {}", error(method));
    }
    assert!(error(AlignMethod::Network).is_finite());
}

#[test]
fn the_network_brings_distributions_together() {
    let (learnware, user) = (rkme(&rows(300, 1)), rkme(&of_user(&rows(300, 2))));
    let none = vec![String::new(); 3];
    let request = AlignRequest {
        user: &user,
        user_descriptions: &none,
        learnware: &learnware,
        learnware_descriptions: &none,
    };
    let fit = |steps| {
        let parameters = NetworkParameters { hidden: 64, steps, rate: 1e-2, ..NetworkParameters::default() };
        let map = NetworkMap::fit(&user, &learnware, &parameters).unwrap();
        let mut alignment = Alignment::fit(&request, AlignMethod::Network, 0).unwrap();
        alignment.map = Some(RowMap::Network(map));
        alignment.distance_after(&user).unwrap().unwrap()
    };
    assert!(fit(200) < 0.2 * fit(0), "{} {}", fit(200), fit(0));
}

#[test]
fn nothing_to_match_is_an_error_that_says_what_to_do() {
    let (learnware, user) = (rkme(&rows(50, 1)), rkme(&rows(50, 2)));
    let request = AlignRequest {
        user: &user,
        user_descriptions: &texts(&["voltage", "heart rate", "latitude"]),
        learnware: &learnware,
        learnware_descriptions: &texts(&OWN),
    };
    let message = Alignment::fit(&request, AlignMethod::default(), 0).unwrap_err().to_string();
    assert!(message.contains("describe the columns"), "{message}");
    assert!(Alignment::fit(&request, AlignMethod::Network, 0).is_ok());
    let short = AlignRequest { user_descriptions: &texts(&["price"]), ..request };
    assert!(Alignment::fit(&short, AlignMethod::Network, 0).is_err());
}

#[test]
fn bad_batches_are_refused() {
    let (learnware, user) = (rkme(&rows(50, 1)), rkme(&rows(50, 2)));
    let own = texts(&OWN);
    let request = AlignRequest {
        user: &user,
        user_descriptions: &own,
        learnware: &learnware,
        learnware_descriptions: &own,
    };
    for method in AlignMethod::ALL {
        let alignment = Alignment::fit(&request, method, 0).unwrap();
        assert_eq!(alignment.method(), method);
        let mut aligned = alignment.wrap(Box::new(Model), Task::Regression).unwrap();
        assert!(aligned.predict(&Batch::Table(Matrix::zeros(2, 2))).is_err());
        assert!(aligned.predict(&Batch::Text(vec!["a".into()])).is_err());
        let bad = Matrix::new(1, 3, vec![0.0, f64::NAN, 0.0]).unwrap();
        assert!(aligned.predict(&Batch::Table(bad)).is_err());
        assert_eq!(aligned.predict(&Batch::Table(Matrix::zeros(0, 3))).unwrap().values.rows(), 0);
    }
}

#[test]
fn labels_tell_which_way_is_best() {
    let answers = [
        (AlignMethod::Transport, Matrix::new(5, 1, vec![5.0, 1.0, 3.0, 2.0, 9.0]).unwrap()),
        (AlignMethod::Local, Matrix::new(5, 1, vec![10.0, 20.0, 30.0, 40.0, 50.0]).unwrap()),
    ];
    let choice = choose_by_labels(&answers, &[1.0, 2.0, 3.1, 4.0, 5.0], Task::Regression).unwrap();
    assert_eq!(choice.chosen, AlignMethod::Local);
    assert!(choice.losses[1].1 < 0.1 && choice.losses[0].1 > 0.5, "{choice:?}");
    let task = Task::Classification { classes: 10 };
    let choice = choose_by_labels(&answers, &[5.0, 1.0, 0.0, 0.0, 0.0], task).unwrap();
    assert_eq!((choice.chosen, choice.losses[0].1), (AlignMethod::Transport, 0.6));
    assert!(choose_by_labels(&answers, &[1.0], task).is_err());
    assert!(choose_by_labels(&[], &[1.0], task).is_err());
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(300))]

    #[test]
    fn any_two_specifications_align_to_finite_rows(
        own in prop::collection::vec(-1e6..1e6_f64, 3..30),
        other in prop::collection::vec(prop_oneof![Just(0.0), -5.0..5.0_f64], 3..30),
        weight in -1.0..1.0_f64,
        method in prop::sample::select(AlignMethod::ALL[..5].to_vec()),
    ) {
        let of = |values: &[f64]| {
            let count = values.len() / 3;
            let points = Matrix::new(count, 3, values[..3 * count].to_vec()).unwrap();
            let mut weights = vec![1.0; count];
            weights[0] = weight;
            Rkme::new(points, weights, 0.1, 10).unwrap()
        };
        let (user, learnware, words) = (of(&own), of(&other), texts(&OWN));
        let request = AlignRequest {
            user: &user, user_descriptions: &words, learnware: &learnware, learnware_descriptions: &words,
        };
        if let Ok(alignment) = Alignment::fit(&request, method, 0) {
            let mut aligned = alignment.wrap(Box::new(Model), Task::Regression).unwrap();
            let answers = aligned.predict(&Batch::Table(user.points().clone())).unwrap().values;
            answers.require_finite().unwrap();
        }
    }
}
