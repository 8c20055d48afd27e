//! Statistical specifications as JSON, exactly as the reference reads and writes them; of parameter vectors, which it
//! writes with torch ([`super::torch`]), our own form.

use serde_json::{Value, json};

use super::parameters::{self, ParameterVector};
use super::{Rkme, RkmeImage, RkmeText, StatisticalSpecification, torch};
use crate::embedder::EmbedderId;
use crate::error::{EngineError, Result};
use crate::numeric::Matrix;

/// Numbers in one specification at most: 4 million take 32 MB, 40 times the reference's own limit.
pub const NUMBERS_MAX: usize = 4_194_304;

/// Kernel width of a file that names none, as in the reference.
const REFERENCE_GAMMA: f64 = 0.1;

/// Kinds of specification that a manifest may name, with the reference's class names.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SpecificationKind {
    /// `RKMETableSpecification`, or its legacy name `RKMEStatSpecification`.
    Table,
    /// `RKMETextSpecification`.
    Text,
    /// `EmbeddedImageSpecification`, which the reference does not know.
    Image,
    /// `RKMEImageSpecification`.
    ReferenceImage,
    /// `GenerativeModelSpecification`.
    Parameters,
}

impl SpecificationKind {
    /// The kind for a class name of the reference.
    pub fn from_class_name(name: &str) -> Result<Self> {
        match name {
            "RKMETableSpecification" | "RKMEStatSpecification" => Ok(Self::Table),
            "RKMETextSpecification" => Ok(Self::Text),
            "EmbeddedImageSpecification" => Ok(Self::Image),
            "RKMEImageSpecification" => Ok(Self::ReferenceImage),
            "GenerativeModelSpecification" => Ok(Self::Parameters),
            "HeteroMapTableSpecification" => {
                Err(bad(format!("{name} is made by docks of the reference for themselves and is not read")))
            }
            _ => Err(bad(format!("{name:?} is not a kind of statistical specification"))),
        }
    }
}

/// Reads a specification file: JSON, or what torch writes for parameter vectors. Unknown keys are ignored; a missing `type`
/// is taken as `kind`.
pub fn from_bytes(bytes: &[u8], kind: SpecificationKind) -> Result<StatisticalSpecification> {
    if kind == SpecificationKind::Parameters && torch::is_torch(bytes) {
        return torch::read_vector(bytes).map(StatisticalSpecification::Parameters);
    }
    let value: Value = serde_json::from_slice(bytes).map_err(|error| bad(format!("not JSON: {error}")))?;
    from_json(&value, kind)
}

/// Rows that a specification was made from; 0 where it does not say, as those of old releases of the reference.
fn row_count(value: Option<&Value>) -> Result<usize> {
    match value {
        None | Some(Value::Null) => Ok(0),
        Some(value) => value
            .as_u64()
            .and_then(|count| usize::try_from(count).ok())
            .ok_or_else(|| bad(format!("`num_points` is {value}, not a number of rows"))),
    }
}

/// Reads a specification from JSON.
pub fn from_json(value: &Value, kind: SpecificationKind) -> Result<StatisticalSpecification> {
    let map = value.as_object().ok_or_else(|| bad("not a JSON object".into()))?;
    if let Some(name) = map.get("type") {
        let name = name.as_str().ok_or_else(|| bad("`type` is not text".into()))?;
        let found = SpecificationKind::from_class_name(name)?;
        if found != kind {
            return Err(bad(format!("it is a {name}")));
        }
    }
    Ok(match kind {
        SpecificationKind::Table => StatisticalSpecification::Table(rkme(map)?),
        SpecificationKind::Text => {
            let rkme = rkme(map)?;
            let unnamed = || EmbedderId { dimension: rkme.dimension(), ..EmbedderId::reference_text() };
            let embedder = embedder(map)?.unwrap_or_else(unnamed);
            StatisticalSpecification::Text(RkmeText::new(rkme, embedder, languages(map)?)?)
        }
        SpecificationKind::Image => {
            let embedder = embedder(map)?.ok_or_else(|| bad("`embedder` is missing".into()))?;
            let shape = map.get("image_shape").cloned().unwrap_or(Value::Null);
            let shape = serde_json::from_value(shape)
                .map_err(|_| bad("`image_shape` is not [channels, height, width]".into()))?;
            StatisticalSpecification::Image(RkmeImage::new(rkme(map)?, embedder, shape)?)
        }
        SpecificationKind::ReferenceImage => {
            let rkme = rkme(map)?;
            if rkme.sample_shape().len() != 3 {
                return Err(bad("a point of an image specification has channels, height and width".into()));
            }
            StatisticalSpecification::ReferenceImage(rkme)
        }
        SpecificationKind::Parameters => StatisticalSpecification::Parameters(parameter_vector(map)?),
    })
}

/// A weighted point set.
fn rkme(map: &serde_json::Map<String, Value>) -> Result<Rkme> {
    let (points, sample_shape) = points(map.get("z"))?;
    let weights = map.get("beta").and_then(Value::as_array).ok_or_else(|| bad("`beta` is missing".into()))?;
    let weights = weights.iter().map(|value| number(value, "beta")).collect::<Result<Vec<_>>>()?;
    let gamma = map.get("gamma").map_or(Ok(REFERENCE_GAMMA), |value| number(value, "gamma"))?;
    let row_count = row_count(map.get("num_points"))?;
    Rkme::new(points, weights, gamma, row_count)?.with_sample_shape(sample_shape)
}

/// A parameter vector: ours, which is a point of length one with the length and base of the whole, or all numbers as the
/// reference has them.
fn parameter_vector(map: &serde_json::Map<String, Value>) -> Result<ParameterVector> {
    let numbers = |field: &str, value: &Value| {
        let list = value.as_array().ok_or_else(|| bad(format!("`{field}` is not a list of numbers")))?;
        if list.len() > NUMBERS_MAX {
            return Err(bad(format!("`{field}` has more than {NUMBERS_MAX} numbers")));
        }
        list.iter().map(|value| number(value, field)).collect::<Result<Vec<f64>>>()
    };
    let texts = row_count(map.get("num_points"))?;
    let base = base(map)?;
    if let Some(whole) = map.get("task_vector") {
        let whole = numbers("task_vector", whole)?;
        let base = base.unwrap_or_else(|| parameters::reference_base(whole.len()));
        return ParameterVector::new(whole, base, texts);
    }
    let Some([direction]) = map.get("z").and_then(Value::as_array).map(Vec::as_slice) else {
        return Err(bad("`z` is not one point, the direction".into()));
    };
    let base = base.ok_or_else(|| bad("`base` is missing".into()))?;
    let length = number(map.get("length").unwrap_or(&Value::Null), "length")?;
    ParameterVector::from_direction(numbers("z", direction)?, base, length, texts)
}

fn base(map: &serde_json::Map<String, Value>) -> Result<Option<EmbedderId>> {
    let Some(value) = map.get("base").filter(|value| !value.is_null()) else { return Ok(None) };
    serde_json::from_value(value.clone())
        .map(Some)
        .map_err(|_| bad("`base` has not name, digest and dimension".into()))
}

/// Writes a specification.
pub fn to_json(specification: &StatisticalSpecification) -> Value {
    if let StatisticalSpecification::Parameters(vector) = specification {
        return parameters_json(vector, specification.type_name());
    }
    let rkme = specification.rkme();
    let z: Vec<Value> = rkme.points().iter_rows().map(|row| nested(row, rkme.sample_shape())).collect();
    let mut value = json!({ "z": z, "beta": rkme.weights(), "type": specification.type_name() });
    if !matches!(specification, StatisticalSpecification::ReferenceImage(_)) {
        value["gamma"] = json!(rkme.gamma());
        value["num_points"] = json!(rkme.row_count());
    }
    match specification {
        StatisticalSpecification::Table(_) | StatisticalSpecification::Parameters(_) => {}
        StatisticalSpecification::Text(text) => {
            value["language"] = json!(text.languages);
            value["embedder"] = json!(text.embedder);
        }
        StatisticalSpecification::Image(image) => {
            value["image_shape"] = json!(image.image_shape);
            value["embedder"] = json!(image.embedder);
        }
        StatisticalSpecification::ReferenceImage(_) => {
            value["RKME_IMAGE_VERSION"] = json!(1);
            value["msg"] = Value::Null;
            value["n_models"] = json!(16);
            value["model_config"] = json!({"k": 2, "mu": 0, "sigma": null, "net_width": 128, "net_depth": 3});
        }
    }
    value
}

/// A parameter vector in our form; numbers are single precision, which is how they were kept.
fn parameters_json(vector: &ParameterVector, name: &str) -> Value {
    let numbers: Vec<Value> =
        vector.direction().points().as_slice().iter().map(|&number| shortest(number as f32)).collect();
    json!({
        "type": name,
        "z": [numbers],
        "beta": [1.0],
        "length": vector.length(),
        "base": vector.base(),
        "num_points": vector.direction().row_count(),
    })
}

/// A number with as few digits as single precision needs.
fn shortest(number: f32) -> Value {
    number.to_string().parse::<f64>().map_or(Value::Null, Value::from)
}

fn embedder(map: &serde_json::Map<String, Value>) -> Result<Option<EmbedderId>> {
    let Some(value) = map.get("embedder").filter(|value| !value.is_null()) else { return Ok(None) };
    serde_json::from_value(value.clone())
        .map(Some)
        .map_err(|_| bad("`embedder` has not name, digest and dimension".into()))
}

fn languages(map: &serde_json::Map<String, Value>) -> Result<Vec<String>> {
    let Some(value) = map.get("language").filter(|value| !value.is_null()) else { return Ok(Vec::new()) };
    serde_json::from_value(value.clone()).map_err(|_| bad("`language` is not a list of words".into()))
}

fn bad(reason: String) -> EngineError {
    EngineError::Format { format: "statistical specification", reason }
}

fn number(value: &Value, field: &str) -> Result<f64> {
    value.as_f64().ok_or_else(|| bad(format!("`{field}` has a value that is not a number")))
}

/// The points as a matrix, and the shape of one sample.
fn points(z: Option<&Value>) -> Result<(Matrix, Vec<usize>)> {
    let rows = z.and_then(Value::as_array).ok_or_else(|| bad("`z` is missing".into()))?;
    let mut shape = Vec::new();
    let mut level = rows.first().ok_or_else(|| bad("`z` is empty".into()))?;
    while let Some(inner) = level.as_array() {
        shape.push(inner.len());
        level = inner.first().ok_or_else(|| bad("`z` has an empty row".into()))?;
    }
    if shape.is_empty() || shape.len() > 4 {
        return Err(bad(format!("a point of `z` has {} axes; 1 to 4 are possible", shape.len())));
    }
    let width = shape.iter().product::<usize>();
    if rows.len().saturating_mul(width) > NUMBERS_MAX {
        return Err(bad(format!("`z` has more than {NUMBERS_MAX} numbers")));
    }
    let mut data = Vec::with_capacity(rows.len() * width);
    for (index, row) in rows.iter().enumerate() {
        flatten(row, &shape, &mut data).map_err(|reason| bad(format!("point {index} of `z` {reason}")))?;
    }
    Ok((Matrix::new(rows.len(), width, data)?, shape))
}

fn flatten(value: &Value, shape: &[usize], data: &mut Vec<f64>) -> std::result::Result<(), String> {
    let Some((&length, rest)) = shape.split_first() else {
        data.push(value.as_f64().ok_or("has a value that is not a finite number")?);
        return Ok(());
    };
    let list = value.as_array().ok_or("has not the shape of the first one")?;
    if list.len() != length {
        return Err(format!("has {} values where the first one has {length}", list.len()));
    }
    list.iter().try_for_each(|inner| flatten(inner, rest, data))
}

fn nested(values: &[f64], shape: &[usize]) -> Value {
    match shape {
        [] | [_] => json!(values),
        [_, rest @ ..] => {
            let size = rest.iter().product();
            Value::Array(values.chunks(size).map(|part| nested(part, rest)).collect())
        }
    }
}
