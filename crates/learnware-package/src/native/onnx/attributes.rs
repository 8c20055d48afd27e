//! Attributes of a node by name.

use super::FORMAT;
use super::proto::{AttributeProto, NodeProto, TensorProto};
use crate::native::error::NativeError;

/// Attributes of one node.
pub(super) struct Attributes<'a> {
    node: &'a NodeProto,
}

impl<'a> Attributes<'a> {
    pub(super) fn new(node: &'a NodeProto) -> Self {
        Self { node }
    }

    fn find(&self, name: &str) -> Option<&'a AttributeProto> {
        self.node.attribute.iter().find(|attribute| attribute.name.as_deref() == Some(name))
    }

    pub(super) fn has(&self, name: &str) -> bool {
        self.find(name).is_some()
    }

    pub(super) fn integer(&self, name: &str, default: i64) -> i64 {
        self.find(name).and_then(|attribute| attribute.i).unwrap_or(default)
    }

    pub(super) fn float(&self, name: &str, default: f32) -> f64 {
        f64::from(self.find(name).and_then(|attribute| attribute.f).unwrap_or(default))
    }

    /// A text; empty when absent.
    pub(super) fn text(&self, name: &str) -> String {
        let bytes = self.find(name).and_then(|attribute| attribute.s.as_deref());
        String::from_utf8_lossy(bytes.unwrap_or_default()).into_owned()
    }

    pub(super) fn integers(&self, name: &str) -> &'a [i64] {
        self.find(name).map_or(&[], |attribute| &attribute.ints)
    }

    pub(super) fn texts(&self, name: &str) -> &'a [Vec<u8>] {
        self.find(name).map_or(&[], |attribute| &attribute.strings)
    }

    /// Numbers from the list `name`, or from a tensor attribute of that name, or of `name_as_tensor`.
    pub(super) fn floats(&self, name: &str) -> Result<Vec<f64>, NativeError> {
        let tensor = self.tensor(name).or_else(|| self.tensor(&format!("{name}_as_tensor")));
        if let Some(tensor) = tensor {
            return Ok(super::tensor::Tensor::constant(tensor)?.data);
        }
        Ok(self
            .find(name)
            .map_or(&[][..], |attribute| &attribute.floats)
            .iter()
            .map(|v| f64::from(*v))
            .collect())
    }

    pub(super) fn tensor(&self, name: &str) -> Option<&'a TensorProto> {
        self.find(name)?.t.as_ref()
    }

    /// The bytes of a nested graph.
    pub(super) fn graph(&self, name: &str) -> Option<&'a [u8]> {
        self.find(name)?.g.as_deref()
    }

    /// A malformed attribute of this node.
    pub(super) fn wrong(&self, reason: impl std::fmt::Display) -> NativeError {
        NativeError::malformed(FORMAT, format!("{}: {reason}", label(self.node)))
    }

    /// Something this operator may have, but which is not evaluated.
    pub(super) fn unsupported(&self, what: impl std::fmt::Display, advice: &'static str) -> NativeError {
        NativeError::unsupported(FORMAT, format!("{} with {what}", label(self.node)), advice)
    }
}

/// A node in words.
pub(super) fn label(node: &NodeProto) -> String {
    let kind = node.op_type.as_deref().unwrap_or_default();
    match node.name.as_deref() {
        Some(name) if !name.is_empty() => format!("{kind} ({name})"),
        _ => kind.to_owned(),
    }
}
