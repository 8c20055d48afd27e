//! The inputs on which a model is tried.

use crate::learnware::Specification;
use crate::numeric::Matrix;
use crate::numeric::random::Stream;
use crate::predictor::Batch;
use crate::semantic::DataType;
use crate::specification::{Rkme, StatisticalSpecification};

/// Examples that look like the model's data.
const LIKELY_COUNT: usize = 24;
/// Examples that are drawn blindly, as the reference does.
const BLIND_COUNT: usize = 8;
/// Noise on a point of the specification, as a part of its column's spread.
const NOISE: f64 = 0.05;
/// Lengths of random texts.
const TEXT_LENGTH: std::ops::RangeInclusive<usize> = 10..=1000;
/// Numbers in one example at most, so that a lying shape costs nothing.
const NUMBERS_MAX: usize = 1 << 20;

/// A batch to try a model on; the first `likely` examples look like its data. Random letters and noise do not
/// look like texts and images.
pub(super) struct Probe {
    pub(super) batch: Batch,
    pub(super) likely: usize,
}

/// Makes the inputs for a learnware; says why when none can be made.
pub(super) fn make(
    specification: &Specification,
    declared: Option<&[usize]>,
    draws: &mut Stream,
) -> Result<Probe, String> {
    let mut tables = specification.statistical.iter().filter_map(StatisticalSpecification::as_table);
    match specification.semantic.single_data_type() {
        // Without one data type the semantic check has failed; the numbers say what it must be.
        Some(DataType::Table) | None => match tables.next() {
            Some(table) => Ok(from_table(table, draws)),
            None => Err("there is no statistical specification to draw inputs from".into()),
        },
        Some(DataType::Text) => {
            let texts = (0..LIKELY_COUNT).map(|_| text(draws)).collect();
            Ok(Probe { batch: Batch::Text(texts), likely: 0 })
        }
        Some(DataType::Image) => images(specification, declared, draws),
    }
}

fn from_table(table: &Rkme, draws: &mut Stream) -> Probe {
    let (points, width) = (table.points(), table.dimension());
    let spread = spreads(points);
    let mut values = Matrix::zeros(LIKELY_COUNT + BLIND_COUNT, width);
    for row in 0..LIKELY_COUNT {
        let point = points.row(draws.below(points.rows()));
        for (column, value) in values.row_mut(row).iter_mut().enumerate() {
            *value = point[column] + NOISE * spread[column] * draws.normal();
        }
    }
    for row in LIKELY_COUNT..LIKELY_COUNT + BLIND_COUNT {
        values.row_mut(row).fill_with(|| draws.normal());
    }
    let shape = table.sample_shape();
    let batch =
        if shape.len() == 1 { Batch::Table(values) } else { Batch::Tensor { shape: shape.to_vec(), values } };
    Probe { batch, likely: LIKELY_COUNT }
}

/// Standard deviation of each column over the points.
fn spreads(points: &Matrix) -> Vec<f64> {
    let count = points.rows() as f64;
    (0..points.columns())
        .map(|column| {
            let mean = points.iter_rows().map(|row| row[column] / count).sum::<f64>();
            let variance = points.iter_rows().map(|row| (row[column] - mean).powi(2) / count).sum::<f64>();
            // Numbers near the end of the range have no finite variance; no noise then.
            if variance.is_finite() { variance.sqrt() } else { 0.0 }
        })
        .collect()
}

fn text(draws: &mut Stream) -> String {
    let length = TEXT_LENGTH.start() + draws.below(TEXT_LENGTH.end() - TEXT_LENGTH.start() + 1);
    (0..length).map(|_| char::from(b' ' + draws.below(95) as u8)).collect()
}

/// Images of noise, in the scale of the package: values from 0 to 1 where it has a specification of ours, whole
/// numbers below 255 as the reference draws them where it has only the reference's.
fn images(
    specification: &Specification,
    declared: Option<&[usize]>,
    draws: &mut Stream,
) -> Result<Probe, String> {
    let known = specification.statistical.iter().find_map(|kind| match kind {
        StatisticalSpecification::Image(image) => Some(image.image_shape.as_slice()),
        StatisticalSpecification::Table(_)
        | StatisticalSpecification::Text(_)
        | StatisticalSpecification::ReferenceImage(_)
        | StatisticalSpecification::Parameters(_) => None,
    });
    let shape = declared.or(known).ok_or("the model does not say the shape of an image (input_shape)")?;
    let size = shape.iter().try_fold(1usize, |size, &side| size.checked_mul(side));
    let size = size
        .filter(|size| (1..=NUMBERS_MAX).contains(size))
        .ok_or_else(|| format!("input_shape {shape:?} is no shape of an image"))?;
    let mut values = Matrix::zeros(BLIND_COUNT, size);
    match known {
        Some(_) => values.as_mut_slice().fill_with(|| draws.uniform()),
        None => values.as_mut_slice().fill_with(|| draws.below(255) as f64),
    }
    Ok(Probe { batch: Batch::Tensor { shape: shape.to_vec(), values }, likely: 0 })
}
