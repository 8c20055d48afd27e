//! What the benchmark searches: specifications drawn from families, and users.

use learnware_engine::Matrix;
use learnware_engine::numeric::random::Stream;
use learnware_engine::specification::Rkme;

const FAMILIES: u64 = 200;
/// Points of a specification.
pub(super) const POINTS: usize = 100;
/// Directions in which a family varies.
const DIRECTIONS: usize = 5;

/// A user whose data come from three families.
pub(super) fn mixed_user(seed: u64, dimension: usize) -> Rkme {
    let mut own = Stream::substream(3, seed);
    let mut points = Vec::new();
    for count in [40, 35, 25] {
        let family = own.below(FAMILIES as usize) as u64;
        points.extend(family_points(family, count, dimension, &mut own));
    }
    let weights = dirichlet(POINTS, &mut own);
    Rkme::new(Matrix::new(POINTS, dimension, points).unwrap(), weights, 0.1, 1000).unwrap()
}

/// A specification of one of the families.
pub(super) fn specification(seed: usize, dimension: usize) -> Rkme {
    let mut own = Stream::substream(1, seed as u64);
    let family = own.below(FAMILIES as usize) as u64;
    let points = family_points(family, POINTS, dimension, &mut own);
    let weights = dirichlet(POINTS, &mut own);
    Rkme::new(Matrix::new(POINTS, dimension, points).unwrap(), weights, 0.1, 1000).unwrap()
}

/// Points of one specification of a family.
fn family_points(family: u64, count: usize, dimension: usize, own: &mut Stream) -> Vec<f64> {
    let mut shared = Stream::substream(2, family);
    let mut normals = |count: usize| (0..count).map(|_| shared.normal()).collect::<Vec<f64>>();
    let (centre, directions) = (normals(dimension), normals(DIRECTIONS * dimension));
    let width = 0.5 + own.uniform();
    let place: Vec<f64> = (0..DIRECTIONS).map(|_| 0.6 * own.normal()).collect();
    let shift: Vec<f64> = (0..dimension).map(|_| 0.15 * own.normal()).collect();
    let mut points = Vec::with_capacity(count * dimension);
    for _ in 0..count {
        let along: Vec<f64> = place.iter().map(|place| place + width * own.normal()).collect();
        for axis in 0..dimension {
            let reach: f64 = along.iter().zip(&directions[axis * DIRECTIONS..]).map(|(a, b)| a * b).sum();
            points.push(centre[axis] + shift[axis] + 0.5 * reach + 0.3 * own.normal());
        }
    }
    points
}

/// Weights drawn from the flat Dirichlet distribution.
fn dirichlet(count: usize, stream: &mut Stream) -> Vec<f64> {
    let draws: Vec<f64> = (0..count).map(|_| -(1.0 - stream.uniform()).ln()).collect();
    let total: f64 = draws.iter().sum();
    draws.iter().map(|draw| draw / total).collect()
}
