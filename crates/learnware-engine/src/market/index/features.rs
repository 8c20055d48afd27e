//! Random features of specifications, for islands of which the basis misses too much to prove anything.
//!
//! With frequencies `w` drawn from the kernel's spectrum and phases `b`, the products of the vectors
//! `psi(mu) = sqrt(2 / D) sum_i beta_i cos(w z_i + b)` are those of the specifications up to an error of about
//! `1 / sqrt(D)` of their size (Rahimi & Recht 2007). They prove nothing, but tell where exact distances are worth
//! their time (measured in docs/adr/0022-random-features.md).

use std::f64::consts::TAU;

use crate::numeric::codes::{Code, Grid, Query};
use crate::numeric::kernel::Shape;
use crate::numeric::product::{PANEL, by_panel};
use crate::numeric::random::Stream;
use crate::specification::Embedding;

/// Number of features; a multiple of the three widths and of [`PANEL`].
pub(super) const FEATURES: usize = 528;
/// Seed of frequencies and phases.
const SEED: u64 = 23;

/// Frequencies and phases, and the grid of codes.
#[derive(Debug)]
pub(super) struct Features {
    /// Panels of dimension x [`PANEL`].
    frequencies: Vec<f32>,
    phases: Vec<f32>,
    grid: Grid,
}

impl Features {
    /// Features for members like those of a sample, of which there is at least one.
    pub(super) fn new(sample: &[Embedding<f32>]) -> Self {
        let mut features = Self::drawn(sample[0].shape(), sample[0].points().dimension());
        let vectors = crate::numeric::parallel::map(sample.len(), |i| features.vector(&sample[i]));
        features.grid = Grid::around(&vectors);
        features
    }

    /// The features of [`Features::new`], which all islands of the same kernel share, with a grid that was kept.
    pub(super) fn with_grid(shape: Shape, dimension: usize, grid: Grid) -> Self {
        Self { grid, ..Self::drawn(shape, dimension) }
    }

    fn drawn(shape: Shape, dimension: usize) -> Self {
        let mut stream = Stream::new(SEED);
        let mut frequencies = vec![0.0; FEATURES * dimension];
        for feature in 0..FEATURES {
            // The spectrum of `exp(-s r)` is normal with variance `2 s`.
            let spread = match shape {
                Shape::Gaussian => 2.0_f64,
                Shape::ThreeScale => [0.5, 2.0, 8.0][feature % 3],
                // Not a function of differences; such an index has no basis and so no features.
                Shape::Directions => 0.0,
            };
            let panel = &mut frequencies[feature / PANEL * PANEL * dimension..];
            for axis in 0..dimension {
                panel[axis * PANEL + feature % PANEL] = (spread.sqrt() * stream.normal()) as f32;
            }
        }
        let phases = (0..FEATURES).map(|_| (TAU * stream.uniform()) as f32).collect();
        Self { frequencies, phases, grid: Grid::from_parts(Vec::new(), Vec::new()) }
    }

    /// How coordinates become codes.
    pub(super) fn grid(&self) -> &Grid {
        &self.grid
    }

    /// The code of a member.
    pub(super) fn code(&self, embedding: &Embedding<f32>) -> Code {
        self.grid.encode(&self.vector(embedding), 0.0)
    }

    /// A target whose products with members are wanted.
    pub(super) fn query(&self, target: &Embedding<f32>) -> Query {
        self.grid.direction(&self.vector(target), 0.0)
    }

    fn vector(&self, embedding: &Embedding<f32>) -> Vec<f64> {
        let (points, weights) = (embedding.points(), embedding.weights());
        let dimension = points.dimension();
        let rows: Vec<f32> = (0..points.count()).flat_map(|i| points.row(i)).copied().collect();
        let mut angles = vec![0.0; points.count() * PANEL];
        let mut vector = Vec::with_capacity(FEATURES);
        for (panel, phases) in self.frequencies.chunks(PANEL * dimension).zip(self.phases.chunks(PANEL)) {
            by_panel(&rows, dimension, panel, &mut angles);
            let mut sums = [0.0; PANEL];
            for (angles, weight) in angles.chunks(PANEL).zip(weights) {
                for ((sum, angle), phase) in sums.iter_mut().zip(angles).zip(phases) {
                    *sum += weight * f64::from((angle + phase).cos());
                }
            }
            vector.extend(sums.map(|sum| sum * (2.0 / FEATURES as f64).sqrt()));
        }
        vector
    }
}
