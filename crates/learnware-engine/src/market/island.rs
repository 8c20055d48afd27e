//! Kernel and embeddings of one island, and a search over them that proves its answer.
//!
//! With a projector `P` on the span of landmark points, `p = P mu` and the exact residual
//! `rho = sqrt(|mu|^2 - |p|^2)` of each specification, the squared distance of two is at least
//! `|p_u - p_i|^2 + (rho_u - rho_i)^2` (Pythagoras and Cauchy-Schwarz; algorithms 3.2). Members are visited in
//! the order of that bound; when the next bound is above the k-th exact distance, the k nearest are proved.

use crate::numeric::cholesky::Cholesky;
use crate::numeric::kernel::{self, Points};
use crate::numeric::random::Stream;
use crate::numeric::{Matrix, kmeans, parallel};
use crate::specification::{Embedding, IslandKernel, IslandKey, Rkme};

/// Islands below this size are searched without landmarks: it would cost more than it saves.
const LANDMARKS_FROM: usize = 256;
/// Landmark points.
const LANDMARKS: usize = 128;
/// Points among which landmarks are placed.
const LANDMARK_SAMPLE: usize = 8192;
/// Single-precision error of a squared distance, taken off the bound.
const BOUND_SLACK: f64 = 1e-5;
/// Seed of the landmarks; any would do.
const SEED: u64 = 17;

/// Kernel and embeddings of an island.
#[derive(Debug)]
pub struct IslandIndex {
    kernel: IslandKernel,
    embeddings: Vec<Embedding<f32>>,
    landmarks: Option<Landmarks>,
}

/// The nearest members and what it took to prove them.
#[derive(Debug, Clone, PartialEq)]
pub struct Nearest {
    /// Place among the members, squared distance; nearest first, ties by place.
    pub found: Vec<(usize, f64)>,
    /// Exact distances computed.
    pub evaluations: usize,
}

#[derive(Debug)]
struct Landmarks {
    points: Points<f32>,
    factor: Cholesky,
    /// Projection and residual of each member, `LANDMARKS + 1` numbers.
    bounds: Vec<f32>,
}

impl IslandIndex {
    /// Prepares the specifications of an island, in the order of its members.
    pub fn new(key: &IslandKey, tables: &[&Rkme]) -> Self {
        let kernel = IslandKernel::of_island(key, tables);
        let embeddings = parallel::map(tables.len(), |i| Embedding::<f32>::new(tables[i], &kernel));
        let landmarks = (tables.len() >= LANDMARKS_FROM).then(|| Landmarks::new(&embeddings));
        Self { kernel, embeddings, landmarks }
    }

    /// The island's kernel.
    pub fn kernel(&self) -> &IslandKernel {
        &self.kernel
    }

    /// The members' embeddings.
    pub fn embeddings(&self) -> &[Embedding<f32>] {
        &self.embeddings
    }

    /// The `count` members nearest to `target` among those that `wanted` allows; exact.
    pub fn nearest(&self, target: &Embedding<f32>, count: usize, wanted: &[bool]) -> Nearest {
        let allowed = (0..self.embeddings.len()).filter(|&i| wanted[i]);
        let Some(landmarks) = &self.landmarks else {
            let allowed: Vec<usize> = allowed.collect();
            let distances =
                parallel::map(allowed.len(), |place| target.distance(&self.embeddings[allowed[place]]));
            let mut found: Vec<(usize, f64)> = allowed.iter().copied().zip(distances).collect();
            let evaluations = found.len();
            found.sort_by(nearer);
            found.truncate(count);
            return Nearest { found, evaluations };
        };
        let bounds = landmarks.lower_bounds(target);
        let mut order: Vec<usize> = allowed.collect();
        order.sort_by(|&a, &b| bounds[a].total_cmp(&bounds[b]).then(a.cmp(&b)));
        let mut found: Vec<(usize, f64)> = Vec::with_capacity(count + 1);
        let mut evaluations = 0;
        for place in order {
            if found.len() == count && found.last().is_some_and(|last| bounds[place] > last.1 + BOUND_SLACK) {
                break;
            }
            evaluations += 1;
            let entry = (place, target.distance(&self.embeddings[place]));
            let at = found.partition_point(|other| nearer(other, &entry).is_lt());
            if at < count {
                found.insert(at, entry);
                found.truncate(count);
            }
        }
        Nearest { found, evaluations }
    }
}

fn nearer(a: &(usize, f64), b: &(usize, f64)) -> std::cmp::Ordering {
    a.1.total_cmp(&b.1).then(a.0.cmp(&b.0))
}

impl Landmarks {
    fn new(embeddings: &[Embedding<f32>]) -> Self {
        let mut stream = Stream::new(SEED);
        let total: usize = embeddings.iter().map(|embedding| embedding.points().count()).sum();
        let mut sample = stream.sample(total, LANDMARK_SAMPLE).into_iter().peekable();
        let (mut rows, mut before, mut count) = (Vec::new(), 0, 0);
        for embedding in embeddings {
            let points = embedding.points();
            while let Some(index) = sample.next_if(|index| *index < before + points.count()) {
                rows.extend_from_slice(points.row(index - before));
                count += 1;
            }
            before += points.count();
        }
        let dimension = embeddings[0].points().dimension();
        let sample = Points::from_rows(count, dimension, rows);
        let (points, _) = kmeans::centres(&sample, LANDMARKS.min(count), 3, &mut stream);
        let gram = kernel::gram(&points, &points, embeddings[0].shape());
        let factor = Cholesky::with_jitter(&gram, 1e-9);
        let mut landmarks = Self { points, factor, bounds: Vec::new() };
        landmarks.bounds = parallel::map(embeddings.len(), |i| landmarks.project(&embeddings[i]))
            .into_iter()
            .flatten()
            .collect();
        landmarks
    }

    /// `[p; rho]` of an embedding.
    fn project(&self, embedding: &Embedding<f32>) -> Vec<f32> {
        let values =
            kernel::row_sums(&self.points, embedding.points(), embedding.weights(), embedding.shape());
        let projection = self.factor.solve_lower(&values);
        let share: f64 = projection.iter().map(|value| value * value).sum();
        let residual = (embedding.norm_squared() - share).max(0.0).sqrt();
        projection.iter().chain([&residual]).map(|&value| value as f32).collect()
    }

    /// A lower bound of the squared distance to each member.
    fn lower_bounds(&self, target: &Embedding<f32>) -> Vec<f64> {
        let own = self.project(target);
        let bound = |theirs: &[f32]| {
            let squares = own.iter().zip(theirs).map(|(a, b)| f64::from(a - b) * f64::from(a - b));
            (squares.sum::<f64>() - BOUND_SLACK).max(0.0)
        };
        self.bounds.chunks_exact(own.len()).map(bound).collect()
    }
}

/// Share of the target that the members cover: the sum of the weights that bring them nearest to it when the
/// weights need not sum to one (algorithms 1.2, the cheap form); between 0 and 1.
pub fn covered_share(gram: &Matrix, cross: &[f64]) -> f64 {
    let n = cross.len();
    // One more member of norm 0 takes the weight that nobody covers.
    let mut wider = Matrix::zeros(n + 1, n + 1);
    for i in 0..n {
        wider.row_mut(i)[..n].copy_from_slice(gram.row(i));
    }
    let mut cross = cross.to_vec();
    cross.push(0.0);
    let solution = crate::numeric::quadratic::simplex_qp(&wider, &cross);
    (1.0 - solution.weights[n]).clamp(0.0, 1.0)
}
