//! An island's public anchors: what a user needs to measure data for a search without showing a specification.
//!
//! The island's basis is a linear map `T` of norm at most 1 from the kernel's space, given by landmark points and a
//! matrix: all made from the members' public specifications. With it the user computes a [`Message`] of some hundred
//! numbers (algorithms 3.2, 3.5); the dock answers with candidates ([`super::candidates`]) whose public specifications the
//! user compares exactly.
//!
//! As a file: a line that names the format, a line of JSON, then numbers in little-endian order: the kernel's centre and
//! multipliers in double precision, landmarks in single, the matrix in double. A file is read only when it is whole,
//! finite, and its map has norm at most 1: a longer one would make bounds and noise wrong for the user.

use std::sync::Arc;

use serde::{Deserialize, Serialize};

use super::basis::{Basis, in_double};
use super::candidates::Candidates;
use super::message::{MESSAGE_ROWS_MAX, Message, Noise};
use super::{IslandIndex, Stored};
use crate::error::{EngineError, Result};
use crate::learnware::LearnwareId;
use crate::numeric::kernel::{self, Points, Shape};
use crate::numeric::random::Stream;
use crate::numeric::vector::dot;
use crate::numeric::{Matrix, parallel};
use crate::specification::coverage::Coverage;
use crate::specification::{Embedding, IslandKernel, IslandKey, PrivacyBudget, Rkme, gaussian_deviation};

/// First line of a file.
const FORMAT: &str = "learnware.anchors/1";
/// Bytes of the line of JSON at most; it holds a handful of words and numbers.
const HEADER_MAX: usize = 4096;
/// Numbers in a file at most: 64 million take half a gigabyte, a hundred times what a full island of tables has.
const NUMBERS_MAX: usize = 1 << 26;
/// What rounding may add to the norm of a map.
const NORM_SLACK: f64 = 1e-6;
/// Nearest candidates in the mixture that tells what is covered, as in an ordinary search.
const MIXED_MAX: usize = 25;
/// Seed of the sample of rows; any would do, it is no secret and protects nothing.
const SAMPLE_SEED: u64 = 0;

/// Kernel, landmarks and map of an island, under a digest.
#[derive(Debug, Clone)]
pub struct Anchors {
    island: IslandKey,
    kernel: IslandKernel,
    basis: Arc<Basis>,
    digest: String,
}

/// The second line of a file.
#[derive(Debug, Serialize, Deserialize)]
struct Header {
    island: IslandKey,
    shape: Shape,
    landmarks: usize,
    directions: usize,
    digest: String,
}

/// Candidates in the order of exact distances, computed on the user's side.
#[derive(Debug, Clone, PartialEq)]
pub struct Ranked {
    /// Learnwares and squared distances; nearest first, ties by identifier.
    pub found: Vec<(LearnwareId, f64)>,
    /// Whether every other learnware of the island that could be found is proved to be farther.
    pub proved: bool,
    /// Share of the data that the best mixture of the nearest candidates covers, 0 to 1; 0 without candidates.
    pub covered: f64,
}

impl IslandIndex {
    /// The anchors of this index, which is of the island `key`. An island too small for a basis of its own gets one here.
    ///
    /// # Errors
    /// [`EngineError::Empty`] without members, [`EngineError::Incomparable`] where specifications are directions.
    pub fn anchors(&self, key: &IslandKey) -> Result<Anchors> {
        let basis = match &self.basis {
            Some(basis) => Arc::clone(basis),
            None => Arc::new(self.small_basis()?),
        };
        Ok(Anchors::new(key.clone(), self.kernel.clone(), basis))
    }

    fn small_basis(&self) -> Result<Basis> {
        if !self.kernel.shape.takes_all_points() {
            let reason =
                "there are no anchors for directions: send the specification itself, which holds no texts";
            return Err(EngineError::Incomparable { reason: reason.into() });
        }
        let members = self.members_in_order()?;
        if members.is_empty() {
            return Err(EngineError::Empty { what: "the island" });
        }
        Ok(Basis::new(members.len(), |index| members[index].embedding(self.kernel.shape)))
    }
}

impl Anchors {
    fn new(island: IslandKey, kernel: IslandKernel, basis: Arc<Basis>) -> Self {
        let digest = digest(&island, kernel.shape, &payload(&kernel, &basis));
        Self { island, kernel, basis, digest }
    }

    /// The island.
    pub fn island(&self) -> &IslandKey {
        &self.island
    }

    /// The kernel under which its members are compared.
    pub fn kernel(&self) -> &IslandKernel {
        &self.kernel
    }

    /// What tells these anchors from others.
    pub fn digest(&self) -> &str {
        &self.digest
    }

    /// Coordinates in a message, without the residual.
    pub fn directions(&self) -> usize {
        self.basis.transform().rows()
    }

    /// Number of landmark points.
    pub fn landmarks(&self) -> usize {
        self.basis.landmarks().count()
    }

    pub(super) fn basis(&self) -> &Basis {
        &self.basis
    }

    /// The file.
    pub fn to_bytes(&self) -> Vec<u8> {
        let header = Header {
            island: self.island.clone(),
            shape: self.kernel.shape,
            landmarks: self.landmarks(),
            directions: self.directions(),
            digest: self.digest.clone(),
        };
        let header = serde_json::to_string(&header).expect("a header is plain data");
        let mut bytes = format!("{FORMAT}\n{header}\n").into_bytes();
        bytes.extend(payload(&self.kernel, &self.basis));
        bytes
    }

    /// Reads a file.
    ///
    /// # Errors
    /// [`EngineError::Format`] when it is not whole, has a number that is not finite, or a map longer than 1.
    pub fn from_bytes(bytes: &[u8]) -> Result<Self> {
        let (format, rest) = line(bytes).ok_or_else(|| bad("it is not an anchors file".into()))?;
        if format != FORMAT {
            return Err(bad(format!(
                "its first line is not {FORMAT}: another kind of file, or another release's"
            )));
        }
        let (header, numbers) = line(rest).ok_or_else(|| bad("its second line is missing".into()))?;
        let header: Header =
            serde_json::from_str(header).map_err(|error| bad(format!("its second line: {error}")))?;
        let dimension = header.island.dimension();
        header.require_length(dimension, numbers.len())?;
        let mut numbers = Numbers { left: numbers };
        let centre = numbers.double(dimension)?;
        let multipliers = numbers.double(dimension)?;
        let landmarks = numbers.single(header.landmarks * dimension)?;
        let transform = numbers.double(header.directions * header.landmarks)?;
        let kernel = IslandKernel { centre, multipliers, shape: header.shape };
        let landmarks = Points::from_rows(header.landmarks, dimension, landmarks);
        let transform = Matrix::new(header.directions, header.landmarks, transform)?;
        let anchors = Self::new(header.island, kernel, Arc::new(Basis::from_parts(landmarks, transform)));
        if anchors.digest != header.digest {
            return Err(bad("its digest is not that of its numbers: it was changed on the way".into()));
        }
        let norm = anchors.basis.norm_bound(header.shape);
        if norm > 1.0 + NORM_SLACK {
            return Err(bad(format!("its map has norm {norm}, and 1 is allowed")));
        }
        Ok(anchors)
    }

    /// A specification as it is measured.
    pub fn embedding(&self, specification: &Rkme) -> Result<Embedding<f32>> {
        self.require_dimension(specification.dimension())?;
        Ok(Embedding::new(specification, &self.kernel))
    }

    /// Rows (rows x dimension, finite) as they are measured: all of them, or a sample of [`MESSAGE_ROWS_MAX`].
    pub fn embedding_of_rows(&self, rows: &Matrix) -> Result<Embedding<f32>> {
        self.require_rows(rows)?;
        let points = if rows.rows() > MESSAGE_ROWS_MAX {
            let chosen = Stream::new(SAMPLE_SEED).sample(rows.rows(), MESSAGE_ROWS_MAX);
            self.kernel.prepare(&rows.select_rows(&chosen))
        } else {
            self.kernel.prepare::<f32>(rows)
        };
        let weights = vec![1.0 / points.count() as f64; points.count()];
        Ok(Embedding::from_points(points, weights, self.kernel.shape))
    }

    /// What is sent of `target`, which is prepared for the kernel.
    ///
    /// # Errors
    /// [`EngineError::Format`] when its weights are no distribution: nothing can be proved of such.
    pub fn message(&self, target: &Embedding<f32>) -> Result<Message> {
        let projection = self.basis.project(target);
        let mut coordinates = projection.vector;
        let residual = coordinates.pop();
        let message = self.message_of(coordinates, residual, projection.error, None);
        message.require_sound().map(|()| message)
    }

    /// What is sent of rows (rows x dimension, finite), with noise: `(epsilon, delta)`-differentially private for
    /// replacing one row. The number of rows is public, and so is the residual: it is not sent.
    ///
    /// The coordinates are `T mu` with `mu` the mean of `k(x, .)` over all `n` rows. Replacing `x` by `y` moves it by
    /// `|T (k(y, .) - k(x, .))| / n <= sqrt(k(x,x) + k(y,y) - 2 k(x,y)) / n <= sqrt(2) / n`, because `T` has norm at most
    /// 1 (checked when the anchors are read) and the kernel lies between 0 and 1 with `k(x,x) = 1`. The kernel is the
    /// island's and public, so that nothing else depends on the rows.
    ///
    /// The seed decides the noise: it must be drawn anew, kept secret and thrown away; a fixed one is for tests only.
    pub fn noisy_message(&self, rows: &Matrix, budget: PrivacyBudget, seed: u64) -> Result<Message> {
        self.require_rows(rows)?;
        let count = rows.rows() as f64;
        let points: Points<f64> = self.kernel.prepare(rows);
        let weights = vec![1.0 / count; rows.rows()];
        let landmarks = in_double(self.basis.landmarks());
        let sums = kernel::cross_sums(&landmarks, &points, &weights, self.kernel.shape);
        let sensitivity = 2.0_f64.sqrt() / count * (1.0 + NORM_SLACK);
        let deviation = gaussian_deviation(sensitivity, budget.rho());
        let mut stream = Stream::new(seed);
        let transform = self.basis.transform();
        let coordinates = transform.iter_rows().map(|row| dot(row, &sums) + deviation * stream.normal());
        let noise = Noise { epsilon: budget.epsilon, delta: budget.delta, deviation };
        Ok(self.message_of(coordinates.collect(), None, 0.0, Some(noise)))
    }

    fn message_of(
        &self,
        coordinates: Vec<f64>,
        residual: Option<f64>,
        error: f64,
        noise: Option<Noise>,
    ) -> Message {
        let (island, anchors) = (self.island.clone(), self.digest.clone());
        Message { island, anchors, coordinates, residual, error, noise }
    }

    /// Compares the candidates' specifications exactly with `target`, the data of the message. A candidate that
    /// is not among `specifications` is taken as one that the user does not want.
    pub fn rank(
        &self,
        target: &Embedding<f32>,
        candidates: &Candidates,
        specifications: &[(LearnwareId, &Rkme)],
        count: usize,
    ) -> Result<Ranked> {
        for (_, specification) in specifications {
            self.require_dimension(specification.dimension())?;
        }
        let mut compared = parallel::map(specifications.len(), |i| {
            let (id, specification) = &specifications[i];
            let embedding = Stored::new(id.clone(), specification, &self.kernel).embedding(self.kernel.shape);
            let distance = target.distance(&embedding);
            (id.clone(), embedding, distance)
        });
        compared.sort_by(|a, b| a.2.total_cmp(&b.2).then_with(|| a.0.cmp(&b.0)));
        let near: Vec<&Embedding<f32>> =
            compared.iter().take(MIXED_MAX).map(|(_, embedding, _)| embedding).collect();
        let covered = Coverage::new(target, &self.kernel, &near).share_of_best(target, &near);
        let mut found: Vec<(LearnwareId, f64)> =
            compared.into_iter().map(|(id, _, distance)| (id, distance)).collect();
        found.truncate(count);
        let proved = candidates.rest.is_none_or(|rest| {
            // A bound of 0 bounds nothing: rounding may leave a distance below it.
            rest > 0.0 && found.len() == count && found.last().is_some_and(|last| last.1 < rest)
        });
        Ok(Ranked { found, proved, covered })
    }

    fn require_rows(&self, rows: &Matrix) -> Result<()> {
        self.require_dimension(rows.columns())?;
        if rows.rows() == 0 {
            return Err(EngineError::Empty { what: "the data" });
        }
        rows.require_finite()
    }

    fn require_dimension(&self, found: usize) -> Result<()> {
        let wanted = self.kernel.multipliers.len();
        if found == wanted {
            return Ok(());
        }
        let reason = format!("the anchors are of {}, the data has {found} numbers in a row", self.island);
        Err(EngineError::Incomparable { reason })
    }
}

impl Header {
    /// Whether the numbers of the file are as many as the header says.
    fn require_length(&self, dimension: usize, bytes: usize) -> Result<()> {
        let parts =
            [(2 * 8, dimension, 1), (4, self.landmarks, dimension), (8, self.directions, self.landmarks)];
        if dimension == 0 || self.landmarks == 0 || self.directions == 0 {
            return Err(bad("it has no landmarks, no directions or no columns".into()));
        }
        let mut wanted = 0;
        for (width, rows, columns) in parts {
            let numbers = rows.checked_mul(columns).filter(|&numbers| numbers <= NUMBERS_MAX);
            wanted +=
                width * numbers.ok_or_else(|| bad(format!("it has more than {NUMBERS_MAX} numbers")))?;
        }
        if wanted == bytes {
            return Ok(());
        }
        Err(bad(format!("it has {bytes} bytes of numbers, and its second line makes {wanted}")))
    }
}

/// Numbers of a file that are not read yet.
struct Numbers<'a> {
    left: &'a [u8],
}

impl Numbers<'_> {
    fn double(&mut self, count: usize) -> Result<Vec<f64>> {
        let values: Vec<f64> =
            self.take::<8>(count)?.iter().map(|bytes| f64::from_le_bytes(*bytes)).collect();
        let is_sound = values.iter().all(|value| value.is_finite());
        if is_sound { Ok(values) } else { Err(not_finite()) }
    }

    fn single(&mut self, count: usize) -> Result<Vec<f32>> {
        let values: Vec<f32> =
            self.take::<4>(count)?.iter().map(|bytes| f32::from_le_bytes(*bytes)).collect();
        let is_sound = values.iter().all(|value| value.is_finite());
        if is_sound { Ok(values) } else { Err(not_finite()) }
    }

    fn take<const WIDTH: usize>(&mut self, count: usize) -> Result<&[[u8; WIDTH]]> {
        let (taken, left) =
            self.left.split_at_checked(count * WIDTH).ok_or_else(|| bad("it is cut off".into()))?;
        self.left = left;
        Ok(taken.as_chunks::<WIDTH>().0)
    }
}

/// All numbers of a file.
fn payload(kernel: &IslandKernel, basis: &Basis) -> Vec<u8> {
    let (landmarks, transform) = (basis.landmarks(), basis.transform().as_slice());
    let mut bytes = Vec::with_capacity(8 * transform.len());
    bytes.extend(kernel.centre.iter().chain(&kernel.multipliers).flat_map(|value| value.to_le_bytes()));
    for index in 0..landmarks.count() {
        bytes.extend(landmarks.row(index).iter().flat_map(|value| value.to_le_bytes()));
    }
    bytes.extend(transform.iter().flat_map(|value| value.to_le_bytes()));
    bytes
}

/// Tells anchors apart; it guards against mistakes, not against malice (64 bits of FNV-1a).
pub(super) fn digest(island: &IslandKey, shape: Shape, payload: &[u8]) -> String {
    let head = serde_json::to_string(&(island, shape)).expect("a key is plain data");
    let hash = head.bytes().chain(payload.iter().copied()).fold(0xcbf2_9ce4_8422_2325_u64, |hash, byte| {
        (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3)
    });
    format!("fnv1a-{hash:016x}")
}

/// A line and what follows it; `None` when there is none of reasonable length.
fn line(bytes: &[u8]) -> Option<(&str, &[u8])> {
    let end = bytes.iter().take(HEADER_MAX).position(|&byte| byte == b'\n')?;
    Some((std::str::from_utf8(&bytes[..end]).ok()?, &bytes[end + 1..]))
}

fn not_finite() -> EngineError {
    bad("it has a number that is not finite".into())
}

fn bad(reason: String) -> EngineError {
    EngineError::Format { format: "anchors", reason: format!("{reason}; get the anchors again") }
}
