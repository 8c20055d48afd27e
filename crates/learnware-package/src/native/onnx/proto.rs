//! The part of ONNX's protobuf messages that we read and write, and a scan that counts what a file
//! holds before anything is allocated for it.
//!
//! Nested graphs (`Scan`, `If`) stay undecoded bytes: no message here contains itself, so decoding
//! can't recurse.

use prost::Message;

use super::FORMAT;
use crate::native::error::{NativeError, at_most};

/// Most nodes of a graph.
pub(super) const NODES_MAX: usize = 20_000;
/// Most messages of all kinds in a file; each takes up to some 300 bytes of memory.
const MESSAGES_MAX: usize = 400_000;
/// Most texts (`nodes_modes` of large tree ensembles); each takes up to 48 bytes of memory.
const TEXTS_MAX: usize = 8_000_000;

#[derive(Clone, PartialEq, Message)]
pub(super) struct ModelProto {
    #[prost(int64, optional, tag = "1")]
    pub(super) ir_version: Option<i64>,
    #[prost(string, optional, tag = "2")]
    pub(super) producer_name: Option<String>,
    #[prost(message, optional, tag = "7")]
    pub(super) graph: Option<GraphProto>,
    #[prost(message, repeated, tag = "8")]
    pub(super) opset_import: Vec<OperatorSetId>,
    /// Functions defined in the model, undecoded.
    #[prost(bytes = "vec", repeated, tag = "25")]
    pub(super) functions: Vec<Vec<u8>>,
}

#[derive(Clone, PartialEq, Message)]
pub(super) struct OperatorSetId {
    #[prost(string, optional, tag = "1")]
    pub(super) domain: Option<String>,
    #[prost(int64, optional, tag = "2")]
    pub(super) version: Option<i64>,
}

#[derive(Clone, PartialEq, Message)]
pub(super) struct GraphProto {
    #[prost(message, repeated, tag = "1")]
    pub(super) node: Vec<NodeProto>,
    #[prost(string, optional, tag = "2")]
    pub(super) name: Option<String>,
    #[prost(message, repeated, tag = "5")]
    pub(super) initializer: Vec<TensorProto>,
    #[prost(message, repeated, tag = "11")]
    pub(super) input: Vec<ValueInfo>,
    #[prost(message, repeated, tag = "12")]
    pub(super) output: Vec<ValueInfo>,
    /// Sparse initializers, undecoded.
    #[prost(bytes = "vec", repeated, tag = "15")]
    pub(super) sparse_initializer: Vec<Vec<u8>>,
}

#[derive(Clone, PartialEq, Message)]
pub(super) struct NodeProto {
    #[prost(string, repeated, tag = "1")]
    pub(super) input: Vec<String>,
    #[prost(string, repeated, tag = "2")]
    pub(super) output: Vec<String>,
    #[prost(string, optional, tag = "3")]
    pub(super) name: Option<String>,
    #[prost(string, optional, tag = "4")]
    pub(super) op_type: Option<String>,
    #[prost(message, repeated, tag = "5")]
    pub(super) attribute: Vec<AttributeProto>,
    #[prost(string, optional, tag = "7")]
    pub(super) domain: Option<String>,
}

#[derive(Clone, PartialEq, Message)]
pub(super) struct AttributeProto {
    #[prost(string, optional, tag = "1")]
    pub(super) name: Option<String>,
    #[prost(float, optional, tag = "2")]
    pub(super) f: Option<f32>,
    #[prost(int64, optional, tag = "3")]
    pub(super) i: Option<i64>,
    #[prost(bytes = "vec", optional, tag = "4")]
    pub(super) s: Option<Vec<u8>>,
    #[prost(message, optional, tag = "5")]
    pub(super) t: Option<TensorProto>,
    /// A nested graph, undecoded.
    #[prost(bytes = "vec", optional, tag = "6")]
    pub(super) g: Option<Vec<u8>>,
    #[prost(float, repeated, packed = "false", tag = "7")]
    pub(super) floats: Vec<f32>,
    #[prost(int64, repeated, packed = "false", tag = "8")]
    pub(super) ints: Vec<i64>,
    #[prost(bytes = "vec", repeated, tag = "9")]
    pub(super) strings: Vec<Vec<u8>>,
    #[prost(int32, optional, tag = "20")]
    pub(super) kind: Option<i32>,
}

#[derive(Clone, PartialEq, Message)]
pub(super) struct TensorProto {
    #[prost(int64, repeated, packed = "false", tag = "1")]
    pub(super) dims: Vec<i64>,
    #[prost(int32, optional, tag = "2")]
    pub(super) data_type: Option<i32>,
    #[prost(float, repeated, tag = "4")]
    pub(super) float_data: Vec<f32>,
    #[prost(int32, repeated, tag = "5")]
    pub(super) int32_data: Vec<i32>,
    #[prost(bytes = "vec", repeated, tag = "6")]
    pub(super) string_data: Vec<Vec<u8>>,
    #[prost(int64, repeated, tag = "7")]
    pub(super) int64_data: Vec<i64>,
    #[prost(string, optional, tag = "8")]
    pub(super) name: Option<String>,
    #[prost(bytes = "vec", optional, tag = "9")]
    pub(super) raw_data: Option<Vec<u8>>,
    #[prost(double, repeated, tag = "10")]
    pub(super) double_data: Vec<f64>,
    /// Where the data lies outside the file; always refused.
    #[prost(bytes = "vec", repeated, tag = "13")]
    pub(super) external_data: Vec<Vec<u8>>,
    #[prost(int32, optional, tag = "14")]
    pub(super) data_location: Option<i32>,
}

#[derive(Clone, PartialEq, Message)]
pub(super) struct ValueInfo {
    #[prost(string, optional, tag = "1")]
    pub(super) name: Option<String>,
    #[prost(message, optional, tag = "2")]
    pub(super) kind: Option<TypeProto>,
}

#[derive(Clone, PartialEq, Message)]
pub(super) struct TypeProto {
    #[prost(message, optional, tag = "1")]
    pub(super) tensor: Option<TensorType>,
    /// A sequence (what `ZipMap` gives), undecoded.
    #[prost(bytes = "vec", optional, tag = "4")]
    pub(super) sequence: Option<Vec<u8>>,
}

#[derive(Clone, PartialEq, Message)]
pub(super) struct TensorType {
    #[prost(int32, optional, tag = "1")]
    pub(super) element: Option<i32>,
    #[prost(message, optional, tag = "2")]
    pub(super) shape: Option<ShapeProto>,
}

#[derive(Clone, PartialEq, Message)]
pub(super) struct ShapeProto {
    #[prost(message, repeated, tag = "1")]
    pub(super) dimension: Vec<Dimension>,
}

#[derive(Clone, PartialEq, Message)]
pub(super) struct Dimension {
    #[prost(int64, optional, tag = "1")]
    pub(super) value: Option<i64>,
    #[prost(string, optional, tag = "2")]
    pub(super) parameter: Option<String>,
}

/// Counts what `bytes` hold, then decodes them.
pub(super) fn decode(bytes: &[u8]) -> Result<ModelProto, NativeError> {
    let mut census = Census::default();
    census.walk(bytes, Place::Model)?;
    let model = ModelProto::decode(bytes);
    model.map_err(|error| NativeError::malformed(FORMAT, format!("it is not ONNX's protobuf: {error}")))
}

/// Counts what a nested graph holds, then decodes it.
pub(super) fn decode_graph(bytes: &[u8]) -> Result<GraphProto, NativeError> {
    Census::default().walk(bytes, Place::Graph)?;
    let graph = GraphProto::decode(bytes);
    graph.map_err(|error| NativeError::malformed(FORMAT, format!("a nested graph cannot be read: {error}")))
}

/// Which message the scan is in.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Place {
    Model,
    Graph,
    Node,
    Attribute,
    Tensor,
    Value,
    Type,
    TensorType,
    Shape,
    /// A message with nothing repeated inside.
    Small,
    /// A text or bytes that gets its own allocation.
    Text,
    /// Decoded into one allocation, or skipped.
    Flat,
}

impl Place {
    /// What field `tag` of this message holds.
    fn field(self, tag: u64) -> Self {
        match (self, tag) {
            (Self::Model, 7) => Self::Graph,
            (Self::Graph, 1) => Self::Node,
            (Self::Graph | Self::Attribute, 5) => Self::Tensor,
            (Self::Graph, 11 | 12) => Self::Value,
            (Self::Node, 5) => Self::Attribute,
            (Self::Value, 2) => Self::Type,
            (Self::Type, 1) => Self::TensorType,
            (Self::TensorType, 2) => Self::Shape,
            (Self::Model, 8) | (Self::Shape, 1) => Self::Small,
            (Self::Model, 25)
            | (Self::Graph, 15)
            | (Self::Node, 1 | 2)
            | (Self::Attribute, 9)
            | (Self::Tensor, 6 | 13) => Self::Text,
            _ => Self::Flat,
        }
    }
}

/// How many parts a file holds.
#[derive(Default)]
struct Census {
    nodes: usize,
    messages: usize,
    texts: usize,
}

impl Census {
    /// Walks the fields of one message; the depth is that of [`Place`], at most six.
    fn walk(&mut self, mut bytes: &[u8], place: Place) -> Result<(), NativeError> {
        while !bytes.is_empty() {
            let key = varint(&mut bytes)?;
            let skip = match key & 7 {
                0 => {
                    varint(&mut bytes)?;
                    continue;
                }
                1 => 8,
                5 => 4,
                2 => varint(&mut bytes)? as usize,
                _ => return Err(NativeError::malformed(FORMAT, "it has a field of unknown kind")),
            };
            let Some((field, rest)) = bytes.split_at_checked(skip) else {
                return Err(NativeError::malformed(FORMAT, "it ends inside a field: cut off?"));
            };
            bytes = rest;
            if key & 7 == 2 {
                self.count(field, place.field(key >> 3))?;
            }
        }
        Ok(())
    }

    /// Counts one field and what is in it.
    fn count(&mut self, field: &[u8], place: Place) -> Result<(), NativeError> {
        match place {
            Place::Flat => return Ok(()),
            Place::Text => self.texts += 1,
            Place::Node => self.nodes += 1,
            _ => self.messages += 1,
        }
        at_most(FORMAT, "the number of nodes", self.nodes, NODES_MAX)?;
        at_most(FORMAT, "the number of parts", self.messages, MESSAGES_MAX)?;
        at_most(FORMAT, "the number of texts", self.texts, TEXTS_MAX)?;
        match place {
            Place::Small | Place::Text | Place::Flat => Ok(()),
            _ => self.walk(field, place),
        }
    }
}

/// Reads a base-128 number.
fn varint(bytes: &mut &[u8]) -> Result<u64, NativeError> {
    let mut value = 0;
    for shift in (0..64).step_by(7) {
        let Some((&byte, rest)) = bytes.split_first() else { break };
        *bytes = rest;
        value |= u64::from(byte & 127) << shift;
        if byte < 128 {
            return Ok(value);
        }
    }
    Err(NativeError::malformed(FORMAT, "it ends inside a number: cut off?"))
}
