//! Vectors, their sketches, and files that are none.

use super::*;
use crate::numeric::random::Stream;
use crate::specification::codec::{SpecificationKind, from_json, to_json};
use crate::specification::{Embedding, IslandKernel, StatisticalSpecification};

fn base(count: usize) -> EmbedderId {
    EmbedderId { name: "tiny".into(), digest: "0123".into(), dimension: count }
}

/// Normal numbers with a part of others in them.
fn drawn(seed: u64, count: usize) -> Vec<f64> {
    let mut stream = Stream::new(seed);
    (0..count).map(|_| stream.normal()).collect()
}

fn mixed(a: &[f64], b: &[f64], part: f64) -> Vec<f64> {
    a.iter().zip(b).map(|(a, b)| part * a + (1.0 - part * part).sqrt() * b).collect()
}

fn cosine(a: &[f64], b: &[f64]) -> f64 {
    let dot = |x: &[f64], y: &[f64]| x.iter().zip(y).map(|(x, y)| x * y).sum::<f64>();
    dot(a, b) / (dot(a, a) * dot(b, b)).sqrt()
}

fn vector(numbers: &[f64]) -> ParameterVector {
    ParameterVector::new(numbers.iter().copied(), base(numbers.len()), 0).unwrap()
}

/// Distance and cosine as searches compute them.
fn compared(a: &ParameterVector, b: &ParameterVector) -> (f64, f64) {
    let kernel = IslandKernel::of_directions(a.direction().dimension());
    let [a, b] = [a, b].map(|vector| Embedding::<f64>::new(vector.direction(), &kernel));
    (a.distance(&b), a.inner_product(&b) / (a.norm_squared() * b.norm_squared()).sqrt())
}

#[test]
fn short_vectors_are_compared_exactly_as_the_reference_does() {
    let (a, b) = (drawn(1, 700), drawn(2, 700));
    for part in [-1.0, -0.3, 0.0, 0.6, 1.0] {
        let other = mixed(&a, &b, part);
        let (distance, similarity) = compared(&vector(&a), &vector(&other));
        let wanted = cosine(&a, &other);
        assert!((similarity - wanted).abs() < 1e-6, "{similarity} {wanted}");
        // `TaskVectorSpecification.dist` of the reference's 0.4.
        assert!((distance - 0.5 * (1.0 - wanted)).abs() < 1e-6);
    }
}

#[test]
fn sketches_keep_cosines() {
    let count = 20_000;
    for (seed, part) in [0.0, 0.2, 0.5, 0.8, 0.95].into_iter().enumerate() {
        let (mut square, pairs) = (0.0, 12);
        for pair in 0..pairs {
            let seed = 100 * seed as u64 + 2 * pair;
            let a = drawn(seed, count);
            let b = mixed(&a, &drawn(seed + 1, count), part);
            square += (compared(&vector(&a), &vector(&b)).1 - cosine(&a, &b)).powi(2);
        }
        let error = (square / f64::from(pairs as u32)).sqrt();
        // Twice the deviation that theory gives.
        let bound = 2.0 * (1.0 - part * part) / (NUMBERS_KEPT as f64).sqrt();
        assert!(error < bound, "at a cosine of {part}: {error} is above {bound}");
    }
}

#[test]
fn scale_does_not_matter_and_length_is_kept() {
    let numbers = drawn(3, 9000);
    let small: Vec<f64> = numbers.iter().map(|number| number * 1e-5).collect();
    let (a, b) = (vector(&numbers), vector(&small));
    assert!(compared(&a, &b).0 < 1e-9);
    assert!((b.length() / a.length() - 1e-5).abs() < 1e-12 && a.is_sketch());
}

#[test]
fn a_vector_comes_back_from_its_file_as_it_was() {
    for count in [3, 9000] {
        let wanted = StatisticalSpecification::Parameters(vector(&drawn(4, count)));
        let value = to_json(&wanted);
        assert_eq!(from_json(&value, SpecificationKind::Parameters).unwrap(), wanted);
    }
}

#[test]
fn what_is_no_vector_is_refused() {
    let refused = |numbers: &[f64], parameters| {
        ParameterVector::new(numbers.iter().copied(), base(parameters), 0).unwrap_err().to_string()
    };
    assert!(refused(&[1.0, f64::NAN], 2).contains("number 1 is not finite"));
    assert!(refused(&[0.0, 0.0], 2).contains("nothing was learned"));
    assert!(refused(&[1.0], 2).contains("it has 1 numbers"));
    assert!(refused(&[1.0, 1.0, 1.0], 2).contains("it has 3 numbers"));
    assert!(refused(&[], 0).contains("numbers are kept"));
    // Squares that overflow are no error where the direction is known.
    assert!(ParameterVector::from_direction(vec![1e300, 1e300], base(2), 1.0, 0).is_ok());
}
