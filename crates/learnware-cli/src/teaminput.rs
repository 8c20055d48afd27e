//! Data as the models of a team take it, and as their specifications see it.
//!
//! Models take rows, texts or images; specifications see rows, or what an embedder made of texts and images.
//! Learnwares that take different numbers of the same data (other columns, other sizes of image) get them side
//! by side in one batch, and each its own part.

use std::ops::Range;

use anyhow::Context as _;
use learnware_data::DataError;
use learnware_engine::numeric::Matrix;
use learnware_engine::predictor::{Batch, PredictError, Predictions, Predictor};
use learnware_engine::reuse::align::Alignment;
use learnware_engine::reuse::{Examples, Task, Team};
use learnware_engine::semantic::Column;
use learnware_engine::specification::IslandKey;
use learnware_engine::table::{self, RawTable};

use crate::alignment;
use crate::datafile::{Content, Data, Pictures};
use crate::error::advised;
use crate::learnwares::Opened;

/// The examples of a team.
#[derive(Debug)]
pub(crate) struct TeamInput {
    batch: Batch,
    /// What each learnware takes of the batch; `None` when all take all.
    parts: Option<Vec<Part>>,
    seen: Seen,
    /// How each learnware takes the user's own columns, where they are aligned.
    alignments: Vec<Alignment>,
}

/// A learnware's columns of a batch.
#[derive(Debug, Clone)]
struct Part {
    columns: Range<usize>,
    /// Shape of an image; `None` for rows.
    shape: Option<Vec<usize>>,
}

/// What specifications see.
#[derive(Debug)]
enum Seen {
    /// Nothing that all of them could compare.
    Nothing,
    /// The batch itself.
    Batch(IslandKey),
    /// What an embedder made of it.
    Embedded(IslandKey, Matrix),
}

impl TeamInput {
    /// Prepares data for each learnware; `embedded` is the data in an island of theirs, where that is known.
    pub(crate) fn new(
        learnwares: &[Opened],
        data: &Data,
        embedded: Option<(IslandKey, Matrix)>,
    ) -> anyhow::Result<Self> {
        learnwares.iter().try_for_each(|learnware| learnware.require_kind(data))?;
        let mut input = match &data.content {
            Content::Table(table) => Self::rows(learnwares, table)?,
            Content::Texts(texts) => Self {
                batch: Batch::Text(texts.clone()),
                parts: None,
                seen: Seen::Nothing,
                alignments: Vec::new(),
            },
            Content::Images(pictures) => Self::images(learnwares, pictures)?,
        };
        if let Some((island, rows)) = embedded {
            input.seen = Seen::Embedded(island, rows);
        }
        Ok(input)
    }

    /// The user's own rows, to which learnwares are aligned.
    pub(crate) fn aligned(rows: Matrix, alignments: Vec<Alignment>) -> Self {
        Self { batch: Batch::Table(rows), parts: None, seen: Seen::Nothing, alignments }
    }

    fn rows(learnwares: &[Opened], table: &RawTable) -> anyhow::Result<Self> {
        let mut encodings = Vec::with_capacity(learnwares.len());
        for learnware in learnwares {
            encodings.push(learnware.columns(table)?);
        }
        let encode = |(columns, learnware): (&Vec<Column>, &Opened)| {
            table::encode(table, columns)
                .with_context(|| format!("learnware {} does not take this table", learnware.id))
        };
        let encoded: anyhow::Result<Vec<Matrix>> = encodings.iter().zip(learnwares).map(encode).collect();
        // What a column's absent values become does not matter while there are none.
        let mut encoded = encoded?;
        if encoded.iter().all(|part| same_numbers(part, &encoded[0])) {
            let rows = encoded.swap_remove(0);
            let seen = Seen::Batch(IslandKey::Table { dimension: rows.columns() });
            return Ok(Self { batch: Batch::Table(rows), parts: None, seen, alignments: Vec::new() });
        }
        let (values, ranges) = side_by_side(&encoded);
        let parts = ranges.into_iter().map(|columns| Part { columns, shape: None }).collect();
        Ok(Self {
            batch: Batch::Table(values),
            parts: Some(parts),
            seen: Seen::Nothing,
            alignments: Vec::new(),
        })
    }

    fn images(learnwares: &[Opened], pictures: &Pictures) -> anyhow::Result<Self> {
        let mut shapes = Vec::with_capacity(learnwares.len());
        for learnware in learnwares {
            shapes.push(learnware.image_shape().ok_or_else(|| {
                advised(
                    format!(
                        "learnware {} does not say in its specification which images it takes",
                        learnware.id
                    ),
                    "`learnware run` asks its model; or its author packs it again with `learnware pack`",
                )
            })?);
        }
        if shapes.iter().all(|shape| *shape == shapes[0]) {
            let batch = Batch::Tensor { shape: shapes[0].to_vec(), values: pictures.stacked(shapes[0])? };
            return Ok(Self { batch, parts: None, seen: Seen::Nothing, alignments: Vec::new() });
        }
        let stacked: Result<Vec<Matrix>, DataError> =
            shapes.iter().map(|&shape| pictures.stacked(shape)).collect();
        let (values, ranges) = side_by_side(&stacked?);
        let part =
            |(columns, shape): (Range<usize>, &[usize; 3])| Part { columns, shape: Some(shape.to_vec()) };
        let parts = ranges.into_iter().zip(&shapes).map(part).collect();
        let batch = Batch::Tensor { shape: vec![values.columns()], values };
        Ok(Self { batch, parts: Some(parts), seen: Seen::Nothing, alignments: Vec::new() })
    }

    /// How much of what each aligned learnware takes is there, 0 to 1; nothing where none is aligned.
    pub(crate) fn coverages(&self) -> impl Iterator<Item = f64> {
        self.alignments.iter().map(|alignment| alignment.matching().coverage())
    }

    /// Some of the examples, as models get them.
    pub(crate) fn some(&self, rows: &[usize]) -> Batch {
        self.batch.select(rows)
    }

    /// Numbers of an example in the batch; texts have none.
    pub(crate) fn width(&self) -> usize {
        match &self.batch {
            Batch::Table(values) | Batch::Tensor { values, .. } => values.columns(),
            _ => 0,
        }
    }

    /// The data as specifications of this island see it.
    pub(crate) fn seen(&self) -> Option<(&IslandKey, &Matrix)> {
        match (&self.seen, &self.batch) {
            (Seen::Embedded(island, rows), _) | (Seen::Batch(island), Batch::Table(rows)) => {
                Some((island, rows))
            }
            (Seen::Batch(_) | Seen::Nothing, _) => None,
        }
    }

    /// The model of the learnware at `place`, fed with its own part.
    pub(crate) fn feed(
        &self,
        place: usize,
        predictor: Box<dyn Predictor>,
        task: Task,
    ) -> anyhow::Result<Box<dyn Predictor>> {
        if let Some(alignment) = self.alignments.get(place) {
            return alignment::wrap(alignment.clone(), predictor, task);
        }
        Ok(match &self.parts {
            None => predictor,
            Some(parts) => Box::new(Fed { part: parts[place].clone(), predictor }),
        })
    }

    /// Asks a team about all examples.
    pub(crate) fn ask(&self, team: &mut Team) -> anyhow::Result<Examples> {
        let examples = team.ask(&self.batch)?;
        Ok(match &self.seen {
            Seen::Embedded(_, rows) => examples.with_embedded(rows.clone())?,
            Seen::Nothing | Seen::Batch(_) => examples,
        })
    }

    /// Asks a team about some examples.
    pub(crate) fn ask_about(&self, team: &mut Team, rows: &[usize]) -> anyhow::Result<Examples> {
        let examples = team.ask(&self.batch.select(rows))?;
        Ok(match &self.seen {
            Seen::Embedded(_, all) => examples.with_embedded(all.select_rows(rows))?,
            Seen::Nothing | Seen::Batch(_) => examples,
        })
    }
}

/// Equal bit for bit, so that absent values (NaN) count as equal.
fn same_numbers(left: &Matrix, right: &Matrix) -> bool {
    left.columns() == right.columns()
        && left.as_slice().iter().zip(right.as_slice()).all(|(a, b)| a.to_bits() == b.to_bits())
}

/// One matrix of all parts, and the columns of each.
fn side_by_side(parts: &[Matrix]) -> (Matrix, Vec<Range<usize>>) {
    let width = parts.iter().map(Matrix::columns).sum();
    let mut values = Matrix::zeros(parts[0].rows(), width);
    let mut ranges = Vec::with_capacity(parts.len());
    let mut offset = 0;
    for part in parts {
        let columns = offset..offset + part.columns();
        for (row, numbers) in part.iter_rows().enumerate() {
            values.row_mut(row)[columns.clone()].copy_from_slice(numbers);
        }
        offset = columns.end;
        ranges.push(columns);
    }
    (values, ranges)
}

/// A model that gets its part of a wider batch.
struct Fed {
    part: Part,
    predictor: Box<dyn Predictor>,
}

impl Predictor for Fed {
    fn input_shape(&self) -> Option<Vec<usize>> {
        self.predictor.input_shape()
    }

    fn output_shape(&self) -> Option<Vec<usize>> {
        self.predictor.output_shape()
    }

    fn predict(&mut self, batch: &Batch) -> Result<Predictions, PredictError> {
        let (Batch::Table(values) | Batch::Tensor { values, .. }) = batch else {
            return self.predictor.predict(batch);
        };
        let columns: Vec<usize> = self.part.columns.clone().collect();
        let values = values.select_columns(&columns);
        self.predictor.predict(&match &self.part.shape {
            None => Batch::Table(values),
            Some(shape) => Batch::Tensor { shape: shape.clone(), values },
        })
    }
}
