//! Places that docks of the reference have written down: `HeteroMapTableSpecification` as JSON.
//!
//! A type of its own and no kind of [`crate::specification::StatisticalSpecification`]: no learnware brings one, no user
//! sends one; a dock makes it from a table specification, and only places by one map are comparable.

use serde_json::{Value, json};

use crate::error::{EngineError, Result};
use crate::specification::Rkme;
use crate::specification::codec::{SpecificationKind, from_json, to_json};

/// The reference's name for it.
pub const TYPE_NAME: &str = "HeteroMapTableSpecification";

/// A specification in a world, without the name of the map, which the reference does not write.
#[derive(Debug, Clone, PartialEq)]
pub struct HeteroSpecification {
    /// Its points and weights.
    pub place: Rkme,
}

impl HeteroSpecification {
    /// Reads the reference's JSON.
    ///
    /// # Errors
    /// When it is of another type or not sound.
    pub fn from_json(value: &Value) -> Result<Self> {
        let bad = |reason: String| EngineError::Format { format: TYPE_NAME, reason };
        let mut map = value.as_object().ok_or_else(|| bad("not a JSON object".into()))?.clone();
        match map.remove("type") {
            Some(Value::String(name)) if name == TYPE_NAME => {}
            found => return Err(bad(format!("its type is {}", found.unwrap_or(Value::Null)))),
        }
        let specification = from_json(&Value::Object(map), SpecificationKind::Table)?;
        let place = specification.as_table().ok_or_else(|| bad("it has no points".into()))?.clone();
        Ok(Self { place })
    }

    /// Writes the reference's JSON.
    pub fn to_json(&self) -> Value {
        let mut value = to_json(&crate::specification::StatisticalSpecification::Table(self.place.clone()));
        value["type"] = json!(TYPE_NAME);
        value["embedding"] = Value::Null;
        value["weight"] = Value::Null;
        if let Some(map) = value.as_object_mut() {
            map.remove("num_points");
        }
        value
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_the_reference_writes_is_read_and_written() {
        let text = r#"{"z":[[0.5,-1.0],[2.0,0.25]],"beta":[0.75,0.25],"embedding":null,"weight":null,"gamma":0.1,"type":"HeteroMapTableSpecification"}"#;
        let value: Value = serde_json::from_str(text).unwrap();
        let read = HeteroSpecification::from_json(&value).unwrap();
        assert_eq!(read.place.points().row(1), [2.0, 0.25]);
        assert_eq!(read.to_json(), value);
        for (from, to) in [("HeteroMap", ""), ("0.25]]", "0.25],[1]]"), ("0.75,", ""), ("\"z\"", "\"y\"")] {
            let value: Value = serde_json::from_str(&text.replace(from, to)).unwrap();
            assert!(HeteroSpecification::from_json(&value).is_err(), "{from} for {to}");
        }
    }
}
