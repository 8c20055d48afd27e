//! Statistical specifications as JSON, exactly as the reference reads and writes them.

use serde_json::{Value, json};

use super::{RkmeTable, StatisticalSpecification};
use crate::error::{EngineError, Result};
use crate::numeric::Matrix;

/// Numbers in one specification at most: 4 million take 32 MB, 40 times the reference's own limit.
pub const NUMBERS_MAX: usize = 4_194_304;

/// Kinds of specification that a manifest may name, with the reference's class names.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SpecificationKind {
    /// `RKMETableSpecification`, or its legacy name `RKMEStatSpecification`.
    Table,
}

impl SpecificationKind {
    /// The kind for a class name of the reference.
    pub fn from_class_name(name: &str) -> Result<Self> {
        match name {
            "RKMETableSpecification" | "RKMEStatSpecification" => Ok(Self::Table),
            "RKMEImageSpecification" | "RKMETextSpecification" | "HeteroMapTableSpecification" => {
                Err(bad(format!("{name} is known but not supported yet; only table specifications are")))
            }
            _ => Err(bad(format!("{name:?} is not a kind of statistical specification"))),
        }
    }
}

/// Reads a specification file. Unknown keys are ignored; a missing `type` is taken as `kind`.
pub fn from_json_slice(bytes: &[u8], kind: SpecificationKind) -> Result<StatisticalSpecification> {
    let value: Value = serde_json::from_slice(bytes).map_err(|error| bad(format!("not JSON: {error}")))?;
    from_json(&value, kind)
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
    let (points, sample_shape) = points(map.get("z"))?;
    let weights = map.get("beta").and_then(Value::as_array).ok_or_else(|| bad("`beta` is missing".into()))?;
    let weights = weights.iter().map(|value| number(value, "beta")).collect::<Result<Vec<_>>>()?;
    let gamma = map.get("gamma").map_or(Ok(0.1), |value| number(value, "gamma"))?;
    let row_count = map.get("num_points").and_then(Value::as_u64).unwrap_or(0) as usize;
    let table = RkmeTable::new(points, weights, gamma, row_count)?.with_sample_shape(sample_shape)?;
    Ok(StatisticalSpecification::Table(table))
}

/// Writes a specification.
pub fn to_json(specification: &StatisticalSpecification) -> Value {
    match specification {
        StatisticalSpecification::Table(table) => {
            let z: Vec<Value> =
                table.points().iter_rows().map(|row| nested(row, table.sample_shape())).collect();
            json!({
                "z": z,
                "beta": table.weights(),
                "gamma": table.gamma(),
                "num_points": table.row_count(),
                "type": specification.type_name(),
            })
        }
    }
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
