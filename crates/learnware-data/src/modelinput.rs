//! Data as the model of a learnware takes it.

use learnware_engine::learnware::Specification;
use learnware_engine::numeric::Matrix;
use learnware_engine::predictor::Batch;
use learnware_engine::semantic::{Column, DataType, Dimensions};
use learnware_engine::specification::StatisticalSpecification;
use learnware_engine::table::{self, RawTable};

use crate::datafile::{Content, Data, Pictures};
use crate::error::{DataError, Result, refused};
use crate::said::said;

/// The largest value of a pixel in the reference's scale.
const WHOLE_VALUE_MAX: f64 = 255.0;

/// What a learnware says about its inputs, and what it is called in messages.
#[derive(Debug, Clone, Copy)]
pub struct Taker<'a> {
    /// Its id or file.
    pub name: &'a str,
    /// What it is for.
    pub specification: &'a Specification,
}

impl Taker<'_> {
    /// What kind of data it takes.
    pub fn kind(self) -> DataType {
        let of_numbers = || self.specification.statistical.first().map(StatisticalSpecification::data_type);
        self.specification.semantic.single_data_type().or_else(of_numbers).unwrap_or(DataType::Table)
    }

    /// Channels, height and width of the images that it takes, as its specification says.
    pub fn image_shape(self) -> Option<[usize; 3]> {
        self.specification.statistical.iter().find_map(|kind| match kind {
            StatisticalSpecification::Image(image) => Some(image.image_shape),
            StatisticalSpecification::Table(_)
            | StatisticalSpecification::Text(_)
            | StatisticalSpecification::ReferenceImage(_)
            | StatisticalSpecification::Parameters(_) => None,
        })
    }

    /// Refuses data of another kind.
    pub fn require_kind(self, data: &Data) -> Result<()> {
        let (wanted, found) = (self.kind(), data.kind());
        if wanted == found {
            return Ok(());
        }
        Err(refused(
            said!(
                "other-kind",
                "learnware {name} takes {wanted}, not {found}",
                name = self.name,
                wanted = plural(wanted),
                found = plural(found)
            ),
            "`learnware search --data-type TYPE` finds learnwares for other data",
        ))
    }

    /// How the table's columns become its inputs.
    pub fn columns(self, table: &RawTable) -> Result<Vec<Column>> {
        let own = self.specification.statistical.iter().find_map(StatisticalSpecification::as_table);
        let known = own.map(|table| Dimensions { dimension: table.dimension(), ..Dimensions::default() });
        let Some(input) = self.specification.semantic.input.clone().or(known) else {
            return Err(refused(
                said!(
                    "inputs-unknown",
                    "learnware {name} does not say how many inputs it takes",
                    name = self.name
                ),
                "its package needs a semantic specification with `Input`, or a table specification",
            ));
        };
        table::columns_for(&input, table).map_err(|error| DataError::At {
            place: format!("learnware {} does not take this table", self.name),
            source: Box::new(error.into()),
        })
    }

    /// The rows of a table as its inputs.
    pub fn rows(self, table: &RawTable) -> Result<Matrix> {
        Ok(table::encode(table, &self.columns(table)?)?)
    }

    /// Images as its model takes them, of the shape that this declares where the specification does not say:
    /// values from 0 to 1, and from 0 to 255 where the package is described as the reference does, whose checker
    /// asks models about such.
    pub fn images(self, pictures: &Pictures, declared: Option<Vec<usize>>) -> Result<Batch> {
        let own = self.image_shape();
        let shape = own.or_else(|| declared.and_then(|shape| shape.try_into().ok()));
        let Some(shape) = shape else {
            return Err(refused(
                said!(
                    "image-size-unknown",
                    "learnware {name} does not say the size of the images that it takes",
                    name = self.name
                ),
                "its model needs an input_shape of channels, height and width",
            ));
        };
        let mut values = pictures.stacked(shape)?;
        if own.is_none() {
            values.as_mut_slice().iter_mut().for_each(|value| *value *= WHOLE_VALUE_MAX);
        }
        Ok(Batch::Tensor { shape: shape.to_vec(), values })
    }

    /// Data as its model takes it; `declared` is the shape of one input that the model says itself.
    pub fn batch(self, data: &Data, declared: Option<Vec<usize>>) -> Result<Batch> {
        self.require_kind(data)?;
        Ok(match &data.content {
            Content::Table(table) => Batch::Table(self.rows(table)?),
            Content::Texts(texts) => Batch::Text(texts.clone()),
            Content::Images(pictures) => self.images(pictures, declared)?,
        })
    }
}

/// Data of a kind, for sentences.
fn plural(kind: DataType) -> &'static str {
    match kind {
        DataType::Table => "tables",
        DataType::Text => "texts",
        DataType::Image => "images",
    }
}
