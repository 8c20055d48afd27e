//! The reference's map: a small transformer over the words of column descriptions times values.
//!
//! Each column is one token, `value * (mean vector of its description's word pieces) + bias`; a class token stands in front;
//! after two layers of attention the class token is the row's place. It is trained so that views of one row through some of
//! its columns land near each other and far from other rows (TransTab's vertical-partition contrastive loss, Wang and Sun,
//! NeurIPS 2022; the reference's `HeteroMap`). The vocabulary is given by the caller; nothing is downloaded.
//!
//! Arrays have the names of the reference's checkpoint, so that one of those, written as safetensors, becomes a map
//! ([`NetworkMap::from_reference`]). Checkpoints themselves are pickles and are not read.
//!
//! It is here to compare with, and for docks that come from the reference: [`super::factors`] tells tasks apart better and is
//! trained in a second (docs/adr/0036-map-between-islands.md).

mod layers;
mod parameters;
mod passes;
#[cfg(test)]
mod tests;
mod tokens;
mod train;

pub use parameters::NetworkShape;
use parameters::Slots;
use passes::Network;
pub use tokens::Vocabulary;
pub use train::{Progress, Training, TrainingOptions};

use super::tensors::{Tensors, bad};
use super::{HeteroMap, MapIdentity, MapKind, nothing_described, require_described};
use crate::error::Result;
use crate::numeric::{Matrix, parallel};
use crate::specification::Rkme;

/// Name of the vectors of word pieces in the reference's files.
const PIECES: &str = "feature_processor.word_embedding.word_embeddings.weight";
/// Version of the form of our files.
const RELEASE: &str = "1";
/// Rows that are embedded side by side.
const CHUNK_ROWS: usize = 10;

/// A trained network.
#[derive(Debug, Clone)]
pub struct NetworkMap {
    identity: MapIdentity,
    shape: NetworkShape,
    vocabulary: Vocabulary,
    slots: Slots,
    /// All numbers but the vectors of word pieces.
    values: Vec<f32>,
    /// Vectors of word pieces, one after the other.
    pieces: Vec<f32>,
}

impl NetworkMap {
    /// A map from the arrays of a checkpoint of the reference, under its names, with the vocabulary it was trained with.
    /// Arrays that the forward pass doesn't use are ignored.
    ///
    /// # Errors
    /// When an array is missing or of another shape.
    pub fn from_reference(tensors: &Tensors, shape: NetworkShape, vocabulary: Vocabulary) -> Result<Self> {
        shape.require_sound()?;
        let slots = Slots::new(shape);
        let values = slots.read("", tensors)?;
        let pieces = tensors.array(PIECES, &[vocabulary.len(), shape.hidden])?.1.to_vec();
        let identity = MapIdentity {
            kind: MapKind::Network,
            version: String::new(),
            dimension: shape.hidden,
            seed: 0,
            learnwares: 0,
            descriptions: 0,
        };
        Ok(Self { identity, shape, vocabulary, slots, values, pieces }.with_version())
    }

    /// Reads a map of this kind.
    pub(super) fn from_tensors(tensors: &Tensors) -> Result<Self> {
        let release = tensors.text("release")?;
        if release != RELEASE {
            return Err(bad(format!(
                "it is of release {release}, this program reads {RELEASE}; train it anew"
            )));
        }
        let shape = NetworkShape {
            hidden: tensors.whole_number("hidden")?,
            layers: tensors.whole_number("layers")?,
            heads: tensors.whole_number("heads")?,
            inner: tensors.whole_number("inner")?,
            projection: tensors.whole_number("projection")?,
        };
        let mut map = Self::from_reference(tensors, shape, Vocabulary::new(tensors.text("vocabulary")?)?)?;
        map.identity.seed = tensors.whole_number("seed")?;
        map.identity.learnwares = tensors.whole_number("learnwares")?;
        map.identity.descriptions = tensors.whole_number("descriptions")?;
        Ok(map)
    }

    fn with_version(mut self) -> Self {
        self.identity.version = self.arrays().digest();
        self
    }

    fn arrays(&self) -> Tensors {
        let mut tensors = Tensors::default();
        self.slots.write("", &self.values, &mut tensors);
        tensors.set(PIECES, &[self.vocabulary.len(), self.shape.hidden], self.pieces.clone());
        tensors
    }

    fn tensors(&self) -> Tensors {
        let mut tensors = self.arrays();
        let NetworkShape { hidden, layers, heads, inner, projection } = self.shape;
        let MapIdentity { seed, learnwares, descriptions, .. } = self.identity;
        tensors.set_note("kind", MapKind::Network.word());
        tensors.set_note("release", RELEASE);
        tensors.set_note("vocabulary", self.vocabulary.text());
        tensors.set_note("seed", seed.to_string());
        let counts = [
            ("hidden", hidden),
            ("layers", layers),
            ("heads", heads),
            ("inner", inner),
            ("projection", projection),
            ("learnwares", learnwares),
            ("descriptions", descriptions),
        ];
        for (name, count) in counts {
            tensors.set_note(name, count.to_string());
        }
        tensors
    }

    fn network(&self) -> Network<'_> {
        Network { shape: self.shape, slots: &self.slots, values: &self.values }
    }
}

impl HeteroMap for NetworkMap {
    fn identity(&self) -> &MapIdentity {
        &self.identity
    }

    fn embed(&self, specification: &Rkme, columns: &[String]) -> Result<Rkme> {
        require_described(specification, columns)?;
        let pieces: Vec<Vec<usize>> = columns.iter().map(|column| self.vocabulary.pieces(column)).collect();
        let says = |(column, pieces): (&String, &Vec<usize>)| {
            !column.trim().is_empty() && self.vocabulary.knows(pieces)
        };
        if !columns.iter().zip(&pieces).any(says) {
            return Err(nothing_described());
        }
        let (network, hidden) = (self.network(), self.shape.hidden);
        let vectors = gathered(&self.pieces, &pieces.concat(), hidden);
        let counts: Vec<usize> = pieces.iter().map(Vec::len).collect();
        let seen = network.columns(&vectors, &counts);
        let points = specification.points();
        let chunks = parallel::map(points.rows().div_ceil(CHUNK_ROWS), |chunk| {
            let rows = chunk * CHUNK_ROWS..points.rows().min((chunk + 1) * CHUNK_ROWS);
            let values: Vec<f32> =
                rows.flat_map(|row| points.row(row).iter().map(|&value| value as f32)).collect();
            network.forward(&seen, &values).0
        });
        let places = chunks.concat().into_iter().map(f64::from).collect();
        let points = Matrix::new(points.rows(), hidden, places)?;
        let weights = specification.weights().to_vec();
        Rkme::new(points, weights, specification.gamma(), specification.row_count())
    }

    fn to_bytes(&self) -> Vec<u8> {
        self.tensors().to_bytes()
    }
}

/// The vectors of `width` numbers at the given places, one after the other.
fn gathered(vectors: &[f32], places: &[usize], width: usize) -> Vec<f32> {
    places.iter().flat_map(|&place| vectors[place * width..(place + 1) * width].iter().copied()).collect()
}
