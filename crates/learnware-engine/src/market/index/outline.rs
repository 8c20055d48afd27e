//! An island without its members: what is needed to search it where their specifications are kept elsewhere.
//!
//! An outline has the kernel, the basis and the background of an island. With it every specification has a head, 32
//! numbers of which any vector database finds the nearest. Heads are never farther apart than specifications
//! ([`super::basis`]), so a distance of heads less what rounding did is a lower bound of the distance, and the heads that a
//! search did not look at prove that nothing near was missed (docs/adr/0039-first-stage-elsewhere.md).

use std::io;
use std::sync::{Arc, OnceLock};

use super::background::Background;
use super::basis::{self, Basis, HEAD};
use super::file::{TableReader, TableWriter, check, number_shape, shape_number};
use super::filed::{ReadAt, unreadable};
use super::segment::Segment;
use super::{IslandIndex, Stored, island_kernel, kernel_sample, scan};
use crate::error::{EngineError, Result};
use crate::learnware::LearnwareId;
use crate::numeric::parallel;
use crate::specification::{Embedding, IslandKernel, IslandKey, Rkme};

/// First and last bytes; the digit is the version.
const MAGIC: [u8; 8] = *b"LWOUTLN1";
/// Relative error of a distance of two heads where differences, squares and their sum are in single precision, and of
/// what is computed from it here; 32 axes make 2e-6 at most.
const DISTANCE_OF_HEADS: f64 = 4e-6;

/// Kernel, basis and background of an island, without its members.
#[derive(Debug, Clone)]
pub struct Outline {
    kernel: IslandKernel,
    basis: Arc<Basis>,
    count: usize,
    background: Option<Background>,
}

/// The members that an outline is made of, taken from a stream of all of them.
#[derive(Debug)]
pub struct OutlineSample {
    key: IslandKey,
    count: usize,
    first: usize,
    chosen: Vec<usize>,
    taken: Vec<(usize, LearnwareId, Rkme)>,
}

/// Where a specification lies, in few numbers.
#[derive(Debug, Clone, PartialEq)]
pub struct Head {
    /// [`Head::AXES`] coordinates.
    pub axes: Vec<f32>,
    /// How far rounding may have moved it; infinite for weights that are no distribution's, whose head says nothing.
    pub error: f64,
    /// Error of a squared distance computed from the specification itself.
    slack: f64,
}

impl OutlineSample {
    /// What is to be taken of `count` members of an island, in the order of their identifiers.
    pub fn new(key: IslandKey, count: usize) -> Self {
        Self { key, count, first: kernel_sample(count), chosen: Basis::chosen(count), taken: Vec::new() }
    }

    /// Whether the member at a place of the order, from 0, is one of them.
    pub fn wants(&self, place: usize) -> bool {
        place < self.first || self.chosen.binary_search(&place).is_ok()
    }

    /// Takes a member that is wanted; in increasing order of places. Members that are gone meanwhile may be left out.
    ///
    /// # Errors
    /// [`EngineError::Shape`] when it is of another island.
    pub fn take(&mut self, place: usize, id: LearnwareId, specification: Rkme) -> Result<()> {
        let expected = self.key.dimension();
        if specification.dimension() != expected {
            return Err(EngineError::Shape {
                what: "numbers in a point of a member",
                expected: expected.to_string(),
                found: specification.dimension().to_string(),
            });
        }
        self.taken.push((place, id, specification));
        Ok(())
    }

    /// The outline.
    ///
    /// # Errors
    /// [`EngineError::Empty`] when nothing was taken, [`EngineError::Incomparable`] for an island of directions.
    pub fn outline(self) -> Result<Outline> {
        let Self { key, count, first, chosen, taken } = self;
        if key.is_of_directions() {
            let reason = "nothing bounds how far directions are apart: they stay in memory".into();
            return Err(EngineError::Incomparable { reason });
        }
        let of_kernel: Vec<&Rkme> =
            taken.iter().take_while(|(place, ..)| *place < first).map(|(_, _, rkme)| rkme).collect();
        let Some((_, last, _)) = taken[..of_kernel.len()].last() else {
            return Err(EngineError::Empty { what: "the sample of an island's members" });
        };
        let kernel = island_kernel(&key, count, &of_kernel);
        let stored = parallel::map(taken.len(), |i| Stored::new(taken[i].1.clone(), &taken[i].2, &kernel));
        let embedding = |place: usize| Ok(stored[place].embedding(kernel.shape));
        let background = Background::of_first(of_kernel.len(), last.clone(), embedding);
        let chosen = taken.iter().zip(&stored).filter(|((place, ..), _)| chosen.binary_search(place).is_ok());
        let chosen: Vec<Embedding<f32>> = chosen.map(|(_, stored)| stored.embedding(kernel.shape)).collect();
        if chosen.is_empty() {
            return Err(EngineError::Empty { what: "the sample of an island's members" });
        }
        let basis = Arc::new(Basis::of_chosen(count, &chosen));
        Ok(Outline { kernel, basis, count, background })
    }
}

impl Head {
    /// Numbers of a head.
    pub const AXES: usize = HEAD;

    fn new(basis: &Basis, embedding: &Embedding<f32>) -> Self {
        let projection = basis.project(embedding);
        let exact = basis::head(&projection.vector);
        let mut axes: Vec<f32> = exact.iter().map(|&value| value as f32).collect();
        let lost = exact.iter().zip(&axes).map(|(exact, &axis)| (exact - f64::from(axis)).powi(2));
        let error = projection.error + lost.sum::<f64>().sqrt();
        axes.resize(Self::AXES, 0.0);
        Self { axes, error, slack: scan::slack(embedding) }
    }

    /// Squared distance that no specification falls below whose head is at least `distance` (not squared, as computed in
    /// single precision) from this one; `error_max` is the largest error of such a head.
    pub fn least(&self, distance: f64, error_max: f64) -> f64 {
        let apart = distance.mul_add(1.0 - DISTANCE_OF_HEADS, -(self.error + error_max)).max(0.0);
        if apart.is_finite() { apart.mul_add(apart, -self.slack).max(0.0) } else { 0.0 }
    }

    /// Distance of heads beyond which no specification has a squared distance of `squared` or less; infinite where heads
    /// say nothing.
    pub fn reach(&self, squared: f64, error_max: f64) -> f64 {
        let apart = (squared.max(0.0) + self.slack).sqrt() + self.error + error_max;
        // Twice the error: once for this sum, once so that a distance that is computed to be larger is larger.
        apart * (1.0 + 2.0 * DISTANCE_OF_HEADS)
    }
}

impl Outline {
    /// The island's kernel when the outline was made.
    pub fn kernel(&self) -> &IslandKernel {
        &self.kernel
    }

    /// Number of the island's members when the outline was made.
    pub fn count(&self) -> usize {
        self.count
    }

    /// The head of a member.
    ///
    /// # Errors
    /// [`EngineError::Shape`] when it is of another dimension.
    pub fn head_of_member(&self, specification: &Rkme) -> Result<Head> {
        self.require_dimension(specification)?;
        let stored = Stored::new(LearnwareId(String::new()), specification, &self.kernel);
        Ok(Head::new(&self.basis, &stored.embedding(self.kernel.shape)))
    }

    /// The head of a user's specification.
    ///
    /// # Errors
    /// [`EngineError::Shape`] when it is of another dimension.
    pub fn head_of_user(&self, specification: &Rkme) -> Result<Head> {
        self.require_dimension(specification)?;
        Ok(Head::new(&self.basis, &Embedding::<f32>::new(specification, &self.kernel)))
    }

    fn require_dimension(&self, specification: &Rkme) -> Result<()> {
        let expected = self.kernel.multipliers.len();
        if specification.dimension() == expected {
            return Ok(());
        }
        Err(EngineError::Shape {
            what: "numbers in a point of the specification",
            expected: expected.to_string(),
            found: specification.dimension().to_string(),
        })
    }

    /// An index of some members under this outline's kernel and background, whose searches look at all of them.
    pub(in crate::market) fn index_of(&self, members: Vec<Arc<Stored>>) -> IslandIndex {
        let segments = vec![Segment::new(members, None, self.kernel.shape)];
        let background = Arc::new(OnceLock::from(self.background.clone()));
        IslandIndex { kernel: self.kernel.clone(), basis: None, basis_count: 0, segments, background }
    }

    /// The outline as bytes.
    ///
    /// # Errors
    /// Never in memory that there is; what a table reports.
    pub fn to_bytes(&self) -> Result<Vec<u8>> {
        let mut out: Vec<u8> = MAGIC.to_vec();
        let fail = |error: io::Error| unreadable(&error.to_string());
        let mut table = TableWriter::new(&mut out);
        self.write_table(&mut table).map_err(fail)?;
        table.end(MAGIC.len() as u64, MAGIC).map_err(fail)?;
        Ok(out)
    }

    fn write_table(&self, table: &mut TableWriter<'_>) -> io::Result<()> {
        let IslandKernel { centre, multipliers, shape } = &self.kernel;
        let (distances, sample, last) = self.background.as_ref().map_or((&[][..], 0, ""), |background| {
            let (distances, sample, last) = background.parts();
            (distances, sample, last.0.as_str())
        });
        table.array(&[multipliers.len() as u64, shape_number(*shape), self.count as u64, sample as u64])?;
        table.array(centre)?;
        table.array(multipliers)?;
        self.basis.write(table)?;
        table.array(distances)?;
        table.array(last.as_bytes())
    }

    /// Reads bytes that were written.
    ///
    /// # Errors
    /// [`EngineError::Format`] when they are not of an outline, or damaged.
    pub fn from_bytes(bytes: Vec<u8>) -> Result<Self> {
        let mut table = TableReader::new(Arc::new(InMemory(bytes)), MAGIC)?;
        let [dimension, shape, count, sample] = table.fixed::<u64, 4>()?;
        let (centre, multipliers) = (table.array::<f64>()?, table.array::<f64>()?);
        let dimension = dimension as usize;
        check(centre.len() == dimension && multipliers.len() == dimension, "a kernel of another dimension")?;
        let shape = number_shape(shape)?;
        let basis = Arc::new(Basis::read(shape, dimension, &mut table)?);
        let distances = table.array::<f64>()?;
        let last = String::from_utf8(table.array::<u8>()?).map_err(|error| unreadable(&error.to_string()))?;
        table.end()?;
        let background = Background::from_parts(distances, sample as usize, LearnwareId(last));
        let kernel = IslandKernel { centre, multipliers, shape };
        Ok(Self { kernel, basis, count: count as usize, background })
    }
}

/// Bytes in memory.
#[derive(Debug)]
struct InMemory(Vec<u8>);

impl ReadAt for InMemory {
    fn read_at(&self, offset: u64, bytes: &mut [u8]) -> io::Result<()> {
        let begin = usize::try_from(offset).unwrap_or(usize::MAX);
        let end = begin.saturating_add(bytes.len());
        let found = self.0.get(begin..end).ok_or(io::ErrorKind::UnexpectedEof)?;
        bytes.copy_from_slice(found);
        Ok(())
    }

    fn length(&self) -> io::Result<u64> {
        Ok(self.0.len() as u64)
    }
}
