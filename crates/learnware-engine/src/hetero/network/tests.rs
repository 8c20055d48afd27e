//! The gradient against differences, and training that is interrupted.

use super::super::{HeteroMap, Lesson};
use super::*;
use crate::numeric::random::Stream;

const PIECES_TEXT: &str = "[PAD]\n[UNK]\nunits\nlag\nprice\nmean\nwind\nspeed\nrain\nair\n1\n7";

fn lessons() -> Vec<(Rkme, Vec<String>)> {
    let tables = [&["units lag 1", "units lag 7", "price", "mean price"][..], &["wind speed", "rain", "air"]];
    (0..6)
        .map(|i| {
            let columns: Vec<String> = tables[i % 2].iter().map(|text| (*text).to_owned()).collect();
            let mut stream = Stream::new(i as u64);
            let values = (0..9 * columns.len()).map(|_| stream.normal()).collect();
            let points = Matrix::new(9, columns.len(), values).unwrap();
            (Rkme::new(points, vec![1.0 / 9.0; 9], 0.1, 9).unwrap(), columns)
        })
        .collect()
}

fn small() -> TrainingOptions {
    let shape = NetworkShape { hidden: 8, layers: 2, heads: 2, inner: 12, projection: 6 };
    TrainingOptions { shape, epochs: 3, batch: 8, rate: 1e-2, seed: 5, ..TrainingOptions::default() }
}

fn training(options: TrainingOptions) -> Training {
    let tables = lessons();
    let lessons: Vec<Lesson<'_>> = tables
        .iter()
        .map(|(specification, columns)| Lesson { specification, columns, answers: None })
        .collect();
    Training::new(&lessons, Vocabulary::new(PIECES_TEXT).unwrap(), options).unwrap()
}

#[test]
fn the_gradient_is_that_of_differences() {
    let options = TrainingOptions { temperature: 1.0, ..small() };
    super::train::check_gradient(&training(options));
}

#[test]
fn interrupted_training_gives_the_same_bytes() {
    let mut whole = training(small());
    let mut losses = Vec::new();
    while let Some(progress) = whole.advance() {
        losses.push(progress.loss);
    }
    assert_eq!(losses.len(), whole.steps());
    let epoch = losses.len() / 3;
    let mean = |losses: &[f64]| losses.iter().sum::<f64>() / losses.len() as f64;
    assert!(mean(&losses[2 * epoch..]) < mean(&losses[..epoch]), "{losses:?}");
    let mut part = training(small());
    for _ in 0..5 {
        part.advance().unwrap();
    }
    let checkpoint = part.checkpoint();
    let tables = lessons();
    let lessons: Vec<Lesson<'_>> = tables
        .iter()
        .map(|(specification, columns)| Lesson { specification, columns, answers: None })
        .collect();
    let vocabulary = Vocabulary::new(PIECES_TEXT).unwrap();
    let mut resumed = Training::resumed(&lessons, vocabulary.clone(), small(), &checkpoint).unwrap();
    let one = rayon::ThreadPoolBuilder::new().num_threads(1).build().unwrap();
    one.install(|| while resumed.advance().is_some() {});
    assert_eq!(resumed.map().to_bytes(), whole.map().to_bytes());
    assert!(Training::resumed(&lessons[1..], vocabulary, small(), &checkpoint).is_err());
}

#[test]
fn a_network_that_was_written_and_read_is_the_same() {
    let map = training(small()).map();
    let read = super::super::load(&map.to_bytes()).unwrap();
    assert_eq!(read.identity(), map.identity());
    let (own, columns) = &lessons()[0];
    assert_eq!(read.embed(own, columns).unwrap(), map.embed(own, columns).unwrap());
    assert!(map.embed(own, &["zzz", "", "", "qqq"].map(str::to_owned)).is_err());
    assert!(map.embed(own, &columns[1..]).is_err());
}

/// A map of the reference with what it computes (experiments/hetero_map_fixture.py).
const MAP: &[u8] = include_bytes!("../../../../../fixtures/hetero/map.safetensors");
const GRADIENTS: &[u8] = include_bytes!("../../../../../fixtures/hetero/gradients.safetensors");
const CASES: &str = include_str!("../../../../../fixtures/hetero/cases.json");

#[derive(serde::Deserialize)]
struct Case {
    columns: Vec<String>,
    rows: Vec<Vec<f64>>,
    places: Vec<Vec<f64>>,
}

fn cases() -> Vec<Case> {
    serde_json::from_str(CASES).unwrap()
}

#[test]
fn places_are_those_of_the_reference() {
    let map = super::super::load(MAP).unwrap();
    for Case { columns, rows, places } in cases() {
        let weights = vec![1.0 / rows.len() as f64; rows.len()];
        let own = Rkme::new(Matrix::from_rows(&rows).unwrap(), weights, 0.1, 0).unwrap();
        let found = map.embed(&own, &columns).unwrap();
        let wanted = Matrix::from_rows(&places).unwrap();
        for (found, wanted) in found.points().as_slice().iter().zip(wanted.as_slice()) {
            assert!((found - wanted).abs() < 2e-5, "{columns:?}: {found}, not {wanted}");
        }
    }
}

#[test]
fn loss_and_gradient_are_those_of_the_reference() {
    let tensors = Tensors::from_bytes(MAP).unwrap();
    let map = NetworkMap::from_tensors(&tensors).unwrap();
    let case = cases().swap_remove(0);
    let weights = vec![1.0 / 6.0; 6];
    let specification = Rkme::new(Matrix::from_rows(&case.rows).unwrap(), weights, 0.1, 0).unwrap();
    let lesson = Lesson { specification: &specification, columns: &case.columns, answers: None };
    let options = TrainingOptions { shape: map.shape, temperature: 1.0, ..TrainingOptions::default() };
    let training = Training::new(&[lesson], map.vocabulary.clone(), options).unwrap();
    let (loss, gradient, pieces) = super::train::loss_at(&training, &map);
    let wanted = Tensors::from_bytes(GRADIENTS).unwrap();
    assert!((loss - wanted.text("loss").unwrap().parse::<f64>().unwrap()).abs() < 1e-5, "{loss}");
    let net = map.slots.read("", &wanted).unwrap();
    let all = wanted.array(PIECES, &[map.vocabulary.len(), map.shape.hidden]).unwrap().1;
    let wanted: Vec<f32> = net.into_iter().chain(gathered(all, &pieces, map.shape.hidden)).collect();
    assert_eq!(gradient.len(), wanted.len());
    for (place, (found, wanted)) in gradient.iter().zip(&wanted).enumerate() {
        assert!((found - wanted).abs() < 2e-5 + 1e-3 * wanted.abs(), "{place}: {found}, not {wanted}");
    }
}
