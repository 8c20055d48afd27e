//! The subspace of an island on which specifications become short vectors that bound their distances.
//!
//! With a linear map `T` of norm at most 1 from the kernel's space to `R^r` and the residual
//! `rho = sqrt(|mu|^2 - |T mu|^2)`, the squared distance of two specifications is at least
//! `|T a - T b|^2 + (rho_a - rho_b)^2` (Pythagoras and Cauchy-Schwarz; algorithms 3.2): the vectors `[T mu; rho]`
//! are never farther apart than the specifications. Their heads, some axes and the length of the others, are
//! bounds too. `T` is the projection on the span of landmark points,
//! followed by the directions that carry most of the island's members. What single precision does to a vector
//! is bounded and kept with its code, so that the bound holds for the numbers as computed.

use std::io;

use super::codes::Coded;
use super::features::{FEATURES, Features};
use super::file::{TableReader, TableWriter, check};
use crate::error::Result;
use crate::numeric::cholesky::Cholesky;
use crate::numeric::codes::{Grid, Query};
use crate::numeric::kernel::{self, Points, Shape};
use crate::numeric::random::Stream;
use crate::numeric::vector::dot;
use crate::numeric::{Matrix, kmeans, parallel, principal};
use crate::specification::Embedding;

/// Landmark points at most.
const LANDMARKS_MAX: usize = 1024;
/// Directions kept; one axis more holds the residual.
const RANK: usize = 255;
/// Axes of a head, the last of which holds all that the others miss.
pub(super) const HEAD: usize = 32;
/// Members whose points and directions shape the basis.
const SAMPLE: usize = 2048;
/// Points among which landmarks are placed.
const LANDMARK_SAMPLE: usize = 16_384;
/// Part of the diagonal added to the landmarks' kernel matrix: keeps the map short, so that rounding stays small.
const JITTER: f64 = 1e-6;
/// Relative error of a kernel sum in single precision.
const SUM_ERROR: f64 = 2e-6;
/// Sum of absolute weights up to which errors are known: a distribution's, and a little.
const MASS_MAX: f64 = 1.001;
/// Error of a computed squared distance of two distributions.
pub(super) const DISTANCE_ERROR: f64 = 8e-6;
/// Where the basis misses more than this part of a squared norm, random features are kept.
const MISSED_MAX: f64 = 0.5;
/// Seed of the landmarks; any would do, none changes a proved answer.
const SEED: u64 = 17;

/// Landmarks, directions, and the grid of codes.
#[derive(Debug)]
pub(super) struct Basis {
    landmarks: Points<f32>,
    /// From kernel sums at the landmarks to coordinates, directions x landmarks.
    transform: Matrix,
    /// Bound of the transform's norm.
    stretch: f64,
    /// Codes of heads.
    head_grid: Grid,
    /// Codes of whole vectors.
    grid: Grid,
    /// Mean share of the squared norm that the directions miss.
    residual_share: f64,
    /// Where the directions miss much.
    features: Option<Features>,
}

/// A specification's vector `[T mu; rho]` and how far rounding may have moved it.
pub(super) struct Projection {
    pub(super) vector: Vec<f64>,
    pub(super) error: f64,
}

impl Basis {
    /// A basis for `count` members, of which there is at least one; `member` gives the embedding of each.
    pub(super) fn new(count: usize, member: impl Fn(usize) -> Embedding<f32> + Sync) -> Self {
        let chosen = Self::chosen(count);
        Self::of_chosen(count, &parallel::map(chosen.len(), |i| member(chosen[i])))
    }

    /// Places of the members that shape the basis of `count`, in increasing order.
    pub(super) fn chosen(count: usize) -> Vec<usize> {
        Stream::new(SEED).sample(count, SAMPLE)
    }

    /// A basis for `count` members, of which `sample` are the chosen ones, at least one.
    pub(super) fn of_chosen(count: usize, sample: &[Embedding<f32>]) -> Self {
        // Goes on where the choice ended.
        let mut stream = Stream::new(SEED);
        stream.sample(count, SAMPLE);
        let landmarks = landmarks(sample, (count / 8).clamp(64, LANDMARKS_MAX), &mut stream);
        let (transform, stretch) = transform(&landmarks, sample, &mut stream);
        let none = Grid::from_parts(Vec::new(), Vec::new());
        let head_grid = none.clone();
        let mut basis = Self {
            landmarks,
            transform,
            stretch,
            head_grid,
            grid: none,
            residual_share: 0.0,
            features: None,
        };
        let vectors: Vec<Vec<f64>> = parallel::map(sample.len(), |i| basis.project(&sample[i]).vector);
        basis.grid = Grid::around(&vectors);
        basis.head_grid = Grid::around(&vectors.iter().map(|vector| head(vector)).collect::<Vec<_>>());
        let shares = vectors.iter().map(|vector| {
            let (square, residual) = (dot(vector, vector), vector[vector.len() - 1]);
            if square > 0.0 { residual * residual / square } else { 0.0 }
        });
        basis.residual_share = shares.sum::<f64>() / vectors.len() as f64;
        basis.features = (basis.residual_share > MISSED_MAX).then(|| Features::new(sample));
        basis
    }

    /// Writes what [`Basis::read`] reads.
    pub(super) fn write(&self, table: &mut TableWriter<'_>) -> io::Result<()> {
        let landmarks = (0..self.landmarks.count()).flat_map(|i| self.landmarks.row(i));
        table.array(&landmarks.copied().collect::<Vec<f32>>())?;
        table.array(self.transform.as_slice())?;
        table.array(&[self.stretch, self.residual_share])?;
        let none = Grid::from_parts(Vec::new(), Vec::new());
        let features = self.features.as_ref().map_or(&none, Features::grid);
        for grid in [&self.head_grid, &self.grid, features] {
            table.array(grid.offsets())?;
            table.array(grid.steps())?;
        }
        Ok(())
    }

    /// Reads a basis of a kernel of `dimension` columns.
    pub(super) fn read(shape: Shape, dimension: usize, table: &mut TableReader) -> Result<Self> {
        let (rows, transform) = (table.array::<f32>()?, table.array::<f64>()?);
        let [stretch, residual_share] = table.fixed::<f64, 2>()?;
        let mut grids = [const { (Vec::new(), Vec::new()) }; 3];
        for (offsets, steps) in &mut grids {
            (*offsets, *steps) = (table.array::<f64>()?, table.array::<f64>()?);
            check(offsets.len() == steps.len(), "a grid of two sizes")?;
        }
        let [head_grid, grid, feature_grid] = grids.map(|(offsets, steps)| Grid::from_parts(offsets, steps));
        let count = rows.len() / dimension.max(1);
        check(count * dimension == rows.len() && count > 0, "landmarks of another dimension")?;
        let landmarks = Points::from_rows(count, dimension, rows);
        let transform = Matrix::new(transform.len() / count, count, transform)?;
        check(grid.axes() == transform.rows() + 1 && head_grid.axes() <= HEAD, "a grid of another size")?;
        check([0, FEATURES].contains(&feature_grid.axes()), "another number of features")?;
        let has_features = feature_grid.axes() > 0;
        let features = has_features.then(|| Features::with_grid(shape, dimension, feature_grid));
        Ok(Self { landmarks, transform, stretch, head_grid, grid, residual_share, features })
    }

    /// A basis from its numbers, for projecting only: landmarks x dimension, and directions x landmarks.
    pub(super) fn from_parts(landmarks: Points<f32>, transform: Matrix) -> Self {
        let stretch = stretch(&transform);
        let none = Grid::from_parts(Vec::new(), Vec::new());
        let (head_grid, grid) = (none.clone(), none);
        Self { landmarks, transform, stretch, head_grid, grid, residual_share: 0.0, features: None }
    }

    /// The landmark points, in the kernel's coordinates.
    pub(super) fn landmarks(&self) -> &Points<f32> {
        &self.landmarks
    }

    /// From kernel sums at the landmarks to coordinates, directions x landmarks.
    pub(super) fn transform(&self) -> &Matrix {
        &self.transform
    }

    /// A bound of the map's norm from the kernel's space: at most 1, up to rounding, for a basis made here.
    pub(super) fn norm_bound(&self, shape: Shape) -> f64 {
        squared_norm_bound(&landmark_gram(&self.landmarks, shape), &self.transform).sqrt()
    }

    /// Axes of a vector.
    pub(super) fn axes(&self) -> usize {
        self.transform.rows() + 1
    }

    /// Mean share of a specification's squared norm that lies outside the subspace.
    pub(super) fn residual_share(&self) -> f64 {
        self.residual_share
    }

    /// Random features, where the subspace misses much.
    pub(super) fn features(&self) -> Option<&Features> {
        self.features.as_ref()
    }

    /// `[T mu; rho]`.
    pub(super) fn project(&self, embedding: &Embedding<f32>) -> Projection {
        let (points, weights) = (embedding.points(), embedding.weights());
        let sums = kernel::row_sums(&self.landmarks, points, weights, embedding.shape());
        let mut vector: Vec<f64> = self.transform.iter_rows().map(|row| dot(row, &sums)).collect();
        let share = dot(&vector, &vector);
        let rest = (embedding.norm_squared() - share).max(0.0);
        vector.push(rest.sqrt());
        let mass: f64 = weights.iter().map(|weight| weight.abs()).sum();
        let error = if mass <= MASS_MAX && weights.iter().all(|&weight| weight >= 0.0) {
            let moved = self.stretch * SUM_ERROR * dot(&sums, &sums).sqrt();
            let of_square = SUM_ERROR * embedding.norm_squared() + 2.0 * share.sqrt() * moved + moved * moved;
            // |sqrt(x + e) - sqrt(x)| is at most e / sqrt(x), and at most sqrt(e).
            moved.hypot((of_square / rest.sqrt()).min(of_square.sqrt()))
        } else {
            f64::INFINITY
        };
        Projection { vector, error }
    }

    /// The code of a member.
    pub(super) fn code(&self, embedding: &Embedding<f32>) -> Coded {
        let Projection { vector, error } = self.project(embedding);
        Coded {
            head: self.head_grid.encode(&head(&vector), error),
            whole: self.grid.encode(&vector, error),
            features: self.features.as_ref().map(|features| features.code(embedding)),
        }
    }

    /// Axes of a head.
    pub(super) fn head_axes(&self) -> usize {
        self.head_grid.axes()
    }

    /// The head of an embedding.
    pub(super) fn head(&self, embedding: &Embedding<f32>) -> Vec<f64> {
        head(&self.project(embedding).vector)
    }

    /// The grid of heads' codes.
    pub(super) fn head_grid(&self) -> &Grid {
        &self.head_grid
    }

    /// A user's head, to be compared with codes of heads by distance.
    pub(super) fn head_query(&self, projection: &Projection) -> Query {
        self.head_grid.query(&head(&projection.vector), projection.error)
    }

    /// A user's vector, to be compared with codes by distance.
    pub(super) fn query(&self, projection: &Projection) -> Query {
        self.grid.query(&projection.vector, projection.error)
    }

    /// A vector whose distances from decoded codes are wanted.
    pub(super) fn place(&self, vector: &[f64]) -> Query {
        self.grid.query(vector, 0.0)
    }

    /// A vector whose products with codes are wanted.
    pub(super) fn direction(&self, vector: &[f64], error: f64) -> Query {
        self.grid.direction(vector, error)
    }
}

/// The first axes of a vector and the length of the others: heads are never farther apart than vectors.
pub(super) fn head(vector: &[f64]) -> Vec<f64> {
    let (first, rest) = vector.split_at(vector.len().min(HEAD - 1));
    first.iter().copied().chain([dot(rest, rest).sqrt()]).collect()
}

/// Landmark points: centres of points of the sample.
fn landmarks(sample: &[Embedding<f32>], wanted: usize, stream: &mut Stream) -> Points<f32> {
    let total: usize = sample.iter().map(|embedding| embedding.points().count()).sum();
    let mut chosen = stream.sample(total, LANDMARK_SAMPLE).into_iter().peekable();
    let (mut rows, mut before, mut count) = (Vec::new(), 0, 0);
    for embedding in sample {
        let points = embedding.points();
        while let Some(index) = chosen.next_if(|index| *index < before + points.count()) {
            rows.extend_from_slice(points.row(index - before));
            count += 1;
        }
        before += points.count();
    }
    let points = Points::from_rows(count, sample[0].points().dimension(), rows);
    let centres = kmeans::centres(&points, wanted.min(count), 3, stream).0;
    if sample[0].shape().takes_all_points() { centres } else { onto_sphere(&centres) }
}

/// Points of length 1/2 in the same directions: the only ones at which inner products of directions are known.
fn onto_sphere(points: &Points<f32>) -> Points<f32> {
    let mut rows = Vec::with_capacity(points.count() * points.dimension());
    for index in 0..points.count() {
        let row = points.row(index);
        let length = row.iter().map(|&value| f64::from(value) * f64::from(value)).sum::<f64>().sqrt();
        let factor = if length > 0.0 { 0.5 / length } else { 0.0 };
        let first = rows.len();
        rows.extend(row.iter().map(|&value| (f64::from(value) * factor) as f32));
        if factor == 0.0 {
            // The mean of opposite directions is none; any one will do.
            rows[first] = 0.5;
        }
    }
    Points::from_rows(points.count(), points.dimension(), rows)
}

/// The map from kernel sums at the landmarks to coordinates, and a bound of its norm.
fn transform(landmarks: &Points<f32>, sample: &[Embedding<f32>], stream: &mut Stream) -> (Matrix, f64) {
    let shape = sample[0].shape();
    let gram = landmark_gram(landmarks, shape);
    let factor = Cholesky::with_jitter(&gram, JITTER);
    let whitened = parallel::map(sample.len(), |i| {
        let (points, weights) = (sample[i].points(), sample[i].weights());
        factor.solve_lower(&kernel::row_sums(landmarks, points, weights, shape))
    });
    let whitened = Matrix::new(sample.len(), landmarks.count(), whitened.concat()).unwrap_or_default();
    let directions = principal::directions(&whitened, RANK, stream);
    // From v' L^-1, as L^-T v = (L L')^-1 L v.
    let rows = parallel::map(directions.rows(), |i| {
        let through: Vec<f64> = factor.factor().iter_rows().map(|row| dot(row, directions.row(i))).collect();
        factor.solve(&through)
    });
    let mut transform = Matrix::new(rows.len(), landmarks.count(), rows.concat()).unwrap_or_default();
    // A map of norm at most 1 whatever rounding did: A K A' must not exceed the identity.
    let norm = squared_norm_bound(&gram, &transform).max(1.0).sqrt();
    transform.as_mut_slice().iter_mut().for_each(|value| *value /= norm);
    let stretch = stretch(&transform);
    (transform, stretch)
}

/// Landmark points in double precision.
pub(super) fn in_double(landmarks: &Points<f32>) -> Points<f64> {
    let rows = (0..landmarks.count()).flat_map(|i| landmarks.row(i).iter().map(|&value| f64::from(value)));
    Points::from_rows(landmarks.count(), landmarks.dimension(), rows.collect())
}

fn landmark_gram(landmarks: &Points<f32>, shape: Shape) -> Matrix {
    let exact = in_double(landmarks);
    kernel::gram(&exact, &exact, shape)
}

/// Bounds the largest eigenvalue of `A K A'`: the squared norm of the map from the kernel's space.
fn squared_norm_bound(gram: &Matrix, transform: &Matrix) -> f64 {
    let through = parallel::map(transform.rows(), |i| {
        gram.iter_rows().map(|row| dot(row, transform.row(i))).collect::<Vec<f64>>()
    });
    row_sum_bound(&through, transform)
}

/// A bound of the norm of the map from kernel sums.
fn stretch(transform: &Matrix) -> f64 {
    let own: Vec<Vec<f64>> = transform.iter_rows().map(<[f64]>::to_vec).collect();
    row_sum_bound(&own, transform).sqrt()
}

/// The largest sum of absolute products of a left row with all right rows: bounds the largest eigenvalue.
fn row_sum_bound(left: &[Vec<f64>], right: &Matrix) -> f64 {
    let sums = left.iter().map(|row| right.iter_rows().map(|other| dot(row, other).abs()).sum::<f64>());
    sums.fold(0.0, f64::max)
}
